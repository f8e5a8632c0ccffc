"""One reference names one picture, in a file or a container, and leads to the same pixels."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mel.errors import ImageError, MelError
from mel.images import decode, fetch, hdf5, measure, stamp, tfrecord
from mel.images.references import split

h5py = pytest.importorskip("h5py")


@pytest.fixture
def container(tmp_path: Path, encoded: Callable[..., bytes]) -> Path:
    """An HDF5 file as ISIC 2024 has it, and some datasets it should not have."""
    path = tmp_path / "train-image.hdf5"
    with h5py.File(path, "w") as file:
        for quality in range(40, 90):
            file.create_dataset(f"ISIC_{quality}", data=np.void(encoded("JPEG", quality=quality)))
        file.create_dataset("row", data=np.frombuffer(encoded("PNG"), dtype=np.uint8))
        file.create_dataset("numbers", data=np.zeros(3))
        file.create_dataset("nothing", data=h5py.Empty("u1"))
        file.create_group("folder")
    return path


@pytest.fixture
def records(tmp_path: Path, encoded: Callable[..., bytes]) -> tuple[Path, list[int]]:
    """A TFRecord file of three pictures, then a record without one; its offsets."""
    path = tmp_path / "train00-4.tfrec"
    features = [{"image_name": str(q), "image": encoded("JPEG", quality=q)} for q in (50, 60, 70)]
    with path.open("wb") as file:
        payloads = [tfrecord.encode_example(f) for f in (*features, {"target": 1})]
        return path, [offset for offset, _ in tfrecord.write_records(file, payloads)]


def refused(reference: str, reason: str) -> None:
    for call in (fetch, lambda r: decode(r, 32), measure):
        with pytest.raises(ImageError) as caught:
            call(reference)
        text = str(caught.value)
        assert text.startswith(reference.partition("#")[0])
        assert reason in text
        assert "\n" not in text


def test_a_folder_may_be_named_like_a_container_and_a_key(
    tmp_path: Path, encoded: Callable[..., bytes]
) -> None:
    path = tmp_path / "a.h5#b" / "mole.jpg"
    path.parent.mkdir()
    path.write_bytes(encoded("JPEG"))
    assert split(path) == (path, None)
    assert fetch(path) == fetch(str(path)) == path.read_bytes()


def test_a_reference_parts_into_file_and_key() -> None:
    assert split("a/b.hdf5#ISIC_1") == (Path("a/b.hdf5"), "ISIC_1")
    assert split(Path("a/b.TFREC#12")) == (Path("a/b.TFREC"), "12")
    assert split("odd#name.jpg") == (Path("odd#name.jpg"), None)
    assert split("b.hdf5") == (Path("b.hdf5"), None)


def test_a_hash_in_a_file_name_is_no_key(tmp_path: Path, encoded: Callable[..., bytes]) -> None:
    path = tmp_path / "mole #7.png"
    path.write_bytes(encoded("PNG"))
    assert fetch(str(path)) == path.read_bytes()


def test_every_container_gives_the_bytes_that_were_put_in(
    container: Path, records: tuple[Path, list[int]], encoded: Callable[..., bytes]
) -> None:
    path, offsets = records
    assert fetch(f"{container}#ISIC_50") == encoded("JPEG", quality=50)
    assert fetch(f"{container}#row") == encoded("PNG")
    for quality, offset in zip((50, 60, 70), offsets, strict=False):
        assert fetch(Path(f"{path}#{offset}")) == encoded("JPEG", quality=quality)


def test_a_picture_has_the_same_pixels_wherever_it_lies(
    container: Path, records: tuple[Path, list[int]], encoded: Callable[..., bytes]
) -> None:
    alone = decode(encoded("JPEG", quality=50), 32)
    assert (decode(f"{container}#ISIC_50", 32) == alone).all()
    assert (decode(f"{records[0]}#0", 32) == alone).all()


def test_what_is_not_in_the_hdf5_is_refused_by_name(container: Path) -> None:
    refused(f"{container}#ISIC_99", "has no dataset 'ISIC_99' among its 54")
    refused(f"{container}#folder", "has a group and no dataset 'folder'")
    refused(f"{container}#numbers", "the dataset is float64 (3,), no encoded picture")
    refused(f"{container}#nothing", "the dataset is empty")


def test_a_file_that_is_no_hdf5_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.hdf5").write_bytes(b"PK\3\4 zip")
    (tmp_path / "b.h5").touch()
    refused(f"{tmp_path}/a.hdf5#x", "no whole HDF5 file")
    refused(f"{tmp_path}/b.h5#x", "no whole HDF5 file")
    refused(f"{tmp_path}/gone.h5#x", "no such image file")


def test_a_cut_off_hdf5_is_refused(container: Path) -> None:
    data = container.read_bytes()
    for share in (0.3, 0.9):
        container.write_bytes(data[: int(share * len(data))])
        refused(f"{container}#ISIC_88", "no whole HDF5 file")


def test_what_is_not_in_the_tfrecord_is_refused(records: tuple[Path, list[int]]) -> None:
    path, offsets = records
    refused(f"{path}#ISIC_1", "'ISIC_1' is no offset of a record")
    refused(f"{path}#{offsets[1] + 1}", f"the record at byte {offsets[1] + 1} is damaged")
    refused(f"{path}#{offsets[3]}", "the record has no feature 'image'")
    refused(f"{path.parent}/gone.tfrec#0", "no such image file")
    path.write_bytes(path.read_bytes()[: offsets[2] + 40])
    refused(f"{path}#{offsets[2]}", "is cut off")
    path.write_bytes(b"")
    refused(f"{path}#0", "is not there, the file has 0 bytes")


def test_a_container_without_a_key_asks_for_one(container: Path) -> None:
    with pytest.raises(ImageError, match=r"hdf5: .*name the picture in it, .*hdf5#KEY"):
        decode(container, 32)


def test_a_missing_package_names_the_extra(
    container: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MelError, match=r"pip install 'mel\[hdf5\]'") as caught:
        fetch(f"{container}#ISIC_50")
    assert not isinstance(caught.value, ImageError)


# threads, processes, changes


def test_many_threads_share_one_container(container: Path, encoded: Callable[..., bytes]) -> None:
    references = [f"{container}#ISIC_{40 + k % 50}" for k in range(400)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(fetch, references))
    assert found == [encoded("JPEG", quality=40 + k % 50) for k in range(400)]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_forked_children_open_containers_of_their_own(
    container: Path, encoded: Callable[..., bytes]
) -> None:
    fetch(f"{container}#ISIC_50")  # the parent has a handle, which children must not use
    children = []
    for k in range(4):
        if not (child := os.fork()):
            good = not hdf5._handles and all(
                fetch(f"{container}#ISIC_{q}") == encoded("JPEG", quality=q)
                for q in range(40 + k, 90)
            )
            os._exit(0 if good else 1)
        children.append(child)
    assert fetch(f"{container}#ISIC_60") == encoded("JPEG", quality=60)
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * 4


def test_a_container_that_was_replaced_is_opened_again(
    container: Path, encoded: Callable[..., bytes]
) -> None:
    fetch(f"{container}#ISIC_50")
    other = container.with_name("other.hdf5")
    with h5py.File(other, "w") as file:
        file.create_dataset("ISIC_50", data=np.void(encoded("JPEG", quality=90)))
    other.replace(container)
    assert fetch(f"{container}#ISIC_50") == encoded("JPEG", quality=90)


def test_more_containers_than_are_held_open_are_all_read(
    tmp_path: Path, encoded: Callable[..., bytes]
) -> None:
    for k in range(10):
        with h5py.File(tmp_path / f"{k}.h5", "w") as file:
            file.create_dataset("x", data=np.void(encoded("JPEG", quality=50 + k)))
    for _ in range(2):
        for k in range(10):
            assert fetch(f"{tmp_path}/{k}.h5#x") == encoded("JPEG", quality=50 + k)


def test_a_stamp_is_the_files_or_its_containers(container: Path, tmp_path: Path) -> None:
    found = container.stat()
    assert stamp(f"{container}#ISIC_50") == (found.st_size, found.st_mtime_ns)
    assert stamp(container) == stamp(f"{container}#ISIC_51")
    with pytest.raises(MelError, match=r"gone.hdf5: cannot be read .*; load the data again"):
        stamp(tmp_path / "gone.hdf5#x")


# measuring


def test_a_header_says_what_the_decoder_would_find(
    tmp_path: Path, encoded: Callable[..., bytes]
) -> None:
    path = tmp_path / "mole.jpg"
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0110] = 6, "DermCo", "Lens 3\0"
    path.write_bytes(encoded("JPEG", quality=50, exif=exif))
    found = measure(path)
    assert (found.width, found.height) == (60, 90)
    assert (found.format, found.mode, found.orientation) == ("JPEG", "RGB", 6)
    assert (found.camera, found.exif) == ("DermCo Lens 3", 3)
    assert found.bytes == path.stat().st_size
    assert measure(path.read_bytes()) == found


def test_a_coarser_jpeg_is_measured_coarser(encoded: Callable[..., bytes]) -> None:
    found = [measure(encoded("JPEG", quality=quality)).coarseness for quality in (95, 75, 30)]
    assert None not in found
    assert found == sorted(found)
    assert measure(encoded("PNG")).coarseness is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_measuring_decodes_no_pixel(encoded: Callable[..., bytes], kind: str) -> None:
    data = encoded(kind)
    found = measure(data[: len(data) * 3 // 4])
    assert (found.width, found.height, found.mode) == (90, 60, "RGB")


def test_measuring_a_large_file_reads_only_its_head(
    tmp_path: Path, encoded: Callable[..., bytes]
) -> None:
    path = tmp_path / "mole.jpg"
    path.write_bytes(encoded("JPEG"))
    os.truncate(path, 2**33)
    assert measure(path).bytes == 2**33
    with pytest.raises(ImageError, match="no picture is as large"):
        decode(path, 32)


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_a_broken_exif_block_is_none(encoded: Callable[..., bytes]) -> None:
    found = measure(encoded("JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\xff\xff"))
    assert (found.orientation, found.camera) == (1, None)


def test_what_has_no_end_is_no_picture(tmp_path: Path) -> None:
    """A pipe, to which nobody writes, would be waited for; a device would fill the memory."""
    os.mkfifo(tmp_path / "pipe.jpg")
    (tmp_path / "zeros.jpg").symlink_to("/dev/zero")
    for name in ("pipe.jpg", "zeros.jpg"):
        with pytest.raises(ImageError, match="a pipe or a device"):
            fetch(tmp_path / name)

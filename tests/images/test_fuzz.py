"""Damaged bytes of every format: pixels or an ImageError, and nothing else gets out."""

import io
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mel.errors import ImageError, MelError
from mel.images import Framing, decode, fetch, measure, tfrecord

ROUNDS = 250
FRAMINGS = (
    Framing(),
    Framing(fit="pad", trim_borders=True, colour_constancy=True),
    Framing(fit="squash"),
)


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """Change, cut out, double or append some bytes, more often near the start."""
    found = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        at = int(len(found) * rng.random() ** int(rng.integers(1, 4)))
        length = int(rng.integers(1, 9))
        kind = int(rng.integers(5))
        if kind == 0:
            found[at : at + length] = rng.bytes(length)
        elif kind == 1:
            found[at : at + 1] = bytes([int(rng.choice([0, 1, 0x7F, 0x80, 0xFF]))])
        elif kind == 2:
            del found[at : at + length]
        elif kind == 3:
            found[at:at] = found[at : at + length]
        else:
            del found[max(at, 1) :]
    return bytes(found)


def survives(call: Callable[[], object], allowed: type[MelError] = ImageError) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            call()
        except allowed as error:
            assert "\n" not in str(error)  # noqa: PT017
            return False
    return True


@pytest.mark.parametrize("kind", ["JPEG", "progressive", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_no_damaged_picture_gets_past_the_decoder(encoded: Callable[..., bytes], kind: str) -> None:
    options = {"progressive": True} if kind == "progressive" else {}
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "DermCo"
    if kind in ("JPEG", "PNG", "progressive"):
        options["exif"] = exif
    data = encoded("JPEG" if kind == "progressive" else kind, **options)
    rng, fine = np.random.default_rng(0), 0
    for k in range(ROUNDS):
        broken = mutated(data, rng)
        fine += survives(lambda b=broken, k=k: decode(b, 24, framing=FRAMINGS[k % 3]))
        survives(lambda b=broken: measure(b))
    assert fine < ROUNDS


def test_no_damaged_dicom_gets_past_the_decoder(encoded: Callable[..., bytes]) -> None:
    rng = np.random.default_rng(1)
    sources = written_dicoms(encoded("JPEG"))
    for k in range(ROUNDS):
        data = sources[k % len(sources)]
        head, tail = data[:132], data[132:]
        broken = head + mutated(tail, rng)
        survives(lambda b=broken: decode(b, 24))
        survives(lambda b=broken: measure(b))


def written_dicoms(jpeg: bytes) -> list[bytes]:
    pydicom = pytest.importorskip("pydicom")
    found = []
    for colours, bits, pixels in (
        ("MONOCHROME2", 16, np.arange(64, dtype="<u2").tobytes()),
        ("RGB", 8, bytes(range(192))),
        ("YBR_FULL_422", 8, jpeg),
    ):
        item = pydicom.Dataset()
        item.file_meta = pydicom.dataset.FileMetaDataset()
        item.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
        item.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
        compressed = pixels is jpeg
        syntax = pydicom.uid.JPEGBaseline8Bit if compressed else pydicom.uid.ExplicitVRLittleEndian
        item.file_meta.TransferSyntaxUID = syntax
        item.Rows = item.Columns = 8
        item.SamplesPerPixel = 1 if colours.startswith("MONO") else 3
        item.PhotometricInterpretation = colours
        item.PixelRepresentation = item.PlanarConfiguration = 0
        item.BitsAllocated = item.BitsStored = bits
        item.WindowCenter, item.WindowWidth = "32", "64"
        item.PixelData = pydicom.encaps.encapsulate([pixels]) if compressed else pixels
        item["PixelData"].VR = "OB" if bits == 8 else "OW"
        buffer = io.BytesIO()
        pydicom.dcmwrite(buffer, item, enforce_file_format=True)
        assert decode(buffer.getvalue(), 8).shape == (8, 8, 3)
        found.append(buffer.getvalue())
    return found


def test_no_damaged_tfrecord_gets_past_the_reader(
    tmp_path: Path, encoded: Callable[..., bytes]
) -> None:
    """A changed byte is always noticed: nothing that was damaged is read as if it were whole."""
    path, rng = tmp_path / "some.tfrec", np.random.default_rng(2)
    payloads = [
        tfrecord.encode_example({"image_name": f"m{k}", "image": encoded("JPEG"), "target": k})
        for k in range(3)
    ]
    with path.open("wb") as file:
        places = tfrecord.write_records(file, payloads)
    data = path.read_bytes()
    for _ in range(ROUNDS):
        broken = mutated(data, rng)
        path.write_bytes(broken)
        whole = survives(lambda: list(tfrecord.scan(path)))
        assert not whole or data.startswith(broken) or broken.startswith(data)
        for offset, _ in places:
            survives(lambda o=offset: fetch(f"{path}#{o}"))


def test_no_damaged_example_gets_past_the_reader(encoded: Callable[..., bytes]) -> None:
    rng = np.random.default_rng(3)
    features = {"image_name": "m", "image": b"picture", "target": [1, -1], "age": [1.5, 2.5]}
    data = tfrecord.encode_example(features)
    for _ in range(4 * ROUNDS):
        try:
            tfrecord.decode_example(mutated(data, rng))
        except ValueError as error:
            assert str(error)  # noqa: PT017

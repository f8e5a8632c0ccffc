"""Archives that must not be trusted, or did not come whole."""

import stat
import zipfile

import pytest

from mel.errors import MelError
from mel.kaggle import download
from mel.kaggle.downloading.unpacking import check_room, inside, members, unpack

PLAIN = {"train.csv": b"id\n1\n", "train/a.jpg": b"\xff\xd8" * 500}


def _zip(path, files):
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in files.items():
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            opened.writestr(info, content)
    return path


def _link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.fixture
def scratch(tmp_path):
    place = tmp_path / "scratch"
    place.mkdir()
    return place


UNSAFE = ["../evil.csv", "/etc/evil", "a/../../evil", "C:\\evil", "C:/evil", "a\\..\\b", "a\nb"]


@pytest.mark.parametrize("name", UNSAFE)
def test_a_name_that_leads_outside_is_refused_and_nothing_is_written(name, tmp_path, scratch):
    archive = _zip(tmp_path / "a.zip", PLAIN | {name: b"evil"})
    with pytest.raises(MelError, match="outside its folder"):
        unpack(archive, tmp_path / "out", scratch)
    assert not (tmp_path / "out").exists()
    assert not list(tmp_path.rglob("*evil*"))


def test_a_link_is_refused(tmp_path, scratch):
    archive = _zip(tmp_path / "a.zip", PLAIN | {_link("train"): b"/etc"})
    with pytest.raises(MelError, match="is a link"):
        unpack(archive, tmp_path / "out", scratch)
    assert not (tmp_path / "out").exists()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused(tmp_path):
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a.csv", b"1")
        opened.writestr("./a.csv", b"2")
    with pytest.raises(MelError, match="stands twice"):
        members(archive)


def test_a_flipped_bit_is_found_and_the_rest_is_kept(world, tmp_path, out):
    archive = _zip(tmp_path / "a.zip", PLAIN | {"z.bin": b"z" * 1000})
    archive.write_bytes(archive.read_bytes().replace(b"z" * 1000, b"z" * 999 + b"y"))
    world.set(archive=str(archive), files={n: len(c) for n, c in PLAIN.items()} | {"z.bin": 1000})
    with pytest.raises(MelError, match=r"'z.bin' is broken .*Bad CRC-32.*run the same again"):
        download("titanic", out)
    assert not (out / "z.bin").exists()
    assert (out / "train/a.jpg").read_bytes() == PLAIN["train/a.jpg"]
    download("titanic", out)
    world.check(out, ["z.bin"])  # alone, for nothing else was missing
    assert (out / "train/a.jpg").read_bytes() == PLAIN["train/a.jpg"]


@pytest.mark.parametrize("content", [b"", b"<html>Sign in to Kaggle</html>", "cut"])
def test_what_is_no_whole_archive_is_refused(content, world, tmp_path, out):
    archive = _zip(tmp_path / "a.zip", PLAIN)
    archive.write_bytes(archive.read_bytes()[:-30] if content == "cut" else content)
    world.set(archive=str(archive))
    with pytest.raises(MelError, match=r"titanic.zip: is no whole zip archive"):
        download("titanic", out)
    assert not out.exists()


def test_a_single_file_of_another_size_than_listed_is_refused(world, out):
    world.set(listed={"train.csv": 4999})
    with pytest.raises(MelError, match="5,000 bytes came, Kaggle lists 4,999"):
        download("titanic", out, ["train.csv"])
    assert not out.exists()


def test_a_file_already_there_is_only_trusted_with_its_checksum(tmp_path, scratch):
    archive, out = _zip(tmp_path / "a.zip", PLAIN), tmp_path / "out"
    out.mkdir()
    (out / "train.csv").write_bytes(b"id\n2\n")
    assert unpack(archive, out, scratch) == 2
    assert (out / "train.csv").read_bytes() == b"id\n1\n"
    assert unpack(archive, out, scratch) == 0


def test_room_for_the_archive_and_its_content_is_asked_for_before(world, out):
    world.set(files={"huge.bin": 10}, listed={"huge.bin": 10**17})
    with pytest.raises(MelError, match=r"titanic with its archive takes 200,000,000\.00 GB"):
        download("titanic", out)
    assert world.count("download") == 0
    assert not out.exists()


def test_room_is_asked_for_again_when_the_client_tells_how_much_it_will_be(world, out):
    """The list of a large competition breaks off, so its sum is only a part."""
    world.set(announced=10**18, block=1000, stop_at=1000, stop={"sleep": 600})
    with pytest.raises(MelError, match="with its archive takes"):
        download("titanic", out)


def test_room_is_measured_where_a_folder_will_be(tmp_path):
    check_room(tmp_path / "not/yet/there", 1, "a byte")
    with pytest.raises(MelError, match=r"an exabyte takes 1,000,000,000\.00 GB"):
        check_room(tmp_path / "not/yet/there", 10**18, "an exabyte")


def test_a_folder_that_is_a_file_is_refused(world, out):
    out.write_text("")
    with pytest.raises(MelError, match="cannot be written"):
        download("titanic", out)


def test_a_list_with_an_unsafe_name_is_refused(world, out):
    world.set(files={"../evil.csv": 10})
    with pytest.raises(MelError, match="outside"):
        download("titanic", out)


@pytest.mark.parametrize("name", ["train.csv", "train/a b.jpg", "ä/ö.csv", "a..b", "...", "-f"])
def test_an_ordinary_name_is_taken(name):
    assert str(inside(name)) == name

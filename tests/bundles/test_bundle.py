"""A bundle is the very files that were put in, or refused by name."""

import json
import stat
import zipfile
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest

from mel.bundles import MANIFEST, Bundle, write_bundle
from mel.errors import MelError

FILES = {
    "card.md": b"# A card\n",
    "members/a/fold0/graph-32.onnx": bytes(range(256)),
    "stack/context/features.json": b'{"n": 1}',
    "stack/stack.json": b"{}",
}
FACTS = {"name": "blend", "synthetic": True}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_bundle(tmp_path / "a.mel", FILES, FACTS)
    return tmp_path / "a.mel"


def refused(path: Path) -> str:
    with pytest.raises(MelError) as caught:
        Bundle.open(path)
    assert str(caught.value).startswith(str(path))
    return str(caught.value)


def repacked(path: Path, change: Callable[[zipfile.ZipFile, zipfile.ZipInfo, bytes], None]) -> None:
    """Write the archive again, each entry as `change` puts it."""
    with zipfile.ZipFile(path) as archive:
        parts = [(info, archive.read(info)) for info in archive.infolist()]
    with zipfile.ZipFile(path, "w") as archive:
        for info, content in parts:
            change(archive, info, content)


def test_a_bundle_gives_back_what_was_put_in(path: Path) -> None:
    bundle = Bundle.open(path)
    assert {name: bundle.read(name) for name in bundle.names} == FILES
    assert bundle.facts == FACTS
    assert bundle.json("stack/context/features.json") == {"n": 1}
    with bundle.folder("stack") as folder:
        found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
        assert found == {"stack.json", "context/features.json"}
    assert not folder.exists()


def test_the_same_content_makes_the_same_bytes(path: Path, tmp_path: Path) -> None:
    place = tmp_path / "card.md"
    place.write_bytes(FILES["card.md"])
    given = dict(reversed({**FILES, "card.md": place}.items()))
    digest = write_bundle(tmp_path / "b.mel", given, FACTS)
    assert (tmp_path / "b.mel").read_bytes() == path.read_bytes()
    assert digest == Bundle.open(path).digest
    assert write_bundle(tmp_path / "b.mel", FILES, {"name": "other"}) != digest


def test_no_changed_byte_is_ever_read(path: Path) -> None:
    """A byte of the archive's own frame may change nothing; no other may pass."""
    files = {"a": b"content"}
    write_bundle(path, files, {})
    whole, passed = path.read_bytes(), 0
    for place in range(len(whole)):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            bundle = Bundle.open(path)
        except MelError:
            continue
        passed += 1
        assert {name: bundle.read(name) for name in bundle.names} == files
        assert bundle.facts == {}
    assert passed < len(whole) / 4


def test_a_changed_file_is_refused_by_its_name(path: Path) -> None:
    whole = path.read_bytes()
    start = whole.index(FILES["members/a/fold0/graph-32.onnx"])
    path.write_bytes(whole[:start] + b"\xff" + whole[start + 1 :])
    assert "members/a/fold0/graph-32.onnx" in refused(path)


def test_a_bundle_cut_short_is_refused(path: Path) -> None:
    whole = path.read_bytes()
    for end in (0, 1, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:end])
        refused(path)


def test_what_is_no_bundle_is_refused(tmp_path: Path) -> None:
    assert "no such bundle" in refused(tmp_path / "none.mel")
    (tmp_path / "text.mel").write_text("text")
    refused(tmp_path / "text.mel")
    refused(tmp_path)
    with zipfile.ZipFile(tmp_path / "other.mel", "w") as archive:
        archive.writestr("a.txt", "a")
    assert "is no bundle" in refused(tmp_path / "other.mel")
    (tmp_path / "other.mel").write_bytes(b"#!/bin/sh\n" + (tmp_path / "other.mel").read_bytes())
    refused(tmp_path / "other.mel")


def test_a_bundle_with_something_before_it_is_refused(path: Path) -> None:
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    assert "is no bundle" in refused(path)


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "a\\..\\evil", "C:evil", "a//b", ".hidden", "a/./b", "a/", "é"]
)
def test_a_name_that_leads_elsewhere_is_refused(path: Path, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")
    refused(path)
    with pytest.raises(MelError, match="which no bundle does"):
        write_bundle(tmp_path / "b.mel", {name: b"x"}, {})
    assert not (tmp_path / "b.mel").exists()


@pytest.mark.parametrize("name", ["card.md", "CARD.md", "card.md/more"])
def test_a_name_that_stands_twice_or_as_a_folder_is_refused(path: Path, name: str) -> None:
    with (
        zipfile.ZipFile(path, "a") as archive,
        pytest.warns() if name == "card.md" else nullcontext(),
    ):
        archive.writestr(name, b"x")
    refused(path)


def test_a_file_that_the_manifest_does_not_list_is_refused(path: Path) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("more.txt", b"x")
    assert "more.txt" in refused(path)


def test_a_file_that_is_gone_is_refused(path: Path) -> None:
    repacked(path, lambda archive, info, content: _unless(archive, info, content, "card.md"))
    assert "lacks card.md" in refused(path)


def test_a_compressed_file_is_refused(path: Path) -> None:
    repacked(path, lambda archive, info, content: archive.writestr(info, content, 8))
    assert "compressed" in refused(path)


def test_a_link_is_refused(path: Path) -> None:
    def link(archive: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
        if info.filename == "card.md":
            info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, content)

    repacked(path, link)
    assert "link" in refused(path)


@pytest.mark.parametrize("key", ["schema", "kind", "facts", "files", "digest"])
def test_a_manifest_changed_by_hand_is_refused(path: Path, key: str) -> None:
    def change(archive: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes) -> None:
        if info.filename == MANIFEST:
            manifest = json.loads(content)
            manifest[key] = 2 if key == "schema" else {} if key in ("facts", "files") else "x"
            content = json.dumps(manifest).encode()
        archive.writestr(info, content)

    repacked(path, change)
    refused(path)


def test_a_source_that_is_missing_leaves_no_bundle(tmp_path: Path) -> None:
    with pytest.raises(MelError, match="cannot be read"):
        write_bundle(tmp_path / "a.mel", {"card.md": tmp_path / "none.md"}, {})
    assert not list(tmp_path.iterdir())


def test_a_bundle_that_changes_after_it_was_opened_is_refused(path: Path) -> None:
    bundle = Bundle.open(path)
    write_bundle(path, FILES | {"card.md": b"# Another\n"}, FACTS)
    with pytest.raises(MelError, match=r"card\.md was changed since"):
        bundle.read("card.md")


def _unless(archive: zipfile.ZipFile, info: zipfile.ZipInfo, content: bytes, name: str) -> None:
    if info.filename != name:
        archive.writestr(info, content)

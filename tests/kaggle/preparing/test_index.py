"""The index finds each record by id, refuses what changed, and points a table to the records."""

from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.files import read_table, write_table
from mel.images import decode
from mel.kaggle import Prepared, prepare, repath
from mel.tables import ImageTable


@pytest.fixture
def done(originals, tmp_path):
    return prepare(originals(10), tmp_path / "out", sizes=[16, 24], shard_images=4)


@pytest.fixture
def images(originals, table) -> ImageTable:
    """Ten images of a table, two of them to be scored."""
    rows = table.frame.filter(
        pl.col("image_id").is_in([f"img{k:03d}" for k in (*range(8), 60, 61)])
    )
    names = {f"img{k:03d}": f"img{8 + k - 60:03d}" for k in (60, 61)}
    return ImageTable.of(rows.with_columns(pl.col("image_id").replace(names)), "ten")


def test_the_index_says_how_the_images_were_made(done):
    prepared = Prepared.read(done.folder / "24")
    assert prepared.size == 24
    assert prepared.settings["fit"] == "crop"
    assert prepared.settings["quality"] == 95
    assert list(prepared.shards) == [f"shard-0000{k}-of-00003.tfrec" for k in range(3)]
    assert prepared.frame["shard"].n_unique() == 3
    assert set(prepared.inputs) == {"sources"}


def test_the_index_names_the_table_it_was_made_from(images, originals, tmp_path):
    paths = originals(10)
    whole = ImageTable.of(images.frame.drop("path").join(paths, on="image_id"), "ten")
    prepare(whole, tmp_path / "other", sizes=[16])
    assert Prepared.read(tmp_path / "other", 16).inputs["images"] == whole.digest


@pytest.mark.parametrize("change", ["gone", "longer", "shorter"])
def test_a_changed_shard_is_refused_by_its_name(done, change):
    path = done.folder / "16" / "shard-00001-of-00003.tfrec"
    whole = path.read_bytes()
    path.unlink() if change == "gone" else path.write_bytes(
        whole + b"0" if change == "longer" else whole[:-1]
    )
    with pytest.raises(MelError, match=r"shard-00001-of-00003\.tfrec"):
        Prepared.read(done.folder, 16)
    assert Prepared.read(done.folder, 24).frame.height == 10


def test_a_changed_byte_is_found_where_it_is_read_and_where_all_is_verified(done):
    prepared = Prepared.read(done.folder, 16)
    path = done.folder / "16" / "shard-00002-of-00003.tfrec"
    data = bytearray(path.read_bytes())
    data[prepared.frame["offset"][9] + 60] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(MelError, match=r"shard-00002-of-00003\.tfrec"):
        Prepared.read(done.folder, 16).read_image("img009")
    with pytest.raises(MelError, match=r"shard-00002-of-00003\.tfrec: content has digest"):
        prepared.verify()
    assert prepared.read_image("img008")


def test_a_record_of_another_image_is_noticed(done):
    """Two whole shards of one length, exchanged: no checksum sees it, the record's name does."""
    prepared = Prepared.read(done.folder, 16)
    swapped = prepared.frame.with_columns(image_id=pl.col("image_id").reverse())
    with pytest.raises(MelError, match="where 'img009' should be"):
        Prepared(prepared.folder, swapped, 16, {}, {}).read_image("img009")


def test_an_index_changed_by_hand_is_refused(done):
    path = done.folder / "16" / "index.parquet"
    frame, header = read_table(path, "prepared")
    write_table(path, frame.with_columns(offset=pl.lit(0, pl.Int64)), header)
    with pytest.raises(MelError, match="was changed after it was written"):
        Prepared.read(done.folder, 16)


def test_a_size_that_is_not_there_is_told_with_those_that_are(done, tmp_path):
    with pytest.raises(MelError, match="no prepared images"):
        Prepared.read(tmp_path / "nowhere")
    with pytest.raises(MelError, match="holds prepared images at 16, 24"):
        Prepared.read(done.folder)
    with pytest.raises(MelError, match=r"32: no prepared images"):
        Prepared.read(done.folder, 32)
    with pytest.raises(MelError, match="did you mean 'img009'"):
        done.prepared(16).read_image("img0009")


def test_a_table_is_pointed_to_the_records_by_id(done, images):
    moved = repath(images, done.prepared(24))
    assert moved.digest == images.digest
    assert moved.frame.drop("path").equals(images.frame.drop("path"))
    for image_id, path in moved.frame.select("image_id", "path").iter_rows():
        assert (decode(path, 24) == decode(done.prepared(24).read_image(image_id), 24)).all()


def test_a_table_with_an_image_that_was_not_prepared_is_refused_or_loses_it(done, images):
    prepared = done.prepared(16)
    train = Prepared(prepared.folder, prepared.frame.slice(1), 16, {}, {})
    with pytest.raises(MelError, match=r"no train image 'img000' \(1 such image\)"):
        repath(images, train)
    assert "img000" not in repath(images, train, missing="drop").frame["image_id"]
    test = Prepared(prepared.folder, prepared.frame.head(9), 16, {}, {})
    with pytest.raises(MelError, match=r"no test image 'img009'"):
        repath(images, test, missing="drop")


def test_a_table_that_was_pointed_to_records_names_what_was_prepared(done, images):
    moved = repath(images, done.prepared(24))
    assert moved.inputs == {**images.inputs, "prepared": done.prepared(24).digest}
    assert "prepared" not in images.inputs
    read = Prepared.read(done.folder / "24")
    assert read.digest == done.prepared(24).digest
    assert (read.framing.fit, read.framing.trim_borders) == ("crop", False)


def test_the_digest_of_what_was_prepared_tells_other_pixels_and_nothing_else(originals, tmp_path):
    rows = originals(6)

    def digest(place, sizes=(16, 24), **options):
        return prepare(rows, tmp_path / place, sizes=sizes, **options).prepared(16).digest

    first = digest("first", shard_images=2)
    assert digest("elsewhere", shard_images=5) == first
    others = [digest("q", quality=80), digest("p", fit="pad"), digest("s", sizes=(16, 64))]
    (tmp_path / "first").rename(tmp_path / "moved")
    assert Prepared.read(tmp_path / "moved" / "16").digest == first
    changed, other = (Path(path) for path in rows["path"][:2])
    changed.write_bytes(other.read_bytes())
    others.append(digest("changed"))
    assert len({first, *others}) == 5

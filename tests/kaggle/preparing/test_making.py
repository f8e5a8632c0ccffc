"""Every original is decoded once for all sizes, into records that say whose picture they hold."""

import io
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.errors import MelError
from mel.images import Framing, decode, decode_sizes, fetch, tfrecord
from mel.kaggle import Prepared, prepare
from mel.kaggle.preparing import BrokenImagesError, picture
from mel.tables import ImageTable


def test_each_original_is_decoded_once_however_many_sizes(originals, tmp_path, monkeypatch):
    calls = []

    def counted(source, sizes, **options):
        calls.append(tuple(sizes))
        return decode_sizes(source, sizes, **options)

    monkeypatch.setattr(picture, "decode_sizes", counted)
    prepare(originals(5), tmp_path / "out", sizes=[16, 8, 32], workers=2)
    assert calls == [(8, 16, 32)] * 5


def test_a_record_holds_the_picture_its_name_and_the_original_s_size_and_no_label(
    originals, tmp_path
):
    table = originals(3).with_columns(target=pl.lit(1))
    prepare(table, tmp_path / "out", sizes=[16, 32])
    for size in (16, 32):
        path = tmp_path / f"out/{size}/shard-00000-of-00001.tfrec"
        found = [
            tfrecord.decode_example(tfrecord.read_at(path, offset))
            for offset, _ in tfrecord.scan(path)
        ]
        assert [record["image_name"] for record in found] == [[b"img000"], [b"img001"], [b"img002"]]
        for record in found:
            assert set(record) == {"image", "image_name", "width", "height"}
            assert (record["width"], record["height"]) == ([96], [64])
            assert Image.open(io.BytesIO(record["image"][0])).size == (size, size)


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
def test_the_pixels_are_the_decoder_s_but_for_one_jpeg(originals, tmp_path, fit):
    table = originals(2)
    done = prepare(table, tmp_path / "out", sizes=[32], fit=fit)
    prepared = done.prepared(32)
    for image_id, path in table.iter_rows():
        stored = np.asarray(Image.open(io.BytesIO(prepared.read_image(image_id))), dtype=float)
        off = {
            other: np.abs(stored - decode(path, 32, framing=Framing(other))).mean()
            for other in ("crop", "pad", "squash")
        }
        assert off[fit] < 3
        assert off[fit] < min(off[other] for other in off if other != fit) / 2


def test_quality_and_framing_reach_the_records(originals, tmp_path):
    table = originals(2)
    fine = prepare(table, tmp_path / "fine", sizes=[32], quality=98)
    poor = prepare(table, tmp_path / "poor", sizes=[32], quality=30)
    plain = prepare(table, tmp_path / "plain", sizes=[32])
    grey = prepare(table, tmp_path / "grey", sizes=[32], colour_constancy=True)
    size = [done.prepared(32).frame["bytes"].sum() for done in (poor, plain, fine)]
    assert size == sorted(set(size))
    assert plain.prepared(32).read_image("img000") != grey.prepared(32).read_image("img000")


def test_the_bytes_do_not_depend_on_workers_nor_on_the_order_of_rows(originals, tmp_path, content):
    table = originals(13)
    shuffled = table.sample(fraction=1.0, shuffle=True, seed=1)
    prepare(table, tmp_path / "a", sizes=[16, 24], shard_images=4, workers=1)
    prepare(shuffled, tmp_path / "b", sizes=[24, 16], shard_images=4, workers=5)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    names = [name for name in content(tmp_path / "a") if name.endswith(".tfrec")]
    assert len(names) == 8
    assert "16/shard-00003-of-00004.tfrec" in names


def test_every_image_is_found_by_its_id_at_its_offset(originals, tmp_path):
    table = originals(7)
    prepare(table, tmp_path / "out", sizes=[16], shard_images=3)
    prepared = Prepared.read(tmp_path / "out" / "16")
    assert prepared.references["image_id"].to_list() == table["image_id"].to_list()
    for image_id, reference in prepared.references.iter_rows():
        assert fetch(reference) == prepared.read_image(image_id)
    assert decode(prepared.references["path"][6], 16).shape == (16, 16, 3)


def test_the_news_say_how_fast_it_goes_and_how_long_it_takes(originals, tmp_path, capfd):
    prepare(originals(6), tmp_path / "out", sizes=[16, 24])
    assert re.search(
        r"^prepare at 16, 24: 6/6 images, [\d,]+ images/s, 0:00 left$",
        capfd.readouterr().err,
        re.MULTILINE,
    )


def test_small_originals_are_enlarged_and_counted(originals, tmp_path):
    done = prepare(originals(4, width=40, height=20), tmp_path / "crop", sizes=[16, 32, 64])
    assert done.enlarged == {16: 0, 32: 4, 64: 4}
    padded = prepare(originals(4, 40, 20), tmp_path / "pad", sizes=[16, 32, 64], fit="pad")
    assert padded.enlarged == {16: 0, 32: 0, 64: 4}
    assert padded.facts["enlarged"] == "0 at 16, 0 at 32, 4 at 64"


def test_broken_originals_are_listed_and_all_others_done(originals, tmp_path):
    table = originals(9)
    folder = tmp_path / "originals"
    whole = (folder / "img001.jpg").read_bytes()
    (folder / "img001.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "img004.jpg").write_bytes(b"")
    (folder / "img005.jpg").unlink()
    (folder / "img008.jpg").write_text("no picture")
    with pytest.raises(
        BrokenImagesError, match=r"4 of 9 images are broken, the first 'img001'"
    ) as told:
        prepare(table, tmp_path / "out", sizes=[16, 24], shard_images=3)
    assert told.value.exit_code == 1
    listed = pl.read_csv(tmp_path / "out" / "broken.csv")
    assert listed["image_id"].to_list() == ["img001", "img004", "img005", "img008"]
    assert listed["path"].to_list() == [str(folder / f"{i}.jpg") for i in listed["image_id"]]
    for reason, part in zip(listed["reason"], ("trunc", "empty", "no such", "not an"), strict=True):
        assert part in reason
    for size in (16, 24):
        prepared = Prepared.read(tmp_path / "out", size)
        assert prepared.frame.height == 5
        assert prepared.broken == 4
        prepared.verify()


def test_broken_originals_may_be_skipped(originals, tmp_path):
    table = originals(3)
    Path(table["path"][1]).write_bytes(b"")
    done = prepare(table, tmp_path / "out", sizes=[16], skip_broken=True)
    assert done.broken["image_id"].to_list() == ["img001"]
    assert done.facts["images"] == "2 prepared, 1 broken"
    with pytest.raises(MelError, match=r"no image 'img001'"):
        done.prepared(16).read_image("img001")


def test_a_table_of_nothing_but_broken_originals_still_ends_in_order(originals, tmp_path):
    table = originals(2)
    for path in table["path"]:
        Path(path).unlink()
    done = prepare(table, tmp_path / "out", sizes=[16], skip_broken=True)
    assert done.prepared(16).references.is_empty()
    assert done.broken.height == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sizes": []}, "no size is given"),
        ({"sizes": [0]}, "size is 0"),
        ({"quality": 101}, "quality is 101"),
        ({"shard_images": 0}, "shard_images is 0"),
        ({"workers": 0}, "workers is 0"),
        ({"fit": "corp"}, "did you mean 'crop'"),
    ],
)
def test_a_setting_out_of_range_is_refused_before_anything_is_written(
    originals, tmp_path, options, words
):
    with pytest.raises(MelError, match=words):
        prepare(originals(1), tmp_path / "out", **{"sizes": [16]} | options)
    assert not (tmp_path / "out").exists()


def test_a_table_without_ids_or_pictures_is_refused(originals, tmp_path, table: ImageTable):
    bare = ImageTable.of(table.frame.with_columns(path=pl.lit(None, pl.String)), "bare")
    with pytest.raises(MelError, match="without pictures"):
        prepare(bare, tmp_path / "out", sizes=[16])
    with pytest.raises(MelError, match="stands 2 times"):
        prepare(pl.concat([originals(1)] * 2), tmp_path / "out", sizes=[16])
    with pytest.raises(MelError, match="no column 'path'"):
        prepare(originals(1).drop("path"), tmp_path / "out", sizes=[16])
    with pytest.raises(MelError, match="no image"):
        prepare(originals(1).clear(), tmp_path / "out", sizes=[16])


def test_records_can_be_prepared_again_from_records(originals, tmp_path):
    """A public competition set of TFRecords is prepared like any folder of JPEGs."""
    first = prepare(originals(5), tmp_path / "large", sizes=[48], shard_images=2)
    again = prepare(first.prepared(48).references, tmp_path / "small", sizes=[16])
    assert again.prepared(16).frame["width"].to_list() == [48] * 5


@pytest.mark.slow
def test_plain_tensorflow_reads_the_records(originals, tmp_path):
    prepare(originals(5), tmp_path / "out", sizes=[16], shard_images=2)
    code = (
        "import sys, tensorflow as tf\n"
        "files = sorted(tf.io.gfile.glob(sys.argv[1] + '/*.tfrec'))\n"
        "features = {name: tf.io.FixedLenFeature([], kind) for name, kind in {\n"
        "  'image': tf.string, 'image_name': tf.string, 'width': tf.int64}.items()}\n"
        "for raw in tf.data.TFRecordDataset(files):\n"
        "    row = tf.io.parse_single_example(raw, features)\n"
        "    print(row['image_name'].numpy().decode(), int(row['width']),\n"
        "          *tf.io.decode_jpeg(row['image']).shape)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "out" / "16")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [f"img00{k} 96 16 16 3" for k in range(5)]

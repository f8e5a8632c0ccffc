"""A stopped run goes on where it was; what is done stays; nothing old and new is ever mixed."""

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from mel.errors import MelError
from mel.kaggle import Prepared, prepare
from mel.kaggle.preparing.claim import claimed
from mel.tables import ImageTable

OPTIONS = {"sizes": [16, 24], "shard_images": 4}

RUN = """
import sys, time
import polars as pl
from mel import kaggle
from mel.kaggle.preparing import making, picture
def slowly(*given):
    time.sleep(0.03)
    return picture.prepare_picture(*given)
making.prepare_picture = slowly
table = pl.read_parquet(sys.argv[1])
kaggle.prepare(table, sys.argv[2], sizes=[16, 24], shard_images=4, workers=2)
"""


def _times(folder: Path) -> dict[str, int]:
    return {
        path.relative_to(folder).as_posix(): path.stat().st_mtime_ns
        for path in folder.rglob("shard-*")
    }


def _begun(table: pl.DataFrame, folder: Path, shards: int) -> "subprocess.Popen[str]":
    """Start a slowed run in a process of its own; give it once some shards are done."""
    table.write_parquet(folder.parent / "table.parquet")
    command = [sys.executable, "-c", RUN, str(folder.parent / "table.parquet"), str(folder)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    until = time.monotonic() + 120
    while len(list(folder.glob("parts/shard-*.parquet"))) < shards:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < until
        time.sleep(0.005)
    return process


def test_a_killed_run_goes_on_at_the_first_missing_shard(originals, tmp_path, content, capfd):
    table, out = originals(38), tmp_path / "out"
    process = _begun(table, out, shards=3)
    process.kill()
    process.wait()
    done = _times(out / "parts")
    assert 3 <= len(done) < 10
    kept = {name: time for name, time in _times(out).items() if Path(name).stem in str(done)}
    with pytest.raises(MelError, match="no prepared images, or not all of them"):
        Prepared.read(out, 16)
    found = prepare(table, out, **OPTIONS)
    assert f"{len(done)} of 10 shards done and kept" in capfd.readouterr().err
    assert found.shards == (10, 10 - len(done))
    assert {name: _times(out)[name] for name in kept} == kept
    prepare(table, tmp_path / "whole", **OPTIONS)
    assert content(out) == content(tmp_path / "whole")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_run_ends_soon_and_leaves_no_half_shard(originals, tmp_path, number):
    process = _begun(originals(60), tmp_path / "out", shards=1)
    process.send_signal(number)
    process.wait(timeout=60)
    assert process.returncode != 0
    if number == signal.SIGINT:  # the program turns SIGTERM into the same; plain Python just dies
        assert not list((tmp_path / "out").rglob(".????????-*"))


def test_the_command_ends_on_sigterm_with_its_status_and_nothing_half_written(originals, tmp_path):
    code = RUN.replace(
        "table = pl", "from mel.cli import main\nsys.argv = ['mel', *sys.argv[3:]]\n#"
    )
    code = code[: code.index("kaggle.prepare(table")] + "main()\n"
    work = tmp_path / "work"
    work.mkdir()
    rows = originals(80).with_columns(
        patient_id=pl.col("image_id"),
        target=pl.lit(0),
        split=pl.lit("train"),
        source=pl.lit("x"),
        sex=pl.lit(None, pl.String),
        site=pl.lit(None, pl.String),
        age=pl.lit(None, pl.Float64),
    )
    ImageTable.of(rows, "x").write(work / "images.parquet")
    words = ["kaggle", "prepare", "--work", str(work), "--size", "16", "--shard-images", "4"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, "", "", *words], stderr=subprocess.PIPE, text=True
    )
    until = time.monotonic() + 120
    while not list(work.glob("prepared/parts/shard-*.parquet")) and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 143, told
    assert "what is finished is kept" in told
    assert not list(work.rglob(".????????-*"))
    shards = list(work.glob("prepared/16/shard-*"))
    assert 0 < len(shards) < 20
    assert len(shards) == len(list(work.glob("prepared/parts/*")))


def test_a_finished_run_changes_nothing_when_run_again(originals, tmp_path, content):
    table, out = originals(9), tmp_path / "out"
    prepare(table, out, **OPTIONS)
    before, times = content(out), _times(out)
    again = prepare(table, out, **OPTIONS)
    assert again.made == 0
    assert again.shards == (3, 0)
    assert content(out) == before
    assert _times(out) == times


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _shifted(path: Path) -> None:
    """Another record for every image, with mel's own header and digest, as a hand might forge."""
    found = Prepared.read(path.parent)
    replace(found, frame=found.frame.with_columns(pl.col("offset").reverse())).write()


def _counted(path: Path) -> None:
    replace(Prepared.read(path.parent), broken=7).write()


def _emptied(path: Path) -> None:
    path.write_bytes(b"")


def _of_text(path: Path) -> None:
    path.write_text("no index")


@pytest.mark.parametrize("damage", [_cut, _shifted, _counted, _of_text, _emptied, Path.unlink])
def test_an_index_that_is_not_what_it_should_be_is_written_again(
    originals, tmp_path, content, damage
):
    table, out = originals(9), tmp_path / "out"
    prepare(table, out, **OPTIONS)
    before, times = content(out), _times(out)
    damage(out / "16" / "index.parquet")
    assert content(out) != before
    assert prepare(table, out, **OPTIONS).made == 0
    assert content(out) == before
    assert _times(out) == times


def test_an_index_of_another_table_of_the_same_images_names_the_present_one(
    originals, table, tmp_path
):
    rows = table.frame.head(4).drop("path").join(originals(4), on="image_id")
    one, other = ImageTable.of(rows, "one"), ImageTable.of(rows.with_columns(age=50.0), "other")
    prepare(one, tmp_path / "out", **OPTIONS)
    assert prepare(other, tmp_path / "out", **OPTIONS).made == 0
    assert Prepared.read(tmp_path / "out", 16).inputs["images"] == other.digest


def test_a_lost_or_shortened_shard_is_made_again_and_no_other(originals, tmp_path, content, capfd):
    table, out = originals(12), tmp_path / "out"
    prepare(table, out, **OPTIONS)
    before, times = content(out), _times(out)
    (out / "16" / "shard-00000-of-00003.tfrec").unlink()
    short = out / "24" / "shard-00002-of-00003.tfrec"
    short.write_bytes(short.read_bytes()[:-9])
    assert prepare(table, out, **OPTIONS).shards == (3, 2)
    assert "shard-00002-of-00003.tfrec: has" in capfd.readouterr().err
    assert content(out) == before
    untouched = [name for name in times if "00001-of" in name]
    assert untouched
    assert all(_times(out)[name] == times[name] for name in untouched)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"sizes": [16]}, r"prepared with sizes \[16, 24\], now it is \[16\]"),
        ({"quality": 80}, "prepared with quality 95, now it is 80"),
        ({"fit": "pad"}, "prepared with fit crop, now it is pad"),
        ({"trim_borders": True}, "prepared with trim_borders False"),
        ({"shard_images": 5}, "prepared with shard_images 4"),
    ],
)
def test_other_settings_are_named_and_never_mixed(originals, tmp_path, content, changed, words):
    table, out = originals(5), tmp_path / "out"
    prepare(table, out, **OPTIONS)
    before = content(out)
    with pytest.raises(MelError, match=words):
        prepare(table, out, **OPTIONS | changed)
    assert content(out) == before


@pytest.mark.parametrize("damage", [_cut, _of_text, _emptied])
def test_a_damaged_plan_is_refused_with_how_to_go_on(originals, tmp_path, content, damage):
    out = tmp_path / "out"
    prepare(originals(5), out, **OPTIONS)
    damage(out / "plan.parquet")
    before = content(out)
    with pytest.raises(MelError, match=r"out: its plan\.parquet .*remove this one") as caught:
        prepare(originals(5), out, **OPTIONS)
    assert "\n" not in str(caught.value)
    assert "make it" not in str(caught.value)
    assert content(out) == before


def test_a_table_of_other_images_is_named(originals, tmp_path):
    table, out = originals(6), tmp_path / "out"
    prepare(table.head(5), out, **OPTIONS)
    with pytest.raises(MelError, match=r"image 'img005' is new in the table \(1 such"):
        prepare(table, out, **OPTIONS)
    with pytest.raises(MelError, match="'img004' is no longer in the table"):
        prepare(table.head(4), out, **OPTIONS)


def test_a_changed_original_is_named_and_only_its_shard_made_again_when_asked(
    originals, tmp_path, content
):
    table, out = originals(12), tmp_path / "out"
    prepare(table, out, **OPTIONS)
    times = _times(out)
    Image.new("RGB", (96, 64), (9, 99, 199)).save(table["path"][5])
    before = content(out)
    with pytest.raises(MelError, match=r"img005\.jpg: image 'img005' .* --refresh"):
        prepare(table, out, **OPTIONS)
    assert content(out) == before
    assert prepare(table, out, **OPTIONS, refresh=True).shards == (3, 1)
    assert all(_times(out)[name] == time for name, time in times.items() if "00001-of" not in name)
    prepare(table, tmp_path / "anew", **OPTIONS)
    assert content(out) == content(tmp_path / "anew")


def test_a_copy_of_the_same_originals_is_no_change(originals, tmp_path):
    """Another place and another date: the pictures are compared, and are the same."""
    table, out = originals(5), tmp_path / "out"
    prepare(table, out, **OPTIONS)
    shutil.copytree(tmp_path / "originals", tmp_path / "elsewhere")
    moved = table.with_columns(pl.col("path").str.replace("originals", "elsewhere"))
    for path in moved["path"]:
        os.utime(path, (1, 1))
    shutil.rmtree(tmp_path / "originals")
    assert prepare(moved, out, **OPTIONS).made == 0


def test_broken_originals_are_tried_again_once_they_change_or_when_asked(
    originals, tmp_path, content, capfd
):
    table, out = originals(8), tmp_path / "out"
    path = Path(table["path"][6])
    whole, date = path.read_bytes(), path.stat().st_mtime_ns
    path.write_bytes(whole[:300])
    prepare(table, out, **OPTIONS, skip_broken=True)
    again = prepare(table, out, **OPTIONS, skip_broken=True)
    assert (again.made, again.broken.height) == (0, 1)
    assert "1 broken image not changed since; --refresh" in capfd.readouterr().err
    assert prepare(table, out, **OPTIONS, skip_broken=True, refresh=True).shards == (2, 1)
    path.write_bytes(whole)
    os.utime(path, ns=(date, date))
    mended = prepare(table, out, **OPTIONS)
    assert mended.shards == (2, 1)
    assert mended.broken.is_empty()
    assert not (out / "broken.csv").exists()
    prepare(table, tmp_path / "anew", **OPTIONS)
    assert content(out) == content(tmp_path / "anew")


def test_new_labels_make_nothing_again(originals, tmp_path):
    table, out = originals(4), tmp_path / "out"
    prepare(table.with_columns(target=pl.lit(0)), out, **OPTIONS)
    assert prepare(table.with_columns(target=pl.lit(1)), out, **OPTIONS).made == 0


def test_only_what_mel_left_half_written_is_swept_away(originals, tmp_path):
    out = tmp_path / "out"
    (out / "16").mkdir(parents=True)
    mine, theirs = out / "16" / ".0a1b2c3d-shard-00000-of-00001.tfrec", out / ".mozilla1-notes"
    mine.write_text("half")
    theirs.write_text("a user's")
    prepare(originals(1), out, **OPTIONS)
    assert not mine.exists()
    assert theirs.exists()


def test_a_second_run_in_the_same_folder_is_refused(originals, tmp_path):
    with claimed(tmp_path / "out"), pytest.raises(MelError, match="another mel prepares"):
        prepare(originals(1), tmp_path / "out", **OPTIONS)
    assert prepare(originals(1), tmp_path / "out", **OPTIONS).made == 1

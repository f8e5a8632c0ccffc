"""A batch: every image once, whatever the shards, the order of the list, or a kill."""

import inspect
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image
from polars.testing import assert_frame_equal

from mel.checks import SEXES, SITES
from mel.errors import MelError
from mel.submit.batch import COLUMNS, FLAGS, place, score
from mel.submit.batch.columns import types
from mel.submit.batch.joining import join
from mel.submit.batch.listing import Listed
from mel.submit.batch.place import claimed, prepared
from mel.submit.scoring import Scorer

Rows = Callable[..., pl.DataFrame]
_SINCE_1_32 = "abs_tol" in inspect.signature(assert_frame_equal).parameters  # polars
NEAR = {"abs_tol" if _SINCE_1_32 else "atol": 1e-9}


@pytest.fixture(scope="module")
def scorer(handmade: Path) -> Scorer:
    return Scorer.open(handmade / "blend.mel", precision="float32", threads=2)


@pytest.fixture(scope="module")
def rows(handmade: Path) -> pl.DataFrame:
    """Sixty images of the twenty files: patients of one to eleven images, or none; all sexes."""
    count = 60
    rng = np.random.default_rng(1)
    patient = ["big"] * 11 + [f"p{i // 3}" if i % 4 else None for i in range(count - 11)]
    return pl.DataFrame(
        {
            "image_id": [f"m{i:03d}" for i in rng.permutation(count)],
            "path": [str(handmade / "images" / f"new{i % 20:02d}.png") for i in range(count)],
            "patient_id": patient,
            "age": [None if i % 7 == 0 else float(i) for i in range(count)],
            "sex": [(*SEXES, None)[i % 3] for i in range(count)],
            "site": [(*SITES, None)[i % 7] for i in range(count)],
        }
    )


def read(path: Path) -> pl.DataFrame:
    if path.suffix == ".parquet":
        return pl.read_parquet(path)
    kinds = types(["alpha-32", "beta-16", "stack"])
    return pl.read_csv(path, schema=kinds)


# what is written


def test_columns_are_those_that_are_documented(
    scorer: Scorer, rows: pl.DataFrame, tmp_path: Path
) -> None:
    score(scorer, rows, tmp_path / "a.parquet")
    found = read(tmp_path / "a.parquet")
    assert found.columns == [*COLUMNS, "alpha-32", "beta-16", "stack"]
    assert COLUMNS == (
        "image_id", "probability", "low", "high", "score", "percentile", "decision", "variant",
        "flags", "fault",
    )  # fmt: skip
    assert found["image_id"].to_list() == sorted(rows["image_id"])
    for column in ("probability", "low", "high", "score", "stack"):
        assert found[column].is_between(0, 1).all(), column
    assert (found["low"] <= found["probability"]).all()
    assert (found["probability"] <= found["high"]).all()


def test_csv_and_parquet_hold_the_same(scorer: Scorer, rows: pl.DataFrame, tmp_path: Path) -> None:
    for name in ("a.csv", "a.parquet"):
        score(scorer, rows, tmp_path / name)
    assert_frame_equal(read(tmp_path / "a.csv"), read(tmp_path / "a.parquet"), check_exact=True)


def test_a_batch_says_what_the_scorer_says(
    scorer: Scorer, rows: pl.DataFrame, tmp_path: Path
) -> None:
    """Patients' images are judged together, in whatever shards."""
    whole = scorer.judge(rows, scorer.look(rows)).frame.sort("image_id")
    found = score(scorer, rows, tmp_path / "a.parquet", shard=17)
    mine = read(tmp_path / "a.parquet")
    numbers = ("probability", "low", "high", "score", "alpha-32", "beta-16", "stack")
    assert_frame_equal(mine.select(numbers), whole.select(numbers), **NEAR)
    assert mine["variant"].to_list() == whole["variant"].to_list()
    assert mine["decision"].to_list() == whole["decision"].to_list()
    counted = dict(whole["variant"].value_counts().iter_rows())
    assert dict(found.tally.variants) == counted
    assert set(counted) == {"context", "single"}


def test_neither_shards_nor_the_order_of_the_list_change_a_row(
    scorer: Scorer, rows: pl.DataFrame, tmp_path: Path
) -> None:
    mixed = rows.sample(fraction=1.0, shuffle=True, seed=4)
    for name, list_, shard in (("a", rows, 19), ("b", mixed, 19), ("c", rows, 1000)):
        score(scorer, list_, tmp_path / f"{name}.parquet", shard=shard)
    first = read(tmp_path / "a.parquet")
    for name in ("b", "c"):
        assert_frame_equal(read(tmp_path / f"{name}.parquet"), first, **NEAR)


def test_a_patient_is_in_one_shard(rows: pl.DataFrame, tmp_path: Path) -> None:
    listed = Listed.make(tmp_path / "list", rows, None, 4)
    frames = list(listed.frames(listed.spans))
    homes: dict[str, set[int]] = {}
    for number, frame in enumerate(frames):
        for patient in frame["patient_id"].drop_nulls():
            homes.setdefault(patient, set()).add(number)
    assert all(len(home) == 1 for home in homes.values())
    assert sorted(i for frame in frames for i in frame["image_id"]) == sorted(rows["image_id"])
    assert listed.largest == ("big", 11)
    assert max(frame.height for frame in frames) >= 11


def test_one_image_is_a_batch(scorer: Scorer, rows: pl.DataFrame, tmp_path: Path) -> None:
    found = score(scorer, rows[:1], tmp_path / "a.csv")
    assert (found.scored, found.tally.broken, dict(found.tally.variants)) == (1, 0, {"single": 1})
    assert read(tmp_path / "a.csv").height == 1


def test_blocks_of_any_size_join_to_the_same_file(
    scorer: Scorer, rows: pl.DataFrame, tmp_path: Path
) -> None:
    score(scorer, rows, tmp_path / "a.parquet", shard=30)
    wanted = read(tmp_path / "a.parquet")
    with claimed(tmp_path / "b.parquet") as folder:
        parts = prepared(folder, rows, None, 9, {})
        for path, span in parts.todo():
            ids = next(parts.listed.frames([span])).select("image_id")
            parts.write(path, wanted.join(ids, on="image_id", how="semi"), "")
        for name in ("b.parquet", "b.csv"):
            tally = join(parts.files, parts.listed, tmp_path / name, block=7)
            assert_frame_equal(read(tmp_path / name), wanted)
            assert tally.images == rows.height


def test_a_shard_that_lacks_an_image_is_refused(
    scorer: Scorer, rows: pl.DataFrame, tmp_path: Path
) -> None:
    score(scorer, rows, tmp_path / "a.parquet")
    wanted = read(tmp_path / "a.parquet")
    with claimed(tmp_path / "b.parquet") as folder:
        parts = prepared(folder, rows, None, 100, {})
        for content in (wanted[1:], pl.concat([wanted, wanted[:1]])):
            parts.write(parts.files[0], content, "")
            with pytest.raises(MelError, match="'m000' exactly once"):
                join(parts.files, parts.listed, tmp_path / "b.parquet")


# what is broken, missing or odd


def broken(folder: Path) -> dict[str, Path]:
    """Pictures that cannot be read, by what is wrong."""
    folder.mkdir(exist_ok=True)
    whole = folder / "whole.jpg"
    Image.effect_noise((90, 90), 60).convert("RGB").save(whole)
    (folder / "cut.jpg").write_bytes(whole.read_bytes()[:900])
    (folder / "empty.png").write_bytes(b"")
    (folder / "text.jpg").write_text("no picture")
    (folder / "folder.jpg").mkdir()
    names = ("cut.jpg", "empty.png", "text.jpg", "folder.jpg", "gone.jpg")
    return {name.partition(".")[0]: folder / name for name in names}


def test_broken_images_are_rows_with_a_fault(
    scorer: Scorer, rows: pl.DataFrame, tmp_path: Path
) -> None:
    bad = broken(tmp_path / "bad")
    more = pl.DataFrame({"image_id": list(bad), "path": [str(path) for path in bad.values()]})
    more = more.with_columns(patient_id=pl.lit("big"))
    both = pl.concat([rows, more], how="diagonal")
    found = score(scorer, both, tmp_path / "a.csv", shard=30)
    assert (found.scored, found.tally.broken) == (60, 5)
    assert found.tally.first_broken is not None
    assert found.tally.first_broken[0] == "cut"
    got = read(tmp_path / "a.csv")
    odd = got.filter(pl.col("image_id").is_in(list(bad)))
    assert odd["fault"].null_count() == 0
    assert odd["probability"].null_count() == 5
    assert odd["flags"].str.starts_with("broken image").all()
    assert got["fault"].null_count() == 60
    score(scorer, rows, tmp_path / "b.csv")
    fine = got.join(odd, on="image_id", how="anti")
    assert_frame_equal(fine, read(tmp_path / "b.csv"), **NEAR)


def test_a_batch_of_broken_images_is_written_and_then_an_error(
    scorer: Scorer, tmp_path: Path
) -> None:
    lost = pl.DataFrame({"image_id": ["a", "b"], "path": ["gone/a.jpg", "gone/b.jpg"]})
    with pytest.raises(MelError, match="not one image could be read"):
        score(scorer, lost, tmp_path / "a.csv")
    assert read(tmp_path / "a.csv")["fault"].null_count() == 0


def test_flags_say_what_is_unknown_and_what_is_none(
    scorer: Scorer, handmade: Path, tmp_path: Path
) -> None:
    said = {
        "fine": ("50", "male", "torso", ""),
        "spelt": (" 50 ", "Male", "Torso", ""),
        "bare": ("", "unknown", "NA", "age unknown; sex unknown; site unknown"),
        "odd": ("999", "alien", "moon", "age out of range; sex out of range; site out of range"),
        "word": ("fifty", "male", "torso", "age out of range"),
    }
    frame = pl.DataFrame(
        [(name, *known[:3]) for name, known in said.items()],
        schema=["image_id", "age", "sex", "site"],
        orient="row",
    ).with_columns(path=pl.lit(str(handmade / "images" / "new00.png")))
    score(scorer, frame, tmp_path / "a.csv")
    got = read(tmp_path / "a.csv")
    known = set(FLAGS) - {"broken image", "unlike", "blurred", "dark", "bright", "small"}
    for name, flags in got.select("image_id", "flags").iter_rows():
        mine = {flag for flag in (flags or "").split("; ") if flag in known}
        assert mine == {flag for flag in said[name][3].split("; ") if flag}, name
    same = got.filter(pl.col("image_id").is_in(["fine", "spelt"])).drop("image_id")
    assert same[0].equals(same[1])


def test_every_flag_is_documented(scorer: Scorer, rows: pl.DataFrame, tmp_path: Path) -> None:
    found = score(scorer, rows, tmp_path / "a.csv")
    assert set(found.tally.flags) <= set(FLAGS)
    assert json.loads((tmp_path / "a.csv.json").read_text())["flags"] == dict(found.tally.flags)


# refusals


def test_lists_that_could_mislead_are_refused(
    scorer: Scorer, rows: pl.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    lists = {
        "image_id 'm0.*' stands 2 times": pl.concat([rows, rows[:1]]),
        "holds no image": rows[:0],
        "empty: holds no image": tmp_path / "empty",
        "no such folder of images": tmp_path / "none",
        "a row without path .first: m": rows.with_columns(path=pl.lit(None)),
        "a row without image_id": rows.with_columns(image_id=pl.lit("")),
        "no column 'image_id'": rows.rename({"image_id": "id"}),
        "control character": rows.with_columns(image_id=pl.lit("a\nb")),
    }
    for message, images in lists.items():
        with pytest.raises(MelError, match=message):
            score(scorer, images, tmp_path / "a.csv")
    assert not (tmp_path / "a.csv").exists()


def test_places_that_cannot_be_written_are_refused(
    scorer: Scorer, rows: pl.DataFrame, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder.csv").mkdir()
    for message, out in {
        "unknown suffix": tmp_path / "a.xlsx",
        "cannot be written .Not a dir": tmp_path / "file" / "a.csv",
        "cannot be written .No such": Path("/proc/a.csv"),
        "is a folder": tmp_path / "folder.csv",
    }.items():
        with pytest.raises(MelError, match=message):
            score(scorer, rows, out)


def test_a_second_process_is_refused_where_one_scores(
    scorer: Scorer, rows: pl.DataFrame, tmp_path: Path
) -> None:
    with (
        claimed(tmp_path / "a.csv"),
        pytest.raises(MelError, match="another mel scores into it"),
    ):
        score(scorer, rows, tmp_path / "a.csv")
    score(scorer, rows, tmp_path / "a.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.csv.json"]


def test_who_waited_at_a_lock_that_was_taken_away_holds_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process ended, and took its lock's file along, after this one had opened it."""
    out, held, turns = tmp_path / "a.csv", place._locked, []

    def locked(file: int) -> bool:
        turns.append(file)
        if len(turns) == 1:
            shutil.rmtree(tmp_path / "a.csv.parts")
        return held(file)

    monkeypatch.setattr(place, "_locked", locked)
    with claimed(out) as folder:
        assert (folder / ".lock").is_file()
        assert len(turns) == 2
        with pytest.raises(MelError, match="another mel scores into it"), claimed(out):
            pass
    assert list(tmp_path.iterdir()) == []


# going on

CHILD = """
import sys
from mel.submit.batch import score
score(sys.argv[1], sys.argv[2], sys.argv[3], shard=6, precision="float32", threads=2)
"""


def test_a_killed_batch_goes_on_and_gives_the_same_file(
    scorer: Scorer, handmade: Path, rows: pl.DataFrame, tmp_path: Path
) -> None:
    """Killed twice at random moments; no image is scored twice, none is missing."""
    many = pl.concat(
        rows.with_columns(
            image_id=pl.format("{}-{}", "image_id", pl.lit(k)),
            patient_id=pl.format("{}-{}", "patient_id", pl.lit(k)),
        )
        for k in range(2)
    )
    many.write_csv(tmp_path / "list.csv")
    out, moments = tmp_path / "a.parquet", random.Random()
    arguments = [str(handmade / "blend.mel"), str(tmp_path / "list.csv"), str(out)]
    before = 0
    for _ in range(2):
        child = subprocess.Popen([sys.executable, "-c", CHILD, *arguments], stderr=subprocess.PIPE)
        wanted = before + moments.randint(1, 5)
        while len(done(out)) < wanted and child.poll() is None:
            time.sleep(0.005)
        time.sleep(moments.random() * 0.02)
        os.kill(child.pid, signal.SIGKILL)
        child.communicate()
        assert child.returncode == -signal.SIGKILL, "it was quicker than the kill"
        before = len(done(out))
    kept = {path: path.stat().st_mtime_ns for path in done(out)}
    damaged = min(kept)
    damaged.write_bytes(damaged.read_bytes()[:100])
    found = score(scorer, tmp_path / "list.csv", out, shard=6)
    assert 0 < found.fresh < many.height
    assert not out.with_name("a.parquet.parts").exists()
    score(scorer, many, tmp_path / "b.parquet")
    assert_frame_equal(read(out), read(tmp_path / "b.parquet"), **NEAR)
    assert read(out)["image_id"].is_unique().all()


def done(out: Path) -> list[Path]:
    return list(out.with_name(f"{out.name}.parts").glob("*/part-*.parquet"))


@pytest.mark.parametrize("how", ["changed", "back"])
def test_a_shard_of_which_a_picture_has_changed_is_scored_anew(
    how: str, scorer: Scorer, handmade: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a broken file put right, or a disk that was away, between a kill and the next run."""
    folder, out = tmp_path / "images", tmp_path / "a.parquet"
    folder.mkdir()
    for path in (handmade / "images").glob("new0*.png"):
        (folder / path.name).write_bytes(path.read_bytes())
    names = sorted(path.stem for path in folder.iterdir())
    given = pl.DataFrame(
        {"image_id": names, "path": [str(folder / f"{name}.png") for name in names]}
    )
    picture = (folder / f"{names[0]}.png").read_bytes()
    spoilt = folder / f"{names[0]}.png"
    spoilt.write_bytes(b"junk") if how == "changed" else spoilt.unlink()
    with monkeypatch.context() as patch:
        patch.setattr("mel.submit.batch.scoring.join", _killed)
        with pytest.raises(KeyboardInterrupt):
            score(scorer, given, out, shard=3)
    spoilt.write_bytes(picture)
    found = score(scorer, given, out, shard=3)
    assert (found.fresh, found.tally.broken) == (3, 0)


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_file_that_is_read_is_not_written_over(
    scorer: Scorer, handmade: Path, rows: pl.DataFrame, tmp_path: Path
) -> None:
    place = tmp_path / "list.csv"
    bare = rows.select("image_id", "path")
    bare.write_csv(place)
    rows.drop("path").write_csv(tmp_path / "meta.csv")
    bundle = tmp_path / "bundle.parquet"
    bundle.write_bytes((handmade / "blend.mel").read_bytes())
    for images, meta, out in (
        (place, None, place),
        (str(place), None, tmp_path / "." / "list.csv"),
        (bare, tmp_path / "meta.csv", tmp_path / "meta.csv"),
        (bare, None, bundle),
    ):
        before = out.read_bytes()
        with pytest.raises(MelError, match="is read, and would be written over"):
            score(bundle if out == bundle else scorer, images, out, meta=meta)
        assert out.read_bytes() == before
    assert not list(tmp_path.glob("*.parts"))


def test_nothing_is_left_of_a_list_that_was_refused(scorer: Scorer, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text("image_id,path\na,a.jpg\na,b.jpg\n")
    with pytest.raises(MelError, match="stands 2 times"):
        score(scorer, tmp_path / "list.csv", tmp_path / "new" / "out.csv")
    assert not list((tmp_path / "new").iterdir())


def test_a_changed_list_begins_anew_and_says_so(
    scorer: Scorer, rows: pl.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a.parquet"
    with claimed(out) as folder:
        other = prepared(folder, rows, None, 4, {"bundle": "another"})
        other.write(other.files[0], rows, "")
    found = score(scorer, rows, out, shard=40)
    assert found.fresh == rows.height
    assert f"1 shard of another bundle, list or setting ({other.digest})" in capsys.readouterr().err
    assert other.files[0].is_file()


def test_what_decides_a_score_decides_the_place(rows: pl.DataFrame, tmp_path: Path) -> None:
    meta = rows.select("image_id", "age").with_columns(pl.col("age") + 1)
    bare = rows.drop("age")
    with claimed(tmp_path / "a.csv") as folder:
        digests = [
            prepared(folder, bare, None, 4, {}).digest,
            prepared(folder, bare, meta, 4, {}).digest,
            prepared(folder, rows, None, 4, {}).digest,
            prepared(folder, bare[1:], None, 4, {}).digest,
            prepared(folder, bare, None, 5, {}).digest,
            prepared(folder, bare, None, 4, {"precision": "bfloat16"}).digest,
        ]
        again = prepared(folder, bare.sample(fraction=1.0, shuffle=True, seed=1), None, 4, {})
    assert len(set(digests)) == len(digests)
    assert again.digest == digests[0]

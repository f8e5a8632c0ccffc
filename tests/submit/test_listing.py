"""What was submitted is listed, CV against leaderboard, with what speaks against the latter."""

import json
import sys
from random import Random

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from mel import submit
from mel.cli.main import main
from mel.errors import MelError


def _write(folder, name, cv=None, public=None, private=None, **facts):
    sent = {"competition": "titanic", "tag": f"mel-{name}", "state": "complete", "time": "2026"}
    content = {"kind": "submission", "schema": 1, "name": name, "rows": 10_000, "time": "2025"}
    if cv is not None:
        content["cv"] = {
            "auc": cv,
            "low": float(cv) - 0.01,
            "high": float(cv) + 0.01,
            "images": 30_000,
        }
    if public is not None:
        content["sent"] = [sent | {"public": public, "private": private, "notebook": None}]
    (folder / f"{name}.json").write_text(json.dumps(content | facts))


@pytest.fixture
def folder(tmp_path):
    """A work folder of five submissions, one of them not sent, and three JSONs that are none."""
    place = tmp_path / "submissions"
    place.mkdir()
    _write(place, "mean", 0.91, 0.92, 0.905)
    _write(place, "greedy", 0.93, 0.925, 0.92)
    _write(place, "tuned", 0.90, 0.95, 0.89)
    _write(place, "stack", 0.92, 0.90, None)
    _write(place, "later", 0.94)
    (place / "summary.json").write_text("[1]")
    _write(place, "by-hand", "0.99", 0.9)
    (place / "by-hand-too.json").write_text('{"kind": "submission", "cv": 0.9}')
    return tmp_path


def test_every_submission_is_listed_the_best_cv_first(folder):
    found = submit.list(folder)
    assert found["name"].to_list() == ["later", "greedy", "stack", "mean", "tuned"]
    assert found["state"].to_list() == ["not sent", *["complete"] * 4]
    assert found.row(4, named=True)["private"] == 0.89
    assert submit.list(folder / "submissions").equals(found)
    assert submit.list(folder, competition="titanic").height == 4
    with pytest.raises(MelError, match="no such folder"):
        submit.list(folder / "none")


def test_the_best_public_score_is_no_reason_to_choose(folder):
    found = submit.list(folder)
    said = " ".join(submit.cautions(found))
    assert "tuned is best in public (0.9500), greedy by CV (0.9300, against 0.9000)" in said
    assert "in private they have 0.8900 and 0.9200" in said
    assert "about 3,000 images (30 % of the test set) and is uncertain by ±0.032" in said
    assert "4 submissions are few" in said


def test_who_has_sent_much_is_told_of_luck(tmp_path):
    for number in range(12):
        _write(tmp_path, f"s{number}", 0.9 + number / 1000, 0.9 + number / 1000)
    found = submit.list(tmp_path)
    assert any("12 submissions have a public score" in line for line in submit.cautions(found))
    assert str(submit.agreement(found)).startswith("1.00 from 12 submissions, 95 % from 0.9")


def test_nothing_is_said_of_nothing(tmp_path):
    found = submit.list(tmp_path)
    assert (found.height, submit.cautions(found)) == (0, ())
    assert str(submit.agreement(found)) == "none from 0 submissions"
    with pytest.raises(MelError, match="nothing to draw"):
        submit.plot(found, tmp_path / "a.png")
    with pytest.raises(MelError, match="the plot is a PNG"):
        submit.plot(found, tmp_path / "a.svg")


@settings(max_examples=20)
@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=12),
    st.randoms(use_true_random=False),
)
@example([(0, 0), (1, 1), (2, 2), (2, 2), (2, 2)], Random(0))  # the same order, but for rounding
def test_the_rank_correlation_is_scipys_and_minds_no_order(pairs, random):
    from scipy.stats import spearmanr

    frame = pl.DataFrame(pairs, schema={"cv": pl.Float64, "public": pl.Float64}, orient="row")
    found = submit.agreement(frame)
    random.shuffle(pairs)
    again = pl.DataFrame(pairs, schema=frame.schema, orient="row")
    assert submit.agreement(again).points == found.points == len(pairs)
    if found.rank is None:
        return
    assert found.rank == pytest.approx(spearmanr(frame["cv"], frame["public"]).statistic)
    assert submit.agreement(again).rank == pytest.approx(found.rank)
    if found.low is not None:
        assert -1 <= found.low <= found.rank <= found.high <= 1
        assert found.high - found.low > 0.01  # no order of a few submissions is certain


def test_the_interval_covers_the_truth_as_often_as_it_says():
    """Pairs of normals with a rank correlation of 0.58, twenty at a time."""
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(300):
        x = rng.normal(size=(20, 2)) @ np.linalg.cholesky([[1, 0.6], [0.6, 1]]).T
        found = submit.agreement(pl.DataFrame({"cv": x[:, 0], "public": x[:, 1]}))
        inside += found.low <= 6 / np.pi * np.arcsin(0.3) <= found.high
    assert 0.92 < inside / 300 < 0.98


def test_the_command_prints_and_draws_them(folder, monkeypatch, capsys):
    place = folder / "plot.png"
    monkeypatch.setattr(
        sys, "argv", ["mel", "submit", "list", "--work", str(folder), "--plot", str(place)]
    )
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code
    said = capsys.readouterr().out
    assert "greedy  0.9300  0.9250  0.9200   complete  2026" in said
    assert "rank correlation of CV and public score: -0.40 from 4 submissions" in said
    assert "! tuned is best in public" in said
    assert Image.open(place).size[0] > 800


@pytest.mark.parametrize("more", [(), ("--json",)])
def test_where_nothing_can_be_drawn_yet_the_list_is_no_error(more, tmp_path, here):
    _write(tmp_path, "later", 0.94)
    place = tmp_path / "plot.png"
    done = here("submit", "list", "--work", tmp_path, "--plot", place, *more)
    assert (done.returncode, done.stderr, place.exists()) == (0, "", False)
    if more:
        found = json.loads(done.stdout)
        assert (found["plot"], found["submissions"][0]["name"]) == (None, "later")
    else:
        assert done.stdout.splitlines()[-1].startswith(f"{place}: not drawn, since no submission")


def test_a_picture_that_is_no_png_is_refused_before_anything_is_printed(folder, here):
    done = here("submit", "list", "--work", folder, "--plot", folder / "a.svg")
    assert (done.returncode, done.stdout) == (2, "")
    assert "the plot is a PNG" in done.stderr


def test_a_json_that_was_broken_is_told_of_where_it_is_a_submissions(tmp_path, capsys):
    _write(tmp_path, "whole", cv=0.9)
    for name, text in (("broken", "{"), ("strange", "{}")):
        (tmp_path / f"{name}.json").write_text(text)
    (tmp_path / "broken.csv").touch()
    assert submit.list(tmp_path)["name"].to_list() == ["whole"]
    said = capsys.readouterr().err
    assert "left out" in said
    assert "broken.json" in said
    assert "strange.json" not in said


@pytest.mark.parametrize(
    "fault",
    [
        {"name": None},
        {"schema": 99},
        {"synthetic": "yes"},
        {"time": 5},
        {"cv": {"low": 1}},
        {"cv": {"auc": None, "low": 0.1}},
        {"sent": [{"competition": "titanic", "tag": "a", "state": "complete"}]},
        {"sent": [{"competition": "titanic", "tag": "a", "state": 7, "time": "x"}]},
        {"sent": [{"competition": "titanic", "tag": "a", "state": "sold", "time": "x"}]},
    ],
)
def test_a_json_that_lacks_what_is_read_of_it_is_refused_by_name(fault, tmp_path, capsys):
    (tmp_path / "a.csv").write_text("image_name,target\nb,0.5\n")
    _write(tmp_path, "a", cv=0.9)
    place = tmp_path / "a.json"
    place.write_text(json.dumps(json.loads(place.read_text()) | fault))
    assert submit.list(tmp_path).height == 0
    assert "a.json: is no submission's JSON" in capsys.readouterr().err
    with pytest.raises(MelError, match=r"a\.json: is no submission's JSON"):
        submit.send(tmp_path / "a.csv", "titanic", dry_run=True)


def test_a_frame_of_something_else_is_refused_by_the_column_it_lacks(tmp_path):
    frame = pl.DataFrame({"cv": [0.9, 0.8]})
    for call in (submit.agreement, submit.cautions, lambda f: submit.plot(f, tmp_path / "a.png")):
        with pytest.raises(MelError, match=r"no column '(public|name)'; give what"):
            call(frame)

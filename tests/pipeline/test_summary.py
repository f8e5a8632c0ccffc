"""The final table states what the artefacts hold, to the digit, and stands in two files."""

import json

import polars as pl
import pytest

from mel import pipeline
from mel.errors import MelError
from mel.files import digest_file, read_header, read_json, read_table, write_json, write_table
from mel.metrics import auc, auc_interval
from mel.pipeline.source import truth


@pytest.fixture
def run(finished, work):
    """A finished run: its summary and its folder."""
    return finished[0], work


def _rows(summary):
    return {(score.member, score.kind): score for score in summary.scores}


def test_every_member_the_stack_and_both_views_of_the_blend_have_a_row(run):
    assert list(_rows(run[0])) == [
        ("efficientnetv2_micro-32", "cnn"),
        ("efficientnetv2_micro-16", "cnn"),
        ("lightgbm", "stack"),
        ("blend", "blend"),
        ("blend", "naive"),
    ]


def test_the_final_table_fits_a_terminal_of_80_columns(run):
    rows = [run[0].COLUMNS, *(score.cells() for score in run[0].scores)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    assert sum(widths) + 2 * (len(widths) - 1) <= 80


@pytest.mark.parametrize(
    ("row", "folder"),
    [
        (("efficientnetv2_micro-16", "cnn"), "cnn/efficientnetv2_micro-16"),
        (("lightgbm", "stack"), "tabular/lightgbm"),
        (("blend", "blend"), "ensemble/blend"),
    ],
)
def test_the_aucs_are_those_of_the_files(run, row, folder):
    summary, work = run
    score = _rows(summary)[row]
    images = pl.read_parquet(work / "images.parquet")
    oof = pl.read_parquet(work / folder / "oof.parquet").join(images, on="image_id")
    assert score.oof.auc == pytest.approx(auc(oof["target"], oof["score"]))
    assert score.oof.low < score.oof.auc < score.oof.high
    folds = [auc(part["target"], part["score"]) for (_,), part in oof.group_by("fold")]
    assert score.fold_mean == pytest.approx(sum(folds) / len(folds))
    test = pl.read_parquet(work / folder / "test.parquet").join(
        pl.read_parquet(work / "solution.parquet"), on="image_id"
    )
    test = test.join(images.select("image_id", "patient_id"), on="image_id").sort("image_id")
    assert score.held_out.auc == auc(test["target"], test["score"])
    ends = auc_interval(test["target"], test["score"], test["patient_id"])
    assert (score.held_out.low, score.held_out.high) == ends


def test_the_table_that_is_printed_stands_in_the_summary(run):
    summary, work = run
    text = (work / "summary.md").read_text()
    for score in summary.scores:
        assert f"| {' | '.join(score.cells())} |" in text
    stored = json.loads((work / "summary.json").read_text())
    assert [row["oof"]["auc"] for row in stored["scores"]] == [s.oof.auc for s in summary.scores]
    assert stored["versions"]["polars"] == pl.__version__


def test_every_file_that_is_named_is_there(run):
    summary, work = run
    assert not [name for name in summary.files if not (work / name).exists()]


def test_without_known_targets_no_held_out_auc_is_claimed(
    tmp_path, recipe_file, competition, trained
):
    (competition / "solution.csv").unlink()
    summary = pipeline.run(recipe_file, tmp_path / "work", competition)
    assert not any(score.held_out for score in summary.scores)
    assert not any("Held-out" in note for note in summary.notes)


def test_the_seconds_of_a_stage_are_those_of_the_run_that_made_it(run, recipe_file):
    summary, work = run
    assert list(summary.seconds) == [state.name for state in pipeline.status(work)]
    assert pipeline.run(recipe_file, work).seconds == summary.seconds


def test_a_stage_that_the_recipe_no_longer_has_is_not_counted(run, recipe_file):
    before, work = run
    text = recipe_file.read_text()
    first = '[[cnn.members]]\nbackbone = "efficientnetv2_micro"\nsize = 16\n'
    assert first in text
    recipe_file.write_text(text.replace(first, ""))
    after = pipeline.run(recipe_file, work)
    assert "cnn/efficientnetv2_micro-16" in before.seconds
    assert list(after.seconds) == [state.name for state in pipeline.status(work)]
    assert "cnn/efficientnetv2_micro-16" not in (work / "summary.md").read_text()


def test_a_member_s_seconds_are_those_of_all_its_folds_whenever_trained(run, recipe_file):
    _, work = run
    name = "efficientnetv2_micro-32"
    inputs = read_header(work / "cnn" / name / "oof.parquet", "predictions")["inputs"]
    other = inputs | {"settings": "0" * 16}
    marks = [{"inputs": inputs, "seconds": 1000.5}, {"inputs": inputs, "seconds": 200.0}]
    for fold, mark in enumerate([*marks, {"inputs": other, "seconds": 9.0}]):
        (work / f"cnn/{name}/fold{fold}").mkdir(exist_ok=True)
        write_json(work / f"cnn/{name}/fold{fold}/done.json", mark)
    assert pipeline.run(recipe_file, work).seconds[f"cnn/{name}"] == 1200.5
    write_json(work / f"cnn/{name}/fold1/done.json", {"inputs": inputs})
    assert pipeline.run(recipe_file, work).seconds[f"cnn/{name}"] < 100


def test_a_solution_of_other_images_is_refused_by_name(run):
    """Sealed anew, as by a hand that edits load.json too."""
    _, work = run
    frame, header = read_table(work / "solution.parquet", "solution")
    write_table(work / "solution.parquet", frame[1:], header)
    sealed = read_json(work / "load.json")
    sealed["files"]["solution.parquet"] = digest_file(work / "solution.parquet")
    write_json(work / "load.json", sealed)
    with pytest.raises(MelError, match=f"image '{frame['image_id'][0]}' is not both there"):
        truth(pipeline.Work(work))

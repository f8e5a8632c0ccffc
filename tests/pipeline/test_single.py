"""A stage alone is made only when all before it is there and current."""

import polars as pl
import pytest

from mel import pipeline
from mel.errors import MelError


@pytest.fixture
def work(tmp_path):
    """An empty place."""
    return tmp_path / "work"


def test_the_stages_one_by_one_give_what_a_run_gives(
    work, tmp_path, recipe_file, competition, trained
):
    pipeline.only(recipe_file, work, "load", competition)
    pipeline.only(recipe_file, work, "folds")
    assert [s.member for s in pipeline.train_members(recipe_file, work)] == trained
    assert [s.kind for s in pipeline.only(recipe_file, work, "tabular")] == ["stack"]
    assert [s.kind for s in pipeline.only(recipe_file, work, "ensemble")] == [
        "blend",
        "naive",
    ]
    path = pipeline.submit_from(work)
    pipeline.check(path, work)
    assert {s.kind for s in pipeline.status(work)} == {"done"}
    whole = tmp_path / "whole"
    pipeline.run(recipe_file, whole, competition)
    assert path.read_bytes() == (whole / "submissions/blend.csv").read_bytes()


def test_a_stage_whose_forerunner_is_missing_is_refused_with_its_command(
    work, recipe_file, competition, trained
):
    with pytest.raises(MelError, match=r"needs load, which is missing.*run mel kaggle load first"):
        pipeline.only(recipe_file, work, "folds")
    pipeline.only(recipe_file, work, "load", competition)
    pipeline.only(recipe_file, work, "folds")
    with pytest.raises(MelError, match=r"mel cnn train --member efficientnetv2_micro-32 first"):
        pipeline.only(recipe_file, work, "tabular")


def test_a_stage_on_changed_inputs_is_refused_and_names_the_change(
    work, recipe_file, competition, trained
):
    pipeline.run(recipe_file, work, competition)
    text = recipe_file.read_text().replace("n_folds = 2", "n_folds = 3")
    recipe_file.write_text(text)
    with pytest.raises(MelError, match=r"needs folds, which is stale \(input settings changed"):
        pipeline.only(recipe_file, work, "ensemble")


def test_an_unknown_member_is_answered_with_near_ones(work, recipe_file, competition, trained):
    with pytest.raises(MelError, match="did you mean 'efficientnetv2_micro-"):
        pipeline.train_members(recipe_file, work, "efficientnetv2_mikro-32")


def test_a_submission_can_be_made_from_any_member(work, recipe_file, competition, trained):
    pipeline.run(recipe_file, work, competition)
    path = pipeline.submit_from(work, "cnn/efficientnetv2_micro-16")
    assert path.name == "efficientnetv2_micro-16.csv"
    scores = pl.read_parquet(work / "cnn/efficientnetv2_micro-16/test.parquet")
    assert pl.read_csv(path)["target"].sort().to_list() == scores["score"].sort().to_list()
    with pytest.raises(MelError, match="did you mean 'ensemble/blend'"):
        pipeline.submit_from(work, "ensemble/blent")


def test_a_check_needs_exactly_one_thing_to_compare_with(tmp_path):
    for both in ({}, {"work": tmp_path, "sample": tmp_path / "s.csv"}):
        with pytest.raises(MelError, match="give either --work or --sample"):
            pipeline.check(tmp_path / "s.csv", **both)


def test_prediction_with_an_unknown_member_or_suffix_is_refused(work, tmp_path):
    with pytest.raises(MelError, match="no trained member 'x-32'"):
        pipeline.predict(work, "x-32", tmp_path, tmp_path / "out.csv")
    (work / "cnn/x-32").mkdir(parents=True)
    (work / "cnn/x-32/recipe.json").write_text("{}")
    with pytest.raises(MelError, match=r"ends in .parquet or .csv"):
        pipeline.predict(work, "x-32", tmp_path, tmp_path / "out.txt")

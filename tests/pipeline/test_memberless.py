"""A recipe without members is enough for images and folds; what trains refuses it in one line."""

from pathlib import Path

import polars as pl
import pytest

from mel import pipeline
from mel.errors import MelError

ASKS = r"recipe data: names no network to train; add one under \[\[cnn.members\]\]"


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """The least that a recipe can say."""
    path = tmp_path / "data.toml"
    path.write_text('name = "data"\n[data]\nadapter = "siim2020"\n[folds]\nn_folds = 2\n')
    return path


@pytest.fixture
def work(recipe: Path, competition: Path, tmp_path: Path) -> Path:
    """A work folder with images and folds."""
    for name in ("load", "folds"):
        pipeline.only(recipe, tmp_path / "work", name, competition)
    return tmp_path / "work"


def test_images_and_folds_are_all_that_is_to_do(work, recipe):
    assert [(s.name, s.kind) for s in pipeline.status(work)] == [
        ("load", "done"),
        ("folds", "done"),
    ]
    assert pipeline.folds_audit(work, compare=False).ok
    rows = pipeline.folds_repeat(recipe, work, [1, 2])
    assert len(rows) == 2


@pytest.mark.parametrize("name", ["tabular", "ensemble", "cnn"])
def test_a_stage_that_needs_scores_asks_for_a_member(work, recipe, name):
    with pytest.raises(MelError, match=ASKS):
        pipeline.only(recipe, work, name)


def test_whatever_trains_or_submits_asks_for_a_member(work, recipe, competition):
    before = sorted(work.rglob("*"))
    for call in (
        lambda: pipeline.run(recipe, work, competition),
        lambda: pipeline.plan(recipe, work, competition),
        lambda: pipeline.members(recipe),
        lambda: pipeline.cnn_train(recipe, work),
        lambda: pipeline.cnn_train(recipe, work, "efficientnetv2_micro-32"),
        lambda: pipeline.submit_make(work),
    ):
        with pytest.raises(MelError, match=ASKS):
            call()
    assert sorted(work.rglob("*")) == before


def test_a_run_is_refused_before_anything_is_loaded(recipe, competition, tmp_path):
    with pytest.raises(MelError, match=ASKS):
        pipeline.run(recipe, tmp_path / "new", competition)
    assert not (tmp_path / "new").exists()


def test_members_that_come_later_make_nothing_of_the_data_stale(work, recipe):
    more = '\n[[cnn.members]]\nbackbone = "efficientnetv2_micro"\nsize = 32\n'
    recipe.write_text(recipe.read_text() + more)
    states = pipeline.status(work, recipe)
    assert [s.kind for s in states if s.name in ("load", "folds")] == ["done", "done"]
    assert [s.name for s in states][2:] == [
        "cnn/efficientnetv2_micro-32",
        "tabular/lightgbm",
        "ensemble/blend",
        "submit/blend",
    ]
    assert pl.read_parquet(work / "folds.parquet").height > 0

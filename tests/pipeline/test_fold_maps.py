"""A recipe may bring a fold map of its own, which is taken as it is unless it leaks."""

from pathlib import Path

import polars as pl
import pytest

from mel.config import Recipe
from mel.errors import MelError
from mel.pipeline import only, run, status
from mel.tables import Folds, ImageTable


@pytest.fixture
def loaded(recipe: Recipe, competition: Path, tmp_path: Path) -> Path:
    """A work folder with its images."""
    only(recipe, tmp_path / "work", "load", competition)
    return tmp_path / "work"


def _with_map(recipe: Recipe, path: Path) -> Recipe:
    raw = recipe.model_dump(exclude_unset=True) | {"folds": {"map": str(path)}}
    return Recipe.model_validate(raw)


def _write_map(work: Path, path: Path, fold: pl.Expr) -> Path:
    table = ImageTable.read(work / "images.parquet")
    table.train.select(image_name="image_id", fold=fold).write_csv(path)
    return path


BY_PATIENT = pl.col("patient_id").rank("dense") % 3 + 1


def test_a_recipes_fold_map_is_taken_as_it_is(recipe, loaded, tmp_path, competition, trained):
    own = _with_map(recipe, _write_map(loaded, tmp_path / "map.csv", BY_PATIENT))
    run(own, loaded, competition)
    folds = Folds.read(loaded / "folds.parquet")
    said = pl.read_csv(tmp_path / "map.csv").sort("image_name")
    assert folds.frame["fold"].to_list() == (said["fold"] - 1).to_list()
    assert "imported from map.csv" in folds.method
    assert {state.kind for state in status(loaded, own)} == {"done"}


def test_a_fold_map_that_changed_makes_the_folds_stale(recipe, loaded, tmp_path):
    own = _with_map(recipe, _write_map(loaded, tmp_path / "map.csv", BY_PATIENT))
    only(own, loaded, "folds")
    _write_map(loaded, tmp_path / "map.csv", pl.col("patient_id").rank("dense") % 2)
    (folds,) = (state for state in status(loaded, own) if state.name == "folds")
    assert folds.kind == "stale"
    assert "input map changed" in folds.why


def test_a_fold_map_that_leaks_is_refused_and_nothing_is_written(recipe, loaded, tmp_path):
    by_row = _write_map(loaded, tmp_path / "map.csv", pl.int_range(pl.len()) % 3)
    with pytest.raises(MelError, match=r"patient '.*' has images in folds .* scores would leak"):
        only(_with_map(recipe, by_row), loaded, "folds")
    assert not (loaded / "folds.parquet").exists()


def test_a_fold_map_that_leaks_only_by_copies_is_refused_too(recipe, loaded, tmp_path):
    by_patient = _with_map(recipe, _write_map(loaded, tmp_path / "map.csv", BY_PATIENT))
    first = pl.read_csv(tmp_path / "map.csv").unique("fold", keep="first").sort("fold")
    chain = {"image_id_1": first["image_name"].head(2), "image_id_2": ["elsewhere"] * 2}
    pl.DataFrame(chain | {"kind": ["near"] * 2}).write_parquet(loaded / "duplicates.parquet")
    leak = r"map.csv: 1 chain with \d+ images .* would leak; mel folds"
    with pytest.raises(MelError, match=leak):
        only(by_patient, loaded, "folds")
    assert not (loaded / "folds.parquet").exists()


def test_a_fold_map_that_is_not_there_is_named(recipe, loaded, tmp_path):
    with pytest.raises(MelError, match=r"folds.map .*gone.csv: no such file"):
        only(_with_map(recipe, tmp_path / "gone.csv"), loaded, "folds")


@pytest.mark.parametrize(
    ("folds", "message"),
    [
        ({"map": "map.csv", "n_folds": 5}, "n_folds has no effect with map"),
        ({"scheme": "held-out"}, "go together"),
        ({"held_out": "source"}, "go together"),
        ({"scheme": "held-out", "held_out": "source", "seed": 1}, "seed has no effect"),
    ],
)
def test_folds_settings_without_effect_are_refused(recipe, tmp_path, folds, message):
    with pytest.raises(ValueError, match=message):
        Recipe.model_validate(recipe.model_dump(exclude_unset=True) | {"folds": folds})

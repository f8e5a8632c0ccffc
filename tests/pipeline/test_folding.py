"""Further fold maps and an inner hold-out are made from a work folder, which stays as it is."""

from pathlib import Path

import polars as pl
import pytest

from mel.config import FoldsSettings, Recipe
from mel.errors import MelError
from mel.folds import Inner, build
from mel.pipeline import Work, folds_inner, folds_repeat, folds_training, only
from mel.tables import Folds, ImageTable


@pytest.fixture
def loaded(recipe: Recipe, competition: Path, tmp_path: Path) -> Work:
    """A work folder with its images and folds."""
    only(recipe, tmp_path / "work", "load", competition)
    only(recipe, tmp_path / "work", "folds")
    return Work(tmp_path / "work")


def test_each_seed_has_a_file_of_its_own_and_the_folds_stay(loaded: Work, recipe: Recipe) -> None:
    before = loaded.folds.read_bytes()
    rows = folds_repeat(recipe, loaded.root, [3, 0])
    assert [(seed, path.name) for seed, _, _, path in rows] == [
        *((3, "seed-3.parquet"), (0, "seed-0.parquet")),
    ]
    table = ImageTable.read(loaded.images)
    for seed, n_folds, digest, path in rows:
        folds = Folds.read(path)
        folds.matches(table)
        assert (folds.seed, folds.n_folds, folds.digest) == (seed, n_folds, digest)
        assert digest == build(table, FoldsSettings(n_folds=2, seed=seed)).digest
    assert rows[1][2] == Folds.read(loaded.folds).digest
    assert loaded.folds.read_bytes() == before


def test_seeds_that_are_none_are_refused_before_anything_is_written(
    loaded: Work, recipe: Recipe
) -> None:
    for seeds, message in [
        ([], "no seeds; give at least one"),
        ([1, 1], "seed 1 is given twice"),
        ([-1], "seed -1 is not from 0 to 2147483647"),
        ([2**31], "seed 2147483648 is not from 0"),
    ]:
        with pytest.raises(MelError, match=message):
            folds_repeat(recipe, loaded.root, seeds)
    assert not (loaded.root / "folds").exists()


def test_images_of_other_settings_are_not_taken(loaded: Work, recipe_file: Path) -> None:
    recipe_file.write_text(
        recipe_file.read_text().replace("[folds]", "test_fraction = 0.5\n[folds]")
    )
    with pytest.raises(MelError, match=r"images are stale \(input settings changed .* run first:"):
        folds_repeat(recipe_file, loaded.root, [0])


def test_the_inner_hold_out_is_written_where_asked_and_nothing_else(loaded: Work) -> None:
    before = sorted(loaded.root.rglob("*"))
    out = loaded.root.parent / "inner.parquet"
    found = folds_inner(loaded.root, 1, out, 0.4, seed=2)
    assert sorted(loaded.root.rglob("*")) == before
    again = Inner.read(out)
    assert again.digest == found.digest
    scored = set(Folds.read(loaded.folds).frame.filter(pl.col("fold") == 1)["image_id"])
    assert not scored & {*again.train, *again.held_out}


def test_an_inner_hold_out_in_another_format_is_refused(loaded: Work) -> None:
    with pytest.raises(MelError, match=r"inner\.csv: unknown suffix; give a file that ends in"):
        folds_inner(loaded.root, 0, "inner.csv")


def test_every_fold_says_what_it_trains_on(loaded: Work) -> None:
    method, found = folds_training(loaded.root)
    train = ImageTable.read(loaded.images).train
    assert method == "balanced-groups"
    assert (found["scored"] + found["trains"] == train.height).all()
    assert (found["positives"] + found["train_positives"] == train["target"].sum()).all()


@pytest.mark.parametrize("seed", [-1, 1.5, "a", 2**31])
def test_a_seed_that_is_none_is_refused(loaded: Work, tmp_path: Path, seed: object) -> None:
    with pytest.raises(MelError, match="is not from 0 to"):
        folds_inner(loaded.root, 0, tmp_path / "inner.parquet", seed=seed)  # type: ignore[arg-type]

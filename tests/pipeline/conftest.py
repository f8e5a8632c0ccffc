"""A work folder run to its end in a second: every room is real but the networks."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mel import cnn, pipeline
from mel.cnn.jobs.done import CHECKPOINT, HISTORY, REFERENCE, fold_dir, mark_done, mark_trained
from mel.config import MemberSettings, Recipe
from mel.metrics import auc_report
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable

RECIPE = """\
name = "small"
[data]
adapter = "siim2020"
[folds]
n_folds = 2
seed = 0
[cnn]
epochs = 1
[[cnn.members]]
backbone = "efficientnetv2_micro"
size = 32
[[cnn.members]]
backbone = "efficientnetv2_micro"
size = 16
[tabular]
rounds = 5
seeds = 1
num_leaves = 3
min_data_in_leaf = 5
[ensemble]
rounds = 3
"""


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    """A recipe of two members, on disk and free to be changed."""
    path = tmp_path / "small.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def recipe(recipe_file: Path) -> Recipe:
    """The same, read."""
    return Recipe.read(recipe_file)


@pytest.fixture(scope="session")
def _desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(scope="session")
def _copied(tiny_competition: Path, _desk: Path) -> Callable[[], Path]:
    """Give a function that copies the synthetic competition, where the copy there is has changed.

    To one place, so that a work folder of one test is as good as that of another: it knows where
    images lie.
    """
    place = _desk / "competition"
    known: dict[str, tuple[int, ...]] = {}

    def copy() -> Path:
        if not known or _stamps(place) != known:
            shutil.rmtree(place, ignore_errors=True)
            shutil.copytree(tiny_competition, place)
            known.clear()
            known.update(_stamps(place))
        return place

    return copy


def _stamps(place: Path) -> dict[str, tuple[int, ...]]:
    """Tell of each file and folder what no change leaves as it was; nothing, if all is gone."""
    there = (place, *place.rglob("*")) if place.exists() else ()
    found = {str(path): path.lstat() for path in there}
    return {
        name: (stat.st_ino, stat.st_mode, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        for name, stat in found.items()
    }


@pytest.fixture
def competition(_copied: Callable[[], Path]) -> Path:
    """A copy of the synthetic competition, free to be damaged; in one place for every test."""
    return _copied()


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put numpy in the networks' place; gives the list of members trained so far.

    The scores depend on images, folds and settings, so that what changes shows downstream.
    """
    calls: list[str] = []
    _stand_in(monkeypatch, calls)
    return calls


def _stand_in(patch: pytest.MonkeyPatch, calls: list[str]) -> None:
    def train(
        table: ImageTable, folds: Folds, settings: MemberSettings, out: Path, **_: object
    ) -> tuple[Predictions, Predictions]:
        calls.append(settings.name)
        return _scores(table, folds, settings, out)

    patch.setattr(cnn, "train", train)


@pytest.fixture(scope="session")
def finished(_copied: Callable[[], Path], _desk: Path) -> tuple[pipeline.Summary, Path]:
    """A whole run of RECIPE, once a session: its summary and its folder, not to be changed."""
    (_desk / "small.toml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        _stand_in(patch, [])
        summary = pipeline.run(_desk / "small.toml", _desk / "work", _copied())
    return summary, _desk / "work"


@pytest.fixture
def work(
    finished: tuple[pipeline.Summary, Path], competition: Path, trained: list[str], tmp_path: Path
) -> Path:
    """A work folder after a whole run, free to be changed; what is made anew needs no network."""
    return Path(shutil.copytree(finished[1], tmp_path / "work"))


def _scores(
    table: ImageTable, folds: Folds, settings: MemberSettings, out: Path
) -> tuple[Predictions, Predictions]:
    inputs = {"images": table.digest, "folds": folds.digest, "settings": settings.digest}
    draw = np.random.default_rng([int(digest, 16) for digest in inputs.values()])
    inputs["pictures"] = table.inputs.get("prepared", "originals")
    inputs |= cnn.digest_weights(settings)
    truth = folds.frame.join(table.train, on="image_id", how="left", maintain_order="left")
    score = truth["target"].to_numpy() + draw.normal(size=truth.height)
    report = auc_report(truth["target"], score, truth["patient_id"], truth["fold"])
    common = {"name": settings.name, "folds": folds.digest, "inputs": inputs}
    oof = Predictions.of(
        folds.frame.with_columns(score=score), kind="oof", metric=report.as_dict(), **common
    )
    frame = table.test.select("image_id", pl.lit(None, pl.Int16).alias("fold"))
    frame = frame.with_columns(score=draw.normal(size=frame.height))
    test = Predictions.of(frame, kind="test", **common)
    oof.write(out / "oof.parquet")
    test.write(out / "test.parquet")
    for fold in range(folds.n_folds):
        place = fold_dir(out, fold)
        place.mkdir(exist_ok=True)
        (place / CHECKPOINT).touch()
        test.write(place / "test.parquet")
        for name in ("oof.parquet", REFERENCE, HISTORY):
            oof.write(place / name)
        mark_trained(out, fold, inputs | {"settings": settings.training_digest}, seconds=1.0)
        mark_done(out, fold, inputs, seconds=1.0)
    return oof, test


@pytest.fixture
def made() -> Callable[[Path], dict[str, int]]:
    """Give a function that tells when each Parquet, CSV and JSON file of a folder was written."""

    def look(work: Path) -> dict[str, int]:
        kept = ("summary", "times", "audit")
        return {
            path.relative_to(work).as_posix(): path.stat().st_mtime_ns
            for suffix in ("parquet", "csv", "json")
            for path in work.rglob(f"*.{suffix}")
            if path.stem not in kept
        }

    return look

"""The report on trainings: what is there, finished or not, on one page without a network."""

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from mel.cnn.reporting import report
from mel.cnn.reporting.reading import read_trainings
from mel.errors import MelError
from mel.files import write_json, write_table
from mel.predictions import Predictions


def rows(epochs: int, auc: bool = True, seed: int = 0) -> list[dict[str, Any]]:
    draw = np.random.default_rng(seed)
    return [
        {
            "epoch": epoch,
            "loss": 0.7 / epoch + 0.01 * draw.random(),
            "auc": 0.9 - 0.3 / epoch + 0.01 * draw.random() if auc else None,
            "learning_rate": 1e-3 / epoch,
            "seconds": 10.0,
            "images_per_s": 50.0 if epoch > 1 else 5.0,
        }
        for epoch in range(1, epochs + 1)
    ]


def trained(member: Path, fold: int, epochs: int, auc: bool = True, done: bool = True) -> None:
    frame = pl.DataFrame(rows(epochs, auc, fold), schema_overrides={"auc": pl.Float64})
    header = {"kind": "history", "name": member.name, "device": "cpu, float32"}
    place = member / f"fold{fold}"
    write_table(place / "history.parquet", frame.with_columns(fold=pl.lit(fold, pl.Int16)), header)
    if done:
        write_json(place / "done.json", {"fold": fold})


def under_way(member: Path, fold: int, epochs: int) -> Path:
    place = member / f"fold{fold}"
    place.mkdir(parents=True, exist_ok=True)
    text = json.dumps({"inputs": {}, "epochs": epochs, "history": rows(epochs)})
    arrays = {"record": np.frombuffer(text.encode(), dtype=np.uint8), "w": np.zeros(9)}
    np.savez(place / "state.npz", **arrays)
    return place / "state.npz"


def complete(member: Path, pooled: float, folds: int = 2, epochs: int = 6) -> None:
    for fold in range(folds):
        trained(member, fold, epochs)
    write_json(member / "recipe.json", {"settings": {"epochs": epochs}, "n_folds": folds})
    frame = pl.DataFrame({"image_id": ["a"], "fold": [0], "score": [0.5]})
    metric = {"pooled": pooled, "low": pooled - 0.02, "high": pooled + 0.02, "fold_mean": pooled}
    made = Predictions.of(frame, name=member.name, kind="oof", folds="x", metric=metric)
    made.write(member / "oof.parquet")


@pytest.fixture
def members(tmp_path: Path) -> Path:
    complete(tmp_path / "strong-64", 0.9)
    complete(tmp_path / "weak-64", 0.8)
    trained(tmp_path / "halfway-64", 0, 6)
    under_way(tmp_path / "halfway-64", 1, 3)
    (tmp_path / "not-begun-64" / "fold0").mkdir(parents=True)
    return tmp_path


def test_the_page_shows_every_training_and_asks_the_network_for_nothing(members: Path) -> None:
    path = report(members, "a <competition>", n_folds=2)
    page = path.read_text(encoding="utf-8")
    assert path == members / "report.html"
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!#)", page)
    assert not re.search(r"url\((?!#)", page)
    assert page.count("<svg") == 4
    assert "a &lt;competition&gt;" in page
    assert "not-begun" not in page
    assert "1 of 2, 1 begun" in page
    assert page.index("strong-64") < page.index("weak-64") < page.index("halfway-64")
    assert "cpu, float32" in page


def test_every_figure_is_a_png_as_well(members: Path) -> None:
    report(members)
    found = {path.name: path.read_bytes()[:4] for path in (members / "figures").iterdir()}
    names = ["halfway-64.png", "members.png", "strong-64.png", "weak-64.png"]
    assert found == dict.fromkeys(names, b"\x89PNG")


def test_a_training_under_way_shows_the_epochs_it_has(members: Path) -> None:
    (halfway,) = (t for t in read_trainings(members) if t.name == "halfway-64")
    assert halfway.history.group_by("fold").len().sort("fold")["len"].to_list() == [6, 3]
    assert halfway.folds == (0,)
    assert halfway.mean["epoch"].to_list() == [1, 2, 3]
    assert halfway.metric == {}


def test_a_fold_that_is_trained_again_shows_the_new_training(members: Path) -> None:
    state = under_way(members / "strong-64", 0, 2)
    later = state.stat().st_mtime + 60
    os.utime(state, (later, later))
    (strong,) = (t for t in read_trainings(members) if t.name == "strong-64")
    assert strong.history.filter(fold=0).height == 2


def test_a_half_written_state_is_no_obstacle(members: Path) -> None:
    state = under_way(members / "halfway-64", 1, 3)
    state.write_bytes(state.read_bytes()[:100])
    (halfway,) = (t for t in read_trainings(members) if t.name == "halfway-64")
    assert halfway.history["fold"].unique().to_list() == [0]
    report(members)


def test_the_first_epoch_does_not_count_for_the_pace_unless_it_is_the_only_one(
    tmp_path: Path,
) -> None:
    trained(tmp_path / "a-64", 0, 4)
    trained(tmp_path / "b-64", 0, 1)
    assert [training.pace for training in read_trainings(tmp_path)] == [50.0, 5.0]
    assert [training.seconds for training in read_trainings(tmp_path)] == [40.0, 10.0]


@pytest.mark.parametrize("epochs", [1, 30])
def test_a_member_alone_or_without_a_look_at_held_out_images_has_its_page(
    tmp_path: Path, epochs: int
) -> None:
    trained(tmp_path / "alone-64", 0, epochs, auc=False)
    page = report(tmp_path, synthetic=True).read_text(encoding="utf-8")
    assert page.count("<svg") == 1
    assert "Synthetic data." in page
    assert not (tmp_path / "figures" / "members.png").exists()


def test_many_folds_and_many_members_fit_on_the_page(tmp_path: Path) -> None:
    for number in range(10):
        complete(tmp_path / f"m{number}-64", 0.8 + number / 100, folds=10 if number == 0 else 1)
    assert report(tmp_path).read_text(encoding="utf-8").count("<svg") == 11


def test_a_folder_without_an_epoch_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(MelError, match=r"no member has trained an epoch yet; mel cnn train"):
        report(tmp_path)


def test_a_history_that_was_changed_is_refused_by_name(members: Path) -> None:
    path = members / "weak-64" / "fold1" / "history.parquet"
    pl.read_parquet(path).write_parquet(path)
    with pytest.raises(MelError, match=r"weak-64/fold1/history\.parquet"):
        report(members)

"""Three public networks of the 2020 competition: cp_1 and cp_2 share a map, gao_b1 has another."""

from pathlib import Path

import polars as pl
import pytest

from mel.config import DataSettings
from mel.ensemble import import_scores
from mel.errors import MelError
from mel.folds import read_map
from mel.kaggle import load
from mel.tables import Folds, ImageTable


@pytest.fixture(scope="module")
def data(real_data: Path) -> Path:
    return real_data / "siim2020"


@pytest.fixture(scope="module")
def table(data: Path) -> ImageTable:
    return load(DataSettings(adapter="siim2020", images="none"), data).table


@pytest.fixture(scope="module")
def own(data: Path, table: ImageTable) -> dict[str, Folds]:
    return {path.stem: read_map(path, table) for path in sorted((data / "oof").glob("*.csv"))}


def test_scores_are_native_on_their_own_map_and_foreign_on_another(data, table, own) -> None:
    aucs = {"cp_1": 0.9085, "cp_2": 0.8642, "gao_b1": 0.8998}
    assert set(own) == set(aucs)
    for name, known in aucs.items():
        files = (data / "oof" / f"{name}.csv", data / "test_predictions" / f"{name}.csv")
        common = {"name": name, "own_folds": own[name]}
        if name == "gao_b1":
            with pytest.raises(MelError, match=r"gao_b1: was made on folds .* part the images"):
                import_scores(table, own["cp_1"], *files, **common)
        oof, test = import_scores(table, own["cp_1"], *files, **common, foreign=True)
        assert (oof.frame.height, test.frame.height) == (33_126, 10_982)
        assert oof.scale == "probability"
        assert round(oof.metric["pooled"], 4) == known
        mark = oof.foreign.get(name, {"rows": 0, "kin": 0})
        assert (mark["rows"] > 0) == (name == "gao_b1")
        assert mark["kin"] == 0  # its map keeps patients and copies whole


def test_the_order_of_rows_changes_no_bit_of_a_file(data, table, own, tmp_path) -> None:
    kept = []
    for seed in (None, 1):
        frames = [pl.read_csv(data / folder / "cp_1.csv") for folder in ("oof", "test_predictions")]
        if seed is not None:
            frames = [frame.sample(fraction=1, shuffle=True, seed=seed) for frame in frames]
        for scores in import_scores(
            table, own["gao_b1"], *frames, name="cp_1", own_folds=own["cp_1"], foreign=True
        ):
            path = tmp_path / f"{scores.kind}-{seed}.parquet"
            scores.write(path)
            kept.append((scores.kind, path.read_bytes()))
    assert len(set(kept)) == 2


def test_labels_and_the_sample_submission_are_no_scores(data, table, own) -> None:
    files = (data / "oof" / "cp_1.csv", data / "test_predictions" / "cp_1.csv")
    common = {"name": "cp_1", "own_folds": own["cp_1"]}
    with pytest.raises(MelError, match="column 'target' is the table's own target"):
        import_scores(table, own["cp_1"], *files, **common, score_column="target")
    with pytest.raises(MelError, match="is it the sample submission"):
        import_scores(table, own["cp_1"], files[0], data / "sample_submission.csv", **common)

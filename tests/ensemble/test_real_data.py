"""The competition's real out-of-fold scores: cp_1 and cp_2 share one fold map."""

import os
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.stats import rankdata
from sklearn.metrics import roc_auc_score

from mel.config import EnsembleSettings
from mel.ensemble import blend
from mel.ensemble.blending import Blended
from mel.ensemble.coding import Coded
from mel.ensemble.methods import choose, naive_scores
from mel.errors import MelError
from mel.metrics import auc
from mel.predictions import Predictions
from mel.tables import Folds

ROOT = Path(os.environ.get("MEL_REAL_DATA", Path(__file__).parents[3] / "shared" / "data"))
DATA = ROOT / "siim2020"
pytestmark = pytest.mark.skipif(
    not (DATA / "oof").is_dir(), reason=f"no real data in {DATA}; set MEL_REAL_DATA"
)


def oof_frame(name: str) -> pl.DataFrame:
    frame = pl.read_csv(DATA / "oof" / f"{name}.csv")
    return frame.rename({"image_name": "image_id", "pred": "score"})


def fold_map(name: str) -> Folds:
    frame = oof_frame(name).select("image_id", pl.col("fold") - pl.col("fold").min())
    return Folds.of(frame, seed=0, method="given")


def oof(name: str) -> Predictions:
    folds = fold_map(name)
    frame = folds.frame.join(oof_frame(name).drop("fold"), on="image_id", validate="1:1")
    return Predictions.of(frame, name=name, kind="oof", folds=folds.digest)


def outside(name: str) -> Predictions:
    frame = pl.read_csv(DATA / "test_predictions" / f"{name}.csv")
    frame = frame.rename({"image_name": "image_id", "target": "score"})
    frame = frame.with_columns(fold=pl.lit(None, dtype=pl.Int16))
    return Predictions.of(frame, name=name, kind="test", folds=fold_map(name).digest)


@pytest.fixture(scope="module")
def table(make_table):
    train, test = (pl.read_csv(DATA / f"{part}.csv") for part in ("train", "test"))
    names = {"image_name": "image_id"}
    return make_table(train.rename(names), test.rename(names))


@pytest.fixture(scope="module")
def mean(table) -> Blended:
    members = ("cp_1", "cp_2")
    return blend(
        table,
        fold_map("cp_1"),
        [oof(name) for name in members],
        [outside(name) for name in members],
        EnsembleSettings(method="mean"),
    )


def test_the_rank_mean_equals_an_independent_formula(mean: Blended, table) -> None:
    first, second = (oof_frame(name).sort("image_id") for name in ("cp_1", "cp_2"))
    wide = first.select("image_id", cp_1="score").with_columns(cp_2=second["score"])
    found = mean.blend.score(wide)["score"].to_numpy()
    ranks = [(rankdata(frame["score"]) - 0.5) / frame.height for frame in (first, second)]
    np.testing.assert_allclose(found, (ranks[0] + ranks[1]) / 2, atol=1e-12, rtol=0)
    assert mean.evaluation.naive.pooled == pytest.approx(
        roc_auc_score(first["target"], ranks[0] + ranks[1]), abs=1e-6
    )


def test_the_rank_mean_of_all_three_is_that_of_whole_numbers_and_worth_0_918() -> None:
    """By counts alone: twice a mid-rank is how many are below plus how many are at most as high."""
    frames = [oof_frame(name).sort("image_id") for name in ("cp_1", "cp_2", "gao_b1")]
    size, sums = frames[0].height, np.zeros(frames[0].height, dtype=np.int64)
    for frame in frames:
        values, counts = np.unique(frame["score"], return_counts=True)
        below = np.concatenate([[0], np.cumsum(counts)[:-1]])
        sums += (2 * below + counts)[np.searchsorted(values, frame["score"])]
    scores = np.array([frame["score"].to_numpy() for frame in frames])
    coded, how = Coded.of(scores), EnsembleSettings(method="mean")
    target = frames[0]["target"].to_numpy().astype(float)
    blended = naive_scores(coded, choose(coded, target, how))
    np.testing.assert_allclose(blended, sums / (6 * size), atol=1e-12, rtol=0)
    exact = roc_auc_score(target, sums)  # of whole numbers: no rounding makes or parts a tie
    assert auc(target, blended) == pytest.approx(exact, abs=1e-12)
    assert round(exact, 3) == 0.918


def test_members_have_the_aucs_that_are_known_of_them(mean: Blended) -> None:
    known = {member.name: round(member.auc.pooled, 4) for member in mean.evaluation.members}
    assert known == {"cp_1": 0.9085, "cp_2": 0.8642}


def test_the_honest_auc_is_that_of_scores_ranked_on_the_other_folds(mean: Blended) -> None:
    frames = [oof_frame(name).sort("image_id") for name in ("cp_1", "cp_2")]
    fold = frames[0]["fold"].to_numpy()
    expected = np.zeros(len(fold))
    for k in range(5):
        for frame in frames:
            values = frame["score"].to_numpy()
            known = np.sort(values[fold != k])
            sides = (np.searchsorted(known, values[fold == k], side) for side in ("left", "right"))
            expected[fold == k] += sum(sides) / (4 * len(known))
    np.testing.assert_allclose(mean.oof.frame["score"], expected, atol=1e-12, rtol=0)
    assert mean.evaluation.honest.pooled == pytest.approx(
        roc_auc_score(frames[0]["target"], expected), abs=1e-6
    )
    low, high = mean.evaluation.honest.low, mean.evaluation.honest.high
    assert low < mean.evaluation.honest.pooled < high


def test_both_test_orders_of_10982_images_are_compared(mean: Blended) -> None:
    orders = mean.evaluation.orders
    assert orders.images == 10_982
    assert 0.99 < orders.spearman < 1


def test_a_member_with_another_fold_map_is_refused(table) -> None:
    own, other = fold_map("cp_1").digest, fold_map("gao_b1").digest
    with pytest.raises(MelError, match=f"gao_b1: was made on folds {other}, these are {own}"):
        blend(table, fold_map("cp_1"), [oof("cp_1"), oof("gao_b1")], [])


def test_the_proof_of_the_rank_mean_says_what_the_tables_hold(mean: Blended, table) -> None:
    """584 positives in 33,126 images: rare, so that probabilities are small and raw ranks wild."""
    proof = mean.evaluation.proof
    share = 584 / 33_126
    by_name = {each.method: each for each in proof.calibrated}
    for method in ("platt", "isotonic"):
        assert by_name[method].brier < share * (1 - share) < by_name["the score itself"].brier
        assert by_name[method].error < 0.003
    said = mean.blend.probability(mean.oof.frame["score"])
    assert said.mean() == pytest.approx(share, abs=1e-3)
    point = mean.blend.operating_points[0]
    assert point.sensitivity.low < 0.9 < point.sensitivity.high
    truth = table.train.sort("image_id")["target"].to_numpy()
    alarms = mean.oof.frame["score"].to_numpy() >= point.threshold
    assert alarms[truth == 1].mean() == point.naive_sensitivity.value >= 0.9
    worths = {worth.member: worth for worth in proof.worths}
    assert worths["cp_1"].verdict == "earns its place"
    folds = [group for group in proof.groups if group.axis == "fold"]
    assert [group.value for group in folds] == pytest.approx(
        [
            roc_auc_score(truth[fold], mean.oof.frame["score"].to_numpy()[fold])
            for fold in (mean.oof.frame["fold"].to_numpy() == k for k in range(5))
        ],
        abs=1e-9,
    )

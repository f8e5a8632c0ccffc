"""What blending says of members and rows that it can't use, and what it does with odd ones."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from mel.config import EnsembleSettings
from mel.ensemble import Blend, blend
from mel.ensemble.rows import oof_rows
from mel.errors import MelError
from mel.metrics import auc
from mel.predictions import Predictions, test_matrix

matrix = test_matrix


def refusal(act, *given) -> str:
    with pytest.raises(MelError) as caught:
        act(*given)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("value", [np.nan, np.inf, None])
def test_a_member_with_a_score_that_is_no_number_is_refused_by_its_name(case, value) -> None:
    frame = case.oof[0].frame.with_columns(
        score=pl.when(pl.col("image_id") == "I007").then(value).otherwise(pl.col("score"))
    )
    about = {"name": "gap", "kind": "oof", "folds": case.folds.digest}
    said = refusal(lambda: Predictions.of(frame, **about))
    assert "gap (oof): score of image I007" in said
    assert "every score must be a finite number" in said


def test_an_id_in_one_file_only_is_refused_by_its_member(case) -> None:
    for change, words in (
        (lambda frame: frame.head(319), "lightgbm: image 'I319' has no score"),
        (
            lambda frame: frame.with_columns(image_id=pl.col("image_id").replace("I319", "Z")),
            "lightgbm: image 'I319' has no score (2 such images)",
        ),
    ):
        odd = replace(case.oof[2], frame=change(case.oof[2].frame))
        said = refusal(oof_rows, case.table, case.folds, [*case.oof[:2], odd])
        assert said.startswith(words)


@pytest.mark.parametrize("only", [0, 1])
def test_rows_of_one_class_are_refused(case, make_table, only: int) -> None:
    table = make_table(case.table.train.with_columns(target=pl.lit(only)), case.table.test)
    said = refusal(oof_rows, table, case.folds, case.oof)
    assert f"fold 0 holds {80 * only} positives in 80 images, and an AUC needs both classes" in said


def test_only_constant_members_are_refused_in_one_line(case) -> None:
    flat = replace(case, oof=[], test=[]).member("one", np.zeros(320)).member("two", np.ones(320))
    said = refusal(blend, flat.table, flat.folds, flat.oof, flat.test)
    assert said.startswith("each of the 2 members gives all 320 images one and the same score")


@pytest.fixture(scope="module")
def opposed(case):
    """Two members alike, and one that is mostly the noise of both: weights of both signs."""
    draw = np.random.default_rng(0)
    ids = case.folds.frame.join(case.table.train, on="image_id", validate="1:1").sort("image_id")
    noise, target = draw.normal(size=320), ids["target"].to_numpy()
    good, test = target + noise, draw.normal(size=(2, 60))
    bare = replace(case, oof=[], test=[]).member("good", good, test[0])
    return bare.member("same", good, test[0]).member("noise", noise + 0.2 * target, test[1])


def test_weights_of_both_signs_make_a_blend_that_reads_back_and_scores_alone(
    opposed, tmp_path
) -> None:
    """Their sizes sum to 1, whatever they sum to. Of two members alike, one is used."""
    how = EnsembleSettings(method="hill", negative=True, fallback=False)
    made = blend(opposed.table, opposed.folds, opposed.oof, opposed.test, how)
    made.blend.write(tmp_path / "blend.json")
    found = Blend.read(tmp_path / "blend.json")
    assert found.weights["noise"] < -0.2
    assert set(found.weights) == {"good", "noise"}
    assert sum(abs(weight) for weight in found.weights.values()) == pytest.approx(1)
    wide = matrix(opposed.test)
    assert found.score(wide)["score"].to_list() == made.test.frame["score"].to_list()
    assert found.score(wide[7]).row(0) == found.score(wide).row(7)
    rows = oof_rows(opposed.table, opposed.folds, opposed.oof)
    scores = found.score(
        pl.DataFrame({"image_id": rows.ids, "good": rows.scores[0], "noise": rows.scores[2]})
    )
    assert auc(rows.target, scores["score"]) == made.evaluation.naive.pooled
    best = max(auc(rows.target, column) for column in rows.scores)
    assert made.evaluation.honest.pooled > best + 0.05

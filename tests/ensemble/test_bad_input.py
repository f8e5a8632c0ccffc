"""What blending says of members and rows that it can't use, and what it does with odd ones."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from mel.config import EnsembleSettings
from mel.ensemble import Blend, Blended, Share, blend
from mel.ensemble.proof.warning import warnings
from mel.ensemble.rows import oof_rows
from mel.errors import MelError
from mel.metrics import Resamples, auc
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


# what is odd, and said so


def said_of(case, **how: object) -> tuple[list[str], Blended]:
    settings = EnsembleSettings.model_validate({"method": "mean"} | how)
    made = blend(case.table, case.folds, case.oof, case.test, settings)
    assert made.oof.frame["score"].is_finite().all()
    assert np.isfinite(made.blend.probability(made.oof.frame["score"])).all()
    return list(made.blend.advice), made


@pytest.fixture(scope="module")
def bare(case):
    return replace(case, oof=[], test=[])


def target_of(case) -> np.ndarray:
    rows = case.folds.frame.join(case.table.train, on="image_id", validate="1:1").sort("image_id")
    return rows["target"].to_numpy()


def test_one_member_is_its_own_blend(bare) -> None:
    scores = np.random.default_rng(0).normal(size=320)
    advice, made = said_of(bare.member("alone", scores), method="greedy")
    assert advice[0] == "There is one member only: the blend is alone."
    assert made.blend.weights == {"alone": 1.0}
    assert made.evaluation.proof.worths == ()


def test_a_blend_of_one_of_two_members_says_that_it_is_that_member(bare) -> None:
    target, draw = target_of(bare), np.random.default_rng(0)
    two = bare.member("good", target + 0.3 * draw.normal(size=320)).member(
        "noise", draw.normal(size=320)
    )
    advice, made = said_of(two, method="greedy", rounds=1)
    assert made.blend.weights == {"good": 1.0}
    (alone,) = [text for text in advice if text.startswith("The blend is good alone")]
    assert "Do not blend these" not in " ".join(advice)
    assert ("differs from that member's" in alone) == (made.evaluation.proof.against_best.gain != 0)


def test_members_against_the_target_are_named_and_a_flat_curve_is_all_they_get(bare) -> None:
    target, draw = target_of(bare), np.random.default_rng(1)
    wrong = bare.member("wrong", -2 * target - draw.normal(size=320))
    advice, made = said_of(wrong.member("worse", -2 * target + draw.normal(size=320)))
    for name in ("wrong", "worse"):
        assert any(text.startswith(f"{name} ranks positives below negatives") for text in advice)
    assert made.blend.calibration.slope == 0
    turned, other = said_of(wrong, method="hill", negative=True, fallback=False)
    assert other.blend.weights == {"wrong": -1.0}
    assert turned[0] == "There is one member only: the blend is its mirror image."
    assert other.evaluation.honest.pooled > 0.8


def test_one_positive_a_fold_is_blended_and_said_to_be_too_few(case, make_table) -> None:
    first = case.folds.frame.group_by("fold").agg(pl.col("image_id").min())["image_id"]
    only = pl.col("image_id").is_in(first.implode()).cast(pl.Int8)
    table = make_table(case.table.train.with_columns(target=only), case.table.test)
    rare = replace(case, table=table)
    for method in ("platt", "isotonic"):
        advice, made = said_of(rare, calibration={"method": method})
        text = " ".join(advice)
        assert "There are 4 positives only" in text
        assert "A sensitivity of at least 90 % is more than 4 positives can show" in text
        assert made.evaluation.positives == 4


def test_an_objective_out_of_reach_is_said_to_be(case) -> None:
    """It is met on the rows that chose the threshold, and not by what others can show."""
    aim = {"aim": "specificity", "value": 0.999}
    advice, made = said_of(case, operating=aim)
    assert any(text.startswith("A specificity of at least 99.9 % is more than") for text in advice)
    point = made.blend.operating_points[0]
    assert point.naive_specificity.value >= 0.999
    low = Share(0.5, 0.4, 0.6)
    rows = oof_rows(case.table, case.folds, case.oof)
    draws = Resamples(rows.patient, resamples=20)
    failed = replace(point, value=0.9, specificity=low)
    assert warnings(rows, draws, failed) == (
        "The objective, specificity of at least 90 %, is out of reach: honestly it is 50.0 % "
        "(40.0 to 60.0).",
    )
    assert warnings(rows, draws, replace(failed, specificity=Share(0.88, 0.8, 0.91))) == ()


def test_ties_everywhere_are_blended(bare) -> None:
    target, draw = target_of(bare), np.random.default_rng(2)
    coarse = bare.member("two", (target + draw.normal(size=320) > 1).astype(float))
    _, made = said_of(coarse.member("three", draw.integers(0, 3, 320).astype(float)), ranks="fold")
    assert made.oof.frame["score"].n_unique() <= 6 * 4
    assert 0.5 < made.evaluation.honest.pooled < 1


def test_a_patient_with_all_rows_has_no_folds_and_one_with_most_is_blended(
    case, make_table
) -> None:
    one = case.table.train.with_columns(patient_id=pl.lit("P"))
    with pytest.raises(MelError, match=r"patient 'P' has images in folds 0, 1, 2, 3"):
        oof_rows(make_table(one, case.table.test), case.folds, case.oof)
    most = case.table.train.join(case.folds.frame, on="image_id").with_columns(
        patient_id=pl.when(pl.col("fold") < 1).then(pl.lit("P")).otherwise(pl.col("patient_id"))
    )
    _, made = said_of(replace(case, table=make_table(most, case.table.test)))
    assert made.evaluation.patients == 61
    assert made.evaluation.honest.high - made.evaluation.honest.low > 0.02


def test_a_member_that_a_stack_learned_from_is_not_called_useless_alone(case) -> None:
    stack = case.oof[2]
    taught = replace(stack, inputs={"resnet50_v2-64/oof": case.oof[0].digest})
    advice, made = said_of(replace(case, oof=[*case.oof[:2], taught]))
    worths = {worth.member: worth for worth in made.evaluation.proof.worths}
    assert worths["resnet50_v2-64"].student == "lightgbm"
    assert worths["densenet121-96"].student == worths["lightgbm"].student == ""
    spoken = [text for text in advice if text.startswith("resnet50_v2-64 ")]
    assert all("beside what lightgbm learned from it" in text for text in spoken)
    harmed = replace(
        worths["resnet50_v2-64"],
        in_mean=replace(worths["resnet50_v2-64"].in_mean, low=-0.2, high=-0.1),
        in_blend=None,
    )
    assert "beside what lightgbm learned from it" in harmed.words
    assert "blend again without it" in replace(harmed, student="").words

"""Predictions join by image_id alone, and nothing learns from scores it must not see."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.errors import MelError
from mel.files import read_table, write_table
from mel.predictions import Predictions, oof_matrix, test_matrix
from mel.tables import Folds

IDS = list("abcdef")
FOLDS = Folds.of(pl.DataFrame({"image_id": IDS, "fold": [0, 1, 2, 0, 1, 2]}), seed=0, method="toy")
OTHER = Folds.of(pl.DataFrame({"image_id": IDS, "fold": [1, 0, 2, 0, 1, 2]}), seed=0, method="toy")


def oof_frame(scores: list[float | None] | None = None) -> pl.DataFrame:
    return FOLDS.frame.with_columns(score=pl.Series(scores or [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]))


def oof(frame: pl.DataFrame | None = None, **changes: Any) -> Predictions:
    settings = {"name": "resnet-64", "kind": "oof", "folds": FOLDS.digest} | changes
    return Predictions.of(oof_frame() if frame is None else frame, **settings)


def scores_of(ids: list[str], name: str = "resnet-64", **changes: Any) -> Predictions:
    frame = pl.DataFrame({"image_id": ids, "fold": [None] * len(ids)}).with_columns(
        score=pl.Series([ord(i) / 1000 for i in ids])
    )
    return oof(frame, name=name, **({"kind": "test"} | changes))


# Predictions


@given(st.permutations(range(6)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    assert oof(oof_frame()[order]).frame.equals(oof().frame)
    assert oof(oof_frame()[order]).digest == oof().digest


def test_other_columns_are_dropped() -> None:
    assert oof(oof_frame().with_columns(target=pl.lit(1))).frame.columns == [
        "image_id",
        "fold",
        "score",
    ]


@pytest.mark.parametrize("column", ["image_id", "fold", "score"])
def test_a_missing_column_is_named_with_the_member(column: str) -> None:
    with pytest.raises(MelError, match=rf"resnet-64 \(oof\): no column '{column}'"):
        oof(oof_frame().drop(column))


@pytest.mark.parametrize("score", [None, float("nan"), float("inf"), float("-inf")])
def test_a_score_that_is_not_finite_is_refused_with_its_image(score: float | None) -> None:
    with pytest.raises(MelError, match=rf"score of image c is {score} \(1 such row\)"):
        oof(oof_frame([0.1, 0.2, score, 0.4, 0.5, 0.6]))


def test_a_score_that_is_no_number_is_refused_in_one_line() -> None:
    with pytest.raises(MelError, match="column 'score' has the wrong type") as caught:
        oof(oof_frame().with_columns(score=pl.lit("high")))
    assert "\n" not in str(caught.value)


def test_a_fractional_fold_is_refused_and_not_cut_down() -> None:
    with pytest.raises(MelError, match=r"fold holds 0\.5"):
        oof(oof_frame().with_columns(fold=pl.lit(0.5)))


def test_a_duplicate_id_is_refused() -> None:
    with pytest.raises(MelError, match="image_id 'a' stands 2 times"):
        oof(pl.concat([oof_frame(), oof_frame()[:1]]))


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(MelError, match="unknown kind; known: oof, test, in_sample"):
        oof(kind="train")


def test_out_of_fold_rows_have_a_fold_and_test_rows_have_none() -> None:
    with pytest.raises(MelError, match="only out-of-fold rows have a fold"):
        oof(oof_frame().with_columns(fold=pl.lit(None)))
    with pytest.raises(MelError, match="only out-of-fold rows have a fold"):
        oof(kind="test")


def test_predictions_come_back_as_they_went(tmp_path: Path) -> None:
    one = oof(seed=3, inputs={"images": "00ff"}, metric={"pooled": 0.9})
    one.write(tmp_path / "oof.parquet")
    two = Predictions.read(tmp_path / "oof.parquet")
    assert two.frame.equals(one.frame)
    for name in ("name", "kind", "folds", "seed", "inputs", "metric", "digest"):
        assert getattr(two, name) == getattr(one, name)


def test_test_predictions_come_back_with_their_null_folds(tmp_path: Path) -> None:
    scores_of(["x", "y"]).write(tmp_path / "test.parquet")
    assert Predictions.read(tmp_path / "test.parquet").frame.equals(scores_of(["x", "y"]).frame)


def test_predictions_changed_by_hand_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "oof.parquet"
    oof().write(path)
    frame, header = read_table(path, "predictions")
    write_table(path, frame.with_columns(pl.col("score") + 1e-9), header)
    with pytest.raises(MelError, match=r"oof\.parquet: .* changed after it was written"):
        Predictions.read(path)


def test_predictions_whose_name_was_changed_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "oof.parquet"
    oof().write(str(path))
    assert Predictions.read(str(path)).name == "resnet-64"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"resnet-64"', b'"resnet-96"'))
    with pytest.raises(MelError, match=r"oof\.parquet: "):
        Predictions.read(path)


def test_a_header_without_what_predictions_need_is_one_line(tmp_path: Path) -> None:
    write_table(tmp_path / "oof.parquet", oof().frame, {"kind": "predictions"})
    with pytest.raises(MelError, match=r"oof\.parquet: has no 'scores'"):
        Predictions.read(tmp_path / "oof.parquet")


# oof_matrix


@given(st.permutations(range(6)), st.permutations(range(6)))
def test_out_of_fold_scores_are_joined_by_id_whatever_their_order(
    one: list[int], two: list[int]
) -> None:
    members = [
        oof(oof_frame()[one], name="one"),
        oof(oof_frame([6, 5, 4, 3, 2, 1])[two], name="two"),
    ]
    wide = oof_matrix(members, FOLDS)
    assert wide.columns == ["image_id", "fold", "one", "two"]
    assert wide.select("image_id", "fold").equals(FOLDS.frame)
    assert wide["one"].to_list() == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]
    assert wide["two"].to_list() == [6, 5, 4, 3, 2, 1]


def test_a_join_never_relies_on_the_frames_own_order() -> None:
    """Even a Predictions made without `of`, its rows shuffled, lands on the right images."""
    shuffled = Predictions(oof().frame[[5, 3, 1, 0, 2, 4]], "resnet-64", "test", FOLDS.digest)
    assert test_matrix([shuffled])["resnet-64"].to_list() == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]


def refuse_oof(member: Predictions, message: str) -> None:
    with pytest.raises(MelError, match=message) as caught:
        oof_matrix([oof(name="good"), member], FOLDS)
    assert str(caught.value).startswith(member.name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kind", ["in_sample", "test"])
def test_scores_that_are_not_out_of_fold_are_refused(kind: str) -> None:
    fold = pl.col("fold") if kind == "in_sample" else pl.lit(None).alias("fold")
    refuse_oof(
        oof(oof_frame().with_columns(fold), kind=kind), f"scores are {kind}, not out-of-fold"
    )


def test_scores_made_on_other_folds_are_refused_by_both_digests() -> None:
    refuse_oof(oof(folds=OTHER.digest), f"made on folds {OTHER.digest}, these are {FOLDS.digest}")


def test_scores_that_claim_these_folds_but_hold_others_are_refused() -> None:
    moved = OTHER.frame.with_columns(score=pl.lit(0.5))
    refuse_oof(oof(moved), "fold column disagrees .* in-sample")


def test_a_member_without_an_image_is_refused() -> None:
    refuse_oof(oof(oof_frame()[:4]), r"image 'e' has no score \(2 such images\)")


def test_a_member_with_a_strange_image_is_refused() -> None:
    strange = pl.DataFrame({"image_id": ["z"], "fold": [0], "score": [0.5]})
    frame = pl.concat([oof_frame().cast({"fold": pl.Int64}), strange])
    refuse_oof(oof(frame), r"image 'z' is in no fold \(1 such image\)")


@pytest.mark.parametrize("join", [lambda m: oof_matrix(m, FOLDS), test_matrix])
def test_a_member_given_twice_and_no_member_are_refused(join: Any) -> None:
    with pytest.raises(MelError, match="no members given"):
        join([])
    with pytest.raises(MelError, match="resnet-64: given 2 times"):
        join([oof(), oof()])


@pytest.mark.parametrize("name", ["image_id", "fold", "score"])
def test_a_member_named_like_a_column_is_refused(name: str) -> None:
    with pytest.raises(MelError, match=f"{name}: is a column's name"):
        oof_matrix([oof(name=name)], FOLDS)


# test_matrix


@given(st.permutations(list("xyz")), st.permutations(list("xyz")))
def test_test_scores_are_joined_by_id_whatever_their_order(one: list[str], two: list[str]) -> None:
    wide = test_matrix([scores_of(one, "one"), scores_of(two, "two")])
    assert wide.columns == ["image_id", "one", "two"]
    assert wide["image_id"].to_list() == ["x", "y", "z"]
    assert wide["one"].to_list() == wide["two"].to_list() == [0.12, 0.121, 0.122]


@pytest.mark.parametrize("place", [0, 1])
def test_only_test_scores_make_a_test_matrix(place: int) -> None:
    members = [scores_of(IDS, "good")]
    members.insert(place, oof())
    with pytest.raises(MelError, match="resnet-64: scores are oof, not of the test images"):
        test_matrix(members)


@pytest.mark.parametrize(("ids", "odd"), [(["x"], "y"), (["x", "y", "z"], "z"), (["x", "w"], "w")])
def test_members_that_score_other_test_images_are_refused(ids: list[str], odd: str) -> None:
    with pytest.raises(MelError, match=rf"two: and one score different .*image '{odd}'"):
        test_matrix([scores_of(["x", "y"], "one"), scores_of(ids, "two")])


def test_members_trained_on_other_folds_share_no_test_matrix() -> None:
    members = [scores_of(["x"], "one"), scores_of(["x"], "two", folds=OTHER.digest)]
    with pytest.raises(MelError, match=f"two: was made on folds {OTHER.digest}, one on"):
        test_matrix(members)

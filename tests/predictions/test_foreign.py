"""Scores that were made on other folds: marked, and let in only where a user says so."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.predictions import Predictions, foreign_in, oof_matrix, test_matrix
from mel.tables import Folds, ImageTable

MakeMember = Callable[..., tuple[Predictions, Predictions]]


@pytest.fixture
def foreign(table: ImageTable, folds: Folds) -> tuple[Predictions, Predictions]:
    """A member whose folds are its own: (oof, test)."""
    mark = {"cp_1": {"folds": "0" * 16, "against": folds.digest, "rows": 60}}
    rows = table.train.select("image_id", fold=pl.int_range(pl.len()) % 2, score=pl.lit(0.5))
    tests = table.test.select("image_id", fold=pl.lit(None, pl.Int16), score=pl.lit(0.5))
    common = {"name": "cp_1", "folds": "0" * 16, "foreign": mark}
    oof = Predictions.of(rows, kind="oof", scale="probability", **common)
    return oof, Predictions.of(tests, kind="test", **common)


def test_foreign_scores_pass_only_when_they_are_marked_and_let_in(
    foreign: tuple[Predictions, Predictions], member: MakeMember, folds: Folds, tmp_path: Path
) -> None:
    (own, own_test), (oof, test) = member("own"), foreign
    with pytest.raises(MelError, match=r"cp_1: was made on folds 0{16}, .* need to be let in"):
        oof_matrix([own, oof], folds)
    with pytest.raises(MelError, match=r"cp_1: was made on folds 0{16}, own on"):
        test_matrix([own_test, test])
    for scores in foreign:  # the mark is kept, the permission is not
        scores.write(path := tmp_path / f"{scores.kind}.parquet")
        again = Predictions.read(path)
        assert (again.foreign, again.scale) == (scores.foreign, scores.scale)
        assert again.admit(folds).basis == folds.digest
        scores.admit(folds).write(path)
        assert Predictions.read(path).basis == "0" * 16
    wide = oof_matrix([own, oof.admit(folds)], folds)
    assert wide.select("image_id", "fold").equals(folds.frame)
    assert test_matrix([own_test, test.admit(folds)]).columns == ["image_id", "own", "cp_1"]
    assert foreign_in([own, oof]) == dict(oof.foreign)


def test_no_other_scores_can_be_let_in(
    foreign: tuple[Predictions, Predictions], member: MakeMember, folds: Folds
) -> None:
    others = Folds.of(folds.frame.with_columns(fold=pl.col("fold") % 2), seed=0, method="")
    own = member("own")[0]
    assert own.admit(others) is own
    with pytest.raises(MelError, match=r"own: was made on folds .* train it again on these folds"):
        oof_matrix([own.admit(others)], others)
    with pytest.raises(MelError, match="train it again on these folds"):
        oof_matrix([replace(own, admitted=others.digest)], others)
    with pytest.raises(MelError, match=f"were compared with folds {folds.digest}, .* import"):
        foreign[0].admit(others)


def test_only_marked_scores_may_be_without_known_folds(table: ImageTable, folds: Folds) -> None:
    rows = table.train.select("image_id", fold=pl.lit(None, pl.Int16), score=pl.lit(0.5))
    common = {"name": "x", "kind": "oof", "folds": "unknown"}
    mark = {"x": {"folds": "unknown", "against": folds.digest}}
    assert Predictions.of(rows, **common, foreign=mark).admit(folds).basis == folds.digest
    for wrong in ({}, {"x": {"folds": "0" * 16, "against": folds.digest}}):
        with pytest.raises(MelError, match="folds are unknown, its mark as foreign scores says"):
            Predictions.of(rows, **common, foreign=wrong)
    with pytest.raises(MelError, match=r"x \(oof\): has no 'against'"):
        Predictions.of(rows, **common, foreign={"x": {"folds": "unknown"}})
    with pytest.raises(MelError, match="unknown scale; known: probability, logit, rank"):
        Predictions.of(rows, **common, foreign=mark, scale="percent")

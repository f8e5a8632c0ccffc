"""Nested evaluation: nothing of an outer fold comes into what scores it."""

import sys

import polars as pl
import pytest

from mel import tabular
from mel.config import TabularSettings
from mel.errors import MelError
from mel.files import read_json
from mel.metrics import auc
from mel.tables import Folds, ImageTable


def test_no_target_of_an_outer_fold_changes_its_nested_scores(table, folds, two, settings):
    oof = two[0]
    before = tabular.nested(table, folds, oof, settings, variants=("context",))["context"]
    own = folds.frame.filter(pl.col("fold") == 2)["image_id"][:6].to_list()
    turn = pl.when(pl.col("image_id").is_in(own)).then(1 - pl.col("target")).otherwise("target")
    other = ImageTable.of(table.frame.with_columns(target=turn), "other")
    after = tabular.nested(other, folds, oof, settings, variants=("context",))["context"]
    mine = pl.col("fold") == 2
    assert after.frame.filter(mine).equals(before.frame.filter(mine))
    assert not after.frame.filter(~mine).equals(before.frame.filter(~mine))
    assert before.honest.pooled == auc(table.train["target"], before.frame["score"])
    assert len(before.inner) == 4


def test_honest_is_below_naive_for_a_stack_that_learns_by_heart(table, folds, member, tmp_path):
    pair = member("a", strength=0.0)
    greedy = TabularSettings(rounds=60, learning_rate=0.3, min_data_in_leaf=1, lambda_l2=0.0)
    tabular.train(table, folds, [pair[0]], [pair[1]], greedy, tmp_path / "stack")
    stack = tabular.load(tmp_path / "stack")
    found = tabular.nested(table, folds, [pair[0]], greedy, stack)
    plain = {name: one.honest.as_dict() for name, one in found.items()}
    tabular.write_nested(tmp_path / "nested.json", found, plain, {"images": table.digest})
    for name, one in read_json(tmp_path / "nested.json")["variants"].items():
        assert one["naive"]["pooled"] > 0.95 > 0.85 > one["honest"]["pooled"]
        assert found[name].frame["image_id"].equals(table.train["image_id"])


def test_two_folds_cannot_be_nested(table, two, settings):
    frame = table.train.select("image_id", pl.col("patient_id").str.slice(1).cast(pl.Int16) % 2)
    halves = Folds.of(frame.rename({"patient_id": "fold"}), seed=0, method="x")
    with pytest.raises(MelError, match="nested: needs 3 folds or more, these are 2"):
        tabular.nested(table, halves, [], settings)


def test_rounds_are_chosen_inside_the_training_rows(table, folds, two, settings):
    asked = settings.model_copy(update={"choose_rounds": True, "rounds": 40})
    plain, _ = tabular.train(table, folds, *two, settings)
    found, _ = tabular.train(table, folds, *two, asked)
    assert not found.frame.equals(plain.frame)
    again, _ = tabular.train(_flipped(table, folds, 0), folds, *two, asked)
    first = pl.col("fold") == 0
    assert again.frame.filter(first).equals(found.frame.filter(first))


def test_a_search_looks_only_inside_the_training_rows_and_repeats_itself(
    table, folds, two, settings, tmp_path, capfd
):
    pytest.importorskip("optuna", reason="mel[search] is not installed")
    asked = TabularSettings(learners=["logistic"], search={"trials": 3})
    found, _ = tabular.train(table, folds, *two, asked, tmp_path / "stack")
    chosen = [model.chosen["logistic"] for model in tabular.load(tmp_path / "stack").single.folds]
    assert all(0.5 <= one["inner auc"] <= 1 for one in chosen)
    assert {"c"} & set().union(*chosen)
    assert "rial" not in "".join(capfd.readouterr())  # no line of optuna's for each trial
    other = _flipped(table, folds, 3)
    again, _ = tabular.train(other, folds, *two, asked)
    mine = pl.col("fold") == 3
    assert again.frame.filter(mine).equals(found.frame.filter(mine))
    assert not again.frame.filter(~mine).equals(found.frame.filter(~mine))


def _flipped(table, folds, fold):
    own = folds.frame.filter(pl.col("fold") == fold)["image_id"].to_list()
    turn = pl.when(pl.col("image_id").is_in(own)).then(1 - pl.col("target")).otherwise("target")
    return ImageTable.of(table.frame.with_columns(target=turn), "other")


def test_a_search_without_optuna_says_what_to_install(table, folds, settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    asked = settings.model_copy(update={"search": settings.search.model_copy(update={"trials": 1})})
    with pytest.raises(MelError, match=r"tabular\.search: needs optuna.*install mel\[search\]"):
        tabular.train(table, folds, settings=asked)

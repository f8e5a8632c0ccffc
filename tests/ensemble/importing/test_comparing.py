"""The same partition is native whatever its numbers; any other is foreign, marked, and refused."""

import polars as pl
import pytest

from mel.config import EnsembleSettings, TabularSettings
from mel.ensemble import blend
from mel.errors import MelError
from mel.predictions import Predictions, foreign_note
from mel.tabular import train


def test_the_same_partition_in_other_numbers_makes_native_scores(files, news) -> None:
    plain = files.imported()
    files.oof = files.oof.with_columns(fold=(pl.col("fold") * 7) % 5)
    for one, other in zip(files.imported(), plain, strict=True):
        assert (one.frame.equals(other.frame), one.folds, one.foreign) == (
            True,
            files.folds.digest,
            {},
        )
    assert f"cp_1: made on these folds ({files.folds.digest})" in news()


def test_other_and_unknown_folds_are_refused_unless_foreign(files) -> None:
    files.other_folds()
    line = files.refused()
    assert "part the images otherwise ('img000' and 'img001' share a fold only there)" in line
    assert "take them as foreign scores with --foreign" in line
    files.oof = files.oof.drop("fold")
    assert "cp_1: nothing says on which folds its scores were made; name their map with" in (
        files.refused()
    )


def test_finer_and_coarser_folds_are_other_folds(files) -> None:
    fold = pl.col("fold")
    for other in (fold // 2, fold + 4 * (pl.col("image_name").str.slice(3).cast(int) % 20 > 9)):
        plain, files.oof = files.oof, files.oof.with_columns(fold=other)
        assert "share a fold only" in files.refused()
        files.oof = plain


def test_a_foreign_mark_counts_what_networks_saw_and_outlives_the_file(files, tmp_path) -> None:
    files.other_folds()
    oof, test = files.imported(foreign=True)
    mark = oof.foreign["cp_1"]
    assert (mark["folds"], mark["against"]) == (oof.folds, files.folds.digest)
    assert (mark["rows"], mark["images"], mark["patients"], mark["kin"]) == (60, 60, 20, 0)
    assert test.foreign == oof.foreign
    oof.write(tmp_path / "kept.parquet")
    assert Predictions.read(tmp_path / "kept.parquet").foreign == oof.foreign
    files.oof = files.oof.with_columns(fold=pl.int_range(pl.len()) % 3)  # patients are parted
    assert files.imported(foreign=True)[0].foreign["cp_1"]["kin"] == 60


def test_scores_of_unknown_folds_are_marked_as_such(files) -> None:
    files.oof = files.oof.drop("fold")
    oof, _ = files.imported(foreign=True)
    assert oof.folds == "unknown"
    assert oof.frame["fold"].null_count() == 60
    assert oof.foreign["cp_1"]["kin"] is None
    assert oof.metric["pooled"] == pytest.approx(files_auc(files))


def files_auc(files) -> float:
    from sklearn.metrics import roc_auc_score

    return roc_auc_score(files.oof["target"], files.oof["pred"])


def test_stack_and_blend_take_foreign_scores_only_when_let_in_and_say_so(files, member) -> None:
    files.other_folds()
    foreign, folds, own = files.imported(foreign=True), files.folds, member("own")
    settings = TabularSettings(rounds=3, min_data_in_leaf=5)
    for make in (
        lambda oof, test: blend(files.table, folds, oof, test),
        lambda oof, test: train(files.table, folds, oof, test, settings),
    ):
        with pytest.raises(MelError, match=r"cp_1: .*made on folds"):
            make([own[0], foreign[0]], [own[1], foreign[1]])
    oof, test = ([own[i], foreign[i].admit(folds)] for i in (0, 1))
    stacked = train(files.table, folds, oof, test, settings)
    assert [scores.foreign for scores in stacked] == [foreign[0].foreign] * 2
    both = ([*oof, stacked[0]], [*test, stacked[1]])
    blended = blend(files.table, folds, *both, EnsembleSettings(method="mean"))
    assert blended.oof.foreign == blended.test.foreign == foreign[0].foreign
    over_stack = blend(files.table, folds, [stacked[0]], [stacked[1]])
    assert "made on other folds: cp_1." in foreign_note(over_stack.oof.foreign)
    assert foreign_note(own[0].foreign) == ""


def test_names_that_could_not_be_a_members_are_refused(files) -> None:
    assert "name 'a b': give letters, digits, dots" in files.refused(name="a b")
    assert "and underscores, 80 at most" in files.refused(name="a" * 81)
    assert "name 'fold': is a column's name" in files.refused(name="fold")


def test_a_fold_without_positives_counts_for_no_mean(files) -> None:
    files.oof = files.oof.with_columns(
        fold=pl.when(pl.col("image_name").str.slice(3).cast(int) % 20 < 10).then(0).otherwise(1)
    )
    oof, _ = files.imported(foreign=True)
    known = files.oof.filter(pl.col("fold") == 0)
    from sklearn.metrics import roc_auc_score

    assert oof.metric["fold_mean"] == pytest.approx(roc_auc_score(known["target"], known["pred"]))

from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mel import tabular
from mel.config import TabularSettings
from mel.errors import MelError
from mel.metrics import auc
from mel.predictions import Predictions, test_matrix
from mel.tables import Folds, ImageTable


def _with_targets(table: ImageTable, flipped: set[str]) -> ImageTable:
    turn = pl.col("image_id").is_in(list(flipped))
    frame = table.frame.with_columns(
        target=pl.when(turn).then(1 - pl.col("target")).otherwise("target")
    )
    return ImageTable.of(frame, table.name)


@pytest.mark.parametrize("fold", [0, 3])
def test_the_labels_of_a_fold_change_no_score_of_that_fold(table, folds, two, settings, fold):
    own = folds.frame.filter(pl.col("fold") == fold)["image_id"]
    before, _ = tabular.train(table, folds, *two, settings)
    after, _ = tabular.train(_with_targets(table, set(own[:8])), folds, *two, settings)
    mine = pl.col("fold") == fold
    assert after.frame.filter(mine).equals(before.frame.filter(mine))
    assert not after.frame.filter(~mine).equals(before.frame.filter(~mine))


def test_the_labels_of_images_barred_from_a_fold_change_no_score_of_that_fold(
    table, folds, member, settings
):
    """Members' scores stay as they are: only the stack's own fit is looked at."""
    own = folds.frame.filter(pl.col("fold") == 1)["image_id"]
    barred = pl.DataFrame({"image_id": own, "fold": [0] * len(own)})
    shut = Folds.of(folds.frame, seed=0, method="by hand", barred=barred)
    pair = member("a", strength=1.5)
    moved = [replace(scores, folds=shut.digest) for scores in pair]
    two = [[scores] for scores in moved]
    before, _ = tabular.train(table, shut, *two, settings)
    after, _ = tabular.train(_with_targets(table, set(own)), shut, *two, settings)
    first = pl.col("fold") == 0
    assert after.frame.filter(first).equals(before.frame.filter(first))
    assert not after.frame.filter(~first).equals(before.frame.filter(~first))


@pytest.mark.parametrize("seed", range(2))
def test_no_order_of_rows_or_members_changes_an_output(table, folds, two, settings, seed):
    def shuffled(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.sample(fraction=1.0, shuffle=True, seed=seed)

    def remade(member: Predictions) -> Predictions:
        return Predictions.of(
            shuffled(member.frame), name=member.name, kind=member.kind, folds=member.folds
        )

    other_table = ImageTable.of(shuffled(table.frame), table.name)
    other_folds = Folds.of(shuffled(folds.frame), seed=0, method="by hand")
    members = [[remade(m) for m in reversed(kind)] for kind in two]
    again = tabular.train(other_table, other_folds, *members, settings)
    for found, expected in zip(again, tabular.train(table, folds, *two, settings), strict=True):
        assert found.frame.equals(expected.frame)
        assert found.inputs == expected.inputs


def test_a_frame_stands_for_a_table_and_text_for_a_path(table, folds, two, settings, tmp_path):
    out = str(tmp_path / "stack")
    found = tabular.train(table.frame.reverse(), folds, *two, settings, out)
    for one, other in zip(found, tabular.train(table, folds, *two, settings), strict=True):
        assert (one.digest, one.inputs) == (other.digest, other.inputs)
    assert tabular.load(out).members == ["a", "b"]


def test_folds_that_part_a_patient_are_refused(table, folds, settings):
    by_row = table.train.select("image_id", fold=pl.int_range(pl.len()) % 3)
    parted = Folds.of(by_row, seed=0, method="x")
    with pytest.raises(MelError, match=r"patient 'p00' has images in folds 0, 1, 2"):
        tabular.train(table, parted, [], [], settings)


def test_scores_follow_a_member_that_knows(table, folds, member, settings):
    oof, test = member("a", strength=3.0)
    found, _ = tabular.train(table, folds, [oof], [test], settings)
    alone, _ = tabular.train(table, folds, [], [], settings)
    target = table.train["target"]
    assert auc(target, found.frame["score"]) > 0.9 > auc(target, alone.frame["score"])


def test_a_member_may_shift_its_scores_between_folds(table, folds, member, settings):
    """Each fold's network has its own scale: only the order within the fold counts."""
    oof, test = member("a")
    moved = oof.frame.with_columns(pl.col("score") * 2.0 + 10.0 * pl.col("fold"))
    shifted = Predictions.of(moved, name="a", kind="oof", folds=folds.digest)
    found, _ = tabular.train(table, folds, [shifted], [test], settings)
    expected, _ = tabular.train(table, folds, [oof], [test], settings)
    assert found.frame.equals(expected.frame)


def test_predictions_record_what_they_were_made_of(table, folds, two, settings):
    oof, test = tabular.train(table, folds, *two, settings)
    assert (oof.name, oof.kind, test.kind) == ("lightgbm", "oof", "test")
    assert oof.folds == test.folds == folds.digest
    assert (
        oof.inputs
        == test.inputs
        == {
            "images": table.digest,
            "folds": folds.digest,
            "settings": settings.digest,
            "a/oof": two[0][0].digest,
            "b/oof": two[0][1].digest,
            "a/test": two[1][0].digest,
            "b/test": two[1][1].digest,
        }
    )
    assert oof.metric["pooled"] == auc(table.train["target"], oof.frame["score"])
    assert set(oof.frame["image_id"]) == set(table.train["image_id"])
    assert set(test.frame["image_id"]) == set(table.test["image_id"])


def test_metadata_alone_and_members_alone_are_enough(table, folds, two, settings):
    alone, _ = tabular.train(table, folds, [], [], settings)
    bare = settings.model_copy(update={"metadata": []})
    scores, _ = tabular.train(table, folds, *two, bare)
    assert alone.frame["score"].n_unique() > 1
    assert scores.frame["score"].n_unique() > 1
    with pytest.raises(MelError, match="no features"):
        tabular.train(table, folds, [], [], bare)


@pytest.mark.parametrize("column", ["age", "sex", "site"])
def test_a_column_that_is_missing_everywhere_does_no_harm(table, folds, two, settings, column):
    frame = table.frame.with_columns(pl.lit(None).alias(column))
    oof, _ = tabular.train(ImageTable.of(frame, "bare"), folds, *two, settings)
    assert oof.frame["score"].is_finite().all()


def test_too_few_images_for_a_leaf_give_one_score_to_all_of_a_fold(table, folds, capfd):
    oof, _ = tabular.train(table, folds, settings=TabularSettings(learners=["lightgbm"]))
    assert oof.frame.group_by("fold").agg(pl.col("score").n_unique())["score"].to_list() == [1] * 4
    assert "LightGBM" not in "".join(capfd.readouterr())


def test_a_table_without_test_images_gets_out_of_fold_scores(table, folds, settings):
    train = ImageTable.of(table.train, "train only")
    oof, test = tabular.train(train, folds, settings=settings)
    assert (oof.frame.height, test.frame.height) == (60, 0)


def test_lightgbm_says_nothing(table, folds, two, settings, capfd, recwarn, tmp_path):
    tabular.train(table, folds, *two, settings, tmp_path / "stack")
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "LightGBM" not in printed.err
    assert not recwarn.list


def _less(member: Predictions) -> Predictions:
    return replace(member, frame=member.frame[1:])


@pytest.mark.parametrize(
    ("change_oof", "change_test", "message"),
    [
        (lambda m: replace(m, folds="f" * 16), None, "^a: was made on folds ffff.*, these are "),
        (lambda m: replace(m, kind="in_sample"), None, "^a: scores are in_sample"),
        (_less, None, "^a: image 'img000' has no score"),
        (lambda m: replace(m, name="b"), lambda m: replace(m, name="b"), "^b: given 2 times"),
        (lambda m: replace(m, name="c"), None, "^a: has test scores but no oof scores"),
        (None, lambda m: replace(m, name="c"), "^a: has oof scores but no test scores"),
        (None, lambda m: replace(m, kind="oof"), "^a: scores are oof, not of the test images"),
        (None, lambda m: replace(m, folds="f" * 16), "^a: its test scores were made on"),
        (None, _less, "score different test images"),
    ],
)
def test_members_that_do_not_fit_are_refused_by_name(
    table, folds, two, settings, tmp_path, change_oof, change_test, message
):
    oof, test = two
    oof = [change_oof(oof[0]) if change_oof else oof[0], oof[1]]
    test = [change_test(test[0]) if change_test else test[0], test[1]]
    with pytest.raises(MelError, match=message):
        tabular.train(table, folds, oof, test, settings, tmp_path / "stack")
    assert not list(tmp_path.iterdir())


def test_test_scores_of_other_folds_or_other_images_are_refused(table, folds, member, settings):
    """Also when there is no second member to differ from."""
    oof, test = member("a")
    with pytest.raises(MelError, match=f"^a: .* on folds ffff.*, these are {folds.digest}"):
        tabular.train(table, folds, [oof], [replace(test, folds="f" * 16)], settings)
    with pytest.raises(MelError, match=r"^a: image 'img060' has no test score \(1 such"):
        tabular.train(table, folds, [oof], [_less(test)], settings)


def test_a_score_that_is_not_finite_cannot_become_a_member(two):
    frame = two[0][0].frame.with_columns(score=pl.lit(np.nan))
    with pytest.raises(MelError, match=r"a \(oof\): score of image img000 is nan"):
        Predictions.of(frame, name="a", kind="oof", folds="f")


def test_folds_of_another_table_are_refused(table, folds, settings):
    fewer = Folds.of(folds.frame[1:], seed=0, method="by hand")
    with pytest.raises(MelError, match=f"folds {fewer.digest}: image 'img000' is in no fold"):
        tabular.train(table, fewer, settings=settings)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {p.as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_failed_write_leaves_the_stack_that_was_there(
    table, folds, two, settings, tmp_path, monkeypatch
):
    out = tmp_path / "lightgbm"
    tabular.train(table, folds, *two, settings, out)
    before = _bytes(out)

    def full(self: Predictions, path: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Predictions, "write", full)
    with pytest.raises(MelError, match="lightgbm: cannot be written"):
        tabular.train(table, folds, [], [], settings, out)
    assert _bytes(out) == before
    assert list(tmp_path.iterdir()) == [out]


def test_training_again_replaces_the_stack_but_no_other_folder(
    table, folds, two, settings, tmp_path
):
    tabular.train(table, folds, *two, settings, tmp_path / "stack")
    _, test = tabular.train(table, folds, [], [], settings, tmp_path / "stack")
    assert Predictions.read(tmp_path / "stack" / "test.parquet").digest == test.digest
    with pytest.raises(MelError, match="holds something else than a stack"):
        tabular.train(table, folds, [], [], settings, tmp_path)


def _replaced(member: Predictions, score: pl.Expr) -> Predictions:
    return replace(member, frame=member.frame.with_columns(score=score.cast(pl.Float64)))


EVERY = ("lightgbm", "logistic", "histogram")
ODD = {
    "constant": pl.lit(0.3),
    "all but one the same": (pl.col("image_id") == "img007").cast(pl.Float64),
    "two values": (pl.col("image_id") > "img030").cast(pl.Float64),
}


@pytest.mark.parametrize("score", ODD)
def test_a_member_of_ties_does_no_harm_beside_a_good_one(table, folds, member, score):
    """Nor do two members that are the same."""
    quick = TabularSettings(
        learners=list(EVERY),
        rounds=10,
        min_data_in_leaf=3,
        seeds=1,
        histogram={"rounds": 5, "min_data_in_leaf": 3},
    )
    good, odd = member("good", strength=3.0), member("odd")
    odd = [_replaced(one, ODD[score]) for one in odd]
    same = [replace(one, name="same") for one in good]
    oof, test = ([good[i], odd[i], same[i]] for i in (0, 1))
    found, scored = tabular.train(table, folds, oof, test, quick)
    assert auc(table.train["target"], found.frame["score"]) > 0.85
    assert scored.frame["score"].is_between(0, 1).all()
    alone, _ = tabular.train(table, folds, [oof[1]], [test[1]], quick)
    assert alone.frame["score"].is_finite().all()


def test_training_rows_of_one_class_are_refused(table, settings):
    """All positives in one fold: what it would be fitted on has none."""
    positive = set(table.train.filter(target=1)["patient_id"])
    fold = pl.col("patient_id").is_in(list(positive)).cast(pl.Int16)
    lopsided = Folds.of(table.train.select("image_id", fold=fold), seed=0, method="x")
    with pytest.raises(MelError, match=r"may train for fold 1 have one class only; make fewer"):
        tabular.train(table, lopsided, [], [], settings)


def test_metadata_missing_everywhere_leave_what_the_members_say(table, folds, two, settings):
    frame = table.frame.with_columns(sex=None, age=None, site=None)
    bare = ImageTable.of(frame, "bare")
    oof, _ = tabular.train(bare, folds, *two, settings)
    assert auc(table.train["target"], oof.frame["score"]) > 0.6
    with pytest.raises(MelError, match="neither metadata nor members"):
        tabular.train(bare, folds, [], [], settings.model_copy(update={"metadata": []}))


def test_patients_of_one_image_each_have_a_context_without_others(table, folds, two, settings):
    frame = table.frame.with_columns(patient_id=pl.col("image_id"))
    oof, test = tabular.train(ImageTable.of(frame, "apart"), folds, *two, settings)
    assert oof.frame["score"].is_finite().all()
    assert test.metric["variant"] == "context"


def test_the_variant_that_the_settings_name_is_the_stacks_own(table, folds, two, settings):
    single = settings.model_copy(update={"scores": "single"})
    found, scored = tabular.train(table, folds, *two, single)
    other, _ = tabular.train(table, folds, *two, settings)
    assert found.metric["pooled"] == other.metric["variants"]["single"]["pooled"]
    assert not found.frame.equals(other.frame)
    assert (found.name, scored.metric["variant"]) == ("lightgbm", "single")


def test_test_images_enter_no_train_image_s_context(table, folds, two, settings):
    oof, test = two
    moved = [_replaced(one, pl.col("score") + (pl.col("image_id") < "img064")) for one in test]
    before = tabular.train(table, folds, oof, test, settings)
    after = tabular.train(table, folds, oof, moved, settings)
    assert after[0].frame.equals(before[0].frame)
    assert not after[1].frame.equals(before[1].frame)


def test_shortcuts_are_taken_by_name_only_and_with_a_warning(table, folds, two, settings, capsys):
    wide = ImageTable.of(table.frame.with_columns(width=pl.int_range(pl.len())), "wide")
    plain, _ = tabular.train(wide, folds, *two, settings)
    assert "WARNING" not in capsys.readouterr().err
    asked = settings.model_copy(update={"shortcuts": ["width"]})
    found, _ = tabular.train(wide, folds, *two, asked)
    assert "WARNING: width may tell the clinic's camera" in capsys.readouterr().err
    assert not found.frame.equals(plain.frame)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("widht", "no column 'widht'; did you mean 'width'"),
        ("target", "'target' is no property of a file"),
        ("patient_id", "'patient_id' is no property of a file"),
        ("width", "'width' is missing in all of the 16 test images"),
    ],
)
def test_what_can_be_no_shortcut_is_refused(table, folds, two, settings, name, said):
    """A column that only the train images have would teach the stack what no test image tells."""
    known = pl.when(pl.col("split") == "train").then(pl.int_range(pl.len()))
    wide = ImageTable.of(table.frame.with_columns(width=known), "wide")
    asked = settings.model_copy(update={"shortcuts": [name]})
    for make in (tabular.train, lambda *a: tabular.nested(*a[:3], a[4])):
        with pytest.raises(MelError, match=said):
            make(wide, folds, *two, asked)


def test_a_monotone_stack_never_lowers_an_image_that_a_member_scores_higher(
    table, folds, member, settings, tmp_path
):
    """Its members know the opposite of the targets, so that trees would love to fall."""
    pairs = [member(name, strength=-2.0) for name in "abc"]
    oof, test = ([pair[i] for pair in pairs] for i in (0, 1))
    trees = settings.model_copy(update={"learners": ["lightgbm"], "rounds": 40})
    wide = test_matrix(test)
    higher = [wide.with_columns(pl.col(name) + 1.0) for name in "abc"]
    fell = []
    for monotone in (True, False):
        asked = trees.model_copy(update={"monotone": monotone})
        tabular.train(table, folds, oof, test, asked, tmp_path / "stack")
        stack = tabular.load(tmp_path / "stack")
        plain, *raised = (
            stack.score(table.test, scores, variant="single")["score"] for scores in (wide, *higher)
        )
        fell.append(any((one < plain).any() for one in raised))
    assert fell == [False, True]

"""Labels never pass for scores, the file's truth is the table's, and odd scores are told."""

import polars as pl
import pytest


@pytest.mark.parametrize(
    "label",
    [pl.col("target"), 1 - pl.col("target"), 0.05 + 0.9 * pl.col("target"), pl.col("target") * 7],
)
def test_labels_are_never_taken_for_scores(files, label) -> None:
    files.oof = files.oof.with_columns(pred=label)
    line = "oof.csv: column 'pred' is the table's own target; labels are no scores: name the column"
    assert line in files.refused(scale="logit")
    files.oof = files.oof.drop("target")
    assert line in files.refused(scale="logit")


def test_a_truth_asked_for_as_scores_is_refused_too(files) -> None:
    assert "column 'target' is the table's own target" in files.refused(score_column="target")


def test_another_truth_than_the_tables_is_refused_by_id(files, news) -> None:
    wrong = pl.col("image_name").is_in(["img007", "img009"])
    files.oof = files.oof.with_columns(
        target=pl.when(wrong).then(1 - pl.col("target")).otherwise("target")
    )
    target = files.table.train.filter(image_id="img007")["target"][0]
    line = f"target of image 'img007' is {1 - target}, in table handmade it is {target} (2 such"
    assert line in files.refused()
    files.oof = files.oof.with_columns(target=pl.lit("nevus"), label=pl.col("target"))
    news()
    assert line.replace("target of", "label of") in files.refused()
    files.oof = files.oof.drop("label")
    files.imported()
    assert "column 'target' is not 0 or 1 throughout, and not compared" in news()


def test_constant_scores_may_be_and_it_is_said_but_no_sample_submission(files, news) -> None:
    files.test = files.test.with_columns(target=0)
    assert "target is 0.0 for all 16 test images; is it the sample submission?" in files.refused()
    files.oof = files.oof.with_columns(pred=0.5)
    oof, _ = files.imported()
    assert oof.metric["pooled"] == 0.5
    assert "all scores are 0.5: they order nothing, a blend gives them weight 0" in news()


def test_what_looks_wrong_and_may_be_right_is_said(files, news) -> None:
    target, pred = pl.col("target"), pl.col("pred")
    for oof, said in (
        (1 - pred, "are higher scores for the negatives here?"),
        (pred / 3 + target / 2, "AUC 1: no honest scores are that good"),
        ((pred > 0.7).cast(pl.Float64), "pred has only two values: decisions"),
        (pred / 1000, "its scores lie above 100 % of the out-of-fold ones"),
    ):
        plain, files.oof = files.oof, files.oof.with_columns(pred=oof)
        files.imported()
        assert said in news()
        files.oof = plain
    files.imported()
    assert news().count("\n") <= 2

"""A scale is found or said, kept, and the same on both sides."""

import numpy as np
import polars as pl
import pytest

from mel.ensemble.importing.scales import found_scale


def _logit(column: str) -> pl.Expr:
    return (pl.col(column) / (1 - pl.col(column))).log()


def test_logits_and_probabilities_are_kept_as_they_are_and_told_apart(files) -> None:
    files.oof = files.oof.with_columns(pred=_logit("pred"))
    assert "target looks like probability, pred of oof.csv like logit" in files.refused()
    assert files.imported(scale="logit")[1].scale == "logit"
    files.test = files.test.with_columns(target=_logit("target"))
    oof, test = files.imported()
    assert (oof.scale, test.scale) == ("logit", "logit")
    assert oof.frame["score"].to_list() == files.oof.sort("image_name")["pred"].to_list()
    assert "oof.csv: pred of image 'img" in files.refused(scale="probability")


@pytest.mark.parametrize("size", [1, 7])
def test_ranks_become_places_since_two_files_differ_in_size(files, size) -> None:
    files.oof = files.oof.with_columns(pred=pl.col("pred").rank() * size)
    files.test = files.test.with_columns(target=pl.col("target").rank() * size)
    oof, test = files.imported()
    assert (oof.scale, test.scale) == ("rank", "rank")
    for frame in (oof.frame, test.frame):
        n = frame.height
        np.testing.assert_allclose(frame["score"].sort(), (np.arange(n) + 0.5) / n, atol=1e-12)


def test_a_scale_that_could_be_several_must_be_said(files) -> None:
    files.oof = files.oof.with_columns(pred=100 * pl.col("pred"))
    files.test = files.test.with_columns(target=100 * pl.col("target"))
    assert "which is no one scale for certain; say it with --scale" in files.refused()
    assert files.imported(scale="rank")[0].scale == "rank"


def test_scores_on_a_line_over_their_order_are_ranks_ties_and_all() -> None:
    draw = np.random.default_rng(0)
    ranks = pl.Series(draw.integers(0, 30, 60)).rank("average")
    for series in (ranks, ranks / 60, (ranks - 1) / 59):
        assert found_scale(series) == "rank"
    assert found_scale(pl.Series(draw.random(60))) == "probability"
    assert found_scale(pl.Series([0.5] * 60)) == "probability"

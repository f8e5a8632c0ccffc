"""The names in the picture of submissions can be read, however near their points are."""

from itertools import combinations

import numpy as np
import polars as pl
import pytest

from mel.report.drawing import drawing
from mel.submit.picture import _draw

NAMES = ["blend", "stack-context", "greedy", "mean", "effnet-b4-384-of-many-letters", "tuned-2"]
NAMES += ["power", "cp_1", "cp_2", "resnet", "dense", "swin"]


def _frame(spread, seed=3):
    cv = 0.93 + np.random.default_rng(seed).uniform(-spread, spread, len(NAMES))
    public = cv + np.random.default_rng(seed + 1).uniform(-spread, spread, len(NAMES))
    private = [score - 0.002 if n % 2 else None for n, score in enumerate(public)]
    ends = {"cv_low": cv - 0.01, "cv_high": cv + 0.01}
    return pl.DataFrame({"name": NAMES, "cv": cv, "public": public, "private": private, **ends})


def _boxes(frame):
    """Give where names, frame and legend are once all is drawn."""
    with drawing(7.2, 5.0, "") as canvas:
        texts = _draw(canvas.figure, frame, frame)
    axes = canvas.figure.axes[0]
    boxes = [text.get_window_extent() for text in texts]
    return [text.get_text() for text in texts], boxes, axes


@pytest.mark.parametrize("spread", [0.01, 0.0015, 0.0])
def test_no_name_lies_upon_another_nor_upon_the_legend(spread):
    names, boxes, axes = _boxes(_frame(spread))
    assert len(names) == 12
    assert "effnet-b4-384-of-many…" in names
    for one, other in combinations([*boxes, axes.get_legend().get_window_extent()], 2):
        assert not one.overlaps(other)
    frame = axes.get_window_extent()
    assert all(frame.x0 <= box.x0 and box.x1 <= frame.x1 for box in boxes)
    assert all(frame.y0 <= box.y0 and box.y1 <= frame.y1 for box in boxes)


def test_a_name_alone_stands_beside_its_point_without_a_line():
    frame = _frame(0.01)[:2].with_columns(private=pl.lit(None, pl.Float64))
    _, boxes, axes = _boxes(frame)
    assert len(axes.texts) == 2
    for box, (cv, public) in zip(
        boxes, frame.sort("public")[::-1]["cv", "public"].rows(), strict=True
    ):
        x, y = axes.transData.transform((cv, public))
        assert 0 < box.x0 - x < 12
        assert abs((box.y0 + box.y1) / 2 - y) < 15

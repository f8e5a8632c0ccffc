"""The report of a blend is made of what the blend was made of, or refused."""

import polars as pl
import pytest

from mel import pipeline
from mel.ensemble import Blend
from mel.errors import MelError
from mel.tabular import read_importance

FIGURES = {"roc", "weights", "heatmap", "reliability", "groups", "distribution", "worth", "path"}
FIGURES |= {"importance-context", "importance-single"}  # the stack's, beside the blend's own


def test_a_report_says_what_the_blend_says_and_leaves_it_alone(work, recipe_file):
    place = work / "ensemble" / "blend"
    before = (place / "blend.json").read_bytes()
    shown = (place / "report.html").read_text(encoding="utf-8")
    top = read_importance(work / "tabular" / "lightgbm").filter(variant="context")
    best = top.filter(pl.col("gain").is_not_null()).row(0, named=True)
    assert f"<td>{best['feature']}</td>" in shown
    assert f"{100 * best['gain']:.1f} %</td>" in shown
    assert f"{best['shap']:.3f}</td>" in shown
    order = [shown.index(text) for text in ("patient&#x27;s other images (in", "single image (not")]
    assert order == sorted(order)
    page, words = pipeline.ensemble_report(recipe_file, work)
    assert page == place / "report.html"
    assert page.read_text(encoding="utf-8") == shown
    assert {path.stem for path in (place / "figures").iterdir()} == FIGURES
    assert all(path.read_bytes()[:4] == b"\x89PNG" for path in (place / "figures").iterdir())
    assert (place / "blend.json").read_bytes() == before
    assert words == Blend.read(place / "blend.json").advice
    assert {s.kind for s in pipeline.status(work)} == {"done"}
    recipe_file.write_text(recipe_file.read_text().replace("rounds = 3", "rounds = 4"))
    with pytest.raises(MelError, match=r"ensemble/blend: is stale .*: mel ensemble blend"):
        pipeline.ensemble_report(recipe_file, work)

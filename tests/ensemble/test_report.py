import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from mel.config import EnsembleSettings
from mel.ensemble import Blended, blend

HOSTILE = "<script>alert('$x$')</script>"


@pytest.fixture(scope="module")
def page(case, tmp_path_factory) -> tuple[str, Blended]:
    out = tmp_path_factory.mktemp("report") / "blend"
    scores = np.random.default_rng(1).normal(size=320)
    more = case.member(HOSTILE, scores)
    blended = blend(more.table, more.folds, more.oof, more.test, out=out)
    return (out / "report.html").read_text(encoding="utf-8"), blended


def test_the_page_asks_the_network_for_nothing(page) -> None:
    """What it refers to lies within the page: #fragments and data: addresses."""
    text = re.sub(r'xmlns(:\w+)?="[^"]*"', "", page[0])
    assert not re.findall(r'(?:src|href)\s*=\s*"(?!#|data:)[^"]*"', text)
    assert not re.findall(r"url\((?!#)[^)]*\)|@import", text)


def test_names_are_escaped(page) -> None:
    assert "<script" not in page[0]
    assert "&lt;script&gt;alert(&#x27;$x$&#x27;)&lt;/script&gt;" in page[0]
    assert "a &lt;small&gt; competition" in page[0]


def test_synthetic_data_are_said_to_be_synthetic_before_anything_else(page) -> None:
    body = page[0].split("<main>")[1]
    assert body.index("Synthetic data.") < body.index("<h1>")


def test_real_data_are_not_called_synthetic(case, make_table, tmp_path: Path) -> None:
    table = make_table(case.table.train, case.table.test)
    settings = EnsembleSettings(method="mean")
    blend(table, case.folds, case.oof, case.test, settings, tmp_path / "blend")
    text = (tmp_path / "blend" / "report.html").read_text(encoding="utf-8")
    assert "ynthetic" not in text
    assert "there is no path" in text


def test_the_page_says_what_honest_does_not_cover(page) -> None:
    note = page[0].split("honest about the weights")[1].split("</p>")[0]
    assert "targets among their training data" in note
    assert "held-out split is the final word" in " ".join(note.split())


def test_every_figure_is_a_well_formed_drawing_with_a_label(page) -> None:
    drawings = re.findall(r"<svg.*?</svg>", page[0], flags=re.DOTALL)
    assert len(drawings) == 8
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("aria-label")


def test_the_page_states_the_figures_of_the_evaluation(page) -> None:
    text, blended = page
    facts = blended.evaluation
    for report in (facts.honest, facts.naive, facts.mean_honest, facts.mean_naive):
        assert f"{report.pooled:.4f}" in text
        assert f"{report.low:.4f} to {report.high:.4f}" in text
    for member in facts.members:
        assert f"{member.auc.pooled:.4f}" in text
        assert f"{member.weight:.3f}" in text
    assert f"{facts.orders.spearman:.6f}" in text
    for digest in (blended.blend.folds, blended.blend.digest, *blended.blend.inputs.values()):
        assert digest in text


def test_the_same_inputs_give_the_same_page(case, tmp_path: Path) -> None:
    pages = []
    for name in ("one", "two"):
        blend(case.table, case.folds, case.oof, case.test, out=tmp_path / name)
        pages.append((tmp_path / name / "report.html").read_text(encoding="utf-8"))
    assert pages[0] == pages[1]

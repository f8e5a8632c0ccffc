import re
from dataclasses import replace
from html import escape
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from mel.config import EnsembleSettings
from mel.ensemble import Blend, Blended, blend, report
from mel.ensemble.reporting.page import _texts
from mel.errors import MelError
from mel.predictions import test_matrix as matrix

HOSTILE = "<script>alert('$x$')</script>"


@pytest.fixture(scope="module")
def page(case, tmp_path_factory) -> tuple[str, Blended, object, Path]:
    out = tmp_path_factory.mktemp("report") / "blend"
    scores = np.random.default_rng(1).normal(size=320)
    more = case.member(HOSTILE, scores)
    blended = blend(more.table, more.folds, more.oof, more.test, out=out)
    return (out / "report.html").read_text(encoding="utf-8"), blended, more, out


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
    blend(table, case.folds, case.oof, case.test, settings, str(tmp_path / "blend"))
    text = (tmp_path / "blend" / "report.html").read_text(encoding="utf-8")
    assert "ynthetic" not in text
    assert "there is no path" in text


def test_the_page_says_what_honest_does_not_cover(page) -> None:
    note = page[0].split("honest about the weights")[1].split("</p>")[0]
    assert "targets among their training data" in note
    assert "held-out split is the final word" in " ".join(note.split())


def test_foreign_members_and_what_is_not_nested_are_named_on_the_page(page) -> None:
    blended = page[1]
    assert "oreign" not in _texts(blended)["words"]
    mark = {HOSTILE: {"folds": "unknown", "against": blended.blend.folds}}
    told = _texts(replace(blended, oof=replace(blended.oof, foreign=mark)))["words"]
    assert f"Foreign, made on other folds: {escape(HOSTILE)}." in told
    assert "has no part in the weights" in _texts(blended)["judged"]
    proof = replace(blended.evaluation.proof, nested=False)
    crossed = replace(blended, evaluation=replace(blended.evaluation, proof=proof))
    assert "have seen the fold" in _texts(crossed)["judged"]
    note = page[0].split("The method\nof the curve is a setting")[1].split("</p>")[0]
    assert "chosen on all folds" in note


def test_every_figure_is_a_well_formed_drawing_with_a_label(page) -> None:
    drawings = re.findall(r"<svg.*?</svg>", page[0], flags=re.DOTALL)
    assert len(drawings) == 8
    for drawing in drawings:
        root = ElementTree.fromstring(drawing)
        assert root.get("aria-label")


def test_the_page_states_the_figures_of_the_evaluation(page) -> None:
    text, blended = page[:2]
    facts = blended.evaluation
    for aucs in (facts.honest, facts.naive, facts.mean_honest, facts.mean_naive):
        assert f"{aucs.pooled:.4f}" in text
        assert f"{aucs.low:.4f} to {aucs.high:.4f}" in text
    for member in facts.members:
        assert f"{member.auc.pooled:.4f}" in text
        assert f"{member.weight:.3f}" in text
    assert f"{facts.orders.spearman:.6f}" in text
    for digest in (blended.blend.folds, blended.blend.digest, *blended.blend.inputs.values()):
        assert digest in text


def test_the_same_inputs_give_the_same_page(case, page) -> None:
    """Read from the folder of the fixture, last of all that looks at it."""
    more, out = page[2], page[3]
    again = report(more.table, more.folds, more.oof, more.test, out)
    assert again.read_text(encoding="utf-8") == page[0]
    assert len(list((out / "figures").glob("*.png"))) == 8
    replace(page[1].blend, advice=("as an older mel put it",)).write(out / "blend.json")
    report(more.table, more.folds, more.oof, more.test, out)
    with pytest.raises(MelError, match="is not the blend of these members and settings"):
        report(case.table, case.folds, case.oof[:2], case.test[:2], out)


# the proof on the page, and in the blend


def test_the_page_says_in_words_what_the_proof_found(page) -> None:
    text, blended = page[:2]
    proof = blended.evaluation.proof
    assert proof.words[0].startswith("Use ")
    for words in proof.words:
        assert escape(words) in text
    for each in proof.calibrated:
        assert f"{each.brier:.5f}" in text
        assert f"{each.error:.5f}" in text
    for point in proof.points:
        assert f"{point.threshold:.4f}" in text
        assert f"{100 * point.sensitivity.value:.1f} %" in text
    for group in proof.groups:
        assert group.value is None or f"{group.value:.4f}" in text


def test_the_rank_mean_takes_the_place_of_what_does_not_beat_it(case, page) -> None:
    """Here nothing does: there are eighty patients only."""
    blended = page[1]
    assert blended.blend.method == "mean"
    assert set(blended.blend.weights.values()) == {0.25}
    assert blended.evaluation.honest == blended.evaluation.mean_honest
    assert "Use the rank mean: greedy" in blended.blend.advice[0]
    stubborn = blend(case.table, case.folds, case.oof, case.test, EnsembleSettings(fallback=False))
    assert stubborn.blend.method == "greedy"
    assert stubborn.evaluation.honest == stubborn.evaluation.asked_honest
    assert "The settings keep greedy all the same" in stubborn.blend.advice[1]


def test_the_blend_holds_its_calibration_and_the_users_objective(case, page, tmp_path) -> None:
    made = page[1].blend
    assert [(point.aim, point.value) for point in made.operating_points] == [("sensitivity", 0.9)]
    aims = {"aim": "cost", "value": 7.0}, {"method": "isotonic", "prevalence": 0.01}
    settings = EnsembleSettings.model_validate(
        dict(zip(("operating", "calibration"), aims, strict=True))
    )
    other = blend(case.table, case.folds, case.oof, case.test, settings).blend
    other.write(tmp_path / "blend.json")
    read = Blend.read(tmp_path / "blend.json")
    for name in ("calibration", "operating_points", "advice", "digest"):
        assert getattr(read, name) == getattr(other, name)
    assert read.operating_points[0].goal == "a miss costs 7 false alarms"
    assert read.calibration.used_at == 0.01
    scores = read.score(matrix(case.test))["score"].to_numpy()
    together = read.probability(scores)
    assert [read.probability([score])[0] for score in scores] == together.tolist()
    assert together.max() < read.probability(scores, prevalence=0.3).max() < 1
    with pytest.raises(MelError, match="holds no calibration"):
        replace(read, calibration=None).probability(scores)

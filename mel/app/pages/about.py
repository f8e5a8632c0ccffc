"""The page about the model: what it is, was trained on, is worth, and cannot do."""

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from mel.app.cards import groups_of, sections, variant_of, without_pictures
from mel.app.drawing import curve, forest, reliability
from mel.app.figures import percent
from mel.app.model import Model
from mel.app.pages.frame import shown
from mel.app.pages.tables import table
from mel.app.wording import worth

__all__ = ["show"]

_LIMITS = ("What it is for, and what not", "Known shortcuts and limits", "Fairness and privacy")


def show(model: Model) -> None:
    """Show the page."""
    scorer = model.scorer
    st.title("The model, and how far to trust it")
    st.html(
        f'<p class="mel-soft">{escape(scorer.name)}: {len(scorer.members)} networks in '
        f"{scorer.n_folds} folds{', a stack over them' if model.stacked else ''}, one blend. "
        f"Bundle {scorer.digest}, computed in {escape(scorer.precision)} by "
        f"{escape(str(scorer.engine.get('engine', '')))}.</p>"
    )
    card = sections(without_pictures(scorer.card))
    names = ["Worth", "Groups", "Data", "Limits", "Whole card"]
    parts = dict(zip(names, st.tabs(names), strict=True))
    with parts["Worth"]:
        _worth(model)
    with parts["Groups"]:
        _groups(model)
    with parts["Data"]:
        _data(model, card)
    with parts["Limits"]:
        _limits(card)
    with parts["Whole card"]:
        st.markdown(without_pictures(scorer.card))


def _worth(model: Model) -> None:
    variant, facts = variant_of(model.facts), model.facts
    if not variant:
        st.info("This bundle says nothing of what its model is worth.")
        return
    st.html(f'<div class="mel-cards">{"".join(_cards(model, variant))}</div>')
    point = model.points.get(str(facts.get("main")), model.points["single"])
    left, right = st.columns(2)
    if roc := variant.get("roc"):
        with left, st.container(border=True):
            st.subheader("Which melanomas are found, at what price")
            at = (1 - point.specificity.value, point.sensitivity.value)
            st.html(shown(curve(roc, at)))
            st.html(f'<p class="mel-soft">{escape(worth(point))}</p>')
    if found := _calibrated(variant):
        with right, st.container(border=True):
            st.subheader("Whether probabilities can be taken at their word")
            st.html(shown(reliability(found)))
            st.html('<p class="mel-soft">On the dashed line, of all pictures said to have a risk '
                    "of 10 %, 10 % were melanomas. Bars are 95 % intervals.</p>")  # fmt: skip
    members = [(m["name"], *_ends(m["auc"])) for m in facts.get("members", [])]
    with st.container(border=True):
        st.subheader("The members alone, and the blend")
        rows = [*members, ("the blend, honestly", *_ends(variant["honest"]))]
        st.html(shown(forest(rows)))


def _cards(model: Model, variant: Mapping[str, Any]) -> list[str]:
    value, low, high = _ends(variant["honest"])
    cards = [("AUC, honest", f"{value:.3f}", f"{low:.3f} to {high:.3f}, out of fold")]
    if held := model.facts.get("held_out"):
        shown = f"{held['low']:.3f} to {held['high']:.3f}"
        cards.append(("AUC, test pictures", f"{held['auc']:.3f}", f"{shown}, never trained on"))
    point = model.points.get(str(model.facts.get("main")), model.points["single"])
    cards += [
        ("Sensitivity", percent(point.sensitivity.value), "at the alarm line, out of fold"),
        ("Specificity", percent(point.specificity.value), "at the alarm line, out of fold"),
    ]
    return [f"<div><small>{a}</small><b>{b}</b><small>{c}</small></div>" for a, b, c in cards]


def _ends(auc: Mapping[str, float]) -> tuple[float, float, float]:
    return auc["pooled"], auc["low"], auc["high"]


def _calibrated(variant: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Give the reliability curve of the method that calibrates this variant."""
    proof = (variant.get("evaluation") or {}).get("proof") or {}
    method = (variant.get("calibration") or {}).get("method")
    curves = {one.get("method"): one.get("curve") for one in proof.get("calibrated") or []}
    found = curves.get(method)
    return found if found and found.get("said") else None


def _groups(model: Model) -> None:
    rows = groups_of(variant_of(model.facts))
    if not rows:
        st.info("This bundle says nothing of groups of people.")
        return
    st.write(
        "AUC of the blend among the training pictures of each group, honest, with 95 % intervals. "
        "Behind each name stands the number of its melanomas: where there are few, the interval "
        "says more than the figure. What is not in the data, such as dark skin, cannot be measured."
    )
    st.html(shown(forest(rows)))


def _data(model: Model, card: Mapping[str, str]) -> None:
    data = model.facts.get("data") or {}
    if splits := data.get("splits"):
        head = ("part", "pictures", "people", "melanomas")
        st.html(table(head, [(name, *_counts(split)) for name, split in splits.items()]))
    counted: list[tuple[object, ...]]
    for by, counts in (data.get("train_by") or {}).items():
        with st.expander(f"Training pictures by {by}"):
            counted = [(group, n["images"], n["positives"]) for group, n in counts.items()]
            st.html(table((by, "pictures", "melanomas"), counted))
    st.markdown(card.get("How it was evaluated", "This bundle says nothing of its data."))


def _counts(split: Mapping[str, Any]) -> tuple[object, ...]:
    positives = "not told" if split["positives"] is None else split["positives"]
    return split["images"], split["patients"], positives


def _limits(card: Mapping[str, str]) -> None:
    found = [name for name in _LIMITS if name in card]
    for name in found:
        st.subheader(name)
        st.markdown(card[name])
    if not found:
        st.info("This bundle's card names no limits. Take that as a reason not to trust it.")

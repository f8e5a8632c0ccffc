"""What every page has: its style, the disclaimer first and always in sight, the synthetic note."""

from collections.abc import Sequence
from importlib.resources import files

import streamlit as st

from mel.app.drawing import pictured
from mel.app.model import Model
from mel.app.wording import DISCLAIMER, PRIVACY, SHORT, SYNTHETIC

__all__ = ["show", "shown"]


def show(model: Model, pages: Sequence[object] = ()) -> None:
    """Put the style, the disclaimer, links to the pages, and what else must come first."""
    style = files("mel.app.pages").joinpath("style.css").read_text(encoding="utf-8")
    st.html(f"<style>{style}</style>")
    st.html(
        f'<aside class="mel-note mel-no" role="note" aria-label="Disclaimer">'
        f"<strong>No diagnosis.</strong> {DISCLAIMER} <span>{PRIVACY}</span></aside>"
    )
    if model.scorer.synthetic:
        st.html(
            f'<aside class="mel-note mel-drawn" role="note"><strong>Synthetic model.</strong> '
            f"{SYNTHETIC}</aside>"
        )
    drawn = "Synthetic model. " if model.scorer.synthetic else ""
    st.html(f'<div class="mel-always" role="note">{drawn}{SHORT}</div>')
    with st.container(horizontal=True):
        for page in pages:
            st.page_link(page, width="content")


def shown(svg: str) -> str:
    """Give a drawing as it fits the page's present theme."""
    return pictured(svg, dark=st.context.theme.type == "dark")

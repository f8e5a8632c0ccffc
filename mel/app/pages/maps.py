"""The photo with the activation map over it; its slider moves in the browser."""

import json
from collections.abc import Sequence
from importlib.resources import files

import streamlit as st

from mel.app.findings import Finding
from mel.app.picturing import Layer

__all__ = ["show"]


def show(one: Finding, layers: Sequence[Layer]) -> None:
    """Show the photo, the map of all networks or of one, a slider and a choice."""
    html, css, js = (_text(f"map.{kind}") for kind in ("html", "css", "js"))
    mount = st.components.v2.component("mel_map", html=html, css=css, js=js)
    alt = f"{one.mole.label} as the networks see it; the coloured map shows where they look"
    listed = [{"name": x.name, "photo": x.photo, "veil": x.veil} for x in layers]
    data = json.dumps({"alt": alt, "layers": listed})  # of a list, pandas would make 80 MB
    mount(key=f"map-{one.mole.key}", data=data.encode())


def _text(name: str) -> str:
    return files("mel.app.pages").joinpath(name).read_text(encoding="utf-8")

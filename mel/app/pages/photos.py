"""The page of moles: photos in, what is known of them, and what the ensemble says."""

from html import escape

import streamlit as st

from mel.app.examples import Example
from mel.app.model import Model
from mel.app.pages import known, leaving, results
from mel.app.picturing import thumbnail
from mel.app.receiving import MOST
from mel.app.session import Session

__all__ = ["show"]

_WIDE = 150  # pixels of an example
_WAYS = ("Files", "Camera", "Examples")


def show(model: Model) -> None:
    """Show the page."""
    session: Session = st.session_state.setdefault("session", Session())
    leaving.met(session)
    st.title("What the ensemble makes of a mole")
    _sources(model, session)
    for text in session.refused:
        st.warning(text, icon=":material/block:")
    if not session.moles:
        st.html(
            '<p class="mel-soft">Each photo shows one mole, close and in the middle, best taken '
            "through a dermatoscope. Several moles of one person are compared with each other. "
            "Age, sex and place may stay unknown. No photo at hand? Look at the examples.</p>"
        )
        return
    known.show(session)
    results.show(model, session)


def _sources(model: Model, session: Session) -> None:
    ways = _WAYS if model.examples else _WAYS[:2]
    way = st.radio("Where do the photos come from?", ways, horizontal=True, key="way")
    if way == "Files":
        files = st.file_uploader(
            f"Choose photos or drop them here: JPEG, PNG or WebP, one mole each, at most {MOST}",
            accept_multiple_files=True, key=f"files-{session.round}",
        )  # fmt: skip
        _take(session, files or [])
    elif way == "Camera":
        shot = st.camera_input("Take a photo of one mole", key=f"camera-{session.round}")
        _take(session, [shot] if shot else [])
    else:
        _examples(model, session)


def _take(session: Session, files: list[object]) -> None:
    if files:
        with st.spinner("Reading the photos …"):
            session.take(files)  # type: ignore[arg-type]
            leaving.taken(files)
        st.rerun()  # with an empty picker


def _examples(model: Model, session: Session) -> None:
    with st.container(horizontal=True):
        for example in model.examples:
            with st.container(width=_WIDE):
                _example(session, example)
    people = {e.patient for e in model.examples if e.patient}
    for person in sorted(people):
        moles = [e.mole for e in model.examples if e.patient == person]
        label = f"Add all {len(moles)} moles of one person"
        if len(moles) > 1 and st.button(label, key=f"person-{person}", icon=":material/groups:"):
            session.add(moles)
            st.rerun()


def _example(session: Session, example: Example) -> None:
    mole = example.mole
    alt = escape(f"{mole.label}. {example.note}")
    st.html(
        f'<img class="mel-thumb" src="{thumbnail(mole.photo.pixels)}" alt="{alt}">'
        f'<p class="mel-soft">{escape(example.note)}</p>'
    )
    there = mole.key in session.moles
    if st.button(f"Add {mole.label}", key=f"add-{mole.key}", disabled=there):
        session.add([mole])
        st.rerun()

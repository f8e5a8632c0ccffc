"""The page of moles: photos in, what is known of them, and what the ensemble says."""

from html import escape

import streamlit as st

from mel.app.examples import Example
from mel.app.model import Model
from mel.app.moles import SEX_WORDS, SITE_WORDS, UNKNOWN, Mole, aged
from mel.app.pages import results
from mel.app.picturing import thumbnail
from mel.app.receiving import MOST
from mel.app.session import Session

__all__ = ["show"]

_KINDS = ["jpg", "jpeg", "png", "webp"]
_WIDE = 150  # pixels of an example
_WAYS = ("Files", "Camera", "Examples")


def show(model: Model) -> None:
    """Show the page."""
    session: Session = st.session_state.setdefault("session", Session())
    st.title("What the ensemble makes of a mole")
    _sources(model, session)
    for text in session.refused:
        st.warning(text, icon=":material/block:")
    if not session.moles:
        st.html(
            '<p class="mel-soft">Each photo shows one mole, close and in the middle, best taken '
            "through a dermatoscope. Several moles of one person are compared with each other. "
            "Age, sex and place may stay unknown.</p>"
        )
        return
    _listed(session)
    results.show(model, session)


def _sources(model: Model, session: Session) -> None:
    ways = _WAYS if model.examples else _WAYS[:2]
    way = st.radio("Where do the photos come from?", ways, horizontal=True, key="way")
    if way == "Files":
        files = st.file_uploader(
            f"Choose photos or drop them here: one mole each, at most {MOST}",
            type=_KINDS, accept_multiple_files=True, key=f"files-{session.round}",
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
        st.rerun()  # with an empty picker, which keeps no copy of the files


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


def _listed(session: Session) -> None:
    count = len(session.moles)
    st.header(f"{count} photo{'' if count == 1 else 's'}, and what is known")
    for mole in list(session.moles.values()):
        with st.container(border=True):
            _mole(session, mole)
    if count > 1 and st.button("Remove all photos", icon=":material/delete:"):
        session.clear()
        st.rerun()


def _mole(session: Session, mole: Mole) -> None:
    """Show one photo, and ask what is known of it."""
    photo, name, first, second, third = st.columns([3, 5, 4, 5, 6], vertical_alignment="center")
    alt = escape(f"Photo of {mole.label}")
    photo.html(f'<img class="mel-thumb" src="{thumbnail(mole.photo.pixels)}" alt="{alt}">')
    name.html(f"<h3>{escape(mole.label)}</h3>")
    if name.button("Remove", key=f"drop-{mole.key}", help=f"Remove {mole.label}", type="tertiary"):
        session.drop(mole.key)
        st.rerun()
    given = first.number_input(
        "Age in years",
        value=None if mole.age is None else int(mole.age),
        step=1,
        placeholder=UNKNOWN,
        key=f"age-{mole.key}",
    )
    at = SEX_WORDS.index(mole.sex or UNKNOWN)
    sex = second.selectbox("Sex", SEX_WORDS, at, key=f"sex-{mole.key}")
    at = SITE_WORDS.index(mole.site or UNKNOWN)
    site = third.selectbox("Place on the body", SITE_WORDS, at, key=f"site-{mole.key}")
    age, fault = aged(None if given is None else float(given))
    if fault:
        st.warning(fault)
    session.change(mole.about(age, sex, site))

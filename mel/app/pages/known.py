"""The photos that were given, and what is known of each: age, sex and place, or nothing."""

from html import escape

import streamlit as st

from mel.app.moles import SEX_WORDS, SITE_WORDS, UNKNOWN, Mole, aged
from mel.app.picturing import thumbnail
from mel.app.session import Session

__all__ = ["show"]

_SMALL, _NARROW, _WIDE = 96, 144, 190  # pixels of a photo and of the fields


def show(session: Session) -> None:
    """List the photos, each with its three questions."""
    count = len(session.moles)
    st.header(f"{count} photo{'' if count == 1 else 's'}, and what is known")
    for mole in list(session.moles.values()):
        with st.container(border=True):
            left, right = st.columns([3, 4], vertical_alignment="center")
            with left.container(horizontal=True, vertical_alignment="center"):
                _photo(session, mole)
            with right.container(horizontal=True):
                _ask(session, mole)
    if count > 1:
        with st.container(horizontal=True):
            _of_all(session)


def _photo(session: Session, mole: Mole) -> None:
    alt = escape(f"Photo of {mole.label}")
    image = f'<img class="mel-thumb" src="{thumbnail(mole.photo.pixels)}" alt="{alt}">'
    st.html(image, width=_SMALL)
    with st.container(gap=None):
        st.html(f"<h3>{escape(mole.label)}</h3>")
        if st.button("Remove", key=f"drop-{mole.key}", help=f"Remove {mole.label}",
                     type="tertiary", icon=":material/close:"):  # fmt: skip
            session.drop(mole.key)
            st.rerun()


def _ask(session: Session, mole: Mole) -> None:
    _begin(mole)
    given = st.number_input(
        "Age in years", value=None, step=1, placeholder=UNKNOWN,
        key=f"age-{mole.key}", width=_NARROW,
    )  # fmt: skip
    sex = st.selectbox("Sex", SEX_WORDS, key=f"sex-{mole.key}", width=_NARROW)
    site = st.selectbox("Place on the body", SITE_WORDS, key=f"site-{mole.key}", width=_WIDE)
    age, fault = aged(None if given is None else float(given))
    if fault:
        st.warning(fault)
    session.change(mole.about(age, sex, site))


def _begin(mole: Mole) -> None:
    """Fill the fields when they are shown for the first time."""
    state = st.session_state
    state.setdefault(f"age-{mole.key}", None if mole.age is None else int(mole.age))
    state.setdefault(f"sex-{mole.key}", mole.sex or UNKNOWN)
    state.setdefault(f"site-{mole.key}", mole.site or UNKNOWN)


def _of_all(session: Session) -> None:
    known = {(mole.age, mole.sex) for mole in session.moles.values()}
    if len(known) > 1:
        st.button("Age and sex of the first for all", icon=":material/person:",
                  on_click=_align, args=(session,))  # fmt: skip
    if st.button("Remove all photos", icon=":material/delete:"):
        session.clear()
        st.rerun()


def _align(session: Session) -> None:
    session.align()
    for mole in session.moles.values():
        st.session_state[f"age-{mole.key}"] = None if mole.age is None else int(mole.age)
        st.session_state[f"sex-{mole.key}"] = mole.sex or UNKNOWN

"""What the ensemble says of the moles: a table of several, a card each, and what to take along."""

from collections.abc import Sequence
from datetime import datetime
from html import escape

import streamlit as st

from mel.app.exporting import table
from mel.app.figures import percent
from mel.app.findings import Finding
from mel.app.model import Model
from mel.app.pages import mole
from mel.app.picturing import thumbnail
from mel.app.reporting import report
from mel.app.session import Session
from mel.app.wording import verdict

__all__ = ["show"]


def show(model: Model, session: Session) -> None:
    """Score what is new, and show everything."""
    st.header("What the ensemble says")
    several = len(session.moles) > 1
    together = several and st.toggle(
        "These are moles of one person: compare them", value=True, key="together"
    )
    if together and len({mole.sex for mole in session.moles.values() if mole.sex}) > 1:
        st.info("Sex is not the same for all: are these moles of one person?")
    found = _found(model, session, together=together)
    if several:
        st.html(_overview(found))
    _downloads(model, session)
    for rank, one in enumerate(found, 1):
        with st.container(border=True):
            mole.show(model, session, one, rank if several else None)


def _found(model: Model, session: Session, *, together: bool) -> list[Finding]:
    place = st.empty()

    def tell(done: int, total: int) -> None:
        place.progress(done / total, f"Looking at photo {done + 1} of {total} …")

    found = session.found(model, together=together, progress=tell)
    place.empty()
    return found


def _overview(found: Sequence[Finding]) -> str:
    """Give the table of all moles, the riskiest first."""
    rows = "".join(_row(rank, one) for rank, one in enumerate(found, 1))
    return (
        '<div class="mel-scroll"><table class="mel-table"><caption class="mel-soft" '
        'style="caption-side:top;text-align:left">The riskiest first</caption><thead><tr>'
        '<th scope="col">Photo</th><th scope="col">Mole</th><th scope="col" class="n">Risk</th>'
        '<th scope="col" class="n mel-hide">Over the folds</th><th scope="col">Verdict</th>'
        f"</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row(rank: int, one: Finding) -> str:
    name = escape(one.mole.label)
    image = f'<img src="{thumbnail(one.mole.photo.pixels)}" alt="Photo of {name}">'
    head = f'<tr><td>{image}</td><th scope="row">{rank}. {name}</th>'
    if one.fault:
        return (
            f'{head}<td class="n">–</td><td class="mel-hide"></td><td>{escape(one.fault)}</td></tr>'
        )
    said = verdict(one)[0]
    mark = '<span class="mel-chip mel-duck">stands out</span>' if one.duckling else ""
    kind = "mel-alarm" if one.alarm else "mel-below"
    return (
        f'{head}<td class="n">{percent(one.probability)}</td>'
        f'<td class="n mel-hide">{percent(one.low)} to {percent(one.high)}</td>'
        f'<td><span class="mel-chip {kind}">{said}</span>{mark}</td></tr>'
    )


def _downloads(model: Model, session: Session) -> None:
    """Offer both files; the buttons hold on to the session alone, which forgets."""

    def page() -> str:
        return report(model, session.judged, datetime.now().astimezone())

    def rows() -> str:
        return table(session.judged)

    left, right, _ = st.columns([1, 1, 2])
    left.download_button(
        "Report to print (HTML)", page, "moles.html", "text/html",
        icon=":material/description:", on_click="ignore", width="stretch",
    )  # fmt: skip
    right.download_button(
        "Table (CSV)", rows, "moles.csv", "text/csv",
        icon=":material/table:", on_click="ignore", width="stretch",
    )  # fmt: skip

"""One mole's card: the photo and where the networks looked, the risk, and how far to trust it."""

from html import escape

import streamlit as st

from mel.app.drawing import bars, drawn
from mel.app.figures import frequency, percent, place, ratio
from mel.app.findings import Finding
from mel.app.model import Model
from mel.app.pages import maps
from mel.app.pages.frame import shown
from mel.app.session import Session
from mel.app.wording import alarms, hedges, in_short, verdict, warned, worth

__all__ = ["show"]


def show(model: Model, session: Session, one: Finding, rank: int | None) -> None:
    """Show all that is said of one mole."""
    name = escape(one.mole.label)
    st.html(f"<h3>{'' if rank is None else f'{rank}. '}{name}</h3>")
    if one.fault:
        st.error(f"{one.mole.label}: {one.fault}")
        return
    left, right = st.columns([2, 3], gap="medium")
    with left:
        maps.show(one, session.layers(model, one))
    with right:
        _risk(model, one)
        _trust(model, one)


def _risk(model: Model, one: Finding) -> None:
    usual = model.calibrations[one.variant].used_at
    said, meaning = verdict(one)
    kind = "mel-alarm" if one.alarm else "mel-below"
    compared = f"{ratio(one.probability, usual).capitalize()}; {place(one.percentile)}."
    duck = '<span class="mel-chip mel-duck">Stands out from the other moles</span>'
    st.html(
        f'<div class="mel-risk"><b>{percent(one.probability)}</b><span>calibrated risk of '
        f"melanoma: {frequency(one.probability)}</span></div>"
        f'<p class="mel-soft">{compared}</p>{shown(drawn(model, one))}'
        f'<p><span class="mel-chip {kind}">{said}</span>{duck if one.duckling else ""}<br>'
        f"{meaning} {in_short(model.points[one.variant])}</p>"
    )
    if texts := warned(one):
        st.html("".join(f'<div class="mel-warn" role="alert">{escape(t)}</div>' for t in texts))


def _trust(model: Model, one: Finding) -> None:
    st.html("".join(f'<p class="mel-soft">{escape(text)}</p>' for text in hedges(one)))
    with st.expander("What the alarm line is worth"):
        point, usual = model.points[one.variant], model.calibrations[one.variant].used_at
        st.write(f"{worth(point)} {alarms(point, usual)}")
    with st.expander("What each part contributes"):
        st.html(
            '<p class="mel-soft">How far each part of the ensemble moves the score down (left) or '
            "up (right) from that of a middling training picture, and the percentile of its own "
            f"score among the training pictures.</p>{shown(bars(one.parts))}"
        )
    if one.quality is not None:
        with st.expander("The photo, measured"):
            st.html(_measured(one))


def _measured(one: Finding) -> str:
    quality, photo = one.quality, one.mole.photo
    if quality is None:
        return ""
    values = quality.values
    rows = {
        "Size": f"{photo.width:,} x {photo.height:,} pixels",
        "Sharpness": f"{values['sharpness']:+.1f} standard deviations from the training mean",
        "Light": f"darkest twentieth {values['light low']:.0f}, lightest "
        f"{values['light high']:.0f} of 255",
        "Likeness": f"more unusual than {min(quality.percentile, 99.9):.1f} % of the training "
        "pictures",
    }
    cells = "".join(f'<tr><th scope="row">{k}</th><td>{v}</td></tr>' for k, v in rows.items())
    return f'<table class="mel-table"><tbody>{cells}</tbody></table>'

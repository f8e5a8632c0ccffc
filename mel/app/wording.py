"""What the app says, in plain words: risk, doubt, verdict, warnings, and what it is not."""

from collections.abc import Iterable

from mel.app.figures import KEPT, frequency, percent
from mel.app.findings import Finding
from mel.ensemble import OperatingPoint

__all__ = [
    "DISCLAIMER",
    "PRIVACY",
    "SHORT",
    "SYNTHETIC",
    "WARNINGS",
    "alarms",
    "doubt",
    "hedges",
    "in_short",
    "notes",
    "verdict",
    "warned",
    "worth",
]

DISCLAIMER = (
    "This is research software and no medical device. Nobody has approved or validated it for use "
    "on people. It cannot tell you that a mole is harmless. If a mole worries you, is new, or "
    "changes, let a doctor look at your skin, whatever is shown here."
)
PRIVACY = (
    "Photos stay in the memory of the computer that runs this app, while the page is open. None is "
    "stored, and none is sent anywhere else."
)
SHORT = (
    "No medical device, not validated. It cannot rule out cancer: see a doctor. "
    "No photo is stored or passed on."
)
SYNTHETIC = (
    "This model was trained on pictures drawn by a program. It knows nothing about real skin: "
    "its numbers show how the software works, and nothing else."
)
WARNINGS = {
    "unlike": "This does not look like the pictures the model was trained on (close-ups of moles "
    "through a dermatoscope). Its number means little here.",
    "blurred": "The photo is blurred: hold still, and let the camera focus on the mole.",
    "dark": "The photo is too dark: take it again with more light.",
    "bright": "The photo is too bright: take it again without flash or direct sun.",
    "small": "The photo has few pixels: take it closer, or choose the original.",
}
_NEARLY, _WIDELY = 2.0, 5.0  # ratios of odds over which folds agree, and over which they differ


def verdict(finding: Finding) -> tuple[str, str]:
    """Give the operating point's verdict in a few words, and what it does not mean."""
    if finding.alarm:
        return "Above the alarm line", "Many such alarms are false. Let a doctor look at the mole."
    return "Below the alarm line", "That is no all-clear: the line misses some melanomas."


def in_short(point: OperatingPoint) -> str:
    """Say in one sentence what the operating point was worth, out of fold."""
    return (
        f"Out of fold this line caught {percent(point.sensitivity.value)} of the melanomas "
        f"(sensitivity) and left {percent(point.specificity.value)} of the others alone "
        "(specificity)."
    )


def worth(point: OperatingPoint) -> str:
    """Say what the operating point was worth, out of fold."""
    caught, spared = point.sensitivity, point.specificity
    return (
        f"Aim: {point.goal}. On training pictures that the networks had not seen, the line caught "
        f"{percent(caught.value)} of the melanomas (sensitivity; 95 % interval "
        f"{_ends(caught.low, caught.high)}) and left {percent(spared.value)} of the others alone "
        f"(specificity; {_ends(spared.low, spared.high)})."
    )


def alarms(point: OperatingPoint, usual: float) -> str:
    """Say how many alarms are true, where melanomas are as frequent as in training (Bayes).

    >>> from mel.ensemble import Share
    >>> share = Share(0.8, 0.7, 0.9)
    >>> point = OperatingPoint("sensitivity", 0.8, 0.5, 0.4, 0.6, 0.1, *[share] * 4)
    >>> alarms(point, 0.05).replace(KEPT, " ")
    'Where 5.0 % of the moles are melanomas, as among the training pictures, about 17 in 100 \
alarms are true.'
    """
    true = usual * point.sensitivity.value
    false = (1 - usual) * (1 - point.specificity.value)
    share = true / (true + false) if true + false else 0.0
    return (
        f"Where {percent(usual)} of the moles are melanomas, as among the training pictures, "
        f"{frequency(share)} alarms are true."
    )


def _ends(low: float, high: float) -> str:
    return f"{percent(low).removesuffix(f'{KEPT}%')} to {percent(high)}"


def doubt(finding: Finding) -> str:
    """Say how far folds and members differ."""
    spread = _odds(finding.high) / _odds(finding.low)
    word = "agree" if spread < _NEARLY else "differ" if spread < _WIDELY else "differ widely"
    ends = f"{percent(finding.low)} to {percent(finding.high)}"
    text = f"The folds' networks {word}: {percent(finding.low) if spread == 1 else ends}."
    places = [part.place for part in finding.parts]
    if len(places) > 1:
        low, high = (round(100 * end) for end in (min(places), max(places)))
        text += f" The ensemble's parts place it from percentile {low} to {high} of the training."
    return text


def _odds(probability: float) -> float:
    kept = min(max(probability, 1e-9), 1 - 1e-9)
    return kept / (1 - kept)


def warned(finding: Finding) -> tuple[str, ...]:
    """Give the warnings about the photo, in words."""
    if finding.quality is None:
        return ()
    return tuple(WARNINGS[name] for name in finding.quality.warnings)


def notes(finding: Finding) -> tuple[str, ...]:
    """Say what was unknown, and whether other moles counted."""
    unknown = [note.removesuffix(" unknown") for note in finding.notes if note.endswith("unknown")]
    found = []
    if unknown:
        found.append(
            f"{_listed(unknown).capitalize()} unknown: treated as such pictures were in training."
        )
    if finding.variant == "context":
        found.append("Compared with the other moles here, as one person's.")
    return tuple(found)


def hedges(finding: Finding) -> tuple[str, ...]:
    """Give everything that takes certainty from the number, in words."""
    return (doubt(finding), *notes(finding))


def _listed(words: Iterable[str]) -> str:
    *most, last = list(words)
    return f"{', '.join(most)} and {last}" if most else last

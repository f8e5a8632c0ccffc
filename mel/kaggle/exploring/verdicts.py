"""The shortcut audit in plain words."""

from collections.abc import Sequence

from mel.kaggle.exploring.shortcuts import Shortcut

__all__ = ["headline", "verdict"]

_STRENGTHS = ((0.6, "Weak"), (0.7, "Clear"), (0.8, "Strong"), (1.01, "Very strong"))
_MEANING = {
    "metadata": "what a doctor knows before looking; an image model has to beat it",
    "image size": "cameras and hospitals, not lesions; do not feed it to a model unless the images "
    "to be scored come from the same cameras in the same shares",
    "file properties": "how files were saved, not what they show; do not feed it to a model, and "
    "write all images anew in one format before training",
    "images per patient": "how patients were collected and followed; it is not known of a single "
    "new image, and a model that ranks within a patient leans on it",
    "source": "where an image comes from; mixing sources teaches their prevalence",
}
_JOINED = "the floor that a model of pictures must clear before it has seen a lesion"


def verdict(shortcut: Shortcut) -> str:
    """Say what one AUC means.

    >>> verdict(Shortcut("image size", ("width",), 0.55, 0.48, 0.61, 0.55))
    'Nothing reliable: the interval holds 0.5.'
    """
    if shortcut.auc is None or shortcut.low is None:
        return f"Not measured: {shortcut.why}."
    if shortcut.low <= 0.5:
        return f"Nothing reliable: {_nothing(shortcut)}."
    strength = next(word for limit, word in _STRENGTHS if shortcut.auc < limit)
    return f"{strength}: {_MEANING.get(shortcut.name, _JOINED)}."


def _nothing(shortcut: Shortcut) -> str:
    below = shortcut.high is not None and shortcut.high < 0.5
    return "the other folds point the wrong way" if below else "the interval holds 0.5"


def headline(shortcuts: Sequence[Shortcut], reason: str) -> str:
    """Say what is most worth knowing: the strongest single shortcut, and all of them together."""
    measured = [s for s in shortcuts if s.auc is not None]
    if not measured:
        return f"Not audited: {reason or 'no column says anything of the train images'}."
    single = [s for s in measured if s.name in _MEANING and s.name != "metadata"]
    telling = [s for s in single if s.low is not None and s.low > 0.5]
    plain = next((s for s in measured if s.name == "metadata"), None)
    parts = [f"Age, sex and site alone give AUC {plain.auc:.2f}"] if plain else []
    if telling:
        worst = max(telling, key=lambda s: s.auc or 0.0)
        parts.append(f"{worst.name} alone gives {_auc(worst, plain is None)}")
    elif single:
        parts.append(f"{_listed([s.name for s in single])} alone give nothing reliable")
    together = max(measured, key=lambda s: len(s.features))
    if together not in (plain, *single):
        parts.append(f"{together.name.replace(' + ', ', ')} together {_auc(together, False)}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}, without a look at a picture."


def _auc(shortcut: Shortcut, named: bool) -> str:
    unit = "AUC " if named else ""
    return f"{unit}{shortcut.auc:.2f} ({shortcut.low:.2f} to {shortcut.high:.2f})"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

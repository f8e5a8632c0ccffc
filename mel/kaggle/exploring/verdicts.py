"""The shortcut audit in plain words."""

from collections.abc import Sequence

from mel.kaggle.exploring.shortcuts import Shortcut

__all__ = ["audit_rows", "headline", "verdict"]

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
_BYTES = {"file_bytes", "bytes_per_pixel"}
_DETAIL = (
    "only bytes differ; where all files are saved alike they count how much detail a picture has, "
    "otherwise how files were saved; either way no skill at lesions"
)
_JOINED = "what a model of pictures must clear to have seen lesions"


def verdict(shortcut: Shortcut, others: Sequence[Shortcut] = ()) -> str:
    """Say what one AUC means; `others` are those that columns taken together are measured against.

    >>> verdict(Shortcut("image size", ("width",), 0.55, 0.48, 0.61, 0.55))
    'Nothing reliable: the interval holds 0.5.'
    """
    if shortcut.auc is None or shortcut.low is None:
        return f"Not measured: {shortcut.why}."
    if shortcut.low <= 0.5:
        return f"Nothing reliable: {_nothing(shortcut)}."
    strength = next(word for limit, word in _STRENGTHS if shortcut.auc < limit)
    if set(shortcut.features) <= _BYTES:
        return f"{strength}: {_DETAIL}."
    if shortcut.name in _MEANING:
        return f"{strength}: {_MEANING[shortcut.name]}."
    return f"{strength}: {_gain(shortcut, others)}{_JOINED}."


def _gain(shortcut: Shortcut, others: Sequence[Shortcut]) -> str:
    """How far columns together go beyond the best of those that are a part of them."""
    mine = set(shortcut.features)
    parts = [s for s in others if s.auc is not None and set(s.features) < mine]
    if not parts:
        return ""
    best = max(parts, key=lambda part: part.auc or 0.0)
    return f"{(shortcut.auc or 0.0) - (best.auc or 0.0):+.3f} on {best.name} alone; "


def _nothing(shortcut: Shortcut) -> str:
    below = shortcut.high is not None and shortcut.high < 0.5
    return "the other folds point the wrong way" if below else "the interval holds 0.5"


def audit_rows(shortcuts: Sequence[Shortcut]) -> list[tuple[str, str, str, str]]:
    """Give the audit as rows of text: columns, AUC, interval, in plain words."""
    rows = []
    for shortcut in shortcuts:
        value, interval = "–", "–"
        if shortcut.auc is not None:
            value, interval = f"{shortcut.auc:.3f}", f"{shortcut.low:.3f} to {shortcut.high:.3f}"
        rows.append((shortcut.name, value, interval, verdict(shortcut, shortcuts)))
    return rows


def headline(shortcuts: Sequence[Shortcut], reason: str) -> str:
    """Say what is most worth knowing: the strongest single shortcut, and all of them together."""
    measured = [s for s in shortcuts if s.auc is not None]
    if not measured:
        return f"Not audited: {reason or 'no column says anything of the train images'}."
    single = [s for s in measured if s.name in _MEANING]
    telling = [s for s in single if s.low is not None and s.low > 0.5]
    plain = next((s for s in telling if s.name == "metadata"), None)
    others = [s for s in telling if s is not plain]
    parts = [f"age, sex and site alone give AUC {_auc(plain)}"] if plain else []
    if others:
        worst = max(others, key=lambda s: s.auc or 0.0)
        parts.append(f"{worst.name} alone {'' if parts else 'AUC '}{_auc(worst)}")
    if not parts:
        parts.append("no kind of column alone gives anything reliable")
    together = max(measured, key=lambda s: len(s.features))
    if together not in single:
        parts.append(f"{together.name} together {'' if telling else 'AUC '}{_auc(together)}")
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}. No model has looked at a picture."


def _auc(shortcut: Shortcut) -> str:
    return f"{shortcut.auc:.2f} ({shortcut.low:.2f} to {shortcut.high:.2f})"

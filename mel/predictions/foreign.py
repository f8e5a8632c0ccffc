"""The marks of scores that were made on other folds than those they are used with."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from mel.errors import MelError
from mel.files import required

if TYPE_CHECKING:
    from mel.predictions.scores import Predictions

__all__ = ["UNKNOWN", "Foreign", "foreign_in", "foreign_note", "marked"]

Foreign = Mapping[str, Mapping[str, Any]]

UNKNOWN = "unknown"  # stands for the digest of folds that nobody told


def marked(foreign: Foreign, name: str, folds: str, where: str) -> dict[str, dict[str, Any]]:
    """Check the marks: scores made on folds nobody knows are foreign, and say so."""
    keys = {"folds": str, "against": str}
    marks = {member: required(mark, keys, where) for member, mark in foreign.items()}
    own = marks.get(name, {"folds": "" if folds == UNKNOWN else folds})["folds"]
    if own != folds:
        raise MelError(
            f"{where}: its folds are {folds}, its mark as foreign scores says {own or 'nothing'}; "
            "import it again: mel ensemble import"
        )
    return marks


def foreign_in(members: Sequence["Predictions"]) -> dict[str, Mapping[str, Any]]:
    """Give the foreign marks of all members, by name, for what is made from them.

    A stack or blend that keeps them says for ever whose scores it rests on.

    >>> from mel.predictions import Predictions
    >>> oof = Predictions.read("work/demo/cnn/efficientnetv2_micro-32/oof.parquet")
    >>> foreign_in([oof])  # it was trained on the folds it is used with
    {}
    """
    return {name: mark for member in members for name, mark in member.foreign.items()}


def foreign_note(foreign: Foreign) -> str:
    """Say in a sentence which members are foreign and what that can cost; empty without any.

    >>> print(foreign_note({"cp_1": {"folds": "f01d5", "against": "a" * 16}}))
    Foreign, made on other folds: cp_1. The networks that scored ...
    """
    if not foreign:
        return ""
    return (
        f"Foreign, made on other folds: {', '.join(sorted(foreign))}. The networks that scored a "
        "fold's images saw other targets of that fold, so every AUC of a stack or a blend with "
        "them can be too high; only images that no network saw can tell."
    )

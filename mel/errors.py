"""The one error a user of mel can solve, and the words its line is made of."""

import difflib
from collections.abc import Iterable

__all__ = ["ImageError", "MelError", "many", "near"]

_MOST = 12  # names that a message lists


class MelError(Exception):
    """Something the user can put right: one line with the thing, the value and the next step.

    Commands print it without a traceback and exit with status 2.
    """


class ImageError(MelError):
    """A file that cannot be shown as an image; the message opens with the file's name."""


def many(count: int, noun: str) -> str:
    """Give a count and its noun, which takes an s unless there is one.

    >>> many(1, "image"), many(0, "such row"), many(1000, "image")
    ('1 image', '0 such rows', '1,000 images')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def near(name: str, known: Iterable[str]) -> str:
    """Give the end of a sentence: the nearest known names, or the first twelve of all.

    >>> near("efficientnetv2_b9", ["efficientnetv2_b0", "resnet50_v2"])
    "did you mean 'efficientnetv2_b0'?"
    >>> near("zzz", ["sex", "age"])
    'known: age, sex'
    """
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(repr(c) for c in close)}?"
    more = f" … and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"known: {', '.join(names[:_MOST])}{more}"

"""The one error a user of mel can solve, and the help it gives with a mistyped name."""

import difflib
from collections.abc import Iterable

__all__ = ["ImageError", "MelError", "near"]

_MOST = 12  # names that a message lists


class MelError(Exception):
    """Something the user can put right: one line with the thing, the value and the next step.

    Commands print it without a traceback and exit with status 2.
    """


class ImageError(MelError):
    """A file that cannot be shown as an image; the message opens with the file's name."""


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

"""Examples of docstrings as code blocks: an extension of griffe, which reads them for the site.

mkdocstrings knows examples under the heading "Examples:" only; mel's stand where they belong.
"""

from collections.abc import Iterator
from typing import Any

import griffe

__all__ = ["Doctests", "fenced"]


class Doctests(griffe.Extension):
    """Put a fence around every example of every docstring."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring in place, once it was read."""
        if obj.docstring and ">>> " in obj.docstring.value:
            obj.docstring.value = "\n".join(fenced(obj.docstring.value))


def fenced(text: str) -> Iterator[str]:
    r"""Give a docstring's lines; an example lasts from its prompt to the next empty line.

    >>> list(fenced("Give it.\n\n>>> 1 + 1\n2\n\nIt is so."))
    ['Give it.', '', '```pycon', '>>> 1 + 1', '2', '```', '', 'It is so.']
    """
    inside = False
    for line in text.splitlines():
        if not inside and line.startswith(">>> "):
            inside = True
            yield "```pycon"
        elif inside and not line.strip():
            inside = False
            yield "```"
        yield line
    if inside:
        yield "```"

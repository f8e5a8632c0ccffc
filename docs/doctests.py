"""Examples as code blocks, comments as texts: an extension of griffe, which reads for the site.

mkdocstrings knows examples under the heading "Examples:" only; mel's stand where they belong. What
a setting of a recipe means stands behind it as a comment, which mkdocstrings passes over.
"""

from collections.abc import Iterator
from typing import Any

import griffe

__all__ = ["Doctests", "comment", "fenced"]


class Doctests(griffe.Extension):
    """Put a fence around every example of every docstring."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Change the docstring in place, once it was read."""
        if obj.docstring and ">>> " in obj.docstring.value:
            obj.docstring.value = "\n".join(fenced(obj.docstring.value))

    def on_attribute_instance(self, *, attr: griffe.Attribute, **_: Any) -> None:
        """Give a setting that has no docstring the comment on its line."""
        if attr.docstring or not attr.path.startswith("mel.config.") or not attr.lineno:
            return
        if said := comment(attr.lines_collection[attr.filepath][attr.lineno - 1]):
            attr.docstring = griffe.Docstring(said, parent=attr)


def comment(line: str) -> str:
    """Give what a comment at the end of a line says, as a sentence.

    >>> comment("seed: Seed = 0  # of the bags")
    'Of the bags.'
    """
    said = line.partition("  # ")[2].strip()
    return f"{said[0].upper()}{said[1:]}." if said and not said.startswith("noqa") else ""


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

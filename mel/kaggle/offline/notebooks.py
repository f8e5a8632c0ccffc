"""Notebooks from templates: text in which `# %%` begins a cell, as editors and jupytext have it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["notebook", "template"]

_TEMPLATES = Path(__file__).with_name("templates")
_CELL = re.compile(r"^# %%( \[markdown\])?$", re.MULTILINE)


def template(name: str, values: Mapping[str, str]) -> str:
    """Give a notebook's JSON by the template `name`, each {{KEY}} in it replaced by its value.

    `{{HEAD}}` is the template head, which all notebooks begin with.
    """
    text = _text(name).replace("{{HEAD}}", _text("head"))
    for key, value in values.items():
        text = text.replace(f"{{{{{key}}}}}", value)
    return json.dumps(notebook(text), indent=1, ensure_ascii=False) + "\n"


def _text(name: str) -> str:
    return (_TEMPLATES / f"{name}.txt").read_text(encoding="utf-8").rstrip("\n")


def notebook(text: str) -> dict[str, Any]:
    r"""Give a notebook, without outputs, of text in cells.

    >>> cells = notebook("# %% [markdown]\n# # Title\n# %%\n1 + 1")["cells"]
    >>> [(cell["cell_type"], cell["source"]) for cell in cells]
    [('markdown', ['# Title']), ('code', ['1 + 1'])]
    """
    parts = _CELL.split(text)[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    cells = [_cell(number, bool(kind), body) for number, (kind, body) in enumerate(pairs)]
    named = {"display_name": "Python 3", "language": "python", "name": "python3"}
    about = {"kernelspec": named, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": about, "nbformat": 4, "nbformat_minor": 5}


def _cell(number: int, is_text: bool, body: str) -> dict[str, Any]:
    common: dict[str, Any] = {"id": f"cell-{number}", "metadata": {}}
    body = body.strip("\n")
    if is_text:
        plain = re.sub(r"^# ?", "", body, flags=re.MULTILINE)
        return common | {"cell_type": "markdown", "source": plain.splitlines(keepends=True)}
    lines = body.splitlines(keepends=True)
    return common | {
        "cell_type": "code",
        "source": lines,
        "execution_count": None,
        "outputs": [],
    }

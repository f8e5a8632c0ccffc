"""Recipes by path or by the name of one that comes with mel, and kept in the work folder."""

import json
from pathlib import Path
from typing import Any

from mel import cnn
from mel.config import Recipe
from mel.errors import MelError
from mel.files import write_text

__all__ = ["embedded", "find", "keep", "vet"]

_PACKAGE = Path(__file__).parent.parent


def embedded() -> dict[str, Path]:
    """Give the recipes that come with mel, by name: in a wheel `mel/recipes`, else `recipes`.

    Their names do where a function takes a recipe.

    >>> embedded()["demo"].name
    'demo.toml'
    """
    places = (_PACKAGE / "recipes", _PACKAGE.parent / "recipes")
    folder = next((place for place in places if place.is_dir()), places[0])
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


def find(recipe: Path) -> Path:
    """Give `recipe` if there is such a file, else the one of that name that comes with mel.

    Raises MelError when there is neither.
    """
    if recipe.is_file():
        return recipe
    known = embedded()
    if recipe.parent in (Path(), Path("recipes")) and recipe.stem in known:
        return known[recipe.stem]
    raise MelError(f"{recipe}: no such recipe; give a file or one of: {', '.join(known)}")


def vet(recipe: Recipe) -> None:
    """Refuse what no stage could train, before anything is made.

    Raises MelError for an unknown backbone (near matches offered), for pictures of a size it does
    not take, for ImageNet weights where there are none, and for a folder or file of weights that is
    not there or not this backbone's.
    """
    for member in recipe.cnn:
        cnn.check_member(member)


def keep(recipe: Recipe, source: Path | None, path: Path) -> None:
    """Keep the recipe in the work folder: the file as it was given, or the same in TOML."""
    text = source.read_text(encoding="utf-8") if source else _to_toml(recipe)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        write_text(path, text)


def _to_toml(recipe: Recipe) -> str:
    """Write what was set, and no default: a default may be a setting that has no effect."""
    tables = recipe.model_dump(mode="json", exclude={"name", "cnn", "imported"}, exclude_unset=True)
    lines = [f"name = {json.dumps(recipe.name)}"]
    for name, table in tables.items():
        lines += ["", f"[{name}]", *_settings(table)]
    for title, members in (("cnn.members", recipe.cnn), ("imported", recipe.imported)):
        for member in members:
            own = member.model_dump(mode="json", exclude_unset=True)
            lines += ["", f"[[{title}]]", *_settings(own)]
    return "\n".join(lines) + "\n"


def _settings(table: dict[str, Any]) -> list[str]:
    return [f"{key} = {_value(value)}" for key, value in table.items() if value is not None]


def _value(value: Any) -> str:
    """Write a value in TOML: as in JSON, but for tables, which stand in line."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(k)} = {_value(v)}" for k, v in value.items() if v is not None)
        return f"{{ {', '.join(pairs)} }}"
    if isinstance(value, list):
        return f"[{', '.join(_value(item) for item in value)}]"
    return json.dumps(value)

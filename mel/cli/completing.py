"""What the shell offers after Tab: values that are known, read without importing any room."""

from collections.abc import Iterable
from pathlib import Path

import typer

__all__ = ["backbones", "blends", "extras", "members", "recipes", "stages", "versions"]

_PACKAGE = Path(__file__).parent.parent
_ROOMS = ("cnn", "imported", "tabular", "ensemble")  # of a work folder, whose scores have names
_MEMBER, _BLEND, _SCORES = "recipe.json", "blend.json", "test.parquet"  # what is in such a folder
_EXTRAS = ("train", "tpu", "export", "serve", "app", "search", "kaggle", "dicom", "hdf5")


def recipes(incomplete: str) -> list[str]:
    """Offer the recipes that mel brings, and the TOML files here; other paths are the shell's."""
    places = (_PACKAGE / "recipes", _PACKAGE.parent / "recipes")
    brought = (path.stem for place in places for path in place.glob("*.toml"))
    return _begun(incomplete, {*brought, *(path.name for path in Path().glob("*.toml"))})


def backbones(incomplete: str) -> list[str]:
    """Offer the registry's names."""
    from mel import cnn

    return _begun(incomplete, (entry.name for entry in cnn.backbones()))


def members(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the members that the folder of --work has trained, or begun to."""
    return _begun(incomplete, _made(ctx, "cnn", _MEMBER))


def blends(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer the blends of the folder of --work."""
    return _begun(incomplete, _made(ctx, "ensemble", _BLEND))


def stages(ctx: typer.Context, incomplete: str) -> list[str]:
    """Offer what has test scores in the folder of --work, as ROOM/NAME."""
    found = (f"{room}/{name}" for room in _ROOMS for name in _made(ctx, room, _SCORES))
    return _begun(incomplete, found)


def extras(incomplete: str) -> list[str]:
    """Offer mel's extras."""
    return _begun(incomplete, _EXTRAS)


def versions(incomplete: str) -> list[str]:
    """Offer the versions of Python that mel runs on."""
    return _begun(incomplete, ("3.11", "3.12"))


def _made(ctx: typer.Context, room: str, file: str) -> list[str]:
    """Give a room's folders that hold such a file, in the work folder that stands on the line."""
    work = ctx.params.get("work")
    place = Path(str(work)).expanduser() / room if work else None
    if place is None or not place.is_dir():
        return []
    return [path.parent.name for path in place.glob(f"*/{file}")]


def _begun(incomplete: str, known: Iterable[str]) -> list[str]:
    return sorted(name for name in known if name.startswith(incomplete))

"""The folder of a blend: all files of it at once, or none."""

from pathlib import Path

from mel.ensemble.making import Blended
from mel.ensemble.reporting import Page
from mel.errors import MelError
from mel.files import atomic, write_bytes, write_json, write_text

__all__ = ["BLEND", "PAGE", "check_place", "write", "write_page"]

BLEND, PAGE = "blend.json", "report.html"


def check_place(out: Path) -> None:
    """Refuse to replace a folder that is not an ensemble's: writing takes its whole name."""
    if out.is_dir() and any(out.iterdir()) and not (out / BLEND).is_file():
        raise MelError(f"{out}: holds other files and no {BLEND}; name a new or empty folder")


def write(blended: Blended, page: Page, out: Path) -> None:
    """Write a blend, its scores and its report; the folder takes its name when all are there."""
    with atomic(out) as folder:
        folder.mkdir()
        blended.blend.write(folder / BLEND)
        blended.oof.write(folder / "oof.parquet")
        blended.test.write(folder / "test.parquet")
        write_page(blended, page, folder)


def write_page(blended: Blended, page: Page, folder: Path) -> None:
    """Write the report, every number of it as JSON, and its figures where there are any."""
    write_json(folder / "evaluation.json", blended.evaluation.as_dict())
    for name, picture in page.figures.items():
        write_bytes(folder / "figures" / f"{name}.png", picture)
    write_text(folder / PAGE, page.html)

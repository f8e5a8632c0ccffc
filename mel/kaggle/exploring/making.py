"""Exploring: an ImageTable and its Folds -> numbers, findings, figures and a page."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from mel.errors import MelError
from mel.files import atomic, versions, write_json, write_text
from mel.kaggle.exploring.examples import pick_examples
from mel.kaggle.exploring.findings import findings
from mel.kaggle.exploring.numbers import Clock, Numbers, number
from mel.kaggle.exploring.verdicts import audit_rows, headline
from mel.tables import Folds, ImageTable, as_table

__all__ = ["Exploration", "explore"]


@dataclass(frozen=True)
class Exploration:
    """What an exploration found.

    numbers: every number, as frames. findings: a sentence or two by topic. report: the page, and
    figures: the PNGs by name; None and empty where no folder was given. seconds: what each part
    took.

    >>> from mel.kaggle import load
    >>> from mel.config import DataSettings
    >>> images = load(DataSettings(adapter="siim2020"), "work/demo/competition").table
    >>> found = explore(images)
    >>> found.numbers.counts.select("split", "images", "patients", "positives").rows()
    [('train', 84, 22, 14), ('test', 36, 10, None)]
    """

    numbers: Numbers
    findings: Mapping[str, str]
    report: Path | None
    figures: Mapping[str, Path]
    seconds: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """Give plain data, as `mel kaggle explore --json` has it: explore.json's, and its place."""
        report = None if self.report is None else str(self.report)
        return {"report": report, "findings": dict(self.findings), **self.numbers.as_dict()}

    @property
    def audit(self) -> list[tuple[str, str, str, str]]:
        """The shortcut audit as rows of text: columns, AUC, 95 % interval, in plain words."""
        return audit_rows(self.numbers.shortcuts)


def explore(
    table: ImageTable | pl.DataFrame,
    folds: Folds | None = None,
    out: Path | str | None = None,
    *,
    examples: int = 8,
    pairs: pl.DataFrame | None = None,
    headers: bool = True,
    seed: int = 0,
) -> Exploration:
    """Look at a competition's images and their table before anything is trained on them.

    Counts, missing values, patients, the share of positives by each column, image sizes, copies,
    the shift from train to test, and the shortcut audit: what a model without a look at a picture
    scores on `folds` (without folds there is no audit). With `out` the folder gets report.html (one
    self-contained page), figures/*.png and explore.json with every number, all at once or none; an
    earlier exploration there is replaced.

    `examples` is how many pictures the page shows of each site or diagnosis, `pairs` are copies
    found by looking (image_id_1, image_id_2), `headers` whether the image files' headers are read,
    and `seed` draws the examples, the random splits and the resampled patients.

    Raises MelError for a table without images, for folds that are another table's or that leak,
    and for an `out` that holds something else or cannot be written.

    >>> frame = pl.DataFrame(
    ...     {"image_id": list("abcd"), "patient_id": list("ppqr"), "target": [0, 1, 0, None]}
    ... ).with_columns(
    ...     pl.Series("split", ["train", "train", "train", "test"]),
    ...     pl.lit("example").alias("source"),
    ...     *(pl.lit(None).alias(name) for name in ("path", "sex", "age", "site")),
    ... )
    >>> found = explore(ImageTable.of(frame, "example"))
    >>> found.findings["counts"]
    '3 train images of 2 patients, 1 of them positive (33.3 %); 1 test image of 1 patient.'

    Guarantees: the same table in any order of rows gives the same report, to the byte.
    """
    table, clock = as_table(table), Clock()
    if not table.frame.height:
        raise MelError(f"{table.name}: has no images; there is nothing to explore")
    place = None if out is None else _free(Path(out))
    numbers = number(table, folds, pairs, clock, headers=headers, seed=seed)
    said = findings(numbers)
    said["shortcuts"] = headline(numbers.shortcuts, numbers.no_audit)
    names: list[str] = []
    if place is not None:
        names = _write(place, table, folds, numbers, said, clock, examples, seed)
    figures = {name: place / "figures" / f"{name}.png" for name in names} if place else {}
    return Exploration(numbers, said, place and place / "report.html", figures, dict(clock.seconds))


def _free(out: Path) -> Path:
    """Refuse to replace what is no exploration, and a place where nothing can be written."""
    if out.exists() and not out.is_dir():
        raise MelError(f"{out}: is a file, not a folder; choose another place")
    if out.is_dir() and any(out.iterdir()) and not (out / "explore.json").is_file():
        raise MelError(f"{out}: holds something else than an exploration; choose a new folder")
    above = next(path for path in out.absolute().parents if path.exists())
    if not (above.is_dir() and os.access(above, os.W_OK)):
        raise MelError(f"{out}: cannot be made in {above}; free or choose a place")
    return out


def _write(
    out: Path,
    table: ImageTable,
    folds: Folds | None,
    numbers: Numbers,
    said: Mapping[str, str],
    clock: Clock,
    examples: int,
    seed: int,
) -> list[str]:
    """Draw and write everything; gives the figures' names."""
    from mel.kaggle.exploring.figures import draw_all
    from mel.kaggle.exploring.page import render
    from mel.kaggle.exploring.sections import Told

    drawn = draw_all(numbers)
    clock.lap("figures")
    shown = pick_examples(table, examples, seed)
    clock.lap("examples")
    inputs = {"images": table.digest} | ({} if folds is None else {"folds": folds.digest})
    content = {"kind": "exploration", "schema": 1, "name": table.name, "inputs": inputs}
    content |= {"seed": seed, "versions": versions(), "findings": dict(said)}
    content |= {"broken_examples": list(shown.broken), **numbers.as_dict()}
    with atomic(out) as folder:
        (folder / "figures").mkdir(parents=True)
        for figure in drawn.values():
            (folder / "figures" / f"{figure.name}.png").write_bytes(figure.png)
        write_json(folder / "explore.json", content)
        page = render(table, folds, Told(numbers, said, drawn, shown))
        write_text(folder / "report.html", page)
    clock.lap("page")
    return list(drawn)

"""Competitions on disk -> a Competition: their images as one checked table, and what is scored."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from mel.config import DataSettings
from mel.errors import MelError
from mel.kaggle import duplicates
from mel.kaggle.joining import NOTHING_LEFT_OUT, hold_out, label_copies, stack
from mel.kaggle.notes import (
    note_conflicts,
    note_left_out,
    note_meanings,
    note_seen,
    note_unused,
)
from mel.kaggle.samples import make_sample, read_sample
from mel.kaggle.sources import Source, digest, gather
from mel.tables import ImageTable

__all__ = ["Competition", "load", "source_digest"]

_UNMAPPED = {"column": pl.String, "value": pl.String, "rows": pl.Int64, "source": pl.String}


@dataclass(frozen=True)
class Competition:
    """What a competition brings.

    table: all its images. solution: image_id and target (0 or 1) of the test images where they
    are known, for the final score and nothing else; otherwise None. sample: the sample
    submission, with its header, order and ids (text), and its target as a number.

    unmapped: the words for sex, site and diagnosis that mel's vocabularies do not have, null in
    the table: column (of the file), value, rows (of the whole file) and source. left_out: the
    images that the sources have and the table has not: image_id, source, reason, and kept_id, the
    id of the same picture in the table. notes: what else is worth a line.

    >>> found = load(DataSettings(adapter="siim2020"), "work/demo/competition")
    >>> found.table.train.height, found.solution.height, found.sample.columns
    (84, 36, ['image_name', 'target'])
    >>> found.unmapped.height, found.left_out.height
    (0, 0)
    """

    table: ImageTable
    solution: pl.DataFrame | None
    sample: pl.DataFrame
    unmapped: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_UNMAPPED))
    left_out: pl.DataFrame = field(default_factory=lambda: NOTHING_LEFT_OUT)
    notes: tuple[str, ...] = ()


def load(settings: DataSettings, data: Path | str, cache: Path | None = None) -> Competition:
    """Read the competition in the folder `data`, and the external ones, as the settings say.

    Every image gets its absolute path, and its size as file_bytes, by which a changed picture
    changes the table's digest; it must be there and not empty, but is not decoded. With
    images = "none" there are tables only, and no path. `cache` is a folder that keeps what
    comparing pictures found out.

    Rows of an external source have the split "external". Where sources share an image, the first
    keeps it. Patients are the same where their ids are: ISIC numbers them across its challenges,
    and elsewhere a chance match merely keeps two patients in one fold. The table's `inputs` are
    the digests of the sources and of the settings; test images have neither target nor diagnosis.

    A word for sex, site or diagnosis that the vocabularies do not have is null and listed, unless
    the target depends on it; image files that no row names are counted in a note.

    Raises MelError, in one line with the file, the value and a way out, for: a missing folder or
    CSV; a missing, renamed, double or unknown column; a duplicate or missing image id; a target
    that is not 0 or 1, or a diagnosis that should decide it and is unknown; an impossible age; a
    missing patient id (unless missing_patient is "own": then each such image is a patient of its
    own); a patient in both train and test; a sample submission or solution with other ids than
    the test images; an image file that is missing or empty; no test set and no test_fraction.

    >>> competition = load(DataSettings(adapter="siim2020"), "work/demo/competition")
    >>> competition.table.train.height, competition.table.test.height, competition.table.synthetic
    (84, 36, True)
    """
    sources = gather(settings, data)
    main = sources[0]
    read = [source.read() for source in sources]
    rows, left_out = stack([frame for frame, _ in read])
    frame = label_copies(_with_paths(rows, sources), sources, settings, cache)
    frame, held = hold_out(frame, settings)
    sample, solution = _scored(main, frame, held)
    notes = note_unused(sources, [frame for frame, _ in read])
    notes += [*note_conflicts(frame), *note_meanings(sources)]
    if settings.drop_duplicates:
        frame, gone = _dropped(frame)
        left_out = pl.concat([left_out, gone])
    else:
        notes += note_seen(frame)
    inputs = {"data": digest(sources), "settings": settings.digest}
    synthetic = any(source.synthetic for source in sources)
    table = ImageTable.of(frame, main.name, synthetic=synthetic, inputs=inputs)
    unmapped = pl.concat([odd for _, odd in read])
    notes = [*note_left_out(left_out), *notes]
    return Competition(table, solution, sample, unmapped, left_out, tuple(notes))


def source_digest(settings: DataSettings, data: Path | str) -> str:
    """Give a digest of what `load` would read, in about a second: 16 hexadecimal digits.

    It covers the folders' own paths (the table holds absolute ones), the tables' SHA-256, and
    the names and sizes of the image files; a picture changed at the same size goes unnoticed.
    Raises MelError when a folder is missing.

    >>> settings = DataSettings(adapter="siim2020")
    >>> len(source_digest(settings, "work/demo/competition"))
    16
    """
    return digest(gather(settings, data))


def _with_paths(rows: pl.DataFrame, sources: Sequence[Source]) -> pl.DataFrame:
    parts = [source.with_paths(rows.filter(source=source.name)) for source in sources]
    return pl.concat(parts).sort("image_id")


def _dropped(frame: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    kept, gone = duplicates.drop(frame)
    links = [c for c in ("source", "patient_id", "lesion_id") if c in frame.columns]
    named = gone.join(frame.select("image_id", *links), on="image_id", how="left")
    kept = duplicates.hand_on(kept, named)
    reason = pl.lit("is a copy of an image that stays")
    return kept, named.select("image_id", "source", reason=reason, kept_id="kept_id")


def _scored(
    main: Source, frame: pl.DataFrame, held: pl.DataFrame | None
) -> tuple[pl.DataFrame, pl.DataFrame | None]:
    """Give the sample submission, and the test images' targets where they are known."""
    layout, test = main.layout, frame.filter(split="test")["image_id"].sort()
    if held is not None:
        return make_sample(layout.header, test), held
    if not test.len():
        raise MelError(
            f"data.test_fraction 0: {main.name} brings no test set; "
            "hold some images out, such as 0.15"
        )
    path = main.folder / layout.sample
    header = None if layout.any_header else layout.header
    given = layout.needs_sample or path.exists()
    sample = read_sample(path, header, test) if given else make_sample(layout.header, test)
    solution = main.adapter.solution
    return sample, None if solution is None else solution(main.settings, main.folder, test)

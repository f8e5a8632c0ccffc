"""A work folder's folds: built, repeated, a hold-out within one, and who trains what."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import polars as pl

from mel import folds
from mel.config import Recipe
from mel.errors import MelError
from mel.pipeline.auditing import folds_audit
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.running import opened, states_of
from mel.pipeline.single import only
from mel.pipeline.stages import stages
from mel.tables import Folds, ImageTable

__all__ = ["Repeated", "folds_build", "folds_inner", "folds_repeat", "folds_training"]

_SEEDS = 2**31


class Repeated(NamedTuple):
    """A fold map of another seed: how many folds, the map's digest, and its file."""

    seed: int
    folds: int
    digest: str
    file: Path


def folds_build(recipe: Recipe | AnyPath, work: AnyPath) -> folds.Audit:
    """Assign every train image of `work` to a fold, patients whole: folds.parquet there.

    Gives what the audit of these folds finds (`mel.folds.Audit`), which is kept in audit/ besides.
    Folds that are there and current are not made anew. Raises MelError when images are missing or
    stale, for whatever `mel.folds.build` refuses, and for folds that leak.

    >>> found = folds_build("tiny", "work/demo")
    >>> found.leaks, [row["patients"] for row in found.counts.to_dicts()]
    ((), [10, 12])
    """
    only(recipe, work, "folds")
    return folds_audit(work, compare=False)


def folds_repeat(recipe: Recipe | AnyPath, work: AnyPath, seeds: Sequence[int]) -> list[Repeated]:
    """Build a fold map a seed from the images loaded in `work`: files folds/seed-N.parquet there.

    The recipe's own map, folds.parquet, is not touched. `seeds` are whole numbers from 0, each
    once. Gives seed, number of folds, digest and file of each. Raises MelError when images are
    missing or stale, for a seed given twice or negative, and for whatever `mel.folds.repeated`
    refuses.

    >>> rows = folds_repeat("tiny", "work/demo", [1, 2])
    >>> [(row.seed, row.folds, row.file.name) for row in rows]
    [(1, 2, 'seed-1.parquet'), (2, 2, 'seed-2.parquet')]
    """
    found, source = opened(recipe, members=False)
    place = Work(Path(work))
    place.required()
    _require_seeds(seeds)
    load = states_of(stages(found, place)[:1])[0]
    if not load.ready:
        raise MelError(
            f"{place.root}: images are {load.kind} ({load.why}); run first: "
            f"mel kaggle load {source or 'RECIPE'} --data DIR --work {place.root}"
        )
    rows = []
    with place.locked():
        maps = folds.repeated(place.loaded(), found.folds, seeds)
        for seed, made in maps.items():
            path = place.root / "folds" / f"seed-{seed}.parquet"
            made.write(path)
            rows.append(Repeated(seed, made.n_folds, made.digest, path))
    return rows


def _require_seeds(seeds: Sequence[int]) -> None:
    if not seeds:
        raise MelError("no seeds; give at least one, such as 0")
    for seed in seeds:
        if not isinstance(seed, int) or not 0 <= seed < _SEEDS:
            raise MelError(f"seed {seed!r} is not from 0 to {_SEEDS - 1}; choose another")
        if list(seeds).count(seed) > 1:
            raise MelError(f"seed {seed} is given twice; give each once")


def folds_inner(
    work: AnyPath, fold: int, out: AnyPath, share: float = 0.1, seed: int = 0
) -> folds.Inner:
    """Part what trains one fold of a work folder into train and hold-out, written to `out`.

    `share` is the part of the images to hold out, from 0 to 1; patients stay whole. Gives a
    `mel.folds.Inner`: its `frame` has image_id and part ("train" or "hold-out"). The work folder is
    only read. Raises MelError for a name that does not end in .parquet, images or folds that are
    missing or do not belong together, and whatever `mel.folds.inner` refuses.

    >>> parted = folds_inner("work/demo", fold=0, out="work/inner.parquet", share=0.3)
    >>> len(parted.train), len(parted.held_out)  # of the 44 images of the other fold
    (31, 13)
    """
    out = Path(out)
    if out.suffix != ".parquet":
        raise MelError(f"{out}: unknown suffix; give a file that ends in .parquet")
    _require_seeds([seed])
    table, made = _read(work)
    found = folds.inner(table, made, fold, share, seed)
    found.write(out)
    return found


def folds_training(work: AnyPath) -> tuple[str, pl.DataFrame]:
    """Give how a work folder's folds were made, and what each scores and trains on.

    The frame is that of `mel.folds.training_counts`, a row a fold. Raises MelError as `folds_inner`
    does.

    >>> method, rows = folds_training("work/demo")
    >>> method, rows.select("fold", "scored", "trains").rows()
    ('balanced-groups', [(0, 40, 44), (1, 44, 40)])
    """
    table, made = _read(work)
    return made.method, folds.training_counts(table, made)


def _read(work: AnyPath) -> tuple[ImageTable, Folds]:
    place = Work(Path(work))
    table, made = place.loaded(), place.parted()
    made.covers(table)
    return table, made

"""Members' Predictions in, a Blend and its honest Predictions out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import polars as pl

from mel.config import EnsembleSettings
from mel.ensemble.artefact import Blend
from mel.ensemble.making import Blended, make
from mel.ensemble.reporting import render
from mel.ensemble.writing import BLEND, PAGE, check_place, write, write_page
from mel.errors import MelError
from mel.predictions import Predictions
from mel.report import Exhibit
from mel.tables import Folds, ImageTable, as_table

__all__ = ["Blended", "blend", "report"]


def blend(
    table: ImageTable | pl.DataFrame,
    folds: Folds,
    oof: Sequence[Predictions],
    test: Sequence[Predictions],
    settings: EnsembleSettings | None = None,
    out: Path | str | None = None,
    *,
    png: bool = False,
    exhibits: Sequence[Exhibit] = (),
) -> Blended:
    """Rank-blend members that were trained on the same folds.

    `oof` and `test` hold the same members, in any order; rows are joined by image_id. The Blend's
    weights and references come from all out-of-fold rows. What it is worth is measured twice:
    naively, on the rows that chose the weights, and honestly, each fold with weights and references
    of the other folds. The rank mean of all members is measured beside it. Where the settings rank
    within each fold, out-of-fold images are ranked among those of their fold, and test images,
    which no fold holds, against all out-of-fold scores.

    The blend is the method that the settings ask for only where its honest AUC beats that of the
    rank mean beyond noise, or where `fallback` is off; else it is the rank mean. It holds a
    calibration and an operating point, both found on honest scores: see `mel.ensemble.proof`.

    With `out`, a folder of blend.json, oof.parquet, test.parquet, evaluation.json (every number of
    the report) and report.html takes that name once all are written; with `png`, the report's
    figures lie in figures/ as well. `exhibits` are shown in the report beside its own.

    Raises MelError, naming the member, for scores that are in-sample or made on other folds, for
    missing, strange or repeated ids, a member given twice or on one side only; for a fold with one
    class; and when every member is constant. A single constant member gets weight 0.

    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> places = ["work/demo/cnn/efficientnetv2_micro-32", "work/demo/tabular/lightgbm"]
    >>> oof = [Predictions.read(f"{place}/oof.parquet") for place in places]
    >>> test = [Predictions.read(f"{place}/test.parquet") for place in places]
    >>> found = blend(table, folds, oof, test, EnsembleSettings(method="mean"))
    >>> found.blend.weights
    {'efficientnetv2_micro-32': 0.5, 'lightgbm': 0.5}
    >>> found.oof.frame.height, found.test.frame.height, 0 <= found.blend.honest.pooled <= 1
    (84, 36, True)
    """
    table, settings = as_table(table), settings or EnsembleSettings()
    out = None if out is None else Path(out)
    if out is not None:
        check_place(out)
    blended, evidence = make(table, folds, oof, test, settings)
    if out is not None:
        write(blended, render(table, blended, evidence, exhibits, png=png), out)
    return blended


def report(
    table: ImageTable | pl.DataFrame,
    folds: Folds,
    oof: Sequence[Predictions],
    test: Sequence[Predictions],
    out: Path | str,
    settings: EnsembleSettings | None = None,
    exhibits: Sequence[Exhibit] = (),
) -> Path:
    """Write the report on the blend in `out` anew, and its figures as PNG in figures/ beside it.

    `table`, `folds`, the members' `oof` and `test` scores, `settings` and `exhibits` are what
    `blend` took; `out` is the folder that it wrote. Gives the page's path. Raises MelError as
    `blend` does, and where the blend in `out` is another than these would give.

    >>> import shutil
    >>> from mel.config import Recipe
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> places = ["work/demo/cnn/efficientnetv2_micro-32", "work/demo/tabular/lightgbm"]
    >>> oof = [Predictions.read(f"{place}/oof.parquet") for place in places]
    >>> test = [Predictions.read(f"{place}/test.parquet") for place in places]
    >>> out = shutil.copytree("work/demo/ensemble/blend", "work/again")
    >>> settings = Recipe.read("work/demo/recipe.toml").ensemble
    >>> report(table, folds, oof, test, out, settings).name
    'report.html'
    """
    table, place = as_table(table), Path(out)
    known = Blend.read(place / BLEND)
    blended, evidence = make(table, folds, oof, test, settings or EnsembleSettings())
    same = replace(blended.blend, advice=known.advice)  # words may change, numbers may not
    if same.digest != known.digest:
        raise MelError(
            f"{place / BLEND}: is not the blend of these members and settings (digest "
            f"{known.digest}, theirs {same.digest}); blend again"
        )
    page = render(table, blended, evidence, exhibits, png=True)
    write_page(blended, page, place)
    return place / PAGE

"""Scores from elsewhere -> Predictions, native or marked as foreign."""

import re
from pathlib import Path
from typing import Any, TypedDict

import polars as pl

from mel.ensemble.importing.checking import check_truth, weigh
from mel.ensemble.importing.comparing import foreign_mark, require_native, same_partition
from mel.ensemble.importing.reading import Given, read_scores
from mel.ensemble.importing.scales import common_scale, places
from mel.errors import MelError, many
from mel.metrics import auc, auc_report
from mel.predictions import UNKNOWN, Predictions, Scale
from mel.progress import say
from mel.tables import Folds, ImageTable, as_table

__all__ = ["ImportOptions", "import_scores"]

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}"  # a folder's as well
_OURS = ("image_id", "fold", "score", "target")  # columns of mel's own tables


class ImportOptions(TypedDict, total=False):
    """What a user may say of the files: options of `import_scores`, none of them needed.

    `foreign` lets scores of other folds in; `scale` is "probability", "logit" or "rank"; the others
    name the columns of ids and scores where they are not found by their usual names.

    >>> options: ImportOptions = {"scale": "logit", "score_column": "pred"}
    """

    foreign: bool
    scale: Scale
    id_column: str | None
    score_column: str | None
    test_id_column: str | None
    test_score_column: str | None


def import_scores(
    table: ImageTable | pl.DataFrame,
    folds: Folds,
    oof: Path | str | pl.DataFrame,
    test: Path | str | pl.DataFrame,
    *,
    name: str,
    own_folds: Folds | None = None,
    foreign: bool = False,
    scale: Scale = "",
    id_column: str | None = None,
    score_column: str | None = None,
    test_id_column: str | None = None,
    test_score_column: str | None = None,
) -> tuple[Predictions, Predictions]:
    """Make anybody's out-of-fold and submission scores a member: give (oof, test).

    `oof` and `test` are CSV or Parquet files, or frames, with a row an image; their columns are
    found by usual names unless named here, and `scale` by the values unless said. Ranks become
    places between 0 and 1; other scores are kept as they are. A column with the truth, beside the
    scores, is compared with the table's. `own_folds` is the map the scores were made on: where
    the file has it, `mel.folds.read_map(oof, table)`.

    Scores whose own map parts the images as `folds` does, whatever its numbers, are native. All
    others are foreign: they are refused unless `foreign`, then marked so, and blended or stacked
    only after `Predictions.admit(folds)`.

    Raises MelError, naming the file, the column or the image, for a name that cannot be one,
    columns not found or ambiguous, ids that are missing, double, unknown or of the wrong images,
    scores that are not finite numbers, labels given as scores, another truth than the table's,
    test scores that are all the same, two scales, and folds that are other or unknown.

    Guarantees: the same Predictions, to the bit, for any order of the files' rows.

    >>> from mel.config import FoldsSettings
    >>> from mel.folds import build
    >>> images = pl.DataFrame(
    ...     {
    ...         "image_id": [f"i{n:02d}" for n in range(12)],
    ...         "patient_id": [f"p{n // 2:02d}" for n in range(12)],
    ...         "age": [20.0 + n for n in range(12)],
    ...         "target": [0, 1] * 4 + [None] * 4,
    ...         "split": ["train"] * 8 + ["test"] * 4,
    ...         "path": "somewhere.jpg",
    ...         "source": "example",
    ...         "sex": None,
    ...         "site": None,
    ...     }
    ... )
    >>> folds = build(images, FoldsSettings(n_folds=2))
    >>> scores = images.select("image_id", score=pl.col("age") / 40 + 0.001)
    >>> ours = scores[:8].join(folds.frame, on="image_id")
    >>> oof, test = import_scores(images, folds, ours, scores[8:], name="cp_1", own_folds=folds)
    >>> oof.kind, oof.frame.height, test.kind, test.frame.height, oof.foreign
    ('oof', 8, 'test', 4, {})
    """
    table = as_table(table)
    _check_name(name)
    ours = read_scores(oof, table, test=False, id_column=id_column, column=score_column)
    theirs = read_scores(test, table, test=True, id_column=test_id_column, column=test_score_column)
    check_truth(ours, table)
    scale = common_scale(ours, theirs, scale)
    weigh(ours, theirs, table)
    native = _is_native(table, folds, own_folds, name, foreign)
    used = folds if native else own_folds
    rows = _rows(ours, scale).join(_fold_of(used, table), on="image_id", validate="1:1")
    outside = _rows(theirs, scale).with_columns(fold=pl.lit(None, pl.Int16))
    shared: dict[str, Any] = {
        "name": name,
        "folds": UNKNOWN if used is None else used.digest,
        "inputs": {"images": table.digest, "folds": folds.digest},
        "metric": _metric(table, rows, folds, ours, theirs),
        "foreign": {} if native else {name: foreign_mark(table, folds, own_folds)},
        "scale": scale,
    }
    oof_scores = Predictions.of(rows, kind="oof", **shared)
    return oof_scores, Predictions.of(outside, kind="test", **shared)


def _check_name(name: str) -> None:
    if not re.fullmatch(_NAME, name):
        raise MelError(
            f"name {name!r}: give letters, digits, dots, dashes and underscores, 80 at most"
        )
    if name in _OURS:
        raise MelError(f"name {name!r}: is a column's name; call the member something else")


def _is_native(
    table: ImageTable, folds: Folds, own: Folds | None, name: str, foreign: bool
) -> bool:
    folds.matches(table)
    if own is not None:
        own.covers(table)
    if own is not None and same_partition(folds, own):
        say(f"{name}: made on these folds ({folds.digest})")
        if folds.barred.height:
            say(
                f"{name}: whether its networks kept to what these folds bar, "
                f"{many(folds.barred.height, 'pair')} of image and fold, no map can tell"
            )
        return True
    if not foreign:
        require_native(folds, own, name)
    return False


def _rows(given: Given, scale: Scale) -> pl.DataFrame:
    return given.frame.with_columns(score=places(given)) if scale == "rank" else given.frame


def _fold_of(used: Folds | None, table: ImageTable) -> pl.DataFrame:
    if used is not None:
        return used.frame
    return table.train.select("image_id", fold=pl.lit(None, pl.Int16))


def _metric(
    table: ImageTable, rows: pl.DataFrame, folds: Folds, oof: Given, test: Given
) -> dict[str, Any]:
    """Give the AUC, the mean over the folds the scores were made on, and the columns taken.

    Folds with one class only count for no fold's mean.
    """
    columns = {"oof": f"{oof.ids}, {oof.column}", "test": f"{test.ids}, {test.column}"}
    given = rows.drop("fold") if rows["fold"].null_count() else None
    if given is not None:
        rows = given.join(folds.frame, on="image_id", validate="1:1")
    rows = rows.join(table.train.select("image_id", "target", "patient_id"), on="image_id")
    rows = rows.sort("image_id")
    whole = rows.filter(pl.col("target").n_unique().over("fold") == 2)
    if not whole.height:
        raise MelError(f"{oof.where}: no fold has both classes, and an AUC needs both")
    target, score, patient, fold = (rows[c] for c in ("target", "score", "patient_id", "fold"))
    if whole.height == rows.height:
        return auc_report(target, score, patient, fold).as_dict() | {"columns": columns}
    one = pl.Series(values=[0] * rows.height)
    means = [auc(part["target"], part["score"]) for part in whole.partition_by("fold")]
    report = auc_report(target, score, patient, one).as_dict()
    return report | {"fold_mean": sum(means) / len(means), "columns": columns}

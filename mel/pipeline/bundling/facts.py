"""facts.json: what is known of the data and of the ensemble's worth, without a row of an image."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import polars as pl

from mel import cnn
from mel.errors import MelError
from mel.files import read_header, read_json, required, versions
from mel.pipeline.bundling.asking import Wanted
from mel.pipeline.bundling.gathering import Gathered, Variant
from mel.tables import ImageTable

__all__ = ["FEWEST", "explored", "facts_of"]

FEWEST = 5  # patients or images of a group that is told: a smaller one could be somebody
_POINTS = 101  # of a curve
_EXPLORED = {"inputs": dict, "findings": dict, "shortcuts": list}
_BY = ("source", "sex", "site", "diagnosis")


def facts_of(gathered: Gathered, wanted: Wanted) -> dict[str, Any]:
    """Give all numbers that the card and the app show.

    data: counts by split and, of the training images, by source, sex, site, age and diagnosis;
    groups of fewer than five patients are not told. members and stack: what each is, and its
    out-of-fold AUC. variants: of each variant of the stack, the blend's evaluation (as
    evaluation.json has it, but for image ids), its ROC curve, its operating points and its weights.
    explored: what `mel kaggle explore` found that a model could cheat with, None where it was not
    run on these images. held_out: the AUC on test images whose targets are known, of the whole
    ensemble. No image and no patient is named, and no score stands beside a target.
    """
    table = gathered.table
    return {
        "schema": 1,
        "name": gathered.recipe.ensemble.name,
        "recipe": gathered.recipe.name,
        "synthetic": table.synthetic,
        "made_of": wanted.said,
        "main": gathered.main,
        "n_folds": gathered.folds.n_folds,
        "folds": list(wanted.chosen(gathered.folds.n_folds)),
        "foreign": sorted(_foreign(gathered)),
        "data": _data(table),
        "explored": explored(gathered),
        "members": [_member(gathered, name) for name in gathered.members],
        "stack": _stack(gathered),
        "variants": {name: _variant(gathered, v) for name, v in gathered.variants.items()},
        "held_out": _held_out(gathered),
        "versions": versions(),
    }


def _data(table: ImageTable) -> dict[str, Any]:
    train, columns = table.train, table.train.columns
    counted = {by: _counts(train, pl.col(by)) for by in _BY if by in columns}
    first = (pl.col("age") // 10 * 10).cast(pl.Int32)
    counted["age"] = _counts(train, pl.format("{} to {}", first, first + 9).alias("age"))
    rows = {"train": train, "test": table.test, "external": table.external}
    return {
        "name": table.name,
        "splits": {name: _split(part) for name, part in rows.items() if part.height},
        "train_by": counted,
    }


def _split(rows: pl.DataFrame) -> dict[str, int | None]:
    known = rows["target"].null_count() == 0
    return {
        "images": rows.height,
        "patients": rows["patient_id"].n_unique(),
        "positives": int(rows["target"].sum()) if known else None,
    }


def _counts(rows: pl.DataFrame, by: pl.Expr) -> dict[str, dict[str, int]]:
    """Count images and positives of each group; what has few patients is counted together."""
    grouped = rows.group_by(by.fill_null("unknown").alias("group")).agg(
        images=pl.len(), positives=pl.col("target").sum(), patients=pl.col("patient_id").n_unique()
    )
    told = pl.col("patients") >= FEWEST
    named = pl.when(told).then("group").otherwise(pl.lit("others"))
    found = grouped.group_by(named.alias("group")).agg(pl.col("images", "positives").sum())
    return {
        str(group): {"images": images, "positives": int(positives)}
        for group, images, positives in found.sort("group").iter_rows()
    }


def _member(gathered: Gathered, name: str) -> dict[str, Any]:
    settings = gathered.recipe.member(name)
    entry = cnn.backbone(settings.backbone)
    header = read_header(gathered.work.cnn(name) / "oof.parquet", "predictions")
    return {
        "name": name,
        "backbone": settings.backbone,
        "parameters": entry.params,
        "size": settings.size,
        "epochs": settings.epochs,
        "weights": "a file" if settings.weights_file else settings.weights,
        "metadata": settings.metadata,
        "views": settings.tta.views,
        "auc": _auc(header["metric"]),
    }


def _stack(gathered: Gathered) -> dict[str, Any] | None:
    if not gathered.stack:
        return None
    settings = gathered.recipe.tabular
    header = read_header(gathered.stack_folder / "oof.parquet", "predictions")
    return {
        "name": gathered.stack,
        "learners": list(settings.learners),
        "metadata": list(settings.metadata),
        "auc": {name: _auc(one) for name, one in header["metric"]["variants"].items()},
    }


def _auc(metric: Mapping[str, Any]) -> dict[str, float]:
    return {name: metric[name] for name in ("pooled", "fold_mean", "low", "high")}


def _variant(gathered: Gathered, variant: Variant) -> dict[str, Any]:
    blend = variant.blend
    return {
        "method": blend.method,
        "weights": dict(blend.weights),
        "honest": _auc(blend.honest.as_dict()),
        "naive": _auc(blend.naive.as_dict()),
        "calibration": None if blend.calibration is None else blend.calibration.as_dict(),
        "operating_points": [point.as_dict() for point in blend.operating_points],
        "advice": list(blend.advice),
        "roc": _roc(gathered.table, variant.oof),
        "evaluation": _nameless(variant.evaluation),
    }


def _nameless(evaluation: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out the one image that an evaluation names, and groups of few images."""
    proof = dict(evaluation["proof"])
    proof["groups"] = [group for group in proof["groups"] if group["images"] >= FEWEST]
    orders = evaluation["orders"] and dict(evaluation["orders"])
    if orders:
        del orders["furthest"]
    return dict(evaluation) | {"proof": proof, "orders": orders}


def _roc(table: ImageTable, oof: pl.DataFrame) -> dict[str, list[float]]:
    """Give sensitivities at even steps of the false positive rate, of honest scores."""
    rows = oof.join(table.train.select("image_id", "target"), on="image_id", validate="1:1")
    score, truth = rows["score"].to_numpy(), rows["target"].to_numpy()
    negatives, positives = np.sort(score[truth == 0]), np.sort(score[truth == 1])
    rates = np.linspace(0, 1, _POINTS)
    at = np.quantile(negatives, 1 - rates, method="higher")
    below = np.searchsorted(positives, at, side="left")
    sensitivity = 1 - below / len(positives)
    sensitivity[-1] = 1.0
    return {"false_positive_rate": rates.tolist(), "sensitivity": sensitivity.tolist()}


def _held_out(gathered: Gathered) -> dict[str, float] | None:
    """Give the AUC on test images of known targets, where a whole run found it."""
    path = gathered.work.summary.with_suffix(".json")
    if not path.is_file():
        return None
    mine = [row for row in read_json(path).get("scores", []) if row["kind"] == "blend"]
    found = mine[0]["held_out"] if mine else None
    return None if found is None else {k: float(found[k]) for k in ("auc", "low", "high")}


def explored(gathered: Gathered) -> dict[str, Any] | None:
    """Give what the exploration of these images found: AUC of columns alone, train against test."""
    path = gathered.work.root / "explore" / "explore.json"
    try:
        said = required(read_json(path), _EXPLORED, str(path))
        if said["inputs"].get("images") != gathered.table.digest:
            return None
        found = [
            {key: one[key] for key in ("name", "auc", "low", "high")} for one in said["shortcuts"]
        ]
        return {"shortcuts": found, "shift": str(said["findings"]["shift"])}
    except (MelError, KeyError, TypeError):
        return None  # a page beside the work, which no bundle must wait for


def _foreign(gathered: Gathered) -> list[str]:
    folder = gathered.work.ensemble(gathered.recipe.ensemble.name)
    header = read_header(folder / "oof.parquet", "predictions")
    return list(header.get("foreign", {}))

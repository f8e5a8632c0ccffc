"""The way from members' scores to a Blend, its Predictions, and all that is known of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from mel.config import EnsembleSettings
from mel.ensemble.artefact import Blend
from mel.ensemble.candidates import Candidates, Ranked, decide_ways
from mel.ensemble.evaluating import evaluate
from mel.ensemble.evaluation import Evaluation
from mel.ensemble.mixing import combine
from mel.ensemble.proof import prove
from mel.ensemble.ranks import Floats, compare, places
from mel.ensemble.reporting import Evidence
from mel.ensemble.rows import Rows, oof_rows, test_frame
from mel.metrics import Resamples
from mel.predictions import Foreign, Predictions, foreign_in
from mel.tables import Folds, ImageTable

__all__ = ["Blended", "make"]


@dataclass(frozen=True)
class Blended:
    """What blending gives.

    `blend` is what scores new images. `oof` are the honest scores, from 0 to 1: no row's score owes
    anything to the rows of its own fold. `test` are `blend.score` of the test images, or their
    ranks within the test set where the settings ask for that. `evaluation` holds every AUC, and how
    far the two test orders differ.

    >>> from mel.config import EnsembleSettings
    >>> from mel.ensemble import blend
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> member = "work/demo/cnn/efficientnetv2_micro-32"
    >>> given = [Predictions.read(f"{member}/{kind}.parquet") for kind in ("oof", "test")]
    >>> found = blend(table, folds, given[:1], given[1:], EnsembleSettings(method="mean"))
    >>> found.evaluation.images, found.oof.kind, found.test.frame.columns
    (84, 'oof', ['image_id', 'fold', 'score'])
    """

    blend: Blend
    oof: Predictions
    test: Predictions
    evaluation: Evaluation


def make(
    table: ImageTable,
    folds: Folds,
    oof: Sequence[Predictions],
    test: Sequence[Predictions],
    settings: EnsembleSettings,
) -> tuple[Blended, Evidence]:
    """Blend, prove and evaluate; gives what `blend` gives, and the arrays behind its figures."""
    rows = oof_rows(table, folds, oof)
    wide = test_frame(table, folds, rows.names, test)
    draws = Resamples(rows.patient)
    candidates, decision, ways = decide_ways(rows, settings, draws)
    stored, within = _test_scores(rows, wide, candidates.taken)
    orders = compare(wide["image_id"].to_list(), stored, within)
    tests = _to_compare(rows, wide, candidates.taken, stored)
    about = (settings.calibration, settings.operating)
    proof = prove(table, rows, ways, decision, draws, about, tests)
    evaluation = evaluate(
        rows, candidates, proof, draws, orders, within_test=settings.rank_within_test
    )
    inputs = _inputs(table, folds, settings, [*oof, *test])
    made = _blend(rows, candidates, evaluation, settings, folds, inputs)
    foreign = foreign_in(oof)
    blended = Blended(
        made,
        _honest(rows, candidates.taken, made, evaluation, foreign),
        _outside(wide, within if settings.rank_within_test else stored, made, evaluation, foreign),
        evaluation,
    )
    return blended, Evidence(rows, candidates, stored)


def _to_compare(
    rows: Rows, wide: pl.DataFrame, ranked: Ranked, stored: Floats
) -> dict[str, tuple[Floats, Floats]]:
    members = zip(rows.names, rows.scores, strict=True)
    return {"blend": (ranked.naive, stored)} | {
        name: (scores, wide[name].to_numpy()) for name, scores in members
    }


def _test_scores(rows: Rows, wide: pl.DataFrame, ranked: Ranked) -> tuple[Floats, Floats]:
    """Score the test images against the stored references, and against themselves."""
    scores = [wide[name].to_numpy() for name in rows.names]
    choice = ranked.choice
    weights, scale = choice.weights, choice.scale
    stored = combine(scores, rows.references, weights, scale, choice.spread)
    if wide.is_empty():
        return stored, stored
    own = combine(scores, [np.sort(column) for column in scores], weights, scale)
    return stored, own if choice.spread is None else places(own)


def _inputs(
    table: ImageTable, folds: Folds, settings: EnsembleSettings, members: Sequence[Predictions]
) -> dict[str, str]:
    own = {"images": table.digest, "folds": folds.digest, "settings": settings.digest}
    return own | {f"{member.name}/{member.kind}": member.digest for member in members}


def _blend(
    rows: Rows,
    candidates: Candidates,
    evaluation: Evaluation,
    settings: EnsembleSettings,
    folds: Folds,
    inputs: Mapping[str, str],
) -> Blend:
    ranked, proof = candidates.taken, evaluation.proof
    together = zip(rows.names, ranked.choice.weights, rows.references, strict=True)
    chosen = [member for member in together if member[1]]
    return Blend(
        name=settings.name,
        method=settings.method if candidates.takes_method else "mean",
        folds=folds.digest,
        weights={name: float(weight) for name, weight, _ in chosen},
        references={name: reference for name, _, reference in chosen},
        honest=evaluation.honest,
        naive=evaluation.naive,
        inputs=inputs,
        scale=ranked.choice.scale,
        spread=ranked.choice.spread,
        objective={"name": settings.objective, "min_tpr": settings.area_above},
        ranks=settings.ranks,
        calibration=proof.calibration,
        operating_points=proof.points[:1],
        advice=proof.words,
        peers=np.sort(_peers(rows, ranked)),
    )


def _peers(rows: Rows, ranked: Ranked) -> Floats:
    """Score the out-of-fold images as any other image will be."""
    choice = ranked.choice
    scores = list(rows.scores)
    return combine(scores, rows.references, choice.weights, choice.scale, choice.spread)


def _honest(
    rows: Rows, ranked: Ranked, made: Blend, evaluation: Evaluation, foreign: Foreign
) -> Predictions:
    columns = {"image_id": rows.ids, "fold": rows.fold, "score": ranked.crossfit.scores}
    return Predictions.of(
        pl.DataFrame(columns),
        name=made.name,
        kind="oof",
        folds=made.folds,
        inputs=made.inputs,
        metric=evaluation.honest.as_dict()
        | {
            "naive": evaluation.naive.as_dict(),
            "mean_honest": evaluation.mean_honest.as_dict(),
            "mean_naive": evaluation.mean_naive.as_dict(),
        },
        foreign=foreign,
    )


def _outside(
    wide: pl.DataFrame, scores: Floats, made: Blend, evaluation: Evaluation, foreign: Foreign
) -> Predictions:
    orders = evaluation.orders
    return Predictions.of(
        wide.select(
            "image_id", pl.lit(None, dtype=pl.Int16).alias("fold"), pl.Series("score", scores)
        ),
        name=made.name,
        kind="test",
        folds=made.folds,
        inputs=made.inputs,
        metric={
            "ranked_within_test": evaluation.ranked_within_test,
            "orders": None if orders is None else orders.as_dict(),
        },
        foreign=foreign,
    )

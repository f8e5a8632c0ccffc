"""Members' Predictions in, a Blend and its honest Predictions out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from mel.config import EnsembleSettings
from mel.ensemble.artefact import Blend
from mel.ensemble.candidates import decide_ways
from mel.ensemble.evaluation import Candidates, Evaluation, Ranked, evaluate
from mel.ensemble.mixing import combine
from mel.ensemble.proof import prove
from mel.ensemble.ranks import Floats, compare, places
from mel.ensemble.reporting import Evidence, Page, render
from mel.ensemble.rows import Rows, oof_rows, test_frame
from mel.errors import MelError
from mel.files import atomic, write_bytes, write_json, write_text
from mel.metrics import Resamples
from mel.predictions import Foreign, Predictions, foreign_in
from mel.tables import Folds, ImageTable, as_table

__all__ = ["Blended", "blend", "report"]

_BLEND, _PAGE = "blend.json", "report.html"


@dataclass(frozen=True)
class Blended:
    """What blending gives.

    `oof` are the honest scores: no row's score owes anything to the rows of its own fold. `test`
    are `blend.score` of the test images, or their ranks within the test set where the settings
    ask for that. `evaluation` holds every AUC, and how far the two test orders differ.
    """

    blend: Blend
    oof: Predictions
    test: Predictions
    evaluation: Evaluation


def blend(
    table: ImageTable | pl.DataFrame,
    folds: Folds,
    oof: Sequence[Predictions],
    test: Sequence[Predictions],
    settings: EnsembleSettings | None = None,
    out: Path | str | None = None,
    *,
    png: bool = False,
) -> Blended:
    """Rank-blend members that were trained on the same folds.

    `oof` and `test` hold the same members, in any order; rows are joined by image_id. The Blend's
    weights and references come from all out-of-fold rows. What it is worth is measured twice:
    naively, on the rows that chose the weights, and honestly, each fold with weights and
    references of the other folds. The rank mean of all members is measured beside it. Where the
    settings rank within each fold, out-of-fold images are ranked among those of their fold, and
    test images, which no fold holds, against all out-of-fold scores.

    The blend is the method that the settings ask for only where its honest AUC beats that of the
    rank mean beyond noise, or where `fallback` is off; else it is the rank mean. It holds a
    calibration and an operating point, both found on honest scores: see `mel.ensemble.proof`.

    With `out`, a folder of blend.json, oof.parquet, test.parquet, evaluation.json (every number of
    the report) and report.html takes that name once all are written; with `png`, the report's
    figures lie in figures/ as well.

    Raises MelError, naming the member, for scores that are in-sample or made on other folds, for
    missing, strange or repeated ids, a member given twice or on one side only; for a fold with
    one class; and when every member is constant. A single constant member gets weight 0.
    """
    table, settings = as_table(table), settings or EnsembleSettings()
    out = None if out is None else Path(out)
    if out is not None:
        _check_place(out)
    blended, evidence = _made(table, folds, oof, test, settings)
    if out is not None:
        _write(blended, render(table, blended, evidence, png=png), out)
    return blended


def report(
    table: ImageTable | pl.DataFrame,
    folds: Folds,
    oof: Sequence[Predictions],
    test: Sequence[Predictions],
    out: Path | str,
    settings: EnsembleSettings | None = None,
) -> Path:
    """Write the report on the blend in `out` anew, and its figures as PNG in figures/ beside it.

    Takes what `blend` took. Gives the page's path. Raises MelError as `blend` does, and where the
    blend in `out` is another than these would give.
    """
    table, place = as_table(table), Path(out)
    known = Blend.read(place / _BLEND)
    blended, evidence = _made(table, folds, oof, test, settings or EnsembleSettings())
    if blended.blend.digest != known.digest:
        raise MelError(
            f"{place / _BLEND}: is not the blend of these members and settings (digest "
            f"{known.digest}, theirs {blended.blend.digest}); blend again"
        )
    page = render(table, blended, evidence, png=True)
    _write_page(blended, page, place)
    return place / _PAGE


def _made(
    table: ImageTable,
    folds: Folds,
    oof: Sequence[Predictions],
    test: Sequence[Predictions],
    settings: EnsembleSettings,
) -> tuple[Blended, Evidence]:
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
    )


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


def _check_place(out: Path) -> None:
    """Refuse to replace a folder that is not an ensemble's: writing takes its whole name."""
    if out.is_dir() and any(out.iterdir()) and not (out / _BLEND).is_file():
        raise MelError(f"{out}: holds other files and no {_BLEND}; name a new or empty folder")


def _write(blended: Blended, page: Page, out: Path) -> None:
    with atomic(out) as folder:
        folder.mkdir()
        blended.blend.write(folder / _BLEND)
        blended.oof.write(folder / "oof.parquet")
        blended.test.write(folder / "test.parquet")
        _write_page(blended, page, folder)


def _write_page(blended: Blended, page: Page, folder: Path) -> None:
    write_json(folder / "evaluation.json", blended.evaluation.as_dict())
    for name, picture in page.figures.items():
        write_bytes(folder / "figures" / f"{name}.png", picture)
    write_text(folder / _PAGE, page.html)

"""How good the members, their rank mean and the blend are, naively and honestly."""

from collections.abc import Mapping

from mel.ensemble.candidates import RANK_MEAN, Candidates, Ranked
from mel.ensemble.evaluation import Evaluation, Extra, Pick, Standing
from mel.ensemble.methods import Choice
from mel.ensemble.proof import Proof
from mel.ensemble.ranks import Floats, Orders
from mel.ensemble.rows import Rows
from mel.metrics import AucReport, Resamples, auc_report, average_precision, partial_auc
from mel.progress import progress

__all__ = ["evaluate"]


def evaluate(
    rows: Rows,
    candidates: Candidates,
    proof: Proof,
    draws: Resamples,
    orders: Orders | None,
    *,
    within_test: bool,
) -> Evaluation:
    """Report every AUC: pooled, mean of the folds, and a patient-bootstrap 95 % interval."""
    found = _reports(rows, candidates, draws)
    taken, method = candidates.taken, candidates.method
    ways = candidates.by_name
    name = next(iter(ways))
    return Evaluation(
        images=len(rows.target),
        positives=int(rows.target.sum()),
        patients=len(set(rows.patient)),
        folds=len(taken.crossfit.weights),
        members=tuple(
            Standing(member, found[f"member {member}"], *_weights(taken, m), *_weights(method, m))
            for m, member in enumerate(rows.names)
        ),
        method=candidates.name,
        taken=name,
        honest=found[f"honest {name}"],
        naive=found[f"naive {name}"],
        asked_honest=found[f"honest {candidates.name}"],
        asked_naive=found[f"naive {candidates.name}"],
        mean_honest=found[f"honest {RANK_MEAN}"],
        mean_naive=found[f"naive {RANK_MEAN}"],
        extras=_extras(rows, {way: ranked.crossfit.scores for way, ranked in ways.items()}),
        path=_path(rows, method.choice),
        ranked_within_test=within_test,
        orders=orders,
        proof=proof,
    )


def _reports(rows: Rows, candidates: Candidates, draws: Resamples) -> dict[str, AucReport]:
    wanted = {
        f"member {name}": scores for name, scores in zip(rows.names, rows.scores, strict=True)
    }
    for name, ranked in candidates.by_name.items():
        wanted |= {f"honest {name}": ranked.crossfit.scores, f"naive {name}": ranked.naive}
    found = {}
    with progress("ensemble: AUC intervals", len(wanted), "reports") as tick:
        for what, scores in wanted.items():
            found[what] = auc_report(rows.target, scores, rows.patient, rows.fold, draws=draws)
            tick()
    return found


def _weights(ranked: Ranked, member: int) -> tuple[float, tuple[float, ...]]:
    folds = ranked.crossfit.weights[:, member]
    return float(ranked.choice.weights[member]), tuple(float(weight) for weight in folds)


def _extras(rows: Rows, honest: Mapping[str, Floats]) -> tuple[Extra, ...]:
    named = dict(honest) | dict(zip(rows.names, rows.scores, strict=True))
    return tuple(
        Extra(name, partial_auc(rows.target, scores), average_precision(rows.target, scores))
        for name, scores in named.items()
    )


def _path(rows: Rows, choice: Choice) -> tuple[Pick, ...]:
    rounds = zip(choice.picks, choice.aucs, strict=True)
    return tuple(
        Pick(rows.names[pick], value, index < choice.kept)
        for index, (pick, value) in enumerate(rounds)
    )

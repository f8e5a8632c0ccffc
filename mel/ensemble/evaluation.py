"""How good the members, their rank mean and the blend are, naively and honestly."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mel.ensemble.methods import Choice, Crossfit
from mel.ensemble.proof import Proof
from mel.ensemble.ranks import Floats, Orders
from mel.ensemble.rows import Rows
from mel.metrics import AucReport, Resamples, auc_report, average_precision, partial_auc
from mel.progress import progress

__all__ = [
    "RANK_MEAN",
    "Candidates",
    "Evaluation",
    "Extra",
    "Pick",
    "Ranked",
    "Standing",
    "evaluate",
]

RANK_MEAN = "rank mean"


@dataclass(frozen=True)
class Standing:
    """One member: its own AUC, its weight in the blend, and its weight in each honest fold.

    `asked` and `asked_folds` are the weights of the method that was asked for, which is not the
    blend where the rank mean was taken in its place.
    """

    name: str
    auc: AucReport
    weight: float
    fold_weights: tuple[float, ...]
    asked: float
    asked_folds: tuple[float, ...]


@dataclass(frozen=True)
class Pick:
    """One round of a search: the member added, and the naive AUC after it."""

    member: str
    auc: float
    kept: bool


@dataclass(frozen=True)
class Extra:
    """Other measures of honest scores: ISIC 2024's partial AUC above 0.8, average precision."""

    name: str
    partial_auc: float
    average_precision: float


@dataclass(frozen=True)
class Evaluation:
    """Plain data of everything the report states.

    Honest scores of a fold come from weights and references of the other folds; naive ones from
    all rows, those scored among them. `method` was asked for, `taken` is what the blend is: the
    method, or the rank mean where the method did not prove better. `orders` says how far the test
    images' order by stored references differs from their order when ranked within the test set
    (None without test images); `ranked_within_test` says which of the two was written.
    """

    images: int
    positives: int
    patients: int
    folds: int
    members: tuple[Standing, ...]
    method: str
    taken: str
    honest: AucReport
    naive: AucReport
    asked_honest: AucReport
    asked_naive: AucReport
    mean_honest: AucReport
    mean_naive: AucReport
    extras: tuple[Extra, ...]
    path: tuple[Pick, ...]
    ranked_within_test: bool
    orders: Orders | None
    proof: Proof

    @property
    def best(self) -> Standing:
        """The member with the highest pooled AUC."""
        return max(self.members, key=lambda member: member.auc.pooled)

    def as_dict(self) -> dict[str, Any]:
        """Give nested dicts and lists that JSON takes."""
        return asdict(self) | {"proof": self.proof.as_dict()}


@dataclass(frozen=True)
class Ranked:
    """One way of blending, applied to the out-of-fold rows honestly and naively."""

    choice: Choice
    crossfit: Crossfit
    naive: Floats  # (images,)


@dataclass(frozen=True)
class Candidates:
    """The method that was asked for, by its name, the rank mean, and which of them is taken."""

    name: str
    method: Ranked
    mean: Ranked
    takes_method: bool

    @property
    def taken(self) -> Ranked:
        """What the blend is made of."""
        return self.method if self.takes_method else self.mean

    @property
    def by_name(self) -> dict[str, Ranked]:
        """Each way once, the one taken first."""
        both = {self.name: self.method, RANK_MEAN: self.mean}
        return both if self.takes_method else dict(reversed(both.items()))


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

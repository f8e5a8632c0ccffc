"""How good the members, their rank mean and the blend are, naively and honestly."""

from dataclasses import asdict, dataclass
from typing import Any

from mel.ensemble.methods import Choice, Crossfit
from mel.ensemble.ranks import Floats, Orders
from mel.ensemble.rows import Rows
from mel.metrics import AucReport, auc_report
from mel.progress import progress

__all__ = ["Evaluation", "Pick", "Ranked", "Standing", "evaluate"]


@dataclass(frozen=True)
class Standing:
    """One member: its own AUC, its weight in the blend, and its weight in each honest fold."""

    name: str
    auc: AucReport
    weight: float
    fold_weights: tuple[float, ...]


@dataclass(frozen=True)
class Pick:
    """One round of the greedy selection: the member added, and the naive AUC after it."""

    member: str
    auc: float
    kept: bool


@dataclass(frozen=True)
class Evaluation:
    """Plain data of everything the report states.

    Honest scores of a fold come from weights and references of the other folds; naive ones from
    all rows, those scored among them. `orders` says how far the test images' order by stored
    references differs from their order when ranked within the test set (None without test
    images); `ranked_within_test` says which of the two was written.
    """

    images: int
    positives: int
    patients: int
    folds: int
    members: tuple[Standing, ...]
    honest: AucReport
    naive: AucReport
    mean_honest: AucReport
    mean_naive: AucReport
    path: tuple[Pick, ...]
    ranked_within_test: bool
    orders: Orders | None

    @property
    def best(self) -> Standing:
        """The member with the highest pooled AUC."""
        return max(self.members, key=lambda member: member.auc.pooled)

    def as_dict(self) -> dict[str, Any]:
        """Give nested dicts and lists that JSON takes."""
        return asdict(self)


@dataclass(frozen=True)
class Ranked:
    """One way of blending, applied to the out-of-fold rows honestly and naively."""

    choice: Choice
    crossfit: Crossfit
    naive: Floats  # (images,)


def evaluate(
    rows: Rows, ranked: Ranked, mean: Ranked, orders: Orders | None, within_test: bool
) -> Evaluation:
    """Report every AUC: pooled, mean of the folds, and a patient-bootstrap 95 % interval."""
    wanted = {
        **{f"member {name}": scores for name, scores in zip(rows.names, rows.scores, strict=True)},
        "honest": ranked.crossfit.scores,
        "naive": ranked.naive,
    }
    if mean is not ranked:
        wanted |= {"mean_honest": mean.crossfit.scores, "mean_naive": mean.naive}
    found = {}
    with progress("ensemble: AUC intervals", len(wanted), "reports") as tick:
        for what, scores in wanted.items():
            found[what] = auc_report(rows.target, scores, rows.patient, rows.fold)
            tick()
    return Evaluation(
        images=len(rows.target),
        positives=int(rows.target.sum()),
        patients=len(set(rows.patient)),
        folds=len(ranked.crossfit.weights),
        members=tuple(
            Standing(
                name,
                found[f"member {name}"],
                float(ranked.choice.weights[index]),
                tuple(float(weight) for weight in ranked.crossfit.weights[:, index]),
            )
            for index, name in enumerate(rows.names)
        ),
        honest=found["honest"],
        naive=found["naive"],
        mean_honest=found.get("mean_honest", found["honest"]),
        mean_naive=found.get("mean_naive", found["naive"]),
        path=_path(rows, ranked.choice),
        ranked_within_test=within_test,
        orders=orders,
    )


def _path(rows: Rows, choice: Choice) -> tuple[Pick, ...]:
    rounds = zip(choice.picks, choice.aucs, strict=True)
    return tuple(
        Pick(rows.names[pick], value, index < choice.kept)
        for index, (pick, value) in enumerate(rounds)
    )

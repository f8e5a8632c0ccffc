"""Plain data of everything that the report states."""

from dataclasses import asdict, dataclass
from typing import Any

from mel.ensemble.proof import Proof
from mel.ensemble.ranks import Orders
from mel.metrics import AucReport

__all__ = ["Evaluation", "Extra", "Pick", "Standing"]


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

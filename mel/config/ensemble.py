"""Settings of the blend."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from mel.config.base import Fraction, Name, Positive, Seed, Settings
from mel.config.serving import CalibrationSettings, OperatingSettings

__all__ = ["EnsembleSettings"]

Share = Annotated[float, Field(gt=0, le=1)]
Exponent = Annotated[float, Field(ge=-20, le=20)]

_SEARCHING = ("greedy", "hill", "coordinate")
_NEEDS = {  # a setting, and the methods in which it does something
    "rounds": _SEARCHING,
    "objective": (*_SEARCHING, "power"),
    "negative": ("hill", "coordinate"),
    "exponent": ("power",),
    "bags": ("greedy",),
    "fallback": (*_SEARCHING, "power", "logit"),
}


class EnsembleSettings(Settings):
    """How the members' ranks are blended.

    method: "mean" weighs all members alike; "greedy" is Caruana's ensemble selection; "hill" adds
    the member and the share that help most; "coordinate" starts from greedy and moves one weight
    after the other; "power" and "logit" are means of transformed percentiles, all weighed alike.

    >>> EnsembleSettings().method, EnsembleSettings(method="power", exponent=2.0).exponent
    ('greedy', 2.0)
    """

    name: Name = "blend"
    method: Literal["greedy", "mean", "hill", "coordinate", "power", "logit"] = "greedy"
    objective: Literal["auc", "partial_auc"] = "auc"
    """What the weights are chosen for."""
    min_tpr: Fraction = 0.8
    """Of partial_auc: the area above this true positive rate."""
    ranks: Literal["all", "fold"] = "all"
    """Percentiles among all rows, or within each fold."""
    rounds: Positive = 30
    """greedy picks, with replacement; steps of hill; sweeps of coordinate."""
    negative: bool = False
    """hill, coordinate: a member may count against, as its mirror image."""
    exponent: Exponent | None = None
    """power: of the percentiles; None, the best of a few."""
    bags: Positive = 1
    """greedy: runs over random members and patients, averaged."""
    bag_members: Share = 0.5
    """Share of the members that each bag may pick from."""
    bag_patients: Share = 0.8
    """Share of the patients whose images a bag sees."""
    seed: Seed = 0
    """Seed of the bags."""
    rank_within_test: bool = False
    """Kaggle's habit; off, one image alone scores as in a batch."""
    fallback: bool = True
    """The rank mean in place of a method that does not beat it beyond noise."""
    calibration: CalibrationSettings = CalibrationSettings()
    operating: OperatingSettings = OperatingSettings()

    @model_validator(mode="after")
    def _all_have_an_effect(self) -> Self:
        for name, methods in _NEEDS.items():
            if name in self.model_fields_set and self.method not in methods:
                raise ValueError(f"{name} has no effect with method {self.method!r}; remove it")
        if "min_tpr" in self.model_fields_set and self.objective == "auc":
            raise ValueError("min_tpr has no effect with objective 'auc'; remove it")
        if self.exponent is not None and "objective" in self.model_fields_set:
            raise ValueError("objective has no effect where the exponent is given; remove it")
        if self.exponent is not None and 0 < abs(self.exponent) < 0.01:
            raise ValueError(f"exponent {self.exponent} is too near 0; 0 is the geometric mean")
        for name in ("bag_members", "bag_patients", "seed"):
            if name in self.model_fields_set and self.bags == 1:
                raise ValueError(f"{name} has no effect with bags = 1; remove it")
        return self

    @property
    def area_above(self) -> float:
        """The true positive rate above which the area counts: 0 for the whole AUC."""
        return self.min_tpr if self.objective == "partial_auc" else 0.0

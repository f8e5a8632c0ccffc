"""Which features a stack has: by its settings, its members and the variant."""

from collections.abc import Mapping
from typing import Literal, get_args

from mel.config import TabularSettings
from mel.errors import MelError
from mel.predictions import Scale
from mel.tabular.features.agreement import AGREEMENTS, Agreement, Difference
from mel.tabular.features.context import STATISTICS, Context, Statistic
from mel.tabular.features.listing import AnyFeature, FeatureList
from mel.tabular.features.members import Logit, NormalScore, Percentile
from mel.tabular.features.metadata import METADATA, Shortcut
from mel.tabular.features.norms import Norm
from mel.tabular.features.patients import FACTS, PatientFact
from mel.tabular.features.rows import Rows

__all__ = ["VARIANTS", "Variant", "features_of"]

Variant = Literal["context", "single"]
VARIANTS: tuple[Variant, ...] = get_args(Variant)
_EACH: tuple[Statistic, ...] = (
    "above others' mean",
    "ugly duckling",
    "rank in patient",
)  # of every member


def features_of(
    settings: TabularSettings,
    variant: Variant,
    rows: Rows,
    scales: Mapping[str, Scale] | None = None,
) -> FeatureList:
    """List the features of a variant over the members of the training `rows`.

    `scales` is by member the scale of its scores, where it is known. "single" is made of one
    image alone; "context" has all of that, and what the patient's other images say. The order is
    fixed: metadata, members by name, members together, the patient. Raises MelError where there
    is none at all.
    """
    members = sorted(rows.scores)
    found: list[AnyFeature] = [METADATA[m] for m in METADATA if m in settings.metadata]
    found += [Shortcut(name=name) for name in sorted(settings.shortcuts)]
    found += _of_members(settings, rows, scales or {})
    if not found:
        raise MelError("no features: neither metadata nor members; name at least one of either")
    if variant == "context":
        found += _of_patients(settings, members)
    return FeatureList(features=found)


def _of_members(
    settings: TabularSettings, rows: Rows, scales: Mapping[str, Scale]
) -> list[AnyFeature]:
    found: list[AnyFeature] = []
    members = sorted(rows.scores)
    for name in members:
        reference = sorted(rows.scores[name].tolist())
        found += [Percentile(name=name, reference=reference), NormalScore(name=name)]
        if "logits" in settings.features:
            found += _logit(name, reference, scales.get(name, ""))
    if "agreement" in settings.features and len(members) > 1:
        found += _agreements(members, monotone=settings.monotone)
    if "norms" in settings.features and members:
        found += [Norm(by=by) for by in ("site", "age") if by in settings.metadata]
    return found


def _agreements(members: list[str], *, monotone: bool) -> list[AnyFeature]:
    """What several members say together; where trees must rise with each, only what does so."""
    together: list[AnyFeature] = [Agreement(statistic=s) for s in AGREEMENTS]
    if monotone:
        return [feature for feature in together if feature.rising]
    return together + [Difference(name=name) for name in members if len(members) > 2]


def _logit(name: str, reference: list[float], scale: Scale) -> list[Logit]:
    """The log-odds of a member that has any; a scale that nobody told is told by the values."""
    if scale == "logit":
        return [Logit(name=name, scale=scale)]
    chances = scale == "probability" or (not scale and reference[0] >= 0 and reference[-1] <= 1)
    return [Logit(name=name)] if chances else []


def _of_patients(settings: TabularSettings, members: list[str]) -> list[AnyFeature]:
    facts = [PatientFact(fact=fact) for fact in FACTS]
    found: list[AnyFeature] = [f for f in facts if f.needs in (None, *settings.metadata)]
    if members:
        found += [Context(name=None, statistic=statistic) for statistic in STATISTICS]
    if len(members) > 1:
        found += [Context(name=m, statistic=s) for m in members for s in _EACH]
    return found

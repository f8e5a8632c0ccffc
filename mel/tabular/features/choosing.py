"""Which features a stack has: by its settings, its members and the variant."""

from collections.abc import Mapping
from typing import Literal, get_args

from mel.config import TabularSettings
from mel.errors import MelError, near
from mel.tabular.features.context import STATISTICS, Context, Statistic
from mel.tabular.features.listing import AnyFeature, FeatureList
from mel.tabular.features.members import Agreement, Difference, Logit, NormalScore, Percentile
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


def features_of(settings: TabularSettings, variant: Variant, rows: Rows) -> FeatureList:
    """List the features of a variant over the members of the training `rows`.

    "single" is made of one image alone; "context" has all of that, and what the patient's other
    images say. The order is fixed: metadata, members by name, members together, the patient.
    Raises MelError where there is none at all.
    """
    members = sorted(rows.scores)
    found: list[AnyFeature] = [METADATA[m] for m in METADATA if m in settings.metadata]
    found += [_shortcut(name, rows) for name in sorted(settings.shortcuts)]
    found += _of_members(settings, members, rows.scores)
    if not found:
        raise MelError("no features: neither metadata nor members; name at least one of either")
    if variant == "context":
        found += _of_patients(settings, members)
    return FeatureList(features=found)


def _shortcut(name: str, rows: Rows) -> Shortcut:
    if name not in rows.images.columns:
        way = near(name, rows.images.columns)
        raise MelError(f"tabular.shortcuts: the images have no column {name!r}; {way}")
    return Shortcut(name=name)


def _of_members(
    settings: TabularSettings, members: list[str], scores: Mapping[str, object]
) -> list[AnyFeature]:
    found: list[AnyFeature] = []
    for name in members:
        reference = sorted(scores[name].tolist())  # type: ignore[attr-defined]
        found += [Percentile(name=name, reference=reference), NormalScore(name=name)]
        if "logits" in settings.features and reference[0] >= 0 and reference[-1] <= 1:
            found.append(Logit(name=name))
    if "agreement" in settings.features and len(members) > 1:
        found += [Agreement(statistic=s) for s in ("mean", "spread", "least", "most")]
        found += [Difference(name=name) for name in members] if len(members) > 2 else []
    if "norms" in settings.features and members:
        found += [Norm(by=by) for by in ("site", "age") if by in settings.metadata]
    return found


def _of_patients(settings: TabularSettings, members: list[str]) -> list[AnyFeature]:
    facts = [PatientFact(fact=fact) for fact in FACTS]
    found: list[AnyFeature] = [f for f in facts if f.needs in (None, *settings.metadata)]
    if members:
        found += [Context(name=None, statistic=statistic) for statistic in STATISTICS]
    if len(members) > 1:
        found += [Context(name=m, statistic=s) for m in members for s in _EACH]
    return found

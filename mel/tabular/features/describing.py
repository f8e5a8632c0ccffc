"""The table of `mel tabular features`: what each kind of feature is, counts, and cannot leak."""

from dataclasses import dataclass

from mel.tabular.features.agreement import Agreement, Difference
from mel.tabular.features.context import STATISTICS, Context
from mel.tabular.features.members import Logit, NormalScore, Percentile
from mel.tabular.features.metadata import Category, Number, Shortcut
from mel.tabular.features.norms import Norm
from mel.tabular.features.patients import FACTS, PatientFact

__all__ = ["Described", "describe"]


@dataclass(frozen=True)
class Described:
    """A kind of feature in words: its name, columns and unit, and who has it.

    `variants` are "both" or "context", `learners` those that read it, `leak` says why it leaks
    nothing.
    """

    feature: str
    columns: str
    unit: str
    variants: str
    learners: str
    leak: str

    def facts(self) -> dict[str, str]:
        """Give names and values, as they are printed."""
        return {
            "feature": self.feature,
            "columns": self.columns,
            "unit": self.unit,
            "variants": self.variants,
            "learners": self.learners,
            "leaks nothing": self.leak,
        }


_KINDS = (
    (Number, "age"),
    (Category, "sex, site"),
    (Percentile, "each member"),
    (NormalScore, "each member"),
    (Logit, "each member whose scores are probabilities or logits"),
    (Agreement, "mean, spread, least, most of the members"),
    (Difference, "each member, of three or more"),
    (Norm, "by site, by age band"),
    (PatientFact, ", ".join(FACTS)),
    (Context, ", ".join(STATISTICS)),
    (Shortcut, "only the columns that tabular.shortcuts names"),
)


def describe() -> list[Described]:
    """Give each kind of feature, as `mel tabular features` prints them, in the order of a matrix.

    Of each its columns, unit, the variants and learners that have it, and why it leaks nothing: all
    of them text.

    >>> [kind.feature for kind in describe()][:2], describe()[0].unit
    (['number', 'category'], 'years')
    >>> list(describe()[0].facts())
    ['feature', 'columns', 'unit', 'variants', 'learners', 'leaks nothing']
    """
    return [
        Described(
            kind.model_fields["kind"].default,
            columns,
            kind.unit,
            "context" if kind in (PatientFact, Context) else "both",
            " and ".join(kind.readers),
            kind.leak,
        )
        for kind, columns in _KINDS
    ]

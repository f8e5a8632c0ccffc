"""Metadata as features: missing stays missing, words are places in a stored vocabulary."""

from typing import Annotated, ClassVar, Literal

import numpy as np
import polars as pl
from pydantic import Field

from mel.checks import OLDEST_AGE, SEXES, SITES
from mel.errors import MelError, many, near
from mel.tabular.features.rows import Rows
from mel.tabular.features.stored import Feature, Floats, Norms

__all__ = ["METADATA", "Category", "Number", "Shortcut"]

_OWN = "known of the image before anybody looks at it; one row, no target"


def _numbers(rows: Rows, name: str, what: str) -> Floats:
    try:
        return rows.images[name].cast(pl.Float64).fill_nan(None).to_numpy().astype(float)
    except pl.exceptions.PolarsError as error:
        raise MelError(f"images: {name} is not all numbers; give {what} or null") from error


class Number(Feature):
    """An age of the image table as it is."""

    unit: ClassVar[str] = "years"
    leak: ClassVar[str] = _OWN
    kind: Literal["number"] = "number"
    name: str

    @property
    def title(self) -> str:
        """The column's own name."""
        return self.name

    @property
    def reads(self) -> tuple[str, ...]:
        """Its column."""
        return (self.name,)

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the numbers, missing as NaN; what is no age of anybody is refused."""
        found = _numbers(rows, self.name, "years")
        odd = np.flatnonzero((found < 0) | (found > OLDEST_AGE))
        if len(odd):
            raise MelError(
                f"images: {self.name} of image {rows.images['image_id'][int(odd[0])]!r} is "
                f"{found[odd[0]]:g} ({many(len(odd), 'row')}); give years, 0 to {OLDEST_AGE}, or "
                "null"
            )
        return found


class Category(Feature):
    """A word of the image table as its place in a stored vocabulary."""

    unit: ClassVar[str] = "a word's place in the vocabulary"
    leak: ClassVar[str] = _OWN
    kind: Literal["category"] = "category"
    name: str
    categories: Annotated[list[str], Field(min_length=1)]

    @property
    def title(self) -> str:
        """The column's own name."""
        return self.name

    @property
    def reads(self) -> tuple[str, ...]:
        """Its column."""
        return (self.name,)

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the codes; a word the training did not know is refused."""
        words = rows.images[self.name].cast(pl.String)
        unknown = words.filter(words.is_not_null() & ~words.is_in(self.categories))
        if len(unknown):
            raise MelError(
                f"images: unknown {self.name} {unknown[0]!r} ({many(len(unknown), 'row')}); "
                f"{near(unknown[0], self.categories)} (or leave it empty)"
            )
        codes = {word: float(code) for code, word in enumerate(self.categories)}
        return words.replace_strict(codes, default=None, return_dtype=pl.Float64).to_numpy()


class Shortcut(Feature):
    """A number about the file and not the skin, such as its width: only where a user asks."""

    unit: ClassVar[str] = "as in the table"
    leak: ClassVar[str] = (
        "no target, but a shortcut: it tells which clinic's camera took the picture, and clinics "
        "differ in how many melanomas they sent in; elsewhere it is worth nothing"
    )
    kind: Literal["shortcut"] = "shortcut"
    name: str

    @property
    def title(self) -> str:
        """The column's own name, marked."""
        return f"{self.name} (shortcut)"

    @property
    def reads(self) -> tuple[str, ...]:
        """Its column."""
        return (self.name,)

    def column(self, rows: Rows, norms: Norms) -> Floats:  # noqa: ARG002
        """Give the numbers, missing as NaN."""
        return _numbers(rows, self.name, "a number")


METADATA: dict[str, Number | Category] = {
    "age": Number(name="age"),
    "sex": Category(name="sex", categories=list(SEXES)),
    "site": Category(name="site", categories=list(SITES)),
}

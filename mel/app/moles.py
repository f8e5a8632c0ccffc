"""Moles: photos of one session with what is known of each, and the rows that a scorer reads."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import polars as pl

from mel.checks import OLDEST_AGE, SEXES, SITES
from mel.images.guarding import Photo

__all__ = ["SEX_WORDS", "SITE_WORDS", "UNKNOWN", "Mole", "aged", "frame_of"]

UNKNOWN = "unknown"
SEX_WORDS = (UNKNOWN, *SEXES)
SITE_WORDS = (UNKNOWN, *SITES)
_PATIENT = "one person"


@dataclass(frozen=True)
class Mole:
    """A photo and what is known of the mole on it; None where nothing is.

    key: what the photo is, sixteen digits of its bytes' SHA-256. label: what it is called here.
    """

    key: str
    label: str
    photo: Photo
    age: float | None = None
    sex: str | None = None
    site: str | None = None

    @classmethod
    def of(cls, photo: Photo, label: str, like: Self | None = None) -> Self:
        """Make a mole of a photo; age and sex are those of `like`, a mole of the same person."""
        key = hashlib.sha256(photo.data).hexdigest()[:16]
        known = (None, None) if like is None else (like.age, like.sex)
        return cls(key, label, photo, *known)

    def about(self, age: float | None, sex: str, site: str) -> Self:
        """Give the mole with other metadata, in words as they are chosen on the page."""
        known = {"sex": None if sex == UNKNOWN else sex, "site": None if site == UNKNOWN else site}
        return replace(self, age=age, **known)  # type: ignore[arg-type]

    @property
    def asked(self) -> tuple[object, ...]:
        """All that a network may read of the mole."""
        return (self.key, self.age, self.sex, self.site)


def aged(value: float | None) -> tuple[float | None, str]:
    """Give an age that can be used, and why one that was given cannot.

    >>> aged(40.0), aged(999.0)
    ((40.0, ''), (None, 'Age 999 is not possible: give years from 0 to 120. It counts as unknown.'))
    """
    if value is None or 0 <= value <= OLDEST_AGE:
        return value, ""
    shown = f"{value:g}"
    return None, (
        f"Age {shown} is not possible: give years from 0 to {OLDEST_AGE:g}. It counts as unknown."
    )


def frame_of(moles: Sequence[Mole], *, together: bool) -> pl.DataFrame:
    """Give the rows that `Scorer.look` and `Scorer.judge` read, one a mole, by key.

    With `together` all are moles of one person, else each is by itself.
    """
    return pl.DataFrame(
        {
            "image_id": [mole.key for mole in moles],
            "patient_id": [_PATIENT if together else None for _ in moles],
            "age": [mole.age for mole in moles],
            "sex": [mole.sex for mole in moles],
            "site": [mole.site for mole in moles],
        },
        schema={
            "image_id": pl.String,
            "patient_id": pl.String,
            "age": pl.Float64,
            "sex": pl.String,
            "site": pl.String,
        },
    )

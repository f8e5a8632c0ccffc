"""What pairs of copies mean for a table: counts, and which of them should surprise."""

from collections.abc import Iterable
from dataclasses import dataclass

import polars as pl

from mel.checks import is_missing, require_columns

__all__ = ["SURPRISES", "Review", "review"]

SURPRISES = {  # the worst first
    "conflict": "different targets",
    "crosses": "one of them in test",
    "patients": "different patients",
    "lesions": "different lesions",
}
_KINDS = ("exact", "near")
_SIDES = ("1", "2")
_TAKEN = ("split", "target", "patient_id", "lesion_id", "path")


@dataclass(frozen=True)
class Review:
    """Pairs with what is known of both images.

    `frame` has the pairs' columns, split, target, patient_id, path and, where the table has it,
    lesion_id of both sides (with _1 and _2), and a flag for each of `SURPRISES` and across (two
    sources). Two patients or two lesions are a surprise within one source only, whose ids
    can be compared. The most surprising pairs come first, within them the most distant.
    """

    frame: pl.DataFrame

    @property
    def surprising(self) -> pl.DataFrame:
        """The pairs with at least one flag of `SURPRISES`."""
        return self.frame.filter(pl.any_horizontal(*SURPRISES))

    @property
    def reasons(self) -> list[str]:
        """Why each of the surprising pairs is one."""
        rows = self.surprising.select(*SURPRISES).iter_rows()
        words = list(SURPRISES.values())
        return ["; ".join(w for w, on in zip(words, row, strict=True) if on) for row in rows]

    @property
    def counts(self) -> dict[str, int]:
        """How many pairs there are, of each kind, across sources, listed, and of each surprise."""
        across, kind = pl.col("across"), pl.col("kind")
        counted = self.frame.select(
            pairs=pl.len(),
            **{name: (kind == name).sum() for name in _KINDS},
            **{f"{name}_across": ((kind == name) & across).sum() for name in _KINDS},
            listed=pl.col("listed").sum(),
            listed_only=(pl.col("listed") & pl.col("distance").is_null()).sum(),
            **{flag: pl.col(flag).sum() for flag in SURPRISES},
        )
        return {name: int(number) for name, number in counted.row(0, named=True).items()}

    @property
    def facts(self) -> dict[str, str]:
        """The same counts, for a person."""
        count = self.counts
        found = {"pairs": f"{count['pairs']:,}"}
        for kind in _KINDS:
            found[kind] = f"{count[kind]:,} ({count[f'{kind}_across']:,} across sources)"
        if listed := count["listed"]:
            missed = count["listed_only"]
            found["listed"] = f"{listed:,} ({listed - missed:,} found, {missed:,} not)"
        return found | {name: f"{count[flag]:,}" for flag, name in SURPRISES.items()}


def review(frame: pl.DataFrame, pairs: pl.DataFrame, listed: Iterable[pl.DataFrame] = ()) -> Review:
    """Look pairs up in the table they were found in.

    `frame` has the columns of an ImageTable, `pairs` those that `find` gives; `listed` are pairs of
    published lists, which are taken in with kind "near" and no distance where they were not found.
    Raises MelError for a missing column.

    >>> frame = pl.DataFrame(
    ...     {
    ...         "image_id": ["a", "b"],
    ...         "split": ["train", "train"],
    ...         "target": [0, 1],
    ...         "patient_id": ["p", "q"],
    ...         "path": ["a.jpg", "b.jpg"],
    ...         "source": ["here", "here"],
    ...     }
    ... )
    >>> pair = {"image_id_1": "a", "image_id_2": "b", "kind": "near", "distance": 0.01}
    >>> pairs = pl.DataFrame([pair | {"source_1": "here", "source_2": "here"}])
    >>> review(frame, pairs).reasons
    ['different targets; different patients']
    """
    require_columns(frame, ("image_id", "split", "target", "patient_id", "path", "source"), "table")
    whole = _with_listed(pairs, list(listed), frame)
    columns = [name for name in _TAKEN if name in frame.columns]
    for side in _SIDES:
        named = {name: f"{name}_{side}" for name in ("image_id", *columns)}
        rows = frame.select(*named).rename(named)
        whole = whole.join(rows, on=f"image_id_{side}", how="left", validate="m:1")
    order = ["_rank", "distance", "image_id_1", "image_id_2"]
    rank = pl.coalesce(
        *(pl.when(flag).then(number) for number, flag in enumerate(SURPRISES)), len(SURPRISES)
    )
    flagged = whole.with_columns(**_flags(whole)).with_columns(_rank=rank)
    falling = [False, True, False, False]
    return Review(flagged.sort(order, descending=falling, nulls_last=True).drop("_rank"))


def _with_listed(
    pairs: pl.DataFrame, listed: list[pl.DataFrame], frame: pl.DataFrame
) -> pl.DataFrame:
    ids = ["image_id_1", "image_id_2"]
    known = pl.concat([part.select(ids) for part in listed]).unique() if listed else None
    if known is None:
        return pairs.with_columns(listed=pl.lit(value=False))
    source = dict(frame.select("image_id", "source").iter_rows())
    sources = {
        f"source_{s}": pl.col(f"image_id_{s}").replace_strict(source, return_dtype=pl.String)
        for s in _SIDES
    }
    missed = known.join(pairs, on=ids, how="anti").with_columns(kind=pl.lit("near"), **sources)
    found = pairs.join(known.with_columns(listed=pl.lit(value=True)), on=ids, how="left")
    found = found.with_columns(pl.col("listed").fill_null(value=False))
    return pl.concat([found, missed.with_columns(listed=pl.lit(value=True))], how="diagonal")


def _flags(pairs: pl.DataFrame) -> dict[str, pl.Expr]:
    within = pl.col("source_1") == pl.col("source_2")
    test = [pl.col(f"split_{side}") == "test" for side in _SIDES]
    return {
        "conflict": _differ("target"),
        "crosses": test[0] != test[1],
        "patients": within & _told_apart("patient_id"),
        "lesions": within & _told_apart("lesion_id")
        if "lesion_id_1" in pairs.columns
        else pl.lit(value=False),
        "across": ~within,
    }


def _differ(column: str) -> pl.Expr:
    return (pl.col(f"{column}_1") != pl.col(f"{column}_2")).fill_null(value=False)


def _told_apart(column: str) -> pl.Expr:
    """Tell whether both ids are known and differ; a patient made for one image is not known."""
    known = [~is_missing(f"{column}_{side}") for side in _SIDES]
    own = [pl.col(f"{column}_{s}") == pl.format("own-{}", f"image_id_{s}") for s in _SIDES]
    made = pl.any_horizontal(own).fill_null(value=False)
    return _differ(column) & known[0] & known[1] & ~made

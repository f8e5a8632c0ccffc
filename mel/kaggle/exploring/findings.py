"""One plain sentence a topic, said from the numbers; nothing here is fixed beforehand."""

from collections.abc import Mapping

import polars as pl

from mel.errors import many
from mel.kaggle.exploring.numbers import Numbers
from mel.kaggle.exploring.rates import MISSING, OTHER, PATIENT_BAND
from mel.kaggle.exploring.twins import Twins
from mel.kaggle.exploring.wording import (
    TITLES,
    article,
    kind_of_copies,
    listed,
    percent,
    span,
)

__all__ = ["findings", "rate_finding"]

_FEW = (5, 30)  # images below which a value's share is not compared: in small and large tables


def findings(numbers: Numbers) -> dict[str, str]:
    """Give a sentence or two for each topic that the numbers have something on."""
    found = {
        "counts": _counts(numbers.counts),
        "missing": _missing(numbers.missing),
        "patients": _patients(numbers),
        "copies": " ".join(_copies(twins) for twins in numbers.twins) or _no_copies(),
        "shift": _shift(numbers),
    }
    return found | {axis: rate_finding(axis, rates) for axis, rates in numbers.rates.items()}


def _counts(counts: pl.DataFrame) -> str:
    parts = []
    for row in counts.iter_rows(named=True):
        images = many(row["images"], f"{row['split']} image")
        text = f"{images} of {many(row['patients'], 'patient')}"
        if row["share"] is not None:
            text += f", {row['positives']:,} of them positive ({percent(row['share'])})"
        parts.append(text)
    return "; ".join(parts) + "."


def _missing(missing: pl.DataFrame) -> str:
    lacking = missing.filter((pl.col("missing") > 0) & (pl.col("missing") < pl.col("images")))
    absent = missing.filter(pl.col("missing") == pl.col("images"))
    text = "Nothing is missing." if not missing["missing"].sum() else ""
    if lacking.height:
        worst = lacking.sort("share", descending=True).row(0, named=True)
        text = (
            f"Where a column is known at all, {worst['column']} has the largest gap: missing in "
            f"{percent(worst['share'])} of {worst['split']} images."
        )
    if absent.height:
        own = absent.group_by("split", maintain_order=True).agg("column")
        each = [f"in {split} {listed(columns)}" for split, columns in own.iter_rows()]
        text += f" Not known of any image: {'; '.join(each)}."
    return text.strip()


def _patients(numbers: Numbers) -> str:
    parts = []
    for row in numbers.counts.iter_rows(named=True):
        middle = f"{row['median_images']:g} image{'' if row['median_images'] == 1 else 's'}"
        text = f"{article(row['split'])} {row['split']} patient has {middle} in the median"
        parts.append(f"{text}, {row['most_images']:,} at most")
    text = "; ".join(parts)
    text = f"{text[0].upper()}{text[1:]}."
    train = numbers.counts.filter(pl.col("split") == "train")
    if train.height:
        ill, all_of_them = train.select("positive_patients", "patients").row(0)
        text += f" {ill:,} of {many(all_of_them, 'train patient')} have a positive image."
    return text + _contradictory(numbers)


def _contradictory(numbers: Numbers) -> str:
    odd = [
        f"{count:,} with more than one {name}"
        for name, count in numbers.contradictions.items()
        if count and name != "target"
    ]
    return f" Train patients with images that contradict each other: {listed(odd)}." if odd else ""


def rate_finding(axis: str, rates: pl.DataFrame) -> str:
    """Say which value of a column is positive most often, and whether that is more than chance.

    Values with few images, the missing and the collected rest are not compared.
    """
    known = rates.filter(~pl.col("value").is_in([MISSING, OTHER]))
    if known.height == 1:
        return f"Every known value is {known['value'][0]!r}: there is nothing to compare."
    few = min(max(rates["images"].sum() // 20, _FEW[0]), _FEW[1])
    counted = known.filter(pl.col("images") >= few)
    if counted.height < 2:
        return f"No two values have {few} images or more: there is nothing to compare."
    top = counted.sort("low", "share", descending=True).row(0, named=True)
    low = counted.sort("high", "share").row(0, named=True)
    said = f"{_value(axis, top)} {percent(top['share'])} ({span(top['low'], top['high'])})"
    other = f"{_value(axis, low)} {percent(low['share'])} ({span(low['low'], low['high'])})"
    if _decided(counted):
        return f"The {TITLES[axis]} decides the target: never let a model see it."
    if top["low"] <= low["high"]:
        return f"No clear difference: most often positive {said}, least {other}."
    return f"Most often positive: {said}; {_against(top, low)}: {other}."


def _against(top: Mapping[str, float], low: Mapping[str, float]) -> str:
    times = top["share"] / low["share"] if low["positives"] else 0.0
    if times < 1.05:
        return "least"
    return f"{times:.1f} times the least" if times < 9.95 else f"{times:,.0f} times the least"


def _value(axis: str, row: Mapping[str, object]) -> str:
    images = "image" if row["value"] == "1" else "images"
    return f"{row['value']} {images} a patient," if axis == PATIENT_BAND else f"{row['value']},"


def _decided(counted: pl.DataFrame) -> bool:
    return counted["share"].is_in([0.0, 1.0]).all() and counted["share"].n_unique() == 2


def _no_copies() -> str:
    return "Copies of one picture have not been looked for."


def _copies(twins: Twins) -> str:
    if not twins.groups:
        return f"No {kind_of_copies(twins.of, 1)}."
    kind = kind_of_copies(twins.of, twins.groups)
    text = f"{twins.groups:,} {kind}, {many(twins.images, 'image')}"
    faults = {"patients": twins.patients, "splits": twins.splits, "targets": twins.targets}
    odd = [f"{count:,} with different {name}" for name, count in faults.items() if count]
    return f"{text}; {listed(odd) if odd else 'none across patients, splits or targets'}."


def _shift(numbers: Numbers) -> str:
    shift = numbers.shift
    if not shift.height:
        return "There is nothing to compare between train and test."
    moved = shift.filter("shifted")
    if not moved.height:
        return (
            f"Of {many(shift.height, 'column')}, none differs more than between random splits "
            "of the same patients."
        )
    each = [
        f"{TITLES[column].partition(',')[0]} ({percent(distance)} of the images; by chance up to "
        f"{percent(chance)})"
        for column, distance, chance, _ in moved.head(3).iter_rows()
    ]
    more = f", and {moved.height - 3} more" if moved.height > 3 else ""
    return f"Test differs from train beyond chance in {listed(each)}{more}."

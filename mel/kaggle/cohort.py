"""Synthetic patients and their images: the tables of a competition before any picture is drawn.

A patient has a sex, an age, and 1 to 40 images at skewed counts. Which images are positive leans
on age, sex and site, so that the metadata carry some signal of their own; the counts of images
and positives are exact. Values go missing as in the real 2020 table: sex and age for whole
patients and only in train, the site for single images.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import polars as pl

__all__ = ["SIZES", "Size", "Split", "draw_patients"]

Size = Literal["full", "small", "tiny"]

_SITES = {  # share of all images and log-odds of a positive
    "torso": (0.52, 0.0),
    "lower extremity": (0.25, -0.5),
    "upper extremity": (0.15, 0.3),
    "head/neck": (0.06, 1.0),
    "palms/soles": (0.012, 0.0),
    "oral/genital": (0.008, 0.0),
}
_BENIGN = {"unknown": 0.83, "nevus": 0.16, "seborrheic keratosis": 0.006, "lentigo NOS": 0.004}
_MOST_POSITIVES = 3  # in one patient


@dataclass(frozen=True)
class Split:
    """How large one split is: images with their duplicates, positives, duplicates."""

    images: int
    positives: int
    duplicates: int


SIZES: dict[str, dict[str, Split]] = {
    "full": {"train": Split(1150, 46, 16), "test": Split(350, 16, 0)},
    "small": {"train": Split(220, 18, 5), "test": Split(80, 8, 0)},
    "tiny": {"train": Split(84, 14, 2), "test": Split(36, 6, 0)},
}
_LARGEST = {"full": 40, "small": 20, "tiny": 8}  # images of one patient


def draw_patients(size: Size, split: Literal["train", "test"], seed: int) -> pl.DataFrame:
    """Give the rows of one split, without names: a row an image.

    Columns: patient (from 0), picture (from 0; equal for copies of one picture), sex, age, site,
    diagnosis, target. Copies are the last rows; a copy has the values of its original.
    """
    rng = np.random.default_rng([seed, 0 if split == "train" else 1])
    plan = SIZES[size][split]
    counts = _images_of_patients(plan.images - plan.duplicates, _LARGEST[size], rng)
    frame = _draw_metadata(counts, rng)
    frame = frame.with_columns(target=_draw_targets(frame, plan.positives, rng))
    frame = _name_diagnoses(_lose_values(frame, split, rng), rng)
    return pl.concat([frame, _copies(frame, plan.duplicates, _LARGEST[size], rng)])


def _images_of_patients(images: int, largest: int, rng: np.random.Generator) -> list[int]:
    counts: list[int] = [largest]  # the skew is never left to chance
    while sum(counts) < images:
        drawn = int(np.clip(np.ceil(rng.lognormal(1.0, 1.0)), 1, largest))
        counts.append(min(drawn, images - sum(counts)))
    return counts


def _draw_metadata(counts: list[int], rng: np.random.Generator) -> pl.DataFrame:
    patient = np.repeat(np.arange(len(counts)), counts)
    age = np.clip(rng.normal(49, 15, len(counts)), 15, 85)[patient]
    later = 5 * (rng.random(len(patient)) < 0.15)  # some images were taken years after
    shares = np.array([share for share, _ in _SITES.values()])
    return pl.DataFrame(
        {
            "patient": patient,
            "picture": np.arange(len(patient)),
            "sex": rng.choice(["male", "female"], len(counts), p=[0.52, 0.48])[patient].tolist(),
            "age": np.clip(5 * np.round(age / 5) + later, 10, 90),
            "site": rng.choice(list(_SITES), len(patient), p=shares / shares.sum()).tolist(),
        }
    )


def _draw_targets(frame: pl.DataFrame, positives: int, rng: np.random.Generator) -> pl.Series:
    """Draw positives without replacement, the likely ones first (Gumbel top-k), spread out."""
    log_odds = (
        0.06 * (pl.col("age") - 50)
        + 0.5 * (pl.col("sex") == "male")
        + pl.col("site").replace_strict({site: odds for site, (_, odds) in _SITES.items()})
    )
    gumbel = pl.Series(rng.gumbel(size=frame.height))
    score = frame.select("patient", score=log_odds + gumbel)
    in_patient = pl.col("score").rank("ordinal", descending=True).over("patient")
    open_rows = pl.when(in_patient <= _MOST_POSITIVES).then("score").otherwise(-np.inf)
    ranked = score.select(open_rows.rank("ordinal", descending=True) <= positives)
    return ranked.to_series().cast(pl.Int8)


def _lose_values(frame: pl.DataFrame, split: str, rng: np.random.Generator) -> pl.DataFrame:
    patients = rng.permutation(frame["patient"].n_unique())
    some = max(1, len(patients) // 100) if split == "train" else 0
    neither, no_age = patients[:some].tolist(), patients[: 2 * some].tolist()
    no_site = pl.Series(rng.random(frame.height) < 0.02)
    no_site[int(rng.integers(frame.height))] = True
    return frame.with_columns(
        sex=pl.when(~pl.col("patient").is_in(neither)).then("sex"),
        age=pl.when(~pl.col("patient").is_in(no_age)).then("age"),
        site=pl.when(~no_site).then("site"),
    )


def _name_diagnoses(frame: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    benign = rng.choice(list(_BENIGN), frame.height, p=list(_BENIGN.values())).tolist()
    positive = pl.col("target") == 1
    return frame.with_columns(
        diagnosis=pl.when(positive).then(pl.lit("melanoma")).otherwise(pl.Series(benign))
    )


def _copies(
    frame: pl.DataFrame, count: int, largest: int, rng: np.random.Generator
) -> pl.DataFrame:
    """Draw negative rows to stand twice, at most one a patient and none of the largest."""
    small = frame.filter(pl.len().over("patient") < largest, pl.col("target") == 0)
    one_each: pl.DataFrame = small.unique("patient", keep="first", maintain_order=True)
    chosen = np.sort(rng.permutation(one_each.height)[:count])
    return one_each.select(pl.all().gather(chosen.tolist()))

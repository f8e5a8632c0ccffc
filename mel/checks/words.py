"""The columns of an image table, and the words that some of them may hold."""

import polars as pl

__all__ = ["AXES", "IMAGES", "OLDEST_AGE", "SEXES", "SITES", "SPLITS"]

SPLITS = ("train", "test", "external")
SEXES = ("female", "male")
SITES = (
    "head/neck",
    "lower extremity",
    "oral/genital",
    "palms/soles",
    "torso",
    "upper extremity",
)
IMAGES = {
    "image_id": pl.String,
    "patient_id": pl.String,
    "target": pl.Int8,
    "split": pl.String,
    "path": pl.String,
    "sex": pl.String,
    "age": pl.Float64,
    "site": pl.String,
    "source": pl.String,
}
AXES = {
    "patient": "patient_id",
    "lesion": "lesion_id",
    "duplicate": "duplicate_id",
    "person": "person_id",  # of a person who is one patient in train and another in test
}
OLDEST_AGE = 120.0  # years

"""Predictions -> a submission with exactly the sample's header, order and ids, and its check.

>>> import polars as pl
>>> from mel.submit import check, make
>>> sample = pl.DataFrame({"image_name": ["b", "a"], "target": ["0", "0"]})
"""

from mel.submit.checking import SubmissionError, check, check_seal
from mel.submit.making import make
from mel.submit.sample import read_sample, sample_digest, write_sample

__all__ = [
    "SubmissionError",
    "check",
    "check_seal",
    "make",
    "read_sample",
    "sample_digest",
    "write_sample",
]

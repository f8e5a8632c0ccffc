"""Submissions: made, checked, sent, listed and blended.

`make` writes one with exactly the sample's header, order and ids, and beside it a JSON that says
what it was made of; `check` looks at one as Kaggle will; `send` sends it with Kaggle's own client
and writes its score into that JSON; `list` gives them all, CV beside leaderboard, `agreement` and
`cautions` say what that is worth, `plot` draws it; `blend` makes one of anybody's.

>>> import polars as pl
>>> from mel.submit import check, make
>>> sample = pl.DataFrame({"image_name": ["b", "a"], "target": ["0", "0"]})
"""

from mel.submit.agreement import Agreement, agreement, cautions
from mel.submit.blending import blend
from mel.submit.checking import SubmissionError, check, check_seal
from mel.submit.listing import submissions as list  # noqa: A004  # the command's name
from mel.submit.making import make
from mel.submit.picture import plot
from mel.submit.sample import read_sample, sample_digest, write_sample
from mel.submit.sending import Notebook, Sent, send

__all__ = [
    "Agreement",
    "Notebook",
    "Sent",
    "SubmissionError",
    "agreement",
    "blend",
    "cautions",
    "check",
    "check_seal",
    "list",
    "make",
    "plot",
    "read_sample",
    "sample_digest",
    "send",
    "write_sample",
]

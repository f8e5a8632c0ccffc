"""Submissions: made, checked, sent, listed and blended.

`make` writes one with exactly the sample's header, order and ids, and beside it a JSON that says
what it was made of; `check` looks at one as Kaggle will; `send` sends it with Kaggle's own client
and writes its score into that JSON; `list` gives them all, CV beside leaderboard, `agreement` and
`cautions` say what that is worth, `plot` draws it; `blend` makes one of anybody's. `score` scores
any number of images with a bundle: see `mel.submit.batch`.

>>> from mel.predictions import Predictions
>>> from mel.submit import check, make
>>> test = Predictions.read("work/demo/ensemble/blend/test.parquet")
>>> path = make(test, "work/demo/sample_submission.csv", "work/mine.csv")
>>> check(path, "work/demo/sample_submission.csv")  # nothing odd
()
"""

from typing import TYPE_CHECKING, Any

from mel.submit.agreement import Agreement, agreement, cautions
from mel.submit.blending import blend
from mel.submit.checking import SubmissionError, check, check_seal
from mel.submit.listing import submissions as list  # noqa: A004  # the command's name
from mel.submit.making import make
from mel.submit.picture import plot
from mel.submit.sample import read_sample, sample_digest, write_sample
from mel.submit.sending import Notebook, Sent, send

if TYPE_CHECKING:
    from mel.submit.batch import score

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
    "score",
    "send",
    "write_sample",
]


def __getattr__(name: str) -> Any:
    """Open what scores when it is asked for: a submission needs none of it."""
    if name == "score":
        from mel.submit.batch import score

        return score
    raise AttributeError(f"module 'mel.submit' has no attribute {name!r}")

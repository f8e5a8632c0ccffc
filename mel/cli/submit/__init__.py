"""`mel submit`: submissions, their check, their way to Kaggle, and the scores of any images."""

from mel.cli import options
from mel.cli.submit.blend import blend
from mel.cli.submit.check import check
from mel.cli.submit.list_ import list_
from mel.cli.submit.make import make
from mel.cli.submit.score import score
from mel.cli.submit.send import send

__all__ = ["app"]

app = options.room(
    "Submissions and their scores, and scores of any images.",
    "mel submit make --work work/demo",
)
options.add(app, make, check, send, list_, blend, score)

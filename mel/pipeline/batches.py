"""Scoring a batch by Keras: the one way of serving that needs a work folder and TensorFlow."""

from mel.bundles import Bundle
from mel.pipeline.engines import Keras
from mel.pipeline.folder import AnyPath, Work
from mel.submit.batch import SHARD, Summary, score
from mel.submit.batch.reading import Rows
from mel.submit.scoring import Scorer
from mel.submit.scoring.stored import About, members_in

__all__ = ["score_by_keras"]


def score_by_keras(
    bundle: AnyPath,
    images: Rows,
    out: AnyPath,
    work: AnyPath,
    *,
    meta: Rows | None = None,
    shard: int = SHARD,
    variant: str = "auto",
    precision: str = "auto",
) -> Summary:
    """Score as `mel.submit.batch.score` does, the networks by Keras from a work folder.

    `bundle` is a serving bundle (.mel), and `work` the folder that it was made from: its
    checkpoints are compared with the bundle's graphs first. `images` and `meta` are a folder, a
    list or a frame; `out` (.parquet or .csv) gets a row an image, with its probability from 0 to 1.
    `precision` is that of `HardwareSettings`: on a GPU, "auto" is mixed. The others are as
    for `mel.submit.batch.score`, whose summary is given. Raises MelError for other
    checkpoints, and what `mel.submit.batch.score` raises.

    A work folder that has not the bundle's networks is refused before TensorFlow starts:

    >>> score_by_keras("work/demo/demo.mel", "photos", "scores.csv", work="work/others")
    Traceback (most recent call last):
    mel.errors.MelError: work/others: no such work folder; ...
    """
    found = Bundle.open(bundle)
    members = members_in(found, About.of(found))
    engine = Keras(Work(work), members, precision)  # type: ignore[arg-type]
    try:
        with_keras = Scorer.open(found, engine=engine)
        return score(with_keras, images, out, meta=meta, shard=shard, variant=variant)
    finally:
        engine.close()

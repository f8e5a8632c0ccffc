"""Scoring a batch by Keras: the one way of serving that needs a work folder and TensorFlow."""

from typing import Any

from mel.bundles import Bundle
from mel.pipeline.engines import Keras
from mel.pipeline.folder import AnyPath, Work
from mel.submit.batch import Summary, score
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
    precision: str = "auto",
    **options: Any,
) -> Summary:
    """Score as `mel.submit.batch.score` does, the networks by Keras from a work folder.

    `work` is the folder that the bundle was made from: its checkpoints are compared with the
    bundle's graphs first. `precision` is that of `HardwareSettings`: on a GPU, "auto" is mixed.
    Raises MelError for other checkpoints, and what `mel.submit.batch.score` raises.
    """
    found = Bundle.open(bundle)
    members = members_in(found, About.of(found))
    engine = Keras(Work(work), members, precision)  # type: ignore[arg-type]
    try:
        with_keras = Scorer.open(found, engine=engine)
        return score(with_keras, images, out, meta=meta, **options)
    finally:
        engine.close()

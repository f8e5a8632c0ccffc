"""Scorer: a bundle, opened once, that scores any images."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, Self

import polars as pl

from mel.bundles import Bundle
from mel.files import required
from mel.process import give_back
from mel.submit.scoring.asking import Asked
from mel.submit.scoring.engine import Engine
from mel.submit.scoring.graphs import BATCH, OpenVino
from mel.submit.scoring.judging import Judge, Judged
from mel.submit.scoring.looked import Looked
from mel.submit.scoring.looking import Eye, Looker
from mel.submit.scoring.member import Member
from mel.submit.scoring.stored import (
    About,
    graphs_of,
    judge_in,
    looks_in,
    members_in,
    references_of,
)

__all__ = ["Scorer"]


class Scorer:
    """The whole ensemble of a bundle, ready to score. Any number of threads may ask it at once."""

    def __init__(
        self,
        bundle: Bundle,
        about: About,
        engine: Engine,
        looker: Looker,
        judge: Judge,
        folds: tuple[str, ...],
    ) -> None:
        """Made by `open`."""
        self._bundle, self._about, self._engine = bundle, about, engine
        self._looker, self._judge, self._folds = looker, judge, folds

    @classmethod
    def open(
        cls,
        bundle: Bundle | Path | str,
        precision: Literal["auto", "float32", "bfloat16"] = "auto",
        threads: int | None = None,
        engine: Engine | None = None,
        *,
        batch: int = BATCH,
    ) -> Self:
        """Open a bundle, every byte compared with its manifest, and make its networks ready.

        `precision` "auto" computes in bfloat16 where the processor does and the bundle's maker
        found scores by it good enough, else in float32. `threads` are all cores unless given.
        `engine` takes the place of OpenVINO on this CPU. `batch` is the number of images that are
        computed together, the last batch filled up: a service that gets one picture at a time
        answers sooner with fewer; scores then differ by the rounding of float32.

        Raises MelError for what is no bundle or was changed, naming the file; where OpenVINO is
        not installed; and for a precision that the processor does not have.
        """
        found = bundle if isinstance(bundle, Bundle) else Bundle.open(bundle)
        about = About.of(found)
        members = members_in(found, about)
        allowed = "float32" if precision == "auto" and not about.bfloat16 else precision
        used: Engine = engine or OpenVino(allowed, threads, batch)
        folds = members[0].folds
        with ThreadPoolExecutor(1) as pool:  # LightGBM is imported while graphs are compiled
            judge = pool.submit(judge_in, found, about, folds)
            eyes = _eyes(found, members, used)
            give_back()
            return cls(
                found,
                about,
                used,
                Looker(eyes, used.batch, threads, looks_in(found)),
                judge.result(),
                folds,
            )

    @property
    def card(self) -> str:
        """The model card, as Markdown."""
        return self._bundle.read("card.md").decode(errors="replace")

    @property
    def facts(self) -> Mapping[str, Any]:
        """What is known of the training data and of the ensemble's worth."""
        where = f"{self._bundle.path}: facts.json"
        return required(self._bundle.json("facts.json"), {}, where)

    @property
    def name(self) -> str:
        """What the blend is called."""
        return self._about.name

    @property
    def members(self) -> tuple[str, ...]:
        """The networks' names."""
        return self._about.members

    @property
    def stack(self) -> str:
        """The stack's name; empty where the blend uses none."""
        return self._about.stack

    @property
    def n_folds(self) -> int:
        """How many chains the spread is taken over."""
        return len(self._judge.folds["single"])

    @property
    def folds(self) -> tuple[str, ...]:
        """The folds whose networks are there; ("mean",) where they were averaged into one."""
        return self._folds

    @property
    def synthetic(self) -> bool:
        """Whether it was trained on drawn pictures: no score then says anything about skin."""
        return self._about.synthetic

    @property
    def digest(self) -> str:
        """Sixteen hexadecimal digits of all that the bundle holds."""
        return self._bundle.digest

    @property
    def precision(self) -> str:
        """In what the networks compute."""
        return self._engine.precision

    @property
    def batch(self) -> int:
        """How many images are computed together."""
        return self._engine.batch

    @property
    def engine(self) -> Mapping[str, Any]:
        """What computes: engine, device, precision, threads."""
        return self._engine.describe()

    @property
    def bundle(self) -> Bundle:
        """The bundle itself, for what else it holds."""
        return self._bundle

    def look(
        self,
        frame: pl.DataFrame,
        maps: bool = False,
        pictures: Mapping[str, bytes] | None = None,
    ) -> Looked:
        """Put images to every network: the slow part, each image by itself.

        `frame` has image_id, and what else is known: path (a reference, see `mel.images`), age,
        sex, site and patient_id. `pictures` has the encoded bytes of images by id, which take the
        place of a path. With `maps`, also where in each picture the logits come from. A picture
        that cannot be read is a fault of that image and stops nothing. Raises MelError for ids
        that are missing or stand twice.
        """
        return self._looker.look(Asked.of(frame), pictures or {}, maps=maps)

    def looks(
        self, frames: Iterable[pl.DataFrame], tell: Callable[[int], object] = int
    ) -> Iterator[Looked]:
        """Look at one frame after another, as `look` does, and give each once it is whole.

        Batches run over from one frame into the next, and a frame is asked for shortly before it
        is looked at: so any number of images is looked at in the memory of a few. Ids must be
        unique in each frame. `tell` is called with the number of images after each batch.
        """
        return self._looker.looks(map(Asked.of, frames), {}, tell=tell)

    def judge(
        self,
        frame: pl.DataFrame,
        looked: Looked,
        variant: str = "auto",
        *,
        fold: int | None = None,
    ) -> Judged:
        """Say what the ensemble makes of images that were looked at: the quick part.

        Two or more images of one patient_id are judged in their context: give all of them at once.
        Any other image is judged by itself. `variant` "context" or "single" asks for one of both
        for all images that have a patient, `fold` for what the chain of one fold says alone, by its
        place in `folds`. Rows keep the frame's order; each must have been looked at.
        """
        return self._judge.judge(Asked.of(frame), looked, variant, fold)


def _eyes(bundle: Bundle, members: tuple[Member, ...], engine: Engine) -> list[Eye]:
    """Make all networks, as many at a time as the engine can."""
    wanted = [(m, size, graphs_of(bundle, m, size)) for m in members for size in m.sizes]
    made = dict(
        zip([(m.name, size) for m, size, _ in wanted], engine.networks(wanted), strict=True)
    )
    return [
        Eye(m, {size: made[m.name, size] for size in m.sizes}, references_of(bundle, m))
        for m in members
    ]

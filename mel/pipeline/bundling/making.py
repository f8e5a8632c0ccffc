"""Make a bundle: gather, pack, measure, write, and compare the finished file with the work."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from mel.bundles import write_bundle
from mel.errors import MelError
from mel.files import atomic
from mel.pipeline.bundling.asking import Wanted
from mel.pipeline.bundling.card import card
from mel.pipeline.bundling.examples import examples
from mel.pipeline.bundling.facts import facts_of
from mel.pipeline.bundling.gathering import gather
from mel.pipeline.bundling.graphs import chosen, exported
from mel.pipeline.bundling.measuring import Measured
from mel.pipeline.bundling.packing import files_of, looks_of, manifest_of, plain
from mel.pipeline.bundling.trying import tried
from mel.pipeline.bundling.verifying import MOST, Verified, verify
from mel.pipeline.folder import AnyPath
from mel.submit.scoring import Scorer

__all__ = ["Bundled", "ensemble_bundle"]

_AGAIN = 16  # test images by which the finished file is looked at once more


@dataclass(frozen=True)
class Bundled:
    """A bundle that was written, and what was found of it.

    path: the file. digest: sixteen hex digits of its contents. size: bytes. members: names of the
    networks in it. made_of: in words, what was left out or rounded. verified: the largest
    differences from the work folder's probabilities. measured: what a smaller bundle or bfloat16
    changes, a comparison each. notes: what else is worth a line. `facts()` is all that for a
    person; `ensemble_bundle` has an example.
    """

    path: Path
    digest: str
    size: int
    members: tuple[str, ...]
    made_of: str
    verified: Verified
    measured: tuple[Measured, ...]
    notes: tuple[str, ...]

    def facts(self) -> dict[str, str]:
        """Give what a person wants to know, by name."""
        told = {
            "bundle": f"{self.path}, {self.size / 1e6:.1f} MB, digest {self.digest}",
            "members": ", ".join(self.members),
            "made of": self.made_of,
            "difference": self.verified.text,
        }
        return told | {one.title: one.text for one in self.measured}


def ensemble_bundle(work: AnyPath, out: AnyPath, wanted: Wanted | None = None) -> Bundled:
    """Put the blend of a work folder into one file that scores new images without TensorFlow.

    `out` is the file, by custom NAME.mel; `wanted` what it shall hold, by default all that was
    trained. Test images are scored anew by the bundle, and must get the work folder's
    probabilities but for `wanted.tolerance`.

    Raises MelError for a blend that is missing or stale, one that needs scores made elsewhere, a
    graph that is not its network, and a bundle that does not say what the work folder says: then
    nothing is left.

    >>> found = ensemble_bundle("work/demo", "work/blend.mel", Wanted(measured=0))
    >>> found.members, found.made_of
    (('efficientnetv2_micro-32',), 'all folds, float32')
    >>> found.verified.images, found.verified.largest < 1e-4
    (36, True)
    """
    wanted, out = wanted or Wanted(), Path(out)
    if out.is_dir():
        raise MelError(f"{out}: is a folder; name a file, such as {out / 'blend.mel'}")
    gathered = gather(work, wanted)
    folds = wanted.chosen(gathered.folds.n_folds)
    shown = examples(wanted.examples)
    whole = exported(gathered, wanted, range(gathered.folds.n_folds) if wanted.measured else folds)
    files = files_of(gathered, wanted, chosen(whole, wanted, folds)) | shown
    with _desk(out) as desk:
        found = tried(gathered, wanted, files, whole, desk)
    facts = facts_of(gathered, wanted) | found.facts()
    files |= looks_of(gathered) | {"facts.json": plain(facts), "card.md": card(facts).encode()}
    with atomic(out) as temporary:
        digest = write_bundle(
            temporary, files, manifest_of(gathered, wanted, bfloat16=found.bfloat16)
        )
        verify(Scorer.open(temporary, "float32"), gathered, wanted, min(_AGAIN, MOST))
    return Bundled(
        out,
        digest,
        out.stat().st_size,
        gathered.members,
        wanted.said,
        found.verified,
        found.measured,
        (*found.warnings, *found.notes),
    )


@contextmanager
def _desk(out: Path) -> Iterator[Path]:
    """Give a folder for drafts beside `out`, gone afterwards.

    It is named as what `atomic` makes there: what a killed process left is taken away with that.
    """
    desk = out.with_name(f".{uuid4().hex[:8]}-{out.name}")
    try:
        desk.mkdir(parents=True)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MelError(f"{out}: cannot be written ({reason}); free or choose a place") from error
    try:
        yield desk
    finally:
        shutil.rmtree(desk, ignore_errors=True)

"""A draft of the bundle tried out: compared with the work folder, and measured."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mel.bundles import write_bundle
from mel.graphs import native_precision
from mel.pipeline.bundling.asking import Wanted
from mel.pipeline.bundling.gathering import Gathered
from mel.pipeline.bundling.graphs import Graphs, chosen
from mel.pipeline.bundling.honest import honest_images
from mel.pipeline.bundling.measuring import Measured, allows, compared, said_by
from mel.pipeline.bundling.packing import Files, files_of, manifest_of
from mel.pipeline.bundling.verifying import Verified, verify
from mel.progress import say
from mel.submit.scoring import Scorer

__all__ = ["Tried", "tried"]

_WHOLE = "all folds in float32"
_KNOWN = (
    "Stack, blend, its references and the calibration were fitted to these very images: only what "
    "changes counts, and no AUC of this section is honest."
)


@dataclass(frozen=True)
class Tried:
    """What trying a draft has shown. `bfloat16`: whether serving may use it without being asked."""

    verified: Verified
    measured: tuple[Measured, ...]
    bfloat16: bool
    notes: tuple[str, ...]
    device: str

    @property
    def warnings(self) -> list[str]:
        """What was lost beyond noise, a sentence each."""
        return [one.warning for one in self.measured if one.warning]

    def facts(self) -> dict[str, Any]:
        """Give plain data for facts.json."""
        compared_with = {"members": dict(self.verified.members), "blend": self.verified.blend}
        return {
            "verified": compared_with
            | {"images": self.verified.images, "text": self.verified.text},
            "measured": [one.as_dict() | {"text": one.text} for one in self.measured],
            "unmeasured": list(self.notes),
            "warnings": list(self.warnings),
            "bfloat16": self.bfloat16,
            "device": self.device,
        }


def tried(gathered: Gathered, wanted: Wanted, files: Files, whole: Graphs, desk: Path) -> Tried:
    """Write a draft into the folder `desk`, compare it with the work folder, and measure it."""
    manifest = manifest_of(gathered, wanted, bfloat16=False)
    blank: Files = {"facts.json": b"{}\n", "card.md": b"# A draft\n"}
    write_bundle(desk / "draft.mel", files | blank, manifest)
    scorer = Scorer.open(desk / "draft.mel", "float32")
    say("bundle: scoring test images anew, to compare them with the work folder")
    verified = verify(scorer, gathered, wanted)
    device = str(scorer.engine["device"])
    folds = () if wanted.average else wanted.chosen(gathered.folds.n_folds)
    honest = honest_images(gathered, folds, wanted.measured)
    if honest is None:
        why = (
            "no image with a known target is new to its networks" if wanted.measured else "left out"
        )
        return Tried(verified, (), False, (_unmeasured(wanted, why),), device)
    say(f"bundle: measuring on {honest.what}")
    plain = said_by(scorer, honest)
    measured: list[Measured] = []
    if not wanted.whole:
        every = tuple(range(gathered.folds.n_folds))
        everything = files_of(gathered, Wanted(), chosen(whole, Wanted(), every))
        write_bundle(desk / "whole.mel", everything | blank, manifest)
        before = said_by(Scorer.open(desk / "whole.mel", "float32"), honest)
        measured += compared(wanted.said, _WHOLE, honest, before, plain)
    notes = (_KNOWN,) if honest.known else ()
    if native_precision() != "bfloat16":
        note = "bfloat16 was not measured, for the processor that made this bundle has none."
        return Tried(verified, tuple(measured), False, (*notes, note), device)
    low = said_by(Scorer.open(desk / "draft.mel", "bfloat16"), honest)
    rounded = compared("bfloat16", "float32", honest, plain, low)
    return Tried(verified, (*measured, *rounded), allows(rounded), notes, device)


def _unmeasured(wanted: Wanted, why: str) -> str:
    """Say what is not known, and the worst of it first."""
    if not wanted.average:
        what = "What lower precision" if wanted.whole else "What a smaller bundle"
        return f"{what} changes was not measured: {why}."
    return (
        f"What averaging the folds' weights costs was not measured: {why}. Where the folds did not "
        "begin with the same trained weights, their mean may be worth nothing."
    )

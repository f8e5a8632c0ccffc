"""A fitted stack in its two variants, replayed from the files alone."""

from dataclasses import dataclass
from pathlib import Path

import polars as pl

from mel.errors import MelError, near
from mel.files import check_digest, digest_file, digest_json, read_json, required, write_json
from mel.tabular.features import VARIANTS, Variant
from mel.tabular.variant import VariantStack

__all__ = ["Stack", "load"]

_FILE, _SCHEMA = "stack.json", 2


@dataclass(frozen=True)
class Stack:
    """The variants "context" and "single"; `main` is the one whose scores the blend takes."""

    context: VariantStack
    single: VariantStack
    main: Variant

    def variant(self, name: str) -> VariantStack:
        """Give a variant by its name; raises MelError for another word."""
        if name not in VARIANTS:
            raise MelError(f"variant: unknown {name!r}; {near(name, VARIANTS)}")
        return self.context if name == "context" else self.single

    @property
    def members(self) -> list[str]:
        """The members whose scores the stack needs, by name."""
        return self.single.features.members

    def score(
        self, images: pl.DataFrame, scores: pl.DataFrame | None = None, *, variant: str
    ) -> pl.DataFrame:
        """Score new images: image_id and score, the mean of the fold models' probabilities.

        `variant` must be said. "single" takes each image by itself: alone it gets the score it
        gets in any batch. "context" compares it with the other images of its `patient_id` among
        `images`, so give all of a patient at once; patients change nothing for each other.

        `images` has image_id and the metadata columns, `scores` image_id and each member's score
        of the kind its test predictions hold (the mean over its folds). Rows keep the images'
        order. Raises MelError as `FeatureList.rows` and `FeatureList.matrix` do, and for an
        unknown variant.
        """
        return self.variant(variant).score(images, scores)

    def write(self, folder: Path) -> None:
        """Write context/ and single/, and then stack.json, which says which is the main one."""
        digests = {}
        for name in VARIANTS:
            self.variant(name).write(folder / name)
            digests[name] = digest_file(folder / name / "features.json")
        content = {"schema_version": _SCHEMA, "main": self.main, "variants": digests}
        write_json(folder / _FILE, {"digest": digest_json(content)} | content)


def load(folder: Path | str) -> Stack:
    """Read a stack from the folder it was trained into; no pickle, no training data.

    Raises MelError for a missing file and for one changed after it was written.
    """
    path = (folder := Path(folder)) / _FILE
    keys = {"digest": str, "schema_version": int, "main": str, "variants": dict}
    raw = dict(required(read_json(path), keys, str(path)))
    check_digest(path, raw.pop("digest"), digest_json(raw))
    if raw["schema_version"] != _SCHEMA or raw["main"] not in VARIANTS:
        raise MelError(f"{path}: was written by another version of mel; train it again")
    found = {name: _read(folder / name, raw["variants"].get(name)) for name in VARIANTS}
    return Stack(found["context"], found["single"], raw["main"])


def _read(folder: Path, sha: object) -> VariantStack:
    found = VariantStack.read(folder)
    if digest_file(folder / "features.json") != sha:
        raise MelError(f"{folder}: is not the variant stack.json lists; train the stack again")
    return found

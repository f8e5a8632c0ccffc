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
    """A stack that is fitted: the variants "context" and "single".

    `main` names the one whose scores the blend takes. `load` reads one from its folder.

    >>> stack = load("work/demo/tabular/lightgbm")
    >>> stack.main, stack.members, stack.columns("single")
    ('context', ['efficientnetv2_micro-32'], ['image_id', 'age', 'sex', 'site'])
    >>> known = {"image_id": "a", "age": 40.0, "sex": "male", "site": "torso"}
    >>> scores = pl.DataFrame({"image_id": ["a"], "efficientnetv2_micro-32": [0.4]})
    >>> stack.score(pl.DataFrame(known), scores, variant="single").columns
    ['image_id', 'score']
    """

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

    def columns(self, variant: str) -> list[str]:
        """Give the columns that images to be scored by a variant must have; their values may lack.

        image_id and, for "context", patient_id must be there in every row; age is in years. Raises
        MelError for an unknown variant.
        """
        return self.variant(variant).features.columns

    def score(
        self, images: pl.DataFrame, scores: pl.DataFrame | None = None, *, variant: str
    ) -> pl.DataFrame:
        """Score new images: image_id and score, 0 to 1, the mean of the fold models' probabilities.

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
        """Write context/ and single/, and then stack.json, which says which is the main one.

        Raises MelError where the folder cannot be written.
        """
        digests = {}
        for name in VARIANTS:
            self.variant(name).write(folder / name)
            digests[name] = digest_file(folder / name / "features.json")
        content = {"schema_version": _SCHEMA, "main": self.main, "variants": digests}
        write_json(folder / _FILE, {"digest": digest_json(content)} | content)


def load(folder: Path | str) -> Stack:
    """Read a stack from the folder it was trained into, to score new images: the one door for it.

    Needs that folder alone, text and numbers in JSON, no training data, no pickle; of packages
    LightGBM where the stack has that learner, neither scikit-learn nor TensorFlow.
    `Stack.members` names the scores to bring, `Stack.columns` what else must be known, and
    `Stack.score` takes one image, or all of one patient, or any number of both: nobody's score
    depends on who else is in the batch, nor on the order, and each is what `train` gives.

    Raises MelError for a missing file and for one changed after it was written.

    >>> from tempfile import TemporaryDirectory
    >>> from mel.config import TabularSettings
    >>> from mel.tables import Folds
    >>> from mel.tabular.training import train
    >>> images = pl.DataFrame({"image_id": list("abcdef"), "age": [20.0, 70, 30, 80, None, 60]})
    >>> train_rows = images.with_columns(
    ...     target=pl.Series([0, 1, 0, 1, 0, 1]), patient_id="image_id", split=pl.lit("train"),
    ...     path=None, sex=None, site=None, source=pl.lit("x"),
    ... )
    >>> halves = images.select("image_id", fold=pl.Series([0, 0, 1, 1, 1, 0]))
    >>> folds = Folds.of(halves, seed=0, method="by hand")
    >>> settings = TabularSettings(learners=["logistic"], metadata=["age"])
    >>> with TemporaryDirectory() as place:
    ...     _ = train(train_rows, folds, settings=settings, out=f"{place}/stack")
    ...     stack = load(f"{place}/stack")
    >>> stack.members, stack.columns("single"), stack.columns("context")[:3]
    ([], ['image_id', 'age'], ['image_id', 'age', 'patient_id'])
    >>> new = pl.DataFrame({"image_id": ["old", "young"], "age": [75, 25]})
    >>> found = stack.score(new, variant="single")
    >>> found["score"][0] > found["score"][1]
    True
    >>> stack.score(new[:1], variant="single").equals(found[:1])
    True
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

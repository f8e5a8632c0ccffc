"""Images put to a trained member: who may score them, with which pixels, in a child process."""

import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal, Self, TypeVar

import polars as pl

from mel.cnn.feeding import prepare
from mel.cnn.jobs.done import REFERENCE, fold_dir
from mel.cnn.jobs.launch import check_installed, launch
from mel.cnn.jobs.recipe import MemberRecipe, read_recipe
from mel.config import HardwareSettings, MemberSettings, TtaSettings
from mel.errors import MelError, many, near
from mel.images import Framing
from mel.images.listing import AnyImages, listing, table_in
from mel.predictions import Predictions
from mel.progress import say
from mel.tables import ImageTable
from mel.views import read_reference, views

__all__ = ["AnyImages", "Asked", "TrainedOn", "framing_of"]

TrainedOn = Literal["refuse", "out-of-fold"]
_RECORDS = (".tfrec", ".tfrecord")
_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Asked:
    """Images put to a member.

    `frame` has image_id, path, with metadata age, sex and site, then `fold`, the one that held an
    image out (null for an image that trained nothing), and `folds`, the list of those that are to
    score it. `own` tells whether these are images that trained the member.
    """

    member: Path
    recipe: MemberRecipe
    settings: MemberSettings
    frame: pl.DataFrame
    own: bool

    @classmethod
    def of(
        cls,
        member: Path | str,
        images: AnyImages,
        tta: TtaSettings | None,
        hardware: HardwareSettings | None,
        trained_on: TrainedOn,
    ) -> Self:
        """Check what is asked; raises what `mel.cnn.predict` says."""
        check_installed()
        place, images = Path(member), table_in(images)
        recipe = read_recipe(place)
        changes = {"tta": tta or recipe.settings.tta, "hardware": hardware or HardwareSettings()}
        settings = recipe.settings.model_copy(update=changes)
        _check_ranks(place, settings)
        known = Predictions.read(place / "oof.parquet").frame.select("image_id", "fold")
        listed = listing(images, metadata=settings.metadata)
        frame = listed.join(known, on="image_id", how="left", validate="1:1")
        _refuse_external(place, recipe, images, listed["image_id"])
        own = _own(place, frame, trained_on)
        folds = pl.concat_list("fold") if own else pl.lit(list(range(recipe.n_folds)))
        return cls(place, recipe, settings, frame.with_columns(folds=folds), own)

    def answer(
        self, task: str, name: str, read: Callable[[Path], _Answer], cache: Path | str | None
    ) -> _Answer:
        """Do a task in a child process, which writes a file called `name`; read that.

        Decoded pictures lie in `cache`, by default with the rest in a temporary folder.
        """
        framing = framing_of(self.recipe, self.frame)
        with tempfile.TemporaryDirectory(prefix="mel-") as folder:
            kept, out = Path(cache or folder), Path(folder) / name
            for size in (self.settings.size, *self.settings.tta.sizes):
                prepare(self.frame, size, kept, self.settings.hardware, framing)
            rows = Path(folder) / "images.parquet"
            self.frame.write_parquet(rows)
            job = {
                "task": task,
                "frame": str(rows),
                "member": str(self.member),
                "settings": self.settings.model_dump(mode="json"),
                "labels": [asdict(labels) for labels in self.recipe.taught],
                "framing": asdict(framing),
                "cache": str(kept),
                "out": str(out),
            }
            total = int(self.frame["folds"].list.len().sum()) * self.settings.tta.views
            label = f"{self.settings.name} on {many(self.frame.height, 'image')}"
            launch(job, label, total, Path(folder) / "log.txt")
            return read(out)


def _check_ranks(member: Path, settings: MemberSettings) -> None:
    """Refuse ranks of views that no fold has held-out scores of."""
    if settings.tta.average != "rank":
        return
    known = read_reference(fold_dir(member, 0) / REFERENCE)
    for view in views(settings.tta, settings.size):
        if view.kind not in known:
            raise MelError(
                f"{member.name}: average = 'rank' needs held-out scores of the view {view.kind!r}; "
                f"{near(view.kind, known)}; train the member with these views, or average logits"
            )


def _refuse_external(member: Path, recipe: MemberRecipe, images: AnyImages, ids: pl.Series) -> None:
    """Refuse external images that trained the member, in whatever list they stand."""
    taught = set(recipe.external)
    if isinstance(images, ImageTable) and images.digest == recipe.inputs.get("images"):
        taught |= set(images.external["image_id"])  # a recipe.json may be older than its list
    if mine := [image_id for image_id in ids if image_id in taught]:
        raise MelError(
            f"{member.name}: was trained on image {mine[0]} "
            f"({many(len(mine), 'external image')}), which no fold held out; leave them out"
        )


def _own(member: Path, frame: pl.DataFrame, how: TrainedOn) -> bool:
    """Tell whether these are the member's own train images; refuse them unless asked for."""
    mine = frame.filter(pl.col("fold").is_not_null())["image_id"]
    new = frame.filter(pl.col("fold").is_null())["image_id"]
    if how == "refuse" and mine.len():
        raise MelError(
            f"{member.name}: was trained on image {mine[0]} ({many(mine.len(), 'such image')}), "
            f"whose honest score is in {member / 'oof.parquet'}; leave them out, or ask for "
            "out-of-fold scores of train images alone"
        )
    if how == "out-of-fold" and new.len():
        raise MelError(
            f"{member.name}: was not trained on image {new[0]} ({many(new.len(), 'such image')}), "
            "so it has no out-of-fold score; score train images and others apart"
        )
    return bool(mine.len())


def framing_of(recipe: MemberRecipe, frame: pl.DataFrame) -> Framing:
    """Give how new originals are framed: as what the member was trained on; and say so.

    Places in TFRecords are taken for prepared pictures, which are framed already.
    """
    plain, framing = Framing(), recipe.framed
    places = (Path(path.partition("#")[0]).suffix for path in frame["path"])
    if framing == plain or all(suffix in _RECORDS for suffix in places):
        return plain
    say(f"{recipe.settings.name}: was trained on prepared pictures; originals get their {framing}")
    return framing

"""The folds of a member, one child process after another."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mel.cnn import feeding
from mel.cnn.backbones import digest_weights
from mel.cnn.devices.device import misfit
from mel.cnn.jobs.claims import claimed, gives_a_sign
from mel.cnn.jobs.done import fold_dir, is_done, is_trained
from mel.cnn.jobs.launch import launch
from mel.cnn.jobs.probing import batch_for
from mel.cnn.jobs.scorers import needed
from mel.cnn.labels import Labels
from mel.cnn.training.validating import looks
from mel.config import HardwareSettings, MemberSettings
from mel.errors import MelError
from mel.files import read_json
from mel.progress import say
from mel.tables import Folds, ImageTable

__all__ = ["ORIGINALS", "Work", "check_device"]

ORIGINALS = "originals"  # as the input "pictures": those the table's digest of images speaks of


@dataclass(frozen=True)
class Work:
    """What the folds of one member are trained and scored from, and where; labels a fold."""

    table: ImageTable
    folds: Folds
    settings: MemberSettings
    out: Path
    cache: Path
    labels: tuple[Labels, ...]

    @property
    def inputs(self) -> dict[str, str]:
        """What the scores are made from."""
        return self._inputs(self.settings.digest)

    @property
    def training(self) -> dict[str, str]:
        """What the weights are made from."""
        return self._inputs(self.settings.training_digest)

    def _inputs(self, settings: str) -> dict[str, str]:
        made_from = {"images": self.table.digest, "folds": self.folds.digest}
        pictures = self.table.inputs.get("prepared", ORIGINALS)
        made_from |= {"settings": settings, "pictures": pictures}
        return made_from | digest_weights(self.settings)

    def missing(self, folds: Sequence[int]) -> list[int]:
        """Give those of the folds that are not finished."""
        return [fold for fold in folds if not is_done(self.out, fold, self.inputs)]

    def train(self, folds: Sequence[int]) -> None:
        """Train and score what is missing of the folds, but what another process is at."""
        if not folds:
            return
        check_device(self.settings)
        for size, frame in needed(self.table, self.settings).items():
            feeding.prepare(frame, size, self.cache, self.settings.hardware)
        most = max(labels.count for labels in self.labels)
        batch = batch_for(self.settings, self.out, most)
        settings = self.settings.model_copy(update={"batch_size": batch})
        with self._job(settings) as job:
            left = [fold for fold in folds if not self._train(job, settings, fold)]
            for fold in left:
                if not gives_a_sign(self.out, fold) and self.missing([fold]):
                    say(f"{settings.name} fold {fold}: who held it is gone, taken over")
                    self._train(job, settings, fold)

    @contextmanager
    def _job(self, settings: MemberSettings) -> Iterator[dict[str, Any]]:
        """Give what the jobs of all folds share, with the tables written for them."""
        with tempfile.TemporaryDirectory(prefix="mel-") as folder:
            images, fold_map = Path(folder) / "images.parquet", Path(folder) / "folds.parquet"
            self.table.write(images)
            self.folds.write(fold_map)
            yield {
                "task": "fold",
                "images": str(images),
                "folds": str(fold_map),
                "member": str(self.out),
                "settings": settings.model_dump(mode="json"),
                "inputs": self.inputs,
                "training": self.training,
                "cache": str(self.cache),
            }

    def _train(self, job: Mapping[str, Any], settings: MemberSettings, fold: int) -> bool:
        """Train a fold unless it is done; give False while another process holds it."""
        label = f"{settings.name} fold {fold} (of {self.folds.n_folds})"
        with claimed(self.out, fold) as claim:
            if claim is None:
                say(f"{label}: another process is training it, left to that if it is alive")
                return False
            if self.missing([fold]):
                log, total = (
                    fold_dir(self.out, fold) / "log.txt",
                    self._images_to_do(settings, fold),
                )
                own = {"fold": fold, "labels": asdict(self.labels[fold]), "claim": claim.ticket}
                launch(dict(job) | own, label, total, log, claim)
            return True

    def _images_to_do(self, settings: MemberSettings, fold: int) -> int:
        """Give how many images pass through the network in what is to be done of a fold."""
        held_out = self.folds.scored(self.table, fold)
        scored = (held_out.height + self.table.test.height) * settings.tta.views
        if is_trained(self.out, fold, self.training):
            return scored
        fitted = self.folds.training(self.table, fold).height
        each = feeding.steps_per_epoch(fitted, settings.batch) * settings.batch
        both = held_out["target"].n_unique() > 1
        looked = looks(settings, settings.epochs) * held_out.height * both
        return settings.epochs * each + looked + scored


def check_device(settings: MemberSettings) -> None:
    """Refuse, before anything is made, what cannot be computed on this machine.

    Only what is demanded can be refused, and gradients that are added up, which several devices of
    TensorFlow cannot share; then a child process looks. Raises MelError with what the device's
    choice raises.
    """
    plain = HardwareSettings(pixels=settings.hardware.pixels, pixels_gb=settings.hardware.pixels_gb)
    if settings.hardware == plain and settings.accumulate == 1:
        return
    with tempfile.TemporaryDirectory(prefix="mel-") as folder:
        out = Path(folder) / "found.json"
        job = {
            "task": "doctor",
            "hardware": [settings.hardware.model_dump(mode="json")],
            "out": str(out),
        }
        launch(job, f"{settings.name}: looking for the device", 0, Path(folder) / "log.txt")
        choice = read_json(out)["choices"][0]
    fault = choice.get("refused") or misfit(settings, choice["count"], choice["backend"])
    if fault:
        raise MelError(f"{settings.name}: {fault}")

"""A member that was imported, in words: what was taken, and what it can cost."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mel.errors import many
from mel.predictions import Predictions, foreign_note

__all__ = ["Imported"]


@dataclass(frozen=True)
class Imported:
    """A member that was imported: its scores, where they lie, and what a recipe must say.

    oof, test: Predictions, a row a train and a test image. folder: imported/NAME of the work
    folder, with both as Parquet. `recipe()` gives the lines that let a recipe use the member,
    `notes()` what its figures can't say.

    >>> from mel.pipeline import ensemble_import
    >>> scores = "work/demo/cnn/efficientnetv2_micro-32"
    >>> ours = ("work/demo", "again", f"{scores}/oof.parquet", f"{scores}/test.parquet")
    >>> print(ensemble_import(*ours).recipe())
    [[imported]]
    name = "again"
    """

    oof: Predictions
    test: Predictions
    folder: Path

    def as_dict(self) -> dict[str, Any]:
        """Give plain data, as `mel ensemble import --json` has it."""
        metric, name = self.oof.metric, self.oof.name
        return {
            "member": name,
            "train_images": self.oof.frame.height,
            "test_images": self.test.frame.height,
            "columns": dict(metric["columns"]),
            "scale": self.oof.scale,
            "auc": {key: metric[key] for key in ("pooled", "fold_mean", "low", "high")},
            "folds": self.oof.folds,
            "foreign": self.oof.foreign.get(name),
            "digest": self.oof.digest,
            "folder": str(self.folder),
            "notes": self.notes(),
            "recipe": self.recipe(),
        }

    def facts(self) -> dict[str, str]:
        """Give what was found, for people."""
        metric, name = self.oof.metric, self.oof.name
        columns = " and ".join(f"{kind}: {used}" for kind, used in metric["columns"].items())
        return {
            "member": name,
            "scores": f"{many(self.oof.frame.height, 'train image')} out of fold, "
            f"{many(self.test.frame.height, 'test image')}",
            "columns": columns,
            "scale": self.oof.scale,
            "OOF AUC": f"{metric['pooled']:.4f} ({metric['low']:.4f} to {metric['high']:.4f}), "
            f"mean of its folds {metric['fold_mean']:.4f}",
            "folds": _standing(self.oof),
            "digest": self.oof.digest,
            "files": str(self.folder),
        }

    def notes(self) -> list[str]:
        """Give what the figures can't say: what a foreign member can cost."""
        mark = self.oof.foreign.get(self.oof.name)
        kin = mark["kin"] if mark else 0
        told = [foreign_note(self.oof.foreign)] if mark else []
        if kin:
            told.append(
                f"{many(kin, 'image')} were scored by a network that had seen the same patient, "
                "lesion or copy: these scores are too good by themselves."
            )
        return told

    def recipe(self) -> str:
        """Give the lines of a recipe that use the member."""
        allowed = "\nforeign = true" if self.oof.foreign else ""
        return f'[[imported]]\nname = "{self.oof.name}"{allowed}'


def _standing(oof: Predictions) -> str:
    mark = oof.foreign.get(oof.name)
    if mark is None:
        return f"{oof.folds}, those of the work folder"
    return (
        f"foreign: {mark['folds']}; {mark['rows']:,} of {many(mark['images'], 'image')}, of "
        f"{many(mark['patients'], 'patient')}, scored by networks that saw targets of their fold"
    )

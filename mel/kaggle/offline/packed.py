"""What `bundle` gives: a folder that is ready to be uploaded."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mel.kaggle.offline.metadata import Names

__all__ = ["Packed"]


@dataclass(frozen=True)
class Packed:
    """A folder that is ready: the dataset and the notebooks in it, and what they hold.

    folder: the one that was written. names: of dataset and notebooks on Kaggle. notebooks: the
    folders beside the dataset, "train" and "infer", or "infer" alone. wheels: the files' names.
    bytes: of the dataset. replaced: packages of the image that the notebook will have in another
    version, name -> (the image's, ours). told: which image, in words.

    >>> from mel.kaggle.offline.metadata import Names
    >>> names = Names("me", "moles-offline", "siim-isic-melanoma-classification")
    >>> wheels = ("mel-0.1.0-py3-none-any.whl", "openvino-2025.3.0-cp312-manylinux_x86_64.whl")
    >>> made = Packed(Path("offline"), names, ("infer",), wheels, 61_000_000, {}, "Kaggle's image")
    >>> made.facts()["wheels"]
    "2, all that Kaggle's image lacks"
    >>> print(*made.uploads, sep="; ")
    kaggle datasets create -p offline/dataset --dir-mode zip; kaggle kernels push -p offline/infer
    """

    folder: Path
    names: Names
    notebooks: tuple[str, ...]
    wheels: tuple[str, ...]
    bytes: int
    replaced: Mapping[str, tuple[str, str]]
    told: str

    def as_dict(self) -> dict[str, Any]:
        """Give plain data, as `mel kaggle bundle --json` has it."""
        return {
            "folder": str(self.folder),
            "notebooks": list(self.notebooks),
            "wheels": list(self.wheels),
            "bytes": self.bytes,
            "replaced": {name: list(pair) for name, pair in self.replaced.items()},
            "told": self.told,
            "uploads": list(self.uploads),
        }

    def facts(self) -> dict[str, str]:
        """Give what a person wants to know, by name."""
        found = {
            "dataset": f"{self.folder / 'dataset'}, {self.bytes / 1e6:.0f} MB",
            "wheels": f"{len(self.wheels)}, all that {self.told} lacks",
        }
        if self.replaced:
            pairs = (f"{n} {old} by {new}" for n, (old, new) in sorted(self.replaced.items()))
            found["replaces"] = ", ".join(pairs)
        return found | {f"upload {number}": line for number, line in enumerate(self.uploads, 1)}

    @property
    def uploads(self) -> tuple[str, ...]:
        """The commands that bring all of it to Kaggle, in their order."""
        pushes = (f"kaggle kernels push -p {self.folder / name}" for name in self.notebooks)
        return (f"kaggle datasets create -p {self.folder / 'dataset'} --dir-mode zip", *pushes)

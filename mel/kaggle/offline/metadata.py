"""What Kaggle's client reads beside a dataset and a notebook: dataset- and kernel-metadata.json."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mel.errors import MelError

__all__ = ["ACCELERATORS", "Names", "dataset", "kernel", "slug_of"]

# Those that anybody may ask for, as `kaggle kernels push --accelerator` names them, and none.
ACCELERATORS = ("none", "NvidiaTeslaT4", "NvidiaTeslaP100", "TpuV38", "TpuV5E8", "TpuV6E8")

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_OWNER = re.compile(r"[A-Za-z0-9]+(?:[-_][A-Za-z0-9]+)*")
_DATA = re.compile(r"(?:[\w-]+/)?[\w-]+", re.ASCII)
_MOST, _LEAST = 50, 6  # characters of a dataset's title and of its slug
_LICENCE = "other"  # of a private dataset that holds many packages, each under its own


@dataclass(frozen=True)
class Names:
    """What a bundle's dataset and notebooks are called on Kaggle, and what is attached to them.

    owner: Kaggle's name of the user. name: of the dataset; -train and -infer follow for notebooks.
    data: a competition's name, or OWNER/NAME of a dataset. models: as Kaggle names a model's
    version, OWNER/MODEL/FRAMEWORK/VARIATION/VERSION.

    Raises MelError for names that Kaggle would not take.
    """

    owner: str
    name: str
    data: str
    models: Sequence[str] = ()

    def __post_init__(self) -> None:
        if not _OWNER.fullmatch(self.owner):
            raise MelError(f"owner {self.owner!r}: is no name of Kaggle's; give your user name")
        most = _MOST - len("-train")
        if not (_SLUG.fullmatch(self.name) and _LEAST <= len(self.name) <= most):
            raise MelError(
                f"name {self.name!r}: Kaggle takes {_LEAST} to {most} small letters, digits and "
                f"single hyphens; {slug_of(self.name)!r} would do"
            )
        if not _DATA.fullmatch(self.data):
            raise MelError(
                f"data {self.data!r}: give a competition's name, the last part of its address, or "
                "OWNER/NAME of a dataset"
            )
        for model in self.models:
            if model.count("/") != 4:
                raise MelError(
                    f"model {model!r}: give OWNER/MODEL/FRAMEWORK/VARIATION/VERSION, as its page "
                    "on Kaggle has it"
                )

    @property
    def dataset(self) -> str:
        """The dataset, with its owner."""
        return f"{self.owner}/{self.name}"

    def notebook(self, purpose: str) -> str:
        """Give a notebook's name, without its owner."""
        return f"{self.name}-{purpose}"

    @property
    def folder(self) -> str:
        """The name of the folder in which a notebook finds the data."""
        return self.data.rpartition("/")[2]


def slug_of(text: str) -> str:
    """Give the nearest name that Kaggle takes.

    >>> slug_of("SIIM 2020"), slug_of("a")
    ('siim-2020', 'mel-a-offline')
    """
    found = "-".join(re.findall(r"[a-z0-9]+", text.lower()))[: _MOST - len("-train")].strip("-")
    return found if len(found) >= _LEAST else f"mel-{found or 'notebook'}-offline"


def dataset(names: Names) -> dict[str, object]:
    """Give dataset-metadata.json.

    >>> dataset(Names("me", "mel-demo", "titanic"))["id"]
    'me/mel-demo'
    """
    return {
        "title": _title(names.name),
        "id": names.dataset,
        "subtitle": "What mel needs in a notebook without internet",
        "licenses": [{"name": _LICENCE}],
    }


def kernel(names: Names, purpose: str, accelerator: str, *, follows: str = "") -> dict[str, object]:
    """Give kernel-metadata.json of a notebook: private, no internet, its sources attached.

    `follows`: the purpose of another notebook whose output it takes. Raises MelError for an
    accelerator that Kaggle does not offer to all.

    >>> found = kernel(Names("me", "mel-demo", "titanic"), "train", "NvidiaTeslaT4")
    >>> found["enable_internet"], found["enable_gpu"], found["machine_shape"]
    (False, True, 'NvidiaTeslaT4')
    """
    if accelerator not in ACCELERATORS:
        raise MelError(f"accelerator {accelerator!r}: unknown; known: {', '.join(ACCELERATORS)}")
    competition = "/" not in names.data
    return {
        "id": f"{names.owner}/{names.notebook(purpose)}",
        "title": _title(names.notebook(purpose)),
        "code_file": f"{purpose}.ipynb",
        "language": "python",
        "kernel_type": "notebook",
        "is_private": True,
        "enable_gpu": accelerator.startswith("Nvidia"),
        "enable_tpu": accelerator.startswith("Tpu"),
        "enable_internet": False,
        "machine_shape": "" if accelerator == "none" else accelerator,
        "dataset_sources": [names.dataset, *([] if competition else [names.data])],
        "competition_sources": [names.data] if competition else [],
        "kernel_sources": [f"{names.owner}/{names.notebook(follows)}"] if follows else [],
        "model_sources": list(names.models),
    }


def _title(slug: str) -> str:
    """Give the title whose slug Kaggle makes of it again."""
    return slug.replace("-", " ")

"""A synthetic competition in the layout of SIIM-ISIC 2020, for demos and tests.

Nothing in it comes from a person or a real picture: patients, tables and lesions are drawn from
random numbers, names begin with SYN, and the marker `synthetic.json` says so. Scores on it say
that the machinery works and nothing about melanoma.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import polars as pl
from PIL import Image

from mel.errors import MelError, near
from mel.files import atomic, read_json, write_json
from mel.kaggle.cohort import SIZES, Size, draw_patients
from mel.kaggle.lesions import draw_traits, render
from mel.kaggle.skin import draw_look
from mel.progress import progress

__all__ = ["MARKER", "synth"]

MARKER = "synthetic.json"
_VERSION = 1  # of the generator: raise it when its output changes
_NOTICE = (
    "SYNTHETIC DATA: patients, tables and pictures are drawn from random numbers by mel. "
    "No person, lesion or real picture is behind them, and no score on them says anything "
    "about melanoma."
)
_SPLITS = ("train", "test")
_QUALITY, _COPY_QUALITY = 90, 70  # JPEG
_LABELS = ("diagnosis", "benign_malignant", "target")


def synth(out: Path | str, *, size: Size = "full", seed: int = 0) -> Path:
    """Write a synthetic competition into the folder `out`, whole or not at all, and give `out`.

    "full" is 1,500 images (1,150 in train, 4 % positive; 350 in test, of other patients), "small"
    300 and "tiny" 120, the last two with more positives. In `out`: train.csv, test.csv,
    sample_submission.csv and ISIC_2020_Training_Duplicates.csv with the real columns,
    jpeg/train and jpeg/test, solution.csv (the labels of test), and synthetic.json, the marker.
    The same size and seed give the same competition. One that is already there and whole is left
    as it is.

    Raises MelError for an unknown size, a negative seed, an `out` that holds anything else, and
    a disk that is full or read-only.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     out = synth(Path(folder) / "competition", size="tiny")
    ...     print(*sorted(path.name for path in out.iterdir()))
    ISIC_2020_Training_Duplicates.csv jpeg sample_submission.csv solution.csv synthetic.json
    test.csv train.csv
    """
    if size not in SIZES:
        raise MelError(f"synth: unknown size {size!r}; {near(size, get_args(Size))}")
    if seed < 0:
        raise MelError(f"synth: seed {seed} is negative; give 0 or more")
    out, marker = Path(out), _marker(size, seed)
    if _is_there(out, marker):
        return out
    with atomic(out) as folder:
        folder.mkdir(parents=True)
        _write(folder, size, seed)
        write_json(folder / MARKER, marker)
    return out


def _marker(size: Size, seed: int) -> dict[str, object]:
    images = {split: SIZES[size][split].images for split in _SPLITS}
    return {
        "synthetic": True,
        "notice": _NOTICE,
        "generator": _VERSION,
        "size": size,
        "seed": seed,
        "images": images,
    }


def _is_there(out: Path, marker: dict[str, object]) -> bool:
    """Tell whether `out` is this competition already; refuse anything else that is in the way."""
    if not out.exists():
        return False
    advice = "choose another folder, or delete this one first"
    if not out.is_dir():
        raise MelError(f"{out}: is a file, not a folder; {advice}")
    if not any(out.iterdir()):
        return False
    if not (out / MARKER).is_file():
        raise MelError(f"{out}: holds files that mel did not write; {advice}")
    if read_json(out / MARKER) != marker:
        wanted = f"size {marker['size']}, seed {marker['seed']}"
        raise MelError(f"{out}: holds another synthetic competition than {wanted}; {advice}")
    found = {split: _count(out / "jpeg" / split) for split in _SPLITS}
    if found != marker["images"] or not all((out / name).is_file() for name in _tables()):
        raise MelError(f"{out}: files of this synthetic competition are gone; {advice}")
    return True


def _count(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def _tables() -> tuple[str, ...]:
    return (
        "train.csv",
        "test.csv",
        "sample_submission.csv",
        "solution.csv",
        "ISIC_2020_Training_Duplicates.csv",
    )


def _write(folder: Path, size: Size, seed: int) -> None:
    splits = dict(zip(_SPLITS, _named(size, seed), strict=True))
    _write_tables(folder, splits["train"], splits["test"])
    total = sum(frame.height for frame in splits.values())
    with progress("Drawing synthetic images", total, "images") as tick:
        for number, (split, frame) in enumerate(splits.items()):
            target = folder / "jpeg" / split
            target.mkdir(parents=True)
            for _ in _draw(target, frame, [seed, 2, number]):
                tick()


def _named(size: Size, seed: int) -> Iterator[pl.DataFrame]:
    """Give train and test with names that tell nothing, train in random order, test by name."""
    train, test = (draw_patients(size, "train", seed), draw_patients(size, "test", seed))
    rng = np.random.default_rng([seed, 3])
    patients = rng.choice(9_000_000, train.height + test.height, replace=False) + 1_000_000
    images = rng.choice(9_000_000, train.height + test.height, replace=False) + 1_000_000
    order = rng.permutation(train.height).tolist()
    for frame, start in ((train, 0), (test, train.height)):
        own_patients = pl.Series([f"SYNP_{number}" for number in patients[start:]])
        own_images = pl.Series([f"SYN_{number}" for number in images[start:]])
        named = frame.with_columns(
            image_name=own_images[: frame.height],
            patient_id=own_patients.gather(frame["patient"]),
            is_copy=pl.col("picture").is_duplicated() & ~pl.col("picture").is_first_distinct(),
        )
        yield named[order] if start == 0 else named.sort("image_name")


def _write_tables(folder: Path, train: pl.DataFrame, test: pl.DataFrame) -> None:
    train, test = _real_columns(train), _real_columns(test)
    train.drop("picture").write_csv(folder / "train.csv")
    test.drop("picture", *_LABELS).write_csv(folder / "test.csv")
    test.select("image_name", target=pl.lit(0)).write_csv(folder / "sample_submission.csv")
    test.select("image_name", "target").write_csv(folder / "solution.csv")
    names = train.filter(pl.col("picture").is_duplicated()).sort("picture", "image_name")
    pairs = names.group_by("picture", maintain_order=True).agg(
        image_name_1=pl.col("image_name").first(), image_name_2=pl.col("image_name").last()
    )
    pairs.drop("picture").write_csv(folder / "ISIC_2020_Training_Duplicates.csv")


def _real_columns(frame: pl.DataFrame) -> pl.DataFrame:
    malignant = pl.when(pl.col("target") == 1).then(pl.lit("malignant"))
    return frame.select(
        "image_name",
        "patient_id",
        "sex",
        age_approx="age",
        anatom_site_general_challenge="site",
        diagnosis="diagnosis",
        benign_malignant=malignant.otherwise(pl.lit("benign")),
        target="target",
        picture="picture",
    )


def _draw(folder: Path, frame: pl.DataFrame, seed: list[int]) -> Iterator[None]:
    """Draw every picture from its own seed, so that their order is of no account."""
    columns = ("image_name", "patient", "picture", "target", "is_copy")
    for name, patient, picture, target, is_copy in frame.select(columns).iter_rows():
        look = draw_look(np.random.default_rng([*seed, 0, patient]))
        rng = np.random.default_rng([*seed, 1, picture])
        pixels = render(look, draw_traits(target, rng), rng)
        quality = _COPY_QUALITY if is_copy else _QUALITY
        Image.fromarray(pixels).save(folder / f"{name}.jpg", quality=quality)
        yield

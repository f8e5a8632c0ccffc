"""Which prepared pictures a member reads: `mel kaggle prepare` makes them, a stage does not."""

from collections.abc import Iterable
from pathlib import Path

from mel import kaggle
from mel.config import MemberSettings
from mel.errors import MelError
from mel.pipeline.folder import Work

__all__ = ["prepared_for", "require_prepared"]

_FOLDER = "prepared"


def prepared_for(member: MemberSettings, work: Work) -> kaggle.Prepared:
    """Open the prepared pictures of a member; raises MelError for those that it lacks."""
    require_prepared([member], work)
    return kaggle.Prepared.read(_places(work, member.size)[0])


def require_prepared(members: Iterable[MemberSettings], work: Work) -> None:
    """Refuse members whose prepared pictures are not there, before any of them is trained.

    A size lies in WORK/prepared, or in a WORK/prepared-… beside it. Raises MelError with the one
    command that makes all the sizes that are lacking.
    """
    wanted = [member for member in members if member.pictures == "prepared"]
    lacking = [member for member in wanted if not _places(work, member.size)]
    if lacking:
        sizes = sorted({member.size for member in lacking})
        raise MelError(f"{lacking[0].name}: {_to_prepare(lacking[0].size, sizes, work)}")


def _places(work: Work, size: int) -> list[Path]:
    folders = [work.root / _FOLDER, *sorted(work.root.glob(f"{_FOLDER}-*"))]
    places = [folder / str(size) for folder in folders]
    return [place for place in places if (place / "index.parquet").is_file()]


def _to_prepare(size: int, sizes: list[int], work: Work) -> str:
    """Say how to prepare what is lacking: beside what is there, which other members may read."""
    folder = work.root / _FOLDER
    there = sorted(int(path.parent.name) for path in folder.glob("*/index.parquet"))
    found = f"only {', '.join(map(str, there))}" if there else "none"
    options = " ".join(f"--size {each}" for each in sizes)
    aside = f" --out {folder}-{'-'.join(map(str, sizes))}" if there else ""
    return (
        f"needs prepared images of {size} pixels, and {folder} holds {found}; run first: "
        f"mel kaggle prepare --work {work.root} {options}{aside}"
    )

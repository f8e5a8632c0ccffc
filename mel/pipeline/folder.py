"""The work folder: where each artefact of a run lies, and that only one run writes there."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from mel.errors import MelError
from mel.files import read_json, write_json
from mel.tables import Folds, ImageTable

__all__ = ["AnyPath", "Work"]

AnyPath = Path | str


@dataclass(frozen=True)
class Work:
    """The paths of a work folder; nothing is created by asking for one.

    >>> Work("work").cnn("efficientnetv2_b0-256").as_posix()
    'work/cnn/efficientnetv2_b0-256'
    >>> Work("work/demo").loaded().frame.height, Work("work/demo").parted().n_folds
    (120, 2)
    """

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", Path(self.root))

    @property
    def recipe(self) -> Path:
        """The recipe of the last run, as it was given."""
        return self.root / "recipe.toml"

    @property
    def load(self) -> Path:
        """The digests of the sample and of the solution, as they were loaded."""
        return self.root / "load.json"

    @property
    def images(self) -> Path:
        """The ImageTable."""
        return self.root / "images.parquet"

    @property
    def solution(self) -> Path:
        """The test images' targets, where known; only the summary of a whole run opens it."""
        return self.root / "solution.parquet"

    @property
    def sample(self) -> Path:
        """The sample submission."""
        return self.root / "sample_submission.csv"

    @property
    def left_out(self) -> Path:
        """The images that the sources have and the table has not, and why; absent without any."""
        return self.root / "left_out.parquet"

    @property
    def folds(self) -> Path:
        """The Folds."""
        return self.root / "folds.parquet"

    @property
    def audit(self) -> Path:
        """The folder of what the last audit of the folds found."""
        return self.root / "audit"

    def cnn(self, name: str) -> Path:
        """The folder of a CNN member."""
        return self.root / "cnn" / name

    def imported(self, name: str) -> Path:
        """The folder of a member whose scores were made elsewhere."""
        return self.root / "imported" / name

    def tabular(self, name: str) -> Path:
        """The folder of a stack."""
        return self.root / "tabular" / name

    def ensemble(self, name: str) -> Path:
        """The folder of a blend."""
        return self.root / "ensemble" / name

    @property
    def submissions(self) -> Path:
        """The folder of submissions."""
        return self.root / "submissions"

    @property
    def times(self) -> Path:
        """How long each stage took when it was made."""
        return self.root / "times.json"

    def took(self, stage: str, seconds: float) -> None:
        """Note how long a stage took, beside what other processes note at the same time."""
        turn = os.open(self.root, os.O_RDONLY)
        try:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(turn, fcntl.LOCK_EX)
            known = read_json(self.times) if self.times.exists() else {}
            write_json(self.times, known | {stage: round(seconds, 1)})
        finally:
            os.close(turn)

    @property
    def summary(self) -> Path:
        """The final table, for people; summary.json beside it is for programs."""
        return self.root / "summary.md"

    @property
    def competition(self) -> Path:
        """Where `mel demo` writes its synthetic competition."""
        return self.root / "competition"

    def short(self, path: Path) -> str:
        """Give a path as it reads from the work folder."""
        return path.relative_to(self.root).as_posix()

    def required(self) -> None:
        """Refuse a folder that is not there, for what only goes on with what a run began."""
        if not self.root.is_dir():
            raise MelError(
                f"{self.root}: no such work folder; mel kaggle load RECIPE --data DIR --work "
                f"{self.root} begins one, mel run does all there is to do"
            )

    def loaded(self) -> ImageTable:
        """Read the images, or refuse a folder into which none were loaded."""
        self.required()
        if not self.images.is_file():
            raise MelError(
                f"{self.images}: no such file; load the images first: "
                f"mel kaggle load RECIPE --data DIR --work {self.root}"
            )
        return ImageTable.read(self.images)

    def parted(self) -> Folds:
        """Read the folds, or refuse a folder in which none were made."""
        self.required()
        if not self.folds.is_file():
            raise MelError(
                f"{self.folds}: no such file; make the folds first: "
                f"mel folds build RECIPE --work {self.root}"
            )
        return Folds.read(self.folds)

    @contextmanager
    def locked(self, *, shared: bool = False) -> Iterator[None]:
        """Hold the folder for one run; a second is refused with a MelError, not kept waiting.

        `shared` holders tolerate each other, but no run: several `mel cnn train --fold K`. The
        lock is the operating system's and ends with the process, however that ends.
        """
        file = self._lock_file()
        try:
            mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            try:
                fcntl.flock(file, mode | fcntl.LOCK_NB)
            except BlockingIOError:
                raise MelError(
                    f"{self.root}: another mel is at work in this folder; "
                    "wait until it ends, or choose another --work"
                ) from None
            yield
        finally:
            os.close(file)

    def _lock_file(self) -> int:
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            return os.open(self.root / ".lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise MelError(
                f"{self.root}: cannot be written ({error.strerror}); choose another --work"
            ) from error

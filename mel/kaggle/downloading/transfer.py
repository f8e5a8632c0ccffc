"""One run of Kaggle's client that brings one file into a folder, or goes on with it."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from mel.kaggle.client import Client, ClientError, Output, explain, page
from mel.kaggle.downloading.meter import Meter

__all__ = ["Transfer"]

_PARTIAL = ".kaggle-partial"  # the client's mark of what it may resume
_DONE = ".done"  # our own mark of a download that ended well, with its bytes


@dataclass(frozen=True)
class Transfer:
    """What brings a competition's files: the client, and the lock it inherits."""

    client: Client
    name: str
    lock: int

    def bring(self, folder: Path, meter: Meter, file: str = "") -> Path:
        """Bring the competition's archive, or one file of it, into a folder of its own.

        What an earlier run brought whole is given at once, what it began is gone on with; where
        the client cannot, it begins anew. Raises ClientError.
        """
        if done := _done(folder):
            return done
        resumed = any(folder.iterdir())
        words = [f"--file={file}"] if file else []
        output = self.client.run(
            "competitions",
            "download",
            self.name,
            "--path",
            str(folder),
            *words,
            alive=meter.watch(folder),
            keep_open=(self.lock,),
        )
        error = self._failure(output, folder, file)
        if error is None:
            (came,) = _files(folder)
            (folder / _DONE).write_text(str(came.stat().st_size), encoding="utf-8")
            return came
        if resumed and error.reason in ("unknown", "nonsense"):
            empty(folder)
            return self.bring(folder, meter, file)
        raise error

    def _failure(self, output: Output, folder: Path, file: str) -> ClientError | None:
        """Say what went wrong, if anything; the files could be listed, so some causes are out."""
        what = f"{self.name}: {file}" if file else self.name
        if not output.status:
            if len(_files(folder)) == 1 and not list(folder.glob(f"*{_PARTIAL}")):
                return None
            said = f" ({output.last_line[:200]!r})" if output.last_line else ""
            text = f"{what}: Kaggle's client ended well but left no whole file{said}"
            return ClientError("nonsense", f"{text}; run the same again")
        error = explain(output, self.name)
        rules = page(self.name, "rules")
        if error.reason in ("credentials", "access"):
            return ClientError(
                "rules",
                f"{what}: Kaggle lists the files but refuses to send them; join and accept the "
                f"rules at {rules}, then run the same again",
            )
        if error.reason == "competition":
            return ClientError(
                "file" if file else "competition",
                f"{what}: Kaggle does not have it for download; see {page(self.name, 'data')}",
            )
        return error


def empty(folder: Path) -> None:
    """Take away all that a folder holds."""
    shutil.rmtree(folder)
    folder.mkdir()


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix != _PARTIAL and path.name != _DONE
    ]


def _done(folder: Path) -> Path | None:
    mark, files = folder / _DONE, _files(folder)
    if len(files) != 1 or not mark.is_file():
        return None
    whole = mark.read_text(encoding="utf-8") == str(files[0].stat().st_size)
    return files[0] if whole else None

"""What is to be sent, and where to: checked before anything is asked or written."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mel.errors import MelError
from mel.files import digest_file, digest_json
from mel.submit.beside import begin, read_beside, sent_of

__all__ = ["Notebook", "Order"]

_KERNEL = re.compile(r"[\w-]+/[\w-]+")
_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?kaggle\.com/(?:code|kernels)?/?([\w-]+/[\w-]+)")
_MOST = 400  # characters of a message
_DIGITS = 8
_GONE = ("refused", "sending")  # what Kaggle does not have, as far as is known


@dataclass(frozen=True)
class Notebook:
    """A version of a notebook on Kaggle, and the file that it writes.

    >>> str(Notebook.of("https://www.kaggle.com/code/me/my-notebook", 3))
    'me/my-notebook version 3'
    """

    kernel: str
    version: int
    file: str = "submission.csv"

    @classmethod
    def of(cls, kernel: str, version: int | None, file: str = "submission.csv") -> "Notebook":
        """Check the words of a command. Raises MelError for what can be none."""
        found = _ADDRESS.match(kernel.strip())
        name = found.group(1) if found else kernel.strip()
        if not _KERNEL.fullmatch(name):
            raise MelError(
                f"notebook {kernel!r}: is no OWNER/NOTEBOOK; give the end of its address, as in "
                "https://www.kaggle.com/code/OWNER/NOTEBOOK"
            )
        if version is None or version < 1:
            raise MelError(f"notebook {name}: which version? give its number: --version N")
        if not file or "/" in file:
            raise MelError(f"notebook {name}: {file!r} is no file's name; give --file NAME")
        return cls(name, version, file)

    def __str__(self) -> str:
        return f"{self.kernel} version {self.version}"


@dataclass(frozen=True)
class Order:
    """One submission and its competition: a file, or the output of a notebook's version.

    `beside` is the JSON in which all of it is noted, `sha256` the file's digest there; a notebook
    without a file here has the digest of its name and version.
    """

    competition: str
    file: Path | None
    notebook: Notebook | None
    beside: Path
    sha256: str
    content: Mapping[str, Any]

    @classmethod
    def of(
        cls, competition: str, file: Path | None, notebook: Notebook | None, folder: Path
    ) -> "Order":
        """Read what is to be sent; `folder` takes the JSON of a notebook without a file here.

        Without the competition's name it is the one that this was sent to before.
        """
        if file is None and notebook is None:
            raise MelError("submit send: what? give a submission's FILE, or --kernel and --version")
        if file is not None and not file.is_file():
            raise MelError(f"{file}: no such submission; make it first or correct the path")
        if file is None:
            name = str(notebook).replace("/", "-").replace(" version ", "-v")
            beside, sha256 = folder / f"{name}.json", digest_json(name)
        else:
            name, beside, sha256 = file.stem, file.with_suffix(".json"), digest_file(file)
        known = read_beside(beside)
        if known and known.get("sha256") != sha256:
            raise MelError(
                f"{file or beside}: was changed after it was made; make it again, or delete "
                f"{beside.name}"
            )
        facts: dict[str, Any] = {"synthetic": False, "sha256": sha256, "inputs": {}}
        content = known or begin(name, **facts)
        return cls(_place(competition, content, name), file, notebook, beside, sha256, content)

    @property
    def name(self) -> str:
        """What the submission is called."""
        return str(self.content["name"])

    @property
    def earlier(self) -> list[dict[str, Any]]:
        """When this was sent before, to this competition, from this file or notebook's version."""
        same = {"competition": self.competition, "notebook": self.as_dict()["notebook"]}
        return [one for one in sent_of(self.content) if same.items() <= one.items()]

    def as_dict(self) -> dict[str, Any]:
        """Give what the JSON says of where it was sent to, and from what."""
        notebook = vars(self.notebook) if self.notebook else None
        return {"competition": self.competition, "notebook": notebook}

    def tag(self) -> str:
        """Give the word by which this sending is known again in Kaggle's list."""
        count = sum(one["state"] not in _GONE for one in sent_of(self.content))
        again = f"-{count + 1}" if count else ""
        return f"mel-{self.sha256[:_DIGITS]}{again}"

    def message(self, text: str, tag: str) -> str:
        """Give the submission's description: the user's words, or name and score, and the tag."""
        cv = self.content.get("cv") or {}
        own = f"{self.name}, CV {cv['auc']:.5f}" if cv else self.name
        said = " ".join(text.split()) or own
        if len(said) > _MOST:
            raise MelError(
                f"--message: has {len(said)} characters; write at most {_MOST}, in one line"
            )
        _refuse_secrets(said)
        return f"{said} [{tag}]"

    def words(self, message: str) -> list[str]:
        """Give the client's arguments that send it."""
        words = ["competitions", "submit", self.competition, f"--message={message}"]
        if self.notebook:
            notebook = self.notebook
            more = [f"--kernel={notebook.kernel}", f"--version={notebook.version}"]
            return [*words, f"--file={notebook.file}", *more]
        return [*words, f"--file={self.file}"]


def _refuse_secrets(text: str) -> None:
    """Refuse a description, which others may read, that holds a secret."""
    from mel.kaggle.client import Secrets

    if Secrets.of((), os.environ).among(text):
        raise MelError(
            "description (--message, or the file's name): holds a token or a password; write "
            "another --message"
        )


def _place(competition: str, content: Mapping[str, Any], name: str) -> str:
    """Give the competition's name: the one that was given, or that of the time before."""
    from mel.kaggle.client import slug  # opens the kaggle room, which scoring can do without

    if competition:
        return slug(competition)
    if not (sent := sent_of(content)):
        raise MelError(f"{name}: to which competition? give its name: --competition NAME")
    return str(sent[-1]["competition"])

"""A stage: what it makes, from what, and whether what is there still matches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mel.errors import MelError
from mel.files import read_header, read_json

__all__ = ["Stage", "State", "digest_of", "recorded"]

_KINDS = {"images": "images", "folds": "folds", "solution": "solution"}


@dataclass(frozen=True)
class State:
    """Whether a stage's outputs are there and were made from what is there now.

    `why` names, for a missing stage, what is absent; for a stale one, which input changed, from
    which digest to which; for one that is done, its files.
    """

    name: str
    kind: Literal["done", "missing", "stale"]
    why: str = ""

    @property
    def done(self) -> bool:
        """Whether there is nothing to do."""
        return self.kind == "done"


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline.

    `outputs` must all exist; those in `heads` record the inputs they were made from. `inputs`
    gives the digests that it would be made from now, `make` makes it. `after` names the stages
    that must be done first, `command` is how to run it alone.
    """

    name: str
    command: str
    outputs: tuple[Path, ...]
    heads: tuple[Path, ...]
    inputs: Callable[[], Mapping[str, str]]
    make: Callable[[], object]
    after: tuple[str, ...] = ()
    progress: Callable[[], str] = field(default=lambda: "")

    def state(self) -> State:
        """Compare what is there with what would be made now; reads headers only."""
        absent = [path for path in self.outputs if not path.exists()]
        if len(absent) == len(self.outputs):
            return State(self.name, "missing", self.progress() or "not made yet")
        if absent:
            return State(self.name, "missing", f"{absent[0].name} is not there")
        try:
            reasons = [_difference(recorded(path), self.inputs()) for path in self.heads]
        except MelError as error:
            return State(self.name, "stale", str(error))
        changed = next((reason for reason in reasons if reason), "")
        if not changed:
            return State(self.name, "done", ", ".join(path.name for path in self.outputs))
        progress = self.progress()
        return State(self.name, "stale", f"{changed} ({progress})" if progress else changed)


def recorded(path: Path) -> dict[str, str]:
    """Give the inputs that a Parquet file's header or a JSON file records."""
    if path.suffix == ".json":
        found = read_json(path)
        inputs = found.get("inputs") if isinstance(found, dict) else None
        if not isinstance(inputs, dict):
            raise MelError(f"{path}: does not say what it was made from; make it again")
        return inputs
    header = read_header(path, _KINDS.get(path.stem, "predictions"))
    return dict(header.get("inputs", {}))


def digest_of(path: Path) -> str:
    """Give the digest in a Parquet file's header."""
    return str(read_header(path, _KINDS.get(path.stem, "predictions"))["digest"])


def _difference(then: Mapping[str, str], now: Mapping[str, str]) -> str:
    for name in sorted(then.keys() | now.keys()):
        if name not in now:
            return f"input {name} is no longer used"
        if name not in then:
            return f"input {name} is new"
        if then[name] != now[name]:
            return f"input {name} changed from {then[name][:16]} to {now[name][:16]}"
    return ""

"""A stage: what it makes, from what, and whether what is there still matches."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from mel.errors import MelError
from mel.files import read_header, read_json
from mel.pipeline.folder import Work

__all__ = ["Stage", "State", "base_inputs", "digest_of", "recorded", "refusal"]

_KINDS = {"images": "images", "folds": "folds", "solution": "solution"}


@dataclass(frozen=True)
class State:
    """Whether a stage's outputs are there and were made from what is there now.

    `why` names, for a missing stage, what is absent; for a stale one, which input changed, from
    which digest to which; for one that is done, its files. `blocks` tells whether the stages
    after it wait: not where all they read is as it was.

    >>> from mel.pipeline import plan
    >>> state = plan("tiny", "work/none")[0]
    >>> state.name, state.kind, state.why, state.done
    ('load', 'missing', 'not made yet', False)
    """

    name: str
    kind: Literal["done", "missing", "stale"]
    why: str = ""
    blocks: bool = True

    @property
    def done(self) -> bool:
        """Whether there is nothing to do."""
        return self.kind == "done"

    @property
    def ready(self) -> bool:
        """Whether the stages after it can be made."""
        return self.done or not self.blocks


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline.

    `outputs` must all exist; those in `heads` record the inputs they were made from. `inputs`
    gives the digests that it would be made from now, `make` makes it; what gives False left a part
    to other processes that are at it. `after` names the stages
    that must be done first, `command` is how to run it alone. `fault` says what was changed in the
    outputs since they were made, if anything; with `aside`, the stages after do not mind it.
    """

    name: str
    command: str
    outputs: tuple[Path, ...]
    heads: tuple[Path, ...]
    inputs: Callable[[], Mapping[str, str]]
    make: Callable[[], object]
    after: tuple[str, ...] = ()
    progress: Callable[[], str] = field(default=lambda: "")
    fault: Callable[[], str] = field(default=lambda: "")
    aside: bool = False

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
            return self._unless_changed()
        progress = self.progress()
        return State(self.name, "stale", f"{changed} ({progress})" if progress else changed)

    def _unless_changed(self) -> State:
        fault = self.fault()
        if fault:
            return State(self.name, "stale", fault, blocks=not self.aside)
        return State(self.name, "done", ", ".join(path.name for path in self.outputs))


def refusal(read: Callable[[], object]) -> str:
    """Give the line with which reading something is refused; empty when it is not."""
    try:
        read()
    except MelError as error:
        return str(error)
    return ""


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


def base_inputs(work: Work, settings: str) -> dict[str, str]:
    """Give the digests that everything trained is made from: images, folds and its settings."""
    return {
        "images": digest_of(work.images),
        "folds": digest_of(work.folds),
        "settings": settings,
    }

"""What a scorer reads from a bundle: members, stack, blends; each checked against the others."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from mel import tabular
from mel.bundles import Bundle
from mel.ensemble import Blend
from mel.errors import MelError
from mel.files import required
from mel.images.quality import Looks
from mel.submit.scoring.chain import Chain, only_fold
from mel.submit.scoring.engine import Graph
from mel.submit.scoring.judging import Judge
from mel.submit.scoring.member import Member
from mel.views import Reference

__all__ = ["About", "graphs_of", "judge_in", "looks_in", "members_in", "references_of"]

VARIANTS = ("context", "single")
_FACTS = {"name": str, "members": list, "stack": str, "synthetic": bool, "bfloat16": bool}


@dataclass(frozen=True)
class About:
    """What the manifest of a bundle says: its blend, its members, its stack ("" without one)."""

    name: str
    members: tuple[str, ...]
    stack: str
    synthetic: bool
    bfloat16: bool  # whether scores by it were measured and found good enough

    @classmethod
    def of(cls, bundle: Bundle) -> "About":
        """Read it."""
        said = required(bundle.facts, _FACTS, f"{bundle.path}: manifest.json: facts")
        names = tuple(str(name) for name in said["members"])
        return cls(said["name"], names, said["stack"], said["synthetic"], said["bfloat16"])


def members_in(bundle: Bundle, said: About) -> tuple[Member, ...]:
    """Read the members, all of the same folds; MelError for one that is not whole."""
    found: list[Member] = []
    for name in said.members:
        place = f"members/{name}/member.json"
        member = Member.of(bundle.json(place), f"{bundle.path}: {place}")
        if member.name != name or (found and member.folds != found[0].folds):
            raise MelError(f"{bundle.path}: {place} is another member's; bundle again")
        found.append(member)
    if not found:
        raise MelError(f"{bundle.path}: has no members; bundle again")
    return tuple(found)


def graphs_of(bundle: Bundle, member: Member, size: int) -> Sequence[Graph]:
    """Give for each fold what reads its graph of a size."""
    return [partial(bundle.read, graphs[str(size)]) for graphs in member.graphs.values()]


def references_of(bundle: Bundle, member: Member) -> Sequence[Reference]:
    """Read each fold's sorted held-out logits by the kind of view; nothing where no rank is."""
    if member.tta.average != "rank":
        return [{} for _ in member.folds]
    return [_reference(bundle, member.references.get(fold, "")) for fold in member.folds]


def _reference(bundle: Bundle, name: str) -> Reference:
    content = bundle.json(name)
    where = f"{bundle.path}: {name}"
    said: Mapping[str, Any] = required(content, {}, where)
    return {kind: np.array(values, np.float64) for kind, values in said.items()}


def looks_in(bundle: Bundle) -> Looks | None:
    """Read what training pictures look like; None where the bundle does not say."""
    return Looks.of(bundle.json("quality.json")) if "quality.json" in bundle else None


def judge_in(bundle: Bundle, said: About, folds: Sequence[str]) -> Judge:
    """Read the stack and the blends; `folds` are those whose networks there are.

    The stack's models are opened now and not when the first image waits for them.
    """
    stack = None
    if said.stack:
        with bundle.folder("stack") as folder:
            stack = tabular.load(folder)
        _open(stack)
    whole, alone = {}, {}
    for variant in VARIANTS:
        with bundle.folder(f"blends/{variant}") as folder:
            blend = Blend.read(folder / "blend.json")
        _check(bundle, said, blend)
        whole[variant] = Chain(variant, blend, said.stack, stack)
        alone[variant] = [
            Chain(variant, blend, said.stack, stack and only_fold(stack, model), column)
            for column, model in _pairs(stack, folds, bundle)
        ]
    return Judge(whole, alone)


def _pairs(
    stack: tabular.Stack | None, folds: Sequence[str], bundle: Bundle
) -> Sequence[tuple[int, int]]:
    """Give by fold the column of its networks and the number of its stack's model."""
    models = len(stack.single.folds) if stack else 0
    if folds == ("mean",):
        return [(0, model) for model in range(models)]
    numbers = [int(fold) for fold in folds]
    if stack and max(numbers) >= models:
        raise MelError(f"{bundle.path}: the stack has no fold {max(numbers)}; bundle again")
    return list(enumerate(numbers))


def _check(bundle: Bundle, said: About, blend: Blend) -> None:
    """Refuse a blend of members that the bundle does not have."""
    if odd := set(blend.members) - {*said.members, said.stack}:
        raise MelError(f"{bundle.path}: its blend needs {min(odd)}, which it lacks; bundle again")


def _open(stack: tabular.Stack) -> None:
    for variant in (stack.context, stack.single):
        for fold in variant.folds:
            for model in fold.models:
                getattr(model, "trees", None)

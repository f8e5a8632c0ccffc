"""The stages that train: the networks, each a stage of its own."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mel import cnn, kaggle
from mel.config import MemberSettings
from mel.errors import MelError
from mel.files import read_header
from mel.pipeline.folder import Work
from mel.pipeline.stage import Stage, base_inputs, recorded, refusal
from mel.pipeline.stages.prepared import prepared_for
from mel.tables import Folds

__all__ = ["cnn_stage", "train_member"]


def cnn_stage(member: MemberSettings, work: Work) -> Stage:
    """Give the stage that trains one network on every fold."""
    out = work.cnn(member.name)
    outputs = (out / "oof.parquet", out / "test.parquet")

    def inputs() -> Mapping[str, str]:
        pictures = {"pictures": _pictures(member, work)}
        return base_inputs(work, member.digest) | pictures | _weights(member, out)

    def make() -> bool:
        return train_member(member, work) is not None

    def progress() -> str:
        return refusal(inputs) or _folds_trained(work, out, inputs(), member)

    return Stage(
        f"cnn/{member.name}",
        f"mel cnn train RECIPE --work {work.root} --member {member.name}",
        outputs,
        outputs,
        inputs,
        make,
        ("load", "folds"),
        progress,
        fault=lambda: cnn.gap(out, read_header(work.folds, "folds")["n_folds"]),
        aside=True,  # the scores are whole: the stack and the blend can go on with them
    )


def train_member(
    member: MemberSettings, work: Work, only_folds: Sequence[int] | None = None
) -> object:
    """Train a member, or some folds of it, on what a work folder holds; see `mel.cnn.train`."""
    table, folds, out = work.loaded(), Folds.read(work.folds), work.cnn(member.name)
    if member.pictures == "originals":
        return cnn.train(table, folds, member, out, only_folds=only_folds)
    prepared = prepared_for(member, work)
    return cnn.train(
        kaggle.repath(table, prepared),
        folds,
        member,
        out,
        only_folds=only_folds,
        framing=prepared.framing,
    )


def _pictures(member: MemberSettings, work: Work) -> str:
    return prepared_for(member, work).digest if member.pictures == "prepared" else "originals"


def _weights(member: MemberSettings, out: Path) -> dict[str, str]:
    """Give the digest of a member's file of weights; where that is gone, what it was made from."""
    try:
        return cnn.digest_weights(member)
    except MelError:
        if not (out / "oof.parquet").is_file():
            raise
        return {k: v for k, v in recorded(out / "oof.parquet").items() if k == "weights"}


def _folds_trained(work: Work, out: Path, inputs: Mapping[str, str], member: MemberSettings) -> str:
    """Say how far a member is whose scores are missing or stale; empty where nothing was trained.

    A fold may be trained as it should be and lack only scores by the present settings.
    """
    marks = sorted(out.glob("fold*/trained.json"))
    if not marks:
        return ""
    n_folds = read_header(work.folds, "folds")["n_folds"]
    wanted = dict(inputs) | {"settings": member.training_digest}
    trained = [mark.parent for mark in marks if _made_from(mark) == wanted]
    scored = sum(_made_from(fold / "done.json") == inputs for fold in trained)
    others = len(marks) - len(trained)
    old = f", {others} of other inputs" if others else ""
    only = f", {len(trained) - scored} to be scored again" if scored < len(trained) else ""
    return f"{len(trained)} of {n_folds} folds trained{only}{old}"


def _made_from(mark: Path) -> dict[str, str]:
    """Give what a fold was made from: nothing, where its mark cannot be read."""
    try:
        return recorded(mark)
    except MelError:
        return {}

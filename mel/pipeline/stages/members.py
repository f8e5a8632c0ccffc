"""The stages that train: the networks, each a stage of its own."""

from collections.abc import Mapping
from pathlib import Path

from mel import cnn
from mel.config import MemberSettings
from mel.errors import MelError
from mel.files import read_header
from mel.pipeline.folder import Work
from mel.pipeline.stage import Stage, base_inputs, recorded
from mel.tables import Folds

__all__ = ["cnn_stage"]


def cnn_stage(member: MemberSettings, work: Work) -> Stage:
    """Give the stage that trains one network on every fold."""
    out = work.cnn(member.name)
    outputs = (out / "oof.parquet", out / "test.parquet")

    def inputs() -> Mapping[str, str]:
        return base_inputs(work, member.digest)

    def make() -> object:
        table, fold_map = work.loaded(), Folds.read(work.folds)
        return cnn.train(table, fold_map, member, out)

    def progress() -> str:
        return _folds_trained(work, out, inputs())

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


def _folds_trained(work: Work, out: Path, inputs: Mapping[str, str]) -> str:
    """Say how far a member is that has no scores yet; empty where nothing was trained."""
    marks = sorted(out.glob("fold*/done.json"))
    if not marks:
        return ""
    n_folds = read_header(work.folds, "folds")["n_folds"]
    valid = sum(_made_from(mark) == inputs for mark in marks)
    old = f", {len(marks) - valid} of other inputs" if valid < len(marks) else ""
    return f"{valid} of {n_folds} folds trained{old}"


def _made_from(mark: Path) -> dict[str, str]:
    """Give what a fold was made from: nothing, where its mark cannot be read."""
    try:
        return recorded(mark)
    except MelError:
        return {}

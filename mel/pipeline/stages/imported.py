"""The stage of a member whose scores were made elsewhere: it waits until they are imported."""

from pathlib import Path

from mel.config import ImportedSettings
from mel.errors import MelError
from mel.files import read_header
from mel.pipeline.folder import Work
from mel.pipeline.stage import Stage, digest_of

__all__ = ["import_command", "imported_inputs", "imported_stage"]


def imported_stage(member: ImportedSettings, work: Work) -> Stage:
    """Give the stage of an imported member; no run can make it, only its user."""
    out = work.imported(member.name)
    outputs = (out / "oof.parquet", out / "test.parquet")
    command = import_command(member, work)

    def make() -> None:
        fault = _unallowed(member, out) if all(path.exists() for path in outputs) else ""
        if fault:
            raise MelError(f"{member.name}: {fault}")
        raise MelError(f"{member.name}: its scores are not imported as they must be; {command}")

    return Stage(
        f"imported/{member.name}",
        command.removeprefix("run: "),
        outputs,
        outputs,
        lambda: imported_inputs(work),
        make,
        ("load", "folds"),
        progress=lambda: command,
        fault=lambda: _unallowed(member, out),
    )


def imported_inputs(work: Work) -> dict[str, str]:
    """Give the digests of what imported scores are held against: the images and the folds."""
    return {"images": digest_of(work.images), "folds": digest_of(work.folds)}


def import_command(member: ImportedSettings, work: Work) -> str:
    """Say which command imports a member."""
    more = " --foreign" if member.foreign else ""
    return (
        f"run: mel ensemble import --oof FILE --test FILE --name {member.name} "
        f"--work {work.root}{more}"
    )


def _unallowed(member: ImportedSettings, out: Path) -> str:
    """Say why a foreign member must not be used; empty where it may."""
    if member.foreign:
        return ""
    mark = read_header(out / "oof.parquet", "predictions").get("foreign", {}).get(member.name)
    if mark is None:
        return ""
    return (
        f"its scores are foreign, made on folds {mark['folds']}; allow that in the recipe, under "
        f'[[imported]] name = "{member.name}": foreign = true'
    )

"""What stands beside the images: the sample submission and the test images' targets, sealed.

Neither says itself whether it was changed, so load.json keeps the SHA-256 of both. It also keeps
what the table has not: words without a place in the vocabularies, and notes.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polars as pl

from mel import submit
from mel.errors import MelError, many
from mel.files import (
    digest_file,
    digest_frame,
    read_json,
    read_table,
    versions,
    write_json,
    write_table,
)
from mel.kaggle import Competition
from mel.pipeline.folder import AnyPath, Work
from mel.progress import say

__all__ = ["keep_source", "read_sample", "source_fault", "truth", "unmapped"]

_ABSENT = "absent"


def keep_source(found: Competition, work: Work) -> None:
    """Write what was loaded, the images last: without them nothing counts as loaded."""
    work.images.unlink(missing_ok=True)
    submit.write_sample(found.sample, work.sample)
    _keep_solution(found.solution, work, found.table.inputs)
    _keep_left_out(found, work)
    said = {"inputs": found.table.inputs, "files": _files(work), "versions": versions()}
    lost = {"unmapped": found.unmapped.to_dicts(), "notes": list(found.notes)}
    write_json(work.load, {"kind": "load", "schema": 1} | said | lost)
    found.table.write(work.images)
    _tell(found, work)


def _keep_left_out(found: Competition, work: Work) -> None:
    if found.left_out.height:
        header = {"kind": "left-out", "inputs": found.table.inputs}
        write_table(work.left_out, found.left_out, header)
    else:
        work.left_out.unlink(missing_ok=True)


def _tell(found: Competition, work: Work) -> None:
    for note in found.notes:
        say(f"load: {note}")
    if count := found.unmapped.height:
        say(
            f"load: {many(count, 'word')} for sex, site or diagnosis without a place in mel's "
            f"vocabularies, so missing in the table: listed in {work.short(work.load)}"
        )


def unmapped(work: AnyPath) -> list[dict[str, Any]]:
    """List the words that the images loaded in `work` lack: column, value, rows and source.

    They stand in the sources' files for sex, site or diagnosis, and have no place in mel's
    vocabularies; `rows` is how many rows of the file have the word. Raises MelError where nothing
    is loaded.

    >>> from shutil import copytree
    >>> from mel.pipeline import kaggle_load
    >>> train = Path(copytree("work/demo/competition", "work/words"), "train.csv")
    >>> _ = train.write_text(train.read_text().replace(",torso,", ",fuselage,"))
    >>> _ = kaggle_load("tiny", "work/unmapped", "work/words")
    >>> [(row["column"], row["value"]) for row in unmapped("work/unmapped")]
    [('anatom_site_general_challenge', 'fuselage')]
    """
    found = read_json(Work(Path(work)).load)
    rows = found.get("unmapped", []) if isinstance(found, dict) else []
    return [dict(row) for row in rows]


def _keep_solution(solution: pl.DataFrame | None, work: Work, inputs: Mapping[str, str]) -> None:
    """Keep the test images' targets apart from the table, where nothing can learn from them."""
    if solution is None:
        work.solution.unlink(missing_ok=True)
    else:
        header = {"kind": "solution", "schema": 1, "digest": digest_frame(solution)}
        write_table(work.solution, solution, header | {"inputs": inputs, "versions": versions()})


def _files(work: Work) -> dict[str, str]:
    paths = (work.sample, work.solution)
    return {path.name: digest_file(path) if path.is_file() else _ABSENT for path in paths}


def source_fault(work: Work, *names: str) -> str:
    """Say which of the sample and the solution (or of `names`) is not as it was loaded, or ""."""
    try:
        content = read_json(work.load)
    except MelError as error:
        return str(error)
    then = content.get("files") if isinstance(content, dict) else None
    if not isinstance(then, dict):
        return f"{work.load.name} does not say what was loaded"
    for name, now in _files(work).items():
        if now != then.get(name) and name in (names or (name,)):
            return f"{name} is not as it was loaded"
    return ""


def _sealed(work: Work, name: str) -> None:
    if fault := source_fault(work, name):
        raise MelError(
            f"{work.root}: {fault}; load it again: "
            f"mel kaggle load RECIPE --data DIR --work {work.root}"
        )


def read_sample(work: Work) -> pl.DataFrame:
    """Read the sample submission. Raises MelError for one that was changed since it was loaded."""
    _sealed(work, work.sample.name)
    return submit.read_sample(work.sample)


def truth(work: Work) -> pl.DataFrame | None:
    """Give image_id, target and patient_id of the test images; None where no target is known.

    Raises MelError for a solution that was changed since it was loaded, and for one of other
    images than the test images.
    """
    _sealed(work, work.solution.name)
    if not work.solution.exists():
        return None
    solution, _ = read_table(work.solution, "solution")
    test = work.loaded().test.select("image_id", "patient_id")
    if odd := set(solution["image_id"]) ^ set(test["image_id"]):
        raise MelError(
            f"{work.solution}: image {min(odd)!r} is not both there and a test image "
            f"({many(len(odd), 'such image')}); load again: mel kaggle load RECIPE --data DIR "
            f"--work {work.root}"
        )
    known = solution.select("image_id", "target").drop_nulls()
    return known.join(test, on="image_id", how="inner", validate="1:1").sort("image_id")

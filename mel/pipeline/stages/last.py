"""The last stage: the blend's test scores -> a checked submission."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from mel import submit
from mel.config import Recipe
from mel.ensemble import Blend
from mel.errors import MelError
from mel.files import read_header
from mel.pipeline.folder import Work
from mel.pipeline.source import read_sample
from mel.pipeline.stage import Stage, digest_of, refusal
from mel.predictions import Predictions
from mel.progress import say

__all__ = ["submission", "submit_stage"]


def submit_stage(recipe: Recipe, work: Work) -> Stage:
    """Give the stage that writes the submission."""
    name = recipe.ensemble.name
    source = work.ensemble(name) / "test.parquet"
    path = work.submissions / f"{name}.csv"
    json = path.with_suffix(".json")

    def inputs() -> Mapping[str, str]:
        sample = submit.read_sample(work.sample)
        return {"predictions": digest_of(source), "sample": submit.sample_digest(sample)}

    return Stage(
        f"submit/{name}",
        f"mel submit make --work {work.root}",
        (path, json),
        (json,),
        inputs,
        lambda: submission(work, source, path),
        ("load", f"ensemble/{name}"),
        fault=partial(refusal, partial(submit.check_seal, path)),
    )


def submission(work: Work, source: Path, path: Path, sample: Path | None = None) -> Path:
    """Make and check one submission from a file of test Predictions; gives its path.

    What it is worth is read beside `source`: blend.json, or the out-of-fold scores. `sample` takes
    the place of the work folder's.
    """
    if path.resolve() == work.sample.resolve():
        raise MelError(f"{path}: is one of the files to read; write elsewhere: --out FILE")
    synthetic = bool(read_header(work.images, "images")["synthetic"])
    known = read_sample(work) if sample is None else submit.read_sample(sample)
    oof, blend = source.with_name("oof.parquet"), source.with_name("blend.json")
    submit.make(
        Predictions.read(source),
        known,
        path,
        oof=Predictions.read(oof) if oof.is_file() else None,
        blend=Blend.read(blend) if blend.is_file() else None,
        synthetic=synthetic,
    )
    for line in submit.check(path, known):
        say(f"warning: {path.name}: {line}")
    return path

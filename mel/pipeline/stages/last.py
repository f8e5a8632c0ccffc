"""The last stage: the blend's test scores -> a checked submission."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from mel import submit
from mel.config import Recipe
from mel.files import read_header
from mel.pipeline.folder import Work
from mel.pipeline.source import read_sample
from mel.pipeline.stage import Stage, digest_of, refusal
from mel.predictions import Predictions

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


def submission(work: Work, source: Path, path: Path) -> Path:
    """Make and check one submission from a file of test Predictions; gives its path."""
    synthetic = bool(read_header(work.images, "images")["synthetic"])
    sample = read_sample(work)
    submit.make(Predictions.read(source), sample, path, synthetic=synthetic)
    submit.check(path, sample)
    return path

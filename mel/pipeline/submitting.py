"""A submission from what stands in a work folder, made and checked."""

from pathlib import Path

from mel import submit
from mel.config import Recipe
from mel.errors import MelError, near
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.running import status
from mel.pipeline.source import read_sample
from mel.pipeline.stages import submission

__all__ = ["submit_check", "submit_make"]


def submit_make(
    work: AnyPath,
    source: str | None = None,
    sample: AnyPath | None = None,
    out: AnyPath | None = None,
) -> Path:
    """Make a submission from what stands in `work` as `source`, by default the recipe's blend.

    `source` is a stage with test scores, such as "ensemble/blend" or "cnn/efficientnetv2_b0-256".
    `sample` takes the place of the sample submission that was loaded. Gives the CSV's path, `out`
    or in submissions/: a row a test image, its id and its score, with the sample's header and
    order, and a JSON beside it. Raises MelError for an unknown source, and for one that is missing
    or stale.

    >>> import polars as pl
    >>> path = submit_make("work/demo", "tabular/lightgbm", out="work/stack.csv")
    >>> pl.read_csv(path).columns, pl.read_csv(path).height
    (['image_name', 'target'], 36)
    """
    place = Work(Path(work))
    known = {state.name: state for state in status(work) if "/" in state.name}
    if not known:
        Recipe.read(place.recipe).require_members()
    made = {name: state for name, state in known.items() if not name.startswith("submit/")}
    chosen = source or next(name for name in made if name.startswith("ensemble/"))
    if chosen not in made:
        raise MelError(f"no scores called {chosen!r} in {work}; {near(chosen, made)}")
    if not made[chosen].done:
        raise MelError(
            f"{chosen}: is {made[chosen].kind} ({made[chosen].why}); "
            f"make it first: mel run {place.recipe} --work {work}"
        )
    room, _, name = chosen.partition("/")
    scores = place.root / room / name / "test.parquet"
    with place.locked():
        path = place.submissions / f"{name}.csv" if out is None else Path(out)
        return submission(place, scores, path, None if sample is None else Path(sample))


def submit_check(
    file: AnyPath, work: AnyPath | None = None, sample: AnyPath | None = None
) -> tuple[str, ...]:
    """Check a submission against `sample`, or the sample in `work`: see `mel.submit.check`.

    Gives what is odd but allowed, a line each. Raises what that raises, and MelError unless one of
    `work` and `sample` is given.

    >>> submit_check("work/demo/submissions/blend.csv", "work/demo")
    ()
    >>> submit_check("work/demo/sample_submission.csv", "work/demo")
    ('all 36 values are 0: nothing is ranked',)
    """
    if sample is not None and work is None:
        return submit.check(file, sample)
    if work is None or sample is not None:
        raise MelError("submit check: what to compare with? give either --work or --sample")
    return submit.check(file, read_sample(Work(Path(work))))

"""The order of the stages: what each is made from, and by which room."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from mel import cnn, ensemble, folds, kaggle, submit, tabular
from mel.config import MemberSettings, Recipe
from mel.errors import MelError
from mel.files import read_header
from mel.pipeline.auditing import audit
from mel.pipeline.folder import Work
from mel.pipeline.source import keep_source, read_sample, source_fault
from mel.pipeline.stage import Stage, digest_of, recorded, refusal
from mel.predictions import Predictions
from mel.progress import say
from mel.tables import Folds, ImageTable

__all__ = ["stages", "submission"]

Scores = tuple[list[Predictions], list[Predictions]]


def stages(recipe: Recipe, work: Work, data: Path | None = None) -> list[Stage]:
    """Give a recipe's stages in order; none is run and nothing is read."""
    members = [_cnn(member, work) for member in recipe.cnn]
    return [
        _load(recipe, work, data),
        _folds(recipe, work),
        *members,
        _tabular(recipe, work),
        _ensemble(recipe, work),
        _submit(recipe, work),
    ]


def _load(recipe: Recipe, work: Work, data: Path | None) -> Stage:
    def inputs() -> Mapping[str, str]:
        known = recorded(work.images) if data is None else {}
        source = known.get("data", "") if data is None else kaggle.source_digest(recipe.data, data)
        return {"data": source, "settings": recipe.data.digest}

    return Stage(
        "load",
        f"mel kaggle load RECIPE --data DIR --work {work.root}",
        (work.images, work.sample, work.load),
        (work.images,),
        inputs,
        partial(_make_images, recipe, work, data),
        fault=partial(source_fault, work),
        aside=True,
    )


def _make_images(recipe: Recipe, work: Work, data: Path | None) -> None:
    if data is None:
        fault = source_fault(work) if work.images.exists() and work.load.exists() else ""
        reason = fault or f"no images loaded with the settings of recipe {recipe.name}"
        raise MelError(
            f"{work.root}: {reason}; give --data DIR, the folder of the competition's files"
        )
    keep_source(kaggle.load(recipe.data, data, work.root / "cache"), work)


def _folds(recipe: Recipe, work: Work) -> Stage:
    def inputs() -> Mapping[str, str]:
        return {"images": digest_of(work.images), "settings": recipe.folds.digest}

    def make() -> None:
        folds.build(ImageTable.read(work.images), recipe.folds).write(work.folds)
        say(f"folds: {audit(work, compare=False).verdict}")

    outputs = (work.folds,)
    return Stage(
        "folds",
        f"mel folds build RECIPE --work {work.root}",
        outputs,
        outputs,
        inputs,
        make,
        ("load",),
    )


def _base(work: Work, settings: str) -> dict[str, str]:
    return {
        "images": digest_of(work.images),
        "folds": digest_of(work.folds),
        "settings": settings,
    }


def _cnn(member: MemberSettings, work: Work) -> Stage:
    out = work.cnn(member.name)
    outputs = (out / "oof.parquet", out / "test.parquet")

    def inputs() -> Mapping[str, str]:
        return _base(work, member.digest)

    def make() -> object:
        table, fold_map = ImageTable.read(work.images), Folds.read(work.folds)
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


def _tabular(recipe: Recipe, work: Work) -> Stage:
    out = work.tabular(recipe.tabular.name)
    members = {name: work.cnn(name) for name in recipe.names}

    def make() -> object:
        table, fold_map = ImageTable.read(work.images), Folds.read(work.folds)
        return tabular.train(table, fold_map, *_scores(members), recipe.tabular, out)

    return Stage(
        f"tabular/{recipe.tabular.name}",
        f"mel tabular train RECIPE --work {work.root}",
        (out / "oof.parquet", out / "test.parquet", out / "features.json"),
        (out / "oof.parquet", out / "test.parquet"),
        partial(_with_members, work, recipe.tabular.digest, members),
        make,
        ("load", "folds", *(f"cnn/{name}" for name in members)),
        fault=partial(refusal, partial(tabular.load, out)),
    )


def _ensemble(recipe: Recipe, work: Work) -> Stage:
    out = work.ensemble(recipe.ensemble.name)
    members = {name: work.cnn(name) for name in recipe.names}
    members[recipe.tabular.name] = work.tabular(recipe.tabular.name)

    def make() -> object:
        table, fold_map = ImageTable.read(work.images), Folds.read(work.folds)
        return ensemble.blend(table, fold_map, *_scores(members), recipe.ensemble, out)

    files = ("oof.parquet", "test.parquet", "blend.json", "report.html")
    return Stage(
        f"ensemble/{recipe.ensemble.name}",
        f"mel ensemble blend RECIPE --work {work.root}",
        tuple(out / name for name in files),
        (out / "oof.parquet", out / "test.parquet"),
        partial(_with_members, work, recipe.ensemble.digest, members),
        make,
        ("load", "folds", *(f"cnn/{name}" for name in recipe.names), _name(recipe)),
        fault=partial(refusal, partial(ensemble.Blend.read, out / "blend.json")),
    )


def _name(recipe: Recipe) -> str:
    return f"tabular/{recipe.tabular.name}"


def _scores(members: Mapping[str, Path]) -> Scores:
    oof = [Predictions.read(folder / "oof.parquet") for folder in members.values()]
    return oof, [Predictions.read(folder / "test.parquet") for folder in members.values()]


def _with_members(work: Work, settings: str, members: Mapping[str, Path]) -> dict[str, str]:
    scores = {
        f"{name}/{kind}": digest_of(folder / f"{kind}.parquet")
        for name, folder in members.items()
        for kind in ("oof", "test")
    }
    return _base(work, settings) | scores


def _submit(recipe: Recipe, work: Work) -> Stage:
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

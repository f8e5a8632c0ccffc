"""A work folder's trained members: what they say of any images, and how they were trained."""

from collections.abc import Sequence
from pathlib import Path

from mel import cnn
from mel.config import TtaSettings
from mel.errors import MelError, near
from mel.files import atomic, read_header
from mel.pipeline.folder import AnyPath, Work
from mel.predictions import Predictions
from mel.progress import say

__all__ = ["cnn_predict", "cnn_report", "refresh", "trained_members"]

_SUFFIXES = (".parquet", ".csv")


def cnn_predict(
    work: AnyPath,
    member: str,
    images: AnyPath,
    out: AnyPath,
    *,
    turns: str | None = None,
    out_of_fold: bool = False,
) -> Predictions:
    """Score images with a trained member, written to `out` (.parquet or .csv).

    `images` is a folder of them, or a file that lists them: see `mel.cnn.predict`. `turns` takes
    the place of the member's own test-time augmentation; `out_of_fold` scores images that trained
    the member, each by the fold that held it out.

    Gives Predictions: a frame of image_id, fold (null but with `out_of_fold`) and score, from 0 to
    1. Raises MelError for an unknown member or suffix, and what `mel.cnn.predict` raises.

    >>> member, photos = "efficientnetv2_micro-32", "work/demo/competition/jpeg/test"
    >>> found = cnn_predict("work/demo", member, photos, "work/scores.csv")
    >>> found.frame.columns, found.frame.height
    (['image_id', 'fold', 'score'], 36)
    """
    place, out = Work(Path(work)), Path(out)
    trained_members(place, [member])
    if out.suffix not in _SUFFIXES:
        raise MelError(f"{out}: unknown suffix; give a file that ends in .parquet or .csv")
    found = cnn.predict(
        place.cnn(member),
        Path(images),
        tta=None if turns is None else TtaSettings.model_validate({"turns": turns}),
        trained_on="out-of-fold" if out_of_fold else "refuse",
    )
    if out.suffix == ".parquet":
        found.write(out)
    else:
        with atomic(out) as temporary:
            found.frame.select("image_id", "score").write_csv(temporary)
    return found


def trained_members(work: Work, wanted: Sequence[str] = ()) -> list[str]:
    """Give the names of members that are trained: those that are wanted, by default all.

    Raises MelError for one that is not, and where none is.
    """
    work.required()
    trained = sorted(path.parent.name for path in (work.root / "cnn").glob("*/recipe.json"))
    none = f"none is trained yet; mel cnn train RECIPE --work {work.root}"
    for name in wanted:
        if name not in trained:
            hint = near(name, trained) if trained else none
            raise MelError(f"{work.root}: no trained member {name!r}; {hint}")
    if not trained:
        raise MelError(f"{work.root}: no trained member; {none}")
    return list(wanted) or trained


def cnn_report(work: AnyPath) -> Path:
    """Write the report on a work folder's trainings, as far as they are: cnn/report.html.

    Gives the page's path; the curves are PNG in cnn/figures as well. Raises MelError for a folder
    that is none, and where no member has trained an epoch yet.

    >>> cnn_report("work/demo").as_posix()
    'work/demo/cnn/report.html'
    """
    place = Work(Path(work))
    place.required()
    name, synthetic, n_folds = "", False, None
    if place.images.is_file():
        header = read_header(place.images, "images")
        name, synthetic = header["name"], bool(header["synthetic"])
    if place.folds.is_file():
        n_folds = read_header(place.folds, "folds")["n_folds"]
    return cnn.report(place.root / "cnn", name, synthetic=synthetic, n_folds=n_folds)


def refresh(work: AnyPath) -> None:
    """Write the report at the end of a run, unless it is newer than all it shows.

    Says why where it cannot be written: a run does not fail by it.
    """
    folder = Work(Path(work)).root / "cnn"
    made = [path.stat().st_mtime for path in folder.glob("*/**/*.parquet")]
    page = folder / "report.html"
    if page.is_file() and page.stat().st_mtime >= max(made, default=0.0):
        return
    try:
        cnn_report(work)
    except MelError as error:
        say(f"cnn/report.html: not written ({error})")

"""The app over a bundle, or over the demo's: built once and used again."""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl

from mel import app as room
from mel.bundles import Bundle
from mel.errors import MelError
from mel.files import read_json
from mel.pipeline.bundling import Wanted, ensemble_bundle
from mel.pipeline.folder import AnyPath, Work
from mel.pipeline.running import demo
from mel.pipeline.source import truth
from mel.progress import say

__all__ = ["app", "demo_bundle"]

_NAME = "demo.mel"
_OF_ONE, _OTHERS = 4, 2  # examples: moles of one person, and of others
_TOLD = {0: "drawn as harmless", 1: "drawn as a melanoma"}


def app(
    bundle: AnyPath | None = None,
    work: AnyPath = "work/demo",
    host: str = "localhost",
    port: int = 8501,
    *,
    tiny: bool = False,
    ready: Callable[[str], None] = print,
) -> None:
    """Show a bundle in a browser until Ctrl-C; without one, the demo's, done first in `work`.

    `ready` is called once with the app's address, when it answers. Raises MelError for a port that
    is taken, an address that is not this machine's, where Streamlit is not installed, and what
    `mel.bundles.Bundle.open` and `demo_bundle` raise.

    >>> app("missing.mel", port=0)  # any port that is free
    Traceback (most recent call last):
    mel.errors.MelError: missing.mel: no such bundle; correct the path, or make it: ...
    """
    room.require(host, port)
    room.serve(demo_bundle(work, tiny=tiny) if bundle is None else bundle, host, port, ready=ready)


def demo_bundle(work: AnyPath, *, tiny: bool = False) -> Path:
    """Do the demo in `work`, put its blend into a bundle with examples, and give the bundle.

    All of it is synthetic, and the bundle says so. What is done already is not done again: the
    stages of the demo, and a bundle whose blend is the one that stands in `work`. Raises MelError
    as `demo` and `ensemble_bundle` do.

    >>> from mel.bundles import Bundle
    >>> path = demo_bundle("work/demo", tiny=True)
    >>> path.as_posix(), Bundle.open(path).facts["synthetic"]
    ('work/demo/demo.mel', True)
    """
    demo(work, tiny=tiny)
    place = Work(Path(work))
    out = place.root / _NAME
    if _stands(out, place):
        say(f"bundle: done already, skipped ({out})")
        return out
    with TemporaryDirectory(prefix="mel-examples-") as folder:
        _put_examples(place, Path(folder))
        ensemble_bundle(place.root, out, Wanted(examples=Path(folder)))
    return out


def _stands(out: Path, place: Work) -> bool:
    """Say whether a bundle is there, whole, and of the blend that stands in the work folder."""
    if not out.is_file():
        return False
    try:
        found = Bundle.open(out)
        blend = read_json(place.ensemble(found.facts["name"]) / "blend.json")
        return bool(found.json(f"blends/{found.facts['main']}/blend.json") == blend)
    except (MelError, KeyError):
        return False


def _put_examples(place: Work, folder: Path) -> None:
    """Copy some test pictures, with what is known of each and how it was drawn."""
    known = truth(place)
    rows = place.loaded().test.sort("image_id")
    target = pl.lit(None, pl.Int8) if known is None else pl.col("target")
    if known is not None:
        rows = rows.drop("target").join(known.select("image_id", "target"), on="image_id")
    rows = rows.with_columns(note=target.replace_strict(_TOLD, default="", return_dtype=pl.String))
    chosen = _chosen(rows)
    for image_id, path in chosen.select("image_id", "path").iter_rows():
        shutil.copy(path, folder / f"{image_id}{Path(path).suffix}")
    columns = ("image_id", "patient_id", "age", "sex", "site", "note")
    chosen.select(columns).write_csv(folder / "examples.csv")


def _chosen(rows: pl.DataFrame) -> pl.DataFrame:
    """Choose moles of one person, a melanoma among them if anybody has one, and some of others."""
    positive = pl.col("target").fill_null(0)
    people = (
        rows.group_by("patient_id")
        .agg(size=pl.len(), worst=positive.max())
        .sort(-pl.col("worst"), (pl.col("size") - _OF_ONE).abs(), "patient_id")
    )
    person = people["patient_id"][0]
    order = rows.sort(-positive, "image_id")
    mine = order.filter(pl.col("patient_id") == person).head(_OF_ONE)
    others = order.filter(pl.col("patient_id") != person)
    ends = pl.concat([others.head(1), others.tail(_OTHERS - 1)])
    return pl.concat([mine, ends])

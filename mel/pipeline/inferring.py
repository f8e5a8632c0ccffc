"""A serving bundle and a competition's files -> a checked submission, without a work folder."""

from pathlib import Path

import polars as pl

from mel import kaggle, submit
from mel.bundles import Bundle
from mel.config import DataSettings
from mel.errors import many
from mel.pipeline.folder import AnyPath
from mel.predictions import Predictions
from mel.progress import say
from mel.submit.batch import score

__all__ = ["infer"]

_KNOWN = ("image_id", "path", "patient_id", "age", "sex", "site")


def infer(bundle: AnyPath, data: AnyPath, out: AnyPath, settings: DataSettings) -> Path:
    """Score the test images in the folder `data` with a bundle, and write the submission `out`.

    `settings` say how the competition's files read (a recipe's `data`); external images are not
    looked at. A row of scores an image is kept beside `out`, as NAME.scores.parquet. An image that
    cannot be read gets the median of the others' scores, since a submission must have one, and is
    counted in a line of news. Each image is judged in float32, and in the variant by which the work
    folder's own submission was made: the scores are the same. The submission is checked against
    the competition's sample, and its path given; where images or bundle are synthetic, its JSON
    says so.

    Raises MelError for files that `mel.kaggle.load` refuses, a bundle that is damaged, and where
    not one image can be read.

    >>> settings = DataSettings(adapter="siim2020")
    >>> path = infer("work/demo/demo.mel", "work/demo/competition", "work/inferred.csv", settings)
    >>> pl.read_csv(path).columns, pl.read_csv(path).height
    (['image_name', 'target'], 36)
    """
    out = Path(out)
    found = kaggle.load(settings.model_copy(update={"external": []}), data)
    test = found.table.test.select(_KNOWN)
    kept = out.with_name(f"{out.stem}.scores.parquet")
    opened = Bundle.open(bundle)
    main = str(opened.facts.get("main", "auto"))
    score(bundle, test, kept, precision="float32", variant=main)
    made = _predictions(pl.read_parquet(kept), opened)
    synthetic = found.table.synthetic or bool(opened.facts.get("synthetic"))
    path = submit.make(made, found.sample, out, synthetic=synthetic)
    submit.check(path, found.sample)
    return path


def _predictions(rows: pl.DataFrame, bundle: Bundle) -> Predictions:
    if broken := rows["score"].null_count():
        first = rows.filter(pl.col("score").is_null())["image_id"][0]
        say(f"infer: {many(broken, 'image')} could not be read (first: {first}); median given")
    score = pl.col("score").fill_null(pl.col("score").median())
    frame = rows.select("image_id", pl.lit(None, pl.Int16).alias("fold"), score)
    blend = bundle.json(next(name for name in bundle.names if name.endswith("/blend.json")))
    inputs = {"bundle": bundle.digest}
    name = bundle.facts["name"]
    return Predictions.of(frame, name=name, kind="test", folds=blend["folds"], inputs=inputs)

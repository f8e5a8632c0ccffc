"""An ensemble to measure serving with: three networks of usual size, as a bundle and for Keras.

Nobody trains three such networks for a benchmark of speed, and untrained ones have no AUC. So a
network keeps its random weights, its normalisation is set to what it sees in pictures, and its last
layer is fitted to what comes out: that says something of the pictures, and computes as long as a
trained one.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel import ensemble, tabular
from mel import folds as fold_room
from mel.bundles import write_bundle
from mel.config import DataSettings, MemberSettings, TabularSettings
from mel.images import decode
from mel.images.quality import Looks
from mel.kaggle import load
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable

__all__ = ["MEMBERS", "make", "network", "take"]

MEMBERS = (("efficientnetv2_b0", 128), ("densenet121", 192), ("efficientnetv2_b0", 256))
FITTED, POSITIVE = 1000, 0.3  # images that the last layers are fitted to; share of melanomas
_BATCHES, _BATCH = 6, 32  # that the normalisation is set by
_MEASURED = 300  # that say what pictures look like
_FOLDS, _OWN = 5, 0  # of five folds only the networks of one are kept
Floats = NDArray[np.float64]


def make(data: Path, place: Path, count: int) -> None:
    """Write ensemble.mel, weights for Keras, and list.csv: `count` images that fitted nothing."""
    place.mkdir(parents=True, exist_ok=True)
    images, folds, unseen = _tables(data, count)
    unseen.write_csv(place / "list.csv")
    files: dict[str, bytes | Path] = {"card.md": b"# To measure speed\n", "facts.json": b"{}\n"}
    scores = []
    for backbone, size in MEMBERS:
        settings = MemberSettings(backbone=backbone, size=size)
        graph, oof = _member(settings, images, folds, place)
        files |= _packed(settings, graph)
        scores.append(_predictions(settings.name, images, folds, oof))
    looks = Looks.fit(images.train["path"], most=_MEASURED).as_dict()
    files["quality.json"] = json.dumps(looks).encode()
    names = [f"{backbone}-{size}" for backbone, size in MEMBERS]
    _bundle(place, files, names, _levels(images, folds, scores, place))


def take(work: Path, place: Path) -> None:
    """Write the same of the members that `mel run` trained in a work folder, of their first fold.

    truth.csv lists its test images, which trained nothing, with their targets.
    """
    place.mkdir(parents=True, exist_ok=True)
    images, folds = ImageTable.read(work / "images.parquet"), Folds.read(work / "folds.parquet")
    truth = pl.read_parquet(work / "solution.parquet").select("image_id", "target")
    known = images.test.select("image_id", "path", "age", "sex", "site")
    known.join(truth, on="image_id", validate="1:1").write_csv(place / "truth.csv")
    files: dict[str, bytes | Path] = {"card.md": b"# To measure AUC\n", "facts.json": b"{}\n"}
    scores, names = [], []
    for folder in sorted((work / "cnn").glob("*/")):
        backbone, _, size = folder.name.rpartition("-")
        settings = MemberSettings(backbone=backbone, size=int(size))
        model = network(settings, folder / f"fold{_OWN}" / "checkpoint.weights.h5")
        model.save_weights(place / f"{settings.name}.weights.h5")
        files |= _packed(settings, _graph(model, settings))
        scores.append(tuple(Predictions.read(folder / f"{k}.parquet") for k in ("oof", "test")))
        names.append(settings.name)
    _bundle(place, files, names, _levels(images, folds, scores, place))


def _bundle(
    place: Path,
    files: dict[str, bytes | Path],
    names: Sequence[str],
    levels: dict[str, bytes | Path],
) -> None:
    facts = {"name": "blend", "members": list(names), "stack": "stack"}
    facts |= {"synthetic": False, "bfloat16": True}
    write_bundle(place / "ensemble.mel", files | levels, facts)


def _packed(settings: MemberSettings, graph: bytes) -> dict[str, bytes | Path]:
    """Give a member's files."""
    name, size = f"members/{settings.name}", str(settings.size)
    file = f"{name}/fold{_OWN}/graph-{size}.onnx"
    said = {"name": settings.name, "size": settings.size, "graphs": {str(_OWN): {size: file}}}
    return {f"{name}/member.json": json.dumps(said).encode(), file: graph}


def _graph(model: Any, settings: MemberSettings) -> bytes:
    from mel.cnn.exporting.converting import converted
    from mel.cnn.exporting.tracing import traced
    from mel.cnn.labels import Labels

    return converted(traced(model, Labels(), settings.size))


def _tables(data: Path, count: int) -> tuple[ImageTable, Folds, pl.DataFrame]:
    """Draw the images that are fitted to, with folds, and others of other lesions."""
    whole = load(DataSettings(adapter="ham10000", test_fraction=0.15), data).table
    train = whole.train.sort("image_id").sample(fraction=1.0, shuffle=True, seed=0)
    parts = [
        train.filter(pl.col("target") == target).head(round(FITTED * share))
        for target, share in ((1, POSITIVE), (0, 1 - POSITIVE))
    ]
    other = train.join(pl.concat(parts), on="patient_id", how="anti")
    unseen = pl.concat(
        other.filter(pl.col("target") == target).head(round(count * share))
        for target, share in ((1, POSITIVE), (0, 1 - POSITIVE))
    )
    test = unseen.with_columns(split=pl.lit("test"), target=pl.lit(None, pl.Int8))
    images = ImageTable.of(pl.concat([*parts, test]), "ham10000")
    folds = fold_room.build(images)
    return images, folds, unseen.select("image_id", "path", "age", "sex", "site", "target")


def network(settings: MemberSettings, weights: Path | None = None) -> Any:
    """Build a network, with the weights that `make` gave it."""
    from mel.cnn.networks import build

    found = build(settings)
    if weights is not None:
        found.load_weights(weights)
    return found


def _member(
    settings: MemberSettings, images: ImageTable, folds: Folds, place: Path
) -> tuple[bytes, Floats]:
    """Fit a network's last layer; give its graph, and the scores of held-out images."""
    import keras

    from mel.cnn.networks.head import LOGIT, POOL

    model = network(settings)
    frame = images.train
    pixels = np.stack([decode(path, settings.size) for path in frame["path"]])
    _settle(model, pixels)
    seen = keras.Model(model.input, model.get_layer(POOL).output)
    features = np.asarray(seen.predict(pixels, batch_size=_BATCH, verbose=0), np.float64)
    joined = frame.join(folds.frame, on="image_id", maintain_order="left")
    target, fold = joined["target"].to_numpy(), joined["fold"].to_numpy()
    oof = np.empty(len(target))
    for held_out in range(_FOLDS):
        kernel, bias = _linear(features[fold != held_out], target[fold != held_out])
        mine = fold == held_out
        oof[mine] = 1 / (1 + np.exp(-(features[mine] @ kernel + bias)))
        if held_out == _OWN:
            model.get_layer(LOGIT).set_weights([kernel[:, None], np.array([bias])])
    model.save_weights(place / f"{settings.name}.weights.h5")
    return _graph(model, settings), oof


def _settle(model: Any, pixels: NDArray[np.uint8]) -> None:
    """Set what batch normalisation keeps to what it sees in these pictures."""
    layers = [layer for layer in model._flatten_layers() if hasattr(layer, "moving_mean")]
    old = [layer.momentum for layer in layers]
    for step in range(_BATCHES):
        for layer in layers:
            layer.momentum = step / (step + 1)  # the mean of the batches so far
        model(pixels[step * _BATCH : (step + 1) * _BATCH].astype(np.float32), training=True)
    for layer, momentum in zip(layers, old, strict=True):
        layer.momentum = momentum


def _linear(features: Floats, target: NDArray[Any]) -> tuple[Floats, float]:
    """Fit a logistic regression with a strong penalty, on standardised features."""
    from sklearn.linear_model import LogisticRegression

    centre, spread = features.mean(axis=0), features.std(axis=0) + 1e-6
    found = LogisticRegression(C=1e-3, max_iter=500).fit((features - centre) / spread, target)
    kernel = found.coef_[0] / spread
    return kernel, float(found.intercept_[0] - centre @ kernel)


def _predictions(
    name: str, images: ImageTable, folds: Folds, oof: Floats
) -> tuple[Predictions, Predictions]:
    ids = images.train.select("image_id").with_columns(score=pl.Series(oof))
    mine = folds.frame.join(ids, on="image_id", maintain_order="left")
    blank = images.test.select("image_id", pl.lit(None, pl.Int16).alias("fold"), score=pl.lit(0.5))
    common = {"name": name, "folds": folds.digest, "inputs": {"images": images.digest}}
    return (
        Predictions.of(mine, kind="oof", **common),
        Predictions.of(blank, kind="test", **common),
    )


def _levels(
    images: ImageTable,
    folds: Folds,
    scores: Sequence[tuple[Predictions, Predictions]],
    place: Path,
) -> dict[str, bytes | Path]:
    """Fit a stack and its blends; give their files."""
    oof, test = ([pair[side] for pair in scores] for side in (0, 1))
    tabular.train(images, folds, oof, test, TabularSettings(name="stack"), place / "stack")
    for variant in ("context", "single"):
        stacked = [
            replace(Predictions.read(place / "stack" / variant / f"{kind}.parquet"), name="stack")
            for kind in ("oof", "test")
        ]
        made = ensemble.blend(images, folds, [*oof, stacked[0]], [*test, stacked[1]]).blend
        made.write(place / "blends" / variant / "blend.json")
    return {
        path.relative_to(place).as_posix(): path
        for root in ("stack", "blends")
        for path in (place / root).rglob("*.json")
    }

"""What augmentation, rebalancing, EMA and TTA each add: writes benchmarks/results/additions.md.

python benchmarks/additions.py --data DIR --work work/additions

DIR is HAM10000's folder. One small backbone is trained on the same five folds with one thing more
each time, and with all of them. TTA trains nothing: it scores the same weights under eight views.
A stopped run goes on where it was.
"""

import argparse
import os
import platform
import shutil
from pathlib import Path
from typing import Any

from mel import cnn, folds, kaggle
from mel.config import DataSettings, FoldsSettings, MemberSettings
from mel.files import versions, write_text
from mel.metrics import auc_gain
from mel.predictions import Predictions
from mel.tables import Folds, ImageTable

RESULT = Path(__file__).parent / "results" / "additions.md"
PLAIN: dict[str, Any] = {
    "backbone": "csp_darknet_nano",
    "size": 48,
    "epochs": 10,
    "batch_size": 64,
    "learning_rate": 2e-3,
    "weight_decay": 0.05,
    "validate_every": 0,
    "augmentation": {"flips": False},
}
AUGMENTED: dict[str, Any] = {
    "augmentation": {
        "rotation": 180.0,
        "zoom": 0.2,
        "shift": 0.05,
        "brightness": 0.1,
        "contrast": 0.2,
        "saturation": 0.2,
    }
}
BALANCED = {"positive_share": 0.3}
AVERAGED = {"ema": 0.99}
VIEWS = {"tta": {"turns": "all"}}
ALL = AUGMENTED | BALANCED | AVERAGED
WAYS: dict[str, tuple[dict[str, Any], str | None]] = {  # settings, and whose weights are scored
    "nothing": ({}, None),
    "augmentation": (AUGMENTED, None),
    "rebalancing": (BALANCED, None),
    "EMA": (AVERAGED, None),
    "TTA": (VIEWS, "nothing"),
    "augmentation and TTA": (AUGMENTED | VIEWS, "augmentation"),
    "augmentation, rebalancing and EMA": (ALL, None),
    "all four": (ALL | VIEWS, "augmentation, rebalancing and EMA"),
}
MEANING = {
    "augmentation": "flips, quarter turns, any rotation, zoom 0.2, shift 0.05, brightness 0.1, "
    "contrast 0.2, saturation 0.2",
    "rebalancing": "three of ten draws are melanomas; of the images it is one of nine",
    "EMA": "the average of weights with decay 0.99 an update is scored",
    "TTA": "the mean logit of the eight flips and quarter turns",
}


def main() -> None:
    """Train what is not trained yet, then compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="folder of HAM10000")
    parser.add_argument("--work", required=True, type=Path, help="where the networks are kept")
    given = parser.parse_args()
    found = kaggle.load(DataSettings(adapter="ham10000", test_fraction=0.15), given.data)
    table = found.table
    fold_map = folds.build(table, FoldsSettings(n_folds=5))
    scores = {}
    for way, (settings, weights) in WAYS.items():
        scores[way] = trained(table, fold_map, way, settings, weights, given.work)
    text = report(table, scores)
    write_text(RESULT, text)
    print(text)


def trained(
    table: ImageTable,
    fold_map: Folds,
    way: str,
    settings: dict[str, Any],
    weights: str | None,
    work: Path,
) -> Predictions:
    """Give the out-of-fold scores of one way; `weights` names the way whose networks it scores."""
    member = MemberSettings.model_validate(PLAIN | settings | {"variant": variant(way)})
    out = work / "cnn" / member.name
    if weights is not None and not out.exists():
        of = MemberSettings.model_validate(PLAIN | {"variant": variant(weights)})
        shutil.copytree(work / "cnn" / of.name, out)
    made = cnn.train(table, fold_map, member, out)
    if made is None:
        raise SystemExit(f"{member.name}: another process trains it; run again when it is done")
    return made[0]


def variant(way: str) -> str:
    """Give a member's name for a way."""
    return way.replace(",", "").replace(" ", "-").lower()


def report(table: ImageTable, scores: dict[str, Predictions]) -> str:
    """Give the result as Markdown: each way's AUC, and by how much it is above another's."""
    rows = [row(table, way, scores) for way in WAYS]
    machine = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    counts = (
        f"{table.train.height:,} images of {table.train['patient_id'].n_unique():,} lesions, "
        f"{table.train['target'].sum():,} melanomas"
    )
    lines = [
        "# What each addition is worth",
        "",
        "- command: `python benchmarks/additions.py --data DIR --work DIR`",
        f"- machine: {machine}",
        f"- versions: {', '.join(f'{name} {number}' for name, number in versions().items())}",
        f"- network: {PLAIN['backbone']} at {PLAIN['size']} pixels, {PLAIN['epochs']} epochs, "
        "no pretrained weights, five folds, one seed",
        f"- images: HAM10000, {counts}; scores are out of fold",
        "",
        "| with | AUC | against | gain | 95 % interval |",
        "|---|---:|---|---:|---|",
        *rows,
        "",
        *(f"- {name}: {text}" for name, text in MEANING.items()),
        "",
        "A gain is the difference of two pooled AUCs over the same images; its interval resamples",
        "lesions, the same draws for both. It does not hold the chance of one seed's training: a",
        "gain whose interval is near zero may be of either sign with another.",
        "",
    ]
    return "\n".join(lines)


def row(table: ImageTable, way: str, scores: dict[str, Predictions]) -> str:
    """Give a line of the table."""
    frame = scores[way].frame
    value = f"| {way} | {scores[way].metric['pooled']:.4f} |"
    other = WAYS[way][1] or "nothing"
    if way == "nothing":
        return f"{value} | | |"
    joined = (
        frame.join(scores[other].frame, on="image_id", suffix="_other", validate="1:1")
        .join(table.train, on="image_id", validate="1:1")
        .sort("image_id")
    )
    names = ("target", "score", "score_other", "patient_id")
    gain, low, high = auc_gain(*(joined[name].to_numpy() for name in names))
    return f"{value} {other} | {gain:+.4f} | {low:+.4f} to {high:+.4f} |"


if __name__ == "__main__":
    main()

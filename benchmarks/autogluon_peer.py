"""AutoGluon on the folds of strength.py, which starts this by AutoGluon's own environment.

python -I autogluon_peer.py FOLDER SETTINGS nested|oof

FOLDER holds all.parquet, all images, and without0.parquet and so on, where what is fitted to rows
was fitted without the fold: image_id, target, fold, features. The column of the folds is
AutoGluon's `groups`, so that its bags leave out our folds. Writes FOLDER/SETTINGS.parquet: image_id
and two scores, and prints JSON.

oof      AutoGluon's own out-of-fold scores of its best model. Each model stopped early by the
         fold it scores, and the ensemble's weights are found on all folds, those scored among them
nested   each fold by an AutoGluon that was fitted without it, with the other folds as its bags
"""

import json
import os
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
from autogluon.tabular import TabularPredictor
from autogluon.tabular.configs.hyperparameter_configs import get_hyperparameter_config

FAMILIES = ("GBM", "CAT", "XGB")
PACKAGES = ("autogluon.tabular", "lightgbm", "catboost", "xgboost-cpu")
Fit = dict[str, Any]


def _portfolio(name: str) -> dict[str, Any]:
    known = get_hyperparameter_config(name)
    return {family: known[family] for family in FAMILIES}


SETTINGS: dict[str, Fit] = {
    "families": {"hyperparameters": {family: {} for family in FAMILIES}},
    "portfolio": {"hyperparameters": _portfolio("default")},
}


def main() -> None:
    """Fit on all folds, then, where asked, without each; write the scores."""
    folder, name, kind = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    whole = pd.read_parquet(folder / "all.parquet").set_index("image_id")
    with tempfile.TemporaryDirectory() as models:
        begun, used = time.monotonic(), _processor()
        made = _fitted(whole, f"{models}/all", SETTINGS[name])
        facts = {
            "seconds": time.monotonic() - begun,
            "processor": _processor() - used,
            "models": len(made.model_names()),
            "best": made.model_best,
            "board": made.leaderboard(silent=True).set_index("model")["score_val"].to_dict(),
            "versions": ", ".join(f"{package} {version(package)}" for package in PACKAGES),
        }
        scores = {"oof": made.predict_proba_oof(as_multiclass=False)}
        if kind == "nested":
            scores["nested"] = _nested(folder, whole, models, SETTINGS[name])
    pd.DataFrame(scores).reset_index().to_parquet(folder / f"{name}.parquet")
    print(json.dumps(facts))


def _nested(folder: Path, whole: pd.DataFrame, models: str, settings: Fit) -> pd.Series:
    """Score each fold by an AutoGluon that never saw it."""
    found = pd.Series(index=whole.index, dtype=float)
    for fold in sorted(whole["fold"].unique()):
        rows = pd.read_parquet(folder / f"without{fold}.parquet").set_index("image_id")
        held = rows["fold"] == fold
        made = _fitted(rows[~held], f"{models}/{fold}", settings)
        features = rows[held].drop(columns=["target", "fold"])
        found[features.index] = made.predict_proba(features, as_multiclass=False)
    return found


def _fitted(rows: pd.DataFrame, path: str, settings: Fit) -> TabularPredictor:
    predictor = TabularPredictor(
        label="target",
        problem_type="binary",
        eval_metric="roc_auc",
        groups="fold",
        path=path,
        verbosity=1,
    )
    return predictor.fit(
        rows,
        num_bag_folds=rows["fold"].nunique(),
        dynamic_stacking=False,
        fit_strategy="sequential",
        num_cpus=os.cpu_count(),
        **settings,
    )


def _processor() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


if __name__ == "__main__":
    main()

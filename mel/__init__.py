"""mel: leak-free folds, CNN members, a LightGBM stack and a rank blend for image competitions.

Every room opens on first use, so that `import mel` costs nothing:

>>> import mel
>>> mel.metrics.auc([0, 1], [0.2, 0.7])
1.0
"""

import importlib
from types import ModuleType

__version__ = "0.1.0"
__all__ = [
    "cnn",
    "config",
    "ensemble",
    "folds",
    "images",
    "kaggle",
    "metrics",
    "pipeline",
    "predictions",
    "submit",
    "tables",
    "tabular",
]


def __getattr__(name: str) -> ModuleType:
    if name in __all__:
        return importlib.import_module(f"mel.{name}")
    raise AttributeError(f"module 'mel' has no attribute {name!r}")

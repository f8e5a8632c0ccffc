"""mel: leak-free folds, CNN members, a stack and a rank blend for image competitions.

Every room opens on first use, so that `import mel` costs nothing; `mel.run`, `mel.demo` and
`mel.status` are those of `mel.pipeline`:

>>> import mel
>>> mel.metrics.auc([0, 1], [0.2, 0.7])
1.0
"""

import importlib
from typing import Any

__version__ = "0.1.0"
__all__ = [
    "app",
    "cnn",
    "config",
    "demo",
    "ensemble",
    "errors",
    "files",
    "folds",
    "images",
    "kaggle",
    "metrics",
    "pipeline",
    "predictions",
    "progress",
    "run",
    "status",
    "submit",
    "tables",
    "tabular",
]
_FUNCTIONS = ("demo", "run", "status")


def __getattr__(name: str) -> Any:
    if name in _FUNCTIONS:
        return getattr(importlib.import_module("mel.pipeline"), name)
    if name in __all__:
        return importlib.import_module(f"mel.{name}")
    raise AttributeError(f"module 'mel' has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*__all__, "__version__"]

"""LightGBM's own library, called without the Python package around it, for scoring.

Importing that package imports scikit-learn, pandas and pyarrow as well: more than a second and
100 MB before the first score. The library computes the same either way, to the bit.
"""

import ctypes
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mel.errors import MelError

__all__ = ["Trees", "library"]

Floats = NDArray[np.float64]
_PLACES = ("lib/lib_lightgbm.so", "lib/lib_lightgbm.dylib", "bin/lib_lightgbm.dll")
_DOUBLE, _BY_ROW, _RAW = 1, 1, 1  # C_API_DTYPE_FLOAT64, row-major, C_API_PREDICT_RAW_SCORE
_ALL = -1


@cache
def library() -> ctypes.CDLL | None:
    """Open LightGBM's library beside its package; None where it lies elsewhere."""
    for path in _found():
        found = ctypes.CDLL(str(path))
        found.LGBM_GetLastError.restype = ctypes.c_char_p
        return found
    return None


def _found() -> Iterator[Path]:
    spec = find_spec("lightgbm")
    for folder in spec.submodule_search_locations or () if spec else ():
        yield from (path for name in _PLACES if (path := Path(folder) / name).is_file())


class Trees:
    """A LightGBM model, from its text, that gives raw scores."""

    def __init__(self, text: str, opened: ctypes.CDLL) -> None:
        self._library, self._handle = opened, ctypes.c_void_p()
        rounds = ctypes.c_int(0)
        self._do(
            opened.LGBM_BoosterLoadModelFromString(
                text.encode(), ctypes.byref(rounds), ctypes.byref(self._handle)
            )
        )

    def raw(self, values: Floats) -> Floats:
        """Give the sum of the trees' leaves for each row, in one thread."""
        rows = np.ascontiguousarray(values, dtype=np.float64)
        found = np.empty(len(rows), dtype=np.float64)
        count = ctypes.c_int64(0)
        self._do(
            self._library.LGBM_BoosterPredictForMat(
                self._handle,
                rows.ctypes.data_as(ctypes.c_void_p),
                ctypes.c_int(_DOUBLE),
                ctypes.c_int32(rows.shape[0]),
                ctypes.c_int32(rows.shape[1]),
                ctypes.c_int(_BY_ROW),
                ctypes.c_int(_RAW),
                ctypes.c_int(0),
                ctypes.c_int(_ALL),
                b"num_threads=1",
                ctypes.byref(count),
                found.ctypes.data_as(ctypes.POINTER(ctypes.c_double)),
            )
        )
        return found

    def _do(self, status: int) -> None:
        if status:
            reason = self._library.LGBM_GetLastError().decode(errors="replace")
            raise MelError(f"LightGBM: {reason}; train the stack again")

    def __del__(self) -> None:
        if self._handle:
            self._library.LGBM_BoosterFree(self._handle)

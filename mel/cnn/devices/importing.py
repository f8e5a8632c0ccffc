"""TensorFlow imported without the packages that it would open and that nobody here asks for.

Its own import opens JAX, and through Keras pandas and scikit-learn, where they are installed: for
data and models given as theirs. That is a third of its time, in every process of every fold.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["sparing"]

_UNASKED = ("jax", "pandas", "sklearn")


@contextmanager
def sparing(*packages: str) -> Iterator[None]:
    """Import TensorFlow, Keras and keras-cv in here, without what takes long and serves nobody.

    Packages that were not imported so far pass for packages that are not installed; those that
    were, as JAX where it computes, stay. Afterwards all can be imported as ever. JAX, pandas and
    scikit-learn, unless others are named.

    >>> with sparing("wave"):
    ...     import wave
    Traceback (most recent call last):
    ModuleNotFoundError: import of wave halted; None in sys.modules
    >>> import wave
    """
    shut = [name for name in packages or _UNASKED if name not in sys.modules]
    sys.modules.update(dict.fromkeys(shut))  # type: ignore[arg-type]  # None: as if there were none
    try:
        yield
    finally:
        for name in shut:
            sys.modules.pop(name, None)

"""TensorFlow imported without the packages that it would open and that nobody here asks for.

Its own import opens JAX, through Keras pandas, SciPy and scikit-learn, and through keras-cv what
draws and downloads, where they are installed: for data and models given as theirs. That is half of
its time, in every process of every fold. A quarter of what is left would go into looking for
garbage among the objects that are being made, which all stay.
"""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["sparing"]

_UNASKED = ("jax", "kagglehub", "matplotlib", "pandas", "scipy", "sklearn")


@contextmanager
def sparing(*packages: str) -> Iterator[None]:
    """Import TensorFlow, Keras and keras-cv in here, without what takes long and serves nobody.

    Packages that were not imported so far pass for packages that are not installed; those that
    were, as JAX where it computes, stay. Afterwards all can be imported as ever. The ones above,
    unless others are named.

    Python looks for no garbage meanwhile, and later not among what was there when it ended.

    >>> with sparing("poplib"):
    ...     import poplib
    Traceback (most recent call last):
    ModuleNotFoundError: import of poplib halted; None in sys.modules
    >>> import poplib
    """
    here = {*sys.modules, *(["scipy"] if "jax" in sys.modules else [])}  # which JAX needs
    shut = [name for name in packages or _UNASKED if name not in here]
    sys.modules.update(dict.fromkeys(shut))  # type: ignore[arg-type]  # None: as if there were none
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        for name in shut:
            sys.modules.pop(name, None)
        if sys.modules.keys() - here:  # else a network that is garbage by now would stay for good
            gc.freeze()
        if looks:
            gc.enable()

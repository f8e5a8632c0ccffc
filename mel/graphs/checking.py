"""What a graph must not do: lead out of itself."""

import re

from mel.errors import MelError

__all__ = ["refuse_outside"]

# how ONNX names the file of a tensor that lies elsewhere: a string of 8 bytes behind its length
_ELSEWHERE = re.compile(rb"[\x00\x08]location")


def refuse_outside(graph: bytes) -> None:
    """Raise MelError for an ONNX graph that takes numbers from another file, wherever that lies.

    No hash knows that file, and it could be anybody's. Engines read it without asking.

    >>> refuse_outside(b"a graph")
    """
    if _ELSEWHERE.search(graph):
        raise MelError("a graph that reads another file, which none of mel's does; take another")

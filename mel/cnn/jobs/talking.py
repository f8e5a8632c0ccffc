"""Messages between two processes of this machine: a line of JSON and arrays, over a socket.

Nothing is pickled: an array is its bytes, its type and its shape.
"""

import json
import socket
import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["receive", "send"]

Arrays = list[NDArray[Any]]
_LENGTH = struct.Struct(">Q")


def send(channel: socket.socket, said: dict[str, Any], arrays: Sequence[NDArray[Any]] = ()) -> None:
    """Send a message, which is JSON, and arrays of numbers."""
    shapes = [{"type": array.dtype.str, "shape": array.shape} for array in arrays]
    line = json.dumps({"said": said, "arrays": shapes}).encode()
    channel.sendall(_LENGTH.pack(len(line)) + line)
    for array in arrays:
        channel.sendall(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)


def receive(channel: socket.socket) -> tuple[dict[str, Any], Arrays] | None:
    """Wait for a message; None when the other side is gone.

    >>> one, other = socket.socketpair()
    >>> send(one, {"size": 2}, [np.arange(2)])
    >>> receive(other)
    ({'size': 2}, [array([0, 1])])
    >>> one.close()
    >>> receive(other) is None
    True
    """
    head = bytearray(_LENGTH.size)
    if not _filled(channel, memoryview(head)):
        return None
    line = bytearray(_LENGTH.unpack(head)[0])
    if not _filled(channel, memoryview(line)):
        return None
    whole, arrays = json.loads(line), []
    for known in whole["arrays"]:
        array = np.empty(known["shape"], np.dtype(known["type"]))
        if not _filled(channel, array.reshape(-1).view(np.uint8).data):
            return None
        arrays.append(array)
    return whole["said"], arrays


def _filled(channel: socket.socket, space: memoryview) -> bool:
    while space:
        count = channel.recv_into(space)
        if not count:
            return False
        space = space[count:]
    return True

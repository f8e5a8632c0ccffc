"""What a child process tells its parent while it works."""

from collections.abc import Callable
from typing import Any

__all__ = ["Event"]

Event = Callable[[dict[str, Any]], None]

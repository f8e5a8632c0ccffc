"""The process itself: the cores it may use, and what becomes of memory that it frees."""

from mel.process.allocating import give_back, keep_freed
from mel.process.cores import cores

__all__ = ["cores", "give_back", "keep_freed"]

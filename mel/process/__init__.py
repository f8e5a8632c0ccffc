"""The process itself: its cores, memory that it frees, and children that end with it."""

from mel.process.allocating import give_back, keep_freed
from mel.process.cores import cores
from mel.process.ending import end_with_parent

__all__ = ["cores", "end_with_parent", "give_back", "keep_freed"]

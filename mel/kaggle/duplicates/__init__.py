"""Copies of one picture: read from published lists, found by comparing, labelled, dropped.

`read_list` and `find` give pairs of image ids, `label` turns pairs into the duplicate_id by which
folds keep copies together, `drop` keeps one of each, `hand_on` keeps the links of what went.
"""

from mel.kaggle.duplicates.dropping import conflicts, drop
from mel.kaggle.duplicates.handing_on import hand_on
from mel.kaggle.duplicates.labels import label
from mel.kaggle.duplicates.lists import read_list
from mel.kaggle.duplicates.search import find

__all__ = ["conflicts", "drop", "find", "hand_on", "label", "read_list"]

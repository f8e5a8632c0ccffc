"""One tree as lists of numbers, and its replay: the same leaf as in scikit-learn."""

from typing import Any

import numpy as np

from mel.tabular.features import Floats, Stored
from mel.tabular.learners.base import Number

__all__ = ["Tree", "tree_of"]


class Tree(Stored):
    """One tree, a place in each list a node; node 0 is the root, children come after parents.

    A leaf has feature -1. A threshold of None sends every number to the left.
    """

    feature: list[int]
    threshold: list[Number | None]
    missing_left: list[bool]
    left: list[int]
    right: list[int]
    value: list[Number]

    def model_post_init(self, _: Any) -> None:
        """Refuse a tree that would not end, or looks where no node is."""
        size = len(self.feature)
        lists = (self.threshold, self.missing_left, self.left, self.right, self.value)
        fine = size > 0 and all(len(other) == size for other in lists)
        for node, feature in enumerate(self.feature if fine else []):
            children = (self.left[node], self.right[node])
            fine = fine and (feature < 0 or all(node < child < size for child in children))
        if not fine:
            raise ValueError("a tree's nodes do not fit together")

    def values(self, columns: Floats) -> Floats:
        """Give the leaf's value of each row."""
        feature, threshold = np.array(self.feature), np.array(self.threshold, dtype=np.float64)
        threshold[np.isnan(threshold)] = np.inf
        missing, left = np.array(self.missing_left), np.array(self.left)
        right, rows = np.array(self.right), np.arange(len(columns))
        node = np.zeros(len(columns), dtype=np.intp)
        while len(rows := rows[feature[node[rows]] >= 0]):
            at = node[rows]
            value = columns[rows, feature[at]]
            down = np.where(np.isnan(value), missing[at], value <= threshold[at])
            node[rows] = np.where(down, left[at], right[at])
        return np.array(self.value)[node]


def tree_of(nodes: Any) -> Tree:
    """Give the nodes of a tree of scikit-learn's as lists of numbers."""
    leaf = nodes["is_leaf"].astype(bool)
    bound = nodes["num_threshold"]
    return Tree(
        feature=np.where(leaf, -1, nodes["feature_idx"].astype(int)).tolist(),
        threshold=[
            float(t) if np.isfinite(t) and not end else None
            for t, end in zip(bound, leaf, strict=True)
        ],
        missing_left=nodes["missing_go_to_left"].astype(bool).tolist(),
        left=nodes["left"].astype(int).tolist(),
        right=nodes["right"].astype(int).tolist(),
        value=nodes["value"].astype(float).tolist(),
    )

"""Patient context against a slow and plain reckoning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.tabular.features.context import STATISTICS, context_of
from mel.tabular.features.rows import Patients

ROWS = st.lists(st.tuples(st.integers(0, 3), st.sampled_from([-1.0, 0.0, 0.5, 2.0])), min_size=1)


def _plain(own: float, others: list[float]) -> dict[str, float]:
    """The definitions, word for word, for one lesion."""
    nothing = float("nan")
    every = [own, *others]
    mean = np.mean(others) if others else nothing
    spread = np.std(others) if len(others) > 1 else nothing
    below = sum(o < own for o in others) + sum(o == own for o in others) / 2
    return {
        "above others' mean": own - mean,
        "ugly duckling": (own - mean) / (spread + 0.3),
        "rank in patient": (below + 0.5) / len(every),
        "lesions above": np.log1p(len(others) - below),
        "highest": max(every),
        "highest of others": max(others) if others else nothing,
        "above highest of others": own - max(others) if others else nothing,
        "mean of others": mean,
        "spread": np.std(every),
    }


@given(ROWS)
def test_each_statistic_is_what_its_definition_says(rows):
    group = np.unique([g for g, _ in rows], return_inverse=True)[1]
    values = np.array([v for _, v in rows])
    found = context_of(values, Patients(group, np.bincount(group)))
    assert tuple(found) == STATISTICS
    for row in range(len(rows)):
        others = [values[i] for i in np.flatnonzero(group == group[row]) if i != row]
        expected = _plain(values[row], others)
        for name in STATISTICS:
            assert found[name][row] == pytest.approx(expected[name], abs=1e-9, nan_ok=True), name


def test_a_patient_with_one_image_has_no_others_and_no_false_numbers():
    found = context_of(np.array([1.5]), Patients(np.array([0]), np.array([1])))
    lacking = {name for name in STATISTICS if np.isnan(found[name][0])}
    assert lacking == {
        *("above others' mean", "ugly duckling", "highest of others"),
        *("above highest of others", "mean of others"),
    }
    assert (found["rank in patient"][0], found["lesions above"][0]) == (0.5, 0.0)
    assert (found["highest"][0], found["spread"][0]) == (1.5, 0.0)

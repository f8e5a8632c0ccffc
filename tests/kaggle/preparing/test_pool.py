"""Threads run ahead a little, and what comes out is as if there were only one."""

import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mel.kaggle.preparing.pool import cores, in_order


@settings(max_examples=20, deadline=None)
@given(items=st.lists(st.integers()), workers=st.integers(1, 6))
def test_results_come_in_the_order_of_the_items(items: list[int], workers: int) -> None:
    assert list(in_order(lambda item: item + 1, items, workers)) == [item + 1 for item in items]


def test_a_slow_first_item_is_waited_for_while_others_are_made() -> None:
    def work(item: int) -> int:
        time.sleep(0.05 if item == 0 else 0)
        return item

    assert list(in_order(work, range(30), workers=3)) == list(range(30))


def test_no_more_than_a_few_items_are_taken_ahead() -> None:
    taken = []

    def items() -> Iterator[int]:
        for item in range(10_000):
            taken.append(item)
            yield item

    results = in_order(lambda item: item, items(), workers=2)
    assert [next(results) for _ in range(5)] == list(range(5))
    assert len(taken) < 30
    results.close()


def test_two_items_are_worked_on_at_once() -> None:
    """Each waits for the other: one thread alone would never end."""
    meeting = threading.Barrier(2, timeout=60)
    assert sorted(in_order(lambda _: meeting.wait(), range(2), workers=2)) == [0, 1]


def test_the_first_fault_ends_it_and_no_thread_is_left() -> None:
    def work(item: int) -> int:
        if item == 3:
            raise ValueError("the third")
        return item

    found = []
    with pytest.raises(ValueError, match="the third"):
        found.extend(in_order(work, range(100), workers=2))
    assert not [t for t in threading.enumerate() if t.name.startswith("mel-prepare")]


def test_there_is_at_least_one_core() -> None:
    assert cores() >= 1

"""Every group is counted on every axis, as a walk over its rows counts it."""

from collections import Counter

import polars as pl
from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as st

from mel.folds import groups
from mel.folds.making.counting import count
from mel.tables import ImageTable

EFFORT = effort(max_examples=25, deadline=None)


def band(images: int) -> str:
    low = 1
    while low * 2 <= images:
        low *= 2
    return "1" if low == 1 else str(low)


def by_walking(frame: pl.DataFrame) -> dict[str, Counter[tuple[str, str]]]:
    found: dict[str, Counter[tuple[str, str]]] = {}
    for row in frame.iter_rows(named=True):
        here = found.setdefault(row["group"], Counter())
        here["rows", "all"] += 1
        here["positives", "all"] += row["target"]
        here["sex", row["sex"] or "missing"] += 1
    for (group, _), rows in frame.group_by("group", "patient_id"):
        found[group]["patients", "all"] += 1
        found[group]["positive patients", "all"] += max(rows["target"])
        found[group]["images a patient", band(rows.height)] += 1
    return found


@EFFORT
@given(data=st.data())
def test_the_counts_are_those_of_a_walk_over_the_rows(
    tables: st.SearchStrategy[ImageTable], data: st.DataObject
) -> None:
    frame = data.draw(tables).train
    sexes = st.lists(
        st.sampled_from(["male", "female", None]), min_size=frame.height, max_size=frame.height
    )
    frame = frame.with_columns(sex=pl.Series(data.draw(sexes), dtype=pl.String))
    frame = frame.join(groups(frame), on="image_id")
    found, known = count(frame), by_walking(frame)
    for group, row in zip(found.groups, found.numbers, strict=True):
        for (axis, label), number in zip(found.categories, row, strict=True):
            first = label.removeprefix("under ").split(" ")[0]
            name = str(int(first) // 2) if label.startswith("under") else first
            key = name if axis == "images a patient" else label
            assert number == known[group][axis, key], (axis, label)


def test_rows_and_positives_come_first_and_groups_are_sorted(table: ImageTable) -> None:
    frame = table.train.with_columns(group=pl.col("patient_id")).reverse()
    found = count(frame)
    assert [name for name, _ in found.categories[:4]] == [
        *("rows", "positives", "patients", "positive patients"),
    ]
    assert found.groups.is_sorted()
    assert found.numbers[:, 0].sum() == frame.height
    assert found.numbers[:, 1].sum() == frame["target"].sum()

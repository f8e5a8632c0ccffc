"""batch_size = "auto": a line over small batches, and the largest batch that stays below."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.cnn.devices import Device
from mel.cnn.training.batch_size import Line, fitting, line_over, most_for
from mel.errors import MelError

sizes = st.integers(1, 10**11)


@given(st.lists(st.tuples(st.integers(1, 64), sizes), min_size=1, max_size=3), st.floats(1, 1e9))
def test_no_measured_point_is_above_the_line(points: list, least: float) -> None:
    line = line_over(points, least)
    assert line.each >= least
    assert all(line.at(batch) >= size * (1 - 1e-9) - 1 for batch, size in points)


@given(sizes, st.floats(1, 1e9), sizes, st.sampled_from([8, 16, 24, 64]), st.integers(8, 4096))
def test_the_largest_multiple_that_fits_is_taken(
    fixed: int, each: float, limit: int, unit: int, most: int
) -> None:
    line = Line(fixed, each)
    try:
        batch = fitting(line, limit, unit, most)
    except MelError:
        assert fixed + each * unit > limit * (1 - 1e-9)
        return
    assert batch % unit == 0
    assert unit <= batch <= max(most, unit)
    assert fixed + each * batch <= limit * (1 + 1e-9)
    larger = batch + unit
    assert larger > most or fixed + each * larger > limit * (1 - 1e-9)


def test_where_not_even_the_smallest_fits_the_line_says_what_to_lower() -> None:
    with pytest.raises(MelError, match=r"even a batch of 8 needs 9.0 GB of the 4.0 GB") as caught:
        fitting(Line(1e9, 1e9), 4e9, 8, 128)
    assert "lower size" in str(caught.value)


def test_more_devices_take_more_and_a_cpu_no_more_than_helps() -> None:
    gpu = Device("gpu", "mixed_float16", jit_compile=True, threads=0, count=4)
    cpu = Device("cpu", "float32", jit_compile=False, threads=8)
    assert (most_for(gpu), most_for(cpu)) == (2048, 128)

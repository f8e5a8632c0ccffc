"""Peaks of memory are measured, and memory that runs out is told from other faults."""

import numpy as np
import pytest

from mel.cnn.devices import Device
from mel.cnn.devices.machine import memory_free
from mel.cnn.devices.memory import Meter, meter_for
from mel.errors import MelError

CPU = Device("cpu", "float32", jit_compile=False, threads=1)
SIZE = 200 * 2**20


def test_a_cpus_peak_follows_what_is_filled_and_forgets_what_was() -> None:
    meter = meter_for(CPU)

    def fill(size: int) -> None:
        np.ones(size, dtype=np.uint8)

    small = meter.peak_of(lambda: fill(0))
    large = meter.peak_of(lambda: fill(SIZE))
    assert large - small == pytest.approx(SIZE, rel=0.1)
    assert meter.peak_of(lambda: fill(0)) - small < SIZE / 10


def test_a_share_of_what_is_free_may_be_filled() -> None:
    meter = meter_for(CPU)
    assert meter.own
    assert meter.limit == int(meter.memory * meter.share) < meter.memory
    assert meter.memory == pytest.approx(memory_free(), rel=0.2)


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        RuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate"),
        RuntimeError("OOM when allocating tensor with shape[1]"),
    ],
)
def test_memory_that_runs_out_is_no_peak(error: Exception) -> None:
    def step() -> None:
        raise error

    assert Meter(1, 1.0, False, lambda: 7).peak_of(step) is None


def test_another_fault_is_raised() -> None:
    def step() -> None:
        raise RuntimeError("something else")

    with pytest.raises(RuntimeError, match="something else"):
        Meter(1, 1.0, False, lambda: 7).peak_of(step)


def test_a_device_whose_memory_nobody_tells_is_refused() -> None:
    with pytest.raises(MelError, match="give batch_size a number"):
        meter_for(Device("tpu", "mixed_bfloat16", jit_compile=False, threads=0, count=8))

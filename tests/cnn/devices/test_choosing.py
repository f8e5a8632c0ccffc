"""The device is chosen by what is there, and what was chosen is said."""

import os

from mel.cnn.devices import Device, choose


def test_on_a_cpu_every_allowed_core_computes_in_float32_without_xla() -> None:
    found = choose()
    assert (found.kind, found.precision, found.jit_compile) == ("cpu", "float32", False)
    assert found.threads == len(os.sched_getaffinity(0))
    assert str(found) == f"cpu, float32, without XLA, {found.threads} threads"


def test_on_a_gpu_mixed_precision_and_xla_are_said() -> None:
    assert str(Device("gpu", "mixed_float16", jit_compile=True, threads=0)) == (
        "gpu, mixed_float16, with XLA"
    )

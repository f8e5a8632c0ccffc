"""The device is chosen by what is there, what was chosen is said, and nothing else is taken."""

import os

import pytest

from mel.cnn.devices import Accelerator, Device, Found, choose
from mel.cnn.devices.machine import cores
from mel.config import CnnSettings, HardwareSettings
from mel.errors import MelError

P100 = Accelerator("gpu", "tensorflow", "Tesla P100", 16 * 10**9, (6, 0))
T4 = Accelerator("gpu", "tensorflow", "Tesla T4", 15 * 10**9, (7, 5))
A100 = Accelerator("gpu", "tensorflow", "A100", 40 * 10**9, (8, 0))
V5E = Accelerator("tpu", "jax", "TPU v5 lite", 16 * 10**9)
OLD_TPU = Accelerator("tpu", "tensorflow", "TPU")


def _chosen(*accelerators: Accelerator, found: dict | None = None, **hardware: object) -> Device:
    seen = Found(cores=4, accelerators=accelerators, **(found or {}))
    return choose(HardwareSettings(**hardware), seen)


def test_on_a_cpu_every_allowed_core_computes_in_float32_without_xla() -> None:
    found = choose(HardwareSettings(device="cpu"))
    assert (found.kind, found.precision, found.jit_compile) == ("cpu", "float32", False)
    assert found.threads == cores() <= len(os.sched_getaffinity(0))
    assert str(found).startswith("cpu, float32, without XLA, ")


def test_looking_for_no_accelerator_leaves_the_backend_to_be_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    choose(HardwareSettings(device="cpu"))
    assert "KERAS_BACKEND" not in os.environ


@pytest.mark.parametrize(
    ("accelerators", "said"),
    [
        ((T4,), "gpu, mixed_float16, with XLA"),
        ((T4, T4), "2 x gpu, mixed_float16, without XLA"),
        ((P100,), "gpu, float32, with XLA"),
        ((A100, P100), "2 x gpu, float32, without XLA"),
        ((V5E,) * 8, "8 x tpu by jax, mixed_bfloat16, with XLA"),
        ((OLD_TPU,) * 8, "8 x tpu, mixed_bfloat16, with XLA"),
        ((), "cpu, float32, without XLA, 4 threads"),
    ],
)
def test_each_device_computes_as_suits_it(accelerators: tuple, said: str) -> None:
    assert str(_chosen(*accelerators)) == said


def test_every_choice_can_be_overridden() -> None:
    found = _chosen(T4, T4, devices=1, precision="float32", xla="off")
    assert str(found) == "gpu, float32, without XLA"
    assert str(_chosen(T4, device="cpu", precision="mixed_bfloat16", xla="on")) == (
        "cpu, mixed_bfloat16, with XLA, 4 threads"
    )
    assert any("hardware.precision" in reason for reason in found.reasons)


def test_every_choice_has_a_reason() -> None:
    reasons = " | ".join(_chosen(P100).reasons)
    assert "GPU: the quickest that was found" in reasons
    assert "compute capability 6.0 is below 7.0" in reasons
    assert "tensorflow" in reasons
    assert "XLA" in reasons


def test_jax_computes_on_the_cpu_where_the_user_says_so() -> None:
    found = _chosen(found={"wish": "jax"})
    assert str(found) == "cpu by jax, float32, with XLA"


def test_a_trial_of_xla_that_failed_turns_it_off_and_is_the_reason() -> None:
    broken = {"xla_fault": "libdevice not found"}
    found = _chosen(T4, found=broken)
    assert not found.jit_compile
    assert any("libdevice not found" in reason for reason in found.reasons)
    with pytest.raises(MelError, match="libdevice"):
        _chosen(T4, found=broken, xla="on")


@pytest.mark.parametrize(
    ("accelerators", "hardware", "said"),
    [
        ((), {"device": "gpu"}, "'gpu': none was found, only a CPU with 4 cores; no NVIDIA"),
        ((T4,), {"device": "tpu"}, "'tpu': none was found, only Tesla T4, a CPU"),
        ((V5E,), {"device": "gpu"}, "only TPU v5 lite"),
        ((T4, T4), {"devices": 4}, r"devices = 4: 2 GPUs found; set devices = 2 or 'all'"),
        ((), {"device": "cpu", "devices": 2}, "1 CPU found; its cores compute as one"),
        ((OLD_TPU,) * 8, {"devices": 4}, "all 8 cores of a TPU"),
        ((V5E,), {"precision": "mixed_float16"}, "computes in bfloat16"),
        ((T4,), {"precision": "mixed_bfloat16"}, "capability 8.0, this is 7.5"),
        ((T4, T4), {"xla": "on"}, "cannot compile a step that 2 devices share"),
        ((V5E,), {"xla": "off"}, "always compiles with XLA"),
        ((OLD_TPU,), {"xla": "off"}, "a TPU always compiles"),
    ],
)
def test_what_cannot_be_is_refused_with_a_way_out(
    accelerators: tuple, hardware: dict, said: str
) -> None:
    with pytest.raises(MelError, match=said) as caught:
        _chosen(*accelerators, **hardware)
    assert "\n" not in str(caught.value)


def test_a_demanded_device_that_is_missing_is_refused_with_the_advice_for_it() -> None:
    advice = ("an NVIDIA GPU shows and cannot be used: do this", "a TPU shows: do that")
    with pytest.raises(MelError, match="do this") as caught:
        _chosen(device="gpu", found={"advice": advice})
    assert "do that" not in str(caught.value)


def test_falling_back_to_the_cpu_by_itself_is_said_with_the_advice() -> None:
    assert _chosen(found={"advice": ("set this",)}).news[1:] == ("set this",)
    assert _chosen(device="cpu", found={"advice": ("set this",)}).news[1:] == ()


def test_a_backend_that_mel_does_not_know_is_refused() -> None:
    with pytest.raises(MelError, match="KERAS_BACKEND is 'torch'"):
        _chosen(T4, found={"wish": "torch"})


@pytest.mark.parametrize(("size", "near"), [(30, "28 or 32"), (3, "set 4,"), (33, "32 or 36")])
def test_a_batch_that_devices_cannot_share_is_refused_with_the_nearest(
    size: int, near: str
) -> None:
    four = Device("gpu", "float32", jit_compile=True, threads=0, count=4)
    with pytest.raises(MelError, match=near):
        four.check(CnnSettings(batch_size=size))
    four.check(CnnSettings(batch_size=32))
    four.check(CnnSettings(batch_size="auto"))
    with pytest.raises(MelError, match="cannot add up gradients that 4 devices share"):
        four.check(CnnSettings(accumulate=2))

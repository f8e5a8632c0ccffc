"""Accelerators are looked for where they can be, and what hides one is said."""

import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from mel.cnn.devices import Accelerator, advising, finding
from mel.cnn.devices.traces import Traces, look

TPU, NVIDIA = Traces(tpu="/dev/accel0"), Traces(nvidia="/dev/nvidia0")
V5E = Accelerator("tpu", "jax", "TPU v5 lite")
T4 = Accelerator("gpu", "tensorflow", "Tesla T4")


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every case starts from an environment that says nothing, and ends with the old one."""
    monkeypatch.setitem(sys.modules, "tensorflow", ModuleType("tensorflow"))
    for name in ("KERAS_BACKEND", "CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS", "XLA_FLAGS"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)


def _packages(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    for module in (advising, finding):
        monkeypatch.setattr(module, "installed", lambda name: name in names)


def _no_answer() -> list[Accelerator]:
    raise AssertionError("was asked")


@pytest.mark.parametrize(
    ("file", "text", "wanted"),
    [
        ("dev/nvidia0", "", Traces(nvidia="/dev/nvidia0")),
        ("dev/accel0", "", Traces(tpu="/dev/accel0")),
        (
            "proc/driver/nvidia/version",
            "NVRM version: NVIDIA UNIX x86_64 Kernel Module  550.54.15  Tue\nGCC",
            Traces(driver="550.54.15"),
        ),
        ("dev/accel/accel0", "an NPU of Intel's", Traces()),
    ],
)
def test_device_files_are_traces(tmp_path: Path, file: str, text: str, wanted: Traces) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True)
    path.write_text(text)
    assert look({}, tmp_path) == wanted


@pytest.mark.parametrize(("chip", "there"), [("0x0063", True), ("0x0042", False)])
def test_a_tpu_chip_is_told_from_googles_other_cards(
    tmp_path: Path, chip: str, there: bool
) -> None:
    place = tmp_path / "sys/bus/pci/devices/0000:00:04.0"
    place.mkdir(parents=True)
    (place / "vendor").write_text("0x1ae0\n")
    (place / "device").write_text(f"{chip}\n")
    assert bool(look({}, tmp_path).tpu) == there


def test_where_no_tpu_can_be_jax_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    _packages(monkeypatch, "jax", "libtpu", "tensorflow")
    monkeypatch.setattr(finding, "look", Traces)
    monkeypatch.setattr(finding, "_by_jax", _no_answer)
    monkeypatch.setattr(finding, "_gpus_by_tensorflow", list)
    assert finding.find().accelerators == ()


def test_a_tpu_is_found_by_jax_without_opening_tensorflow(monkeypatch: pytest.MonkeyPatch) -> None:
    _packages(monkeypatch, "jax", "libtpu", "tensorflow")
    monkeypatch.setattr(finding, "look", lambda: TPU)
    monkeypatch.setattr(finding, "_by_jax", lambda: [V5E] * 8)
    monkeypatch.setattr(finding, "_gpus_by_tensorflow", _no_answer)
    found = finding.find()
    assert found.accelerators == (V5E,) * 8
    assert found.advice == ()


def test_a_tensorflow_for_tpus_is_asked_where_there_is_no_jax(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    plain = Accelerator("tpu", "tensorflow", "TPU")
    _packages(monkeypatch, "tensorflow")
    monkeypatch.setattr(finding, "look", lambda: TPU)
    monkeypatch.setattr(advising, "tensorflow_for_tpu", lambda: True)
    monkeypatch.setattr(finding, "_tpus_by_tensorflow", lambda: [plain] * 8)
    assert finding.find().accelerators == (plain,) * 8


def test_what_a_backend_says_when_it_fails_is_in_the_advice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> list[Accelerator]:
        raise RuntimeError("The TPU is already in use\nby process 12")

    _packages(monkeypatch, "jax", "libtpu", "tensorflow")
    monkeypatch.setattr(finding, "look", lambda: TPU)
    monkeypatch.setattr(finding, "_by_jax", broken)
    monkeypatch.setattr(finding, "_gpus_by_tensorflow", list)
    (advice,) = finding.find().advice
    assert "(The TPU is already in use)" in advice


@pytest.mark.parametrize(
    ("traces", "environ", "packages", "said"),
    [
        (TPU, {"KERAS_BACKEND": "tensorflow"}, ("jax", "libtpu"), "unset it"),
        (TPU, {}, (), r"JAX is not installed: pip install 'jax\[tpu\]'"),
        (TPU, {}, ("jax",), r"JAX has no libtpu: pip install 'jax\[tpu\]'"),
        (TPU, {"JAX_PLATFORMS": "cpu"}, ("jax", "libtpu"), "JAX_PLATFORMS is 'cpu'"),
        (NVIDIA, {"CUDA_VISIBLE_DEVICES": ""}, ("tensorflow",), "VISIBLE_DEVICES is '' and hides"),
        (NVIDIA, {"CUDA_VISIBLE_DEVICES": "-1"}, ("tensorflow",), "'-1' and hides"),
        (NVIDIA, {"KERAS_BACKEND": "jax"}, ("jax",), "built for the CPU: pip install 'jax"),
        (NVIDIA, {}, (), "TensorFlow is not installed"),
        (NVIDIA, {}, ("tensorflow",), r"pip install 'tensorflow\[and-cuda\]'"),
    ],
)
def test_what_hides_an_accelerator_is_named_with_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
    traces: Traces,
    environ: dict[str, str],
    packages: tuple[str, ...],
    said: str,
) -> None:
    _packages(monkeypatch, *packages)
    monkeypatch.setattr(advising, "_built_with_cuda", lambda: False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    (advice,) = advising.advice(traces, (), environ.get("KERAS_BACKEND", ""))
    assert re.search(said, advice)


def test_cuda_libraries_that_do_not_open_are_told_from_a_build_for_the_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _packages(monkeypatch, "tensorflow")
    monkeypatch.setattr(advising, "_built_with_cuda", lambda: True)
    (advice,) = advising.advice(NVIDIA, (), "")
    assert "cannot open CUDA's libraries" in advice


def test_nothing_is_advised_about_what_was_found() -> None:
    both = Traces(nvidia="/dev/nvidia0", tpu="/dev/accel0")
    assert advising.advice(both, {"tpu"}, "") == []
    assert advising.advice(NVIDIA, {"gpu"}, "") == []


@pytest.mark.parametrize(
    ("environ", "count"),
    [
        ({}, 1),
        ({"MEL_VIRTUAL_DEVICES": "2"}, 2),
        ({"MEL_VIRTUAL_DEVICES": "no"}, 1),
        ({"KERAS_BACKEND": "jax", "XLA_FLAGS": "--a --xla_force_host_platform_device_count=3"}, 3),
        ({"XLA_FLAGS": "--xla_force_host_platform_device_count=3"}, 1),
    ],
)
def test_the_cpu_shows_itself_as_often_as_it_is_told(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], count: int
) -> None:
    monkeypatch.delenv("MEL_VIRTUAL_DEVICES", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert finding.virtual() == count

"""What can train is told, and so is what is missing; a crash while looking is told as well."""

import sys
from pathlib import Path
from typing import Any

import pytest

from mel.cnn import doctor as check
from mel.cnn.devices import Accelerator, Found
from mel.cnn.jobs.doctor import examine
from mel.config import HardwareSettings, MemberSettings

T4 = Accelerator("gpu", "tensorflow", "Tesla T4", 15 * 10**9, (7, 5))


@pytest.fixture
def module() -> Any:
    return sys.modules["mel.cnn.doctor"]


def _member(size: int, **settings: Any) -> MemberSettings:
    return MemberSettings(backbone="resnet_v2_nano", size=size, **settings)


def _stand_in(monkeypatch: pytest.MonkeyPatch, module: Any, found: Found) -> None:
    def looked(hardware: list[HardwareSettings]) -> dict[str, Any]:
        return examine(hardware, lambda: found) | {"broken": ""}

    monkeypatch.setattr(module, "_looked", looked)


def test_a_real_look_tells_of_versions_and_of_the_device_and_imports_nothing_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    known = set(sys.modules)
    found = check([_member(32), _member(48, hardware=HardwareSettings(device="cpu"))])
    assert {"TensorFlow", "Keras", "keras-cv", "JAX", "numba", "CPU", "memory", "disk", "GPU"} <= (
        set(found.found)
    )
    assert list(found.used) == ["resnet_v2_nano-32", "resnet_v2_nano-48"]
    assert set(found.reasons) == set(found.used.values())
    assert found.fault == ""
    assert not {"tensorflow", "keras", "keras_cv", "jax"} & (set(sys.modules) - known)


def test_every_member_is_told_its_device_and_the_first_fault_is_kept(
    monkeypatch: pytest.MonkeyPatch, module: Any
) -> None:
    _stand_in(monkeypatch, module, Found(cores=4, accelerators=(T4, T4)))
    members = [
        _member(32),
        _member(48, hardware=HardwareSettings(device="tpu")),
        _member(64, batch_size=33),
        _member(96, batch_size="auto", hardware=HardwareSettings(devices=1)),
    ]
    found = check(members)
    assert found.used == {
        "resnet_v2_nano-32": "2 x gpu, mixed_float16, without XLA",
        "resnet_v2_nano-48": "nothing",
        "resnet_v2_nano-64": "2 x gpu, mixed_float16, without XLA",
        "resnet_v2_nano-96": "gpu, mixed_float16, with XLA",
    }
    assert found.fault.startswith("resnet_v2_nano-48: hardware.device = 'tpu': none was found")
    assert found.found["GPU"] == "2 x Tesla T4 (15.0 GB, compute capability 7.5)"
    assert check(members[2:]).fault.startswith("resnet_v2_nano-64: batch_size 33")
    assert "resnet_v2_nano-32: accumulate 2" in check([_member(32, accumulate=2)]).fault


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.kill(os.getpid(), 11)", "was killed by signal 11 (it wrote nothing)"),
        ("raise ImportError('numpy is too new')", "status 1 (ImportError: numpy is too new)"),
        ("pass", "ended with status 0"),
    ],
)
def test_a_look_that_crashes_is_told_beside_what_needs_no_look(
    monkeypatch: pytest.MonkeyPatch, module: Any, code: str, said: str
) -> None:
    monkeypatch.setattr(module, "_command", lambda job: [sys.executable, "-c", code])
    found = check()
    assert said in found.fault
    assert found.used == {"any": "not known"}
    assert found.found["CPU"]


def test_a_look_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, module: Any) -> None:
    code = "import time; time.sleep(60)"
    monkeypatch.setattr(module, "_command", lambda job: [sys.executable, "-c", code])
    monkeypatch.setattr(module, "_PATIENCE", 0.5)
    assert "a driver hangs" in check().fault


def test_a_package_that_does_not_import_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, module: Any, tmp_path: Path
) -> None:
    (tmp_path / "keras_cv.py").write_text("raise RuntimeError('made for another keras')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert "keras_cv cannot be imported (RuntimeError: made for another keras" in check().fault

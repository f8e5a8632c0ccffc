"""While TensorFlow is imported nothing is looked for; what was before comes back afterwards."""

import gc
from importlib import import_module

import pytest

from mel.cnn.devices.importing import sparing


@pytest.fixture
def _as_before():
    yield
    gc.enable()


def _fails():
    with sparing("poplib"):
        assert not gc.isenabled()
        import_module("no_such_package")


@pytest.mark.usefixtures("_as_before")
@pytest.mark.parametrize("looks", [True, False])
def test_python_looks_for_garbage_as_before_even_after_a_failed_import(looks):
    (gc.enable if looks else gc.disable)()
    with pytest.raises(ModuleNotFoundError):
        _fails()
    assert gc.isenabled() == looks


def test_what_was_imported_is_looked_through_no_more_and_a_later_network_is(tmp_path, monkeypatch):
    (tmp_path / "just_made.py").write_text("kept = [[], []]")
    monkeypatch.syspath_prepend(tmp_path)
    before = gc.get_freeze_count()
    with sparing():
        import_module("just_made")
    kept = gc.get_freeze_count()
    assert kept > before
    with sparing():
        import_module("just_made")
    assert gc.get_freeze_count() == kept

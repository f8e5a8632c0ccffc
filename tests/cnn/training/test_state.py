"""The state of a stopped training: whole, of this training, or not loaded."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mel.cnn.training import checkpoint
from mel.cnn.training.state import State
from mel.errors import MelError

ARRAYS = {
    "model/0000/kernel": np.arange(12, dtype=np.float32).reshape(3, 4),
    "optimizer/0000/iteration": np.array(7),
    "optimizer/0001/empty": np.zeros((0, 3)),
}
ROWS = [{"epoch": 1, "loss": 0.5, "auc": None}, {"epoch": 2, "loss": 0.25, "auc": 0.75}]
MADE_FROM = {"settings": "a", "fold": 0}


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    place = tmp_path_factory.mktemp("state")
    State(place, MADE_FROM).save(ARRAYS, ROWS)
    return (place / "state.npz").read_bytes()


def test_what_was_kept_is_read_as_it_was(tmp_path: Path) -> None:
    state = State(tmp_path, MADE_FROM)
    state.save(ARRAYS, ROWS)
    saved = state.saved(lambda event: None)
    assert saved is not None
    assert (saved.epochs, saved.history) == (2, ROWS)
    assert set(saved.arrays) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert saved.arrays[name].dtype == array.dtype
        assert np.array_equal(saved.arrays[name], array)
    assert state.fits(saved, ARRAYS, lambda event: None)
    assert not state.fits(saved, ARRAYS | {"model/0001/bias": np.zeros(4)}, lambda event: None)


@settings(max_examples=400, deadline=None)
@given(place=st.floats(0, 1, exclude_max=True), cut=st.booleans(), bit=st.integers(0, 7))
def test_no_state_that_was_cut_or_changed_anywhere_is_taken_for_whole(
    written: bytes, tmp_path_factory: pytest.TempPathFactory, place: float, cut: bool, bit: int
) -> None:
    """A bit of the archive's own bookkeeping may change unseen; of what it holds none may."""
    path = tmp_path_factory.mktemp("harm") / "state.npz"
    at = int(place * len(written))
    harmed = bytearray(written[:at] if cut else written)
    if not cut:
        harmed[at] ^= 1 << bit
    path.write_bytes(harmed)
    try:
        arrays, record = checkpoint.read(path)
    except MelError:
        return
    assert all(np.array_equal(arrays[name], array) for name, array in ARRAYS.items())
    assert record["history"] == ROWS


def test_a_state_of_other_inputs_is_said_and_not_loaded(tmp_path: Path) -> None:
    State(tmp_path, MADE_FROM).save(ARRAYS, ROWS)
    news: list[dict[str, Any]] = []
    assert State(tmp_path, MADE_FROM | {"fold": 1}).saved(news.append) is None
    assert "of other images, folds or settings; the fold starts over" in news[0]["news"]
    assert State(tmp_path / "none", MADE_FROM).saved(news.append) is None
    assert len(news) == 1


def test_names_do_not_depend_on_what_was_built_before_in_the_process() -> None:
    class Variable:
        def __init__(self, path: str) -> None:
            self.path = path

    first = [Variable("conv2d/kernel"), Variable("dense_1/kernel")]
    later = [Variable("conv2d_7/kernel"), Variable("dense_12/kernel")]
    assert checkpoint.names_of("model", first) == checkpoint.names_of("model", later)


FULL = """
import resource, sys
import subprocess
import sys
from pathlib import Path
import numpy as np
from mel.cnn.training.state import State
from mel.errors import MelError
state = State(Path(sys.argv[1]), {"settings": "a", "fold": 0})
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
try:
    state.save({"model/0000/kernel": np.zeros(10_000)}, [{"epoch": 1, "loss": 0.1}])
except MelError as error:
    print(error)
"""


def test_a_full_disk_is_one_line_and_leaves_the_state_of_the_epoch_before(tmp_path: Path) -> None:
    state = State(tmp_path, MADE_FROM)
    state.save(ARRAYS, ROWS)
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "state.npz: cannot be written (File too large); free or choose a place" in done.stdout
    assert done.stdout.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["state.npz"]
    saved = state.saved(lambda event: None)
    assert saved is not None
    assert saved.epochs == 2

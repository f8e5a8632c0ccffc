"""`mel kaggle download`, and where it shall download to."""

from functools import partial

import pytest


@pytest.fixture
def mel(here):
    """Run `mel kaggle download` in this process."""
    return partial(here, "kaggle", "download")


@pytest.fixture
def out(tmp_path):
    """Give the folder to download to, which is not there yet."""
    return tmp_path / "competition"

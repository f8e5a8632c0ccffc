"""TensorFlow as every process of mel's own imports it: in a third of the time."""

import pytest

from mel.cnn.devices.importing import sparing


@pytest.fixture(scope="session", autouse=True)
def _imported() -> None:
    with sparing():
        import keras_cv  # noqa: F401

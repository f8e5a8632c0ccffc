"""Scoring: batches and views of a network, each image by itself, without growing."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from mel.cnn.labels import Labels
from mel.cnn.scoring import batch_at, score
from mel.config import MemberSettings, TtaSettings
from mel.views import average, reference, views

SIZE = 16


@dataclass(frozen=True)
class Pictures:
    """Pictures of numbers: image `i` is drawn with seed `i`."""

    array: np.ndarray

    @classmethod
    def of(cls, count: int, size: int = SIZE) -> "Pictures":
        """Draw as many pictures of a size."""
        draw = np.random.default_rng(size)
        return cls(draw.integers(0, 256, (count, size, size, 3), dtype=np.uint8))

    def rows_of(self, ids: list[str]) -> np.ndarray:
        """Give the row of each id."""
        return np.array([int(name) for name in ids], dtype=np.int64)

    def take(self, rows: np.ndarray) -> np.ndarray:
        """Give the pictures."""
        return self.array[rows]


class Network:
    """A network that looks at where things are, and notes the shapes that it is given."""

    def __init__(self, size: int = SIZE, outputs: int = 1) -> None:
        draw = np.random.default_rng(size)
        self.weights = draw.normal(0, 1e-4, (size * size * 3, outputs))
        self.shapes: set[tuple[int, ...]] = set()
        self.types: set[str] = set()

    def __call__(self, inputs: Any) -> np.ndarray:
        """Give the logits of a batch."""
        images, *metadata = inputs if isinstance(inputs, list) else [inputs]
        self.shapes.add(images.shape)
        self.types.add(str(images.dtype))
        flat = images.reshape(len(images), -1) @ self.weights
        return (flat + sum(part.sum(axis=1, keepdims=True) for part in metadata)).astype("float32")


def settings(tta: TtaSettings) -> MemberSettings:
    return MemberSettings(backbone="efficientnetv2_micro", size=SIZE, tta=tta)


def scored(
    ids: list[int],
    tta: TtaSettings,
    pictures: dict[int, Pictures] | None = None,
    metadata: np.ndarray | None = None,
    labels: Labels | None = None,
    told: list[int] | None = None,
) -> np.ndarray:
    given = pictures or {size: Pictures.of(40, size) for size in (SIZE, *tta.sizes)}
    labels = labels or Labels()
    networks = {size: Network(size, labels.count) for size in given}
    names = [str(i) for i in ids]
    tell = (lambda event: told.append(event["done"])) if told is not None else lambda event: None
    batch = dict.fromkeys(given, 8)
    found = score(networks, given, names, metadata, settings(tta), labels, tell, batch)  # type: ignore[arg-type]
    for size, network in networks.items():
        assert network.shapes <= {(8, size, size, 3)}
        assert network.types <= {"uint8"}
    return found


EVERY = TtaSettings(turns="all", crops=5, crop_share=0.75, sizes=[24])


def test_each_view_of_each_image_gets_a_logit_and_all_are_told_of() -> None:
    told: list[int] = []
    found = scored(list(range(21)), EVERY, told=told)
    assert found.shape == (21, 80)
    assert np.unique(found).size == found.size
    assert sum(told) == 21 * EVERY.views


def test_one_view_is_what_the_network_says_of_the_image_itself() -> None:
    found = scored(list(range(21)), TtaSettings())
    plain = Network()(Pictures.of(40).array[:21])
    assert np.array_equal(found, plain.astype(np.float64))


def test_an_image_alone_gets_the_logits_it_gets_among_others_in_any_order() -> None:
    batch = scored(list(range(21)), EVERY)
    assert np.allclose(scored([17], EVERY), batch[17:18], atol=1e-6)
    order = np.random.default_rng(0).permutation(21)
    assert np.allclose(scored(order.tolist(), EVERY), batch[order], atol=1e-6)


@pytest.mark.parametrize("how", ["logit", "probability", "rank"])
def test_a_turned_picture_has_the_score_of_the_picture(how: str) -> None:
    tta = EVERY.model_copy(update={"average": how})
    plain = {size: Pictures.of(10, size) for size in (SIZE, 24)}
    wanted, ids = views(tta, SIZE), list(range(10))
    logits = scored(ids, tta, plain)
    held_out = reference(logits, wanted)
    before = average(logits, wanted, tta, held_out)
    for turn in range(8):
        turned = {
            size: Pictures(np.rot90(given.array[:, :: -1 if turn & 1 else 1], turn // 2, (1, 2)))
            for size, given in plain.items()
        }
        after = average(scored(ids, tta, turned), wanted, tta, held_out)
        assert np.allclose(after, before, atol=1e-6)


def test_metadata_and_classes_reach_the_network_and_come_back_as_one_logit() -> None:
    labels = Labels(("melanoma", "nevus", "other"), (True, False, False))
    metadata = np.random.default_rng(0).random((21, 4)).astype(np.float32)
    found = scored(list(range(21)), TtaSettings(), metadata=metadata, labels=labels)
    images = Pictures.of(40).array[:21]
    assert np.allclose(found[:, 0], labels.read_out(Network(SIZE, 3)([images, metadata])))


def test_batches_are_smaller_for_larger_pictures_and_devices_share_them_equally() -> None:
    sizes = [64, 256, 384, 512, 1024]
    found = [batch_at(size, "gpu", 3) for size in sizes]
    assert found == sorted(found, reverse=True)
    assert all(batch % 3 == 0 and batch >= 8 for batch in found)


def test_nothing_to_score_gives_no_scores() -> None:
    assert scored([], EVERY).shape == (0, 80)

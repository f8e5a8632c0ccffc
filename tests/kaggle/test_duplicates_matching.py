"""Hashes, bands and alignment: turning commutes with hashing, and no near pair is missed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from mel.kaggle.duplicates.aligning import likeness
from mel.kaggle.duplicates.banding import RADIUS, Index
from mel.kaggle.duplicates.hashing import (
    ORIENTATIONS,
    SIDE,
    VIEWS,
    View,
    hashes,
    turn,
    turned,
)


def _soft(seed: int, count: int = 1, rough: int = 9, size: int = SIDE) -> np.ndarray:
    """Draw soft grey pictures, as different as dermatoscopic ones are not."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        coarse = Image.fromarray(rng.integers(0, 256, (rough, rough), dtype=np.uint8))
        found.append(np.asarray(coarse.resize((size, size), Image.Resampling.BICUBIC)))
    return np.stack(found)


@pytest.mark.parametrize("orientation", range(ORIENTATIONS))
@pytest.mark.parametrize("view", range(len(VIEWS)))
def test_the_hash_of_a_turned_picture_is_the_turned_hash(orientation: int, view: int) -> None:
    thumbs = _soft(1, 40)
    there = VIEWS[view].turned(orientation)
    seen = hashes(np.ascontiguousarray(turn(thumbs, orientation)), there)
    expected = turned(hashes(thumbs, VIEWS[view]), orientation)
    assert np.bitwise_count(seen ^ expected).max() <= 1  # a coefficient of nearly 0 may round over


def test_the_eight_orientations_are_all_different_and_hold_the_identity() -> None:
    (thumb,) = _soft(2)
    ways = {turn(thumb[None], way).tobytes() for way in range(ORIENTATIONS)}
    assert len(ways) == ORIENTATIONS
    assert turn(thumb[None], 0).tobytes() == thumb.tobytes()
    rotated = {np.rot90(thumb, quarter).tobytes() for quarter in range(4)}
    mirrored = {np.rot90(thumb[:, ::-1], quarter).tobytes() for quarter in range(4)}
    assert ways == rotated | mirrored


def test_a_hash_knows_nothing_of_brightness_and_contrast() -> None:
    thumbs = _soft(3, 20)
    duller = (40 + thumbs.astype(float) * 0.5).round().astype(np.uint8)
    assert np.bitwise_count(hashes(thumbs) ^ hashes(duller)).max() <= 3


def test_unrelated_pictures_differ_in_about_half_of_the_bits() -> None:
    found = hashes(_soft(4, 200))
    bits = np.bitwise_count(found[:100] ^ found[100:])
    assert 28 < bits.mean() < 36
    assert bits.min() > RADIUS


_numbers = st.integers(0, 2**64 - 1)


@st.composite
def _hashes(draw) -> tuple[np.ndarray, np.ndarray]:
    """Draw hashes and questions, many of the questions a few bits from some hash."""
    known = draw(st.lists(_numbers, min_size=1, max_size=12))
    asked = draw(st.lists(_numbers, max_size=4))
    for _ in range(draw(st.integers(0, 12))):
        flips = draw(st.lists(st.integers(0, 63), max_size=12, unique=True))
        asked.append(draw(st.sampled_from(known)) ^ sum(2**bit for bit in flips))
    return np.array(known, np.uint64), np.array(asked, np.uint64)


@settings(max_examples=25)
@given(_hashes(), st.sampled_from([0, 0, 718]))
def test_the_bands_find_exactly_what_comparing_each_with_each_finds(drawn, few: int) -> None:
    known, asked = drawn
    index = Index(known, few)
    mine, theirs, distance = index.near(asked)
    assert (index.looked > 0) == (few == 0 and len(asked) > 0)
    bits = np.bitwise_count(asked[:, None] ^ known[None])
    assert np.stack([mine, theirs], 1).tolist() == np.argwhere(bits <= RADIUS).tolist()
    assert distance.tolist() == bits[mine, theirs].tolist()


def test_the_furthest_hashes_are_found_however_their_bits_are_spread() -> None:
    """Eight bits over three bands, at random: among them three, three and two, the worst case."""
    rng = np.random.default_rng(0)
    known = rng.integers(0, 2**64, 400, dtype=np.uint64)
    near, far = known.copy(), known.copy()
    for row in range(400):
        for place, bit in enumerate(rng.permutation(64)[: RADIUS + 1]):
            far[row] ^= np.uint64(1) << np.uint64(bit)
            near[row] ^= np.uint64(int(place < RADIUS)) << np.uint64(bit)
    index = Index(known, few=0)
    mine, theirs, distance = index.near(near)
    assert mine.tolist() == theirs.tolist() == list(range(400))
    assert set(distance.tolist()) == {RADIUS}
    assert len(index.near(far)[0]) == 0


def test_the_work_grows_with_the_number_of_hashes_and_not_with_its_square() -> None:
    """Eight times the hashes, each with one copy: each with each would be 64 times the work."""
    work = {}
    for many in (2_000, 16_000):
        rng = np.random.default_rng(0)
        known = rng.integers(0, 2**64, many, dtype=np.uint64)
        copies = known ^ (np.uint64(1) << rng.integers(0, 64, many, dtype=np.uint64))
        index = Index(known)
        mine, theirs, _ = index.near(copies)
        assert (mine == theirs).sum() == many
        assert index.compared < many**2 / 500
        work[many] = index.looked + index.compared
    assert work[16_000] < 1.1 * 8 * work[2_000]
    assert work[16_000] < 16_000**2 / 20


@pytest.mark.parametrize(
    ("side", "down", "right"),
    [(1.0, 0.0, 0.0), (0.96, 0.01, -0.01), (0.92, -0.02, 0.02), (0.88, 0.03, 0.0)],
)
def test_a_crop_fits_after_alignment_and_another_picture_does_not(side, down, right) -> None:
    large, other = _soft(5, 16, size=256), _soft(6, 16)
    middle, half = 128 + 256 * np.array([down, right]), 128 * side
    box = (middle[1] - half, middle[0] - half, middle[1] + half, middle[0] + half)
    small = Image.Resampling.BOX
    whole = [np.asarray(Image.fromarray(p).resize((SIDE, SIDE), small)) for p in large]
    part = [np.asarray(Image.fromarray(p).resize((SIDE, SIDE), small, box=box)) for p in large]
    start = [View(0.94)] * 16
    assert likeness(np.stack(whole), np.stack(part), start).min() > 0.96
    assert likeness(np.stack(whole), other, start).max() < 0.8


def test_giving_up_early_changes_no_likeness_that_counts() -> None:
    ours, theirs = _soft(7, 30), np.concatenate([_soft(7, 15), _soft(8, 15)])
    whole = likeness(ours, theirs, [View()] * 30)
    early = likeness(ours, theirs, [View()] * 30, least=0.9)
    assert np.array_equal(whole >= 0.9, early >= 0.9)
    assert (whole >= 0.9).sum() >= 15
    assert np.allclose(whole[whole >= 0.9], early[early >= 0.9], atol=1e-4)

import polars as pl
import pytest

from mel.kaggle.exploring.findings import rate_finding
from mel.kaggle.exploring.rates import target_by
from mel.kaggle.exploring.wording import percent


def _finding(axis: str, **counts: tuple[int, int]) -> str:
    """The finding on values with (positives, images)."""
    values = [
        (name, int(n < positives), f"{name}{n}")
        for name, (positives, images) in counts.items()
        for n in range(images)
    ]
    frame = pl.DataFrame(values, schema=[axis, "target", "patient_id"], orient="row")
    return rate_finding(axis, target_by(frame, axis))


def test_a_clear_difference_is_said_with_its_factor() -> None:
    text = _finding("sex", male=(80, 400), female=(20, 400))
    assert text.startswith("Most often positive: male, 20.0 % (")
    assert "); 4.0 times the least: female, 5.0 % (" in text


def test_values_that_are_never_positive_have_no_factor() -> None:
    text = _finding("sex", male=(80, 400), female=(0, 400), other=(9, 400))
    assert "); least: female, 0.0 % (" in text
    assert "times" not in text


def test_intervals_that_overlap_make_no_difference() -> None:
    assert _finding("sex", male=(21, 400), female=(20, 400)).startswith("No clear difference")


def test_values_of_few_images_are_not_compared() -> None:
    text = _finding("site", torso=(20, 400), rare=(3, 3), leg=(80, 400))
    assert "rare" not in text
    assert "leg, 20.0 %" in text


def test_a_column_that_is_the_target_in_other_words_is_called_that() -> None:
    text = _finding("diagnosis", melanoma=(50, 50), nevus=(0, 400))
    assert text == "The diagnosis decides the target: never let a model see it."


def test_one_value_alone_is_compared_with_nothing() -> None:
    assert "nothing to compare" in _finding("source", here=(3, 40))
    assert "nothing to compare" in _finding("source", here=(1, 3), there=(0, 2))


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0.0 %"), (1.0, "100.0 %"), (0.00234, "0.23 %"), (0.000004, "0.0004 %"), (None, "none")],
)
def test_a_percentage_has_the_digits_that_matter(share: float | None, text: str) -> None:
    assert percent(share) == text

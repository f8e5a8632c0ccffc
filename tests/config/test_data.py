"""Settings of the data: what belongs together is given together, what has no effect is refused."""

from typing import Any

import pytest
from pydantic import ValidationError

from mel.config import DataSettings

_COLUMNS = {"train": "a.csv", "image_id": "id", "target": "y"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"adapter": "columns"},
            r"adapter 'columns' needs \[columns\]: train, image_id and target",
        ),
        ({"adapter": "siim2020", "columns": _COLUMNS}, r"columns has no effect with adapter"),
        (
            {"adapter": "siim2020", "positive_diagnoses": ["nevus"]},
            r"positive_diagnoses has no effect with adapter 'siim2020'",
        ),
        (
            {"adapter": "siim2020", "images": "none", "duplicates": "find"},
            r"duplicates 'find' compares pictures, and images is 'none'",
        ),
        (
            {"adapter": "siim2020", "external": [{"adapter": "siim2020", "folder": "x"}]},
            r"source 'siim2020' is given 2 times; name them apart: source",
        ),
        ({"adapter": "siim2020", "external": [{"adapter": "isic2019"}]}, r"folder"),
        ({"adapter": "siim2020", "seed": 1}, r"seed has no effect without test_fraction"),
        (
            {"adapter": "columns", "columns": {**_COLUMNS, "sexes": {"w": "female"}}},
            r"sexes has no effect without sex; remove it",
        ),
        (
            {"adapter": "columns", "columns": {**_COLUMNS, "test_images": ["x"]}},
            r"test_images has no effect without test; remove it",
        ),
        (
            {
                "adapter": "siim2020",
                "external": [
                    {"adapter": "columns", "folder": "x", "columns": _COLUMNS | {"test": "b.csv"}}
                ],
            },
            r"columns.test has no effect in an external source; remove it",
        ),
        ({"adapter": "siim"}, r"Input should be 'siim2020', 'isic2019', 'ham10000'"),
        ({"adapter": "columns", "columns": {**_COLUMNS, "lesion": "z"}}, r"columns.lesion"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(given: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        DataSettings.model_validate(given)


def test_the_same_adapter_twice_needs_a_name() -> None:
    external = [{"adapter": "siim2020", "folder": "x", "source": "other"}]
    found = DataSettings.model_validate({"adapter": "siim2020", "external": external})
    assert [found.name, *(other.name for other in found.external)] == ["siim2020", "other"]


def test_every_setting_changes_the_digest() -> None:
    plain: dict[str, Any] = {"adapter": "isic2019"}
    changes: list[dict[str, Any]] = [
        {},
        {"missing_patient": "own"},
        {"source": "x"},
        {"positive_diagnoses": ["nevus"]},
        {"test_fraction": 0.1},
        {"images": "none"},
        {"duplicates": "find"},
        {"drop_duplicates": True},
        {"external": [{"adapter": "ham10000", "folder": "x"}]},
        {"external": [{"adapter": "ham10000", "folder": "y"}]},
    ]
    digests = {DataSettings.model_validate(plain | change).digest for change in changes}
    assert len(digests) == len(changes)

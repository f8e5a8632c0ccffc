"""A setting of the blend that would do nothing is refused."""

import pytest
from pydantic import ValidationError

from mel.config import EnsembleSettings

WITHOUT_EFFECT = [
    ({"method": "mean", "rounds": 3}, "rounds has no effect with method 'mean'"),
    ({"method": "mean", "objective": "auc"}, "objective has no effect with method 'mean'"),
    ({"method": "logit", "rounds": 3}, "rounds has no effect with method 'logit'"),
    ({"negative": True}, "negative has no effect with method 'greedy'"),
    ({"method": "hill", "bags": 5}, "bags has no effect with method 'hill'"),
    ({"exponent": 2.0}, "exponent has no effect with method 'greedy'"),
    (
        {"method": "power", "exponent": 2.0, "objective": "partial_auc"},
        "objective has no effect where the exponent is given",
    ),
    ({"min_tpr": 0.9}, "min_tpr has no effect with objective 'auc'"),
    ({"bag_members": 0.5}, "bag_members has no effect with bags = 1"),
    ({"seed": 1}, "seed has no effect with bags = 1"),
]
OUT_OF_RANGE = [
    {"objective": "partial_auc", "min_tpr": 1.0},
    {"bags": 0},
    {"bags": 3, "bag_patients": 0.0},
    {"method": "power", "exponent": 21.0},
    {"method": "power", "exponent": 1e-9},
    {"ranks": "patient"},
]


@pytest.mark.parametrize(("given", "words"), WITHOUT_EFFECT)
def test_a_setting_without_effect_is_refused(given: dict, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        EnsembleSettings.model_validate(given)


@pytest.mark.parametrize("given", OUT_OF_RANGE, ids=str)
def test_a_value_out_of_range_is_refused(given: dict) -> None:
    with pytest.raises(ValidationError):
        EnsembleSettings.model_validate(given)


def test_the_area_that_counts_is_that_of_the_objective() -> None:
    assert EnsembleSettings().area_above == 0
    assert EnsembleSettings(objective="partial_auc", min_tpr=0.9).area_above == 0.9

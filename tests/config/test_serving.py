"""An objective is a share that can be promised, or a cost that was said."""

import pytest
from pydantic import ValidationError

from mel.config import CalibrationSettings, EnsembleSettings, OperatingSettings


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"aim": "cost"}, "how many false alarms a miss costs"),
        ({"aim": "sensitivity", "value": 1.0}, "cannot be promised"),
        ({"aim": "specificity", "value": 90.0}, "a specificity of 90 cannot be promised"),
        ({"aim": "cost", "value": 0.0}, "greater than 0"),
        ({"aim": "accuracy"}, "'sensitivity', 'specificity' or 'cost'"),
    ],
)
def test_an_aim_without_a_meaning_is_refused(given: dict, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        OperatingSettings.model_validate(given)


@pytest.mark.parametrize("given", [{"method": "beta"}, {"prevalence": 0.0}, {"prevalence": 1.0}])
def test_a_calibration_that_cannot_be_is_refused(given: dict) -> None:
    with pytest.raises(ValidationError):
        CalibrationSettings.model_validate(given)


def test_a_cost_may_be_any_number_above_0_and_each_setting_changes_the_digest() -> None:
    plain = EnsembleSettings()
    others = [
        EnsembleSettings(operating=OperatingSettings(aim="cost", value=25.0)),
        EnsembleSettings(calibration=CalibrationSettings(prevalence=0.05)),
        EnsembleSettings(fallback=False),
    ]
    assert len({settings.digest for settings in (plain, *others)}) == 4
    with pytest.raises(ValidationError, match="fallback has no effect with method 'mean'"):
        EnsembleSettings(method="mean", fallback=False)

"""Settings of the stack: each has an effect, or is refused."""

import pytest
from pydantic import ValidationError

from mel.config import TabularSettings


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"learners": ["logistic"], "rounds": 5}, "rounds has no effect without .*'lightgbm'"),
        ({"learners": ["lightgbm"], "logistic": {"c": 1.0}}, "logistic has no effect without"),
        ({"histogram": {"rounds": 5}}, "histogram has no effect without learner 'histogram'"),
        ({"learners": []}, "at least 1 item"),
        ({"learners": ["lightgbm", "lightgbm"]}, "lightgbm is given 2 times"),
        ({"shortcuts": ["width", "width"]}, "width is given 2 times"),
        ({"scores": "both"}, "'context' or 'single'"),
        ({"positive_weight": 0.0}, "greater than 0"),
    ],
)
def test_what_has_no_effect_or_no_meaning_is_refused(given, message):
    with pytest.raises(ValidationError, match=message):
        TabularSettings.model_validate(given)


def test_every_setting_changes_the_digest():
    plain = TabularSettings()
    for change in ({"scores": "single"}, {"logistic": {"c": 1.0}}, {"search": {"trials": 1}}):
        assert TabularSettings.model_validate(change).digest != plain.digest

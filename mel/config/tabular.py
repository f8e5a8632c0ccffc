"""Settings of the stack."""

from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from mel.config.base import Name, Positive, Rate, Seed, Settings

__all__ = ["HistogramSettings", "LogisticSettings", "SearchSettings", "TabularSettings"]

Learner = Literal["lightgbm", "logistic", "histogram"]
Group = Literal["logits", "agreement", "norms"]
Share = Annotated[float, Field(gt=0, le=1)]
Leaves = Annotated[int, Field(ge=2)]
NotNegative = Annotated[float, Field(ge=0)]

_LIGHTGBM = (
    *("rounds", "choose_rounds", "learning_rate", "num_leaves", "min_data_in_leaf", "lambda_l2"),
    *("feature_fraction", "extra_trees", "seeds", "monotone"),
)


class LogisticSettings(Settings):
    """Logistic regression, its weights held small."""

    c: Rate = 0.1
    """As scikit-learn's C: the smaller, the smaller the weights."""


class HistogramSettings(Settings):
    """scikit-learn's HistGradientBoostingClassifier."""

    rounds: Positive = 150
    learning_rate: Rate = 0.05
    leaves: Leaves = 6
    min_data_in_leaf: Positive = 50
    l2: NotNegative = 10.0
    feature_fraction: Share = 0.5


class SearchSettings(Settings):
    """A search over the learners' settings within each fold's training rows (needs optuna).

    A trial fits as many models as there are folds inside: for each learner, fold and variant anew.
    """

    trials: Annotated[int, Field(ge=0)] = 0
    """0: no search."""
    seed: Seed = 0


class TabularSettings(Settings):
    """The stack over metadata and the members' out-of-fold scores.

    The keys beside `name`, `metadata` and the lists are LightGBM's.

    >>> settings = TabularSettings(learners=["logistic"], metadata=["age"])
    >>> settings.name, settings.scores
    ('lightgbm', 'context')
    """

    name: Name = "lightgbm"
    learners: list[Learner] = Field(default=["lightgbm", "logistic"], min_length=1)
    scores: Literal["context", "single"] = "context"
    """The variant that the blend takes."""
    metadata: list[Literal["age", "sex", "site"]] = Field(default=["age", "sex", "site"])
    features: list[Group] = Field(default=["logits", "agreement", "norms"])
    shortcuts: list[str] = Field(default=[])
    """Columns about the file, such as width."""
    positive_weight: Rate = 1.0
    """How much a positive counts in fitting; taken back in the scores."""
    rounds: Positive = 200
    """Trees; no early stopping on a fold that is scored."""
    choose_rounds: bool = False
    """Up to `rounds`, by folds inside the training rows."""
    learning_rate: Rate = 0.05
    num_leaves: Leaves = 7
    min_data_in_leaf: Positive = 50
    lambda_l2: NotNegative = 10.0
    feature_fraction: Share = 0.5
    extra_trees: bool = True
    """Random thresholds: fewer steps in a score that was smooth."""
    monotone: bool = False
    """No tree lowers an image whose members alone score it higher."""
    seeds: Positive = 3
    """LightGBM models a fold, averaged."""
    seed: Seed = 0
    logistic: LogisticSettings = LogisticSettings()
    histogram: HistogramSettings = HistogramSettings()
    search: SearchSettings = SearchSettings()

    @field_validator("metadata", "learners", "features", "shortcuts")
    @classmethod
    def _once_each(cls, value: list[str]) -> list[str]:
        for name in value:
            if value.count(name) > 1:
                raise ValueError(f"{name} is given {value.count(name)} times; give it once")
        return value

    @model_validator(mode="after")
    def _all_have_an_effect(self) -> Self:
        """Refuse settings of a learner that is not there."""
        given = self.model_fields_set
        wanted = {"lightgbm": set(_LIGHTGBM), "logistic": {"logistic"}, "histogram": {"histogram"}}
        for learner, keys in wanted.items():
            if learner not in self.learners and (idle := sorted(given & keys)):
                raise ValueError(f"{idle[0]} has no effect without learner {learner!r}; remove it")
        return self

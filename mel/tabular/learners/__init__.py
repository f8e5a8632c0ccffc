"""The level-2 learners behind one interface: LightGBM, logistic regression, histogram boosting."""

from typing import Annotated

from pydantic import Field

from mel.tabular.learners.base import Learner, Model, weights_of
from mel.tabular.learners.boosting import LightGbm, LightGbmModel
from mel.tabular.learners.histogram import Histogram, HistogramModel
from mel.tabular.learners.logistic import Logistic, LogisticModel

__all__ = ["LEARNERS", "AnyModel", "Learner", "LightGbm", "Model", "weights_of"]

AnyModel = Annotated[LightGbmModel | LogisticModel | HistogramModel, Field(discriminator="learner")]

LEARNERS: dict[str, Learner] = {
    "lightgbm": LightGbm(),
    "logistic": Logistic(),
    "histogram": Histogram(),
}

"""`mel cnn`: the backbones, their training, and scoring with a trained member."""

from mel.cli import options
from mel.cli.cnn.doctor import doctor
from mel.cli.cnn.export import export
from mel.cli.cnn.list_ import list_
from mel.cli.cnn.predict import predict
from mel.cli.cnn.preview import preview
from mel.cli.cnn.report import report
from mel.cli.cnn.train import train

__all__ = ["app"]

app = options.room("CNN members: backbones x sizes x folds.", "mel cnn list efficientnetv2")
options.add(app, list_, doctor, train, predict, export, report, preview)

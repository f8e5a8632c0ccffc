"""`mel tabular`: the stack."""

from mel.cli import options
from mel.cli.tabular.features import features
from mel.cli.tabular.importance import importance
from mel.cli.tabular.train import train

__all__ = ["app"]

app = options.room(
    "The stack over all scores.", "mel tabular train recipes/demo.toml --work work/demo"
)
options.add(app, train, features, importance)

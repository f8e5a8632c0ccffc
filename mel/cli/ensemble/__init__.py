"""`mel ensemble`: the rank blend, and members whose scores come from elsewhere."""

from mel.cli import options
from mel.cli.ensemble.blend import blend
from mel.cli.ensemble.bundle import bundle
from mel.cli.ensemble.import_ import import_
from mel.cli.ensemble.report import report

__all__ = ["app"]

app = options.room("The rank blend.", "mel ensemble blend recipes/demo.toml --work work/demo")
options.add(app, blend, report, bundle, import_)

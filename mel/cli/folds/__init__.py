"""`mel folds`: patient folds, and the proof that nothing leaks."""

from mel.cli import options
from mel.cli.folds.audit import audit
from mel.cli.folds.build import build
from mel.cli.folds.import_ import import_
from mel.cli.folds.inner import inner
from mel.cli.folds.repeat import repeat

__all__ = ["app"]

app = options.room("Leak-free folds, and their audit.", "mel folds audit --work work/demo")
options.add(app, build, audit, import_, repeat, inner)

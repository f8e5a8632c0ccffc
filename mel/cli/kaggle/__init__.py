"""`mel kaggle`: a competition's files, real or synthetic, and its pictures once they are loaded."""

from mel.cli import options
from mel.cli.kaggle.bundle import bundle
from mel.cli.kaggle.download import download
from mel.cli.kaggle.duplicates import duplicates
from mel.cli.kaggle.explore import explore
from mel.cli.kaggle.load import load
from mel.cli.kaggle.prepare import prepare
from mel.cli.kaggle.synth import synth

__all__ = ["app"]

app = options.room("Competition files, real or synthetic.", "mel kaggle synth --out competition")
options.add(app, synth, load, download, prepare, explore, duplicates, bundle)

"""A competition's files from Kaggle into a folder: checked first, resumed, whole or absent."""

from mel.kaggle.downloading.fetching import Downloaded, download

__all__ = ["Downloaded", "download"]

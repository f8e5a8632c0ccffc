"""Folds as jobs: a child process each, its claim on the fold, and the mark that it is done."""

__all__: list[str] = []

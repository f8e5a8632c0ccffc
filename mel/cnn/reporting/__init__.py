"""The report on the trainings: curves of every member, finished or not."""

from mel.cnn.reporting.page import report

__all__ = ["report"]

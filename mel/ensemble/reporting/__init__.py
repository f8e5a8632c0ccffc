"""The report: one page that opens without a network, and its figures."""

from mel.ensemble.reporting.drawn import Evidence
from mel.ensemble.reporting.page import Page, render

__all__ = ["Evidence", "Page", "render"]

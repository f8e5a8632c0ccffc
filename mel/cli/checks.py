"""What was checked of Kaggle and of a submission, as a table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mel.cli.page import Page

if TYPE_CHECKING:
    from mel.kaggle.client import Check

__all__ = ["show_checks"]


def show_checks(page: Page, checks: "Sequence[Check]") -> None:
    """Say checks to both readers; a table without the remedies, which the error's line has."""
    page.put(checks=checks)
    rows = [(one.name, one.state, _brief(one)) for one in checks]
    page.table(("check", "state", "found"), rows, hang=True)


def _brief(one: "Check") -> str:
    return one.detail.partition(";")[0] if one.state == "failed" else one.detail

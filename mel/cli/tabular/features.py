"""`mel tabular features`."""

from typing import Annotated

from mel.cli import options
from mel.cli.page import Page

__all__ = ["features"]

_FEATURES = ("feature", "columns", "unit", "variants", "learners", "leak")


@options.example("mel tabular features")
def features(
    json: Annotated[bool, options.as_json(f"features [{', '.join(_FEATURES)}]")] = False,
) -> None:
    """List the kinds of features: what they count, and why they leak nothing."""
    from mel import tabular

    with Page(json) as page:
        page.put(features=tabular.describe())
        for one in tabular.describe():
            page.facts(one.facts(), hang=True)
            page.line()

"""`mel tabular train`."""

from typing import Annotated

import typer

from mel.cli import options, show
from mel.cli.page import Columns, Page

__all__ = ["train"]

_Nested = Annotated[
    bool, typer.Option("--nested", help="Then refit level 2 inside each fold: its honest AUC.")
]
_AUC = {"pooled": ("pooled", show.number), "fold_mean": ("folds", show.number)}
_ENDS = {"low": ("95 % from", show.number), "high": ("to", show.number)}
_VARIANTS: Columns = {
    "variant": "variant",
    **_AUC,
    **_ENDS,
    "blended": ("", lambda blended: "goes into the blend" if blended else ""),
}
_NESTED: Columns = {"variant": "variant", "kind": "AUC", **_AUC, **_ENDS}
_Json = Annotated[
    bool,
    options.as_json(
        f"variants [{', '.join(_VARIANTS)}]; with --nested: nested [{', '.join(_NESTED)}]"
    ),
]


@options.example(
    "mel tabular train recipes/demo.toml --work work --nested",
    reads="RECIPE, WORK: images.parquet, folds.parquet, members' scores.",
    writes="WORK/tabular/NAME/; with --nested nested.json in it.",
)
def train(
    recipe: options.Recipe, work: options.WorkDir, nested: _Nested = False, json: _Json = False
) -> None:
    """Train the stack on the members' folds, with patient context and without."""
    from mel import pipeline

    with Page(json) as page:
        told = pipeline.tabular_train(recipe, work, nested=nested)
        page.records("variants", told["variants"], _VARIANTS)
        if nested:
            page.line()
            page.records("nested", told["nested"], _NESTED)
            page.line(
                show.filled(
                    "naive: on the images it was fitted on. oof: each by models without "
                    "its fold. honest: everything refitted and chosen without its fold."
                )
            )

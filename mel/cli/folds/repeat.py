"""`mel folds repeat`."""

from typing import Annotated

import typer

from mel.cli import options
from mel.cli.page import Columns, Page

__all__ = ["repeat"]

_MAPS: Columns = {"seed": "seed", "folds": "folds", "digest": "digest", "file": "file"}


@options.example(
    "mel folds repeat recipes/demo.toml --work work --seeds 0,1,2",
    reads="RECIPE, WORK/images.parquet.",
    writes="WORK/folds/seed-N.parquet.",
)
def repeat(
    recipe: options.Recipe,
    work: options.WorkDir,
    seeds: Annotated[
        str,
        typer.Option(
            "--seeds",
            metavar="N,N,...",
            help="The seeds themselves, a fold map each: 0,1,2 are three maps, 3 is one of seed 3.",
        ),
    ] = "0,1,2",
    json: Annotated[bool, options.as_json(f"maps [{', '.join(_MAPS)}]")] = False,
) -> None:
    """Build further fold maps of other seeds, WORK/folds/seed-N.parquet, for repeated folds."""
    from mel import pipeline

    with Page(json) as page:
        page.records("maps", pipeline.folds_repeat(recipe, work, _whole_numbers(seeds)), _MAPS)
        if "," not in seeds:
            page.line()
            page.line(
                f"one map, of seed {seeds.strip()}; for more, list their seeds: --seeds 0,1,2"
            )


def _whole_numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no list of whole numbers such as 0,1,2") from None

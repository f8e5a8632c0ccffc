"""`mel submit blend`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options
from mel.cli.page import Page

__all__ = ["blend"]


class _Method(StrEnum):
    rank = "rank"
    mean = "mean"
    power = "power"


_Files = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Submissions, whoever wrote them.")
]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The blend, a CSV.")]
_Weights = Annotated[
    str, typer.Option("--weights", metavar="W,W...", help="One a file; by default all alike.")
]
_By = Annotated[_Method, typer.Option("--method", help="Of ranks, of scores, or of their powers.")]
_Power = Annotated[
    float, typer.Option("--power", metavar="P", help="The exponent, for --method power.")
]
_Sample = Annotated[
    Path | None, typer.Option("--sample", metavar="FILE", help="Whose order and ids to take.")
]


@options.example(
    "mel submit blend a.csv b.csv --weights 2,1 --out blend.csv --sample sample.csv",
    reads="The FILEs, the sample.",
    writes="The CSV of --out and a JSON beside it.",
)
def blend(
    files: _Files,
    out: _Out,
    weights: _Weights = "",
    method: _By = _Method.rank,
    power: _Power = 2.0,
    sample: _Sample = None,
    json: options.JsonFile = False,
) -> None:
    """Blend submissions of anybody's: ids are joined, what does not match is refused.

    "rank" averages places within each file, whatever its scale; "mean" averages scores; "power"
    gives their power mean. Scores that are no probabilities, and a file that ranks against the
    others, are warned of. A JSON beside the blend names every file by its SHA-256.
    """
    from mel import submit

    given = _numbers(weights) if weights else None
    with Page(json) as page:
        submit.blend(files, out, weights=given, method=method.value, power=power, sample=sample)
        page.written(out, "")


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"--weights {text}: give numbers, as in 2,1,1") from None

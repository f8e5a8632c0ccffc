"""`mel ensemble bundle`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mel.cli import completing, options, show
from mel.cli.page import Page

__all__ = ["bundle"]


class _Weights(StrEnum):
    float32 = "float32"
    float16 = "float16"
    int8 = "int8"


_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The bundle, one file.")]
_Blend = Annotated[
    str | None,
    typer.Option(
        "--blend",
        metavar="NAME",
        help="Which blend; by default the recipe's.",
        autocompletion=completing.blends,
    ),
]
_Folds = Annotated[
    str | None,
    typer.Option("--folds", metavar="K,K", help="Networks of these folds, from 0; else all."),
]
_Average = Annotated[
    bool, typer.Option("--average", help="One network a member, of the folds' mean weights.")
]
_Kept = Annotated[_Weights, typer.Option("--weights", help="How the graphs keep their numbers.")]
_Examples = Annotated[
    Path | None,
    typer.Option("--examples", metavar="DIR", help="Pictures to show, and examples.csv."),
]
_Measure = Annotated[
    int, typer.Option("--measure", min=0, metavar="N", help="Images to measure changes on.")
]
_Tolerance = Annotated[
    float,
    typer.Option(
        "--tolerance", metavar="P", help="Largest difference of a probability that is borne."
    ),
]
_Json = Annotated[
    bool,
    options.as_json(
        "path, digest, size, members, made_of, verified {images, members, blend, chain, lacking, "
        "low}, measured [what, against, images, judged, auc, change, low, high, largest, mean, "
        "level, moved, speed], notes"
    ),
]


@options.example(
    "mel ensemble bundle --work work --out blend.mel",
    reads="WORK: blend, stack, networks, pictures; --examples.",
    writes="The file of --out; graphs that were not exported yet, in WORK/cnn/.",
)
def bundle(
    work: options.WorkDir,
    out: _Out,
    blend: _Blend = None,
    folds: _Folds = None,
    average: _Average = False,
    weights: _Kept = _Weights.float32,
    examples: _Examples = None,
    measure: _Measure = 512,
    tolerance: _Tolerance = 1e-4,
    json: _Json = False,
) -> None:
    """Put the whole ensemble into one file that scores new images without TensorFlow.

    Its scores are compared with those of the work folder, and what a smaller bundle or bfloat16
    changes is measured on images that its networks never saw. Nothing in it names an image or a
    patient.
    """
    from mel import pipeline

    wanted = pipeline.Wanted(
        blend=blend,
        folds=_numbers(folds),
        weights=weights.value,
        average=average,
        examples=examples,
        measured=measure,
        tolerance=tolerance,
    )
    with Page(json) as page:
        found = pipeline.ensemble_bundle(work, out, wanted)
        page.put(**vars(found))
        page.facts(found.facts(), hang=True)
        for text in found.notes:
            page.line(f"\n{show.filled(text)}")


def _numbers(text: str | None) -> tuple[int, ...] | None:
    """Give whole numbers between commas."""
    from mel.errors import MelError

    if text is None:
        return None
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() for part in parts):
        raise MelError(f"--folds {text!r}: give numbers of folds between commas, such as 0,1")
    return tuple(map(int, parts))

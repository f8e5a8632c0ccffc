"""`mel submit score`."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mel.cli import options
from mel.cli.page import Page

__all__ = ["score"]


class _Precision(StrEnum):
    auto = "auto"
    float32 = "float32"
    bfloat16 = "bfloat16"


class _Variant(StrEnum):
    auto = "auto"
    context = "context"
    single = "single"


class _Engine(StrEnum):
    openvino = "openvino"
    keras = "keras"


_Bundle = Annotated[
    Path, typer.Option("--bundle", metavar="FILE", help="What mel ensemble bundle wrote.")
]
_Images = Annotated[
    Path,
    typer.Option(
        "--images",
        metavar="PLACE",
        help="A folder of images, a .csv or .parquet file with image_id and path, or a .txt "
        "file with a path a line.",
    ),
]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The scores: .parquet or .csv.")]
_Meta = Annotated[
    Path | None,
    typer.Option(
        "--meta",
        metavar="FILE",
        help="A .csv or .parquet file with image_id and any of patient_id, age, sex and site.",
    ),
]
_In = Annotated[
    _Precision, typer.Option("--precision", help="In what numbers the networks compute.")
]
_Threads = Annotated[
    int | None,
    typer.Option("--threads", min=1, metavar="N", help="Threads; by default one a core."),
]
_As = Annotated[
    _Variant,
    typer.Option(
        "--variant",
        help="auto: a patient's only image by itself; context: as one of its patient, as the "
        "work folder scored its test images; single: each by itself.",
    ),
]
_By = Annotated[
    _Engine,
    typer.Option("--engine", help="What runs the networks; keras needs --work, uses a GPU."),
]
_Work = Annotated[
    Path | None,
    typer.Option("--work", metavar="DIR", help="Work folder that the bundle was made from."),
]
_Json = Annotated[
    bool,
    options.as_json(
        "file, images, scored, broken, first_broken, variant, variants, flags, metadata, fresh, "
        "seconds, bundle, blend, engine, synthetic; as in FILE.json"
    ),
]


@options.example(
    "mel submit score --bundle blend.mel --images DIR --meta meta.csv --out scores.csv",
    reads="The bundle, the images, --meta; with --engine keras WORK.",
    writes="The file of --out, a summary in FILE.json, shards in FILE.parts/.",
)
def score(
    bundle: _Bundle,
    images: _Images,
    out: _Out,
    meta: _Meta = None,
    precision: _In = _Precision.auto,
    threads: _Threads = None,
    variant: _As = _Variant.auto,
    engine: _By = _Engine.openvino,
    work: _Work = None,
    json: _Json = False,
) -> None:
    """Score any number of images with a bundle; a run that was stopped goes on.

    A row an image, sorted by image_id: the calibrated probability and its spread over the folds
    (low, high), score and percentile among the training images, decision, variant (context:
    together with the patient's other images), flags, and each member's score. A picture that cannot
    be read is a row with a fault.
    """
    from mel.errors import MelError

    if (engine is _Engine.keras) != (work is not None):
        raise MelError("submit score: --engine keras and --work go together; give both or none")
    if work is not None and (precision is _Precision.bfloat16 or threads):
        raise MelError("submit score: --engine keras takes precision auto or float32, no threads")
    asked: dict[str, Any] = {
        "meta": meta,
        "precision": precision.value,
        "variant": variant.value,
    }
    with Page(json) as page:
        if work is not None:
            from mel import pipeline

            found = pipeline.score_by_keras(bundle, images, out, work, **asked)
        else:
            from mel.submit.batch import score

            found = score(bundle, images, out, threads=threads, **asked)
        page.put(**found.as_dict())
        page.line(f"{out}: {found.tally.images:,} rows")
        page.facts(found.lines(), hang=True)

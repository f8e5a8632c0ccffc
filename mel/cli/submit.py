"""`mel submit`: submissions, their check, their way to Kaggle, and the scores of any images."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options, sending, show

__all__ = ["app"]

app = options.room(
    "Submissions, from scores to the leaderboard, and scores of any images.",
    "mel submit make --work work/demo",
)


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


@app.command(**options.example("mel submit make --work work --from ensemble/blend"))
def make(
    work: options.WorkDir,
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="STAGE", help="Whose scores; by default the blend's."),
    ] = None,
    sample: Annotated[
        Path | None,
        typer.Option("--sample", metavar="FILE", help="Sample submission; by default the loaded."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", help="By default in the work folder's submissions/."),
    ] = None,
) -> None:
    """Write a submission from a stage's test scores, and check it.

    A JSON beside it says what it was made of: members' digests and weights, folds, honest AUC.
    One of that name that was sent to Kaggle is kept under another.
    """
    from mel import pipeline

    show.line(str(pipeline.submit_from(work, source, sample, out)))


@app.command(**options.example("mel submit check work/submissions/blend.csv --work work"))
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The submission.")],
    work: Annotated[
        Path | None, typer.Option("--work", metavar="DIR", help="Work folder with the sample.")
    ] = None,
    sample: Annotated[
        Path | None, typer.Option("--sample", metavar="FILE", help="The sample submission.")
    ] = None,
) -> None:
    """Check a submission against its sample; the first offending row is named, exit status 1."""
    from mel import pipeline

    odd = pipeline.check(file, work, sample)
    show.line(f"{file}: header, ids and order are the sample's, every value is a finite number")
    for text in odd:
        show.line(show.filled(f"! {text}", 2))


sending.add_to(app)


@app.command(
    **options.example(
        "mel submit score --bundle blend.mel --images DIR --meta meta.csv --out scores.csv"
    )
)
def score(
    bundle: Annotated[
        Path, typer.Option("--bundle", metavar="FILE", help="What mel ensemble bundle wrote.")
    ],
    images: Annotated[
        Path,
        typer.Option(
            "--images",
            metavar="PLACE",
            help="A folder of images, a .csv or .parquet file with image_id and path, or a .txt "
            "file with a path a line.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The scores: .parquet or .csv.")
    ],
    meta: Annotated[
        Path | None,
        typer.Option(
            "--meta",
            metavar="FILE",
            help="A .csv or .parquet file with image_id and any of patient_id, age, sex and site.",
        ),
    ] = None,
    precision: Annotated[
        _Precision, typer.Option("--precision", help="In what the networks compute.")
    ] = _Precision.auto,
    threads: Annotated[
        int | None, typer.Option("--threads", min=1, metavar="N", help="By default all cores.")
    ] = None,
    variant: Annotated[
        _Variant,
        typer.Option(
            "--variant",
            help="auto: a patient's only image by itself; context: as one of its patient, as the "
            "work folder scored its test images; single: each by itself.",
        ),
    ] = _Variant.auto,
    engine: Annotated[
        _Engine,
        typer.Option("--engine", help="What runs the networks; keras needs --work, uses a GPU."),
    ] = _Engine.openvino,
    work: Annotated[
        Path | None,
        typer.Option("--work", metavar="DIR", help="Work folder that the bundle was made from."),
    ] = None,
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
    if work is not None:
        from mel import pipeline

        if precision is _Precision.bfloat16 or threads:
            raise MelError(
                "submit score: --engine keras takes precision auto or float32, no threads"
            )
        found = pipeline.score_by_keras(
            bundle,
            images,
            out,
            work,
            meta=meta,
            precision=precision.value,
            variant=variant.value,
        )
    else:
        from mel.submit.batch import score

        found = score(
            bundle,
            images,
            out,
            meta=meta,
            variant=variant.value,
            precision=precision.value,
            threads=threads,
        )
    show.line(f"{out}: {found.tally.images:,} rows")
    show.facts(show.hanging(found.lines()))

"""`mel submit`: submissions, their check, their way to Kaggle, and the scores of any images."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from mel.cli import completing, options, sending, show
from mel.cli.page import Page

__all__ = ["app"]

app = options.room(
    "Submissions and their scores, and scores of any images.",
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
_JsonScore = Annotated[
    bool,
    options.as_json(
        "file, images, scored, broken, first_broken, variant, variants, flags, metadata, fresh, "
        "seconds, bundle, blend, engine, synthetic; as in FILE.json"
    ),
]


_Source = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="STAGE",
        help="Whose scores, as ROOM/NAME; by default the blend's.",
        autocompletion=completing.stages,
    ),
]
_Sample = Annotated[
    Path | None,
    typer.Option(
        "--sample",
        metavar="FILE",
        help="Sample submission; by default the one that was loaded.",
    ),
]
_MakeOut = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="File to write; by default WORK/submissions/NAME.csv."
    ),
]


@app.command(
    **options.example(
        "mel submit make --work work --from ensemble/blend",
        reads="WORK: test scores of a stage, the sample.",
        writes="WORK/submissions/NAME.csv and a JSON beside it.",
    )
)
def make(
    work: options.WorkDir,
    source: _Source = None,
    sample: _Sample = None,
    out: _MakeOut = None,
    json: options.JsonFile = False,
) -> None:
    """Write a submission from a stage's test scores, and check it.

    A JSON beside it says what it was made of: members' digests and weights, folds, honest AUC.
    One of that name that was sent to Kaggle is kept under another.
    """
    from mel import pipeline

    with Page(json) as page:
        page.written(pipeline.submit_make(work, source, sample, out), "")


_File = Annotated[Path, typer.Argument(metavar="FILE", help="The submission.")]
_CheckWork = Annotated[
    Path | None, typer.Option("--work", metavar="DIR", help="Work folder with the sample.")
]
_CheckSample = Annotated[
    Path | None,
    typer.Option("--sample", metavar="FILE", help="Sample submission, where there is no --work."),
]
_Json = Annotated[bool, options.as_json("file, ok, fault, warnings")]


@app.command(
    **options.example(
        "mel submit check work/submissions/blend.csv --work work",
        reads="FILE, the JSON beside it, the sample.",
        failed="A submission that its sample or its JSON refuses.",
    )
)
def check(
    file: _File,
    work: _CheckWork = None,
    sample: _CheckSample = None,
    json: _Json = False,
) -> None:
    """Check a submission against its sample; the first offending row is named."""
    from mel import pipeline

    with Page(json) as page:
        page.put(file=file, ok=True, fault=None, warnings=[])
        odd = pipeline.submit_check(file, work, sample)
        page.put(warnings=odd)
        page.line(f"{file}: header, ids and order are the sample's, every value is a finite number")
        for text in odd:
            page.line(show.filled(f"! {text}", 2))


sending.add_to(app)


@app.command(
    **options.example(
        "mel submit score --bundle blend.mel --images DIR --meta meta.csv --out scores.csv",
        reads="The bundle, the images, --meta; with --engine keras WORK.",
        writes="The file of --out, a summary in FILE.json, shards in FILE.parts/.",
    )
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
    json: _JsonScore = False,
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

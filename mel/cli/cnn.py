"""`mel cnn`: the backbones, their training, and scoring with a trained member."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mel.cli import completing, options, show
from mel.cli.page import Columns, Page, plain

if TYPE_CHECKING:
    from mel.cnn import Exported

__all__ = ["app"]

app = options.room("CNN members: backbones x sizes x folds.", "mel cnn list efficientnetv2")


class _Turns(StrEnum):
    none = "none"
    flips = "flips"
    all = "all"


_Folds = Annotated[
    list[int] | None,
    typer.Option("--fold", min=0, metavar="K", help="This fold alone, from 0; repeat."),
]
_Members = Annotated[
    list[str] | None,
    typer.Option(
        "--member",
        metavar="NAME",
        help="This member, else all; repeat.",
        autocompletion=completing.members,
    ),
]
_BACKBONES: Columns = {
    "name": "backbone",
    "params": ("parameters", "{:,}".format),
    "native_size": "made for",
    "gflops": ("GFLOPs", "{:.3g}".format),
    "imagenet": ("weights", lambda preset: "none" if preset is None else "imagenet"),
}
_GRAPHS = (
    "graphs [member, part, size, path, bytes, verified {engine, images, logit, probability, "
    "map}, bfloat16 {images, largest, mean, auc, auc_change}, kept]"
)


@app.command("list", **options.example("mel cnn list efficientnetv2"))
def list_(
    pattern: Annotated[
        str,
        typer.Argument(
            metavar="PATTERN",
            help="A regular expression for their names.",
            autocompletion=completing.backbones,
        ),
    ] = "",
    json: Annotated[
        bool,
        options.as_json(
            "backbones [name, source, class_name, arguments, params, counted_by, native_size, "
            "gflops, preprocessing, imagenet, multiple, least]"
        ),
    ] = False,
) -> None:
    """List the backbones a recipe may name: parameters, the size each was made for, GFLOPs there.

    GFLOPs are thousand millions of multiply-adds for one picture. Where weights are none, a recipe
    can still name a file or a preset folder.
    """
    from mel import cnn
    from mel.errors import MelError, near

    found = cnn.backbones(pattern)
    if not found:
        known = near(pattern, (b.name for b in cnn.backbones()))
        raise MelError(f"no backbone matches {pattern!r}; {known}")
    with Page(json) as page:
        page.records("backbones", found, _BACKBONES)


@app.command(**options.example("mel cnn doctor recipes/demo.toml", reads="RECIPE."))
def doctor(
    recipe: Annotated[
        Path | None,
        typer.Argument(
            metavar="RECIPE",
            help="A recipe, for what its members would use.",
            autocompletion=completing.recipes,
        ),
    ] = None,
    json: Annotated[
        bool, options.as_json("found, used, reasons, advice, fault; printed with status 2, too")
    ] = False,
) -> None:
    """Say what there is to train with, what will be used and why, and what to set."""
    from mel import pipeline
    from mel.errors import MelError

    checkup = pipeline.cnn_doctor(recipe)
    with Page(json) as page:
        page.put(**vars(checkup))
        page.facts(checkup.found, hang=True)
        page.line()
        page.table(("member", "computes on"), checkup.used.items(), hang=True)
        reasons = {f"{device}, because": lines for device, lines in checkup.reasons.items()}
        for title, lines in (reasons | {"to set": checkup.advice}).items():
            if lines:
                page.line(f"\n{title}")
            for text in lines:
                page.line(f"  {show.filled(text, 2)}")
    if checkup.fault:
        raise MelError(checkup.fault)


@app.command(
    **options.example(
        "mel cnn train recipes/demo.toml --work work --fold 0",
        reads="RECIPE, WORK: images.parquet, folds.parquet, the pictures.",
        writes="WORK/cnn/MEMBER/: a folder a fold, oof.parquet, test.parquet.",
    )
)
def train(
    recipe: options.Recipe,
    work: options.WorkDir,
    member: _Members = None,
    fold: _Folds = None,
    json: options.JsonScores = False,
) -> None:
    """Train members fold by fold; a finished fold is skipped, a stopped one goes on.

    Several of these may run in one work folder, on one machine or on several that share it: each
    takes the folds that no other is at.
    """
    from mel import pipeline

    with Page(json) as page:
        scores = pipeline.cnn_train(recipe, work, member, fold)
        page.put(scores=scores)
        if scores:
            page.table(pipeline.Summary.COLUMNS[:-1], [score.cells()[:-1] for score in scores])


_Member = Annotated[
    str,
    typer.Option(
        "--member", metavar="NAME", help="A trained member.", autocompletion=completing.members
    ),
]
_Out = Annotated[
    Path, typer.Option("--out", metavar="FILE", help="Scores: .parquet (mel's own) or .csv.")
]
_Images = Annotated[
    Path | None, typer.Option("--images", metavar="DIR", help="A folder of images.")
]
_Table = Annotated[
    Path | None,
    typer.Option("--table", metavar="FILE", help="Parquet or CSV with image_id and path."),
]
_Tta = Annotated[
    _Turns | None, typer.Option("--tta", help="Turns to average; else the member's own views.")
]
_OutOfFold = Annotated[
    bool, typer.Option("--out-of-fold", help="Train images, by the folds that held them out.")
]
_Json = Annotated[bool, options.as_json("file, member, images")]


@app.command(
    **options.example(
        "mel cnn predict --work work --member resnet_v2_nano-64 --images DIR --out x.csv",
        reads="WORK/cnn/MEMBER/ and the images.",
        writes="The file of --out.",
    )
)
def predict(
    work: options.WorkDir,
    member: _Member,
    out: _Out,
    images: _Images = None,
    table: _Table = None,
    tta: _Tta = None,
    out_of_fold: _OutOfFold = False,
    json: _Json = False,
) -> None:
    """Score images with a trained member: the mean of its folds."""
    from mel import pipeline
    from mel.errors import MelError, many

    given = [place for place in (images, table) if place is not None]
    if len(given) != 1:
        raise MelError("cnn predict: what to score? give either --images or --table")
    turns = None if tta is None else tta.value
    with Page(json) as page:
        scored = pipeline.cnn_predict(
            work, member, given[0], out, turns=turns, out_of_fold=out_of_fold
        )
        page.put(file=out, member=scored.name, images=scored.frame.height)
        page.line(f"{out}: {many(scored.frame.height, 'image')} scored by {scored.name}")


_Average = Annotated[
    bool, typer.Option("--average", help="Besides, one network of the mean of their weights.")
]
_ExportJson = Annotated[bool, options.as_json(_GRAPHS)]


@app.command(
    **options.example(
        "mel cnn export --work work --member efficientnetv2_b0-256",
        reads="WORK/cnn/MEMBER/ and held-out pictures.",
        writes="WORK/cnn/MEMBER/foldK/: graph-SIZE.onnx and its comparison.",
    )
)
def export(
    work: options.WorkDir,
    member: _Members = None,
    fold: _Folds = None,
    average: _Average = False,
    json: _ExportJson = False,
) -> None:
    """Write trained folds as ONNX graphs, each compared with Keras on held-out images.

    A graph needs no TensorFlow to be run: it is what a bundle is made of. Differences are the
    largest of a probability: from Keras in float32, and what bfloat16 changes, with the fold's AUC.
    """
    from mel import pipeline

    columns = ("member", "fold", "size", "MB", "from Keras", "by bfloat16", "AUC")
    with Page(json) as page:
        made = pipeline.cnn_export(work, member or (), fold, average=average)
        pairs = [(name, one) for name, graphs in made.items() for one in graphs]
        page.put(graphs=[{"member": name} | plain(one) for name, one in pairs])
        page.table(columns, [(name, *_graph(one)) for name, one in pairs])


def _graph(one: "Exported") -> tuple[object, ...]:
    """Give what a table shows of a graph."""
    low, unknown = one.bfloat16, "not measured here"
    rounded = unknown if low is None else f"{low['largest']:.1e}"
    auc = "" if low is None or low["auc"] is None else f"{low['auc']:.4f} {low['auc_change']:+.4f}"
    gap = f"{one.verified['probability']:.1e}"
    return one.part, one.size, f"{one.bytes / 1e6:.1f}", gap, rounded, auc


@app.command(
    **options.example(
        "mel cnn report --work work",
        reads="WORK/cnn/.",
        writes="WORK/cnn/report.html and figures beside it.",
    )
)
def report(work: options.WorkDir, json: options.JsonFile = False) -> None:
    """Show how the members were trained, finished or not: curves on one HTML page."""
    from mel import pipeline

    with Page(json) as page:
        page.written(pipeline.cnn_report(work))


_PreviewOut = Annotated[Path, typer.Option("--out", metavar="FILE", help="The sheet, a PNG.")]
_Work = Annotated[
    Path | None,
    typer.Option("--work", metavar="DIR", help="Show its images; else synthetic ones."),
]
_PreviewMember = Annotated[
    str | None,
    typer.Option(
        "--member",
        metavar="NAME",
        help="Of this member, else the first.",
        autocompletion=completing.members,
    ),
]


@app.command(
    **options.example(
        "mel cnn preview recipes/demo.toml --out preview.png",
        reads="RECIPE, and WORK where it is given.",
        writes="The PNG of --out.",
    )
)
def preview(
    recipe: options.Recipe,
    out: _PreviewOut,
    work: _Work = None,
    member: _PreviewMember = None,
    json: options.JsonFile = False,
) -> None:
    """Draw what the augmentation of a recipe does: a row a change, at its ends and as drawn."""
    from mel import pipeline

    with Page(json) as page:
        page.written(pipeline.cnn_preview(recipe, out, work, member))

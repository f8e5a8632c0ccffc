"""`mel cnn`: the backbones, their training, and scoring with a trained member."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options, show

__all__ = ["app"]

app = options.room("CNN members: backbones x sizes x folds.", "mel cnn list efficientnetv2")

_Fold = Annotated[
    int | None, typer.Option("--fold", min=0, metavar="K", help="Train this fold, from 0.")
]


@app.command("list", **options.example("mel cnn list efficientnetv2"))
def list_(
    pattern: Annotated[str, typer.Argument(help="A regular expression for their names.")] = "",
) -> None:
    """List the backbones a recipe may name."""
    from mel import cnn

    found = cnn.backbones(pattern)
    rows = [(b.name, f"{b.params:,}", b.native_size, b.imagenet or "-") for b in found]
    show.table(("backbone", "parameters", "made for (pixels)", "ImageNet preset"), rows)


@app.command(**options.example("mel cnn doctor recipes/demo.toml"))
def doctor(
    recipe: Annotated[
        Path | None,
        typer.Argument(metavar="RECIPE", help="A recipe, for what its members would use."),
    ] = None,
) -> None:
    """Say what there is to train with, what will be used and why, and what to set."""
    from mel.errors import MelError
    from mel.pipeline.doctoring import doctor

    checkup = doctor(recipe)
    show.facts(show.hanging(checkup.found))
    show.line()
    show.table(("member", "computes on"), checkup.used.items(), hang=True)
    reasons = {f"{device}, because": lines for device, lines in checkup.reasons.items()}
    for title, lines in (reasons | {"to set": checkup.advice}).items():
        if lines:
            show.line(f"\n{title}")
        for text in lines:
            show.line(f"  {show.filled(text, 2)}")
    if checkup.fault:
        raise MelError(checkup.fault)


@app.command(**options.example("mel cnn train recipes/demo.toml --work work --fold 0"))
def train(
    recipe: options.Recipe,
    work: options.WorkDir,
    member: Annotated[
        str | None, typer.Option("--member", metavar="NAME", help="One member; else all.")
    ] = None,
    fold: _Fold = None,
) -> None:
    """Train members fold by fold; a finished fold is skipped, a killed one starts again."""
    from mel import pipeline

    scores = pipeline.train_members(recipe, work, member, fold)
    if scores:
        show.table(pipeline.Summary.COLUMNS[:-1], [score.cells()[:-1] for score in scores])


@app.command(
    **options.example(
        "mel cnn predict --work work --member resnet_v2_nano-64 --images DIR --out x.csv"
    )
)
def predict(
    work: options.WorkDir,
    member: Annotated[str, typer.Option("--member", metavar="NAME", help="A trained member.")],
    images: Annotated[Path, typer.Option("--images", metavar="DIR", help="JPEG and PNG files.")],
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="Scores: .parquet (mel's own) or .csv.")
    ],
) -> None:
    """Score a folder of images with a trained member: the mean of its folds."""
    from mel import pipeline

    scored = pipeline.predict(work, member, images, out)
    show.line(f"{out}: {scored.frame.height} images scored by {scored.name}")

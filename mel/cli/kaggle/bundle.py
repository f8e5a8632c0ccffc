"""`mel kaggle bundle`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import completing, options
from mel.cli.page import Page

__all__ = ["bundle"]

_Json = Annotated[
    bool, options.as_json("folder, notebooks, wheels, bytes, replaced, told, uploads")
]
_Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")]
_Owner = Annotated[
    str,
    typer.Option("--owner", metavar="NAME", envvar="KAGGLE_USERNAME", help="You, on Kaggle."),
]
_Serving = Annotated[
    Path | None,
    typer.Option(
        "--bundle",
        metavar="FILE",
        help="What mel ensemble bundle wrote; else the training notebook makes it.",
    ),
]
_Name = Annotated[
    str | None,
    typer.Option("--name", metavar="NAME", help="Of the dataset; by default the recipe's."),
]
_Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="NAME",
        help="A competition, or OWNER/NAME of a dataset; by default the adapter's.",
    ),
]
_Image = Annotated[
    Path | None,
    typer.Option(
        "--image",
        metavar="FILE",
        help="What pip freeze prints in your notebook; none: an image with Python alone.",
    ),
]
_Python = Annotated[
    str | None,
    typer.Option(
        "--python",
        metavar="X.Y",
        help="The notebook's; default 3.12.",
        autocompletion=completing.versions,
    ),
]
_Extras = Annotated[
    list[str] | None,
    typer.Option(
        "--extra",
        metavar="NAME",
        help="Of mel; repeat. Default train, export, serve.",
        autocompletion=completing.extras,
    ),
]
_Models = Annotated[
    list[str] | None,
    typer.Option(
        "--model",
        metavar="OWNER/MODEL/FRAMEWORK/VARIATION/VERSION",
        help="A model of Kaggle's to attach, for weights under /kaggle/input; repeat.",
    ),
]
_Accelerator = Annotated[
    str, typer.Option("--accelerator", metavar="NAME", help="Of the training notebook.")
]
_Wheel = Annotated[
    Path | None,
    typer.Option("--wheel", metavar="FILE", help="mel's own; by default its checkout's."),
]
_NoTrain = Annotated[
    bool, typer.Option("--no-train", help="No training notebook, nor what it needs.")
]


@options.example(
    "mel kaggle bundle my.toml --owner ME --bundle blend.mel --out offline",
    reads="RECIPE, the bundle, weights that the recipe names; wheels, by pip.",
    writes="DIR: dataset/, train/ and infer/, each with its metadata.",
)
def bundle(
    out: _Out,
    owner: _Owner,
    recipe: options.Recipe = Path("siim-2020"),
    serving: _Serving = None,
    name: _Name = None,
    data: _Data = None,
    image: _Image = None,
    python: _Python = None,
    extras: _Extras = None,
    models: _Models = None,
    accelerator: _Accelerator = "NvidiaTeslaT4",
    wheel: _Wheel = None,
    no_train: _NoTrain = False,
    json: _Json = False,
) -> None:
    """Pack all that a Kaggle notebook without internet needs, and write its notebooks.

    DIR/dataset, to upload: mel's wheel, the wheels it needs and Kaggle's image lacks, weights that
    the recipe names by folder or file, a serving bundle, digests. DIR/train and DIR/infer, to push:
    notebooks with internet off and all of it attached. pip finds and downloads the wheels; a
    stopped run goes on. The commands that upload it are printed, not run.
    """
    from mel import pipeline

    with Page(json) as page:
        done = pipeline.kaggle_bundle(
            out,
            recipe,
            owner,
            serving=serving,
            name=name,
            data=data,
            image=image,
            python=python,
            extras=extras or (),
            models=models or (),
            accelerator=accelerator,
            wheel=wheel,
            train=not no_train,
        )
        page.put(**done.as_dict())
        page.facts(done.facts())

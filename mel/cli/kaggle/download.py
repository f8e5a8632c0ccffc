"""`mel kaggle download`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options
from mel.cli.checks import show_checks
from mel.cli.page import Page

__all__ = ["download"]

_Json = Annotated[
    bool,
    options.as_json(
        "folder, files, bytes, fetched; with --check: checks [name, state, detail], printed with "
        "status 2, too"
    ),
]
_Competition = Annotated[
    str, typer.Argument(metavar="COMPETITION", help="Its name, or the address of its page.")
]
_Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder for its files.")]
_File = Annotated[
    list[str] | None, typer.Option("--file", metavar="NAME", help="Only this file; repeat.")
]
_Check = Annotated[bool, typer.Option("--check", help="Only check; download nothing.")]
_NoUnzip = Annotated[bool, typer.Option("--no-unzip", help="Keep Kaggle's archives.")]


@options.example(
    "mel kaggle download siim-isic-melanoma-classification --out competition",
    reads="Credentials; Kaggle, by its own client.",
    writes="DIR: the competition's files.",
)
def download(
    competition: _Competition,
    out: _Out = None,
    file: _File = None,
    check: _Check = False,
    no_unzip: _NoUnzip = False,
    patience: options.Patience = 360.0,
    json: _Json = False,
) -> None:
    """Download a competition with Kaggle's own client, after checking that it can.

    The client comes with mel's extra "kaggle"; its credentials are KAGGLE_API_TOKEN or
    ~/.kaggle/access_token, else kaggle.json or KAGGLE_USERNAME and KAGGLE_KEY. Files that are there
    as Kaggle lists them are not fetched again; others of the same name are replaced. A killed run
    goes on. --check tells what is missing, with status 2 if anything is.
    """
    from mel import kaggle

    if check:
        with Page(json) as page:
            checks = kaggle.client.check(competition, patience)
            show_checks(page, checks)
        kaggle.client.require(checks)
        return
    if out is None:
        raise typer.BadParameter("give the folder for the files: --out DIR")
    with Page(json) as page:
        done = kaggle.download(competition, out, file or (), unzip=not no_unzip, patience=patience)
        page.put(**vars(done))
        page.facts(
            {"folder": done.folder, "files": f"{done.files:,}", "bytes": f"{done.bytes:,}"}
            | {"fetched": f"{done.fetched:,}"}
        )

"""`mel kaggle`: a competition's files, real or synthetic."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import offline, options, pictures
from mel.cli.page import Page

__all__ = ["app"]

app = options.room("Competition files, real or synthetic.", "mel kaggle synth --out competition")

_LOADED = (
    "data, synthetic, train {images, patients, positives}, external {images, patients, "
    "positives, sources}, test {images, patients}, digest, unmapped [column, value, rows, source]"
)
_JsonLoad = Annotated[bool, options.as_json(_LOADED)]
_JsonDownload = Annotated[
    bool,
    options.as_json(
        "folder, files, bytes, fetched; with --check: checks [name, state, detail], printed with "
        "status 2, too"
    ),
]


_Out = Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder to write.")]
_Tiny = Annotated[bool, typer.Option("--tiny", help="120 images instead of 1,500.")]
_Json = Annotated[bool, options.as_json("folder, synthetic")]


@app.command(
    **options.example(
        "mel kaggle synth --out competition --tiny",
        writes="DIR: train.csv, test.csv, pictures, as SIIM-ISIC 2020 has them.",
    )
)
def synth(
    out: _Out,
    tiny: _Tiny = False,
    seed: options.Seed = 0,
    json: _Json = False,
) -> None:
    """Write a synthetic competition in the layout of SIIM-ISIC 2020."""
    from mel import kaggle

    with Page(json) as page:
        folder = kaggle.synth(out, size="tiny" if tiny else "full", seed=seed)
        page.put(folder=folder, synthetic=True)
        page.line(f"{folder} (synthetic)")


@app.command(
    **options.example(
        "mel kaggle load recipes/demo.toml --data competition --work work",
        reads="RECIPE, the files of --data.",
        writes="WORK: images.parquet, sample_submission.csv, load.json.",
    )
)
def load(
    recipe: options.Recipe, data: options.Data, work: options.WorkDir, json: _JsonLoad = False
) -> None:
    """Read and check a competition's tables and image files into a work folder.

    Words for sex, site or diagnosis that mel's vocabularies do not have are missing in the table,
    and listed.
    """
    from mel import pipeline

    with Page(json) as page:
        counts = pipeline.kaggle_load(recipe, work, data)
        page.put(**counts)
        page.facts(pipeline.facts(work), hang=True)
        if unmapped := counts["unmapped"]:
            page.line()
            page.table(list(unmapped[0]), [list(row.values()) for row in unmapped])


_Competition = Annotated[
    str, typer.Argument(metavar="COMPETITION", help="Its name, or the address of its page.")
]
_DownloadOut = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Folder for its files.")
]
_File = Annotated[
    list[str] | None, typer.Option("--file", metavar="NAME", help="Only this file; repeat.")
]
_Check = Annotated[bool, typer.Option("--check", help="Only check; download nothing.")]
_NoUnzip = Annotated[bool, typer.Option("--no-unzip", help="Keep Kaggle's archives.")]


@app.command(
    **options.example(
        "mel kaggle download siim-isic-melanoma-classification --out competition",
        reads="Credentials; Kaggle, by its own client.",
        writes="DIR: the competition's files.",
    )
)
def download(
    competition: _Competition,
    out: _DownloadOut = None,
    file: _File = None,
    check: _Check = False,
    no_unzip: _NoUnzip = False,
    patience: options.Patience = 360.0,
    json: _JsonDownload = False,
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
            page.put(checks=checks)
            rows = [(c.name, c.state, _brief(c.detail, c.state)) for c in checks]
            page.table(("check", "state", "found"), rows)
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


pictures.add_to(app)
offline.add_to(app)


def _brief(detail: str, state: str) -> str:
    """What failed, without what to do about it: the line of the error says that."""
    return detail.partition(";")[0] if state == "failed" else detail

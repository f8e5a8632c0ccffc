"""`mel submit send`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mel.cli import options, show
from mel.cli.checks import show_checks
from mel.cli.page import Page

if TYPE_CHECKING:
    from mel.submit import Notebook, Sent

__all__ = ["send"]

_File = Annotated[
    Path | None, typer.Argument(metavar="FILE", help="The submission.", show_default=False)
]
_Competition = Annotated[
    str,
    typer.Option(
        "--competition",
        "-c",
        metavar="NAME",
        help="Its name, or the address of its page; by default where FILE was sent before.",
    ),
]
_Sample = Annotated[
    Path | None,
    typer.Option("--sample", metavar="FILE", help="Sample submission, where FILE has no work."),
]
_Message = Annotated[
    str, typer.Option("--message", "-m", metavar="TEXT", help="By default name and CV.")
]
_Kernel = Annotated[
    str | None,
    typer.Option("--kernel", "-k", metavar="OWNER/NOTEBOOK", help="Submit a notebook's output."),
]
_Version = Annotated[
    int | None, typer.Option("--version", "-v", metavar="N", help="Which version of the notebook.")
]
_Output = Annotated[
    str, typer.Option("--file", "-f", metavar="NAME", help="The file that the notebook writes.")
]
_Folder = Annotated[
    Path,
    typer.Option("--folder", metavar="DIR", help="For the JSON of a notebook without a FILE."),
]
_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check all, say what would be done; send nothing.")
]
_Again = Annotated[bool, typer.Option("--again", help="Send once more what was sent already.")]
_Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the score is there.")]
_Minutes = Annotated[
    float, typer.Option("--minutes", min=0, metavar="N", help="Wait no longer than that.")
]
_Json = Annotated[
    bool,
    options.as_json(
        "name, competition, state, public, private, beside, command, checks [name, state, "
        "detail]; with --dry-run printed with status 2, too"
    ),
]


@options.example(
    "mel submit send work/submissions/blend.csv -c NAME --dry-run",
    reads="FILE, the JSON beside it, the sample; Kaggle, by its own client.",
    writes="The JSON beside FILE: when it was sent, and its scores.",
    failed="A submission that its sample refuses, or that Kaggle could not score.",
)
def send(
    file: _File = None,
    competition: _Competition = "",
    sample: _Sample = None,
    message: _Message = "",
    kernel: _Kernel = None,
    version: _Version = None,
    output: _Output = "submission.csv",
    folder: _Folder = Path(),
    dry_run: _DryRun = False,
    again: _Again = False,
    wait: _Wait = True,
    minutes: _Minutes = 60.0,
    patience: options.Patience = 120.0,
    json: _Json = False,
) -> None:
    """Send a submission with Kaggle's own client, wait for its score, and write it down.

    First are checked: header, ids and values, the client, its credentials, the competition, its
    rules, and what is left of today's submissions. The score goes into the JSON beside FILE. A run
    that was stopped goes on by the same command, and nothing is sent twice. Competitions that take
    notebooks only: -k OWNER/NOTEBOOK -v N -f submission.csv, and FILE, if any, is what it wrote.
    Credentials are those of mel kaggle download. No secret is ever printed.
    """
    from mel import submit

    notebook = _notebook(kernel, version, output)
    with Page(json) as page:
        done = submit.send(
            file,
            competition,
            sample=sample,
            message=message,
            notebook=notebook,
            folder=folder,
            dry_run=dry_run,
            again=again,
            wait=wait,
            minutes=minutes,
            patience=patience,
        )
        page.put(**vars(done))
        if not dry_run:
            _show_sent(page, done)
        else:
            show_checks(page, done.checks)
    if dry_run:
        _plan(done, json)


def _notebook(kernel: str | None, version: int | None, output: str) -> "Notebook | None":
    from mel import submit

    if kernel is not None:
        return submit.Notebook.of(kernel, version, output)
    if version is not None:
        raise typer.BadParameter("--version is of a notebook: give --kernel OWNER/NOTEBOOK too")
    return None


def _show_sent(page: Page, done: "Sent") -> None:
    score = {"public": show.number(done.public), "private": show.number(done.private)}
    facts = {"submission": done.name, "competition": done.competition, "state": done.state}
    page.facts(facts | score | {"written to": done.beside})


def _plan(done: "Sent", json: bool) -> None:
    """Refuse what a check found; else say what would be run."""
    import shlex

    from mel.kaggle.client import require

    require(done.checks)
    if not json:
        show.line(f"would run: {shlex.join(done.command)}")

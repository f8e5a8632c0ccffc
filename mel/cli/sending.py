"""`mel submit send`, `list` and `blend`: what becomes of submissions."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mel.cli import show
from mel.cli.options import JsonFile, Patience, as_json, example
from mel.cli.page import Columns, Page

if TYPE_CHECKING:
    from mel.submit import Sent

__all__ = ["add_to"]


class _Method(StrEnum):
    rank = "rank"
    mean = "mean"
    power = "power"


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


def _minute(time: str | None) -> str:
    """Write a time to the minute, for people.

    >>> _minute("2026-11-23T12:00:00+00:00")
    '2026-11-23 12:00'
    """
    return (time or "-")[:16].replace("T", " ")


_CHECKS: Columns = {
    "name": "check",
    "state": "state",
    "detail": ("found", lambda text: text.partition(";")[0]),
}
_LISTED: Columns = {
    "name": "name",
    **{name: (name, show.number) for name in ("cv", "public", "private")},
    "state": "state",
    "time": ("time", _minute),
}
_SIDE = "{points, rank, low, high}"
_JsonSend = Annotated[
    bool,
    as_json(
        "name, competition, state, public, private, beside, command, checks [name, state, "
        "detail]; with --dry-run printed with status 2, too"
    ),
]
_JsonList = Annotated[
    bool,
    as_json(
        "submissions [name, competition, cv, cv_low, cv_high, public, private, state, time, rows, "
        f"images, synthetic], agreement {{public {_SIDE}, private {_SIDE}}}, cautions, plot"
    ),
]


def add_to(app: typer.Typer) -> None:
    """Add the commands to the room's."""
    app.command(
        **example(
            "mel submit send work/submissions/blend.csv -c NAME --dry-run",
            reads="FILE, the JSON beside it, the sample; Kaggle, by its own client.",
            writes="The JSON beside FILE: when it was sent, and its scores.",
            failed="A submission that its sample refuses, or that Kaggle could not score.",
        )
    )(send)
    app.command(
        "list",
        **example(
            "mel submit list --work work --refresh",
            reads="The JSONs of the submissions; with --refresh Kaggle.",
            writes="With --refresh scores into these JSONs; the PNG of --plot.",
        ),
    )(list_)
    app.command(
        **example(
            "mel submit blend a.csv b.csv --weights 2,1 --out blend.csv --sample sample.csv",
            reads="The FILEs, the sample.",
            writes="The CSV of --out and a JSON beside it.",
        )
    )(blend)


_DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Check all, say what would be done; send nothing.")
]
_Again = Annotated[bool, typer.Option("--again", help="Send once more what was sent already.")]
_Wait = Annotated[bool, typer.Option("--wait/--no-wait", help="Wait until the score is there.")]
_Minutes = Annotated[
    float, typer.Option("--minutes", min=0, metavar="N", help="Wait no longer than that.")
]


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
    patience: Patience = 120.0,
    json: _JsonSend = False,
) -> None:
    """Send a submission with Kaggle's own client, wait for its score, and write it down.

    First are checked: header, ids and values, the client, its credentials, the competition, its
    rules, and what is left of today's submissions. The score goes into the JSON beside FILE. A run
    that was stopped goes on by the same command, and nothing is sent twice. Competitions that take
    notebooks only: -k OWNER/NOTEBOOK -v N -f submission.csv, and FILE, if any, is what it wrote.
    Credentials are those of mel kaggle download. No secret is ever printed.
    """
    from mel import submit

    notebook = None
    if kernel is not None:
        notebook = submit.Notebook.of(kernel, version, output)
    elif version is not None:
        raise typer.BadParameter("--version is of a notebook: give --kernel OWNER/NOTEBOOK too")
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
            page.records("checks", done.checks, _CHECKS, hang=True)
    if dry_run:
        _plan(done, json)


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


_Work = Annotated[
    Path, typer.Option("--work", metavar="DIR", help="Work folder, or one of submissions.")
]
_ListCompetition = Annotated[
    str, typer.Option("--competition", "-c", metavar="NAME", help="Only what was sent there.")
]
_Refresh = Annotated[
    bool, typer.Option("--refresh", help="Ask Kaggle for scores that have become known.")
]
_Plot = Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Draw them, as PNG.")]
_Share = Annotated[
    float,
    typer.Option(
        "--share", min=0.001, max=1, metavar="PART", help="Of the test set that is public."
    ),
]


def list_(
    work: _Work = Path(),
    competition: _ListCompetition = "",
    refresh: _Refresh = False,
    plot: _Plot = None,
    share: _Share = 0.3,
    patience: Patience = 120.0,
    json: _JsonList = False,
) -> None:
    """List submissions, CV against leaderboard, with their rank correlation.

    CV is the honest AUC for a blend, the out-of-fold AUC for a member. Under the table stands what
    speaks against following the public score.
    """
    from mel import submit

    with Page(json) as page:
        found = submit.list(work, competition=competition, refresh=refresh, patience=patience)
        page.records("submissions", found.to_dicts(), _LISTED)
        page.line()
        agreements = {side: submit.agreement(found, side) for side in ("public", "private")}
        for side, agreement in agreements.items():
            page.line(f"rank correlation of CV and {side} score: {agreement}")
        cautions = submit.cautions(found, share)
        for text in cautions:
            page.line(show.filled(f"! {text}", 2))
        drawn = None if plot is None else submit.plot(found, plot)
        page.put(agreement=agreements, cautions=cautions, plot=drawn)
        if drawn is not None:
            page.line(drawn)


_Files = Annotated[
    list[Path], typer.Argument(metavar="FILE", help="Submissions, whoever wrote them.")
]
_Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="The blend, a CSV.")]
_Weights = Annotated[
    str, typer.Option("--weights", metavar="W,W...", help="One a file; by default all alike.")
]
_BlendMethod = Annotated[
    _Method, typer.Option("--method", help="Of ranks, of scores, or of their powers.")
]
_Power = Annotated[
    float, typer.Option("--power", metavar="P", help="The exponent, for --method power.")
]
_BlendSample = Annotated[
    Path | None, typer.Option("--sample", metavar="FILE", help="Whose order and ids to take.")
]


def blend(
    files: _Files,
    out: _Out,
    weights: _Weights = "",
    method: _BlendMethod = _Method.rank,
    power: _Power = 2.0,
    sample: _BlendSample = None,
    json: JsonFile = False,
) -> None:
    """Blend submissions of anybody's: ids are joined, what does not match is refused.

    "rank" averages places within each file, whatever its scale; "mean" averages scores; "power"
    gives their power mean. Scores that are no probabilities, and a file that ranks against the
    others, are warned of. A JSON beside the blend names every file by its SHA-256.
    """
    from mel import submit

    given = _numbers(weights) if weights else None
    with Page(json) as page:
        submit.blend(files, out, weights=given, method=method.value, power=power, sample=sample)
        page.written(out, "")


def _numbers(text: str) -> list[float]:
    try:
        return [float(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"--weights {text}: give numbers, as in 2,1,1") from None

"""`mel submit list`."""

from pathlib import Path
from typing import Annotated

import typer

from mel.cli import options, show
from mel.cli.page import Columns, Page

__all__ = ["list_"]


def _minute(time: str | None) -> str:
    """Write a time to the minute, for people.

    >>> _minute("2026-11-23T12:00:00+00:00")
    '2026-11-23 12:00'
    """
    return (time or "-")[:16].replace("T", " ")


_LISTED: Columns = {
    "name": "name",
    **{name: (name, show.number) for name in ("cv", "public", "private")},
    "state": "state",
    "time": ("time", _minute),
}
_SIDE = "{points, rank, low, high}"
_Work = Annotated[
    Path, typer.Option("--work", metavar="DIR", help="Work folder, or one of submissions.")
]
_Competition = Annotated[
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
_Json = Annotated[
    bool,
    options.as_json(
        "submissions [name, competition, cv, cv_low, cv_high, public, private, state, time, rows, "
        f"images, synthetic], agreement {{public {_SIDE}, private {_SIDE}}}, cautions, plot"
    ),
]


@options.example(
    "mel submit list --work work --refresh",
    reads="The JSONs of the submissions; with --refresh Kaggle.",
    writes="With --refresh scores into these JSONs; the PNG of --plot.",
)
def list_(
    work: _Work = Path(),
    competition: _Competition = "",
    refresh: _Refresh = False,
    plot: _Plot = None,
    share: _Share = 0.3,
    patience: options.Patience = 120.0,
    json: _Json = False,
) -> None:
    """List submissions, CV against leaderboard, with their rank correlation.

    CV is the honest AUC for a blend, the out-of-fold AUC for a member. Under the table stands what
    speaks against following the public score.
    """
    from mel import submit

    with Page(json) as page:
        found = submit.list(work, competition=competition, refresh=refresh, patience=patience)
        agreements = {side: submit.agreement(found, side) for side in ("public", "private")}
        known = agreements["public"].points
        drawn = submit.plot(found, plot) if plot and known else None
        page.records("submissions", found.to_dicts(), _LISTED)
        page.line()
        for side, agreement in agreements.items():
            page.line(f"rank correlation of CV and {side} score: {agreement}")
        cautions = submit.cautions(found, share)
        for text in cautions:
            page.line(show.filled(f"! {text}", 2))
        page.put(agreement=agreements, cautions=cautions, plot=drawn)
        if plot:
            page.line(
                drawn or f"{plot}: not drawn, since no submission has a CV and a public score"
            )

"""The report on the trainings: one page that opens without a network, its figures as PNG too."""

from collections.abc import Sequence
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template

from mel.cnn.reporting.figures import curves, members_figure
from mel.cnn.reporting.reading import Training, read_trainings
from mel.errors import many
from mel.files import versions, write_bytes, write_text
from mel.report import Canvas, card, document, number_cells, row

__all__ = ["report"]

PAGE, FIGURES = "report.html", "figures"


def report(
    folder: Path | str,
    competition: str = "",
    *,
    synthetic: bool = False,
    n_folds: int | None = None,
) -> Path:
    """Write `report.html` into a folder of members, and its figures as PNG in `figures/` beside it.

    Shows what is there: of a member still in training the epochs it has. `competition` is the name
    of the images, `n_folds` how many folds each member shall have, where that is known. Gives the
    page's path.

    Raises MelError when no member has trained an epoch yet, and for a history that was changed.

    >>> import shutil
    >>> members = shutil.copytree("work/demo/cnn", "work/members")
    >>> page = report(members, "the demo", synthetic=True, n_folds=2)
    >>> page.name, [path.name for path in (page.parent / "figures").iterdir()]
    ('report.html', ['efficientnetv2_micro-32.png'])
    """
    place = Path(folder)
    trainings = read_trainings(place)
    shown = [(training, curves(training)) for training in trainings]
    beside = members_figure(trainings) if len(trainings) > 1 else None
    for training, canvas in shown:
        write_bytes(place / FIGURES / f"{training.name}.png", canvas.png)
    if beside is not None:
        write_bytes(place / FIGURES / "members.png", beside.png)
    body = Template(_template()).substitute(
        cards=_cards(trainings, n_folds),
        rows="".join(_row(training, n_folds) for training in _best_first(trainings)),
        beside=_beside(beside),
        curves="".join(_figure(training, canvas) for training, canvas in shown),
        versions=", ".join(f"{escape(name)} {number}" for name, number in versions().items()),
    )
    members = many(len(trainings), "member")
    on = f" <span>on {escape(competition)}</span>" if competition else ""
    page = document(
        body,
        title=f"Training report: {members}",
        kicker="mel cnn report",
        heading=members + on,
        lead="How the networks were trained, epoch by epoch, as far as they are.",
        synthetic=synthetic,
    )
    write_text(place / PAGE, page)
    return place / PAGE


def _template() -> str:
    return files("mel.cnn.reporting").joinpath("templates/report.html").read_text(encoding="utf-8")


def _best_first(trainings: Sequence[Training]) -> list[Training]:
    return sorted(trainings, key=lambda t: (-t.metric.get("pooled", -1.0), t.name))


def _cards(trainings: Sequence[Training], n_folds: int | None) -> str:
    best = _best_first(trainings)[0]
    done = sum(bool(training.metric) for training in trainings)
    asked = sum(training.n_folds or n_folds or 0 for training in trainings)
    folds = sum(len(training.folds) for training in trainings)
    seconds = sum(training.seconds for training in trainings)
    worth = ("-", "no member is complete yet")
    if best.metric:
        worth = (f"{best.metric['pooled']:.4f}", f"{escape(best.name)}, out of fold")
    return "".join(
        [
            card("Best member", *worth, "main"),
            card("Complete", f"{done} of {len(trainings)}", "members with every fold scored"),
            card("Folds done", f"{folds} of {asked}" if asked else str(folds), "of all members"),
            card("Training", _time(seconds), "all epochs, one after the other"),
        ]
    )


def _time(seconds: float) -> str:
    """Give a time as people say it.

    >>> _time(42), _time(630), _time(30_000)
    ('42 s', '10.5 min', '8.3 h')
    """
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.1f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def _row(training: Training, n_folds: int | None) -> str:
    metric, asked = training.metric, training.n_folds or n_folds
    done = f"{len(training.folds)} of {asked}" if asked else str(len(training.folds))
    begun = training.history["fold"].n_unique() - len(training.folds)
    worth = ["-", "-", "-"]
    if metric:
        interval = f"{metric['low']:.4f} to {metric['high']:.4f}"
        worth = [f"{metric['pooled']:.4f}", interval, f"{metric['fold_mean']:.4f}"]
    cells = number_cells(
        f"{done}{f', {begun} begun' if begun > 0 else ''}",
        *worth,
        "-" if training.pace is None else f"{training.pace:,.0f}",
        _time(training.seconds),
    )
    device = escape(", ".join(training.devices) or "-")
    return row([f'<th scope="row">{escape(training.name)}</th>', *cells, f"<td>{device}</td>"])


def _beside(canvas: Canvas | None) -> str:
    if canvas is None:
        return ""
    return (
        '<section class="figures"><figure class="wide"><figcaption>The members beside each other'
        f"</figcaption>{canvas.svg}</figure></section>"
    )


def _figure(training: Training, canvas: Canvas) -> str:
    last = training.history.filter(epoch=training.history["epoch"].max())
    loss = last["loss"].drop_nulls().to_numpy().mean()
    known = f" Mean training loss of the last epoch: {loss:.4f}."
    epochs = many(int(training.history["epoch"].max()), "epoch")  # type: ignore[arg-type]
    folds = many(training.history["fold"].n_unique(), "fold")
    return (
        f'<figure class="wide"><figcaption>{escape(training.name)}</figcaption>'
        f"<p>{epochs} of {folds}.{known}</p>{canvas.svg}</figure>"
    )

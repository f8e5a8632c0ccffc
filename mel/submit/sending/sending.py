"""Send a submission, wait for its score, and write down both."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mel.submit.sending.order import Notebook, Order

if TYPE_CHECKING:
    from mel.kaggle.client import Check

__all__ = ["Sent", "send"]


@dataclass(frozen=True)
class Sent:
    """What became of a submission; `state` is "planned" (a dry run), "pending" or "complete".

    `public` and `private` are its scores on the leaderboard, None while they are not known;
    `checks` are those that were made, `command` is the client's, `beside` the JSON that has it all.

    >>> Sent("blend", "titanic", "pending", None, None, Path("blend.json")).state
    'pending'
    """

    name: str
    competition: str
    state: str
    public: float | None
    private: float | None
    beside: Path
    command: tuple[str, ...] = ()
    checks: "tuple[Check, ...]" = ()


def send(
    file: Path | str | None,
    competition: str = "",
    *,
    sample: Path | str | None = None,
    message: str = "",
    notebook: Notebook | None = None,
    folder: Path | str = ".",
    dry_run: bool = False,
    again: bool = False,
    wait: bool = True,
    minutes: float = 60.0,
    patience: float = 120.0,
) -> Sent:
    """Send a submission with Kaggle's own client, called as a command, and wait for its score.

    `file` is the submission, `competition` its name or address, by default the one it was sent to
    before; `sample` the sample submission, by default that of the work folder the file lies in.
    Where a competition takes notebooks only, `notebook` says which version of which, and `file` may
    be what it wrote, or None: then its JSON goes into `folder`. `message` is the description on
    Kaggle, by default name and CV; behind it stands a word by which it is found again.

    First are checked: header, ids and values, client, credentials, competition, rules, and what is
    left of today's submissions; with `dry_run` no more is done. What was sent already is not sent
    again but with `again`: it is waited for, at most `minutes`. Before and after each step the JSON
    beside the file says how things stand, so that whatever stops a run, the same call goes on.
    `patience`: seconds of the client's silence to bear.

    Raises SubmissionError for a wrong file, and where Kaggle could not score it; MelError with one
    line to act on, and no secret in it, for all else.

    >>> import os, shutil
    >>> from unittest.mock import patch
    >>> file = shutil.copy("work/demo/submissions/blend.csv", "work/first.csv")
    >>> place, sample = "siim-isic-melanoma-classification", "work/demo/sample_submission.csv"
    >>> with patch.dict(os.environ, MEL_KAGGLE="nowhere"):  # so there is no client to call
    ...     found = send(file, place, sample=sample, message="first", dry_run=True)
    >>> found.state, " ".join(found.command[:4])
    ('planned', 'kaggle competitions submit siim-isic-melanoma-classification')
    >>> for one in found.checks:
    ...     print(one.name, one.state, sep=": ")
    submission: ok
    client: failed
    credentials: not checked
    competition: not checked
    rules: not checked
    limit: not checked
    """
    from mel.submit.sending import going  # opens the kaggle room, which scoring can do without

    path = None if file is None else Path(file)
    model = None if sample is None else Path(sample)

    def read() -> Order:
        return Order.of(competition, path, notebook, Path(folder))

    if dry_run:
        return going.planned(read(), model, message, patience)
    if path is None:
        going.made(Path(folder))
    with going.alone(Path(folder) if path is None else path.parent):
        order = read()
        last = order.earlier[-1] if order.earlier and not again else None
        if last and last["state"] == "complete":
            return going.sent_before(order, last)
        client, tag = going.have_sent(order, last, model, message, patience)
    if not wait:
        return going.done(order, "pending")
    return going.awaited(client, order, tag, minutes)

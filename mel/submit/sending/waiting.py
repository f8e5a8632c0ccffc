"""Wait until Kaggle has scored a submission, and write down what it says."""

import time

from mel.kaggle.client import Client, ClientError, page
from mel.progress import progress
from mel.submit.beside import now, update
from mel.submit.checking import SubmissionError
from mel.submit.sending.order import Order
from mel.submit.sending.remote import Remote, submissions

__all__ = ["find", "note", "wait"]

_FIRST, _SLOWER, _LAST = 3.0, 1.4, 60.0  # seconds between two looks: at first, growth, at last
_PASSING = ("network", "silent", "server", "rate", "nonsense", "unknown", "broken")
_FAILURES = 5  # in a row
_UNSEEN = 10  # looks at a list without it


def find(client: Client, order: Order, tag: str) -> Remote | None:
    """Give the submission of that tag, if Kaggle lists it. Raises ClientError."""
    rows = submissions(client, order.competition)
    return next((row for row in rows if f"[{tag}]" in row.description), None)


def wait(client: Client, order: Order, tag: str, minutes: float) -> Remote:
    """Look at Kaggle's list until the submission is scored; note and give what it says.

    A look that fails is made again, five times in a row. Raises SubmissionError where Kaggle
    could not score it, ClientError after `minutes`, where the list does not have it, and where
    Kaggle cannot be asked: the same command then goes on waiting.
    """
    begin = time.monotonic()
    step, unseen, failed = _FIRST, 0, 0
    with progress(f"{order.competition}: waiting for the score", 0, "looks") as tick:
        while True:
            try:
                row, failed = find(client, order, tag), 0
                unseen += row is None
                said = "not listed yet" if row is None else str(row.state)
            except ClientError as error:
                failed += 1
                if error.reason not in _PASSING or failed >= _FAILURES:
                    raise
                row, said = None, f"Kaggle does not answer ({error.reason})"
            if row is not None and row.state != "pending":
                return _settle(order, tag, row)
            if unseen >= _UNSEEN:
                raise _lost(order)
            spent = time.monotonic() - begin
            if spent + step > 60 * minutes:
                raise _late(order, minutes)
            tick(0, f"{said}, {int(spent) // 60}:{int(spent) % 60:02d}")
            time.sleep(step)
            step = min(step * _SLOWER, _LAST)


def note(order: Order, tag: str, row: Remote) -> None:
    """Write down what Kaggle says of a submission."""
    facts = {"state": row.state, "ref": row.ref, "public": row.public, "private": row.private}
    scored = {} if row.state == "pending" else {"scored": now()}
    update(order.beside, order.sha256, tag, **facts, **scored)


def _settle(order: Order, tag: str, row: Remote) -> Remote:
    note(order, tag, row)
    if row.state == "error":
        raise SubmissionError(
            f"{order.name}: Kaggle could not score it; "
            f"{page(order.competition, 'submissions')} says why, --again sends it anew"
        )
    return row


def _lost(order: Order) -> ClientError:
    return ClientError(
        "unlisted",
        f"{order.name}: Kaggle's client said that it is submitted, but Kaggle does not list it, as "
        f"after the day's last one; see {page(order.competition, 'submissions')}, and send it "
        "anew with --again",
    )


def _late(order: Order, minutes: float) -> ClientError:
    return ClientError(
        "late",
        f"{order.name}: sent, but not scored after {minutes:g} min; the same command goes on "
        "waiting and sends nothing twice",
    )

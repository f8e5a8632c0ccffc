"""The checks before a submission is sent: the file itself, then what Kaggle says of the account."""

from pathlib import Path

from mel.errors import MelError
from mel.kaggle.client import Check, Client, ClientError, check
from mel.submit.checking import check as check_file
from mel.submit.sending.order import Order
from mel.submit.sending.refusals import used_up
from mel.submit.sending.remote import limits

__all__ = ["ask_kaggle", "look_at", "plan"]


def plan(order: Order, sample: Path | None, patience: float) -> tuple[Check, ...]:
    """Check all that sending needs, in order; nothing is sent, nothing is raised."""
    try:
        own = look_at(order, sample)
    except MelError as error:
        own = Check("submission", "failed", str(error))
    return (own, *ask_kaggle(order, patience)[0])


def look_at(order: Order, sample: Path | None) -> Check:
    """Check the file: header, ids, values and seal, and that it is of no synthetic competition.

    `sample` is the sample submission; without one, that of the work folder the file lies in.
    Raises MelError, and SubmissionError as `mel.submit.check` does.
    """
    if order.content.get("synthetic"):
        raise MelError(
            f"{order.name}: was made from a synthetic competition, which Kaggle does not have; "
            "make a submission of a real competition"
        )
    if order.file is None:
        return Check("submission", "warning", f"made by {order.notebook}: not seen from here")
    odd = check_file(order.file, sample or _found(order.file))
    seen = "header, ids and order are the sample's"
    return Check("submission", "warning" if odd else "ok", "; ".join((seen, *odd)))


def _found(file: Path) -> Path:
    place = file.absolute().parent.parent / "sample_submission.csv"
    if not place.is_file():
        raise MelError(f"{file}: what must it look like? give the competition's --sample FILE")
    return place


def ask_kaggle(order: Order, patience: float) -> tuple[tuple[Check, ...], Client | None]:
    """Check client, credentials, competition, rules and what is left of today's submissions.

    Gives the client too, if it came to the last of these.
    """
    used: list[Client] = []

    def left(client: Client) -> Check:
        used.append(client)
        return _left(client, order)

    found = check(order.competition, patience, what="submission", more={"limit": left})
    return found, used[0] if used else None


def _left(client: Client, order: Order) -> Check:
    found = limits(client, order.competition)
    if found is None:
        return Check("limit", "warning", "not told how many are left today; sending will tell")
    if found.left > 0:
        sent = f"{found.today} sent today, {found.total} in all"
        return Check("limit", "ok", f"{found.left} more today ({sent})")
    if found.for_good:
        raise ClientError(
            "limit",
            f"{order.competition}: all its {found.total} submissions are used up, for good; "
            "choose among those that were sent",
        )
    if found.today:
        raise ClientError("limit", used_up(order))
    return Check(
        "limit", "warning", "none left, none sent today: not begun, or over; sending tells"
    )

"""The steps of sending a submission, in their order."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mel.errors import MelError
from mel.files import write_json
from mel.kaggle.client import Check, Client, ClientError, find, require, usable
from mel.progress import say
from mel.submit.beside import now, update
from mel.submit.checking import SubmissionError
from mel.submit.sending import waiting
from mel.submit.sending.order import Order
from mel.submit.sending.refusals import arrived, refusal
from mel.submit.sending.sending import Sent
from mel.submit.sending.steps import ask_kaggle, look_at, plan

__all__ = ["alone", "awaited", "done", "have_sent", "made", "planned", "sent_before"]

_UNSURE = ("network", "silent", "server", "nonsense", "unknown", "broken", "disk")


def planned(order: Order, sample: Path | None, message: str, patience: float) -> Sent:
    """Give what would be sent, and every check of it; nothing is sent or written."""
    words = order.words(order.message(message, order.tag()))
    checks = plan(order, sample, patience)
    return done(order, "planned", command=("kaggle", *words), checks=checks)


def sent_before(order: Order, last: dict[str, Any]) -> Sent:
    """Give what is known of a submission that was sent and scored."""
    say(f"{order.name}: was sent already ({last['time']}); --again sends it once more")
    return done(order, last["state"], last["public"], last["private"])


def have_sent(
    order: Order, last: dict[str, Any] | None, sample: Path | None, message: str, patience: float
) -> tuple[Client, str]:
    """Send what Kaggle does not have yet; give the client and the tag to look for."""
    state = last["state"] if last else ""
    if state == "error":
        raise SubmissionError(
            f"{order.name}: Kaggle could not score it ({last and last['time']}); correct it, or "
            "send it once more with --again"
        )
    if last and state == "pending":
        return _client(patience), last["tag"]
    if last and state == "sending":
        client = _client(patience)
        if waiting.find(client, order, last["tag"]):
            update(order.beside, order.sha256, last["tag"], state="pending")
            return client, last["tag"]
    own = look_at(order, sample)
    checks, known = ask_kaggle(order, patience)
    for one in (own, *checks):
        if one.state == "warning":
            say(f"warning: {one.name}: {one.detail}")
    require(checks)
    return _give(known or _client(patience), order, message)


def _client(patience: float) -> Client:
    client = find(patience=patience)
    usable(client)
    return client


def _give(client: Client, order: Order, message: str) -> tuple[Client, str]:
    """Run the client; the JSON says before that it is under way, and after how it ended."""
    text = order.message(message, tag := order.tag())
    _begin(order, tag, text)
    try:
        output = client.run(*order.words(text))
        if not arrived(output):
            raise refusal(output, order)
    except ClientError as error:
        if error.reason not in _UNSURE:
            update(order.beside, order.sha256, tag, state="refused", detail=str(error))
        else:
            _say_unsure(order)
        raise
    except BaseException:  # Ctrl-C, SIGTERM
        _say_unsure(order)
        raise
    update(order.beside, order.sha256, tag, state="pending")
    say(f"{order.name}: sent to {order.competition} as {text!r}")
    return client, tag


def _say_unsure(order: Order) -> None:
    say(f"{order.name}: may have reached Kaggle; the same command looks before it sends")


def _begin(order: Order, tag: str, text: str) -> None:
    if not order.beside.exists():
        write_json(order.beside, dict(order.content))
    facts = {"message": text, "state": "sending", "time": now(), "detail": None}
    scores = {"ref": "", "public": None, "private": None}
    update(order.beside, order.sha256, tag, **order.as_dict(), **facts, **scores)


def awaited(client: Client, order: Order, tag: str, minutes: float) -> Sent:
    """Wait for the score; where that is broken off, say how to go on."""
    known = False
    try:
        row = waiting.wait(client, order, tag, minutes)
        known = True
    except MelError:
        known = True  # its line says how to go on
        raise
    finally:
        if not known:  # Ctrl-C, SIGTERM
            say(f"{order.name}: sent, not scored yet; the same command goes on waiting for it")
    return done(order, row.state, row.public, row.private)


def done(
    order: Order,
    state: str,
    public: float | None = None,
    private: float | None = None,
    command: tuple[str, ...] = (),
    checks: tuple[Check, ...] = (),
) -> Sent:
    """Give how a submission stands."""
    return Sent(
        order.name, order.competition, state, public, private, order.beside, command, checks
    )


def made(folder: Path) -> None:
    """Make the folder for what has no file here, if it is not there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MelError(f"{folder}: cannot be made ({error.strerror}); choose another") from None


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Let one process at a time send from a folder."""
    try:
        turn = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise MelError(f"{folder}: cannot be opened ({error.strerror}); correct the path") from None
    try:
        try:
            fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MelError(
                f"{folder}: another mel is sending from this folder; wait until it has"
            ) from None
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(turn)

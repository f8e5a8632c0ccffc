"""The checks before a download or a submission: client, credentials, competition, rules."""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from mel.errors import MelError
from mel.kaggle.client.credentials import Credentials, credentials
from mel.kaggle.client.failure import ClientError
from mel.kaggle.client.finding import PATIENCE, Client, find
from mel.kaggle.client.listing import list_files
from mel.kaggle.client.slug import page, slug

__all__ = ["Check", "check", "require", "usable"]


@dataclass(frozen=True)
class Check:
    """One check: what was looked at, how it stands, and what was found or is to be done.

    `state` is "ok", "warning" (works, but unwise or not certain), "failed", or "not checked".
    """

    name: str
    state: str
    detail: str


def usable(client: Client) -> Credentials:
    """Give where the credentials are. Raises ClientError where this client cannot use them."""
    found = credentials(client.environment)
    if found.kind != "key" and not client.reads_tokens:
        version = ".".join(map(str, client.version))
        raise ClientError(
            "old",
            f"{client.command}: version {version} does not read the {found.kind} of "
            f"{found.source}; pip install --upgrade kaggle",
        )
    return found


def check(
    competition: str,
    patience: float = PATIENCE,
    *,
    what: str = "download",
    more: Mapping[str, Callable[[Client], Check]] | None = None,
) -> tuple[Check, ...]:
    """Check all that a download or a submission needs, in order; nothing is brought or sent.

    `more` are checks that come last, by name; each gets the client. `what` is to come after the
    checks, for their words. After the first that failed the others are "not checked". Raises
    MelError only for what cannot be a competition's name.
    """
    name = slug(competition)
    have: dict[str, Client] = {}

    def client() -> Check:
        have["client"] = found = find(patience=patience)
        return Check("client", "ok", f"{found.command}, {'.'.join(map(str, found.version))}")

    def access() -> Check:
        found = usable(have["client"])
        state = "warning" if found.warning else "ok"
        return Check("credentials", state, "; ".join(filter(None, (found.source, found.warning))))

    def exists() -> Check:
        listing = list_files(have["client"], name)
        more = "" if listing.complete else " or more"
        return Check("competition", "ok", f"{name}, {len(listing.files)}{more} files")

    def rules() -> Check:
        return _joined(have["client"], name, what)

    def last(step: Callable[[Client], Check]) -> Check:
        return step(have["client"])

    steps = {"client": client, "credentials": access, "competition": exists, "rules": rules}
    later = {title: partial(last, step) for title, step in (more or {}).items()}
    return tuple(_go(steps | later))


def require(checks: Sequence[Check]) -> None:
    """Raise MelError with the detail of the first check that failed, if one did."""
    for one in checks:
        if one.state == "failed":
            raise MelError(one.detail)


def _go(steps: dict[str, Callable[[], Check]]) -> list[Check]:
    done: list[Check] = []
    for name, step in steps.items():
        if any(one.state == "failed" for one in done):
            done.append(Check(name, "not checked", ""))
            continue
        try:
            done.append(step())
        except MelError as error:
            done.append(Check(name, "failed", str(error)))
    return done


def _joined(client: Client, name: str, what: str) -> Check:
    """Ask whether this account has joined, which takes accepting the rules."""
    unsure = f"Kaggle's list does not tell whether you joined; the {what} itself will"
    try:
        text = client.ask("competitions", "list", "--search", name, "--csv", about=name)
    except ClientError as error:
        if error.reason in ("credentials", "network", "silent", "rate"):
            raise
        return Check("rules", "warning", unsure)
    entered = _entered(text, name)
    if entered is None:
        return Check("rules", "warning", unsure)
    if entered:
        return Check("rules", "ok", "joined, rules accepted")
    raise ClientError(
        "rules", f"{name}: not joined; join and accept the rules at {page(name, 'rules')}"
    )


def _entered(text: str, name: str) -> bool | None:
    """Read userHasEntered of one competition; None where the list does not hold it."""
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.lower().startswith("ref,")), len(lines))
    for row in csv.DictReader(lines[start:]):
        if (row.get("ref") or "").rstrip("/").rpartition("/")[2].lower() == name.lower():
            said = (row.get("userHasEntered") or "").strip().lower()
            return {"true": True, "false": False}.get(said)
    return None

"""The scores of all that was sent, brought up to date."""

from pathlib import Path
from typing import Any

from mel.errors import MelError
from mel.kaggle.client import find, usable
from mel.submit.beside import now, read_beside, sent_of, update
from mel.submit.sending.remote import submissions

__all__ = ["refresh"]


def refresh(folder: Path | str, *, patience: float = 120.0) -> int:
    """Ask Kaggle for the scores of all that was sent from a folder; give how many have changed.

    A private score becomes known only when a competition ends. Raises ClientError where Kaggle
    cannot be asked.
    """
    sent = [
        (path, str(content.get("sha256")), one)
        for path in sorted(Path(folder).glob("*.json"))
        for content in [_submission(path)]
        for one in sent_of(content)
        if one["state"] != "refused"
    ]
    if not sent:
        return 0
    client = find(patience=patience)
    usable(client)
    names = sorted({str(one["competition"]) for *_, one in sent})
    there = {name: submissions(client, name) for name in names}
    changed = 0
    for path, sha256, one in sent:
        listed = there[one["competition"]]
        row = next((r for r in listed if f"[{one['tag']}]" in r.description), None)
        if row is None:
            continue
        facts = {"state": row.state, "public": row.public, "private": row.private}
        if not facts.items() <= one.items():
            update(path, sha256, one["tag"], **facts, ref=row.ref, scored=now())
            changed += 1
    return changed


def _submission(path: Path) -> dict[str, Any]:
    try:
        return read_beside(path)
    except MelError:  # another's JSON
        return {}

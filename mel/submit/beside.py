"""The JSON beside a submission: what it was made of, and what became of it on Kaggle."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from mel.errors import MelError
from mel.files import atomic, digest_file, read_json, versions, write_json

__all__ = [
    "SCHEMA",
    "begin",
    "carry",
    "now",
    "read_beside",
    "refuse_place",
    "sent_of",
    "update",
    "write_both",
]

SCHEMA = 1
_SENT = ("competition", "tag", "state", "time")  # what every sending has
_STATES = ("sending", "pending", "complete", "error", "refused")
_CV = ("auc", "low", "high", "images")
_SHOWN = 8  # digits of a file's digest in the name under which a sent submission is kept


def now() -> str:
    """Give the time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def begin(name: str, **facts: Any) -> dict[str, Any]:
    """Give what every such JSON holds, with `facts` after the name."""
    common = {"kind": "submission", "schema": SCHEMA, "name": name}
    return common | facts | {"versions": versions(), "time": now()}


def refuse_place(path: Path, *inputs: object) -> None:
    """Refuse a submission's place that is no CSV's, or one of the files it is made from.

    Of `inputs` only paths are looked at. Raises MelError.
    """
    if not path.name or path.is_dir() or path.suffix.lower() == ".json":
        raise MelError(
            f"{path}: is no place for a submission, which is a CSV with a JSON beside it; name a "
            "file: --out FILE.csv"
        )
    given = {Path(one).resolve() for one in inputs if isinstance(one, str | Path)}
    if path.resolve() in given:
        raise MelError(f"{path}: is one of the files to read; write elsewhere: --out FILE")


def write_both(
    frame: pl.DataFrame, path: Path, describe: Callable[[str], Mapping[str, Any]]
) -> None:
    """Write the CSV and its JSON, both or neither; `describe` gives the JSON by the CSV's digest.

    A submission of that path that was sent is kept: see `carry`. Raises MelError, as where the
    disk is full.
    """
    with atomic(path) as temporary:
        frame.write_csv(temporary)
        sent = carry(path, sha256 := digest_file(temporary))
        more = {"sent": sent} if sent else {}
        write_json(path.with_suffix(".json"), {**describe(sha256), **more})


def read_beside(path: Path) -> dict[str, Any]:
    """Read a submission's JSON; empty where there is none. Raises MelError for another's JSON."""
    if not path.exists():
        return {}
    content = read_json(path)
    if not _is_whole(content):
        raise MelError(
            f"{path}: is no submission's JSON, and the place of one; move it, or rename the CSV"
        )
    return dict(content)


def _is_whole(content: object) -> bool:
    """Say whether that is a submission's JSON, all that is read from it of the right kind."""
    if not isinstance(content, dict) or content.get("kind") != "submission":
        return False
    cv, sent = content.get("cv"), content.get("sent", [])
    return (
        content.get("schema") == SCHEMA
        and isinstance(content.get("name"), str)
        and isinstance(content.get("time", ""), str)
        and isinstance(content.get("synthetic", False), bool)
        and _is_number(content.get("rows"))
        and (not cv or _is_worth(cv))
        and isinstance(sent, list)
        and all(map(_is_sending, sent))
    )


def _is_worth(cv: object) -> bool:
    """Say whether that is an AUC, with what is known besides."""
    return (
        isinstance(cv, dict)
        and cv.get("auc") is not None
        and all(_is_number(cv.get(name)) for name in _CV)
    )


def _is_sending(one: object) -> bool:
    """Say whether that is what is noted of one sending."""
    return (
        isinstance(one, dict)
        and all(isinstance(one.get(name), str) for name in _SENT)
        and one["state"] in _STATES
        and all(name in one and _is_number(one[name]) for name in ("public", "private"))
    )


def _is_number(value: object) -> bool:
    """Say whether that is a number or not known."""
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def sent_of(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Give what is known of each time that a submission was sent, the last one last."""
    return [dict(one) for one in content.get("sent", [])]


def update(path: Path, sha256: str, tag: str, **facts: Any) -> None:
    """Note facts of the sending `tag` in the JSON of the file of that digest, whole or not at all.

    The JSON is looked for under its name and, where the submission was made anew meanwhile, under
    the one by which `carry` keeps it. Raises MelError where it is gone.
    """
    places = (path, _kept(path, sha256))
    place = next((p for p in places if read_beside(p).get("sha256", "") == sha256), None)
    if place is None or not place.exists():
        raise MelError(
            f"{path}: is gone, and with it the place to note {_short(facts)}; "
            "Kaggle's page of your submissions has it"
        )
    content = read_beside(place)
    rows = sent_of(content)
    row = next((one for one in rows if one["tag"] == tag), None)
    if row is None:
        rows.append({"tag": tag} | facts)
    else:
        row |= facts
    write_json(place, content | {"sent": rows})


def carry(path: Path, sha256: str) -> list[dict[str, Any]]:
    """Before `path` is written anew with that digest, give what is known of the file's sendings.

    That is something only where the very same file was sent. Another one that was sent is kept:
    blend.csv that Kaggle has becomes blend-205fc341.csv, its JSON with it. One that was not sent,
    or is no longer what its JSON describes, is left to be written over.
    """
    beside = path.with_suffix(".json")
    content = read_beside(beside)
    sent, before = sent_of(content), str(content.get("sha256"))
    if before == sha256 or not sent:
        return sent
    if path.is_file() and digest_file(path) == before:
        kept = _kept(beside, before)
        write_json(kept, content)
        path.replace(kept.with_suffix(path.suffix))
        beside.unlink()
    return []


def _kept(beside: Path, sha256: str) -> Path:
    return beside.with_name(f"{beside.stem}-{sha256[:_SHOWN]}.json")


def _short(facts: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items() if value is not None)

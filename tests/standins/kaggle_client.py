"""A stand-in for Kaggle's client: its arguments, its output, its failures, and no network.

What it does is told by the JSON file that STANDIN names: version, files (name -> size on its
server, contents made from the name), page (files a page), and faults by command. For submissions:
looks (how often one is pending), public, private, verdict, left and today (of the daily limit).
"""

# ruff: noqa: T201

import argparse
import csv
import hashlib
import io
import json
import os
import sys
import time
from pathlib import Path

PLACE = Path(os.environ.get("STANDIN", os.devnull))
WORLD = json.loads(PLACE.read_text() or "{}")


def content(name: str, size: int) -> bytes:
    block = hashlib.sha256(name.encode()).digest()
    return (block * (size // len(block) + 1))[:size]


def archive() -> bytes:
    import zipfile  # here, since it takes longer to import than all else

    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as opened:
        for name, size in WORLD["files"].items():
            opened.writestr(zipfile.ZipInfo(name), content(name, size))
    return sink.getvalue()


def note(**facts: object) -> None:
    with PLACE.with_suffix(".log").open("a") as log:
        log.write(json.dumps({"argv": sys.argv[1:], "pid": os.getpid(), **facts}) + "\n")


def misbehave(fault: dict) -> None:
    """Do what the fault says: print, hang, and end."""
    if fault.get("environment"):
        print(dict(os.environ), file=sys.stderr)
        for path in (".kaggle/kaggle.json", ".kaggle/access_token", ".kaggle/credentials.json"):
            if (file := Path(os.environ["HOME"]) / path).exists():
                print(file.read_text(), file=sys.stderr)
    print(fault.get("stdout", ""), end="", flush=True)
    print(fault.get("stderr", ""), end="", file=sys.stderr, flush=True)
    if "sleep" in fault:
        time.sleep(fault["sleep"])
    if "kill" in fault:
        os.kill(os.getpid(), fault["kill"])
    if "status" in fault:
        sys.exit(fault["status"])


def files(arguments: argparse.Namespace) -> None:
    names = list(WORLD["files"])
    page, start = WORLD.get("page", 20), int((arguments.page_token or "t0")[1:])
    end = start + min(page, arguments.page_size)
    if end < len(names):
        print(f"Next Page Token = t{end}")
    writer = csv.writer(sys.stdout)
    writer.writerow(["name", "size", "creationDate"])
    for name in names[start:end]:
        size = WORLD.get("listed", {}).get(name, WORLD["files"][name])
        writer.writerow([name, size, "2020-05-27 16:00:00"])


def competitions(arguments: argparse.Namespace) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(["ref", "deadline", "category", "reward", "teamCount", "userHasEntered"])
    for name, entered in WORLD.get("entered", {}).items():
        ref = f"https://www.kaggle.com/competitions/{name}"
        writer.writerow([ref, "2020-08-17 23:59:00", "Featured", "$30,000", 3308, entered])


def download(arguments: argparse.Namespace) -> None:
    if arguments.file_name:
        if arguments.file_name not in WORLD["files"]:
            print(
                "404 Client Error: Not Found for url: https://api.kaggle.com/v1/x", file=sys.stderr
            )
            sys.exit(1)
        name = arguments.file_name.rpartition("/")[2]
        data = content(arguments.file_name, WORLD["files"][arguments.file_name])
        if arguments.file_name in WORLD.get("wrapped", []):
            import zipfile

            sink = io.BytesIO()
            with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as opened:
                opened.writestr(name, data)
            name, data = f"{name}.zip", sink.getvalue()
    else:
        made = WORLD.get("archive")
        data = Path(made).read_bytes() if made else archive()
        name = f"{arguments.competition}.{WORLD.get('suffix', 'zip')}"
    out = Path(arguments.path) / name
    print(f"Downloading {name} to {out.parent}", flush=True)
    receive(out, data)


def receive(out: Path, data: bytes) -> None:
    """Write like the client: in place, with a mark of what may be resumed, and a bar."""
    marker = out.with_name(f"{out.name}.kaggle-partial")
    start = out.stat().st_size if out.exists() and marker.exists() else 0
    note(start=start)
    if start and WORLD.get("cannot_resume"):
        raise TypeError("call() got an unexpected keyword argument 'headers'")
    slow, block = WORLD.get("slow", 0), WORLD.get("block", 2**20)
    marker.write_text("{}")
    with out.open("ab" if start else "wb") as sink:
        for place in range(start, len(data), block):
            sink.write(data[place : place + block])
            sink.flush()
            total = WORLD.get("announced", len(data))
            shown = f"{min(place + block, len(data)) / 2**20:.2f}M/{total / 2**20:.2f}M"
            print(
                f"\r 10%|#  | {shown} [00:01<00:09, 1.00MB/s]", end="", file=sys.stderr, flush=True
            )
            if WORLD.get("stop_at") and place + block >= WORLD["stop_at"]:
                misbehave(WORLD["stop"])
            time.sleep(slow)
    marker.unlink(missing_ok=True)


def sent() -> list[dict]:
    place = PLACE.with_suffix(".sent")
    return json.loads(place.read_text()) if place.exists() else []


def keep(rows: list[dict]) -> None:
    PLACE.with_suffix(".sent").write_text(json.dumps(rows))


def submit(arguments: argparse.Namespace) -> None:
    """Take a submission, as client 2.2.4 does, or fail half-way, after Kaggle has it."""
    if bool(arguments.kernel) != bool(arguments.version):
        print("Code competition submissions require both the ...", file=sys.stderr)
        sys.exit(1)
    if not arguments.kernel:
        size = Path(arguments.file_name).stat().st_size
        print(f"100%|##| {size}/{size} [00:00<00:00, 1.71kB/s]", file=sys.stderr)
    row = {"description": arguments.message, "looks": 0, "fileName": Path(arguments.file_name).name}
    keep([row, *sent()])
    misbehave(WORLD.get("after", {}))
    print(f"{WORLD.get('left', 4)} submissions remaining today.")
    print(f"Successfully submitted to {arguments.competition.title()}", end="")


def submissions(arguments: argparse.Namespace) -> None:
    rows = [] if WORLD.get("unlisted") else sent()
    for row in rows:
        row["looks"] += 1
    keep(rows or sent())
    if not rows:
        print("No submissions found")
        return
    old = WORLD.get("version", "2").startswith("1")
    writer = csv.writer(sys.stdout)
    names = ["fileName", "date", "description", "status", "publicScore", "privateScore"]
    writer.writerow(names if old else ["ref", *names])
    for number, row in zip(range(100 + len(rows), 100, -1), rows, strict=True):
        pending = row["looks"] <= WORLD.get("looks", 0)
        state = "PENDING" if pending else WORLD.get("verdict", "COMPLETE")
        status = state.lower() if old else f"SubmissionStatus.{state}"
        scored = state == "COMPLETE"
        scores = [WORLD.get(k, "") if scored else "" for k in ("public", "private")]
        line = [row["fileName"], "2026-11-23 12:00:00.123000", row["description"], status, *scores]
        writer.writerow(line if old else [number, *line])


def limits(arguments: argparse.Namespace) -> None:
    found = {
        "numToday": WORLD.get("today", 1),
        "numTotal": 7,
        "numAllowedNow": WORLD.get("left", 4),
    }
    print(json.dumps({name: count for name, count in found.items() if count}, indent=2))


def main() -> None:
    note()
    if sys.argv[1:] == ["--version"]:
        misbehave(WORLD.get("faults", {}).get("version", {}))
        print(WORLD.get("banner", "Kaggle CLI"), WORLD.get("version", "2.2.4"))
        return
    parser = argparse.ArgumentParser(prog="kaggle")
    parser.add_argument("-W", "--no-warn", action="store_true")
    groups = parser.add_subparsers(dest="group", required=True)
    commands = groups.add_parser("competitions").add_subparsers(dest="command", required=True)
    listing = commands.add_parser("files")
    listing.add_argument("competition")
    listing.add_argument("-v", "--csv", action="store_true")
    listing.add_argument("--page-token")
    listing.add_argument("--page-size", type=int, default=20)
    bringing = commands.add_parser("download")
    bringing.add_argument("competition")
    bringing.add_argument("-f", "--file", dest="file_name")
    bringing.add_argument("-p", "--path", default=".")
    searching = commands.add_parser("list")
    searching.add_argument("-s", "--search")
    searching.add_argument("-v", "--csv", action="store_true")
    sending = commands.add_parser("submit")
    sending.add_argument("competition")
    sending.add_argument("-f", "--file", dest="file_name")
    sending.add_argument("-k", "--kernel")
    sending.add_argument("-v", "--version")
    sending.add_argument("-m", "--message", required=True)
    looking = commands.add_parser("submissions")
    looking.add_argument("competition")
    looking.add_argument("-v", "--csv", action="store_true")
    if not WORLD.get("version", "2").startswith("1"):
        looking.add_argument("--page-size", type=int)
        counting = commands.add_parser("submission-limits")
        counting.add_argument("competition")
        counting.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    print(WORLD.get("warning", ""), end="")
    fault = WORLD.get("faults", {}).get(arguments.command, {})
    if "on_token" not in fault or getattr(arguments, "page_token", None) == fault["on_token"]:
        misbehave(fault)
    doors = {"files": files, "download": download, "list": competitions, "submit": submit}
    doors |= {"submissions": submissions, "submission-limits": limits}
    doors[arguments.command](arguments)


if __name__ == "__main__":
    main()

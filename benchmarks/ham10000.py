"""The main job on HAM10000: writes benchmarks/results/ham10000.md.

python benchmarks/ham10000.py --data DIR --work work/ham10000
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "ham10000.md"
RECIPE = "recipes/ham10000.toml"


def main() -> None:
    """Run the recipe, then keep its summary with the command, the machine and the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="folder of HAM10000")
    parser.add_argument("--work", required=True, type=Path, help="work folder")
    parser.add_argument("--note", default="", help="what else a reader of the result must know")
    given = parser.parse_args()
    options = ["--data", given.data.resolve(), "--work", given.work.resolve()]
    subprocess.run([sys.executable, "-m", "mel.cli", "run", RECIPE, *options], cwd=ROOT, check=True)
    found = json.loads((given.work / "summary.json").read_text(encoding="utf-8"))
    minutes = sum(found["seconds"].values()) / 60
    summary = (given.work / "summary.md").read_text(encoding="utf-8")
    title, _, rest = summary.partition("\n")
    RESULT.parent.mkdir(exist_ok=True)
    head = f"{title}\n\n{_origin(minutes)}\n\n{_verdict(found['scores'])} {given.note}".rstrip()
    RESULT.write_text(f"{head}\n{rest}", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


def _verdict(scores: list[dict[str, Any]]) -> str:
    """Say how the blend's honest AUC compares with 0.88 and with the best member's."""
    blend = next(row for row in scores if row["kind"] == "blend")["oof"]["auc"]
    members = [row for row in scores if row["kind"] in ("cnn", "stack")]
    best = max(members, key=lambda row: row["oof"]["auc"])
    return (
        f"The blend's honest out-of-fold AUC is {blend:.4f}: {blend - 0.88:+.4f} against 0.88, "
        f"{blend - best['oof']['auc']:+.4f} against the best member, {best['member']}."
    )


def _origin(minutes: float) -> str:
    machine = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    command = f"mel run {RECIPE} --data DIR --work DIR"
    return (
        f"- command: `{command}`\n- machine: {machine}\n- time: {minutes:.0f} minutes, all stages"
    )


if __name__ == "__main__":
    main()

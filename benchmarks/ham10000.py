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

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "ham10000.md"
RECIPE = "recipes/ham10000.toml"


def main() -> None:
    """Run the recipe, then keep its summary with the command, the machine and the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="folder of HAM10000")
    parser.add_argument("--work", required=True, type=Path, help="work folder")
    given = parser.parse_args()
    options = ["--data", given.data.resolve(), "--work", given.work.resolve()]
    subprocess.run([sys.executable, "-m", "mel.cli", "run", RECIPE, *options], cwd=ROOT, check=True)
    seconds = json.loads((given.work / "summary.json").read_text(encoding="utf-8"))["seconds"]
    summary = (given.work / "summary.md").read_text(encoding="utf-8")
    title, _, rest = summary.partition("\n")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(f"{title}\n\n{_origin(sum(seconds.values()) / 60)}\n{rest}", encoding="utf-8")
    print(RESULT.read_text(encoding="utf-8"))


def _origin(minutes: float) -> str:
    machine = f"{os.cpu_count()} {platform.machine()} cores, Python {platform.python_version()}"
    command = f"mel run {RECIPE} --data DIR --work DIR"
    return (
        f"- command: `{command}`\n- machine: {machine}\n- time: {minutes:.0f} minutes, all stages"
    )


if __name__ == "__main__":
    main()

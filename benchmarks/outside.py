"""Other people's packages, each installed from the registry into an environment of its own."""

import json
import os
import subprocess
import venv
from pathlib import Path
from typing import Any

__all__ = ["THREADS", "environment", "told"]

THREADS = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)


def environment(folder: Path, *packages: str) -> str:
    """Make a virtual environment, unless `folder` has it already; give its Python."""
    python = str(folder / "bin" / "python")
    if not Path(python).exists():
        venv.create(folder, with_pip=True)
    subprocess.run([python, "-m", "pip", "install", "-q", *packages], check=True)
    return python


def told(python: str, *arguments: str, one_thread: bool) -> dict[str, Any]:
    """Run that Python, by one thread or by as many as it likes; give the JSON of its last line."""
    own = {name: value for name, value in os.environ.items() if name not in THREADS}
    own["OMP_WAIT_POLICY"] = "passive"  # threads that wait let others have the core
    done = subprocess.run(
        [python, "-I", *arguments],  # it sees neither PYTHONPATH nor the modules of this folder
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        env=own | (THREADS if one_thread else {}),
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found

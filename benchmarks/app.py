"""The app's answers: seconds a photo, and ten users at once: writes benchmarks/results/app.md.

python benchmarks/app.py --bundle work/demo/demo.mel --photos work/demo/competition/jpeg/test

The first part scores photos one by one as a page does, from the bytes to the drawn map. The second
opens ten browser windows, Chromium's, on this same machine, which send a photo at the same moment,
again and again, and watches the server's memory. Needs Chromium and Playwright.
"""

import argparse
import importlib.util
import os
import platform
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from mel.app.drawing import bars, drawn
from mel.app.model import Model
from mel.app.picturing import layers
from mel.app.session import Session

ROOT = Path(__file__).parent.parent
RESULT = ROOT / "benchmarks" / "results" / "app.md"
USERS, ROUNDS, WARM = 10, 40, 10
EVERY = 4  # rounds to a row of the table
PACKAGES = ("mel", "streamlit", "openvino", "playwright", "pillow", "numpy")


class File:
    """A photo as a browser sends it."""

    def __init__(self, path: Path) -> None:
        self.name, self._data = path.name, path.read_bytes()
        self.size = len(self._data)

    def getvalue(self) -> bytes:
        """Its bytes."""
        return self._data


def main() -> None:
    """Measure both, and keep the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", required=True, type=Path)
    parser.add_argument("--photos", required=True, type=Path, help="a folder of .jpg files")
    given = parser.parse_args()
    photos = sorted(given.photos.glob("*.jpg"))
    start = time.perf_counter()
    model = Model.open(given.bundle)
    opening = time.perf_counter() - start
    alone = _alone(model, photos)
    crowd = _crowd(given.bundle, photos)
    RESULT.write_text(
        f"# The app\n\n{_origin(model)}\n\n## One photo after the other\n\n"
        f"Opening the bundle took {opening:.1f} s. Then {len(alone)} photos, each from bytes to "
        f"the drawn map, after {WARM} to warm up:\n\n{_quantiles(alone)}\n\n"
        f"## {USERS} users at once\n\n{crowd}\n",
        encoding="utf-8",
    )
    print(RESULT.read_text(encoding="utf-8"))


def _alone(model: Model, photos: Sequence[Path]) -> list[float]:
    spent = []
    for path in photos[: WARM + 100]:
        session, file = Session(), File(path)
        start = time.perf_counter()
        session.take([file])
        (found,) = session.found(model, together=False, progress=lambda *_: None)
        layers(model, found)
        drawn(model, found)
        bars(found.parts)
        spent.append(time.perf_counter() - start)
    return spent[WARM:]


def _crowd(bundle: Path, photos: Sequence[Path]) -> str:
    """Let windows send photos at the same moment; say how long and in how much memory."""
    pictures = _pictures()
    with pictures.start(bundle) as (address, pid), pictures.browser() as first:
        contexts = [first.context.browser.new_context() for _ in range(USERS)]
        pages = [context.new_page() for context in contexts]
        for page in pages:
            page.set_default_timeout(120_000)
            page.goto(address)
            pictures.settled(page)
        rows, answers, failed = [], [], 0
        for turn in range(ROUNDS):
            found, faults = _turn(pages, photos, turn)
            failed += faults
            answers += found if turn else []
            rows.append((turn + 1, float(np.median(found)), max(found), _memory(pid)))
        seen = _quantiles(answers)
        for context in contexts:
            context.close()
    table = ["| round | median s | slowest s | server MB |", "|---:|---:|---:|---:|"]
    table += [
        f"| {turn} | {middle:.2f} | {most:.2f} | {mb:.0f} |"
        for turn, middle, most, mb in rows
        if turn == 1 or turn % EVERY == 0
    ]
    return (
        f"{USERS} windows, {ROUNDS} rounds: {USERS * ROUNDS} photos, {failed} failures. Seconds "
        "from choosing the file to the answer on the screen, the browser's own work on the same "
        f"processor included, without the first round:\n\n{seen}\n\n" + "\n".join(table) +
        f"\n\n{_growth([row[3] for row in rows])}"
    )  # fmt: skip


def _growth(memory: Sequence[float]) -> str:
    """Say how the server's memory went on: the medians of each quarter of the rounds."""
    quarters = [float(np.median(part)) for part in np.array_split(memory, 4)]
    told = ", ".join(f"{quarter:.0f}" for quarter in quarters)
    return (
        f"The server's memory, median of each quarter of the rounds: {told} MB; from the third to "
        f"the last {quarters[3] - quarters[2]:+.0f} MB."
    )


def _turn(pages: Sequence[Any], photos: Sequence[Path], turn: int) -> tuple[list[float], int]:
    """Send a photo from every window, wait for all answers, and take the photos away again."""
    starts = []
    for user, page in enumerate(pages):
        path = photos[(turn * len(pages) + user) % len(photos)]
        starts.append(time.perf_counter())
        page.locator("input[type=file]").set_input_files(str(path))
    spent, failed = [], 0
    for page, start in zip(pages, starts, strict=True):
        page.get_by_text("calibrated risk").wait_for()
        spent.append(time.perf_counter() - start)
        failed += page.locator("[data-testid=stException], [data-testid=stAlert]").count()
    for page in pages:
        page.get_by_role("button", name="Remove", exact=True).click()
        page.get_by_text("Each photo shows one mole").wait_for()
    return spent, failed


def _pictures() -> ModuleType:
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
    module = importlib.util.module_from_spec(spec)  # type: ignore[arg-type]
    spec.loader.exec_module(module)  # type: ignore[union-attr]
    return module


def _memory(pid: int) -> float:
    """Give a process's resident memory in MB."""
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _quantiles(spent: Sequence[float]) -> str:
    ends = np.quantile(spent, (0.5, 0.95, 1))
    cells = " | ".join(f"{value:.2f}" for value in ends)
    return f"| median s | 95 % within s | slowest s |\n|---:|---:|---:|\n| {cells} |"


def _origin(model: Model) -> str:
    busy = os.getloadavg()[1] / (os.cpu_count() or 1)
    return (
        "- command: `python benchmarks/app.py --bundle work/demo/demo.mel "
        "--photos work/demo/competition/jpeg/test`\n"
        f"- machine: {os.cpu_count()} {platform.machine()} cores, Python "
        f"{platform.python_version()}; other work on it: {busy:.1f} busy processes a core, this "
        f"one among them\n- bundle: {', '.join(model.scorer.members)}, "
        f"{model.scorer.n_folds} folds, {model.scorer.precision}\n"
        f"- versions: {', '.join(f'{name} {version(name)}' for name in PACKAGES)}"
    )


if __name__ == "__main__":
    main()

"""The app in a real browser, from upload to report: writes docs/app.png and docs/app.gif.

python docs/pictures.py [--bundle FILE] [--photos DIR]

Without --bundle the demo is made in work/demo, or found there; --photos are its test pictures
unless given. Needs Chromium, as Debian and others package it, and `pip install playwright`; no
browser is downloaded. The browser tests go the same way with a smaller bundle.
"""

import argparse
import io
import os
import shutil
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image

from mel.app.serving import BUNDLE, command

__all__ = ["FULL", "browser", "found_chromium", "settled", "start", "upload"]

DOCS = Path(__file__).parent
FULL = 1280, 900  # pixels of a window on a desk
_PICTURE, _FRAME = 1500, 760  # pixels of the picture's height and of the GIF's width
_KILOBYTES = 390  # of the picture, at most
_PATIENCE = 90.0  # seconds: a busy machine opens the bundle slowly


def found_chromium() -> str | None:
    """Give the path of a Chromium that the system has."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if (path := shutil.which(name))), None)


@contextmanager
def start(bundle: Path, environment: dict[str, str] | None = None) -> Iterator[tuple[str, int]]:
    """Serve the app on a free port; give its address and the server's process."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    own = {BUNDLE: str(bundle.resolve()), "PYTHONPATH": str(DOCS.parent)}
    given = os.environ | own | (environment or {})
    server = subprocess.Popen(  # noqa: S603  # our own words
        command("localhost", port), env=given, cwd=given.get("HOME"),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"http://localhost:{port}"
    try:
        _wait(f"{address}/_stcore/health", server)
        yield address, server.pid
    finally:
        server.terminate()
        server.wait()


def _wait(address: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + _PATIENCE
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(address, timeout=2):  # noqa: S310  # this machine's own
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit(f"no answer at {address}")


@contextmanager
def browser(size: tuple[int, int] = FULL, *, dark: bool = False) -> Iterator[Any]:
    """Give a page of a fresh, headless browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=found_chromium(), args=["--no-sandbox", "--disable-gpu"]
        )
        page = chromium.new_page(
            viewport={"width": size[0], "height": size[1]},
            color_scheme="dark" if dark else "light",
        )
        page.set_default_timeout(1000 * _PATIENCE)
        yield page
        chromium.close()


def settled(page: Any) -> None:
    """Wait until the app has nothing more to show."""
    page.wait_for_selector("h1")
    waiting = "[data-testid=stStatusWidget], [data-testid=stSkeleton], [data-stale=true]"
    for _ in range(2):  # what comes last may start something once more
        page.wait_for_timeout(300)
        page.wait_for_function(f"!document.querySelector('{waiting}')")


def upload(page: Any, photos: Sequence[Path]) -> None:
    """Choose files, and wait for what is said of them."""
    picker = page.locator("input[type=file]")
    picker.evaluate("e => { e.dataset.sent = 'yes'; }")
    picker.set_input_files([str(path) for path in photos])
    page.wait_for_function(
        "!document.querySelector('[data-sent]')"
    )  # a new, empty one stands there
    page.get_by_role("button", name="Report to print").wait_for()
    settled(page)


def main() -> None:
    """Make both pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", type=Path, help="a bundle instead of the demo's")
    parser.add_argument("--photos", type=Path, help="a folder of at least four pictures")
    given = parser.parse_args()
    work = Path("work/demo")
    if given.bundle is None:
        from mel.pipeline import demo_bundle

        given.bundle = demo_bundle(work)
    folder = given.photos or work / "competition" / "jpeg" / "test"
    photos = sorted(folder.glob("*.jpg"))
    frames: list[Image.Image] = []
    with start(given.bundle) as (address, _), browser() as page:
        page.goto(address)
        settled(page)
        frames.append(_shot(page))
        upload(page, photos[:1])
        frames.append(_at(page, "What the ensemble says"))
        page.get_by_text("What each part contributes").first.click()
        settled(page)
        frames.append(_at(page, "What the ensemble says", 80))
        page.get_by_text("Examples", exact=True).click()
        page.get_by_role("button", name="of one person").first.click()
        settled(page)
        page.get_by_role("button", name="Remove", exact=True).first.click()
        settled(page)
        page.get_by_role("button", name="Add Example 1").click()
        settled(page)
        page.get_by_role("button", name="of the first for all").click()
        settled(page)
        frames.append(_at(page, "What the ensemble says"))
        page.set_viewport_size({"width": FULL[0], "height": _PICTURE})
        _keep_png(_at(page, "What the ensemble says"), DOCS / "app.png")
        page.set_viewport_size({"width": FULL[0], "height": FULL[1]})
        page.get_by_role("link", name="The model").click()
        page.get_by_role("heading", name="The model, and").wait_for()
        settled(page)
        frames.append(_shot(page))
    _keep_gif(frames, DOCS / "app.gif")


def _shot(page: Any) -> Image.Image:
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def _at(page: Any, heading: str, further: int = 0) -> Image.Image:
    """Take what is seen from a heading on."""
    page.get_by_role("heading", name=heading).evaluate(
        "(e, further) => { const m = document.querySelector('.stMain');"
        "m.scrollTop += e.getBoundingClientRect().top - 70 + further; }",
        further,
    )
    page.wait_for_timeout(500)
    return _shot(page)


def _keep_png(image: Image.Image, path: Path) -> None:
    """Keep a picture of less than 400 kB: in all its colours, or in 256 of them."""
    image.save(path, optimize=True)
    if path.stat().st_size > _KILOBYTES * 1000:
        few = image.quantize(256, method=Image.Quantize.MAXCOVERAGE)
        image.quantize(palette=few, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)


def _keep_gif(frames: Sequence[Image.Image], path: Path) -> None:
    height = round(_FRAME * frames[0].height / frames[0].width)
    small = [frame.resize((_FRAME, height), Image.Resampling.LANCZOS) for frame in frames]
    few = [frame.quantize(128, method=Image.Quantize.MEDIANCUT) for frame in small]
    few[0].save(path, save_all=True, append_images=few[1:], duration=2600, loop=0, optimize=True)


if __name__ == "__main__":
    main()

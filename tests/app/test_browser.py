"""The whole way in a real browser, from upload to report, on a desk and on a phone."""

import importlib.util
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytest.importorskip("streamlit", reason="needs Streamlit: mel[app]")
pytest.importorskip("playwright", reason="needs Playwright: pip install playwright")

ROOT = Path(__file__).parents[2]
PHONE = 390, 844


def loaded() -> ModuleType:
    """The script that makes the pictures of the papers goes the same way."""
    spec = importlib.util.spec_from_file_location("pictures", ROOT / "docs" / "pictures.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


pictures = loaded()

if pictures.found_chromium() is None:
    pytest.skip("no Chromium is installed: apt install chromium", allow_module_level=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The server's home and its folder for temporary files: nothing is to appear in them."""
    folder = tmp_path_factory.mktemp("server")
    for name in ("home", "tmp"):
        (folder / name).mkdir()
    return folder


@pytest.fixture(scope="module")
def server(bundle: Path, place: Path) -> Iterator[tuple[str, int]]:
    own = {"HOME": str(place / "home"), "TMPDIR": str(place / "tmp")}
    with pictures.start(bundle, own) as found:
        yield found


def foreign(pid: int) -> list[str]:
    """Connections of a process to anywhere but this machine, as Linux lists them."""
    found = []
    sockets = {str(fd.readlink()) for fd in Path(f"/proc/{pid}/fd").iterdir() if fd.is_symlink()}
    inodes = {m[1] for name in sockets if (m := re.fullmatch(r"socket:\[(\d+)\]", name))}
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            _, _, peer, *rest = line.split()
            own = rest[6] in inodes
            local = peer.startswith(("0100007F", "00000000")) or "0100007F:" in peer
            if own and not local and not set(peer.partition(":")[0]) <= set("01"):
                found.append(f"{table} {peer}")
    return found


def nameless(page: Any) -> list[str]:
    """Controls and pictures that say nothing to who cannot see them."""
    return list(
        page.evaluate(
            """() => [document.querySelector('.stMain'), ...[...document.querySelectorAll('*')]
              .map(e => e.shadowRoot).filter(Boolean)]
            .flatMap(root => [...root.querySelectorAll('input, button, select, img')])
            .filter(e => e.offsetParent !== null && e.ariaHidden !== 'true')
            .filter(e => !(e.labels?.length || e.getAttribute('aria-label') || e.title || e.alt
              || e.innerText?.trim() || e.closest('label, [aria-hidden=true]')
              || e.getAttribute('aria-labelledby')))
            .map(e => e.outerHTML.slice(0, 120))"""
        )
    )


def download(page: Any, name: str, folder: Path) -> Path:
    with page.expect_download() as found:
        page.get_by_role("button", name=name).click()
    found.value.save_as(folder / found.value.suggested_filename)
    return folder / str(found.value.suggested_filename)


def sheets(page: Any, report: Path) -> int:
    """How many sheets of A4 a page is printed on."""
    other = page.context.browser.new_page()
    other.goto(f"file://{report}")
    printed = other.pdf(prefer_css_page_size=True)
    other.close()
    return len(re.findall(rb"/Type\s*/Page\b", printed))


def test_from_upload_to_report_without_a_word_to_anybody_else(
    server: tuple[str, int], place: Path, photos: list[Path], tmp_path: Path
) -> None:
    (tmp_path / "fake.jpg").write_bytes(b"%PDF-1.7")
    address, pid = server
    with pictures.browser() as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        pictures.settled(page)
        assert page.get_by_role("note").first.inner_text().startswith("No diagnosis")
        pictures.upload(page, photos[:1])
        assert page.get_by_text("calibrated risk").count() == 1
        pictures.upload(page, [*photos[1:3], tmp_path / "fake.jpg"])
        assert page.get_by_text("fake.jpg: is a PDF").is_visible()
        assert page.get_by_text("calibrated risk").count() == 3
        assert nameless(page) == []
        page.get_by_role("slider").first.fill("80")
        assert page.locator("[data-part=veil]").first.evaluate("e => e.style.opacity") == "0.8"
        report = download(page, "Report to print", tmp_path)
        assert "3 moles" in report.read_text(encoding="utf-8")
        assert sheets(page, report) == 1
        assert download(page, "Table", tmp_path).read_text(encoding="utf-8").count("\n") == 4
        page.get_by_role("link", name="The model").click()
        page.get_by_role("heading", name="The model, and").wait_for()
        pictures.settled(page)
        page.get_by_role("tab", name="Whole card").click()
        page.wait_for_timeout(500)
        assert foreign(pid) == []
    web = [url for url in asked if not url.startswith(("data:", "blob:", "file:"))]
    assert [
        url for url in web if not url.startswith((address, address.replace("http", "ws")))
    ] == []
    assert [path for path in place.rglob("*") if path.is_file()] == []


def test_a_phone_shows_everything_within_its_width_and_the_keyboard_reaches_it(
    server: tuple[str, int], photos: list[Path]
) -> None:
    with pictures.browser(PHONE, dark=True) as page:
        page.goto(server[0])
        pictures.settled(page)
        pictures.upload(page, photos[:2])
        wide = page.evaluate(
            "[...document.querySelectorAll('.stMain *')].filter(e => !e.closest('.mel-scroll'))"
            ".map(e => e.getBoundingClientRect().right).reduce((a, b) => Math.max(a, b), 0)"
        )
        assert wide <= PHONE[0] + 1
        always = page.locator(".mel-always")
        assert always.is_visible()
        assert "No medical device" in always.inner_text()
        dark = page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        assert dark == "rgb(15, 23, 42)"
        reached = set()
        for _ in range(40):
            page.keyboard.press("Tab")
            reached.add(page.evaluate("document.activeElement.tagName"))
        assert {"INPUT", "BUTTON", "A"} <= reached


def test_more_files_than_are_taken_get_a_friendly_line(
    server: tuple[str, int], photos: list[Path], tmp_path: Path
) -> None:
    for number in range(27):
        (tmp_path / f"{number:03}.jpg").write_bytes(
            photos[number % 3].read_bytes() + b"\0" * number
        )
    with pictures.browser() as page:
        page.goto(server[0])
        pictures.settled(page)
        pictures.upload(page, sorted(tmp_path.glob("*.jpg")))
        assert page.get_by_text("3 more files left aside").is_visible()
        assert page.get_by_role("button", name="Remove", exact=True).count() == 24
        assert sheets(page, download(page, "Report to print", tmp_path)) == 1

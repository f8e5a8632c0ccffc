"""The site says what the program does: commands, messages, links, examples. See `make docs`."""

import doctest
import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
PAGES = sorted(path for path in DOCS.rglob("*.md") if "results" not in path.parts)
MADE = {"reference/commands.md", "reference/errors.md"}
CONFIG = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]


@pytest.fixture(scope="module")
def made() -> Iterator[dict[str, ModuleType]]:
    """The modules beside the pages that make the others, imported as `make docs` does."""
    names = ("commands", "errors", "figures", "messages")
    sys.path.insert(0, str(DOCS))
    try:
        yield {name: __import__(name) for name in names}
    finally:
        sys.path.remove(str(DOCS))
        for name in names:
            sys.modules.pop(name, None)


def sections(page: str) -> dict[str, str]:
    """The text under each command's heading."""
    page = re.sub(r"^## .*$", "### -", page, flags=re.MULTILINE)
    parts = re.split(r"^### (mel .+)$", page, flags=re.MULTILINE)
    return dict(zip(parts[1::2], (text.partition("### -")[0] for text in parts[2::2]), strict=True))


def bare(text: str) -> str:
    """A text without markup, white space and brackets."""
    text = re.sub(r"```\w*|[`*]|\\|^:   |Exit status", "", text, flags=re.MULTILINE)
    return re.sub(r"[\s()\[\]]", "", text)


def help_of(words: str, command: Any) -> str:
    """The real help without its headings, --help itself, and the statuses that all share."""
    context = command.make_context(words, [], resilient_parsing=True)
    heads = r"^(Usage|Arguments|Options|Files|Exit status|Example):|^  0  Done\.$"
    text = re.sub(heads, "", command.get_help(context), flags=re.MULTILINE)
    text = re.sub(r"^  2  An error, .+(\n     .+)*", "", text, flags=re.MULTILINE)
    text = text.replace("-h, --help", "")
    return text.replace("Show this message and exit.", "")


def test_the_reference_says_what_every_help_says(made: dict[str, ModuleType]) -> None:
    known = made["commands"].commands()
    found = sections(made["commands"].page())
    assert set(found) == {words for words, one in known.items() if not hasattr(one, "commands")}
    for words, section in found.items():
        assert bare(section) == bare(help_of(words, known[words])), words


def test_the_reference_has_every_exit_status(made: dict[str, ModuleType]) -> None:
    from mel.cli.helping import STATUSES

    rows = re.findall(r"^\| (\d+) \|", made["commands"].page(), re.MULTILINE)
    assert rows == [str(number) for number in STATUSES]


def test_every_error_message_has_its_cause(made: dict[str, ModuleType]) -> None:
    """Whoever words a new one adds it to docs/errors.toml: its words, under what causes it."""
    assert made["errors"].faults() == []
    assert [m.whole for m in made["messages"].messages() if m.text.startswith("(mel/")] == []
    assert len(made["messages"].messages()) > 500


def test_every_link_of_the_site_leads_to_a_page() -> None:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)[)#]", page.read_text(encoding="utf-8")):
            if "://" in target:
                continue
            place = (page.parent / target).resolve().relative_to(DOCS).as_posix()
            if place.startswith("results/"):
                assert (ROOT / "benchmarks" / place).is_file(), f"{page.name}: {target}"
            elif place not in MADE and not place.startswith("figures/"):
                assert (DOCS / place).is_file(), f"{page.name}: {target}"


def test_the_navigation_has_every_page() -> None:
    def pages(entries: list[dict[str, Any]]) -> Iterator[str]:
        for entry in entries:
            for value in entry.values():
                yield from [value] if isinstance(value, str) else pages(value)

    listed = list(pages(CONFIG["nav"]))
    assert len(set(listed)) == len(listed)
    assert set(listed) | MADE == {path.relative_to(DOCS).as_posix() for path in PAGES} | MADE


def test_the_site_asks_nobody_for_fonts_or_scripts() -> None:
    """What the theme would add of its own, `docs/build.py` looks for in the pages it built."""
    assert CONFIG["theme"]["font"] is False
    local = [*CONFIG["extra_css"], *(one["path"] for one in CONFIG["extra"]["polyfills"])]
    assert all((DOCS / path).is_file() for path in local)


def test_the_concepts_examples_print_what_they_say() -> None:
    tried = 0
    for path in sorted((DOCS / "concepts").glob("*.md")):
        found = doctest.testfile(str(path), module_relative=False)
        assert not found.failed, path.name
        tried += found.attempted
    assert tried > 4


def test_every_figure_of_the_concepts_is_drawn(made: dict[str, ModuleType]) -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    drawn = made["figures"].figures()
    assert set(re.findall(r"figures/(\w+\.svg)", text)) == set(drawn)
    assert all(svg.startswith("<svg") and "prefers-color-scheme" in svg for svg in drawn.values())


def test_the_api_pages_have_every_function() -> None:
    """One that shares its name with a module hides behind it, unless its page names it as well."""
    text = "".join(path.read_text(encoding="utf-8") for path in PAGES)
    named = set(re.findall(r"^::: ([\w.]+)$", text, re.MULTILINE))
    rooms = [name for name in named if (ROOT / name.replace(".", "/") / "__init__.py").is_file()]
    assert {"mel.cnn", "mel.submit"} <= set(rooms)
    for name in rooms:
        room = importlib.import_module(name)
        beside = {path.stem for path in (ROOT / name.replace(".", "/")).iterdir()}
        for each in (getattr(room, hidden) for hidden in beside & set(room.__all__)):
            assert isinstance(each, ModuleType) or f"{each.__module__}.{each.__name__}" in named

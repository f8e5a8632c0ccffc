"""Build the documentation site, strictly: python docs/build.py, which `make docs` does.

What is made from the code is made first: the references of commands and of error messages, the
figures, and the results of the benchmarks as pages. The site lies in build/docs; open index.html.
"""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import commands
import errors
import figures

__all__ = ["main", "make", "outside"]

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
RESULTS = ROOT / "benchmarks" / "results"


def make() -> None:
    """Write every page and figure that is made from something else."""
    for folder in ("figures", "reference", "results"):
        (DOCS / folder).mkdir(exist_ok=True)
    errors.PAGE.write_text(errors.page(), encoding="utf-8")
    commands.PAGE.write_text(commands.page(), encoding="utf-8")
    for name, svg in figures.figures().items():
        (DOCS / "figures" / name).write_text(svg, encoding="utf-8")
    for path in RESULTS.iterdir():
        shutil.copy(path, DOCS / "results")


def outside(site: Path) -> set[str]:
    """Give what the pages and their styles would fetch from elsewhere when they are opened."""
    found = set()
    for path in site.rglob("*"):
        if path.suffix in {".html", ".css"}:
            text = path.read_text(encoding="utf-8")
            found |= set(
                re.findall(r"""<(?:script|img|iframe|source)[^>]+src=["'](\w*:?//[^"']+)""", text)
            )
            found |= set(
                re.findall(r"""<link(?![^>]+canonical)[^>]+href=["'](\w*:?//[^"']+)""", text)
            )
            found |= set(re.findall(r"""(?:@import|url\()\s*["']?(\w*:?//[^"')\s]+)""", text))
    return found


def main() -> None:
    """Make, then build; a link that leads nowhere ends it with status 1."""
    lost = errors.faults()
    if lost:
        sys.exit("\n".join(["docs/errors.toml:", *lost]))
    make()
    shutil.rmtree(ROOT / "build" / "docs", ignore_errors=True)
    words = [sys.executable, "-m", "zensical", "build", "--strict", "--clean"]
    done = subprocess.run(words, cwd=ROOT, check=False)  # noqa: S603  # our own words
    if done.returncode:
        sys.exit("the site was not built: what stands above says why")
    if asked := sorted(outside(ROOT / "build" / "docs")):
        sys.exit("\n".join(["the site would ask others for:", *asked]))
    print(f"the site: {(ROOT / 'build' / 'docs' / 'index.html').relative_to(ROOT)}")


if __name__ == "__main__":
    main()

"""The figures of the concepts, as SVG in light or dark: docs/build.py writes them.

Numbers are those of benchmarks/results, read from there, and of mel's own functions.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

__all__ = ["figures"]

DOCS = Path(__file__).parent
RESULTS = DOCS.parent / "benchmarks" / "results"
_STYLE = """
text { font: 14px system-ui, "Segoe UI", "DejaVu Sans", sans-serif; fill: #1e293b; }
.quiet { fill: #64748b; } .small { font-size: 12px; } .mid { text-anchor: middle; }
.end { text-anchor: end; } .on { fill: #ffffff; font-weight: 600; }
.line { stroke: #94a3b8; fill: none; } .a { fill: #0f766e; } .b { fill: #d97706; }
.c { fill: #2563eb; } .none { fill: #e2e8f0; } .ink { stroke: #1e293b; }
@media (prefers-color-scheme: dark) {
  text { fill: #e2e8f0; } .quiet { fill: #94a3b8; } .none { fill: #334155; } .on { fill: #ffffff; }
  .ink { stroke: #e2e8f0; }
}"""
_COLOURS = ("a", "b", "c")


def figures() -> dict[str, str]:
    """Give each figure by its file's name."""
    return {
        "folds.svg": _folds(),
        "oof.svg": _oof(),
        "stack.svg": _stack(),
        "ranks.svg": _ranks(),
        "shortcuts.svg": _shortcuts(),
    }


def _svg(width: int, height: int, label: str, parts: Sequence[str]) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{label}">'
    )
    return "\n".join([head, f"<style>{_STYLE}\n</style>", *parts, "</svg>", ""])


def _text(x: float, y: float, text: str, kind: str = "") -> str:
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{text}</text>'


def _box(x: float, y: float, size: tuple[float, float], kind: str) -> str:
    width, height = size
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4" class="{kind}"/>'
    )


def _folds() -> str:
    """Draw twelve images of four patients, dealt to three folds in two ways."""
    patients = "AAAABBBCCDDD"
    by_row = [place % 3 for place in range(len(patients))]
    by_patient = [{"A": 0, "B": 1, "C": 2, "D": 2}[name] for name in patients]
    parts = []
    for y, title, folds in ((46, "by image", by_row), (124, "by patient", by_patient)):
        parts.append(_text(82, y + 24, title, "end"))
        for place, (name, fold) in enumerate(zip(patients, folds, strict=True)):
            x = 92 + 31 * place + 9 * "ABCD".index(name)
            parts += [_box(x, y, (28, 36), _COLOURS[fold])]
            parts += [_text(x + 14, y + 23, name, "mid on")]
        parts.append(_text(92, y + 54, _crossing(patients, folds), "quiet small"))
    for fold, kind in enumerate(_COLOURS):
        parts += [_box(92 + 90 * fold, 12, (14, 14), kind)]
        parts += [_text(112 + 90 * fold, 24, f"fold {fold}", "small")]
    return _svg(500, 190, "Dealt by image patients are in several folds, by patient in one", parts)


def _crossing(patients: str, folds: Sequence[int]) -> str:
    seen = {p: {f for q, f in zip(patients, folds, strict=True) if q == p} for p in patients}
    crossing = sorted(name for name, found in seen.items() if len(found) > 1)
    if not crossing:
        return "no patient is in two folds"
    return f"patients {', '.join(crossing)} are in several folds: their networks know them"


def _oof() -> str:
    """Draw five networks: the four folds that train each, and the one it scores."""
    parts = [_text(106 + 78 * fold + 36, 24, f"fold {fold}", "mid small") for fold in range(5)]
    for network in range(5):
        y = 36 + 38 * network
        parts.append(_text(92, y + 21, f"network {network}", "end"))
        for fold in range(5):
            own = fold == network
            parts.append(_box(106 + 78 * fold, y, (72, 32), "a" if own else "none"))
            words, kind = ("scores", "mid on") if own else ("trains", "mid quiet small")
            parts.append(_text(106 + 78 * fold + 36, y + 21, words, kind))
    told = "Green: together one out-of-fold score an image."
    parts.append(_text(92, 252, told, "quiet"))
    return _svg(500, 264, "Each of five networks trains on four folds and scores the fifth", parts)


_Row = tuple[str, float, float, float, str]


def _stack() -> str:
    """Draw the stack's AUC, measured in three ways, from benchmarks/results/stack.md."""
    text = (RESULTS / "stack.md").read_text(encoding="utf-8")
    names = {
        "context, naive": "context, naive",
        "context, out of fold": "context, out of fold",
        "**context, nested**": "context, nested",
        "single, naive": "single, naive",
        "single, out of fold": "single, out of fold",
        "**single, nested**": "single, nested",
        "rank mean of the three": "rank mean, no stack",
    }
    rows = []
    for key, shown in names.items():
        found = re.search(
            rf"^\| {re.escape(key)} \| ([\d.]+) \| [\d.]+ \| ([\d.]+) to ([\d.]+) ",
            text,
            re.MULTILINE,
        )
        if found is None:
            raise SystemExit(f"stack.md: no row {key!r}")
        kind = "b" if "naive" in key else "c" if "rank" in key else "a"
        rows.append((shown, *map(float, found.groups()), kind))
    return _svg(500, 278, "AUC of the stack by how it is measured", [*_intervals(rows, 0.90, 0.96)])


def _shortcuts() -> str:
    """Draw what a model reaches without a picture, from benchmarks/results/explore.md."""
    text = (RESULTS / "explore.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| ([\w +]+) \| ([\d.]+) \| ([\d.]+) to ([\d.]+) \|", text, re.MULTILINE)
    rows = [
        (name, float(auc), float(low), float(high), "b" if "size" in name else "a")
        for name, auc, low, high in found
    ]
    return _svg(500, 214, "AUC from columns alone", [*_intervals(rows, 0.5, 0.9, digits=3)])


def _intervals(rows: Sequence[_Row], low: float, high: float, digits: int = 4) -> Iterator[str]:
    """Draw a dot and its 95 % interval a row, over an axis of AUC."""
    left, width = 178, 254
    step = 0.01 if high - low < 0.1 else 0.1

    def place(value: float) -> float:
        return left + width * (value - low) / (high - low)

    bottom = 16 + 32 * len(rows)
    for tick in range(round((high - low) / step) + 1):
        x = place(low + tick * step)
        yield f'<path d="M{x:g} 8V{bottom}" class="line" stroke-opacity="0.35"/>'
        yield _text(x, bottom + 18, f"{low + tick * step:.2f}", "mid quiet small")
    for number, (name, value, start, end, kind) in enumerate(rows):
        y = 28 + 32 * number
        yield _text(left - 14, y + 5, name, "end")
        yield f'<path d="M{place(start):.1f} {y}H{place(end):.1f}" class="ink" stroke-width="1.5"/>'
        yield f'<circle cx="{place(value):.1f}" cy="{y}" r="6" class="{kind}"/>'
        yield _text(left + width + 18, y + 5, f"{value:.{digits}f}")
    yield _text(left + width, bottom + 34, "AUC, 95 % by patients", "end quiet small")


def _ranks() -> str:
    """Draw two references and where one image's scores stand, as the page computes it."""
    from mel.metrics import percentile

    members = (
        ("a shy network", (0.01, 0.01, 0.02, 0.03, 0.05, 0.08, 0.10, 0.20), 0.09, "a"),
        ("a bold network", (0.10, 0.20, 0.30, 0.40, 0.50, 0.70, 0.80, 0.90), 0.45, "b"),
    )
    parts = []
    for number, (name, known, score, kind) in enumerate(members):
        y = 42 + 84 * number
        rank = percentile([score], list(known)).item()
        parts += [_text(20, y - 14, f"{name}: score {score:g}, rank {rank:g}")]
        parts += [f'<path d="M20 {y + 10}H484" class="line"/>']
        for place, value in enumerate(known):
            parts += [_box(23 + 58 * place, y, (50, 22), kind if value < score else "none")]
            shown = "mid on small" if value < score else "mid quiet small"
            parts += [_text(48 + 58 * place, y + 16, f"{value:g}", shown)]
        x = 19 + 58 * sum(value < score for value in known)
        parts += [f'<path d="M{x} {y - 8}v38" class="ink" stroke-width="2.5"/>']
    told = "Coloured: scores below the image's own. Their share is its rank."
    parts += [_text(20, 196, told, "quiet")]
    return _svg(500, 208, "Where one image stands among two members' out-of-fold scores", parts)

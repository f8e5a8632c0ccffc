"""Lists, tables and figures as the card writes them."""

from collections.abc import Iterable, Mapping, Sequence

__all__ = ["auc", "count", "listed", "table"]


def listed(lines: Iterable[str]) -> str:
    """Write a list."""
    return "\n".join(f"- {line}" for line in lines)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def auc(said: Mapping[str, float], value: str = "pooled") -> str:
    """Write an AUC and its interval."""
    return f"{said[value]:.4f} ({said['low']:.4f} to {said['high']:.4f})"


def count(number: int | None) -> str:
    """Write a number that may be unknown."""
    return "not told" if number is None else f"{number:,}"

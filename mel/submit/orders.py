"""Submissions whose order is not that of the others: upside down, or of other images."""

from collections.abc import Sequence

import polars as pl

from mel.submit.agreement import Agreement, agreement

__all__ = ["strange_orders"]

_WEAK = 0.2  # a correlation that is surely below this is hardly any


def strange_orders(scores: pl.DataFrame, names: Sequence[str]) -> list[str]:
    """Say which columns rank against the sum of the others' ranks, or hardly as they do.

    The strangest is told first and left out, so that it does not count against the others. Nothing
    is said where a correlation is within noise: its 95 % interval holds 0 and more than a little.

    >>> up = [float(n) for n in range(20)]
    >>> frame = pl.DataFrame({"a": up, "b": up, "c": [-n for n in up]})
    >>> for line in strange_orders(frame, ["a.csv", "b.csv", "c.csv"]):
    ...     print(line.partition(" (")[0])
    c.csv: ranks against the others
    """
    called = dict(zip(scores.columns, names, strict=True))
    ranks = scores.select(pl.all().rank("average"))
    ranks = ranks.select(one for one in ranks if one.n_unique() > 1)
    found: list[str] = []
    while ranks.width > 1:
        worst, how = _worst(ranks)
        left = [called[name] for name in ranks.columns]
        line = _line(how, called[worst], left if len(left) == 2 else [])
        if not line:
            break
        found.append(line)
        ranks = ranks.drop(worst) if ranks.width > 2 else pl.DataFrame()
    return found


def _worst(ranks: pl.DataFrame) -> tuple[str, Agreement]:
    """Give the column that agrees least with the others, and how it does."""
    rests = {
        name: agreement(ranks.select(cv=pl.col(name), public=pl.sum_horizontal(pl.exclude(name))))
        for name in ranks.columns
    }
    return min(rests.items(), key=lambda pair: 1.0 if pair[1].rank is None else pair[1].rank)


def _line(how: Agreement, name: str, pair: Sequence[str]) -> str:
    """Word what is odd about an order; of two files, nobody knows which of them it is."""
    if how.low is None or how.high is None or how.low > 0:
        return ""
    said = f"(correlation {how.rank:.2f}, 95 % from {how.low:.2f} to {how.high:.2f})"
    if how.high < 0:
        if pair:
            return f"{' and '.join(pair)} rank against each other {said}; is one upside down?"
        return f"{name}: ranks against the others {said}; is it upside down?"
    if how.high < _WEAK:
        if pair:
            return f"{' and '.join(pair)} hardly agree {said}; are the ids of one mixed up?"
        return f"{name}: hardly agrees with the others {said}; are its ids mixed up?"
    return ""

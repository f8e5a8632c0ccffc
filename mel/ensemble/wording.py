"""Differences as text, with as many decimals as they need."""

__all__ = ["gain_text", "signed"]

_DIGITS = (4, 5, 6)
_NONE = 1e-9


def signed(*values: float) -> list[str]:
    """Give numbers with their signs, all with the fewest decimals that round none of them away.

    >>> signed(0.0042, -0.0007), signed(-0.0003, -0.00002), signed(-1e-17)
    (['+0.0042', '-0.0007'], ['-0.00030', '-0.00002'], ['0.0000'])
    """
    shown = [0.0 if abs(value) < _NONE else value for value in values]
    fits = (d for d in _DIGITS if all(not value or round(value, d) for value in shown))
    digits = next(fits, _DIGITS[-1])
    return [f"{value:+.{digits}f}" if value else f"{0:.{digits}f}" for value in shown]


def gain_text(gain: float, low: float, high: float) -> str:
    """Give a gain and the ends of its interval.

    >>> gain_text(0.0077, 0.0042, 0.0112)
    '+0.0077 (+0.0042 to +0.0112)'
    """
    found = signed(gain, low, high)
    return f"{found[0]} ({found[1]} to {found[2]})"

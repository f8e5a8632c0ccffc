"""Figures in words: shares, frequencies, ratios, places; as many digits as say something."""

__all__ = ["KEPT", "frequency", "percent", "place", "ratio"]

KEPT = "\N{NO-BREAK SPACE}"


def percent(share: float) -> str:
    """Give a share in percent, with as many digits as say something; its sign stays with it.

    >>> [percent(x).replace(KEPT, " ") for x in (0.0004, 0.0312, 0.5, 0.99999)]
    ['under 0.1 %', '3.1 %', '50 %', 'over 99.9 %']
    """
    if share < 0.001:
        return f"under 0.1{KEPT}%"
    if share > 0.999:
        return f"over 99.9{KEPT}%"
    digits = 1 if share < 0.0995 or share > 0.9 else 0
    return f"{100 * share:.{digits}f}{KEPT}%"


def frequency(probability: float) -> str:
    """Give a probability as people out of so many.

    >>> frequency(0.031), frequency(0.004), frequency(0.72), frequency(0.0001)
    ('about 3 in 100', 'about 4 in 1,000', 'about 72 in 100', 'fewer than 1 in 1,000')
    """
    if probability < 0.001:
        return "fewer than 1 in 1,000"
    if probability > 0.99:
        return "more than 99 in 100"
    of = 1000 if probability < 0.0095 else 100
    return f"about {round(of * probability):,} in {of:,}"


def ratio(probability: float, usual: float) -> str:
    """Say how a risk compares with the average of the training pictures.

    >>> ratio(0.09, 0.03), ratio(0.03, 0.03), ratio(0.01, 0.04)
    ('3.0 times the average risk in training', 'about the average risk in training',
     'below the average risk in training')
    """
    end = "the average risk in training"
    if probability >= 1.5 * usual:
        times = probability / usual
        return f"{times:.1f} times {end}" if times < 9.95 else f"{times:.0f} times {end}"
    return f"below {end}" if probability < usual / 1.5 else f"about {end}"


def place(percentile: float) -> str:
    """Say where a score stands among the training pictures.

    >>> place(0.821)
    'higher than 82 % of the training pictures'
    """
    shown = min(max(round(100 * percentile), 0), 100)
    if shown in (0, 100):
        return f"{'lower' if shown == 0 else 'higher'} than nearly all training pictures"
    return f"higher than {shown} % of the training pictures"

"""How the exploration's sentences say a number, a list and a column."""

from collections.abc import Mapping, Sequence

from mel.kaggle.exploring.rates import AGE_BAND, PATIENT_BAND

__all__ = ["TITLES", "article", "kind_of_copies", "listed", "percent", "span"]

TITLES: Mapping[str, str] = {
    "sex": "sex",
    AGE_BAND: "age, in years",
    "site": "site",
    "diagnosis": "diagnosis",
    "source": "source",
    PATIENT_BAND: "images per patient",
    "size": "image size, in pixels",
    "aspect": "aspect ratio",
    "ratio": "width over height",
    "bytes": "file size",
    "file_bytes": "file size",
    "bytes_per_pixel": "bytes a pixel",
    "format": "file format",
    "mode": "colour mode",
    "exif": "EXIF tags",
    "camera": "camera",
    "orientation": "EXIF orientation",
    "coarseness": "JPEG quantisation",
}
_COPIES = {
    "groups": ("group of copies", "groups of copies"),
    "pairs": ("pair that looks alike", "pairs that look alike"),
}


def percent(share: float | None) -> str:
    """Give a share as a percentage, with two figures where it is small.

    >>> percent(0.0176), percent(0.5), percent(0.0004), percent(None)
    ('1.8 %', '50.0 %', '0.04 %', 'none')
    """
    if share is None:
        return "none"
    hundredths = 100 * share
    if hundredths >= 1 or not hundredths:
        return f"{hundredths:.1f} %"
    return f"{hundredths:.2f} %" if hundredths >= 0.01 else f"{hundredths:.1g} %"


def span(low: float, high: float) -> str:
    """Give an interval of shares.

    >>> span(0.01, 0.025)
    '1.0 to 2.5 %'
    """
    return f"{percent(low).removesuffix(' %')} to {percent(high)}"


def listed(words: Sequence[str]) -> str:
    """Give words as a person lists them.

    >>> listed(["sex"]), listed(["sex", "age", "site"])
    ('sex', 'sex, age and site')
    """
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def kind_of_copies(of: str, count: int) -> str:
    """Name what is counted: groups that a list gives, or pairs found by looking.

    >>> kind_of_copies("groups", 2), kind_of_copies("pairs", 1)
    ('groups of copies', 'pair that looks alike')
    """
    one, several = _COPIES[of]
    return one if count == 1 else several


def article(noun: str) -> str:
    """Give "a" or "an"."""
    return "an" if noun[0] in "aeiou" else "a"

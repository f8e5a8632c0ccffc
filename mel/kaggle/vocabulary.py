"""The words of all competitions -> one vocabulary each for sex, site and diagnosis.

| mel's diagnosis         | ISIC 2019 | SIIM-ISIC 2020                         | HAM10000 |
|-------------------------|-----------|----------------------------------------|----------|
| melanoma                | MEL       | melanoma                               | mel      |
| nevus                   | NV        | nevus                                  | nv       |
| basal cell carcinoma    | BCC       |                                        | bcc      |
| actinic keratosis       | AK        |                                        |          |
| squamous cell carcinoma | SCC       |                                        |          |
| benign keratosis        | BKL       | seborrheic keratosis, lentigo NOS,     | bkl      |
|                         |           | lichenoid keratosis, solar lentigo     |          |
| dermatofibroma          | DF        |                                        | df       |
| vascular lesion         | VASC      |                                        | vasc     |
| none (null)             | UNK       | unknown                                |          |

The classes are those of ISIC 2019; the names of 2020 go into them as in the winning solution of
2020 (https://github.com/haqishen/SIIM-ISIC-Melanoma-Classification-1st-Place-Solution), which
also calls cafe-au-lait macule and atypical melanocytic proliferation unknown: here they are null,
and listed. So is HAM10000's akiec: ISIC 2019 splits those 327 images into 130 AK and 197 SCC.
ISIC 2024 names a diagnosis by its path, `Benign::...::Nevus::Blue nevus`: its deepest part that
is known counts, and a path of one word says no more than the target does.
"""

from collections.abc import Mapping

import polars as pl

from mel.checks import SEXES, SITES, is_missing

__all__ = ["DIAGNOSES", "SPELLINGS", "WORDS", "Spellings", "harmonise"]

Spellings = Mapping[str, str | None]

DIAGNOSES = (
    "actinic keratosis",
    "basal cell carcinoma",
    "benign keratosis",
    "dermatofibroma",
    "melanoma",
    "nevus",
    "squamous cell carcinoma",
    "vascular lesion",
)
WORDS: Mapping[str, tuple[str, ...]] = {"sex": SEXES, "site": SITES, "diagnosis": DIAGNOSES}

_PLACES = {
    "head/neck": ("ear", "face", "head", "head & neck", "neck", "nose", "scalp"),
    "lower extremity": ("foot", "leg", "lower extremities", "thigh"),
    "oral/genital": ("genital", "oral"),
    "palms/soles": ("acral", "palms", "palms & soles", "soles"),
    "torso": (
        *("abdomen", "anterior torso", "back", "chest"),
        *("lateral torso", "posterior torso", "trunk"),
    ),
    "upper extremity": ("arm", "forearm", "hand", "upper extremities"),
}
_KINDS = {
    "actinic keratosis": ("ak", "solar or actinic keratosis"),
    "basal cell carcinoma": ("bcc",),
    "benign keratosis": (
        *("bkl", "lentigo nos", "lichen planus like keratosis", "lichenoid keratosis"),
        *("pigmented benign keratosis", "seborrheic keratosis", "solar lentigo"),
    ),
    "dermatofibroma": ("df",),
    "melanoma": (
        *("mel", "melanoma in situ", "melanoma invasive", "melanoma metastasis"),
        "melanoma, nos",
    ),
    "nevus": ("nv",),
    "squamous cell carcinoma": (
        *("scc", "squamous cell carcinoma in situ", "squamous cell carcinoma, invasive"),
        "squamous cell carcinoma, nos",
    ),
    "vascular lesion": ("angiokeratoma", "angioma", "hemangioma", "vasc"),
}
_NO_MORE = {"benign": None, "unk": None}  # the words that say nothing of the kind


def _turned(kinds: Mapping[str, tuple[str, ...]]) -> dict[str, str | None]:
    return {text: word for word, texts in kinds.items() for text in (word, *texts)}


SPELLINGS: Mapping[str, Spellings] = {
    "sex": _turned({"female": ("f", "woman"), "male": ("m", "man")}),
    "site": _turned(_PLACES),
    "diagnosis": _turned(_KINDS) | _NO_MORE,
}


def harmonise(
    raw: pl.DataFrame,
    columns: Mapping[str, str],
    further: Mapping[str, Mapping[str, str]] | None = None,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give columns of text in mel's words, and list what has none.

    `columns` says which column of `raw` holds the "sex", "site" and "diagnosis"; `further` adds
    spellings to `SPELLINGS`, by the same three names. Case and blanks around a word are of no
    account. The first frame has a column for each of `columns`, row by row; a word such as
    "unknown" is null, and so is one without a spelling. The second lists the latter: column (as
    `raw` calls it), value and rows.

    >>> raw = pl.DataFrame({"where": ["Trunk", "posterior torso", "knee", "unknown"]})
    >>> frame, unmapped = harmonise(raw, {"site": "where"})
    >>> frame["site"].to_list(), unmapped.rows()
    (['torso', 'torso', None, None], [('where', 'knee', 1)])
    """
    found, unmapped = [], [_NOTHING]
    for name, column in columns.items():
        own = {key.strip().lower(): word for key, word in (further or {}).get(name, {}).items()}
        words, odd = _translate(
            raw.select(pl.col(column).cast(pl.String)), {**SPELLINGS[name], **own}
        )
        found.append(words.alias(name))
        unmapped.append(odd)
    return pl.DataFrame(found), pl.concat(unmapped)


_NOTHING = pl.DataFrame(schema={"column": pl.String, "value": pl.String, "rows": pl.Int64})


def _translate(raw: pl.DataFrame, spellings: Spellings) -> tuple[pl.Series, pl.DataFrame]:
    (column,) = raw.columns
    counts = raw.filter(~is_missing(column)).group_by(column).len().sort(column)
    known = {text: _word(text, spellings) for text in counts[column]}
    odd = [text for text in counts[column] if not _is_known(text, spellings)]
    unmapped = counts.filter(pl.col(column).is_in(odd)).select(
        column=pl.lit(column), value=column, rows=pl.col("len").cast(pl.Int64)
    )
    return raw[column].replace_strict(known, default=None, return_dtype=pl.String), unmapped


def _parts(text: str) -> list[str]:
    """Give a word, or the parts of a path of words, the deepest first."""
    return [part.strip().lower() for part in reversed(text.split("::"))]


def _word(text: str, spellings: Spellings) -> str | None:
    return next((spellings[part] for part in _parts(text) if spellings.get(part)), None)


def _is_known(text: str, spellings: Spellings) -> bool:
    return text.strip().lower() in spellings or _word(text, spellings) is not None

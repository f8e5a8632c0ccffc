"""Do cross-validation and leaderboard put submissions in the same order, and what says otherwise.

Spearman's rank correlation with the interval of Bonett and Wright (2000): Fisher's z with the
variance (1 + r^2 / 2) / (n - 3), which covers better than Fisher's own for ranks.
"""

import math
from dataclasses import dataclass

import numpy as np
import polars as pl

from mel.errors import MelError, many

__all__ = ["Agreement", "agreement", "cautions", "listed"]

_Z = 1.959964  # of a two-sided interval of 95 %
_FEW = 10  # submissions; below this the interval says little
_LEAST = 4  # for any interval
_READ = ("name", "cv", "cv_low", "cv_high", "public", "private", "rows", "images")


@dataclass(frozen=True)
class Agreement:
    """Spearman's rank correlation of CV and leaderboard over `points` submissions.

    `rank` is None below three submissions and where all scores of one side tie; `low` and `high`,
    its 95 % interval, below four.

    >>> str(Agreement(points=4, rank=0.8, low=-0.82, high=1.0))
    '0.80 from 4 submissions, 95 % from -0.82 to 1.00'
    >>> str(Agreement(points=1))
    'none from 1 submission'
    """

    points: int
    rank: float | None = None
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.rank is None:
            return f"none from {many(self.points, 'submission')}"
        text = f"{self.rank:.2f} from {many(self.points, 'submission')}"
        if self.low is None:
            return f"{text}, too few for an interval"
        return f"{text}, 95 % from {self.low:.2f} to {self.high:.2f}"


def agreement(frame: pl.DataFrame, side: str = "public") -> Agreement:
    """Give Spearman's rank correlation of the columns cv and `side`, "public" or "private".

    `frame` is as `mel.submit.list` gives it, a row a submission; rows where one of the two is null
    are left out. Raises MelError for a frame without these columns.

    >>> frame = pl.DataFrame({"cv": [0.91, 0.92, 0.93, 0.94], "public": [0.90, 0.93, 0.92, 0.95]})
    >>> str(agreement(frame))
    '0.80 from 4 submissions, 95 % from -0.82 to 1.00'
    """
    both = listed(frame, "cv", side).select("cv", side).drop_nulls()
    if both.height < 3 or min(both["cv"].n_unique(), both[side].n_unique()) == 1:
        return Agreement(both.height)
    ranks = both.select(pl.all().rank("average")).to_numpy()
    rank = float(np.clip(np.corrcoef(ranks.T)[0, 1].round(12), -1, 1))  # same orders: exactly 1
    if both.height < _LEAST:
        return Agreement(both.height, rank)
    return Agreement(both.height, rank, *_interval(rank, both.height))


def _interval(rank: float, count: int) -> tuple[float, float]:
    """Give the interval; of a perfect order its inner end is that of the next order to it."""
    nearest = 1 - 12 / (count * (count**2 - 1))  # two neighbours exchanged
    inner = math.copysign(min(abs(rank), nearest), rank)
    half = _Z * math.sqrt((1 + inner**2 / 2) / (count - 3))
    low, high = (math.tanh(math.atanh(inner) + end) for end in (-half, half))
    return min(low, rank), max(high, rank)  # ties come nearer to 1 than two exchanged


def listed(frame: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """Give a list of submissions; raises MelError where it lacks one of the columns."""
    for column in columns:
        if column not in frame.columns:
            raise MelError(f"submissions: no column {column!r}; give what mel.submit.list gives")
    return frame


def cautions(frame: pl.DataFrame, share: float = 0.3) -> tuple[str, ...]:
    r"""Say what speaks against following the public score, a line each; nothing where nothing does.

    `share` is the part of the test set that the public score is taken on, 0 to 1, by the
    competition's page. `frame` is as `mel.submit.list` gives it. Raises MelError for a frame that
    lacks one of its columns.

    >>> scores = {"cv": [0.91, 0.93, 0.92], "public": [0.94, 0.92, 0.93], "name": ["a", "b", "c"]}
    >>> more = dict.fromkeys(["cv_low", "cv_high", "private", "rows", "images"])
    >>> print(*cautions(pl.DataFrame(scores | more)), sep="\n")
    3 submissions are few: how CV and public score agree is known roughly, if at all
    a is best in public (0.9400), b by CV (0.9300, against 0.9100): choose by CV, ...
    """
    scored = (
        listed(frame, *_READ).filter(pl.col("public").is_not_null()).sort("public", descending=True)
    )
    known = scored.filter(pl.col("cv").is_not_null())
    found = [*_few(agreement(frame)), *_noise(known, share), *_choice(known), *_luck(scored)]
    return tuple(found)


def _few(found: Agreement) -> list[str]:
    if found.rank is None:
        return []
    if found.points < _FEW:
        return [
            f"{many(found.points, 'submission')} are few: how CV and public score agree is known "
            "roughly, if at all"
        ]
    if found.low is not None and found.low > 0:
        return []
    return ["the public order does not follow the CV's, within noise: trust neither blindly"]


def _noise(known: pl.DataFrame, share: float) -> list[str]:
    """Scale the CV's interval to the public rows: what one public score is worth."""
    usable = known.drop_nulls(["cv_low", "cv_high", "rows", "images"]).head(1)
    if not usable.height:
        return []
    row = usable.row(0, named=True)
    images = share * row["rows"]
    half = (row["cv_high"] - row["cv_low"]) / 2 * math.sqrt(row["images"] / max(images, 1))
    return [
        f"a public score rests on about {images:,.0f} images ({100 * share:.0f} % of the test set) "
        f"and is uncertain by ±{half:.3f}; CV, on {row['images']:,}, by less: smaller differences "
        "are noise"
    ]


def _choice(known: pl.DataFrame) -> list[str]:
    """Warn where the public score and the CV would choose differently."""
    if known.height < 2:
        return []
    public, cv = known.row(0, named=True), known.sort("cv", descending=True).row(0, named=True)
    if public["cv"] >= cv["cv"]:
        return []
    text = (
        f"{public['name']} is best in public ({public['public']:.4f}), {cv['name']} by CV "
        f"({cv['cv']:.4f}, against {public['cv']:.4f}): choose by CV, whoever follows the public "
        "score chooses by a small part of the test set"
    )
    if public["private"] is None or cv["private"] is None:
        return [text]
    return [f"{text}; in private they have {public['private']:.4f} and {cv['private']:.4f}"]


def _luck(scored: pl.DataFrame) -> list[str]:
    if scored.height < _FEW:
        return []
    return [
        f"{scored.height} submissions have a public score: the highest of so many is too high by "
        "luck alone; the more are tried, the more so"
    ]

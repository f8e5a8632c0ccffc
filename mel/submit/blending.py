"""Submissions of anybody's -> one: ranked, averaged, or averaged as powers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mel.errors import MelError, near
from mel.files import digest_file, digest_frame
from mel.progress import say
from mel.submit.beside import begin, refuse_place, write_both
from mel.submit.checking import check
from mel.submit.sample import as_sample, read_sample
from mel.submit.strangers import join, odd, read_scores

__all__ = ["Method", "blend"]

Method = Literal["rank", "mean", "power"]

_Floats = NDArray[np.float64]


def blend(
    files: Sequence[pl.DataFrame | Path | str],
    out: Path | str | None = None,
    *,
    weights: Sequence[float] | None = None,
    method: Method = "rank",
    power: float = 2.0,
    sample: pl.DataFrame | Path | str | None = None,
) -> pl.DataFrame:
    """Blend submissions, frames or CSV files of anybody's, and give the blend: id and score.

    Ids are joined, never taken by position. `weights` are a number a file, by default all alike;
    only their proportions count. "rank" averages each score's place within its own file, from 0
    to 1, and asks nothing of scales; "mean" averages the scores; "power" gives the power mean
    (mean of s^power)^(1/power) of scores from 0 up. Rows come in the order of `sample`, else of the
    first file. With `out`, the blend is written there, and beside it a JSON that names every input
    by its digest.

    What is odd and allowed, such as scores that are no probabilities, is said on standard error.
    Raises MelError for fewer than two files, the same file twice, weights that do not fit, ids or
    headers that differ, scores that are missing or not finite, and below 0 where powers are taken.

    >>> a = pl.DataFrame({"id": ["x", "y", "z"], "target": [0.1, 0.2, 0.9]})
    >>> b = pl.DataFrame({"id": ["z", "y", "x"], "target": [0.8, 0.1, 0.3]})
    >>> blend([a, b], weights=[3, 1]).with_columns(pl.col("target").round(3)).rows()
    [('x', 0.25), ('y', 0.417), ('z', 0.833)]
    >>> blend([a, b], method="mean")["target"].round(6).to_list()
    [0.2, 0.15, 0.85]
    """
    names = _names(files)
    if out is not None:
        refuse_place(Path(out), *files, sample)
    shares = _shares(weights, names)
    _check_method(method, power)
    frames = [read_scores(file) for file in files]
    wide = join(frames, names)
    digests = _digests(files, frames, names)
    for line in odd(frames, names):
        say(f"warning: {line}")
    columns = [one.to_numpy() for one in wide.get_columns()[1:]]
    if method == "power" and min(column.min() for column in columns) < 0:
        worst = int(np.argmin([column.min() for column in columns]))
        raise MelError(
            f"{names[worst]}: has scores below 0, of which no power is taken; use --method rank"
        )
    scores = _mix(columns, shares, method, power)
    key, value = frames[0].columns
    made = wide.select(key, pl.Series(value, scores))
    if sample is not None:
        made = _ordered(made, sample)
    if out is not None:
        facts: dict[str, object] = {"method": method, "power": power if method == "power" else None}
        parts = zip(names, shares, digests, strict=True)
        facts |= {"members": {n: {"weight": w, "sha256": d} for n, w, d in parts}}
        _write(made, Path(out), facts)
    return made


def _names(files: Sequence[pl.DataFrame | Path | str]) -> list[str]:
    if isinstance(files, str | Path | pl.DataFrame) or len(files) < 2:
        raise MelError("submit blend: takes two files or more; give them one after the other")
    texts = [f"frame {i}" if isinstance(f, pl.DataFrame) else str(f) for i, f in enumerate(files)]
    short = [Path(text).name for text in texts]
    return short if len(set(short)) == len(short) else texts


def _shares(weights: Sequence[float] | None, names: Sequence[str]) -> list[float]:
    given = [1.0] * len(names) if weights is None else [float(w) for w in weights]
    if len(given) != len(names):
        raise MelError(f"--weights: {len(given)} for {len(names)} files; give one each")
    if not np.isfinite(given).all() or min(given) <= 0:
        raise MelError("--weights: must be numbers above 0; leave out a file that shall not count")
    parts = [weight / max(given) for weight in given]  # no overflow
    return [part / sum(parts) for part in parts]


def _check_method(method: str, power: float) -> None:
    if method not in get_args(Method):
        raise MelError(f"--method {method}: unknown; {near(method, get_args(Method))}")
    if not np.isfinite(power) or power <= 0:
        raise MelError(f"--power {power:g}: must be above 0; 1 is the plain mean")


def _digests(
    files: Sequence[pl.DataFrame | Path | str], frames: Sequence[pl.DataFrame], names: Sequence[str]
) -> list[str]:
    contents = [digest_frame(frame, by=frame.columns[0]) for frame in frames]
    for number, content in enumerate(contents):
        if (first := contents.index(content)) < number:
            raise MelError(
                f"{names[number]}: holds the same scores as {names[first]}; give its weight instead"
            )
    return [
        content if isinstance(file, pl.DataFrame) else digest_file(Path(file))
        for file, content in zip(files, contents, strict=True)
    ]


def _mix(
    columns: Sequence[_Floats], shares: Sequence[float], method: Method, power: float
) -> _Floats:
    if method == "rank":
        columns = [(pl.Series(c).rank("average").to_numpy() - 0.5) / len(c) for c in columns]
    if method != "power":
        return np.asarray(np.sum([w * c for w, c in zip(shares, columns, strict=True)], axis=0))
    top = max(float(max(c.max() for c in columns)), np.finfo(float).tiny)  # no overflow
    powers = [w * (c / top) ** power for w, c in zip(shares, columns, strict=True)]
    return np.asarray(top * np.sum(powers, axis=0) ** (1 / power))


def _ordered(made: pl.DataFrame, sample: pl.DataFrame | Path | str) -> pl.DataFrame:
    known = as_sample(sample) if isinstance(sample, pl.DataFrame) else read_sample(Path(sample))
    joined = join(
        [known.with_columns(pl.nth(1).cast(pl.String)), made], ["the sample", "the files"]
    )
    return joined.select(pl.nth(0), pl.nth(2).alias(known.columns[1]))


def _write(made: pl.DataFrame, path: Path, facts: dict[str, object]) -> None:
    more = {"synthetic": False, "rows": made.height, "inputs": {}}
    write_both(made, path, lambda sha256: begin(path.stem, **more, sha256=sha256, **facts))
    check(path, made)

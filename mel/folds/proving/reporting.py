"""An audit as files, and as the few tables that a terminal has room for."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from mel.files import atomic, write_json
from mel.folds.proving.balance import by_axis, by_category
from mel.folds.proving.findings import Audit
from mel.folds.proving.picture import draw

__all__ = ["Sheet", "sheets", "write_audit"]

Sheet = tuple[Sequence[str], Sequence[Sequence[str]]]

_MOST = 5  # ids of each kind that a terminal shows; the files have all
_LONGEST = 24  # characters of a category on a terminal
_WIDEST, _FEW = 28, 12  # of an id, and of the folds it leaks into
_KINDS = 3  # of links, with which a comparison has no room for long headings
_COPIES = ("duplicates", "exact_pairs", "near_pairs")


def write_audit(found: Audit, folder: Path, title: str, digest: str = "") -> list[Path]:
    """Write all that an audit found into a folder, and give the files.

    audit.json has everything; balance.csv a row a category with the counts and the deviation of
    each fold; crossings.csv each id that leaks; comparison.csv the maps side by side, where they
    were compared; audit.png the balance as a picture under `title`. `digest` is the map's. Raises
    MelError where the folder cannot be written.

    >>> from mel.folds import audit
    >>> from mel.tables import Folds, ImageTable
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> files = write_audit(audit(table, folds), Path("work/audit"), "The demo", folds.digest)
    >>> [path.name for path in files]
    ['audit.json', 'audit.png', 'balance.csv', 'crossings.csv']
    """
    tables = {
        "balance.csv": by_category(found.balance),
        "crossings.csv": found.crossings.with_columns(
            pl.col("folds").cast(pl.List(pl.String)).list.join(" ")
        ),
    }
    if found.comparison is not None:
        tables["comparison.csv"] = found.comparison
    for name, frame in tables.items():
        with atomic(folder / name) as temporary:
            frame.write_csv(temporary)
    if found.comparison is None:  # one of an earlier audit would be of another map
        (folder / "comparison.csv").unlink(missing_ok=True)
    draw(found, folder / "audit.png", title)
    write_json(folder / "audit.json", found.as_dict() | {"folds": digest})
    return [folder / name for name in ("audit.json", "audit.png", *tables)]


def sheets(found: Audit) -> list[Sheet]:
    """Give the tables to print, each as its columns and rows of text, at most 80 wide.

    They are the counts of each fold, the deviations of each axis, the map beside others where it
    was compared, and the first ids that leak.

    >>> from mel.folds import audit
    >>> from mel.tables import Folds, ImageTable
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> folds = Folds.read("work/demo/folds.parquet")
    >>> counts, axes = sheets(audit(table, folds))
    >>> counts[0][:3], [row[:3] for row in counts[1]]
    (('fold', 'rows', 'positives'), [('0', '40', '7'), ('1', '44', '7')])
    """
    all_of = [_counts(found.counts), _axes(by_axis(found.balance))]
    if found.comparison is not None:
        all_of.append(_comparison(found.comparison))
    if found.crossings.height:
        all_of.append(_crossings(found.crossings))
    return all_of


def _counts(counts: pl.DataFrame) -> Sheet:
    columns = {
        "fold": "fold",
        "rows": "rows",
        "positives": "positives",
        "positive_share": "share",
        "patients": "patients",
        "positive_patients": "with positive",
        "median_age": "age",
        "female_share": "female",
    }
    if counts["external"].sum():
        columns = {**columns, "external": "external"}
    return tuple(columns.values()), _texts(counts.select(*columns).rows())


def _axes(axes: pl.DataFrame) -> Sheet:
    rows = [
        (axis, str(number), _share(median), _share(largest), f"{_cut(category)}, fold {fold}")
        for axis, number, median, largest, category, fold in axes.iter_rows()
    ]
    return ("axis", "categories", "median off", "largest", "where"), rows


def _comparison(compared: pl.DataFrame) -> Sheet:
    """Give what crosses, positives and deviations; copies are duplicates and pairs together."""
    copies = [name for name in _COPIES if name in compared.columns]
    kinds: list[str] = [name for name in ("patients", "lesions") if name in compared.columns]
    frame = compared.with_columns(copies=pl.sum_horizontal(copies)) if copies else compared
    kinds += ["copies"] if copies else []
    rows = []
    for row in frame.iter_rows(named=True):
        if row["median"] is None:
            rows.append((row["map"], *["-"] * (len(kinds) + 3)))
            continue
        cells = [str(row[kind]) for kind in kinds]
        cells += [f"{row['positives_min']}-{row['positives_max']}"]
        rows.append((row["map"], *cells, _share(row["median"]), _share(row["largest"])))
    median = "median off" if len(kinds) < _KINDS else "median"
    return ("map", *kinds, "positives", median, "largest"), rows


def _crossings(found: pl.DataFrame) -> Sheet:
    rows: list[tuple[str, ...]] = []
    for part in found.partition_by("kind", "leak", maintain_order=True):
        rows += [
            (kind, _cut(name, _WIDEST), _cut(_runs(folds), _FEW), str(images), leak)
            for kind, name, folds, images, leak in part.head(_MOST).iter_rows()
        ]
        if part.height > _MOST:
            rows.append((part["kind"][0], f"… and {part.height - _MOST} more", "", "", ""))
    return ("kind", "id", "folds", "images", "leak"), rows


def _runs(folds: Sequence[int]) -> str:
    """Write folds in order, with three or more in a row as a run.

    >>> _runs([0, 1, 2, 3, 5, 8, 9])
    '0-3 5 8 9'
    """
    runs: list[list[int]] = []
    for fold in folds:
        if runs and fold == runs[-1][-1] + 1:
            runs[-1].append(fold)
        else:
            runs.append([fold])
    parts = (f"{run[0]}-{run[-1]}" if len(run) > 2 else " ".join(map(str, run)) for run in runs)
    return " ".join(parts)


def _cut(name: str, longest: int = _LONGEST) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _share(value: float) -> str:
    return f"{100 * value:.2f} %" if value < 0.1 else f"{100 * value:.1f} %"


def _texts(rows: Iterable[tuple[object, ...]]) -> list[tuple[str, ...]]:
    return [tuple(_cell(value) for value in row) for row in rows]


def _cell(value: object) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)

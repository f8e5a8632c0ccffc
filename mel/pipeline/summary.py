"""The final table of a run and the facts around it, for a terminal and for files."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from mel import ensemble
from mel.config import Recipe
from mel.files import read_header, read_json, versions, write_json, write_text
from mel.pipeline.folder import Work
from mel.pipeline.scores import Score, foreign_among, scores
from mel.pipeline.stage import recorded
from mel.pipeline.stages.level1 import level1
from mel.predictions import foreign_note
from mel.tables import ImageTable

__all__ = ["Summary", "counted", "describe", "summarise"]


@dataclass(frozen=True)
class Summary:
    """The end of a run: scores, facts of the data, files written, seconds a stage.

    title: the recipe's name. facts: text by name. scores: a row a member, the stack and the blend
    (`Score`). seconds: by stage, when it was made. files: paths within the work folder. notes:
    sentences on how the scores are to be read.

    >>> from mel.pipeline import run
    >>> summary = run("tiny", "work/demo")
    >>> summary.facts["folds"], list(summary.seconds)[:2], summary.files[0]
    ('2, balanced-groups', ['load', 'folds'], 'submissions/blend.csv')
    """

    title: str
    facts: Mapping[str, str]
    scores: tuple[Score, ...]
    seconds: Mapping[str, float]
    files: tuple[str, ...]
    notes: tuple[str, ...] = ()

    COLUMNS = ("member", "kind", "OOF AUC (95 %)", "folds", "held-out (95 %)")

    def as_dict(self) -> dict[str, Any]:
        """Give plain data for summary.json."""
        rows = [vars(s) | {"oof": vars(s.oof)} for s in self.scores]
        rows = [r | {"held_out": r["held_out"] and vars(r["held_out"])} for r in rows]
        plain = {"title": self.title, "facts": dict(self.facts), "scores": rows}
        more = {"seconds": dict(self.seconds), "files": list(self.files)}
        return plain | more | {"notes": list(self.notes), "versions": versions()}

    def as_markdown(self) -> str:
        """Give the same for people: a title, the table, then times and files."""
        lines = [f"# {self.title}", ""]
        lines += [f"- {name}: {value}" for name, value in self.facts.items()]
        lines += ["", *_table(self.COLUMNS, [score.cells() for score in self.scores]), ""]
        lines += [*self.notes, "", "## Seconds a stage took when it was made", ""]
        spent = {**self.seconds, "all": sum(self.seconds.values())}
        lines += _table(("stage", "seconds"), [(n, f"{s:.0f}") for n, s in spent.items()])
        lines += ["", "## Files", "", *(f"- `{name}`" for name in self.files)]
        found = ", ".join(f"{name} {number}" for name, number in versions().items())
        return "\n".join([*lines, "", f"Versions: {found}.", ""])


def _table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> list[str]:
    ruler = "|".join("---" for _ in columns)
    lines = [f"| {' | '.join(row)} |" for row in (columns, *rows)]
    return [lines[0], f"|{ruler}|", *lines[1:]]


def counted(table: ImageTable) -> dict[str, Any]:
    """Give the counts of a table as plain data: of train, test and external images.

    Of each split images and patients, of train and external ones positives, of the external ones
    also where they are from; null where there are none.
    """
    external = table.external
    sources = external["source"].unique().sort().to_list()
    return {
        "data": table.name,
        "synthetic": table.synthetic,
        "train": _counts(table.train) | {"positives": int(table.train["target"].sum())},
        "external": None
        if not external.height
        else _counts(external) | {"positives": int(external["target"].sum()), "sources": sources},
        "test": _counts(table.test),
    }


def _counts(rows: pl.DataFrame) -> dict[str, Any]:
    return {"images": rows.height, "patients": rows["patient_id"].n_unique()}


def describe(table: ImageTable) -> dict[str, str]:
    """Give the facts of a table: images, patients and positives of each split it has."""
    found = counted(table)
    source = table.name + (": no score on it says anything about skin" * table.synthetic)
    facts = {"data": source, "train": _labelled(found["train"])}
    if external := found["external"]:
        places = ", ".join(external["sources"])
        facts["external"] = f"{_labelled(external)}, of {places}; trained on, never scored"
    return facts | {"test": "{images:,} images of {patients:,} patients".format_map(found["test"])}


def _labelled(count: Mapping[str, int]) -> str:
    share = 100 * count["positives"] / max(count["images"], 1)
    return (
        "{images:,} images of {patients:,} patients, {positives:,} positive".format_map(count)
        + f" ({share:.1f} %)"
    )


def summarise(recipe: Recipe, work: Work, names: Sequence[str]) -> Summary:
    """Make the final summary of a finished run, written as summary.md and summary.json.

    `names` are the stages of the run, whose seconds are told.
    """
    table = work.loaded()
    title = f"{recipe.name} (synthetic data)" if table.synthetic else recipe.name
    folds = read_header(work.folds, "folds")
    facts = describe(table) | {"folds": f"{folds['n_folds']}, {folds['method']}"}
    found, seconds = tuple(scores(recipe, work, held_out=True)), _seconds(work, names)
    notes = (*_notes(found, work), _verdict(recipe, work))
    summary = Summary(title, facts, found, seconds, _files(recipe, work), notes)
    write_json(work.summary.with_suffix(".json"), summary.as_dict())
    write_text(work.summary, summary.as_markdown())
    return summary


def _seconds(work: Work, names: Sequence[str]) -> dict[str, float]:
    """Give the seconds of each stage: a member's are those of all its folds, whenever trained."""
    times = read_json(work.times) if work.times.exists() else {}
    known = {name: _of_folds(work, name) or times.get(name) for name in names}
    return {name: float(seconds) for name, seconds in known.items() if seconds is not None}


def _of_folds(work: Work, name: str) -> float | None:
    """Give the sum over a member's folds, where the mark of each says what it took."""
    room, _, member = name.partition("/")
    folder = work.cnn(member)
    if room != "cnn" or not (folder / "oof.parquet").exists():
        return None
    inputs = recorded(folder / "oof.parquet")
    marks = [read_json(mark) for mark in sorted(folder.glob("fold*/done.json"))]
    spent = [mark.get("seconds") for mark in marks if mark.get("inputs") == inputs]
    return None if None in spent else round(sum(spent), 1) or None


def _notes(found: tuple[Score, ...], work: Work) -> tuple[str, ...]:
    notes = [
        "OOF: by networks that never saw the image's fold. folds: the mean of their AUCs.",
        "Intervals (95 %) come from resampling patients, not images.",
        "Blend: weights found on the other folds; naive: on the very rows that are scored.",
    ]
    if note := foreign_note(foreign_among(found, work)):
        notes.append(note)
    if any(row.held_out for row in found):
        notes.append("Held-out: the test images; their targets were used for nothing else.")
    return tuple(notes)


def _verdict(recipe: Recipe, work: Work) -> str:
    """Give the first sentence of what the proof of the blend says."""
    blend = ensemble.Blend.read(work.ensemble(recipe.ensemble.name) / "blend.json")
    return f"{blend.advice[0]} More: mel ensemble report."


def _files(recipe: Recipe, work: Work) -> tuple[str, ...]:
    blend = work.ensemble(recipe.ensemble.name)
    submission = work.submissions / f"{recipe.ensemble.name}.csv"
    paths = (submission, blend / "report.html", blend / "blend.json")
    tables = (work.images, work.folds, work.audit, *level1(recipe, work).values())
    more = (work.tabular(recipe.tabular.name), work.summary, work.summary.with_suffix(".json"))
    curves = [path for path in (work.root / "cnn" / "report.html",) if path.is_file()]
    return tuple(work.short(path) for path in (*paths, *tables, *curves, *more))

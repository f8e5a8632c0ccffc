"""What the pages do, without a page: photos in, findings out, nothing kept and nothing doubled."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mel.app.drawing import bars, forest, pictured, reliability, scale
from mel.app.ducklings import duckling
from mel.app.exporting import COLUMNS, table
from mel.app.figures import frequency, percent, ratio
from mel.app.findings import Finding, Part
from mel.app.model import Model
from mel.app.moles import aged, frame_of
from mel.app.picturing import ALL
from mel.app.receiving import MOST, receive
from mel.app.reporting import report
from mel.app.session import Session
from mel.app.wording import doubt, notes, verdict, warned, worth
from mel.bundles import Bundle, write_bundle
from mel.errors import MelError

from .conftest import encoded


@dataclass(frozen=True)
class File:
    """A file as the browser sends it; bytes are counted when they are read."""

    name: str
    data: bytes
    read: list[str]

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.data)

    def getvalue(self) -> bytes:
        """Note that the bytes were read, and give them."""
        self.read.append(self.name)
        return self.data


def files(paths: Sequence[Path]) -> list[File]:
    return [File(path.name, path.read_bytes(), []) for path in paths]


def quiet(_done: int, _total: int) -> None:
    return


@pytest.fixture
def several(model: Model, photos: list[Path]) -> tuple[Session, list[Finding]]:
    session = Session()
    session.take(files(photos[:4]))
    return session, session.found(model, together=True, progress=quiet)


# photos in


def test_two_hundred_files_at_once_are_not_all_read(photos: list[Path]) -> None:
    rng, read = np.random.default_rng(0), []
    sent = [File(f"{k}.png", encoded(rng.integers(0, 256, (40, 40, 3))), read) for k in range(200)]
    found = receive(sent)
    assert len(found.moles) == len(read) == MOST
    assert found.refused == (
        f"176 more files left aside: at most {MOST} moles are looked at together; "
        "remove some first",
    )


def test_a_file_that_is_too_large_is_not_read() -> None:
    class Vast(File):
        @property
        def size(self) -> int:
            return 10**10

    read: list[str] = []
    found = receive([Vast("vast.png", b"", read)])
    assert (found.moles, read) == ((), [])
    assert "save the photo smaller" in found.refused[0]


def test_the_same_photo_is_taken_once_and_hostile_ones_are_named(photos: list[Path]) -> None:
    page = File("x.jpg", b"<!DOCTYPE html>", [])
    session = Session()
    session.take([*files([photos[0], photos[0]]), page])
    assert len(session.moles) == 1
    assert [text.partition(":")[0] for text in session.refused] == [photos[0].name, "x.jpg"]
    session.take(files([photos[1]]))
    assert (len(session.moles), session.refused, session.round) == (2, (), 2)


def test_names_stay_apart_and_age_and_sex_are_taken_over(photos: list[Path]) -> None:
    session = Session()
    first, second = files(photos[:2])
    session.take([replace(first, name="a.jpg")])
    (mole,) = session.moles.values()
    session.change(mole.about(40.0, "male", "torso"))
    session.take([replace(second, name="a.png")])
    other = list(session.moles.values())[1]
    assert (other.label, other.age, other.sex, other.site) == ("a (2)", 40.0, "male", None)
    session.take([replace(files(photos[2:3])[0], name="camera-input-2026-01-02T03_04.jpg")])
    assert list(session.moles.values())[2].label == "Camera"


def test_all_moles_can_be_given_the_age_and_sex_of_the_first(photos: list[Path]) -> None:
    session = Session()
    session.take(files(photos[:3]))
    first, *_, last = session.moles.values()
    session.change(first.about(40.0, "male", "torso"))
    session.change(last.about(None, "female", "head/neck"))
    session.align()
    known = [(mole.age, mole.sex, mole.site) for mole in session.moles.values()]
    assert known == [(40.0, "male", "torso"), (40.0, "male", None), (40.0, "male", "head/neck")]


@pytest.mark.parametrize("age", [-1.0, 121.0, 999.0, 1e300, float("nan"), float("inf")])
def test_an_absurd_age_is_unknown_and_said_to_be(age: float) -> None:
    known, text = aged(age)
    assert known is None
    assert "not possible" in text
    assert aged(40.0) == (40.0, "")
    assert aged(None) == (None, "")


# findings


def test_moles_are_sorted_by_risk_and_equal_what_the_scorer_says(
    model: Model, several: tuple[Session, list[Finding]]
) -> None:
    session, found = several
    risks = [one.probability for one in found]
    assert risks == sorted(risks, reverse=True)
    frame = frame_of(list(session.moles.values()), together=True)
    pictures = {mole.key: mole.photo.data for mole in session.moles.values()}
    judged = model.scorer.judge(frame, model.scorer.look(frame, pictures=pictures)).frame
    known = dict(judged.select("image_id", "probability").iter_rows())
    for one in found:
        assert one.probability == known[one.mole.key]
        assert one.low <= one.probability <= one.high
        assert one.variant == "context"
        assert {part.name for part in one.parts} <= {*model.scorer.members, "stack"}


def test_a_lone_mole_and_moles_of_several_people_are_judged_each_by_itself(
    model: Model, photos: list[Path]
) -> None:
    alone, apart = Session(), Session()
    alone.take(files(photos[:1]))
    apart.take(files(photos[:3]))
    (one,) = alone.found(model, together=True, progress=quiet)
    others = apart.found(model, together=False, progress=quiet)
    assert {one.variant, *(other.variant for other in others)} == {"single"}
    assert one.probability in [other.probability for other in others]


def test_each_photo_is_looked_at_once_and_again_when_more_is_known(
    model: Model, photos: list[Path]
) -> None:
    session, looked = Session(), []
    session.take(files(photos[:3]))

    def count(done: int, _total: int) -> None:
        looked.append(done)

    session.found(model, together=True, progress=count)
    session.found(model, together=True, progress=count)
    assert looked == [0, 1, 2]
    session.change(next(iter(session.moles.values())).about(30.0, "male", "unknown"))
    session.found(model, together=True, progress=count)
    assert looked == [0, 1, 2, 0]


def test_what_is_removed_is_forgotten(model: Model, photos: list[Path]) -> None:
    session = Session()
    session.take(files(photos[:2]))
    for one in session.found(model, together=True, progress=quiet):
        session.layers(model, one)
    first, second = session.moles
    session.drop(first)
    assert [*session.moles] == [second]
    assert len(session._looked) == len(session._layers) == 1
    session.clear()
    assert not session.moles
    assert not session._looked
    assert not session._layers
    assert session.judged == []
    assert session.found(model, together=True, progress=quiet) == []


def test_the_ugly_duckling_is_the_one_far_above_the_others() -> None:
    assert duckling([0.01, 0.012, 0.4, 0.009]) == 2
    assert duckling([0.01, 0.012, 0.011, 0.009]) is None
    assert duckling([0.01, 0.4]) is None
    assert duckling([None, 0.01, 0.4]) is None
    assert duckling([None, 0.01, 0.02, 0.9, 0.01]) == 3


# what is said


def finding(**changes: object) -> Finding:
    known = {"probability": 0.04, "low": 0.03, "high": 0.05, "percentile": 0.8}
    return Finding(mole=None, quality=None, **(known | changes))  # type: ignore[arg-type]


def test_no_verdict_gives_the_all_clear(model: Model) -> None:
    above, below = verdict(finding(alarm=True)), verdict(finding(alarm=False))
    assert "doctor" in above[1]
    assert "no all-clear" in below[1]
    text = worth(model.points["single"])
    assert "sensitivity" in text
    assert "specificity" in text


def test_doubt_grows_with_the_spread_of_folds_and_members() -> None:
    parts = (Part("a", "A", 0.1, 0.2), Part("b", "B", 0.1, 0.9))
    assert "agree" in doubt(finding())
    assert "differ widely" in doubt(finding(low=0.001, high=0.2))
    assert "percentile 20 to 90" in doubt(finding(parts=parts))


def test_what_is_unknown_is_said() -> None:
    said = notes(finding(notes=("age unknown", "site unknown", "is too dark"), variant="context"))
    assert said[0].startswith("Age and site unknown")
    assert "one person" in said[1]
    assert warned(finding()) == ()


def test_numbers_are_told_in_words() -> None:
    assert [frequency(p) for p in (0.0, 0.005, 0.5, 1.0)] == [
        *("fewer than 1 in 1,000", "about 5 in 1,000", "about 50 in 100", "more than 99 in 100"),
    ]
    assert percent(0.5).endswith("\N{NO-BREAK SPACE}%")
    assert ratio(0.9, 0.01).startswith("90 times")


# drawings, maps, what can be taken along


def test_drawings_say_in_words_what_they_show() -> None:
    svg = scale(0.04, 0.03, 0.05, 0.02, 0.04, alarm=True)
    assert 'aria-label="Risk 4.0' in svg
    picture = pictured(svg, dark=True)
    assert picture.startswith("<img")
    assert 'alt="Risk 4.0' in picture
    many = [Part("<b>", "<script>", push, 0.5) for push in (0.2, -0.1, 0.0)]
    assert "<script>" not in bars(many)
    assert "0.800" in forest([("sex female", 0.8, 0.7, 0.9)])
    assert "circle" in reliability({"said": [0.1], "seen": [0.1], "low": [0.0], "high": [0.2]})


@pytest.mark.parametrize("probability", [0.0, 1e-9, 0.5, 1.0])
def test_any_risk_can_be_drawn(probability: float) -> None:
    svg = scale(probability, probability, probability, 0.5, 0.5, alarm=False)
    assert "nan" not in svg
    assert "inf" not in svg


def test_maps_lie_over_the_photo_and_are_drawn_once(
    model: Model, several: tuple[Session, list[Finding]]
) -> None:
    session, found = several
    drawn = session.layers(model, found[0])
    names = model.scorer.members
    assert [layer.name for layer in drawn] == ([ALL, *names] if len(names) > 1 else [ALL])
    for layer in drawn:
        assert layer.photo.startswith("data:image/jpeg;base64,")
        assert layer.veil.startswith("data:image/png;base64,")
    assert session.layers(model, found[0]) is drawn


def test_the_table_is_csv_and_no_name_becomes_a_formula(
    several: tuple[Session, list[Finding]],
) -> None:
    found = several[1]
    named = replace(found[0].mole, label='=cmd|"x"!A1')
    rows = list(csv.reader(io.StringIO(table([replace(found[0], mole=named), *found[1:]]))))
    assert tuple(rows[0]) == COLUMNS
    assert [row[1] for row in rows[1:]] == ["1", "2", "3", "4"]
    assert rows[1][0] == '\'=cmd|"x"!A1'
    assert {len(row) for row in rows} == {len(COLUMNS)}
    assert pl.read_csv(io.StringIO(table(found)))["probability"].is_between(0, 1).all()


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.tags: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [v or "" for k, v in attrs if k in ("src", "href", "srcset", "data")]


def test_the_report_needs_nothing_from_elsewhere(
    model: Model, several: tuple[Session, list[Finding]]
) -> None:
    found = several[1]
    evil = replace(found[0].mole, label="<script>alert(1)</script>")
    page = report(model, [replace(found[0], mole=evil), *found[1:]], datetime(2026, 1, 2, 3, 4))
    tags = _Tags()
    tags.feed(page)
    assert "script" not in tags.tags
    assert len(tags.links) == 4
    assert all(link.startswith("data:") for link in tags.links)
    for text in ("No diagnosis", "no medical device", "Synthetic data", model.scorer.digest):
        assert text in page


def test_a_bundle_that_was_changed_or_says_less_still_opens_or_is_refused(
    bundle: Path, handmade: Path, tmp_path: Path
) -> None:
    bare = Model.open(handmade / "blend.mel")
    assert bare.looks is None
    assert bare.examples == ()
    found = Bundle.open(bundle)
    files: dict[str, bytes | Path] = {name: found.read(name) for name in found.names}
    listed = json.loads(files["examples/examples.json"])  # type: ignore[arg-type]
    files[f"examples/{listed[0]['file']}"] = b"%PDF-1.7"
    write_bundle(tmp_path / "odd.mel", files, found.facts)
    with pytest.raises(MelError, match=r"examples/.*is a PDF"):
        Model.open(tmp_path / "odd.mel")

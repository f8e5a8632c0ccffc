"""A column's text becomes words, ages, targets and patients; each fault is one line."""

from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.kaggle.fields import fill_patients, parse_age, parse_target, translate

_WHERE = Path("t.csv")


def test_an_unknown_spelling_is_refused_with_near_matches() -> None:
    frame = pl.DataFrame({"id": ["a", "b"], "dx": ["mel", "mell"]})
    with pytest.raises(
        MelError, match=r"unknown dx 'mell' \(image b, 1 row\); did you mean 'mel'\?$"
    ):
        translate(frame, "dx", {"mel": "mel", "nv": "nv"}, _WHERE, "id")


def test_ages_are_numbers_or_null() -> None:
    frame = pl.DataFrame({"id": list("abcd"), "age": ["45.0", None, "unknown", "NA"]})
    assert parse_age(frame, "age", _WHERE, "id").to_list() == [45.0, None, None, None]
    for age in ("-1", "121", "inf"):
        with pytest.raises(MelError, match=rf"t.csv: age {age} of image a \(1 row\); give years"):
            parse_age(pl.DataFrame({"id": ["a"], "age": [age]}), "age", _WHERE, "id")
    with pytest.raises(MelError, match=r"t.csv: age 'old' of image a \(1 row\) is no number"):
        parse_age(pl.DataFrame({"id": ["a"], "age": ["old"]}), "age", _WHERE, "id")


@pytest.mark.parametrize("value", ["2", "-1", "0.5", "yes", None])
def test_a_target_that_is_not_0_or_1_is_refused(value: str | None) -> None:
    frame = pl.DataFrame({"id": ["a", "b"], "target": ["1", value]})
    with pytest.raises(MelError, match=r"target .* of image b \(1 row\); it must be 0 or 1"):
        parse_target(frame, "target", _WHERE, "id")


def test_a_target_may_be_written_as_a_float() -> None:
    frame = pl.DataFrame({"id": ["a", "b"], "target": ["1.0", "0"]})
    assert parse_target(frame, "target", _WHERE, "id").to_list() == [1, 0]


def test_words_may_say_which_target_is_positive() -> None:
    frame = pl.DataFrame({"id": ["a", "b", "c"], "kind": ["mel", "nv", "bcc"]})
    found = parse_target(frame, "kind", _WHERE, "id", ["mel", "bcc"])
    assert found.to_list() == [1, 0, 1]
    odd = frame.with_columns(pl.Series("kind", ["Mel", "nv", "MEL "]))
    assert parse_target(odd, "kind", _WHERE, "id", ["mel"]).to_list() == [1, 0, 1]
    with pytest.raises(MelError, match=r"no row has the positive kind 'mell'; did you mean 'mel'"):
        parse_target(frame, "kind", _WHERE, "id", ["mell"])
    blank = frame.with_columns(pl.Series("kind", ["mel", None, "nv"]))
    with pytest.raises(MelError, match=r"no kind of image b \(1 row\); fill it in"):
        parse_target(blank, "kind", _WHERE, "id", ["mel"])


def test_missing_patients_are_refused_or_become_their_own() -> None:
    frame = pl.DataFrame({"id": list("abc"), "patient": [None, "p", "Unknown"]})
    with pytest.raises(MelError, match=r"2 rows without patient \(first: image a\); .*'own'"):
        fill_patients(frame, "patient", "refuse", _WHERE, "id")
    filled = fill_patients(frame, "patient", "own", _WHERE, "id")
    assert filled.to_list() == ["own-a", "p", "own-c"]

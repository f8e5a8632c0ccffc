"""A submission is the sample with other scores, and says what it was made of."""

import csv
import json
import math

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mel.errors import MelError
from mel.files import digest_file
from mel.predictions import Predictions
from mel.submit import check, make


def _scores(values: dict[str, float], kind: str = "test") -> Predictions:
    frame = pl.DataFrame(
        {"image_id": list(values), "fold": [None] * len(values), "score": list(values.values())}
    )
    return Predictions.of(frame, name="blend", kind=kind, folds="f" * 16)


def test_a_submission_has_the_samples_header_ids_and_order(member, sample, tmp_path):
    _, test = member()
    path = make(test, sample, tmp_path / "blend.csv")
    made = pl.read_csv(path, infer_schema=False)
    assert made.columns == sample.columns
    assert made["image_name"].to_list() == sample["image_name"].to_list()
    check(path, sample)


@settings(max_examples=40)
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8),
        st.floats(allow_nan=False, allow_infinity=False),
        min_size=1,
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_every_id_keeps_its_own_score_in_any_order(tmp_path_factory, values, random):
    ids = list(values)
    random.shuffle(ids)
    sample = pl.DataFrame({"id": ids, "y": ["0"] * len(ids)})
    path = make(_scores(values), sample, tmp_path_factory.mktemp("any") / "s.csv")
    with path.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    assert {name: float(text) for name, text in rows} == values
    assert [name for name, _ in rows] == ids
    check(path, sample)


def test_shuffling_the_predictions_changes_no_byte(member, sample, tmp_path):
    _, test = member()
    shuffled = Predictions.of(
        test.frame.sample(fraction=1.0, shuffle=True, seed=1),
        name=test.name,
        kind="test",
        folds=test.folds,
    )
    first = make(test, sample, tmp_path / "a.csv")
    second = make(shuffled, sample, tmp_path / "b.csv")
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("values", "named"),
    [({"a": 0.1}, "'b' of the sample submission has no score"), ({"a": 0, "b": 0, "c": 0}, "'c'")],
)
def test_missing_and_extra_ids_are_refused_by_name_and_nothing_is_written(values, named, tmp_path):
    sample = pl.DataFrame({"image_name": ["a", "b"], "target": ["0", "0"]})
    with pytest.raises(MelError, match=named):
        make(_scores(values), sample, tmp_path / "s.csv")
    assert not list(tmp_path.iterdir())


def test_out_of_fold_scores_make_no_submission(member, sample, tmp_path):
    oof, _ = member()
    with pytest.raises(MelError, match="not of the test images"):
        make(oof, sample, tmp_path / "s.csv")


def test_the_json_beside_it_says_what_it_was_made_of(member, sample, tmp_path):
    _, test = member()
    path = make(test, sample, tmp_path / "blend.csv", synthetic=True)
    said = json.loads(path.with_suffix(".json").read_text())
    assert said["inputs"]["predictions"] == test.digest
    assert said["folds"] == test.folds
    assert said["name"] == test.name
    assert said["synthetic"] is True
    assert said["sha256"] == digest_file(path)
    assert {"versions", "time"} <= set(said)


def test_scores_survive_the_text_to_the_last_digit(tmp_path):
    values = {"a": math.nextafter(0.1, 1), "b": 1e-300}
    sample = pl.DataFrame({"image_name": ["b", "a"], "target": ["0", "0"]})
    path = make(_scores(values), sample, tmp_path / "s.csv")
    rows = [line.split(",") for line in path.read_text().splitlines()[1:]]
    assert {name: float(text) for name, text in rows} == values

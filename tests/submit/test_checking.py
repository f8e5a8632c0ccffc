"""The check names the first row that Kaggle would refuse or misread."""

import re
from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.submit import SubmissionError, check, make

SAMPLE = pl.DataFrame({"image_name": ["b", "a", "c"], "target": ["0", "0", "0"]})
GOOD = "image_name,target\nb,0.5\na,1e-3\nc,1\n"


def _check(folder: Path, text: str) -> None:
    path = folder / "s.csv"
    path.write_text(text, encoding="utf-8")
    check(path, SAMPLE)


def test_the_samples_own_shape_passes(tmp_path):
    _check(tmp_path, GOOD)
    _check(tmp_path, GOOD.replace("\n", "\r\n"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1: header is ''"),
        (GOOD.replace("image_name", "image_id"), "line 1: header is 'image_id,target'"),
        ("target,image_name\n", "line 1: header"),
        ("\ufeff" + GOOD, "line 1: header"),
        (GOOD.replace("a,1e-3\n", ""), "line 3: id 'a' is missing"),
        (GOOD.replace("c,1\n", ""), "line 4: id 'c' is missing"),
        (GOOD.replace("a,", "z,"), "line 3: id 'z' is not one of the sample's"),
        (GOOD + "z,0.5\n", "line 5: id 'z' is not one of the sample's"),
        (GOOD + "b,0.5\n", "line 5: id 'b' stands already on line 2"),
        (GOOD.replace("a,", "b,"), "line 3: id 'b' stands already on line 2"),
        ("image_name,target\na,0\nb,0\nc,0\n", "line 2: id 'a' stands where the sample has 'b'"),
        (GOOD.replace("1e-3", "nan"), "line 3: target of 'a' is 'nan'"),
        (GOOD.replace("1e-3", "-inf"), "line 3: target of 'a' is '-inf'"),
        (GOOD.replace("1e-3", "1e999"), "line 3: target of 'a' is '1e999'"),
        (GOOD.replace("1e-3", "high"), "line 3: target of 'a' is 'high'"),
        (GOOD.replace("1e-3", ""), "line 3: target of 'a' is ''"),
        (GOOD.replace("1e-3", "1_0"), "line 3: target of 'a' is '1_0'"),
        (GOOD.replace("1e-3", "0,5"), "line 3: has 3 fields 'a,0,5'"),
        (GOOD.replace("c,1\n", "\nc,1\n"), "line 4: has 0 fields"),
    ],
)
def test_the_first_offending_row_is_named(tmp_path, text, said):
    with pytest.raises(SubmissionError) as caught:
        _check(tmp_path, text)
    assert said in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_of_two_faults_the_first_line_is_named(tmp_path):
    with pytest.raises(SubmissionError, match="line 2"):
        _check(tmp_path, "image_name,target\nb,nan\na,inf\nc,1\n")


def test_a_missing_file_is_an_error_of_another_kind(tmp_path):
    with pytest.raises(MelError, match="no such submission") as caught:
        check(tmp_path / "none.csv", SAMPLE)
    assert not isinstance(caught.value, SubmissionError)


def test_bytes_that_are_no_text_are_said_to_be_unreadable(tmp_path):
    path = tmp_path / "s.csv"
    path.write_bytes(b"image_name,target\nb,\xff\xfe\n")
    with pytest.raises(MelError, match="no readable CSV"):
        check(path, SAMPLE)


def test_the_sample_is_read_with_its_ids_as_text(tmp_path):
    sample = tmp_path / "sample.csv"
    sample.write_text("id,y\n007,0\n08,0\n")
    made = tmp_path / "s.csv"
    made.write_text("id,y\n007,0.25\n08,0.5\n")
    check(made, sample)


@pytest.mark.parametrize(
    ("text", "said"),
    [("id\n1\n", "has 1 columns"), ("id,y\na,0\na,0\n", "'a' stands 2 times"), ("", "CSV")],
)
def test_a_sample_that_is_none_is_refused(tmp_path, text, said):
    sample = tmp_path / "sample.csv"
    sample.write_text(text)
    with pytest.raises(MelError, match=said):
        check(tmp_path / "s.csv", sample)


def test_the_real_sample_checks_a_real_submission(real_data):
    folder = real_data / "siim2020"
    check(folder / "sample_submission.csv", folder / "sample_submission.csv")


def test_a_submission_that_was_changed_after_it_was_made_is_told(member, sample, tmp_path):
    """Still of the right shape, but no longer what the JSON beside it describes."""
    path = make(member()[1], sample, tmp_path / "s.csv")
    check(path, sample)
    path.write_text(re.sub(r",[^,]*\n$", ",0.5\n", path.read_text()))
    with pytest.raises(SubmissionError, match=r"was changed after it was made.*s\.json says"):
        check(path, sample)
    path.with_suffix(".json").unlink()
    check(path, sample)


def test_a_json_of_another_kind_beside_it_is_none_of_its_business(tmp_path):
    (tmp_path / "s.json").write_text('["anything"]')
    _check(tmp_path, GOOD)


def test_a_folder_is_no_submission(tmp_path: Path) -> None:
    with pytest.raises(MelError, match="is a folder; name the CSV in it"):
        check(tmp_path, pl.DataFrame({"image_name": ["a"], "target": ["0"]}))

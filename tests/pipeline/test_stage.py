"""A stage is done only while its files are there and their recorded inputs are the present ones."""

from dataclasses import replace

import polars as pl
import pytest

from mel.files import write_json, write_table
from mel.pipeline.stage import Stage

NOW = {"images": "a" * 16, "folds": "b" * 16}


@pytest.fixture
def stage(tmp_path):
    """A stage of two files, of which only the Parquet file records its inputs."""
    head, other = tmp_path / "oof.parquet", tmp_path / "blend.json"
    return Stage("it", "mel it", (head, other), (head,), lambda: NOW, lambda: None)


def _write(stage, inputs):
    header = {"kind": "predictions", "inputs": inputs}
    write_table(stage.outputs[0], pl.DataFrame({"x": [1]}), header)
    stage.outputs[1].write_text("{}")


def test_a_stage_without_files_is_missing(stage):
    assert (stage.state().kind, stage.state().why) == ("missing", "not made yet")


def test_a_stage_with_some_of_its_files_is_missing_and_names_the_absent_one(stage):
    _write(stage, NOW)
    stage.outputs[1].unlink()
    assert (stage.state().kind, stage.state().why) == ("missing", "blend.json is not there")


def test_a_stage_made_from_the_present_inputs_is_done(stage):
    _write(stage, NOW)
    assert stage.state().done


@pytest.mark.parametrize(
    ("then", "why"),
    [
        (NOW | {"folds": "c" * 16}, f"input folds changed from {'c' * 16} to {'b' * 16}"),
        ({"images": "a" * 16}, "input folds is new"),
        (NOW | {"old-32/oof": "d" * 16}, "input old-32/oof is no longer used"),
    ],
)
def test_a_stage_made_from_other_inputs_is_stale_and_names_the_input(stage, then, why):
    _write(stage, then)
    assert (stage.state().kind, stage.state().why) == ("stale", why)


def test_a_broken_file_is_stale_not_an_error(stage):
    _write(stage, NOW)
    stage.outputs[0].write_bytes(b"PAR1 no more")
    assert stage.state().kind == "stale"
    assert "no readable Parquet" in stage.state().why


def test_inputs_may_be_recorded_in_json_too(tmp_path):
    path = tmp_path / "s.json"
    stage = Stage("it", "mel it", (path,), (path,), lambda: NOW, lambda: None)
    write_json(path, {"inputs": NOW})
    assert stage.state().done
    write_json(path, {"other": 1})
    assert stage.state().kind == "stale"


@pytest.mark.parametrize("aside", [False, True])
def test_a_stage_whose_output_was_changed_is_stale_and_blocks_unless_aside(stage, aside):
    _write(stage, NOW)
    state = replace(stage, fault=lambda: "it was changed", aside=aside).state()
    assert (state.kind, state.why) == ("stale", "it was changed")
    assert state.ready == aside

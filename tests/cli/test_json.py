"""With --json a command prints one document, whose keys are those that its help names."""

import inspect
import json
import re
import shutil
from dataclasses import fields

import polars as pl
import pytest
import typer
from typer.core import TyperGroup

from mel.cli.main import _run, app
from mel.cli.page import Page, plain
from mel.files import read_header


def _commands(command, path=()):
    if not isinstance(command, TyperGroup):
        return {path: command}
    return {k: v for n, c in command.commands.items() for k, v in _commands(c, (*path, n)).items()}


COMMANDS = _commands(typer.main.get_command(app))
OPEN = [path for path in COMMANDS if path != ("app",)]


def _keys(path):
    """Read the keys out of a help: a tree, with None where a key is all that is said."""
    (option,) = [one for one in COMMANDS[path].params if one.name == "json"]
    text = inspect.cleandoc(option.help).removeprefix("Print one JSON document: ")
    return [_tree(part) for part in re.split(r"; with [-\w]+: ", text.removesuffix("."))]


def _tree(text):
    stack, last = [{}], None
    for word in re.findall(
        r"[\w.]+|[\[{}\]]", re.sub(r"; (as in|printed|with).*|, printed.*", "", text)
    ):
        if word in "[{":
            stack[-1][last] = {}
            stack.append(stack[-1][last])
        elif word in "]}":
            stack.pop()
        else:
            last = word
            stack[-1][word] = None
    return stack[0]


def _matches(value, keys, where):
    """Compare a document with the keys of its help, as deep as these go."""
    if keys is None or value is None:
        return
    for one in value if isinstance(value, list) else [value]:
        if "..." not in keys:
            assert set(one) == set(keys), where
        for name in set(keys) - {"..."}:
            _matches(one[name], keys[name], f"{where}.{name}")


@pytest.fixture
def asked(capsys):
    """Run a command with --json in this process, and give its document; `status` is checked."""

    def ask(*words, status=0, which=0):
        words = [str(word) for word in words]
        capsys.readouterr()
        assert _run([*words, "--json"], debug=False) == status
        document = json.loads(capsys.readouterr().out)
        path = tuple(words[:2]) if tuple(words[:2]) in COMMANDS else (words[0],)
        keys = _keys(path)[which]
        if status != 1:
            _matches(document, keys, " ".join(path))
        return document

    return ask


@pytest.mark.parametrize("path", OPEN, ids=" ".join)
def test_every_command_that_prints_offers_json_and_names_its_keys(path):
    assert all(_keys(path))


def test_what_is_known_before_any_data_comes_typed(asked, tmp_path):
    (row,) = asked("cnn", "list", "^densenet121$")["backbones"]
    assert (row["params"], row["imagenet"]) == (7_037_504, "densenet121_imagenet")
    features = asked("tabular", "features")["features"]
    assert "age" in {one["columns"] for one in features}
    found = asked("run", "siim-2020", "--dry-run", "--work", tmp_path / "work", which=1)
    assert {one["kind"] for one in found["stages"]} == {"missing"}
    assert {type(one["parameters"]) for one in found["members"]} == {int}
    assert not (tmp_path / "work").exists()


def test_the_first_stages_are_told_as_data(asked, competition, recipe, tmp_path):
    work = tmp_path / "work"
    loaded = asked("kaggle", "load", recipe, "--data", competition, "--work", work)
    assert loaded["train"] == {"images": 84, "patients": 22, "positives": 14}
    assert (loaded["synthetic"], loaded["external"]) == (True, None)
    built = asked("folds", "build", recipe, "--work", work)
    assert (built["ok"], built["comparison"]) == (True, None)
    assert sum(one["rows"] for one in built["counts"]) == 84
    kept = json.loads((work / "audit" / "audit.json").read_text())
    assert {k: v for k, v in built.items() if k in kept} == {
        k: v for k, v in kept.items() if k in built
    }
    (one,) = asked("folds", "repeat", recipe, "--work", work, "--seeds", 3)["maps"]
    assert (one["seed"], one["folds"]) == (3, 2)
    inner = asked("folds", "inner", "--work", work, "--fold", 0, "--out", tmp_path / "i.parquet")
    assert inner["train"] > inner["held_out"] > 0
    states = {one["name"]: one["kind"] for one in asked("status", "--work", work)["stages"]}
    assert (states["load"], states["folds"], states["tabular/lightgbm"]) == (
        *("done", "done"),
        "missing",
    )
    copies = asked("kaggle", "duplicates", "--work", work)
    assert copies["counts"]["pairs"] == len(pl.read_parquet(copies["file"]))
    done = asked("kaggle", "prepare", "--work", work, "--size", 16)
    assert (done["ok"], done["made"], done["broken"]) == (True, done["images"], [])


def test_a_check_that_is_not_passed_prints_its_document_and_ends_with_one(asked, table, tmp_path):
    from mel.tables import Folds

    by_row = table.train.select("image_id", fold=pl.int_range(pl.len()) % 3)
    table.write(tmp_path / "images.parquet")
    Folds.of(by_row, seed=0, method="by row").write(tmp_path / "folds.parquet")
    found = asked("folds", "audit", "--work", tmp_path, "--no-compare", status=1)
    assert not found["ok"]
    assert found["crossings"][0]["folds"] == [0, 1, 2]
    sample, file = tmp_path / "sample.csv", tmp_path / "s.csv"
    sample.write_text("image_name,target\na,0\nb,0\n")
    file.write_text("image_name,target\na,0.1\nb,nan\n")
    said = asked("submit", "check", file, "--sample", sample, status=1)
    assert (said["ok"], "line 3" in said["fault"]) == (False, True)
    file.write_text("image_name,target\na,0.1\nb,0.2\n")
    assert asked("submit", "check", file, "--sample", sample)["ok"]
    other = tmp_path / "other.csv"
    other.write_text("image_name,target\na,0.3\nb,0.2\n")
    blended = asked("submit", "blend", file, other, "--out", tmp_path / "blend" / "b.csv")
    assert blended == {"file": str(tmp_path / "blend" / "b.csv")}
    listed = asked("submit", "list", "--work", tmp_path / "blend")
    assert (listed["submissions"][0]["cv"], listed["agreement"]["public"]["rank"]) == (None, None)


def test_the_keys_in_a_help_are_the_fields_of_what_the_function_gives():
    """Of commands whose result is made of networks or by Kaggle: their fields, one by one."""
    from mel.cnn import Checkup, Exported
    from mel.kaggle.client import Check
    from mel.kaggle.downloading.fetching import Downloaded
    from mel.pipeline.bundling.making import Bundled
    from mel.pipeline.bundling.measuring import Measured
    from mel.pipeline.bundling.verifying import Verified
    from mel.submit import Sent

    def same(keys, kind, *more):
        assert set(keys) == {*(one.name for one in fields(kind)), *more}, kind

    bundle, export = _keys(("ensemble", "bundle"))[0], _keys(("cnn", "export"))[0]
    same(bundle, Bundled)
    same(bundle["measured"], Measured)
    same(bundle["verified"], Verified)
    same(export["graphs"], Exported, "member")
    same(_keys(("cnn", "doctor"))[0], Checkup)
    fetched, checked = _keys(("kaggle", "download"))
    same(fetched, Downloaded)
    same(checked["checks"], Check)
    sent = _keys(("submit", "send"))[0]
    same(sent, Sent)
    same(sent["checks"], Check)


def test_what_needs_networks_or_pip_gives_the_keys_of_its_help_too(tmp_path):
    """As `kaggle bundle` and `submit score` print it, whatever it was made of."""
    from mel.kaggle.offline import Packed
    from mel.kaggle.offline.metadata import Names
    from mel.submit.batch.joining import Tally
    from mel.submit.batch.summary import Summary

    names = Names("me", "moles-offline", "titanic")
    packed = Packed(tmp_path, names, ("infer",), ("a.whl",), 5, {"a": ("1", "2")}, "an image")
    _matches(packed.as_dict(), _keys(("kaggle", "bundle"))[0], "kaggle bundle")
    tally, engine = Tally(3, 1, ("a", "cut off")), {"engine": "openvino", "precision": "float32"}
    scored = Summary(tmp_path, tally, None, "auto", 3, 0.5, "b" * 16, "blend", engine, True)
    _matches(scored.as_dict(), _keys(("submit", "score"))[0], "submit score")


def test_an_error_leaves_standard_output_empty(capsys, tmp_path):
    assert _run(["status", "--work", str(tmp_path / "none"), "--json"], debug=False) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)


@pytest.mark.slow
def test_what_a_run_left_is_told_as_data(smoke, asked, tmp_path):
    from mel.pipeline import embedded

    work, tiny = shutil.copytree(smoke[0], tmp_path / "work"), embedded()["tiny"]
    scores = asked("ensemble", "blend", tiny, "--work", work)["scores"]
    assert [one["kind"] for one in scores] == ["blend", "naive"]
    assert 0 <= scores[0]["oof"]["low"] <= scores[0]["oof"]["auc"] <= 1
    stack = asked("tabular", "train", tiny, "--work", work)["variants"]
    assert [one["blended"] for one in stack] == [True, False]
    worth = asked("tabular", "importance", tiny, "--work", work, "--top", 1)["importance"]
    assert {one["learner"]: one["gain"] is None for one in worth} == {
        "lightgbm": False,
        "logistic": True,
    }
    made = asked("submit", "make", "--work", work)
    assert made == {"file": str(work / "submissions" / "blend.csv")}
    (sent,) = asked("submit", "list", "--work", work)["submissions"]
    assert (sent["name"], sent["public"], type(sent["cv"])) == ("blend", None, float)
    oof, test = (work / "tabular/lightgbm" / name for name in ("oof.parquet", "test.parquet"))
    words = ("--oof", oof, "--test", test, "--name", "again", "--work", work)
    taken = asked("ensemble", "import", *words)
    assert (taken["foreign"], taken["folds"]) == (None, read_header(oof, "predictions")["folds"])
    summary = json.loads((work / "summary.json").read_text())
    again = asked("demo", "--tiny", "--work", work)
    assert {k: v for k, v in again.items() if k != "seconds"} == {
        k: v for k, v in summary.items() if k != "seconds"
    }


def test_nothing_but_the_document_is_printed(capsys):
    with Page(True) as page:
        page.line("for people")
        page.values(images=3, where=None)
    assert json.loads(capsys.readouterr().out) == {"images": 3, "where": None}
    with Page(False) as page:
        page.values(images=3, held_out=None)
        page.put(more=1)
    assert capsys.readouterr().out == "images    3\nheld out  -\n"


def test_plain_data_keep_their_types(tmp_path):
    from datetime import date

    import numpy as np

    frame = pl.DataFrame({"a": [1, None], "day": [date(2026, 1, 2)] * 2})
    assert plain(frame) == [{"a": 1, "day": "2026-01-02"}, {"a": None, "day": "2026-01-02"}]
    assert plain({"p": tmp_path, "n": np.float32(0.5), "v": np.arange(2), "x": np.inf}) == {
        "p": str(tmp_path),
        "n": 0.5,
        "v": [0, 1],
        "x": None,
    }

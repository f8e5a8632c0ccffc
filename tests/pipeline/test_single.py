"""A stage alone is made only when all before it is there and current."""

import polars as pl
import pytest

from mel import cnn, pipeline
from mel.ensemble import Blend
from mel.errors import MelError
from mel.files import read_json, write_json
from mel.pipeline.folder import Work


@pytest.fixture
def empty(tmp_path):
    """An empty place."""
    return tmp_path / "work"


def test_the_stages_one_by_one_give_what_a_run_gives(
    empty, finished, recipe_file, competition, trained
):
    pipeline.only(recipe_file, empty, "load", competition)
    pipeline.only(recipe_file, empty, "folds")
    assert [s.member for s in pipeline.cnn_train(recipe_file, empty)] == trained
    assert [s.kind for s in pipeline.only(recipe_file, empty, "tabular")] == ["stack"]
    assert [s.kind for s in pipeline.only(recipe_file, empty, "ensemble")] == [
        "blend",
        "naive",
    ]
    path = pipeline.submit_make(empty)
    pipeline.submit_check(path, empty)
    assert {s.kind for s in pipeline.status(empty)} == {"done"}
    assert path.read_bytes() == (finished[1] / "submissions/blend.csv").read_bytes()


def test_a_stage_whose_forerunner_is_missing_is_refused_with_its_command(
    empty, recipe_file, competition, trained
):
    empty.mkdir()
    command = rf"run first: mel kaggle load {recipe_file} --data DIR --work {empty}$"
    with pytest.raises(MelError, match=f"needs load, which is missing.*{command}"):
        pipeline.only(recipe_file, empty, "folds")
    pipeline.only(recipe_file, empty, "load", competition)
    pipeline.only(recipe_file, empty, "folds")
    command = rf"mel cnn train {recipe_file} --work {empty} --member efficientnetv2_micro-32$"
    with pytest.raises(MelError, match=command):
        pipeline.only(recipe_file, empty, "tabular")


def test_a_stage_on_changed_inputs_is_refused_and_names_the_change(work, recipe_file):
    text = recipe_file.read_text().replace("n_folds = 2", "n_folds = 3")
    recipe_file.write_text(text)
    with pytest.raises(MelError, match=r"needs folds, which is stale \(input settings changed"):
        pipeline.only(recipe_file, work, "ensemble")


def test_an_unknown_member_is_answered_with_near_ones(empty, recipe_file, competition, trained):
    with pytest.raises(MelError, match="did you mean 'efficientnetv2_micro-"):
        pipeline.cnn_train(recipe_file, empty, "efficientnetv2_mikro-32")


def test_a_submission_can_be_made_from_any_member(work, recipe_file):
    path = pipeline.submit_make(work, "cnn/efficientnetv2_micro-16")
    assert path.name == "efficientnetv2_micro-16.csv"
    scores = pl.read_parquet(work / "cnn/efficientnetv2_micro-16/test.parquet")
    assert pl.read_csv(path)["target"].sort().to_list() == scores["score"].sort().to_list()
    with pytest.raises(MelError, match="did you mean 'ensemble/blend'"):
        pipeline.submit_make(work, "ensemble/blent")
    said = read_json(path.with_suffix(".json"))
    assert (said["cv"]["honest"], said["cv"]["auc"] > 0, "weights" in said) == (False, True, False)


def test_a_submission_says_what_its_blend_was_made_of(work, tmp_path):
    blend = Blend.read(work / "ensemble/blend/blend.json")
    said = read_json(pipeline.submit_make(work).with_suffix(".json"))
    assert said["weights"] == blend.weights
    assert said["folds"] == blend.folds
    images = pl.read_parquet(work / "ensemble/blend/oof.parquet").height
    honest = blend.honest
    auc = {"auc": honest.pooled, "low": honest.low, "high": honest.high}
    assert said["cv"] == auc | {"honest": True, "images": images}
    for member, digests in said["members"].items():
        assert digests == {k: blend.inputs[f"{member}/{k}"] for k in ("oof", "test")}
    assert set(blend.weights) <= set(said["members"])


def test_a_submission_keeps_its_score_when_it_is_made_again(work, tmp_path):
    """What Kaggle said stands in the JSON: neither stale by it, nor lost."""
    path = work / "submissions/blend.csv"
    beside = path.with_suffix(".json")
    sent = [{"competition": "titanic", "tag": "mel-1", "state": "complete", "time": "2026-11-24"}]
    sent[0] |= {"public": 0.9, "private": None}
    write_json(beside, read_json(beside) | {"sent": sent})
    assert {s.kind for s in pipeline.status(work) if s.name == "submit/blend"} == {"done"}
    pipeline.submit_make(work)
    assert read_json(beside)["sent"] == sent
    other = tmp_path / "sample.csv"
    pl.read_csv(work / "sample_submission.csv").reverse().write_csv(other)
    loaded = Work(work).sample
    with pytest.raises(MelError, match="is one of the files to read"):
        pipeline.submit_make(work, out=loaded)
    elsewhere = pipeline.submit_make(work, sample=other, out=tmp_path / "mine.csv")
    pipeline.submit_check(elsewhere, sample=other)
    assert (read_json(beside)["sent"], "sent" in read_json(tmp_path / "mine.json")) == (sent, False)
    pipeline.submit_make(work, "ensemble/blend", other)
    (kept,) = path.parent.glob("blend-*.json")
    assert (read_json(kept)["sent"], "sent" in read_json(beside)) == (sent, False)


def test_a_check_needs_exactly_one_thing_to_compare_with(tmp_path):
    for both in ({}, {"work": tmp_path, "sample": tmp_path / "s.csv"}):
        with pytest.raises(MelError, match="give either --work or --sample"):
            pipeline.submit_check(tmp_path / "s.csv", **both)


@pytest.mark.parametrize("room", ["folds", "cnn", "tabular", "ensemble", "submit", "predict"])
def test_a_stage_alone_makes_no_work_folder(room, empty, recipe_file, tmp_path):
    calls = {
        "cnn": lambda: pipeline.cnn_train(recipe_file, empty),
        "submit": lambda: pipeline.submit_make(empty),
        "predict": lambda: pipeline.cnn_predict(empty, "x-32", tmp_path, tmp_path / "o.csv"),
    }
    with pytest.raises(MelError, match="no such work folder; mel kaggle load RECIPE"):
        calls.get(room, lambda: pipeline.only(recipe_file, empty, room))()
    assert not empty.exists()


def test_a_stage_that_is_refused_keeps_the_recipe_of_before(
    empty, recipe_file, competition, trained
):
    pipeline.only(recipe_file, empty, "load", competition)
    kept = (empty / "recipe.toml").read_bytes()
    recipe_file.write_text(recipe_file.read_text().replace("rounds = 5", "rounds = 6"))
    for room in ("tabular", "ensemble"):
        with pytest.raises(MelError, match="needs folds"):
            pipeline.only(recipe_file, empty, room)
    with pytest.raises(MelError, match="needs folds"):
        pipeline.cnn_train(recipe_file, empty)
    assert (empty / "recipe.toml").read_bytes() == kept


def test_only_a_whole_run_opens_the_test_images_targets(
    empty, recipe_file, competition, trained, monkeypatch
):
    """Not even a truncated solution hinders a stage alone; none of them shows a held-out AUC."""
    pipeline.only(recipe_file, empty, "load", competition)
    solution = empty / "solution.parquet"
    solution.write_bytes(solution.read_bytes()[:100])
    pipeline.only(recipe_file, empty, "folds")
    found = pipeline.cnn_train(recipe_file, empty)
    found += pipeline.only(recipe_file, empty, "tabular")
    found += pipeline.only(recipe_file, empty, "ensemble")
    assert len(found) == 5
    assert not [score for score in found if score.held_out]
    assert pipeline.submit_make(empty).exists()
    states = {state.name: state.why for state in pipeline.status(empty) if not state.done}
    assert states == {"load": "solution.parquet is not as it was loaded"}


def test_paths_may_be_text(empty, recipe_file, competition, trained):
    """As a notebook gives them, at every door."""
    place, recipe = str(empty), str(recipe_file)
    pipeline.only(recipe, place, "load", str(competition))
    pipeline.run(recipe, place, str(competition))
    assert {s.kind for s in pipeline.status(place, recipe)} == {"done"}
    assert {s.kind for s in pipeline.plan(recipe, place, str(competition))} == {"done"}
    assert len(pipeline.cnn_train(recipe, place)) == len(pipeline.members(recipe)) == 2
    path = str(pipeline.submit_make(place))
    pipeline.submit_check(path, place)
    pipeline.submit_check(path, sample=str(empty / "sample_submission.csv"))
    assert pipeline.folds_audit(place).ok
    assert pipeline.facts(place)["digest"]


def test_several_members_and_folds_may_be_picked(
    empty, recipe_file, competition, trained, monkeypatch, capsys
):
    pipeline.only(recipe_file, empty, "load", competition)
    pipeline.only(recipe_file, empty, "folds")
    both = ["efficientnetv2_micro-16", "efficientnetv2_micro-32"]
    asked = []

    def train(table, folds, settings, out, *, only_folds=None, **_):
        asked.append((settings.name, only_folds))

    monkeypatch.setattr(cnn, "train", train)
    assert pipeline.cnn_train(recipe_file, empty, both, [1, 0]) == []
    assert pipeline.cnn_train(recipe_file, empty, both[0], fold=1) == []
    assert asked == [(both[0], [1, 0]), (both[1], [1, 0]), (both[0], [1])]
    capsys.readouterr()
    assert pipeline.cnn_train(recipe_file, empty, both[:1]) == []
    said = capsys.readouterr().err
    assert "not whole yet" in said
    assert "made in" not in said


def test_a_fold_that_does_not_exist_is_refused_though_the_member_is_whole(work, recipe_file):
    with pytest.raises(MelError, match="fold 2: the folds are 0 to 1"):
        pipeline.cnn_train(recipe_file, work, fold=2)


def test_a_stage_that_is_none_is_answered_with_near_ones(work, recipe_file):
    with pytest.raises(MelError, match="no stage 'folts'; did you mean 'folds'"):
        pipeline.only(recipe_file, work, "folts")


def test_a_training_that_is_refused_leaves_the_folders_recipe(work, recipe_file):
    before = (work / "recipe.toml").read_bytes()
    recipe_file.write_text(recipe_file.read_text() + "# another\n")
    with pytest.raises(MelError, match="fold 9: the folds are 0 to 1"):
        pipeline.cnn_train(recipe_file, work, fold=9)
    assert (work / "recipe.toml").read_bytes() == before

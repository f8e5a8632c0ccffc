"""The whole run: what is made, what is skipped, what goes stale, and what is refused."""

import json
import re
import shutil
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from mel import pipeline
from mel.bundles import Bundle
from mel.config import Recipe
from mel.errors import MelError
from mel.files import read_header, write_table
from mel.pipeline import Work
from mel.predictions import Predictions
from mel.submit.scoring import Scorer
from mel.tables import ImageTable

NAMES = [
    "load",
    "folds",
    "cnn/efficientnetv2_micro-32",
    "cnn/efficientnetv2_micro-16",
    "tabular/lightgbm",
    "ensemble/blend",
    "submit/blend",
]


def _change(recipe_file, old, new):
    text = recipe_file.read_text()
    assert old in text
    recipe_file.write_text(text.replace(old, new))


def _kinds(states):
    return {state.name: state.kind for state in states}


def test_a_run_makes_every_stage_and_status_says_so(work, recipe_file, competition):
    assert [state.name for state in pipeline.status(work)] == NAMES
    assert set(_kinds(pipeline.status(work)).values()) == {"done"}
    assert set(_kinds(pipeline.plan(recipe_file, work, competition)).values()) == {"done"}


def test_a_second_run_makes_nothing_and_says_what_it_skips(
    work, recipe_file, competition, trained, made, capsys
):
    before = made(work)
    pipeline.run(recipe_file, work, competition)
    assert made(work) == before
    assert not trained
    news = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in news if "skipped" in line] == NAMES
    assert not [line for line in news if "making" in line]


def test_what_a_setting_changes_is_made_again_and_nothing_else(
    work, recipe_file, competition, trained, made
):
    before = made(work)
    _change(recipe_file, "rounds = 5", "rounds = 6")
    kinds = _kinds(pipeline.plan(recipe_file, work, competition))
    assert [name for name, kind in kinds.items() if kind == "stale"] == NAMES[4:]
    pipeline.run(recipe_file, work, competition)
    after = made(work)
    changed = {name.split("/")[0] for name in before if before[name] != after[name]}
    assert changed - {"submissions"} == {"tabular", "ensemble"}
    assert not trained


def test_a_member_s_setting_leaves_the_other_member_alone(work, recipe_file, competition, trained):
    _change(recipe_file, "size = 16", "size = 16\nseed = 5")
    pipeline.run(recipe_file, work, competition)
    assert trained == ["efficientnetv2_micro-16"]
    assert set(_kinds(pipeline.status(work)).values()) == {"done"}


def test_other_folds_make_everything_above_them_stale_and_say_which_digest_changed(
    work, recipe_file, competition, trained
):
    old = read_header(work / "folds.parquet", "folds")
    _change(recipe_file, "n_folds = 2\nseed = 0", "n_folds = 2\nseed = 9")
    state = pipeline.plan(recipe_file, work, competition)[1]
    now = Recipe.read(recipe_file).folds.digest
    assert state.why == f"input settings changed from {old['inputs']['settings']} to {now}"
    pipeline.run(recipe_file, work, competition)
    assert len(trained) == 2
    assert read_header(work / "ensemble/blend/oof.parquet", "predictions")["folds"] != old["digest"]


def test_changed_data_are_noticed_and_loaded_again(work, recipe_file, competition):
    table = competition / "train.csv"
    frame = pl.read_csv(table, infer_schema=False)
    frame.with_columns(age_approx=pl.lit("50.0")).write_csv(table)
    state = pipeline.plan(recipe_file, work, competition)[0]
    assert state.kind == "stale"
    assert state.why.startswith("input data changed from ")
    before = read_header(work / "images.parquet", "images")["digest"]
    pipeline.run(recipe_file, work, competition)
    assert read_header(work / "images.parquet", "images")["digest"] != before
    assert set(_kinds(pipeline.status(work)).values()) == {"done"}


def test_without_data_loaded_images_are_taken_as_they_are_and_that_is_said(
    work, recipe_file, competition, capsys
):
    shutil.rmtree(competition)
    pipeline.run(recipe_file, work)
    assert "load: done already, skipped" in (news := capsys.readouterr().err)
    assert "not compared with its source, since no --data is given" in news


def test_without_data_and_without_images_the_error_asks_for_data(tmp_path, recipe_file):
    with pytest.raises(MelError, match="give --data DIR"):
        pipeline.run(recipe_file, tmp_path / "work")


def test_without_data_other_load_settings_are_refused(work, recipe_file):
    _change(recipe_file, 'adapter = "siim2020"', 'adapter = "siim2020"\nmissing_patient = "own"')
    with pytest.raises(MelError, match="give --data DIR"):
        pipeline.run(recipe_file, work)


@pytest.mark.parametrize(
    ("file", "again"),
    [
        ("submissions/blend.csv", {"submissions"}),
        ("ensemble/blend/report.html", {"ensemble", "submissions"}),
        ("sample_submission.csv", {"images.parquet", "load.json", "sample_submission.csv"}),
    ],
)
def test_a_file_that_was_deleted_is_made_again(work, recipe_file, competition, file, again, made):
    before = made(work)
    (work / file).unlink()
    pipeline.run(recipe_file, work, competition)
    assert (work / file).exists()
    after = made(work)
    changed = {n.split("/")[0] for n in after if before.get(n) != after[n]}
    assert changed - again <= {"solution.parquet"}
    assert set(_kinds(pipeline.status(work)).values()) == {"done"}


def _artefacts(work):
    """Every artefact but what says of what and when: digests of tables, the text of the others."""
    found = {}
    for path in sorted(work.rglob("*")):
        name = path.relative_to(work).as_posix()
        if path.suffix == ".parquet" and name != "solution.parquet":
            kinds = {"images": "images", "folds": "folds", "importance": "importance"}
            kind = kinds.get(path.stem, "predictions")
            found[name] = read_header(path, kind)["digest"]
        elif path.suffix == ".csv":
            found[name] = sorted(path.read_text().splitlines())
        elif path.suffix == ".json" and name.startswith(("audit", "tabular/", "ensemble/")):
            found[name] = json.loads(path.read_text())
        elif path.suffix in (".html", ".txt"):
            found[name] = path.read_text()
    return found


def test_the_targets_of_the_test_images_change_nothing_but_the_final_table(
    work, tmp_path, recipe_file, competition
):
    """Turned round before all, they turn the held-out AUC round and leave every artefact."""
    before = {s.member: s for s in pipeline.run(recipe_file, work, competition).scores}
    solution = pl.read_csv(competition / "solution.csv")
    solution.with_columns(target=1 - pl.col("target")).write_csv(competition / "solution.csv")
    other = tmp_path / "other"
    after = {s.member: s for s in pipeline.run(recipe_file, other, competition).scores}
    turned = pl.read_parquet(other / "solution.parquet")["target"]
    assert turned.to_list() == (1 - pl.read_parquet(work / "solution.parquet")["target"]).to_list()
    artefacts = _artefacts(work)
    assert len(artefacts) > 12
    assert _artefacts(other) == artefacts
    for name, score in before.items():
        assert after[name].oof == score.oof
        if score.held_out:
            assert after[name].held_out.auc == pytest.approx(1 - score.held_out.auc)


def test_the_order_of_rows_in_the_competition_s_files_changes_nothing(
    work, tmp_path, recipe_file, competition
):
    """Not even the submission, but for its order, which is the sample's."""
    tables = sorted(competition.glob("*.csv"))
    assert len(tables) == 5
    for table in tables:
        frame = pl.read_csv(table, infer_schema=False)
        frame.sample(fraction=1.0, shuffle=True, seed=7).write_csv(table)
    other = tmp_path / "other"
    pipeline.run(recipe_file, other, competition)
    assert _artefacts(other) == _artefacts(work)
    ids = [pl.read_csv(w / "submissions/blend.csv")["image_name"].to_list() for w in (work, other)]
    assert ids[0] != ids[1]
    sample = pl.read_csv(competition / "sample_submission.csv")["image_name"].to_list()
    assert ids[1] == sample


def _edit(path):
    path.write_text(re.sub(r'((?:"pooled": |,)0\.)', r"\g<1>1", path.read_text(), count=1))


def _cut(path):
    path.write_bytes(path.read_bytes()[:40])


@pytest.mark.parametrize(
    ("file", "damage", "stage", "why"),
    [
        ("ensemble/blend/blend.json", _edit, "ensemble/blend", "was changed after it was written"),
        ("ensemble/blend/blend.json", _cut, "ensemble/blend", "is no readable JSON"),
        ("submissions/blend.csv", _edit, "submit/blend", "was changed after it was made"),
        ("submissions/blend.csv", _cut, "submit/blend", "was changed after it was made"),
        ("sample_submission.csv", _cut, "load", "sample_submission.csv is not as it was loaded"),
        ("solution.parquet", _cut, "load", "solution.parquet is not as it was loaded"),
        ("solution.parquet", Path.unlink, "load", "solution.parquet is not as it was loaded"),
        ("load.json", _cut, "load", "load.json: is no readable JSON"),
    ],
)
def test_a_file_that_was_changed_is_noticed_and_made_again(
    work, recipe_file, competition, trained, file, damage, stage, why
):
    before = (work / file).read_bytes()
    damage(work / file)
    (state,) = [s for s in pipeline.status(work) if s.name == stage]
    assert state.kind == "stale"
    assert why in state.why
    pipeline.run(recipe_file, work, competition)
    if file != "solution.parquet":
        assert (work / file).read_bytes() == before
    assert set(_kinds(pipeline.status(work)).values()) == {"done"}
    assert not trained


@pytest.mark.parametrize(
    ("file", "stage", "rest"),
    [
        ("cnn/efficientnetv2_micro-32/fold1/done.json", "cnn/efficientnetv2_micro-32", "done"),
        ("tabular/lightgbm/context/fold1.json", "tabular/lightgbm", "stale"),
    ],
)
def test_a_model_that_is_gone_is_noticed_and_made_again(
    work, recipe_file, competition, trained, file, stage, rest
):
    (work / file).unlink()
    kinds = _kinds(pipeline.status(work))
    assert kinds[stage] == "stale"
    assert kinds["ensemble/blend"] == rest
    pipeline.run(recipe_file, work, competition)
    assert (work / file).exists()
    assert set(_kinds(pipeline.status(work)).values()) == {"done"}
    assert trained == ([stage.removeprefix("cnn/")] if stage.startswith("cnn") else [])


@pytest.mark.parametrize("file", ["sample_submission.csv", "solution.parquet"])
def test_a_changed_sample_or_solution_without_data_is_one_line_that_asks_for_data(
    work, recipe_file, file
):
    _cut(work / file)
    with pytest.raises(MelError, match=rf"{file} is not as it was loaded; give --data DIR"):
        pipeline.run(recipe_file, work)


def test_a_solution_that_was_never_loaded_is_not_believed(work, recipe_file, competition):
    (competition / "solution.csv").rename(competition / "aside.csv")
    pipeline.run(recipe_file, work, competition)
    assert not (work / "solution.parquet").exists()
    frame = pl.read_parquet(work / "images.parquet").filter(pl.col("split") == "test")
    invented = frame.select("image_id", target=pl.int_range(pl.len(), dtype=pl.Int8) % 2)
    write_table(work / "solution.parquet", invented, {"kind": "solution", "schema": 1})
    with pytest.raises(MelError, match=r"solution.parquet is not as it was loaded"):
        pipeline.run(recipe_file, work)


def test_a_run_that_is_refused_keeps_the_recipe_of_before(work, recipe_file, competition):
    kept = (work / "recipe.toml").read_bytes()
    _change(recipe_file, 'name = "small"', 'name = "other"')
    damaged = competition / "train.csv"
    damaged.write_text(damaged.read_text().replace("patient_id", "patient", 1))
    with pytest.raises(MelError, match="patient_id"):
        pipeline.run(recipe_file, work, competition)
    assert (work / "recipe.toml").read_bytes() == kept


def test_the_test_images_targets_are_in_no_other_artefact(work):
    assert pl.read_parquet(work / "solution.parquet")["target"].sum() > 0
    images = pl.read_parquet(work / "images.parquet")
    assert images.filter(pl.col("split") == "test")["target"].null_count() == 36


def test_synthetic_data_are_called_synthetic_wherever_results_stand(work):
    assert "synthetic" in (work / "summary.md").read_text().splitlines()[0]
    assert "synthetic" in json.loads((work / "summary.json").read_text())["title"]
    assert json.loads((work / "submissions/blend.json").read_text())["synthetic"] is True
    assert "synthetic" in (work / "ensemble/blend/report.html").read_text().lower()


def test_the_recipe_is_kept_as_it_was_given(work, recipe_file):
    assert (work / "recipe.toml").read_bytes() == recipe_file.read_bytes()


def test_a_stage_that_fails_leaves_what_was_made_and_the_next_run_goes_on(
    tmp_path, recipe_file, competition, trained, monkeypatch
):
    from mel import cnn

    work, train = tmp_path / "work", cnn.train

    def fail(table, folds, settings, out, **rest):
        if settings.size == 16:
            raise MelError("the second member fails")
        return train(table, folds, settings, out, **rest)

    monkeypatch.setattr(cnn, "train", fail)
    with pytest.raises(MelError, match="second member"):
        pipeline.run(recipe_file, work, competition)
    kinds = list(_kinds(pipeline.status(work)).values())
    assert kinds == ["done"] * 3 + ["missing"] * 4
    monkeypatch.setattr(cnn, "train", train)
    trained.clear()
    pipeline.run(recipe_file, work, competition)
    assert trained == ["efficientnetv2_micro-16"]


def test_a_run_beside_a_run_is_refused(work, recipe_file):
    with Work(work).locked(), pytest.raises(MelError, match="another mel is at work"):
        pipeline.run(recipe_file, work)


def test_status_needs_a_work_folder_and_a_recipe(tmp_path):
    with pytest.raises(MelError, match="no such work folder"):
        pipeline.status(tmp_path / "none")
    with pytest.raises(MelError, match="holds no recipe"):
        pipeline.status(tmp_path)


def test_status_counts_the_folds_of_a_member_in_training(work, recipe_file):
    member = work / "cnn/efficientnetv2_micro-32"
    inputs = read_header(member / "oof.parquet", "predictions")["inputs"]
    inputs |= {
        "settings": Recipe.read(recipe_file).member("efficientnetv2_micro-32").training_digest
    }
    for fold, recorded in enumerate((inputs, inputs | {"folds": "0" * 16})):
        (member / f"fold{fold}/trained.json").write_text(json.dumps({"inputs": recorded}))
    (member / "oof.parquet").unlink()
    (member / "test.parquet").unlink()
    state = pipeline.status(work)[2]
    assert state.kind == "missing"
    assert state.why == "1 of 2 folds trained, 1 of other inputs"


def test_other_test_time_augmentation_leaves_a_member_to_be_scored_and_not_trained(
    work, recipe_file
):
    _change(recipe_file, "epochs = 1", 'epochs = 1\ntta = { turns = "flips" }')
    state = pipeline.status(work, recipe_file)[2]
    assert state.kind == "stale"
    assert "2 of 2 folds trained, 2 to be scored again" in state.why
    _change(recipe_file, "epochs = 1", "epochs = 2")
    assert "0 of 2 folds trained, 2 of other inputs" in pipeline.status(work, recipe_file)[2].why


def test_the_demo_does_not_overwrite_a_run_on_real_data(tmp_path, table):
    real = Work(tmp_path)
    table.write(real.images)
    with pytest.raises(MelError, match="real data"):
        pipeline.demo(tmp_path, tiny=True)
    assert not real.competition.exists()


def test_the_demo_runs_on_what_it_drew_and_goes_on_where_it_was(tmp_path, trained, capsys):
    work = tmp_path / "work"
    summary = pipeline.demo(work, tiny=True)
    assert summary.title == "tiny (synthetic data)"
    assert (work / "competition/synthetic.json").exists()
    assert "SYNTHETIC" in capsys.readouterr().err
    assert pipeline.demo(work, tiny=True).scores == summary.scores
    assert trained == ["efficientnetv2_micro-32"]


def test_an_image_smaller_than_the_networks_is_no_hindrance(
    tmp_path, competition, recipe_file, trained
):
    image = next((competition / "jpeg/train").iterdir())
    Image.open(image).resize((12, 9)).save(image)
    pipeline.run(recipe_file, tmp_path / "work", competition)
    assert set(_kinds(pipeline.status(tmp_path / "work")).values()) == {"done"}


@pytest.mark.slow
def test_a_run_with_a_real_network_makes_all_that_its_summary_names(tiny_run):
    work = tiny_run / "work"
    assert set(_kinds(pipeline.status(work)).values()) == {"done"}
    summary = json.loads((work / "summary.json").read_text())
    assert [score["kind"] for score in summary["scores"]] == ["cnn", "stack", "blend", "naive"]
    assert all((work / name).exists() for name in summary["files"])


@pytest.mark.slow
def test_trained_networks_exported_and_bundled_score_every_test_image_as_they_did(tiny_bundle):
    pytest.importorskip("openvino", reason="needs OpenVINO: mel[serve]")
    pytest.importorskip("tf2onnx", reason="needs tf2onnx: mel[export]")
    work = tiny_bundle / "work" / "demo"
    bundle, test = work / "demo.mel", ImageTable.read(work / "images.parquet").test
    verified = Bundle.open(bundle).json("facts.json")["verified"]
    assert verified["images"] == test.height
    assert max(*verified["members"].values(), verified["blend"]) < 1e-4
    scorer = Scorer.open(bundle, "float32")
    judged = scorer.judge(test, scorer.look(test), "context").frame
    known = Predictions.read(work / "ensemble" / "blend" / "test.parquet").frame
    both = judged.select("image_id", new="score").join(known, on="image_id", validate="1:1")
    assert both.height == test.height
    assert (both["new"] - both["score"]).abs().max() < 1e-4

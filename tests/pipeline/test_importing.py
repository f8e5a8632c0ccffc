"""Members scored elsewhere in a work folder: imported, seen by status, used by stack and blend."""

import shutil
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from mel import pipeline
from mel.cli.main import app
from mel.config import Recipe
from mel.errors import MelError
from mel.files import read_json
from mel.predictions import Predictions

RECIPE = """\
name = "three"
[data]
adapter = "siim2020"
images = "none"
[folds]
n_folds = 2
[tabular]
rounds = 5
min_data_in_leaf = 5
[ensemble]
rounds = 3
[[imported]]
name = "ours"
[[imported]]
name = "theirs"
foreign = true
"""


@pytest.fixture
def recipe(tmp_path: Path) -> Path:
    """A recipe of imported members only, free to be changed."""
    (path := tmp_path / "three.toml").write_text(RECIPE)
    return path


@pytest.fixture(scope="module")
def begun(tiny_competition: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A work folder with images and folds, made once."""
    (recipe := tmp_path_factory.mktemp("begun") / "three.toml").write_text(RECIPE)
    for name in ("load", "folds"):
        pipeline.only(recipe, recipe.with_name("work"), name, tiny_competition)
    return recipe.with_name("work")


@pytest.fixture
def work(begun: Path, tmp_path: Path) -> pipeline.Work:
    """A copy of it, free to be changed."""
    return pipeline.Work(shutil.copytree(begun, tmp_path / "work"))


def files(work: pipeline.Work, name: str, n_folds: int | None = None) -> tuple[Path, Path]:
    """Write somebody's scores beside the work folder, on its folds or on some of their own."""
    draw = np.random.default_rng([*name.encode()])
    table, folds = work.loaded(), work.parted()
    rows = folds.frame.join(table.train, on="image_id").select("image_id", "fold", "target")
    number = pl.col("image_id").str.extract(r"(\d+)$").cast(pl.Int64)
    if n_folds is not None:
        rows = rows.with_columns(fold=number % n_folds)
    pred = pl.Series("pred", 1 / (1 + np.exp(draw.normal(size=rows.height))))
    oof, test = (work.root.parent / f"{name}-{side}.csv" for side in ("oof", "test"))
    rows.with_columns(pred * (1 + pl.col("target")) / 2).write_csv(oof)
    draws = pl.Series("target", draw.random(table.test.height) / 2)
    table.test.select("image_id").with_columns(draws).write_csv(test)
    return oof, test


def imported(work: pipeline.Work, name: str, n_folds: int | None = None, **options: object):
    return pipeline.ensemble_import(work, name, *files(work, name, n_folds), **options)


def kinds(work: pipeline.Work, recipe: Path) -> dict[str, str]:
    return {state.name: state.kind for state in pipeline.status(work.root, recipe)}


def test_a_recipe_of_imported_members_runs_to_a_submission(work, recipe) -> None:
    states = {state.name: state for state in pipeline.status(work.root, recipe)}
    assert list(states)[2:5] == ["imported/ours", "imported/theirs", "tabular/lightgbm"]
    command = "mel ensemble import --oof FILE --test FILE --name"
    assert states["imported/ours"].why == f"run: {command} ours --work {work.root}"
    assert states["imported/theirs"].why == f"run: {command} theirs --work {work.root} --foreign"
    with pytest.raises(MelError, match=f"ours: its scores are not imported .* run: {command} ours"):
        pipeline.run(recipe, work.root)
    with pytest.raises(MelError, match=f"needs imported/ours, which is missing .*{command} ours"):
        pipeline.only(recipe, work.root, "tabular")
    with pytest.raises(MelError, match="names no network to train"):
        pipeline.cnn_train(recipe, work.root)
    imported(work, "ours")
    with pytest.raises(MelError, match=r"theirs: was made on folds .* --foreign"):
        imported(work, "theirs", 3)
    imported(work, "theirs", 3, foreign=True)
    summary = pipeline.run(recipe, work.root)
    assert set(kinds(work, recipe).values()) == {"done"}
    assert [(row.member, row.kind) for row in summary.scores] == [
        ("ours", "imported"),
        ("theirs", "foreign"),
        ("lightgbm", "stack"),
        ("blend", "blend"),
        ("blend", "naive"),
    ]
    (note,) = [text for text in summary.notes if text.startswith("Foreign")]
    assert "made on other folds: theirs." in note
    assert note in read_json(work.root / "summary.json")["notes"]
    for room in ("tabular/lightgbm", "ensemble/blend"):
        for kind in ("oof", "test"):
            assert set(Predictions.read(work.root / room / f"{kind}.parquet").foreign) == {"theirs"}
    assert pipeline.submit_make(work.root, "imported/ours").name == "ours.csv"
    assert pipeline.plan(recipe, work.root)
    line = ["run", str(recipe), "--work", str(work.root), "--dry-run"]
    assert CliRunner().invoke(app, line).exit_code == 0


def test_what_the_stack_would_refuse_is_said_before_anything_is_trained(
    work, recipe, trained, monkeypatch
) -> None:
    network = '\n[[cnn.members]]\nbackbone = "efficientnetv2_micro"\nsize = 32\n'
    plain = RECIPE.partition("[[imported]]")[0] + network
    monkeypatch.setitem(sys.modules, "optuna", None)
    for setting, said in (
        ("search = { trials = 2 }", r"tabular\.search: needs optuna"),
        ('shortcuts = ["wdth"]', r"tabular\.shortcuts: the images have no column 'wdth'"),
    ):
        recipe.write_text(plain.replace("rounds = 5", f"rounds = 5\n{setting}"))
        with pytest.raises(MelError, match=said):
            pipeline.run(recipe, work.root)
    assert trained == []


def test_networks_and_imported_members_stand_side_by_side(work, recipe, trained) -> None:
    network = '\n[[cnn.members]]\nbackbone = "efficientnetv2_micro"\nsize = 32\n'
    recipe.write_text(RECIPE + network)
    imported(work, "ours")
    with pytest.raises(MelError, match=r"theirs: its scores are not imported"):
        pipeline.run(recipe, work.root)
    assert trained == []  # nobody trains for days before that is said
    imported(work, "theirs", 3, foreign=True)
    summary = pipeline.run(Recipe.read(recipe), work.root)
    kinds_of = {row.member: row.kind for row in summary.scores[:3]}
    assert kinds_of == {"efficientnetv2_micro-32": "cnn", "ours": "imported", "theirs": "foreign"}
    used = Predictions.read(work.tabular("lightgbm") / "oof.parquet").inputs
    assert {f"{name}/{kind}" for name in kinds_of for kind in ("oof", "test")} <= set(used)
    assert set(kinds(work, work.recipe).values()) == {"done"}


def test_foreign_scores_need_the_recipes_allowance(work, recipe) -> None:
    imported(work, "ours", 3, foreign=True)
    imported(work, "theirs", 3, foreign=True)
    (state,) = [s for s in pipeline.status(work.root, recipe) if s.name == "imported/ours"]
    assert (state.kind, state.blocks) == ("stale", True)
    assert "its scores are foreign, made on folds" in state.why
    assert '[[imported]] name = "ours": foreign = true' in state.why
    with pytest.raises(MelError, match="ours: its scores are foreign"):
        pipeline.run(recipe, work.root)
    recipe.write_text(RECIPE.replace('name = "ours"', 'name = "ours"\nforeign = true'))
    assert kinds(work, recipe)["imported/ours"] == "done"


def test_other_folds_make_an_import_stale_until_it_is_made_again(work, recipe) -> None:
    pair = files(work, "ours")
    pipeline.ensemble_import(work, "ours", *pair)
    recipe.write_text(RECIPE.replace("n_folds = 2", "n_folds = 3"))
    pipeline.only(recipe, work.root, "folds")
    (state,) = [s for s in pipeline.status(work.root, recipe) if s.name == "imported/ours"]
    assert state.kind == "stale"
    assert "input folds changed" in state.why
    assert "mel ensemble import" in state.why
    assert pipeline.ensemble_import(work, "ours", *pair, foreign=True).oof.foreign
    imported(work, "ours", replace=True)
    assert kinds(work, recipe)["imported/ours"] == "done"


def test_the_same_scores_change_nothing_and_others_need_to_be_told_to(work, capsys) -> None:
    first = imported(work, "ours")
    oof, test = files(work, "ours")
    pl.read_csv(oof).sample(fraction=1, shuffle=True, seed=1).write_csv(oof)
    before = [path.read_bytes() for path in sorted(first.folder.iterdir())]
    pipeline.ensemble_import(work, "ours", oof, test)
    assert "holds these very scores already" in capsys.readouterr().err
    pipeline.ensemble_import(work, "ours", oof, test, replace=True)
    assert [path.read_bytes() for path in sorted(first.folder.iterdir())] == before
    pl.read_csv(oof).with_columns(pl.col("pred") ** 2).write_csv(oof)
    with pytest.raises(MelError, match="holds other scores under this name; choose another --name"):
        pipeline.ensemble_import(work, "ours", oof, test)
    assert [path.read_bytes() for path in sorted(first.folder.iterdir())] == before
    again = pipeline.ensemble_import(work, "ours", oof, test, replace=True)
    assert again.oof.digest != first.oof.digest


def test_a_name_that_is_taken_is_refused(work, recipe) -> None:
    for name, said in (("lightgbm", "recipe three gives it"), ("blend", "recipe three gives it")):
        with pytest.raises(MelError, match=f"name '{name}': {said}"):
            imported(work, name)
    imported(work, "ours").oof.write(work.cnn("net") / "oof.parquet")
    with pytest.raises(MelError, match="name 'net': cnn/net has it already"):
        imported(work, "net")
    for name, said in (("ours", "member ours is given 2 times"), ("fold", "is a column of mel's")):
        recipe.write_text(f'{RECIPE}[[imported]]\nname = "{name}"\n')
        with pytest.raises(MelError, match=said):
            Recipe.read(recipe)


def test_a_fold_map_of_its_own_file_says_on_which_folds_scores_were_made(work, tmp_path) -> None:
    oof, test = files(work, "ours")
    rows = pl.read_csv(oof)
    rows.select("image_id", kfold=5 - pl.col("fold")).write_csv(tmp_path / "map.csv")
    rows.drop("fold").write_csv(oof)
    with pytest.raises(MelError, match="nothing says on which folds"):
        pipeline.ensemble_import(work, "ours", oof, test)
    found = pipeline.ensemble_import(work, "ours", oof, test, fold_map=tmp_path / "map.csv")
    assert found.oof.folds == work.parted().digest
    rows.with_columns(fold=pl.int_range(pl.len()) % 2).write_csv(oof)
    with pytest.raises(MelError, match=r"map.csv: parts the images otherwise than the folds in"):
        pipeline.ensemble_import(work, "ours", oof, test, fold_map=tmp_path / "map.csv")
    strange = rows.select(pl.format("x{}", "image_id").alias("image_id"), "fold")
    strange.write_csv(tmp_path / "map.csv")
    with pytest.raises(MelError, match=r"map.csv: image 'x.*' is not in table"):
        pipeline.ensemble_import(work, "ours", oof, test, fold_map=tmp_path / "map.csv")


def test_the_command_says_what_was_taken_and_what_the_recipe_needs(work) -> None:
    oof, test = files(work, "theirs", 3)
    line = ["ensemble", "import", "--oof", oof, "--test", test, "--name", "theirs"]
    line += ["--work", work.root, "--foreign", "--scale", "probability"]
    done = CliRunner().invoke(app, [str(word) for word in line])
    assert done.exit_code == 0, done.output
    for text in (
        "oof: image_id, pred and test: image_id, target",
        "probability",
        "Foreign, made on other folds: theirs.",
        "were scored by a network that had seen the same patient",
        '[[imported]]\nname = "theirs"\nforeign = true',
    ):
        assert " ".join(text.split()) in " ".join(done.output.split())


def test_a_folder_without_images_or_folds_asks_for_them(recipe, tiny_competition, tmp_path) -> None:
    with pytest.raises(MelError, match="no such work folder"):
        pipeline.ensemble_import(tmp_path / "work", "x", "a.csv", "b.csv")
    pipeline.only(recipe, tmp_path / "work", "load", tiny_competition)
    with pytest.raises(MelError, match="make the folds first: mel folds build"):
        pipeline.ensemble_import(tmp_path / "work", "x", "a.csv", "b.csv")

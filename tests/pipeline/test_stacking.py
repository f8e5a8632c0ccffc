"""What is asked of a stack that is there: its nested AUC, and what its features are worth."""

import pytest

from mel import pipeline
from mel.errors import MelError
from mel.files import read_json


@pytest.fixture
def stacked(recipe_file, competition, trained, tmp_path):
    """A work folder with a stack over three folds."""
    recipe_file.write_text(recipe_file.read_text().replace("n_folds = 2", "n_folds = 3"))
    work = tmp_path / "work"
    pipeline.only(recipe_file, work, "load", competition)
    pipeline.only(recipe_file, work, "folds")
    pipeline.cnn_train(recipe_file, work)
    with pytest.raises(MelError, match=r"tabular/lightgbm: is missing .*mel tabular train"):
        pipeline.tabular_nested(recipe_file, work)
    pipeline.only(recipe_file, work, "tabular")
    return work


def test_a_stack_tells_its_nested_auc_and_its_importance_and_stays_done(stacked, recipe_file):
    rows = pipeline.tabular_nested(recipe_file, stacked)
    kinds = [(variant, kind) for variant in ("context", "single") for kind in ("naive", "oof")]
    assert set(kinds) < {(row["variant"], row["kind"]) for row in rows}
    folder = stacked / "tabular" / "lightgbm"
    kept = read_json(folder / "nested.json")["variants"]
    said = {(row["variant"], row["kind"]): row["pooled"] for row in rows}
    assert said["context", "honest"] == kept["context"]["honest"]["pooled"]
    context, single = pipeline.variants(recipe_file, stacked)
    assert (single["variant"], single["pooled"]) == ("single", kept["single"]["oof"]["pooled"])
    assert (context["blended"], single["blended"]) == (True, False)
    found = pipeline.tabular_importance(recipe_file, stacked)
    assert found.top(2).height == 8  # two variants, two learners
    assert [path.name for path in found.files] == [
        *("importance-context.svg", "importance-context.png"),
        *("importance-single.svg", "importance-single.png"),
    ]
    assert all(path.stat().st_size > 1000 for path in found.files)
    states = {state.name: state.done for state in pipeline.status(stacked)}
    assert states["tabular/lightgbm"]
    pipeline.only(recipe_file, stacked, "tabular")
    assert (folder / "nested.json").exists()  # done, so left alone


@pytest.mark.parametrize("built", [True, False])
def test_two_folds_are_refused_for_a_nested_auc_before_anything_is_fitted(
    built, recipe_file, competition, tmp_path, monkeypatch
):
    """By the folds that are there, and by the recipe's where none are built yet."""
    work = tmp_path / "work"
    pipeline.only(recipe_file, work, "load", competition)
    if built:
        pipeline.only(recipe_file, work, "folds")
    monkeypatch.setattr("mel.tabular.train", lambda *_, **__: pytest.fail("was fitted"))
    with pytest.raises(MelError, match="needs 3 folds or more, these are 2"):
        pipeline.tabular_train(recipe_file, work, nested=True)
    assert not (work / "tabular").exists()


def test_how_many_folds_a_map_from_elsewhere_has_is_seen_when_it_is_there(
    recipe_file, competition, tmp_path
):
    text = recipe_file.read_text().replace("n_folds = 2", 'map = "fold"').replace("seed = 0", "", 1)
    recipe_file.write_text(text)
    pipeline.only(recipe_file, tmp_path / "work", "load", competition)
    with pytest.raises(MelError, match="needs folds, which is missing"):
        pipeline.tabular_train(recipe_file, tmp_path / "work", nested=True)


def test_a_missing_recipe_or_folder_is_named_before_the_folds(work, recipe_file, tmp_path):
    with pytest.raises(MelError, match="no such recipe"):
        pipeline.tabular_train("nope", work, nested=True)
    with pytest.raises(MelError, match="no such work folder"):
        pipeline.tabular_train(recipe_file, tmp_path / "nowhere", nested=True)

import subprocess
import sys

import polars as pl
import pytest

from mel import tabular
from mel.config import TabularSettings
from mel.errors import MelError
from mel.files import digest_file, digest_json, read_json, write_json
from mel.predictions import Predictions, test_matrix
from mel.tabular import VARIANTS

HIST = {"rounds": 5, "min_data_in_leaf": 3}


@pytest.fixture(scope="module")
def made(tmp_path_factory, request):
    """A place for the one stack that this module trains."""
    return tmp_path_factory.mktemp("stack") / "stack"


@pytest.fixture
def pristine(table, folds, member, made):
    """The folder of a stack of two members by all learners, and their test scores, wide."""
    (oof_a, test_a), (oof_b, test_b) = member("a"), member("b")
    if not made.exists():
        settings = TabularSettings(
            learners=["lightgbm", "logistic", "histogram"],
            rounds=6,
            learning_rate=0.2,
            min_data_in_leaf=3,
            seeds=2,
            histogram=HIST,
        )
        tabular.train(table, folds, [oof_a, oof_b], [test_a, test_b], settings, made)
    return made, test_matrix([test_a, test_b])


@pytest.fixture
def trained(pristine, tmp_path):
    """The same in a folder of its own, free to be changed."""
    import shutil

    folder = shutil.copytree(pristine[0], tmp_path / "stack")
    return folder, pristine[1]


def test_the_files_alone_repeat_the_test_predictions_exactly(table, pristine):
    out, scores = pristine
    models = [f"fold{k}.json" for k in range(4)]
    assert sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()) == [
        *(f"context/{name}" for name in ("features.json", *models, "oof.parquet", "test.parquet")),
        *("importance.parquet", "oof.parquet"),
        *(f"single/{name}" for name in ("features.json", *models, "oof.parquet", "test.parquet")),
        *("stack.json", "test.parquet"),
    ]
    stack = tabular.load(out)
    found = {}
    for variant in VARIANTS:
        written = Predictions.read(out / variant / "test.parquet")
        found[variant] = written.frame.select("image_id", "score")
        assert written.frame["score"].n_unique() > 8
        assert stack.score(table.test, scores, variant=variant).equals(found[variant])
    assert not found["context"].equals(found["single"])
    assert (out / "test.parquet").read_bytes() == (out / "context/test.parquet").read_bytes()
    assert Predictions.read(out / "single/oof.parquet").name == "lightgbm-single"


def test_one_image_or_one_patient_alone_scores_exactly_as_in_the_batch(table, pristine):
    out, scores = pristine
    stack = tabular.load(out)
    batch = stack.score(table.test, scores, variant="single")
    for row in range(table.test.height):
        alone = table.test[row].drop("patient_id")
        assert stack.score(alone, scores, variant="single").equals(batch[row])
    batch = stack.score(table.test, scores, variant="context")
    for patient in table.test["patient_id"].unique():
        mine = table.test["patient_id"] == patient
        alone = stack.score(table.test.filter(mine).reverse(), scores, variant="context")
        assert alone.reverse().equals(batch.filter(mine))


def test_scores_keep_the_order_of_the_images_asked_for(table, pristine):
    out, scores = pristine
    stack = tabular.load(out)
    for variant in VARIANTS:
        turned = stack.score(
            table.test.reverse(), scores.sample(fraction=1.0, shuffle=True, seed=1), variant=variant
        )
        assert turned.equals(stack.score(table.test, scores, variant=variant).reverse())
        assert stack.score(table.test[:0], scores, variant=variant).height == 0


def test_new_images_are_scored_without_what_trained_the_stack(table, pristine, tmp_path):
    """Nor with pandas, which LightGBM would take if it is there."""
    out, scores = pristine
    stack = tabular.load(out)
    images = table.test.select(stack.columns("context"))
    images.write_parquet(tmp_path / "images.parquet")
    scores.write_parquet(tmp_path / "scores.parquet")
    absent = ("sklearn", "pandas", "matplotlib", "tensorflow", "keras", "optuna")
    code = f"""
import sys
sys.modules.update(dict.fromkeys({absent}))
import polars as pl
from mel import tabular
images, scores = pl.read_parquet("images.parquet"), pl.read_parquet("scores.parquet")
tabular.load({str(out)!r}).score(images, scores, variant="context").write_parquet("found.parquet")
"""
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=True)
    expected = stack.score(table.test, scores, variant="context")
    assert pl.read_parquet(tmp_path / "found.parquet").equals(expected)


def test_the_variant_must_be_said_and_be_known(table, pristine):
    out, scores = pristine
    stack = tabular.load(out)
    assert (stack.main, stack.members) == ("context", ["a", "b"])
    with pytest.raises(TypeError, match="variant"):
        stack.score(table.test, scores)
    with pytest.raises(MelError, match="variant: unknown 'singel'; did you mean 'single'"):
        stack.score(table.test, scores, variant="singel")
    with pytest.raises(MelError, match="no column 'patient_id'"):
        stack.score(table.test.drop("patient_id"), scores, variant="context")


@pytest.mark.parametrize("keep", [0, 0.99])
def test_a_model_cut_short_is_refused_by_name(trained, keep):
    """LightGBM itself would end the process."""
    path = trained[0] / "single" / "fold2.json"
    text = path.read_text()
    path.write_text(text[: int(keep * len(text))])
    with pytest.raises(MelError, match=r"fold2\.json: is not the file features\.json lists"):
        tabular.load(trained[0])


def _change_a_reference(content):
    found = next(f for f in content["features"] if f["kind"] == "percentile")
    found["reference"][0] -= 1.0


CHANGES = {
    "turn": lambda content: content["features"].reverse(),
    "drop a feature": lambda content: content["features"].pop(),
    "change a reference": _change_a_reference,
    "drop a model": lambda content: content["models"].pop("fold3.json"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_feature_list_changed_by_hand_is_refused(trained, change):
    path = trained[0] / "context" / "features.json"
    content = read_json(path)
    CHANGES[change](content)
    write_json(path, content)
    with pytest.raises(MelError, match=r"features\.json: content has digest .* was changed after"):
        tabular.load(trained[0])
    _sign(path, content)
    with pytest.raises(MelError, match=r"context: is not the variant stack\.json lists"):
        tabular.load(trained[0])


def _sign(path, content):
    content = {k: v for k, v in content.items() if k != "digest"}
    write_json(path, {"digest": digest_json(content)} | content)


def test_a_stack_that_scores_by_another_variant_than_it_was_made_for_is_refused(trained):
    path = trained[0] / "stack.json"
    content = read_json(path) | {"main": "single"}
    write_json(path, content)
    with pytest.raises(MelError, match=r"stack\.json: content has digest"):
        tabular.load(trained[0])
    _sign(path, content | {"main": "both"})
    with pytest.raises(MelError, match="another version of mel"):
        tabular.load(trained[0])


@pytest.mark.parametrize("order", ["1023", "0124", "../", ""])
def test_models_are_numbered_from_0_and_lie_beside_their_list(trained, order):
    """Whatever the digest says: a name may be a path into another folder."""
    path = trained[0] / "single" / "features.json"
    content = read_json(path)
    sha = content["models"]["fold0.json"]
    names = [f"fold{n}.json" for n in order] if order != "../" else ["../single/fold0.json"]
    _sign(path, content | {"models": dict.fromkeys(names, sha)})
    with pytest.raises(
        MelError, match=r"features\.json: names (no models|model .* belongs)"
    ) as caught:
        tabular.load(str(trained[0]))
    assert "\n" not in str(caught.value)


def test_a_model_of_strange_content_is_refused_though_its_digests_agree(trained):
    path = trained[0] / "single" / "fold0.json"
    path.write_text('{"norms": {}, "shift": 0, "models": [{"learner": "magic"}]}')
    listing = trained[0] / "single" / "features.json"
    content = read_json(listing)
    content["models"]["fold0.json"] = digest_file(path)
    _sign(listing, content)
    with pytest.raises(MelError, match=r"fold0\.json: is no model \(") as caught:
        tabular.load(trained[0])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["single/fold3.json", "context/features.json", "stack.json"])
def test_a_missing_file_is_refused_by_name(trained, name):
    (trained[0] / name).unlink()
    with pytest.raises(MelError, match=name.rpartition("/")[2]):
        tabular.load(trained[0])


def test_importance_is_kept_for_both_variants_and_drawn(pristine):
    found = tabular.read_importance(pristine[0])
    assert set(found["variant"]) == set(VARIANTS)
    shares = found.filter(learner="lightgbm").group_by("variant").agg(pl.col("gain").sum())
    assert shares["gain"].round(4).to_list() == [1.0, 1.0]
    assert found.filter(learner="logistic")["shap"].is_not_null().all()
    assert found.filter(learner="histogram")["shap"].is_null().all()
    assert "patient: images" not in found.filter(variant="single")["feature"].to_list()
    drawn = tabular.importance_figure(found, "context", png=True)
    assert drawn.png.startswith(b"\x89PNG")
    assert "logistic" in drawn.svg or "<path" in drawn.svg

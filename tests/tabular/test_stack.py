import polars as pl
import pytest

from mel import tabular
from mel.errors import MelError
from mel.files import digest_json, read_json, write_json
from mel.predictions import Predictions, test_matrix


@pytest.fixture
def trained(table, folds, member, settings, tmp_path):
    """The folder of a stack of two members, and the members' test scores, wide."""
    (oof_a, test_a), (oof_b, test_b) = member("a"), member("b")
    tabular.train(table, folds, [oof_a, oof_b], [test_a, test_b], settings, tmp_path / "stack")
    return tmp_path / "stack", test_matrix([test_a, test_b])


def test_the_files_alone_repeat_the_test_predictions_exactly(table, trained):
    out, scores = trained
    assert sorted(path.name for path in out.iterdir()) == [
        *("features.json", "fold0.txt", "fold1.txt", "fold2.txt", "fold3.txt"),
        *("oof.parquet", "test.parquet"),
    ]
    written = Predictions.read(out / "test.parquet").frame.select("image_id", "score")
    assert written["score"].n_unique() > 8
    assert tabular.load(out).score(table.test, scores).equals(written)


def test_one_image_alone_scores_exactly_as_in_the_batch(table, trained):
    out, scores = trained
    stack = tabular.load(out)
    batch = stack.score(table.test, scores)
    for row in range(table.test.height):
        alone = table.test[row]
        assert stack.score(alone, scores.join(alone, on="image_id", how="semi")).equals(batch[row])


def test_scores_keep_the_order_of_the_images_asked_for(table, trained):
    out, scores = trained
    stack = tabular.load(out)
    turned = stack.score(table.test.reverse(), scores)
    assert turned.equals(stack.score(table.test, scores).reverse())
    assert stack.score(table.test[:0], scores).height == 0


def test_a_higher_score_of_a_member_never_lowers_the_stack(table, trained):
    out, scores = trained
    stack = tabular.load(out)
    base = stack.score(table.test, scores)["score"]
    for step in (0.1, 1.0, 10.0):
        raised = stack.score(table.test, scores.with_columns(pl.col("a") + step))["score"]
        assert (raised >= base).all()
    assert (raised > base).any()


@pytest.mark.parametrize("keep", [0, 0.5, 0.99])
def test_a_model_cut_short_is_refused_by_name(trained, keep):
    """LightGBM itself would end the process."""
    path = trained[0] / "fold2.txt"
    text = path.read_text()
    path.write_text(text[: int(keep * len(text))])
    with pytest.raises(MelError, match=r"fold2\.txt: is not the file features\.json lists"):
        tabular.load(trained[0])


def _turn_features(content):
    content["features"].reverse()


def _drop_a_feature(content):
    del content["features"][0]


def _change_a_reference(content):
    content["features"][-1]["reference"][0] -= 1.0


def _drop_a_model(content):
    del content["models"]["fold3.txt"]


CHANGES = [_turn_features, _drop_a_feature, _change_a_reference, _drop_a_model]


@pytest.mark.parametrize("change", CHANGES)
def test_a_feature_list_changed_by_hand_is_refused(trained, change):
    path = trained[0] / "features.json"
    content = read_json(path)
    change(content)
    write_json(path, content)
    with pytest.raises(MelError, match=r"features\.json: content has digest .* was changed after"):
        tabular.load(trained[0])


@pytest.mark.parametrize("order", ["1023", "0124", "123", "../", ""])
def test_models_are_numbered_from_0_and_lie_beside_their_list(trained, order):
    """Whatever the digest says: a name may be a path into another folder."""
    path = trained[0] / "features.json"
    content = read_json(path)
    sha = content["models"]["fold0.txt"]
    names = [f"fold{n}.txt" for n in order] if order != "../" else ["../stack/fold0.txt"]
    content = {k: v for k, v in content.items() if k != "digest"} | {
        "models": dict.fromkeys(names, sha)
    }
    write_json(path, {"digest": digest_json(content)} | content)
    with pytest.raises(
        MelError, match=r"features\.json: names (no models|model .* belongs)"
    ) as caught:
        tabular.load(str(trained[0]))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["fold3.txt", "features.json"])
def test_a_missing_file_is_refused_by_name(trained, name):
    (trained[0] / name).unlink()
    with pytest.raises(MelError, match=name):
        tabular.load(trained[0])

"""The matrix: joined by id, the same alone and in a batch, refused in one line."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mel.config import TabularSettings
from mel.errors import MelError
from mel.files import digest_json, write_json
from mel.tables import SEXES, SITES
from mel.tabular import FeatureList
from mel.tabular.features import Rows, features_of, own_percentiles

IMAGES = pl.DataFrame(
    {
        "image_id": ["a", "b", "c", "d", "e", "f"],
        "patient_id": ["p", "p", "p", "q", "q", "alone"],
        "age": [40.0, None, 65.0, 10.3, 10.7, 50.0],
        "sex": ["male", "female", None, "male", "male", "female"],
        "site": ["torso", None, "torso", "upper extremity", "torso", "head/neck"],
    }
)
SCORES = pl.DataFrame(
    {
        "image_id": ["f", "e", "d", "c", "b", "a"],
        "two": [0.6, 0.5, 0.4, 0.3, 0.2, 0.1],
        "one": [9.0, 1.0, 5.0, 5.0, 7.0, 2.0],
    }
)
READERS = ("trees", "linear")


def _training_rows(scores: pl.DataFrame = SCORES) -> Rows:
    wide = scores.sort("image_id")
    raw = {name: wide[name].to_numpy() for name in ("one", "two")}
    ranks = {name: own_percentiles(raw[name], np.zeros(6, int)) for name in raw}
    return Rows(IMAGES, raw, ranks, dict.fromkeys(raw, 0.5 / 6))


def _features(variant: str = "context", **settings) -> FeatureList:
    return features_of(TabularSettings(**settings), variant, _training_rows())


FEATURES = _features()
NORMS = {norm.by: norm.fit(_training_rows(), np.ones(6, bool)) for norm in FEATURES.norms}


def _table(images=IMAGES, scores=SCORES, reader="trees", features=FEATURES) -> pl.DataFrame:
    found = features.matrix(features.rows(images, scores), NORMS, reader)
    return pl.DataFrame(found.values, schema=list(found.titles))


def test_metadata_are_codes_of_the_vocabularies_and_missing_stays_missing():
    found = _table()
    assert found["age"].fill_nan(None).to_list() == [40.0, None, 65.0, 10.3, 10.7, 50.0]
    assert found["sex"][0] == SEXES.index("male")
    assert found["site"][0] == SITES.index("torso")
    assert found["sex"].is_nan().to_list() == [i == 2 for i in range(6)]
    assert found["site"].is_nan().to_list() == [i == 1 for i in range(6)]


def test_a_score_is_a_percentile_a_normal_score_and_where_a_probability_a_logit():
    trees, line = _table(), _table(reader="linear")
    assert trees["one: percentile"].round(3).to_list() == [0.25, 0.75, 0.5, 0.5, 0.083, 0.917]
    assert line["one: normal score"].round(3).to_list() == [-0.674, 0.674, 0, 0, -1.383, 1.383]
    assert trees["two: logit"].round(3).to_list() == [-2.197, -1.386, -0.847, -0.405, 0.0, 0.405]
    assert "one: logit" not in trees.columns  # its scores are no probabilities
    assert {"one: normal score"} & set(trees.columns) == {"one: percentile"} & set(line.columns)


def test_a_member_given_as_logits_has_the_features_of_the_same_probabilities():
    as_logits = SCORES.with_columns(two=(pl.col("two") / (1 - pl.col("two"))).log())
    features = features_of(
        TabularSettings(), "context", _training_rows(as_logits), {"two": "logit", "one": ""}
    )
    for reader in READERS:
        found = _table(scores=as_logits, features=features, reader=reader)
        np.testing.assert_allclose(found, _table(reader=reader), atol=1e-12)
    far = as_logits.with_columns(two=pl.lit(-99.0))
    assert _table(scores=far, features=features)["two: logit"].round(2).to_list() == [-16.12] * 6
    places = SCORES.with_columns(two=pl.col("two").rank() / 7)
    ranked = features_of(TabularSettings(), "single", _training_rows(places), {"two": "rank"})
    assert not [f for f in ranked.features if f.kind == "logit"]  # a place is no probability


def test_facts_of_a_patient_count_its_images_sites_and_years():
    found = {k.removeprefix("patient: "): v for k, v in _table().to_dict().items()}
    assert np.exp(found["images"]).round().to_list() == [3, 3, 3, 2, 2, 1]
    assert np.exp(found["images at the site"]).round().to_list() == [2, 1, 2, 1, 1, 1]
    assert found["sites"].to_list() == [2, 2, 2, 2, 2, 1]
    assert found["ages"].to_list() == [3, 3, 3, 2, 2, 1]
    above = found["years above mean"].fill_nan(None).round(3).to_list()
    assert above == [-12.5, None, 12.5, -0.2, 0.2, 0.0]
    assert found["years before last"][:3].fill_nan(None).to_list() == [25.0, None, 0.0]


@settings(max_examples=6)
@given(st.permutations(range(6)), st.permutations(range(6)))
def test_rows_are_joined_by_id_and_their_order_changes_no_bit(images, scores):
    found = _table(IMAGES[images], SCORES[scores])
    np.testing.assert_array_equal(found.to_numpy(), _table().to_numpy())


@pytest.mark.parametrize("reader", READERS)
def test_one_image_or_one_patient_alone_has_the_features_it_has_in_the_batch(reader):
    single = _features("single")
    batch = _table(reader=reader, features=single).to_numpy()
    for row in range(6):
        alone = _table(IMAGES[row], reader=reader, features=single).to_numpy()
        np.testing.assert_array_equal(alone[0], batch[row])
    batch = _table(reader=reader).to_numpy()
    for patient in ("p", "q", "alone"):
        mine = (IMAGES["patient_id"] == patient).to_numpy()
        alone = _table(IMAGES.filter(mine), reader=reader).to_numpy()
        np.testing.assert_array_equal(alone, batch[mine])


def test_the_single_variant_asks_for_no_patient_and_has_no_context():
    single = _features("single")
    assert "patient_id" not in single.columns
    assert not [t for t in _table(features=single).columns if "patient" in t]
    assert [t for t in _table().columns if t.startswith("patient: ")]
    with pytest.raises(MelError, match="images: no column 'patient_id'"):
        FEATURES.rows(IMAGES.drop("patient_id"), SCORES)


def test_groups_of_features_are_there_as_the_settings_say():
    bare = _features("single", features=[], metadata=["age"])
    assert _table(features=bare).columns == ["age", "one: percentile", "two: percentile"]
    more = features_of(TabularSettings(shortcuts=["width"]), "single", _with_width())
    assert [f.title for f in more.features if f.kind == "shortcut"] == ["width (shortcut)"]


def _with_width() -> Rows:
    rows = _training_rows()
    images = IMAGES.with_columns(width=pl.lit(640))
    return Rows(images, rows.scores, rows.percentiles, rows.finest)


def test_columns_tell_which_are_codes_and_which_rise_with_a_score():
    matrix = FEATURES.matrix(FEATURES.rows(IMAGES, SCORES), NORMS, "trees")
    assert {matrix.titles[i]: n for i, n in matrix.levels.items()} == {"sex": 2, "site": 6}
    rising = {matrix.titles[i] for i in matrix.rises}
    assert rising == {
        *("one: percentile", "two: percentile", "two: logit"),
        *("members: mean", "members: least", "members: most"),
        *("members: above the usual at this site", "members: above the usual at this age"),
    }
    assert len(set(matrix.titles)) == len(matrix.titles)


def test_a_norm_is_fitted_on_the_training_rows_only_and_shrinks_to_the_mean():
    (site, _), rows = FEATURES.norms, _training_rows()
    train = np.array([True, True, True, False, False, False])
    usual, values = site.fit(rows, train), rows.consensus
    mean = values[:3].mean()
    torso = (values[0] + values[2] + 20 * mean) / 22
    assert usual == pytest.approx({"all": mean, "missing": usual["missing"], "torso": torso})
    found = site.column(rows, {"site": usual})
    np.testing.assert_allclose(found[[0, 5]], [values[0] - torso, values[5] - mean])


def test_a_list_survives_its_file_and_says_what_it_needs(tmp_path):
    FEATURES.write(tmp_path / "features.json")
    assert FeatureList.read(tmp_path / "features.json") == FEATURES
    assert FEATURES.columns == ["image_id", "age", "sex", "site", "patient_id"]
    assert FEATURES.members == ["one", "two"]


NO_LISTS = [{}, {"features": []}, {"features": [{"kind": "magic", "name": "x"}]}, {"features": 1}]


@pytest.mark.parametrize("content", NO_LISTS, ids=str)
def test_a_file_that_is_no_list_is_refused_by_name(tmp_path, content):
    path = tmp_path / "features.json"
    write_json(path, {"digest": digest_json(content)} | content)
    with pytest.raises(MelError, match=r"features\.json: is no feature list") as caught:
        FeatureList.read(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [[], {}, {"digest": 1}])
def test_a_list_without_its_digest_is_refused(tmp_path, content):
    write_json(tmp_path / "features.json", content)
    with pytest.raises(MelError, match=r"features\.json: (is no JSON object|.*'digest')"):
        FeatureList.read(tmp_path / "features.json")


@pytest.mark.parametrize(
    ("images", "scores", "message"),
    [
        (IMAGES.drop("site"), SCORES, "images: no column 'site'"),
        (IMAGES.with_columns(site=pl.lit("torsoo")), SCORES, "unknown site 'torsoo'.*'torso'"),
        (IMAGES.with_columns(age=pl.lit("old")), SCORES, "images: age is not all numbers"),
        (
            IMAGES.with_columns(age=pl.lit(-5)),
            SCORES,
            "age of image 'a' is -5 .6 rows.; give years",
        ),
        (IMAGES.with_columns(age=pl.lit(np.inf)), SCORES, "age of image 'a' is inf"),
        (pl.concat([IMAGES, IMAGES]), SCORES, "image_id 'a' stands 2 times"),
        (IMAGES, None, "the stack needs one, two"),
        (IMAGES, SCORES.drop("two"), "scores: no column 'two'"),
        (IMAGES, pl.concat([SCORES, SCORES]), "scores: image_id 'a' stands 2 times"),
        (IMAGES, SCORES[3:], "image 'd' has no finite score of one"),
        (IMAGES, SCORES.with_columns(two=pl.lit(float("nan"))), "no finite score of two"),
        (IMAGES, SCORES.with_columns(two=pl.lit("high")), "no finite score of two"),
        (IMAGES, SCORES.with_columns(two=pl.lit(2.0)), "two gave probabilities when.* gives 2 now"),
        (IMAGES.with_columns(patient_id=None), SCORES, "6 rows without patient_id"),
    ],
)
def test_what_cannot_be_features_is_refused_in_one_line(images, scores, message):
    with pytest.raises(MelError, match=message) as caught:
        _table(images, scores)
    assert "\n" not in str(caught.value)


def test_no_features_at_all_are_refused():
    bare = Rows(IMAGES, {}, {}, {})
    with pytest.raises(MelError, match="no features"):
        features_of(TabularSettings(metadata=[]), "context", bare)

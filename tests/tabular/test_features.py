import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.errors import MelError
from mel.files import digest_json, write_json
from mel.tables import SEXES, SITES
from mel.tabular import FeatureList

IMAGES = pl.DataFrame(
    {
        "image_id": ["a", "b", "c", "d"],
        "age": [40.0, None, 65.0, 10.0],
        "sex": ["male", "female", None, "male"],
        "site": ["torso", None, "head/neck", "upper extremity"],
    }
)
SCORES = pl.DataFrame(
    {"image_id": ["d", "c", "b", "a"], "two": [0.4, 0.3, 0.2, 0.1], "one": [9.0, 1.0, 5.0, 5.0]}
)
ALL = ("age", "sex", "site")


def test_metadata_are_codes_of_the_vocabularies_and_missing_stays_missing():
    found = FeatureList.of(ALL).matrix(IMAGES)
    assert found[:, 0].tolist()[::2] == [40.0, 65.0]
    assert found[0, 1:].tolist() == [SEXES.index("male"), SITES.index("torso")]
    assert np.isnan(found).tolist() == [
        [False, False, False],
        [True, False, True],
        [False, True, False],
        [False, False, False],
    ]


def test_a_score_is_its_percentile_among_the_reference():
    features = FeatureList.of((), SCORES)
    assert features.members == ["one", "two"]
    assert features.matrix(IMAGES, SCORES).tolist() == [
        [0.5, 0.125],
        [0.5, 0.375],
        [0.125, 0.625],
        [0.875, 0.875],
    ]


@given(st.permutations(range(4)), st.permutations(range(4)))
def test_rows_are_joined_by_id_in_the_images_order(images, scores):
    features = FeatureList.of(ALL, SCORES)
    found = features.matrix(IMAGES[images], SCORES[scores])
    np.testing.assert_array_equal(found, features.matrix(IMAGES, SCORES)[images])


@pytest.mark.parametrize("row", range(4))
def test_one_image_alone_has_the_features_it_has_in_the_batch(row):
    features = FeatureList.of(ALL, SCORES)
    alone = features.matrix(IMAGES[row], SCORES)
    np.testing.assert_array_equal(alone[0], features.matrix(IMAGES, SCORES)[row])


def test_the_order_of_columns_and_members_given_does_not_matter():
    turned = SCORES.select("one", "image_id", "two")
    assert FeatureList.of(("site", "age"), turned) == FeatureList.of(("age", "site"), SCORES)


def test_a_list_survives_its_file(tmp_path):
    features = FeatureList.of(ALL, SCORES)
    features.write(tmp_path / "features.json")
    assert FeatureList.read(tmp_path / "features.json") == features


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


def test_columns_tell_which_are_codes_and_which_may_only_raise_the_score():
    features = FeatureList.of(ALL, SCORES)
    assert features.categorical == [1, 2]
    assert features.monotone == [0, 0, 0, 1, 1]


@pytest.mark.parametrize(
    ("images", "scores", "message"),
    [
        (IMAGES.drop("site"), SCORES, "images: no column 'site'"),
        (IMAGES.with_columns(site=pl.lit("torsoo")), SCORES, "unknown site 'torsoo'.*'torso'"),
        (IMAGES.with_columns(age=pl.lit("old")), SCORES, "images: age is not all numbers"),
        (pl.concat([IMAGES, IMAGES]), SCORES, "image_id 'a' stands 2 times"),
        (IMAGES, None, "the stack needs one, two"),
        (IMAGES, SCORES.drop("two"), "scores: no column 'two'"),
        (IMAGES, pl.concat([SCORES, SCORES]), "scores: image_id 'a' stands 2 times"),
        (IMAGES, SCORES[:3], "image 'a' has no finite score of one"),
        (IMAGES, SCORES.with_columns(two=pl.lit(float("nan"))), "no finite score of two"),
    ],
)
def test_what_cannot_be_features_is_refused_in_one_line(images, scores, message):
    with pytest.raises(MelError, match=message) as caught:
        FeatureList.of(ALL, SCORES).matrix(images, scores)
    assert "\n" not in str(caught.value)


def test_no_features_and_unknown_metadata_are_refused():
    with pytest.raises(MelError, match="no features"):
        FeatureList.of(())
    with pytest.raises(MelError, match="unknown column 'agee'; did you mean 'age'"):
        FeatureList.of(("agee",))

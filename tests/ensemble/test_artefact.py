import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.ensemble import Blend
from mel.errors import MelError
from mel.files import digest_json
from mel.metrics import AucReport

REPORT = AucReport(0.9, 0.88, 0.85, 0.95)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)


def blend(**changes: object) -> Blend:
    draw = np.random.default_rng(0)
    fields = {
        "name": "blend",
        "method": "greedy",
        "folds": "f01d5",
        "weights": {"a-64": 0.7, "b-96": 0.3},
        "references": {"a-64": np.sort(draw.random(77)), "b-96": np.sort(draw.normal(size=77))},
        "honest": REPORT,
        "naive": REPORT,
        "inputs": {"images": "1111"},
    }
    return Blend(**(fields | changes))


def wide(rows: list[tuple[float, float]]) -> pl.DataFrame:
    a, b = zip(*rows, strict=True)
    ids = [f"i{n}" for n in range(len(rows))]
    return pl.DataFrame({"image_id": ids, "a-64": a, "b-96": b}, schema_overrides={"a-64": float})


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=40))
def test_one_image_alone_scores_exactly_as_in_a_batch(rows: list[tuple[float, float]]) -> None:
    batch = wide(rows)
    together = blend().score(batch)
    for n in range(batch.height):
        assert blend().score(batch[n]).rows() == [together.row(n)]


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=40), st.randoms())
def test_the_order_of_rows_changes_no_score(rows: list[tuple[float, float]], random) -> None:
    batch = wide(rows)
    order = list(range(batch.height))
    random.shuffle(order)
    assert blend().score(batch[order]).equals(blend().score(batch)[order])


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=40))
def test_scores_lie_between_0_and_1(rows: list[tuple[float, float]]) -> None:
    assert blend().score(wide(rows))["score"].is_between(0, 1).all()


def test_other_columns_are_ignored_and_order_is_kept() -> None:
    batch = wide([(0.5, 0.1), (0.2, 0.3)]).with_columns(dropped=pl.lit("x"))
    found = blend().score(batch.reverse())
    assert found.columns == ["image_id", "score"]
    assert found["image_id"].to_list() == ["i1", "i0"]


def test_no_rows_give_no_scores() -> None:
    assert blend().score(wide([(0.5, 0.1)]).clear()).height == 0


BAD = [
    (wide([(0.5, 0.1)]).drop("b-96"), "no column 'b-96'"),
    (wide([(0.5, 0.1)]).drop("image_id"), "no column 'image_id'"),
    (wide([(0.5, 0.1), (float("nan"), 0.1)]), "a-64 scores image i1 nan"),
    (wide([(0.5, float("inf"))]), "b-96 scores image i0 inf"),
    (wide([(0.5, 0.1), (None, 0.1)]), "a-64 scores image i1 None"),
    (wide([(0.5, 0.1)]).with_columns(pl.lit("0.5").alias("a-64")), "'a-64' holds String"),
    (wide([(0.5, 0.1)]).with_columns(pl.lit(True).alias("a-64")), "'a-64' holds Boolean"),
    (pl.concat([wide([(0.5, 0.1)])] * 2), "'i0' stands 2 times"),
]


@pytest.mark.parametrize(("frame", "words"), BAD)
def test_strange_scores_are_refused_by_name(frame: pl.DataFrame, words: str) -> None:
    with pytest.raises(MelError, match=words) as caught:
        blend().score(frame)
    assert "\n" not in str(caught.value)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    one = blend()
    one.write(tmp_path / "blend.json")
    other = Blend.read(tmp_path / "blend.json")
    batch = wide([(0.31, -0.2), (0.7, 3.0)])
    assert other.digest == one.digest
    assert other.members == one.members == ("a-64", "b-96")
    assert (other.honest, other.folds, other.inputs) == (one.honest, one.folds, one.inputs)
    assert other.score(batch).equals(one.score(batch))


def _change(content: dict, where: str) -> None:
    if where == "weights":
        content["weights"] = {"a-64": 0.6, "b-96": 0.4}
    elif where == "references":
        content["references"]["b-96"][3] += 1e-9
    elif where == "honest":
        content["honest"]["pooled"] = 0.99
    else:
        content["extra"] = 1


@pytest.mark.parametrize("where", ["weights", "references", "honest", "extra"])
def test_a_file_changed_by_hand_is_refused(tmp_path: Path, where: str) -> None:
    path = tmp_path / "blend.json"
    blend().write(path)
    content = json.loads(path.read_text())
    _change(content, where)
    path.write_text(json.dumps(content))
    with pytest.raises(MelError, match=r"blend\.json: content has digest .* it was changed"):
        Blend.read(path)


WRONG = [
    {"name": None},
    {"name": 3},
    {"weights": [1.0]},
    {"weights": {"a-64": "x", "b-96": "y"}},
    {"weights": {"a-64": None}},
    {"references": {"a-64": ["x"], "b-96": [0.1]}},
    {"references": {"a-64": 0.1, "b-96": [0.1]}},
    {"references": {"a-64": [[0.1], [0.2]], "b-96": [0.1]}},
    {"references": {}},
    {"honest": {}},
    {"honest": {"pooled": "x", "fold_mean": 0.9, "low": 0.9, "high": 0.9}},
    {"naive": {"pooled": 0.9, "fold_mean": 0.9, "low": 0.9, "high": 0.9, "more": 0.9}},
    {"inputs": None},
]


@pytest.mark.parametrize("change", WRONG, ids=str)
@pytest.mark.parametrize("away", [True, False])
def test_a_wrong_type_or_a_missing_key_is_one_line(
    tmp_path: Path, change: dict, away: bool
) -> None:
    """Even where the digest is right, as in a file that another program wrote."""
    path = tmp_path / "blend.json"
    blend().write(path)
    content = json.loads(path.read_text()) | change
    if away:
        del content[next(iter(change))]
    stated = {k: v for k, v in content.items() if k not in ("digest", "versions")}
    path.write_text(json.dumps(content | {"digest": digest_json(stated)}))
    with pytest.raises(MelError, match=r"blend\.json: ") as caught:
        Blend.read(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"kind": "blend", "schema": 1, "x": NaN}', "NaN is no finite number"),
        ('{"kind": "blend", "schema": 1}', "it was changed"),
        ("{", "no readable JSON"),
        ("[1]", "is no blend"),
        ('{"kind": "folds"}', "is no blend"),
        ('{"kind": "blend", "schema": 9}', "has schema 9, this mel reads 1"),
    ],
)
def test_other_files_are_refused(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "blend.json").write_text(text)
    with pytest.raises(MelError, match=words):
        Blend.read(tmp_path / "blend.json")


@pytest.mark.parametrize(
    "weights",
    [
        {},
        {"a-64": 0.0, "b-96": 0.0},
        {"a-64": 0.7, "b-96": 0.2},
        {"a-64": 1.2, "b-96": -0.2},
        {"a-64": float("nan")},
    ],
)
def test_weights_that_do_not_sum_to_one_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(MelError, match="must be above 0 and sum to 1"):
        blend(weights=weights)


def test_references_must_be_sorted_and_belong_to_the_members() -> None:
    falling = {"a-64": np.array([2.0, 1.0]), "b-96": np.array([1.0])}
    with pytest.raises(MelError, match="reference of a-64 must be sorted"):
        blend(references=falling)
    with pytest.raises(MelError, match="b-96 lacks"):
        blend(references={"a-64": np.array([1.0])})

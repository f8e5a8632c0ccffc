import json
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from mel.ensemble import Blend, Calibration, OperatingPoint, Share
from mel.ensemble.mixing import Scale, mix
from mel.errors import MelError
from mel.files import digest_json
from mel.metrics import AucReport, percentile

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


KINDS = {
    "greedy": blend(),
    "negative": blend(
        method="hill",
        weights={"a-64": 0.7, "b-96": -0.3},
        spread=np.sort(np.random.default_rng(1).random(77)),
    ),
    "zero in all": blend(method="hill", weights={"a-64": 0.5, "b-96": -0.5}),
    "power": blend(method="power", scale=Scale("power", 3.0)),
    "root": blend(method="power", scale=Scale("power", 0.5)),
    "geometric": blend(method="power", scale=Scale("power", 0.0)),
    "harmonic": blend(method="power", scale=Scale("power", -1.0)),
    "logit": blend(method="logit", scale=Scale("logit")),
    "negative logit": blend(weights={"a-64": 0.7, "b-96": -0.3}, scale=Scale("logit")),
    "negative power": blend(weights={"a-64": -0.7, "b-96": 0.3}, scale=Scale("power", 2.5)),
}


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=40), st.randoms())
def test_one_image_alone_scores_exactly_as_in_a_batch(rows: list[tuple], random) -> None:
    """Of every kind, in whatever order the batch is, and always from 0 to 1."""
    batch = wide(rows)
    order = list(range(batch.height))
    random.shuffle(order)
    for one in KINDS.values():
        together = one.score(batch)
        assert together["score"].is_between(0, 1).all()
        assert one.score(batch[order]).equals(together[order])
        assert one.score(batch[order[0]]).rows() == [together.row(order[0])]


@pytest.mark.parametrize("kind", KINDS)
def test_a_large_batch_scores_as_its_parts(kind: str) -> None:
    """Whatever the processor does with whole vectors and with what is left over."""
    draw = np.random.default_rng(7)
    batch = wide([tuple(row) for row in draw.normal(size=(999, 2))])
    whole = KINDS[kind].score(batch)
    cuts = [0, 1, 4, 11, 300, 307, 999]
    parts = [KINDS[kind].score(batch[low:high]) for low, high in pairwise(cuts)]
    assert pl.concat(parts).equals(whole)


def test_a_negative_weight_orders_images_as_subtraction_does() -> None:
    draw = np.random.default_rng(3)
    batch = wide([tuple(row) for row in draw.normal(size=(200, 2))])
    plain = blend(weights={"a-64": 0.7, "b-96": -0.3})
    spread = blend(weights=plain.weights, spread=np.linspace(0, 1, 2001))
    places = [percentile(batch[name], plain.references[name]) for name in plain.members]
    expected = 0.7 * places[0] - 0.3 * places[1]
    np.testing.assert_allclose(plain.score(batch)["score"], expected + 0.3, atol=1e-12)
    assert spearmanr(spread.score(batch)["score"], expected).statistic > 0.99999


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
    batch = wide([(0.31, -0.2), (0.7, 3.0)])
    for one in KINDS.values():
        one.write(tmp_path / "blend.json")
        other = Blend.read(tmp_path / "blend.json")
        assert other.digest == one.digest
        assert other.members == one.members == ("a-64", "b-96")
        assert (other.honest, other.folds, other.inputs) == (one.honest, one.folds, one.inputs)
        assert (other.scale, other.ranks, other.method) == (one.scale, one.ranks, one.method)
        assert other.objective == one.objective == {"name": "auc", "min_tpr": 0.0}
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
    {"scale": {"kind": "power"}},
    {"scale": {"kind": "root", "exponent": 1.0}},
    {"scale": {"kind": "power", "exponent": "x"}},
    {"spread": [0.2, 0.1]},
    {"spread": []},
    {"spread": "x"},
    {"peers": [0.2, 0.1]},
    {"objective": {"name": "auc"}},
    {"objective": {"name": "f1", "min_tpr": 0.0}},
    {"ranks": 3},
    {"ranks": "patient"},
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
        ('{"kind": "blend", "schema": 3, "x": NaN}', "NaN is no finite number"),
        ('{"kind": "blend", "schema": 3}', "it was changed"),
        ("{", "no readable JSON"),
        ("[1]", "is no blend"),
        ('{"kind": "folds"}', "is no blend"),
        ('{"kind": "blend", "schema": 2}', "has schema 2, this mel reads 3; blend again"),
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
        {"a-64": 1.0, "b-96": 0.0},
        {"a-64": float("nan")},
    ],
)
def test_weights_whose_sizes_do_not_sum_to_one_are_refused(weights: dict[str, float]) -> None:
    with pytest.raises(MelError, match="must not be 0 and sum, without their signs, to 1"):
        blend(weights=weights)


def test_references_must_be_sorted_and_belong_to_the_members() -> None:
    falling = {"a-64": np.array([2.0, 1.0]), "b-96": np.array([1.0])}
    with pytest.raises(MelError, match="reference of a-64 must be sorted"):
        blend(references=falling)
    with pytest.raises(MelError, match="b-96 lacks"):
        blend(references={"a-64": np.array([1.0])})


# what it says of one image

SHARE = Share(0.9, 0.8, 1.0)
JUDGES = {
    name: blend(
        **{field: getattr(one, field) for field in ("weights", "scale", "spread")},
        peers=np.sort(np.random.default_rng(4).random(50)),
        calibration=Calibration("platt", 1000, 0.02, 0.02, slope=2.0, offset=-5.0),
        operating_points=(OperatingPoint("cost", 9, 0.6, 0.5, 0.7, 0.1, *[SHARE] * 4),),
    )
    for name, one in KINDS.items()
}


@pytest.mark.parametrize("kind", JUDGES)
def test_one_image_is_judged_from_its_file_alone_without_a_learning_library(
    kind: str, tmp_path: Path, monkeypatch
) -> None:
    """Score, place, probability and alarm, alone as in a batch; and the pushes add up."""
    for heavy in ("sklearn", "scipy", "lightgbm", "tensorflow", "keras", "matplotlib"):
        monkeypatch.setitem(sys.modules, heavy, None)
    JUDGES[kind].write(tmp_path / "blend.json")
    one = Blend.read(tmp_path / "blend.json")
    batch = wide([tuple(row) for row in np.random.default_rng(5).normal(0.4, 0.4, (40, 2))])
    told = one.judge(batch)
    assert one.judge(batch[7]).rows() == [told.row(7)]
    assert told.select("image_id", "score").equals(one.score(batch))
    assert told["place"].to_list() == percentile(told["score"], one.peers).tolist()
    assert told["probability"].to_list() == one.probability(told["score"]).tolist()
    assert told["alarm"].to_list() == [score >= 0.6 for score in told["score"]]
    assert 0 < told["alarm"].sum() < 40
    often = one.judge(batch, prevalence=0.3)
    assert (often["probability"] > told["probability"]).all()
    assert often.drop("probability").equals(told.drop("probability"))

    parts = one.explain(batch)
    assert parts.height == 80
    for member in one.members:
        own = parts.filter(member=member)
        assert own["score"].to_list() == batch[member].to_list()
        assert own["place"].to_list() == percentile(own["score"], one.references[member]).tolist()
        away = (own["place"] - 0.5).to_numpy() * np.sign(one.weights[member])
        assert (np.sign(own["push"].to_numpy().round(12)) == np.sign(away.round(12))).all()
    pushed = parts.group_by("image_id", maintain_order=True).agg(pl.col("push").sum())["push"]
    places = [(percentile(batch[m], one.references[m]), 77) for m in one.members]
    raw, middle = (
        _on(one.scale, mix(shown, list(one.weights.values()), one.scale))
        for shown in (places, [(np.array([0.5]), 77)] * 2)
    )
    rising = np.sign(_on(one.scale, np.array([0.9])) - _on(one.scale, np.array([0.1])))
    np.testing.assert_allclose(pushed, (raw - middle) * rising, atol=1e-9)


def _on(scale: Scale, inner: np.ndarray) -> np.ndarray:
    """A mean that was brought back, on its scale again."""
    if scale.kind == "rank":
        return inner
    if scale.kind == "logit":
        return np.log(inner / (1 - inner))
    return np.log(inner) if scale.exponent == 0 else inner**scale.exponent


def test_folds_that_disagree_are_shown_by_the_ends_of_what_they_say() -> None:
    one, draw = JUDGES["greedy"], np.random.default_rng(6)
    frames = [wide([tuple(row) for row in draw.normal(0.4, 0.4, (9, 2))]) for _ in range(5)]
    told = [one.judge(frame) for frame in frames]
    found = one.across([frames[0].reverse(), *frames[1:]])
    assert found.height == 9
    for name, low, high, least, most, alarms in found.rows():
        mine = pl.concat([each.filter(image_id=name) for each in told])
        assert (low, high) == (mine["score"].min(), mine["score"].max())
        assert (least, most) == (mine["probability"].min(), mine["probability"].max())
        assert alarms == mine["alarm"].mean()
    alone = one.across(frames[:1])
    assert alone["low"].to_list() == alone["high"].to_list()
    with pytest.raises(MelError, match="image 'i8' is not in every fold's scores"):
        one.across([frames[0], frames[1].head(8)])
    with pytest.raises(MelError, match="give a frame a fold"):
        one.across([])


def test_a_blend_without_peers_or_a_threshold_judges_nothing() -> None:
    with pytest.raises(MelError, match="holds no peers or operating point"):
        blend().judge(wide([(0.5, 0.1)]))

"""What is chosen is judged where it was not chosen: ways, members, curves and thresholds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_curve

from mel.config import CalibrationSettings, EnsembleSettings, OperatingSettings
from mel.ensemble.candidates import decide_ways
from mel.ensemble.proof import (
    Way,
    calibrate,
    compare_scores,
    decide,
    drift,
    groups,
    operate,
    worths,
)
from mel.ensemble.proof.aiming import honest_alarms
from mel.ensemble.proof.calibrating import _crossed, fitting_rows
from mel.ensemble.proof.comparing import Measure
from mel.ensemble.proof.parts import nested, without_fold, without_member
from mel.ensemble.proof.thresholds import spread, threshold
from mel.ensemble.rows import Rows, oof_rows
from mel.metrics import Resamples, auc, paired, partial_auc, percentile
from mel.tables import ImageTable

SIZE, FOLDS = 1600, 4


def honest(weights: dict[str, float]):
    """A way of blending with fixed weights, ranked against the other folds."""

    def blend(rows: Rows) -> np.ndarray:
        found = np.zeros(len(rows.target))
        for fold, rest in enumerate(rows.trains):
            held = rows.fold == fold
            for name, column in zip(rows.names, rows.scores, strict=True):
                known = np.sort(column[rest])
                found[held] += weights.get(name, 0.0) * percentile(column[held], known)
        return np.round(found / sum(weights.values()), 12)

    return blend


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Two good members, one that is noise, and one that is wrong."""
    draw = np.random.default_rng(2)
    patient = np.arange(SIZE) % 400
    target = (draw.random(SIZE) < 0.15).astype(float)
    noise = draw.normal(size=(4, SIZE))
    scores = np.array([1.5, 1.5, 0.0, -1.0])[:, None] * target + noise
    fold = (patient % FOLDS).astype(float)
    names = ("good", "fine", "noise", "wrong")
    ids = [f"I{i:04}" for i in range(SIZE)]
    trains = np.array([fold != k for k in range(FOLDS)])
    whose = [f"P{p}" for p in patient]
    return Rows(ids, names, scores, target, whose, fold, trains)


@pytest.fixture(scope="module")
def draws(rows: Rows) -> Resamples:
    return Resamples(rows.patient, resamples=300)


EVEN = {"good": 1.0, "fine": 1.0, "noise": 1.0, "wrong": 1.0}
WISE = {"good": 1.0, "fine": 1.0}


def way(name: str, weights: dict[str, float], rows: Rows) -> Way:
    return Way(name, honest(weights)(rows), honest(weights))


# comparing and deciding


def test_a_comparison_is_paired_and_turns_round(rows: Rows, draws: Resamples) -> None:
    good, wrong = ("good", rows.scores[0]), ("wrong", rows.scores[3])
    one, two = (
        compare_scores(draws, rows.target, *pair) for pair in ((good, wrong), (wrong, good))
    )
    assert (one.verdict, two.verdict) == ("above", "below")
    assert (two.gain, two.low, two.high) == pytest.approx((-one.gain, -one.high, -one.low))
    assert one.delong == paired(rows.target, good[1], wrong[1])
    assert "good is better than wrong: AUC +0." in one.words
    same = compare_scores(draws, rows.target, good, good)
    assert (same.gain, same.low, same.high, same.verdict) == (0, 0, 0, "alike")
    above = compare_scores(draws, rows.target, good, wrong, Measure(0.8))
    expected = partial_auc(rows.target, good[1]) - partial_auc(rows.target, wrong[1])
    assert above.gain == pytest.approx(expected)
    assert above.low < above.gain < above.high
    assert "partial AUC above 80 %" in above.words


def test_a_method_is_taken_only_where_it_is_proven_and_the_rule_is_honest(
    rows: Rows, draws: Resamples
) -> None:
    mean = way("rank mean", EVEN, rows)
    wise = decide(rows, way("wise", WISE, rows), mean, draws)
    assert wise.proven
    assert wise.fold_choices == ("wise",) * FOLDS
    assert wise.rule == pytest.approx(wise.method_auc)
    assert wise.words.startswith("Use wise: it beats the rank mean beyond noise")
    worse = decide(rows, way("bad", {"wrong": 1.0, "noise": 1.0}, rows), mean, draws)
    assert not worse.proven
    assert worse.rule == pytest.approx(worse.mean_auc)
    assert "bad is worse than it, beyond noise" in worse.words
    near = decide(
        rows,
        way("near", {"good": 1.02, "fine": 1.0, "noise": 1.1, "wrong": 0.98}, rows),
        mean,
        draws,
    )
    assert not near.proven
    assert "near does not beat it beyond noise" in near.words
    assert f"the rank mean is taken in {FOLDS} of {FOLDS} folds" in near.cost
    assert "costs nothing" in near.cost
    assert decide(rows, mean, mean, draws).against_mean is None


def test_a_fold_has_no_part_in_what_is_chosen_for_it(rows: Rows) -> None:
    """Neither its labels nor its scores change the nested scores that choose for it."""
    inner = nested(rows, honest(EVEN))
    assert inner is not None
    for fold in range(FOLDS):
        held = rows.fold == fold
        scores = np.where(held, 9.0, rows.scores)
        other = replace(rows, scores=scores, target=np.where(held, 1 - rows.target, rows.target))
        again = nested(other, honest(EVEN))
        assert again is not None
        np.testing.assert_array_equal(again[fold], inner[fold])
        part = without_fold(rows, fold)
        assert sorted(set(part.fold)) == list(range(FOLDS - 1))
        assert part.trains.shape == (FOLDS - 1, len(inner[fold]))
        assert not any(part.trains[k][part.fold == k].any() for k in range(FOLDS - 1))
    two = replace(rows, fold=rows.fold % 2, trains=np.array([rows.fold % 2 != k for k in (0, 1)]))
    assert nested(two, honest(EVEN)) is None
    decision = decide(
        two,
        way("wise", WISE, two),
        way("rank mean", EVEN, two),
        Resamples(two.patient, resamples=50),
    )
    assert (decision.rule, decision.fold_choices) == (None, ())


def test_a_useless_member_and_a_harmful_one_are_noticed(rows: Rows, draws: Resamples) -> None:
    mean, some = honest(EVEN), honest(WISE)
    found = {w.member: w for w in worths(rows, draws, (some, some(rows)), (mean, mean(rows)))}
    assert [found[name].verdict for name in ("good", "fine")] == ["earns its place"] * 2
    assert found["noise"].verdict == "adds nothing that could be measured"
    assert found["wrong"].in_mean.verdict == "below"
    assert "it harms the rank mean" in found["wrong"].words
    scores = mean(rows)
    only = {w.member: w for w in worths(rows, draws, (mean, scores), (mean, scores))}
    assert only["wrong"].verdict == "harms"
    left = mean(without_member(rows, 3))
    assert only["wrong"].in_mean.gain == pytest.approx(
        auc(rows.target, scores) - auc(rows.target, left)
    )
    alone = replace(rows, names=rows.names[:1], scores=rows.scores[:1])
    assert worths(alone, draws, (mean, scores), (mean, scores)) == ()


# calibrating


def test_calibration_is_judged_on_folds_it_was_not_fitted_on(rows: Rows, draws: Resamples) -> None:
    scores = honest(WISE)(rows)
    fitting = fitting_rows(rows, scores, nested(rows, honest(WISE)))
    chosen, found = calibrate(rows, scores, fitting, draws, CalibrationSettings())
    by_name = {each.method: each for each in found}
    share = rows.target.mean()
    for method in ("platt", "isotonic"):
        assert by_name[method].brier < share * (1 - share) < by_name["the score itself"].brier
        assert by_name[method].error < 0.03 < by_name["the score itself"].error
    assert chosen.apply(scores).mean() == pytest.approx(share, abs=0.005)
    held = rows.fold == 1
    turned = replace(rows, target=np.where(held, 1 - rows.target, rows.target))
    again = fitting_rows(turned, scores, nested(turned, honest(WISE)))
    for fold, (one, two) in enumerate(zip(fitting, again, strict=True)):
        same = [
            (one[1] == two[1]).all(),
            np.array_equal(rows.target[one[1]], turned.target[two[1]]),
        ]
        assert all(same) == (fold == 1)
        assert not (one[0] & one[1]).any()
    both = zip(_crossed(rows, scores, fitting), _crossed(turned, scores, again), strict=True)
    for (_, said), (_, other) in both:
        np.testing.assert_array_equal(said[held], other[held])
        assert (said[~held] != other[~held]).any()


# operating


aims = st.sampled_from([("sensitivity", 0.8), ("specificity", 0.7), ("cost", 5.0), ("cost", 0.2)])


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=4, max_size=40), aims)
def test_a_threshold_is_the_best_of_all_there_are(pairs: list, aim: tuple) -> None:
    target, score = np.array([(1, 3), (0, 2), *pairs], dtype=float).T
    wanted = OperatingSettings(aim=aim[0], value=aim[1])
    found = threshold(target, score, wanted)
    false, true, places = roc_curve(target, score, drop_intermediate=False)
    places[0] = np.inf
    mine = (score >= found)[target == 1].mean(), (score < found)[target == 0].mean()
    if aim[0] == "sensitivity":
        assert mine[0] >= aim[1] - 1e-9
        assert mine[1] == pytest.approx((1 - false)[true >= aim[1] - 1e-9].max())
    elif aim[0] == "specificity":
        assert mine[1] >= aim[1] - 1e-9
        assert mine[0] == pytest.approx(true[(1 - false) >= aim[1] - 1e-9].max())
    else:
        ills, wells = target.sum(), (1 - target).sum()
        costs = aim[1] * (1 - true) * ills + false * wells
        own = aim[1] * (1 - mine[0]) * ills + (1 - mine[1]) * wells
        assert own == pytest.approx(costs.min(), abs=1e-9)


def test_the_cheapest_threshold_may_be_the_lowest_score_or_above_all() -> None:
    """Where alarms for all, for some and for none cost nearly alike; a tie goes to fewer misses."""
    for target, score, ratio, wanted in (
        ((1, 0), (0.1, 0.2), 1.0, 0.1),  # none and all cost one: no miss is better
        ((0, 1), (0.1, 0.2), 0.5, 0.2),
        ((1, 0, 0), (0.1, 0.2, 0.3), 1.0, np.nextafter(0.3, 1)),
        ((1, 1, 0), (0.1, 0.1, 0.1), 1.0, 0.1),
    ):
        aim = OperatingSettings(aim="cost", value=ratio)
        assert threshold(np.array(target, float), np.array(score), aim) == wanted


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=4, max_size=30),
    st.sampled_from([0.02, 0.3, 0.9]),
    st.sampled_from([0.3, 1.0, 20.0]),
)
def test_a_cost_is_counted_at_the_prevalence_of_use(pairs: list, share: float, miss: float) -> None:
    """A miss where positives are that frequent, against a false alarm where negatives are."""
    target, score = np.array([(1, 3), (0, 2), *pairs], dtype=float).T
    found = threshold(target, score, OperatingSettings(aim="cost", value=miss), share)

    def cost(place: float) -> float:
        missed, false = (score < place)[target == 1].mean(), (score >= place)[target == 0].mean()
        return miss * share * missed + (1 - share) * false

    assert cost(found) == pytest.approx(min(cost(place) for place in [*score, 9.0]), abs=1e-9)


def test_the_spread_of_a_threshold_is_that_of_repeated_rows(rows: Rows) -> None:
    few, scores = Resamples(rows.patient, resamples=60), honest(WISE)(rows)
    for aim in (OperatingSettings(), OperatingSettings(aim="cost", value=4.0)):
        found = []
        for times in few.times:
            repeated = np.repeat(np.arange(SIZE), times[few.group].astype(int))
            found.append(threshold(rows.target[repeated], scores[repeated], aim))
        ends = np.quantile(found, [0.025, 0.975])
        assert spread(rows.target, scores, aim, few) == pytest.approx(tuple(ends))


def test_an_operating_point_is_judged_by_thresholds_of_the_other_folds(
    rows: Rows, draws: Resamples
) -> None:
    scores, inner = honest(WISE)(rows), nested(rows, honest(WISE))
    fitting = fitting_rows(rows, scores, inner)
    calibration, _ = calibrate(rows, scores, fitting, draws, CalibrationSettings())
    aim = OperatingSettings(aim="sensitivity", value=0.8)
    point = operate(rows, scores, fitting, draws, aim, calibration)
    alarms = np.zeros(SIZE, dtype=bool)
    for fold in range(FOLDS):
        rest, held = rows.trains[fold], rows.fold == fold
        alarms[held] = scores[held] >= threshold(rows.target[rest], inner[fold], aim)
    assert point.sensitivity.value == alarms[rows.target == 1].mean()
    assert point.specificity.value == (~alarms)[rows.target == 0].mean()
    assert point.naive_sensitivity.value >= 0.8
    for share in (point.sensitivity, point.specificity, point.naive_specificity):
        assert 0 <= share.low < share.value < share.high <= 1
    assert point.low <= point.threshold <= point.high
    assert point.probability == calibration.apply([point.threshold])[0]
    rare = operate(
        rows,
        scores,
        fitting,
        draws,
        OperatingSettings(aim="cost", value=3.0),
        calibration.at(0.001),
    )
    often = operate(
        rows, scores, fitting, draws, OperatingSettings(aim="cost", value=3.0), calibration.at(0.5)
    )
    assert rare.threshold > often.threshold


WHOLE = [
    {"method": "hill", "negative": True},
    {"method": "greedy", "ranks": "fold", "objective": "partial_auc"},
]
AIMS = [("sensitivity", 0.9), ("specificity", 0.8), ("cost", 9.0)]


@pytest.mark.parametrize("how", WHOLE, ids=str)
def test_a_folds_labels_change_neither_its_scores_nor_what_is_said_of_them(
    rows: Rows, how: dict
) -> None:
    """Score, probability by every curve, alarm by every aim, and which way is taken for it."""
    wanted = EnsembleSettings.model_validate(how | {"rounds": 2})
    few, k = Resamples(rows.patient, resamples=40), 2
    held = rows.fold == k
    turned = replace(rows, target=np.where(held, 1 - rows.target, rows.target))
    found, others = [], []
    for each in (rows, turned):
        _, decision, ways = decide_ways(each, wanted, few)
        others.append(ways.method.scores[~held])
        said: list[object] = [decision.fold_choices[k]]
        for taken in (ways.method, ways.mean):
            fitting = fitting_rows(each, taken.scores, nested(each, taken.honest))
            said.append(taken.scores[held].tolist())
            said += [p[held].tolist() for _, p in _crossed(each, taken.scores, fitting)]
            for aim, value in AIMS:
                goal = OperatingSettings(aim=aim, value=value)
                said.append(honest_alarms(each, taken.scores, fitting, goal)[held].tolist())
        found.append(said)
    assert found[0] == found[1]
    assert (others[0] != others[1]).any()  # what follows the labels of the fold does change


def test_a_cost_without_a_prevalence_asks_no_fold_how_frequent_positives_are(
    rows: Rows, draws: Resamples
) -> None:
    """The calibration knows the share in all rows, the scored ones among them: it is not asked."""
    scores = honest(WISE)(rows)
    fitting = fitting_rows(rows, scores, nested(rows, honest(WISE)))
    aim = OperatingSettings(aim="cost", value=5.0)
    plain, _ = calibrate(rows, scores, fitting, draws, CalibrationSettings())
    alarms = honest_alarms(rows, scores, fitting, aim)
    found = operate(rows, scores, fitting, draws, aim, plain)
    assert found.sensitivity.value == alarms[rows.target == 1].mean()
    assert found.specificity.value == (~alarms)[rows.target == 0].mean()
    assert found.threshold == threshold(rows.target, scores, aim)
    rare = operate(rows, scores, fitting, draws, aim, plain.at(0.01))
    assert rare.threshold == threshold(rows.target, scores, aim, 0.01) > found.threshold


# groups and drift


def test_groups_hold_every_image_once_an_axis_and_small_ones_are_marked(
    table: ImageTable, folds, member
) -> None:
    rows = oof_rows(table, folds, [member("a")[0]])
    found = groups(table, rows, rows.scores[0], Resamples(rows.patient, resamples=100))
    axes = {group.axis for group in found}
    assert axes == {"fold", "sex", "age", "site"}
    for axis in axes:
        mine = [group for group in found if group.axis == axis]
        assert sum(group.images for group in mine) == len(rows.ids)
        assert sum(group.positives for group in mine) == rows.target.sum()
    sexes = {g.name: g for g in found if g.axis == "sex"}
    known = table.train.sort("image_id")["sex"].to_list()
    missing = np.array([sex is None for sex in known])
    assert sexes["unknown"].value == auc(rows.target[missing], rows.scores[0][missing])
    assert sexes["female"].value is None  # no positive among them
    assert all(group.few == (group.holders < 10) for group in found)
    one_class = [group for group in found if group.positives == 0]
    assert all(group.value is None and group.low is None for group in one_class)


def test_drift_warns_of_a_shift_and_not_of_chance() -> None:
    draw = np.random.default_rng(0)
    oof = draw.random(2000)
    same, moved, few = draw.random(500), draw.random(500) ** 0.5, np.ones(5)
    found = drift({"a": (oof, same), "b": (oof, moved), "c": (oof, few), "d": (oof, np.array([]))})
    assert [each.warns for each in found] == [False, True, False]
    assert found[1].upwards
    assert "test images score higher" in found[1].words
    down = drift({"b": (oof, 1 - moved)})[0]
    assert not down.upwards
    assert down.gap == pytest.approx(found[1].gap, abs=0.05)

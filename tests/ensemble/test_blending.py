import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mel.config import EnsembleSettings
from mel.ensemble import Blend, Blended, blend
from mel.errors import MelError
from mel.metrics import auc, auc_report
from mel.predictions import Predictions, test_matrix
from mel.tables import Folds

matrix = test_matrix
FILES = {"blend.json", "evaluation.json", "oof.parquet", "test.parquet", "report.html"}

KILLED = """
import os, signal, sys
from pathlib import Path
from types import SimpleNamespace
import mel.ensemble.writing as room
part = SimpleNamespace(write=lambda path: path.write_text("whole"))
room.write_text = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
whole = SimpleNamespace(blend=part, oof=part, test=part, evaluation=SimpleNamespace(as_dict=dict))
room.write(whole, SimpleNamespace(html="page", figures={}), Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def done(case, tmp_path_factory) -> tuple[Blended, Path]:
    out = tmp_path_factory.mktemp("work") / "ensemble" / "blend"
    return blend(case.table, case.folds, case.oof, case.test, out=out), out


def test_the_folder_holds_files_that_read_back(done) -> None:
    blended, out = done
    assert {path.name for path in out.iterdir()} == FILES
    assert [path.name for path in out.parent.iterdir()] == ["blend"]
    assert Blend.read(out / "blend.json").digest == blended.blend.digest
    assert Predictions.read(out / "oof.parquet").digest == blended.oof.digest
    assert Predictions.read(out / "test.parquet").digest == blended.test.digest


def test_a_frame_stands_for_a_table_and_text_for_a_path(case, done, tmp_path: Path) -> None:
    out = str(tmp_path / "blend")
    found = blend(case.table.frame.reverse(), case.folds, case.oof, case.test, out=out)
    assert found.blend.digest == done[0].blend.digest
    assert Blend.read(f"{out}/blend.json").digest == found.blend.digest


def test_folds_that_part_a_patient_are_refused(case) -> None:
    by_row = case.table.train.select("image_id", fold=pl.int_range(pl.len()) % 3)
    parted = Folds.of(by_row, seed=0, method="by row")
    with pytest.raises(MelError, match=r"patient 'P00' has images in folds 0, 1, 2"):
        blend(case.table, parted, case.oof, case.test)


def test_the_test_scores_are_the_blends_own(case, done) -> None:
    """To the last bit, from the file on disk and though it holds only weighted members."""
    blended, out = done
    scored = Blend.read(out / "blend.json").score(matrix(case.test))
    assert scored["score"].to_list() == blended.test.frame["score"].to_list()
    assert blended.test.kind == "test"


def test_the_written_out_of_fold_scores_are_the_honest_ones(case, done) -> None:
    blended, _ = done
    rows = blended.oof.frame.join(case.table.train, on="image_id", validate="1:1")
    expected = auc_report(rows["target"], rows["score"], rows["patient_id"], rows["fold"])
    assert blended.evaluation.honest == expected == blended.blend.honest
    assert blended.oof.metric["pooled"] == expected.pooled
    assert blended.oof.metric["naive"] == blended.evaluation.naive.as_dict()
    assert blended.oof.frame.select("image_id", "fold").equals(case.folds.frame)


def test_the_naive_auc_is_that_of_blend_score_on_all_rows(case, done) -> None:
    blended, _ = done
    wide = case.oof[0].frame.select("image_id")
    for member in case.oof:
        wide = wide.join(
            member.frame.select("image_id", pl.col("score").alias(member.name)), "image_id"
        )
    rows = blended.blend.score(wide).join(case.table.train, on="image_id")
    assert auc(rows["target"], rows["score"]) == blended.evaluation.naive.pooled


def test_inputs_name_everything_the_blend_came_from(case, done) -> None:
    expected = {
        "images": case.table.digest,
        "folds": case.folds.digest,
        "settings": EnsembleSettings().digest,
    }
    for member in (*case.oof, *case.test):
        expected[f"{member.name}/{member.kind}"] = member.digest
    blended, _ = done
    assert blended.oof.inputs == blended.test.inputs == blended.blend.inputs == expected
    assert blended.oof.folds == blended.test.folds == case.folds.digest


def test_shuffled_rows_and_reversed_test_members_change_nothing(case, done) -> None:
    def shuffled(member: Predictions) -> Predictions:
        frame = member.frame.sample(fraction=1, shuffle=True, seed=3)
        return Predictions.of(frame, name=member.name, kind=member.kind, folds=member.folds)

    mixed = case.folds.frame.sample(fraction=1, shuffle=True, seed=4)
    folds = Folds.of(mixed, seed=0, method="by hand")
    test = [shuffled(member) for member in reversed(case.test)]
    found = blend(case.table, folds, [shuffled(m) for m in case.oof], test)
    assert found.blend.digest == done[0].blend.digest
    assert found.oof.frame.equals(done[0].oof.frame)
    assert found.test.frame.equals(done[0].test.frame)


def test_flipped_labels_of_a_fold_change_none_of_its_written_scores(case, done, make_table) -> None:
    train = case.table.train.join(case.folds.frame, on="image_id")
    flip = pl.when(pl.col("fold") == 2).then(1 - pl.col("target")).otherwise(pl.col("target"))
    table = make_table(train.with_columns(target=flip), case.table.test)
    found = blend(table, case.folds, case.oof, case.test)
    held = pl.col("fold") == 2
    assert found.oof.frame.filter(held).equals(done[0].oof.frame.filter(held))
    assert found.blend.digest != done[0].blend.digest


def test_ranking_within_the_test_set_is_a_switch_that_the_evaluation_reports(case, done) -> None:
    found = blend(
        case.table, case.folds, case.oof, case.test, EnsembleSettings(rank_within_test=True)
    )
    weights = found.blend.weights
    ranks = {m.name: m.frame["score"].rank("average") for m in case.test}
    expected = sum(w * (ranks[name] - 0.5) / 60 for name, w in weights.items())
    np.testing.assert_allclose(found.test.frame["score"], expected, atol=1e-12)
    assert found.evaluation.orders == done[0].evaluation.orders
    assert found.evaluation.orders.images == 60
    assert 0 < found.evaluation.orders.spearman < 1
    assert found.evaluation.orders.largest_move > 0
    assert (found.evaluation.ranked_within_test, done[0].evaluation.ranked_within_test) == (
        True,
        False,
    )
    assert found.test.metric["orders"]["spearman"] == found.evaluation.orders.spearman


def test_the_rank_mean_is_reported_beside_and_equals_the_mean_method(case, done) -> None:
    found = blend(case.table, case.folds, case.oof, case.test, EnsembleSettings(method="mean"))
    assert found.blend.weights == pytest.approx({m.name: 1 / 3 for m in case.oof})
    assert found.evaluation.honest == done[0].evaluation.mean_honest
    assert found.evaluation.naive == done[0].evaluation.mean_naive
    assert found.evaluation.path == ()


def test_members_without_weight_are_no_part_of_the_blend_but_of_the_evaluation(case) -> None:
    more = case.member("collapsed", np.full(320, 0.25))
    found = blend(more.table, more.folds, more.oof, more.test)
    assert "collapsed" not in found.blend.members
    standing = found.evaluation.members[-1]
    assert (standing.name, standing.weight, standing.auc.pooled) == ("collapsed", 0, 0.5)


def test_no_test_images_are_no_error(case, make_table) -> None:
    table = make_table(case.table.train, case.table.test.clear())
    test = [
        Predictions.of(m.frame.clear(), name=m.name, kind="test", folds=m.folds) for m in case.test
    ]
    found = blend(table, case.folds, case.oof, test)
    assert found.evaluation.orders is None
    assert found.test.frame.height == 0


def test_a_duplicated_member_is_refused(case) -> None:
    with pytest.raises(MelError, match="lightgbm: given 2 times"):
        blend(case.table, case.folds, [*case.oof, case.oof[2]], case.test)


def test_members_of_other_folds_are_refused_by_name_and_digest(case) -> None:
    own = case.folds.digest
    for oof, test in (
        ([*case.oof[:2], replace(case.oof[2], folds="beef")], case.test),
        (case.oof, [*case.test[:2], replace(case.test[2], folds="beef")]),
    ):
        with pytest.raises(MelError, match=f"lightgbm: .* on folds beef, these are {own}"):
            blend(case.table, case.folds, oof, test)


def test_in_sample_scores_are_refused(case) -> None:
    members = [*case.oof[:2], replace(case.oof[2], kind="in_sample")]
    with pytest.raises(MelError, match="lightgbm: scores are in_sample"):
        blend(case.table, case.folds, members, case.test)


def test_a_member_on_one_side_only_is_refused(case) -> None:
    with pytest.raises(MelError, match="lightgbm: has no test scores"):
        blend(case.table, case.folds, case.oof, case.test[:2])
    with pytest.raises(MelError, match="lightgbm: has no out-of-fold scores"):
        blend(case.table, case.folds, case.oof[:2], case.test)


def test_test_images_other_than_the_tables_are_refused(case) -> None:
    short = [replace(m, frame=m.frame.head(59)) for m in case.test]
    with pytest.raises(MelError, match="test image 'T59' is only in one"):
        blend(case.table, case.folds, case.oof, short)


def test_a_fold_with_one_class_is_refused(case, make_table) -> None:
    train = case.table.train.join(case.folds.frame, on="image_id")
    none = train.with_columns(target=pl.col("target") * (pl.col("fold") != 1))
    with pytest.raises(MelError, match="fold 1 holds 0 positives in 80 images"):
        blend(make_table(none, case.table.test), case.folds, case.oof, case.test)


def test_a_failure_while_writing_leaves_the_old_folder_as_it_was(
    case, done, tmp_path, monkeypatch
) -> None:
    out = tmp_path / "blend"
    blend(case.table, case.folds, case.oof, case.test, out=out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("mel.ensemble.writing.write_text", full)
    with pytest.raises(MelError, match="No space left on device"):
        blend(case.table, case.folds, case.oof[:2], case.test[:2], out=out)
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["blend"]


def test_a_kill_while_writing_leaves_no_folder_of_that_name(tmp_path: Path) -> None:
    """Only a hidden temporary folder stays behind, which no reader takes for an ensemble."""
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "blend")], check=False)
    assert done.returncode == -signal.SIGKILL
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".")
    assert not (left / "report.html").exists()


def test_a_folder_of_other_files_is_not_replaced(case, tmp_path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(MelError, match=r"holds other files and no blend\.json"):
        blend(case.table, case.folds, case.oof, case.test, out=tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"

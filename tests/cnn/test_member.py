"""Members trained for real: leak-free, whole after a kill, refused when they should be."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.cnn import gap, predict, train
from mel.cnn.jobs import running
from mel.cnn.jobs.claims import claimed, gives_a_sign
from mel.cnn.jobs.done import FILES, mark_done, mark_trained
from mel.cnn.jobs.holders import me
from mel.cnn.jobs.running import Work
from mel.cnn.labels import Labels
from mel.config import HardwareSettings, MemberSettings
from mel.errors import MelError
from mel.predictions import Predictions, oof_matrix
from mel.tables import Folds, ImageTable

Trained = tuple[Path, Predictions, Predictions]


def _hashes(place: Path) -> dict[str, str]:
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return {str(p.relative_to(place)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_a_member_scores_every_image_once_and_is_taken_by_the_next_room(
    trained: Trained, small: ImageTable, small_folds: Folds
) -> None:
    out, oof, test = trained
    assert oof_matrix([oof], small_folds).height == small.train.height
    assert test.frame["image_id"].to_list() == small.test["image_id"].to_list()
    assert Predictions.read(out / "oof.parquet").digest == oof.digest
    assert Predictions.read(out / "test.parquet").digest == test.digest
    assert oof.frame["score"].is_between(0, 1).all()
    history = pl.read_parquet(out / "history.parquet")
    assert history.group_by("fold").len()["len"].to_list() == [3, 3]


def test_a_picture_smaller_than_the_network_is_scored_like_any_other(
    trained: Trained, small: ImageTable, micro: MemberSettings
) -> None:
    for split, scores in (("train", trained[1]), ("test", trained[2])):
        rows = small.frame.filter(pl.col("split") == split)
        sizes = {
            name: Image.open(path).size for name, path in rows.select("image_id", "path").rows()
        }
        (tiny,) = [name for name, size in sizes.items() if max(size) < micro.size]
        scored = scores.frame.filter(pl.col("image_id") == tiny)["score"]
        assert scored.is_between(0, 1).to_list() == [True]


def test_test_scores_are_the_mean_of_the_folds(trained: Trained) -> None:
    out, _, test = trained
    parts = [Predictions.read(out / f"fold{k}" / "test.parquet").frame["score"] for k in (0, 1)]
    assert np.allclose(test.frame["score"], np.mean([p.to_numpy() for p in parts], axis=0))


def test_labels_of_the_scored_fold_change_nothing_in_its_scores(
    trained: Trained, small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    mine = small_folds.frame.filter(pl.col("fold") == 0)["image_id"].to_list()
    here = pl.col("image_id").is_in(mine)
    flipped = pl.when(here).then(1 - pl.col("target")).otherwise("target").alias("target")
    other = ImageTable.of(small.frame.with_columns(flipped), "flipped")
    cache = str(tmp_path / "pixels")
    place = str(tmp_path / "cnn" / "m")
    assert train(other, small_folds, micro, place, only_folds=[0], cache=cache) is None
    again = Predictions.read(tmp_path / "cnn" / "m" / "fold0" / "oof.parquet").frame
    before = trained[1].frame.filter(pl.col("fold") == 0)
    assert np.allclose(again["score"], before["score"], atol=1e-6)


_TRAIN = """
import sys
from pathlib import Path
from mel.cnn import train
from mel.config import MemberSettings
from mel.tables import Folds, ImageTable
here = Path(sys.argv[1])
settings = MemberSettings.model_validate_json((here / "settings.json").read_text())
table, folds = ImageTable.read(here / "images.parquet"), Folds.read(here / "folds.parquet")
train(table, folds, settings, here / "cnn" / settings.name)
"""


def _wait_for(path: Path, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        if path.exists():
            return
        assert process.poll() is None, "training ended before it could be killed"
        time.sleep(0.05)
    raise AssertionError(f"{path} did not appear")


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="looks for orphans in /proc")
def test_a_killed_training_goes_on_at_its_fold_and_touches_no_finished_one(
    trained: Trained,
    small: ImageTable,
    small_folds: Folds,
    micro: MemberSettings,
    tmp_path: Path,
    workers_of: Callable[[Path], list[int]],
) -> None:
    small.write(tmp_path / "images.parquet")
    small_folds.write(tmp_path / "folds.parquet")
    (tmp_path / "settings.json").write_text(micro.model_dump_json())
    member = tmp_path / "cnn" / micro.name
    shutil.copytree(trained[0] / "fold0", member / "fold0")
    finished = _hashes(member / "fold0")
    process = subprocess.Popen([sys.executable, "-c", _TRAIN, str(tmp_path)])
    _wait_for(member / "fold1" / "log.txt", process)
    time.sleep(1.0)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert workers_of(tmp_path) == []
    assert not (member / "fold1" / "done.json").exists()

    found = train(small, small_folds, micro, member)

    assert _hashes(member / "fold0") == finished
    assert found is not None
    unkilled = trained[1].frame["score"]
    assert np.allclose(found[0].frame["score"], unkilled, atol=1e-6)


def test_a_finished_member_is_not_trained_again(
    trained: Trained, small: ImageTable, small_folds: Folds, micro: MemberSettings
) -> None:
    before = {k: _hashes(trained[0] / f"fold{k}") for k in (0, 1)}
    train(small, small_folds, micro, str(trained[0]))
    assert {k: _hashes(trained[0] / f"fold{k}") for k in (0, 1)} == before


def test_predicting_a_folder_gives_the_scores_of_training_alone_or_in_a_batch(
    trained: Trained, small: ImageTable, tmp_path: Path
) -> None:
    out, _, test = trained
    folder = tmp_path / "new"
    folder.mkdir()
    for path in small.test["path"]:
        (folder / Path(path).name).write_bytes(Path(path).read_bytes())
    batch = predict(out, folder, cache=str(tmp_path / "cache"))  # paths may be text everywhere
    assert batch.frame["image_id"].to_list() == test.frame["image_id"].to_list()
    assert np.allclose(batch.frame["score"], test.frame["score"], atol=1e-6)
    for path in sorted(folder.iterdir())[1:]:
        path.unlink()
    assert predict(out, folder).frame["score"][0] == batch.frame["score"][0]


def test_a_file_that_a_finished_member_lacks_is_named(trained: Trained, tmp_path: Path) -> None:
    member = tmp_path / "member"
    shutil.copytree(trained[0], member)
    assert gap(member, 2) == ""
    (member / "fold1" / "checkpoint.weights.h5").unlink()
    assert gap(member, 2) == "fold1/checkpoint.weights.h5 is not there"
    shutil.rmtree(member / "fold0")
    assert gap(member, 2) == "fold0/done.json is not there"


@pytest.mark.parametrize("harm", ["checkpoint changed", "mark broken", "mark gone"])
def test_predicting_with_an_unfinished_or_changed_member_is_refused(
    trained: Trained, tmp_path: Path, harm: str
) -> None:
    member = tmp_path / "member"
    shutil.copytree(trained[0], member)
    fold = member / "fold1"
    if harm == "checkpoint changed":
        (fold / "checkpoint.weights.h5").write_bytes(b"changed")
    else:
        (fold / "done.json").write_text("{}")
    if harm == "mark gone":
        (fold / "done.json").unlink()
    with pytest.raises(MelError, match=r"fold1: is not a finished fold as it was trained; remove"):
        predict(member, Path(tmp_path))


@pytest.mark.parametrize("content", ["{}", "[]", '{"settings": {"size": "x"}}', "{"])
def test_a_damaged_recipe_of_a_member_is_refused_in_one_line(tmp_path: Path, content: str) -> None:
    (tmp_path / "recipe.json").write_text(content)
    with pytest.raises(MelError, match=r"recipe\.json") as caught:
        predict(tmp_path, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_damaged_fold_is_trained_again_and_gives_the_same_scores(
    trained: Trained, small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    member = tmp_path / "cnn" / "member"
    shutil.copytree(trained[0], member)
    (member / "fold0" / "checkpoint.weights.h5").write_bytes(b"changed")
    untouched = _hashes(member / "fold1")
    found = train(small, small_folds, micro, member)
    assert found is not None
    assert np.allclose(found[0].frame["score"], trained[1].frame["score"], atol=1e-6)
    assert _hashes(member / "fold1") == untouched


def test_an_attempt_that_cannot_begin_leaves_a_finished_member_whole(
    trained: Trained, small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    member = tmp_path / "cnn" / "member"
    shutil.copytree(trained[0], member)
    before = {k: _hashes(member / f"fold{k}") for k in (0, 1)}
    wrong = micro.model_copy(update={"weights": str(tmp_path / "nowhere")})
    with pytest.raises(MelError, match="no such preset folder"):
        train(small, small_folds, wrong, member)
    assert {k: _hashes(member / f"fold{k}") for k in (0, 1)} == before


def test_a_fold_that_another_process_trains_is_left_to_it(
    small: ImageTable,
    small_folds: Folds,
    micro: MemberSettings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    member = tmp_path / "cnn" / "member"
    with claimed(member, 0) as mine, claimed(member, 0) as again:
        assert mine
        assert not again
        assert train(small, small_folds, micro, member, only_folds=[0]) is None
    assert "another process is training it" in capsys.readouterr().err
    assert not (member / "fold0" / "log.txt").exists()
    with claimed(member, 0) as mine:
        assert mine


def test_a_fold_of_a_container_that_is_gone_is_taken_over_when_its_lease_ends(
    small: ImageTable,
    small_folds: Folds,
    micro: MemberSettings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A container that is started again has another name: it must not go home at once."""
    lease, looks, begun = tmp_path / "cnn/m/fold0/claim.json", [], []
    lease.parent.mkdir(parents=True)
    lease.write_text(json.dumps({"token": "x"} | asdict(replace(me(), host="container-1"))))

    def look(member: Path, fold: int) -> Any:
        if not looks:
            os.utime(lease)  # it was alive a moment ago
        looks.append(fold)
        return claimed(member, fold, lease=1.5)

    monkeypatch.setattr(running, "claimed", look)
    monkeypatch.setattr(running, "gives_a_sign", partial(gives_a_sign, lease=1.5))
    monkeypatch.setattr(running, "launch", lambda job, *_: begun.append(job["fold"]))
    plain = micro.model_copy(update={"hardware": HardwareSettings(pixels="decoded")})
    labels = (Labels(), Labels())
    Work(small, small_folds, plain, tmp_path / "cnn/m", tmp_path / "cache", labels).train([0])
    assert (looks, begun) == ([0, 0], [0])


def test_an_unknown_backbone_ends_before_anything_is_written(
    small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    wrong = micro.model_copy(update={"backbone": "efficientnetv2_mikro"})
    with pytest.raises(MelError, match="did you mean 'efficientnetv2_micro'"):
        train(small, small_folds, wrong, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_a_size_that_no_network_takes_ends_before_anything_is_written(
    small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    tta = micro.tta.model_copy(update={"sizes": [33]})
    wrong = micro.model_copy(update={"backbone": "csp_darknet_nano", "tta": tta})
    with pytest.raises(MelError, match=r"csp_darknet_nano: takes .* multiples of 2, not 33"):
        train(small, small_folds, wrong, tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_folds_of_another_table_are_refused(
    small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    fewer = ImageTable.of(small.frame.filter(pl.col("image_id") != "img00"), "fewer")
    with pytest.raises(MelError, match="'img00'"):
        train(fewer, small_folds, micro, tmp_path / "m")


def test_a_loss_that_is_no_number_ends_with_one_line_and_no_done_mark(
    small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    wild = micro.model_copy(update={"learning_rate": 1e30, "warmup_epochs": 0.0})
    with pytest.raises(MelError, match="loss is nan") as caught:
        train(small, small_folds, wild, tmp_path / "cnn" / "m", only_folds=[0])
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "cnn" / "m" / "fold0" / "done.json").exists()


def test_imagenet_weights_where_there_are_none_are_refused_with_advice(
    small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    wanted = micro.model_copy(update={"weights": "imagenet"})
    with pytest.raises(MelError, match=r"has no ImageNet weights; these have: .*efficientnetv2_s"):
        train(small, small_folds, wanted, tmp_path / "cnn" / "m", only_folds=[0])


def test_a_preset_folder_gives_its_weights_and_a_strange_one_is_refused(
    micro: MemberSettings, tmp_path: Path
) -> None:
    import keras_cv
    from keras_cv.src.utils.preset_utils import save_to_preset

    from mel.cnn import backbone
    from mel.cnn.networks import build

    factory = keras_cv.models.EfficientNetV2Backbone
    arguments = backbone("efficientnetv2_micro").arguments
    saved = factory(include_rescaling=True, input_shape=(32, 32, 3), **arguments)
    save_to_preset(saved, str(tmp_path / "preset"))
    loaded = build(micro.model_copy(update={"weights": str(tmp_path / "preset")}))
    kernel = saved.get_layer("stem_conv").get_weights()[0]
    assert np.array_equal(loaded.get_layer("stem_conv").get_weights()[0], kernel)
    other = {"weights": str(tmp_path / "preset"), "backbone": "efficientnetv2_nano"}
    with pytest.raises(MelError, match=r"hold 2,874 parameters, the backbone has 779,392"):
        build(micro.model_copy(update=other))
    with pytest.raises(MelError, match="no such preset folder"):
        build(micro.model_copy(update={"weights": str(tmp_path / "nowhere")}))


def test_done_marks_are_plain_json_with_digests(trained: Trained) -> None:
    mark = json.loads((trained[0] / "fold0" / "done.json").read_text())
    assert set(mark["inputs"]) == {"images", "folds", "settings", "pictures"}
    assert 0 < mark["seconds"] < 600
    assert all(len(digest) == 64 for digest in mark["files"].values())


def test_another_content_of_a_file_of_weights_makes_folds_anew_and_another_place_does_not(
    small: ImageTable, small_folds: Folds, micro: MemberSettings, tmp_path: Path
) -> None:
    def work(path: Path) -> Work:
        settings = micro.model_copy(update={"weights": str(path)})
        out = tmp_path / "cnn" / "m"
        return Work(small, small_folds, settings, out, tmp_path / "cache", (Labels(), Labels()))

    (tmp_path / "a.h5").write_bytes(b"one network")
    first = work(tmp_path / "a.h5")
    (first.out / "fold0").mkdir(parents=True)
    for name in FILES:
        (first.out / "fold0" / name).touch()
    mark_trained(first.out, 0, first.training, seconds=1.0)
    mark_done(first.out, 0, first.inputs, seconds=1.0)
    assert first.missing([0]) == []
    (tmp_path / "b.h5").write_bytes(b"one network")
    assert work(tmp_path / "b.h5").missing([0]) == []
    (tmp_path / "a.h5").write_bytes(b"two networks")
    assert first.missing([0]) == [0]

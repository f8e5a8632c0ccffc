"""A bundle says what the work folder says, holds nobody's name, and is refused where it would lie.

The whole pipeline is real but for the networks: hand-made graphs score the pictures.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel import cnn, pipeline
from mel.bundles import Bundle
from mel.cli.main import app
from mel.cnn.jobs.done import CHECKPOINT, HISTORY, fold_dir, mark_done, mark_trained
from mel.config import MemberSettings
from mel.ensemble import Blend
from mel.errors import MelError
from mel.files import read_json, write_json
from mel.graphs import opened
from mel.images import decode
from mel.metadata import METADATA, encode_metadata
from mel.metrics import auc_report
from mel.pipeline import Wanted
from mel.pipeline.bundling.card import card
from mel.pipeline.bundling.facts import FEWEST, explored
from mel.pipeline.bundling.gathering import Gathered, gather
from mel.pipeline.bundling.honest import honest_images
from mel.pipeline.bundling.making import _desk
from mel.pipeline.bundling.measuring import Measured, allows
from mel.pipeline.bundling.trying import _unmeasured
from mel.pipeline.bundling.verifying import verify
from mel.pipeline.folder import Work
from mel.predictions import Predictions
from mel.submit.scoring import Looked, Scorer
from mel.tables import Folds, ImageTable
from mel.views import average, reference, seen, views, write_reference

RECIPE = """\
name = "small"
[data]
adapter = "siim2020"
[folds]
n_folds = 2
[[cnn.members]]
backbone = "efficientnetv2_micro"
size = 32
[[cnn.members]]
backbone = "efficientnetv2_micro"
size = 16
metadata = true
tta = { turns = "flips", average = "rank" }
[tabular]
rounds = 5
seeds = 1
num_leaves = 3
min_data_in_leaf = 5
[ensemble]
method = "mean"
"""


@dataclass(frozen=True)
class Drawn:
    """A graph as `mel.cnn.export` tells of it."""

    part: str
    size: int
    path: Path


def seed_of(settings: MemberSettings, fold: int | str) -> int:
    return settings.size + (7 if fold == "mean" else int(fold))


def write_graph(
    graph_of: Callable[..., bytes], settings: MemberSettings, out: Path, part: str
) -> Path:
    place = out / ("mean" if part == "mean" else f"fold{part}")
    place.mkdir(parents=True, exist_ok=True)
    more = len(METADATA) if settings.metadata else 0
    path = place / f"graph-{settings.size}.onnx"
    path.write_bytes(graph_of(settings.size, seed_of(settings, part), more))
    return path


def logits(path: Path, frame: pl.DataFrame, settings: MemberSettings) -> np.ndarray:
    """The graph's logits under every view, `(n, views)`, one image at a time."""
    run = opened(path.read_bytes(), batch=1)
    known, found = encode_metadata(frame), []
    wanted = views(settings.tta, settings.size)
    for row, picture in enumerate(frame["path"]):
        pixels = decode(picture, settings.size)[None]
        more = {"metadata": known[row : row + 1]} if settings.metadata else {}
        said = [run({"pixels": v} | more)["logit"][0] for v in seen(pixels, wanted, 1.0)]
        found.append(said)
    return np.array(found, dtype=np.float64)


def trained_by(graph_of: Callable[..., bytes]) -> Callable[..., tuple[Predictions, Predictions]]:
    """Give what takes the place of `mel.cnn.train`: graphs for networks, real scores by them."""

    def train(
        table: ImageTable, folds: Folds, settings: MemberSettings, out: Path, **_: object
    ) -> tuple[Predictions, Predictions]:
        inputs = {"images": table.digest, "folds": folds.digest, "settings": settings.digest}
        inputs |= {"pictures": "originals"}
        common: dict[str, Any] = {"name": settings.name, "folds": folds.digest, "inputs": inputs}
        wanted, parts, tests = views(settings.tta, settings.size), [], []
        for fold in range(folds.n_folds):
            path, place = write_graph(graph_of, settings, out, str(fold)), fold_dir(out, fold)
            held = folds.scored(table, fold)
            seen_so = logits(path, held, settings)
            ranked = reference(seen_so, wanted)
            write_reference(place / "reference.parquet", ranked, {"name": settings.name})
            score = average(seen_so, wanted, settings.tta, ranked)
            parts.append(held.select("image_id", "fold", score=pl.Series(score)))
            blank = table.test.select("image_id", pl.lit(None, pl.Int16).alias("fold"))
            score = average(logits(path, table.test, settings), wanted, settings.tta, ranked)
            tests.append(blank.with_columns(score=pl.Series(score)))
            Predictions.of(tests[-1], kind="test", **common).write(place / "test.parquet")
            Predictions.of(parts[-1], kind="oof", **common).write(place / "oof.parquet")
            for name in (CHECKPOINT, HISTORY):
                (place / name).touch()
            mark_trained(out, fold, inputs | {"settings": settings.training_digest}, seconds=1.0)
            mark_done(out, fold, inputs, seconds=1.0)
        whole = pl.concat(parts)
        truth = whole.join(table.train, on="image_id")
        metric = auc_report(
            *(truth[c] for c in ("target", "score", "patient_id", "fold"))
        ).as_dict()
        mean = sum(test["score"] for test in tests) / len(tests)
        oof = Predictions.of(whole, kind="oof", metric=metric, **common)
        test = Predictions.of(tests[0].with_columns(score=mean), kind="test", **common)
        oof.write(out / "oof.parquet")
        test.write(out / "test.parquet")
        made = {"settings": settings.model_dump(mode="json"), "n_folds": folds.n_folds}
        made |= {"folds": folds.digest, "inputs": inputs, "framing": {}}
        write_json(out / "recipe.json", made)
        return oof, test

    return train


@pytest.fixture(scope="session")
def whole(
    tiny_competition: Path, tmp_path_factory: pytest.TempPathFactory, graph_of: Callable[..., bytes]
) -> Path:
    """A finished work folder, once a session and not to be changed."""
    desk = tmp_path_factory.mktemp("bundling")
    (desk / "small.toml").write_text(RECIPE)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cnn, "train", trained_by(graph_of))
        pipeline.run(desk / "small.toml", desk / "work", tiny_competition)
    return desk / "work"


def exporter(graph_of: Callable[..., bytes], asked: list[str]) -> Callable[..., list[Drawn]]:
    """Give what takes the place of `mel.cnn.export`: the graphs that are there."""

    def export(
        member: Path,
        table: ImageTable,
        folds: Folds,
        *,
        only_folds: Sequence[int] | None = None,
        average: bool = False,
    ) -> list[Drawn]:
        parts = [str(fold) for fold in only_folds or ()] + ["mean"] * average
        asked.append(f"{member.name}: {' '.join(parts)}")
        size = int(member.name.rpartition("-")[2])
        settings = MemberSettings(backbone="x", size=size, metadata=size == 16)
        places = {part: member / (part if part == "mean" else f"fold{part}") for part in parts}
        if average:
            write_graph(graph_of, settings, member, "mean")
        return [Drawn(part, size, place / f"graph-{size}.onnx") for part, place in places.items()]

    return export


@pytest.fixture
def exporting(monkeypatch: pytest.MonkeyPatch, graph_of: Callable[..., bytes]) -> list[str]:
    """Put the graphs that are there in the exporter's place; gives what was asked of it."""
    asked: list[str] = []
    monkeypatch.setattr(cnn, "export", exporter(graph_of, asked))
    return asked


@pytest.fixture
def work(whole: Path, tmp_path: Path, exporting: list[str]) -> Path:
    """A copy of the work folder, free to be changed, whose networks count as exported."""
    return Path(shutil.copytree(whole, tmp_path / "work"))


@pytest.fixture(scope="session")
def gathered(whole: Path) -> Gathered:
    """What a bundle of the finished work folder is made of."""
    return gather(whole, Wanted())


@pytest.fixture(scope="session")
def made(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, graph_of: Callable[..., bytes]
) -> tuple[pipeline.Bundled, Path]:
    """One bundle of all there is, with an example."""
    desk = tmp_path_factory.mktemp("made")
    (desk / "shown").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(desk / "shown" / "a.png")
    (desk / "shown" / "examples.csv").write_text("image_id,age,sex,note\na,50,female,drawn\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cnn, "export", exporter(graph_of, []))
        found = pipeline.ensemble_bundle(whole, desk / "small.mel", Wanted(examples=desk / "shown"))
    return found, desk / "small.mel"


def scores_in(place: Path) -> dict[str, float]:
    return dict(Predictions.read(place / "test.parquet").frame.select("image_id", "score").rows())


# what it says


def test_the_bundle_scores_every_test_image_as_the_work_folder_does(
    whole: Path, made: tuple[pipeline.Bundled, Path]
) -> None:
    scorer, test = Scorer.open(made[1], "float32"), ImageTable.read(whole / "images.parquet").test
    looked = scorer.look(test)
    judged = scorer.judge(test, looked, "context").frame
    for name, folder in [
        *((name, whole / "cnn" / name) for name in scorer.members),
        ("lightgbm", whole / "tabular" / "lightgbm"),
        ("score", whole / "ensemble" / "blend"),
    ]:
        found = dict(judged.select("image_id", name).rows())
        known = scores_in(folder)
        assert found.keys() == known.keys()
        assert max(abs(found[i] - known[i]) for i in known) < 1e-4, name
    blend = Blend.read(whole / "ensemble" / "blend" / "blend.json")
    known = scores_in(whole / "ensemble" / "blend")
    wanted = blend.probability([known[i] for i in judged["image_id"]])
    assert judged["probability"].to_numpy() == pytest.approx(wanted, abs=1e-4)


def test_mel_submit_score_gives_every_test_image_the_work_folders_score(
    whole: Path, made: tuple[pipeline.Bundled, Path], tmp_path: Path
) -> None:
    """By its context, of which a patient's only image has little; without being told, by itself."""
    test = ImageTable.read(whole / "images.parquet").test
    test.write_parquet(tmp_path / "test.parquet")
    known, found = scores_in(whole / "ensemble" / "blend"), {}
    for variant in ("context", "auto"):
        out = tmp_path / f"{variant}.parquet"
        arguments = ["--bundle", made[1], "--images", tmp_path / "test.parquet", "--out", out]
        arguments += ["--precision", "float32", "--variant", variant]
        app(args=["submit", "score", *map(str, arguments)], standalone_mode=False)
        found[variant] = pl.read_parquet(out).sort("image_id")
        assert read_json(Path(f"{out}.json"))["variant"] == variant
    scores = dict(found["context"].select("image_id", "score").rows())
    assert scores.keys() == known.keys()
    assert max(abs(scores[i] - known[i]) for i in known) < 1e-4
    assert set(found["context"]["variant"]) == {"context"}
    lone = test.filter(pl.len().over("patient_id") == 1)["image_id"].to_list()
    alone = found["auto"].filter(variant="single")["image_id"].to_list()
    assert sorted(alone) == sorted(lone) != []
    others = pl.col("image_id").is_in(lone).not_()
    assert found["auto"].filter(others).equals(found["context"].filter(others))


def test_an_image_alone_scores_as_in_the_batch(
    whole: Path, made: tuple[pipeline.Bundled, Path]
) -> None:
    scorer, test = Scorer.open(made[1], "float32"), ImageTable.read(whole / "images.parquet").test
    together = scorer.judge(test, scorer.look(test), "single").frame
    for row in range(3):
        alone = scorer.judge(test[row : row + 1], scorer.look(test[row : row + 1])).frame
        assert alone["score"][0] == together["score"][row]
        assert alone["variant"][0] == "single"


def test_it_is_compared_and_measured_when_it_is_made(made: tuple[pipeline.Bundled, Path]) -> None:
    found, path = made
    assert found.verified.images == 36
    assert set(found.verified.members) == {"efficientnetv2_micro-16", "efficientnetv2_micro-32"}
    assert found.verified.largest < 1e-6
    assert found.size == path.stat().st_size
    said = Bundle.open(path).json("facts.json")
    assert said["verified"]["blend"] < 1e-6
    assert [one["what"] for one in said["measured"]] in ([], ["bfloat16"] * 2)
    ways = [one["judged"] for one in said["measured"]]
    assert ways in ([], ["each image by itself", "a patient's images together"])
    assert all("test images, which trained nothing" in one["images"] for one in said["measured"])


def test_test_images_without_a_picture_are_counted_and_the_others_compared(
    gathered: Gathered, made: tuple[pipeline.Bundled, Path]
) -> None:
    scorer = Scorer.open(made[1], "float32")

    def lacking(lost: pl.Expr) -> Gathered:
        frame = gathered.table.frame.with_columns(path=pl.when(~lost).then("path"))
        return replace(gathered, table=replace(gathered.table, frame=frame))

    ids = gathered.table.test.sort("patient_id", "image_id")["image_id"]
    found = verify(scorer, lacking(pl.col("image_id") == ids[0]), Wanted())
    assert 0 < found.images < 36
    assert (found.lacking, found.blend is not None) == (1, True)
    assert "1 others have no picture" in found.text
    first = pl.col("image_id") == pl.col("image_id").min().over("patient_id")
    torn = verify(scorer, lacking((pl.col("split") == "test") & first), Wanted())
    assert 0 < torn.images < 36
    assert (torn.blend, len(torn.members)) == (None, 2)
    none = verify(scorer, lacking(pl.col("split") == "test"), Wanted())
    assert none.text == "not compared: no test image has a picture"
    drawn = honest_images(lacking(pl.col("image_id") == ids[0]), (0, 1), 50)
    assert drawn is not None
    assert (drawn.frame.height, "1 have no picture" in drawn.what) == (35, True)


def test_scores_of_low_precision_do_not_stop_a_bundle_whose_chain_is_right(
    gathered: Gathered, made: tuple[pipeline.Bundled, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a GPU's: the graph is Keras' in float32, the scores that were kept are not."""
    scorer, name = Scorer.open(made[1], "float32"), "efficientnetv2_micro-32"
    look = scorer.look

    def other(frame: pl.DataFrame) -> Looked:
        seen = look(frame)
        moved = {name: seen.probabilities[name] + 0.003}
        return replace(seen, probabilities={**seen.probabilities, **moved})

    monkeypatch.setattr(scorer, "look", other)
    with pytest.raises(MelError, match=r"differ by .*e-03 in a test image's score"):
        verify(scorer, gathered, Wanted())
    mixed = {name: "mixed_float16"}
    monkeypatch.setattr(cnn, "scored_in", lambda place, _: mixed.get(place.name, "float32"))
    found = verify(scorer, gathered, Wanted())
    assert found.low == (name,)
    assert found.chain is not None
    assert found.chain < 1e-9 < 1e-4 < found.largest
    assert "micro-32 in the work folder are of low precision" in found.text


def test_a_bundle_is_the_same_bytes_each_time(
    work: Path, tmp_path: Path, made: tuple[pipeline.Bundled, Path]
) -> None:
    one, other = tmp_path / "one.mel", tmp_path / "other.mel"
    for path in (one, other):
        pipeline.ensemble_bundle(work, path, Wanted(measured=0))
    assert one.read_bytes() == other.read_bytes()


# what it holds


def test_it_names_no_image_and_no_patient(whole: Path, made: tuple[pipeline.Bundled, Path]) -> None:
    table = ImageTable.read(whole / "images.parquet").frame
    names = {v for c in ("image_id", "patient_id", "path") for v in table[c].to_list()}
    names |= {v for c in ("lesion_id", "duplicate_id") if c in table.columns for v in table[c] if v}
    bundle = Bundle.open(made[1])
    for name in bundle.names:
        content = bundle.read(name)
        assert not [v for v in names if str(v).encode() in content], name
    text = (made[1].parent / "small.mel").read_bytes()
    assert str(whole).encode() not in text


def test_no_group_of_few_patients_is_told(made: tuple[pipeline.Bundled, Path]) -> None:
    said = Bundle.open(made[1]).json("facts.json")
    for variant in said["variants"].values():
        assert all(g["images"] >= FEWEST for g in variant["evaluation"]["proof"]["groups"])
        assert "furthest" not in (variant["evaluation"]["orders"] or {})
    counts = said["data"]["train_by"]
    assert all(sum(g["images"] for g in by.values()) == 84 for by in counts.values())
    assert {"female", "male"} <= set(counts["sex"])


def test_the_card_says_what_it_is_and_what_it_is_not(made: tuple[pipeline.Bundled, Path]) -> None:
    text = Scorer.open(made[1]).card
    for part in ("no medical device", "Synthetic", "Not meant for", "known shortcuts"):
        assert part.lower() in text.lower()
    said = Bundle.open(made[1]).json("facts.json")
    blend = said["variants"]["context"]["honest"]
    assert f"{blend['pooled']:.4f} ({blend['low']:.4f} to {blend['high']:.4f})" in text
    point = said["variants"]["context"]["operating_points"][0]
    assert f"An alarm begins at a score of {point['threshold']:.4f}" in text
    assert card(said) == text


def test_the_card_says_how_serving_differs_from_what_was_measured(
    made: tuple[pipeline.Bundled, Path],
) -> None:
    said = Bundle.open(made[1]).json("facts.json")
    text = card(said)
    assert "were fitted to out-of-fold scores, each by one fold's network" in text
    assert "the mean over 2 folds" in text
    assert "were not explored (mel kaggle explore)" in text
    found = {"name": "image size", "auc": 0.73, "low": 0.7, "high": 0.76}
    weak = found | {"name": "metadata", "low": 0.4}
    facts = {"explored": {"shortcuts": [found, weak], "shift": "None differs."}}
    text = card(said | facts | {"warnings": ["It costs AUC"], "made_of": "folds averaged into one"})
    assert "image size alone, AUC 0.730 (0.700 to 0.760)" in text
    assert "metadata alone, AUC" not in text
    assert "**It costs AUC**" in text
    assert "one network with the folds' mean weights" in text


def test_the_exploration_of_these_images_is_read_and_no_other(
    gathered: Gathered, tmp_path: Path
) -> None:
    gathered, work = replace(gathered, work=Work(tmp_path)), tmp_path
    audit = [{"name": "a", "auc": 0.7, "low": 0.6, "high": 0.8, "why": ""}]
    said = {"findings": {"shift": "x"}, "shortcuts": audit, "inputs": {"images": "other"}}
    write_json(work / "explore" / "explore.json", said)
    assert explored(gathered) is None
    write_json(
        work / "explore" / "explore.json", said | {"inputs": {"images": gathered.table.digest}}
    )
    assert explored(gathered) == {
        "shortcuts": [{"name": "a", "auc": 0.7, "low": 0.6, "high": 0.8}],
        "shift": "x",
    }
    (work / "explore" / "explore.json").write_text("{")
    assert explored(gathered) is None


CHANGE = Measured(
    what="bfloat16", against="float32", images="", judged="each image by itself", auc=0.9,
    change=0.0005, low=-0.001, high=0.002, largest=0.01, mean=0.001, level=0.1, moved=0.1,
    speed=2.0,
)  # fmt: skip


@pytest.mark.parametrize(
    "change", [{"change": -0.002}, {"largest": 0.03}, {"mean": 0.006}, {"level": 0.01}]
)
def test_bfloat16_is_used_where_neither_auc_nor_probabilities_change_in_either_variant(
    change: dict[str, float],
) -> None:
    assert allows([CHANGE, replace(CHANGE, change=None)])
    assert not allows([CHANGE, replace(CHANGE, **change)])


def test_a_loss_is_told_where_it_is_beyond_noise() -> None:
    lost = replace(CHANGE, what="folds averaged into one network", change=-0.11, low=-0.2)
    assert lost.warning == ""
    assert "0.1100 lower than by float32 (0.0500 to 0.2000)" in replace(lost, high=-0.05).warning
    assert replace(CHANGE, change=-0.0004, low=-0.0005, high=-0.0003).warning == ""


def test_real_data_are_not_called_synthetic(made: tuple[pipeline.Bundled, Path]) -> None:
    said = Bundle.open(made[1]).json("facts.json")
    assert "Synthetic" not in card(said | {"synthetic": False, "stack": None, "foreign": ["cp_1"]})


def test_a_curve_goes_from_none_to_all(made: tuple[pipeline.Bundled, Path]) -> None:
    roc = Bundle.open(made[1]).json("facts.json")["variants"]["context"]["roc"]
    rates, found = roc["false_positive_rate"], roc["sensitivity"]
    assert (rates[0], rates[-1], found[-1]) == (0, 1, 1)
    assert found == sorted(found)


def test_examples_are_shown_with_what_is_known_of_them(
    made: tuple[pipeline.Bundled, Path], work: Path, tmp_path: Path
) -> None:
    bundle = Bundle.open(made[1])
    (shown,) = bundle.json("examples/examples.json")
    assert (shown["file"], shown["age"], shown["note"]) == ("a.png", 50.0, "drawn")
    assert bundle.read("examples/a.png").startswith(b"\x89PNG")
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(MelError, match="holds 0 pictures"):
        pipeline.ensemble_bundle(work, tmp_path / "x.mel", Wanted(examples=empty))
    (empty / "b.jpg").write_bytes(b"none")
    with pytest.raises(MelError, match=r"b\.jpg: cannot be read"):
        pipeline.ensemble_bundle(work, tmp_path / "x.mel", Wanted(examples=empty))


# smaller ones


def test_some_folds_are_measured_against_all(
    work: Path, tmp_path: Path, exporting: list[str]
) -> None:
    found = pipeline.ensemble_bundle(
        work, tmp_path / "x.mel", Wanted(folds=(1,), weights="float16")
    )
    assert found.made_of == "networks of fold 1, weights in float16"
    assert found.measured[0].what == found.made_of
    assert found.measured[0].against == "all folds in float32"
    assert exporting == [f"efficientnetv2_micro-{size}: 0 1" for size in (32, 16)]
    scorer = Scorer.open(tmp_path / "x.mel")
    assert (scorer.folds, scorer.n_folds) == (("1",), 1)
    assert "fold 1, weights in float16" in scorer.card


def test_averaged_folds_are_never_measured_on_what_they_saw(work: Path, tmp_path: Path) -> None:
    recipe = work / "recipe.toml"
    with pytest.raises(MelError, match="efficientnetv2_micro-16: ranks each fold's scores"):
        pipeline.ensemble_bundle(work, tmp_path / "x.mel", Wanted(average=True))
    assert recipe.is_file()
    found = _unmeasured(Wanted(average=True), "no image is new to its networks")
    assert "averaging the folds' weights costs was not measured: no image is new" in found
    assert "may be worth nothing" in found


def test_without_known_targets_each_image_is_judged_by_the_fold_that_never_saw_it(
    gathered: Gathered, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = honest_images(gathered, (0, 1), 20)
    assert known is not None
    assert known.frame["fold"].null_count() == known.frame.height == 20
    monkeypatch.setattr("mel.pipeline.bundling.honest.truth", lambda work: None)
    honest = honest_images(gathered, (1,), 20)
    assert honest is not None
    folds = dict(gathered.folds.frame.select("image_id", "fold").rows())
    assert {folds[i] for i in honest.frame["image_id"]} == {1}
    assert honest.frame["fold"].to_list() == [1] * honest.frame.height
    assert honest_images(gathered, (), 20) is None


# refusals


def test_a_network_that_says_something_else_leaves_no_bundle(
    work: Path, tmp_path: Path, graph_of: Callable[..., bytes]
) -> None:
    other = work / "cnn" / "efficientnetv2_micro-32" / "fold1" / "graph-32.onnx"
    other.write_bytes(graph_of(32, 99))
    out = tmp_path / "out" / "x.mel"
    with pytest.raises(MelError, match=r"micro-32: the bundle and the work folder differ by"):
        pipeline.ensemble_bundle(work, out, Wanted(measured=0))
    assert list(out.parent.iterdir()) == []


def test_a_stale_blend_is_refused_with_the_command_that_makes_it(
    work: Path, tmp_path: Path
) -> None:
    recipe = work / "recipe.toml"
    recipe.write_text(recipe.read_text().replace("rounds = 5", "rounds = 6"))
    with pytest.raises(MelError, match=r"ensemble/blend: is stale .* mel ensemble blend"):
        pipeline.ensemble_bundle(work, tmp_path / "x.mel")


def test_scores_from_elsewhere_are_refused_by_name_where_they_are_needed(
    work: Path, tmp_path: Path
) -> None:
    folder = work / "imported" / "cp_1"
    shutil.copytree(work / "cnn" / "efficientnetv2_micro-32", folder)
    for kind in ("oof", "test"):
        found = Predictions.read(folder / f"{kind}.parquet")
        images = Predictions.read(work / "cnn" / "efficientnetv2_micro-16" / f"{kind}.parquet")
        inputs = {k: found.inputs[k] for k in ("images", "folds") if k in found.inputs}
        inputs["folds"] = found.folds
        Predictions.of(
            images.frame, name="cp_1", kind=found.kind, folds=found.folds, inputs=inputs,
            metric=found.metric,
        ).write(folder / f"{kind}.parquet")  # fmt: skip
    recipe = work.parent / "more.toml"
    recipe.write_text(RECIPE + '[[imported]]\nname = "cp_1"\n')
    pipeline.only(recipe, work, "tabular")
    pipeline.only(recipe, work, "ensemble")
    with pytest.raises(MelError, match="cp_1: its scores were made elsewhere"):
        pipeline.ensemble_bundle(work, tmp_path / "x.mel")


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        ({"blend": "blnd"}, "did you mean 'blend'"),
        ({"folds": (2,)}, "fold 2: the folds are 0 to 1"),
    ],
)
def test_what_does_not_exist_is_refused(
    work: Path, tmp_path: Path, wanted: dict[str, Any], fault: str
) -> None:
    with pytest.raises(MelError, match=fault):
        pipeline.ensemble_bundle(work, tmp_path / "x.mel", Wanted(**wanted))


@pytest.mark.parametrize(
    ("wanted", "fault"),
    [
        ({"weights": "int4"}, "known: float32, float16, int8"),
        ({"folds": ()}, "name at least one"),
        ({"folds": (1, 1)}, "each once"),
        ({"tolerance": 0.0}, "above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(wanted: dict[str, Any], fault: str) -> None:
    with pytest.raises(MelError, match=fault):
        Wanted(**wanted)


def test_a_folder_is_no_place_for_a_bundle(work: Path, tmp_path: Path) -> None:
    with pytest.raises(MelError, match="is a folder"):
        pipeline.ensemble_bundle(work, tmp_path)
    (tmp_path / "file").touch()
    with (
        pytest.raises(MelError, match=r"x\.mel: cannot be written"),
        _desk(tmp_path / "file" / "x.mel"),
    ):
        pass


def test_patients_are_compared_whole() -> None:
    from mel.pipeline.bundling.honest import whole_patients

    patients = ["a"] * 5 + ["b"] * 3 + ["c"]
    blank = {c: [None] * 9 for c in ("path", "age", "sex", "site")}
    frame = pl.DataFrame({"image_id": [f"i{n}" for n in range(9)], "patient_id": patients} | blank)
    assert set(whole_patients(frame, 8)["patient_id"]) == {"a", "b"}
    assert set(whole_patients(frame, 4)["patient_id"]) == {"b", "c"}
    assert set(whole_patients(frame.filter(patient_id="a"), 4)["patient_id"]) == {"a"}

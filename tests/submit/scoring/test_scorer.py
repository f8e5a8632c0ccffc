"""A bundle scores an image as its parts say, alone as in any batch, and stops at nothing."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.bundles import Bundle, write_bundle
from mel.ensemble import Blend
from mel.errors import MelError
from mel.images import decode
from mel.metadata import encode_metadata
from mel.submit.scoring import Looked, Member, Scorer, looking
from mel.tabular import load
from mel.views import probability

openvino = pytest.importorskip("openvino", reason="needs OpenVINO: mel[serve]")


@pytest.fixture(scope="module")
def scorer(handmade: Path) -> Scorer:
    return Scorer.open(handmade / "blend.mel", precision="float32")


@pytest.fixture
def frame(handmade: Path) -> pl.DataFrame:
    """Twenty images of ten patients, one of whom has a single image, and two images of nobody."""
    ids = [f"new{number:02d}" for number in range(20)]
    patients = [f"p{number // 2}" for number in range(17)] + ["alone", None, None]
    return pl.DataFrame(
        {
            "image_id": ids,
            "path": [str(handmade / "images" / f"{image_id}.png") for image_id in ids],
            "patient_id": patients[1:] + patients[:1],
            "age": [None if n % 5 == 0 else 20.0 + n for n in range(20)],
            "sex": [("female", "male", None)[n % 3] for n in range(20)],
            "site": ["torso"] * 20,
        }
    )


@pytest.fixture(scope="module")
def first(scorer: Scorer, handmade: Path) -> Looked:
    """What is seen in the images without any metadata."""
    return scorer.look(_named(handmade), maps=True)


def _named(handmade: Path) -> pl.DataFrame:
    paths = sorted((handmade / "images").iterdir())
    return pl.DataFrame({"image_id": [p.stem for p in paths], "path": [str(p) for p in paths]})


def _weights(bundle: Bundle, name: str) -> dict[str, np.ndarray]:
    import onnx
    from onnx import numpy_helper

    graph = onnx.load_from_string(bundle.read(name)).graph
    return {i.name: numpy_helper.to_array(i).astype(np.float64) for i in graph.initializer}


def _logit(pixels: np.ndarray, known: np.ndarray | None, w: dict[str, np.ndarray]) -> np.ndarray:
    """The hand-made network in float64: a convolution of stride four, its mean, what else adds."""
    side = pixels.shape[0] // 4
    blocks = pixels.astype(float).reshape(side, 4, side, 4, 3)
    grid = np.einsum("aibjc,cij->ab", blocks, w["kernel"][0])
    adds = 0.0 if known is None else float((known @ w["column"]).item())
    return grid, grid.mean() + w["bias"][0] + adds


# what the networks see


def test_a_plain_member_sees_what_its_graph_computes(
    scorer: Scorer, handmade: Path, first: Looked
) -> None:
    for place, row in enumerate(_named(handmade).head(3).iter_rows(named=True)):
        pixels, maps = decode(row["path"], 32), []
        for fold in range(4):
            w = _weights(scorer.bundle, f"members/alpha-32/fold{fold}/graph-32.onnx")
            grid, logit = _logit(pixels, None, w)
            maps.append(grid)
            found = first.probabilities["alpha-32"][place, fold]
            assert found == pytest.approx(probability(np.array(logit)), abs=1e-6)
        assert first.maps["alpha-32"][place] == pytest.approx(np.mean(maps, axis=0), abs=1e-4)


def test_metadata_flips_and_sizes_are_seen_as_in_training(
    scorer: Scorer, frame: pl.DataFrame
) -> None:
    looked = scorer.look(frame)
    known = encode_metadata(frame)
    for place in (0, 7):
        path, said = frame["path"][place], []
        for size in (16, 24):
            w = _weights(scorer.bundle, f"members/beta-16/fold2/graph-{size}.onnx")
            pixels = decode(path, size)
            turned = (pixels, pixels[::-1], pixels[:, ::-1], pixels[::-1, ::-1])
            said += [probability(np.array(_logit(view, known[place], w)[1])) for view in turned]
        found = looked.probabilities["beta-16"][place, 2]
        assert found == pytest.approx(np.mean(said), abs=1e-6)


def test_an_image_alone_gets_what_it_gets_in_a_batch(scorer: Scorer, frame: pl.DataFrame) -> None:
    together = scorer.look(frame)
    shuffled = scorer.look(frame.sample(fraction=1.0, shuffle=True, seed=1))
    for place, image_id in enumerate(frame["image_id"]):
        alone = scorer.look(frame[place : place + 1])
        for name in scorer.members:
            row = together.probabilities[name][place]
            assert alone.probabilities[name][0].tolist() == row.tolist()
            other = shuffled.image_ids.index(image_id)
            assert shuffled.probabilities[name][other] == pytest.approx(row, abs=1e-9)


def test_the_size_of_a_batch_changes_nothing_but_rounding(
    handmade: Path, frame: pl.DataFrame, scorer: Scorer
) -> None:
    small = Scorer.open(handmade / "blend.mel", "float32", threads=1, batch=3)
    assert (small.batch, scorer.batch) == (3, 8)
    for name in scorer.members:
        one, other = (each.look(frame).probabilities[name] for each in (small, scorer))
        assert one == pytest.approx(other, abs=1e-6)


def test_bytes_and_files_give_the_same(scorer: Scorer, frame: pl.DataFrame) -> None:
    pictures = {i: Path(path).read_bytes() for i, path in frame.select("image_id", "path").rows()}
    one, other = scorer.look(frame), scorer.look(frame.drop("path"), pictures=pictures)
    for name in scorer.members:
        assert one.probabilities[name].tolist() == other.probabilities[name].tolist()


def test_lists_in_a_stream_are_seen_as_each_by_itself(scorer: Scorer, frame: pl.DataFrame) -> None:
    parts = [frame[:7], frame[7:7], frame[7:8], frame[8:]]
    streamed = list(scorer.looks(iter(parts)))
    assert [looked.image_ids for looked in streamed] == [tuple(p["image_id"]) for p in parts]
    joined, whole = Looked.joined(streamed), scorer.look(frame)
    for name in scorer.members:
        assert joined.probabilities[name] == pytest.approx(whole.probabilities[name], abs=1e-9)


def test_twice_the_same_image_is_refused(scorer: Scorer, first: Looked) -> None:
    with pytest.raises(MelError, match="'new00' was looked at twice"):
        Looked.joined([first, first])


# faults


@pytest.mark.parametrize("content", [b"", b"no image", b"\xff\xd8\xff\xe0 cut off"])
def test_a_broken_picture_is_a_row_and_no_crash(
    scorer: Scorer, frame: pl.DataFrame, content: bytes
) -> None:
    more = pl.concat([frame, pl.DataFrame({"image_id": ["bad", "gone"]})], how="diagonal")
    looked = scorer.look(more, pictures={"bad": content})
    assert set(looked.faults) == {"bad", "gone"}
    judged = scorer.judge(more, looked).frame
    fine = scorer.judge(frame, scorer.look(frame)).frame
    assert judged[:20].drop("flags").equals(fine.drop("flags"))
    assert judged["probability"][20:].null_count() == 2
    assert judged["flags"][20][0].startswith("broken image: cannot be read as an image")
    assert judged["flags"][21][0] == "broken image: no picture was given"


def test_an_image_of_which_a_network_gives_no_number_is_a_row_and_no_crash(
    scorer: Scorer, frame: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as by weights in half precision that overflow: one image must not stop a million."""
    finish = looking._Begun.finish

    def odd(self: looking._Begun, count: int) -> tuple[np.ndarray, np.ndarray | None]:
        found, maps = finish(self, count)
        found[0, 1] = np.nan if self.eye.member.name == "beta-16" else found[0, 1]
        return found, maps

    monkeypatch.setattr(looking._Begun, "finish", odd)
    looked = scorer.look(frame[:3])
    assert looked.faults == {"new00": "the network beta-16 gives no number of it"}
    judged = scorer.judge(frame[:3], looked).frame
    assert judged["probability"].is_null().to_list() == [True, False, False]


def test_absurd_metadata_is_taken_for_unknown_and_flagged(
    scorer: Scorer, frame: pl.DataFrame
) -> None:
    odd = frame.with_columns(age=pl.lit(999.0), sex=pl.lit("x"), site=pl.lit(None, pl.String))
    bare = frame.select("image_id", "path", "patient_id")
    one, other = (scorer.judge(f, scorer.look(f)).frame for f in (odd, bare))
    assert one["probability"].to_list() == other["probability"].to_list()
    assert one["flags"][0].to_list() == ["site unknown", "age out of range", "sex out of range"]
    assert other["flags"][0].to_list() == ["age unknown", "sex unknown", "site unknown"]


def test_only_broken_pictures_give_only_nulls(scorer: Scorer) -> None:
    frame = pl.DataFrame({"image_id": ["a", "b"], "patient_id": ["p", "p"]})
    judged = scorer.judge(frame, scorer.look(frame))
    assert judged.frame["variant"].to_list() == [None, None]
    assert judged.shares.columns == ["image_id", *scorer.members, scorer.stack]


def test_ids_twice_and_images_unseen_are_refused(
    scorer: Scorer, frame: pl.DataFrame, first: Looked
) -> None:
    with pytest.raises(MelError, match="'new00' stands 2 times"):
        scorer.look(pl.concat([frame, frame[:1]]))
    with pytest.raises(MelError, match="'other' was not looked at"):
        scorer.judge(pl.DataFrame({"image_id": ["other"]}), first)


# what the ensemble says


def test_a_score_is_the_chain_of_stack_blend_and_calibration(
    scorer: Scorer, handmade: Path, frame: pl.DataFrame
) -> None:
    looked = scorer.look(frame)
    judged = scorer.judge(frame, looked).frame
    stack = load(handmade / "stack")
    members = pl.DataFrame(
        {"image_id": frame["image_id"]}
        | {name: looked.probabilities[name].mean(axis=1) for name in scorer.members}
    )
    for variant in ("context", "single"):
        rows = frame.join(judged.filter(variant=variant), on="image_id", how="semi")
        stacked = stack.score(rows, members, variant=variant).rename({"score": "stack"})
        wide = members.join(stacked, on="image_id", maintain_order="right")
        blend = Blend.read(handmade / "blends" / variant / "blend.json")
        wanted = blend.judge(wide)
        found = rows.select("image_id").join(judged, on="image_id", maintain_order="left")
        assert found["score"].to_list() == pytest.approx(wanted["score"].to_list(), abs=1e-12)
        assert found["probability"].to_list() == wanted["probability"].to_list()
        assert found["percentile"].to_list() == wanted["place"].to_list()
        assert found["decision"].to_list() == wanted["alarm"].to_list()


def test_several_images_of_a_patient_get_context_and_others_none(
    scorer: Scorer, frame: pl.DataFrame
) -> None:
    counted = frame.with_columns(pl.len().over("patient_id").alias("images"))
    several = (counted["images"] > 1) & counted["patient_id"].is_not_null()
    said = scorer.judge(frame, scorer.look(frame)).frame["variant"]
    assert (said == "context").to_list() == several.to_list()
    assert {True, False} == set(several)


def test_a_patient_alone_is_judged_as_among_others(scorer: Scorer, frame: pl.DataFrame) -> None:
    looked = scorer.look(frame)
    whole = scorer.judge(frame, looked).frame
    for image_id, patient in frame.select("image_id", "patient_id").rows()[::4]:
        mine = pl.col("patient_id") == patient if patient else pl.col("image_id") == image_id
        alone = scorer.judge(frame.filter(mine), looked).frame.filter(image_id=image_id)
        assert alone.equals(whole.filter(image_id=image_id))


def test_the_spread_holds_what_each_fold_alone_says(scorer: Scorer, frame: pl.DataFrame) -> None:
    looked = scorer.look(frame)
    whole = scorer.judge(frame, looked).frame
    folds = [scorer.judge(frame, looked, fold=k).frame["probability"] for k in range(4)]
    said = pl.DataFrame([f.alias(str(k)) for k, f in enumerate([whole["probability"], *folds])])
    assert whole["low"].to_list() == said.min_horizontal().to_list()
    assert whole["high"].to_list() == said.max_horizontal().to_list()
    assert scorer.n_folds == 4
    assert (whole["high"] > whole["low"]).any()


def test_shares_add_up_to_the_score(scorer: Scorer, frame: pl.DataFrame) -> None:
    judged = scorer.judge(frame, scorer.look(frame))
    total = judged.shares.drop("image_id").sum_horizontal()
    assert total.to_list() == pytest.approx((judged.frame["score"] - 0.5).to_list(), abs=1e-9)
    assert judged.by_member.drop("image_id").max().row(0) <= (1, 1, 1)


# the bundle


def test_a_changed_byte_is_refused_by_name(handmade: Path, tmp_path: Path) -> None:
    content = bytearray((handmade / "blend.mel").read_bytes())
    content[content.index(b"# Synthetic, by hand")] ^= 1
    (tmp_path / "x.mel").write_bytes(content)
    with pytest.raises(MelError, match=r"x\.mel: .*card\.md"):
        Scorer.open(tmp_path / "x.mel")


def _changed(handmade: Path, tmp_path: Path, change: dict[str, bytes], **facts: object) -> Path:
    bundle = Bundle.open(handmade / "blend.mel")
    files = {name: bundle.read(name) for name in bundle.names} | change
    write_bundle(tmp_path / "y.mel", files, dict(bundle.facts) | facts)
    return tmp_path / "y.mel"


def test_a_graph_that_is_none_is_refused_by_name(handmade: Path, tmp_path: Path) -> None:
    path = _changed(handmade, tmp_path, {"members/alpha-32/fold1/graph-32.onnx": b"no graph"})
    with pytest.raises(MelError, match="alpha-32: its graph of size 32 is none that OpenVINO"):
        Scorer.open(path)


def test_parts_that_do_not_belong_together_are_refused(handmade: Path, tmp_path: Path) -> None:
    path = _changed(handmade, tmp_path, {}, members=["alpha-32"])
    with pytest.raises(MelError, match="beta-16, which it lacks"):
        Scorer.open(path)
    said = json.loads(Bundle.open(handmade / "blend.mel").read("members/beta-16/member.json"))
    del said["graphs"]["0"]["24"]
    change = {"members/beta-16/member.json": json.dumps(said).encode()}
    with pytest.raises(MelError, match="fold 0 lacks the graph of a size"):
        Scorer.open(_changed(handmade, tmp_path, change))


def test_ranks_among_held_out_logits_are_those_of_training(
    handmade: Path, tmp_path: Path, frame: pl.DataFrame
) -> None:
    name = "members/alpha-32/member.json"
    bundle = Bundle.open(handmade / "blend.mel")
    tta = {"turns": "flips", "average": "rank"}
    references = {str(k): f"members/alpha-32/fold{k}/reference.json" for k in range(4)}
    kept = np.sort(np.random.default_rng(0).normal(0, 0.5, 50))
    change = {
        file: json.dumps({"whole 32": kept.tolist()}).encode() for file in references.values()
    }
    change[name] = json.dumps(bundle.json(name) | {"tta": tta, "references": references}).encode()
    looked = Scorer.open(_changed(handmade, tmp_path, change), "float32").look(frame)
    w = _weights(bundle, "members/alpha-32/fold3/graph-32.onnx")
    pixels = decode(frame["path"][4], 32)
    views = (pixels, pixels[::-1], pixels[:, ::-1], pixels[::-1, ::-1])
    logits = np.array([_logit(view, None, w)[1] for view in views])
    wanted = np.searchsorted(kept, logits).mean() / 50
    assert looked.probabilities["alpha-32"][4, 3] == pytest.approx(wanted, abs=1e-9)


def test_maps_are_of_the_whole_picture_where_no_view_is(
    handmade: Path, tmp_path: Path, first: Looked
) -> None:
    name = "members/alpha-32/member.json"
    said = Bundle.open(handmade / "blend.mel").json(name) | {"tta": {"crop_share": 0.8}}
    path = _changed(handmade, tmp_path, {name: json.dumps(said).encode()})
    looked = Scorer.open(path, "float32").look(_named(handmade), maps=True)
    assert looked.maps["alpha-32"] == pytest.approx(first.maps["alpha-32"], abs=1e-5)
    assert not np.allclose(looked.probabilities["alpha-32"], first.probabilities["alpha-32"])


def test_folds_averaged_into_one_spread_over_the_stacks_models(
    handmade: Path, tmp_path: Path, frame: pl.DataFrame
) -> None:
    bundle = Bundle.open(handmade / "blend.mel")
    change = {}
    for name in ("alpha-32", "beta-16"):
        place = f"members/{name}/member.json"
        said = bundle.json(place)
        change[place] = json.dumps(said | {"graphs": {"mean": said["graphs"]["1"]}}).encode()
    scorer = Scorer.open(_changed(handmade, tmp_path, change), "float32")
    assert (scorer.folds, scorer.n_folds) == (("mean",), 4)
    judged = scorer.judge(frame, scorer.look(frame)).frame
    assert (judged["low"] <= judged["probability"]).all()


def test_bfloat16_is_used_unasked_only_where_the_bundle_allows(
    handmade: Path, tmp_path: Path
) -> None:
    from mel.graphs import native_precision

    forbidden = _changed(handmade, tmp_path, {}, bfloat16=False)
    assert Scorer.open(forbidden).precision == "float32"
    assert Scorer.open(handmade / "blend.mel").precision == native_precision()


def test_other_precisions_are_refused(handmade: Path) -> None:
    with pytest.raises(MelError, match="known: auto, float32, bfloat16"):
        Scorer.open(handmade / "blend.mel", precision="int4")


def test_a_member_file_with_an_unknown_key_is_refused() -> None:
    with pytest.raises(MelError, match=r"x: colour: Extra inputs"):
        Member.of({"name": "a", "size": 8, "graphs": {"0": {"8": "g"}}, "colour": 1}, "x")


# the process


def test_scoring_imports_no_tensorflow(handmade: Path) -> None:
    code = f"""
import sys
import mel.submit.scoring
early = set(sys.modules)
from mel.submit.scoring import Scorer
import polars as pl
scorer = Scorer.open({str(handmade / "blend.mel")!r})
path = {str(handmade / "images" / "new00.png")!r}
frame = pl.DataFrame({{"image_id": ["a"], "path": [path]}})
print(scorer.judge(frame, scorer.look(frame)).frame["probability"][0])
heavy = {{"tensorflow", "keras", "keras_cv", "jax", "torch", "matplotlib", "onnx", "onnxruntime"}}
heavy |= {{"sklearn", "pandas", "lightgbm", "streamlit", "numba"}}
loaded = {{name for name, module in sys.modules.items() if module}}
heavy |= {{"openvino_telemetry"}}
print(sorted(heavy & loaded), sorted({{"openvino", "lightgbm", "sklearn", "mel.kaggle"}} & early))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    probability_said, modules = done.stdout.splitlines()
    assert 0 < float(probability_said) < 1
    assert modules == "[] []"


def test_without_openvino_one_line_says_what_to_install(
    handmade: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(MelError, match=r"pip install 'mel\[serve\]'"):
        Scorer.open(handmade / "blend.mel")


def test_many_threads_may_ask_one_scorer(scorer: Scorer, frame: pl.DataFrame) -> None:
    from concurrent.futures import ThreadPoolExecutor

    wanted = scorer.judge(frame, scorer.look(frame)).frame
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: scorer.judge(frame, scorer.look(frame)).frame, range(8)))
    assert all(answer.equals(wanted) for answer in answers)


def test_a_large_photo_is_seen_upright(scorer: Scorer, handmade: Path) -> None:
    """Bytes with an EXIF turn are decoded as everywhere in mel."""
    pixels = np.random.default_rng(3).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    image, turned = Image.fromarray(pixels), io.BytesIO()
    exif = image.getexif()
    exif[0x0112] = 3  # upside down
    image.save(turned, "PNG", exif=exif)
    plain = io.BytesIO()
    image.rotate(180).save(plain, "PNG")
    pictures = {"a": turned.getvalue(), "b": plain.getvalue()}
    looked = scorer.look(pl.DataFrame({"image_id": ["a", "b"]}), pictures=pictures)
    for found in looked.probabilities.values():
        assert found[0].tolist() == found[1].tolist()

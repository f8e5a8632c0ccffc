"""Submissions of strangers: joined by id, blended, and refused where they do not match."""

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mel.cli.main import main
from mel.errors import MelError
from mel.files import digest_file
from mel.submit import SubmissionError, blend, check, check_seal
from mel.submit.orders import strange_orders

A = "image_name,target\nb,0.2\na,0.1\nc,0.9\n"
B = "image_name,target\nc,0.8\nb,0.3\na,0.4\n"


@pytest.fixture
def files(tmp_path):
    """Two submissions of the same images, in different orders."""
    for name, text in (("a.csv", A), ("b.csv", B)):
        (tmp_path / name).write_text(text)
    return [tmp_path / "a.csv", tmp_path / "b.csv"]


def _values(frame):
    return dict(zip(*frame.get_columns(), strict=True))


def test_ranks_scores_and_powers_are_averaged_by_id(files):
    ranks = _values(blend(files))
    assert ranks == pytest.approx({"b": (3 + 1) / 12, "a": (1 + 3) / 12, "c": 5 / 6})
    mean = blend(files, weights=[3, 1], method="mean")
    assert mean["image_name"].to_list() == ["b", "a", "c"]
    assert _values(mean) == pytest.approx({"b": 0.225, "a": 0.175, "c": 0.875})
    power = _values(blend(files, method="power", power=2))
    assert power["a"] == pytest.approx(((0.1**2 + 0.4**2) / 2) ** 0.5)
    plain = blend(files, method="power", power=1)["target"].to_list()
    assert plain == pytest.approx(blend(files, method="mean")["target"].to_list())


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.integers(0, 50), st.integers(-50, 50)), min_size=2, max_size=20),
    st.integers(1, 5),
    st.randoms(use_true_random=False),
)
def test_neither_the_order_of_rows_nor_a_scale_changes_a_rank_blend(rows, scale, random):
    ids = [f"i{n}" for n in range(len(rows))]
    first, second = (
        pl.DataFrame({"id": ids, "y": [float(row[side]) for row in rows]}) for side in (0, 1)
    )
    made = _values(blend([first, second], weights=[2, 1])) if not first.equals(second) else None
    if made is None:
        return
    stretched = second.with_columns(pl.col("y") ** 3 * scale)
    shuffled = stretched[random.sample(range(len(ids)), len(ids))]
    assert _values(blend([first, shuffled], weights=[4, 2])) == made


def test_the_json_names_every_file_by_its_digest(files, tmp_path):
    out = tmp_path / "blend.csv"
    made = blend(files, out, weights=[2, 1])
    said = json.loads(out.with_suffix(".json").read_text())
    assert said["members"]["a.csv"] == {"weight": 2 / 3, "sha256": digest_file(files[0])}
    assert (said["method"], said["rows"], said["sha256"]) == ("rank", 3, digest_file(out))
    check_seal(out)
    check(out, files[0])
    assert pl.read_csv(out).equals(made)


def test_a_sample_gives_order_and_is_held_to(files, tmp_path):
    sample = tmp_path / "sample.csv"
    sample.write_text("image_name,target\nc,0\na,0\nb,0\n")
    assert blend(files, sample=sample)["image_name"].to_list() == ["c", "a", "b"]
    sample.write_text("image_name,target\nc,0\na,0\n")
    with pytest.raises(MelError, match="'b' is not one of the ids"):
        blend(files, sample=sample)
    sample.write_text("isic_id,target\nc,0\na,0\nb,0\n")
    with pytest.raises(MelError, match="header is 'image_name,target', that of the sample"):
        blend(files, sample=sample)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (B.replace("image_name", "id"), "b.csv: header is 'id,target', that of a.csv"),
        (B.replace("\n", ",1\n").replace("target,1", "target,x"), "has 3 columns"),
        (B.replace("b,0.3\n", ""), "id 'b' is missing"),
        (B + "z,0.5\n", "id 'z' is not one of the ids"),
        (B + "a,0.5\n", "'a' stands 2 times"),
        (B.replace("0.3", ""), "target of 'b' is None"),
        (B.replace("0.3", "nan"), "target of 'b' is 'nan'"),
        (B.replace("0.3", "inf"), "target of 'b' is 'inf'"),
        (B.replace("0.3", "high"), "target of 'b' is 'high'"),
        ("image_name,target\n", "has no rows"),
        ("", "CSV"),
        (A, "b.csv: holds the same scores as a.csv"),
    ],
)
def test_what_does_not_match_is_refused_and_nothing_is_written(text, said, files, tmp_path):
    files[1].write_text(text)
    with pytest.raises(MelError, match=said):
        blend(files, tmp_path / "out.csv")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "b.csv"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"weights": [1]}, "1 for 2 files"),
        ({"weights": [1, 0]}, "above 0"),
        ({"weights": [1, float("nan")]}, "above 0"),
        ({"method": "ranks"}, "did you mean 'rank'"),
        ({"method": "power", "power": -1.0}, "must be above 0"),
        ({"out": "a.csv"}, "is one of the files to read"),
        ({"out": "a.csv", "sample": "a.csv"}, "is one of the files to read"),
    ],
)
def test_settings_that_cannot_work_are_refused(more, said, files):
    given_ = more | ({"out": files[0]} if "out" in more else {})
    with pytest.raises(MelError, match=said):
        blend(files, **given_)
    with pytest.raises(MelError, match="two files or more"):
        blend(files[:1])
    assert files[0].read_text() == A


def test_odd_scores_are_warned_of(files, capsys):
    files[1].write_text("image_name,target\nc,-3\nb,2\na,4\n")
    blend(files)
    said = capsys.readouterr().err
    assert "b.csv: 2 of 3 values lie outside 0 to 1 (-3 to 4)" not in said
    assert "b.csv: 3 of 3 values lie outside 0 to 1 (-3 to 4): no probabilities" in said
    assert "rank against" not in said  # three rows say nothing of an order
    with pytest.raises(MelError, match=r"b\.csv: has scores below 0, of which no power"):
        blend(files, method="power")
    files[1].write_text("image_name,target\nc,1\nb,0\na,0\n")
    blend(files)
    assert "every value is 0 or 1: labels" in capsys.readouterr().err
    files[1].write_text("image_name,target\nc,1\nb,1\na,1\n")
    blend(files)
    assert "all 3 values are 1: nothing is ranked" in capsys.readouterr().err


def _orders(capsys, *columns):
    """Blend columns of scores, named 0, 1, ...; give what is said of their orders."""
    ids = [f"i{n}" for n in range(len(columns[0]))]
    blend([pl.DataFrame({"id": ids, "y": column}) for column in columns])
    return [line for line in capsys.readouterr().err.splitlines() if "correlation" in line]


def test_a_file_upside_down_is_told_and_those_that_agree_are_not(capsys):
    rng = np.random.default_rng(0)
    truth = rng.uniform(size=500)
    noisy = [truth + rng.normal(0, 0.1, 500) for _ in range(2)]
    (said,) = _orders(capsys, *noisy, -truth)
    assert "frame 2: ranks against the others (correlation -0.9" in said
    (said,) = _orders(capsys, truth, -truth)
    assert "frame 0 and frame 1 rank against each other (correlation -1.00, 95 % from" in said
    assert _orders(capsys, truth, *noisy) == []


def test_a_correlation_within_noise_is_no_order_the_other_way(capsys):
    """Fifty pairs without any relation: half of them have a correlation below 0."""
    against, hardly = 0, 0
    for seed in range(50):
        rng = np.random.default_rng(seed)
        frame = pl.DataFrame(rng.uniform(size=(1000, 2)), schema=["a", "b"])
        for line in strange_orders(frame, ["a.csv", "b.csv"]):
            against += "against" in line
            hardly += "hardly agree (" in line
    assert against <= 4  # one in forty lies beyond its interval
    assert hardly >= 40
    below = [float((7 * n + 7) % 12) for n in range(12)]  # a correlation of -0.22
    assert _orders(capsys, [float(n) for n in range(12)], below) == []  # too few to say anything


@pytest.mark.parametrize("out", [".", "folder", "blend.json"])
def test_a_place_that_is_no_csvs_is_refused_before_anything_is_written(out, files, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(MelError, match="is no place for a submission"):
        blend(files, out if out == "." else tmp_path / out)
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", "b.csv", "folder"}


@pytest.mark.parametrize("key", ["0", "1", ""])
def test_a_column_of_any_name_is_no_other(key, files):
    frames = [pl.read_csv(file).rename({"image_name": key}) for file in files]
    made = blend(frames, method="mean", sample=frames[0])
    assert made.columns == [key, "target"]
    assert _values(made) == pytest.approx({"b": 0.25, "a": 0.25, "c": 0.85})


def test_of_weights_only_proportions_count_however_large(files):
    assert blend(files, weights=[1e308, 1e308]).equals(blend(files))


def test_where_the_json_cannot_be_written_there_is_no_csv(files, tmp_path, monkeypatch):
    def full(*_):
        raise MelError("the disk is full")

    out = tmp_path / "out" / "blend.csv"
    blend(files, out)
    before = {path.name: path.read_bytes() for path in out.parent.iterdir()}
    monkeypatch.setattr("mel.submit.beside.write_json", full)
    with pytest.raises(MelError, match="full"):
        blend(files, out, weights=[2, 1])
    assert {path.name: path.read_bytes() for path in out.parent.iterdir()} == before


def test_large_scores_have_powers_too():
    frames = [pl.DataFrame({"id": ["a", "b"], "y": y}) for y in ([1e300, 1.0], [1e300, 3.0])]
    made = blend(frames, method="power", power=3.0)
    assert made["y"].is_finite().all()
    assert made["y"][0] == pytest.approx(1e300)


def test_the_command_blends(files, tmp_path, monkeypatch, capsys):
    out = tmp_path / "blend.csv"
    words = ["mel", "submit", "blend", *map(str, files), "--weights", "3,1", "--out", str(out)]
    for more, status in (["--method", "mean"], 0), (["--weights", "a"], 2):
        monkeypatch.setattr("sys.argv", [*words, *more])
        with pytest.raises(SystemExit) as end:
            main()
        assert (end.value.code or 0) == status
    assert "give numbers, as in 2,1,1" in capsys.readouterr().err
    assert "b,0.225" in out.read_text()


def test_scores_on_another_scale_are_told_by_the_check(tmp_path):
    path = tmp_path / "s.csv"
    path.write_text("id,y\na,-2.5\nb,0.5\n")
    assert check(path, path)[0].startswith("1 of 2 values lie outside 0 to 1")
    path.write_text("id,y\na,0.25\nb,0.5\n")
    assert check(path, path) == ()
    path.write_text("id,y\na,inf\nb,0.5\n")
    with pytest.raises(SubmissionError, match="'inf'"):
        check(path, path)

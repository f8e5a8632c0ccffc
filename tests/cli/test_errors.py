"""Each error is one line that names the thing, with status 2, and nothing is half-written."""

import resource
import signal
import subprocess
import sys
import time

import polars as pl
import pytest
from PIL import Image


def _one_line(done, *parts, status=2):
    """Check the contract; news may stand before the line, nothing after it."""
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert [line for line in lines if line.startswith("mel: ")] == lines[-1:]
    for part in parts:
        assert part in lines[-1]


def _only_line(done, *parts, status=2):
    _one_line(done, *parts, status=status)
    assert len(done.stderr.splitlines()) == 1
    assert not done.stdout


def _leftovers(folder):
    """Temporary files, which all begin with a dot."""
    return [path for path in folder.rglob(".*") if path.name != ".lock"]


def _table(name, change):
    def damage(competition):
        path = competition / name
        change(pl.read_csv(path, infer_schema=False)).write_csv(path)

    return damage


def _set(column, value, name="train.csv", row=3):
    def change(frame):
        here = pl.int_range(pl.len()) == row
        return frame.with_columns(pl.when(here).then(pl.lit(value)).otherwise(column).alias(column))

    return _table(name, change)


def _image(write):
    def damage(competition):
        write(sorted((competition / "jpeg/train").iterdir())[5])

    return damage


TABLES = {
    "missing column": (_table("train.csv", lambda f: f.drop("sex")), ["train.csv", "'sex'"]),
    "extra column": (
        _table("test.csv", lambda f: f.with_columns(height=pl.lit("1"), mood=pl.lit("x"))),
        ["test.csv", "'mood'"],
    ),
    "duplicate ids": (
        _table("train.csv", lambda f: pl.concat([f, f[:1]])),
        ["train.csv", "stands 2 times"],
    ),
    "target not 0 or 1": (_set("target", "2"), ["train.csv", "target", "2", "must be 0 or 1"]),
    "missing patient": (_set("patient_id", None), ["1 row without patient_id", "missing_patient"]),
    "missing image": (_image(lambda path: path.unlink()), [".jpg"]),
    "empty image": (_image(lambda path: path.write_bytes(b"")), [".jpg", "empty"]),
}


@pytest.mark.parametrize("fault", TABLES)
def test_a_fault_in_the_data_is_one_line_and_nothing_is_loaded(
    fault, mel, competition, recipe, tmp_path
):
    damage, parts = TABLES[fault]
    damage(competition)
    work = tmp_path / "work"
    done = mel("kaggle", "load", recipe, "--data", competition, "--work", work)
    _one_line(done, *parts)
    assert {path.name for path in work.iterdir()} == {".lock"}


def _truncate(path):
    path.write_bytes(path.read_bytes()[:700])


@pytest.mark.parametrize(
    ("write", "parts"),
    [
        (_truncate, [".jpg", "truncated"]),
        (lambda path: path.write_text("no image at all"), [".jpg", "not an image"]),
    ],
)
def test_a_broken_image_is_one_line_and_no_pixels_are_kept(
    write, parts, mel, competition, recipe, tmp_path
):
    _image(write)(competition)
    work = tmp_path / "work"
    done = mel("run", recipe, "--data", competition, "--work", work)
    _one_line(done, *parts)
    assert not _leftovers(work)
    assert not list(work.rglob("*.npy"))
    assert not list(work.rglob("oof.parquet"))


RECIPES = {
    "unknown key": (("epochs = 2", "epoch = 2"), ["cnn.0.epoch", "did you mean 'epochs'"]),
    "wrong type": (("epochs = 2", 'epochs = "two"'), ["cnn.0.epochs", "'two'"]),
    "unknown backbone": (
        ("efficientnetv2_micro", "efficientnetv2_mikro"),
        ["'efficientnetv2_mikro'", "did you mean 'efficientnetv2_micro'"],
    ),
    "no TOML": (("[data]", "[data"), ["recipe.toml", "no readable TOML"]),
}


@pytest.mark.parametrize("fault", RECIPES)
def test_a_fault_in_the_recipe_is_one_line_before_anything_is_made(
    fault, mel, recipe, competition, tmp_path
):
    change, parts = RECIPES[fault]
    recipe.write_text(recipe.read_text().replace(*change))
    done = mel("run", recipe, "--data", competition, "--work", tmp_path / "work")
    _only_line(done, *parts)
    assert not (tmp_path / "work").exists()


def test_more_folds_than_positives_are_refused(mel, recipe, competition, tmp_path):
    recipe.write_text(recipe.read_text().replace("n_folds = 2 ", "n_folds = 40 "))
    work = tmp_path / "work"
    done = mel("run", recipe, "--data", competition, "--work", work)
    _one_line(done, "40 folds")
    assert not (work / "folds.parquet").exists()


def test_a_work_folder_whose_inputs_changed_is_refused_by_a_single_stage(
    mel, recipe, competition, tmp_path
):
    work = tmp_path / "work"
    assert mel("kaggle", "load", recipe, "--data", competition, "--work", work).returncode == 0
    assert mel("folds", "build", recipe, "--work", work).returncode == 0
    recipe.write_text(recipe.read_text().replace("n_folds = 2 ", "n_folds = 3 "))
    done = mel("cnn", "train", recipe, "--work", work)
    _only_line(
        done, "needs folds, which is stale", "input settings changed from", "mel folds build"
    )


def test_a_full_disk_is_one_line_and_leaves_no_part_of_a_file(mel, recipe, competition, mounted):
    work = mounted("size=16k") / "work"
    done = mel("kaggle", "load", recipe, "--data", competition, "--work", work)
    _one_line(done, "cannot be written", "No space left")
    assert not _leftovers(work)
    assert not (work / "images.parquet").exists()


def test_a_file_that_may_not_grow_is_one_line_and_leaves_no_part_of_it(
    mel, recipe, competition, tmp_path
):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))

    work = tmp_path / "work"
    done = mel("kaggle", "load", recipe, "--data", competition, "--work", work, preexec_fn=limit)
    _one_line(done, "cannot be written", "too large")
    assert not _leftovers(work)


def test_a_read_only_disk_is_one_line(mel, recipe, competition, mounted):
    work = mounted("size=16k,ro")
    for place in (work, work / "new"):
        done = mel("kaggle", "load", recipe, "--data", competition, "--work", place)
        _only_line(done, str(place), "Read-only file system")


@pytest.mark.parametrize(
    ("sent", "status", "said"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated")],
)
def test_a_command_that_is_stopped_says_so_and_leaves_nothing(sent, status, said, tmp_path):
    out = tmp_path / "competition"
    command = [sys.executable, "-m", "mel.cli", "kaggle", "synth", "--out", str(out)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        until = time.monotonic() + 60
        while not list(tmp_path.glob(".*-competition/jpeg/*")) and time.monotonic() < until:
            time.sleep(0.05)
        process.send_signal(sent)
        _, news = process.communicate(timeout=60)
    assert process.returncode == status
    assert [line for line in news.splitlines() if line.startswith("mel: ")] == [
        f"mel: {said}; what is finished is kept: run the same again to go on"
    ]
    assert "Traceback" not in news
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "words",
    [
        ["folds", "build"],
        ["run", "--wrok", "x"],
        ["runn"],
        ["cnn", "train", "tiny", "--fold", "-1"],
    ],
)
def test_a_line_that_cannot_be_parsed_is_one_line_with_the_way_to_the_help(words, mel):
    _only_line(mel(*words), "see mel", "--help")


@pytest.mark.parametrize(
    ("words", "meant"),
    [(["runn"], "run"), (["cnn", "trian"], "train"), (["run", "--wrok", "x"], "--work")],
)
def test_a_mistyped_word_is_answered_by_the_nearest(words, meant, capsys):
    from mel.cli.main import _run

    assert _run(words, debug=False) == 2
    assert meant in capsys.readouterr().err.partition(";")[0].replace(words[-1], "")


@pytest.mark.parametrize("place", [0, 2, 4])
def test_debug_shows_the_traceback_wherever_it_stands(place, mel, tmp_path):
    words = ["folds", "audit", "--work", str(tmp_path)]
    _only_line(mel(*words), "images.parquet", "no such file")
    done = mel(*words[:place], "--debug", *words[place:])
    assert done.returncode == 2
    assert "Traceback" in done.stderr
    assert done.stderr.splitlines()[-1].startswith("mel: ")


def test_a_submission_that_fails_its_check_ends_with_status_one(mel, tmp_path):
    sample, file = tmp_path / "sample.csv", tmp_path / "s.csv"
    sample.write_text("image_name,target\na,0\nb,0\n")
    file.write_text("image_name,target\na,0.1\nb,nan\n")
    _only_line(mel("submit", "check", file, "--sample", sample), "line 3", "'b'", "'nan'", status=1)
    file.write_text("image_name,target\na,0.1\nb,0.2\n")
    assert mel("submit", "check", file, "--sample", sample).returncode == 0


def test_a_fault_of_mels_own_is_one_line_too(monkeypatch, capsys):
    from mel import cnn
    from mel.cli import main

    def fail(_):
        raise ZeroDivisionError("of a kind nobody\nforesaw")

    monkeypatch.setattr(cnn, "backbones", fail)
    monkeypatch.setattr(sys, "argv", ["mel", "cnn", "list"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 70
    assert capsys.readouterr().err.splitlines() == [
        "mel: ZeroDivisionError: of a kind nobody foresaw; this is a fault of mel's, "
        "--debug shows where"
    ]


def test_a_reader_that_goes_away_is_no_error(tmp_path):
    line = f"{sys.executable} -m mel.cli cnn list | true; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("0", "141")
    assert not done.stderr


def test_predicting_names_the_image_that_cannot_be_read(tmp_path, mel):
    images = tmp_path / "images"
    images.mkdir()
    Image.new("RGB", (40, 40)).save(images / "a.jpg")
    (tmp_path / "work").mkdir()
    words = ["--work", tmp_path / "work", "--images", images, "--out", tmp_path / "o.csv"]
    _only_line(mel("cnn", "predict", "--member", "none-32", *words), "no trained member 'none-32'")
    assert not (tmp_path / "o.csv").exists()
    exported = mel("cnn", "export", "--member", "none-32", "--work", tmp_path / "work")
    _only_line(exported, "no trained member 'none-32'")

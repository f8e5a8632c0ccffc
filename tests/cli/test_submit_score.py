"""`mel submit score`, run as a program: what it prints, writes and imports."""

import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from mel.cli.main import app

PROGRAM = """
import sys
from pathlib import Path
from mel.cli.main import app
app(args=sys.argv[1:], prog_name="mel", standalone_mode=False)
print(*sys.modules, file=sys.stderr)
status = dict(line.split(":") for line in Path("/proc/self/status").read_text().splitlines())
print(int(status["VmHWM"].split()[0]) // 1024, file=sys.stderr)  # not what was before exec
"""


def test_a_folder_is_scored_without_tensorflow_and_little_memory(
    handmade: Path, tmp_path: Path
) -> None:
    meta = tmp_path / "meta.csv"
    meta.write_text("image_id,patient_id,age,sex,site\nnew01.png,p,50,male,torso\nnew00.png,p,,,\n")
    out = tmp_path / "scores.csv"
    arguments = ["--bundle", handmade / "blend.mel", "--images", handmade / "images"]
    arguments += ["--meta", meta, "--out", out, "--precision", "float32"]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "submit", "score", *map(str, arguments)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for text in ("20 images by blend", "2 together with others of their patient", "SYNTHETIC"):
        assert text in " ".join(done.stdout.split())
    modules, megabytes = done.stderr.splitlines()[-2:]
    assert not {"tensorflow", "keras", "keras_cv", "mel.cnn"} & set(modules.split())
    assert int(megabytes) < 700
    found = pl.read_csv(out)
    assert found["image_id"].to_list() == [f"new{number:02d}" for number in range(20)]
    assert found["variant"].to_list() == ["context"] * 2 + ["single"] * 18
    assert json.loads((tmp_path / "scores.csv.json").read_text())["scored"] == 20


def test_a_bundle_that_is_none_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "bundle.mel").write_text("nothing")
    arguments = ["--bundle", str(tmp_path / "bundle.mel"), "--images", str(tmp_path)]
    with pytest.raises(Exception, match=r"bundle.mel: is no"):
        app(
            args=["submit", "score", *arguments, "--out", str(tmp_path / "a.csv")],
            standalone_mode=False,
        )
    assert [path.name for path in tmp_path.iterdir()] == ["bundle.mel"]

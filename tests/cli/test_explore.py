from pathlib import Path

from mel.config import DataSettings
from mel.kaggle import load


def test_explore_prints_its_findings_and_where_the_page_is(
    mel, tiny_competition: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    load(DataSettings(adapter="siim2020"), tiny_competition).table.write(work / "images.parquet")
    done = mel("kaggle", "explore", "--work", work, "--examples", 2)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("counts ")
    assert "84 train images of 22 patients" in lines[0]
    assert any(line.startswith("metadata ") for line in lines)
    assert all(len(line) <= 80 for line in lines[:-1])
    assert "No model has looked at a picture." in " ".join(lines)
    assert Path(lines[-1]) == work / "explore" / "report.html"
    assert Path(lines[-1]).read_text(encoding="utf-8").count("data:image/jpeg") > 2


def test_explore_tells_of_files_without_a_readable_header(
    mel, competition: Path, tmp_path: Path
) -> None:
    work = tmp_path / "work"
    load(DataSettings(adapter="siim2020"), competition).table.write(work / "images.parquet")
    broken = min((competition / "jpeg" / "train").iterdir())
    broken.write_bytes(b"no picture")
    done = mel("kaggle", "explore", "--work", work, "--examples", 0)
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stdout.splitlines() if line.startswith("broken ")]
    assert f"1 without a readable header, the first {broken.stem}" in line


def test_explore_says_in_one_line_what_is_in_its_way(mel, tmp_path: Path) -> None:
    done = mel("kaggle", "explore", "--work", tmp_path / "nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert len(done.stderr.splitlines()) == 1

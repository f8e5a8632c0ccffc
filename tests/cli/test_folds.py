"""`mel folds audit` and `mel folds import` as a user runs them."""

import polars as pl
import pytest

from mel.tables import Folds


@pytest.fixture
def work(table, folds, tmp_path):
    table.write(tmp_path / "images.parquet")
    folds.write(tmp_path / "folds.parquet")
    return tmp_path


def test_clean_folds_end_with_status_zero_and_say_where_the_findings_are(mel, work):
    done = mel("folds", "audit", "--work", work)
    assert done.returncode == 0, done.stderr
    assert "nothing crosses" in done.stdout
    assert done.stdout.splitlines()[-1] == f"all of it: {work / 'audit'}"
    assert "StratifiedGroupKFold" in done.stdout
    assert max(map(len, done.stdout.splitlines()[:-1])) <= 80  # the last holds a path
    assert (work / "audit" / "audit.png").is_file()


def test_a_near_copy_in_two_folds_ends_with_status_one(mel, work):
    (work / "list.csv").write_text("image_name_1,image_name_2\nimg000,img001\n")
    done = mel("folds", "audit", "--work", work, "--near", work / "list.csv")
    assert done.returncode == 1
    assert "1 exact pair with 2 images in more than one fold" in " ".join(done.stdout.split())
    assert "img000 & img001" in done.stdout


def test_a_foreign_map_is_imported_and_its_numbers_said(mel, work, folds):
    shifted = folds.frame.select(image_name="image_id", kfold=pl.col("fold") + 1)
    shifted.write_csv(work / "theirs.csv")
    done = mel("folds", "import", work / "theirs.csv", "--work", work)
    assert done.returncode == 0, done.stderr
    assert "kfold 1, 2, 3, 4 numbered 0 to 3" in done.stderr
    path = work / "folds" / "theirs.parquet"
    assert done.stdout.splitlines()[0] == f"fold map: {path}"
    assert Folds.read(path).digest == folds.digest


def test_a_leaking_map_ends_with_status_one_and_is_not_written_unasked(mel, work, table):
    rows = table.train.select("image_id", fold=pl.int_range(pl.len()) % 3)
    rows.write_csv(work / "rows.csv")
    done = mel("folds", "import", work / "rows.csv", "--work", work)
    assert done.returncode == 1
    assert "not written, since it leaks (--keep-leaks writes it)" in done.stdout
    assert "20 patients with 60 images in more than one fold" in " ".join(done.stdout.split())
    assert max(map(len, done.stdout.splitlines()[:-1])) <= 80  # the last holds a path
    assert not (work / "folds").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"img000,0\nimg001,1\n", "has no header"),
        (b"image_id,fold\nimg000,0\n", "is missing (59 of 60 are)"),
    ],
)
def test_bad_maps_are_one_line_with_status_two(text, said, mel, work):
    (work / "map.csv").write_bytes(text)
    done = mel("folds", "import", work / "map.csv", "--work", work)
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"mel: {work / 'map.csv'}: ")
    assert said in line
    assert not (work / "folds").exists()
    assert not (work / "audit").exists()

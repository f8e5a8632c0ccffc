"""All that an audit prints is in files, and what it prints fits a terminal."""

import csv
import json
from pathlib import Path

import polars as pl
import pytest
from PIL import Image

from mel.cli.show import table as show_table
from mel.errors import MelError
from mel.folds import Audit, audit, sheets, write_audit
from mel.tables import Folds, ImageTable

NAMES = ["audit.json", "audit.png", "balance.csv", "crossings.csv", "comparison.csv"]


@pytest.fixture
def leaking(table: ImageTable) -> Folds:
    by_row = table.train.select("image_id", fold=pl.int_range(pl.len()) % 3)
    return Folds.of(by_row, seed=0, method="by row")


@pytest.fixture
def found(table: ImageTable, leaking: Folds) -> Audit:
    pairs = pl.DataFrame(
        {"image_id_1": ["img000", "img001"], "image_id_2": ["img001", "img041"], "kind": "near"}
    )
    return audit(table, leaking, pairs, compare=True)


def test_the_files_hold_all_that_was_found(found: Audit, tmp_path: Path) -> None:
    files = write_audit(found, tmp_path / "audit", "A title", "abc")
    assert [path.name for path in files] == NAMES
    assert sorted(path.name for path in (tmp_path / "audit").iterdir()) == sorted(NAMES)
    told = json.loads(files[0].read_text())
    assert (told["ok"], told["verdict"], told["folds"]) == (False, found.verdict, "abc")
    assert len(told["crossings"]) == found.crossings.height == 22
    assert told["crossings"][0]["folds"] == [0, 1, 2]
    assert [row["map"] for row in told["comparison"]] == found.comparison["map"].to_list()
    assert told["deviation"]["median"] == found.deviation[0]
    balance = pl.read_csv(files[2])
    assert balance["count_0"].to_list()[0] == 20
    assert pl.read_csv(files[3])["folds"][0] == "0 1 2"


def test_a_comparison_of_an_earlier_audit_does_not_stay(
    found: Audit, table: ImageTable, folds: Folds, tmp_path: Path
) -> None:
    write_audit(found, tmp_path, "with")
    write_audit(audit(table, folds), tmp_path, "without")
    assert not (tmp_path / "comparison.csv").exists()


def test_the_same_findings_make_the_same_files(found: Audit, tmp_path: Path) -> None:
    one, other = (write_audit(found, tmp_path / name, "t") for name in "ab")
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


@pytest.mark.parametrize("n_folds", [2, 5, 20])
def test_the_picture_has_a_row_a_category_whatever_the_number_of_folds(
    n_folds: int, table: ImageTable, tmp_path: Path
) -> None:
    frame = table.train.select("image_id", fold=pl.int_range(pl.len()) % n_folds)
    found = audit(table, Folds.of(frame, seed=0, method="by row"))
    files = write_audit(found, tmp_path, "t")
    with Image.open(files[1]) as picture:
        picture.load()
        wide, high = picture.size
    rows = found.balance.select("axis", "category").unique().height
    assert high > rows * 30
    assert 900 < wide < 150 * (5 + n_folds)


def test_a_folder_that_cannot_be_written_is_one_line(found: Audit, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MelError, match="cannot be written"):
        write_audit(found, tmp_path / "file", "t")


def test_every_printed_table_fits_eighty_columns(
    found: Audit, capsys: pytest.CaptureFixture[str]
) -> None:
    for columns, rows in sheets(found):
        show_table(columns, rows)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert any(line.startswith("StratifiedGroupKFold") for line in lines)


def test_leaks_between_many_folds_fit_eighty_columns(table: ImageTable) -> None:
    long = pl.col("image_id").str.replace("img", "ISIC_2020_000000")
    frame = table.frame.with_columns(image_id=long, lesion_id=long, duplicate_id=long)
    table = ImageTable.of(frame, "long")
    by_row = table.train.select("image_id", fold=pl.int_range(pl.len()) % 30)
    ids = table.train["image_id"]
    pairs = pl.DataFrame({"image_id_1": ids.head(9), "image_id_2": ids.tail(9), "kind": "near"})
    found = audit(table, Folds.of(by_row, seed=0, method="by row"), pairs, compare=True)
    for columns, rows in sheets(found):
        widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
        assert sum(widths) + 2 * (len(widths) - 1) <= 80


def test_a_terminal_sees_the_first_ids_of_each_kind_and_how_many_more(found: Audit) -> None:
    _, rows = sheets(found)[-1]
    assert [row[0] for row in rows] == ["patient"] * 6 + ["near pair"] * 2
    assert rows[5] == ("patient", "… and 15 more", "", "", "")


def test_clean_folds_show_no_list_of_leaks(table: ImageTable, folds: Folds) -> None:
    heads = [columns[0] for columns, _ in sheets(audit(table, folds))]
    assert heads == ["fold", "axis"]


def test_the_whole_balance_table_is_a_row_a_category(found: Audit, tmp_path: Path) -> None:
    write_audit(found, tmp_path, "t")
    with (tmp_path / "balance.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == found.balance.height // 3
    assert {"axis", "category", "total", "worst", "least", "count_2", "deviation_2"} <= set(rows[0])

"""A foreign fold map becomes Folds, or is refused in one line that says why."""

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.folds import audit, read_map
from mel.tables import Folds, ImageTable

Write = Callable[..., Path]


@pytest.fixture
def rows(table: ImageTable) -> pl.DataFrame:
    """A clean map of the hand-made table: four folds by patient."""
    number = pl.col("patient_id").str.slice(1).cast(pl.Int64) % 4
    return table.train.select("image_id", fold=number)


@pytest.fixture
def written(tmp_path: Path) -> Write:
    """Write a frame as map.csv, or bytes as they are."""

    def write(content: pl.DataFrame | bytes, name: str = "map.csv") -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        elif path.suffix == ".csv":
            content.write_csv(path)
        else:
            content.write_parquet(path)
        return path

    return write


def refused(path: Path, table: ImageTable, **options: str) -> str:
    with pytest.raises(MelError) as caught:
        read_map(path, table, **options)
    text = str(caught.value)
    assert text.startswith(f"{path}: ")
    assert "\n" not in text
    return text.removeprefix(f"{path}: ")


# what is read


@pytest.mark.parametrize("name", ["map.csv", "map.parquet"])
def test_a_map_is_read_whatever_the_order_of_its_rows_and_columns(
    name: str, written: Write, rows: pl.DataFrame, table: ImageTable
) -> None:
    frame = rows.sample(fraction=1, shuffle=True, seed=2).select("fold", "image_id", score=0.5)
    found = read_map(written(frame, name), table)
    assert found.frame.equals(rows.with_columns(pl.col("fold").cast(pl.Int16)))
    assert found.method == f"imported from {name}, columns image_id and fold"
    assert found.inputs["images"] == table.digest
    assert audit(table, found).ok


@pytest.mark.parametrize(
    ("ids", "folds"), [("image_name", "kfold"), ("Image", "FOLD"), ("isic_id", "fold_id")]
)
def test_the_usual_names_of_columns_are_known(
    ids: str, folds: str, written: Write, rows: pl.DataFrame, table: ImageTable
) -> None:
    found = read_map(written(rows.rename({"image_id": ids, "fold": folds})), table)
    assert found.n_folds == 4


def test_columns_of_any_name_can_be_named(
    written: Write, rows: pl.DataFrame, table: ImageTable
) -> None:
    path = written(rows.rename({"image_id": "picture", "fold": "part"}).with_columns(fold=7))
    found = read_map(path, table, id_column="picture", fold_column="part")
    assert found.n_folds == 4
    assert "no column 'picturs' for the ids; did you mean 'picture'" in refused(
        path, table, id_column="picturs"
    )


@pytest.mark.parametrize(
    ("fold", "said"),
    [
        (pl.col("fold") + 1, "fold 1, 2, 3, 4 numbered 0 to 3, in this order"),
        (pl.col("fold") * 10, "fold 0, 10, 20, 30 numbered 0 to 3, in this order"),
        (pl.col("fold").cast(pl.Float64), ""),
        (pl.format("part {}", "fold"), "fold part 0, part 1, part 2, part 3 numbered 0 to 3"),
        (pl.format(" {} ", "fold"), ""),
        (pl.format("{}e30", pl.col("fold") + 1), "fold 1e30, 2e30, 3e30, 4e30 numbered 0 to 3"),
    ],
)
def test_folds_are_numbered_from_0_in_their_order_and_it_is_said(
    fold: pl.Expr,
    said: str,
    written: Write,
    rows: pl.DataFrame,
    table: ImageTable,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = read_map(written(rows.with_columns(fold=fold)), table)
    assert found.frame["fold"].to_list() == rows["fold"].to_list()
    news = capsys.readouterr().err
    assert said in news
    assert bool(said) == bool(news)


def test_ten_folds_keep_the_order_of_numbers_and_not_of_words(
    written: Write, table: ImageTable
) -> None:
    frame = table.train.select("image_id", fold=pl.int_range(pl.len()) % 12)
    found = read_map(written(frame), table)
    assert found.frame["fold"].to_list() == frame["fold"].to_list()


def test_file_names_are_taken_as_ids_without_folder_and_ending(
    written: Write, rows: pl.DataFrame, table: ImageTable, capsys: pytest.CaptureFixture[str]
) -> None:
    named = rows.with_columns(pl.format("jpeg/train/{}.jpg", "image_id").alias("image_id"))
    assert read_map(written(named), table).frame["image_id"].equals(rows["image_id"])
    assert "image_id holds file names" in capsys.readouterr().err


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(
    written: Write, rows: pl.DataFrame, table: ImageTable
) -> None:
    text = rows.write_csv(line_terminator="\r\n").encode()
    assert read_map(written(b"\xef\xbb\xbf" + text), table).n_folds == 4


def test_a_map_that_mel_wrote_is_taken_with_what_it_bars(
    tmp_path: Path, rows: pl.DataFrame, table: ImageTable
) -> None:
    barred = pl.DataFrame({"image_id": ["img000"], "fold": [3]})
    made = Folds.of(rows, seed=5, method="made", barred=barred)
    made.write(tmp_path / "folds.parquet")
    found = read_map(tmp_path / "folds.parquet", table)
    assert (found.digest, found.seed, found.method) == (made.digest, 5, "made")
    assert "mel wrote it" in refused(tmp_path / "folds.parquet", table, fold_column="fold")


def with_external(table: ImageTable) -> ImageTable:
    """Three train images become external: one alone, one of a train patient, one of a test's."""
    lesion = {"img002": "l", "img060": "l"}
    away = pl.col("image_id").is_in(["img000", "img020", "img040", "img001", "img002"])
    frame = table.frame.with_columns(
        split=pl.when(away).then(pl.lit("external")).otherwise("split"),
        lesion_id=pl.col("image_id").replace_strict(lesion, default=None, return_dtype=pl.String),
    )
    return ImageTable.of(frame, "joined")


def test_external_images_lose_their_fold_and_are_barred_from_their_kins(
    written: Write, rows: pl.DataFrame, table: ImageTable, capsys: pytest.CaptureFixture[str]
) -> None:
    joined = with_external(table)
    found = read_map(written(rows), joined)
    assert "5 rows ignored: external images" in capsys.readouterr().err
    assert found.external == ("img000", "img001", "img002", "img020", "img040")
    barred = found.barred.group_by("image_id", maintain_order=True).agg("fold").rows()
    assert barred == [("img001", [1]), ("img002", [0, 1, 2, 3])]
    assert audit(joined, found).ok


def test_a_map_that_leaks_is_read_as_it_is_and_the_audit_tells(
    written: Write, table: ImageTable
) -> None:
    frame = table.train.select("image_id", fold=pl.int_range(pl.len()) % 3)
    found = read_map(written(frame), table)
    assert found.barred.is_empty()
    assert audit(table, found).crossings.height == 20


# left-out rows


def test_a_fold_of_minus_one_marks_a_row_that_was_left_out(
    written: Write, rows: pl.DataFrame, table: ImageTable, capsys: pytest.CaptureFixture[str]
) -> None:
    copies = pl.DataFrame({"image_id": ["copy", "img070"], "fold": [-1, -1]})
    assert read_map(written(pl.concat([rows, copies])), table).n_folds == 4
    assert "2 rows ignored: images whose fold is -1" in capsys.readouterr().err
    kept = rows.with_columns(fold=pl.when(pl.col("image_id") < "img003").then(-1).otherwise("fold"))
    assert refused(written(kept), table).startswith(
        "fold is -1 for 3 train images (first: 'img000'): it marks images that were left out"
    )


# what is refused


def test_unknown_missing_and_double_ids_are_refused_by_name_with_their_count(
    written: Write, rows: pl.DataFrame, table: ImageTable
) -> None:
    more = pl.DataFrame({"image_id": ["zebra", "yak"], "fold": [0, 1]})
    assert refused(written(pl.concat([rows, more])), table) == (
        "image 'yak' is not in table handmade (2 of 62 ids are unknown); give the map that "
        "belongs to it"
    )
    assert refused(written(rows.slice(2)), table) == (
        "train image 'img000' is missing (2 of 60 are); give a map of all train images"
    )
    assert refused(written(pl.concat([rows, rows.head(3)])), table).startswith(
        "image_id 'img000' stands 2 times (3 such ids)"
    )
    blank = rows.with_columns(image_id=pl.when(pl.col("image_id") > "img003").then("image_id"))
    assert "4 rows without image_id" in refused(written(blank), table)
    tested = pl.DataFrame({"image_id": ["img070"], "fold": [0]})
    assert refused(written(pl.concat([rows, tested])), table).startswith(
        "image 'img070' is a test image (1 such id)"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.partition(b"\n")[2], "has no header: its first line holds an image"),
        (lambda text: text.replace(b",", b";"), "its columns are parted by semicolons"),
        (lambda text: text.replace(b",", b"\t"), "its columns are parted by tabs"),
        (lambda text: text.decode().encode("utf-16"), "is not UTF-8 text (byte 0xff in line 1"),
        (lambda text: text + b"caf\xe9,0\n", "is not UTF-8 text (byte 0xe9 in line 62"),
        (lambda text: text.replace(b"id,fold", b"id,fold,fold"), "column 'fold' stands twice"),
        (lambda text: text.replace(b"fold", b"target"), "no column of folds by a usual name"),
        (lambda text: text.replace(b"image_id", b"wer"), "no column of ids by a usual name"),
        (lambda text: b"", "is empty"),
        (lambda text: text.partition(b"\n")[0] + b"\n", "has no rows below its header"),
        (lambda text: text + b"img000,1,2,3\n", "is no readable CSV"),
        (lambda text: b"PAR1" + text, "is no readable Parquet"),
    ],
)
def test_a_file_that_is_no_plain_csv_is_refused_for_what_it_is(
    change: Callable[[bytes], bytes],
    message: str,
    written: Write,
    rows: pl.DataFrame,
    table: ImageTable,
) -> None:
    assert message in refused(written(change(rows.write_csv().encode())), table)


def test_one_column_is_not_taken_for_ids_and_folds(
    written: Write, rows: pl.DataFrame, table: ImageTable
) -> None:
    message = refused(written(rows), table, fold_column="image_id")
    assert message == "'image_id' cannot hold both ids and folds; name another column"


def test_a_missing_file_is_refused(tmp_path: Path, table: ImageTable) -> None:
    assert refused(tmp_path / "none.csv", table) == "no such file; correct the path"


@pytest.mark.parametrize(
    ("fold", "message"),
    [
        (pl.lit(3), "fold is 3 for all 60 images: one fold leaves nothing to train on"),
        (pl.lit("b"), "fold is b for all 60 images"),
        (pl.col("fold") + 0.5, "fold 0.5 is no fold: they are whole numbers"),
        (pl.col("fold") * 2 - 2, "fold -2 is no fold"),
        (
            pl.when(pl.col("image_id") == "img005").then(pl.lit("x")).otherwise("fold"),
            "fold 'x' is no number, as others are (image 'img005', 1 row); correct it",
        ),
        (
            pl.when(pl.col("image_id") > "img001").then("fold"),
            "fold is empty (image 'img000', 2 rows); give each train image a fold",
        ),
    ],
)
def test_folds_that_are_none_are_refused(
    fold: pl.Expr, message: str, written: Write, rows: pl.DataFrame, table: ImageTable
) -> None:
    assert message in refused(written(rows.with_columns(fold=fold.cast(pl.String))), table)


def test_a_column_of_many_values_is_no_fold(
    written: Write, make_table: Callable[..., ImageTable]
) -> None:
    table = make_table([(f"p{n}", None, None, n % 2) for n in range(150)])
    frame = table.train.select("image_id", fold=pl.int_range(pl.len()))
    assert "fold has 150 different values for 150 images" in refused(written(frame), table)


# real maps


@pytest.mark.parametrize("name", ["cp_1", "gao_b1"])
def test_the_public_maps_of_2020_are_read(
    name: str, siim: ImageTable, foreign: Callable[[str], Folds], real_data: Path
) -> None:
    found = read_map(real_data / "siim2020" / "oof" / f"{name}.csv", siim)
    assert found.digest == foreign(name).digest


def test_the_numbers_of_the_public_tfrecords_leave_434_copies_out(
    siim: ImageTable, real_data: Path
) -> None:
    path = real_data / "siim2020" / "train_cdeotte.csv"
    assert "tfrecord is -1 for 434 train images" in refused(path, siim, fold_column="tfrecord")
    kept = pl.read_csv(path).filter(pl.col("tfrecord") >= 0)["image_name"]
    table = ImageTable.of(siim.frame.filter(pl.col("image_id").is_in(kept.implode())), "dropped")
    found = read_map(path, table, fold_column="tfrecord")
    assert found.n_folds == 15
    assert audit(table, found).ok


@pytest.mark.parametrize("column", ["image_id", "fold"])
def test_lists_are_neither_ids_nor_folds(
    column: str, written: Write, rows: pl.DataFrame, table: ImageTable
) -> None:
    nested = rows.with_columns(pl.concat_list(column).alias(column))
    assert f"{column} holds List(" in refused(written(nested, "map.parquet"), table)


def test_a_column_of_ids_may_be_called_label(
    written: Write, rows: pl.DataFrame, table: ImageTable
) -> None:
    path = written(rows.rename({"image_id": "label"}))
    assert read_map(path, table, id_column="label").frame.height == rows.height

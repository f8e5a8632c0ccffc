"""What is to be scored: every way to say it gives the same list, and what is wrong is named."""

from pathlib import Path

import polars as pl
import pytest

from mel.errors import MelError
from mel.images.listing import listing, table_in
from mel.tables import ImageTable


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "pictures"
    place.mkdir()
    for name in ("b.png", "a.jpg", "c.JPEG", "notes.txt"):
        (place / name).write_bytes(b"")
    return place


def frame_of(folder: Path) -> pl.DataFrame:
    names = {"c": "c.JPEG", "a": "a.jpg", "b": "b.png"}
    paths = [str(folder / name) for name in names.values()]
    return pl.DataFrame({"image_id": list(names), "path": paths})


def test_a_folder_a_frame_and_files_of_either_kind_give_the_same_list(folder: Path) -> None:
    frame = frame_of(folder)
    expected = frame.sort("image_id")
    near = frame.with_columns(pl.col("path").str.split("/").list.last())
    near.write_csv(folder / "near.csv")
    near.write_parquet(folder / "near.parquet")
    frame.write_csv(folder.parent / "far.csv")
    for given in (
        folder,
        str(folder),
        frame,
        folder / "near.csv",
        folder / "near.parquet",
        folder.parent / "far.csv",
    ):
        assert listing(given, metadata=False).equals(expected)


def test_what_a_file_manager_leaves_in_a_folder_is_no_picture(folder: Path) -> None:
    expected = listing(folder, metadata=False)
    (folder / "._a.jpg").write_bytes(b"")
    (folder / "old.jpg").mkdir()
    assert listing(folder, metadata=False).equals(expected)


def test_a_table_gives_all_its_images_with_what_is_known_of_them(table: ImageTable) -> None:
    found = listing(table, metadata=True)
    assert found["image_id"].to_list() == table.frame["image_id"].to_list()
    assert found.columns == ["image_id", "path", "age", "sex", "site"]
    assert "age" not in listing(table, metadata=False).columns


def test_a_folder_has_no_metadata_and_that_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = listing(folder, metadata=True)
    assert found.select("age", "sex", "site").null_count().row(0) == (3, 3, 3)
    assert "scored with all three missing" in capsys.readouterr().err


def test_a_list_of_text_may_hold_ages_and_gaps(folder: Path) -> None:
    known = pl.DataFrame(
        {"age": ["50", None, "7.5"], "sex": [None, "male", None], "site": [""] * 3}
    )
    wide = pl.concat(
        [frame_of(folder), known.with_columns(site=pl.lit(None, pl.String))], how="horizontal"
    )
    wide.write_csv(folder / "list.csv")
    found = listing(folder / "list.csv", metadata=True)
    assert found["age"].to_list() == [None, 7.5, 50.0]
    assert found["sex"].to_list() == ["male", None, None]


BAD = {
    "no path": (lambda f: f.drop("path"), "no column 'path'"),
    "a path is missing": (lambda f: f.with_columns(path=pl.lit(None, pl.String)), "without path"),
    "an id twice": (lambda f: pl.concat([f, f]), "stands 2 times"),
    "no row": (lambda f: f.clear(), "holds no image"),
    "no age": (lambda f: f.drop("age"), "no column 'age'"),
    "a strange sex": (
        lambda f: f.with_columns(sex=pl.lit("Female")),
        "unknown sex 'Female'; did you mean",
    ),
    "a strange site": (lambda f: f.with_columns(site=pl.lit("torsoo")), "unknown site 'torsoo'"),
    "a strange age": (lambda f: f.with_columns(age=pl.lit(1e9)), "age 1000000000.0"),
    "an age that is text": (lambda f: f.with_columns(age=pl.lit("old")), "column 'age'"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_wrong_with_a_list_is_named_in_one_line(folder: Path, case: str) -> None:
    change, message = BAD[case]
    missing = {name: pl.lit(None, kind) for name, kind in (("sex", pl.String), ("site", pl.String))}
    frame = frame_of(folder).with_columns(age=pl.lit(50.0), **missing)
    with pytest.raises(MelError, match=message) as caught:
        listing(change(frame), metadata=True)
    assert "\n" not in str(caught.value)


def test_places_that_hold_no_image_or_two_of_one_id_are_refused(folder: Path) -> None:
    with pytest.raises(MelError, match="no such folder of images and no such list"):
        listing(folder / "nowhere", metadata=False)
    with pytest.raises(MelError, match=r"is no readable Parquet .* or a folder"):
        listing(folder / "notes.txt", metadata=False)
    (folder / "a.png").write_bytes(b"")
    with pytest.raises(MelError, match=r"a\.png: has the id of a\.jpg"):
        listing(folder, metadata=False)
    for path in folder.iterdir():
        path.unlink()
    with pytest.raises(MelError, match="holds no image; looked for"):
        listing(folder, metadata=False)


def test_a_table_of_a_work_folder_is_read_as_the_table_it_is(
    folder: Path, table: ImageTable
) -> None:
    """Its paths are taken as they are, and what trained a member can be told from it."""
    table.write(folder / "images.parquet")
    found = table_in(folder / "images.parquet")
    assert isinstance(found, ImageTable)
    assert found.digest == table.digest
    frame_of(folder).write_parquet(folder / "list.parquet")
    for other in (folder, str(folder / "list.parquet"), folder / "nowhere", frame_of(folder)):
        assert table_in(other) is other

"""Lists of any make, and metadata that is joined by id."""

import unicodedata
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mel.errors import MelError
from mel.submit.batch.listing import Listed
from mel.submit.batch.meeting import bare
from mel.submit.batch.reading import Rows, chunks
from mel.tables import ImageTable

LIST = pl.DataFrame({"image_id": ["b", "a", "c"], "path": ["b.jpg", "x/a.jpg", "c.png"]})


def listed(place: Path, images: Rows, meta: Rows | None = None) -> tuple[Listed, pl.DataFrame]:
    path = place / "list.sqlite"
    path.unlink(missing_ok=True)
    found = Listed.make(path, images, meta, 100)
    return found, pl.concat(found.frames(found.spans)).sort("image_id")


def test_every_kind_of_list_gives_the_same_rows(tmp_path: Path) -> None:
    for name in ("b.jpg", "x/a.jpg", "c.png", ".hidden.jpg", "notes.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    LIST.write_csv(tmp_path / "list.csv")
    LIST.write_parquet(tmp_path / "list.parquet")
    (tmp_path / "list.txt").write_text("b.jpg\nx/a.jpg\n\nc.png\n")
    paths = LIST.with_columns(pl.concat_str(pl.lit(f"{tmp_path}/"), "path").alias("path"))
    wanted = listed(tmp_path, paths)
    for name in ("list.csv", "list.parquet", "list.txt"):
        found = listed(tmp_path, tmp_path / name)
        assert found[1].equals(wanted[1]), name
        assert found[0].digest == wanted[0].digest
    assert listed(tmp_path, tmp_path)[1]["image_id"].to_list() == ["b", "c"]


def test_an_image_table_keeps_its_paths(table: ImageTable, tmp_path: Path) -> None:
    table.write(tmp_path / "images.parquet")
    found = listed(tmp_path, tmp_path / "images.parquet")[1]
    wanted = table.frame.sort("image_id")
    for column in ("image_id", "path", "patient_id", "age", "sex", "site"):
        assert found[column].to_list() == wanted[column].to_list()
    assert listed(tmp_path, table)[1].equals(found)


@given(st.permutations(range(6)))
def test_metadata_is_joined_by_id_in_any_order(
    tmp_path_factory: pytest.TempPathFactory, order: list[int]
) -> None:
    place = tmp_path_factory.mktemp("join")
    ids = [f"i{k}" for k in range(6)]
    images = pl.DataFrame({"image_id": ids, "path": ids})
    meta = pl.DataFrame({"image_id": [ids[k] for k in order], "age": [10.0 * k for k in order]})
    met, frame = listed(place, images, meta)
    assert frame["age"].to_list() == [0.0, 10.0, 20.0, 30.0, 40.0, 50.0]
    assert met.met is not None
    assert met.met.matched == 6


def test_what_has_no_partner_is_counted(tmp_path: Path) -> None:
    meta = pl.DataFrame({"image_id": ["a", "y", "z"], "sex": ["male"] * 3})
    met = listed(tmp_path, LIST, meta)[0].met
    assert met is not None
    assert (met.columns, met.matched) == (("sex",), 1)
    assert (met.without_row, met.first_without_row) == (2, "b")
    assert (met.without_image, met.first_without_image) == (2, "y")


def test_file_names_in_the_metadata_become_ids_where_only_so_they_are_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    meta = pl.DataFrame({"image_id": ["train/a.jpg", "b.PNG"], "age": [1, 2]})
    assert listed(tmp_path, LIST, meta)[1]["age"].to_list() == [1.0, 2.0, None]
    assert "taken without folder and ending" in capsys.readouterr().err
    named = LIST.with_columns(image_id=pl.col("path"))
    meta = pl.DataFrame({"image_id": ["b.jpg"], "age": [3]})
    assert listed(tmp_path, named, meta)[1]["age"].to_list() == [3.0, None, None]


def test_an_accent_is_one_however_unicode_writes_it(tmp_path: Path) -> None:
    """MacOS gives file names in form D, people type form C."""
    one, apart = (unicodedata.normalize(form, "été") for form in ("NFC", "NFD"))
    assert one != apart
    for ours, theirs in ((one, apart), (apart, one), (apart, f"x/{one}.jpg")):
        images = pl.DataFrame({"image_id": [ours, "b"], "path": ["a.jpg", "b.jpg"]})
        plain = "x/b.jpg" if "/" in theirs else "b"
        meta = pl.DataFrame({"image_id": [theirs, plain], "age": [1, 2]})
        found, frame = listed(tmp_path, images, meta)
        assert dict(frame.select("image_id", "age").rows()) == {ours: 1.0, "b": 2.0}
        assert found.met is not None
        assert found.met.matched == 2
    both = pl.DataFrame({"image_id": [one, apart], "path": ["a.jpg", "b.jpg"]})
    ages = pl.DataFrame({"image_id": [one, apart], "age": [1, 2]})
    assert listed(tmp_path, both, ages)[1]["age"].sort().to_list() == [1.0, 2.0]
    with pytest.raises(MelError, match="two rows are of one image"):
        listed(tmp_path, both[:1], ages)
    third = pl.DataFrame({"image_id": ["e\u0301t\u00e9"], "age": [1]})
    with pytest.raises(MelError, match="'été' may be two images"):
        listed(tmp_path, both, third)


def test_a_header_alone_is_no_metadata(tmp_path: Path) -> None:
    (tmp_path / "meta.csv").write_text("image_id,age\n")
    with pytest.raises(MelError, match=r"meta\.csv: holds no row; give one, or no metadata"):
        listed(tmp_path, LIST, tmp_path / "meta.csv")


@pytest.mark.parametrize(("name", "wanted"), [("a.tar.gz", "a.tar.gz"), ("d/e.f.jpeg", "e.f")])
def test_only_endings_of_pictures_are_taken_off(name: str, wanted: str) -> None:
    assert bare(name) == wanted


@pytest.mark.parametrize(
    ("meta", "message"),
    [
        ({"image_id": ["x"], "age": [1]}, "no row is of an image: its ids are as 'x', .* as 'a'"),
        ({"image_id": ["a"], "Age": [1]}, "none of patient_id, age, sex, site is a column"),
        ({"id": ["a"], "age": [1]}, "no column 'image_id'"),
        ({"image_id": ["a", "a"], "age": [1, 2]}, "image_id 'a' stands 2 times"),
        ({"image_id": ["a", None], "age": [1, 2]}, "a row without image_id"),
        ({"image_id": ["u/a.jpg", "v/a.jpg"], "age": [1, 2]}, "two file names are one id"),
    ],
)
def test_metadata_that_could_mislead_is_refused(
    meta: dict[str, list[object]], message: str, tmp_path: Path
) -> None:
    with pytest.raises(MelError, match=message):
        listed(tmp_path, LIST, pl.DataFrame(meta))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_without_ids_is_told_what_it_has_and_what_is_taken(
    suffix: str, tmp_path: Path
) -> None:
    meta = pl.DataFrame({"filename": ["a"], "age_approx": [50], "sex": ["male"]})
    place = tmp_path / f"meta{suffix}"
    (meta.write_csv if suffix == ".csv" else meta.write_parquet)(place)
    told = "no column 'image_id'; it has filename, age_approx, sex; mel takes image_id, and what "
    with pytest.raises(MelError, match=f"{told}there is of patient_id, age, sex, site: rename"):
        listed(tmp_path, LIST, place)
    with pytest.raises(MelError, match=r"no column 'path'.* mel takes image_id and path, and"):
        listed(tmp_path, LIST.select("image_id"))


def test_a_column_of_the_list_is_not_given_twice(tmp_path: Path) -> None:
    images = LIST.with_columns(age=pl.lit(4))
    with pytest.raises(MelError, match="age is a column of the list as well"):
        listed(tmp_path, images, pl.DataFrame({"image_id": ["a"], "age": [5]}))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"image_id,path\na\n", "a row has 1 fields and the header 2"),
        (b"image_id,path\na,b,c\n", "a row has 3 fields"),
        (b"image_id,path,path\na,b,c\n", "two columns have the same name"),
        (b"image_id,path\n\xff,b\n", "is no readable CSV"),
        (b'image_id,path\n"a,b\n', "is no readable CSV"),
    ],
)
def test_a_broken_csv_is_refused(content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(content)
    with pytest.raises(MelError, match=message):
        list(chunks(tmp_path / "list.csv"))


def test_a_broken_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "list.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(MelError, match="is no readable Parquet"):
        list(chunks(tmp_path / "list.parquet"))


def test_a_mark_at_the_start_of_a_csv_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_bytes(b"\xef\xbb\xbfimage_id,path\na,b.jpg\n")
    assert next(chunks(tmp_path / "list.csv")).columns == ["image_id", "path"]

import pytest

from mel.errors import MelError
from mel.kaggle.exploring.measuring import with_files


def test_headers_fill_what_the_table_does_not_say(pictured) -> None:
    found = with_files(pictured)
    assert found.read
    assert found.broken == tuple(f"i{n:05d}" for n in range(5))
    assert found.frame["width"].null_count() == 5
    row = found.frame.filter(found.frame["image_id"] == "i00006").row(0, named=True)
    assert (row["width"], row["height"], row["format"], row["mode"]) == (30, 20, "JPEG", "RGB")
    assert row["ratio"] == pytest.approx(1.5)
    assert (row["size"], row["aspect"]) == ("30 × 20", "3:2")
    assert row["bytes_per_pixel"] == pytest.approx(row["file_bytes"] / 600)


def test_the_table_goes_before_the_header(pictured, make) -> None:
    paths = pictured.frame["path"].to_list()
    table = make(30, 10, path=paths, width=[7.0] * 39 + [None], height=[7.0] * 40)
    widths = with_files(table).frame["width"].to_list()
    assert widths == [7.0] * 39 + [30.0]


def test_a_table_without_pictures_keeps_what_it_brings(make) -> None:
    found = with_files(make(30, 0, width=[1872] * 30, height=[1053] * 30))
    assert not found.read
    assert found.frame["aspect"].unique().to_list() == ["16:9"]
    assert found.frame["format"].null_count() == 30


def test_headers_are_left_alone_when_told_to(pictured) -> None:
    found = with_files(pictured, headers=False)
    assert (found.read, found.broken) == (False, ())
    assert found.frame["width"].null_count() == 40


@pytest.mark.parametrize(
    ("width", "height", "aspect"),
    [(4288, 2848, "3:2"), (3, 4, "4:3"), (500, 500, "1:1"), (900, 100, "another"), (0, 9, None)],
)
def test_an_aspect_is_named_whichever_side_is_longer(make, width, height, aspect) -> None:
    found = with_files(make(3, 0, width=[width] * 3, height=[height] * 3))
    assert found.frame["aspect"].to_list() == [aspect] * 3


def test_a_package_that_is_not_there_is_no_broken_file(pictured, monkeypatch) -> None:
    def unable(source: str) -> None:
        raise MelError("install mel[dicom]")

    monkeypatch.setattr("mel.kaggle.exploring.measuring.measure", unable)
    with pytest.raises(MelError, match="install mel"):
        with_files(pictured)

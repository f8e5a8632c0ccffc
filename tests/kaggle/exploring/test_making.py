import json
import re
from pathlib import Path
from xml.etree import ElementTree

import polars as pl
import pytest

from mel.errors import MelError
from mel.kaggle import explore
from mel.tables import ImageTable

HOSTILE = "<script>alert('$x$')</script>"
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture(scope="module")
def whole(make, by_patient, tmp_path_factory):
    """An exploration of everything, with a name that would like to be a program."""
    out = tmp_path_factory.mktemp("explore") / "out"
    sites = ["head/neck", "torso"] * 195
    words = [HOSTILE, "nevus", "other"] * 100 + [None] * 90
    table = make(
        name="a <small> table",
        site=sites,
        diagnosis=words,
        duplicate_id=["a", "a"] + [None] * 388,
        width=[640.0, 1024.0] * 195,
        height=[480.0] * 390,
    )
    return table, explore(table, by_patient(table), out), out


def _page(out: Path) -> str:
    return (out / "report.html").read_text(encoding="utf-8")


def test_the_folder_holds_the_page_the_figures_and_the_numbers(whole) -> None:
    _, found, out = whole
    assert found.report == out / "report.html"
    assert {p.name for p in out.iterdir()} == {"report.html", "explore.json", "figures"}
    assert {p.stem for p in (out / "figures").iterdir()} == set(found.figures)
    assert {"patients", "shift", "shortcuts", "target-by-sex", "target-by-size"} <= set(
        found.figures
    )
    assert all(path.read_bytes().startswith(PNG) for path in found.figures.values())


def test_the_json_has_the_numbers_that_were_found(whole) -> None:
    table, found, out = whole
    said = json.loads((out / "explore.json").read_text(encoding="utf-8"))
    assert said["inputs"]["images"] == table.digest
    assert said["counts"] == found.numbers.counts.to_dicts()
    assert [s["auc"] for s in said["shortcuts"]] == [s.auc for s in found.numbers.shortcuts]
    assert said["findings"] == dict(found.findings)


def test_the_page_asks_the_network_for_nothing(whole) -> None:
    text = re.sub(r'xmlns(:\w+)?="[^"]*"', "", _page(whole[2]))
    assert not re.findall(r'(?:src|href)\s*=\s*"(?!#|data:)[^"]*"', text)
    assert not re.findall(r"url\((?!#)[^)]*\)|@import", text)


def test_names_are_escaped(whole) -> None:
    assert "<script" not in _page(whole[2])
    assert "&lt;script&gt;alert(" in _page(whole[2])
    assert "a &lt;small&gt; table" in _page(whole[2])


def test_every_figure_on_the_page_is_a_well_formed_drawing_with_a_label(whole) -> None:
    drawings = re.findall(r"<svg.*?</svg>", _page(whole[2]), flags=re.DOTALL)
    assert len(drawings) == len(whole[1].figures)
    for drawing in drawings:
        assert ElementTree.fromstring(drawing).attrib["aria-label"]


def test_every_finding_stands_on_the_page(whole) -> None:
    text = re.sub(r"&nbsp;", " ", _page(whole[2]))
    for finding in whole[1].findings.values():
        assert finding.replace("'", "&#x27;").replace("<", "&lt;").replace(">", "&gt;") in text


def test_the_order_of_the_rows_changes_no_byte(make, by_patient, tmp_path) -> None:
    table = make(60, 30)
    other = ImageTable.of(table.frame.sample(fraction=1, shuffle=True, seed=1), "made")
    for name, one in (("a", table), ("b", other)):
        explore(one, by_patient(one), tmp_path / name)
    for path in sorted((tmp_path / "a").rglob("*.*")):
        twin = tmp_path / "b" / path.relative_to(tmp_path / "a")
        assert twin.read_bytes() == path.read_bytes(), path.name


def test_pictures_and_broken_ones_are_on_the_page(pictured, by_patient, tmp_path) -> None:
    explore(pictured, by_patient(pictured), tmp_path / "out", examples=30)
    text = _page(tmp_path / "out")
    assert text.count('src="data:image/jpeg;base64,') >= 15
    assert "could not be read" in text
    assert "Without a readable header: 5 images, such as i00000" in text
    assert str(tmp_path) not in text


def test_synthetic_data_are_said_to_be_synthetic_before_anything_else(make, tmp_path) -> None:
    table = ImageTable.of(make(9, 0).frame, "drawn", synthetic=True)
    explore(table, out=tmp_path / "out")
    body = _page(tmp_path / "out").split("<main>")[1]
    assert body.index("Synthetic data.") < body.index("<h1>")


def test_an_earlier_exploration_is_replaced_and_anything_else_refused(make, tmp_path) -> None:
    out = tmp_path / "out"
    explore(make(9, 0), out=out)
    (out / "figures" / "old.png").write_bytes(b"")
    explore(make(9, 0), out=out)
    assert not (out / "figures" / "old.png").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(MelError, match="holds something else than an exploration"):
        explore(make(9, 0), out=tmp_path / "mine")
    with pytest.raises(MelError, match="is a file, not a folder"):
        explore(make(9, 0), out=tmp_path / "mine" / "thesis.txt")


def test_a_place_that_takes_no_folder_is_refused_before_the_work(
    make, tmp_path, monkeypatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setattr("mel.kaggle.exploring.making.number", pytest.fail)
    with pytest.raises(MelError, match="cannot be made in"):
        explore(make(9, 0), out=tmp_path / "file" / "out")
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(MelError, match="cannot be made in"):
        explore(make(9, 0), out=tmp_path / "out")


def test_copies_by_a_list_and_by_looking_are_not_added_up(make, tmp_path) -> None:
    table = make(9, 0, duplicate_id=["a", "a"] + [None] * 7)
    pairs = pl.DataFrame({"image_id_1": ["i00000"], "image_id_2": ["i00001"]})
    explore(table, out=tmp_path / "out", pairs=pairs)
    card = re.search(r"<h3>Copies</h3>(.*?)</div>", _page(tmp_path / "out"))
    assert re.sub("<[^>]+>", " ", card.group(1)).split("  ")[0].strip() == "1"
    assert "group of copies; 1 pair that looks alike" in card.group(1)


def test_nothing_is_written_without_a_folder(make, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = explore(make(9, 3))
    assert (found.report, found.figures) == (None, {})
    assert list(tmp_path.iterdir()) == []


def _empty(table: ImageTable, *columns: str) -> pl.DataFrame:
    return table.frame.with_columns(pl.lit(None).alias(name) for name in columns)


@pytest.mark.parametrize("train", [1, 3])
def test_tables_of_a_few_rows_are_explored(make, tmp_path, train) -> None:
    found = explore(make(train, 0), out=tmp_path / "out")
    assert found.findings["shortcuts"].startswith("Not audited: there are no folds")
    assert found.report.is_file()


def test_a_table_with_nothing_but_ids_is_explored(make, by_patient, tmp_path) -> None:
    table = ImageTable.of(_empty(make(30, 9), "sex", "age", "site"), "bare")
    found = explore(table, by_patient(table), tmp_path / "out")
    assert "Not known of any image: in train sex, age and site;" in found.findings["missing"]
    assert found.findings["shortcuts"].startswith("Not audited: no column says anything")
    assert "Nothing is known of the images" in _page(tmp_path / "out")


@pytest.mark.parametrize("target", [0, 1])
def test_images_of_one_class_are_explored_without_an_audit(make, by_patient, target) -> None:
    table = make(30, 9, target=[target] * 30 + [None] * 9)
    found = explore(table, by_patient(table))
    assert found.findings["shortcuts"] == "Not audited: the train images are all of one class."


def test_a_test_set_alone_is_explored(make, tmp_path) -> None:
    assert "9 test images" in explore(make(0, 9), out=tmp_path / "out").findings["counts"]


def test_a_table_without_images_is_refused(make) -> None:
    with pytest.raises(MelError, match="has no images"):
        explore(make(0, 0))


def test_external_images_count_by_source_and_nowhere_else(make, by_patient, tmp_path) -> None:
    split = ["train"] * 60 + ["external"] * 30
    source = ["here"] * 60 + ["there"] * 30
    table = make(60, 30, split=split, source=source, target=[n % 2 for n in range(90)])
    found = explore(table, None, tmp_path / "out")
    assert found.numbers.rates["source"]["images"].to_list() == [60, 30]
    assert found.numbers.rates["sex"]["images"].sum() == 60
    assert "30 external images" in found.findings["counts"]

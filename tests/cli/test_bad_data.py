"""Files as people have them: each fault is one line that names it, and nothing is half-written."""

import io
import shutil
import subprocess
import sys

import numpy as np
import polars as pl
import pytest
from PIL import Image

from mel.pipeline import embedded


@pytest.fixture
def mel(here):
    """Run `mel` in this process."""
    return here


def _refused(done, *parts, status=2):
    """One line beginning with "mel:" on standard error, the last, and no traceback."""
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.splitlines()
    assert [line for line in lines if line.startswith("mel: ")] == lines[-1:]
    assert "fault of mel" not in lines[-1]
    for part in parts:
        assert part in lines[-1]


def _text(change, name="train.csv"):
    def damage(folder):
        path = folder / name
        path.write_text(change(path.read_text()))

    return damage


def _bytes(change, name="train.csv"):
    def damage(folder):
        path = folder / name
        path.write_bytes(change(path.read_bytes()))

    return damage


def _frame(change, name="train.csv"):
    def damage(folder):
        path = folder / name
        change(pl.read_csv(path, infer_schema=False)).write_csv(path)

    return damage


def _headless(text):
    return text.partition("\n")[2]


def _twice(column):
    """Give a change that puts a column into a table a second time."""

    def change(text):
        head, *rows = text.splitlines()
        place = head.split(",").index(column)
        lines = [f"{head},{column}", *(f"{row},{row.split(',')[place]}" for row in rows)]
        return "\n".join(lines) + "\n"

    return change


def _windows(column, row=2):
    """Give a change that puts a letter in a Windows encoding into one field."""

    def change(content):
        lines = content.split(b"\n")
        place = lines[0].rstrip(b"\r").split(b",").index(column.encode())
        fields = lines[row].split(b",")
        fields[place] = "träge".encode("cp1252")
        lines[row] = b",".join(fields)
        return b"\n".join(lines)

    return change


def _image(change, row=4):
    """Give a damage of one image of the train set."""

    def damage(folder):
        change(sorted((folder / "jpeg/train").iterdir())[row])

    return damage


def _second(path):
    Image.new("RGB", (8, 8)).save(path.with_suffix(".png"))


SHAPES = {  # of any table: what is done to it, and what the line says
    "no header": (_headless, ["first line is"]),
    "semicolons": (lambda text: text.replace(",", ";"), ["separated by ';'"]),
    "tabs": (lambda text: text.replace(",", "\t"), ["separated by tabs"]),
    "empty": (lambda _: "", ["is empty"]),
    "blank lines only": (lambda _: "\n\n", ["is empty"]),
    "another file": (lambda _: "<html><body>Sign in to Kaggle</body></html>\n", ["first line is"]),
    "old Macs": (lambda text: text.replace("\n", "\r"), ["old Macs"]),
    "too many fields": (lambda t: t.replace("\n", ",1\n").replace(",1\n", "\n", 1), [""]),
    "an open quote": (lambda text: text.replace("\n", '\n"', 3), [""]),
}
CODES = {
    "UTF-16": (lambda content: content.decode().encode("utf-16"), ["UTF-16"]),
    "zero bytes": (lambda content: content[:200] + b"\0" * 50 + content[250:], ["zero bytes"]),
    "a picture": (lambda _: b"\xff\xd8\xff\xe0" + bytes(range(256)) * 9, [""]),
}

TABLES = {
    **{name: (_text(change), parts) for name, (change, parts) in SHAPES.items()},
    **{name: (_bytes(change), parts) for name, (change, parts) in CODES.items()},
    "Windows encoding": (_bytes(_windows("anatom_site_general_challenge")), ["line 3", "UTF-8"]),
    "a column twice": (_text(_twice("sex")), ["'sex' stands 2 times"]),
    "the id twice": (_text(_twice("image_name")), ["'image_name' stands 2 times"]),
    "a header alone": (_text(lambda text: text.splitlines()[0] + "\n"), ["train.csv"]),
    "no ids": (
        _frame(lambda f: f.with_columns(image_name=pl.lit(None, pl.String))),
        ["image_name"],
    ),
    "an id with a slash": (
        _frame(lambda f: f.with_columns(image_name=pl.col("image_name") + "/..")),
        [""],
    ),
    "cut off": (_text(lambda text: text[: len(text) // 2 - 3]), [""]),
    "test: no header": (_text(_headless, "test.csv"), ["test.csv", "first line is"]),
    "test: semicolons": (_text(lambda t: t.replace(",", ";"), "test.csv"), ["test.csv", "';'"]),
    "test: a column twice": (_text(_twice("age_approx"), "test.csv"), ["'age_approx' stands 2"]),
    "test: Windows": (_bytes(_windows("sex"), "test.csv"), ["test.csv", "line 3"]),
    "sample: no header": (_text(_headless, "sample_submission.csv"), ["sample_submission.csv"]),
    "sample: tabs": (
        _text(lambda text: text.replace(",", "\t"), "sample_submission.csv"),
        ["sample_submission.csv"],
    ),
    "sample: empty": (_text(lambda _: "", "sample_submission.csv"), ["sample_submission.csv"]),
    "sample: a row lost": (_frame(lambda f: f[1:], "sample_submission.csv"), ["sample_submission"]),
    "a table is a folder": (
        lambda folder: ((folder / "train.csv").unlink(), (folder / "train.csv").mkdir()),
        ["train.csv"],
    ),
    "a table is missing": (
        lambda folder: (folder / "train.csv").unlink(),
        ["train.csv", "no such"],
    ),
    "no image folder": (lambda folder: shutil.rmtree(folder / "jpeg/train"), ["jpeg"]),
    "an id without a file": (_image(lambda path: path.unlink()), [".jpg"]),
    "an image of 0 bytes": (_image(lambda path: path.write_bytes(b"")), [".jpg", "empty"]),
    "two files of one id": (_image(_second), ["two pictures", ".jpg", ".png"]),
    "a folder for a file": (_image(lambda path: (path.unlink(), path.mkdir())), [".jpg"]),
}


@pytest.mark.parametrize("fault", TABLES)
def test_a_fault_of_the_files_is_one_line_and_nothing_is_loaded(
    fault, mel, competition, recipe, tmp_path
):
    damage, parts = TABLES[fault]
    damage(competition)
    work = tmp_path / "work"
    _refused(mel("kaggle", "load", recipe, "--data", competition, "--work", work), *parts)
    assert [path.name for path in work.rglob("*")] in ([], [".lock"])


def _ham(folder):
    rows = ["lesion_id,image_id,dx,dx_type,age,sex,localization"]
    kinds = ("nv", "mel", "mel")
    rows += [f"HAM_{k},ISIC_{k},{kinds[k % 3]},histo,{50 + k},male,back" for k in range(24)]
    return _lines(folder, "HAM10000_metadata.csv", rows)


def _isic2019(folder):
    kinds = "MEL,NV,BCC,AK,BKL,DF,VASC,SCC,UNK"
    truth, rows = [f"image,{kinds}"], ["image,age_approx,anatom_site_general,lesion_id,sex"]
    for k in range(24):
        truth.append(f"ISIC_{k},{'1.0,0.0' if k % 3 else '0.0,1.0'}" + ",0.0" * 7)
        rows.append(f"ISIC_{k},{50 + k},anterior torso,L{k},female")
    _lines(folder, "ISIC_2019_Training_GroundTruth.csv", truth)
    return _lines(folder, "ISIC_2019_Training_Metadata.csv", rows)


def _isic2024(folder):
    rows = ["isic_id,target,patient_id,age_approx,sex,anatom_site_general"]
    rows += [f"ISIC_{k},{k % 3 // 2},IP_{k},{50 + k},male,posterior torso" for k in range(24)]
    return _lines(folder, "train-metadata.csv", rows)


def _columns(folder):
    rows = ["name,label,who,gender"]
    rows += [f"ISIC_{k},{k % 3 // 2},P{k},f" for k in range(24)]
    return _lines(folder, "data.csv", rows)


def _lines(folder, name, rows):
    (folder / name).write_text("\n".join(rows) + "\n")
    return folder / name


OTHERS = {
    "ham10000": (_ham, "sex", ""),
    "isic2019": (_isic2019, "sex", ""),
    "isic2024": (_isic2024, "sex", ""),
    "columns": (
        _columns,
        "gender",
        """
[data.columns]
train = "data.csv"
image_id = "name"
target = "label"
patient_id = "who"
sex = "gender"
sexes = { f = "female" }
""",
    ),
}
_SETTINGS = """adapter = "{}"
test_fraction = 0.25
images = "none"
"""


@pytest.fixture(params=OTHERS)
def other(request, tmp_path, recipe):
    """Another adapter's tables, without images: the one to damage, a column of it, the recipe."""
    write, column, more = OTHERS[request.param]
    folder = tmp_path / "tables"
    folder.mkdir()
    text = recipe.read_text().replace('adapter = "siim2020"', _SETTINGS.format(request.param))
    recipe.write_text(text.replace("[folds]", f"{more}\n[folds]"))
    return write(folder), column


def test_another_adapters_tables_are_read(other, mel, recipe, tmp_path):
    table, _ = other
    done = mel("kaggle", "load", recipe, "--data", table.parent, "--work", tmp_path / "work")
    assert done.returncode == 0, done.stderr
    assert pl.read_parquet(tmp_path / "work/images.parquet").height == 24


@pytest.mark.parametrize("fault", [*SHAPES, *CODES, "Windows encoding", "a column twice"])
def test_a_fault_of_another_adapters_table_is_the_same_line(fault, other, mel, recipe, tmp_path):
    table, column = other
    if fault in SHAPES:
        change, parts = SHAPES[fault]
        _text(change, table.name)(table.parent)
    else:
        more = {
            "Windows encoding": (_windows(column), ["line 3", "UTF-8"]),
            "a column twice": (
                lambda content: _twice(column)(content.decode()).encode(),
                [f"{column!r} stands 2 times"],
            ),
        }
        change, parts = (CODES | more)[fault]
        _bytes(change, table.name)(table.parent)
    work = tmp_path / "work"
    done = mel("kaggle", "load", recipe, "--data", table.parent, "--work", work)
    _refused(done, table.name, *parts)
    assert [path.name for path in work.rglob("*")] in ([], [".lock"])


FINE = {
    "a byte order mark": _bytes(lambda content: b"\xef\xbb\xbf" + content),
    "Windows line ends": _text(lambda text: text.replace("\n", "\r\n")),
    "no line end at the end": _text(lambda text: text.rstrip("\n")),
    "all in quotes": _text(
        lambda text: "".join(f'"{line}"\n'.replace(",", '","') for line in text.splitlines())
    ),
    "blank lines at the end": _text(lambda text: text + "\n\n"),
    "blank lines at the end of the sample": _text(lambda t: t + "\n", "sample_submission.csv"),
}


@pytest.mark.parametrize("way", FINE)
def test_what_is_harmless_is_taken_as_it_is(way, mel, competition, recipe, tmp_path):
    same = mel("kaggle", "load", recipe, "--data", competition, "--work", tmp_path / "plain")
    FINE[way](competition)
    done = mel("kaggle", "load", recipe, "--data", competition, "--work", tmp_path / "work")
    assert done.returncode == 0, done.stderr
    rows = [pl.read_parquet(tmp_path / name / "images.parquet") for name in ("plain", "work")]
    assert rows[0].equals(rows[1])
    assert same.returncode == 0


def test_files_without_a_row_are_counted_and_left_out(mel, competition, recipe, tmp_path):
    first = sorted((competition / "jpeg/train").iterdir())[0]
    for name in ("ISIC_9999998.jpg", "ISIC_9999999.jpg"):
        shutil.copy(first, first.with_name(name))
    (first.parent / "Thumbs.db").write_bytes(b"\0")
    work = tmp_path / "work"
    done = mel("kaggle", "load", recipe, "--data", competition, "--work", work)
    assert done.returncode == 0, done.stderr
    said = done.stdout + done.stderr
    assert "2 image files not in its tables" in said
    assert "ISIC_9999999" not in pl.read_parquet(work / "images.parquet")["image_id"].to_list()


@pytest.fixture
def loaded(mel, competition, recipe, tmp_path):
    """A work folder with the images, and its competition, to be damaged afterwards."""
    work = tmp_path / "work"
    assert mel("kaggle", "load", recipe, "--data", competition, "--work", work).returncode == 0
    return work


def _cut(path):
    path.write_bytes(path.read_bytes()[:700])


BROKEN = {
    "truncated": _cut,
    "of 0 bytes": lambda path: path.write_bytes(b""),
    "gone": lambda path: path.unlink(),
    "text": lambda path: path.write_text("no image at all"),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_picture_that_breaks_after_loading_is_named_and_the_others_are_prepared(
    fault, mel, competition, loaded
):
    path = sorted((competition / "jpeg/train").iterdir())[4]
    BROKEN[fault](path)
    done = mel("kaggle", "prepare", "--work", loaded, "--size", "32")
    _refused(done, status=1)
    listed = pl.read_csv(loaded / "prepared/broken.csv", infer_schema=False)
    assert [path.stem in str(row) for row in listed.rows()] == [True]
    assert not [p for p in (loaded / "prepared").rglob(".*") if p.name != ".lock"]


@pytest.mark.parametrize("command", [("folds", "build"), ("run",), ("kaggle", "load")])
def test_a_fault_of_the_files_is_the_same_line_from_every_command(
    command, mel, competition, recipe, tmp_path
):
    _text(_headless)(competition)
    work = tmp_path / "work"
    data = [] if command[0] == "folds" else ["--data", competition]
    done = mel(*command, recipe, *data, "--work", work)
    _refused(done, "first line is" if data else "no such work folder")
    assert not list(work.rglob("*.parquet"))


MAPS = {
    "no header": (lambda f: f.write_csv(include_header=False), [""]),
    "semicolons": (lambda f: f.write_csv(separator=";"), [""]),
    "an unknown id": (lambda f: _swap(f, "image_id", "ISIC_nowhere").write_csv(), ["ISIC_nowhere"]),
    "an id lost": (lambda f: f[1:].write_csv(), [""]),
    "an id twice": (lambda f: pl.concat([f, f[:1]]).write_csv(), [""]),
    "a fold that is no number": (lambda f: _swap(f, "fold", "two").write_csv(), ["two"]),
    "half a fold": (lambda f: _swap(f, "fold", "0.5").write_csv(), ["0.5"]),
    "a missing fold": (lambda f: _swap(f, "fold", None).write_csv(), ["fold"]),
    "a column twice": (lambda f: _twice("fold")(f.write_csv()), ["'fold'"]),
    "empty": (lambda f: "", ["map.csv"]),
    "no ids": (lambda f: f.select("fold").write_csv(), ["map.csv"]),
}


def _swap(frame, column, value):
    here = pl.int_range(pl.len()) == 3
    return frame.with_columns(
        pl.when(here).then(pl.lit(value, pl.String)).otherwise(pl.col(column)).alias(column)
    )


@pytest.fixture(scope="module")
def folded(tiny_competition, tmp_path_factory):
    """A work folder with images and folds, not to be changed."""
    work = tmp_path_factory.mktemp("folded") / "work"
    for words in (["kaggle", "load"], ["folds", "build"]):
        data = ["--data", tiny_competition] if words[0] == "kaggle" else []
        command = [sys.executable, "-m", "mel.cli", *words, embedded()["tiny"], *data]
        done = subprocess.run([*map(str, command), "--work", str(work)], capture_output=True)
        assert done.returncode == 0, done.stderr
    return work


@pytest.mark.parametrize("fault", MAPS)
def test_a_fault_of_a_foreign_fold_map_is_one_line_and_no_map_is_written(
    fault, mel, folded, tmp_path
):
    write, parts = MAPS[fault]
    frame = pl.read_parquet(folded / "folds.parquet").select(pl.all().cast(pl.String))
    (tmp_path / "map.csv").write_text(write(frame))
    out = tmp_path / "imported.parquet"
    done = mel("folds", "import", tmp_path / "map.csv", "--work", folded, "--out", out)
    _refused(done, *parts)
    assert not out.exists()


def _jpeg(k):
    sink = io.BytesIO()
    Image.new("RGB", (24, 16), (k * 8, 100, 50)).save(sink, "JPEG")
    return sink.getvalue()


def _records(path, *, names=True):
    from mel.images import tfrecord
    from mel.images.example import encode_example

    with path.open("wb") as file:
        label = "image_name" if names else "other"
        facts = ({"image": _jpeg(k), label: f"ISIC_{k}"} for k in range(24))
        tfrecord.write_records(file, (encode_example(one) for one in facts))
    return path


def _hdf5(path, keys=24):
    h5py = pytest.importorskip("h5py")
    with h5py.File(path, "w") as file:
        for k in range(keys):
            file[f"ISIC_{k}"] = np.frombuffer(_jpeg(k), np.uint8)
    return path


def _cut_by(path, part):
    path.write_bytes(path.read_bytes()[: int(path.stat().st_size * part)])


CONTAINERS = {  # how the pictures are written, and what the line says; None where they are fine
    "TFRecords": (lambda d: _records(d / "train00-24.tfrec"), None),
    "HDF5": (lambda d: _hdf5(d.parent / "train.hdf5"), None),
    "TFRecord cut off": (
        lambda d: _cut_by(_records(d / "train00-24.tfrec"), 0.6),
        ["train00-24.tfrec", "record"],
    ),
    "TFRecord with a lying count": (
        lambda d: _records(d / "train00-25.tfrec"),
        ["train00-25.tfrec", "25", "24"],
    ),
    "TFRecord without names": (
        lambda d: _records(d / "train00-24.tfrec", names=False),
        ["train00-24.tfrec", "image_name"],
    ),
    "TFRecord of 0 bytes": (lambda d: (d / "train00-24.tfrec").write_bytes(b""), ["train00-24"]),
    "HDF5 without a key": (lambda d: _hdf5(d.parent / "train.hdf5", 23), ["ISIC_23"]),
    "HDF5 cut off": (
        lambda d: _cut_by(_hdf5(d.parent / "train.hdf5"), 0.5),
        ["train.hdf5"],
    ),
    "HDF5 that is text": (
        lambda d: (d.parent / "train.hdf5").write_text("no HDF5"),
        ["train.hdf5"],
    ),
}


def _read_columns(recipe):
    """Let the recipe read data.csv, with its pictures in a folder or in an HDF5 file."""
    places = 'train_images = ["pictures", "train.hdf5"]'
    more = OTHERS["columns"][2].replace("[data.columns]", f"[data.columns]\n{places}")
    settings = 'adapter = "columns"\ntest_fraction = 0.25\n'
    text = recipe.read_text().replace('adapter = "siim2020"', settings)
    recipe.write_text(text.replace("[folds]", f"{more}\n[folds]"))


@pytest.mark.parametrize("fault", CONTAINERS)
def test_a_fault_of_a_container_is_one_line_and_nothing_is_loaded(fault, mel, recipe, tmp_path):
    write, parts = CONTAINERS[fault]
    folder = tmp_path / "tables"
    (folder / "pictures").mkdir(parents=True)
    _columns(folder)
    write(folder / "pictures")
    _read_columns(recipe)
    work = tmp_path / "work"
    done = mel("kaggle", "load", recipe, "--data", folder, "--work", work)
    if parts is None:
        assert done.returncode == 0, done.stderr
        return
    _refused(done, *parts)
    assert [path.name for path in work.rglob("*")] in ([], [".lock"])


def test_a_dicom_without_pixels_is_named_and_the_others_are_prepared(mel, recipe, tmp_path):
    pydicom = pytest.importorskip("pydicom")
    folder = tmp_path / "tables"
    (folder / "pictures").mkdir(parents=True)
    _columns(folder)
    for k in range(24):
        (folder / f"pictures/ISIC_{k}.jpg").write_bytes(_jpeg(k))
    (folder / "pictures/ISIC_5.jpg").unlink()
    bare = pydicom.Dataset()
    bare.PatientID, bare.Rows, bare.Columns = "P5", 16, 24
    bare.file_meta = pydicom.dataset.FileMetaDataset()
    bare.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    bare.file_meta.MediaStorageSOPClassUID = pydicom.uid.SecondaryCaptureImageStorage
    bare.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    pydicom.dcmwrite(folder / "pictures/ISIC_5.dcm", bare, enforce_file_format=True)
    _read_columns(recipe)
    work = tmp_path / "work"
    done = mel("kaggle", "load", recipe, "--data", folder, "--work", work)
    assert done.returncode == 0, done.stderr
    _refused(mel("kaggle", "prepare", "--work", work, "--size", "16"), "ISIC_5", status=1)
    assert pl.read_csv(work / "prepared/broken.csv").height == 1

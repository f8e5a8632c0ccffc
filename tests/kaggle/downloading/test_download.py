"""A whole competition, or some of its files, from a client that works."""

import json
import zipfile
from pathlib import Path

import pytest

from mel.errors import MelError
from mel.kaggle import download


def test_a_competition_arrives_byte_by_byte_in_its_folders(world, out):
    done = download("titanic", out)
    world.check(out)
    assert (done.files, done.fetched) == (4, 4)
    assert done.bytes == sum(world.facts["files"].values())
    assert sorted(p.name for p in out.iterdir()) == [
        ".download.json",
        "test.csv",
        "train",
        "train.csv",
    ]


def test_the_address_of_a_competition_is_as_good_as_its_name(world, out):
    download("https://www.kaggle.com/competitions/titanic/data?select=train.csv", out)
    world.check(out)
    assert all(
        call["argv"][3] == "titanic" for call in world.calls if "competitions" in call["argv"]
    )


@pytest.mark.parametrize("name", ["--help", "", "a b", "../x", "https://example.org/titanic"])
def test_what_cannot_be_a_name_never_reaches_the_client(name, world, out):
    with pytest.raises(MelError, match="no competition's name"):
        download(name, out)
    assert not world.calls


def test_a_second_run_fetches_nothing(world, out):
    download("titanic", out)
    assert download("titanic", out).fetched == 0
    assert world.count("download") == 1


def test_files_that_were_there_before_are_counted_by_their_listed_size(world, out):
    for name, size in world.facts["files"].items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(world.content(name, size))
    assert download("titanic", out).fetched == 0
    assert world.count("download") == 0


def test_a_file_that_went_missing_is_fetched_alone(world, out):
    download("titanic", out)
    (out / "train.csv").unlink()
    assert download("titanic", out).fetched == 1
    world.check(out)
    (call,) = [c for c in world.calls[1:] if "--file=train.csv" in c["argv"] and "start" not in c]
    assert call["argv"][:4] == ["-W", "competitions", "download", "titanic"]


def test_a_file_that_grew_on_kaggle_is_fetched_again(world, out):
    download("titanic", out)
    world.set(files=world.facts["files"] | {"test.csv": 3500})
    assert download("titanic", out).fetched == 1
    world.check(out)


def test_half_of_a_file_is_replaced(world, out):
    (out / "train").mkdir(parents=True)
    (out / "train/a.jpg").write_bytes(b"half")
    download("titanic", out)
    world.check(out)


def test_all_pages_of_the_list_are_read(world, out):
    names = {f"train/{i:03}.jpg": 1000 + i for i in range(107)}
    world.set(files=names, page=25)
    assert download("titanic", out).files == 107
    world.check(out)
    assert world.count("files") == 5
    download("titanic", out)
    assert world.count("download") == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"stdout": "name,size,creationDate\n", "status": 0},
        {"stderr": "429 Client Error: Too Many Requests for url: https://x.y", "status": 1},
        {"stdout": "No files found", "status": 0},
    ],
)
def test_a_list_that_breaks_off_is_no_proof_of_being_complete(fault, world, out):
    """Kaggle gives an empty second page for some competitions."""
    world.set(page=2)
    world.fail("files", on_token="t2", **fault)
    assert download("titanic", out).files == 4
    world.check(out)
    assert download("titanic", out).fetched == 0  # by its record
    (out / "train/b.jpg").unlink()  # which the list does not hold
    download("titanic", out)
    world.check(out)


def test_some_files_can_be_asked_for_by_name(world, out):
    done = download("titanic", out, ["train/b.jpg", "test.csv"])
    assert (done.files, done.fetched) == (2, 2)
    world.check(out, ["train/b.jpg", "test.csv"])
    assert not (out / "train.csv").exists()
    assert download("titanic", out, ["test.csv"]).fetched == 0
    assert download("titanic", out).fetched == 2
    world.check(out)


def test_two_files_of_one_name_in_two_folders_do_not_meet(world, out):
    world.set(files={"train/a.jpg": 900, "test/a.jpg": 700, "big.bin": 10**6})
    download("titanic", out, ["train/a.jpg", "test/a.jpg"])
    world.check(out, ["train/a.jpg", "test/a.jpg"])


def test_a_name_that_is_not_listed_is_refused_with_its_neighbour(world, out):
    with pytest.raises(MelError, match=r"no file 'trian.csv'; did you mean 'train.csv'"):
        download("titanic", out, ["trian.csv"])
    assert not out.exists()


def test_a_name_that_the_list_may_have_left_out_is_left_to_kaggle(world, out):
    world.set(page=2)
    world.fail("files", on_token="t2", stderr="503 Server Error")
    download("titanic", out, ["train/b.jpg"])
    world.check(out, ["train/b.jpg"])
    with pytest.raises(MelError, match=r"titanic: nothing.csv: Kaggle does not have it"):
        download("titanic", out, ["nothing.csv"])


def test_a_name_that_leads_outside_is_refused(world, out):
    with pytest.raises(MelError, match="outside"):
        download("titanic", out, ["../train.csv"])


def test_a_file_in_an_archive_of_its_own_is_unpacked(world, out):
    world.set(wrapped=["train.csv"])
    download("titanic", out, ["train.csv"])
    world.check(out, ["train.csv"])
    assert not (out / "train.csv.zip").exists()


def test_without_unzip_archives_are_checked_and_kept(world, out):
    world.set(wrapped=["train.csv"])
    download("titanic", out, ["train.csv"], unzip=False)
    assert zipfile.ZipFile(out / "train.csv.zip").testzip() is None
    assert download("titanic", out, ["train.csv"], unzip=False).fetched == 0
    assert download("titanic", out, unzip=False).fetched == 1
    assert zipfile.ZipFile(out / "titanic.zip").testzip() is None
    assert download("titanic", out, unzip=False).fetched == 0
    assert world.count("download") == 2


def test_an_archive_that_was_kept_is_unpacked_without_fetching_it_again(world, out):
    download("titanic", out, unzip=False)
    download("titanic", out)
    world.check(out)
    assert world.count("download") == 1
    assert (out / "titanic.zip").exists()


def test_warnings_on_standard_output_are_passed_over(world, out):
    world.set(
        warning="Warning: Looks like you're using an outdated `kaggle` version "
        "(installed: 2.2.4), please consider upgrading to the latest version (2.3.0)\n"
    )
    download("titanic", out)
    world.check(out)


def test_an_older_client_with_rounded_sizes_is_understood(world, out, monkeypatch):
    """Version 1.7 has another name for itself; older ones list "59KB"."""
    monkeypatch.delenv("KAGGLE_API_TOKEN")
    monkeypatch.setenv("KAGGLE_USERNAME", "somebody")
    monkeypatch.setenv("KAGGLE_KEY", "0123456789abcdef0123456789abcdef")
    world.set(banner="Kaggle API", version="1.7.4.5", listed={"train.csv": "5KB"})
    download("titanic", out)
    world.check(out)
    assert download("titanic", out).fetched == 0


def test_a_broken_record_is_no_obstacle(world, out):
    download("titanic", out)
    (out / ".download.json").write_text("{")
    assert download("titanic", out).fetched == 0
    world.check(out)


def test_the_record_says_what_came(world, out):
    download("titanic", out)
    told = json.loads((out / ".download.json").read_text())
    assert told["whole"]
    assert told["files"]["train.csv"] == [5000, 5000]


def test_the_command_prints_what_is_there(world, out, mel):
    done = mel("titanic", "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [
        "folder",
        str(out),
        "files",
        "4",
        "bytes",
        "708,000",
        "fetched",
        "4",
    ]
    world.check(out)


def test_the_command_takes_several_files(world, out, mel):
    done = mel("titanic", "--out", out, "--file", "train.csv", "--file", "test.csv")
    assert done.returncode == 0, done.stderr
    world.check(out, ["train.csv", "test.csv"])
    assert not (out / "train").exists()


def test_the_command_needs_a_folder(world, mel):
    done = mel("titanic")
    assert done.returncode == 2
    assert done.stderr.startswith("mel: ")
    assert "--out" in done.stderr


def test_the_client_is_never_imported():
    for path in (Path(__file__).parents[3] / "mel").rglob("*.py"):
        assert "import kaggle\n" not in path.read_text().replace("from mel import kaggle\n", "")

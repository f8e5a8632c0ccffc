"""`mel folds repeat`, `mel folds inner`, and what `mel folds build` says of a held-out scheme."""

import pytest


@pytest.fixture
def work(mel, competition, recipe, tmp_path):
    """A work folder with its images."""
    place = tmp_path / "work"
    assert mel("kaggle", "load", recipe, "--data", competition, "--work", place).returncode == 0
    return place


def test_maps_of_several_seeds_and_an_inner_hold_out_are_made(mel, recipe, work, tmp_path):
    repeated = mel("folds", "repeat", recipe, "--work", work, "--seeds", "0,7")
    assert repeated.returncode == 0, repeated.stderr
    lines = [line.split() for line in repeated.stdout.splitlines()]
    assert [line[0] for line in lines] == ["seed", "0", "7"]
    assert (work / "folds" / "seed-7.parquet").is_file()
    assert "trains" not in mel("folds", "build", recipe, "--work", work).stdout
    out = tmp_path / "inner.parquet"
    parted = mel("folds", "inner", "--work", work, "--fold", 0, "--share", 0.3, "--out", out)
    assert parted.returncode == 0, parted.stderr
    facts = dict(line.split(maxsplit=1) for line in parted.stdout.splitlines())
    assert list(facts) == ["train", "hold-out", "digest", "file"]
    assert int(facts["train"]) > int(facts["hold-out"]) > 0
    assert out.is_file()
    wrong = mel("folds", "inner", "--work", work, "--fold", 9, "--out", out)
    assert wrong.returncode == 2
    assert "no fold 9; the map has folds 0 to" in wrong.stderr


def test_seeds_that_are_no_numbers_are_refused(mel, recipe, work):
    done = mel("folds", "repeat", recipe, "--work", work, "--seeds", "0;1")
    assert done.returncode == 2
    assert "'0;1' is no list of whole numbers such as 0,1,2" in done.stderr


def test_folds_held_out_by_a_column_say_what_each_trains_on(mel, recipe, work):
    text = recipe.read_text(encoding="utf-8")
    start = text.index("[folds]")
    end = text.index("\n[", start + 1)
    recipe.write_text(
        text[:start] + '[folds]\nscheme = "held-out"\nheld_out = "sex"\n' + text[end:],
        encoding="utf-8",
    )
    done = mel("folds", "build", recipe, "--work", work)
    assert done.returncode == 0, done.stderr
    first, second, *rows = done.stdout.splitlines()
    assert first.startswith("held-out by sex: 0 ")
    assert second.split()[:4] == ["fold", "scored", "positives", "trains"]
    assert rows[0].split()[0] == "0"

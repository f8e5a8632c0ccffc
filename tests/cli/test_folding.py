"""`mel folds repeat`, `mel folds inner`, and what `mel folds build` says of a held-out scheme."""

import re


def test_maps_of_several_seeds_and_folds_held_out_by_a_column(mel, competition, recipe, tmp_path):
    work = tmp_path / "work"
    assert mel("kaggle", "load", recipe, "--data", competition, "--work", work).returncode == 0
    repeated = mel("folds", "repeat", recipe, "--work", work, "--seeds", "0,7")
    assert repeated.returncode == 0, repeated.stderr
    lines = [line.split() for line in repeated.stdout.splitlines()]
    assert [line[0] for line in lines] == ["seed", "0", "7"]
    assert (work / "folds" / "seed-7.parquet").is_file()

    text = recipe.read_text(encoding="utf-8")
    start = text.index("[folds]")
    end = text.index("\n[", start + 1)
    scheme = '[folds]\nscheme = "held-out"\nheld_out = "sex"\n'
    recipe.write_text(text[:start] + scheme + text[end:], encoding="utf-8")
    built = mel("folds", "build", recipe, "--work", work)
    assert built.returncode == 0, built.stderr
    first, second, third, *_ = built.stdout.splitlines()
    assert first.startswith("held-out by sex: 0 ")
    assert second.split()[:4] == ["fold", "scored", "positives", "trains"]
    assert third.split()[0] == "0"
    refused = mel("folds", "repeat", recipe, "--work", work)
    assert refused.returncode == 2
    assert "no seed changes the scheme held-out; build it once" in refused.stderr


def test_seeds_that_are_no_numbers_are_refused(mel, recipe, tmp_path):
    done = mel("folds", "repeat", recipe, "--work", tmp_path, "--seeds", "0;1")
    assert done.returncode == 2
    assert "'0;1' is no list of whole numbers such as 0,1,2" in done.stderr


def test_an_inner_hold_out_is_written_and_counted(mel, table, folds, tmp_path):
    table.write(tmp_path / "images.parquet")
    folds.write(tmp_path / "folds.parquet")
    out = tmp_path / "inner.parquet"
    done = mel("folds", "inner", "--work", tmp_path, "--fold", 0, "--share", 0.3, "--out", out)
    assert done.returncode == 0, done.stderr
    facts = dict(re.split(r"\s{2,}", line, maxsplit=1) for line in done.stdout.splitlines())
    assert list(facts) == ["train", "held out", "digest", "file"]
    assert int(facts["train"]) + int(facts["held out"]) == 45
    assert out.is_file()
    wrong = mel("folds", "inner", "--work", tmp_path, "--fold", 9, "--out", out)
    assert wrong.returncode == 2
    assert "no fold 9; the map has folds 0 to 3" in wrong.stderr


def test_a_single_number_is_a_seed_and_not_how_many(mel, competition, recipe, tmp_path):
    assert "3 is one of seed 3" in " ".join(mel("folds", "repeat", "--help").stdout.split())
    work = tmp_path / "work"
    assert mel("kaggle", "load", recipe, "--data", competition, "--work", work).returncode == 0
    done = mel("folds", "repeat", recipe, "--work", work, "--seeds", "3")
    assert done.stdout.splitlines()[-1] == (
        "one map, of seed 3; for more, list their seeds: --seeds 0,1,2"
    )

"""`mel kaggle duplicates`: what a person reads."""


def test_the_command_prints_counts_and_files_and_refuses_a_bad_threshold(
    mel, competition, recipe, tmp_path
) -> None:
    work = tmp_path / "work"
    mel("kaggle", "load", recipe, "--data", competition, "--work", work)
    (broken,) = sorted((competition / "jpeg" / "test").iterdir())[:1]
    broken.write_bytes(b"no picture")
    done = mel("kaggle", "duplicates", "--work", work, "--threshold", 0.03, "--report")
    assert done.returncode == 0, done.stderr
    lines = {line.split("  ")[0]: line for line in done.stdout.splitlines()}
    assert lines["pairs"].split()[-1] == "2"
    assert "not an image format" in lines[broken.stem]
    assert (work / "duplicates.parquet").is_file()
    assert (work / "duplicates.png").is_file()
    told = " ".join(done.stdout.split())
    assert 'duplicates = "find"' in told
    assert "load uses the threshold 0.04" in told
    sentences = done.stdout.split("To keep copies")[1]
    assert all(len(line) <= 80 for line in sentences.splitlines())
    refused = mel("kaggle", "duplicates", "--work", work, "--threshold", 7)
    assert refused.returncode == 2
    assert "threshold 7: give 0 or more, and less than 1" in refused.stderr

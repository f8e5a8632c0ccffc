"""One run at a time in a work folder, and no lock that outlives its holder."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from mel.errors import MelError
from mel.files import read_json
from mel.pipeline import Work


def test_a_second_run_in_the_same_folder_is_refused_in_one_line(tmp_path):
    with Work(tmp_path).locked(), pytest.raises(MelError, match="another mel") as caught:
        Work(tmp_path).locked().__enter__()
    assert len(str(caught.value).splitlines()) == 1


def test_the_lock_ends_with_the_run_even_when_it_fails(tmp_path):
    with pytest.raises(ZeroDivisionError), Work(tmp_path).locked():
        _ = 1 / 0
    with Work(tmp_path).locked():
        pass


def test_folds_may_be_trained_side_by_side_but_not_beside_a_run(tmp_path):
    work = Work(tmp_path)
    with work.locked(shared=True), work.locked(shared=True), pytest.raises(MelError):
        work.locked().__enter__()
    with Work(tmp_path).locked(), pytest.raises(MelError, match="another mel"):
        Work(tmp_path).locked(shared=True).__enter__()


def test_a_killed_process_leaves_no_lock(tmp_path):
    code = (
        "import os, sys; from pathlib import Path; from mel.pipeline.folder import Work\n"
        "with Work(Path(sys.argv[1])).locked(): os.kill(os.getpid(), 9)"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=False)
    assert ended.returncode == -9
    with Work(tmp_path).locked():
        pass


def test_times_that_several_note_at_once_are_all_kept(tmp_path):
    names = [f"cnn/m{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: Work(tmp_path).took(name, 1.04), names))
    assert read_json(Work(tmp_path).times) == dict.fromkeys(sorted(names), 1.0)


def test_a_work_folder_that_is_a_file_is_refused(tmp_path):
    file = tmp_path / "work"
    file.write_text("")
    with pytest.raises(MelError, match="choose another --work"):
        Work(file).locked().__enter__()


def test_a_folder_that_is_not_there_is_begun_by_loading(tmp_path):
    work = Work(tmp_path / "work")
    for ask in (work.required, work.loaded, work.parted):
        with pytest.raises(MelError, match="no such work folder; mel kaggle load RECIPE --data"):
            ask()
    assert not work.root.exists()


def test_what_is_missing_is_named_with_the_command_that_makes_it(tmp_path):
    with pytest.raises(MelError, match=r"images\.parquet: no such file; .* mel kaggle load"):
        Work(tmp_path).loaded()
    with pytest.raises(MelError, match=r"folds\.parquet: no such file; .* mel folds build"):
        Work(tmp_path).parted()

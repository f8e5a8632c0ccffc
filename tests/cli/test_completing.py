"""After Tab a shell offers commands, options and known values, at once."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PLACE = Path(sys.executable).parent


def _bash(script, directory, **more):
    path = os.pathsep.join([str(PLACE), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        cwd=directory,
        env=os.environ | {"PATH": path, "PYTHONPATH": os.pathsep.join(sys.path)} | more,
    ).stdout


def _offered(lines, directory):
    """Let a real bash complete the last word of lines by what `mel --show-completion` gives."""
    script = ['eval "$(mel --show-completion bash)"', "complete -p mel"]
    for line in lines:
        words = line.split(" ")
        quoted = " ".join(f"'{word}'" for word in words)
        script.append(f"COMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; _mel_completion mel")
        script.append('echo "${COMPREPLY[*]}"')
    registered, *offered = _bash("\n".join(script), directory).splitlines()
    assert registered == "complete -o default -F _mel_completion mel"
    return dict(zip(lines, offered, strict=True))


@pytest.fixture
def place(tmp_path):
    """A work folder; a member that has only begun has no scores, and figures are no member."""
    members = ("cnn/resnet50-64", "cnn/resnet18-32")
    files = [f"{name}/{file}" for name in members for file in ("recipe.json", "test.parquet")]
    files += ["cnn/resnet101-96/recipe.json", "cnn/figures/curves.svg", "ensemble/best/blend.json"]
    for file in (*files, "tabular/lightgbm/test.parquet"):
        (path := tmp_path / "work" / file).parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / "mine.toml").touch()
    return tmp_path


def test_bash_offers_what_is_known(place):
    expected = {
        "mel cnn tr": "train",
        "mel run si": "siim-2020",
        "mel status mi": "mine.toml",
        "mel cnn list densenet1": "densenet121 densenet169",
        "mel cnn export --work work --member ": "resnet101-96 resnet18-32 resnet50-64",
        "mel submit make --work work --from c": "cnn/resnet18-32 cnn/resnet50-64",
        "mel submit score --variant s": "single",
        "mel ensemble bundle --work work --blend ": "best",
        "mel ensemble bundle --work elsewhere --blend ": "",
    }
    assert _offered(expected, place) == expected


@pytest.mark.parametrize(
    ("shell", "form"), [("zsh", '"--nested":"Then refit'), ("fish", "--nested\tThen refit")]
)
def test_zsh_and_fish_are_told_what_each_option_is(shell, form, tmp_path):
    asked = {
        "_MEL_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": "mel tabular train --ne",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    assert form in _bash("mel", tmp_path, **asked)
    named = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # whatever shell runs this
    assert "mel" in _bash(f"mel --show-completion {shell}", tmp_path, **named)


def test_completing_a_command_imports_nothing_heavy(tmp_path):
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr)); "
    code += "from mel.cli import main; main()"
    asked = {"_MEL_COMPLETE": "complete_bash", "COMP_WORDS": "mel run ", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=os.environ | asked
    )
    assert "siim-2020" in done.stdout.split()
    assert not {"polars", "numpy", "rich", "keras", "mel.pipeline"} & set(done.stderr.split())

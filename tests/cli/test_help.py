"""Every command explains itself with an example, at once, and imports nothing heavy to do it."""

import inspect
import json
import resource
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from mel.cli.main import app

HEAVY = ("tensorflow", "keras", "lightgbm", "sklearn", "streamlit", "polars", "numpy", "rich")


def _commands(command, path=()):
    """Give every command below one, by the words that lead to it."""
    found = {path: command}
    for name, inner in getattr(command, "commands", {}).items():
        found |= _commands(inner, (*path, name))
    return found


COMMANDS = _commands(typer.main.get_command(app))
SPOKEN = {" ".join(path) or "mel": path for path in COMMANDS}


def test_every_door_that_was_promised_is_there():
    assert set(SPOKEN) == {
        *("mel", "app", "run", "demo", "status", "kaggle", "kaggle synth", "kaggle load"),
        *("kaggle bundle", "kaggle prepare", "kaggle download", "kaggle explore"),
        *(
            "kaggle duplicates",
            "folds",
            "folds build",
            "folds audit",
            "cnn",
            "cnn list",
            "cnn train",
            "cnn predict",
        ),
        *("cnn doctor", "cnn export", "cnn preview", "cnn report"),
        *("folds import", "folds repeat", "folds inner"),
        *(
            "tabular",
            "tabular train",
            "tabular features",
            "tabular importance",
            "ensemble",
            "ensemble blend",
        ),
        *("submit", "submit make", "submit check", "submit score"),
        *("submit send", "submit list", "submit blend"),
        *("ensemble bundle", "ensemble import", "ensemble report"),
    }


@pytest.mark.parametrize("name", SPOKEN)
def test_every_command_has_a_help_text_and_an_example_that_parses(name):
    command = COMMANDS[SPOKEN[name]]
    assert len(inspect.cleandoc(command.help).splitlines()[0]) > 10
    assert command.epilog.startswith("Example: mel ")
    words = shlex.split(command.epilog.removeprefix("Example: mel "))
    path = tuple(words[: 2 if len(words) > 1 and tuple(words[:2]) in COMMANDS else 1])
    assert path[: len(SPOKEN[name])] == SPOKEN[name]
    COMMANDS[path].make_context(path[-1], words[len(path) :])


def test_who_knows_a_command_knows_its_file():
    for path, command in COMMANDS.items():
        if not hasattr(command, "commands"):
            found = command.callback.__module__.split(".")
            assert [word.rstrip("_") for word in found] == ["mel", "cli", *path]


@pytest.mark.parametrize("width", [80, 100])
def test_every_help_is_a_page_that_fits_its_terminal(width):
    """Files, statuses and an example that a shell takes stand at the end of each command's."""
    for path, command in COMMANDS.items():
        context = command.make_context(
            " ".join(path), [], resilient_parsing=True, terminal_width=width
        )
        text = command.get_help(context)
        assert max(map(len, text.splitlines())) <= width, path
        assert "..." not in text.partition("Commands:")[2], path
        example = text.partition("Example:\n")[2].replace("\\\n", " ")
        assert shlex.split(example) == shlex.split(command.epilog.removeprefix("Example: "))
        assert "Exit status:" in text or hasattr(command, "commands"), path


@pytest.mark.parametrize("name", SPOKEN)
def test_every_option_says_what_it_is(name):
    for option in COMMANDS[SPOKEN[name]].params:
        assert option.help, option.name


def test_an_argument_is_called_in_the_help_as_it_is_written():
    """FILE, or FILE... where there may be several; in brackets where it may be left out."""
    helps = {}
    for path, command in COMMANDS.items():
        context = command.make_context("mel", [], resilient_parsing=True)
        helps[" ".join(path)] = text = command.get_help(context)
        assert "<" not in text.partition("Arguments:")[2].partition("Options:")[0], path
    for path, usage, argument in (
        ("submit blend", "FILE...", "  FILE...  Submissions, whoever wrote them."),
        ("submit check", "FILE", "  FILE  The submission."),
        ("status", "[RECIPE]", "  RECIPE  By default the last run's."),
    ):
        assert helps[path].splitlines()[0] == f"Usage: mel [OPTIONS] {usage}"
        assert argument in helps[path]


def test_no_help_imports_anything_heavy():
    """All helps in one process, so that whatever one of them imports is seen."""
    code = (
        "import json, sys\n"
        "from mel.cli.main import app\n"
        "for path in json.loads(sys.argv[1]):\n"
        "    app(args=[*path, '--help'], standalone_mode=False)\n"
        "print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
    )
    paths = json.dumps([list(path) for path in COMMANDS])
    done = subprocess.run(
        [sys.executable, "-c", code, paths], capture_output=True, text=True, check=True
    )
    assert done.stdout.count("Usage: ") == len(COMMANDS)
    loaded = set(json.loads(done.stderr.splitlines()[-1]))
    assert loaded & set(HEAVY) == set()


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["cnn", "train", "--help"]])
def test_help_takes_less_than_half_a_second_of_work(words):
    """Processor time, the best of three: what else the machine does is not its fault."""
    spent = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "mel.cli", *words]
        subprocess.run(command, capture_output=True, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(spent) < 0.5


def test_the_version_is_the_package_s(mel):
    import mel as package

    assert mel("--version").stdout == f"mel {package.__version__}\n"


def test_the_program_is_installed_under_its_name():
    program = Path(sys.executable).parent / "mel"
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("mel ")


def test_the_package_is_the_program_too():
    command = [sys.executable, "-m", "mel", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("mel ")

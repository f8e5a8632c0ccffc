"""The Python API is the commands' API: a function for each, with the same defaults."""

import importlib
import inspect
from enum import Enum
from pathlib import Path

import pytest
import typer

from mel.cli.main import app

# Where each command's function is, and what its options are called there if not the same. A
# function that takes settings or frames, where the command takes a recipe and a work folder, has
# the pipeline's function for the command.
FUNCTIONS = {
    "app": "mel.pipeline:demo_bundle",
    "run": "mel:run",
    "demo": "mel:demo",
    "status": "mel:status",
    "kaggle synth": "mel.kaggle:synth",
    "kaggle load": "mel.kaggle:load",
    "kaggle download": "mel.kaggle:download",
    "kaggle prepare": "mel.pipeline:prepare",
    "kaggle explore": "mel.pipeline:explore",
    "kaggle duplicates": "mel.pipeline:find_copies",
    "kaggle bundle": "mel.kaggle:bundle",
    "folds build": "mel.folds:build",
    "folds audit": "mel.pipeline:audit",
    "folds import": "mel.pipeline:import_map",
    "folds repeat": "mel.pipeline:repeat_folds",
    "folds inner": "mel.pipeline:inner_folds",
    "cnn list": "mel.cnn:backbones",
    "cnn train": "mel.pipeline:train_members",
    "cnn predict": "mel.pipeline:predict",
    "cnn doctor": "mel.pipeline:doctor",
    "cnn export": "mel.pipeline:export",
    "cnn preview": "mel.pipeline:preview",
    "cnn report": "mel.pipeline:report",
    "tabular train": "mel.tabular:train",
    "tabular features": "mel.tabular:describe",
    "tabular importance": "mel.pipeline:importance",
    "ensemble blend": "mel.ensemble:blend",
    "ensemble bundle": "mel.pipeline:bundle",
    "ensemble import": "mel.pipeline:import_scores",
    "ensemble report": "mel.pipeline:blend_report",
    "submit make": "mel.submit:make",
    "submit check": "mel.submit:check",
    "submit score": "mel.submit:score",
    "submit send": "mel.submit:send",
    "submit list": "mel.submit:list",
    "submit blend": "mel.submit:blend",
}


def _commands(command, path=()):
    inner = getattr(command, "commands", {})
    if not inner and path:
        return {" ".join(path): command}
    return {k: v for n, c in inner.items() for k, v in _commands(c, (*path, n)).items()}


COMMANDS = _commands(typer.main.get_command(app))


def _function(name):
    module, _, function = FUNCTIONS[name].partition(":")
    return getattr(importlib.import_module(module), function)


def _plain(value):
    """What an option's default means, however the two sides write it."""
    value = value.value if isinstance(value, Enum) else value
    value = str(value) if isinstance(value, Path) else value
    return None if value in ((), [], "", None) else value


def test_every_command_has_a_function():
    assert set(FUNCTIONS) == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_function_is_typed_and_says_what_it_does(name):
    found = _function(name)
    assert inspect.getdoc(found)
    if inspect.isfunction(found):
        assert inspect.signature(found).return_annotation is not inspect.Signature.empty


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_and_its_function_both_take_has_one_default(name):
    """An option that is None leaves the choice to the function."""
    known = inspect.signature(_function(name)).parameters
    for option in COMMANDS[name].params:
        if option.name in known and option.default is not None:
            other = known[option.name].default
            if other is not inspect.Parameter.empty:
                assert _plain(option.default) == _plain(other), option.name

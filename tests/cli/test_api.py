"""The Python API is the commands' API: a function for each, with the same defaults."""

import importlib
import inspect
from enum import Enum
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
import typer

from mel import ensemble, kaggle, pipeline
from mel.cli.main import app

# Of every command the same words, as a function of the pipeline on a work folder, else as one of
# the room; but for two, whose names are taken.
OTHERS = {
    "cnn list": "mel.cnn:backbones",  # `list` is Python's
    "tabular features": "mel.tabular:describe",  # `features` is where they are made
}
HANDED_ON = {
    pipeline.kaggle_bundle: kaggle.bundle,
    pipeline.kaggle_prepare: kaggle.prepare,
    pipeline.ensemble_import: ensemble.import_scores,
}


def _commands(command, path=()):
    inner = getattr(command, "commands", {})
    if not inner and path:
        return {" ".join(path): command}
    return {k: v for n, c in inner.items() for k, v in _commands(c, (*path, n)).items()}


COMMANDS = _commands(typer.main.get_command(app))


def _function(name):
    if name in OTHERS:
        module, _, function = OTHERS[name].partition(":")
        return getattr(importlib.import_module(module), function)
    same = name.replace(" ", "_")
    if same in pipeline.__all__:
        return getattr(pipeline, same)
    room, _, verb = name.partition(" ")
    return getattr(importlib.import_module(f"mel.{room}"), verb)


def _parameters(found):
    """Names and defaults; of options that are handed on, those of the function that takes them."""
    known = dict(inspect.signature(found).parameters)
    handed = known.pop("options", None)
    return known | (_parameters(HANDED_ON[found]) if handed else {})


def _plain(value):
    """What an option's default means, however the two sides write it."""
    value = value.value if isinstance(value, Enum) else value
    value = str(value) if isinstance(value, Path) else value
    return None if value in ((), [], "", None) else value


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_a_function_of_its_name_that_is_typed_and_says_what_it_does(name):
    found = _function(name)
    assert inspect.getdoc(found)
    if inspect.isfunction(found):
        assert inspect.signature(found).return_annotation is not inspect.Signature.empty


@pytest.mark.parametrize("name", COMMANDS)
def test_what_a_command_and_its_function_both_take_has_one_default(name):
    """An option that is None leaves the choice to the function."""
    known = _parameters(_function(name))
    for option in COMMANDS[name].params:
        if option.name in known and option.default is not None:
            other = known[option.name].default
            if other is not inspect.Parameter.empty:
                assert _plain(option.default) == _plain(other), option.name


@pytest.mark.parametrize("found", HANDED_ON)
def test_options_that_are_handed_on_are_typed_as_where_they_go(found):
    taken = inspect.signature(HANDED_ON[found]).parameters.values()
    expected = {one.name: one.annotation for one in taken if one.kind is one.KEYWORD_ONLY}
    (typed,) = get_args(inspect.signature(found).parameters["options"].annotation)
    hints = get_type_hints(typed)
    assert hints.items() <= expected.items()
    own = {"name", "own_folds"}  # of an import, which the pipeline gives itself
    assert expected.keys() - hints.keys() == (own if found is pipeline.ensemble_import else set())

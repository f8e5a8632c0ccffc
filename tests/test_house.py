"""The house stands as drawn: layers, doors, sizes, pins, and what is kept out of it."""

import ast
import importlib
import inspect
import re
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import mel

ROOT = Path(__file__).parent.parent
MODULES = sorted((ROOT / "mel").rglob("*.py"))
ROOMS = ("app", "cli", "cnn", "ensemble", "folds", "kaggle", "pipeline", "submit", "tabular")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
TRAINING = {"tensorflow", "keras", "keras_cv", "jax"}
HEAVY = {*TRAINING, "lightgbm", "sklearn", "matplotlib", "streamlit", "numba"}
ARTEFACTS = ("images", "metrics", "predictions", "tables")
BELOW = ("bundles", "checks", "files", "graphs", "process", "report", "views")
EXTRAS = tuple(PROJECT["project"]["optional-dependencies"])


def names(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Every absolute import, wherever it stands in the file."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Every function's name and its lines, without decorators and docstring."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            start = node.lineno
            if ast.get_docstring(node):
                start = node.body[0].end_lineno or start
            yield f"{names(path)}:{node.name}", (node.end_lineno or start) - start


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"{ROOT} is no git checkout")
    return [ROOT / line for line in done.stdout.splitlines() if (ROOT / line).is_file()]


def requirements(extra: str = "") -> list[Requirement]:
    project = PROJECT["project"]
    texts = project["optional-dependencies"][extra] if extra else project["dependencies"]
    return [Requirement(text) for text in texts]


# layers and doors


def test_every_layer_knows_only_those_below_it() -> None:
    linter = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"]
    done = subprocess.run([*linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_every_module_of_the_house_stands_in_a_layer() -> None:
    """A new module that no layer names could import anything, unseen."""
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    placed = set(re.findall(r"mel\.(\w+)", " ".join(layers)))
    found = {p.stem for p in (ROOT / "mel").glob("*.py")} - {"__init__", "__main__"}
    found |= {p.parent.name for p in (ROOT / "mel").glob("*/__init__.py")}
    assert found <= placed


def test_only_the_cnn_room_knows_tensorflow() -> None:
    for path in MODULES:
        if "cnn" not in path.parts:
            assert not TRAINING & {name.partition(".")[0] for name in imports(path)}, names(path)


def test_nothing_unpickles() -> None:
    """A pickle in a shared work folder would run as code."""
    unsafe = {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "marshal", "shelve"}
    for path in MODULES:
        assert not unsafe & {name.partition(".")[0] for name in imports(path)}, names(path)
        assert "allow_pickle=True" not in path.read_text(encoding="utf-8"), names(path)


@pytest.mark.parametrize("room", ["", *(f".{room}" for room in ROOMS)])
def test_opening_a_room_imports_nothing_heavy(room: str) -> None:
    code = f"import mel{room}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(done.stdout.split())


def test_what_training_and_serving_share_imports_nothing_heavy() -> None:
    shared = "mel.images.listing, mel.metadata, mel.process, mel.views"
    code = f"import {shared}, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not HEAVY & loaded
    assert not {name for name in loaded if name.startswith("mel.cnn")}


def test_importing_mel_alone_costs_nothing() -> None:
    code = "import mel, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"polars", "numpy", "pydantic", "PIL", "typer"} & set(done.stdout.split())


def test_every_room_opens_by_its_name_and_no_other_does() -> None:
    functions = {"demo", "run", "status"}
    for room in set(mel.__all__) - functions:
        assert getattr(mel, room).__name__ == f"mel.{room}"
    for name in functions:
        assert getattr(mel, name) is getattr(mel.pipeline, name)
    assert set(mel.__all__) >= {"errors", "files", "progress", *ROOMS} - {"cli"}
    assert set(mel.__all__) <= set(dir(mel))
    with pytest.raises(AttributeError, match="no attribute 'attic'"):
        _ = mel.attic


# modules and functions


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_a_module_says_what_it_offers(path: Path) -> None:
    """`__all__` is there, in order, and names nothing that is not."""
    if path.name == "__main__.py":
        return
    offered: list[str] = []
    defined: set[str] = set()
    body = tree(path).body
    typed = [inner for node in body if isinstance(node, ast.If) for inner in node.body]
    for node in (*body, *typed):  # what is under TYPE_CHECKING is given by __getattr__
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            defined |= {n.id for t in targets for n in ast.walk(t) if isinstance(n, ast.Name)}
            if ast.unparse(targets[0]) == "__all__" and node.value is not None:
                offered = ast.literal_eval(node.value)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            defined |= {(alias.asname or alias.name) for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            defined.add(node.name)
    assert "__all__" in defined
    if path != ROOT / "mel" / "__init__.py":
        assert set(offered) <= defined
    assert len(set(offered)) == len(offered)


def test_every_public_function_is_shown_by_an_example() -> None:
    """What is offered is shown at work: a docstring with a line to try, which the tests try."""
    lacking = []
    for name in (*(room for room in ROOMS if room not in ("app", "cli")), *ARTEFACTS, *BELOW):
        room = importlib.import_module(f"mel.{name}")
        for offered in room.__all__:
            found = inspect.unwrap(getattr(room, offered))
            if inspect.isfunction(found) and ">>> " not in (inspect.getdoc(found) or ""):
                lacking.append(f"mel.{name}.{offered}")
    assert not lacking, f"without an example: {', '.join(lacking)}"


def test_modules_stay_small() -> None:
    lines = {names(p): len(p.read_text(encoding="utf-8").splitlines()) for p in MODULES}
    assert {name: count for name, count in lines.items() if count > 300} == {}
    assert statistics.median(lines.values()) <= 150


def test_functions_stay_small() -> None:
    lines = dict(pair for path in MODULES for pair in functions(path))
    assert {name: count for name, count in lines.items() if count > 50} == {}
    assert statistics.median(lines.values()) <= 12
    assert statistics.quantiles(lines.values(), n=20)[18] <= 30


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_no_user_data_meets_an_assert(path: Path) -> None:
    """Python -O drops asserts, and their message helps nobody."""
    assert [n.lineno for n in ast.walk(tree(path)) if isinstance(n, ast.Assert)] == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_room_has_its_tests(room: str) -> None:
    assert list((ROOT / "tests" / room).glob("test_*.py"))


def test_every_test_is_named_as_a_sentence() -> None:
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                assert node.name.count("_") >= 2, f"{names(path)}:{node.name}"


# dependencies


def pins() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", LOCK, re.MULTILINE):
        found.setdefault(canonicalize_name(name), []).append(version)
    return found


def test_the_lock_names_no_index() -> None:
    """Whoever installs from it chooses the registry; an address would bind it to one."""
    assert not re.search(r"://|^\s*--?(?!hash=)\w", LOCK, re.MULTILINE)


def test_every_pin_has_its_hashes() -> None:
    entries = [e for e in re.split(r"\n(?=\S)", LOCK.strip()) if not e.startswith("#")]
    assert len(entries) > 50
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.splitlines()[0]


@pytest.mark.parametrize("group", ["", *EXTRAS, "dev", "docs"])
def test_every_dependency_is_pinned_within_its_range(group: str) -> None:
    wanted = (
        [Requirement(text) for text in PROJECT["dependency-groups"][group]]
        if group in PROJECT["dependency-groups"]
        else requirements(group)
    )
    for requirement in wanted:
        versions = pins()[canonicalize_name(requirement.name)]
        assert any(v in requirement.specifier for v in versions), str(requirement)


def test_the_lock_holds_what_an_offline_build_needs() -> None:
    """`make setup` installs mel without build isolation."""
    build = [Requirement(text) for text in PROJECT["build-system"]["requires"]]
    for name in [*(requirement.name for requirement in build), "editables"]:
        assert canonicalize_name(name) in pins()


def test_plain_mel_brings_no_training_and_no_app() -> None:
    plain = {canonicalize_name(requirement.name) for requirement in requirements()}
    assert not plain & {"tensorflow", "keras", "keras-cv", "streamlit", "kaggle"}


def test_every_import_is_declared() -> None:
    distributions = {"PIL": "pillow", "sklearn": "scikit-learn", "keras_cv": "keras-cv"}
    distributions |= {"google_crc32c": "google-crc32c"}
    declared = {r.name for e in ("", *EXTRAS) for r in requirements(e)}
    for path in MODULES:
        for name in {name.partition(".")[0] for name in imports(path)}:
            if name != "mel" and name not in sys.stdlib_module_names:
                assert distributions.get(name, name) in declared, f"{names(path)}: {name}"


def test_ranges_admit_kaggles_notebook_image() -> None:
    image = {"tensorflow": "2.19.0", "polars": "1.31.0", "numpy": "2.0.2", "keras": "3.10.0"}
    for requirement in [*requirements(), *requirements("train")]:
        if requirement.name in image:
            assert image[requirement.name] in requirement.specifier, str(requirement)


# papers


def test_the_version_is_one() -> None:
    assert PROJECT["project"]["version"] == mel.__version__
    assert mel.__version__ in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_readmes_first_screen_has_both_commands_and_the_disclaimer() -> None:
    screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40]).lower()
    for text in ("make demo", "make test", "no diagnosis", "medical device"):
        assert text in screen


def test_every_command_of_the_papers_exists() -> None:
    import click
    import typer

    from mel.cli.main import app

    root = typer.main.get_command(app)
    made = {ROOT / "docs" / "reference" / "errors.md", *(ROOT / "docs" / "results").glob("*")}
    guides = [page for page in (ROOT / "docs").rglob("*.md") if page not in made]
    for paper in [*ROOT.glob("*.md"), *(ROOT / "benchmarks").glob("*.md"), *guides]:
        text = paper.read_text(encoding="utf-8")
        code = re.findall(r"```sh\n(.*?)```", text, re.DOTALL) + re.findall(r"`mel [^`]+`", text)
        for line in re.findall(r"\bmel ((?:[a-z]+ ?)+)", "\n".join(code)):
            command: click.Command = root
            for word in line.split():
                if not hasattr(command, "commands"):
                    break
                assert word in command.commands, f"{paper.name}: mel {line}"
                command = command.commands[word]


def test_every_link_of_the_papers_leads_somewhere() -> None:
    for paper in [*ROOT.glob("*.md"), *(ROOT / "benchmarks").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)", paper.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (paper.parent / target).exists(), f"{paper.name}: {target}"


def test_no_file_names_a_place_on_one_machine() -> None:
    for path in tracked():
        if path.suffix in {".py", ".md", ".toml", ".yaml", ".lock", ".ipynb", ""}:
            text = path.read_text(encoding="utf-8")
            assert not re.search(r"/(?:home|root|Users)/\w", text), names(path)


def test_no_data_is_kept_with_the_code() -> None:
    data = {".jpg", ".jpeg", ".png", ".csv", ".parquet", ".npy", ".npz", ".keras", ".h5", ".zip"}
    kept = [path for path in tracked() if path.suffix.lower() in data]
    assert [names(path) for path in kept if path != ROOT / "docs" / "app.png"] == []


def test_the_guides_data_settings_are_accepted() -> None:
    from mel.config import DataSettings

    guide = (ROOT / "docs" / "guides" / "data.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```toml\n(.*?)```", guide, re.DOTALL)
    found = DataSettings.model_validate(tomllib.loads(text)["data"])
    assert found.columns is not None
    assert [source.adapter for source in found.external] == ["isic2019"]


def test_the_guides_python_example_runs(tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "guides" / "python.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "AucReport" in done.stdout
    assert (tmp_path / "submission.csv").is_file()

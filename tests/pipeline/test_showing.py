"""The demo's bundle: made once, with examples that anybody can click on, and used again."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mel.bundles import Bundle, write_bundle
from mel.files import read_json, write_json
from mel.pipeline import Wanted, demo_bundle
from mel.pipeline.bundling.examples import examples


@pytest.fixture
def bundled(monkeypatch: pytest.MonkeyPatch) -> list[list[dict[str, str]]]:
    """Stand in for training and for the graphs; every bundle that is made lists its examples."""
    found: list[list[dict[str, str]]] = []

    def bundle(work: Path, out: Path, wanted: Wanted) -> None:
        files = examples(wanted.examples)
        found.append(json.loads(bytes(files["examples/examples.json"])))  # type: ignore[arg-type]
        blend = work / "ensemble" / "blend" / "blend.json"
        files |= {f"blends/{name}/blend.json": blend for name in ("context", "single")}
        write_bundle(out, files, {"name": "blend", "main": "context"})

    monkeypatch.setattr("mel.pipeline.showing.demo", lambda *_, **__: None)
    monkeypatch.setattr("mel.pipeline.showing.ensemble_bundle", bundle)
    return found


def test_the_demos_bundle_is_made_once(work: Path, bundled: list[object]) -> None:
    out = demo_bundle(work)
    assert demo_bundle(work) == out
    assert len(bundled) == 1
    assert Bundle.open(out).facts["name"] == "blend"


@pytest.mark.parametrize("change", ["blend", "bundle"])
def test_it_is_made_again_when_the_blend_or_a_byte_changed(
    work: Path, bundled: list[object], change: str
) -> None:
    out = demo_bundle(work)
    changes: dict[str, Callable[[], object]] = {
        "blend": lambda: _other(work / "ensemble" / "blend" / "blend.json"),
        "bundle": lambda: out.write_bytes(out.read_bytes()[:-9]),
    }
    changes[change]()
    assert demo_bundle(work) == out
    assert len(bundled) == 2


def _other(blend: Path) -> None:
    write_json(blend, read_json(blend) | {"digest": "another"})


def test_examples_hold_several_moles_of_one_person_and_say_how_each_was_drawn(
    work: Path, bundled: list[list[dict[str, str]]]
) -> None:
    demo_bundle(work)
    (shown,) = bundled
    people = [row["patient_id"] for row in shown]
    assert max(people.count(person) for person in people) >= 2
    assert len(set(people)) >= 2
    assert {row["note"] for row in shown} == {"drawn as harmless", "drawn as a melanoma"}

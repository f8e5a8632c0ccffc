"""A whole bundle for the app: hand-made networks, drawn pictures, and made-up facts."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mel.app.model import Model
from mel.app.serving import BUNDLE
from mel.bundles import Bundle, write_bundle
from mel.images.quality import Looks
from mel.pipeline.bundling.packing import plain

KNOWN = ({"age": 45.0, "sex": "female", "site": "torso"}, {"age": None, "sex": None, "site": None})
CARD = """# blend: a stacked ensemble

Made up for tests. ![a beacon](https://example.org/beacon.png)

## Known shortcuts and limits

- The ruler beside the mole.

## Fairness and privacy

- Hardly any dark skin.

## How it was evaluated

Out of fold.
"""


@pytest.fixture(scope="session")
def bundle(
    handmade: Path, tiny_competition: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """blend.mel with quality.json, facts, a card and six examples, four of one person."""
    found = Bundle.open(handmade / "blend.mel")
    files: dict[str, bytes | Path] = {name: found.read(name) for name in found.names}
    pictures = sorted((tiny_competition / "jpeg" / "train").glob("*.jpg"))
    listed = []
    for number, path in enumerate(pictures[:6]):
        files[f"examples/{path.name}"] = path
        about = {"image_id": path.stem, "file": path.name, "note": "drawn <b>here</b>"}
        listed.append(about | {"patient_id": f"p{number // 4}"} | KNOWN[number % 2])
    files |= {"card.md": CARD.encode(), "facts.json": plain(facts())}
    files |= {"examples/examples.json": plain(listed)}
    files |= {"quality.json": plain(Looks.fit(pictures[:40]).as_dict())}
    out = tmp_path_factory.mktemp("app") / "whole.mel"
    write_bundle(out, files, found.facts)
    return out


@pytest.fixture(scope="session")
def model(bundle: Path) -> Model:
    """The opened bundle."""
    return Model.open(bundle)


@pytest.fixture
def served(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The bundle as the script finds it."""
    monkeypatch.setenv(BUNDLE, str(bundle))
    return bundle


@pytest.fixture(scope="session")
def photos(tiny_competition: Path) -> list[Path]:
    """Pictures that are in no example."""
    return sorted((tiny_competition / "jpeg" / "test").glob("*.jpg"))


def encoded(pixels: Any, kind: str = "PNG") -> bytes:
    """Encode pixels."""
    buffer = BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8)).save(buffer, kind)
    return buffer.getvalue()


def facts() -> dict[str, Any]:
    """Facts as a bundle's maker writes them, made up."""
    auc = {"pooled": 0.8, "fold_mean": 0.79, "low": 0.7, "high": 0.88}
    steps = [k / 10 for k in range(11)]
    curve = {"said": [0.02, 0.1], "seen": [0.0, 0.2], "low": [0.0, 0.05], "high": [0.1, 0.5]}
    groups = [
        {"axis": "sex", "name": "female", "positives": 9, "value": 0.8, "low": 0.7, "high": 0.9},
        {"axis": "site", "name": "torso", "positives": 1, "value": None, "low": None, "high": None},
    ]
    proof = {"groups": groups, "calibrated": [{"method": "platt", "curve": curve}]}
    main = {
        "honest": auc,
        "calibration": {"method": "platt"},
        "roc": {"false_positive_rate": steps, "sensitivity": [s**0.5 for s in steps]},
        "evaluation": {"proof": proof},
    }
    counts = {"images": 60, "patients": 20, "positives": 10}
    return {
        "main": "single",
        "variants": {"single": main, "context": main},
        "members": [{"name": "one-32", "auc": auc}],
        "held_out": {"auc": 0.75, "low": 0.6, "high": 0.9},
        "data": {
            "splits": {"train": counts, "test": counts | {"positives": None}},
            "train_by": {"sex": {"female": {"images": 30, "positives": 6}}},
        },
    }

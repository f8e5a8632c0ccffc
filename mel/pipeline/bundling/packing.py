"""The files of a bundle, by their names in it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mel import cnn
from mel.files import read_json
from mel.images.quality import Looks
from mel.pipeline.bundling.asking import Wanted
from mel.pipeline.bundling.gathering import Gathered
from mel.pipeline.bundling.graphs import MEAN, Graphs
from mel.progress import say
from mel.submit.scoring import Member
from mel.views import read_reference

__all__ = ["Files", "files_of", "looks_of", "manifest_of", "plain"]

Files = dict[str, bytes | Path]


def plain(value: Any) -> bytes:
    """Give JSON as it stands in a bundle."""
    return (json.dumps(value, indent=1, allow_nan=False) + "\n").encode()


def files_of(gathered: Gathered, wanted: Wanted, graphs: Graphs) -> Files:
    """Give members, stack and blends; looks, examples, facts and card are put to them later."""
    files: Files = {}
    for name in gathered.members:
        files |= _member(gathered, wanted, name, graphs[name])
    if gathered.stack:
        files |= _stack(gathered.stack_folder)
    for name, variant in gathered.variants.items():
        files[f"blends/{name}/blend.json"] = _written(variant.blend)
    return files


def looks_of(gathered: Gathered) -> Files:
    """Give quality.json: what a sample of the training pictures looks like."""
    paths = gathered.table.train["path"].drop_nulls()
    if paths.is_empty():
        return {}
    say("bundle: measuring what training pictures look like")
    return {"quality.json": plain(Looks.fit(paths).as_dict())}


def manifest_of(gathered: Gathered, wanted: Wanted, *, bfloat16: bool) -> dict[str, Any]:
    """Give what the manifest says of the bundle."""
    return {
        "name": gathered.recipe.ensemble.name,
        "recipe": gathered.recipe.name,
        "members": list(gathered.members),
        "stack": gathered.stack,
        "main": gathered.main,
        "synthetic": gathered.table.synthetic,
        "bfloat16": bfloat16,
        "folds": list(wanted.chosen(gathered.folds.n_folds)),
        "made_of": wanted.said,
    }


def _member(
    gathered: Gathered, wanted: Wanted, name: str, graphs: Mapping[str, Mapping[int, bytes | Path]]
) -> Files:
    folder, settings = gathered.work.cnn(name), gathered.recipe.member(name)
    files: Files = {}
    names: dict[str, dict[str, str]] = {}
    references: dict[str, str] = {}
    for fold, sizes in graphs.items():
        place = f"members/{name}/{MEAN if fold == MEAN else f'fold{fold}'}"
        names[fold] = {str(size): f"{place}/graph-{size}.onnx" for size in sizes}
        files |= {names[fold][str(size)]: content for size, content in sizes.items()}
        if settings.tta.average == "rank":
            known = read_reference(folder / f"fold{fold}" / "reference.parquet")
            references[fold] = f"{place}/reference.json"
            files[references[fold]] = plain({kind: v.tolist() for kind, v in known.items()})
    member = Member(
        name=name,
        size=settings.size,
        tta=settings.tta,
        framing=read_json(folder / "recipe.json").get("framing") or {},
        metadata=settings.metadata,
        graphs=names,
        references=references,
        checkpoints={
            fold: cnn.digest_checkpoint(folder, int(fold)) for fold in graphs if fold != MEAN
        },
        weights=wanted.weights,
    )
    return files | {f"members/{name}/member.json": plain(member.model_dump(mode="json"))}


def _stack(folder: Path) -> Files:
    """Give what `mel.tabular.load` reads, and nothing that holds a row an image."""
    names = ["stack.json"]
    for variant in ("context", "single"):
        features = f"{variant}/features.json"
        names += [features, *(f"{variant}/{m}" for m in _models(folder / features))]
    return {f"stack/{name}": folder / name for name in names}


def _models(features: Path) -> Sequence[str]:
    return sorted(read_json(features)["models"])


def _written(blend: Any) -> bytes:
    with TemporaryDirectory(prefix="mel-") as folder:
        path = Path(folder) / "blend.json"
        blend.write(path)
        return path.read_bytes()

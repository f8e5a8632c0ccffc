"""Copies found in pictures: every change, both kinds, the cache, and what is broken."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image, ImageEnhance

from mel.errors import MelError
from mel.images.tfrecord import encode_example, write_records
from mel.kaggle import find_duplicates
from mel.kaggle.duplicates import find, label, signatures
from mel.kaggle.duplicates.search import search

_HIGH, _WIDE = 96, 128


def _picture(seed: int) -> Image.Image:
    """Draw a soft coloured picture with some grain, unlike any of another seed."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(40, 216, (7, 9, 3), dtype=np.uint8))
    soft = np.asarray(coarse.resize((_WIDE, _HIGH), Image.Resampling.BICUBIC), float)
    grain = rng.normal(0, 4, (_HIGH, _WIDE, 1))
    return Image.fromarray(np.clip(soft + grain, 0, 255).astype(np.uint8))


def _crop(image: Image.Image, share: float) -> Image.Image:
    x, y = image.width * share / 2, image.height * share / 2
    return image.crop((round(x), round(y), round(image.width - x), round(image.height - y)))


_TURN = Image.Transpose
_CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "half": lambda image: image.resize((_WIDE // 2, _HIGH // 2)),
    "double": lambda image: image.resize((_WIDE * 2, _HIGH * 2)),
    "cropped": lambda image: _crop(image, 0.08),
    "square": lambda image: image.crop((16, 0, 112, 96)),
    "brighter": lambda image: ImageEnhance.Brightness(image).enhance(1.15),
    "darker": lambda image: ImageEnhance.Brightness(image).enhance(0.7),
    "grey": lambda image: image.convert("L"),
    "turned and cropped": lambda image: _crop(image.transpose(_TURN.TRANSVERSE), 0.06),
    **{way.name.lower(): lambda image, way=way: image.transpose(way) for way in _TURN},
}


def _frame(paths: dict[str, Path], source: str = "here") -> pl.DataFrame:
    rows = [(name, str(path), source) for name, path in paths.items()]
    return pl.DataFrame(rows, ["image_id", "path", "source"], orient="row")


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Path]:
    """Twelve different pictures on disk, by name."""
    paths = {f"p{seed:02d}": tmp_path / f"p{seed:02d}.jpg" for seed in range(12)}
    for seed, path in enumerate(paths.values()):
        _picture(seed).save(path, quality=92)
    return paths


def _add(pictures: dict[str, Path], name: str, image: Image.Image, **options: object) -> None:
    path = next(iter(pictures.values())).with_name(f"{name}.jpg")
    image.save(path, **({"quality": 80} | options))
    pictures[name] = path


def test_different_pictures_have_no_copies(pictures) -> None:
    assert find(_frame(pictures)).height == 0
    assert find_duplicates is find


@pytest.mark.parametrize("change", _CHANGES)
def test_a_changed_copy_is_near_its_original_and_nothing_else(pictures, change: str) -> None:
    for seed in (3, 7):
        _add(pictures, f"copy{seed}", _CHANGES[change](_picture(seed)))
    found = find(_frame(pictures))
    assert found.select("image_id_1", "image_id_2", "kind").rows() == [
        ("copy3", "p03", "near"),
        ("copy7", "p07", "near"),
    ]
    assert found["distance"].is_between(0, 0.04).all()


def test_the_same_bytes_and_the_same_pixels_are_exact(pictures) -> None:
    pictures["q-same-bytes"] = pictures["p04"].with_name("other.jpg")
    pictures["q-same-bytes"].write_bytes(pictures["p04"].read_bytes())
    pictures["r-same-pixels"] = pictures["p04"].with_name("other.png")
    with Image.open(pictures["p04"]) as image:
        image.save(pictures["r-same-pixels"])
    found = find(_frame(pictures))
    assert found.drop("source_1", "source_2").rows() == [
        ("p04", "q-same-bytes", "exact", 0.0),
        ("p04", "r-same-pixels", "exact", 0.0),
    ]


def test_many_files_of_the_same_bytes_make_one_group_with_a_pair_each(pictures) -> None:
    for number in range(30):
        pictures[f"z{number:02d}"] = pictures["p05"]
    _add(pictures, "zz", _picture(5), quality=60)
    frame = _frame(pictures)
    found = find(frame)
    assert found.height == 31
    assert found["image_id_1"].unique().to_list() == ["p05"]
    assert label(frame, found).filter(pl.col("duplicate_id") == "p05").height == 32


def test_copies_are_found_across_sources_and_say_so(pictures, tmp_path) -> None:
    _add(pictures, "a-copy", _picture(2))
    copy = {"a-copy": pictures.pop("a-copy")}
    frame = pl.concat([_frame(pictures, "siim2020"), _frame(copy, "isic2019")])
    found = find(frame).row(0, named=True)
    assert (found["source_1"], found["source_2"]) == ("isic2019", "siim2020")


def test_blank_pictures_are_copies_only_of_their_own_bytes(pictures, tmp_path) -> None:
    for name, grey in (("x1", 10), ("x2", 200), ("x3", 200)):
        _add(pictures, name, Image.new("RGB", (_WIDE, _HIGH), (grey, grey, grey)))
    assert find(_frame(pictures)).select("image_id_1", "image_id_2").rows() == [("x2", "x3")]


def test_the_order_of_the_rows_changes_nothing(pictures) -> None:
    for seed in (1, 2):
        _add(pictures, f"copy{seed}", _crop(_picture(seed), 0.05))
    frame = _frame(pictures)
    for seed in range(3):
        assert find(frame.sample(fraction=1, shuffle=True, seed=seed)).equals(find(frame))


def test_a_second_search_reads_no_picture_and_finds_the_same(pictures, tmp_path) -> None:
    _add(pictures, "copy", _crop(_picture(1), 0.05))
    cache = tmp_path / "cache" / "hashes.parquet"
    first, second = (search(_frame(pictures), cache) for _ in range(2))
    assert (first.computed, second.computed) == (13, 0)
    assert second.pairs.equals(first.pairs)
    _picture(1).save(pictures["p09"], quality=90)
    changed = search(_frame(pictures), cache)
    assert changed.computed == 1
    assert changed.pairs["image_id_2"].to_list() == ["p01", "p09", "p09"]
    assert pl.read_parquet(cache).height == 13


@pytest.mark.parametrize("harm", ["text", "rows"])
def test_a_cache_that_was_changed_is_made_again(pictures, tmp_path, harm: str, capsys) -> None:
    cache = tmp_path / "hashes.parquet"
    search(_frame(pictures), cache)
    if harm == "text":
        cache.write_text("no Parquet")
    else:
        metadata = pl.read_parquet_metadata(cache)
        frame = pl.read_parquet(cache).with_columns(thumb=pl.col("thumb").shift(1))
        frame.write_parquet(cache, metadata={"mel": metadata["mel"]})
    assert search(_frame(pictures), cache).computed == 12
    assert "hashes.parquet: is no cache that this mel wrote; made again" in capsys.readouterr().err


def test_a_stopped_search_goes_on_where_it_was(pictures, tmp_path, monkeypatch) -> None:
    cache, real = tmp_path / "hashes.parquet", signatures.thumbnail

    def stop(data: bytes, name: str) -> np.ndarray:
        if Path(name).stem >= "p05":  # whichever thread is the quicker
            raise KeyboardInterrupt
        return real(data, name)

    monkeypatch.setattr(signatures, "thumbnail", stop)
    with pytest.raises(KeyboardInterrupt):
        search(_frame(pictures), cache)
    monkeypatch.setattr(signatures, "thumbnail", real)
    assert search(_frame(pictures), cache).computed == 7


def test_broken_pictures_are_listed_and_the_rest_is_compared(pictures, tmp_path, capsys) -> None:
    _add(pictures, "copy", _crop(_picture(1), 0.05))
    pictures["p02"].write_bytes(b"")
    pictures["p03"].write_bytes(pictures["p04"].read_bytes()[:900])
    pictures["p05"].unlink()
    found = search(_frame(pictures), tmp_path / "hashes.parquet")
    assert found.broken["image_id"].to_list() == ["p02", "p03", "p05"]
    assert "empty" in found.broken["reason"][0]
    assert found.images == 10
    assert found.pairs.select("image_id_1", "image_id_2").rows() == [("copy", "p01")]
    assert "3 pictures left out, broken, first: " in capsys.readouterr().err


def test_pictures_in_a_container_are_compared_with_files(pictures, tmp_path) -> None:
    buffer = io.BytesIO()
    _picture(6).save(buffer, "JPEG", quality=70)
    container = tmp_path / "train.tfrec"
    with container.open("wb") as file:
        ((offset, _),) = write_records(file, [encode_example({"image": buffer.getvalue()})])
    pictures["a-record"] = Path(f"{container}#{offset}")
    assert find(_frame(pictures)).select("image_id_1", "image_id_2").rows() == [("a-record", "p06")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop("source"), "images: no column 'source'"),
        (lambda frame: pl.concat([frame, frame]), "image_id 'p00' stands 2 times"),
        (lambda frame: frame.with_columns(path=pl.lit(None, pl.String)), "no pictures to compare"),
    ],
    ids=["column", "twice", "paths"],
)
def test_a_table_that_cannot_be_compared_is_refused(pictures, change, message: str) -> None:
    with pytest.raises(MelError, match=message):
        find(change(_frame(pictures)))


@pytest.mark.parametrize("threshold", [-0.1, 1.0])
def test_an_impossible_threshold_is_refused(pictures, threshold: float) -> None:
    with pytest.raises(MelError, match=r"threshold .*: give 0 or more, and less than 1"):
        find(_frame(pictures), threshold=threshold)


def test_copies_among_pictures_of_ham10000_are_of_one_lesion_each(
    real_data: Path,
) -> None:
    folder = real_data / "ham10000"
    meta = pl.read_csv(folder / "HAM10000_metadata.csv")
    most = meta.filter(pl.len().over("lesion_id") > 2).sort("lesion_id", "image_id").head(500)
    paths = {name: folder / "images" / f"{name}.jpg" for name in most["image_id"]}
    found = find(_frame(paths))
    lesion = dict(most.select("image_id", "lesion_id").iter_rows())
    sides = [found[side].replace_strict(lesion) for side in ("image_id_1", "image_id_2")]
    assert found.height >= 10
    assert (sides[0] == sides[1]).all()


def test_no_pictures_and_only_broken_ones_have_no_copies(tmp_path: Path) -> None:
    empty = _frame({"gone": tmp_path / "gone.jpg"})
    assert find(empty).height == find(empty.clear()).height == 0
    assert find(empty).schema == find(empty.clear()).schema

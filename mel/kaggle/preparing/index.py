"""Prepared images: the index that finds each record by its image_id."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Literal, Self

import polars as pl

from mel.checks import require_columns
from mel.errors import MelError, many, near
from mel.files import (
    check_digest,
    digest_file,
    digest_frame,
    digest_json,
    read_table,
    required,
    write_table,
)
from mel.images import Framing, fetch
from mel.images.tfrecord import decode_example, read_at
from mel.kaggle.preparing.shard import check_length
from mel.tables import ImageTable

__all__ = ["Prepared", "repath"]

_KIND = "prepared"
_NAME = "index.parquet"
_COLUMNS = ("image_id", "shard", "offset", "bytes", "width", "height", "source_bytes", "source_crc")
_HEADER = {"size": int, "settings": dict, "shards": dict, "broken": int}


@dataclass(frozen=True)
class Prepared:
    r"""The prepared images of one size.

    `frame` has a row an image: image_id, shard (the file's name), offset and bytes of its record
    in that file, width and height of the original in pixels, and the original's length and CRC-32C
    (source_bytes, source_crc). `size` is in pixels of a side. `shards` gives each file's length in
    bytes and SHA-256; `broken` counts the images that are not there.

    >>> from mel.kaggle import prepare
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> _ = prepare(table, "work/at-24", sizes=[24])
    >>> found = Prepared.read("work/at-24", 24)
    >>> found.frame.height, list(found.shards), found.broken
    (120, ['shard-00000-of-00001.tfrec'], 0)
    >>> found.read_image(table.frame["image_id"][0])[:2]  # a JPEG begins so
    b'\xff\xd8'
    """

    folder: Path
    frame: pl.DataFrame
    size: int
    settings: Mapping[str, Any]
    shards: Mapping[str, Mapping[str, Any]]
    broken: int = 0
    inputs: Mapping[str, str] | None = None

    @classmethod
    def read(cls, folder: Path | str, size: int | None = None) -> Self:
        """Open the folder of one size, or the one above with `size`.

        Raises MelError when there is no such size or index, when the index was changed by hand,
        and naming the first shard that is gone or has not the length it was written with.
        """
        place = Path(folder) if size is None else Path(folder) / str(size)
        if not (place / _NAME).is_file():
            raise _absent(place)
        frame, header = read_table(place / _NAME, _KIND)
        required(header, _HEADER, str(place / _NAME))
        require_columns(frame, _COLUMNS, str(place / _NAME))
        check_digest(place / _NAME, header["digest"], digest_frame(frame))
        for name, said in header["shards"].items():
            check_length(place / name, said["bytes"])
        fields = {name: header[name] for name in (*_HEADER, "inputs")}
        return cls(place, frame, **fields)

    @property
    def path(self) -> Path:
        """The file of the index."""
        return self.folder / _NAME

    @property
    def digest(self) -> str:
        """Sixteen hex digits of all that the pixels depend on, wherever the folder lies.

        That are the originals' own bytes, this size, and how pictures were made: the other sizes
        as well, since a picture is decoded for the largest.
        """
        made = {name: value for name, value in self.settings.items() if name != "shard_images"}
        sources = dict(self.inputs or {}).get("sources")
        return digest_json({"size": self.size, "settings": made, "sources": sources})

    @property
    def framing(self) -> Framing:
        """How the pictures were made square."""
        known = {field.name for field in fields(Framing)}
        return Framing(**{name: self.settings[name] for name in self.settings if name in known})

    def same(self, other: Self) -> bool:
        """Tell whether two indexes say the same, row by row, wherever their folders lie."""
        facts = all(getattr(self, name) == getattr(other, name) for name in _HEADER)
        inputs = dict(self.inputs or {}) == dict(other.inputs or {})
        rows, others = self.frame.select(_COLUMNS), other.frame.select(_COLUMNS)
        return facts and inputs and rows.schema == others.schema and rows.equals(others)

    def write(self) -> None:
        """Write the index into the folder, whole or not at all."""
        header = {
            "kind": _KIND,
            "name": f"prepared-{self.size}",
            "digest": digest_frame(self.frame),
            "inputs": dict(self.inputs or {}),
            **{name: getattr(self, name) for name in _HEADER},
        }
        write_table(self.path, self.frame.select(_COLUMNS), header)

    @property
    def references(self) -> pl.DataFrame:
        """Give image_id and path: a reference such as `DIR/256/shard-….tfrec#1024`.

        `mel.images` reads it like any image file's path.
        """
        place = str(self.folder.absolute())
        path = pl.concat_str(pl.lit(f"{place}/"), "shard", pl.lit("#"), "offset")
        return self.frame.select("image_id", path=path)

    def read_image(self, image_id: str) -> bytes:
        """Give one image as JPEG. Raises MelError for an unknown id and for a changed record."""
        rows = self.frame.filter(pl.col("image_id") == image_id)
        if not rows.height:
            known = near(image_id, self.frame["image_id"].to_list())
            raise MelError(f"{self.folder}: no image {image_id!r}; {known}")
        path = self.folder / rows["shard"][0]
        name = decode_example(read_at(path, rows["offset"][0])).get("image_name")
        if name != [image_id.encode()]:
            raise MelError(f"{path}: holds {name} where {image_id!r} should be; prepare it again")
        return fetch(self.references.filter(pl.col("image_id") == image_id)["path"][0])

    def verify(self) -> None:
        """Read every shard whole. Raises MelError naming the first with another SHA-256."""
        for name, said in self.shards.items():
            check_digest(self.folder / name, said["sha256"], digest_file(self.folder / name))


def _absent(place: Path) -> MelError:
    sizes = sorted(other.parent.name for other in place.glob(f"*/{_NAME}"))
    if sizes:
        return MelError(f"{place}: holds prepared images at {', '.join(sizes)}; give one of these")
    return MelError(
        f"{place}: no prepared images, or not all of them; mel kaggle prepare makes them"
    )


def repath(
    table: ImageTable, prepared: Prepared, missing: Literal["refuse", "drop"] = "refuse"
) -> ImageTable:
    """Give the table with its paths pointing to the prepared images, joined by image_id.

    The table's digest stays: it does not depend on paths. Its inputs name what was prepared, as
    "prepared". An image that was broken has no record:
    raises MelError naming the first, or leaves out its row where `missing` is "drop" (never a test
    image's, which must be scored).

    >>> from mel.kaggle import prepare
    >>> table = ImageTable.read("work/demo/images.parquet")
    >>> done = prepare(table, "work/at-16", sizes=[16])
    >>> small = repath(table, done.prepared(16))
    >>> small.frame["path"][0].partition("at-16/")[2], small.digest == table.digest
    ('16/shard-00000-of-00001.tfrec#0', True)
    """
    rows = table.frame.drop("path").join(
        prepared.references, on="image_id", how="left", validate="1:1"
    )
    lost = rows.filter(pl.col("path").is_null())
    if missing == "drop":
        lost = lost.filter(pl.col("split") == "test")
        rows = rows.filter(pl.col("path").is_not_null() | (pl.col("split") == "test"))
    if lost.height:
        raise MelError(
            f"{prepared.folder}: no {lost['split'][0]} image {lost['image_id'].sort()[0]!r} "
            f"({many(lost.height, 'such image')}); broken.csv beside it may say why"
        )
    inputs = dict(table.inputs) | {"prepared": prepared.digest}
    return ImageTable.of(rows, table.name, synthetic=table.synthetic, inputs=inputs)

"""One original: decoded once for all sizes, and what is noted of it to know it again."""

import io
from dataclasses import dataclass, field
from typing import Any

import google_crc32c
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mel.errors import ImageError, MelError
from mel.images import decode_sizes, fetch, measure, stamp
from mel.images.example import Value, encode_example
from mel.kaggle.preparing.plan import Plan

__all__ = ["STAMP", "Picture", "prepare_picture", "stamp_content", "stamp_file"]

STAMP = ("file_bytes", "modified", "source_bytes", "source_crc")


@dataclass(frozen=True)
class Picture:
    """An original's records by size, or the reason why it has none, and its stamp.

    `row` has image_id, the four of `STAMP` (null where unknown), width and height of the original
    in pixels, and reason (null for a good one).
    """

    row: dict[str, Any]
    records: dict[int, bytes] = field(default_factory=dict)


def stamp_file(reference: str) -> dict[str, int | None]:
    """Give what changes when a file does, without reading it: its bytes and its time (ns)."""
    try:
        found = stamp(reference)
    except MelError:
        return {"file_bytes": None, "modified": None}
    return {"file_bytes": found.bytes, "modified": found.modified_ns}


def stamp_content(content: bytes | None) -> dict[str, int | None]:
    """Give what changes when a picture does: its bytes and their CRC-32C."""
    if content is None:
        return {"source_bytes": None, "source_crc": None}
    return {"source_bytes": len(content), "source_crc": google_crc32c.value(content)}


def prepare_picture(image_id: str, reference: str, plan: Plan) -> Picture:
    """Make one original's records at every size of a plan; a broken one gets a reason instead."""
    row: dict[str, Any] = {"image_id": image_id, **stamp_file(reference)}
    row |= stamp_content(None) | {"width": None, "height": None, "reason": None}
    try:
        content = fetch(reference)
        row |= stamp_content(content)
        seen = measure(content, reference)
        squares = decode_sizes(content, plan.sizes, name=reference, framing=plan.framing)
    except ImageError as error:
        return Picture(row | {"reason": str(error).removeprefix(f"{reference}: ")})
    row |= {"width": seen.width, "height": seen.height}
    names: dict[str, Value] = {"image_name": image_id, "width": seen.width, "height": seen.height}
    jpegs = {size: _jpeg(square, plan.quality) for size, square in squares.items()}
    return Picture(row, {s: encode_example({"image": jpeg, **names}) for s, jpeg in jpegs.items()})


def _jpeg(square: NDArray[np.uint8], quality: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(square).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()

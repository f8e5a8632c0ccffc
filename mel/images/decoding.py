"""The one decoder of training and serving: a reference or bytes -> RGB squares."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mel.errors import ImageError, MelError
from mel.images.framing import PLAIN, Framing, scale, square, wanted, within
from mel.images.opening import upright
from mel.images.references import fetch

__all__ = ["decode", "decode_sizes", "reason"]

_JPEG = b"\xff\xd8"


def decode(
    source: Path | str | bytes, size: int, name: str | None = None, framing: Framing = PLAIN
) -> NDArray[np.uint8]:
    """Give a picture as uint8 RGB, `(size, size, 3)`: upright, and square as `framing` says.

    `source` is a reference (see `mel.images`) or the encoded bytes: JPEG, PNG, DICOM, or what
    else Pillow reads. The EXIF orientation is applied; a JPEG is decoded at the smallest DCT
    scale (1/1 to 1/8) not below `size`; what the framing keeps is resized bilinearly with
    antialiasing. A picture smaller than `size` is enlarged. Training and serving both call this
    function, so that one file gives the same pixels in both.

    On textured pictures of 24 megapixels, the scaled decode differed from a full one by 0.1 to 0.8
    of 255 levels in the mean; most where `size` is just what the scale leaves, as 500 is of 4000.

    Raises ImageError, opening with the reference (or `name`), when the source is missing, empty,
    truncated, no image, of more than 8 bits a channel (but for DICOM), or so large that Pillow
    takes it for an attack (twice `PIL.Image.MAX_IMAGE_PIXELS`; it decodes nothing to find out).
    Raises MelError for a package that the format needs and for a size below 1.

    >>> import io
    >>> from PIL import Image
    >>> file = io.BytesIO()
    >>> Image.new("RGB", (40, 30), (10, 20, 30)).save(file, "PNG")
    >>> pixels = decode(file.getvalue(), 16)
    >>> pixels.shape, pixels[0, 0].tolist()
    ((16, 16, 3), [10, 20, 30])
    """
    return decode_sizes(source, (size,), name, framing)[size]


def decode_sizes(
    source: Path | str | bytes,
    sizes: Iterable[int],
    name: str | None = None,
    framing: Framing = PLAIN,
    *,
    exact: bool = False,
) -> dict[int, NDArray[np.uint8]]:
    """Give what `decode` does in several sizes, decoding once: uint8 RGB by size in pixels.

    A JPEG is decoded at the DCT scale that the largest size needs, and halved for those sizes for
    which `decode` would have taken a smaller scale. The largest has exactly the pixels of `decode`;
    a smaller one may differ by the rounding of another scale: by less than one level in the mean.
    With `exact` every size has exactly the pixels of `decode`: sizes that need another scale are
    then decoded again, which those of a camera's many pixels rarely do. Raises what `decode`
    raises, and MelError when there are no sizes.

    >>> from mel.tables import ImageTable
    >>> path = ImageTable.read("work/demo/images.parquet").test["path"][0]
    >>> {size: pixels.shape for size, pixels in decode_sizes(path, [64, 32]).items()}
    {64: (64, 64, 3), 32: (32, 32, 3)}
    """
    ordered = sorted(set(sizes))
    if not ordered or ordered[0] < 1:
        raise MelError(f"sizes: {ordered}; give at least one, and none below 1 pixel")
    label = name or ("image" if isinstance(source, bytes) else str(source))
    data = source if isinstance(source, bytes) else fetch(source, name)
    try:
        if not data:
            raise ValueError("the file is empty")
        return _squares(data, ordered, framing, exact=exact)
    except MelError:
        raise
    except Exception as error:  # Pillow's plugins raise nearly anything on broken input
        raise ImageError(f"{label}: cannot be read as an image ({reason(error)})") from error


def _squares(
    data: bytes, ordered: list[int], framing: Framing, *, exact: bool
) -> dict[int, NDArray[np.uint8]]:
    """Decode for the largest size, and average down to the scale each other would have had.

    The mean of the pixels at one DCT scale is the pixel of the next smaller one but for rounding:
    that is nearer to `decode` than resizing each size from the largest scale, and faster.
    """
    scales: dict[int, int] = {}

    def least(width: int, height: int) -> tuple[int, int]:
        sides = {size: wanted(width, height, size, framing) for size in ordered}
        if data.startswith(_JPEG):
            scales.update({size: scale(width, height, sides[size]) for size in ordered})
        return sides[ordered[-1]]

    image = upright(data, least)
    box, part, found = within(image, framing), 1, {}
    if exact and (others := [s for s in scales if scales[s] != scales[ordered[-1]]]):
        found = _squares(data, others, framing, exact=exact)
        ordered = [size for size in ordered if size not in others]
    for size in reversed(ordered):
        times = scales.get(size, 1) // scales.get(ordered[-1], 1)
        if times > part:
            image, part = image.reduce(times // part), times
        left, upper, right, lower = (side / part for side in box)
        found[size] = square(image, (left, upper, right, lower), size, framing)
    return found


def reason(error: Exception) -> str:
    """Give one line that says why a picture cannot be read."""
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    if isinstance(error, OSError) and "identify" in text:
        return "not an image format"
    return text

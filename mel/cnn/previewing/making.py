"""From a member's settings and some pictures to a sheet of what augmentation makes of them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mel.cnn.previewing.sheet import draw_sheet
from mel.config import MemberSettings
from mel.errors import MelError
from mel.files import atomic
from mel.images import decode

__all__ = ["preview"]


def preview(pictures: Sequence[Path | str | bytes], settings: MemberSettings, out: Path) -> Path:
    """Draw a PNG of every random change of a member's training, and of all together; give `out`.

    `pictures` are references or encoded, see `mel.images.decode`; at least one. A row a change:
    the original, the change at its weak and strong ends, and as it is drawn in training. The same
    settings and pictures give the same sheet. TensorFlow is not needed. Raises MelError for a
    file that does not end in .png, and ImageError for a picture that cannot be read.

    >>> from io import BytesIO
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> settings = MemberSettings(backbone="efficientnetv2_micro", size=32)
    >>> Image.new("RGB", (48, 32), "pink").save(picture := BytesIO(), "JPEG")
    >>> with TemporaryDirectory() as folder:
    ...     preview([picture.getvalue()], settings, Path(folder) / "sheet.png").name
    'sheet.png'
    """
    from mel.cnn.previewing.rows import rows_of

    if out.suffix.lower() != ".png":
        raise MelError(f"{out}: the preview is a PNG; give a file that ends in .png")
    if not pictures:
        raise MelError("preview: no pictures to show; load a competition that has some")
    images = np.stack([decode(picture, settings.size) for picture in pictures])
    rows, idle = rows_of(images, settings)
    sheet = draw_sheet(f"{settings.name}: augmentation", rows, idle)
    with atomic(out) as temporary:
        sheet.save(temporary, "PNG")
    return out

"""What a browser sends: photos that are let in, and a line for each file that is not."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from mel.app.moles import Mole
from mel.errors import ImageError, many
from mel.images.guarding import LIMITS, Limits, admit, tidy_name

__all__ = ["MEGABYTES", "MOST", "Received", "Sent", "receive"]

MOST = 24  # moles of one session: each takes a second and some memory
MEGABYTES = 96  # of all their photos
_CAMERA = "camera-input-"  # how Streamlit begins the name of a photo that it took


class Sent(Protocol):
    """A file as the browser sent it: its bytes are read only when asked for."""

    @property
    def name(self) -> str:
        """What it is called there."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    def getvalue(self) -> bytes:
        """Give its bytes."""
        ...


@dataclass(frozen=True)
class Received:
    """New moles, and what must be said of files that gave none."""

    moles: tuple[Mole, ...]
    refused: tuple[str, ...]


def receive(files: Iterable[Sent], there: Sequence[Mole] = (), limits: Limits = LIMITS) -> Received:
    """Make moles of files, beside those that are there already.

    At most `MOST` moles and `MEGABYTES` together; a photo that is there already is not taken
    twice. A file too many is not even read.
    """
    moles, refused = list(there), []
    over = 0
    for file in files:
        if len(moles) >= MOST:
            over += 1
            continue
        try:
            moles.append(_mole(file, moles, limits))
        except ImageError as error:
            refused.append(str(error))
    if over:
        left = f"{many(over, 'more file')} left aside"
        refused.append(f"{left}: at most {MOST} moles are looked at together; remove some first")
    return Received(tuple(moles[len(there) :]), tuple(refused))


def _mole(file: Sent, moles: Sequence[Mole], limits: Limits) -> Mole:
    name = tidy_name(file.name)
    if file.size > limits.bytes:
        raise ImageError(
            f"{name}: {file.size / 2**20:,.0f} MB, at most {limits.bytes / 2**20:,.0f} are read; "
            "save the photo smaller"
        )
    if file.size + sum(len(mole.photo.data) for mole in moles) > MEGABYTES * 2**20:
        raise ImageError(
            f"{name}: together more than {MEGABYTES} MB; remove some, or save the photos smaller"
        )
    photo = admit(file.getvalue(), name, limits)
    mole = Mole.of(photo, _label(name, moles), moles[-1] if moles else None)
    for other in moles:
        if other.key == mole.key:
            raise ImageError(f"{name}: is the same photo as {other.label}; one is enough")
    return mole


def _label(name: str, moles: Sequence[Mole]) -> str:
    """Give a name that no other mole has: the file's, without what follows its last dot."""
    stem = "Camera" if name.startswith(_CAMERA) else name.rpartition(".")[0] or name
    taken = {mole.label for mole in moles}
    return next(
        text for text in (stem, *(f"{stem} ({k})" for k in range(2, MOST + 2))) if text not in taken
    )

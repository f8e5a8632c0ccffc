"""What strangers send: a photo, or one line that says why it is none; never anything else."""

import io
import resource
import struct
import time
import zlib
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from mel.errors import ImageError
from mel.images import decode
from mel.images.guarding import LIMITS, Limits, admit, tidy_name
from mel.images.quality import SIDE

from .test_fuzz import mutated

ROUNDS = 160  # a kind; eight kinds


def encode(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, bits: int, rows: bytes) -> bytes:
    """A PNG of RGB pixels whose header says what it likes."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0))
    body = chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + head + body + chunk(b"IEND", b"")


def bomb(side: int) -> bytes:
    """A PNG of few bytes that says it has many pixels."""
    return png(side, side, 8, bytes(2**20))


def vast(jpeg: bytes, side: int) -> bytes:
    """A JPEG whose frame header says so many pixels a side."""
    at = jpeg.index(b"\xff\xc0") + 5
    return jpeg[:at] + struct.pack(">HH", side, side) + jpeg[at + 4 :]


@pytest.fixture(scope="module")
def hostile(mole: Image.Image, encoded: Callable[..., bytes]) -> dict[str, bytes]:
    """Files that a browser would send all the same, by what is wrong with them."""
    turned = [mole.rotate(90)] * 3
    return {
        "empty": b"",
        "renamed text": b"this is no photo\n" * 99,
        "renamed PDF": b"%PDF-1.7\n" + bytes(999),
        "renamed program": b"\x7fELF" + bytes(999),
        "web page": b"<!DOCTYPE html><script>alert(1)</script>",
        "drawing": b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
        "GIF": encoded("GIF"),
        "TIFF": encoded("TIFF"),
        "HEIC": b"\0\0\0\x18ftypheic" + bytes(99),
        "animated PNG": encoded("PNG", save_all=True, append_images=turned),
        "animated WebP": encoded("WEBP", save_all=True, append_images=turned),
        "CMYK": encode(mole.convert("CMYK"), "JPEG"),
        "16 bits grey": encode(Image.fromarray(np.zeros((64, 64), np.uint16)), "PNG"),
        "16 bits": png(64, 64, 16, (b"\0" + bytes(64 * 6)) * 64),
        "cut JPEG": encoded("JPEG")[:700],
        "cut PNG": encoded("PNG")[:700],
        "hollow JPEG": encoded("JPEG")[:700] + bytes(500),
        "one pixel": encode(Image.new("RGB", (1, 1)), "PNG"),
        "strip": encode(Image.new("RGB", (900, 40)), "PNG"),
        "bomb": bomb(6000),
        "100 megapixels": bomb(10_000),
        "400 megapixels": bomb(20_000),
        "100 megapixels JPEG": vast(encoded("JPEG"), 10_000),
        "scans": encoded("JPEG")[:-2] + b"\xff\xda\0\x02" * 200 + b"\xff\xd9",
    }


def test_every_hostile_file_gets_one_line_that_says_what_to_do(hostile: dict[str, bytes]) -> None:
    for what, data in hostile.items():
        with pytest.raises(ImageError) as caught:
            admit(data, f"{what}.jpg")
        text = str(caught.value)
        assert text.startswith(f"{what}.jpg: "), text
        assert "\n" not in text
        assert "; " in text
        assert len(text) < 160


def test_nothing_too_large_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The header alone decides: the pixels would be a gigabyte."""
    monkeypatch.setattr("mel.images.guarding.decode", lambda *_: pytest.fail("decoded"))
    for data in (bomb(6000), bomb(20_000), bytes(LIMITS.bytes + 1)):
        with pytest.raises(ImageError, match="at most"):
            admit(data, "bomb.png")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "MPO"])
def test_a_photo_is_let_in_whatever_its_name(encoded: Callable[..., bytes], kind: str) -> None:
    """With the very pixels that training would see; MPO is what some phones call a JPEG."""
    data = encoded(kind, save_all=True) if kind == "MPO" else encoded(kind)
    photo = admit(data, "photo.txt")
    assert (photo.width, photo.height, photo.shorter) == (90, 60, 60)
    assert np.array_equal(photo.pixels, decode(data, SIDE))


def test_a_turned_photo_stands_upright(encoded: Callable[..., bytes]) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    photo = admit(encoded("JPEG", exif=exif), "turned.jpg")
    assert (photo.width, photo.height) == (60, 90)


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "1"])
def test_every_usual_kind_of_colours_is_let_in(mole: Image.Image, mode: str) -> None:
    assert admit(encode(mole.convert(mode), "PNG"), "mole.png").pixels.shape == (SIDE, SIDE, 3)


def test_limits_can_be_set(encoded: Callable[..., bytes]) -> None:
    with pytest.raises(ImageError, match="at most"):
        admit(encoded("PNG"), "mole.png", Limits(other_pixels=90 * 60 - 1))
    assert admit(encoded("PNG"), "mole.png", Limits(other_pixels=90 * 60)).width == 90


def test_a_name_cannot_carry_anything_into_a_message() -> None:
    assert tidy_name("../../etc/passwd") == "passwd"
    assert tidy_name("a\r\nb\x1b[31m\u202e.jpg") == "a b [31m .jpg"
    assert tidy_name("\n") == "photo"
    assert len(tidy_name("x" * 5000 + ".jpg")) <= 60


@pytest.mark.parametrize(
    "kind", ["JPEG", "progressive", "PNG", "WEBP", "MPO", "GIF", "TIFF", "BMP"]
)
def test_no_damaged_file_gets_past_the_door(encoded: Callable[..., bytes], kind: str) -> None:
    """1,280 mutated files in all: a photo or an ImageError, soon and in little memory."""
    more = {"progressive": {"progressive": True}, "MPO": {"save_all": True}}
    options = more.get(kind, {})
    data = encoded("JPEG" if kind == "progressive" else kind, **options)
    rng, before, slowest = np.random.default_rng(7), peak(), 0.0
    for _ in range(ROUNDS):
        broken, start = mutated(data, rng), time.process_time()
        try:
            assert admit(broken, "fuzz.jpg").pixels.shape == (SIDE, SIDE, 3)
        except ImageError as error:
            assert "\n" not in str(error)  # noqa: PT017
        slowest = max(slowest, time.process_time() - start)
    assert slowest < 2
    assert peak() - before < 300 * 2**10


def peak() -> int:
    """The most memory this process has had, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

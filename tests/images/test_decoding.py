"""One decoder: any readable file becomes an upright RGB square, any other one plain error."""

import io
import zlib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageFile

from mel.errors import ImageError, MelError
from mel.images import Framing, decode, decode_sizes

RED, GREEN, BLUE, WHITE = (200, 20, 20), (20, 200, 20), (20, 20, 200), (240, 240, 240)
ORIENTATION = 0x0112


def quadrants(side: int = 64) -> Image.Image:
    """Red upper left, green upper right, blue lower left, white lower right."""
    image = Image.new("RGB", (side, side), RED)
    half = side // 2
    image.paste(GREEN, (half, 0, side, half))
    image.paste(BLUE, (0, half, half, side))
    image.paste(WHITE, (half, half, side, side))
    return image


def smooth(width: int, height: int) -> Image.Image:
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    planes = [120 + 90 * np.sin(4 * x + y), 255 * x * y, 200 - 150 * y]
    return Image.fromarray(np.stack(planes, axis=-1).clip(0, 255).astype(np.uint8))


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def corners(pixels: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    near, far = len(pixels) // 4, 3 * len(pixels) // 4
    return [pixels[near, near], pixels[near, far], pixels[far, near], pixels[far, far]]


def assert_upright(pixels: NDArray[np.uint8], within: int = 12) -> None:
    for found, expected in zip(corners(pixels), (RED, GREEN, BLUE, WHITE), strict=True):
        assert np.abs(found.astype(int) - expected).max() <= within


@pytest.mark.parametrize("size", [16, 33, 64, 200])
def test_every_size_is_a_square_of_rgb_bytes(size: int) -> None:
    pixels = decode(encoded(quadrants()), size)
    assert pixels.shape == (size, size, 3)
    assert pixels.dtype == np.uint8
    assert_upright(pixels)


def test_an_image_of_the_wanted_size_keeps_its_pixels() -> None:
    image = smooth(48, 48)
    assert (decode(encoded(image), 48) == np.asarray(image)).all()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "TIFF", "WEBP"])
def test_a_path_and_its_bytes_give_the_same_pixels(tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"mole.{kind.lower()}"
    path.write_bytes(encoded(smooth(90, 70), kind))
    assert (decode(path, 32) == decode(path.read_bytes(), 32)).all()


def test_the_suffix_does_not_decide_the_format(tmp_path: Path) -> None:
    path = tmp_path / "mole.jpg"
    path.write_bytes(encoded(quadrants()))
    assert_upright(decode(path, 32))


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_every_exif_orientation_stands_upright(orientation: int, kind: str) -> None:
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    image = quadrants()
    stored = image.transpose(undo[orientation]) if orientation > 1 else image
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    assert_upright(decode(encoded(stored, kind, exif=exif), 32))


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
@pytest.mark.parametrize("exif", [b"Exif\0\0garbage", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"])
def test_a_broken_exif_block_does_not_cost_the_image(exif: bytes) -> None:
    assert_upright(decode(encoded(quadrants(), "JPEG", quality=95, exif=exif), 32))


@pytest.mark.parametrize("mode", ["RGBA", "P", "CMYK"])
def test_every_colour_mode_becomes_rgb(mode: str) -> None:
    kind = "TIFF" if mode == "CMYK" else "PNG"
    assert_upright(decode(encoded(quadrants().convert(mode), kind), 32), within=30)


def test_a_cmyk_jpeg_is_not_inverted() -> None:
    assert_upright(decode(encoded(quadrants().convert("CMYK"), "JPEG", quality=95), 32), within=30)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
@pytest.mark.parametrize("mode", ["L", "LA", "1"])
def test_grey_becomes_three_equal_channels(mode: str, kind: str) -> None:
    if mode == "LA" and kind == "JPEG":
        mode = "L"
    pixels = decode(encoded(smooth(64, 64).convert(mode), kind), 32)
    assert (pixels == pixels[..., :1]).all()
    assert pixels.std() > 10


def test_transparency_is_dropped_and_the_colour_kept() -> None:
    image = quadrants().convert("RGBA")
    image.putalpha(0)
    assert_upright(decode(encoded(image), 32))


@pytest.mark.parametrize("shape", [(96, 64), (64, 96)])
def test_the_centre_of_the_longer_side_is_kept(shape: tuple[int, int]) -> None:
    image = Image.new("RGB", shape, (0, 0, 0))
    image.paste(quadrants(64), ((shape[0] - 64) // 2, (shape[1] - 64) // 2))
    pixels = decode(encoded(image), 64)
    assert (pixels == np.asarray(quadrants(64))).all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 2), (10, 10)])
def test_a_tiny_image_is_enlarged(shape: tuple[int, int]) -> None:
    pixels = decode(encoded(Image.new("RGB", shape, GREEN)), 64)
    assert (pixels == GREEN).all()


def test_shrinking_averages_and_does_not_pick() -> None:
    """A fine checkerboard becomes grey; a decoder without antialiasing would show moiré."""
    board = (np.indices((256, 256)).sum(axis=0) % 2 * 255).astype(np.uint8)
    pixels = decode(encoded(Image.fromarray(board)), 32)
    assert np.abs(pixels.astype(int) - 127).max() <= 8


@pytest.mark.parametrize("size", [32, 64, 100])
def test_a_jpeg_decoded_at_a_smaller_scale_is_close_to_the_whole(size: int) -> None:
    data = encoded(smooth(800, 600), "JPEG", quality=95)
    with Image.open(io.BytesIO(data)) as image:
        box = (100, 0, 700, 600)
        whole = np.asarray(image.resize((size, size), Image.Resampling.BILINEAR, box=box))
    difference = np.abs(decode(data, size).astype(int) - whole)
    assert difference.mean() < 1.0
    assert difference.max() <= 8


@pytest.mark.parametrize("shape", [(800, 100), (100, 800)])
def test_a_scaled_decode_never_falls_below_the_wanted_size(shape: tuple[int, int]) -> None:
    """The shorter side rules: fine stripes across it survive."""
    stripes = np.zeros((shape[1], shape[0], 3), dtype=np.uint8)
    along = stripes if shape[0] > shape[1] else stripes.transpose(1, 0, 2)
    along[::4] = along[1::4] = 255
    pixels = decode(encoded(Image.fromarray(stripes), "JPEG", quality=95), 100)
    assert pixels.std() > 80


def test_an_image_is_the_same_every_time() -> None:
    data = encoded(smooth(301, 207), "JPEG")
    assert (decode(data, 96) == decode(data, 96)).all()


# what cannot be read


def refused(source: Path | bytes, reason: str, name: str | None = None) -> None:
    with pytest.raises(ImageError) as caught:
        decode(source, 32, name=name)
    text = str(caught.value)
    assert text.startswith(f"{name or source}: ")
    assert reason in text
    assert "\n" not in text
    assert isinstance(caught.value, MelError)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    refused(tmp_path / "mole.jpg", "no such image file")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"<html>not found</html>", "not an image format"),
        (b"\xff\xd8\xff\xe0", "cannot be read as an image"),
        (b"\x89PNG\r\n\x1a\n", "cannot be read as an image"),
    ],
)
def test_a_file_that_is_no_image_is_named(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "mole.jpg"
    path.write_bytes(content)
    refused(path, reason)
    refused(content, reason, name="upload.jpg")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_truncated_file_is_refused_and_not_half_grey(
    tmp_path: Path, kind: str, share: float
) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    path = tmp_path / "mole.jpg"
    path.write_bytes(data[: int(share * len(data))])
    refused(path, "cannot be read as an image")


@pytest.mark.parametrize("share", [0.3, 0.6, 0.97])
def test_a_jpeg_whose_end_is_zeros_is_refused_and_not_half_grey(share: float) -> None:
    data = encoded(smooth(800, 600), "JPEG", quality=95)
    cut = int(share * len(data))
    refused(data[:cut] + bytes(len(data) - cut), "it was not fetched whole", name="mole.jpg")


def test_a_whole_jpeg_may_be_followed_by_zeros() -> None:
    data = encoded(smooth(90, 70), "JPEG")
    assert (decode(data + bytes(500), 32) == decode(data, 32)).all()


def test_a_folder_a_path_through_a_file_and_an_endless_name_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused(tmp_path, "is a directory")
    refused(tmp_path / "file" / "mole.jpg", "not a directory")
    refused(tmp_path / ("a" * 300), "name too long")


def test_a_header_that_claims_gigapixels_is_refused_unread(tmp_path: Path) -> None:
    data = bytearray(encoded(Image.new("1", (8, 8)), "BMP"))
    data[18:26] = (60_000).to_bytes(4, "little") * 2
    refused(bytes(data), "exceeds limit", name="bomb.bmp")


@pytest.mark.parametrize("mode", ["I;16", "I", "F"])
def test_more_than_eight_bits_are_refused_and_not_clipped_to_white(mode: str) -> None:
    image = Image.fromarray(np.full((8, 8), 3000, dtype=np.uint16)).convert(mode)
    refused(encoded(image, "TIFF"), "more than 8 bits a channel", name="deep.tiff")


@pytest.mark.parametrize("channels", ["grey", "RGB"])
def test_a_16_bit_png_is_refused_whatever_its_channels(channels: str) -> None:
    """Pillow would keep the upper bytes of a colour one without a word."""
    refused(sixteen_bit_png(channels == "RGB"), "more than 8 bits a channel", name="deep.png")


def sixteen_bit_png(colour: bool) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data).to_bytes(4, "big")
        return len(data).to_bytes(4, "big") + kind + data + check

    head = (8).to_bytes(4, "big") * 2 + bytes([16, 2 if colour else 0, 0, 0, 0])
    rows = (b"\0" + b"\x12\x34" * (8 * (3 if colour else 1))) * 8
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF"])
def test_of_an_animated_picture_the_first_frame_counts(kind: str) -> None:
    options = {"lossless": True} if kind == "WEBP" else {}
    second = Image.new("RGB", (64, 64))
    data = encoded(quadrants(), kind, save_all=True, append_images=[second], **options)
    assert_upright(decode(data, 32))


def test_a_palette_with_transparency_keeps_its_colours() -> None:
    palette = quadrants().quantize(8)
    assert_upright(decode(encoded(palette, transparency=0), 32))


# one decoder, several sizes

SIZES = (32, 48, 100)


@pytest.mark.parametrize("fit", ["crop", "pad", "squash"])
def test_the_largest_of_several_sizes_is_exactly_the_one_alone(fit: str) -> None:
    data = encoded(smooth(801, 603), "JPEG", quality=90)
    framing = Framing(fit=fit)
    many = decode_sizes(data, SIZES, framing=framing)
    assert sorted(many) == sorted(SIZES)
    assert (many[100] == decode(data, 100, framing=framing)).all()


def test_a_smaller_of_several_sizes_differs_by_less_than_a_level() -> None:
    data = encoded(smooth(801, 603), "JPEG", quality=90)
    many = decode_sizes(data, SIZES)
    for size in SIZES:
        assert many[size].shape == (size, size, 3)
        assert np.abs(many[size].astype(int) - decode(data, size)).mean() < 1


def test_a_smaller_size_is_taken_from_the_scale_that_it_would_have_had_alone() -> None:
    """On grain, resizing from the largest size's scale is further off, by twice and more."""
    grain = np.random.default_rng(0).integers(0, 256, (800, 800, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(grain).resize((1600, 1600)), "JPEG", quality=95)
    alone = decode(data, 180).astype(int)
    with Image.open(io.BytesIO(data)) as image:
        image.draft("RGB", (400, 400))
        plain = np.asarray(image.resize((180, 180), Image.Resampling.BILINEAR), dtype=int)
    many = decode_sizes(data, (180, 400))[180]
    assert np.abs(many - alone).mean() < np.abs(plain - alone).mean() / 2


@pytest.mark.parametrize("framing", [Framing(), Framing(fit="pad"), Framing(trim_borders=True)])
@pytest.mark.parametrize("sides", [(801, 603), (2400, 1600), (90, 70)])
def test_exactly_means_every_size_as_alone(framing: Framing, sides: tuple[int, int]) -> None:
    data = encoded(smooth(*sides), "JPEG", quality=90)
    many = decode_sizes(data, (32, 48, 100, 256), framing=framing, exact=True)
    assert sorted(many) == [32, 48, 100, 256]
    for size, pixels in many.items():
        assert (pixels == decode(data, size, framing=framing)).all(), size


def test_sizes_of_a_lossless_picture_are_all_as_alone() -> None:
    data = encoded(smooth(201, 103))
    for size, pixels in decode_sizes(data, [64, 16, 64]).items():
        assert (pixels == decode(data, size)).all()


@pytest.mark.parametrize("sizes", [[], [0], [32, -1]])
def test_no_size_and_no_pixels_are_refused(sizes: list[int]) -> None:
    with pytest.raises(MelError, match="give at least one"):
        decode_sizes(encoded(smooth(8, 8)), sizes)


# the pixels are Pillow's own


@pytest.mark.parametrize("progressive", [False, True])
@pytest.mark.parametrize("sampling", ["4:4:4", "4:2:2", "4:2:0", "grey", "CMYK"])
@pytest.mark.parametrize("shape", [(640, 480), (333, 517)])
def test_a_jpeg_becomes_what_pillow_makes_of_it_step_by_step(
    shape: tuple[int, int], sampling: str, progressive: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No copy that `decode` saves, and no order of its steps, may change a bit."""
    noise = np.random.default_rng(0).integers(0, 256, (shape[1], shape[0], 3), dtype=np.uint8)
    image = Image.fromarray(noise).convert({"grey": "L", "CMYK": "CMYK"}.get(sampling, "RGB"))
    options = {"subsampling": sampling} if ":" in sampling else {}
    with monkeypatch.context() as patch:
        patch.setattr(ImageFile, "MAXBLOCK", 2**22)  # Pillow writes a progressive one in one block
        data = encoded(image, "JPEG", quality=95, progressive=progressive, **options)
    assert len(data) > 2 * ImageFile.MAXBLOCK
    for size in (32, 100, 300):
        with Image.open(io.BytesIO(data)) as plain:
            plain.draft("RGB", (size, size))
            upright = plain.convert("RGB")
        side = min(upright.size)
        left, top = (upright.width - side) / 2, (upright.height - side) / 2
        box = (left, top, left + side, top + side)
        expected = upright.resize((size, size), Image.Resampling.BILINEAR, box=box)
        assert (decode(data, size) == np.asarray(expected)).all()


def textured(path: Path, width: int, height: int, tile: int = 1000) -> Image.Image:
    """A real mole enlarged, with a camera's grain and skin's texture at four scales."""
    rng = np.random.default_rng(0)
    texture = np.zeros((tile, tile), dtype=np.float32)
    for step, strength in ((1, 3), (2, 4), (4, 5), (16, 6)):
        grain = rng.standard_normal((tile // step, tile // step), dtype=np.float32)
        wide = Image.fromarray(grain).resize((tile, tile), Image.Resampling.BICUBIC)
        texture += strength * np.asarray(wide)
    with Image.open(path) as small:
        picture = np.asarray(small.convert("RGB").resize((width, height)), dtype=np.int16)
    tiled = np.tile(texture.astype(np.int16), (height // tile, width // tile))
    return Image.fromarray((picture + tiled[..., None]).clip(0, 255).astype(np.uint8))


def test_24_real_megapixels_at_a_dct_scale_differ_by_less_than_a_level(real_data: Path) -> None:
    """500 is the hardest size: one eighth of the shorter side exactly, with nothing to smooth."""
    path = min((real_data / "ham10000" / "images").glob("*.jpg"))
    data = encoded(textured(path, 6000, 4000), "JPEG", quality=90)
    with Image.open(io.BytesIO(data)) as image:
        whole = image.convert("RGB")
    for size, most in ((256, 0.5), (500, 1.0), (512, 0.5)):
        full = whole.resize((size, size), Image.Resampling.BILINEAR, box=(1000, 0, 5000, 4000))
        assert np.abs(decode(data, size).astype(int) - np.asarray(full)).mean() < most

"""DICOM: the pixels of the standard's own formulas, and each unreadable one by its reason."""

import io
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mel.errors import ImageError, MelError
from mel.images import Framing, decode, measure

pydicom = pytest.importorskip("pydicom")
from pydicom.dataset import FileDataset, FileMetaDataset  # noqa: E402
from pydicom.encaps import encapsulate  # noqa: E402
from pydicom.uid import (  # noqa: E402
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    JPEGLSLossless,
)

WHOLE = Framing(fit="squash")


def dicom(pixels: NDArray[Any] | bytes | None, colours: str, **tags: Any) -> bytes:
    """Write a DICOM file of an array or of an encapsulated JPEG."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    jpeg = isinstance(pixels, bytes)
    meta.TransferSyntaxUID = tags.pop(
        "syntax", JPEGBaseline8Bit if jpeg else ExplicitVRLittleEndian
    )
    found = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    found.PhotometricInterpretation = colours
    found.SamplesPerPixel = 1 if colours.startswith("MONO") else 3
    found.PixelRepresentation = 0
    found.BitsAllocated = found.BitsStored = 8
    if found.SamplesPerPixel == 3:
        found.PlanarConfiguration = 0
    if isinstance(pixels, bytes):
        found.Rows, found.Columns = 60, 90
        found.PixelData = encapsulate([pixels])
        found["PixelData"].VR = "OB"
    elif pixels is not None:
        found.Rows, found.Columns = pixels.shape[:2]
        found.BitsAllocated = found.BitsStored = 8 * pixels.dtype.itemsize
        found.PixelRepresentation = int(pixels.dtype.kind == "i")
        found.PixelData = pixels.tobytes()
        if compressed := tags.pop("compressed", None):
            found.PixelData, meta.TransferSyntaxUID = encapsulate([pixels.tobytes()]), compressed
        found["PixelData"].VR = "OW" if pixels.dtype.itemsize > 1 else "OB"
    for name, value in tags.items():
        setattr(found, name, value)
    buffer = io.BytesIO()
    pydicom.dcmwrite(buffer, found, enforce_file_format=True)
    return buffer.getvalue()


def grey(values: list[int], dtype: str, colours: str = "MONOCHROME2", **tags: Any) -> list[int]:
    """Show one row of stored values; what does it become?"""
    pixels = np.array([values] * len(values), dtype=dtype)
    shown = decode(dicom(pixels, colours, **tags), len(values))
    assert (shown == shown[:1, :, :1]).all()
    return [int(level) for level in shown[0, :, 0]]


def test_rgb_pixels_are_kept_as_they_are(mole: Image.Image) -> None:
    data = dicom(np.asarray(mole), "RGB")
    expected = np.asarray(mole.resize((32, 32), Image.Resampling.BILINEAR))
    assert (decode(data, 32, framing=WHOLE) == expected).all()


def test_ybr_becomes_rgb(mole: Image.Image) -> None:
    data = dicom(np.asarray(mole.convert("YCbCr")), "YBR_FULL")
    expected = decode(dicom(np.asarray(mole), "RGB"), 32)
    assert np.abs(decode(data, 32).astype(int) - expected).max() <= 3


@pytest.mark.parametrize("colours", ["YBR_FULL_422", "YBR_FULL"])
@pytest.mark.parametrize("size", [16, 64])
def test_a_jpeg_gives_the_same_pixels_in_its_dicom_as_alone(
    encoded: Callable[..., bytes], colours: str, size: int
) -> None:
    jpeg = encoded("JPEG", quality=90)
    assert (decode(dicom(jpeg, colours), size) == decode(jpeg, size)).all()


def test_eight_grey_bits_are_kept_and_monochrome1_is_turned() -> None:
    assert grey([0, 100, 255], "u1") == [0, 100, 255]
    assert grey([0, 100, 255], "u1", "MONOCHROME1") == [255, 155, 0]


def test_without_a_window_the_whole_range_of_the_stored_bits_is_shown() -> None:
    assert grey([0, 257, 65535], "<u2") == [0, 1, 255]
    assert grey([0, 2048, 4095], "<u2", BitsStored=12, HighBit=11) == [0, 128, 255]
    assert grey([-32768, 0, 32767], "<i2") == [0, 128, 255]
    assert grey([0, 4095], "<u2", BitsStored=12, HighBit=11, RescaleSlope=-1) == [255, 0]


def test_a_window_is_applied_after_rescaling() -> None:
    """Part 3, C.11.2.1.2: centre 2048 and width 4096 show 0 at 0 and 4095 at 255."""
    assert grey([0, 2048, 4095], "<u2", WindowCenter=2048, WindowWidth=4096) == [0, 128, 255]
    assert grey([0, 1, 2, 3], "u1", WindowCenter=2, WindowWidth=4) == [0, 85, 170, 255]
    wide = {"WindowCenter": [40, 1], "WindowWidth": [400, 1]}
    rescale = {"RescaleSlope": 2, "RescaleIntercept": -1024}
    assert grey([0, 432, 532, 632], "<u2", **wide, **rescale) == [0, 0, 128, 255]


def test_the_windows_other_functions_are_the_standards() -> None:
    window = {"WindowCenter": 100, "WindowWidth": 200}
    exact = grey([0, 100, 200], "<u2", VOILUTFunction="LINEAR_EXACT", **window)
    sigmoid = grey([0, 100, 200], "<u2", VOILUTFunction="SIGMOID", **window)
    assert exact == [0, 128, 255]
    assert sigmoid == [round(255 / (1 + np.exp(2))), 128, round(255 / (1 + np.exp(-2)))]


def test_sixteen_bit_colours_keep_their_upper_bits() -> None:
    pixels = np.full((4, 4, 3), (0, 32768, 65535), dtype="<u2")
    assert decode(dicom(pixels, "RGB"), 4)[0, 0].tolist() == [0, 128, 255]


def test_of_several_frames_the_first_counts() -> None:
    frames = np.stack([np.full((4, 4), 50, np.uint8), np.full((4, 4), 200, np.uint8)])
    data = dicom(frames[0], "MONOCHROME2", NumberOfFrames=2, PixelData=frames.tobytes())
    assert (decode(data, 4) == 50).all()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: dicom(None, "RGB"), "a DICOM without pixels"),
        (lambda: dicom(np.zeros((4, 4), np.uint8), "PALETTE COLOR"), "PALETTE COLOR; convert"),
        (lambda: dicom(np.zeros((4, 4), np.uint8), "RGB")[:-9], "cannot be read as an image"),
        (lambda: b"\0" * 128 + b"DICM", "a DICOM without pixels"),
        (lambda: dicom(b"\xff\xd8 no jpeg", "YBR_FULL_422"), "not an image format"),
        (
            lambda: dicom(np.zeros((4, 4), np.uint8), "MONOCHROME2", Rows=60_000, Columns=60_000),
            "60000 x 60000 pixels exceeds limit",
        ),
        (
            lambda: dicom(np.zeros((4, 4), np.uint8), "RGB", syntax=DeflatedExplicitVRLittleEndian),
            "a deflated DICOM",
        ),
        (
            lambda: dicom(np.zeros((4, 4), np.uint8), "MONOCHROME2", WindowCenter=1, WindowWidth=0),
            "window LINEAR of width 0",
        ),
    ],
)
def test_a_dicom_that_cannot_be_shown_is_named_with_the_reason(
    make: Callable[[], bytes], reason: str
) -> None:
    with pytest.raises(ImageError, match=rf"^mole\.dcm: .*{reason}") as caught:
        decode(make(), 32, name="mole.dcm")
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(
    any(find_spec(name) for name in ("pylibjpeg", "gdcm", "jpeg_ls")), reason="it can be read here"
)
def test_a_compression_without_its_package_names_the_package() -> None:
    pixels = np.zeros((4, 4), np.uint8)
    with pytest.raises(ImageError, match=r"compressed as JPEG-LS Lossless .*: pip install 'pylib"):
        decode(dicom(pixels, "MONOCHROME2", compressed=JPEGLSLossless), 4)


def test_the_reader_says_nothing_on_standard_error(recwarn: pytest.WarningsRecorder) -> None:
    """Of excess bytes pydicom warns in two lines of its own among mel's news."""
    black = np.zeros((8, 8, 3), np.uint8)
    data = dicom(black, "RGB", PixelData=bytes(black.nbytes + 500))
    recwarn.clear()
    assert decode(data, 8).max() == 0
    assert [str(warning.message) for warning in recwarn] == []


def test_its_header_is_measured(mole: Image.Image) -> None:
    data = dicom(np.asarray(mole), "RGB")
    found = measure(data)
    assert (found.width, found.height, found.format, found.mode) == (90, 60, "DICOM", "RGB")
    assert found.bytes == len(data)
    assert measure(dicom(np.zeros((3, 5), "<u2"), "MONOCHROME2")).mode == "L"


def test_a_missing_package_names_the_extra(
    monkeypatch: pytest.MonkeyPatch, mole: Image.Image
) -> None:
    """It is the installation's fault and not the picture's, so no ImageError."""
    data = dicom(np.asarray(mole), "RGB")
    monkeypatch.setitem(sys.modules, "pydicom", None)
    with pytest.raises(MelError, match=r"pip install 'mel\[dicom\]'") as caught:
        decode(data, 32)
    assert not isinstance(caught.value, ImageError)

"""What comes through the door, and what is said to the rest."""

import hashlib
import struct
import zlib
from io import BytesIO
from pathlib import Path

import numpy as np
import pydicom
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shamsul.radiographs import Radiograph, RadiographError, read_radiograph, refusal

GRADIENT = np.arange(48, dtype=np.uint8).reshape(6, 8) * 5
PYDICOM_FILES = sorted(
    path
    for path in (Path(pydicom.__file__).parent / "data").rglob("*")
    if path.is_file() and "__pycache__" not in path.parts
)


def assert_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(RadiographError) as caught:
        read_radiograph(data)
    assert str(caught.value) == sentence
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None


def read_or_refuse(data: bytes) -> Radiograph | None:
    """Any other exception than the promised one fails the test."""
    try:
        return read_radiograph(data)
    except RadiographError as error:
        sentence = str(error)
        assert sentence.endswith(".")
        assert len(sentence) < 200
        assert len(sentence.splitlines()) == 1
        assert error.__cause__ is None
        assert error.__context__ is None
        return None


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def test_hash_is_that_of_the_bytes(make_dicom):
    data = make_dicom(GRADIENT)
    assert read_radiograph(data).sha256 == hashlib.sha256(data).hexdigest()


@pytest.mark.parametrize("junk", [b"P", b"<html></html>", b"%PDF-1.7", bytes(4000), b"GIF89a"])
def test_anything_else_is_not_an_image(junk):
    assert_refused(junk, refusal.NOT_AN_IMAGE)


def test_empty_file_is_said_to_be_empty():
    assert_refused(b"", refusal.EMPTY)


def test_too_many_bytes_are_refused_with_the_limit(make_dicom):
    data = make_dicom(GRADIENT)
    assert read_radiograph(data, max_bytes=len(data)).shape == (6, 8)
    with pytest.raises(RadiographError, match=r"^The file is larger than the 2\.5 MiB accepted"):
        read_radiograph(bytes(3 * 2**20), max_bytes=5 * 2**19)


# PNG and JPEG


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "LA"])
def test_gray_png_of_any_mode_keeps_its_levels(mode):
    radiograph = read_radiograph(encoded(Image.fromarray(GRADIENT).convert(mode), "PNG"))
    np.testing.assert_array_equal(radiograph.values, GRADIENT)
    np.testing.assert_allclose(radiograph.pixels, GRADIENT / 255, atol=1e-6)
    assert (radiograph.window, radiograph.spacing_mm, radiograph.view) == ((0, 255), None, "")


def test_palette_png_shows_its_palette():
    image = Image.fromarray(255 - GRADIENT).convert("P")
    image.putpalette([255 - level // 3 for level in range(768)])
    np.testing.assert_array_equal(read_radiograph(encoded(image, "PNG")).values, GRADIENT)


def test_one_bit_png_is_black_and_white():
    image = Image.fromarray(GRADIENT > 100)
    assert image.mode == "1"
    np.testing.assert_array_equal(read_radiograph(encoded(image, "PNG")).pixels, GRADIENT > 100)


def test_transparent_pixels_are_black():
    rgba = np.full((2, 2, 4), 200, dtype=np.uint8)
    rgba[..., 3] = [[255, 0], [0, 255]]
    radiograph = read_radiograph(encoded(Image.fromarray(rgba), "PNG"))
    assert radiograph.values.tolist() == [[200, 0], [0, 200]]


@pytest.mark.parametrize(("top", "white"), [(65535, 65535), (40000, 65535), (3000, 4095), (9, 255)])
def test_sixteen_bit_png_is_shown_with_the_bits_in_use(top, white):
    pixels = np.linspace(0, top, 48).round().astype(np.uint16).reshape(6, 8)
    radiograph = read_radiograph(encoded(Image.fromarray(pixels), "PNG"))
    np.testing.assert_array_equal(radiograph.values, pixels)
    assert radiograph.window == (0, white)


def deep_png(samples: np.ndarray, chunks: bytes = b"") -> bytes:
    """A PNG of samples (H, W, channels) of 16 bits, each row filtered by Paeth's predictor."""
    rows, columns, channels = samples.shape
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    step = 2 * channels
    packed = bytearray()
    above = bytes(columns * step)
    for row in samples.astype(">u2"):
        line = row.tobytes()
        packed.append(4)
        for at, byte in enumerate(line):
            left = line[at - step] if at >= step else 0
            corner = above[at - step] if at >= step else 0
            guess = left + above[at] - corner
            nearest = min((left, above[at], corner), key=lambda one: abs(guess - one))
            packed.append((byte - nearest) % 256)
        above = line

    header = struct.pack(">IIBBBBB", columns, rows, 16, kind, 0, 0, 0)
    return b"".join(
        [
            b"\x89PNG\r\n\x1a\n",
            chunk(b"IHDR", header),
            chunks,
            chunk(b"IDAT", zlib.compress(packed)),
            chunk(b"IEND", b""),
        ]
    )


def chunk(name: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(name + content)
    return len(content).to_bytes(4) + name + content + crc.to_bytes(4)


@pytest.mark.parametrize(("top", "white"), [(65535, 65535), (4095, 4095), (255, 255)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_sixteen_bit_png_of_any_kind_keeps_its_depth(channels, top, white):
    gray = np.linspace(0, top, 48).round().astype(np.uint16).reshape(6, 8)
    samples = np.repeat(gray[..., None], channels, axis=2)
    if channels in (2, 4):
        samples[..., -1] = 65535
    radiograph = read_radiograph(deep_png(samples))
    np.testing.assert_array_equal(radiograph.values, gray)
    assert radiograph.window == (0, white)


def test_sixteen_bit_colours_become_luma_and_transparent_pixels_black():
    rgb = np.array([[[60000, 0, 0], [0, 300, 0], [7, 8, 9]]], dtype=np.uint16)
    assert read_radiograph(deep_png(rgb)).values.tolist() == [[17940, 176, 8]]
    clear = chunk(b"tRNS", struct.pack(">3H", 60000, 0, 0))
    assert read_radiograph(deep_png(rgb, clear)).values.tolist() == [[0, 176, 8]]
    alpha = np.array([[[4000, 65535], [4000, 0], [4000, 32768]]], dtype=np.uint16)
    assert read_radiograph(deep_png(alpha)).values.tolist() == [[4000, 0, 2000]]
    gray = np.array([[[4000], [17]]], dtype=np.uint16)
    clear = chunk(b"tRNS", struct.pack(">H", 4000))
    assert read_radiograph(deep_png(gray, clear)).values.tolist() == [[0, 17]]


@pytest.mark.parametrize("channels", [2, 3, 4])
def test_sixteen_bit_png_is_turned_upright(channels):
    samples = np.arange(24, dtype=np.uint16).reshape(4, 6, 1).repeat(channels, axis=2) * 1000
    if channels in (2, 4):
        samples[..., -1] = 65535
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to view
    data = deep_png(samples, chunk(b"eXIf", exif.tobytes()[6:]))
    np.testing.assert_array_equal(read_radiograph(data).values, np.rot90(samples[..., 0], -1))


@pytest.mark.parametrize("marked", [True, False])
def test_cmyk_is_inverted_only_where_adobe_wrote_it(marked):
    """Pillow writes Adobe's marker, and inverts what it writes."""
    ink = np.zeros((16, 32, 4), dtype=np.uint8)
    ink[:, 16:, 3] = 200
    image = Image.fromarray(ink if marked else 255 - ink, "CMYK")
    data = encoded(image, "JPEG", quality=95)
    marker = data.index(b"\xff\xee")
    assert data[marker + 4 : marker + 9] == b"Adobe"
    if not marked:
        size = int.from_bytes(data[marker + 2 : marker + 4])
        data = data[:marker] + data[marker + 2 + size :]
    left, right = read_radiograph(data).pixels[8, [4, 28]]
    assert (left, right) == pytest.approx((1, 55 / 255), abs=0.02)


def test_colour_png_becomes_luma():
    image = Image.new("RGB", (1, 1), (255, 0, 0))
    assert read_radiograph(encoded(image, "PNG")).values.tolist() == [[76]]


def test_animated_png_is_refused():
    frames = [Image.new("L", (4, 4), level) for level in (0, 255)]
    data = encoded(frames[0], "PNG", save_all=True, append_images=frames[1:])
    assert_refused(data, refusal.SEVERAL)


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_jpeg_is_read_in_gray(mode):
    image = Image.fromarray(np.kron(GRADIENT, np.ones((8, 8), dtype=np.uint8)))
    radiograph = read_radiograph(encoded(image.convert(mode), "JPEG", quality=95))
    assert np.abs(radiograph.values - np.asarray(image)).mean() < 2


def test_exif_orientation_turns_the_picture_upright():
    upright = np.zeros((16, 32), dtype=np.uint8)
    upright[:8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to view
    data = encoded(Image.fromarray(np.rot90(upright)), "JPEG", quality=95, exif=exif)
    radiograph = read_radiograph(data)
    assert radiograph.shape == (16, 32)
    assert radiograph.pixels[:6].min() > 0.9
    assert radiograph.pixels[10:].max() < 0.1


@pytest.mark.parametrize("side", [11_000, 20_000])
def test_png_bomb_is_refused_before_it_is_unpacked(side):
    image = encoded(Image.new("1", (8, 8)), "PNG")
    header = b"IHDR" + side.to_bytes(4) * 2 + image[24:29]
    data = image[:12] + header + zlib.crc32(header).to_bytes(4) + image[33:]
    assert_refused(data, refusal.TOO_MANY_PIXELS)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_truncated_picture_is_refused(kind):
    data = encoded(Image.fromarray(np.tile(GRADIENT, (20, 20))), kind)
    assert_refused(data[: len(data) // 2], refusal.DAMAGED)


# Whatever is thrown at it


@pytest.mark.parametrize("path", PYDICOM_FILES, ids=lambda path: path.name)
def test_every_file_of_pydicom_opens_or_is_refused_in_a_sentence(path):
    read_or_refuse(path.read_bytes())


@given(st.binary(max_size=400))
@settings(max_examples=100, deadline=None)
def test_random_bytes_never_raise_anything_else(junk):
    read_or_refuse(junk)
    read_or_refuse(bytes(128) + b"DICM" + junk)
    read_or_refuse(b"\x89PNG\r\n\x1a\n" + junk)
    read_or_refuse(b"\xff\xd8\xff" + junk)


@given(data=st.data())
@settings(max_examples=250, deadline=None)
def test_damaged_files_never_raise_anything_else(data, make_dicom, compressed, lossy):
    files = {name: file for name, (file, _) in (compressed | lossy).items()}
    # Each of these starts a process: the worker has a test of its own.
    files = {name: file for name, file in files.items() if "lossless" not in name}
    del files["jpeg-extended 12"]
    files["plain"] = make_dicom(GRADIENT, WindowCenter=40, WindowWidth=80, PixelSpacing=[1, 2])
    files["deflated"] = make_dicom(GRADIENT, syntax="1.2.840.10008.1.2.1.99")
    files["png"] = encoded(Image.fromarray(GRADIENT), "PNG")
    files["jpeg"] = encoded(Image.fromarray(GRADIENT), "JPEG")
    file = bytearray(files[data.draw(st.sampled_from(sorted(files)))])
    if data.draw(st.booleans()):
        del file[data.draw(st.integers(0, len(file))) :]
    else:
        flips = st.tuples(st.integers(0, len(file) - 1), st.integers(0, 255))
        for position, value in data.draw(st.lists(flips, min_size=1, max_size=8)):
            file[position] = value
    read_or_refuse(bytes(file))


def test_real_radiographs_show_air_dark_and_bone_bright(shared_data):
    paths = [
        *(shared_data / "radiographs").glob("*.png"),
        *(shared_data / "chexlocalize").glob("*.jpg"),
        *(shared_data / "radiographs").glob("1.2*.dcm"),
    ]
    assert len(paths) >= 3
    for path in paths:
        pixels = read_radiograph(path.read_bytes()).pixels
        rows, columns = pixels.shape
        spine = pixels[rows // 2 : 3 * rows // 4, 9 * columns // 20 : 11 * columns // 20]
        lung = pixels[rows // 4 : rows // 2, columns // 5 : 3 * columns // 10]
        assert spine.mean() > lung.mean() + 0.1


def test_monochrome1_copy_of_a_real_file_is_its_negative(shared_data):
    directory = shared_data / "radiographs"
    (plain,) = directory.glob("1.2*.dcm")
    positive = read_radiograph(plain.read_bytes())
    negative = read_radiograph((directory / "Fake_MONOHR1.dcm").read_bytes())
    np.testing.assert_allclose(negative.pixels, 1 - positive.pixels, atol=1e-6)
    assert positive.view == "PA"
    assert positive.spacing_mm == (0.168, 0.168)

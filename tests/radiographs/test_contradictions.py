"""Files that contradict themselves: those of one meaning open, others name the contradiction."""

from collections.abc import Callable
from io import BytesIO

import gdcm
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.encaps import encapsulate, generate_fragments
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    RLELossless,
)

from shamsul.radiographs import RadiographError, read_radiograph, refusal
from tests.radiographs.conftest import dataset_of, file_of, ramp, transcoded

SCENE = ramp(12).astype(np.int16) - 2048
ITEM, DELIMITER = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"
UNDEFINED = b"\xff\xff\xff\xff"


def refused(data: bytes) -> str:
    with pytest.raises(RadiographError) as caught:
        read_radiograph(data)
    return str(caught.value)


def edited(data: bytes, change: Callable[[Dataset], None]) -> bytes:
    dataset = dcmread(BytesIO(data))
    change(dataset)
    return file_of(dataset)


def stating(data: bytes, **given: object) -> bytes:
    """The file with other attributes."""
    return edited(data, lambda dataset: [setattr(dataset, *one) for one in given.items()])


def declaring(data: bytes, syntax: str) -> bytes:
    """The file with another Transfer Syntax UID, and nothing else."""

    def element(uid: str) -> bytes:
        value = uid.encode() + b"\0" * (len(uid) % 2)
        return b"\x02\x00\x10\x00UI" + len(value).to_bytes(2, "little") + value

    own = element(dcmread(BytesIO(data)).file_meta.TransferSyntaxUID)
    assert data.count(own) == 1
    return data.replace(own, element(syntax))


def packed(pixels: np.ndarray, syntax: str, bits: int, **given: object) -> bytes:
    dataset = dcmread(BytesIO(file_of(dataset_of(pixels, bits))))
    dataset.compress(syntax, generate_instance_uid=False)
    return stating(file_of(dataset), **given)


def in_fragments(data: bytes, table: bytes, pieces: int = 1) -> bytes:
    """The file with its frame in so many fragments behind this Basic Offset Table."""

    def change(dataset: Dataset) -> None:
        _, *fragments = generate_fragments(dataset.PixelData)
        frame = b"".join(fragments)
        step = -(-len(frame) // pieces // 2) * 2
        parts = [table] + [frame[at : at + step] for at in range(0, len(frame), step)]
        dataset.PixelData = b"".join(ITEM + len(one).to_bytes(4, "little") + one for one in parts)
        dataset["PixelData"].is_undefined_length = True

    return edited(data, change)


# A compressed stream says what its values are (PS3.5 8.2)


@pytest.mark.parametrize("name", ["jpeg-2000 12", "jpeg-ls 12", "jpeg-lossless 12"])
@pytest.mark.parametrize("stated", [{"BitsStored": 10, "HighBit": 9}, {"BitsStored": 8}], ids=str)
def test_bits_per_sample_are_those_of_the_stream(compressed, name, stated):
    data, pixels = compressed[name]
    np.testing.assert_array_equal(read_radiograph(stating(data, **stated)).values, pixels)


def test_bits_allocated_are_those_of_the_stream(compressed, lossy):
    for name, (data, pixels) in {**compressed, **lossy}.items():
        if "rle" not in name:
            for allocated in (8, 12, 16, 32):
                values = read_radiograph(stating(data, BitsAllocated=allocated)).values
                np.testing.assert_allclose(values, pixels, atol=2 * (name in lossy), err_msg=name)


@pytest.mark.parametrize("stored", [8, 12])
def test_baseline_jpeg_in_sixteen_allocated_bits_has_eight(lossy, stored):
    data, pixels = lossy["jpeg-baseline 8"]
    radiograph = read_radiograph(stating(data, BitsAllocated=16, BitsStored=stored))
    np.testing.assert_allclose(radiograph.values, pixels, atol=2)
    assert radiograph.window == (0, 255)


def test_jpeg_2000_says_whether_it_is_signed():
    signed = packed(SCENE, JPEG2000Lossless, 13, PixelRepresentation=0)
    np.testing.assert_array_equal(read_radiograph(signed).values, SCENE)
    unsigned = packed(ramp(12), JPEG2000Lossless, 12, PixelRepresentation=1)
    np.testing.assert_array_equal(read_radiograph(unsigned).values, ramp(12))


@pytest.mark.parametrize("syntax", ["jpeg-ls 16", "jpeg-lossless 16"])
def test_other_streams_say_no_sign_and_the_header_does(compressed, syntax):
    data, pixels = compressed[syntax]
    values = read_radiograph(stating(data, PixelRepresentation=1)).values
    np.testing.assert_array_equal(values, pixels.astype(np.int16))


@pytest.mark.parametrize("kept", [0x0FFF, 0xFFFF])
def test_sign_of_fewer_bits_than_the_stream_has_is_kept(tmp_path, kept):
    """Whether the encoder was given 12 bits of each cell, or all 16."""
    cells = SCENE.view(np.uint16) & np.uint16(kept)
    number = gdcm.TransferSyntax.JPEGLSLossless
    data = transcoded(file_of(dataset_of(cells, 16)), number, tmp_path)
    stated = stating(data, BitsStored=12, HighBit=11, PixelRepresentation=1)
    np.testing.assert_array_equal(read_radiograph(stated).values, SCENE)


def test_samples_are_those_of_the_stream(lossy):
    gray = ramp(8)
    rgb = packed(np.repeat(gray[..., None], 3, axis=2), JPEG2000Lossless, 8)
    stated = stating(rgb, SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2")
    np.testing.assert_array_equal(read_radiograph(stated).values, gray)
    for data, atol in ((packed(gray, JPEG2000Lossless, 8), 0), (lossy["jpeg-baseline 8"][0], 2)):
        stated = stating(
            data, SamplesPerPixel=3, PhotometricInterpretation="RGB", PlanarConfiguration=0
        )
        np.testing.assert_allclose(read_radiograph(stated).values, gray, atol=atol)


@pytest.mark.parametrize(
    "stated", [{"BitsAllocated": 8, "BitsStored": 8}, {"BitsAllocated": 32}], ids=str
)
def test_rle_has_as_many_segments_as_a_pixel_has_bytes(compressed, stated):
    data, pixels = compressed["rle 12"]
    assert refused(stating(data, **stated)) == refusal.SEGMENTS_CONTRADICT
    np.testing.assert_array_equal(read_radiograph(stating(data, BitsStored=16)).values, pixels)


@pytest.mark.parametrize("name", ["jpeg-ls 12", "jpeg-2000 12", "jpeg-lossless 12"])
def test_stream_of_another_size_is_told(compressed, name):
    assert refused(stating(compressed[name][0], Rows=41)) == refusal.SIZE_CONTRADICTS


@pytest.mark.parametrize("name", ["jpeg-ls 12", "jpeg-2000 12", "jpeg-lossless 12", "rle 12"])
def test_stream_that_is_cut_short_is_damage(compressed, name):
    def cut(dataset: Dataset) -> None:
        _, frame = generate_fragments(dataset.PixelData)
        dataset.PixelData = encapsulate([frame[: len(frame) // 3]])
        dataset["PixelData"].is_undefined_length = True

    assert refused(edited(compressed[name][0], cut)) == refusal.DAMAGED


def test_byte_before_the_end_of_a_jpeg_ls_stream_is_passed_over(compressed):
    # As in MR1_JLSL of NEMA's WG04; ISO/IEC 14495-1 pads nothing there.
    def pad(dataset: Dataset) -> None:
        _, frame = generate_fragments(dataset.PixelData)
        end = frame.rindex(b"\xff\xd9")
        dataset.PixelData = encapsulate([frame[:end] + b"\0" + frame[end:]])
        dataset["PixelData"].is_undefined_length = True

    data, pixels = compressed["jpeg-ls 12"]
    np.testing.assert_array_equal(read_radiograph(edited(data, pad)).values, pixels)


# Where the frame is (PS3.5 A.4)


@pytest.mark.parametrize("pieces", [1, 3])
@pytest.mark.parametrize("offsets", [[], [0], [0, 0], [8], [1234], [0, 400], [2**32 - 1]], ids=str)
def test_offsets_do_not_matter_where_there_is_one_frame(compressed, offsets, pieces):
    table = np.array(offsets, dtype="<u4").tobytes()
    for name in ("jpeg-2000 12", "jpeg-ls 12", "rle 12"):
        data, pixels = compressed[name]
        found = read_radiograph(in_fragments(data, table, pieces))
        np.testing.assert_array_equal(found.values, pixels, err_msg=name)


# Bits in their cells (PS3.5 8.1.1)


@pytest.mark.parametrize("high_bit", [0, 3, 10, 16, 40])
def test_high_bit_that_leaves_no_room_is_bits_stored_less_one(make_dicom, high_bit):
    data = make_dicom(ramp(12), 12, HighBit=high_bit)
    np.testing.assert_array_equal(read_radiograph(data).values, ramp(12))


@pytest.mark.parametrize(
    ("stated", "sentence"),
    [
        ({"BitsStored": 17}, refusal.BITS_CONTRADICT),
        ({"BitsAllocated": 8}, refusal.BITS_CONTRADICT),
        ({"BitsStored": 0}, refusal.BITS_CONTRADICT),
        ({"SamplesPerPixel": 3}, refusal.SAMPLES_CONTRADICT),
        ({"PhotometricInterpretation": "RGB"}, refusal.SAMPLES_CONTRADICT),
    ],
    ids=str,
)
def test_contradiction_of_attributes_is_told(make_dicom, stated, sentence):
    assert refused(make_dicom(ramp(12), 12, **stated)) == sentence


# Elements (PS3.5 7.5)


@pytest.mark.parametrize(
    "stray",
    [ITEM + bytes(4), DELIMITER + bytes(4), ITEM + b"\x0c\0\0\0\x08\0\x00\x01SH\x04\0AAAA"],
    ids=["item", "delimiter", "item with an element"],
)
@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_item_outside_a_sequence_is_passed_over(make_dicom, stray, syntax):
    data = make_dicom(ramp(12), 12, syntax=syntax)
    before = data.index(b"\x28\0\x02\0")  # Samples per Pixel
    found = read_radiograph(data[:before] + stray + data[before:])
    np.testing.assert_array_equal(found.values, ramp(12))


def test_undefined_length_without_compression_is_told(make_dicom):
    data = make_dicom(ramp(12), 12)
    length = data.index(b"\xe0\x7f\x10\0OW\0\0") + 8
    undefined = data[:length] + UNDEFINED + data[length + 4 :]
    assert refused(undefined) == refusal.UNDEFINED_LENGTH
    assert refused(undefined + DELIMITER + bytes(4)) == refusal.UNDEFINED_LENGTH


# Transfer syntax (PS3.10 7.1)


@pytest.mark.parametrize(
    "declared",
    [
        ImplicitVRLittleEndian,
        ExplicitVRLittleEndian,
        ExplicitVRBigEndian,
        DeflatedExplicitVRLittleEndian,
        JPEG2000Lossless,
        JPEGBaseline8Bit,
        RLELossless,
    ],
)
def test_content_decides_whatever_the_transfer_syntax_declares(make_dicom, compressed, declared):
    files = {
        str(syntax): make_dicom(ramp(12), 12, syntax=syntax)
        for syntax in (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)
    }
    files |= {name: data for name, (data, _) in compressed.items() if name.endswith("12")}
    for name, data in files.items():
        found = read_radiograph(declaring(data, declared))
        np.testing.assert_array_equal(found.values, ramp(12), err_msg=name)


def test_unknown_transfer_syntax_is_not_guessed(make_dicom, compressed):
    """GE's private one has big endian pixels behind a little endian header."""
    private = "1.2.840.113619.5.2"
    assert refused(declaring(make_dicom(ramp(12), 12), private)) == refusal.UNSUPPORTED
    data, pixels = compressed["jpeg-2000 12"]
    np.testing.assert_array_equal(read_radiograph(declaring(data, private)).values, pixels)


def test_what_is_coded_in_no_known_way_is_told(make_dicom, compressed):
    deflated = make_dicom(ramp(12), 12, syntax=DeflatedExplicitVRLittleEndian)
    assert refused(declaring(deflated, ExplicitVRLittleEndian)) == refusal.CODED_OTHERWISE

    def text(dataset: Dataset) -> None:
        dataset.PixelData = encapsulate([b"neither a stream nor segments"])
        dataset["PixelData"].is_undefined_length = True

    assert refused(edited(compressed["jpeg-2000 12"][0], text)) == refusal.CODED_OTHERWISE
    short = declaring(make_dicom(ramp(12)[:20], 12, Rows=40), JPEG2000Lossless)
    assert refused(short) == refusal.CODED_OTHERWISE


def test_pixels_that_begin_like_an_item_are_pixels(make_dicom):
    pixels = ramp(16).copy()
    pixels[0, :2] = [0xFFFE, 0xE000]
    np.testing.assert_array_equal(read_radiograph(make_dicom(pixels)).values, pixels)

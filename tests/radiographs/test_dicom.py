"""Files of every kind, beside pydicom's own windowing where it has one."""

import subprocess
import sys
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate, get_frame
from pydicom.pixels import apply_modality_lut, apply_voi_lut, get_decoder
from pydicom.uid import (
    MPEG2MPML,
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    EncapsulatedPDFStorage,
    ExplicitVRBigEndian,
    ImplicitVRLittleEndian,
    JPEGLSLossless,
    JPEGLSNearLossless,
    SecondaryCaptureImageStorage,
)

from shamsul.radiographs import RadiographError, read_radiograph, refusal
from shamsul.radiographs.codec import DECODERS, PixelFormat, decode, decoder_of
from shamsul.radiographs.dicom import WINDOW_SHOWS_NOTHING

PIXELS = np.arange(0, 4080, 85, dtype=np.uint16).reshape(6, 8)  # 0 to 3995, 12 bits
SCENE = PIXELS.astype(np.int16) - 2000


def refused(data: bytes) -> str:
    with pytest.raises(RadiographError) as caught:
        read_radiograph(data)
    return str(caught.value)


def lut(entries: list[int] | bytes, first: int, bits: int, count: int | None = None) -> list:
    item = Dataset()
    kind = "SS" if first < 0 else "US"
    item.add_new("LUTDescriptor", kind, [count or len(entries), first, bits])
    item.add_new("LUTData", "OW" if isinstance(entries, bytes) else "US", entries)
    return [item]


# Which files


@pytest.mark.parametrize("modality", ["CR", "DX", "RG", "DR", "dx "])
def test_projection_radiographs_are_read(make_dicom, modality):
    assert read_radiograph(make_dicom(PIXELS, 12, Modality=modality)).shape == (6, 8)


@pytest.mark.parametrize(
    ("modality", "named"),
    [("CT", "a CT image"), ("MR", "an MR"), ("MG", "a mammogram"), ("SR", "a structured report")],
)
def test_other_modalities_are_refused_by_name(make_dicom, modality, named):
    sentence = refused(make_dicom(PIXELS, 12, Modality=modality))
    assert sentence.startswith(f"The file is {named}")
    assert sentence.endswith("not a chest radiograph.")


def test_unknown_modality_is_not_repeated(make_dicom):
    assert refused(make_dicom(PIXELS, 12, Modality="SMITH")) == refusal.NOT_A_PROJECTION


@pytest.mark.parametrize("modality", [None, "", "OT"])
def test_unstated_modality_is_read_where_the_object_may_be_a_radiograph(make_dicom, modality):
    data = make_dicom(PIXELS, 12, Modality=modality, SOPClassUID=SecondaryCaptureImageStorage)
    assert read_radiograph(data).shape == (6, 8)


@pytest.mark.parametrize("storage", [CTImageStorage, EncapsulatedPDFStorage])
def test_unstated_modality_of_another_object_is_refused(make_dicom, storage):
    data = make_dicom(PIXELS, 12, Modality=None, SOPClassUID=storage)
    assert refused(data) == refusal.NOT_A_PROJECTION


def test_file_without_image_is_refused(make_dicom):
    dataset = dcmread(BytesIO(make_dicom(PIXELS, 12)))
    del dataset.PixelData
    stream = BytesIO()
    dataset.save_as(stream)
    assert refused(stream.getvalue()) == refusal.NO_IMAGE


def test_several_frames_are_refused(make_dicom):
    assert refused(make_dicom(PIXELS, 12, NumberOfFrames=2)) == refusal.SEVERAL


def test_truncated_pixels_are_refused(make_dicom):
    assert refused(make_dicom(PIXELS, 12)[:-10]) == refusal.DAMAGED


def test_unknown_compression_is_refused(make_dicom):
    dataset = dcmread(BytesIO(make_dicom(PIXELS, 12)))
    dataset.file_meta.TransferSyntaxUID = MPEG2MPML
    dataset.PixelData = encapsulate([bytes(100)])
    dataset["PixelData"].is_undefined_length = True
    stream = BytesIO()
    dataset.save_as(stream)
    assert refused(stream.getvalue()) == refusal.UNSUPPORTED


def test_promised_pixels_are_counted_before_they_are_decoded(make_dicom):
    assert refused(make_dicom(PIXELS, 12, Rows=20_000, Columns=20_000)) == refusal.TOO_MANY_PIXELS


@pytest.mark.parametrize("wrong", [{"Rows": None}, {"Rows": 0}], ids=str)
def test_image_without_its_size_is_damage(make_dicom, wrong):
    assert refused(make_dicom(PIXELS, 12, **wrong)) == refusal.DAMAGED


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, None])
def test_data_set_without_preamble_is_read(make_dicom, syntax):
    data = make_dicom(PIXELS, 12, **({"syntax": syntax} if syntax else {}))
    file = read_radiograph(data)
    for bare in (data[132:], data[data.index(b"\x08\x00\x16\x00") :]):
        np.testing.assert_array_equal(read_radiograph(bare).values, file.values)


# Stored values


@pytest.mark.parametrize(
    "syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian]
)
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int16, np.uint32])
def test_uncompressed_values_are_exact(make_dicom, syntax, kind):
    pixels = (np.arange(48).reshape(6, 8) * 5).astype(kind)
    radiograph = read_radiograph(make_dicom(pixels, syntax=syntax))
    np.testing.assert_array_equal(radiograph.values, pixels)


def test_odd_number_of_bytes_is_padded(make_dicom):
    pixels = np.arange(9, dtype=np.uint8).reshape(3, 3)
    np.testing.assert_array_equal(read_radiograph(make_dicom(pixels)).values, pixels)


def test_losslessly_compressed_values_are_exact(compressed):
    for name, (data, pixels) in compressed.items():
        values = read_radiograph(data).values
        np.testing.assert_array_equal(values, pixels, err_msg=name)


def test_lossily_compressed_values_are_close(lossy):
    for name, (data, pixels) in lossy.items():
        values = read_radiograph(data).values
        np.testing.assert_allclose(values, pixels, atol=2, err_msg=name)


def test_twelve_bit_jpeg_agrees_with_libjpeg_turbo():
    # Golden: imagecodecs 2026.3.6, jpeg_decode of the frame of pydicom 3.0.2's JPGExtended.dcm,
    # all pixels equal; on 2026-11-21.
    dataset = dcmread(get_testdata_file("JPGExtended.dcm", download=False))
    dataset.Modality = "DX"
    stream = BytesIO()
    dataset.save_as(stream)
    values = read_radiograph(stream.getvalue()).values
    assert values[420, 140:145].tolist() == [244, 242, 249, 260, 218]
    assert values[230, 120:125].tolist() == [95, 108, 125, 135, 136]


@pytest.mark.parametrize(("position", "byte"), [(15, 66), (6, 18)])
def test_frame_that_ends_gdcm_is_damage(compressed, position, byte):
    # With python-gdcm 3.2.6 the first ends the worker by SIGABRT, the second by SIGSEGV.
    dataset = dcmread(BytesIO(compressed["jpeg-lossless 12"][0]))
    frame = bytearray(get_frame(dataset.PixelData, 0, number_of_frames=1))
    frame[position] = byte
    dataset.PixelData = encapsulate([bytes(frame)])
    dataset["PixelData"].is_undefined_length = True
    stream = BytesIO()
    dataset.save_as(stream)
    assert refused(stream.getvalue()) == refusal.DAMAGED


def test_each_compression_has_its_decoder_installed():
    for syntax in DECODERS:
        plugin = decoder_of(syntax)
        assert plugin == "" or plugin in get_decoder(syntax).available_plugins


WITHOUT_PYJPEGLS = """
import sys
from pathlib import Path

import numpy as np

sys.modules["jpeg_ls"] = None

from shamsul.radiographs.codec import decoder_of
from shamsul.radiographs.content import read_content

assert decoder_of("1.2.840.10008.1.2.4.80") == decoder_of("1.2.840.10008.1.2.4.81") == "gdcm"
for name in sys.argv[1:]:
    np.save(f"{name}.npy", read_content(Path(name).read_bytes()).values)
"""


def test_jpeg_ls_needs_no_pyjpegls(compressed, tmp_path: Path) -> None:
    names = [name for name in compressed if name.startswith("jpeg-ls")]
    for name in names:
        (tmp_path / name).write_bytes(compressed[name][0])
    subprocess.run([sys.executable, "-c", WITHOUT_PYJPEGLS, *names], cwd=tmp_path, check=True)
    for name in names:
        np.testing.assert_array_equal(np.load(tmp_path / f"{name}.npy"), compressed[name][1])


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("JPEGLSNearLossless_08.dcm", {}),
        ("JPEGLSNearLossless_16.dcm", {}),
        ("MR_small_jpeg_ls_lossless.dcm", {}),  # signed
        ("SC_rgb_jls_lossy_line.dcm", {}),
        ("SC_rgb_jls_lossy_sample.dcm", {}),
        ("SC_rgb_jls_lossy_sample.dcm", {"photometric": "YBR_FULL"}),
        ("JPEGLSNearLossless_08.dcm", {"allocated": 16}),
    ],
    ids=str,
)
def test_gdcm_decodes_jpeg_ls_as_pyjpegls_does(monkeypatch, name: str, given: dict) -> None:
    dataset = dcmread(get_testdata_file(name, download=False))
    pixel = PixelFormat(
        rows=dataset.Rows,
        columns=dataset.Columns,
        samples=dataset.SamplesPerPixel,
        photometric=dataset.PhotometricInterpretation,
        allocated=dataset.BitsAllocated,
        stored=dataset.BitsStored,
        high_bit=dataset.HighBit,
        signed=dataset.PixelRepresentation == 1,
        planar=dataset.get("PlanarConfiguration", 0),
    )
    syntax = dataset.file_meta.TransferSyntaxUID
    found = []
    for plugin in (decoder_of(syntax), "gdcm"):
        for one in (JPEGLSLossless, JPEGLSNearLossless):
            monkeypatch.setitem(DECODERS, one, plugin)
        found.append(decode(dataset.PixelData, "OB", syntax, replace(pixel, **given))[0])
    np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_bits_beside_the_stored_ones_are_ignored(make_dicom, syntax):
    overlay = np.uint16(0xF000) * (PIXELS % 2)
    data = make_dicom((PIXELS | overlay).astype(np.uint16), 12, syntax=syntax)
    np.testing.assert_array_equal(read_radiograph(data).values, PIXELS)


def test_signed_values_are_extended_from_the_stored_bits(make_dicom):
    data = make_dicom((SCENE & 0x0FFF).astype(np.int16), 12)
    np.testing.assert_array_equal(read_radiograph(data).values, SCENE)


def test_high_bit_places_the_stored_bits(make_dicom):
    data = make_dicom((PIXELS << 4 | 0x5).astype(np.uint16), 12, HighBit=15)
    np.testing.assert_array_equal(read_radiograph(data).values, PIXELS)


# Windows and tables


VOI = {
    "linear": {"WindowCenter": 2000, "WindowWidth": 1500},
    "linear, several": {"WindowCenter": ["1800", "9"], "WindowWidth": ["700.5", "9"]},
    "exact": {"WindowCenter": 2000, "WindowWidth": 1500, "VOILUTFunction": "LINEAR_EXACT"},
    "sigmoid": {"WindowCenter": 2000, "WindowWidth": 1500, "VOILUTFunction": "SIGMOID"},
    "table": {"VOILUTSequence": lut([x * x // 70 for x in range(500)], 1000, 12)},
    "table before window": {
        "VOILUTSequence": lut([x // 2 for x in range(4000)], 0, 11),
        "WindowCenter": 5,
        "WindowWidth": 9,
    },
}
MODALITY = {
    "none": {},
    "rescale": {"RescaleSlope": "0.5", "RescaleIntercept": "900"},
    "table": {"ModalityLUTSequence": lut([4095 - x for x in range(4096)], 0, 16)},
}


@pytest.mark.parametrize("modality", MODALITY)
@pytest.mark.parametrize("voi", VOI)
@pytest.mark.parametrize("photometric", ["MONOCHROME1", "MONOCHROME2"])
def test_display_agrees_with_pydicom(make_dicom, modality, voi, photometric):
    data = make_dicom(
        PIXELS, 12, PhotometricInterpretation=photometric, **MODALITY[modality], **VOI[voi]
    )
    dataset = dcmread(BytesIO(data))
    stored = dataset.pixel_array
    first = apply_modality_lut(stored, dataset)
    if "table" in voi:
        # pydicom wants whole inputs for a table; ours are rounded.
        output = apply_voi_lut(np.rint(first).astype(int), dataset)
        low, high = 0.0, 2.0 ** dataset.VOILUTSequence[0].LUTDescriptor[2] - 1
    else:
        output = apply_voi_lut(first, dataset)
        ends = apply_modality_lut(np.array([0, 4095]), dataset)
        low, high = float(min(ends)), float(max(ends))
        if modality == "table":
            low, high = 0.0, 65535.0
    expected = np.clip((output - low) / (high - low), 0, 1)
    if photometric == "MONOCHROME1":
        expected = 1 - expected
    np.testing.assert_allclose(read_radiograph(data).pixels, expected, atol=1e-5)


def test_signed_display_agrees_with_pydicom(make_dicom):
    window = {"WindowCenter": -100, "WindowWidth": 900}
    data = make_dicom(SCENE, 12, RescaleSlope=1, RescaleIntercept=-50, **window)
    dataset = dcmread(BytesIO(data))
    output = apply_voi_lut(apply_modality_lut(dataset.pixel_array, dataset), dataset)
    expected = (output + 2048 + 50) / 4095
    np.testing.assert_allclose(read_radiograph(data).pixels, expected, atol=1e-5)


def test_table_of_bytes_with_a_signed_first_input(make_dicom):
    entries = np.arange(0, 1024, dtype="<u2")
    data = make_dicom(SCENE, 12, VOILUTSequence=lut(entries.tobytes(), -500, 10, 1024))
    expected = np.clip(SCENE + 500, 0, 1023)
    np.testing.assert_array_equal(read_radiograph(data).values, expected)


def test_table_of_packed_bytes(make_dicom):
    entries = np.arange(255, -1, -1, dtype=np.uint8).tobytes()
    data = make_dicom(PIXELS, 12, VOILUTSequence=lut(entries, 0, 8, 256))
    np.testing.assert_array_equal(read_radiograph(data).values, 255 - np.minimum(PIXELS, 255))


@pytest.mark.parametrize(
    "voi",
    [
        {"WindowCenter": 100, "WindowWidth": 0},
        {"WindowCenter": 100, "WindowWidth": 0.5},
        {"WindowCenter": 100},
        {"WindowCenter": "1e300", "WindowWidth": "1e300"},
        {"VOILUTSequence": [Dataset()]},
        {"VOILUTSequence": lut([7], 0, 12)},
    ],
    ids=str,
)
def test_unusable_window_counts_as_none(make_dicom, voi):
    plain = read_radiograph(make_dicom(PIXELS, 12))
    assert read_radiograph(make_dicom(PIXELS, 12, **voi)).window == plain.window


@pytest.mark.parametrize(
    ("photometric", "shape", "inverted"),
    [
        ("MONOCHROME1", None, True),
        ("MONOCHROME1", "INVERSE", True),
        ("MONOCHROME2", "INVERSE", True),
        ("MONOCHROME2", "IDENTITY", False),
        ("MONOCHROME2", None, False),
    ],
)
def test_small_values_are_bright_where_either_attribute_says_so(
    make_dicom, photometric, shape, inverted
):
    given = {"PhotometricInterpretation": photometric, "PresentationLUTShape": shape}
    values = read_radiograph(make_dicom(PIXELS, 12, **given)).values
    np.testing.assert_array_equal(values, 4095 - PIXELS if inverted else PIXELS)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian])
def test_padding_range_is_darkened(make_dicom, syntax):
    scene = SCENE.copy()
    scene[:, 0] = [-2000, -1990, -1980, 1995, 1995, 1995]
    given = {"PixelPaddingValue": -2000, "PixelPaddingRangeLimit": -1980}
    window = {"WindowCenter": 0, "WindowWidth": 1001, "PhotometricInterpretation": "MONOCHROME1"}
    data = make_dicom(scene, 12, syntax=syntax, **given, **window)
    radiograph = read_radiograph(data)
    assert (radiograph.pixels[:3, 0] == 0).all()
    assert (radiograph.values[:3, 0] <= radiograph.values.min()).all()
    np.testing.assert_array_equal(radiograph.values[:, 1:], -1 - scene[:, 1:])


def test_window_that_shows_nothing_is_noted_and_not_used(make_dicom):
    data = make_dicom(PIXELS, 12, WindowCenter=40000, WindowWidth=100)
    radiograph = read_radiograph(data)
    np.testing.assert_allclose(radiograph.pixels, PIXELS / 3995, atol=1e-6)
    assert radiograph.notes == (WINDOW_SHOWS_NOTHING,)
    assert read_radiograph(make_dicom(PIXELS, 12, WindowCenter=900, WindowWidth=99)).notes == ()


# Colour


def test_gray_valued_colours_are_read(make_dicom):
    gray = (PIXELS // 16).astype(np.uint8)
    rgb = np.repeat(gray[..., None], 3, axis=2)
    np.testing.assert_array_equal(read_radiograph(make_dicom(rgb)).values, gray)


def test_colour_image_is_refused(make_dicom):
    rgb = np.zeros((6, 8, 3), dtype=np.uint8)
    rgb[..., 0] = 200
    assert refused(make_dicom(rgb)) == refusal.COLOUR


@pytest.mark.parametrize(("blue", "readable"), [(1, True), (0, False)])
def test_palette_is_applied(make_dicom, blue, readable):
    levels = np.arange(256, dtype="<u2")[::-1] * 257
    tables = {
        f"{colour}PaletteColorLookupTable{part}": value
        for colour, factor in (("Red", 1), ("Green", 1), ("Blue", blue))
        for part, value in (
            ("Descriptor", [256, 0, 16]),
            ("Data", (levels * factor).astype("<u2").tobytes()),
        )
    }
    stored = (PIXELS // 16).astype(np.uint8)
    data = make_dicom(stored, PhotometricInterpretation="PALETTE COLOR", **tables)
    if readable:
        np.testing.assert_allclose(read_radiograph(data).pixels, 1 - stored / 255, atol=1e-4)
    else:
        assert refused(data) == refusal.COLOUR


# What else is known


@pytest.mark.parametrize(
    ("given", "spacing"),
    [
        ({}, None),
        ({"PixelSpacing": [0.1, 0.2], "ImagerPixelSpacing": [9, 9]}, (0.1, 0.2)),
        ({"ImagerPixelSpacing": [0.2, 0.2]}, (0.2, 0.2)),
        (
            {"ImagerPixelSpacing": [0.3, 0.3], "EstimatedRadiographicMagnificationFactor": 1.2},
            (0.25, 0.25),
        ),
        ({"PixelSpacing": [0, 0]}, None),
        ({"PixelSpacing": [-0.1, 0.1]}, None),
        ({"PixelSpacing": 0.1}, None),
    ],
    ids=str,
)
def test_spacing(make_dicom, given, spacing):
    found = read_radiograph(make_dicom(PIXELS, 12, **given)).spacing_mm
    assert found == (None if spacing is None else pytest.approx(spacing))


def test_pixel_aspect_is_that_of_the_spacing_else_as_declared(make_dicom):
    aspect = {"PixelAspectRatio": [4, 3]}
    assert read_radiograph(make_dicom(PIXELS, 12)).pixel_aspect == 1
    assert read_radiograph(make_dicom(PIXELS, 12, **aspect)).pixel_aspect == pytest.approx(4 / 3)
    spaced = make_dicom(PIXELS, 12, PixelSpacing=[0.2, 0.1], **aspect)
    assert read_radiograph(spaced).pixel_aspect == 2


@pytest.mark.parametrize(
    ("given", "spacing", "aspect"),
    [
        ({"NominalScannedPixelSpacing": [0.2, 0.1]}, (0.2, 0.1), 2),
        (
            {"NominalScannedPixelSpacing": [0.2, 0.1], "ImagerPixelSpacing": [0.1, 0.1]},
            (0.1, 0.1),
            1,
        ),
        ({"PixelSpacing": [0.1, 0.001], "ImagerPixelSpacing": [0.1, 0.1]}, (0.1, 0.1), 1),
        ({"PixelAspectRatio": [1000, 1]}, None, 1),
        ({"PixelSpacing": [0.4, 0.1]}, (0.4, 0.1), 4),
    ],
)
def test_the_first_spacing_that_a_radiograph_can_have_counts(make_dicom, given, spacing, aspect):
    film = read_radiograph(make_dicom(PIXELS, 12, **given))
    assert film.spacing_mm == spacing
    assert film.pixel_aspect == pytest.approx(aspect)


@pytest.mark.parametrize(
    ("position", "view"),
    [("PA", "PA"), ("ap ", "AP"), ("LL", "LL"), ("RL", "RL"), ("LLO", ""), (None, "")],
)
def test_view_position(make_dicom, position, view):
    assert read_radiograph(make_dicom(PIXELS, 12, ViewPosition=position)).view == view


@pytest.mark.parametrize(("code", "view"), [("399348003", "AP"), ("R-10236", "LL"), ("1", "")])
def test_view_code_serves_where_the_position_is_absent(make_dicom, code, view):
    item = Dataset()
    item.CodeValue = code
    assert read_radiograph(make_dicom(PIXELS, 12, ViewCodeSequence=[item])).view == view


@pytest.mark.parametrize(("text", "flag"), [("YES", True), ("NO", False), (None, False)])
def test_burned_in_annotation_is_told(make_dicom, text, flag):
    data = make_dicom(PIXELS, 12, BurnedInAnnotation=text)
    assert read_radiograph(data).burned_in_annotation is flag

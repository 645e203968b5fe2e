"""Segmentations of radiographs, made by hand attribute by attribute, and by highdicom."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, FileDataset
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.pixels import pack_bits
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    RLELossless,
)

from shamsul.annotations.formats import dicom, dicom_seg
from shamsul.annotations.formats.entry import Fault, Found
from shamsul.annotations.formats.registry import read
from tests.annotations import writers

CR = "1.2.840.10008.5.1.4.1.1.1"
IMAGE, OTHER = "1.2.840.99.1", "1.2.840.99.2"
#: Not whole bytes of bits in a row, or in a frame.
SHAPE = (7, 9)
MASKS = {1: np.zeros(SHAPE, bool), 2: np.zeros(SHAPE, bool)}
MASKS[1][1:4, 2:7] = True
MASKS[2][5:7, 0:3] = True
LABELS = {1: "Cardiomegaly", 2: "Pleural Effusion"}


def item(**values: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def refers(uid: str, **values: object) -> Dataset:
    return item(ReferencedSOPClassUID=CR, ReferencedSOPInstanceUID=uid, **values)


def derived(*uids: str, **values: object) -> list[Dataset]:
    return [item(SourceImageSequence=[refers(uid, **values) for uid in uids])]


def segmentation(kind: str, frames: Sequence[np.ndarray] = tuple(MASKS.values())) -> FileDataset:
    """As a projection has it: one frame for each segment, or all of them in one label map."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    number = "66.7" if kind == "LABELMAP" else "66.4"
    dataset.SOPClassUID = f"1.2.840.10008.5.1.4.1.1.{number}"
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID = "1.2.840.99.9"
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    dataset.Modality, dataset.SegmentationType = "SEG", kind
    dataset.ContentCreatorName = "Ada^A"
    dataset.Rows, dataset.Columns = SHAPE
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 1 if kind == "BINARY" else 8
    dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, 0
    dataset.SegmentSequence = [item(SegmentNumber=n, SegmentLabel=LABELS[n]) for n in LABELS]
    instances = [item(ReferencedInstanceSequence=[refers(IMAGE)])]
    dataset.ReferencedSeriesSequence = instances
    if kind == "LABELMAP":
        frames = [frames[0] + 2 * frames[1].astype(np.uint8)]
    else:
        dataset.PerFrameFunctionalGroupsSequence = [
            item(SegmentIdentificationSequence=[item(ReferencedSegmentNumber=n)]) for n in LABELS
        ]
    pixels = np.stack(frames).astype(np.uint8)
    if kind == "FRACTIONAL":
        dataset.MaximumFractionalValue = 200
        pixels = np.where(pixels, 100, 99).astype(np.uint8)  # one half, and less
    dataset.NumberOfFrames = len(pixels)
    dataset.PixelData = pack_bits(pixels) if kind == "BINARY" else pixels.tobytes() + b"\0"
    return dataset


def regions(path: Path, dataset: Dataset) -> dict[tuple[str, str], np.ndarray]:
    """The regions of a file by image and label; it must have no fault."""
    dataset.save_as(path, enforce_file_format=True)
    contents = read(path)
    assert contents.formats == ("dicom-seg",)
    assert not [str(one) for one in contents.entries if isinstance(one, Fault)]
    assert {one.annotation.author for one in contents.entries} <= {"Ada^A"}
    return {
        (one.image, one.annotation.label): one.annotation.mask(SHAPE) for one in contents.entries
    }


def assert_both(found: dict[tuple[str, str], np.ndarray], image: str = IMAGE) -> None:
    assert found.keys() == {(image, label) for label in LABELS.values()}
    for number, label in LABELS.items():
        np.testing.assert_array_equal(found[image, label], MASKS[number])


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_a_projection_needs_no_geometry_and_no_derivation(tmp_path: Path, kind: str) -> None:
    assert_both(regions(tmp_path / "a.dcm", segmentation(kind)))


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_a_derivation_says_which_image_is_meant(tmp_path: Path, kind: str) -> None:
    dataset = segmentation(kind)
    dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence.append(refers(OTHER))
    source = derived(OTHER, SpatialLocationsPreserved="YES")
    dataset.SharedFunctionalGroupsSequence = [item(DerivationImageSequence=source)]
    assert_both(regions(tmp_path / "a.dcm", dataset), OTHER)


def test_frames_of_several_images_are_told_apart(tmp_path: Path) -> None:
    dataset = segmentation("BINARY")
    for frame, uid in zip(dataset.PerFrameFunctionalGroupsSequence, (IMAGE, OTHER), strict=True):
        frame.DerivationImageSequence = derived(uid)
    found = regions(tmp_path / "a.dcm", dataset)
    assert found.keys() == {(IMAGE, LABELS[1]), (OTHER, LABELS[2])}


def test_frames_of_one_segment_are_one_region(tmp_path: Path) -> None:
    dataset = segmentation("BINARY")
    dataset.PerFrameFunctionalGroupsSequence = []
    segment = [item(ReferencedSegmentNumber=1)]
    dataset.SharedFunctionalGroupsSequence = [item(SegmentIdentificationSequence=segment)]
    (region,) = regions(tmp_path / "a.dcm", dataset).values()
    np.testing.assert_array_equal(region, MASKS[1] | MASKS[2])


def test_a_label_maps_background_is_what_it_says(tmp_path: Path) -> None:
    dataset = segmentation("LABELMAP")
    dataset.PixelPaddingValue = 0
    dataset.SegmentSequence.append(item(SegmentNumber=0, SegmentLabel="Background"))
    assert_both(regions(tmp_path / "a.dcm", dataset))
    dataset.PixelPaddingValue = 2
    found = regions(tmp_path / "a.dcm", dataset)
    assert found.keys() == {(IMAGE, "Cardiomegaly"), (IMAGE, "Background")}
    np.testing.assert_array_equal(found[IMAGE, "Background"], ~(MASKS[1] | MASKS[2]))


def test_a_label_map_may_have_16_bits_and_a_palette(tmp_path: Path) -> None:
    dataset = segmentation("LABELMAP")
    pixels = (MASKS[1] + 300 * MASKS[2].astype(np.uint16)).astype("<u2")
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelData = 15, pixels.tobytes()
    dataset.PhotometricInterpretation = "PALETTE COLOR"
    dataset.SegmentSequence[1].SegmentNumber = 300
    assert_both(regions(tmp_path / "a.dcm", dataset))


@pytest.mark.parametrize("syntax", [RLELossless, DeflatedExplicitVRLittleEndian])
@pytest.mark.parametrize("kind", ["FRACTIONAL", "LABELMAP"])
def test_compressed_segmentations_are_the_same(tmp_path: Path, kind: str, syntax: str) -> None:
    dataset = segmentation(kind)
    if syntax == RLELossless:
        dataset.compress(syntax, encoding_plugin="pydicom", generate_instance_uid=False)
    else:
        dataset.file_meta.TransferSyntaxUID = syntax
    assert_both(regions(tmp_path / "a.dcm", dataset))


def two_images(dataset: Dataset) -> None:
    dataset.ReferencedSeriesSequence[0].ReferencedInstanceSequence.append(refers(OTHER))


def derived_of_two(dataset: Dataset) -> None:
    dataset.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence = derived(IMAGE, OTHER)


def no_image(dataset: Dataset) -> None:
    del dataset.ReferencedSeriesSequence


def moved(dataset: Dataset) -> None:
    source = derived(IMAGE, SpatialLocationsPreserved="NO")
    dataset.PerFrameFunctionalGroupsSequence[0].DerivationImageSequence = source


def no_segment(dataset: Dataset) -> None:
    del dataset.PerFrameFunctionalGroupsSequence[0].SegmentIdentificationSequence


def undescribed(dataset: Dataset) -> None:
    del dataset.SegmentSequence[0]


def one_number(dataset: Dataset) -> None:
    dataset.SegmentSequence.append(item(SegmentNumber=1, SegmentLabel="Edema"))


def no_label(dataset: Dataset) -> None:
    del dataset.SegmentSequence[0].SegmentLabel


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (two_images, ["frame 1: it may be of any of 2 images", "frame 2: it may be of any of 2"]),
        (derived_of_two, ["frame 1: it may be of any of 2 images"]),
        (no_image, ["frame 1: it names no image", "frame 2: it names no image"]),
        (moved, ["frame 1: its pixels are not those of the image"]),
        (no_segment, ["frame 1: it does not state of which segment it is"]),
        (undescribed, [f"{IMAGE}, segment 1: it is not described"]),
        (one_number, [f"{IMAGE}, segment 1: it has no label of its own"]),
        (no_label, [f"{IMAGE}, segment 1: it has no label of its own"]),
    ],
)
def test_what_cannot_be_told_is_a_fault_and_the_rest_is_read(
    tmp_path: Path, change: Callable[[Dataset], None], said: list[str]
) -> None:
    dataset = segmentation("BINARY")
    change(dataset)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    entries = read(tmp_path / "a.dcm").entries
    faults = [str(one) for one in entries if isinstance(one, Fault)]
    for fault, reason in zip(faults, said, strict=True):
        assert fault.startswith(f"a.dcm, {reason}")
    assert len([one for one in entries if isinstance(one, Found)]) == 2 - len(said)


def test_an_undescribed_value_of_a_label_map_is_told(tmp_path: Path) -> None:
    dataset = segmentation("LABELMAP")
    undescribed(dataset)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    found, fault = sorted(read(tmp_path / "a.dcm").entries, key=lambda one: isinstance(one, Fault))
    assert found.annotation.label == "Pleural Effusion"
    assert str(fault) == f"a.dcm, {IMAGE}, segment 1: it is not described"


def cut(dataset: Dataset) -> None:
    dataset.PixelData = dataset.PixelData[:-8]


def huge(dataset: Dataset) -> None:
    dataset.NumberOfFrames = 2**31 - 1


def odd(dataset: Dataset) -> None:
    dataset.SegmentationType = "SURFACE"


def lossy(dataset: Dataset) -> None:
    dataset.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
    dataset.PixelData = encapsulate([b"\xff\xd8\xff\xd9"] * 2)


def nothing(dataset: Dataset) -> None:
    del dataset.SegmentSequence


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (cut, r"^a\.dcm is damaged"),
        (huge, r"^a\.dcm is damaged"),
        (odd, "none of the types BINARY"),
        (lossy, "compressed as JPEG Baseline .*, which is not read"),
        (nothing, "is not laid out as DICOM Segmentation"),
    ],
)
def test_a_damaged_segmentation_is_one_sentence(
    tmp_path: Path, change: Callable[[Dataset], None], reason: str
) -> None:
    dataset = segmentation("BINARY")
    change(dataset)
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    with pytest.raises(ValueError, match=reason) as refused:
        read(tmp_path / "a.dcm")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
def test_what_highdicom_writes_and_reads_is_read_alike(tmp_path: Path, kind: str) -> None:
    highdicom = pytest.importorskip("highdicom")
    if kind not in highdicom.seg.SegmentationTypeValues.__members__:
        pytest.skip("this highdicom knows no label maps")
    masks = {label: np.zeros(writers.SHAPE, bool) for label in LABELS.values()}
    masks["Cardiomegaly"][3:9, 20:31] = masks["Pleural Effusion"][30:39, 5:31] = True
    image = writers.radiograph_dicom()
    path = writers.segmentation(tmp_path / "a.dcm", image, masks, kind)
    entries = read(path).entries
    assert {one.annotation.label for one in entries} == masks.keys()
    library = highdicom.seg.segread(path)
    theirs = library.get_pixels_by_source_instance([image.SOPInstanceUID], combine_segments=False)
    for one in entries:
        assert one.image == image.SOPInstanceUID
        region = one.annotation.mask(writers.SHAPE)
        np.testing.assert_array_equal(region, masks[one.annotation.label])
        number = 1 + list(masks).index(one.annotation.label)
        column = list(library.segment_numbers).index(number)
        np.testing.assert_array_equal(region, theirs[0, ..., column] >= 0.5)


def test_a_deflated_bomb_is_refused_before_it_is_inflated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = segmentation("BINARY")
    dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    dataset.save_as(tmp_path / "a.dcm", enforce_file_format=True)
    assert_both(regions(tmp_path / "b.dcm", dataset))
    monkeypatch.setattr(dicom, "MOST_INFLATED", 400)
    with pytest.raises(ValueError, match="it inflates to more than annotations can have"):
        dicom.check_inflated(tmp_path / "a.dcm")
    with pytest.raises(ValueError, match="none of the known formats"):
        read(tmp_path / "a.dcm")


def test_frames_that_take_too_long_to_unpack_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = segmentation("FRACTIONAL")
    dataset.compress(RLELossless, encoding_plugin="pydicom", generate_instance_uid=False)
    assert_both(regions(tmp_path / "a.dcm", dataset))
    monkeypatch.setattr(dicom_seg, "MOST_SECONDS", -1.0)
    with pytest.raises(ValueError, match=r"a\.dcm is damaged, or states its segments"):
        read(tmp_path / "a.dcm")

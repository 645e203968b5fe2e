"""DICOM segmentations: binary, fractional and label maps, read without what projections lack.

References
----------
.. [1] DICOM PS3.3, A.51 (Segmentation IOD), C.8.20 (its modules), C.7.6.16.2 (functional groups).
   https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_A.51.html
.. [2] DICOM Supplement 243: Label Map Segmentation Storage.
"""

import math
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from numpy.typing import NDArray
from pydicom import uid
from pydicom.pixels import iter_pixels, pixel_array

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.formats.dicom import tag
from shamsul.annotations.formats.entry import Entry, Fault, Found, each
from shamsul.annotations.formats.format import Format
from shamsul.annotations.formats.given import Given
from shamsul.annotations.formats.rle import MOST_PIXELS
from shamsul.annotations.marks import Mask

#: Segmentation Storage and Label Map Segmentation Storage.
STORAGES = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
#: Of processor time that a file's frames may take to unpack.
MOST_SECONDS = 20.0
_TYPES = ("BINARY", "FRACTIONAL", "LABELMAP")
#: pydicom's name of the decoder of each compression without loss (PS3.5 A.4). Others may end the
#: process on a damaged frame.
_DECODERS = {
    uid.RLELossless: "pydicom",
    uid.JPEGLSLossless: "pyjpegls",
    uid.JPEG2000Lossless: "pylibjpeg",
}


def _opened(path: Path) -> tuple[Any, NDArray[Any]]:
    """The data set, and its frames of shape (n, H, W).

    Raises
    ------
    ValueError
        If it is damaged, too large, of another type or compressed in another way; one sentence
        without a full stop.
    """
    dataset = _tried(path, lambda: pydicom.dcmread(path))
    if dataset.get("SegmentationType") not in _TYPES:
        raise ValueError(f"{path.name} is a segmentation of none of the types {', '.join(_TYPES)}")
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_encapsulated and syntax not in _DECODERS:
        raise ValueError(f"{path.name} is compressed as {syntax.name}, which is not read")
    return dataset, _tried(path, lambda: _pixels(dataset))


def _pixels(dataset: Any) -> NDArray[Any]:
    shape = (int(dataset.get("NumberOfFrames") or 1), int(dataset.Rows), int(dataset.Columns))
    if min(shape) < 1 or math.prod(shape) > MOST_PIXELS:
        raise ValueError("it is larger than a segmentation can be")
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_encapsulated:
        return np.reshape(pixel_array(dataset), shape)
    frames, begun = [], time.process_time()
    for frame in iter_pixels(dataset, decoding_plugin=_DECODERS[syntax]):
        frames.append(frame)
        if time.process_time() - begun > MOST_SECONDS:
            raise ValueError("it takes too long to unpack")
    return np.reshape(np.stack(frames), shape)


def _tried(path: Path, read: Callable[[], Any]) -> Any:
    """What pydicom makes of a file, or ValueError."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return read()
    except OSError:
        raise
    except Exception:  # a damaged file makes the library raise nearly anything
        raise ValueError(
            f"{path.name} is damaged, or states its segments in no usual way"
        ) from None


def _labels(dataset: Any) -> dict[int, str]:
    """Labels of the segments by their numbers; "" where two segments have one number."""
    labels: dict[int, str] = {}
    for segment in dataset.SegmentSequence:
        number = int(segment.SegmentNumber)
        label = str(segment.get("SegmentLabel") or "").strip()
        labels[number] = "" if number in labels else label
    return labels


def _groups(dataset: Any, frame: int) -> list[Any]:
    """What is said of a frame: by itself, then of all frames."""
    own = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    return [*own[frame : frame + 1], *shared[:1]]


def _items(datasets: Iterable[Any], keyword: str) -> list[Any]:
    """The items of a sequence in the first of some data sets that has any."""
    return next((list(items) for one in datasets if (items := one.get(keyword))), [])


def _image(dataset: Any, frame: int) -> str:
    """The SOP Instance UID of the image that a frame is of.

    The derivation of each frame is stated only where that is known (A.51.5); without it, what the
    whole segmentation refers to is meant if it is one image.

    Raises
    ------
    ValueError
        If there is none, more than one, or its pixels lie elsewhere; one sentence without a full
        stop.
    """
    derivations = _items(_groups(dataset, frame), "DerivationImageSequence")
    sources = [source for one in derivations for source in one.get("SourceImageSequence") or []]
    if any(one.get("SpatialLocationsPreserved", "YES") != "YES" for one in sources):
        raise ValueError("its pixels are not those of the image that it was made of")
    if not sources:
        series = dataset.get("ReferencedSeriesSequence") or []
        sources = [image for one in series for image in one.get("ReferencedInstanceSequence") or []]
    if not sources:
        sources = _items([dataset], "SourceImageSequence")
    images = sorted({str(one.ReferencedSOPInstanceUID) for one in sources})
    if len(images) != 1:
        which = f"may be of any of {len(images)} images" if images else "names no image"
        raise ValueError(f"it {which}")
    return images[0]


def _regions(
    dataset: Any, labels: Mapping[int, str], pixels: NDArray[Any], frame: int
) -> Iterator[tuple[int, NDArray[np.bool_]]]:
    """The segments of a frame by their numbers, each as a mask of shape (H, W)."""
    kind = dataset.SegmentationType
    if kind == "LABELMAP":
        padding = dataset.get("PixelPaddingValue")
        background = {0} - labels.keys() if padding is None else {int(padding)}
        for number in sorted(set(np.unique(pixels[frame]).tolist()) - background):
            yield number, pixels[frame] == number
        return
    stated = _items(_groups(dataset, frame), "SegmentIdentificationSequence")
    numbers = {int(one.ReferencedSegmentNumber) for one in stated}
    if not stated and len(labels) == 1:
        numbers = set(labels)
    if len(numbers) != 1:
        raise ValueError("it does not state of which segment it is")
    # Of a share of the pixel or a probability, one half.
    least = dataset.MaximumFractionalValue / 2 if kind == "FRACTIONAL" else 1
    if not least:
        raise ValueError("its greatest value is 0")
    yield numbers.pop(), pixels[frame] >= least


def _entries(given: Given) -> Iterator[Entry]:
    """A mask of each segment and image; fractional segmentations are cut at one half."""
    dataset, pixels = _opened(given.path)
    labels = _labels(dataset)
    author = str(dataset.get("ContentCreatorName") or "")

    def read(frame: int) -> Iterator[Entry]:
        every = _regions(dataset, labels, pixels, frame)
        regions = [(number, region) for number, region in every if region.any()]
        if not regions:
            return
        image = _image(dataset, frame)
        for number, region in regions:
            label = labels.get(number)
            if label:
                mark = Mask(np.ascontiguousarray(region))
                yield Found(image, Annotation(label, "DICOM SEG", mark, author), region.shape)
            else:
                what = "it is not described" if label is None else "it has no label of its own"
                yield Fault(f"{image}, segment {number}", what)

    return each(((f"frame {n + 1}", n) for n in range(len(pixels))), read)


SEG = Format(
    "dicom-seg",
    "DICOM Segmentation (SEG), label maps too",
    "DICOM PS3.3 A.51, Supplement 243",
    "https://dicom.nema.org/medical/dicom/current/output/chtml/part03/sect_A.51.html",
    (".dcm",),
    lambda given: tag(given.path, "SOPClassUID") in STORAGES,
    _entries,
)

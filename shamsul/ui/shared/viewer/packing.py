"""From radiographs, heatmaps and annotations to what the browser is sent.

A parcel is ``[u32 length of header][header, JSON][payload]``, little-endian, and its id is a digest
of its content, so that the browser can keep it and the server need not send it twice.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from PIL import Image
from skimage.measure import approximate_polygon, find_contours

from shamsul.annotations.annotation import Annotation
from shamsul.explainers.heatmap import Heatmap
from shamsul.radiographs.radiograph import Radiograph

#: Pixels on the long side beyond which the browser gets an area-averaged copy.
LONGEST_SIDE = 2048


@dataclass(frozen=True)
class Parcel:
    """Bytes for the browser.

    Attributes
    ----------
    id : str
        Digest of the content.
    header : mapping
        What the payload is, JSON-able.
    data : bytes
        Header and payload as sent.
    """

    id: str
    header: Mapping[str, object]
    data: bytes


def _parcel(header: Mapping[str, object], payload: bytes) -> Parcel:
    digest = hashlib.blake2b(json.dumps(header, sort_keys=True).encode(), digest_size=12)
    digest.update(payload)
    full = {"id": digest.hexdigest(), **header}
    encoded = json.dumps(full).encode()
    data = struct.pack("<I", len(encoded)) + encoded + payload
    return Parcel(digest.hexdigest(), full, data)


def pack_pixels(radiograph: Radiograph) -> Parcel:
    """Radiograph as 8 or 16 bit integers, so that windowing works on the whole stored range.

    Integers of at most 16 bits travel exactly; other values are quantised to 16 bits between the
    least and the greatest: value = offset + scale * integer. The payload is the row-wise difference
    of neighbours (modulo the integer's range), deflated: about half the size of the plain pixels.
    """
    values = radiograph.values
    rows, columns = radiograph.shape
    shrink = LONGEST_SIDE / max(rows, columns)
    exact = bool((values == np.rint(values)).all())
    if shrink < 1:
        size = (max(1, round(columns * shrink)), max(1, round(rows * shrink)))
        values = np.asarray(Image.fromarray(values).resize(size, Image.Resampling.BOX))
    offset, span = float(values.min()), float(np.ptp(values))
    if exact and span <= 65535:
        offset, scale = float(np.floor(offset)), 1.0
    else:
        scale = span / 65535 or 1.0
    dtype = np.dtype("u1" if exact and span <= 255 else "<u2")
    pixels = np.rint((values - np.float64(offset)) / scale).astype(dtype)
    differences = pixels.copy()
    differences[:, 1:] -= pixels[:, :-1]
    header = {
        "kind": "pixels",
        "bits": dtype.itemsize * 8,
        "height": pixels.shape[0],
        "width": pixels.shape[1],
        "offset": offset,
        "scale": scale,
    }
    # Level 1: higher levels cost seconds on a full radiograph and save a few per cent.
    return _parcel(header, zlib.compress(differences.tobytes(), 1))


def pack_map(heatmap: Heatmap) -> Parcel:
    """Raw signed values of a heatmap, float32, row by row."""
    height, width = heatmap.values.shape
    header = {"kind": "map", "height": height, "width": width}
    return _parcel(header, np.ascontiguousarray(heatmap.values, dtype="<f4").tobytes())


def contours(annotation: Annotation, shape: tuple[int, int]) -> list[list[float]]:
    """Outline of an annotation.

    Returns
    -------
    list of list of float
        One closed curve each, as row, column, row, column, ... in image coordinates; holes are
        curves of their own.
    """
    region = annotation.mask(shape)
    inside_rows, inside_columns = np.nonzero(region.any(1))[0], np.nonzero(region.any(0))[0]
    if inside_rows.size == 0:
        return []
    top, left = int(inside_rows[0]), int(inside_columns[0])
    found = region[top : inside_rows[-1] + 1, left : inside_columns[-1] + 1]
    # The border makes curves close where the region touches the edge of the radiograph.
    curves = find_contours(np.pad(found, 1).astype(np.float32), 0.5)
    # Pixel index to image coordinate (+0.5), less the border (-1).
    origin = np.array([top - 0.5, left - 0.5])
    tolerance = max(0.3, max(shape) / 4096)
    simple = [approximate_polygon(curve, tolerance) + origin for curve in curves]
    return [np.round(curve, 1).ravel().tolist() for curve in simple]

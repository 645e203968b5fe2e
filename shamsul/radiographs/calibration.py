"""How far apart a DICOM file says that its pixels are."""

from shamsul.radiographs.header import Header
from shamsul.radiographs.spacing import SpacingKind

Pair = tuple[float, float]

# A pixel that is so many times longer one way than the other is none of a radiograph's.
_MOST_OBLONG = 4
# Decimal strings of one spacing, written by two programs, differ by less.
_SAME = 1e-3


def read_spacing(header: Header) -> tuple[Pair | None, SpacingKind, float]:
    """Distance of pixels, what it refers to, and the magnification that it is divided by.

    Returns
    -------
    spacing : (float, float) or None
        Of rows and of columns, in mm (PS3.3 10.7.1.3); None where the file does not tell.
    kind : SpacingKind
    magnification : float
        1.0 where none is applied.

    Notes
    -----
    Estimated Radiographic Magnification Factor (C.8.11.5) is the distance of source and detector
    divided by that of source and object. Hence it is applied to what is measured at the detector
    or on the film, also where that is repeated as Pixel Spacing without Pixel Spacing Calibration
    Type, and never to a calibrated Pixel Spacing. A factor below 1 is passed over: the detector is
    behind the patient.
    """
    stated = _pair(header, "PixelSpacing")
    planes = {
        SpacingKind.DETECTOR: _pair(header, "ImagerPixelSpacing"),
        SpacingKind.SCANNED: _pair(header, "NominalScannedPixelSpacing"),
    }
    known = {kind: spacing for kind, spacing in planes.items() if spacing is not None}
    if stated is None:
        kind = next(iter(known), SpacingKind.UNSTATED)
        stated = known.get(kind)
    else:
        kind = _kind(header.text("PixelSpacingCalibrationType"), stated, known)
    factor = header.number("EstimatedRadiographicMagnificationFactor") or 1.0
    if stated is None or kind not in known or factor < 1:
        factor = 1.0
    return stated and (stated[0] / factor, stated[1] / factor), kind, factor


def _kind(calibration: str, stated: Pair, known: dict[SpacingKind, Pair]) -> SpacingKind:
    """Of a Pixel Spacing, beside the spacings of detector or film."""
    if calibration in ("GEOMETRY", "FIDUCIAL"):
        return SpacingKind(calibration.lower())
    same = (kind for kind, spacing in known.items() if _are_same(spacing, stated))
    return next(same, SpacingKind.CALIBRATED if known else SpacingKind.UNSTATED)


def _are_same(one: Pair, other: Pair) -> bool:
    return all(abs(a - b) <= _SAME * b for a, b in zip(one, other, strict=True))


def read_aspect(header: Header) -> float:
    """Pixel Aspect Ratio, vertical to horizontal (PS3.3 C.7.6.3.1.7)."""
    sides = _pair(header, "PixelAspectRatio")
    return 1.0 if sides is None else sides[0] / sides[1]


def _pair(header: Header, keyword: str) -> Pair | None:
    """Two positive numbers of sensible proportions."""
    numbers = header.numbers(keyword)
    if len(numbers) != 2 or min(numbers) <= 0 or max(numbers) > _MOST_OBLONG * min(numbers):
        return None
    return numbers[0], numbers[1]

"""Where the distance of pixels is measured: at the patient, the detector or the film."""

from enum import StrEnum


class SpacingKind(StrEnum):
    """What the spacing of pixels refers to (PS3.3 10.7.1)."""

    GEOMETRY = "geometry"
    """Pixel Spacing, corrected for a known or assumed magnification at some depth (10.7.1.2)."""
    FIDUCIAL = "fiducial"
    """Pixel Spacing, calibrated with an object of known size that is in the picture (10.7.1.2)."""
    CALIBRATED = "calibrated"
    """Pixel Spacing that differs from the detector's or the scanner's: one of both (10.7.1.1)."""
    UNSTATED = "unstated"
    """Whether it was calibrated cannot be determined (10.7.1.1), or was not kept."""
    DETECTOR = "detector"
    """Imager Pixel Spacing, at the front of the detector's housing (C.8.7.1, C.8.11.4)."""
    SCANNED = "scanned"
    """Nominal Scanned Pixel Spacing, on the film that was scanned (C.8.6.2)."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether lengths are not the patient's but those on detector or film."""
        return self in (SpacingKind.DETECTOR, SpacingKind.SCANNED)

    def words(self, magnification: float = 1.0) -> str:
        """For the reader, beside a length in mm.

        Parameters
        ----------
        magnification : float
            What the spacing has been divided by.

        Examples
        --------
        >>> SpacingKind.DETECTOR.words(), SpacingKind.DETECTOR.words(1.1)
        ('at the detector', 'at the patient, magnification 1.1 applied')
        """
        if magnification != 1:
            return f"at the patient, magnification {magnification:.4g} applied"
        return _WORDS[self]


_WORDS = {
    SpacingKind.GEOMETRY: "corrected for magnification",
    SpacingKind.FIDUCIAL: "calibrated by an object of known size",
    SpacingKind.CALIBRATED: "calibrated",
    SpacingKind.UNSTATED: "calibration not stated",
    SpacingKind.DETECTOR: "at the detector",
    SpacingKind.SCANNED: "on the scanned film",
}

"""From path lengths to displayed brightness: exposure, scatter, noise and the look-up table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

from .cavity import Lungs
from .detector import Detector, enlarge
from .tissues import SPECTRUM, Paths


@dataclass(frozen=True)
class Technique:
    """How the picture is taken and processed.

    Attributes
    ----------
    quanta : float
        Detected quanta per square mm without a patient.
    scatter : float
        Scatter reaching the detector, relative to the blurred primary.
    unsharpness : float
        Blur by focal spot, motion and detector (standard deviation, mm).
    detail : float
        Extra gain of faint detail.
    equalise : float
        Share of the coarse structure taken out (dynamic range compression).
    steepness : float
        Slope of the sigmoid look-up table.
    lung_level : float
        Brightness aimed at in the lungs.
    heel : tuple of float
        Relative intensity fall over the field (rows, columns).
    shutter : tuple of float
        Width covered at the top, bottom, left and right of the field, mm.
    blackened : bool
        Whether the covered border was blackened afterwards; it is white otherwise.
    """

    quanta: float
    scatter: float
    unsharpness: float
    detail: float
    equalise: float
    steepness: float
    lung_level: float
    heel: tuple[float, float]
    shutter: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0)
    blackened: bool = True


def sample_technique(rng: np.random.Generator, portable: bool) -> Technique:
    """Draw exposure and processing."""
    return Technique(
        quanta=float(np.exp(rng.normal(np.log(2.2e5), 0.6)) * (0.6 if portable else 1.0)),
        scatter=float(rng.uniform(0.9, 1.4) if portable else rng.uniform(0.35, 0.8)),
        unsharpness=float(rng.uniform(0.25, 0.6)),
        detail=float(rng.uniform(0.6, 1.6)),
        equalise=float(rng.uniform(0.15, 0.5)),
        steepness=float(rng.uniform(4.0, 5.7)),
        lung_level=float(rng.uniform(0.12, 0.24)),
        heel=(float(rng.normal(0, 0.05)), float(rng.normal(0, 0.05))),
        shutter=_sample_shutter(rng),
        blackened=bool(rng.random() < 0.6),
    )


def _sample_shutter(rng: np.random.Generator) -> tuple[float, float, float, float]:
    """Collimator edges that reach into about a third of the pictures."""
    if rng.random() > 0.35:
        return (0.0, 0.0, 0.0, 0.0)
    top, bottom, left, right = rng.uniform(2, 11, 4) * (rng.random(4) < 0.45)
    return float(top), float(bottom), float(left), float(right)


def _aperture(detector: Detector, technique: Technique) -> np.ndarray:
    """1 where the beam is open, 0 behind the collimator, with a penumbra."""
    # A shutter that is fully open leaves no penumbra in the field.
    top, bottom, left, right = (covered or -5.0 for covered in technique.shutter)
    height, width = detector.field_mm
    open_rows = np.minimum(detector.rows + height / 2 - top, height / 2 - bottom - detector.rows)
    open_columns = np.minimum(
        detector.columns + width / 2 - left, width / 2 - right - detector.columns
    )
    edges = np.minimum(open_rows[:, None], open_columns[None])
    aperture: np.ndarray = np.clip(edges / 1.5 + 0.5, 0, 1)
    return aperture


def blur(image: np.ndarray, sigma_mm: float, spacing_mm: tuple[float, float]) -> np.ndarray:
    """Gaussian blur given in mm; wide ones are done on a coarser grid."""
    stride = max(1, int(sigma_mm / (4 * max(spacing_mm))))
    if stride == 1:
        sigmas = [sigma_mm / s for s in spacing_mm]
        return np.asarray(gaussian_filter(image, sigmas, mode="nearest", truncate=3.0))
    rows, columns = (-(-n // stride) for n in image.shape)
    padded = np.pad(
        image,
        [(0, rows * stride - image.shape[0]), (0, columns * stride - image.shape[1])],
        mode="edge",
    )
    small = padded.reshape(rows, stride, columns, stride).mean(axis=(1, 3))
    small = gaussian_filter(small, [sigma_mm / s / stride for s in spacing_mm], mode="nearest")
    large = enlarge(small, (rows * stride, columns * stride))
    return large[: image.shape[0], : image.shape[1]]


def expose(paths: Paths, detector: Detector, technique: Technique) -> np.ndarray:
    """Noise-free detector signal, 1 without a patient.

    Returns
    -------
    ndarray of shape (H, W), float32
        Primary by Beer and Lambert's law in three energy bins, plus scatter.
    """
    transmitted = np.exp(-paths.attenuation())
    primary = np.tensordot(SPECTRUM, transmitted, axes=1)
    if technique.unsharpness > 0.3 * detector.pixel_mm:
        primary = blur(primary, technique.unsharpness, detector.spacing_mm)
    down = detector.rows / detector.field_mm[0]
    across = detector.columns / detector.field_mm[1]
    primary *= np.exp(technique.heel[0] * down)[:, None] * np.exp(technique.heel[1] * across)[None]
    primary *= 0.004 + 0.996 * _aperture(detector, technique)
    # Unattenuated beam beside the patient produces no scatter in the patient.
    source = np.minimum(primary, 0.35)
    scatter = 0.6 * blur(source, 22.0, detector.spacing_mm) + 0.4 * blur(
        source, 60.0, detector.spacing_mm
    )
    return (primary + technique.scatter * 0.5 * scatter).astype(np.float32)


def add_noise(
    signal: np.ndarray, detector: Detector, technique: Technique, rng: np.random.Generator
) -> np.ndarray:
    """Quantum noise: variance proportional to the signal, slightly correlated between pixels."""
    white = rng.standard_normal(signal.shape, dtype=np.float32)
    sigma = 0.17 / detector.pixel_mm
    grain = gaussian_filter(white, sigma, mode="wrap") if sigma > 0.15 else white
    area = detector.spacing_mm[0] * detector.spacing_mm[1]
    return np.maximum(signal + grain * np.sqrt(signal / (technique.quanta * area)), 1e-5)


def display(
    signal: np.ndarray,
    reference: np.ndarray,
    lungs: Lungs,
    detector: Detector,
    technique: Technique,
) -> np.ndarray:
    """Displayed brightness of a signal.

    Parameters
    ----------
    signal : ndarray of shape (H, W)
        What the detector measured.
    reference : ndarray of shape (H, W)
        Noise-free signal of the same patient without findings; anchors the look-up table, so that
        a finding changes the picture only around itself.
    lungs : Lungs
        Where the lungs and the mediastinum are, as an automatic exposure control knows it.
    detector, technique : Detector, Technique
        The grid and the processing.

    Returns
    -------
    ndarray of shape (H, W), float32, in [0, 1]
    """
    spacing = detector.spacing_mm
    density = -np.log(signal)
    aerated = lungs.thickness > 0.45 * lungs.thickness.max()
    solid = (lungs.ribcage > 60) & (lungs.thickness < 0.1 * lungs.ribcage)
    lung = -np.log(np.percentile(reference[aerated], 70))
    dense = -np.log(np.percentile(reference[solid], 30))
    coarse = blur(np.clip(density, 0.4, dense), 28.0, spacing)
    flat = density - technique.equalise * 0.6 * (coarse - 0.5 * (lung + dense))
    # Detail is amplified the more the fainter it is, as clinical multi-scale processing does.
    middle = blur(flat, 6.0, spacing)
    fine = blur(flat, 1.2, spacing)
    for detail, gain in ((fine - middle, technique.detail), (flat - fine, 0.6 * technique.detail)):
        flat = flat + gain * detail / (1 + (detail / 0.22) ** 2)
    span = dense - lung
    shift = np.log(technique.lung_level / (1 - technique.lung_level))
    relative = (flat - lung) / span
    bright = 1 / (1 + np.exp(-(shift + technique.steepness * relative)))
    floor = 1 / (1 + np.exp(-(shift - 0.9 * technique.steepness)))
    pixels: np.ndarray = np.clip((bright - floor) / (0.985 - floor), 0, 1).astype(np.float32)
    return pixels * _aperture(detector, technique) if technique.blackened else pixels

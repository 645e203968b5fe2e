"""From path lengths to displayed brightness: exposure, scatter, noise and the look-up table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter, zoom

from .cavity import Lungs
from .detector import Detector
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
    """

    quanta: float
    scatter: float
    detail: float
    equalise: float
    steepness: float
    lung_level: float
    heel: tuple[float, float]


def sample_technique(rng: np.random.Generator, portable: bool) -> Technique:
    """Draw exposure and processing."""
    return Technique(
        quanta=float(np.exp(rng.normal(np.log(2.2e5), 0.6)) * (0.6 if portable else 1.0)),
        scatter=float(rng.uniform(0.9, 1.4) if portable else rng.uniform(0.35, 0.8)),
        detail=float(rng.uniform(0.6, 1.6)),
        equalise=float(rng.uniform(0.15, 0.5)),
        steepness=float(rng.uniform(4.3, 6.0)),
        lung_level=float(rng.uniform(0.12, 0.24)),
        heel=(float(rng.normal(0, 0.05)), float(rng.normal(0, 0.05))),
    )


def blur(image: np.ndarray, sigma_mm: float, spacing_mm: tuple[float, float]) -> np.ndarray:
    """Gaussian blur given in mm; wide ones are done on a coarser grid."""
    stride = max(1, int(sigma_mm / (4 * max(spacing_mm))))
    if stride == 1:
        return gaussian_filter(
            image, [sigma_mm / s for s in spacing_mm], mode="nearest", truncate=3.0
        )
    rows, columns = (-(-n // stride) for n in image.shape)
    padded = np.pad(
        image,
        [(0, rows * stride - image.shape[0]), (0, columns * stride - image.shape[1])],
        mode="edge",
    )
    small = padded.reshape(rows, stride, columns, stride).mean(axis=(1, 3))
    small = gaussian_filter(small, [sigma_mm / s / stride for s in spacing_mm], mode="nearest")
    large = zoom(small, stride, order=1, mode="nearest", grid_mode=True)
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
    down = detector.rows / detector.field_mm[0]
    across = detector.columns / detector.field_mm[1]
    primary *= np.exp(technique.heel[0] * down)[:, None] * np.exp(technique.heel[1] * across)[None]
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
    return np.clip((bright - floor) / (0.985 - floor), 0, 1).astype(np.float32)

"""Projection against solids whose path lengths are known by hand."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from shamsul.phantom.depths import covered
from shamsul.phantom.detector import Detector, Pose
from shamsul.phantom.tissues import Paths, Tissue
from shamsul.phantom.tubes import curve, segments, shell, solid

# A source so far away that rays are parallel.
STRAIGHT = Pose(True, 1e7, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0))


@pytest.fixture
def detector() -> Detector:
    return Detector((120, 100), (120.0, 100.0), STRAIGHT)


def test_cylinder_across_the_rays_shows_its_chords(detector: Detector) -> None:
    line = curve(np.array([[-80, 0, 0], [0, 0, 0], [80, 0, 0.0]]), 0.7)
    thickness = detector.splat(*solid(line, 10.0, 1.0))
    chord = 2 * np.sqrt(np.maximum(100 - detector.rows**2, 0))
    inner = np.abs(detector.rows) < 8
    np.testing.assert_allclose(thickness[inner][:, 50], chord[inner], rtol=0.04)


def test_tube_along_the_rays_shows_its_length(detector: Detector) -> None:
    line = curve(np.array([[0, 0, -15], [0, 0, 0], [0, 0, 15.0]]), 0.5)
    sideways = np.array([1.0, 0.0, 0.0])
    thickness = detector.splat(*solid(line, 12.0, 1.0, sideways, capped=False))
    near = np.hypot(*np.meshgrid(detector.rows, detector.columns, indexing="ij")) < 7
    assert thickness[near].mean() == pytest.approx(30, rel=0.05)


@pytest.mark.parametrize("shape", [(30, 25), (120, 100), (240, 200)])
def test_mass_is_the_same_at_every_pixel_size(shape: tuple[int, int]) -> None:
    detector = Detector(shape, (120.0, 100.0), STRAIGHT)
    line = curve(np.array([[-30, -20, 0], [0, 0, 10], [25, 30, -10.0]]), 0.5 * detector.pixel_mm)
    area = detector.spacing_mm[0] * detector.spacing_mm[1]
    length = np.linalg.norm(np.diff(line, axis=0), axis=1).sum()
    assert detector.splat(
        *solid(line, 4.0, detector.pixel_mm, capped=False)
    ).sum() * area == pytest.approx(np.pi * 16 * length, rel=0.02)
    assert detector.splat(
        *shell(line, 4.0, 0.5, detector.pixel_mm, capped=False)
    ).sum() * area == pytest.approx(2 * np.pi * 4 * 0.5 * length, rel=0.02)


def test_segments_agree_with_a_solid_tube(detector: Detector) -> None:
    start, end = np.array([[-30.0, -30, 0]]), np.array([[30.0, 20, 5]])
    radii = np.array([[3.0, 3.0]])
    several = detector.splat(*segments(start, (start + end) / 2, end, radii, 1.0))
    one = detector.splat(*solid(curve(np.vstack([start, end]), 0.5), 3.0, 1.0, capped=False))
    np.testing.assert_allclose(several.sum(), one.sum(), rtol=0.02)
    assert np.abs(several - one).max() < 0.7


def test_plane_undoes_project() -> None:
    pose = Pose(True, 1800.0, 130.0, 0.04, -0.03, 0.02, (120.0, 5.0))
    detector = Detector((60, 50), (400.0, 340.0), pose)
    left, down = detector.plane(40.0)
    points = np.stack([left.ravel(), down.ravel(), np.full(left.size, 40.0)], axis=1)
    row, column, _ = detector.project(points)
    expected_row, expected_column = np.indices(detector.shape)
    assert np.abs(row - expected_row.ravel()).max() < 0.4
    assert np.abs(column - expected_column.ravel()).max() < 0.4


def test_nearer_the_source_is_larger() -> None:
    pa = Pose(True, 1800.0, 130.0, 0, 0, 0, (0, 0))
    ap = Pose(False, 1200.0, 130.0, 0, 0, 0, (0, 0))
    assert pa.magnification(40.0) < pa.magnification(-40.0)
    assert ap.magnification(40.0) > ap.magnification(-40.0)
    # The heart is enlarged more by a portable AP exposure.
    assert ap.magnification(24.0) / ap.magnification(0.0) > pa.magnification(
        24.0
    ) / pa.magnification(0.0)


def test_union_of_intervals_matches_counting() -> None:
    rng = np.random.default_rng(0)
    ends = rng.integers(-20, 20, (3, 2, 500)).astype(float)
    depth = np.arange(-20, 20)[:, None] + 0.5
    counted = np.zeros((40, 500), dtype=bool)
    for back, front in ends:
        counted |= (depth > back) & (depth < front)
    np.testing.assert_array_equal(covered(*[(e[0], e[1]) for e in ends]), counted.sum(axis=0))


def test_random_field_is_the_same_at_two_shapes() -> None:
    fields = [
        Detector(shape, (300.0, 260.0), STRAIGHT).field(np.random.default_rng(1), 15.0)
        for shape in ((100, 80), (200, 160))
    ]
    assert fields[0].std() == pytest.approx(1, abs=0.2)
    np.testing.assert_allclose(
        fields[1].reshape(100, 2, 80, 2).mean(axis=(1, 3)), fields[0], atol=0.03
    )


def test_replacing_never_takes_more_than_there_is() -> None:
    paths = Paths.empty((2, 2))
    paths.mm[Tissue.LUNG] = 5
    moved = paths.replace(Tissue.LUNG, Tissue.SOFT, np.array([[3.0, 9.0], [0.0, -1.0]]))
    np.testing.assert_array_equal(moved, [[3, 5], [0, 0]])
    np.testing.assert_array_equal(paths.mm[Tissue.LUNG] + paths.mm[Tissue.SOFT], 5)


def test_bone_attenuates_more_and_lung_less_than_soft_tissue() -> None:
    exponents = {}
    for tissue in Tissue:
        paths = Paths.empty((1, 1))
        paths.mm[tissue] = 10
        exponents[tissue] = paths.attenuation()[:, 0, 0]
    order = [Tissue.LUNG, Tissue.FAT, Tissue.SOFT, Tissue.MARROW, Tissue.CORTEX, Tissue.METAL]
    for fainter, denser in pairwise(order):
        assert (exponents[fainter] < exponents[denser]).all()

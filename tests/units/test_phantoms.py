"""Anatomy of phantoms, and units that are named by it."""

import numpy as np
import pytest

from shamsul.classifiers import registry
from shamsul.phantom import render
from shamsul.phantom.scene import PLANNING_SHAPE, build
from shamsul.phantom.structures import BONE_MM, structures
from shamsul.phantom.tissues import Tissue
from shamsul.units.dissection import dissect
from shamsul.units.phantoms import HEIGHT, look_at_phantoms, marked
from shamsul.units.survey import Survey

SEEDS = range(60_000_000, 60_000_006)


@pytest.mark.parametrize("seed", SEEDS[:3])
def test_structures_are_those_of_the_picture(seed: int) -> None:
    """Bones and metal against what the whole scene was drawn with."""
    found = structures(seed)
    scene = build(seed, PLANNING_SHAPE)
    bone = scene.paths.mm[Tissue.CORTEX] + scene.paths.mm[Tissue.MARROW] > BONE_MM
    assert np.array_equal(found["ribs"] | found["other bones"], bone)
    assert not (found["ribs"] & found["other bones"]).any()
    metal = scene.paths.mm[Tissue.METAL] > 0
    assert (metal | ~found["marker"]).all()
    if not scene.look_alikes:
        assert np.array_equal(found["marker"], metal)
    assert 0 < found["marker"].sum() < 200
    # A lung that shows is not outside of the body, nor is a rib.
    for inside in ("lungs", "heart", "ribs", "mediastinum"):
        assert not (found[inside] & found["outside the body"]).any()
    assert found["ribs"].sum() > found["other bones"].sum() / 4


def test_masks_come_with_the_picture_onto_the_models_grid() -> None:
    manifest = registry.load("phantom").manifest
    phantom = render(SEEDS[0], shape=(390, 329))
    ((image, marks),) = marked(manifest, [phantom])
    assert image.values.shape == (224, 224)
    assert {one.label for one in phantom.findings} <= marks.keys()
    for finding in phantom.findings:
        share = marks[finding.label].mean()
        assert share == pytest.approx(finding.mask.mean(), rel=0.3, abs=0.003)
    planned = structures(SEEDS[0])
    for name in ("lungs", "ribs", "heart"):
        assert marks[name].mean() == pytest.approx(planned[name].mean(), rel=0.05)


def test_unit_that_draws_the_heart_is_called_so() -> None:
    """A survey whose units are the picture's own masks, made coarse."""
    manifest = registry.load("phantom").manifest
    names = ["heart", "marker", "ribs"]

    def look(image) -> Survey:
        marks = known[image.values.tobytes()]
        maps = np.stack([marks[name].reshape(56, 4, 56, 4).mean((1, 3)) for name in names])
        # Only the strongest half of a percent counts: each unit answers to a few places of its own.
        noise = np.random.default_rng(0).random(maps.shape) * 1e-3
        one = np.zeros((1, 3), np.float32)
        return Survey((maps + noise).astype(np.float16), one, one.astype(np.int32), one[:, 0])

    shape = (HEIGHT, 329)
    known = {
        image.values.tobytes(): marks
        for image, marks in marked(manifest, [render(seed, shape=shape) for seed in SEEDS[:2]])
    }
    found = look_at_phantoms(manifest, look, 2)
    named = dissect([one.survey for one in found], [one.marks for one in found])
    best = [named.concepts[int(np.nan_to_num(row).argmax())] for row in named.iou]
    assert best[1] == "marker"
    assert named.name(1) is not None

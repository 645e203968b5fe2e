"""The model's own mask as a method."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from shamsul.classifiers import architecture
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.explainers.method import ExplainerError
from shamsul.explainers.own_mask import METHOD
from shamsul.explainers.registry import METHODS


def test_maps_are_the_decoders_probabilities_on_the_models_grid(
    unet: Classifier, noise: GridImage
) -> None:
    maps = METHOD.explain(unet, noise)
    with torch.no_grad():
        batch = unet.normalise(torch.from_numpy(noise.values.copy())[None])
        masks = unet.module.whole(batch).masks[0].sigmoid().numpy()
    assert not np.array_equal(maps[0].values, maps[1].values)
    for found, mask in zip(maps, masks, strict=True):
        assert found.values.min() >= 0 and found.values.max() <= 1
        # A cell of the mask is eight pixels wide; between the centres of two it is linear.
        row = mask[2, 1:3]
        between = row[0] + (row[1] - row[0]) * (np.arange(8) + 0.5) / 8
        top = found.values[19, 12:20], found.values[20, 12:20]
        np.testing.assert_allclose(np.mean(top, 0), between, atol=0.02)


def test_one_mask_is_the_same_for_every_label(unet: Classifier, noise: GridImage) -> None:
    about = replace(unet.manifest, arch_options={**unet.manifest.arch_options, "masks": "one"})
    assert (unet.manifest.masks, about.masks) == ("labels", "one")
    torch.manual_seed(0)
    maps = METHOD.explain(Classifier(about, architecture.build(about)), noise)
    assert len(maps) == 3
    assert len({found.values.tobytes() for found in maps}) == 1


def test_a_network_without_a_decoder_is_refused(densenet: Classifier, noise: GridImage) -> None:
    assert METHOD.refusal(densenet.manifest) == "test has no decoder, and so no masks of its own."
    with pytest.raises(ExplainerError, match="no decoder"):
        METHOD.explain(densenet, noise)


@pytest.mark.parametrize("gated", [False, True])
@pytest.mark.parametrize(
    "name", sorted(name for name, method in METHODS.items() if not method.needs_attention)
)
def test_every_method_explains_the_classifier_of_a_unet(
    name: str, gated: bool, unet: Classifier, noise: GridImage
) -> None:
    options = {**unet.manifest.arch_options, "masks": "one", "gated": gated}
    about = replace(unet.manifest, arch_options=options)
    torch.manual_seed(0)
    classifier = Classifier(about, architecture.build(about), np.full((64, 64), 0.5, np.float32))
    declared = {parameter.name for parameter in METHODS[name].parameters}
    few = {k: v for k, v in {"samples": 40, "segments": 10}.items() if k in declared}
    assert not METHODS[name].refusal(about)
    maps = METHODS[name].explain(classifier, noise, **few)
    assert all(np.isfinite(found.values).all() for found in maps)
    assert any(found.values.any() for found in maps)

"""Class activation mapping and Score-CAM against their formulas written out."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
import torchvision

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.explainers import cam, grad_cam, score_cam
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import ExplainerError
from tests.explainers.conftest import manifest


def features(classifier: Classifier, image: GridImage) -> tuple[torch.Tensor, torch.Tensor]:
    """The network's input and its last feature map."""
    batch = classifier.normalise(torch.from_numpy(image.values.copy())[None])
    return batch, F.relu(classifier.module.features(batch)).detach()  # type: ignore[operator]


def test_cam_is_the_papers_formula_and_adds_up_to_the_logit(
    densenet: Classifier, noise: GridImage
) -> None:
    _, activations = features(densenet, noise)
    head = densenet.module.classifier
    weights, bias = head.weight.detach(), head.bias.detach()  # type: ignore[union-attr]
    coarse = torch.stack(
        [
            sum(w * one for w, one in zip(row, activations[0], strict=True))  # type: ignore[misc]
            for row in weights
        ]
    )
    logits = densenet.logits(noise.values[None])[0]
    np.testing.assert_allclose(coarse.mean((1, 2)) + bias, logits, rtol=1e-4)
    fine = F.interpolate(coarse[None], noise.values.shape, mode="bilinear")[0]
    maps = cam.METHOD.explain(densenet, noise)
    np.testing.assert_allclose([one.values for one in maps], fine.numpy(), atol=1e-6)


def test_cam_is_grad_cam_of_averaged_features_but_for_the_scale(
    densenet: Classifier, noise: GridImage
) -> None:
    """Selvaraju et al. 2017, section 3.1."""
    _, activations = features(densenet, noise)
    cells = activations.shape[2] * activations.shape[3]
    maps = cam.METHOD.explain(densenet, noise)
    theirs = grad_cam.METHOD.explain(densenet, noise, relu=False)
    for mine, other in zip(maps, theirs, strict=True):
        np.testing.assert_allclose(mine.values, other.values * cells, atol=1e-5)


def test_cam_of_a_unets_classifier_is_its_evidence(unet: Classifier, noise: GridImage) -> None:
    batch = unet.normalise(torch.from_numpy(noise.values.copy())[None])
    with torch.no_grad():
        evidence = unet.module.whole(batch).evidence  # type: ignore[operator]
    fine = F.interpolate(evidence, noise.values.shape, mode="bilinear")[0]
    maps = cam.METHOD.explain(unet, noise)
    np.testing.assert_allclose([one.values for one in maps], fine.numpy(), atol=1e-6)


def test_cam_refuses_a_network_with_more_after_its_features(noise: GridImage) -> None:
    labels = ("Edema", "Cardiomegaly", "No Finding")
    network = torchvision.models.vgg11(num_classes=3).eval()
    classifier = Classifier(manifest(labels, arch="torchvision/vgg11"), network)
    with pytest.raises(ExplainerError, match="CAM needs a network that averages"):
        cam.METHOD.explain(classifier, noise)


@pytest.mark.parametrize("target", list(Target))
def test_score_cam_is_the_papers_algorithm(
    densenet: Classifier, noise: GridImage, target: Target
) -> None:
    batch, activations = features(densenet, noise)
    outputs, masks = [], []
    with torch.no_grad():
        unmasked = densenet.module(torch.zeros_like(batch))
        for channel in activations[0]:
            mask = F.interpolate(channel[None, None], noise.values.shape, mode="bilinear")
            masks.append(mask[0, 0].double())
            scaled = (mask - mask.min()) / (mask.max() - mask.min())
            shown = densenet.module(batch * torch.nan_to_num(scaled))
            if target is Target.PROBABILITY:
                outputs.append(torch.sigmoid(shown) - torch.sigmoid(unmasked))
            else:
                outputs.append(shown - unmasked)
    increase = torch.cat(outputs).double().numpy()[:, 1]
    weights = np.exp(increase) / np.exp(increase).sum()
    expected = sum(w * m.numpy() for w, m in zip(weights, masks, strict=True))
    (found,) = score_cam.METHOD.explain(densenet, noise, ["Cardiomegaly"], target=target)
    np.testing.assert_allclose(found.values, np.maximum(expected, 0), atol=1e-5)
    assert found.evaluations == 1 + activations.shape[1]

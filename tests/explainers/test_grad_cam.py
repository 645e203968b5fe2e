"""Grad-CAM against its formula written out."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.explainers.grad_cam import METHOD
from shamsul.explainers.graph import last_feature_map, trace
from shamsul.explainers.heatmap import Target
from shamsul.explainers.method import ExplainerError


@pytest.mark.parametrize("target", list(Target))
@pytest.mark.parametrize("relu", [True, False])
def test_map_is_the_papers_formula(
    densenet: Classifier, noise: GridImage, target: Target, relu: bool
) -> None:
    module = densenet.module
    batch = densenet.normalise(torch.from_numpy(noise.values.copy())[None])
    activations = F.relu(module.features(batch)).detach().requires_grad_()  # type: ignore[operator]
    logits = module.classifier(activations.mean((2, 3)))  # type: ignore[operator]
    outputs = logits if target is Target.LOGIT else torch.sigmoid(logits)
    (gradient,) = torch.autograd.grad(outputs[0, 1], activations)
    coarse = (gradient.mean((2, 3), keepdim=True) * activations.detach()).sum(1, keepdim=True)
    coarse = F.relu(coarse) if relu else coarse
    expected = F.interpolate(coarse, noise.values.shape, mode="bilinear")[0, 0]
    (found,) = METHOD.explain(densenet, noise, ["Cardiomegaly"], target=target, relu=relu)
    np.testing.assert_allclose(found.values, expected.numpy(), atol=1e-6)


def test_last_feature_map_is_the_relu_before_pooling(densenet: Classifier) -> None:
    graph = trace(densenet.module)
    name = last_feature_map(graph)
    assert isinstance(graph.get_submodule(name), torch.nn.ReLU)


def test_another_layer_can_be_named(densenet: Classifier, noise: GridImage) -> None:
    usual = METHOD.explain(densenet, noise, ["Edema"])[0]
    early = METHOD.explain(densenet, noise, ["Edema"], layer="features.conv0")[0]
    assert not np.allclose(usual.values, early.values)


def test_missing_layer_is_said(densenet: Classifier, noise: GridImage) -> None:
    with pytest.raises(ExplainerError, match=r"no module named 'features\.nowhere'"):
        METHOD.explain(densenet, noise, layer="features.nowhere")

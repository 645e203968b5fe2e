"""Grad-CAM against its formula written out."""

import copy

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.explainers.grad_cam import METHOD, VARIANTS
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


def theirs(name: str, densenet: Classifier, noise: GridImage, label: int) -> np.ndarray:
    """A map of the `grad-cam` package, coarse."""
    package = pytest.importorskip("pytorch_grad_cam")
    kind = {
        "grad_cam": package.GradCAM,
        "grad_cam_plus_plus": package.GradCAMPlusPlus,
        "hirescam": package.HiResCAM,
        "layer_cam": package.LayerCAM,
    }[name]
    graph = trace(densenet.module)
    for parameter in (copied := copy.deepcopy(graph)).parameters():
        parameter.requires_grad_()
    target = package.utils.model_targets.ClassifierOutputTarget(label)
    batch = densenet.normalise(torch.from_numpy(noise.values.copy())[None]).contiguous()
    with kind(copied, [copied.get_submodule(last_feature_map(graph))]) as cam:
        cam(batch, [target])
        layer = cam.activations_and_grads
        activation, gradient = layer.activations[0].numpy(), layer.gradients[0].numpy()
        return cam.get_cam_image(batch, None, [target], activation, gradient, False)[0]


@pytest.mark.parametrize("variant", ["grad_cam", "grad_cam_plus_plus", "hirescam", "layer_cam"])
def test_map_equals_the_grad_cam_packages(
    variant: str, densenet: Classifier, noise: GridImage
) -> None:
    # With large gradients, since the package adds 1e-6 to a sum of their squares.
    module = copy.deepcopy(densenet.module)
    module.classifier.weight.data *= 1000  # type: ignore[union-attr,operator]
    densenet = Classifier(densenet.manifest, module)
    coarse = torch.from_numpy(theirs(variant, densenet, noise, 1))[None, None].float()
    expected = F.interpolate(coarse, noise.values.shape, mode="bilinear")[0, 0].numpy()
    (found,) = METHOD.explain(densenet, noise, ["Cardiomegaly"], variant=variant, relu=False)
    scale = np.abs(expected).max()
    assert scale > 0
    np.testing.assert_allclose(found.values / scale, expected / scale, atol=1e-4)


@pytest.mark.parametrize("layer", ["", "features.denseblock1.denselayer2.conv2", "features.conv0"])
def test_map_equals_captums(layer: str, densenet: Classifier, noise: GridImage) -> None:
    from captum.attr import LayerGradCam

    graph = trace(densenet.module)
    cam = LayerGradCam(graph, graph.get_submodule(layer or last_feature_map(graph)))
    batch = densenet.normalise(torch.from_numpy(noise.values.copy())[None])
    maps = METHOD.explain(densenet, noise, layer=layer, relu=False)
    for label, found in enumerate(maps):
        coarse = cam.attribute(batch, target=label)
        expected = F.interpolate(coarse, noise.values.shape, mode="bilinear")[0, 0]
        np.testing.assert_allclose(found.values, expected.detach().numpy(), atol=1e-5)


def test_guided_counts_positive_gradients_of_positive_activations_only() -> None:
    activation = torch.tensor([[[[1.0, 0.0], [2.0, 3.0]]]])
    gradient = torch.tensor([[[[4.0, 5.0], [-6.0, 8.0]]]])
    # (4 + 8) / 4 = 3 times the activation.
    assert VARIANTS["guided"](activation, gradient).tolist() == [[[3.0, 0.0], [6.0, 9.0]]]


def test_layer_without_a_feature_map_is_said(densenet: Classifier, noise: GridImage) -> None:
    with pytest.raises(ExplainerError, match="gives no feature map"):
        METHOD.explain(densenet, noise, layer="classifier")


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

"""Relevance propagation against identities and slow second implementations."""

import copy

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from shamsul.classifiers import registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.explainers.graph import trace
from shamsul.explainers.lrp import METHOD, relevant_outputs
from shamsul.explainers.method import ExplainerError
from shamsul.explainers.rules import COMPOSITES, AlphaBeta, Epsilon, Flat
from shamsul.phantom import render
from shamsul.radiographs.radiograph import Radiograph
from tests.explainers.conftest import unsettle


def random_network(name: str) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return unsettle(torchvision.models.get_model(name, num_classes=3)).eval()


@pytest.mark.parametrize("name", ["densenet121", "resnet18", "vgg11_bn"])
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-3), (torch.float64, 1e-6)], ids=["f32", "f64"]
)
def test_lrp_0_is_gradient_times_input(name: str, dtype: torch.dtype, tolerance: float) -> None:
    network = random_network(name).to(dtype)
    generator = torch.Generator().manual_seed(2)
    batch = torch.randn(1, 3, 96, 96, generator=generator, dtype=dtype, requires_grad=True)
    outputs = relevant_outputs(network, batch, COMPOSITES["zero"])
    (found,) = torch.autograd.grad(outputs[0, 1], batch, outputs[0, 1].detach())
    logit = network(batch)[0, 1]
    (gradient,) = torch.autograd.grad(logit, batch)
    expected = gradient * batch.detach()
    assert torch.allclose(outputs[0, 1], logit)
    assert (found - expected).norm() / expected.norm() < tolerance


def test_relevance_and_what_biases_absorb_add_up_to_the_logit() -> None:
    """On a piecewise linear network the logit is gradient x input plus the biases' own share."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2)
        ).double()
    batch = torch.randn(1, 1, 8, 8, dtype=torch.float64, requires_grad=True)
    outputs = relevant_outputs(network, batch, COMPOSITES["zero"])
    (found,) = torch.autograd.grad(outputs[0, 0], batch, outputs[0, 0].detach())
    for parameter in network.parameters():
        parameter.requires_grad_()
    network(batch)[0, 0].backward()
    absorbed = sum(
        float((part.bias.grad * part.bias).sum().detach())  # type: ignore[union-attr,operator]
        for part in network
        if isinstance(part, nn.Conv2d | nn.Linear)
    )
    assert float(found.sum()) + absorbed == pytest.approx(float(outputs[0, 0].detach()))


def test_z_plus_conserves_relevance() -> None:
    """On a network without batch normalisation, whose shifts would absorb some."""
    network = random_network("vgg11").double()
    for part in network.modules():
        if isinstance(part, nn.Linear):
            nn.init.zeros_(part.bias)
    batch = torch.randn(1, 3, 64, 64, dtype=torch.float64, requires_grad=True)
    outputs = relevant_outputs(network, batch, COMPOSITES["epsilon_plus_flat"])
    (found,) = torch.autograd.grad(outputs[0, 0], batch, outputs[0, 0].detach())
    assert float(found.sum()) == pytest.approx(float(outputs[0, 0].detach()), rel=1e-3)


def matrix_rule(rule: str, w: np.ndarray, b: np.ndarray, x: np.ndarray, r: np.ndarray) -> list:
    """Each rule as its paper writes it, one neuron after the other; w[k][j]."""
    result = [0.0] * len(x)
    for k in range(len(w)):
        contributions = [x[j] * w[k][j] for j in range(len(x))]
        up = sum(max(c, 0.0) for c in contributions)
        down = sum(min(c, 0.0) for c in contributions)
        z = sum(contributions) + b[k]
        for j, c in enumerate(contributions):
            if rule == "epsilon":
                result[j] += c / (z + (0.25 if z >= 0 else -0.25)) * r[k]
            elif rule == "flat":
                result[j] += r[k] / len(x)
            else:
                alpha = 2.0 if rule == "alpha2beta1" else 1.0
                if up:
                    result[j] += alpha * max(c, 0.0) / up * r[k]
                if down and alpha != 1:
                    result[j] -= (alpha - 1) * min(c, 0.0) / down * r[k]
    return result


@pytest.mark.parametrize("signed", [False, True], ids=["after ReLU", "signed input"])
@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("epsilon", Epsilon(0.25)),
        ("zplus", AlphaBeta(1.0)),
        ("alpha2beta1", AlphaBeta(2.0)),
        ("flat", Flat()),
    ],
)
def test_rule_equals_its_matrix_form(name: str, rule: Epsilon, signed: bool) -> None:
    rng = np.random.default_rng(5)
    w, b, r = rng.normal(size=(4, 6)), rng.normal(size=4), rng.normal(size=4)
    x = rng.normal(size=6)
    x = x if signed else np.maximum(x, 0)
    layer = nn.Linear(6, 4).double().requires_grad_(False)
    layer.weight.copy_(torch.from_numpy(w))
    layer.bias.copy_(torch.from_numpy(b))
    point = torch.from_numpy(x)[None]
    found = rule(layer, point, layer(point), torch.from_numpy(r)[None])[0]
    np.testing.assert_allclose(found.numpy(), matrix_rule(name, w, b, x, r), rtol=1e-10)


def test_part_without_a_rule_is_named() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.SiLU(), nn.Flatten(), nn.Linear(72, 1))
    with pytest.raises(ExplainerError, match=r"no rule for SiLU \(module 1\)"):
        relevant_outputs(network, torch.zeros(1, 1, 8, 8, requires_grad=True), COMPOSITES["zero"])


def test_step_that_is_not_known_is_named() -> None:
    class Odd(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.fft.fft(x)

    with pytest.raises(ExplainerError, match="fft"):
        trace(Odd())


def test_network_that_depends_on_its_data_is_refused() -> None:
    class Branching(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x if x.sum() > 0 else -x

    with pytest.raises(ExplainerError, match="cannot be traced"):
        trace(Branching())


def test_traced_graph_gives_the_same_outputs_and_leaves_the_network_alone() -> None:
    network = random_network("densenet121")
    batch = torch.randn(2, 3, 64, 64)
    graph = trace(network)
    assert torch.allclose(graph(batch), network(batch), atol=1e-5)
    assert any(getattr(part, "inplace", False) for part in network.modules())
    assert not any(getattr(part, "inplace", False) for part in graph.modules())


@pytest.mark.parametrize("composite", COMPOSITES)
def test_every_composite_runs(composite: str, densenet: Classifier, noise: GridImage) -> None:
    maps = METHOD.explain(densenet, noise, composite=composite)
    assert all(np.abs(found.values).max() > 0 for found in maps)


@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-3), (torch.float64, 1e-6)], ids=["f32", "f64"]
)
def test_lrp_0_is_gradient_times_input_on_the_bundled_model(
    dtype: torch.dtype, tolerance: float
) -> None:
    classifier = registry.load(registry.PHANTOM)
    pixels = render(3, shape=(288, 240)).pixels
    image = classifier.prepare(Radiograph(pixels, (0.0, 1.0), None, "", "0" * 64))
    network = copy.deepcopy(classifier.module).to(dtype)
    batch = classifier.normalise(torch.from_numpy(image.values.copy())[None].to(dtype))
    batch = batch.detach().requires_grad_()
    outputs = relevant_outputs(network, batch, COMPOSITES["zero"])
    for label in (1, 4):
        start = outputs[0, label].detach()
        (found,) = torch.autograd.grad(outputs[0, label], batch, start, retain_graph=True)
        (gradient,) = torch.autograd.grad(network(batch)[0, label], batch)
        expected = gradient * batch.detach()
        assert (found - expected).norm() / expected.norm() < tolerance

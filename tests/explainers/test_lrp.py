"""Relevance propagation against identities and slow second implementations."""

import copy

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from shamsul.classifiers import registry
from shamsul.classifiers.architecture import build
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.unet import UNet
from shamsul.explainers.graph import trace
from shamsul.explainers.lrp import METHOD
from shamsul.explainers.method import ExplainerError
from shamsul.explainers.propagation import Propagation
from shamsul.explainers.rules import (
    COMPOSITES,
    AlphaBeta,
    Box,
    Epsilon,
    Flat,
    Flow,
    Gamma,
    Rule,
    WSquare,
    hand_back,
    inverse,
    pull_back,
)
from shamsul.phantom import render
from shamsul.radiographs.radiograph import Radiograph
from tests.explainers.conftest import manifest, unsettle


def random_network(name: str) -> nn.Module:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return unsettle(torchvision.models.get_model(name, num_classes=3)).eval()


def relevance(network: nn.Module, batch: torch.Tensor, composite: str, output: int = 0):
    """Relevance of the input for one output, which is shared out whole; and that output."""
    run = Propagation(network, batch.detach(), COMPOSITES[composite])
    return run.hand_back(torch.diag(run.outputs)[[output]]), float(run.outputs[output])


def gradient_times_input(network: nn.Module, batch: torch.Tensor, output: int = 0) -> torch.Tensor:
    batch = batch.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(network(batch)[0, output], batch)
    return gradient * batch.detach()


FAMILIES = ["densenet121", "resnet18", "resnet50", "vgg11_bn", "vgg16", "efficientnet_b0"]


@pytest.mark.parametrize("gated", [False, True])
def test_lrp_0_is_gradient_times_input_on_unets(gated: bool) -> None:
    size = {"growth_rate": 8, "block_config": (2, 2, 2), "num_init_features": 8}
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = unsettle(UNet("densenet", 3, decoder=(12, 8), gated=gated, **size))
    network = network.double().eval()
    batch = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(2)).double()
    found, _ = relevance(network, batch, "zero", 1)
    expected = gradient_times_input(network, batch, 1)
    assert (found - expected).norm() / expected.norm() < 1e-6


@pytest.mark.long
@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-3), (torch.float64, 1e-6)], ids=["f32", "f64"]
)
def test_lrp_0_is_gradient_times_input(name: str, dtype: torch.dtype, tolerance: float) -> None:
    network = random_network(name).to(dtype)
    generator = torch.Generator().manual_seed(2)
    batch = torch.randn(1, 3, 96, 96, generator=generator, dtype=dtype)
    found, logit = relevance(network, batch, "zero", 1)
    assert logit == pytest.approx(float(network(batch)[0, 1].detach()), rel=1e-4)
    expected = gradient_times_input(network, batch, 1)
    assert (found - expected).norm() / expected.norm() < tolerance


def test_lrp_0_is_gradient_times_input_on_torchxrayvisions_own_densenet() -> None:
    xrv = pytest.importorskip("torchxrayvision")
    with torch.random.fork_rng():
        torch.manual_seed(0)
        theirs = xrv.models.DenseNet(num_classes=18, in_channels=1)
    described = manifest(tuple(map(str, range(18))), arch="xrv/densenet", channels=1)
    ours = build(described)
    ours.load_state_dict(theirs.state_dict(), strict=False)
    network = unsettle(ours).eval().double()
    batch = torch.randn(1, 1, 96, 96, dtype=torch.float64)
    found, _ = relevance(network, batch, "zero", 5)
    expected = gradient_times_input(network, batch, 5)
    assert (found - expected).norm() / expected.norm() < 1e-6


@pytest.mark.long
@pytest.mark.parametrize("name", ["densenet121", "efficientnet_b0"])
@pytest.mark.parametrize("composite", ["zero", "epsilon_plus_flat", "epsilon_gamma_box"])
def test_many_outputs_at_once_are_each_alone(name: str, composite: str) -> None:
    run = Propagation(
        random_network(name).double(),
        torch.randn(1, 3, 64, 64, dtype=torch.float64),
        COMPOSITES[composite],
    )
    starts = torch.diag(run.outputs)
    together = run.hand_back(starts)
    for output in range(3):
        alone = run.hand_back(starts[[output]])[0]
        torch.testing.assert_close(together[output], alone, rtol=1e-9, atol=1e-12)


def test_relevance_and_what_biases_absorb_add_up_to_the_logit() -> None:
    """On a piecewise linear network the logit is gradient x input plus the biases' own share."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = nn.Sequential(
            nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(36, 2)
        ).double()
    batch = torch.randn(1, 1, 8, 8, dtype=torch.float64)
    found, logit = relevance(network, batch, "zero")
    for parameter in network.parameters():
        parameter.requires_grad_()
    network(batch)[0, 0].backward()
    absorbed = sum(
        float((part.bias.grad * part.bias).sum().detach())  # type: ignore[union-attr,operator]
        for part in network
        if isinstance(part, nn.Conv2d | nn.Linear)
    )
    assert float(found.sum()) + absorbed == pytest.approx(logit)


def offset(part: nn.Module) -> torch.Tensor | None:
    """What an affine layer gives where its input is zero."""
    if isinstance(part, nn.BatchNorm2d):
        scale = part.weight / torch.sqrt(part.running_var + part.eps)  # type: ignore[operator]
        return (part.bias - part.running_mean * scale).view(1, -1, 1, 1)  # type: ignore[operator]
    if isinstance(part, nn.Conv2d | nn.Linear) and part.bias is not None:
        return part.bias.view(1, -1, 1, 1) if isinstance(part, nn.Conv2d) else part.bias
    return None


@pytest.mark.long
@pytest.mark.parametrize("name", ["densenet121", "resnet18", "vgg11_bn"])
def test_biases_and_shifts_absorb_the_rest_of_the_logit(name: str) -> None:
    network = random_network(name).double()
    batch = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    found, logit = relevance(network, batch, "zero")
    # The logit's derivative by a factor of all offsets is their contribution to it.
    factor = torch.ones((), dtype=torch.float64, requires_grad=True)
    for part in network.modules():
        if (added := offset(part)) is not None:
            part.register_forward_hook(lambda _, __, z, added=added: z + (factor - 1) * added)
    (absorbed,) = torch.autograd.grad(network(batch)[0, 0], factor)
    assert float(found.sum()) + float(absorbed) == pytest.approx(logit, rel=1e-6)


def without_biases(name: str) -> nn.Module:
    network = random_network(name).double()
    for part in network.modules():
        if isinstance(part, nn.Linear | nn.Conv2d) and part.bias is not None:
            nn.init.zeros_(part.bias)
    return network


@pytest.mark.long
@pytest.mark.parametrize(
    "composite", ["epsilon_plus_flat", "epsilon_gamma_box", "deep_taylor", "w_square"]
)
def test_rules_without_biases_conserve_relevance(composite: str) -> None:
    """On a network without batch normalisation, whose shifts would absorb some."""
    batch = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    found, logit = relevance(without_biases("vgg11"), batch, composite)
    assert float(found.sum()) == pytest.approx(logit, rel=1e-3)


def test_alpha_beta_conserves_relevance() -> None:
    """Where every neuron has contributions of both signs."""
    rng = np.random.default_rng(0)
    layer = nn.Linear(40, 20).double().requires_grad_(False)
    x, r = (torch.from_numpy(rng.normal(size=(1, n))) for n in (40, 20))
    for alpha in (1.0, 2.0):
        found = hand_back(AlphaBeta(alpha)(layer, x, layer(x)), r)
        assert float(found.sum()) == pytest.approx(float(r.sum()))


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
            elif rule == "w_square":
                result[j] += w[k][j] ** 2 / sum(v**2 for v in w[k]) * r[k]
            elif rule == "box":
                shares = [
                    contributions[i] + 2.0 * max(w[k][i], 0.0) - 3.0 * min(w[k][i], 0.0)
                    for i in range(len(x))
                ]
                result[j] += shares[j] / sum(shares) * r[k]
            elif rule == "gamma":
                # A neuron boosts what has the sign of its output, its bias included.
                def boost(part: float, z: float = z) -> float:
                    return part * (1.25 if (part > 0) == (z >= 0) else 1.0)

                total = sum(boost(part) for part in contributions) + boost(b[k])
                result[j] += boost(c) / total * r[k]
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
        ("w_square", WSquare()),
        ("box", Box(torch.tensor(-2.0).double(), torch.tensor(3.0).double())),
        ("gamma", Gamma(0.25)),
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
    found = hand_back(rule(layer, point, layer(point)), torch.from_numpy(r)[None])[0]
    np.testing.assert_allclose(found.numpy(), matrix_rule(name, w, b, x, r), rtol=1e-10)


@pytest.mark.parametrize("rule", [Epsilon(0.25), AlphaBeta(2.0), Gamma(0.25), Flat(), WSquare()])
@pytest.mark.parametrize("groups", [1, 3])
def test_rule_on_a_convolution_is_that_on_its_matrix(rule: Rule, groups: int) -> None:
    """A convolution is a dense layer with shared weights: its matrix, column by column."""
    with torch.random.fork_rng():
        torch.manual_seed(3)
        layer = nn.Conv2d(3, 6, 3, stride=2, padding=1, groups=groups).double()
        x, r = torch.randn(1, 3, 7, 6).double(), torch.randn(2, 6, 4, 3).double()
    layer.requires_grad_(False)
    bias = layer(torch.zeros_like(x)).flatten()
    unit = torch.eye(x.numel(), dtype=torch.float64).view(-1, *x.shape[1:])
    matrix = (layer(unit).flatten(1) - bias).T
    dense = nn.Linear(x.numel(), len(bias)).double().requires_grad_(False)
    dense.weight.copy_(matrix)
    dense.bias.copy_(bias)
    found = hand_back(rule(layer, x, layer(x)), r).flatten(1)
    flat = x.flatten(1)
    if isinstance(rule, Flat):
        # A neuron of a convolution has only the inputs that it sees: as many ones as weights.
        sees = (matrix != 0).double()
        expected = r.flatten(1) / sees.sum(1) @ sees
    else:
        expected = hand_back(rule(dense, flat, dense(flat)), r.flatten(1))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    "pool",
    [
        nn.AvgPool2d(2),
        nn.AvgPool2d((2, 3)),
        nn.AvgPool2d(2, divisor_override=3),
        nn.AvgPool2d(3),  # leaves over
        nn.AvgPool2d(3, 2),
        nn.AvgPool2d(2, padding=1),
        nn.AdaptiveAvgPool2d((2, 5)),
        nn.Upsample(scale_factor=2),
    ],
    ids=str,
)
def test_averages_are_pulled_back_as_autograd_does(pool: nn.Module) -> None:
    x = torch.randn(1, 3, 4, 6, requires_grad=True)
    weights = torch.randn(2, *pool(x).shape[1:])
    expected = [torch.autograd.grad(pool(x), x, one[None])[0][0] for one in weights]
    torch.testing.assert_close(pull_back(pool, x, weights), torch.stack(expected))


def test_outputs_without_a_finite_inverse_give_nothing() -> None:
    outputs = torch.tensor([0.5, -0.5, 0.0, -0.0, 1e-40, -1e-42])
    assert inverse(outputs, 0.0).tolist() == [2, -2, 0, 0, 0, 0]


def test_what_several_steps_hand_back_is_added_and_nothing_else_changes() -> None:
    torch.manual_seed(0)
    tensor, factor, more = torch.randn(2, 4), torch.randn(1, 4), torch.randn(2, 4)
    for own in (False, True):
        for first in (None, factor):
            for second in (None, factor):
                begun, kept = tensor.clone(), tensor.clone()
                flow = Flow(begun, first, own)
                flow.add(Flow(more, second))
                sides = [a if b is None else a * b for a, b in ((kept, first), (more, second))]
                torch.testing.assert_close(flow.total(), sum(sides))
                assert own or torch.equal(begun, kept)


def test_shares_of_more_channels_are_products_side_by_side() -> None:
    torch.manual_seed(0)
    tensor, factor = torch.randn(2, 3, 4, 5), torch.randn(1, 3, 4, 5)
    shares = torch.randn(1, 6, 4, 5)
    expected = torch.cat([tensor * factor * shares[:, :3], tensor * factor * shares[:, 3:]], 1)
    torch.testing.assert_close(Flow(tensor, factor).total(shares), expected)
    flat = Flow(tensor[:, :, 0, 0]).total(shares[:, :, 0, 0])
    torch.testing.assert_close(flat, tensor[:, :, 0, 0].repeat(1, 2) * shares[:, :, 0, 0])


def test_gate_gets_nothing_and_the_signal_takes_all() -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.gate = nn.Linear(4, 4, bias=False)
            self.out = nn.Linear(4, 1, bias=False)
            self.sigmoid = nn.Sigmoid()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = torch.flatten(x, 1)
            return self.out(self.sigmoid(self.gate(x)) * x)

    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = Gated().double()
        batch = torch.rand(1, 1, 2, 2, dtype=torch.float64)
    run = Propagation(network, batch, COMPOSITES["epsilon"])
    signal = torch.sigmoid(network.gate(batch.flatten(1))) * batch.flatten(1)
    expected = (signal * network.out.weight).detach()
    found = run.hand_back(torch.diag(run.outputs))
    torch.testing.assert_close(found.flatten(1), expected, rtol=1e-4, atol=1e-8)


def test_product_without_a_gate_is_named() -> None:
    class Square(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.flatten(x * x, 1)

    with pytest.raises(ExplainerError, match="product step_mul"):
        Propagation(Square(), torch.zeros(1, 1, 2, 2), COMPOSITES["epsilon"])


def test_part_without_a_rule_is_named() -> None:
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Tanh(), nn.Flatten(), nn.Linear(72, 1))
    with pytest.raises(ExplainerError, match=r"no rule for Tanh \(module 1\)"):
        Propagation(network, torch.zeros(1, 1, 8, 8), COMPOSITES["zero"])


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
    for label in (1, 4):
        found, _ = relevance(network, batch, "zero", label)
        expected = gradient_times_input(network, batch, label)
        assert (found - expected).norm() / expected.norm() < tolerance

"""Relative attributing propagation against identities, loops and another implementation."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from torch import Tensor, nn
from torchvision.models.resnet import Bottleneck, ResNet

from shamsul.classifiers.unet import UNet
from shamsul.explainers.propagation import Propagation
from shamsul.explainers.rap import COMPOSITE, Absolute, Relative, Shifted, Stabilised
from shamsul.explainers.rules import (
    COMPOSITES,
    Epsilon,
    Flow,
    Route,
    Rule,
    contributions,
    hand_back,
    has_negative,
    inverse,
    side_by_side,
    total,
)
from tests.explainers.conftest import unsettle
from tests.explainers.golden import networks

GOLDEN = Path(networks.__file__).with_name("rap.npz")


def drawn(name: str, channels: int = 3) -> nn.Module:
    """A random network of a family."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        size = {"growth_rate": 8, "block_config": (2, 2, 2), "num_init_features": 8}
        network = (
            UNet("densenet", 3, decoder=(12, 8), **size)
            if name == "unet"
            else torchvision.models.get_model(name, num_classes=3)
        )
        if channels == 1:
            first = next(part for part in network.modules() if isinstance(part, nn.Conv2d))
            first.weight = nn.Parameter(first.weight[:, :1])
            first.in_channels = 1
        return unsettle(network).eval()


def sums(run: Propagation, starts: Tensor) -> list[tuple[str, Tensor]]:
    """All the relevance there is, after each step back."""
    gathered, found = {run._output: Flow(starts)}, []
    for node in reversed(run._steps):
        given = gathered.pop(node, None)
        if given is None:
            continue
        for source, part in run._backs[node](given):
            if source in gathered:
                gathered[source].add(part)
            else:
                gathered[source] = part.shared()
        held = [flow.total().flatten(1).sum(1, dtype=torch.float64) for flow in gathered.values()]
        found.append((node.name, torch.stack(held).sum(0)))
    return found


@pytest.mark.long
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(
    "name", ["densenet121", "resnet18", "resnet50", "vgg11_bn", "efficientnet_b0", "unet"]
)
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float32, 1e-4), (torch.float64, 1e-10)], ids=["f32", "f64"]
)
def test_relevance_is_the_logit_after_every_step(
    name: str, channels: int, dtype: torch.dtype, tolerance: float
) -> None:
    generator = torch.Generator().manual_seed(2)
    batch = torch.randn(1, channels, 64, 64, generator=generator, dtype=dtype)
    run = Propagation(drawn(name, channels).to(dtype), batch, COMPOSITE)
    logits = run.outputs.double()
    for step, there in sums(run, torch.diag(run.outputs)):
        assert (there - logits).abs().max() <= tolerance * logits.abs().max(), step


def by_loops(rule: str, w: np.ndarray, x: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Each rule as its equation is written, one neuron after the other; w[k][j]."""
    found = np.zeros(len(x))
    for k in range(len(w)):
        c = [x[j] * w[k][j] for j in range(len(x))]
        up = sum(max(one, 0.0) for one in c)
        down = sum(max(-one, 0.0) for one in c)
        for j, one in enumerate(c):
            if rule == "absolute":
                found[j] += abs(one) / (up + down) * r[k]
            elif rule == "stabilised":
                lean = 0.01 if sum(c) >= 0 else -0.01
                moved = [part + lean * abs(part) for part in c]
                found[j] += moved[j] / sum(moved) * r[k]
            elif one > 0:
                found[j] += one / up * r[k]
            elif one < 0:
                found[j] += -one / down * r[k] * down / (up + down)
    if rule == "relative":
        reached = found != 0
        found[reached] -= (found.sum() - r.sum()) / reached.sum()
    return found


RULES = {"relative": Relative(), "absolute": Absolute(), "stabilised": Stabilised(0.01)}


@pytest.mark.parametrize("signed", [False, True], ids=["after ReLU", "signed input"])
@pytest.mark.parametrize("name", RULES)
def test_rule_equals_its_equation(name: str, signed: bool) -> None:
    rng = np.random.default_rng(5)
    w, x, r = rng.normal(size=(4, 7)), rng.normal(size=7), rng.normal(size=4)
    w[:, 6] = x[5] = 0  # neither gets anything, nor gives anything back
    if name == "stabilised":  # of averages and sums
        w = np.abs(w)
    x = x if signed else np.maximum(x, 0)
    layer = nn.Linear(7, 4, bias=False).double().requires_grad_(False)
    layer.weight.copy_(torch.from_numpy(w))
    point = torch.from_numpy(x)[None]
    found = hand_back(RULES[name](layer, point, layer(point)), torch.from_numpy(r)[None])[0]
    np.testing.assert_allclose(found.numpy(), by_loops(name, w, x, r), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
@pytest.mark.parametrize("groups", [1, 3])
def test_rule_on_a_convolution_is_that_on_its_matrix(rule: Rule, groups: int) -> None:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        layer = nn.Conv2d(3, 6, 3, stride=2, padding=1, groups=groups, bias=False).double()
        x, r = torch.randn(1, 3, 7, 6).double(), torch.randn(2, 6, 4, 3).double()
    layer.requires_grad_(False)
    unit = torch.eye(x.numel(), dtype=torch.float64).view(-1, *x.shape[1:])
    matrix = layer(unit).flatten(1).T
    dense = nn.Linear(*reversed(matrix.shape), bias=False).double().requires_grad_(False)
    dense.weight.copy_(matrix)
    found = hand_back(rule(layer, x, layer(x)), r).flatten(1)
    flat = x.flatten(1)
    expected = hand_back(rule(dense, flat, dense(flat)), r.flatten(1))
    torch.testing.assert_close(found, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_convolution_of_one_pixel_is_a_dense_layer(rule: Rule) -> None:
    """The published code has another rule for it."""
    torch.manual_seed(1)
    dense = nn.Linear(5, 4).double().requires_grad_(False)
    convolution = nn.Conv2d(5, 4, 1).double().requires_grad_(False)
    convolution.weight.copy_(dense.weight[:, :, None, None])
    convolution.bias.copy_(dense.bias)
    x, r = torch.randn(1, 5).double(), torch.randn(3, 4).double()
    image = x[:, :, None, None]
    found = hand_back(rule(convolution, image, convolution(image)), r[:, :, None, None])
    torch.testing.assert_close(found[..., 0, 0], hand_back(rule(dense, x, dense(x)), r))


def test_sums_are_shared_within_bounds_and_in_full() -> None:
    """Of summands that nearly cancel the plain share is a million times what there is."""
    left, right = torch.tensor([[2.0, 3.0, 0.0]]), torch.tensor([[1.0, -2.999997, 0.0]])
    shares = torch.stack(Stabilised(0.01).shares([left, right], left + right))
    torch.testing.assert_close(shares[:, 0, 0], torch.tensor([2 / 3, 1 / 3]))
    assert shares[:, 0, 1].sum() == pytest.approx(1, abs=1e-4)
    assert shares.abs().max() <= 101
    assert not shares[:, 0, 2].any()


@dataclass(frozen=True)
class Published:
    """As the published convolutions have it: negative relevance goes to what spoke against."""

    def __call__(self, layer: nn.Module, x: Tensor, z: Tensor) -> tuple[Route, ...]:
        if layer.kernel_size == (1, 1):
            return Absolute()(layer, x, z)
        signed = has_negative(x)
        ups, downs = (contributions(layer, x, sign, signed=signed) for sign in (+1, -1))
        up, down = total(ups), -total(downs)
        beside = -inverse(up + down, 0.0)
        positive = side_by_side((inverse(up, 0.0), ups), (beside, downs))
        negative = side_by_side((beside - inverse(down, 0.0), downs))
        return (BySign(Shifted(positive), negative),)


@dataclass(frozen=True, eq=False)
class BySign:
    shifted: Shifted
    negative: tuple[Route, ...]

    def follow(self, relevance: Flow) -> Flow:
        whole = relevance.total()
        parts = [way.follow(Flow(whole.clamp(min=0))).total() for way in self.shifted.ways]
        parts += [way.follow(Flow(whole.clamp(max=0))).total() for way in self.negative]
        given = sum(parts)
        reached = given != 0
        axes = tuple(range(1, given.ndim))
        back = given.sum(axes, keepdim=True) - whole.flatten(1).sum(1).view(-1, *[1] * len(axes))
        return Flow(given - reached * back / reached.sum(axes, keepdim=True))


#: What the published layers do otherwise than `COMPOSITE`.
AS_PUBLISHED = {
    # The same: a convolution first, which has the box rule, then dense layers.
    "dense": COMPOSITE,
    "vgg": replace(COMPOSITE, convolution=Published()),
    "resnet": replace(COMPOSITE, convolution=Published(), proportion=Epsilon(1e-9)),
}


@pytest.mark.parametrize("kind", networks.KINDS)
def test_maps_are_those_of_the_published_layers_where_the_rules_are(kind: str) -> None:
    golden = np.load(GOLDEN, allow_pickle=False)[kind]
    resnet = partial(ResNet, Bottleneck, [1, 1, 1, 1], num_classes=networks.OUTPUTS)
    network, batch = networks.network(kind, networks.TORCH, resnet), networks.batch()

    def apart(composite: object) -> list[float]:
        run = Propagation(network, batch, composite)
        found = run.hand_back(torch.diag(run.outputs)).numpy()
        scales = np.abs(golden).max((1, 2, 3))
        return (np.abs(found - golden).max((1, 2, 3)) / scales).tolist()

    assert max(apart(AS_PUBLISHED[kind])) < 1e-4
    if kind != "dense":
        assert min(apart(COMPOSITE)) > 1e-2


def test_map_is_not_that_of_lrp_0() -> None:
    batch = torch.randn(1, 3, 64, 64, generator=torch.Generator().manual_seed(2))
    maps = []
    for composite in (COMPOSITE, COMPOSITES["zero"]):
        run = Propagation(drawn("densenet121"), batch, composite)
        maps.append(run.hand_back(torch.diag(run.outputs)).sum(1).flatten(1))
    for mine, other in zip(*maps, strict=True):
        assert torch.corrcoef(torch.stack([mine, other]))[0, 1].abs() < 0.5


def test_outputs_together_are_each_alone() -> None:
    batch = torch.randn(1, 3, 64, 64, dtype=torch.float64)
    run = Propagation(drawn("resnet18").double(), batch, COMPOSITE)
    starts = torch.diag(run.outputs)
    together = run.hand_back(starts)
    for output in range(3):
        alone = run.hand_back(starts[[output]])[0]
        torch.testing.assert_close(together[output], alone, rtol=1e-9, atol=1e-12)

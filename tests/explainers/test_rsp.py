"""Relative sectional propagation against identities, loops and networks done by hand."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import DenseNet, EfficientNet
from torchvision.models.efficientnet import MBConvConfig
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet
from torchvision.models.vgg import make_layers

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Normalisation
from shamsul.classifiers.unet import UNet
from shamsul.explainers import rap
from shamsul.explainers.graph import last_feature_map, trace, value_of
from shamsul.explainers.heatmap import Target
from shamsul.explainers.propagation import Propagation
from shamsul.explainers.rsp import COMPOSITE, METHOD, Sectional, Sizes, comparative, purged
from shamsul.explainers.rules import Flow, hand_back
from tests.explainers.conftest import manifest, unsettle

Grid = Callable[[np.ndarray], GridImage]
HOSTILE = METHOD.parameters[0].choices

SMALL: dict[str, Any] = {"growth_rate": 8, "block_config": (2, 2), "num_init_features": 8}
#: Each family's steps, in few layers.
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "densenet": partial(DenseNet, **SMALL, num_classes=3),
    "resnet": partial(ResNet, BasicBlock, [1, 1, 1, 1], num_classes=3),
    "resnext": partial(
        ResNet, Bottleneck, [1, 1, 1, 1], groups=4, width_per_group=4, num_classes=3
    ),
    "vgg": lambda: nn.Sequential(
        make_layers([8, "M", 16, 16, "M"], batch_norm=True),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(256, 16),
        nn.ReLU(),
        nn.Linear(16, 3),
    ),
    "efficientnet": lambda: EfficientNet(
        [MBConvConfig(1, 3, 1, 32, 16, 1), MBConvConfig(6, 5, 2, 16, 24, 2)], 0.2, num_classes=3
    ),
    "unet": partial(UNet, "densenet", 3, decoder=(12, 8), **SMALL),
    "gated": partial(UNet, "densenet", 3, decoder=(12, 8), gated=True, **SMALL),
}


def drawn(name: str, channels: int) -> nn.Module:
    """A random network of a family."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = NETWORKS[name]()
    first = next(part for part in network.modules() if isinstance(part, nn.Conv2d))
    first.weight = nn.Parameter(first.weight[:, :channels])
    first.in_channels = channels
    return unsettle(network).eval()


def against_the_others(labels: int) -> list[tuple[int, list[int]]]:
    return [(one, [other for other in range(labels) if other != one]) for one in range(labels)]


@pytest.mark.parametrize(
    ("dtype", "channels", "tolerance"),
    [(torch.float32, 3, 1e-4), (torch.float64, 1, 1e-10)],
    ids=["f32", "f64"],
)
@pytest.mark.parametrize("name", NETWORKS)
def test_relevance_is_as_much_after_every_step(
    name: str, dtype: torch.dtype, channels: int, tolerance: float
) -> None:
    generator = torch.Generator().manual_seed(2)
    network = drawn(name, channels).to(dtype)
    batch = torch.randn(1, channels, 64, 64, generator=generator, dtype=dtype)
    run, layer = Propagation(network, batch, COMPOSITE), last_feature_map(trace(network))
    with torch.no_grad():
        features = value_of(trace(network), layer, batch)
    terms = features * torch.randn(3, features.shape[1], 1, 1, generator=generator, dtype=dtype)
    starts = comparative(terms, against_the_others(3))
    ones = torch.ones(3, dtype=torch.float64)
    torch.testing.assert_close(total(starts), ones, rtol=0, atol=tolerance)
    (start,) = (step for step in run._steps if step.target == layer)
    gathered, steps = {start: Flow(starts)}, 0
    for node in reversed(run._steps):
        given = gathered.pop(node, None)
        if given is None:
            continue
        for source, part in run._backs[node](given):
            if source in gathered:
                gathered[source].add(part)
            else:
                gathered[source] = part.shared()
        there = sum(total(flow.total()) for flow in gathered.values())
        assert (there - ones).abs().max() <= tolerance, node.name
        steps += 1
    assert steps > 5
    torch.testing.assert_close(run.hand_back(starts, layer), gathered[run._input].total())


def total(relevance: Tensor) -> Tensor:
    return relevance.flatten(1).sum(1, dtype=torch.float64)


def by_loops(layer: nn.Conv2d, x: np.ndarray, r: np.ndarray) -> np.ndarray:
    """The rule for a convolution as its equation is written, of one distribution."""
    outputs, per_group, rows, columns = layer.weight.shape
    stride, padding = layer.stride[0], int(layer.padding[0])
    size = np.abs(np.pad(x, ((0, 0), (padding, padding), (padding, padding))))
    r = purged_by_loops(r)
    found = np.zeros(size.shape)
    for sign in (1, -1):
        for k in range(outputs):
            first = k // (outputs // layer.groups) * per_group
            channels = slice(first, first + per_group)

            def window(i: int, j: int, channels: slice = channels) -> tuple[slice, slice, slice]:
                top, left = i * stride, j * stride
                return channels, slice(top, top + rows), slice(left, left + columns)

            places = [(i, j) for i, j in np.ndindex(*r[k].shape) if sign * r[k, i, j] > 0]
            g = sum(abs(r[k, i, j]) * size[window(i, j)] for i, j in places)
            for i, j in places:
                share = size[window(i, j)] * g
                if share.sum():
                    found[window(i, j)] += share / share.sum() * r[k, i, j]
    inside = slice(padding, -padding or None)
    found = found[:, inside, inside]
    found *= 2 if rows * columns > 1 else 1
    reached = found != 0
    found[reached] -= (found.sum() - r.sum()) / reached.sum()
    return found


def purged_by_loops(r: np.ndarray) -> np.ndarray:
    found = np.zeros(r.shape)
    for i, j in np.ndindex(*r.shape[1:]):
        whole = sum(r[:, i, j])
        same = [k for k in range(len(r)) if r[k, i, j] * whole > 0]
        for k in same:
            found[k, i, j] = r[k, i, j] / sum(r[same, i, j]) * whole
    return found


@pytest.mark.parametrize("signed", [False, True], ids=["after ReLU", "signed input"])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "groups"),
    [(3, 1, 1, 1), (3, 2, 1, 2), (1, 1, 0, 1), (1, 2, 0, 1), (3, 1, 1, 4)],
    ids=str,
)
def test_rule_equals_its_equation(
    kernel: int, stride: int, padding: int, groups: int, signed: bool
) -> None:
    rng = np.random.default_rng(5)
    layer = nn.Conv2d(4, 4, kernel, stride, padding, groups=groups).double().requires_grad_(False)
    x = rng.normal(size=(4, 5, 6))
    x = x if signed else np.maximum(x, 0)
    x[:, :3, :3] = 0  # an output that sees nothing active has nobody to give to
    point = torch.from_numpy(x)[None]
    z = layer(point)
    r = rng.normal(size=(3, *z.shape[1:]))
    found = hand_back(Sectional()(layer, point, z), torch.from_numpy(r))
    expected = [by_loops(layer, x, one) for one in r]
    np.testing.assert_allclose(found.numpy(), expected, rtol=1e-9, atol=1e-12)


def test_wide_convolution_by_hand() -> None:
    """Of (3, 0, -1) the 3 is shared by the two active inputs, -1 goes to the second of them.

    That is (1.5, 0.5, 0), twice that (3, 1, 0), and each of the two gives back 1.
    """
    layer = nn.Conv2d(1, 1, (1, 3), padding=(0, 1)).requires_grad_(False)
    x = torch.tensor([1.0, 1.0, 0.0]).view(1, 1, 1, 3)
    r = torch.tensor([3.0, 0.0, -1.0]).view(1, 1, 1, 3)
    found = hand_back(Sectional()(layer, x, layer(x)), r)
    torch.testing.assert_close(found.flatten(), torch.tensor([2.0, 0.0, 0.0]))


def test_input_active_where_most_is_relevant_gets_more() -> None:
    """At the first place both are as active, but the second is active at the other place, too."""
    layer = nn.Conv2d(2, 1, 1).requires_grad_(False)
    x = torch.tensor([[1.0, 0.0], [1.0, 1.0]]).view(1, 2, 1, 2)
    r = torch.tensor([1.0, 2.0]).view(1, 1, 1, 2)
    # g is 1 * (1, 1) + 2 * (0, 1) = (1, 3).
    found = hand_back(Sectional()(layer, x, layer(x)), r)
    torch.testing.assert_close(found.view(2, 2), torch.tensor([[0.25, 0.0], [0.75, 2.0]]))


def test_purging_by_hand() -> None:
    """Where the sum is 2, -1 and 0; what conflicts with it is taken from what does not."""
    relevance = torch.tensor([[3.0, -1.0, 1.0], [-2.0, 0.0, -1.0], [1.0, 0.0, 0.0]])
    expected = torch.tensor([[1.5, -1.0, 0.0], [0.0, 0.0, 0.0], [0.5, 0.0, 0.0]])
    torch.testing.assert_close(purged(relevance[None])[0], expected)


def test_averages_and_sums_are_shared_by_size() -> None:
    x = torch.tensor([[3.0, -1.0], [0.0, 0.0]]).view(1, 2, 1, 2)
    pool = nn.AvgPool2d((1, 2))
    found = hand_back(Sizes()(pool, x, pool(x)), torch.tensor([[4.0, 2.0]]).view(1, 2, 1, 1))
    torch.testing.assert_close(found.view(2, 2), torch.tensor([[3.0, 1.0], [1.0, 1.0]]))
    left, right = torch.tensor([[2.0, 0.0]]), torch.tensor([[-1.999, 0.0]])
    shares = torch.stack(Sizes().shares([left, right], left + right))
    torch.testing.assert_close(shares[:, 0], torch.tensor([[0.5, 0.5]] * 2), atol=1e-3, rtol=0)


class Sides(nn.Module):
    """Bright places speak for the first label, dark ones for the second; done by hand.

    Parameters
    ----------
    offsets : sequence of float
        Of the two logits.
    """

    def __init__(self, offsets: Sequence[float] = (0.0, 0.0)) -> None:
        super().__init__()
        self.sides = nn.Conv2d(1, 2, 1)
        self.sides.weight.data = torch.tensor([1.0, -1.0]).view(2, 1, 1, 1)
        self.sides.bias = nn.Parameter(torch.tensor([0.0, 1.0]))
        self.same = nn.Conv2d(2, 2, 1, bias=False)
        self.same.weight.data = torch.eye(2).view(2, 2, 1, 1)
        self.classifier = nn.Linear(2, 2)
        self.classifier.weight.data = torch.eye(2)
        self.classifier.bias.data = torch.tensor(offsets)

    def forward(self, x: Tensor) -> Tensor:
        found = torch.relu(self.same(torch.relu(self.sides(x))))
        logits: Tensor = self.classifier(found.mean((2, 3)))
        return logits


def sides(*offsets: float) -> Classifier:
    return Classifier(
        manifest(("Bright", "Dark"), channels=1, normalisation=Normalisation((0.0,), (1.0,))),
        Sides(offsets or (0.0, 0.0)),
    )


#: One bright place and one dark one, and two in between.
PIXELS = np.array([[1.0, 0.0], [0.75, 0.25]])


def test_map_by_hand(grid_image: Grid) -> None:
    """The features are the pixels and 1 - the pixels, and both labels' largest term is 1.

    At the place of 0.75 the first label has 0.75 in the first channel, against it is 0.25 in the
    second: that is purged, which leaves 0.5 in the first. So the start is 1, -1, 0.5, -0.5, of
    which the positive part is brought to a sum of 2 and the negative one to -1. All convolutions
    are one pixel wide, so that every place has its own pixel alone to give to.
    """
    bright, dark = METHOD.explain(sides(), grid_image(PIXELS))
    expected = np.array([[4 / 3, -2 / 3], [2 / 3, -1 / 3]])
    np.testing.assert_allclose(bright.values, expected, atol=1e-6)
    np.testing.assert_allclose(dark.values, [[-2 / 3, 4 / 3], [-1 / 3, 2 / 3]], atol=1e-6)


def test_hostile_labels_features_get_negative_relevance_only_if_they_are_hostile(
    grid_image: Grid,
) -> None:
    image = grid_image(PIXELS)
    (against,) = METHOD.explain(sides(), image, ["Bright"], hostile="others")
    (alone,) = METHOD.explain(sides(), image, ["Bright"], hostile="none")
    assert (against.values[:, 1] < 0).all()
    # What is active for the label alone, in proportion to its terms; nothing is against it.
    np.testing.assert_allclose(alone.values, PIXELS, atol=1e-6)


def test_likely_labels_are_those_that_reach_their_operating_point(grid_image: Grid) -> None:
    image = grid_image(PIXELS)

    def bright(classifier: Classifier, hostile: str) -> np.ndarray:
        (heatmap,) = METHOD.explain(classifier, image, ["Bright"], hostile=hostile)
        return np.asarray(heatmap.values)

    found, missed = sides(0.0, 0.0), sides(0.0, -2.0)
    assert np.array_equal(bright(found, "likely"), bright(found, "others"))
    assert np.array_equal(bright(missed, "likely"), bright(missed, "none"))
    # The first label is never hostile to itself, however likely.
    assert not np.array_equal(bright(missed, "others"), bright(missed, "none"))


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_label_without_others_is_explained_alone(grid_image: Grid, hostile: str) -> None:
    about = manifest(("Only",), channels=1, normalisation=Normalisation((0.0,), (1.0,)))
    network = Sides()
    network.classifier = nn.Linear(2, 1)
    network.classifier.weight.data = torch.tensor([[1.0, -1.0]])
    (found,) = METHOD.explain(Classifier(about, network), grid_image(PIXELS), hostile=hostile)
    # Its own terms are for it and against it: here what two labels made of it.
    expected = np.array([[4 / 3, -2 / 3], [2 / 3, -1 / 3]])
    np.testing.assert_allclose(found.values, expected, atol=1e-6)


def test_labels_that_do_not_differ_have_nothing_to_show(grid_image: Grid) -> None:
    classifier = sides()
    classifier.module.get_parameter("classifier.weight").data.fill_(1)
    for found in METHOD.explain(classifier, grid_image(PIXELS)):
        assert not found.values.any()


def start_by_loops(terms: np.ndarray, target: int, hostile: list[int]) -> np.ndarray:
    """The start from its definition."""
    scaled = [one / np.abs(one).max() for one in terms]
    apart: np.ndarray = scaled[target].copy()
    for other in hostile:
        apart -= scaled[other] / len(hostile)
    for up, down in ((1, 1), (2, 1)):
        positive, negative = apart[apart > 0].sum(), -apart[apart < 0].sum()
        apart = np.where(apart > 0, apart * up / positive, apart * down / negative)
        if (up, down) == (1, 1):
            apart = purged_by_loops(apart)
    return apart


@pytest.mark.parametrize("hostile", HOSTILE)
def test_start_is_the_difference_of_what_grad_cam_sums(
    densenet: Classifier, noise: GridImage, hostile: str
) -> None:
    batch = densenet.normalise(torch.from_numpy(noise.values.copy())[None])
    with torch.no_grad():
        features = torch.relu(densenet.module.get_submodule("features")(batch))
    # The gradient of an averaged feature is its weight, by a factor that is all labels'.
    weights = densenet.module.get_parameter("classifier.weight")
    terms = features[0] * weights[:, :, None, None]
    logits = densenet.logits(noise.values[None])[0]
    chosen = {"others": [0, 1, 2], "likely": np.nonzero(logits >= 0)[0].tolist(), "none": []}
    graph = trace(densenet.module)
    low, high = torch.split(densenet.normalise(torch.tensor([0.0, 1.0]).view(2, 1, 1)), 1)
    run = Propagation(densenet.module, batch, COMPOSITE, (low, high))
    for target, found in enumerate(METHOD.explain(densenet, noise, hostile=hostile)):
        rivals = [other for other in chosen[hostile] if other != target]
        start = torch.from_numpy(start_by_loops(terms.double().numpy(), target, rivals)).float()
        expected = run.hand_back(start[None], last_feature_map(graph)).sum((0, 1))
        np.testing.assert_allclose(
            found.values, expected.numpy(), atol=1e-4 * np.abs(found.values).max()
        )


def test_labels_together_are_each_alone(densenet: Classifier, noise: GridImage) -> None:
    for together in METHOD.explain(densenet, noise):
        (alone,) = METHOD.explain(densenet, noise, [together.label])
        np.testing.assert_allclose(alone.values, together.values, atol=1e-6)
        assert together.values.sum() == pytest.approx(1, abs=1e-4)


def test_logit_and_probability_have_the_same_map(densenet: Classifier, noise: GridImage) -> None:
    maps = [METHOD.explain(densenet, noise, target=target) for target in Target]
    for one, other in zip(*maps, strict=True):
        assert np.array_equal(one.values, other.values)


def test_map_is_not_that_of_rap(densenet: Classifier, noise: GridImage) -> None:
    maps = (METHOD.explain(densenet, noise), rap.METHOD.explain(densenet, noise))
    for mine, other in zip(*maps, strict=True):
        assert abs(np.corrcoef(mine.values.ravel(), other.values.ravel())[0, 1]) < 0.9

"""Units of a layer against identities, networks done by hand and slow second implementations."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from shamsul.classifiers import registry
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import Normalisation
from shamsul.explainers.graph import bottlenecks, outputs_from, trace, value_of
from shamsul.explainers.lrp import METHOD as LRP
from shamsul.explainers.method import ExplainerError
from shamsul.explainers.propagation import prepared
from shamsul.units.field import receptive_field
from shamsul.units.layers import layer_of, layers
from shamsul.units.maps import UNIT_MAPS
from shamsul.units.survey import COMPOSITE, Survey, Surveys, replaced, survey
from tests.explainers.conftest import SIZE, manifest, unsettle

Square = Callable[[int, int], GridImage]


def of(network: nn.Module) -> Classifier:
    return Classifier(manifest(("Edema", "Cardiomegaly", "No Finding")), network.eval())


@pytest.fixture(scope="module", params=["densenet", "resnet18", "vgg11", "efficientnet_b0"])
def network(request: pytest.FixtureRequest) -> Classifier:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        if request.param == "densenet":
            return of(
                unsettle(
                    torchvision.models.DenseNet(
                        growth_rate=8, block_config=(2, 2), num_init_features=8, num_classes=3
                    )
                )
            )
        return of(unsettle(torchvision.models.get_model(request.param, num_classes=3)))


@pytest.fixture
def square(grid_image: Callable[[np.ndarray], GridImage]) -> Square:
    """A bright square on black."""

    def make(row: int, column: int) -> GridImage:
        values = np.zeros((SIZE, SIZE))
        values[row : row + 8, column : column + 8] = 1
        return grid_image(values)

    return make


def test_outputs_follow_from_a_bottleneck_alone(
    network: Classifier,
    noise: GridImage,
) -> None:
    graph = trace(network.module)
    batch = network.normalise(torch.from_numpy(noise.values.copy())[None])
    with torch.no_grad():
        expected = network.module(batch)
        for name in bottlenecks(graph):
            value = value_of(graph, name, batch)
            assert torch.allclose(outputs_from(graph, name, value), expected, atol=1e-4), name


def test_what_something_goes_around_is_no_bottleneck() -> None:
    resnet = trace(torchvision.models.resnet18(weights=None).eval())
    found = bottlenecks(resnet)
    assert "layer1.0.conv1" not in found
    assert {"conv1", "fc", "step_layer1_0_relu_1"} <= set(found)


def test_layers_are_one_of_each_size(network: Classifier) -> None:
    found = layers(network)
    sizes = [(one.rows, one.columns) for one in found]
    assert len(set(sizes)) == len(sizes) > 2
    assert sizes == sorted(sizes, reverse=True)
    assert layer_of(network) == found[-2]
    for one in found:
        assert layer_of(network, one.name) == one


def test_layer_that_is_not_there_is_told(network: Classifier) -> None:
    with pytest.raises(ExplainerError, match="no layer 'nowhere' to look at; there are "):
        layer_of(network, "nowhere")


def test_relevance_goes_on_from_every_layer(
    network: Classifier,
    noise: GridImage,
) -> None:
    """Stopped at a layer and handed back from there, it is what it was without the stop."""
    batch = network.normalise(torch.from_numpy(noise.values.copy())[None])
    run = prepared(network, batch, COMPOSITE)
    start = torch.diag(run.outputs)
    expected = run.hand_back(start)
    for layer in layers(network):
        again = run.hand_back(run.relevance_of(layer.step, start), layer.step)
        assert torch.allclose(again, expected, atol=1e-5 * float(expected.abs().max()))


def test_maps_of_all_units_add_up_to_lrp(
    densenet: Classifier,
    noise: GridImage,
) -> None:
    (whole,) = LRP.explain(densenet, noise, ["Edema"])
    layer = layers(densenet)[0]
    through = UNIT_MAPS["through_unit"]
    total = sum(
        through.explain(densenet, noise, ["Edema"], layer=layer.name, unit=unit)[0].values
        for unit in range(layer.units)
    )
    assert np.allclose(total, whole.values, atol=1e-4 * np.abs(whole.values).max())


def test_field_is_what_a_gradient_reaches() -> None:
    """The field by windows against the pixels that change a position, in a network without ends."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        module = nn.Sequential(
            nn.Conv2d(1, 2, 5, stride=2, padding=2, bias=False),
            nn.ReLU(),
            nn.AvgPool2d(3, stride=1, padding=1),
            nn.Conv2d(2, 2, 3, stride=2, padding=1, dilation=2),
            nn.AvgPool2d(2),
            nn.Conv2d(2, 3, 3, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(3, 2),
        ).eval()
    for part in module:
        if isinstance(part, nn.Conv2d):
            part.weight.data.abs_()
    about = manifest(("One", "Two"), channels=1, normalisation=Normalisation((0.0,), (1.0,)))
    (layer,) = [one for one in layers(Classifier(about, module)) if one.units == 3]
    field = receptive_field(module, layer, SIZE)
    pixels = torch.ones(1, 1, SIZE, SIZE, requires_grad=True)
    value = module[:7](pixels)
    inside, corner = (3, 3), (layer.rows - 1, layer.columns - 1)
    for row, column in (inside, corner):
        (gradient,) = torch.autograd.grad(value[0, 0, row, column], pixels, retain_graph=True)
        rows, columns = np.nonzero(gradient[0, 0].numpy())
        reached = (rows.min(), columns.min(), rows.max() + 1, columns.max() + 1)
        top, left, bottom, right = field.box(row, column, (SIZE, SIZE))
        if (row, column) == inside:
            assert (top, left, bottom, right) == reached
        else:  # where padding of a layer between is seen, less of the input is
            assert (top, left) == reached[:2] and bottom >= reached[2] and right >= reached[3]


def test_a_unit_done_by_hand(detector: Classifier, square: Square) -> None:
    """All of the output passes the only unit, where the square is; without it nothing is left."""
    image = square(16, 32)
    layer = layer_of(detector)
    assert (layer.units, layer.rows, layer.columns) == (1, 32, 32)
    found = survey(detector, image, layer)
    with torch.no_grad():
        output = detector.module(torch.from_numpy(image.values.copy())[None, None])[0].numpy()
    assert found.outputs == pytest.approx(output)
    # The rules' epsilon takes a little where so little is averaged.
    assert found.relevance[:, 0] == pytest.approx(output, rel=3e-3)
    row, column = np.unravel_index(found.places[0, 0], (32, 32))
    # Windows of 8 pixels begin 3 before each second pixel.
    assert (row * 2 - 3, column * 2 - 3) == pytest.approx((16, 32), abs=1)
    mean = float(found.activations[0].mean(dtype=np.float64))
    silent, averaged = replaced(detector, image, layer, [0, 0], [0.0, mean])
    assert silent == pytest.approx(-output, rel=1e-4)
    # What is averaged over all positions anyway does not change with the average.
    assert averaged == pytest.approx([0, 0], abs=1e-2)


def test_units_are_replaced_one_by_one(
    densenet: Classifier,
    noise: GridImage,
) -> None:
    """Against a hook that changes one channel of the module itself."""
    layer = layers(densenet)[-1]
    units = [3, 0, *range(5, 25)]
    found = replaced(densenet, noise, layer, units, [0.25] * len(units))
    before = densenet.logits(noise.values[None])[0]
    for change, unit in zip(found, units, strict=True):

        def put(_: nn.Module, __: object, value: torch.Tensor, unit: int = unit) -> torch.Tensor:
            value = torch.relu(value)
            value[:, unit] = 0.25
            return value

        handle = densenet.module.features.norm5.register_forward_hook(put)
        with torch.no_grad():
            batch = densenet.normalise(torch.from_numpy(noise.values.copy())[None])
            after = densenet.module(batch)[0].numpy()
        handle.remove()
        assert change == pytest.approx(after - before, abs=1e-4)


def test_a_units_own_map_is_within_its_field(
    detector: Classifier,
    square: Square,
) -> None:
    image = square(16, 32)
    maps = UNIT_MAPS["unit"].explain(detector, image, unit=0)
    assert np.array_equal(maps[0].values, maps[1].values)
    rows, columns = np.nonzero(maps[0].values)
    assert rows.min() >= 16 - 8 and rows.max() < 24 + 8
    assert columns.min() >= 32 - 8 and columns.max() < 40 + 8
    # What the unit answers, but for its bias, which the first layer's box rule absorbs nothing of.
    assert maps[0].values.sum() == pytest.approx(
        float(survey(detector, image, layer_of(detector)).activations.sum(dtype=np.float64)),
        rel=1e-2,
    )


def test_unit_that_is_not_there_is_told(
    detector: Classifier,
    square: Square,
) -> None:
    for method in UNIT_MAPS.values():
        with pytest.raises(ExplainerError, match="has units 0 to 0, and no 7"):
            method.explain(detector, square(0, 0), unit=7)


def test_surveys_are_kept_and_damage_is_seen(
    detector: Classifier,
    square: Square,
    tmp_path,
) -> None:
    found = survey(detector, square(16, 32), layer_of(detector))
    kept = Surveys(tmp_path / "units")
    assert "one" not in kept
    kept.put("one", found)
    again = kept.get("one")
    assert again is not None
    for name in ("activations", "relevance", "places", "outputs"):
        assert np.array_equal(getattr(again, name), getattr(found, name))
    file = tmp_path / "units" / "one.npz"
    file.write_bytes(file.read_bytes()[:-40])
    assert kept.get("one") is None
    assert kept.get("two") is None


def test_packed_survey_unpickles_nothing(
    detector: Classifier,
    square: Square,
    tmp_path,
) -> None:
    hostile = np.array([print], dtype=object)
    np.savez(tmp_path / "one.npz", activations=hostile, relevance=0, places=0, outputs=0)
    assert Surveys(tmp_path).get("one") is None
    with pytest.raises(ValueError, match="pickle"):
        Survey.unpack((tmp_path / "one.npz").read_bytes())


def test_bundled_models_have_layers() -> None:
    found = layers(registry.load("phantom"))
    assert [one.rows for one in found] == [112, 56, 28, 14, 7]
    assert found[-1].name == "relu"

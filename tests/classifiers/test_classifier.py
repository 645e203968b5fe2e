from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from shamsul.classifiers.manifest import Manifest, Scaling
from shamsul.classifiers.registry import load
from shamsul.radiographs.radiograph import Radiograph

MakeFolder = Callable[..., Path]


@pytest.fixture
def grids() -> np.ndarray:
    return np.random.default_rng(0).random((35, 32, 32), np.float32)


def test_logits_are_the_modules_own(make_folder: MakeFolder, grids: np.ndarray) -> None:
    classifier = load(make_folder())
    with torch.no_grad():
        images = torch.from_numpy((grids - 0.5) / 0.25)[:, None]
        expected = torch.cat([classifier.module(image[None]) for image in images])
    done: list[int] = []
    logits = classifier.logits(grids, progress=done.append)
    np.testing.assert_allclose(logits, expected, atol=1e-5)
    assert logits.dtype == np.float32
    assert done == [8, 16, 24, 32, 35]


def test_input_is_not_written_to(make_folder: MakeFolder, grids: np.ndarray) -> None:
    classifier = load(make_folder(normalisation=Scaling.UNIT))
    before = grids.copy()
    tensor = torch.from_numpy(grids.copy())
    grids.setflags(write=False)
    np.testing.assert_array_equal(classifier.logits(grids), classifier.logits(tensor))
    np.testing.assert_array_equal(tensor.numpy(), before)


def test_no_images_give_no_logits(make_folder: MakeFolder) -> None:
    assert load(make_folder()).logits(np.empty((0, 32, 32), np.float32)).shape == (0, 2)


@pytest.mark.parametrize("shape", [(32, 32), (1, 1, 32, 32)])
def test_logits_refuse_other_shapes(make_folder: MakeFolder, shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="shape"):
        load(make_folder()).logits(np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    ("scaling", "channels", "black", "white"),
    [
        (Scaling.XRV, 1, [-1024], [1024]),
        (Scaling.UNIT, 3, [0, 0, 0], [1, 1, 1]),
        (Scaling.IMAGENET, 3, [-2.1179, -2.0357, -1.8044], [2.2489, 2.4286, 2.64]),
    ],
)
def test_black_and_white_are_scaled(
    make_folder: MakeFolder,
    scaling: Scaling,
    channels: int,
    black: list[float],
    white: list[float],
) -> None:
    classifier = load(make_folder(normalisation=scaling, channels=channels))
    images = classifier.normalise(torch.tensor([0.0, 1.0]).view(2, 1, 1))
    np.testing.assert_allclose(images[:, :, 0, 0], [black, white], atol=1e-4)


def test_normalising_is_differentiable(make_folder: MakeFolder) -> None:
    classifier = load(make_folder(normalisation=Scaling.XRV))
    grid = torch.rand(1, 32, 32, requires_grad=True)
    classifier.module(classifier.normalise(grid)).sum().backward()
    assert grid.grad is not None and grid.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in classifier.module.parameters())


def test_prediction_has_probabilities_and_thresholds(make_folder: MakeFolder) -> None:
    classifier = load(make_folder())
    values = np.random.default_rng(0).random((60, 50), np.float32)
    radiograph = Radiograph(values, (0.0, 1.0), None, "", "0" * 64)
    prediction = classifier.predict(radiograph)
    grid = classifier.prepare(radiograph)
    assert grid.geometry.image_shape == (60, 50)
    (logits,) = classifier.logits(grid.values[None])
    assert [score.logit for score in prediction.scores] == logits.tolist()
    assert prediction["Edema"].probability == pytest.approx(1 / (1 + np.exp(-logits[0])))
    assert prediction["Edema"].threshold == 0.4
    assert prediction["Cardiomegaly"].threshold == 0.5


@pytest.mark.parametrize("arch", ["resnet18", "mobilenet_v3_small", "squeezenet1_1"])
def test_torchvision_models_load_without_download(make_folder: MakeFolder, arch: str) -> None:
    folder = make_folder(
        arch=f"torchvision/{arch}", arch_options={}, channels=3, normalisation=Scaling.IMAGENET
    )
    state = torch.random.get_rng_state()
    assert load(folder).logits(np.zeros((2, 32, 32), np.float32)).shape == (2, 2)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert Manifest.read(folder).channels == 3

"""DenseNets that Keras saved: their HDF5 read by h5py alone, under torch's names and axes.

Keras lays weights out in two ways. Until version 2, and in ``model.save("x.h5")`` still, a layer's
group has its name and its parameters theirs: ``conv2_block1_0_bn/gamma``, with TensorFlow's ``:0``,
and with ``conv1/conv`` for what is ``conv1_conv`` since. In ``.weights.h5`` and ``.keras`` of
version 3, layers are numbered within their class and parameters within their layer
(``layers/conv2d_12/vars/0``); there the order tells the place.
"""

import re
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from typing import Final

import h5py
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from shamsul.classifiers.manifest import ModelError
from shamsul.classifiers.vision import torchvision

#: A layer's arrays by Keras's name of the parameter.
Layer = dict[str, NDArray[np.float32]]

#: What Keras adds to variances (keras.applications.densenet) beyond torch's 1e-5.
_EPSILON_BEYOND_TORCH: Final = 1.001e-5 - 1e-5
_ARCHIVED: Final = "model.weights.h5"
#: Parameters in Keras's order, by what the layer's name ends with in keras.applications.
_KINDS: Final = {
    "conv": ("kernel", "bias"),
    "bn": ("gamma", "beta", "moving_mean", "moving_variance"),
    "dense": ("kernel", "bias"),
}
_PARAMETERS: Final = {
    "kernel": "weight",
    "bias": "bias",
    "gamma": "weight",
    "beta": "bias",
    "moving_mean": "running_mean",
    "moving_variance": "running_var",
}
#: Kernels have rows, columns, inputs, outputs; or inputs, outputs.
_TORCH_AXES: Final = {4: (3, 2, 0, 1), 2: (1, 0)}
_IN_BLOCK: Final = {"norm1": "0_bn", "conv1": "1_conv", "norm2": "1_bn", "conv2": "2_conv"}
_DAMAGE = (OSError, RuntimeError, ValueError, TypeError, LookupError, zipfile.BadZipFile)


def is_keras(path: Path) -> bool:
    """Whether a file is HDF5, or an archive (``.keras``) that has one."""
    try:
        with zipfile.ZipFile(path) as archive:
            return _ARCHIVED in archive.namelist()
    except zipfile.BadZipFile:
        return bool(h5py.is_hdf5(path))


def read(path: Path, module: nn.Module) -> dict[str, torch.Tensor]:
    """Read the weights of a DenseNet of ``keras.applications`` with one dense layer at its end.

    Parameters
    ----------
    path : Path
        ``weights.h5``, ``.weights.h5``, ``model.save("x.h5")`` or ``.keras``.
    module : Module
        torchvision's DenseNet of that size, which gives the names.

    Returns
    -------
    dict of str to Tensor
        float32, by torch's names, with torch's axes. What the network does not have keeps the
        name that it has in the file.

    Raises
    ------
    ModelError
        The architecture is another one, or the file is damaged or of another layout; one sentence.

    Notes
    -----
    Keras adds 1.001e-5 to variances where torch adds 1e-5; the difference goes into the variances.
    Keras pads the first two windows with zeros as torch does, the second after a ReLU, where
    zero and torch's minus infinity have the same maximum.

    References
    ----------
    Huang et al. 2017, arXiv 1608.06993 (DenseNet)
    """
    if not isinstance(module, torchvision.models.DenseNet):
        raise ModelError("Files of Keras are read for DenseNets only, as torchvision/densenet121.")
    places = {_keras_name(name): name for name in _with_weights(module)}
    try:
        found = _layers(path)
        numbered = all(place.endswith("/vars") for place in found)
        layers = (_by_order if numbered else _by_name)(found, places)
    except _DAMAGE:
        raise ModelError(f"{path} is damaged, or holds no weights of Keras.") from None
    state = {}
    for name, layer in layers.items():
        for parameter, values in layer.items():
            ours = f"{places.get(name, name)}.{_PARAMETERS.get(parameter, parameter)}"
            state[ours] = _tensor(parameter, values)
    return state


def _with_weights(module: nn.Module) -> Iterator[str]:
    """Names of a module's layers that have weights, in the order of the network."""
    for name, child in module.named_modules():
        if isinstance(child, nn.Conv2d | nn.BatchNorm2d | nn.Linear):
            yield name


def _keras_name(name: str) -> str:
    """What ``keras.applications.densenet`` calls a layer of torchvision's DenseNet."""
    if found := re.fullmatch(r"features\.denseblock(\d+)\.denselayer(\d+)\.(\w+)", name):
        block, layer, part = found.groups()
        return f"conv{int(block) + 1}_block{layer}_{_IN_BLOCK[part]}"
    if found := re.fullmatch(r"features\.transition(\d+)\.(norm|conv)", name):
        transition, part = found.groups()
        return f"pool{int(transition) + 1}_{'bn' if part == 'norm' else part}"
    outer = {"features.conv0": "conv1_conv", "features.norm0": "conv1_bn", "features.norm5": "bn"}
    return outer.get(name, "dense")


def _layers(path: Path) -> dict[str, Layer]:
    """The layers of a file by where they are in it."""
    layers: dict[str, Layer] = defaultdict(dict)

    def visit(place: str, item: object) -> None:
        # What an optimizer or a dropout keeps is no weight of the network.
        if not isinstance(item, h5py.Dataset) or re.search("^optimizer|/seed_generator", place):
            return
        if item.external or item.is_virtual:
            raise ValueError("values in other files")
        layer, _, parameter = place.rpartition("/")
        layers[layer][parameter.removesuffix(":0")] = np.asarray(item[()], np.float32)

    with ExitStack() as opened:
        source: Path | BytesIO = path
        if zipfile.is_zipfile(path):
            # All of it: HDF5 goes to and fro, which archives are slow at.
            source = BytesIO(opened.enter_context(zipfile.ZipFile(path)).read(_ARCHIVED))
        # This follows no links, which could lead to other files.
        opened.enter_context(h5py.File(source, "r")).visititems(visit)
    if not layers:
        raise ValueError("no arrays")
    return layers


def _by_order(layers: Mapping[str, Layer], names: Collection[str]) -> dict[str, Layer]:
    """Layers of Keras 3 under the network's names, by their numbers within their class.

    Parameters
    ----------
    layers : mapping of str to Layer
        By place, as ``layers/batch_normalization_12/vars``; parameters are numbered.
    names : collection of str
        Of the network's layers, in its order.
    """
    placed: dict[str, Layer] = {}
    for kind, parameters in _KINDS.items():
        found = sorted((place for place in layers if _kind(layers[place]) == kind), key=_number)
        own = [name for name in names if name.endswith(kind)]
        # What the network does not have is told by its place.
        for name, place in zip(own + found[len(own) :], found, strict=False):
            layer = layers[place].items()
            placed[name] = {parameters[int(number)]: values for number, values in layer}
    return placed


def _number(place: str) -> int:
    found = re.search(r"_(\d+)/vars$", place)
    return int(found[1]) if found else 0


def _by_name(layers: Mapping[str, Layer], names: Collection[str]) -> dict[str, Layer]:
    """Layers of Keras 2 under the network's names, whatever groups and slashes are before them.

    The dense layer is named by whoever added it.
    """
    dense = [place for place, layer in layers.items() if _kind(layer) == "dense"]
    placed: dict[str, Layer] = {}
    for place, layer in layers.items():
        parts = place.split("/")
        joined = "_".join(parts[-2:])
        name = "dense" if dense == [place] else joined if joined in names else parts[-1]
        if name in placed:
            raise ModelError(f"Several layers are named {name}; save one network alone.")
        placed[name] = layer
    return placed


def _kind(layer: Layer) -> str:
    """What a layer's name ends with in ``keras.applications``, told by its arrays."""
    return {4: "conv", 2: "dense"}.get(max(values.ndim for values in layer.values()), "bn")


def _tensor(parameter: str, values: NDArray[np.float32]) -> torch.Tensor:
    if parameter == "moving_variance":
        values = (values.astype(np.float64) + _EPSILON_BEYOND_TORCH).astype(np.float32)
    if parameter == "kernel" and values.ndim in _TORCH_AXES:
        values = values.transpose(_TORCH_AXES[values.ndim])
    return torch.from_numpy(np.ascontiguousarray(values))

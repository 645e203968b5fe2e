"""A model folder opened: manifest, architecture and weights, or ONNX file, put together."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from shamsul.classifiers import architecture, onnx_files, weights
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.inference import RUNNING
from shamsul.classifiers.manifest import Manifest, ModelError
from shamsul.classifiers.matching import MatchError, matched

#: Optional: the mean of the images that the model was trained on, 8-bit greyscale on its grid.
TRAINING_MEAN = "training_mean.png"
#: torchxrayvision keeps its operating points under this name among the weights.
POINTS = "op_threshs"


def open_folder(folder: Path, manifest: Manifest) -> Classifier:
    """Load the weights of a folder into the architecture that its manifest describes.

    Raises
    ------
    ModelError
        The weights are missing, unreadable or changed, or do not fit the architecture and
        labels; of an ONNX file, as :func:`shamsul.classifiers.onnx_files.read`; one sentence.
    """
    network = onnx_files.read(folder, manifest) if manifest.opaque else _module(folder, manifest)
    classifier = Classifier(manifest, network, _training_mean(folder, manifest))
    check(classifier, folder)
    return classifier


def _module(folder: Path, manifest: Manifest) -> torch.nn.Module:
    with RUNNING:
        module = architecture.build(manifest)
    state = read_state(folder, manifest, module.state_dict())
    module.load_state_dict(module.state_dict() | state)  # with the counters of its own
    return module


def read_state(
    folder: Path, manifest: Manifest, wanted: Mapping[str, torch.Tensor]
) -> dict[str, torch.Tensor]:
    """A folder's weights under the names of the architecture, in the order of the file.

    Parameters
    ----------
    folder : Path
    manifest : Manifest
    wanted : mapping of str to Tensor
        The architecture's state.

    Raises
    ------
    ModelError
        The weights are missing, unreadable or changed, or do not fit; one sentence.
    """
    return fitted(weights.read(folder, manifest.sha256), manifest, wanted, folder)


def fitted(
    tables: Mapping[str, Mapping[str, torch.Tensor]],
    manifest: Manifest,
    wanted: Mapping[str, torch.Tensor],
    source: Path,
) -> dict[str, torch.Tensor]:
    """What was read of weights, under the names of the architecture, in the order of the file.

    Parameters
    ----------
    tables : mapping of str to mapping of str to Tensor
        As :func:`shamsul.classifiers.weights.tables` gives them.
    manifest : Manifest
    wanted : mapping of str to Tensor
        The architecture's state.
    source : Path
        Where they are from.

    Raises
    ------
    ModelError
        They do not fit; one sentence that names the source.
    """
    if manifest.arch.startswith("xrv/"):
        tables = {
            place: {
                name: tensor for name, tensor in table.items() if name.rpartition(".")[2] != POINTS
            }
            for place, table in tables.items()
        }
    try:
        return matched(tables, wanted)
    except MatchError as error:
        raise ModelError(
            f"The weights in {source} do not fit {manifest.arch} with {len(manifest.labels)} "
            f"labels: {error}."
        ) from None


def _training_mean(folder: Path, manifest: Manifest) -> NDArray[np.float32] | None:
    """The mean of the training images, where the folder has one."""
    path = folder / TRAINING_MEAN
    if not path.exists():
        return None
    try:
        with Image.open(path, formats=["PNG"]) as picture:
            mean = np.asarray(picture.convert("L"), np.float32) / np.float32(255)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        raise ModelError(f"{path} is not a PNG image ({type(error).__name__}).") from None
    if mean.shape != (manifest.input_size, manifest.input_size):
        size = manifest.input_size
        raise ModelError(f"{path} is not of the model's size, {size} x {size}.")
    return mean


def check(classifier: Classifier, source: Path) -> None:
    """Evaluate a black image, so that faults show when a model is opened, not when it is used.

    Raises
    ------
    ModelError
        It takes no image of its size, or gives no finite numbers; one sentence that names the
        source.
    """
    size = classifier.manifest.input_size
    try:
        logits = classifier.logits(np.zeros((1, size, size), np.float32))
    except (RuntimeError, ValueError, AssertionError) as error:
        raise ModelError(
            f"The model in {source} cannot take {size} x {size} images ({error})."
        ) from None
    if not np.isfinite(logits).all():
        raise ModelError(f"The model in {source} gives outputs that are not finite numbers.")

"""A model folder opened: manifest, architecture and weights put together."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from shamsul.classifiers import architecture, weights
from shamsul.classifiers.classifier import RUNNING, Classifier
from shamsul.classifiers.manifest import Manifest, ModelError

#: Optional: the mean of the images that the model was trained on, 8-bit greyscale on its grid.
TRAINING_MEAN = "training_mean.png"


def open_folder(folder: Path, manifest: Manifest) -> Classifier:
    """Load the weights of a folder into the architecture that its manifest describes.

    Raises
    ------
    ModelError
        The weights are missing, unreadable or changed, or do not fit the architecture and
        labels; one sentence.
    """
    with RUNNING:
        module = architecture.build(manifest)
    state = weights.read(folder, manifest.sha256)
    if manifest.arch.startswith("xrv/"):
        # torchxrayvision keeps its operating points among the weights.
        state.pop("op_threshs", None)
    wanted = module.state_dict()
    for name, tensor in wanted.items():
        # A training counter that some tools leave out; inference has no use for it.
        if name.endswith(".num_batches_tracked"):
            state.setdefault(name, tensor)
    faults = [f"{name} is missing" for name in wanted if name not in state]
    faults += [f"{name} is not part of the architecture" for name in state if name not in wanted]
    faults += [
        f"{name} has shape {tuple(state[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in state and state[name].shape != tensor.shape
    ]
    if faults:
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        raise ModelError(
            f"The weights in {folder} do not fit {manifest.arch} with {len(manifest.labels)} "
            f"labels: {faults[0]}{more}."
        )
    module.load_state_dict(state)
    classifier = Classifier(manifest, module, _training_mean(folder, manifest))
    _try(classifier, folder)
    return classifier


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


def _try(classifier: Classifier, folder: Path) -> None:
    """Evaluate a black image, so that faults show when a model is opened, not when it is used."""
    size = classifier.manifest.input_size
    try:
        logits = classifier.logits(np.zeros((1, size, size), np.float32))
    except (RuntimeError, ValueError, AssertionError) as error:
        raise ModelError(
            f"The model in {folder} cannot take {size} x {size} images ({error})."
        ) from None
    if not np.isfinite(logits).all():
        raise ModelError(f"The model in {folder} gives outputs that are not finite numbers.")

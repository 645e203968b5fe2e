"""A model that has learnt nothing: the same architecture, its weights shuffled."""

import copy
import hashlib
import shutil
import zlib
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import torch

from shamsul.classifiers import architecture, weights
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.folder import TRAINING_MEAN, read_state
from shamsul.classifiers.inference import RUNNING
from shamsul.classifiers.manifest import Manifest
from shamsul.storage.atomic import new_folder


def randomised_folder(folder: Path, directory: Path, seed: int = 0) -> Path:
    """The folder of a model's randomised twin, made where it is missing.

    The weights of every convolution and dense layer are shuffled within their layer: their
    distribution stays, what was learnt goes. Maps for such a model that convince as much as those
    for the trained one say nothing about it.

    Parameters
    ----------
    folder : Path
        The model's.
    directory : Path
        Where twins are kept.
    seed : int

    Raises
    ------
    shamsul.classifiers.manifest.ModelError
        The model's folder is at fault.

    References
    ----------
    Adebayo et al. 2018, arXiv 1810.03292 (model parameter randomisation)
    """
    manifest = Manifest.read(folder)
    target = directory / f"{manifest.fingerprint[:16]}-{seed}"
    if target.exists():
        return target
    generator = torch.Generator().manual_seed(seed)
    with RUNNING:
        network = architecture.build(manifest)
    state = read_state(folder, manifest, network.state_dict())
    learnt = dict(network.named_parameters())
    for name, tensor in state.items():
        if name in learnt and tensor.ndim > 1:
            state[name] = _shuffled(tensor, generator)
    try:
        with new_folder(target) as made:
            twin = replace(
                manifest,
                name=f"{manifest.name}-randomised",
                sha256=weights.write(state, made),
                trained_on=f"Nothing: the weights of {manifest.name}, shuffled.",
            )
            twin.write(made)
            if (folder / TRAINING_MEAN).exists():
                shutil.copy(folder / TRAINING_MEAN, made)
    except OSError:
        if not target.exists():  # or somebody else was quicker
            raise
    return target


def stages(classifier: Classifier) -> dict[str, tuple[str, ...]]:
    """Weights that are shuffled together, the output layer first and the input layer last.

    Returns
    -------
    dict of str to tuple of str
        By the first parts of the module's name (``features.denseblock4``, ``layer3.1``,
        ``encoder.layers.encoder_layer_3``, ``classifier``), the names of the weights of its
        convolutions and dense layers; of a vision transformer also the class token and the places.
    """
    found: dict[str, tuple[str, ...]] = {}
    for name, tensor in reversed(list(classifier.module.named_parameters())):
        if tensor.ndim > 1:
            # The blocks of a vision transformer are one part further down.
            depth = 3 if name.startswith("encoder.layers.") else 2
            stage = ".".join(name.split(".")[:-1][:depth]) or name
            found[stage] = (*found.get(stage, ()), name)
    return found


def randomised(classifier: Classifier, chosen: Collection[str], seed: int = 0) -> Classifier:
    """A copy of a classifier, the weights of some of its :func:`stages` shuffled.

    Parameters
    ----------
    classifier : Classifier
        Left as it is.
    chosen : collection of str
        Names of stages.
    seed : int
        A stage's weights come in the same order whatever other stages are chosen.

    Raises
    ------
    KeyError
        If the classifier has no stage of that name.
    """
    known = stages(classifier)
    with RUNNING:
        module = copy.deepcopy(classifier.module)
    state = module.state_dict()
    for name in sorted(name for stage in chosen for name in known[stage]):
        generator = torch.Generator().manual_seed(zlib.crc32(f"{seed} {name}".encode()))
        state[name].copy_(_shuffled(state[name], generator))
    about = f"{classifier.manifest.sha256} {seed} {sorted(chosen)}"
    manifest = replace(
        classifier.manifest,
        name=f"{classifier.manifest.name}-randomised",
        # Its outputs are not those of the file.
        sha256=hashlib.sha256(about.encode()).hexdigest(),
    )
    return Classifier(manifest, module, classifier.training_mean)


def _shuffled(tensor: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    order = torch.randperm(tensor.numel(), generator=generator)
    return tensor.flatten()[order.to(tensor.device)].view(tensor.shape)

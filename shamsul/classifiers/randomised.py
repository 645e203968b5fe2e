"""A model that has learnt nothing: the same architecture, its weights shuffled."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import torch

from shamsul.classifiers import weights
from shamsul.classifiers.folder import TRAINING_MEAN
from shamsul.classifiers.manifest import Manifest


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
    state = weights.read(folder, manifest.sha256)
    for name, tensor in state.items():
        if tensor.ndim > 1:
            order = torch.randperm(tensor.numel(), generator=generator)
            state[name] = tensor.flatten()[order].view(tensor.shape)
    directory.mkdir(parents=True, exist_ok=True)
    # Under another name until it is whole.
    with tempfile.TemporaryDirectory(dir=directory, prefix=".") as part:
        made = Path(part) / target.name
        made.mkdir()
        twin = replace(
            manifest,
            name=f"{manifest.name}-randomised",
            sha256=weights.write(state, made),
            trained_on=f"Nothing: the weights of {manifest.name}, shuffled.",
        )
        twin.write(made)
        if (folder / TRAINING_MEAN).exists():
            shutil.copy(folder / TRAINING_MEAN, made)
        try:
            made.rename(target)
        except OSError:  # somebody else was quicker
            if not target.exists():
                raise
    return target

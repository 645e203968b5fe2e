"""Weights files: safetensors, or a torch file opened with ``weights_only=True``."""

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path

import safetensors
import safetensors.torch
import torch

from shamsul.classifiers.manifest import ModelError

SAFETENSORS = "weights.safetensors"
#: Names looked for in a model folder, in this order.
FILES = (SAFETENSORS, "weights.pt", "weights.pth")


def sha256(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(state: Mapping[str, torch.Tensor], folder: Path) -> str:
    """Write a model folder's weights as safetensors, and give their SHA-256."""
    path = folder / SAFETENSORS
    # Not save_file, whose files nobody but their owner can read.
    path.write_bytes(
        safetensors.torch.save({name: value.contiguous() for name, value in state.items()})
    )
    return sha256(path)


def read(folder: Path, expected_sha256: str) -> dict[str, torch.Tensor]:
    """Read a model folder's weights after checking their SHA-256.

    Raises
    ------
    ModelError
        No weights, another SHA-256 than expected, or a file that is neither safetensors nor a
        torch file of tensors by name.
    """
    path = next((folder / name for name in FILES if (folder / name).is_file()), None)
    if path is None:
        raise ModelError(f"{folder} holds no {SAFETENSORS}.")
    if sha256(path) != expected_sha256:
        raise ModelError(f"The SHA-256 of {path} is not the one in model.toml.")
    try:
        if path.suffix == ".safetensors":
            tensors: dict[str, torch.Tensor] = safetensors.torch.load_file(path)
            return tensors
        state = torch.load(path, map_location="cpu", weights_only=True)
    except (safetensors.SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, OSError):
        raise ModelError(f"{path} is not a readable file of weights.") from None
    if isinstance(state, Mapping) and isinstance(state.get("state_dict"), Mapping):
        state = state["state_dict"]
    if not isinstance(state, Mapping) or not all(
        isinstance(name, str) and isinstance(value, torch.Tensor) for name, value in state.items()
    ):
        raise ModelError(f"{path} does not hold tensors by name.")
    return dict(state)

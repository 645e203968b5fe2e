"""Weights files: safetensors, or a torch file opened with ``weights_only=True``."""

import hashlib
import pickle
from collections.abc import Iterator, Mapping, Sequence
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


def read(folder: Path, expected_sha256: str) -> dict[str, dict[str, torch.Tensor]]:
    """Read a model folder's weights, as :func:`tables` does, after checking their SHA-256.

    Raises
    ------
    ModelError
        No weights, another SHA-256 than expected, or a file that cannot be read.
    """
    return tables(found(folder, FILES, expected_sha256))


def found(folder: Path, names: Sequence[str], expected_sha256: str) -> Path:
    """A model folder's file of the first of some names, after checking its SHA-256.

    Raises
    ------
    ModelError
        There is none, or it has another SHA-256 than expected; one sentence.
    """
    path = next((folder / name for name in names if (folder / name).is_file()), None)
    if path is None:
        raise ModelError(f"{folder} holds no {names[0]}.")
    if sha256(path) != expected_sha256:
        raise ModelError(f"The SHA-256 of {path} is not the one in model.toml.")
    return path


def tables(path: Path) -> dict[str, dict[str, torch.Tensor]]:
    """Read whatever tensors by name a file holds.

    Returns
    -------
    dict of str to dict of str to Tensor
        Tensors by name, by where they are in the file: names of dictionaries, joined by dots;
        empty where they are in the file itself.

    Raises
    ------
    ModelError
        The file is neither safetensors nor a torch file of tensors by name; one sentence.
    """
    try:
        if path.suffix == ".safetensors":
            return {"": safetensors.torch.load_file(path)}
        content = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise ModelError(
            f"{path} is not a readable file of weights: it may hold only tensors, so save "
            "model.state_dict() instead of a whole model or trainer."
        ) from None
    except (safetensors.SafetensorError, RuntimeError, EOFError, OSError):
        raise ModelError(f"{path} is not a readable file of weights.") from None
    tensors = dict(_tables(content))
    if not tensors:
        raise ModelError(f"{path} does not hold tensors by name.")
    return tensors


def _tables(content: object) -> Iterator[tuple[str, dict[str, torch.Tensor]]]:
    """Every dictionary in a file that has tensors; a training keeps much else beside them."""
    left, seen = [("", content)], set()
    while left:
        place, here = left.pop(0)
        if not isinstance(here, Mapping) or id(here) in seen:
            continue
        seen.add(id(here))  # a file can hold itself
        named = {name: value for name, value in here.items() if isinstance(name, str)}
        tensors = {k: value for k, value in named.items() if isinstance(value, torch.Tensor)}
        if tensors:
            yield place, tensors
        left += [(f"{place}.{name}" if place else name, value) for name, value in named.items()]

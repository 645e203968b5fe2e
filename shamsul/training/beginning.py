"""The weights that a training begins with."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import torch
from torch import nn

from shamsul.classifiers import architecture, folder, weights
from shamsul.classifiers.manifest import FILE, Manifest, ModelError
from shamsul.classifiers.matching import MatchError, matched
from shamsul.classifiers.unet import UNet
from shamsul.classifiers.vision import torchvision
from shamsul.training.config import IMAGENET, NOTHING
from shamsul.training.recipe import AUXILIARY

Tensors = Mapping[str, torch.Tensor]
#: Of a U-Net's parameters.
_ENCODER: Final = "encoder."
#: What torchvision calls what comes after the deepest features.
_HEADS: Final = frozenset({"classifier", "fc"})


def begin(manifest: Manifest, start: str, place: Path, seed: int) -> nn.Module:
    """The network of a manifest, with the weights that a training begins with.

    The last layer's are drawn anew, but for labels that a model folder has too. A network of one
    channel takes the sum over the channels of a first layer for three. A U-Net that does not begin
    with another one takes the weights of its encoder alone.

    Parameters
    ----------
    manifest : Manifest
    start : str
        As a configuration file has it.
    place : Path
        What it is relative to.
    seed : int
        Of what is drawn.

    Raises
    ------
    ModelError
        They cannot be had or do not fit; one sentence.
    """
    torch.manual_seed(seed)
    module = architecture.build(manifest)
    if hasattr(module, "aux_logits"):
        # Of Inception and GoogLeNet: only the last layer is trained.
        module.aux_logits = False  # type: ignore[assignment]
    if start == NOTHING:
        return module
    own = module.state_dict()
    head = _head(module, len(manifest.labels))
    labels: tuple[str, ...] = ()
    of_unet = False
    if start == IMAGENET:
        tables: Mapping[str, Tensors] = {"": _of_imagenet(manifest.arch)}
    elif (place / start / FILE).is_file():
        before = Manifest.read(place / start)
        tables, labels = weights.read(place / start, before.sha256), before.labels
        of_unet = before.arch == manifest.arch
    elif (place / start).is_file():
        tables = weights.tables(place / start)
    else:
        raise ModelError(f"{place / start} is neither a model folder nor a file of weights.")
    if isinstance(module, UNet) and not of_unet:
        encoder = {n.removeprefix(_ENCODER): t for n, t in own.items() if n.startswith(_ENCODER)}
        state = _fitted(_without_heads(tables), encoder, [], start, manifest)
        module.load_state_dict(own | {_ENCODER + name: tensor for name, tensor in state.items()})
        return module
    state = _fitted(tables, own, head, start, manifest)
    for name in head:
        found = state.pop(name, None)
        rows = own[name].clone()
        for index, label in enumerate(manifest.labels):
            if found is not None and label in labels:
                rows[index] = found[labels.index(label)]
        state[name] = rows
    module.load_state_dict(own | state)
    return module


def _fitted(
    tables: Mapping[str, Tensors], own: Tensors, head: list[str], start: str, manifest: Manifest
) -> dict[str, torch.Tensor]:
    """What was read, under the names of the architecture; its last layer, if any, its own shape."""
    own = {name: tensor for name, tensor in own.items() if not name.startswith(AUXILIARY)}
    first = next(name for name, tensor in own.items() if tensor.ndim == 4)
    problem: Exception | None = None
    # The file's last layer is of another number of labels, its first perhaps of three channels.
    for outputs in dict.fromkeys((len(own[head[0]]), *_widths(tables))) if head else (0,):
        for channels in (own[first].shape[1], 3):
            wanted = {
                name: tensor.new_zeros((outputs, *tensor.shape[1:])) if name in head else tensor
                for name, tensor in own.items()
            }
            wanted[first] = own[first].new_zeros(
                (own[first].shape[0], channels, *own[first].shape[2:])
            )
            try:
                state = matched(_of_network(tables), wanted)
            except MatchError as error:
                problem = problem or error
                continue
            if channels != own[first].shape[1]:
                state[first] = state[first].sum(1, keepdim=True)
            return state
    raise ModelError(f"The weights of {start} do not fit {manifest.arch}: {problem}.")


def _of_network(tables: Mapping[str, Tensors]) -> Mapping[str, Tensors]:
    """Without torchxrayvision's operating points and the heads that only serve training."""
    return {
        place: {
            name: tensor
            for name, tensor in table.items()
            if name.rpartition(".")[2] != folder.POINTS and not name.startswith(AUXILIARY)
        }
        for place, table in tables.items()
    }


def _without_heads(tables: Mapping[str, Tensors]) -> Mapping[str, Tensors]:
    """Tables without torchvision's last layers, which no encoder has."""
    return {
        place: {
            name: tensor
            for name, tensor in table.items()
            if not _HEADS.intersection(name.split("."))
        }
        for place, table in tables.items()
    }


def _widths(tables: Mapping[str, Tensors]) -> list[int]:
    """Numbers of outputs that a last layer in a file may have."""
    return sorted({len(t) for table in tables.values() for t in table.values() if t.ndim == 2})


def _head(module: nn.Module, labels: int) -> list[str]:
    """Names of the last layer's parameters; those of masks, one for each label, are like them."""
    if isinstance(module, UNet):
        beginnings = ("classifier.", "mask.") if module.masks == labels else ("classifier.",)
        return [name for name in module.state_dict() if name.startswith(beginnings)]
    last = [
        name
        for name, part in module.named_modules()
        if isinstance(part, nn.Linear | nn.Conv2d) and part.weight.shape[0] == labels
    ][-1]
    return [name for name in module.state_dict() if name.startswith(f"{last}.")]


def _of_imagenet(arch: str) -> Tensors:
    """torchvision's weights of ImageNet, downloaded once and checked by their hash.

    Raises
    ------
    ModelError
        There are none, or they cannot be downloaded; one sentence that says what to bring.
    """
    name = arch.partition("/")[2]
    if arch == "xrv/densenet":
        name = "densenet121"
    try:
        published = torchvision.models.get_model_weights(name)
    except ValueError:
        raise ModelError(
            f"torchvision has no weights of ImageNet for {arch}: begin with a file, a model "
            'folder, or start = "nothing".'
        ) from None
    url = published.DEFAULT.url
    file = Path(torch.hub.get_dir()) / "checkpoints" / url.rpartition("/")[2]
    # As torchvision names them: NAME-HASH.pth, with the beginning of the SHA-256.
    beginning = file.stem.rpartition("-")[2]
    try:
        if not file.exists():
            file.parent.mkdir(parents=True, exist_ok=True)
            torch.hub.download_url_to_file(url, str(file), beginning, progress=False)
    except (OSError, RuntimeError) as error:
        raise ModelError(
            f"The weights of ImageNet cannot be downloaded ({error}): bring {url} to {file.parent}."
        ) from None
    if not weights.sha256(file).startswith(beginning):
        raise ModelError(f"{file} is not what torchvision published: its SHA-256 is another one.")
    return weights.tables(file)[""]

"""A training's configuration file, read with all its faults named by line."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import torch
from pydantic import Field

from shamsul.annotations.formats.registry import FORMATS
from shamsul.classifiers import architecture
from shamsul.classifiers.manifest import (
    NORMALISATIONS,
    UNET,
    Manifest,
    ModelError,
    Resize,
    Scaling,
    is_normalisation,
    normalisation_of,
)
from shamsul.classifiers.unet import OPTIONS
from shamsul.storage.toml_file import Check, Place, TomlError, TomlTable, parsed
from shamsul.training.datasets import asked
from shamsul.training.datasets.asked import DatasetTable, PolicyTable
from shamsul.training.guidance import LOSSES, Guidance
from shamsul.training.recipe import Augmentation, Recipe

#: In place of a weights file: torchvision's own of ImageNet, or random weights.
IMAGENET: Final = "imagenet"
NOTHING: Final = "nothing"


class ModelTable(TomlTable):
    """The ``[model]`` table.

    Attributes
    ----------
    name : str
        Of the run and of the model that it makes.
    arch : str
        As in ``model.toml``.
    start : str
        Weights to begin with: ``imagenet``, ``nothing``, or a model folder or a file of weights,
        relative to the configuration file.
    size, channels, normalisation, resize, options
        As in ``model.toml``.
    trained_on : str
        Shown to the reader; by default the data set's title.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+([-_][a-z0-9]+)*$", max_length=64)]
    arch: str
    start: str = IMAGENET
    size: int = Field(224, ge=8, le=4096)
    channels: Literal[1, 3] = 3
    normalisation: Any = Scaling.IMAGENET.value
    resize: Literal["stretch", "letterbox", "centre-crop"] = "stretch"
    options: Mapping[str, Any] = Field(default_factory=dict)
    trained_on: str = ""

    def to_manifest(self, labels: tuple[str, ...]) -> Manifest:
        """The model that is to be trained, without weights and operating points."""
        return Manifest(
            self.name,
            self.arch,
            labels,
            self.size,
            self.channels,
            normalisation_of(self.normalisation),
            Resize(self.resize),
            "0" * 64,
            trained_on=self.trained_on,
            arch_options={
                key: tuple(value) if isinstance(value, list) else value
                for key, value in self.options.items()
            },
        )


@dataclass(frozen=True)
class DatasetFile:
    """What a file says of the data alone.

    Attributes
    ----------
    folder : Path
        What its paths are relative to.
    dataset : DatasetTable
    policy : PolicyTable
    """

    folder: Path
    dataset: DatasetTable
    policy: PolicyTable


@dataclass(frozen=True)
class TrainingFile(DatasetFile):
    """What a file says of a training.

    Attributes
    ----------
    text : str
        The file.
    model : ModelTable
    recipe : Recipe
    augmentation : Augmentation
    guidance : Guidance or None
    """

    text: str
    model: ModelTable
    recipe: Recipe
    augmentation: Augmentation
    guidance: Guidance | None = None


_TABLES: Final = ("dataset", "policy", "model", "training", "augmentation", "guidance")


def read_dataset(text: str, folder: Path) -> DatasetFile:
    """Read the ``[dataset]`` and ``[policy]`` tables; a training's other tables may follow.

    Parameters
    ----------
    text : str
        TOML.
    folder : Path
        What its paths are relative to.

    Raises
    ------
    TomlError
        With every fault, not the first one.
    """
    _, faults, read = _begun(text, folder)
    if faults.faults or read is None:
        raise TomlError(faults.faults)
    return read


def read_training(text: str, folder: Path) -> TrainingFile:
    """Read a training's configuration.

    Parameters
    ----------
    text : str
        TOML.
    folder : Path
        What its paths are relative to.

    Raises
    ------
    TomlError
        With every fault, not the first one.
    """
    content, faults, data = _begun(text, folder)
    model = faults.table(ModelTable, content.get("model", {}), ("model",))
    recipe = faults.table(Recipe, content.get("training", {}), ("training",))
    changes = faults.table(Augmentation, content.get("augmentation", {}), ("augmentation",))
    guidance = None
    if "guidance" in content:
        guidance = faults.table(Guidance, content["guidance"], ("guidance",))
    if model is not None:
        _check_model(model, recipe, folder, faults)
        taught = guidance is not None or "guidance" not in content
        if taught and is_normalisation(model.normalisation):
            _check_guidance(model, guidance, folder, faults)
    if faults.faults or data is None or model is None or recipe is None or changes is None:
        raise TomlError(faults.faults)
    return TrainingFile(folder, data.dataset, data.policy, text, model, recipe, changes, guidance)


def _begun(text: str, folder: Path) -> tuple[dict[str, Any], Check, DatasetFile | None]:
    """A file's content, the faults so far, and what it says of the data if that can be read."""
    content, faults = parsed(text)
    for name in content:
        if name not in _TABLES:
            faults.say((name,), f"there is no such table; there are {', '.join(_TABLES)}")
    dataset = faults.table(DatasetTable, content.get("dataset", {}), ("dataset",))
    policy = faults.table(PolicyTable, content.get("policy", {}), ("policy",))
    if dataset is not None:
        asked.check(dataset, folder, faults)
    return content, faults, DatasetFile(folder, dataset, policy) if dataset and policy else None


def _check_model(model: ModelTable, recipe: Recipe | None, folder: Path, faults: Check) -> None:
    if re.fullmatch(rf"(torchvision|xrv|{UNET})/\w+", model.arch) is None:
        faults.say(
            ("model", "arch"), 'must be "torchvision/<model>", "xrv/densenet" or "unet/<encoder>"'
        )
    elif not is_normalisation(model.normalisation):
        faults.say(("model", "normalisation"), NORMALISATIONS)
    elif model.normalisation == "imagenet" and model.channels == 1:
        faults.say(("model", "normalisation"), '"imagenet" needs channels = 3')
    elif isinstance(model.normalisation, dict) and model.channels != len(
        model.normalisation["mean"]
    ):
        faults.say(("model", "normalisation"), "needs one mean and one std for each channel")
    elif (names := _names(model, faults)) and recipe is not None:
        for place, beginnings in (("rates", recipe.rates), ("frozen", recipe.frozen)):
            _check_beginnings(("training", place), beginnings, names, faults)
    if model.start not in (IMAGENET, NOTHING) and not (folder / model.start).exists():
        faults.say(
            ("model", "start"), f"there is neither a file nor a folder {folder / model.start}"
        )
    if model.start == IMAGENET and _size_options(model):
        faults.say(("model", "start"), "torchvision has weights only for networks without options")


def _size_options(model: ModelTable) -> set[str]:
    """Options that make the network, or the encoder, another one than the published one."""
    own = OPTIONS if model.arch.startswith(f"{UNET}/") else ()
    return set(model.options) - set(own)


def _check_guidance(
    model: ModelTable, guidance: Guidance | None, folder: Path, faults: Check
) -> None:
    """Whether what is taught and what there is to teach are the same."""
    masks = model.to_manifest(("one",)).masks
    losses = guidance.losses if guidance else {}
    for name in losses:
        if name not in LOSSES:
            known = ", ".join(LOSSES)
            faults.say(("guidance", "losses"), f"there is no loss {name!r}; there are {known}")
    of_masks = [name for name in losses if name in LOSSES and LOSSES[name].of_mask]
    gated = bool(model.options.get("gated"))
    if masks and not of_masks and not gated:
        faults.say(
            ("model", "options"),
            'nothing teaches the decoder: give a loss of masks under [guidance], or masks = "none"',
        )
    if guidance is None:
        return
    if not model.arch.startswith(f"{UNET}/"):
        faults.say(("guidance",), 'needs arch = "unet/<encoder>"')
    elif of_masks and not masks:
        faults.say(("guidance", "losses"), f"{of_masks[0]!r} needs a network with masks")
    elif of_masks and masks == "labels" and guidance.use == "gaze":
        faults.say(
            ("guidance", "use"), 'gaze is of an image, not of its labels: it needs masks = "one"'
        )
    if guidance.format and guidance.format not in FORMATS:
        known = ", ".join(FORMATS)
        faults.say(
            ("guidance", "format"), f"there is no format {guidance.format!r}; there are {known}"
        )
    if not (folder / guidance.annotations).exists():
        faults.say(
            ("guidance", "annotations"),
            f"there is neither a file nor a folder {folder / guidance.annotations}",
        )


def _names(model: ModelTable, faults: Check) -> list[str]:
    """Names of the parameters; none where the network cannot be built, which is noted."""
    try:
        with torch.device("meta"):
            module = architecture.build(model.to_manifest(("one",))).eval()
            module(torch.empty(1, model.channels, model.size, model.size))
    except ModelError as error:
        faults.say(("model", "arch"), str(error).rstrip("."))
        return []
    except (RuntimeError, ValueError, AssertionError) as error:
        faults.say(("model", "size"), f"{model.arch} cannot take it ({error})")
        return []
    return [name for name, _ in module.named_parameters()]


def _check_beginnings(
    place: Place, beginnings: Iterable[str], names: list[str], faults: Check
) -> None:
    for beginning in beginnings:
        if not any(name.startswith(beginning) for name in names):
            faults.say(
                place, f"no parameter's name begins with {beginning!r}, as {names[0]!r} does"
            )

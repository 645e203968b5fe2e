"""The models of this installation: bundled, downloaded, and available for download.

Importing this module does not import torch, so that the app starts quickly; `load` does.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Final

from shamsul.classifiers.manifest import FILE, Manifest, ManifestError, ModelError
from shamsul.settings import ASSETS, settings
from shamsul.storage.atomic import new_folder

if TYPE_CHECKING:
    from shamsul.classifiers.classifier import Classifier

__all__ = [
    "GENERAL",
    "PHANTOM",
    "ModelError",
    "ModelInfo",
    "ModelState",
    "add",
    "bring",
    "download",
    "findings",
    "folder_of",
    "load",
    "models",
]

#: The first of the bundled models, trained on synthetic radiographs.
PHANTOM: Final = "phantom"
#: All of them; the second is a U-Net that has learned where a simulated reader looks.
BUNDLED: Final = (PHANTOM, "phantom-gaze")
#: Of those that are published, the one for radiographs of whatever origin.
GENERAL: Final = "xrv/densenet121-res224-all"
_XRV: Final = "xrv/densenet121-res224-"
_XRV_DATA: Final = {
    "all": "NIH, PadChest, CheXpert, MIMIC-CXR, Google, OpenI and RSNA data",
    "chex": "CheXpert (Stanford)",
    "nih": "NIH ChestX-ray14",
    "pc": "PadChest (Alicante)",
    "rsna": "RSNA Pneumonia Challenge",
    "mimic_nb": "MIMIC-CXR (MIT), NegBio labels",
    "mimic_ch": "MIMIC-CXR (MIT), CheXpert labels",
}


class ModelState(Enum):
    """Whether a registered model can be loaded now."""

    BUNDLED = "bundled"
    """Comes with SHAMSUL."""
    DOWNLOADED = "downloaded"
    """In the models directory."""
    AVAILABLE = "available"
    """Can be downloaded."""


@dataclass(frozen=True)
class ModelInfo:
    """A registered model, its weights not read.

    Attributes
    ----------
    name : str
        What `load` takes.
    state : ModelState
    trained_on : str
    folder : Path or None
        None while it is not downloaded.
    manifest : Manifest or None
        None while it is not downloaded, and where `fault` is set.
    fault : str
        Why the folder cannot be used; empty when nothing is wrong.
    """

    name: str
    state: ModelState
    trained_on: str = ""
    folder: Path | None = None
    manifest: Manifest | None = None
    fault: str = ""


def models() -> tuple[ModelInfo, ...]:
    """All registered models: bundled ones, those of the models directory, those to download."""
    found = {info.name: info for info in _downloaded()}
    for weights, data in _XRV_DATA.items():
        name = _XRV + weights
        found.setdefault(name, ModelInfo(name, ModelState.AVAILABLE, data))
    bundled = [_describe(name, ASSETS / "models" / name, ModelState.BUNDLED) for name in BUNDLED]
    others = [info for name, info in found.items() if name not in BUNDLED]
    return *bundled, *others


def folder_of(name_or_dir: str | Path) -> Path:
    """The folder of a registered model; that of a model folder is itself.

    Parameters
    ----------
    name_or_dir : str or Path
        A registered name, else the path of a folder with ``model.toml`` and weights.

    Raises
    ------
    ModelError
        Unknown or not downloaded; one sentence.
    """
    found = _registered(name_or_dir) if isinstance(name_or_dir, str) else None
    if found is not None:
        return found
    if name_or_dir in {_XRV + weights for weights in _XRV_DATA}:
        raise ModelError(
            f"{name_or_dir} is not downloaded yet; run: shamsul models download {name_or_dir}."
        )
    if not Path(name_or_dir).is_dir():
        raise ModelError(
            f"{str(name_or_dir)!r} is neither a model folder nor one of the registered models "
            f"{', '.join(info.name for info in models())}."
        )
    return Path(name_or_dir)


def _registered(name: str) -> Path | None:
    """The folder of a bundled or downloaded model, none of which is read: pages ask often."""
    if name in BUNDLED:
        return ASSETS / "models" / name
    parts = PurePosixPath(name).parts
    if "/".join(parts) != name or not 1 <= len(parts) <= 2:
        return None
    folder = settings().models / name
    hidden = any(part.startswith(".") for part in parts)  # a download under way
    return folder if not hidden and (folder / FILE).exists() else None


def load(name_or_dir: str | Path) -> "Classifier":
    """Load a registered model, or a model folder, as :func:`folder_of` finds it.

    Raises
    ------
    ModelError
        Unknown or not downloaded, or the folder is at fault; one sentence.
    """
    folder = folder_of(name_or_dir)
    manifest = Manifest.read(folder)
    from shamsul.classifiers.folder import open_folder

    return open_folder(folder, manifest)


def add(folder: str | Path) -> str:
    """Copy a model folder into the models directory, once it can be loaded.

    Parameters
    ----------
    folder : str or Path
        With ``model.toml`` and weights.

    Returns
    -------
    str
        The registered name: that of the manifest, made fit for a folder.

    Raises
    ------
    ModelError
        The folder is at fault, or another model has the name; one sentence.
    """
    manifest = load(Path(folder)).manifest
    name = re.sub(r"[^a-z0-9._-]+", "-", manifest.name.lower()).strip("-.")
    if not name or name in BUNDLED:
        raise ModelError(f"A model cannot be added under the name {manifest.name!r}.")
    target = settings().models / name
    if target.exists():
        raise ModelError(f"There is a model named {name} already.")
    try:
        with new_folder(target) as made:
            # Not copytree, which gathers the failures of all files into one without a number.
            for file in filter(Path.is_file, Path(folder).iterdir()):
                shutil.copyfile(file, made / file.name)
    except OSError as error:
        raise ModelError(f"The model {name} cannot be kept: {error.strerror}.") from None
    return name


def download(name: str, *, progress: Callable[[int, int | None], None] | None = None) -> Path:
    """Download a model into the models directory.

    Parameters
    ----------
    name : str
        A registered name whose state is available or downloaded.
    progress : callable, optional
        Called with the bytes received so far and the total, None where the server does not say.

    Returns
    -------
    Path
        The model's folder. Nothing is left behind when the download fails.

    Raises
    ------
    ModelError
        Not a model that can be downloaded, no connection, or a file that is not what it should
        be; one sentence.
    """
    trained_on = _published(name)
    from shamsul.classifiers.xrv import install

    return install(name, settings().models / name, trained_on, progress=progress)


def bring(name: str, content: bytes) -> None:
    """Take the published file of a model, which :func:`download` then installs without a network.

    Raises
    ------
    ModelError
        Not a model that can be downloaded, or the file cannot be kept.
    """
    _published(name)
    from shamsul.classifiers.xrv import bring

    bring(name, settings().models / name, content)


def findings(name: str) -> tuple[str, ...]:
    """The labels of a model that can be downloaded, before it is.

    Raises
    ------
    ModelError
        Not a model that can be downloaded.
    """
    _published(name)
    from shamsul.classifiers.xrv import release

    return tuple(release(name).thresholds)


def _published(name: str) -> str:
    """What a model that can be downloaded was trained on."""
    if not name.startswith(_XRV) or name.removeprefix(_XRV) not in _XRV_DATA:
        raise ModelError(f"{name!r} is not a model that can be downloaded.")
    return _XRV_DATA[name.removeprefix(_XRV)]


def _downloaded() -> Iterator[ModelInfo]:
    directory = settings().models
    for manifest in sorted([*directory.glob(f"*/{FILE}"), *directory.glob(f"*/*/{FILE}")]):
        folder = manifest.parent
        if any(part.startswith(".") for part in folder.relative_to(directory).parts):
            continue  # a download under way
        name = folder.relative_to(directory).as_posix()
        yield _describe(name, folder, ModelState.DOWNLOADED)


def _describe(name: str, folder: Path, state: ModelState) -> ModelInfo:
    try:
        manifest = Manifest.read(folder)
    except ManifestError as error:
        return ModelInfo(name, state, folder=folder, fault=str(error))
    return ModelInfo(name, state, manifest.trained_on, folder, manifest)

"""torchxrayvision's published DenseNet-121 weights, turned into model folders."""

import shutil
import tempfile
import threading
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from shamsul.classifiers import checkpoint, weights
from shamsul.classifiers.fetch import fetch
from shamsul.classifiers.folder import open_folder
from shamsul.classifiers.manifest import Manifest, ModelError, Resize, Scaling
from shamsul.storage.atomic import write_atomically

_PREFIX: Final = "xrv/"
_IMPORTING = threading.Lock()


@dataclass(frozen=True)
class Release:
    """What torchxrayvision publishes about one weights file.

    Attributes
    ----------
    url : str
    outputs : tuple of str
        Label of each output; "" for outputs that were never trained.
    thresholds : mapping of str to float
        Operating point on the probability per label.
    """

    url: str
    outputs: tuple[str, ...]
    thresholds: Mapping[str, float]


def release(name: str) -> Release:
    """Look up a model in the table of the installed torchxrayvision.

    Parameters
    ----------
    name : str
        With the prefix ``xrv/``.

    """
    entry = _urls()[name.removeprefix(_PREFIX)]
    outputs = tuple(entry["labels"])
    points = zip(outputs, entry["op_threshs"], strict=True)
    return Release(
        entry["weights_url"], outputs, {label: float(point) for label, point in points if label}
    )


def release_of(file: Path) -> Release | None:
    """The release that is published under a file's name, if any is."""
    for name, entry in _urls().items():
        if entry["weights_url"].endswith(f"/{file.name}"):
            return release(name)
    return None


def _urls() -> Mapping[str, Mapping[str, Any]]:
    """The table of torchxrayvision.

    Importing it is slow and ends with ``warnings.filterwarnings("ignore")`` for the whole process;
    the filters are put back as they were.
    """
    with _IMPORTING, warnings.catch_warnings():
        import torchxrayvision
    table: Mapping[str, Mapping[str, Any]] = torchxrayvision.models.model_urls
    return table


def install(
    name: str,
    folder: Path,
    trained_on: str,
    *,
    progress: Callable[[int, int | None], None] | None = None,
) -> Path:
    """Download a release and write it as a model folder, all or nothing.

    The published file is a pickle: it is read as data (see `checkpoint`), its tensors are written
    as safetensors, and it is deleted. Outputs without a label are dropped from the last layer. A
    file that somebody has put beside the folder under its published name is taken instead of a
    download.

    Parameters
    ----------
    name : str
        With the prefix ``xrv/``.
    folder : Path
        Replaced if it exists, provided that the published file has not changed since.
    trained_on : str
    progress : callable, optional
        Called with the bytes received so far and the total, None where the server does not say.

    Raises
    ------
    ModelError
        No connection, a file that is not what it should be, or another file than last time; one
        sentence.
    """
    published = release(name)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".download-", dir=folder.parent))
    except OSError as error:
        raise ModelError(f"{folder.parent} cannot be written ({error.strerror}).") from None
    try:
        pickled = scratch / "published"
        brought = _brought(published, folder)
        if brought.is_file():
            shutil.copyfile(brought, pickled)
        else:
            _fetch(published, pickled, brought, progress)
        source_sha256 = weights.sha256(pickled)
        if (folder / "model.toml").is_file():
            known = Manifest.read(folder).source_sha256
            if known and known != source_sha256:
                raise ModelError(
                    f"{published.url} is not the file it was when {name} was first downloaded."
                )
        fresh = scratch / "model"
        fresh.mkdir()
        _convert(pickled, fresh, name, published, trained_on, source_sha256)
        if folder.exists():
            folder.rename(scratch / "old")
        fresh.rename(folder)
        brought.unlink(missing_ok=True)
    except OSError as error:
        raise ModelError(f"{name} cannot be kept ({error.strerror}).") from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


def bring(name: str, folder: Path, content: bytes) -> None:
    """Put a model's published file where :func:`install` takes it from.

    Parameters
    ----------
    name : str
        With the prefix ``xrv/``.
    folder : Path
        That the model is to be installed in.
    content : bytes
        Of the file; it is looked at when it is installed.

    Raises
    ------
    ModelError
        It cannot be kept.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(_brought(release(name), folder), content)
    except OSError as error:
        raise ModelError(f"The file of {name} cannot be kept ({error.strerror}).") from None


def _brought(published: Release, folder: Path) -> Path:
    """Where a published file is put by hand for the model of a folder."""
    return folder.parent / published.url.rsplit("/", 1)[-1]


def _fetch(
    published: Release,
    pickled: Path,
    brought: Path,
    progress: Callable[[int, int | None], None] | None,
) -> None:
    """Download a published file; a failure also says how to bring it by hand."""
    try:
        fetch(published.url, pickled, progress=progress)
    except ModelError as error:
        raise ModelError(
            f"{str(error).rstrip('.')}; to bring the file by hand, save {published.url} on another "
            f"computer, put it into {brought.parent} as {brought.name}, and download again."
        ) from None


def _convert(
    pickled: Path,
    folder: Path,
    name: str,
    published: Release,
    trained_on: str,
    source_sha256: str,
) -> None:
    """Write the model folder of a published file, and open it once to see that it works."""
    state = checkpoint.read_module(pickled)
    state.pop("op_threshs", None)
    named = [index for index, label in enumerate(published.outputs) if label]
    for key in ("classifier.weight", "classifier.bias"):
        if key not in state or len(state[key]) != len(published.outputs):
            raise ModelError(f"The file of {name} does not have {len(published.outputs)} outputs.")
        state[key] = state[key][named].clone()
    manifest = Manifest(
        name=name,
        arch="xrv/densenet",
        labels=tuple(published.outputs[index] for index in named),
        input_size=224,
        channels=1,
        normalisation=Scaling.XRV,
        # torchxrayvision's own examples: XRayCenterCrop, then XRayResizer(224).
        resize=Resize.CENTRE_CROP,
        sha256=weights.write(state, folder),
        thresholds=published.thresholds,
        trained_on=trained_on,
        source_url=published.url,
        source_sha256=source_sha256,
    )
    manifest.write(folder)
    open_folder(folder, Manifest.read(folder))

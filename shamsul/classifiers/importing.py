"""Model folders of weights, or whole networks, that other programs saved."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import torch

from shamsul.classifiers import architecture, checkpoint, keras_files, onnx_files, weights
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.folder import POINTS, check, fitted
from shamsul.classifiers.inference import RUNNING
from shamsul.classifiers.manifest import Manifest, ManifestError, ModelError
from shamsul.storage.atomic import new_folder

Tables = Mapping[str, Mapping[str, torch.Tensor]]


def import_weights(file: Path, manifest: Manifest, folder: Path) -> Manifest:
    """Make a model folder of a file, all or nothing, once the model has been tried.

    Parameters
    ----------
    file : Path
        safetensors; a torch file of tensors by name in whatever dictionaries, or of a module of
        torch's, torchvision's and torchxrayvision's own classes; HDF5 of a Keras DenseNet; ONNX.
    manifest : Manifest
        The model's description, its `sha256` left out of account. An empty label stands for an
        output that is left out; an ONNX file's outputs all have one. Operating points that
        torchxrayvision keeps in the file replace those of the description.
    folder : Path
        Must not exist yet.

    Returns
    -------
    Manifest
        As it was written.

    Raises
    ------
    ModelError
        The description has faults, the file cannot be read without unpickling it or does not fit
        the description, or the folder exists or cannot be written; one sentence.
    """
    if folder.exists():
        raise ModelError(f"There is {folder} already.")
    if not file.is_file():
        raise ModelError(f"There is no file {file}.")
    try:
        with new_folder(folder) as made:
            write = _write_onnx if manifest.opaque else _write
            written = write(file, manifest, made)
    except OSError as error:
        raise ModelError(f"{error.filename or folder}: {error.strerror}.") from None
    return written


def _checked(manifest: Manifest, folder: Path) -> Manifest:
    """The manifest, once it was read again: its faults are found as those of any model.toml."""
    replace(manifest, sha256="0" * 64).write(folder)
    try:
        return Manifest.read(folder)
    except ManifestError as error:
        raise ModelError(f"A model cannot be described so: {'; '.join(error.faults)}.") from None


def _write_onnx(file: Path, manifest: Manifest, folder: Path) -> Manifest:
    """Write what the model folder of an ONNX file has."""
    if not all(manifest.labels):
        raise ModelError("Every output of an ONNX file needs a label.")
    manifest = _checked(manifest, folder)
    content = file.read_bytes()
    network = onnx_files.network(content, manifest, file)
    check(Classifier(manifest, network), file)
    (folder / onnx_files.FILE).write_bytes(content)
    manifest = replace(
        manifest,
        sha256=weights.sha256(folder / onnx_files.FILE),
        arch_options={onnx_files.PROBABILITIES: network.probabilities},
    )
    manifest.write(folder)
    return manifest


def _write(file: Path, outputs: Manifest, folder: Path) -> Manifest:
    """Write what a model folder has, for the outputs that have a label."""
    labels = tuple(filter(None, outputs.labels))
    manifest = _checked(replace(outputs, labels=labels), folder)
    with RUNNING:
        whole = architecture.build(outputs)
    tables = _tables(file, whole)
    state = fitted(tables, outputs, whole.state_dict(), file)
    state = _tried(state, outputs, manifest, file)
    manifest = replace(
        manifest,
        thresholds=dict(manifest.thresholds) | _operating_points(tables, outputs),
        sha256=weights.write(state, folder),
    )
    manifest.write(folder)
    return manifest


def _tables(file: Path, module: torch.nn.Module) -> Tables:
    """A file's tensors, by where they are in it; those of Keras under the module's names."""
    if keras_files.is_keras(file):
        return {"": keras_files.read(file, module)}
    try:
        return weights.tables(file)
    except ModelError as error:
        try:
            # A pickled module of known classes is read as data.
            return {"": checkpoint.read_module(file)}
        except ModelError:
            raise error from None


def _operating_points(tables: Tables, outputs: Manifest) -> dict[str, float]:
    """Those that torchxrayvision keeps among the weights, NaN for outputs without a label."""
    if not outputs.arch.startswith("xrv/"):
        return {}
    every = [
        tensor.tolist()
        for table in tables.values()
        for name, tensor in table.items()
        if name.rpartition(".")[2] == POINTS and tensor.shape == (len(outputs.labels),)
    ]
    pairs = zip(outputs.labels, every[0], strict=True) if every else ()
    return {label: point for label, point in pairs if label and 0 <= point <= 1}


def _tried(
    state: dict[str, torch.Tensor], outputs: Manifest, manifest: Manifest, file: Path
) -> dict[str, torch.Tensor]:
    """The weights for the outputs that have a label, once they have given finite logits."""
    with RUNNING:
        module = architecture.build(manifest)
    wanted = module.state_dict()
    labelled = [index for index, label in enumerate(outputs.labels) if label]
    state = {
        name: tensor if tensor.shape == wanted[name].shape else tensor[labelled]
        for name, tensor in state.items()
    }
    module.load_state_dict(wanted | state)
    check(Classifier(manifest, module), file)
    return state

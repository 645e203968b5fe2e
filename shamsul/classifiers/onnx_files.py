"""ONNX files as models: networks of which nothing is known but what they answer.

onnxruntime runs them on the processor. A file is data, its operators are those of onnxruntime, and
it has to be whole: no other file that it may name is read.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import logit

from shamsul.classifiers import weights
from shamsul.classifiers.inference import RUNNING
from shamsul.classifiers.manifest import Manifest, ModelError

if TYPE_CHECKING:
    import onnx
    import onnxruntime

FILE: Final = "model.onnx"
#: The only one of `Manifest.arch_options`: whether the outputs are probabilities, of which logits
#: are taken. Where it is missing, the file's last step tells.
PROBABILITIES: Final = "probabilities"
#: A probability as near to 0 or 1 as this, about what single precision tells from 1, counts as
#: this near: logits stay within 16.2 of 0.
NEAREST: Final = 1e-7

#: Steps that change no value; what stands before them is the last one that does.
_SHAPING: Final = {"Identity", "Cast", "Reshape", "Flatten", "Squeeze", "Unsqueeze"}
_SQUASHING: Final = {"Sigmoid", "Softmax"}


class OnnxRuntime:
    """A network of an ONNX file, as an :class:`~shamsul.classifiers.inference.InferenceEngine`.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        With one input, float32 of shape (n, channels, h, w), and one output of shape (n, L).
    labels : int
        L, which the file may leave open.
    probabilities : bool
        Whether the outputs are probabilities, of which logits are taken.
    """

    name = "onnxruntime float32"

    def __init__(
        self, session: "onnxruntime.InferenceSession", labels: int, *, probabilities: bool
    ) -> None:
        self.probabilities = probabilities
        self._session, self._labels = session, labels
        (self._input,) = session.get_inputs()

    def __call__(self, images: torch.Tensor) -> NDArray[np.float32]:
        """See `InferenceEngine`.

        Raises
        ------
        ModelError
            The network cannot take the images, gives another number of outputs, or gives some
            outside of [0, 1] though they are said to be probabilities; one sentence.
        """
        every = images.cpu().contiguous().numpy()
        alone = self._input.shape[0] == 1
        batches = [every[n : n + 1] for n in range(len(every))] if alone else [every]
        try:
            with RUNNING:
                parts = [self._session.run(None, {self._input.name: one})[0] for one in batches]
        except Exception as error:  # its errors have no class in common
            raise ModelError(f"onnxruntime cannot run the network: {_said(error)}.") from None
        outputs = np.concatenate(parts).astype(np.float32)
        wanted = (len(every), self._labels)
        if outputs.shape != wanted:
            raise ModelError(f"The network gives outputs of shape {outputs.shape}, not {wanted}.")
        return _logits(outputs) if self.probabilities else outputs

    def cells(self, images: torch.Tensor) -> NDArray[np.float32]:
        """See `InferenceEngine`: of the file's features nothing is known."""
        return self(images)[:, :, None, None]

    def rest(self) -> None:
        """See `InferenceEngine`; it keeps none."""


def read(folder: Path, manifest: Manifest) -> OnnxRuntime:
    """Read a model folder's ONNX file, after checking its SHA-256.

    Raises
    ------
    ModelError
        No such file, another SHA-256 than the manifest's, or as of :func:`network`.
    """
    path = weights.found(folder, (FILE,), manifest.sha256)
    return network(path.read_bytes(), manifest, path)


def network(content: bytes, manifest: Manifest, source: Path) -> OnnxRuntime:
    """What an ONNX file holds, ready to run.

    Parameters
    ----------
    content : bytes
    manifest : Manifest
    source : Path
        Where the content is from.

    Raises
    ------
    ModelError
        onnxruntime is not installed or cannot run the file, weights are kept elsewhere, or input
        and output are not as the manifest has them; one sentence that names the source.

    References
    ----------
    https://github.com/onnx/onnx/blob/main/docs/IR.md
    """
    onnx, onnxruntime = _libraries()
    from google.protobuf.message import DecodeError

    stated = manifest.arch_options.get(PROBABILITIES)
    if not set(manifest.arch_options) <= {PROBABILITIES} or type(stated) not in (bool, type(None)):
        raise ModelError(f"arch_options of an ONNX file has only {PROBABILITIES}, true or false.")
    try:
        model = onnx.load_model_from_string(content)
    except DecodeError:
        raise ModelError(f"{source} is not an ONNX file.") from None
    tensors = _tensors(model, onnx.TensorProto)
    if any(one.external_data or one.data_location == one.EXTERNAL for one in tensors):
        raise ModelError(f"{source} keeps weights in other files; save all in one file.")
    try:
        session = onnxruntime.InferenceSession(
            content,
            _options(onnxruntime),
            providers=["CPUExecutionProvider"],
            enable_fallback=0,  # to the same once more, which would be printed
        )
    except Exception as error:  # its errors have no class in common
        raise ModelError(f"onnxruntime cannot run {source}: {_said(error)}.") from None
    _check(session, manifest, source)
    probabilities = _squashes(model.graph) if stated is None else bool(stated)
    return OnnxRuntime(session, len(manifest.labels), probabilities=probabilities)


def _libraries() -> tuple[ModuleType, ModuleType]:
    try:
        import onnx
        import onnxruntime
    except ImportError:
        raise ModelError(
            "Models in ONNX files need the package onnxruntime: pip install 'shamsul[onnx]'."
        ) from None
    onnxruntime.disable_telemetry_events()  # which Windows would have
    return onnx, onnxruntime


def _options(onnxruntime: ModuleType) -> Any:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    # Threads that spin while they wait would keep those of another process from computing.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.enable_cpu_mem_arena = False  # freed memory is kept by `use_processor` already
    options.log_severity_level = 4  # what is wrong is in the error too
    return options


def _tensors(message: Any, kind: type) -> Iterator["onnx.TensorProto"]:
    """All tensors in a file, also those of steps and of what steps repeat or choose from."""
    if isinstance(message, kind):
        yield message
        return
    for field, value in message.ListFields():
        if field.message_type is not None:
            for one in [value] if hasattr(value, "ListFields") else value:
                yield from _tensors(one, kind)


def _check(session: "onnxruntime.InferenceSession", manifest: Manifest, source: Path) -> None:
    """Refuse another input or output than the manifest has; a name or None is any size."""
    inputs, outputs = session.get_inputs(), session.get_outputs()
    for kind, values in (("input", inputs), ("output", outputs)):
        if len(values) != 1:
            names = ", ".join(one.name for one in values)
            raise ModelError(f"{source} has more than one {kind}, {names}, or none.")
    size, labels = manifest.input_size, len(manifest.labels)
    takes, gives = inputs[0], outputs[0]
    if takes.type != "tensor(float)":
        raise ModelError(f"{source} takes {takes.type}, not float32.")
    if not _fits(takes.shape, (manifest.channels, size, size)):
        raise ModelError(
            f"{source} takes images of shape {_shape(takes.shape)}, "
            f"not (n, {manifest.channels}, {size}, {size})."
        )
    if not _fits(gives.shape, (labels,)):
        raise ModelError(
            f"{source} gives outputs of shape {_shape(gives.shape)}, not (n, {labels}), one for "
            "each label."
        )


def _fits(shape: list[int | str | None], wanted: tuple[int, ...]) -> bool:
    """Whether `wanted` fits a shape, one by one at least."""
    pairs = zip(shape, (1, *wanted), strict=False)
    return len(shape) == 1 + len(wanted) and all(
        size == one for size, one in pairs if isinstance(size, int)
    )


def _shape(shape: list[int | str | None]) -> str:
    return f"({', '.join('any' if size is None else str(size) for size in shape)})"


def _squashes(graph: "onnx.GraphProto") -> bool:
    """Whether the last step that changes values is one whose values are probabilities."""
    makers = {name: node for node in graph.node for name in node.output}
    node = makers.get(graph.output[0].name)
    while node is not None and node.op_type in _SHAPING:
        node = makers.get(node.input[0])
    return node is not None and node.op_type in _SQUASHING


def _logits(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    if probabilities.min() < -NEAREST or probabilities.max() > 1 + NEAREST:
        raise ModelError("The network's outputs are said to be probabilities, but are not.")
    # A NaN stays one, and is refused with the model.
    inside = np.clip(probabilities.astype(np.float64), NEAREST, 1 - NEAREST)
    return np.asarray(logit(inside), np.float32)


def _said(error: Exception) -> str:
    """What an error of onnxruntime says in its first line, without its code."""
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)
    return re.sub(r"^\[ONNXRuntimeError\] : \d+ : \w+ : ", "", first).rstrip(" .")

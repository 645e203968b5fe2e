"""How a network is run for many images: by torch, or by OpenVINO where that is faster here.

Which one is measured once for each model, and kept: what was computed by one engine is not mixed
with what another rounds differently.
"""

import importlib.metadata
import json
import logging
import shutil
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray

from shamsul.classifiers.cells import Cells
from shamsul.classifiers.device import device, give_back_memory, has_bfloat16
from shamsul.classifiers.manifest import ModelError
from shamsul.settings import settings
from shamsul.storage.atomic import new_folder, write_atomically
from shamsul.storage.damage import SENSELESS

if TYPE_CHECKING:
    import openvino

    from shamsul.classifiers.classifier import Classifier
    from shamsul.classifiers.manifest import Manifest

#: Held wherever a network runs, since layers are shared by everybody who explains or predicts; and
#: while one is traced, which patches torch's modules: two at a time would undo each other's.
RUNNING: Final = threading.RLock()
#: By how much an engine's logits may differ from torch's in single precision; as a share of the
#: largest logit where that is above 1.
AGREEMENT: Final = 1e-5

_FLOAT, _HALF = "float32", "bfloat16"
_TORCH, _OPENVINO = "torch", "openvino"
# Parts of a batch that are run side by side: threads of one part wait for each other at every
# step, also for one whose core does something else, threads of two do not.
_STREAMS: Final = 4
# Images that engines are compared on, and how often each is timed.
_PROBES, _TIMES = 8, 3
# Choices of this process, for a data directory that cannot be written.
_found: dict[Path, "Choice"] = {}
# Engines of names that other machines have chosen.
_halves: WeakKeyDictionary["Classifier", dict[str, "InferenceEngine"]] = WeakKeyDictionary()

log = logging.getLogger(__name__)


class InferenceEngine(Protocol):
    """Runs one network.

    Attributes
    ----------
    name : str
        The library, and the precision in which it computes: "openvino bfloat16".
    """

    name: str

    def __call__(self, images: torch.Tensor) -> NDArray[np.float32]:
        """Logits of normalised images, (n, channels, h, w) to (n, L)."""
        ...

    def cells(self, images: torch.Tensor) -> NDArray[np.float32]:
        """What each cell of the last feature map adds to the logits, (n, L, rows, columns).

        A single cell where that is not known; see :mod:`shamsul.classifiers.cells`.
        """
        ...

    def rest(self) -> None:
        """Give back the memory that it computed in; the next call takes it again."""
        ...


class Torch:
    """A module as it is.

    Parameters
    ----------
    module : torch.nn.Module
    half : bool
        Compute in bfloat16 where torch's autocast holds it to be safe.
    """

    def __init__(self, module: torch.nn.Module, *, half: bool = False) -> None:
        self.name = _named(_TORCH, half)
        self._module, self._half = module, half
        self._cells = Cells(module)

    def __call__(self, images: torch.Tensor) -> NDArray[np.float32]:
        """See `InferenceEngine`."""
        return self._run(self._module, images)

    def cells(self, images: torch.Tensor) -> NDArray[np.float32]:
        """See `InferenceEngine`."""
        return self._run(self._cells, images)

    def _run(self, module: torch.nn.Module, images: torch.Tensor) -> NDArray[np.float32]:
        autocast = torch.autocast(images.device.type, torch.bfloat16, enabled=self._half)
        with RUNNING, torch.inference_mode(), autocast:
            found: NDArray[np.float32] = module(images).float().cpu().numpy()
        return found

    def rest(self) -> None:
        """See `InferenceEngine`; it keeps none."""


class OpenVINO:
    """A network that OpenVINO has compiled for this processor.

    Parameters
    ----------
    network : openvino.Model
        Of :class:`~shamsul.classifiers.cells.Cells`.
    half : bool
        Compute in bfloat16.
    """

    def __init__(self, network: "openvino.Model", *, half: bool = False) -> None:
        self.name = _named(_OPENVINO, half)
        threads = torch.get_num_threads()
        streams = min(threads, _STREAMS)
        hints = {
            "INFERENCE_PRECISION_HINT": "bf16" if half else "f32",
            "NUM_STREAMS": streams,
            "INFERENCE_NUM_THREADS": threads,
            # Pinned, two processes would compute on the same core while another one idles.
            "ENABLE_CPU_PINNING": False,
        }
        self._compiled = _openvino().Core().compile_model(network, "CPU", hints)
        self._requests = [self._compiled.create_infer_request() for _ in range(streams)]

    def __call__(self, images: torch.Tensor) -> NDArray[np.float32]:
        """See `InferenceEngine`."""
        return np.asarray(self.cells(images).sum((2, 3)))

    def cells(self, images: torch.Tensor) -> NDArray[np.float32]:
        """See `InferenceEngine`."""
        parts = np.array_split(images.contiguous().numpy(), min(len(images), len(self._requests)))
        with RUNNING:
            running = self._requests[: len(parts)]
            for request, part in zip(running, parts, strict=True):
                request.start_async({0: part}, share_inputs=True)
            for request in running:
                request.wait()
            # Copies: the next call writes to the same place.
            found = [request.get_output_tensor(0).data for request in running]
            return np.concatenate(found).astype(np.float32)

    def rest(self) -> None:
        """See `InferenceEngine`."""
        with RUNNING:
            self._compiled.release_memory()


@dataclass(frozen=True)
class Choice:
    """The engines of a model on a machine.

    Attributes
    ----------
    exact : str
        Name of the fastest engine that agrees with torch in single precision.
    half : str
        Name of the fastest one in half precision; empty where none is faster than `exact`.
    note : str
        Why OpenVINO is not among them, one sentence; empty where it is, or is only slower.
    seconds : mapping of str to float
        What each took for an image.
    """

    exact: str
    half: str = ""
    note: str = ""
    seconds: Mapping[str, float] | None = None


def equip(classifier: "Classifier") -> None:
    """Give a classifier of a model folder the engines that are fastest for it here.

    They are those that are kept with the model's fingerprint in the data directory, if they can
    still be used, else measured, which takes some seconds, and kept. On a GPU it stays with torch,
    and an ONNX file with its own.

    Parameters
    ----------
    classifier : Classifier
        As it was loaded: a module that was changed since is not what engines were made of.
    """
    if classifier.device.type != "cpu" or classifier.manifest.opaque:
        return
    place = _place(classifier.manifest)
    choice = _kept(place)
    engines: dict[str, InferenceEngine] = {}
    with RUNNING:
        if choice is not None and _OPENVINO in choice.exact + choice.half:
            engines, _ = candidates(classifier, place, (choice.exact, choice.half))
            if not _still_agree(classifier, engines, choice):
                shutil.rmtree(place, ignore_errors=True)
                choice = None
        if choice is None:
            engines, note = candidates(classifier, place)
            choice = _measured(classifier, engines, note)
            if choice.note:
                log.warning("%s: %s", classifier.manifest.name, choice.note)
            _keep(choice, place)
    classifier.exact = engines.get(choice.exact, classifier.exact)
    if choice.half:
        classifier.half = engines.get(choice.half, classifier.half)
    else:
        classifier.half = None


@contextmanager
def half_by(classifier: "Classifier", name: str) -> Iterator[None]:
    """Within this, a classifier evaluates in half precision by an engine of some name, or by none.

    What is fastest here may not be so on the machine that named it. Afterwards it is as before.

    Parameters
    ----------
    classifier : Classifier
    name : str
        Empty: by none.

    Raises
    ------
    shamsul.classifiers.manifest.ModelError
        There is none of that name on this machine; one sentence.
    """
    usual, where = classifier.half, classifier.device
    if name != (usual.name if usual else ""):
        classifier.half = _half_of(classifier, name) if name else None
    try:
        yield
    finally:
        if classifier.device == where:  # or it moved to the processor for good
            classifier.half = usual


def _half_of(classifier: "Classifier", name: str) -> "InferenceEngine":
    """The engine of a name, made once for each classifier."""
    made = _halves.setdefault(classifier, {})
    if name not in made and classifier.device.type == "cpu" and not classifier.manifest.opaque:
        with RUNNING:
            made |= candidates(classifier, _place(classifier.manifest), (name,))[0]
    if name not in made:
        raise ModelError(f"This machine has no {name}, by which these maps are computed.")
    return made[name]


def is_measured(manifest: "Manifest") -> bool:
    """Whether :func:`half_engine` knows the answer for a model; else it takes some seconds."""
    return _is_settled(manifest) or _kept(_place(manifest)) is not None


def _is_settled(manifest: "Manifest") -> bool:
    """Whether there is nothing to measure."""
    return bool(manifest.opaque) or device().type != "cpu"


def half_engine(folder: Path, manifest: "Manifest") -> str:
    """Name of what evaluates the model of a folder in half precision; empty where nothing does.

    The first time that is measured, for which the model is loaded.

    Raises
    ------
    shamsul.classifiers.manifest.ModelError
        The model cannot be loaded; one sentence.
    """
    if _is_settled(manifest):
        half = not manifest.opaque and has_bfloat16(device().type)
        return _named(_TORCH, half=True) if half else ""
    choice = _kept(_place(manifest))
    if choice is not None:
        return choice.half
    from shamsul.classifiers.folder import open_folder

    classifier = open_folder(folder, manifest)
    equip(classifier)
    return classifier.half.name if classifier.half else ""


def _place(manifest: "Manifest") -> Path:
    return settings().data_dir / "engines" / manifest.fingerprint


def _keep(choice: Choice, place: Path) -> None:
    _found[place] = choice
    with suppress(OSError):  # a data directory that is read-only, or full
        place.mkdir(parents=True, exist_ok=True)
        write_atomically(place / "choice.json", json.dumps(asdict(choice), indent=1).encode())


def _kept(place: Path) -> Choice | None:
    """The choice that was kept, unless it cannot be had here."""
    try:
        file = place / "choice.json"
        choice = Choice(**json.loads(file.read_bytes())) if file.exists() else _found[place]
        libraries = {name.split()[0] for name in (choice.exact, choice.half) if name}
    except (OSError, *SENSELESS):
        return None
    if _OPENVINO in libraries and not _has_openvino():
        return None
    if choice.half and not has_bfloat16("cpu"):
        return None
    return choice


def candidates(
    classifier: "Classifier", place: Path, wanted: tuple[str, ...] = ()
) -> tuple[dict[str, InferenceEngine], str]:
    """Engines that a network can be run by on the processor, and why there is none of OpenVINO.

    Parameters
    ----------
    classifier : Classifier
    place : Path
        Where the network that was converted is kept.
    wanted : tuple of str
        Names of OpenVINO's; empty for all.

    Returns
    -------
    dict of str to InferenceEngine
        By name.
    str
        One sentence, or empty.
    """
    halves = (False, True) if has_bfloat16("cpu") else (False,)
    found: list[InferenceEngine] = [Torch(classifier.module, half=half) for half in halves]
    note = ""
    if not _has_openvino():
        note = "OpenVINO is not installed; torch runs the network."
    else:
        try:
            network = _network(classifier, place)
            asked = [half for half in halves if not wanted or _named(_OPENVINO, half) in wanted]
            with ThreadPoolExecutor() as threads:  # compiling is the work of a single one
                found += threads.map(lambda half: OpenVINO(network, half=half), asked)
        except Exception as error:  # whatever a converter raises for layers that it does not know
            kind = type(error).__name__
            note = f"OpenVINO cannot convert this network ({kind}); torch runs it."
    return {engine.name: engine for engine in found}, note


def _measured(
    classifier: "Classifier", engines: Mapping[str, InferenceEngine], note: str
) -> Choice:
    """The fastest of the engines, those that do not agree left out."""
    images = _probes(classifier)
    torch_exact = engines[_named(_TORCH, half=False)](images)
    usable = dict(engines)
    openvino = engines.get(_named(_OPENVINO, half=False))
    if openvino is not None and not _agree(openvino(images), torch_exact):
        note = "OpenVINO does not give this network's logits; torch runs it."
        usable = {name: one for name, one in engines.items() if name.startswith(_TORCH)}
    seconds = dict.fromkeys(usable, np.inf)
    fastest = {}
    for kind in (_FLOAT, _HALF):  # one after the other, for their memory
        same = {name: engine for name, engine in usable.items() if name.endswith(kind)}
        for _ in range(1 + _TIMES):  # in turn, since machines are not equally fast all the time
            for name, engine in same.items():
                start = time.perf_counter()
                engine(images)
                seconds[name] = min(seconds[name], (time.perf_counter() - start) / len(images))
        for engine in same.values():
            engine.rest()
        give_back_memory()
        if same:
            fastest[kind] = min(same, key=seconds.__getitem__)
    half = fastest.get(_HALF, "")
    if half and seconds[half] >= seconds[fastest[_FLOAT]]:
        half = ""
    return Choice(fastest[_FLOAT], half, note, {k: round(s, 5) for k, s in seconds.items()})


def _agree(logits: NDArray[np.float32], of_torch: NDArray[np.float32]) -> bool:
    allowed = AGREEMENT * max(1.0, float(np.abs(of_torch).max()))
    same = logits.shape == of_torch.shape
    return same and bool(np.abs(logits - of_torch).max() <= allowed)


def _still_agree(
    classifier: "Classifier", engines: Mapping[str, InferenceEngine], choice: Choice
) -> bool:
    """Whether the engines of a choice can be had, and the network kept is the classifier's."""
    if not engines.keys() >= set(filter(None, [choice.exact, choice.half])):
        return False
    images = _probes(classifier)[:1]
    if choice.exact.startswith(_OPENVINO):
        return _agree(engines[choice.exact](images), classifier.reference(images))
    # In half precision nothing is known but that it is not far off.
    found, expected = engines[choice.half](images), classifier.reference(images)
    return bool(np.abs(found - expected).max() <= 0.05 * max(1.0, float(np.abs(expected).max())))


def _probes(classifier: "Classifier") -> torch.Tensor:
    """Smooth images that differ, normalised."""
    size = classifier.manifest.input_size
    coarse = torch.rand(_PROBES, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    images = torch.nn.functional.interpolate(coarse, (size, size), mode="bicubic").clamp(0, 1)
    return classifier.normalise(images)


def _network(classifier: "Classifier", place: Path) -> "openvino.Model":
    """The network as OpenVINO has it: what was kept, else converted and kept."""
    openvino = _openvino()
    kept = place / "cells" / "network.xml"
    if kept.is_file():
        try:
            return openvino.Core().read_model(kept)
        except RuntimeError:  # damaged
            shutil.rmtree(kept.parent)
    images = _probes(classifier)[:2]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # what tracing and converting say is for their developers
        cells = Cells(classifier.module)
        cells(images)  # looks at the network, which is not to be traced
        traced = torch.jit.trace(cells, images, check_trace=False)  # type: ignore[no-untyped-call]
        network = openvino.convert_model(traced, input=[-1, *images.shape[1:]])
    # A data directory that is read-only or full, or another process was first.
    with suppress(OSError, RuntimeError), new_folder(kept.parent) as made:
        openvino.save_model(network, made / kept.name, compress_to_fp16=False)
    # As everybody after this has it, who rounds in the last place differently from the converted.
    return openvino.Core().read_model(kept) if kept.is_file() else network


def _named(library: str, half: bool) -> str:
    """An engine's name."""
    return f"{library} {_HALF if half else _FLOAT}"


@cache
def _has_openvino() -> bool:
    try:
        importlib.metadata.version(_OPENVINO)
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


def _openvino() -> Any:
    """The library, kept from reporting its use to its makers, which it does when it is imported."""
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino

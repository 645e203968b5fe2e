"""What the units of a layer do on one radiograph, and what the outputs do without them."""

import io
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.inference import RUNNING
from shamsul.explainers.graph import outputs_from, trace, value_of
from shamsul.explainers.lrp import METHOD
from shamsul.explainers.method import Progress
from shamsul.explainers.propagation import TOGETHER, prepared
from shamsul.explainers.rules import COMPOSITES
from shamsul.storage.atomic import write_atomically
from shamsul.storage.damage import SENSELESS, opened_arrays
from shamsul.units.layers import Layer

log = logging.getLogger(__name__)

#: The rules by which relevance comes to a layer: those that LRP has by default.
COMPOSITE: Final = COMPOSITES[str(METHOD.settle({})["composite"])]
#: Variants of a layer's value that are computed at a time.
_AT_A_TIME: Final = 16


@dataclass(frozen=True, eq=False)
class Survey:
    """What the units of a layer do on one radiograph.

    Attributes
    ----------
    activations : ndarray of shape (C, h, w), float16
        The layer's value.
    relevance : ndarray of shape (L, C), float32
        Of each label's logit, what is handed back to each unit.
    places : ndarray of shape (L, C), int32
        Where most of that is: an index into the flattened map.
    outputs : ndarray of shape (L,), float32
        The logits.
    """

    activations: NDArray[np.float16]
    relevance: NDArray[np.float32]
    places: NDArray[np.int32]
    outputs: NDArray[np.float32]

    def pack(self) -> bytes:
        """As a file of numpy's arrays."""
        file = io.BytesIO()
        np.savez_compressed(file, **{one.name: getattr(self, one.name) for one in fields(self)})
        return file.getvalue()

    @classmethod
    def unpack(cls, packed: bytes) -> "Survey":
        """From what :meth:`pack` gives; nothing is unpickled."""
        with np.load(io.BytesIO(packed), allow_pickle=False) as stored:
            return cls.of(stored)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Survey":
        """From arrays of the names of the attributes."""
        return cls(**{one.name: stored[one.name] for one in fields(cls)})


class Surveys:
    """Surveys in a directory, one file each.

    Parameters
    ----------
    directory : Path
        Made when the first is put.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def _path(self, key: str) -> Path:
        return self.directory / f"{key}.npz"

    def __contains__(self, key: str) -> bool:
        return self._path(key).exists()

    def get(self, key: str) -> Survey | None:
        """What is kept under a key, or None where it is not there or not whole."""
        try:
            with opened_arrays(self._path(key)) as stored:
                return Survey.of(stored)
        except (OSError, *SENSELESS):
            return None

    def put(self, key: str, survey: Survey) -> None:
        """Keep a survey; a reader never sees half a file.

        Raises
        ------
        OSError
            If the disk is full or read-only.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        write_atomically(self._path(key), survey.pack())


def survey(
    classifier: Classifier,
    image: GridImage,
    layer: Layer,
    progress: Progress = lambda done, planned: None,
) -> Survey:
    """What a layer's units do on a radiograph.

    Parameters
    ----------
    classifier : Classifier
    image : GridImage
    layer : Layer
    progress : callable

    Raises
    ------
    ExplainerError
        If a step of the network has no rule; the message names it.
    """
    batch = _batch(classifier, image)
    with RUNNING, torch.no_grad():
        activations = value_of(trace(classifier.module), layer.step, batch)[0]
    run = prepared(classifier, batch, COMPOSITE)
    planned = 1 + len(run.outputs)
    relevance: list[torch.Tensor] = []
    places: list[torch.Tensor] = []
    done = 1
    for some in torch.split(torch.diag(run.outputs), TOGETHER):
        progress(done, planned)
        given = run.relevance_of(layer.step, some)
        relevance.append(given.sum((2, 3)))
        places.append(given.flatten(2).argmax(2))
        done += len(some)
    progress(planned, planned)
    return Survey(
        activations.cpu().numpy().astype(np.float16),
        torch.cat(relevance).cpu().numpy().astype(np.float32),
        torch.cat(places).cpu().numpy().astype(np.int32),
        run.outputs.cpu().numpy().astype(np.float32),
    )


def replaced(
    classifier: Classifier,
    image: GridImage,
    layer: Layer,
    units: Sequence[int],
    values: Sequence[float],
    progress: Progress = lambda done, planned: None,
) -> NDArray[np.float32]:
    """How the logits change where one unit is set to a value everywhere, others as they are.

    Parameters
    ----------
    classifier : Classifier
    image : GridImage
    layer : Layer
    units : sequence of int
        Each replaced alone.
    values : sequence of float
        For each of the units: its mean over a study, say.
    progress : callable

    Returns
    -------
    ndarray of shape (units, L), float32
        Logits with the unit replaced minus logits without.
    """
    graph = trace(classifier.module)
    batch = _batch(classifier, image)
    changes = []
    with RUNNING, torch.no_grad():
        value = value_of(graph, layer.step, batch)
        before = outputs_from(graph, layer.step, value)
        for start in range(0, len(units), _AT_A_TIME):
            progress(start, len(units))
            chosen = torch.as_tensor(units[start : start + _AT_A_TIME])
            put = torch.as_tensor(values[start : start + _AT_A_TIME]).to(value)
            variants = value.repeat(len(chosen), 1, 1, 1)
            variants[torch.arange(len(chosen)), chosen] = put[:, None, None]
            changes.append(outputs_from(graph, layer.step, variants) - before)
    progress(len(units), len(units))
    return torch.cat(changes).cpu().numpy().astype(np.float32)


def _batch(classifier: Classifier, image: GridImage) -> torch.Tensor:
    return classifier.normalise(torch.from_numpy(image.values.copy())[None])

"""What computes on the machines of a cluster.

A machine is sent the radiograph on the model's grid and, once, the model's folder; it sends back
maps or numbers, which are kept by who asked. No folder has to be shared.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.manifest import ModelError
from shamsul.computing.engine import COMPUTED, Here, kept_maps
from shamsul.explainers.cache import MapKey, pack
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import ExplainerError, Progress
from shamsul.parallel.cluster import LOST, Cluster, ClusterError, SentFolder
from shamsul.storage.result_cache import Rows
from shamsul.units.layers import Layer
from shamsul.units.survey import Survey

#: What computes in a process of a machine of the cluster.
_HERE = Here()


@dataclass(frozen=True)
class Wanted:
    """Maps of one radiograph that are computed together.

    Attributes
    ----------
    folder : Path
        The model's.
    keys : tuple of MapKey
        Of one radiograph and model.
    image : GridImage
        The radiograph on the model's grid.
    """

    folder: Path
    keys: tuple[MapKey, ...]
    image: GridImage


@dataclass(frozen=True)
class Kept:
    """How maps are kept.

    Attributes
    ----------
    half : bool
        As :func:`shamsul.explainers.cache.pack` has it.
    least : float
        The probability that their labels have at least, see :meth:`Prediction.likely`; 0: all
        labels'.
    """

    half: bool = False
    least: float = 0.0


@dataclass(frozen=True)
class Packed:
    """Maps as a file's content, or why there are none.

    Attributes
    ----------
    key : MapKey
    content : bytes
    reason : str
        One sentence; empty where there are maps.
    """

    key: MapKey
    content: bytes = b""
    reason: str = ""


class OnCluster:
    """Computes on a cluster; see :class:`shamsul.computing.engine.Engine`.

    Parameters
    ----------
    cluster : Cluster
    urgent : bool
        Whether what is asked for waits for a free core.
    """

    def __init__(self, cluster: Cluster, *, urgent: bool = False) -> None:
        self._cluster, self._urgent = cluster, urgent
        self._sent: dict[tuple[Path, str], SentFolder] = {}

    def start(self) -> None:
        """Nothing has to be started."""

    def fault(self) -> str:
        """See :class:`shamsul.computing.engine.Engine`; it was connected to."""
        return ""

    @property
    def at_once(self) -> int:
        """How much can be computed at a time."""
        return self._cluster.at_once

    @property
    def urgent(self) -> "OnCluster":
        """The same for what somebody looks at: it does not wait until a core is free."""
        other = OnCluster(self._cluster, urgent=True)
        other._sent = self._sent
        return other

    def explain(
        self,
        folder: Path,
        key: MapKey,
        image: GridImage,
        progress: Progress,
        least: float = 0.0,
    ) -> tuple[Heatmap, ...]:
        """See :class:`shamsul.computing.engine.Engine`."""
        sent = self._send(folder, key.model)
        found: tuple[Heatmap, ...] = self._call("explain", sent, progress, key, image, least=least)
        return found

    def measure(
        self,
        folder: Path,
        keys: Sequence[MapKey],
        maps: Path,
        image: GridImage,
        measure: str,
        seed: int,
        progress: Progress,
    ) -> Rows:
        """See :class:`shamsul.computing.engine.Engine`."""
        model = keys[0].model
        given = (model, kept_maps(keys, maps), image, measure, seed)
        rows: Rows = self._call("measured", self._send(folder, model), progress, *given)
        return rows

    def survey(
        self, folder: Path, model: str, layer: Layer, image: GridImage, progress: Progress
    ) -> Survey:
        """See :class:`shamsul.computing.engine.Engine`."""
        found: Survey = self._call(
            "survey", self._send(folder, model), progress, model, layer, image
        )
        return found

    def replaced(
        self,
        folder: Path,
        model: str,
        layer: Layer,
        image: GridImage,
        units: Sequence[int],
        values: Sequence[float],
        progress: Progress,
    ) -> NDArray[np.float32]:
        """See :class:`shamsul.computing.engine.Engine`."""
        sent, given = self._send(folder, model), (model, layer, image, units, values)
        changes: NDArray[np.float32] = self._call("replaced", sent, progress, *given)
        return changes

    def explain_all(self, wanted: Iterator[Wanted], kept: Kept) -> Iterator[Packed]:
        """Maps of many radiographs, as they come.

        Parameters
        ----------
        wanted : iterator of Wanted
            Taken from as machines get free; each is one task.
        kept : Kept
        """
        tasks = (
            (self._send(one.folder, one.keys[0].model), one.keys, one.image, kept) for one in wanted
        )
        for found in self._cluster.each(_packed, tasks, gpu=True, ordered=False, lost=_lost):
            yield from found

    def _send(self, folder: Path, model: str) -> SentFolder:
        """A model's folder, read once for each fingerprint."""
        if (folder, model) not in self._sent:
            self._sent[folder, model] = self._cluster.send(folder)
        return self._sent[folder, model]

    def _call(
        self, what: str, model: SentFolder, progress: Progress, *given: object, **more: object
    ) -> Any:
        with _sentences():
            return self._cluster.call(
                _computed,
                what,
                model,
                given,
                more,
                progress=progress,
                urgent=self._urgent,
            )


@contextmanager
def _sentences() -> Iterator[None]:
    """What is said of a model or the cluster is why maps will not come."""
    try:
        yield
    except (ClusterError, ModelError) as error:
        raise ExplainerError(str(error)) from None


def _computed(
    what: str,
    model: SentFolder,
    given: tuple[Any, ...],
    more: dict[str, Any],
    progress: Progress,
) -> Any:
    """On a machine of the cluster: one thing."""
    return getattr(_HERE, what)(model.here(), *given, progress, **more)


_Task = tuple[SentFolder, tuple[MapKey, ...], GridImage, Kept]


def _lost(task: _Task) -> list[Packed]:
    """Of what ended its process or machine time and again."""
    return [Packed(key, reason=LOST) for key in task[1]]


def _unseen(done: int, planned: int) -> None:
    """Progress that nobody looks at."""


def _packed(task: _Task) -> list[Packed]:
    """On a machine of the cluster: some maps of a radiograph, or why they will not come."""
    model, keys, image, kept = task
    found = []
    for key in keys:
        try:
            with _sentences():
                maps = _HERE.explain(model.here(), key, image, _unseen, kept.least)
            found.append(Packed(key, pack(maps, half=kept.half, least=kept.least)))
        except Exception as error:  # other maps are still wanted
            found.append(Packed(key, reason=COMPUTED[key.method].failure(error)))
    return found

"""The process that computes: maps, their measures, surveys of units; not the one of the pages.

In one process a page would wait for the lock that keeps networks apart, seconds where a large one
is being explained, and both would share Python's one running thread. A process of its own also
takes its memory and its end, should it come to one, out of the readers' way.

The two talk over a pipe, in JSON and raw arrays: nothing is pickled. The server of pages asks for
maps; the worker reports progress and after each report waits for an answer, which is to go on, to
stop, or another question that it deals with first.
"""

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict
from functools import cache
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shamsul.classifiers import registry
from shamsul.classifiers.grid import GridImage
from shamsul.computing.cluster import OnCluster
from shamsul.computing.engine import COMPUTED, Engine, Here
from shamsul.explainers.cache import MapKey, from_parts, to_parts
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import Cancelled, ExplainerError, Progress, failure
from shamsul.faithfulness.registry import MEASURES
from shamsul.operations import log
from shamsul.parallel.cluster import ClusterError, cluster
from shamsul.radiographs.geometry import Geometry
from shamsul.settings import settings
from shamsul.storage.result_cache import Rows
from shamsul.units.layers import Layer
from shamsul.units.survey import Survey

logger = logging.getLogger(__name__)

_GO_ON, _STOP = {"do": "go on"}, {"do": "stop"}
#: Things that are computed on a cluster at a time, at most; each is a thread and a pipe.
AT_ONCE: Final = 64
#: Why nothing comes.
ENDED: Final = "The process that computes maps ended; the machine may be short of memory."
#: The same where it uses a cluster.
CLUSTER_LOST: Final = (
    "The process that computes maps ended, as when the cluster does not answer any more; ask again."
)


class ProcessEnded(ExplainerError):
    """The worker's process ended while it was asked for something."""


def _ended() -> str:
    return CLUSTER_LOST if settings().ray_address else ENDED


class _Process:
    """The worker process and the pipes to it.

    Computing here it takes one question at a time; on a cluster it takes a question of each thread.
    """

    def __init__(self) -> None:
        self.started: subprocess.Popen[bytes] | None = None
        self._pipes: list[Connection] = []
        self._threads: dict[int, int] = {}
        self._starting = threading.Lock()

    def start(self) -> list[Connection]:
        """Start the process, if it does not run; it loads its libraries meanwhile."""
        with self._starting:
            if not self._pipes:
                # The first one of a cluster's is for questions that are answered at once.
                count = 1 + AT_ONCE if settings().ray_address else 1
                ours, theirs = zip(*(Pipe() for _ in range(count)), strict=True)
                numbers = [pipe.fileno() for pipe in theirs]
                self.started = subprocess.Popen(
                    [sys.executable, "-P", "-m", "shamsul.computing.worker", *map(str, numbers)],
                    pass_fds=numbers,
                    # An interrupt at the terminal is for the server; the pipe's end ends this one.
                    start_new_session=True,
                    # It imports what this one does, and stays in its folder: paths in the settings
                    # may be relative, and the folder may have a secrets file.
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                )
                for pipe in theirs:
                    pipe.close()
                self._pipes, self._threads = list(ours), {}
            return self._pipes

    def pipe(self) -> Connection:
        """That of the thread that asks."""
        pipes = self.start()
        if len(pipes) == 1:
            return pipes[0]
        with self._starting:
            number = self._threads.setdefault(threading.get_ident(), len(self._threads) + 1)
        return pipes[number]

    def ended(self, pipe: Connection) -> None:
        """Somebody found a pipe closed: the next question starts another process."""
        if pipe in self._pipes:
            self.stop()

    def stop(self) -> None:
        """End the process."""
        with self._starting:
            for pipe in self._pipes:
                pipe.close()
            if self.started is not None:
                self.started.kill()
                self.started.wait()
            self._pipes, self.started = [], None


class Worker:
    """The worker process, seen from the one that serves pages.

    It is started at the first request and again after it ended. One thread may use it; where it
    computes on a cluster, as many as it computes at a time.
    """

    def __init__(self) -> None:
        self._running = _Process()
        self._urgent = False

    def start(self) -> None:
        """Start the process, if it does not run; it loads its libraries meanwhile."""
        self._running.start()

    @property
    def at_once(self) -> int:
        """One thing keeps every core busy; a cluster is asked how large it is."""
        if not settings().ray_address:
            return 1
        pipe = self._running.start()[0]
        try:
            _send(pipe, {"do": "count"})
            return min(int(_receive(pipe)["count"]), AT_ONCE)
        except (EOFError, OSError):
            self._running.ended(pipe)
            return 1

    @property
    def urgent(self) -> "Worker":
        """What is asked of it goes before what runs, between two steps or on a cluster beside."""
        other = Worker()
        other._running, other._urgent = self._running, True
        return other

    @property
    def process(self) -> int | None:
        """The process's number, None while there is none."""
        return self._running.started.pid if self._running.started else None

    def fault(self) -> str:
        """See :class:`shamsul.computing.engine.Engine`; any thread may ask."""
        process = self._running.started
        return _ended() if process is not None and process.poll() is not None else ""

    def stop(self) -> None:
        """End the process."""
        self._running.stop()

    def explain(
        self,
        folder: Path,
        key: MapKey,
        image: GridImage,
        progress: Progress,
        least: float = 0.0,
    ) -> tuple[Heatmap, ...]:
        """See :class:`shamsul.computing.engine.Engine`."""
        question = {"do": "explain", "key": key.to_json(), "least": least}
        with self._asking(question, folder, image, progress) as (pipe, answer):
            values = _receive_array(pipe, (-1, *image.geometry.grid_shape))
            return from_parts(key, answer["maps"], values)

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
        question = {
            "do": "measure",
            "keys": [key.to_json() for key in keys],
            "maps": str(maps.resolve()),
            "measure": measure,
            "seed": seed,
        }
        with self._asking(question, folder, image, progress) as (_, answer):
            rows: Rows = answer["rows"]
            return rows

    def survey(
        self, folder: Path, model: str, layer: Layer, image: GridImage, progress: Progress
    ) -> Survey:
        """See :class:`shamsul.computing.engine.Engine`."""
        question = {"do": "survey", "model": model, "layer": asdict(layer)}
        with self._asking(question, folder, image, progress) as (pipe, _):
            return Survey.unpack(pipe.recv_bytes())

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
        about = {"units": list(map(int, units)), "values": list(map(float, values))}
        question = {"do": "replaced", "model": model, "layer": asdict(layer), **about}
        with self._asking(question, folder, image, progress) as (_, answer):
            return np.array(answer["changes"], np.float32)

    @contextmanager
    def _asking(
        self, question: dict[str, Any], folder: Path, image: GridImage, progress: Progress
    ) -> Iterator[tuple[Connection, dict[str, Any]]]:
        """Ask, answer reports of progress, and give the pipe with the answer, once it comes."""
        pipe = self._running.pipe()
        raised: BaseException | None = None
        about = {"geometry": image.geometry.to_json(), "urgent": self._urgent}
        try:
            about |= {"folder": str(folder.resolve()), "job": log.JOB.get()}
            _send(pipe, question | about)
            pipe.send_bytes(image.values.tobytes())
            while "progress" in (answer := _receive(pipe)):
                try:
                    progress(*answer["progress"])
                except BaseException as error:
                    raised = error
                _send(pipe, _STOP if raised else _GO_ON)
            if "failed" not in answer:
                yield pipe, answer
                return
        except (EOFError, OSError):
            self._running.ended(pipe)
            raise ProcessEnded(_ended()) from None
        raise raised or ExplainerError(answer["failed"])


def serve(pipe: Connection) -> None:
    """Answer requests until the other end is closed."""
    while True:
        try:
            question = _receive(pipe)
            if question["do"] == "count":
                _send(pipe, {"count": _engine().at_once})
            else:
                with log.about(question["job"]):
                    _answer(pipe, question)
        except (EOFError, OSError):
            return


#: Where the cluster was lost, threads that were its still ask; one may ask again in between.
_HERE_IN_TURN: Final = threading.RLock()


@cache
def _engine() -> Engine:
    """The cluster that the settings name, if it answers now; else this process."""
    try:
        machines = cluster()
    except ClusterError as error:
        logger.warning("%s Maps are computed on this machine.", error)
        machines = None
    return OnCluster(machines) if machines else Here()


def _answer(pipe: Connection, question: dict[str, Any]) -> None:
    """Compute what is asked for and send it, or why it will not come."""
    geometry = Geometry.from_json(question["geometry"])
    image = GridImage(_receive_array(pipe, geometry.grid_shape), geometry)

    def progress(done: int, planned: int) -> None:
        _send(pipe, {"progress": [done, planned]})
        while (word := _receive(pipe)) != _GO_ON:
            if word == _STOP:
                raise Cancelled
            with log.about(word["job"]):
                _answer(pipe, word)

    engine = _engine()
    try:
        with _HERE_IN_TURN if isinstance(engine, Here) else nullcontext():
            asked = engine.urgent if question["urgent"] else engine
            answer, data = _computed(asked, question, image, progress)
    except (EOFError, OSError):
        raise
    except Cancelled:
        _send(pipe, {"failed": "Nobody waits for it any more."})
    except registry.ModelError as error:
        _send(pipe, {"failed": str(error)})
    except Exception as error:  # a page must show a sentence, whatever a method raises
        _send(pipe, {"failed": _failure(question, error)})
    else:
        _send(pipe, answer)
        if data:
            pipe.send_bytes(data)


def _computed(
    engine: Engine, question: dict[str, Any], image: GridImage, progress: Progress
) -> tuple[dict[str, Any], bytes]:
    """The answer to a question, and bytes that go after it where there are any."""
    folder, do = Path(question["folder"]), question["do"]
    if do == "explain":
        key = MapKey.from_json(question["key"])
        about, values = to_parts(engine.explain(folder, key, image, progress, question["least"]))
        return {"maps": about}, values.tobytes()
    if do == "measure":
        keys = [MapKey.from_json(stored) for stored in question["keys"]]
        maps, measure, seed = Path(question["maps"]), question["measure"], question["seed"]
        return {"rows": engine.measure(folder, keys, maps, image, measure, seed, progress)}, b""
    model, layer = question["model"], Layer(**question["layer"])
    if do == "survey":
        return {}, engine.survey(folder, model, layer, image, progress).pack()
    units, values = question["units"], question["values"]
    changes = engine.replaced(folder, model, layer, image, units, values, progress)
    return {"changes": changes.tolist()}, b""


def _failure(question: dict[str, Any], error: Exception) -> str:
    """Why something did not come, in one sentence."""
    if question["do"] == "explain":
        return COMPUTED[question["key"]["method"]].failure(error)
    if question["do"] == "measure":
        return MEASURES[question["measure"]].failure(error)
    return failure("units", "What the units do", error)


def _send(pipe: Connection, message: object) -> None:
    pipe.send_bytes(json.dumps(message).encode())


def _receive(pipe: Connection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(pipe.recv_bytes())
    return message


def _receive_array(pipe: Connection, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return np.frombuffer(pipe.recv_bytes(), np.float32).reshape(shape)


if __name__ == "__main__":
    if settings().log == "json":
        log.begin()
    # Ray ends the process that uses it when the cluster is lost; it is this one, not the server's.
    first, *others = (Connection(int(number)) for number in sys.argv[1:])
    for other in others:
        threading.Thread(target=serve, args=(other,), daemon=True).start()
    serve(first)

"""The process that computes: maps, their measures, surveys of units; not the one of the pages.

In one process a page would wait for the lock that keeps networks apart, seconds where a large one
is being explained, and both would share Python's one running thread. A process of its own also
takes its memory and its end, should it come to one, out of the readers' way.

The two talk over a pipe, in JSON and raw arrays: nothing is pickled. The server of pages asks for
maps; the worker reports progress and after each report waits for an answer, which is to go on, to
stop, or another question that it deals with first.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shamsul.classifiers import registry
from shamsul.classifiers.grid import GridImage
from shamsul.computing.engine import COMPUTED, Here
from shamsul.explainers.cache import MapKey, from_parts, to_parts
from shamsul.explainers.heatmap import Heatmap
from shamsul.explainers.method import Cancelled, ExplainerError, Progress, failure
from shamsul.faithfulness.registry import MEASURES
from shamsul.operations import log
from shamsul.radiographs.geometry import Geometry
from shamsul.settings import settings
from shamsul.storage.result_cache import Rows
from shamsul.units.layers import Layer
from shamsul.units.survey import Survey

_GO_ON, _STOP = {"do": "go on"}, {"do": "stop"}
#: What computes in the worker's own process.
_HERE = Here()
#: Why nothing comes.
ENDED: Final = "The process that computes maps ended; the machine may be short of memory."


class ProcessEnded(ExplainerError):
    """The worker's process ended while it was asked for something."""


class Worker:
    """The worker process, seen from the one that serves pages.

    It is started at the first request and again after it ended. One thread may use it.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._pipe: Connection | None = None
        self._starting = threading.Lock()

    def start(self) -> Connection:
        """Start the process, if it does not run; it loads its libraries meanwhile."""
        with self._starting:
            if self._pipe is None:
                ours, theirs = Pipe()
                self._process = subprocess.Popen(
                    [sys.executable, "-P", "-m", "shamsul.computing.worker", str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    # An interrupt at the terminal is for the server; the pipe's end ends this one.
                    start_new_session=True,
                    # It imports what this one does, and stays in its folder: paths in the settings
                    # may be relative, and the folder may have a secrets file.
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                )
                theirs.close()
                self._pipe = ours
            return self._pipe

    @property
    def process(self) -> int | None:
        """The process's number, None while there is none."""
        return self._process.pid if self._process else None

    def fault(self) -> str:
        """See :class:`shamsul.computing.engine.Engine`; any thread may ask."""
        process = self._process
        return ENDED if process is not None and process.poll() is not None else ""

    def stop(self) -> None:
        """End the process."""
        with self._starting:
            if self._pipe is not None and self._process is not None:
                self._pipe.close()
                self._process.kill()
                self._process.wait()
            self._pipe = self._process = None

    def explain(
        self, folder: Path, key: MapKey, image: GridImage, progress: Progress
    ) -> tuple[Heatmap, ...]:
        """See :class:`shamsul.computing.engine.Engine`."""
        question = {"do": "explain", "key": key.to_json()}
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
        pipe = self.start()
        raised: BaseException | None = None
        geometry = image.geometry.to_json()
        try:
            about = {"folder": str(folder.resolve()), "geometry": geometry, "job": log.JOB.get()}
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
            if pipe is self._pipe:
                self.stop()
            raise ProcessEnded(ENDED) from None
        raise raised or ExplainerError(answer["failed"])


def serve(pipe: Connection) -> None:
    """Answer requests until the other end is closed."""
    while True:
        try:
            question = _receive(pipe)
            with log.about(question["job"]):
                _answer(pipe, question)
        except (EOFError, OSError):
            return


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

    try:
        answer, data = _computed(question, image, progress)
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
    question: dict[str, Any], image: GridImage, progress: Progress
) -> tuple[dict[str, Any], bytes]:
    """The answer to a question, and bytes that go after it where there are any."""
    folder, do = Path(question["folder"]), question["do"]
    if do == "explain":
        key = MapKey.from_json(question["key"])
        about, values = to_parts(_HERE.explain(folder, key, image, progress))
        return {"maps": about}, values.tobytes()
    if do == "measure":
        keys = [MapKey.from_json(stored) for stored in question["keys"]]
        maps, measure, seed = Path(question["maps"]), question["measure"], question["seed"]
        return {"rows": _HERE.measure(folder, keys, maps, image, measure, seed, progress)}, b""
    model, layer = question["model"], Layer(**question["layer"])
    if do == "survey":
        return {}, _HERE.survey(folder, model, layer, image, progress).pack()
    units, values = question["units"], question["values"]
    changes = _HERE.replaced(folder, model, layer, image, units, values, progress)
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
    serve(Connection(int(sys.argv[1])))

"""Files are read in processes of their own, seen from the one that serves pages.

A damaged file can end the decoder's process, a hostile one keep it busy for minutes and fill the
memory; either must not be the process that serves readers, nor hold up another file. A process is
given a file's bytes over a pipe and gives back JSON and raw values: nothing is pickled.
"""

import atexit
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from multiprocessing import Pipe

import numpy as np

from shamsul.radiographs import refusal
from shamsul.radiographs.directory import Directory
from shamsul.radiographs.radiograph import NamedWindow, Radiograph
from shamsul.radiographs.spacing import SpacingKind
from shamsul.radiographs.turn import Turn

# Files read at a time; further ones wait.
_places = threading.BoundedSemaphore(4)
# Processes without a file: one is kept for the next.
_idle: list["_Process"] = []


def read_apart(data: bytes) -> Radiograph | Directory | str:
    """The radiograph or DICOMDIR, or the sentence with which the file is refused.

    Parameters
    ----------
    data : bytes
        A DICOM, PNG or JPEG file, or anything.
    """
    with _places:
        process = _ready()
        read = process.read(data)
        if process.runs() and not _idle:
            _idle.append(process)
        else:
            process.end()
        return read


def _ready() -> "_Process":
    while True:
        try:
            process = _idle.pop()
        except IndexError:
            return _Process()
        if process.runs():
            return process
        process.end()


class _Process:
    """A process that reads one file after the other."""

    def __init__(self) -> None:
        self._pipe, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "shamsul.radiographs.worker", str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            # An interrupt at the terminal is for the server; the pipe's end ends this one.
            start_new_session=True,
            env={
                **os.environ,
                # It imports what this one does.
                "PYTHONPATH": os.pathsep.join(sys.path),
                # Its time is that of all its threads.
                "OPENBLAS_NUM_THREADS": "1",
                "OMP_NUM_THREADS": "1",
            },
        )
        theirs.close()

    def runs(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def read(self, data: bytes) -> Radiograph | Directory | str:
        """See :func:`read_apart`."""
        try:
            self._pipe.send_bytes(data)
            about = self._pipe.recv_bytes()
            values = self._pipe.recv_bytes()
        except (EOFError, OSError):
            status = self._process.wait()
            if status in (-signal.SIGXCPU, -signal.SIGKILL):  # killed: the system is out of memory
                return refusal.TOO_DEMANDING
            return refusal.DAMAGED if status < 0 else refusal.NOT_READ
        return _from_parts(about, values)

    def end(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.kill()
        self._process.wait()


@atexit.register
def _end_all() -> None:
    while _idle:
        _idle.pop().end()


def to_parts(read: Radiograph | Directory | str) -> Iterator[bytes | memoryview]:
    """What a process gives back: JSON, then values."""
    if isinstance(read, str):
        yield json.dumps({"refused": read}).encode()
        yield b""
        return
    if isinstance(read, Directory):
        yield json.dumps({"directory": read.files}).encode()
        yield b""
        return
    about = {name: value for name, value in vars(read).items() if name != "values"}
    yield json.dumps({**about, "turn": read.turn.to_json(), "shape": read.shape}).encode()
    yield np.ascontiguousarray(read.values).data.cast("B")


def _from_parts(about: bytes, values: bytes) -> Radiograph | Directory | str:
    told = json.loads(about)
    if "refused" in told:
        return str(told["refused"])
    if "directory" in told:
        return Directory(tuple(map(str, told["directory"])))
    return Radiograph(
        values=np.frombuffer(values, dtype=np.float32).reshape(told.pop("shape")),
        window=tuple(told.pop("window")),
        spacing_mm=(spacing := told.pop("spacing_mm")) and tuple(spacing),
        turn=Turn.from_json(told.pop("turn")),
        notes=tuple(told.pop("notes")),
        spacing_kind=SpacingKind(told.pop("spacing_kind")),
        windows=tuple(NamedWindow(*window) for window in told.pop("windows")),
        sides=tuple(told.pop("sides")),
        **told,
    )

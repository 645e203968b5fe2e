"""The machines of a Ray cluster, where the settings name one; see docs/cluster.md.

Ray (extra ``cluster``) finds the machines, hands tasks out, and does those of a machine that is
lost once more elsewhere. What is decided here is how much is handed out at a time, so that memory
stays bounded however much there is to do, and what a task asks for.
"""

import hashlib
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, Final, TypeVar

from shamsul.settings import settings
from shamsul.storage.atomic import new_folder

Task = TypeVar("Task")
Result = TypeVar("Result")

#: Tasks that are handed out for each that can run, so that no machine waits for the next one.
_AHEAD: Final = 2
#: Results that may wait for one before them, for each task that can run.
_WAITING: Final = 8
#: How often a task is done once more after its machine or process was lost.
_RETRIES: Final = 5
#: Seconds that an address may take to answer.
_PATIENCE: Final = 5.0
#: How often an address of Ray's client is asked.
_ATTEMPTS: Final = 3
#: Seconds between two looks at how far a task is.
_LOOK: Final = 0.1
#: Seconds between two looks at which machines there are.
_MACHINES: Final = 2.0


#: Why something will not come.
LOST: Final = "The machine or process that computed it was lost, time and again."


class ClusterError(Exception):
    """The cluster cannot be used; the message is one sentence."""


@dataclass(frozen=True)
class _Lane:
    """What a task asks for."""

    cpus: int
    gpus: int = 0


@dataclass(frozen=True)
class SentFolder:
    """Files of a folder on their way to the machines.

    Attributes
    ----------
    name : str
        Digest of what they hold.
    content : object
        Where Ray keeps them: content by name.
    """

    name: str
    content: Any

    def here(self) -> Path:
        """The folder on this machine, written by the first who asks.

        Raises
        ------
        ClusterError
            The data folder of this machine cannot be written; one sentence.
        """
        place = settings().data_dir / "cluster" / self.name
        if place.exists():
            return place
        files: dict[str, bytes] = import_module("ray").get(self.content)
        try:
            with new_folder(place) as made:
                for name, content in files.items():
                    (made / name).write_bytes(content)
        except OSError:
            if not place.exists():  # or another process of this machine was faster
                raise ClusterError(
                    "A machine of the cluster cannot write to its data folder."
                ) from None
        return place


class Cluster:
    """Hands tasks to the machines of a Ray cluster.

    Parameters
    ----------
    address : str
        As Ray has it: ``HOST:PORT``, ``auto`` for the one that runs here, ``ray://HOST:10001``.

    Raises
    ------
    ClusterError
        If Ray is not installed, or nothing answers there.
    """

    def __init__(self, address: str) -> None:
        try:
            ray: Any = import_module("ray")
            strategies: Any = import_module("ray.util.scheduling_strategies")
        except ImportError:
            raise ClusterError(
                "A cluster needs a package more: pip install 'shamsul[cluster]', or in a clone "
                "pip install -e '.[cluster]'."
            ) from None
        self._ray = ray
        _check_answers(address)
        # What answers a client is a fork of a process with threads, and does not always come up.
        for _ in range(_ATTEMPTS if address.startswith("ray://") else 1):
            with suppress(ConnectionError, ValueError, RuntimeError, OSError):
                # Tasks are not to look for a cluster themselves.
                ray.init(
                    address,
                    runtime_env={"env_vars": {"SHAMSUL_RAY_ADDRESS": ""}},
                    log_to_driver=False,
                    logging_level="ERROR",
                    namespace="shamsul",
                )
                break
        else:
            raise ClusterError(f"No Ray cluster answers at {address}.")
        self._remote = ray.remote(_done_there)
        here = strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=True
        )
        self._board = ray.remote(_Board).options(num_cpus=0, scheduling_strategy=here).remote()
        self._counting = threading.Lock()
        self._tasks: Counter[str] = Counter()
        self._names: dict[str, str] = {}
        self._looked = float("-inf")
        self._lanes: dict[_Lane, int] = {}
        self._sent: dict[str, SentFolder] = {}

    @property
    def nodes(self) -> dict[str, int]:
        """Tasks that each machine did, by its name; of those that are lost too."""
        with self._counting:
            self._look()
            names = [*self._names.values()]
            shown = {
                node: name if names.count(name) == 1 else f"{name} {node[:8]}"
                for node, name in self._names.items()
            }
            return {shown[node]: self._tasks[node] for node in self._names}

    @property
    def at_once(self) -> int:
        """Tasks that can run at a time, at least 1."""
        return sum(self._room(gpu=True).values())

    def each(
        self,
        work: Callable[[Task], Result],
        tasks: Iterable[Task],
        *,
        gpu: bool = False,
        ordered: bool = True,
        lost: Callable[[Task], Result] | None = None,
    ) -> Iterator[Result]:
        """Results of tasks, each by one core; no more are in memory than machines can do soon.

        Parameters
        ----------
        work : callable
            Importable by name on every machine; what it takes and gives can be pickled.
        tasks : iterable
            Taken from as machines get free.
        gpu : bool
            Whether a task may run on a GPU, where there are any: it then has one to itself.
        ordered : bool
            Give results in the order of the tasks, else as they come.
        lost : callable, optional
            Gives what stands for the result of a task that was lost time and again.

        Raises
        ------
        ClusterError
            If a task's machine or process was lost time and again, and `lost` is not given.
        Exception
            What `work` raises.
        """
        left = enumerate(tasks)
        running: dict[Any, tuple[int, Task, _Lane]] = {}
        found: dict[int, Result] = {}
        given = handed = 0

        def hand_out(number: int, task: Task) -> None:
            taken = Counter(lane for _, _, lane in running.values())
            # The kind of place of which the smallest share is taken, those with a GPU first.
            lane = min(room, key=lambda lane: (taken[lane] / room[lane], -lane.gpus))
            running[self._hand_out(work, task, lane)] = number, task, lane

        try:
            while True:
                room = self._room(gpu=gpu)
                # Of a kind of place that is gone, as with the last GPU, nothing would be done.
                for reference in [one for one in running if running[one][2] not in room]:
                    number, task, _ = running.pop(reference)
                    self._ray.cancel(reference, force=True)
                    hand_out(number, task)
                most = sum(room.values())
                space = min(_AHEAD * most - len(running), _WAITING * most - (handed - given))
                for number, task in islice(left, max(space, 0)):
                    hand_out(number, task)
                    handed += 1
                if not running:
                    return
                ready, _ = self._ray.wait([*running], num_returns=1, timeout=_MACHINES)
                for reference in ready:
                    number, task, _ = running.pop(reference)
                    try:
                        found[number] = self._result(reference)
                    except ClusterError:
                        if lost is None:
                            raise
                        found[number] = lost(task)
                    while found and (given in found or not ordered):
                        given += 1
                        yield found.pop(given - 1 if ordered else number)
        finally:
            for reference in running:
                self._ray.cancel(reference)

    def call(
        self,
        work: Callable[..., Result],
        *given: object,
        progress: Callable[[int, int], None],
        urgent: bool = False,
    ) -> Result:
        """Do one thing there while the caller waits, and tell how far it is.

        Parameters
        ----------
        work : callable
            Importable by name; called with what is given, and with a `progress` of its own.
        progress : callable
            Called some times a second, with zeros where nothing new is known; what it raises ends
            the work.
        urgent : bool
            It does not wait until a core is free.

        Raises
        ------
        ClusterError
            If its machine or process was lost time and again.
        Exception
            What `work` raises.
        """
        # With a GPU where there is one; what is urgent asks for nothing.
        lane = _Lane(0) if urgent else max(self._room(gpu=True), key=lambda one: one.gpus)
        reference = self._hand_out(_Told(work, self._board), given, lane)
        name = reference.task_id().hex()
        told: tuple[int, int] | None = None
        try:
            while True:
                ready, _ = self._ray.wait([reference], timeout=_LOOK)
                if ready:
                    result: Result = self._result(reference)
                    return result
                report = self._ray.get(self._board.of.remote(name))
                progress(*(report if report and report != told else (0, 0)))
                told = report
        except BaseException:
            self._ray.cancel(reference)
            raise
        finally:
            self._board.forget.remote(name)

    def send(self, folder: Path) -> "SentFolder":
        """A folder that many tasks need, as it is now; it goes to each machine once."""
        files = sorted(path for path in folder.iterdir() if path.is_file())
        content = {path.name: path.read_bytes() for path in files}
        digest = hashlib.sha256()
        for name, data in content.items():
            digest.update(f"{name} {len(data)}\n".encode() + data)
        with self._counting:
            name = digest.hexdigest()[:32]
            if name not in self._sent:
                self._sent[name] = SentFolder(name, self._ray.put(content))
            return self._sent[name]

    def _hand_out(self, work: Callable[..., Any], task: object, lane: _Lane) -> Any:
        options = {"num_cpus": lane.cpus, "num_gpus": lane.gpus, "max_retries": _RETRIES}
        return self._remote.options(scheduling_strategy="SPREAD", **options).remote(work, task)

    def _result(self, reference: Any) -> Any:
        try:
            node, result = self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause if isinstance(error.cause, Exception) else error from None
        except self._ray.exceptions.RayError:
            raise ClusterError(LOST) from None
        with self._counting:
            self._tasks[node] += 1
        return result

    def _look(self) -> None:
        """Which machines there are, from time to time."""
        if time.monotonic() - self._looked < _MACHINES:
            return
        self._looked = time.monotonic()
        nodes = self._ray.nodes()
        # Those that were lost before somebody asked are still listed.
        self._names |= {
            one["NodeID"]: one["NodeName"]
            for one in nodes
            if one["Alive"] or self._tasks[one["NodeID"]]
        }
        alive = [one["Resources"] for one in nodes if one["Alive"]]
        gpus = sum(int(one.get("GPU", 0)) for one in alive)
        cpus = sum(int(one.get("CPU", 0)) for one in alive)
        self._lanes = {_Lane(1, 1): min(gpus, cpus), _Lane(1): max(cpus - gpus, 0)}

    def _room(self, *, gpu: bool) -> dict[_Lane, int]:
        """How many tasks of each kind can run at a time; at least one of some kind."""
        with self._counting:
            self._look()
            lanes = self._lanes if gpu else {_Lane(1): sum(self._lanes.values())}
            return {lane: count for lane, count in lanes.items() if count} or {_Lane(1): 1}


def _check_answers(address: str) -> None:
    """Ray itself tries for minutes.

    Raises
    ------
    ClusterError
        If nothing answers at an address; one sentence.
    """
    host, found, port = address.rpartition("//")[2].rpartition(":")
    if not found:
        return
    try:
        socket.create_connection((host.strip("[]"), int(port)), _PATIENCE).close()
    except (OSError, ValueError, OverflowError):
        raise ClusterError(f"No Ray cluster answers at {address}.") from None


def _done_there(work: Callable[[Task], Result], task: Task) -> tuple[str, Result]:
    """On a machine of the cluster: which one it is, and the result."""
    ray: Any = import_module("ray")
    return ray.get_runtime_context().get_node_id(), work(task)


class _Board:
    """Where running tasks say how far they are."""

    def __init__(self) -> None:
        self._reports: dict[str, tuple[int, int]] = {}

    def put(self, task: str, done: int, planned: int) -> None:
        self._reports[task] = done, planned

    def of(self, task: str) -> tuple[int, int] | None:
        return self._reports.get(task)

    def forget(self, task: str) -> None:
        self._reports.pop(task, None)


class _Told:
    """Work that says on the board how far it is."""

    def __init__(self, work: Callable[..., Any], board: Any) -> None:
        self._work, self._board = work, board

    def __call__(self, given: tuple[Any, ...]) -> Any:
        ray: Any = import_module("ray")
        name = ray.get_runtime_context().get_task_id()
        last = float("-inf")

        def progress(done: int, planned: int) -> None:
            nonlocal last
            if time.monotonic() - last >= _LOOK:
                last = time.monotonic()
                self._board.put.remote(name, done, planned)

        return self._work(*given, progress=progress)


_CONNECTING: Final = threading.Lock()


def cluster() -> Cluster | None:
    """The cluster that the settings name, connected to once a process; None where they name none.

    Ray ends the process some time after the cluster is lost.

    Raises
    ------
    ClusterError
        If it cannot be used; one sentence.
    """
    address = settings().ray_address
    if not address:
        return None
    with _CONNECTING:
        return _connected(address)


@cache
def _connected(address: str) -> Cluster:
    return Cluster(address)


def nodes() -> dict[str, int]:
    """Tasks that each machine of the cluster did for this process; empty if it asked none."""
    asked = cluster() if _connected.cache_info().currsize else None
    return asked.nodes if asked else {}


def forget() -> None:
    """Leave the cluster, so that the next one who asks connects anew."""
    _connected.cache_clear()
    with suppress(ImportError):
        import_module("ray").shutdown()

"""What a cluster costs: ``python -m benchmarks.cluster [--count 40] [--method lrp ...]``.

Computes the maps of a study of phantoms on this machine, by one process and by two, and on two Ray
nodes that share its cores, in turn, by ``shamsul precompute``; prints the times, their ratios to
one process, and the tasks of each node.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from benchmarks.explain import machine
from shamsul.radiographs import RadiographArchive, read_radiograph
from shamsul.reading import Store
from shamsul.reading.case_folder import read_folder
from shamsul.reading.demo import DEMO
from shamsul.reading.design.study import Origin

RAY = Path(sys.executable).with_name("ray")
ROOT = Path(__file__).resolve().parents[1]


class Nodes:
    """Ray nodes on this machine, each started as an administrator would; two at first.

    Parameters
    ----------
    cores : int
        Of each.
    """

    def __init__(self, cores: int = 1) -> None:
        self._cores = cores
        # Short: sockets lie below it.
        self._folder = tempfile.mkdtemp(prefix="ray")
        with socket.socket() as one, socket.socket() as other:
            for probe in (one, other):
                probe.bind(("127.0.0.1", 0))
            self._port, self._door = one.getsockname()[1], other.getsockname()[1]
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        head = [f"--port={self._port}", "--head", "--include-dashboard=false"]
        door = f"--ray-client-server-port={self._door}"
        self._start("one", [*head, door, f"--temp-dir={self._folder}"])
        self.add("two")

    @property
    def address(self) -> str:
        """What ``--ray`` takes."""
        return f"127.0.0.1:{self._port}"

    @property
    def from_outside(self) -> str:
        """What ``--ray`` takes on a machine that is none of them."""
        return f"ray://127.0.0.1:{self._door}"

    def add(self, name: str, gpus: int = 0) -> None:
        """Start one more; of GPUs it says that it has so many."""
        self._start(name, [f"--address={self.address}", f"--num-gpus={gpus}"])

    def processes(self, name: str) -> list[int]:
        """Numbers of a node's processes."""
        node = self._running[name].pid
        return [node, *descendants(node)]

    def kill(self, name: str) -> None:
        """As if its power had failed: all of its processes end at once."""
        processes = self.processes(name)
        node = self._running.pop(name)
        for process in processes:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        node.wait()
        assert node.stdout is not None
        node.stdout.close()

    def stop(self) -> None:
        """End all of them."""
        for name in reversed([*self._running]):
            self.kill(name)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, name: str, options: list[str]) -> None:
        usual = ["--object-store-memory=200000000", "--disable-usage-stats"]
        named = [f"--node-name={name}", f"--num-cpus={self._cores}"]
        self._running[name] = subprocess.Popen(
            [RAY, "start", "--block", *named, *usual, *options],
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        output = self._running[name].stdout
        assert output is not None
        if not any(b"runtime started" in line for line in output):
            raise RuntimeError(f"The Ray node {name} did not start.")


def descendants(process: int) -> list[int]:
    """Numbers of the processes that a process has started, and those have."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    pairs = [tuple(map(int, line.split())) for line in listed.stdout.splitlines()]

    def below(parent: int) -> Iterator[int]:
        for child, above in pairs:
            if above == parent:
                yield child
                yield from below(child)

    return list(below(process))


def shamsul(data: Path, *arguments: object) -> dict[str, Any]:
    """What a command of an installation prints."""
    done = subprocess.run(
        [sys.executable, "-m", "shamsul", *map(str, arguments), "--json"],
        env={**os.environ, "SHAMSUL_DATA_DIR": str(data)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main() -> None:
    """Render, compute in turn, tell."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=40, help="phantoms")
    parser.add_argument("--method", action="append", help="by default lrp and shap")
    parser.add_argument("--times", type=int, default=3)
    options = parser.parse_args()
    methods = [part for one in options.method or ["lrp", "shap"] for part in ("--method", one)]
    with tempfile.TemporaryDirectory() as folder:
        data, phantoms = Path(folder) / "data", Path(folder) / "phantoms"
        shamsul(data, "phantom", "render", "--count", options.count, "--out", phantoms)
        _take_in(data, phantoms)
        nodes = Nodes()
        try:
            found = _timed(data, nodes, methods, options.times)
        finally:
            nodes.stop()
    print(json.dumps({"machine": machine(), "phantoms": options.count, **found}, indent=1))


def _take_in(data: Path, phantoms: Path) -> None:
    """Add phantoms to the demo study, whose model is made for them."""
    shamsul(data, "study", "status")
    store = Store(f"sqlite:///{data / 'shamsul.db'}")
    archive = RadiographArchive(data / "radiographs")
    for case in read_folder(phantoms):
        radiograph = read_radiograph(case.image.read_bytes())
        archive.put(radiograph)
        store.add_case(DEMO.name, radiograph.sha256, f"more {case.name}", Origin.DEMO)
    store.close()


def _timed(data: Path, nodes: Nodes, methods: list[str], times: int) -> dict[str, Any]:
    ways = {"alone": [], "two processes": ["--jobs", "2"], "cluster": ["--ray", nodes.address]}
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    tasks: dict[str, int] = {}
    for _ in range(times):
        for way, options in ways.items():
            shutil.rmtree(data / "maps", ignore_errors=True)
            start = time.monotonic()
            done = shamsul(data, "precompute", DEMO.name, *methods, *options)
            seconds[way].append(time.monotonic() - start)
            tasks = done.get("nodes", tasks)
    ratios = {
        way: statistics.median(b / a for a, b in zip(seconds["alone"], found, strict=True))
        for way, found in seconds.items()
    }
    return {"seconds": seconds, "ratios": ratios, "nodes": tasks}


if __name__ == "__main__":
    main()

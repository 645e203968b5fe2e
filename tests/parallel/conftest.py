"""A Ray cluster of several nodes on this machine, each started as an administrator would."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from shamsul.parallel import cluster as clusters
from shamsul.settings import settings

RAY = Path(sys.executable).with_name("ray")
ROOT = Path(__file__).resolve().parents[2]


class Nodes:
    """Nodes of one core each, ended with their processes."""

    def __init__(self) -> None:
        # Short: sockets lie below it.
        self._folder = tempfile.mkdtemp(prefix="ray")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        head = [f"--port={self._port}", "--head", "--include-dashboard=false"]
        self._start("one", [*head, f"--temp-dir={self._folder}"])
        self.add("two")

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def add(self, name: str) -> None:
        self._start(name, [f"--address={self.address}"])

    def kill(self, name: str) -> None:
        """As if its power had failed: all of its processes end at once."""
        node = self._running.pop(name)
        for process in [node.pid, *descendants(node.pid)]:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        node.wait()
        assert node.stdout is not None
        node.stdout.close()

    def stop(self) -> None:
        for name in reversed([*self._running]):
            self.kill(name)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _start(self, name: str, options: list[str]) -> None:
        usual = ["--num-cpus=1", "--object-store-memory=100000000", "--disable-usage-stats"]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path])}
        self._running[name] = subprocess.Popen(
            [RAY, "start", "--block", f"--node-name={name}", *usual, *options],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        output = self._running[name].stdout
        assert output is not None
        for line in output:
            if b"runtime started" in line:
                return
        raise AssertionError(f"node {name} did not start")


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


@pytest.fixture(scope="session")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    pytest.importorskip("ray")
    started = Nodes()
    yield started
    clusters.forget()
    started.stop()


@pytest.fixture
def cluster(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> Iterator[clusters.Cluster]:
    monkeypatch.setenv("SHAMSUL_RAY_ADDRESS", nodes.address)
    settings.cache_clear()
    found = clusters.cluster()
    assert found is not None
    deadline = time.monotonic() + 60
    while found.at_once < 2 and time.monotonic() < deadline:
        time.sleep(0.5)
    yield found
    settings.cache_clear()

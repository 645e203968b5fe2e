"""A Ray cluster of several nodes on this machine."""

import time
from collections.abc import Iterator

import pytest

from benchmarks.cluster import Nodes
from shamsul.parallel import cluster as clusters
from shamsul.settings import settings


@pytest.fixture(scope="session")
def nodes() -> Iterator[Nodes]:
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

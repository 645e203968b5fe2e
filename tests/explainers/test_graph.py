"""A network as a graph, and what is imported for that."""

import subprocess
import sys
import threading

import pytest
import torch
from torch import fx, nn

from shamsul.explainers.graph import Concatenate, trace

#: As where one page warms the app up and another is opened meanwhile.
TWO_THREADS = """
import importlib, threading
import torch

failed = []

def bring(name):
    try:
        importlib.import_module(name)
    except ImportError as error:
        failed.append(f"{name}: {error}")

threads = [
    threading.Thread(target=bring, args=(name,))
    for name in ("torchvision", "shamsul.explainers.graph")
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failed, failed
"""


@pytest.mark.long
def test_two_threads_import_torchvision_whole() -> None:
    done = subprocess.run([sys.executable, "-c", TWO_THREADS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


class Dense(nn.Module):
    """Joins as in a dense block, one of other parts, and one of a single part."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Conv2d(2 * count, 2, 1) for count in (1, 2, 3))
        self.last = nn.Conv2d(4, 3, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        parts = [x]
        for layer in self.layers:
            parts.append(layer(torch.cat(parts, 1)))
        other = self.last(torch.cat([parts[1], parts[0]], 1))
        return torch.cat([*parts, other], 1)


def test_joins_begin_with_the_earlier_ones() -> None:
    torch.manual_seed(0)
    network, x = Dense().eval(), torch.randn(1, 2, 3, 3)
    graph = trace(network)
    joins = [
        node
        for node in graph.graph.nodes
        if node.op == "call_module" and isinstance(graph.get_submodule(node.target), Concatenate)
    ]
    two, three, other, five = joins
    assert three.args[0][0] is two
    assert five.args[0][0] is three
    assert [len(join.args[0]) for join in joins] == [2, 2, 2, 3]
    assert not {two, three} & set(other.args[0])
    assert all(isinstance(part, fx.Node) for join in joins for part in join.args[0])
    torch.testing.assert_close(graph(x), network(x))


class Meanwhile(nn.Module):
    """Has another thread run another network in the middle of its own forward pass."""

    def __init__(self, other: nn.Module) -> None:
        super().__init__()
        self.last = nn.Conv2d(1, 1, 1)
        self.__dict__["other"] = other  # not one of its own modules
        self.seen: list[torch.Tensor] = []

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        def run() -> None:
            self.seen.append(self.other(torch.ones(1, 2)))

        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
        return self.last(x)


def test_another_thread_runs_its_network_while_one_is_traced() -> None:
    other = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1)).eval()
    network = Meanwhile(other).eval()
    graph = trace(network)
    assert [node.op for node in graph.graph.nodes] == ["placeholder", "call_module", "output"]
    assert len(network.seen) == 1
    assert torch.equal(network.seen[0], other(torch.ones(1, 2)))

"""Runs the tests of the folder on_cluster."""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

pytestmark = pytest.mark.long


@pytest.mark.timeout(1500)
def test_what_is_done_on_the_nodes_of_a_cluster() -> None:
    """In a process of its own: Ray ends the one that uses it when the cluster is lost.

    One of them alone: ``pytest tests/parallel/on_cluster/test_cluster.py -k ...``.
    """
    pytest.importorskip("ray")
    files = sorted(Path(__file__).with_name("on_cluster").glob("test_*.py"))
    call = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-o", "timeout=300"]
    with subprocess.Popen(
        [*call, *map(str, files)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            output, _ = running.communicate(timeout=1400)
        finally:
            # Whatever became of it, its nodes end too.
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == 0, output

"""What is imported to see a network as a graph."""

import subprocess
import sys

import pytest

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

"""Tests that run side by side share the cores: threads that wait for each other make all slow."""

import os

if "PYTEST_XDIST_WORKER" in os.environ:
    # Before anything imports torch; processes that tests start inherit it.
    os.environ.setdefault("OMP_NUM_THREADS", "1")

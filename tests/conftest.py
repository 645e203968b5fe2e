"""Tests that run side by side share the cores: threads that wait for each other make all slow."""

import logging
import os
from collections.abc import Iterator

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Before anything imports torch; processes that tests start inherit it.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(autouse=True)
def logging_is_on() -> Iterator[None]:
    """Whatever a command that ran in this process has switched off."""
    yield
    logging.disable(logging.NOTSET)

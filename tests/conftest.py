"""Tests that run side by side share the cores: threads that wait for each other make all slow."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

if "PYTEST_XDIST_WORKER" in os.environ:
    # Before anything imports torch; processes that tests start inherit it.
    os.environ.setdefault("OMP_NUM_THREADS", "1")


ROOT = Path(__file__).resolve().parents[1]


def build(kind: str, source: Path, out: Path) -> Path:
    """Build a ``wheel`` or an ``sdist`` of a source tree; gives its file."""
    call = [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(out)]
    subprocess.run(call, cwd=source, check=True, capture_output=True)
    (file,) = out.iterdir()
    return file


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout."""
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel; as PYTHONPATH it goes before this checkout.

    What the wheel depends on is that of the environment that runs the tests.
    """
    folder = tmp_path_factory.mktemp("installed")
    options = ["--quiet", "--no-index", "--no-deps", "--target", str(folder)]
    subprocess.run([sys.executable, "-m", "pip", "install", *options, str(wheel)], check=True)
    return folder


#: Whose tests draw pages or run whole commands.
LONG = (ROOT / "tests" / "ui", ROOT / "tests" / "cli")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark as long what is so by its kind; other long tests say so themselves."""
    for item in items:
        server = "postgresql" in item.name.partition("[")[2]
        if server or any(folder in item.path.parents for folder in LONG):
            item.add_marker(pytest.mark.long)


@pytest.fixture(autouse=True)
def logging_is_on() -> Iterator[None]:
    """Whatever a command that ran in this process has switched off."""
    yield
    logging.disable(logging.NOTSET)

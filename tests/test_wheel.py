"""What is installed is whole: it works with nothing of this repository around it."""

import json
import os
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT, build

pytestmark = pytest.mark.long

Shamsul = Callable[..., subprocess.CompletedProcess[str]]


def files(folder: str) -> set[str]:
    """Files below a folder of the repository, but for what Python leaves there."""
    found = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in found if path.suffix != ".pyc"}


def names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_wheel_has_the_package_and_all_that_the_app_needs(wheel: Path) -> None:
    found = {name for name in names(wheel) if ".dist-info/" not in name}
    beside = {
        "app.py",
        ".streamlit/config.toml",
        "docs/disagreement.md",
        "docs/phantom-benchmark.md",
    }
    beside |= files("pages") | (files("assets") - files("assets/screenshots"))
    assert found == files("shamsul") | {f"shamsul/_bundle/{name}" for name in beside}


def test_sdist_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(build("sdist", ROOT, tmp_path / "sdist")) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    again = build("wheel", source, tmp_path / "wheel")
    assert again.name == wheel.name
    assert names(again) == names(wheel)
    assert not [name for name in names(wheel) if "secrets" in name]


@pytest.fixture
def shamsul(installed: Path, tmp_path: Path) -> Shamsul:
    """Run the installed ``shamsul`` in an empty folder, which keeps its data too."""
    env = {**os.environ, "PYTHONPATH": str(installed), "SHAMSUL_DATA_DIR": "data"}

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", installed / "bin" / "shamsul", *arguments]
        return subprocess.run(
            list(map(str, command)),
            cwd=tmp_path,
            env=env,
            capture_output=True,
            text=True,
        )

    return run


def result(done: subprocess.CompletedProcess[str]) -> dict:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_installed_shamsul_predicts_explains_and_evaluates(
    shamsul: Shamsul, installed: Path, tmp_path: Path
) -> None:
    (model,) = result(shamsul("models", "--json"))["models"][:1]
    assert (model["name"], model["state"]) == ("phantom", "bundled")
    film = installed / "shamsul" / "_bundle" / "assets" / "demo" / "phantom-0001.png"
    (found,) = result(shamsul("predict", film, "--json"))["images"]
    assert found["probabilities"]["Pleural Effusion"] > 0.9
    maps = result(shamsul("explain", film, "--out", "maps", "--method", "grad_cam", "--json"))
    assert (tmp_path / "maps" / maps["maps"][0]["overlay"]).is_file()
    board = result(shamsul("evaluate", "--phantom", 1, "--method", "grad_cam", "--json"))
    assert {one["method"] for one in board["scores"]} == {"grad_cam"}


def test_python_m_is_the_command(installed: Path, tmp_path: Path) -> None:
    env = {**os.environ, "PYTHONPATH": str(installed)}
    ask = [sys.executable, "-m", "shamsul", "app", "--theme", "blue"]
    done = subprocess.run(ask, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    where = [sys.executable, "-c", "from shamsul.settings import ASSETS; print(ASSETS)"]
    done = subprocess.run(where, cwd=tmp_path, env=env, capture_output=True, text=True)
    assert Path(done.stdout.strip()) == installed / "shamsul" / "_bundle" / "assets"


def test_versions_of_python_are_those_that_are_promised() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    said = [one.rpartition(" ")[2] for one in project["classifiers"] if ":: 3." in one]
    assert said == ["3.11", "3.12", "3.13", "3.14"]
    assert project["requires-python"] == f">={said[0]}"

"""Nothing downstream is imported upstream."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1] / "shamsul"

#: What any room may import: the release, and how a file is written.
ANYWHERE = {"__version__", "storage"}

#: What each room may import of the project, besides itself.
MAY_IMPORT = {
    "radiographs": set(),
    "annotations": set(),
    "phantom": set(),
    "metrics": set(),
    "classifiers": {"radiographs", "settings"},
    "explainers": {"classifiers", "radiographs", "phantom", "settings"},
    "reading": {"radiographs", "annotations", "phantom"},
    "reporting": {"reading", "metrics", "explainers", "radiographs"},
    "analysis": {"reading", "metrics", "reporting"},
    "training": {"classifiers", "phantom", "settings", "radiographs"},
    "localisation": {
        "metrics",
        "reporting",
        "annotations",
        "explainers",
        "classifiers",
        "radiographs",
        "phantom",
        "reading",
        "training",
        "settings",
        "faithfulness",
    },
    "faithfulness": {
        "metrics",
        "reporting",
        "annotations",
        "explainers",
        "classifiers",
        "radiographs",
        "phantom",
        "reading",
        "training",
        "settings",
        "localisation",
    },
    "computing": {"explainers", "classifiers", "faithfulness", "radiographs"},
    "settings": set(),
}


def imports(file: Path) -> set[str]:
    """Full names of the modules that a file imports, however deep in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_room_imports_only_what_is_upstream(room: str) -> None:
    files = sorted((ROOT / room).rglob("*.py")) or [ROOT / f"{room}.py"]
    for file in files:
        ours = {name.split(".")[1] for name in imports(file) if name.startswith("shamsul.")}
        assert ours - ANYWHERE <= MAY_IMPORT[room] | {room}, file


def test_only_the_ui_imports_streamlit() -> None:
    for file in ROOT.rglob("*.py"):
        if ROOT / "ui" not in file.parents:
            assert not [name for name in imports(file) if name.split(".")[0] == "streamlit"], file


@pytest.mark.parametrize("room", ["radiographs", "metrics"])
def test_what_knows_pixels_only_knows_no_torch(room: str) -> None:
    for file in (ROOT / room).rglob("*.py"):
        assert not [name for name in imports(file) if name.split(".")[0] == "torch"], file

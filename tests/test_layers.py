"""The way down through the rooms: data comes up it, imports go down."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "shamsul"

#: From the ground up: what each room imports of the project, all of it further down.
IMPORTS = {
    "settings": "",
    "storage": "",
    "operations": "",
    "parallel": "settings storage",
    "metrics": "storage",
    "phantom": "",
    "radiographs": "storage",
    "findings": "storage",
    "annotations": "storage radiographs findings",
    "classifiers": "settings storage radiographs",
    "reading": "storage phantom radiographs annotations",
    "explainers": "settings storage phantom radiographs classifiers",
    "training": "storage parallel metrics phantom radiographs findings annotations classifiers",
    "reporting": "storage metrics radiographs explainers",
    "assessment": "parallel metrics classifiers training reporting",
    "localisation": "storage parallel metrics phantom radiographs findings annotations classifiers "
    "reading explainers reporting",
    "faithfulness": "storage metrics classifiers explainers reporting",
    "units": "storage phantom classifiers explainers",
    "shortcuts": "metrics phantom radiographs explainers",
    "analysis": "storage metrics reading reporting",
    "computing": "settings storage operations parallel radiographs classifiers explainers "
    "faithfulness units",
    "studies": "settings storage parallel metrics radiographs findings annotations classifiers "
    "reading explainers training localisation faithfulness units shortcuts analysis computing",
}
#: On top: they import whatever they need, but not each other.
TOP = {"cli", "ui"}
#: In the package itself: what it is called, how it is run, and its settings.
HALL = {"__init__", "__main__", "settings"}


def imports(file: Path) -> set[str]:
    """Full names of the modules that a file imports, however deep in it."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def files(room: str) -> list[Path]:
    return sorted((PACKAGE / room).rglob("*.py")) or [PACKAGE / f"{room}.py"]


def imported(room: str) -> set[str]:
    """The rooms that a room imports."""
    names = {name for file in files(room) for name in imports(file)}
    ours = {name.split(".")[1] for name in names if name.startswith("shamsul.")}
    return ours - {room, "__version__"}


def test_every_room_has_its_place() -> None:
    rooms = {path.name for path in PACKAGE.iterdir() if list(path.rglob("*.py"))}
    assert IMPORTS.keys() | TOP == rooms | {"settings"}
    assert {path.stem for path in PACKAGE.glob("*.py")} == HALL


@pytest.mark.long
@pytest.mark.parametrize("room", IMPORTS)
def test_a_room_imports_what_stands_below_it(room: str) -> None:
    """Hence no circle, and nothing that may be imported but is not."""
    rooms = list(IMPORTS)
    assert imported(room) == set(IMPORTS[room].split())
    assert imported(room) <= set(rooms[: rooms.index(room)])


def test_the_command_line_and_the_pages_do_not_know_each_other() -> None:
    for room in TOP:
        assert imported(room) <= IMPORTS.keys()


def test_no_page_takes_from_another() -> None:
    """What two pages need is in ``ui/shared``, which takes from none."""
    for folder in (path for path in (PACKAGE / "ui").iterdir() if path.is_dir()):
        for file in folder.rglob("*.py"):
            names = [name.split(".") for name in imports(file)]
            taken = {name[2] for name in names if name[:2] == ["shamsul", "ui"]}
            assert taken <= {"shared", folder.name}, file


def test_only_the_ui_imports_streamlit() -> None:
    for file in PACKAGE.rglob("*.py"):
        if PACKAGE / "ui" not in file.parents:
            assert not [name for name in imports(file) if name.split(".")[0] == "streamlit"], file


@pytest.mark.parametrize(
    "room", ["radiographs", "findings", "annotations", "metrics", "reading", "storage"]
)
def test_what_knows_no_network_knows_no_torch(room: str) -> None:
    for file in files(room):
        assert not [name for name in imports(file) if name.split(".")[0] == "torch"], file

"""How soon the command line is there: nothing is imported that a command does not need."""

import resource
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

#: Runs the command, then prints the modules that it has imported.
LOOK = """
import sys
from shamsul.cli import main
try:
    main()
except SystemExit as ended:
    assert not ended.code
print(*sys.modules)
"""


def imported(folder: Path, *arguments: str) -> set[str]:
    """Packages and modules that a command imports."""
    call = [sys.executable, "-c", LOOK, *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=True, cwd=folder)
    return set(done.stdout.splitlines()[-1].split())


def test_help_imports_nothing_that_computes(tmp_path: Path) -> None:
    assert imported(tmp_path, "--help").isdisjoint({"torch", "numpy", "pandas", "streamlit"})


def test_help_takes_less_than_half_a_second(tmp_path: Path) -> None:
    took = []
    for _ in range(3):  # the first may compile, and other tests share the processor
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        call = [sys.executable, "-m", "shamsul", "--help"]
        subprocess.run(call, capture_output=True, check=True, cwd=tmp_path)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    assert min(took) < 0.5


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty installation with a radiograph."""
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path / "data"))
    pixels = np.random.default_rng(0).integers(0, 255, (90, 60)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "film.png")
    return tmp_path


#: What neither a prediction nor a map needs; the compiler comes with torchvision otherwise.
NEEDLESS = {
    "captum",
    "lime",
    "shap",
    "numba",
    "matplotlib",
    "pandas",
    "statsmodels",
    "pydicom",
    "sqlalchemy",
    "streamlit",
    "sympy",
    "torch._dynamo",
    "torchxrayvision",
}


def test_predict_imports_no_explainer_and_draws_nothing(folder: Path) -> None:
    found = imported(folder, "predict", "film.png", "--json")
    assert "torch" in found
    assert found.isdisjoint(NEEDLESS | {"sklearn", "skimage", "cv2", "plotly"})


def test_explain_imports_what_it_uses(folder: Path) -> None:
    found = imported(folder, "explain", "film.png", "--method", "grad_cam", "--out", "maps")
    assert {"torch", "cv2"} <= found
    assert found.isdisjoint(NEEDLESS | {"sklearn"})


def test_app_starts_streamlit_without_what_computes(tmp_path: Path) -> None:
    found = imported(tmp_path, "app", "--help")
    assert found.isdisjoint({"torch", "numpy", "pandas", "streamlit"})


def test_what_torchvision_wants_of_the_compiler_is_there_when_it_is_used(tmp_path: Path) -> None:
    call = """
import sys
import shamsul.classifiers.vision
assert "torch._dynamo.utils" not in sys.modules
from torchvision.ops.roi_align import is_compile_supported
asked = is_compile_supported("cpu")
from torch._dynamo.utils import is_compile_supported
assert asked == is_compile_supported("cpu")
"""
    subprocess.run([sys.executable, "-c", call], check=True, cwd=tmp_path)

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
    """Packages that a command imports."""
    call = [sys.executable, "-c", LOOK, *arguments]
    done = subprocess.run(call, capture_output=True, text=True, check=True, cwd=folder)
    return {name.split(".")[0] for name in done.stdout.splitlines()[-1].split()}


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


def test_predict_imports_no_explainer_and_draws_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHAMSUL_DATA_DIR", str(tmp_path / "data"))
    pixels = np.random.default_rng(0).integers(0, 255, (90, 60)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "film.png")
    found = imported(tmp_path, "predict", "film.png", "--json")
    assert "torch" in found
    assert found.isdisjoint({"captum", "lime", "shap", "matplotlib", "streamlit"})

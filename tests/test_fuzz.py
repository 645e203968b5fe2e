"""A short run of scripts/fuzz.py; longer ones are for whoever changes a reader."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "scripts" / "fuzz.py"


@pytest.mark.long
def test_spoiled_files_are_read_or_refused_in_a_sentence() -> None:
    command = [sys.executable, str(SCRIPT), "--count", "600", "--seed", "2026"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert done.stdout.startswith("600 files, 0 read wrongly")

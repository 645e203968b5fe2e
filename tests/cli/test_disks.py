"""The data folder's disk is read-only or full: each command says so in one sentence."""

import gc
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PIL import Image

from shamsul.settings import ASSETS
from tests.cli.command import run_in
from tests.conftest import Disk

IMAGE = ASSETS / "demo" / "phantom-0001.png"
STUDY = """
name = "trial"
title = "Trial"
model = "phantom"
methods = ["grad_cam"]
readers = ["Ada"]
[cases]
folder = "cases"
[labels]
from = "given"
given = ["Pleural Effusion"]
"""
#: Those that need what is kept; the others go on.
COMMANDS = (
    "study status",
    "study validate ../trial.toml",
    "study create ../trial.toml",
    "study close phantom-demo",
    "study remove phantom-demo --yes",
    "study import ../trial.toml",
    "study assignment phantom-demo --out {out}",
    "precompute phantom-demo --method grad_cam",
    "users list",
    "users add ada --role reader --no-password",
    "users role ada reader",
    "export --study phantom-demo --out {out}",
    "analyse phantom-demo --out {out}",
    "annotations export --study phantom-demo --out {out}",
    "annotations import ../ratings.db --study phantom-demo",
    "backup {out}",
    "restore ../ratings.db",
)


def test_commands_on_a_read_only_disk_say_one_sentence(
    new_disk: Callable[[int], Disk], tmp_path: Path
) -> None:
    disk = new_disk(8)
    shamsul = partial(run_in, disk.folder)
    assert shamsul("study", "status").returncode == 0
    gc.collect()  # what has a file open for writing keeps its disk writable
    disk.be_read_only()
    for command in COMMANDS:
        done = shamsul(*command.format(out=tmp_path / "out").split())
        assert done.returncode == 2 and done.stdout == "", command
        (said,) = done.stderr.splitlines()
        assert said.endswith(".") and "Errno" not in said and "Error" not in said
    of_map = ("--method", "grad_cam", "--label", "Pleural Effusion")
    measured = shamsul("faithfulness", IMAGE, *of_map, "--measure", "pixel_flipping", "--json")
    assert measured.returncode == 0, measured.stderr
    explained = shamsul("explain", IMAGE, *of_map, "--out", tmp_path / "maps")
    assert explained.returncode == 0, explained.stderr
    refused = shamsul("explain", IMAGE, *of_map, "--out", "maps")
    assert (refused.returncode, refused.stderr) == (2, "maps: Read-only file system.\n")


def test_a_study_is_not_made_without_the_cases_that_no_disk_keeps(
    new_disk: Callable[[int], Disk], tmp_path: Path
) -> None:
    disk = new_disk(32)
    shamsul = partial(run_in, disk.folder)
    assert shamsul("study", "status").returncode == 0
    shutil.copytree(IMAGE.parent, tmp_path / "cases")
    for picture in (tmp_path / "cases").glob("phantom-000?.png"):  # others than the demo's
        with Image.open(picture) as opened:
            opened.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(picture)
    (tmp_path / "trial.toml").write_text(STUDY)
    filling = disk.fill()
    refused = shamsul("study", "create", tmp_path / "trial.toml")
    assert refused.returncode == 2
    assert "The cases cannot be kept: No space left on device." in refused.stderr
    filling.unlink()
    made = shamsul("study", "create", tmp_path / "trial.toml")
    assert made.returncode == 0 and "8 cases" in made.stdout, made.stderr

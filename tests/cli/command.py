"""The command line in this process: the same as a program's call, without starting Python anew."""

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from unittest import mock

from shamsul.cli import main
from shamsul.settings import settings

Run = Callable[..., subprocess.CompletedProcess[str]]


def run_in(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``shamsul`` in a folder, with the folder ``data`` in it as its installation."""
    command = ["shamsul", *map(str, arguments)]
    out, err, before = io.StringIO(), io.StringIO(), Path.cwd()
    settings.cache_clear()
    with (
        mock.patch.dict(os.environ, {"SHAMSUL_DATA_DIR": str(folder / "data")}),
        mock.patch.object(sys, "argv", command),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        os.chdir(folder)
        try:
            main()
        except SystemExit as ended:
            status = ended.code or 0
        finally:
            os.chdir(before)
            settings.cache_clear()
    return subprocess.CompletedProcess(command, int(status), out.getvalue(), err.getvalue())

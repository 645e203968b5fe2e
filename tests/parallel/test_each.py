"""Work in several processes."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import BrokenExecutor
from pathlib import Path
from types import ModuleType

import pytest
import torch

from shamsul.cli import main
from shamsul.parallel.each import each
from tests.conftest import ROOT


def threads(number: int) -> tuple[int, int, int]:
    return number, torch.get_num_threads(), os.getpid()


def killed(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_results_come_in_order_from_processes_of_one_thread() -> None:
    found = list(each(threads, range(20), 2, chunk=3))
    assert [number for number, _, _ in found] == list(range(20))
    assert {count for _, count, _ in found} == {1}
    assert os.getpid() not in {process for _, _, process in found}


def loaded(_: int) -> bool:
    return "streamlit" in sys.modules


def test_processes_that_a_page_starts_do_not_serve_the_app(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Streamlit makes the page the main module, which a new process runs before anything else."""
    page = ModuleType("__main__")
    page.__file__ = str(ROOT / "app.py")
    monkeypatch.setitem(sys.modules, "__main__", page)
    assert list(each(loaded, [0, 1], 2)) == [False, False]


def test_no_processes_work_in_this_one() -> None:
    assert {process for _, _, process in each(threads, range(3), 0)} == {os.getpid()}


def test_a_killed_process_ends_the_work_instead_of_waiting_for_ever() -> None:
    with pytest.raises(BrokenExecutor):
        list(each(killed, range(20), 2, chunk=1))


def waiting(folder: Path) -> None:
    (folder / str(os.getpid())).touch()
    time.sleep(120)


def test_processes_end_with_who_started_them_however_that_ended(tmp_path: Path) -> None:
    """They wait for a next task, of which a process that is killed tells them nothing."""
    words = "from tests.parallel.test_each import *; import sys\n"
    words += "list(each(waiting, [Path(sys.argv[1])] * 2, 2))"
    with subprocess.Popen([sys.executable, "-c", words, str(tmp_path)], cwd=ROOT) as parent:
        while len([*tmp_path.iterdir()]) < 2:
            assert parent.poll() is None
            time.sleep(0.1)
        parent.kill()
    processes = [int(path.name) for path in tmp_path.iterdir()]
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and any(Path(f"/proc/{one}").exists() for one in processes):
        time.sleep(0.1)
    assert not [one for one in processes if Path(f"/proc/{one}").exists()]


def test_the_command_line_says_that_a_process_was_killed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> int:
        raise BrokenExecutor

    monkeypatch.setattr("shamsul.cli.base.app", broken)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "A process was stopped from outside" in capsys.readouterr().err

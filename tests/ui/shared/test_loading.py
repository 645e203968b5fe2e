"""Torch is loaded by one thread; pages that need it wait, and the others do not need it."""

import subprocess
import sys
import threading

import pytest

from shamsul.ui.shared import loading
from shamsul.ui.shared.frame import PAGES, WITHOUT_TORCH
from tests.ui.conftest import ROOT

LOADED = """
import sys
from shamsul.ui.shared import frame, loading
for name in sys.argv[1:]:
    loading.load(f"shamsul.ui.{name}")
print("torch" in sys.modules)
"""


def test_pages_that_do_not_wait_need_no_torch() -> None:
    assert set(WITHOUT_TORCH) < {name for name, *_ in PAGES}
    call = [sys.executable, "-c", LOADED, *WITHOUT_TORCH]
    found = subprocess.run(call, cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("fails", [False, True])
def test_who_waits_goes_on_when_it_is_loaded(monkeypatch, fails: bool) -> None:
    loading.wait()  # nobody has begun
    slow, waited = threading.Event(), threading.Event()

    def load(name: str) -> None:
        assert slow.wait(10)
        if fails:
            raise ImportError

    monkeypatch.setattr(loading, "import_module", load)
    monkeypatch.setattr(loading.gc, "freeze", lambda: None)
    loading.begin()
    waiting = threading.Thread(target=lambda: (loading.wait(), waited.set()))
    waiting.start()
    assert not waited.wait(0.1)
    slow.set()
    assert waited.wait(10)
    waiting.join()
    for one in threading.enumerate():
        if one.name == "shamsul-loading":  # its error is told when it ends
            one.join()


def test_every_page_has_a_package_of_its_name() -> None:
    for name, *_ in PAGES:
        loading.load(f"shamsul.ui.{name}")
        assert any(module.startswith(f"shamsul.ui.{name}.") for module in sys.modules)

"""The fake phantom, importable by name also in rendering processes."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parent)
    import fake_phantom

    return fake_phantom


@pytest.fixture(autouse=True)
def thread_count() -> Iterator[None]:
    """Training sets torch's number of threads; other tests get theirs back."""
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)

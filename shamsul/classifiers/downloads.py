"""Downloads of models that go on in the background, so that a page can show and stop them."""

import threading
import time

from shamsul.classifiers import registry
from shamsul.classifiers.manifest import ModelError


class _Stopped(Exception):
    """Raised out of the progress, so that nothing of the file is left."""


class Download:
    """One download.

    Attributes
    ----------
    received, total : int, int or None
        Bytes; None where the server does not say.
    failure : str
        Why it did not come, one sentence; empty where it may, or did.
    """

    def __init__(self, name: str) -> None:
        self.received = 0
        self.total: int | None = None
        self.failure = ""
        self._name = name
        self._stopping = False
        self._first: tuple[float, int] | None = None
        self._thread = threading.Thread(target=self._run, name=f"download {name}", daemon=True)
        self._thread.start()

    @property
    def is_going(self) -> bool:
        """Whether it has not ended yet."""
        return self._thread.is_alive()

    @property
    def is_whole(self) -> bool:
        """Whether the file is there; it is still checked and converted."""
        return self.total is not None and self.received >= self.total

    @property
    def seconds_left(self) -> float | None:
        """None while that is not known."""
        if self._first is None or self.total is None:
            return None
        seconds, received = time.monotonic() - self._first[0], self.received - self._first[1]
        return (self.total - self.received) * seconds / received if received else None

    def stop(self) -> None:
        """End it; nothing of the file is kept."""
        self._stopping = True

    def _run(self) -> None:
        try:
            registry.download(self._name, progress=self._progress)
        except _Stopped:
            pass
        except ModelError as error:
            self.failure = str(error)

    def _progress(self, received: int, total: int | None) -> None:
        if self._stopping:
            raise _Stopped
        self.received, self.total = received, total
        self._first = self._first or (time.monotonic(), received)


class Downloads:
    """The downloads of a process, the last one of each model."""

    def __init__(self) -> None:
        self._of: dict[str, Download] = {}

    def start(self, name: str) -> None:
        """Download a model, unless that is going on already."""
        known = self._of.get(name)
        if known is None or not known.is_going:
            self._of[name] = Download(name)

    def of(self, name: str) -> Download | None:
        """A model's last download, None where there was none."""
        return self._of.get(name)

"""What whoever runs the app asked to see of it, begun when the server starts."""

import tempfile

from shamsul.operations import log, metrics
from shamsul.operations.server import Health, serve
from shamsul.reading import StoreError
from shamsul.reading.database.transactions import Database
from shamsul.settings import SettingsError, settings
from shamsul.ui.shared import session


def begin() -> None:
    """Log as the settings say, and serve metrics and health if they name a port."""
    try:
        asked = settings()
    except SettingsError:
        return  # every page says it
    if asked.log == "json":
        log.begin()
    if asked.metrics_port:
        metrics.WAITING.set_function(lambda: _jobs(running=False))
        metrics.RUNNING.set_function(lambda: _jobs(running=True))
        checks = {"database": Ratings().fault, "data directory": directory, "worker": worker}
        serve(asked.metrics_port, Health(checks))


def _jobs(*, running: bool) -> int:
    desk = session.desk_if_open()
    return sum(one.running is running for one in desk.queue()) if desk else 0


class Ratings:
    """The ratings' database, opened as the first page opens it."""

    def __init__(self) -> None:
        self._database: Database | None = None

    def fault(self) -> str:
        """Why it cannot be used; empty if it can."""
        try:
            if self._database is None:
                opened = Database(settings().database)
                opened.migrate()
                self._database = opened
            elif self._database.file and not self._database.file.exists():
                # Who has it open would not notice.
                return "The file of the ratings database is gone."
            else:
                self._database.migrate()  # asks for its version, and has nothing to do
        except StoreError as error:
            return str(error)
        return ""


def directory() -> str:
    """Why the data directory cannot be written; empty if it can."""
    try:
        settings().data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=settings().data_dir, buffering=0) as file:
            file.write(bytes(4096))
    except OSError as error:
        return f"The data directory cannot be written: {error.strerror}."
    return ""


def worker() -> str:
    """Why nothing can be computed; empty where something can, or nothing was asked for yet."""
    desk = session.desk_if_open()
    return desk.engine.fault() if desk else ""

"""One JSON object a line: what happened, in which run of a page, to which job; and nobody's name.

Lines of ours say what they mean in words that are written in the code. What a library says may
quote what it was given: a file's name, a value of a header, an address with a reader in it. So a
library's line, and an exception, is told by where it comes from and by its type.
"""

import json
import logging
import sys
import threading
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import PurePath
from types import TracebackType
from typing import Final

#: Identifies the run of a page that goes on here, empty where none does.
REQUEST: Final[ContextVar[str]] = ContextVar("request", default="")
#: Identifies the job that is computed here, empty where none is.
JOB: Final[ContextVar[str]] = ContextVar("job", default="")

#: What a line of ours may say besides its message, by `extra`.
FIELDS: Final = ("job", "kind", "method", "page", "seconds", "error")
#: The message of a library's line.
LEFT_OUT: Final = "A library's message is left out."

_OURS: Final = "shamsul"
_ERROR = tuple[type[BaseException] | None, BaseException | None, TracebackType | None]

log = logging.getLogger(__name__)


def begin() -> None:
    """From now on what this process logs is written to stderr as JSON.

    Lines of ours are from INFO on, those of libraries from WARNING on. So is what Python itself
    would print there: exceptions that nobody has caught, and warnings.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(Lines())
    logging.getLogger(_OURS).setLevel(logging.INFO)
    logging.raiseExceptions = False  # what fails in logging would be printed with its arguments

    def write(logger: logging.Logger, record: logging.LogRecord) -> None:
        if _is_ours(record) or record.levelno >= logging.WARNING:
            handler.handle(record)

    # Streamlit gives every logger of its own a handler, whenever it makes one, and the root never
    # hears of it: one way out for all cannot be had by handlers.
    logging.Logger.callHandlers = write  # type: ignore[method-assign,assignment]

    def raised(kind: type[BaseException] | None, trace: TracebackType | None) -> None:
        log.error("Nobody has caught an exception.", exc_info=(kind, None, trace))  # type: ignore[arg-type]

    sys.excepthook = lambda kind, _, trace: raised(kind, trace)
    threading.excepthook = lambda told: raised(told.exc_type, told.exc_traceback)
    sys.unraisablehook = lambda told: raised(told.exc_type, told.exc_traceback)
    warnings.showwarning = lambda _, category, *place: log.warning(
        "A library warns.", extra={"error": category.__name__}
    )


def shortened(digest: str) -> str:
    """What a job is called by its digest."""
    return digest[:12]


@contextmanager
def about(digest: str) -> Iterator[None]:
    """What is logged inside is about the job of that digest, which may be shortened already."""
    before = JOB.set(shortened(digest))
    try:
        yield
    finally:
        JOB.reset(before)


class Lines(logging.Formatter):
    """Writes a record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        ours = _is_ours(record)
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage() if ours else LEFT_OUT,
            "request": REQUEST.get(),
            "job": JOB.get(),
        }
        if ours:
            line |= {field: getattr(record, field) for field in FIELDS if hasattr(record, field)}
        else:
            line["at"] = f"{record.module}.py:{record.lineno}"
        if record.exc_info:
            line |= _error(record.exc_info)
        return json.dumps({name: value for name, value in line.items() if value not in ("", None)})


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == _OURS


def _error(raised: _ERROR) -> dict[str, object]:
    """An exception's type, and the lines of code that it came through."""
    kind, _, trace = raised
    frames = traceback.extract_tb(trace)
    return {
        "error": kind.__name__ if kind else None,
        "frames": [f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames],
    }

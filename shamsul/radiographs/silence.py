"""Nothing that the decoding libraries have to say about a file leaves this room.

pydicom's warnings and log records quote the values they complain about, and Pillow logs EXIF
values: both may be a patient's name.
"""

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

LIBRARIES = ("pydicom", "pylibjpeg", "openjpeg", "jpeg_ls", "PIL")

# Warning filters and logger states belong to the process: one reader at a time, or two would
# restore each other's silence.
_one_reader = threading.RLock()


@contextmanager
def silence() -> Iterator[None]:
    """Drop warnings, and log records of the decoding libraries, while a file is read."""
    with _one_reader, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tops = [logging.getLogger(name) for name in LIBRARIES]
        # A level set on a child would win over its parent's: silence both.
        talking = [
            logger
            for name, logger in logging.root.manager.loggerDict.items()
            if isinstance(logger, logging.Logger)
            and name.split(".")[0] in LIBRARIES
            and not logger.disabled
        ]
        levels = [logger.level for logger in tops]
        for logger in talking:
            logger.disabled = True
        for logger in tops:
            logger.setLevel(logging.CRITICAL + 1)
        try:
            yield
        finally:
            for logger, level in zip(tops, levels, strict=True):
                logger.setLevel(level)
            for logger in talking:
                logger.disabled = False

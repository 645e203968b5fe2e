"""Files of arrays that may be damaged, and what damage looks like."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from numpy.lib.npyio import NpzFile

#: What content gives that is not what it is taken for.
SENSELESS: Final = (
    ArithmeticError,
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)


@contextmanager
def opened_arrays(path: Path) -> Iterator[NpzFile]:
    """An ``.npz`` file, each array read when it is asked for; nothing is unpickled.

    Raises
    ------
    ValueError
        If the file is damaged, now or while its arrays are read.
    OSError
        If there is none, or it cannot be opened.
    """
    # Opened here, since numpy leaves a file open that turns out not to be whole.
    with path.open("rb") as file:
        try:
            with np.load(file, allow_pickle=False) as arrays:
                yield arrays
        except (
            *SENSELESS,
            EOFError,
            OSError,
            NotImplementedError,  # a method of compression
            RuntimeError,  # encrypted, to zipfile
            struct.error,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            if isinstance(error, ValueError):
                raise
            raise ValueError(f"{path} cannot be read: {error}") from error

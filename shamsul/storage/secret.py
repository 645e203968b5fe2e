"""A secret of this installation."""

import contextlib
import os
import secrets
from pathlib import Path


def secret(path: Path) -> bytes:
    """32 random bytes, the same at each call, kept in a file that its owner alone may read.

    Parameters
    ----------
    path : Path
        The file; made where there is none, in a folder that is there.

    Raises
    ------
    OSError
        If it cannot be read or written.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        pass
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(secrets.token_bytes(32))
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):  # another process was first: its secret counts
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    return path.read_bytes()

"""Results on disk, found again by what they are results of."""

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shamsul import __version__
from shamsul.storage.atomic import write_atomically

Rows = list[dict[str, Any]]


class ResultCache:
    """Rows of numbers in a directory, one JSON file for each key.

    Parameters
    ----------
    directory : Path
        Made when the first result is put.
    """

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    @staticmethod
    def digest(about: Sequence[object]) -> str:
        """A key: SHA-256, hexadecimal, of JSON-able facts and this release."""
        text = json.dumps([__version__, *about], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def get(self, key: str) -> Rows | None:
        """The rows kept under a key, or None where they are not there or not whole."""
        try:
            rows = json.loads((self.directory / f"{key}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        whole = isinstance(rows, list) and all(isinstance(row, dict) for row in rows)
        return rows if whole else None

    def put(self, key: str, rows: Rows) -> None:
        """Keep rows; a reader never sees half a file."""
        self.directory.mkdir(parents=True, exist_ok=True)
        content = json.dumps(rows, allow_nan=False).encode()
        write_atomically(self.directory / f"{key}.json", content)

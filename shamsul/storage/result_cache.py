"""Results on disk, found again by what they are results of."""

import hashlib
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shamsul import __version__
from shamsul.storage.atomic import write_atomically
from shamsul.storage.damage import SENSELESS

Rows = list[dict[str, Any]]

log = logging.getLogger(__name__)


class ResultCache:
    """Rows of numbers in a directory, one JSON file with a checksum for each key.

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
            kept = json.loads((self.directory / f"{key}.json").read_bytes())
            rows: Rows = kept["rows"]
            whole = kept["sha256"] == _checksum(rows)
        except (OSError, *SENSELESS):
            return None
        return rows if whole else None

    def offer(self, key: str, rows: Rows) -> None:
        """Keep rows if the disk lets them be kept, for who has them in hand all the same."""
        try:
            self.put(key, rows)
        except OSError as error:
            log.warning("Results could not be kept: %s", error.strerror)

    def put(self, key: str, rows: Rows) -> None:
        """Keep rows; a reader never sees half a file.

        Raises
        ------
        OSError
            If the disk is full or read-only.
        """
        self.directory.mkdir(parents=True, exist_ok=True)
        content = json.dumps({"sha256": _checksum(rows), "rows": rows}, allow_nan=False)
        write_atomically(self.directory / f"{key}.json", content.encode())


def _checksum(rows: Rows) -> str:
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()

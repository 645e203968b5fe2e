"""Streaming one file from the web to disk."""

import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from shamsul.classifiers.manifest import ModelError

_CHUNK: Final = 1 << 18
_TIMEOUT_SECONDS: Final = 30.0


def fetch(
    url: str, target: Path, *, progress: Callable[[int, int | None], None] | None = None
) -> None:
    """Stream a URL into a file; no file is left when it fails, for whatever reason.

    Parameters
    ----------
    url : str
    target : Path
        Must not exist yet.
    progress : callable, optional
        Called with the bytes received so far and the total, None where the server does not say.

    Raises
    ------
    ModelError
        No connection, an error from the server, a connection cut short or a full disk; one
        sentence.
    """
    host = urlsplit(url).netloc
    try:
        with (
            urllib.request.urlopen(url, timeout=_TIMEOUT_SECONDS) as response,
            target.open("xb") as file,
        ):
            length = response.headers.get("Content-Length")
            total = int(length) if length else None
            received = 0
            while chunk := response.read(_CHUNK):
                file.write(chunk)
                received += len(chunk)
                if progress is not None:
                    progress(received, total)
        if total is not None and received != total:
            raise ModelError(f"The connection to {host} was cut after {received} of {total} bytes.")
    except BaseException as error:
        target.unlink(missing_ok=True)
        if isinstance(error, urllib.error.HTTPError):
            error.close()
            message = f"{host} answered {error.code} {error.reason} for {url}."
        elif isinstance(error, urllib.error.URLError | TimeoutError):
            reason = getattr(error, "reason", error)
            reason = getattr(reason, "strerror", None) or reason
            message = f"{host} cannot be reached ({reason})."
        elif isinstance(error, http.client.HTTPException | ConnectionError):
            message = f"The connection to {host} was cut."
        elif isinstance(error, OSError):
            free = shutil.disk_usage(target.parent).free
            message = f"{target.parent} cannot be written ({error.strerror}; {free} bytes free)."
        else:
            raise
        raise ModelError(message) from None

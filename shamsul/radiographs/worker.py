"""The process that reads files for :mod:`shamsul.radiographs.readers`, within limits.

It has no place to speak to: what the decoding libraries warn and log, which may quote a patient's
name, goes nowhere.
"""

import resource
import sys
import time
from contextlib import suppress
from multiprocessing.connection import Connection

from shamsul.radiographs.content import read_content
from shamsul.radiographs.readers import to_parts

# Seconds of processor time before the size is known and at least, and for each pixel: JPEG 2000,
# the slowest, takes half of that. A small file is refused within five seconds.
_SECONDS = 3.0
_SECONDS_A_PIXEL = 0.35e-6
# Bytes of address space; the largest image accepted takes four fifths.
_MEMORY = 5 * 2**30


def _allow(seconds: float) -> None:
    """Let the system end this process once it has used so much more processor time."""
    _limit(resource.RLIMIT_CPU, int(time.process_time() + seconds) + 1)


def _limit(what: int, most: int) -> None:
    highest = resource.getrlimit(what)[1]
    if highest != resource.RLIM_INFINITY and not 0 <= most <= highest:
        most = highest
    resource.setrlimit(what, (most, highest))


def serve(pipe: Connection) -> None:
    """Read what comes until the other end is closed."""
    # A process that is ended leaves no picture of its memory on the disk.
    _limit(resource.RLIMIT_CORE, 0)
    with suppress(ValueError):  # macOS counts what it has not given yet, and may refuse
        _limit(resource.RLIMIT_AS, _MEMORY)
    while True:
        try:
            data = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        _allow(_SECONDS)
        read = read_content(data, lambda pixels: _allow(max(_SECONDS, pixels * _SECONDS_A_PIXEL)))
        _limit(resource.RLIMIT_CPU, resource.RLIM_INFINITY)
        for part in to_parts(read):
            pipe.send_bytes(part)


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))

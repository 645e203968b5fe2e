"""What is asked from outside: ``/metrics`` and ``/healthz``, on a port of this machine alone."""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import socket
from typing import Any, Final

from prometheus_client.exposition import choose_encoder

from shamsul.operations.metrics import REGISTRY

#: Seconds that whoever asks for the health waits for an answer.
PATIENCE: Final = 2.0

log = logging.getLogger(__name__)

Check = Callable[[], str]
"""Says what is wrong, in one sentence without names; nothing where nothing is."""


class Health:
    """Whether the app is well: several checks, all asked at once.

    Parameters
    ----------
    checks : mapping of str to callable
        By what each looks at.
    patience : float
        Seconds after which a check that has not answered is a fault. It is left to end, and not
        begun again until then.
    """

    def __init__(self, checks: Mapping[str, Check], patience: float = PATIENCE) -> None:
        self._checks, self._patience = checks, patience
        self._looks: dict[str, Future[str]] = {}
        self._beginning = threading.Lock()

    def faults(self) -> dict[str, str]:
        """What is wrong, by what was looked at; empty where all is well."""
        with self._beginning:
            for name, check in self._checks.items():
                if name not in self._looks or self._looks[name].done():
                    self._looks[name] = _begun(check)
            looks = dict(self._looks)
        wait(looks.values(), self._patience)
        late = f"It has not answered within {self._patience:g} seconds."
        found = {name: look.result() if look.done() else late for name, look in looks.items()}
        return {name: fault for name, fault in found.items() if fault}


def _begun(check: Check) -> Future[str]:
    """A check in a thread that the end of the process does not wait for."""
    look: Future[str] = Future()

    def work() -> None:
        try:
            look.set_result(check())
        except Exception as error:  # whatever it is, it has not answered that all is well
            look.set_result(f"It could not be looked at ({type(error).__name__}).")

    threading.Thread(target=work, name="shamsul-health", daemon=True).start()
    return look


class Server(ThreadingHTTPServer):
    """Answers at 127.0.0.1.

    Parameters
    ----------
    port : int
    health : Health

    Raises
    ------
    OSError
        If the port cannot be had.
    """

    daemon_threads = True

    def __init__(self, port: int, health: Health) -> None:
        self.health = health
        super().__init__(("127.0.0.1", port), _Answering)

    def handle_error(self, request: socket | tuple[bytes, socket], client_address: Any) -> None:
        """One line instead of a traceback."""
        log.warning("A request for metrics or health failed.", exc_info=True)


class _Answering(BaseHTTPRequestHandler):
    server: Server
    timeout = 10  # of a client that says nothing

    def do_GET(self) -> None:
        """Answer, or say that there is no such address."""
        match self.path.partition("?")[0]:
            case "/metrics":
                encode, content_type = choose_encoder(self.headers.get("Accept", ""))
                self._answer(HTTPStatus.OK, content_type, encode(REGISTRY))
            case "/healthz":
                faults = self.server.health.faults()
                status = HTTPStatus.SERVICE_UNAVAILABLE if faults else HTTPStatus.OK
                answer = json.dumps({"healthy": not faults, "faults": faults})
                self._answer(status, "application/json", answer.encode())
            case _:
                self.send_error(HTTPStatus.NOT_FOUND)

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of each request."""


def serve(port: int, health: Health) -> Server | None:
    """Answer at a port from now on, in a thread; a line of the log where it cannot be had.

    Parameters
    ----------
    port : int
    health : Health

    Returns
    -------
    Server or None
    """
    try:
        server = Server(port, health)
    except OSError as error:
        log.error("Metrics and health cannot be served at port %d: %s.", port, error.strerror)
        return None
    threading.Thread(target=server.serve_forever, name="shamsul-metrics", daemon=True).start()
    return server

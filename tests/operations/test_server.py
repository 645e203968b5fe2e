"""What is asked over HTTP on a free port."""

import json
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from shamsul.operations import metrics
from shamsul.operations.server import Check, Health, Server, serve


@pytest.fixture
def answering() -> Iterator[Callable[..., Server]]:
    servers = []

    def begin(**checks: Check) -> Server:
        server = serve(0, Health(checks, patience=0.2))
        assert server is not None
        servers.append(server)
        return server

    yield begin
    for server in servers:
        server.shutdown()
        server.server_close()


def get(server: Server, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}{path}") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_metrics_are_read_by_prometheus(answering: Callable[..., Server]) -> None:
    metrics.SAVED.inc()
    metrics.SECONDS.labels("maps", "lrp").observe(0.3)
    status, text = get(answering(), "/metrics")
    found = {one.name: one for one in text_string_to_metric_families(text)}
    assert status == 200
    assert found["shamsul_answers_saved"].samples[0].value >= 1
    assert {"shamsul_jobs_waiting", "shamsul_jobs_running", "shamsul_jobs_ended"} <= found.keys()
    bounds = [
        one.labels["le"] for one in found["shamsul_job_seconds"].samples if "le" in one.labels
    ]
    assert bounds[0] == "0.1" and bounds[-1] == "+Inf"


def test_health_names_what_fails(answering: Callable[..., Server]) -> None:
    faults = [""]
    server = answering(worker=lambda: "", database=lambda: faults[0])
    assert get(server, "/healthz?verbose") == (200, '{"healthy": true, "faults": {}}')
    faults[0] = "The ratings database is read-only."
    status, text = get(server, "/healthz")
    assert status == 503
    assert json.loads(text) == {"healthy": False, "faults": {"database": faults[0]}}


def test_a_check_that_hangs_is_a_fault_and_is_not_begun_again(
    answering: Callable[..., Server],
) -> None:
    go_on, begun = threading.Event(), []

    def hanging() -> str:
        begun.append(True)
        go_on.wait()
        return ""

    server = answering(database=hanging, worker=lambda: "")
    for _ in range(3):
        status, text = get(server, "/healthz")
        said = {"database": "It has not answered within 0.2 seconds."}
        assert status == 503 and json.loads(text)["faults"] == said
    assert len(begun) == 1
    go_on.set()
    while get(server, "/healthz")[0] != 200:
        pass


def test_a_check_that_breaks_down_tells_its_type(answering: Callable[..., Server]) -> None:
    def broken() -> str:
        raise ValueError("DOE^JOHN")

    status, text = get(answering(database=broken), "/healthz")
    assert status == 503 and "(ValueError)" in text and "DOE" not in text


def test_nothing_else_is_answered_and_only_on_this_machine(
    answering: Callable[..., Server], caplog: pytest.LogCaptureFixture, capfd
) -> None:
    server = answering()
    assert get(server, "/")[0] == get(server, "/review?reader=DOE^JOHN")[0] == 404
    assert server.server_address[0] == "127.0.0.1"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", server.server_port))
    assert not caplog.records and capfd.readouterr() == ("", "")


def test_a_busy_port_is_one_line(
    answering: Callable[..., Server], caplog: pytest.LogCaptureFixture
) -> None:
    port = answering().server_port
    assert serve(port, Health({})) is None
    (line,) = caplog.messages
    assert line == f"Metrics and health cannot be served at port {port}: Address already in use."

"""A server that somebody watches, used in a browser by somebody whose name nobody is to find."""

import json
import re
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect
from prometheus_client.parser import text_string_to_metric_families

from tests.ui.conftest import Apps, free_port, settled

pytestmark = pytest.mark.browser

NAME = "DOE^JOHN"
ITEM = "The map highlights the correct location of the finding."


def health(port: int) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def numbers(port: int) -> Mapping[tuple[str, str], float]:
    """The counters by their names and outcomes, summed over the rest."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        text = answer.read().decode()
    assert "DOE" not in text
    found: dict[tuple[str, str], float] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            key = sample.name, sample.labels.get("outcome", "")
            found[key] = found.get(key, 0) + sample.value
    return found


def test_what_is_done_is_counted_and_logged_without_a_name(
    page: Page, start_app: Apps, tmp_path: Path
) -> None:
    port, data = free_port(), tmp_path / NAME
    env = {
        "SHAMSUL_DATA_DIR": str(data),
        "SHAMSUL_LOG": "json",
        "SHAMSUL_METRICS_PORT": str(port),
    }
    url = start_app("app.py", env)
    assert health(port) == (200, '{"healthy": true, "faults": {}}')

    page.goto(f"{url}/worklist?reader={NAME}")
    (tmp_path / f"{NAME}.dcm").write_bytes(b"DICM" + NAME.encode() * 100)
    upload = page.get_by_label("Upload radiographs").locator("input[type=file]")
    upload.set_input_files([tmp_path / f"{NAME}.dcm"])
    expect(page.get_by_role("alert").filter(has_text="1 file not added")).to_be_visible()
    page.goto(f"{url}/review?case=1&reader={NAME}")
    expect(page.get_by_role("img", name=re.compile("^LRP heatmap"))).not_to_have_attribute(
        "aria-busy", "true", timeout=240_000
    )
    page.get_by_test_id("stButtonGroup").get_by_text("Rate", exact=True).click()
    scale = page.get_by_role("radiogroup", name=f"Grad-CAM: {ITEM}", exact=True)
    scale.get_by_role("radio", name="4", exact=True).click()
    expect(page.get_by_text(re.compile(r"Saved at \d\d:\d\d"))).to_be_visible()
    settled(page)

    found = numbers(port)
    assert found["shamsul_answers_saved_total", ""] == 1
    assert found["shamsul_jobs_ended_total", "done"] >= 1
    assert found["shamsul_job_seconds_count", ""] == found["shamsul_jobs_ended_total", "done"]

    (data / "shamsul.db").rename(tmp_path / "elsewhere.db")
    status, text = health(port)
    assert status == 503
    assert json.loads(text)["faults"] == {"database": "The file of the ratings database is gone."}

    # A handshake for another origin, as a page of another site would have it.
    server = url.removeprefix("http://")
    host, _, app_port = server.partition(":")
    with socket.create_connection((host, int(app_port))) as connection:
        connection.sendall(f"GET /?reader={NAME} HTTP/1.1\r\nHost: {NAME}\r\n: x\r\n\r\n".encode())
        connection.recv(100)

    said = start_app.log(url).read_text()
    assert "DOE" not in said
    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    runs = {line["request"] for line in lines if line["message"] == "A page was run."}
    assert {line.get("page") for line in lines} >= {"worklist", "review"} and len(runs) > 2
    (saved,) = [line for line in lines if line["message"] == "An answer is saved."]
    assert saved["request"] in runs
    for job in {line["job"] for line in lines if line["message"] == "A job is done."}:
        about = [line["message"] for line in lines if line.get("job") == job]
        assert about[:2] == ["A job waits.", "A job is computed."]
    # What is no line of ours comes before the app is loaded: Streamlit's greeting.
    first = next(line for line in said.splitlines() if line.startswith("{"))
    after = said[said.index(first) :].splitlines()
    assert [line for line in after if line and not line.startswith("{")] == []

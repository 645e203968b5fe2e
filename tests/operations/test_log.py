"""Lines of JSON, which name nobody, whatever a library says."""

import json
import os
import subprocess
import sys
from pathlib import Path

#: What a process does after it has begun to log as JSON, with a name wherever one may come in.
SCRIPT = """
import logging, sys, threading, warnings
sys.path[:0] = {folder!r},
from streamlit.logger import get_logger
before = get_logger("streamlit.before")
from shamsul.operations import log
log.begin()

name = "DOE^JOHN"
ours = logging.getLogger("shamsul.room")
log.REQUEST.set("a1b2")
ours.debug("Nobody asked for this.")
ours.info("A page was run.", extra={{"page": "review", "seconds": 0.5, "reader": name}})
with log.about("0123456789abcdef"):
    ours.warning("Two\\nlines.")
try:
    raise FileNotFoundError(2, name, name + ".dcm")
except OSError:
    ours.error("It failed.", exc_info=True)
    before.error(f"cannot open {{name}}", exc_info=True)
    before.exception("cannot open %s", name)
get_logger("streamlit.later").warning("GET /review?reader=%s", name)
logging.getLogger("uvicorn.error").warning('"WebSocket /_stcore/stream?reader=%s"', name)
logging.getLogger("uvicorn.error").info('"WebSocket /_stcore/stream?reader=%s"', name)
logging.getLogger("asyncio").error("wrong %d arguments", name)
logging.error(name)
warnings.warn(name)

def fail():
    raise ValueError(name)

thread = threading.Thread(target=fail)
thread.start()
thread.join()

class Failing:
    def __del__(self):
        fail()

del (failing := [Failing()])[0]
fail()
"""


def lines(folder: Path, script: str) -> list[dict]:
    """What a script has written to stderr."""
    call = [sys.executable, "-c", script]
    done = subprocess.run(call, capture_output=True, text=True, cwd=folder, env={**os.environ})
    assert done.returncode == 1 and not done.stdout
    assert "DOE" not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_no_line_holds_what_a_library_or_an_exception_says(tmp_path: Path) -> None:
    found = lines(tmp_path, SCRIPT.format(folder=str(Path(__file__).resolve().parents[2])))
    for line in found:
        assert line.pop("time").endswith("+00:00")
    runs = [line.pop("request", "") for line in found]
    assert runs == ["a1b2"] * 10 + [""] + ["a1b2"] * 2  # a thread is in no run of a page
    assert found[0] == {
        "level": "INFO",
        "logger": "shamsul.room",
        "message": "A page was run.",
        "page": "review",
        "seconds": 0.5,
    }
    assert found[1]["message"] == "Two\nlines." and found[1]["job"] == "0123456789ab"
    assert found[2]["message"] == "It failed." and found[2]["error"] == "FileNotFoundError"
    assert found[2]["frames"] == ["<string>:17"]
    told = [line["logger"] for line in found if "left out" in line["message"]]
    assert told == [
        "streamlit.before",
        "streamlit.before",
        "streamlit.later",
        "uvicorn.error",
        "asyncio",
        "root",
    ]
    assert found[3]["at"] == "<string>.py:20" and found[3]["error"] == "FileNotFoundError"
    errors = [line.get("error") for line in found[9:]]
    assert errors == ["UserWarning", "ValueError", "ValueError", "ValueError"]

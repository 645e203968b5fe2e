"""Many readers at once: how long an answer takes to be saved, and the next case to open.

``python -m benchmarks.load [--readers 20] [--cases 3] [--pause 1.5]`` starts the app with a study
of the demo whose maps are computed beforehand, lets readers rate over Streamlit's own protocol,
each a session of its own with a pause before each click, and prints one JSON object. Afterwards it
compares what the readers were told to be saved with what is in the database.

``--servers 2 --database URL`` has them read at several servers with one core each and an empty
PostgreSQL; ``--store-only`` has as many threads save the answers without any page.
"""

import argparse
import asyncio
import json
import os
import platform
import random
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle, product
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.client import Session
from benchmarks.cluster import descendants
from benchmarks.explain import machine
from shamsul.reading import Answer, MapShown, Store

FORM = "shamsul_questionnaire"
ROOT = Path(__file__).resolve().parents[1]

STUDY = """
name = "load"
title = "Load"
model = "phantom"
methods = ["lime", "shap", "grad_cam", "lrp"]
readers = {readers}
[cases]
study = "phantom-demo"
only = {cases}
[labels]
from = "given"
given = ["Cardiomegaly"]
"""


def command(*arguments: str, root: Path = ROOT, **environment: str) -> None:
    """Run the command line of a checkout."""
    subprocess.run(
        [sys.executable, "-c", "from shamsul.cli import main; main()", *arguments],
        check=True,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root)} | environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class Reader:
    """Somebody who answers everything that is required, and goes on.

    Attributes
    ----------
    saved, opened : list of float
        Seconds until an answer was said to be saved, and until the next case's questions stood.
    told : dict
        The last value said to be saved, by what was answered about and item.
    """

    def __init__(self, name: str, pause: float) -> None:
        self.name, self.pause = name, pause
        self.saved: list[float] = []
        self.opened: list[float] = []
        self.told: dict[tuple[str, str], object] = {}
        self._random = random.Random(name)
        self._number = 0
        self._outbox = f"load-{name}"

    async def read(self, address: str) -> None:
        """Read the whole study."""
        await asyncio.sleep(self._random.uniform(0, 2 * self.pause))
        query = f"reader={self.name}&study=load"
        async with Session(address, "reading", query) as session:
            form = await session.until(FORM, lambda form: bool(form["finish"]))
            while form is not None:
                form = await self._screen(session, form)

    async def _screen(self, session: Session, form: dict[str, Any]) -> dict[str, Any] | None:
        """Answer one screen and go on; None where it was the last one."""
        if form["maps"]:
            form = await session.until(FORM, lambda form: all(m["token"] for m in form["maps"]))
        questions = [(form["case"], one) for one in form["about_case"]]
        questions += [(column, one) for one in form["about_maps"] for column in form["maps"]]
        for column, question in questions:
            if question["required"] and not form["locked"]:
                await self._think()
                value = self._answer(question, len(form["maps"]))
                seconds = await self._put(session, column["token"], question["id"], value)
                self.saved.append(seconds)
                self.told[column["token"], question["id"]] = value
        await self._think()
        before = form["finish"]["token"]
        start = time.perf_counter()
        await self._send(session, before, "@next", None)
        form = await session.until(
            FORM, lambda form: not form["finish"] or form["finish"]["token"] != before
        )
        if not form["finish"]:
            return None  # the page that says thank you asks nothing
        self.opened.append(time.perf_counter() - start)
        return form

    async def _think(self) -> None:
        await asyncio.sleep(self._random.uniform(0.5, 1.5) * self.pause)

    def _answer(self, question: dict[str, Any], maps: int) -> object:
        kind = question["kind"]
        if kind == "scale":
            return self._random.randint(1, len(question["options"]))
        if kind == "rank":
            return self._random.randint(1, maps)
        if kind == "choice":
            return self._random.choice(question["options"])
        return 42

    async def _send(self, session: Session, token: str, item: str, value: object) -> None:
        self._number += 1
        event = {"number": self._number, "token": token, "item": item, "value": value}
        content = {"id": self._outbox, "tries": self._number, "events": [event | {"seconds": 1.0}]}
        await session.set_state(FORM, "outbox", content)

    async def _put(self, session: Session, token: str, item: str, value: object) -> float:
        start = time.perf_counter()
        await self._send(session, token, item, value)
        number = self._number
        await session.until(FORM, lambda form: form["saved"].get(self._outbox, 0) >= number)
        return time.perf_counter() - start


async def all_read(readers: list[Reader], addresses: list[str]) -> None:
    """Let them read at once, each at one of the servers."""
    at = zip(readers, cycle(addresses), strict=False)
    await asyncio.gather(*(reader.read(address) for reader, address in at))


def lost(readers: list[Reader], store: Store) -> int:
    """Answers about cases that were said to be saved and are not there, or there and never said."""
    told = Counter(
        (reader.name, item, value)
        for reader in readers
        for (token, item), value in reader.told.items()
        if not token.startswith(f"{reader.name}/")  # about the reader, kept elsewhere
    )
    kept = Counter(
        (saved.answer.reader, saved.answer.item, saved.answer.value)
        for saved in store.export_rows("load")
    )
    return sum(((told - kept) + (kept - told)).values())


@dataclass(frozen=True)
class Server:
    """The app of a checkout that runs."""

    process: int
    port: int

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    def cpu_seconds(self) -> float:
        """What it and the processes that it started have used of the cores so far."""
        ticks = 0
        for process in (self.process, *descendants(self.process)):
            with suppress(FileNotFoundError):
                # What comes after the name, which may have spaces: utime, stime and the children's.
                stat = Path(f"/proc/{process}/stat").read_text().rpartition(") ")[2].split()
                ticks += sum(map(int, stat[11:15]))
        return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def serving(
    environment: Mapping[str, str], root: Path = ROOT, core: int | None = None
) -> Iterator[Server]:
    """The app of a checkout, as long as it is needed; on one core alone, if it is given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    app = subprocess.Popen(
        [
            *(() if core is None else ("taskset", "--cpu-list", str(core))),
            *(sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless=true"),
            *(f"--server.port={port}", "--server.fileWatcherType=none"),
        ],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_for(port)
        yield Server(app.pid, port)
    finally:
        app.terminate()
        app.wait()


def at_pages(given: argparse.Namespace, environment: dict[str, str]) -> dict[str, Any]:
    """Let readers read at servers, and tell how long they waited."""
    names = [f"R{number:02d}" for number in range(given.readers)]
    cases = [f"phantom-{number:04d}" for number in range(1, given.cases + 1)]
    text = STUDY.format(readers=json.dumps(names), cases=json.dumps(cases))
    file = Path(environment["SHAMSUL_DATA_DIR"]) / "study.toml"
    file.write_text(text, encoding="utf-8")
    command("study", "create", str(file), **environment)
    command("precompute", "load", **environment)
    cores = range(given.servers) if given.servers > 1 else (None,)
    with ExitStack() as stack:
        servers = [stack.enter_context(serving(environment, core=core)) for core in cores]
        for server in servers:  # the first page pays for what is loaded once
            asyncio.run(_open_once(server.address))
        before = sum(server.cpu_seconds() for server in servers)
        readers = [Reader(name, given.pause) for name in names]
        start = time.perf_counter()
        asyncio.run(all_read(readers, [server.address for server in servers]))
        seconds = time.perf_counter() - start
        used = sum(server.cpu_seconds() for server in servers) - before
    store = Store(_database(environment))
    missing = lost(readers, store)
    store.close()
    saved = [one for reader in readers for one in reader.saved]
    opened = [one for reader in readers for one in reader.opened]
    return {
        "servers": given.servers,
        "answers": len(saved),
        "answers_per_second": round(len(saved) / seconds, 1),
        "cpu_seconds_a_click": round(used / (len(saved) + len(opened)), 3),
        "save_seconds": _percentiles(saved),
        "next_screen_seconds": _percentiles(opened),
        "lost_or_doubled": missing,
    }


def at_the_store(given: argparse.Namespace, environment: dict[str, str]) -> dict[str, Any]:
    """Let threads save answers about the demo's cases, and tell how long they waited."""
    command("study", "status", **environment)
    store = Store(_database(environment))
    cases = store.cases("phantom-demo")

    def rate(number: int) -> list[float]:
        random_, waited = random.Random(number), []
        for case, method in product(cases, ("lime", "shap", "grad_cam", "lrp")):
            time.sleep(random_.uniform(0, 2) * given.pause)
            shown = MapShown(
                label="Edema",
                model="phantom",
                model_sha256="c" * 64,
                blinded=False,
                method=method,
                method_name_shown=method,
                panel_position=1,
                heatmap_sha256="b" * 64,
                opacity=0.5,
                normalisation="p99.5",
            )
            answer = Answer(case=case, reader=f"R{number}", shown=shown, item="location", value=3)
            start = time.perf_counter()
            store.record([answer])
            waited.append(time.perf_counter() - start)
        return waited

    start = time.perf_counter()
    with ThreadPoolExecutor(given.readers) as threads:
        waited = [one for found in threads.map(rate, range(given.readers)) for one in found]
    seconds = time.perf_counter() - start
    kept = len(store.export_rows("phantom-demo"))
    store.close()
    return {
        "answers": len(waited),
        "answers_per_second": round(len(waited) / seconds, 1),
        "save_seconds": _percentiles(waited),
        "lost_or_doubled": abs(len(waited) - kept),
    }


def main() -> None:
    """Let readers answer, and print how long they waited."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--readers", type=int, default=20)
    options.add_argument("--cases", type=int, default=3)
    options.add_argument("--pause", type=float, default=1.5, help="mean seconds before a click")
    options.add_argument("--servers", type=int, default=1, help="more than one: of one core each")
    options.add_argument("--database", default="", help="URL of an empty one; by default SQLite")
    options.add_argument("--store-only", action="store_true", help="without any page")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        environment = {"SHAMSUL_DATA_DIR": folder, "SHAMSUL_DATABASE_URL": given.database}
        found = (at_the_store if given.store_only else at_pages)(given, environment)
    about = {"python": platform.python_version(), "readers": given.readers}
    print(json.dumps(machine() | about | found, indent=1))


def _database(environment: Mapping[str, str]) -> str:
    file = Path(environment["SHAMSUL_DATA_DIR"]) / "shamsul.db"
    return environment["SHAMSUL_DATABASE_URL"] or f"sqlite:///{file}"


async def _open_once(address: str) -> None:
    async with Session(address, "reading", "reader=R00&study=load") as session:
        await session.until(FORM, lambda form: bool(form["finish"]), seconds=120)


def _percentiles(seconds: list[float]) -> dict[str, float]:
    return {
        f"p{level}": round(float(np.percentile(seconds, level)), 3) for level in (50, 95, 99)
    } | {"max": round(max(seconds), 3)}


def _wait_for(port: int) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1)
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the app did not start")


if __name__ == "__main__":
    main()

"""The files of docs/deploy, as docs/deploy.md tells to use them."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from shamsul.reading import Store
from shamsul.reading.demo import DEMO
from tests.conftest import ROOT
from tests.reading.database.postgres import a_server, program
from tests.ui.conftest import free_port

pytestmark = pytest.mark.long

DEPLOY = ROOT / "docs" / "deploy"
PACKAGES = next(path for path in sys.path if path.endswith("site-packages"))


# ---- Copies --------------------------------------------------------------------------------------


@pytest.fixture(params=["sqlite", "postgresql"])
def databases(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """URLs of the installation's database and of an empty one; empty for SQLite's."""
    if request.param == "sqlite":
        yield "", ""
        return
    with a_server() as server:
        yield server.new_database(), server.new_database()


def environment(data: Path, database: str) -> dict[str, str]:
    pg_dump = program("pg_dump")
    folders = [str(Path(sys.executable).parent), *([str(Path(pg_dump).parent)] if pg_dump else [])]
    return {
        **os.environ,
        "PATH": os.pathsep.join([*folders, os.environ["PATH"]]),
        "SHAMSUL_DATA_DIR": str(data),
        "SHAMSUL_DATABASE_URL": database,
    }


def script(name: str, argument: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(DEPLOY / name), str(argument)], env=env, capture_output=True, text=True
    )


def contents(data: Path, database: str) -> tuple[list[str], set[str]]:
    """The cases, and the files that cannot be computed again."""
    store = Store(database or f"sqlite:///{data / 'shamsul.db'}")
    cases = [case.image_sha256 for case in store.cases(DEMO.name)]
    store.close()
    kept = (data / "radiographs", data / "annotations")
    return cases, {
        path.relative_to(data).as_posix()
        for folder in kept
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_copy_restores_what_cannot_be_computed_again(
    databases: tuple[str, str], tmp_path: Path
) -> None:
    database, empty = databases
    data, copies, restored = (tmp_path / name for name in ("data", "copies", "restored"))
    copies.mkdir()
    env = environment(data, database)
    subprocess.run([sys.executable, "-m", "shamsul", "study", "status"], env=env, check=True)
    (data / "maps").mkdir(exist_ok=True)
    (data / "maps" / "large").write_bytes(bytes(1000))
    done = script("backup.sh", copies, env)
    assert done.returncode == 0, done.stderr
    (copy,) = copies.iterdir()
    assert done.stdout.strip() == str(copy)
    assert copy.stat().st_mode & 0o077 == 0

    there = environment(restored, empty)
    done = script("restore.sh", copy, there)
    assert done.returncode == 0, done.stderr
    cases, files = contents(data, database)
    assert cases and files
    assert contents(restored, empty) == (cases, files)
    assert not (restored / "maps").exists()

    # Nothing is put over what is there.
    again = script("restore.sh", copy, there)
    assert again.returncode == 2
    assert again.stderr == f"{restored} is not empty.\n"
    if database:
        elsewhere = environment(tmp_path / "elsewhere", database)
        assert script("restore.sh", copy, elsewhere).returncode != 0
        assert contents(data, database) == (cases, files)


def test_a_copy_that_fails_is_not_there(tmp_path: Path) -> None:
    data, copies = tmp_path / "data", tmp_path / "copies"
    copies.mkdir()
    done = script("backup.sh", copies, environment(data, "postgresql+psycopg:///nobody?host=/none"))
    assert done.returncode != 0
    assert [path.suffix for path in copies.iterdir()] == [".part"]


# ---- The machine ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A script that runs commands where /opt, /etc and /var/lib are those of another machine."""
    if shutil.which("unshare") is None or os.geteuid() != 0:
        pytest.skip("folders of the system cannot be replaced here")
    folder = tmp_path_factory.mktemp("machine")
    for name in ("opt", "lib", "src"):
        (folder / name).mkdir()
    shutil.copytree("/etc", folder / "etc", symlinks=True)
    files = subprocess.run(
        ["git", "ls-files", "-z", "-co", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    for name in files.stdout.decode().split("\0")[:-1]:
        if (ROOT / name).exists():
            target = folder / "src" / "shamsul" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target)
    enter = folder / "enter"
    enter.write_text(
        "#!/bin/sh -e\n"
        f"mount --bind {folder}/opt /opt\n"
        f"mount --bind {folder}/etc /etc\n"
        f"mount --bind {folder}/lib /var/lib\n"
        f"mount --bind {folder}/src /usr/src\n"
        'exec "$@"\n'
    )
    enter.chmod(0o755)
    try:
        subprocess.run(["unshare", "--mount", str(enter), "true"], check=True, capture_output=True)
    except subprocess.CalledProcessError:
        pytest.skip("nothing can be mounted here")
    return enter


def on(machine: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["unshare", "--mount", str(machine), *command],
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def steps(machine: Path) -> list[str]:
    """The Dockerfile's RUN lines, done; packages are not downloaded, those of the tests serve."""
    lines = re.findall(r"^RUN (.*)$", (DEPLOY / "Dockerfile").read_text(), re.M)
    options = {"PIP_NO_DEPS": "1", "PIP_NO_BUILD_ISOLATION": "0", "PYTHONPATH": PACKAGES}
    for line in lines:
        done = on(machine, "sh", "-c", line, **options)
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return lines


def test_the_image_serves_the_app(machine: Path, steps: list[str]) -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    port = free_port()
    found = re.findall(r"CMD (\[.*\])$", text, re.M)
    check, command = (json.loads(line.replace("8501", str(port))) for line in found)
    settings = dict(re.findall(r"(SHAMSUL_\w+)=(\S+)", text))
    user = ["runuser", "-u", "shamsul", "--"]
    trial = ["/opt/shamsul/bin/python", "-c", "import streamlit"]
    if on(machine, *user, *trial, PYTHONPATH=PACKAGES).returncode:
        user = []  # where the tests' Python or packages are nobody else's
    server = subprocess.Popen(
        ["unshare", "--mount", str(machine), *user, "env", "HOME=/var/lib/shamsul", *command],
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONPATH": PACKAGES, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while on(machine, *user, *check).returncode:
            assert server.poll() is None and time.monotonic() < deadline
            time.sleep(0.5)
        listed = subprocess.run(["ps", "-wweo", "pgid=,uid=,args="], capture_output=True, text=True)
        rows = [line.split(None, 2) for line in listed.stdout.splitlines()]
        users = {uid for group, uid, args in rows if group == str(server.pid) and "app.py" in args}
        assert users and ("0" in users) == (not user)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        output, _ = server.communicate()
        print(output)
    assert "Traceback" not in output


def test_the_page_tells_the_same_steps(steps: list[str]) -> None:
    page = (ROOT / "docs" / "deploy.md").read_text()
    for line in steps:
        assert line.replace(" --no-cache-dir", "") in page


def test_systemd_understands_the_units(machine: Path, steps: list[str]) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd is not installed")
    copied = "install -D -t /opt/shamsul/deploy docs/deploy/backup.sh docs/deploy/restore.sh"
    placed = "install -m 644 -t /etc/systemd/system docs/deploy/*.service docs/deploy/*.timer"
    units = "shamsul@8501.service shamsul-backup.service shamsul-backup.timer"
    page = (ROOT / "docs" / "deploy.md").read_text()
    assert copied in page and placed in page
    script = f"cd /usr/src/shamsul && {copied} && {placed} && systemd-analyze verify {units}"
    done = on(machine, "sh", "-ec", script)
    # It also tells of other units of this machine.
    assert "shamsul" not in done.stderr
    assert done.returncode == 0, done.stderr

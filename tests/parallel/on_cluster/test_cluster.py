"""Work on the nodes of a Ray cluster."""

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.cluster import Nodes
from shamsul.parallel import cluster as clusters
from shamsul.parallel.cluster import Cluster, ClusterError
from shamsul.parallel.each import each


def squared(number: int) -> int:
    return number**2


def refused(number: int) -> int:
    if number == 5:
        raise ValueError("five is not wanted")
    return number


def slow(number: int) -> int:
    time.sleep(0.2)
    return number


def written(task: tuple[Path, int]) -> int:
    """Writes that it began, and again that it ended."""
    folder, number = task
    with (folder / f"{number}.begun").open("a") as file:
        file.write(f"{os.getpid()}\n")
    time.sleep(0.5)
    (folder / f"{number}.ended").touch()
    return number


def until_there(path: Path, progress: object) -> str:
    while not path.exists():
        time.sleep(0.05)
    return path.name


def counting(progress) -> str:  # type: ignore[no-untyped-def]
    for number in range(1, 41):
        progress(number, 40)
        time.sleep(0.05)
    return "counted"


def endless(path: Path, progress) -> None:  # type: ignore[no-untyped-def]
    for number in range(100):
        progress(number, 100)
        time.sleep(0.1)
    path.touch()


def never(done: int, planned: int) -> None:
    pass


def test_results_come_in_order_from_both_nodes(cluster: Cluster) -> None:
    before = cluster.nodes
    assert list(each(slow, range(20), 0)) == list(range(20))
    done = {name: count - before.get(name, 0) for name, count in cluster.nodes.items()}
    assert done.keys() >= {"one", "two"}
    assert min(done["one"], done["two"]) > 0
    assert sum(done.values()) == 20


def test_tasks_are_handed_over_in_chunks(cluster: Cluster) -> None:
    before = sum(cluster.nodes.values())
    assert list(each(squared, range(20), 0, chunk=8)) == [n**2 for n in range(20)]
    assert sum(cluster.nodes.values()) - before == 3


def test_tasks_are_taken_as_machines_get_free(cluster: Cluster) -> None:
    """Hence there may be more of them than there is memory for."""
    taken = 0

    def tasks() -> Iterator[int]:
        nonlocal taken
        for number in range(200):
            taken += 1
            yield number

    found = cluster.each(squared, tasks())
    ahead = []
    for given in range(100):
        next(found)
        ahead.append(taken - given)
    assert max(ahead) <= 20  # of two cores
    found.close()  # type: ignore[attr-defined]


def test_what_a_task_raises_is_raised_here(cluster: Cluster) -> None:
    with pytest.raises(ValueError, match="five is not wanted"):
        list(each(refused, range(10), 0))


def test_tasks_of_a_lost_node_are_done_elsewhere(
    nodes: Nodes, cluster: Cluster, tmp_path: Path
) -> None:
    nodes.add("three")
    while "three" not in cluster.nodes:
        time.sleep(0.5)
    killed = False

    def tasks() -> Iterator[tuple[Path, int]]:
        for number in range(400):
            if killed:
                return
            yield tmp_path, number

    found = []
    for number in cluster.each(written, tasks()):
        found.append(number)
        begun = {path for path in tmp_path.glob("*.begun") if path.read_text()}
        at_work = {path for path in begun if not path.with_suffix(".ended").exists()}
        numbers = {int(path.read_text().split()[0]) for path in at_work}
        if not killed and numbers & {*nodes.processes("three")}:
            nodes.kill("three")
            killed = True
    assert killed
    assert found == list(range(len(found)))
    assert len(list(tmp_path.glob("*.ended"))) == len(found)
    again = [path for path in tmp_path.glob("*.begun") if len(path.read_text().split()) > 1]
    assert again, "the lost node was not at work"


def gpus(number: int) -> list[str]:
    import ray

    time.sleep(0.2)
    return list(ray.get_runtime_context().get_accelerator_ids()["GPU"])


def waiting(task: tuple[Path, int]) -> bool:
    """Whether it had a GPU; with one it does not end."""
    folder, number = task
    if gpus(number):
        (folder / "begun").touch()
        time.sleep(60)
        return True
    return False


def test_a_gpu_works_beside_the_cores_and_what_it_had_is_done_by_them_when_it_is_lost(
    nodes: Nodes, cluster: Cluster, tmp_path: Path
) -> None:
    """Of the node that says it has one."""
    nodes.add("gpu", gpus=1)
    while "gpu" not in cluster.nodes:
        time.sleep(0.5)
    found = list(cluster.each(gpus, range(16), gpu=True))
    assert 0 < found.count(["0"]) < 16
    assert found.count([]) == 16 - found.count(["0"])
    assert [one for one in cluster.each(gpus, range(6)) if one] == []
    asked = cluster.each(waiting, ((tmp_path, number) for number in range(12)), gpu=True)
    done: list[bool] = []
    thread = threading.Thread(target=lambda: done.extend(asked))
    thread.start()
    while not (tmp_path / "begun").exists():
        time.sleep(0.1)
    nodes.kill("gpu")
    thread.join(120)
    assert done == [False] * 12


def deadly(number: int) -> int:
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_what_ends_its_process_time_and_again_does_not_stop_the_others(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "_RETRIES", 1)
    found = cluster.each(deadly, range(6), lost=lambda number: -number)
    assert list(found) == [0, 1, 2, -3, 4, 5]
    with pytest.raises(ClusterError, match="was lost, time and again"):
        list(cluster.each(deadly, [3]))


def test_what_is_urgent_does_not_wait_for_a_free_core(cluster: Cluster, tmp_path: Path) -> None:
    gate, other = tmp_path / "gate", tmp_path / "other"
    other.touch()
    blocked = cluster.each(_gated, [gate] * 4)
    found: list[str] = []
    # Handed out with the first look at the results.
    thread = threading.Thread(target=lambda: found.extend(blocked))
    thread.start()
    time.sleep(3)
    assert cluster.call(until_there, other, progress=never, urgent=True) == "other"
    assert not found
    gate.touch()
    thread.join(60)
    assert found == ["gate"] * 4


def _gated(path: Path) -> str:
    return until_there(path, None)


def test_progress_is_told_while_it_works(cluster: Cluster) -> None:
    reports: list[int] = []
    assert cluster.call(counting, progress=lambda done, _: reports.append(done)) == "counted"
    told = [done for done in reports if done]
    assert told == sorted(set(told))
    assert len(told) > 3


def test_what_progress_raises_ends_the_work(cluster: Cluster, tmp_path: Path) -> None:
    class Enough(Exception):
        pass

    def progress(done: int, planned: int) -> None:
        if done > 3:
            raise Enough

    with pytest.raises(Enough):
        cluster.call(endless, tmp_path / "end", progress=progress)
    # The next one finds a free core only if that has ended.
    assert list(each(slow, range(4), 0)) == [0, 1, 2, 3]
    assert not (tmp_path / "end").exists()


def test_a_folder_is_the_same_there(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "model.toml").write_text("name = 'x'")
    (tmp_path / "weights").write_bytes(bytes(range(256)))
    sent = cluster.send(tmp_path)
    found = list(cluster.each(_content, [sent] * 3))
    assert found == [{"model.toml": b"name = 'x'", "weights": bytes(range(256))}] * 3
    assert cluster.send(tmp_path) is sent
    (tmp_path / "weights").write_bytes(b"other")
    assert cluster.send(tmp_path).name != sent.name


def _content(sent) -> dict[str, bytes]:  # type: ignore[no-untyped-def]
    return {path.name: path.read_bytes() for path in sent.here().iterdir()}


@pytest.mark.parametrize("address", ["127.0.0.1:1", "nonsense", "host:port"])
def test_an_address_where_nothing_answers_is_a_sentence(address: str) -> None:
    with pytest.raises(ClusterError, match=f"No Ray cluster answers at {address}"):
        Cluster(address)


def test_without_ray_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match=r"pip install 'shamsul\[cluster\]'"):
        Cluster("127.0.0.1:6379")

"""Processes that write to one store; run by test_durability, which reads the lines they print.

usage: writers.py kill|race URL
"""

import os
import random
import signal
import sys
import time

from shamsul.reading import Answer, MapShown, Store, Study

KILLS = 15
RACERS = 3
ROUNDS = 25


def rating(store, comment):
    shown = MapShown(
        label="Cardiomegaly",
        model="phantom",
        blinded=True,
        method="lrp",
        method_name_shown="A",
        panel_position=1,
        heatmap_sha256="b" * 64,
        opacity=0.5,
        normalisation="symmetric",
    )
    case = store.add_case("pilot", "a" * 64)
    return Answer(case=case, reader="Ada", shown=shown, item="comment", value=comment)


def open_store(url):
    store = Store(url)
    store.ensure_study(Study("pilot", "Pilot"))
    return store


def record_until_killed(url, child, tell):
    store = open_store(url)
    for number in range(100_000):
        (saved,) = store.record([rating(store, f"{child}:{number}")])
        os.write(1, f"saved {saved.revision} {child}:{number}\n".encode())
        os.write(tell, b".")


def race(url, child):
    store = open_store(url)
    for number in range(ROUNDS):
        (saved,) = store.record([rating(store, f"{child}:{number}")])
        os.write(1, f"saved {saved.revision} {child}:{number}\n".encode())
    store.close()


def forked(work, *arguments):
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work(*arguments)
            status = 0
        finally:
            os._exit(status)
    return child


if __name__ == "__main__":
    what, url = sys.argv[1:]
    if what == "kill":
        chance = random.Random(int(time.time()))
        for child in range(KILLS):
            told, tell = os.pipe()
            process = forked(record_until_killed, url, child, tell)
            # While it opens the store, or so many answers later, however busy the machine is.
            for _ in range(child % 6):
                os.read(told, 1)
            time.sleep(chance.uniform(0, 0.1))
            os.kill(process, signal.SIGKILL)
            os.waitpid(process, 0)
    else:
        processes = [forked(race, url, child) for child in range(RACERS)]
        sys.exit(max(os.waitpid(process, 0)[1] for process in processes))

"""What the viewer is held to: how much of the window is film, and how smoothly it moves.

``python -m benchmarks.viewer`` starts the app on a fresh data directory whose demo has all maps,
opens cases in Chromium and prints one JSON object; ``--before FOLDER`` measures the app of another
checkout first, as far as it has what is measured. `film`: the share of the window that shows film,
in windows of three sizes, on *Review* with nothing below the pictures (`review`) and with the
questions (`rate`), and on *Reading* (the screen with the maps); counted are the places of a grid at
which a panel's picture lies on top. `aligned_px`: how far the answers about a map begin from where
its panel does, at most. `frames_ms`: the 95th percentile of the time between frames while something
is dragged, with five panels. `case_switch_ms`: from the click on *Next* until every panel of a case
whose maps are there stood, median and 95th percentile. `list_ms`: with 10,000 cases, until the
first page of the list stands, a search has found one, and the film of that case is drawn.
`first_page_ms`: from the address to a list that can be used, in a browser that was never there, the
first time after the server's start and later.
"""

import argparse
import json
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from benchmarks.explain import machine
from benchmarks.load import ROOT, command, serving
from shamsul.reading.demo import DEMO, OWN

SIZES = ((1280, 800), (1440, 900), (1920, 1080))
CASES = 10_000
#: The screen with the maps is the first one of such a study.
STUDY = """
name = "viewer"
title = "Viewer"
model = "phantom"
methods = ["lime", "shap", "grad_cam", "lrp"]
readers = ["Ada"]
[cases]
study = "phantom-demo"
[labels]
from = "given"
given = ["Cardiomegaly"]
[[question]]
id = "location"
wording = "The map highlights the correct location of the finding."
kind = "scale"
step = "maps"
options = ["no", "partly", "yes"]
"""
# The share of the window's places, a step of pixels apart, at which a picture lies on top.
FILM = """(step) => {
  const top = (root, x, y) => {
    const found = root.elementFromPoint(x, y);
    return found?.shadowRoot && found.shadowRoot !== root ? top(found.shadowRoot, x, y) : found;
  };
  let film = 0, all = 0;
  for (let y = step / 2; y < innerHeight; y += step)
    for (let x = step / 2; x < innerWidth; x += step) {
      all += 1;
      film += Boolean(top(document, x, y)?.closest(".picture"));
    }
  return film / all;
}"""
FRAMES = """() => {
  const frames = (window.frames_seen = []);
  let last = performance.now();
  const look = (now) => {
    frames.push(now - last);
    last = now;
    if (window.frames_seen === frames) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""
# Notes when a panel was busy last, from the click on; panels of a new case are busy at first.
BUSY = """() => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap((one) => [
    ...(one.matches("[role=img][aria-busy=true]") ? [one] : []),
    ...(one.shadowRoot ? within(one.shadowRoot) : []),
  ]);
  let start = Infinity;
  addEventListener("click", () => (start = performance.now()), { capture: true, once: true });
  window.busy = { until: null, quiet: 0 };
  clearInterval(window.watching);
  window.watching = setInterval(() => {
    const now = performance.now() - start;
    if (now < 0) return;
    if (within(document).length) window.busy.until = now;
    window.busy.quiet = window.busy.until === null ? 0 : now - window.busy.until;
  }, 10);
}"""
STOP = "() => { const seen = window.frames_seen; window.frames_seen = null; return seen; }"


# How far the first answer of each map is from the left edge of its panel.
ALIGNED = """() => {
  const within = (root, selector) => [...root.querySelectorAll("*")].flatMap((one) => [
    ...(one.matches(selector) ? [one] : []),
    ...(one.shadowRoot ? within(one.shadowRoot, selector) : []),
  ]);
  const left = (node) => node.getBoundingClientRect().left;
  const panels = within(document, ".panel:not(.plain) .picture").map(left);
  const cells = within(document, "[role=radiogroup]").filter((one) => one.offsetParent);
  const about = (panel, index) => cells.filter((one) => one.ariaLabel.startsWith(
    within(document, ".panel:not(.plain) header b")[index].textContent));
  const apart = panels.flatMap((panel, index) =>
    about(panel, index).map((one) => Math.abs(left(one) - panel)));
  return apart.length ? Math.max(...apart) : null;
}"""


def settled(page: Page) -> None:
    """Until every panel stands."""
    page.get_by_role("img", name="Radiograph", exact=True).first.wait_for()
    page.wait_for_timeout(500)
    page.locator("[role=img][aria-busy=true]").first.wait_for(state="detached")


def open_dock(page: Page) -> bool:
    """Have the questions below the pictures on Review; whether they can be."""
    button = page.get_by_test_id("stButtonGroup").get_by_text("Rate", exact=True)
    if not button.count():
        return False
    button.click()
    page.get_by_role("radiogroup").first.wait_for()
    page.wait_for_timeout(500)
    return True


def film(page: Page, address: str, *, dock: bool = False) -> dict[str, dict[str, float]]:
    """The share of film in each window, and how far answers are from their panels."""
    shares, apart = {}, {}
    for width, height in SIZES:
        size = f"{width}x{height}"
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address)
        settled(page)
        if dock and not open_dock(page):
            return {}
        shares[size] = round(page.evaluate(FILM, 4), 3)
        if (found := page.evaluate(ALIGNED)) is not None:
            apart[size] = round(found, 1)
    return {"film": shares, "aligned_px": apart}


def dragged(page: Page, of: Locator, button: str = "left", keys: str = "") -> float:
    """The 95th percentile of the time between frames while the mouse goes over something."""
    box = of.bounding_box()
    assert box is not None
    left, right = box["x"] + 0.3 * box["width"], box["x"] + 0.7 * box["width"]
    y = box["y"] + box["height"] / 2
    page.mouse.move(left, y)
    if keys:
        page.keyboard.down(keys)
    page.mouse.down(button=button)  # type: ignore[arg-type]
    page.evaluate(FRAMES)
    for step in range(90):
        page.mouse.move(left + (right - left) * (1 + np.sin(step / 7)) / 2, y)
        page.wait_for_timeout(16)
    frames: list[float] = page.evaluate(STOP)
    page.mouse.up(button=button)  # type: ignore[arg-type]
    if keys:
        page.keyboard.up(keys)
    return round(float(np.percentile(frames, 95)), 1)


def drags(page: Page) -> dict[str, float]:
    """Each thing that is dragged, on a page with five panels."""
    picture = page.get_by_role("img", name="LIME heatmap").first
    measured: dict[str, Callable[[], float]] = {
        "opacity": lambda: dragged(page, page.get_by_role("slider", name="LIME opacity").first),
        "threshold": lambda: dragged(page, page.get_by_role("slider", name="Hide relevance below")),
        "window": lambda: dragged(page, picture, button="right"),
        "pan": lambda: dragged(page, picture),
    }
    picture.hover()
    page.mouse.wheel(0, -400)  # enlarged, so that there is somewhere to go
    found = {name: measure() for name, measure in measured.items()}
    ruler = page.get_by_role("button", name="Ruler")
    if ruler.count():
        ruler.first.click()
        found["ruler"] = dragged(page, picture)
    return found


def switches(page: Page, cases: int) -> dict[str, float]:
    """From case to case."""
    times = []
    for _ in range(cases):
        page.evaluate(BUSY)
        page.get_by_role("button", name="Next", exact=True).click(no_wait_after=True)
        page.wait_for_function("() => window.busy.quiet > 1000")
        times.append(page.evaluate("() => window.busy.until"))
    return {
        "median": round(float(np.median(times))),
        "p95": round(float(np.percentile(times, 95))),
    }


def milliseconds(start: float) -> int:
    return round(1000 * (time.perf_counter() - start))


def first_page(browser: Browser, address: str) -> int:
    """Until the list can be used, in a browser that was never there."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(120_000)
    start = time.perf_counter()
    page.goto(address)
    page.get_by_text("phantom-0001", exact=True).first.wait_for()
    took = milliseconds(start)
    context.close()
    return took


def many_cases(database: Path) -> None:
    """Give the user's own study 10,000 cases, of which the last has a radiograph."""
    with sqlite3.connect(database) as connection:
        (own,) = connection.execute("select id from study where name = ?", [OWN.name]).fetchone()
        (film,) = connection.execute("select image_sha256 from study_case limit 1").fetchone()
        connection.executemany(
            "insert into study_case (study_id, name, image_sha256, position) values (?, ?, ?, ?)",
            [
                (own, f"CXR-{n:05d}", f"{n:064x}" if n < CASES else film, n)
                for n in range(1, CASES + 1)
            ],
        )


def long_list(page: Page, address: str) -> dict[str, int]:
    """A list of 10,000 cases: its first page, a search, and a case opened from it."""
    page.set_viewport_size({"width": 1440, "height": 900})
    start = time.perf_counter()
    page.goto(f"{address}/?study=My%20radiographs")
    page.get_by_role("link", name="CXR-00001").wait_for()
    found = {"first_page": milliseconds(start)}
    page.wait_for_timeout(1500)
    start = time.perf_counter()
    page.get_by_label("Search name or note").fill(f"CXR-{CASES}")
    opens = page.get_by_role("link", name=f"CXR-{CASES}")
    opens.wait_for()
    page.get_by_role("link", name="CXR-00001").wait_for(state="detached")
    found["search"] = milliseconds(start)
    start = time.perf_counter()
    opens.click()
    page.locator("[role=img][aria-label=Radiograph][aria-busy=false]").first.wait_for()
    found["open"] = milliseconds(start)
    return found


def measure(folder: Path, cases: int, root: Path) -> dict[str, Any]:
    """Make the maps, start the app of a checkout and look."""
    data = folder / "data"
    environment = {"SHAMSUL_DATA_DIR": str(data)}
    file = folder / "study.toml"
    file.write_text(STUDY, encoding="utf-8")
    command("study", "create", str(file), root=root, **environment)
    for study in ("viewer", DEMO.name):
        command("precompute", study, root=root, **environment)
    with sqlite3.connect(data / "shamsul.db") as connection:
        query = "select c.id from study_case c join study s on s.id = c.study_id where s.name = ?"
        (number,) = connection.execute(f"{query} order by c.id", [DEMO.name]).fetchone()
    with serving(environment, root) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        address = f"http://{server.address}"
        first = [first_page(browser, address) for _ in range(2)]
        page = browser.new_page()
        page.set_default_timeout(60_000)
        review = f"{address}/review?case={number}"
        places = {
            "review": film(page, review),
            "rate": film(page, f"{review}&reader=Ada", dock=True),
            "reading": film(page, f"{address}/reading?reader=Ada&study=viewer"),
        }
        result: dict[str, Any] = {
            "first_page_ms": dict(zip(("after_start", "later"), first, strict=True)),
            **{
                name: {place: found[name] for place, found in places.items() if found.get(name)}
                for name in ("film", "aligned_px")
            },
        }
        page.goto(review)
        settled(page)
        result["frames_ms"] = drags(page)
        page.goto(review)
        settled(page)
        result["case_switch_ms"] = switches(page, cases)
        if root == ROOT:
            many_cases(data / "shamsul.db")
            result["list_ms"] = long_list(page, address)
        browser.close()
    return result


def main() -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=6, help="cases to go through")
    options.add_argument("--before", type=Path, help="another checkout, to compare with")
    given = options.parse_args()
    found: dict[str, Any] = {}
    for name, root in (("before", given.before), ("after", ROOT)):
        if root is not None:
            with tempfile.TemporaryDirectory() as folder:
                found[name] = measure(Path(folder), given.cases, root.resolve())
    print(json.dumps(machine() | (found if given.before else found["after"]), indent=1))


if __name__ == "__main__":
    main()

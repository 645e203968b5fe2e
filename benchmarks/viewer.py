"""What the viewer is held to: how much of the window is film, and how smoothly it moves.

``python -m benchmarks.viewer`` starts the app on a fresh data directory whose demo has all maps,
opens cases in Chromium and prints one JSON object. `film`: the share of the window that shows film,
in windows of three sizes, on *Review* and on *Reading* (the screen with the maps); counted are the
places of a grid at which a panel's picture lies on top. `frames_ms`: the 95th percentile of the
time between frames while something is dragged, with five panels. `case_switch_ms`: from the click
on *Next* until every panel of a case whose maps are there stood, median and 95th percentile.
"""

import argparse
import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Locator, Page, sync_playwright

from benchmarks.explain import machine
from benchmarks.load import command, serving
from shamsul.reading.database.store import Store
from shamsul.reading.demo import DEMO

SIZES = ((1280, 800), (1440, 900), (1920, 1080))
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
# Notes when a panel was busy last; panels of a new case are busy at first.
BUSY = """() => {
  const within = (root) => [...root.querySelectorAll("*")].flatMap((one) => [
    ...(one.matches("[role=img][aria-busy=true]") ? [one] : []),
    ...(one.shadowRoot ? within(one.shadowRoot) : []),
  ]);
  const start = performance.now();
  window.busy = { until: null, quiet: 0 };
  clearInterval(window.watching);
  window.watching = setInterval(() => {
    const now = performance.now() - start;
    if (within(document).length) window.busy.until = now;
    window.busy.quiet = window.busy.until === null ? 0 : now - window.busy.until;
  }, 10);
}"""
STOP = "() => { const seen = window.frames_seen; window.frames_seen = null; return seen; }"


def settled(page: Page) -> None:
    """Until every panel stands."""
    page.get_by_role("img", name="Radiograph", exact=True).first.wait_for()
    page.wait_for_timeout(500)
    page.locator("[role=img][aria-busy=true]").first.wait_for(state="detached")


def film(page: Page, address: str) -> dict[str, float]:
    """The share of film in each window."""
    found = {}
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(address)
        settled(page)
        found[f"{width}x{height}"] = round(page.evaluate(FILM, 4), 3)
    return found


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
    return {name: measure() for name, measure in measured.items()}


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


def measure(folder: Path, cases: int) -> dict[str, Any]:
    """Make the maps, start the app and look."""
    data = folder / "data"
    environment = {"SHAMSUL_DATA_DIR": str(data)}
    file = folder / "study.toml"
    file.write_text(STUDY, encoding="utf-8")
    command("study", "create", str(file), **environment)
    for study in ("viewer", DEMO.name):
        command("precompute", study, **environment)
    store = Store(f"sqlite:///{data / 'shamsul.db'}")
    numbers = [case.id for case in store.cases(DEMO.name)]
    store.close()
    with serving(environment) as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        page = browser.new_page()
        page.set_default_timeout(60_000)
        address = f"http://127.0.0.1:{port}"
        review = f"{address}/review?case={numbers[0]}"
        result: dict[str, Any] = {"film": {"review": film(page, review)}}
        result["frames_ms"] = drags(page)
        page.goto(review)
        settled(page)
        result["case_switch_ms"] = switches(page, cases)
        reading = f"{address}/reading?reader=Ada&study=viewer"
        result["film"]["reading"] = film(page, reading)
        browser.close()
    return result


def main() -> None:
    """Measure, and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=6, help="cases to go through")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(Path(folder), given.cases)
    print(json.dumps(machine() | found, indent=1))


if __name__ == "__main__":
    main()

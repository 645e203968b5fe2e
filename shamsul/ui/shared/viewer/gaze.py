"""What the viewer is told of a radiograph besides findings: gaze, and where anatomy is."""

from collections.abc import Iterable, Sequence

import numpy as np

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.marks import Boxes, Gaze
from shamsul.findings.labels import ANATOMY
from shamsul.ui.shared.viewer.packing import contours


def facts(annotations: Sequence[Annotation], shape: tuple[int, int]) -> dict[str, object]:
    """Of the annotations of a radiograph that are of no finding, JSON-able.

    All that is drawn, at whatever time of a reading, follows from it in the browser.
    """
    return {"readings": readings(annotations), "anatomy": anatomy(annotations, shape)}


def readings(annotations: Iterable[Annotation]) -> list[dict[str, object]]:
    """Each gaze: fixations in their order, with rows before columns, in pixels and seconds."""
    return [_reading(one, one.mark) for one in annotations if isinstance(one.mark, Gaze)]


def _reading(one: Annotation, gaze: Gaze) -> dict[str, object]:
    seconds = gaze.fixations[:, 2]
    timed = not np.isnan(gaze.starts).any()
    # Where times are not known, one after the other.
    starts = gaze.starts if timed else np.cumsum(seconds) - seconds
    spread = gaze.per_degree if len(gaze.per_degree) else np.full((len(seconds), 2), gaze.sigma)
    return {
        "name": f"{one.source}, {one.author}" if one.author else one.source,
        "timed": timed,
        "places": gaze.fixations[:, :2].round(1).tolist(),
        "seconds": seconds.round(3).tolist(),
        "starts": starts.round(3).tolist(),
        "spread": spread.round(1).tolist(),
        "shown": gaze.shown.round(1).tolist(),
        "phases": list(gaze.phases),
    }


def anatomy(annotations: Iterable[Annotation], shape: tuple[int, int]) -> list[dict[str, object]]:
    """Each part of the body: its name, and closed curves as of `contours`."""
    return [
        {"name": one.label.removeprefix(ANATOMY), "curves": _curves(one, shape)}
        for one in annotations
        if one.label.startswith(ANATOMY)
    ]


def _curves(one: Annotation, shape: tuple[int, int]) -> list[list[float]]:
    if isinstance(one.mark, Boxes):
        return [
            [top, left, top, right, bottom, right, bottom, left]
            for top, left, bottom, right in one.mark.edges.tolist()
        ]
    return contours(one, shape)

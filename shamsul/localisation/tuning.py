"""Thresholds found on a validation split."""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import groupby

from shamsul.localisation import chexlocalize
from shamsul.localisation.images import each_image
from shamsul.localisation.maps import MapFile
from shamsul.localisation.protocol import Case, Protocol
from shamsul.localisation.reference import Reference
from shamsul.metrics import localisation
from shamsul.metrics.localisation import Overlap
from shamsul.metrics.thresholds import GRID, Fixed, Tuned, tune


def tuned(
    files: Sequence[MapFile], references: Mapping[str, Reference], protocol: Protocol, jobs: int = 1
) -> Tuned:
    """Thresholds by label of the highest mean IoU over images with the finding.

    Parameters
    ----------
    files : sequence of MapFile
        Of the validation split alone, one method's maps.
    references, protocol, jobs
        As of `score`.

    Raises
    ------
    ValueError
        If there are maps of several methods, no image is annotated, or a map cannot be used.
    """
    annotated = [file for file in files if file.image in references]
    table: dict[str, list[list[float]]] = {}
    methods: set[str] = set()
    for found in each_image(partial(_grid_ious, protocol=protocol), annotated, references, jobs):
        for label, method, ious in found:
            table.setdefault(label, []).append(ious)
            methods.add(method)
        if len(methods) > 1:
            raise ValueError(f"tune one method at a time, not {', '.join(sorted(methods))}")
    if not table:
        raise ValueError("there is no annotated image to tune thresholds on")
    return tune(table)


def _grid_ious(
    file: MapFile, reference: Reference | None, protocol: Protocol
) -> list[tuple[str, str, list[float]]]:
    """Label, method and the IoU at each share of `GRID`, of each map with a finding."""
    assert reference is not None
    geometry, table = file.geometry(), []
    for label, maps in groupby(file.read(), key=lambda one: one.label):
        mask = reference.mask(label)
        for one in maps if mask.any() else ():
            case = Case(file.image, one, mask, geometry, None)
            if protocol is Protocol.CHEXLOCALIZE:
                brought = case.stretched()
                regions = (chexlocalize.segmented(brought, share) for share in GRID)
                ious = [chexlocalize.iou(Overlap.of(region, mask)) for region in regions]
            else:
                positive = case.positive()
                levels = (Fixed(share).level(positive) for share in GRID)
                ious = [localisation.iou(positive > level, mask) for level in levels]
            table.append((label, one.method, ious))
    return table

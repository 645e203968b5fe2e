"""From what files say to annotations of known images with the model's labels."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from itertools import permutations

import numpy as np

from shamsul.annotations.annotation import Annotation, of_findings, union
from shamsul.annotations.formats.entry import Entry, Fault, Found, Looked
from shamsul.annotations.image_names import Images
from shamsul.annotations.marks import Boxes, Gaze, Mark, Mask, Points, join
from shamsul.findings.labels import LabelTable
from shamsul.radiographs.archive import Extent

Shape = tuple[int, int]

#: Why a mark is not taken as it is.
BEYOND = "it reaches beyond the image; what is on it was kept"


class Annotators(Enum):
    """What is made of several annotators of an image."""

    UNION = "union"
    """What any of them marked."""
    MAJORITY = "majority"
    """What more than half of those who read the image marked, as a mask."""
    EACH = "each"
    """Each one's marks, with who made them."""


@dataclass(frozen=True)
class Brought:
    """What became of the entries of a file.

    Attributes
    ----------
    annotations : mapping of str to tuple of Annotation
        By the image's SHA-256, with the model's labels.
    faults : tuple of Fault
        What was left out, and what was taken only in part.
    """

    annotations: Mapping[str, tuple[Annotation, ...]]
    faults: tuple[Fault, ...]


def bring(
    entries: Iterable[Entry],
    images: Images,
    extent: Callable[[str], Extent],
    labels: Collection[str],
    table: LabelTable,
    annotators: Annotators = Annotators.UNION,
    source: str = "",
) -> Brought:
    """Annotations of known images.

    Parameters
    ----------
    entries : iterable of Entry
    images : Images
        Which images there are.
    extent : callable
        Of an image as it is shown, by its SHA-256; called once for each that is annotated. The
        entries are about the pixels of its file.
    labels : collection of str
        Those of the model.
    table : LabelTable
    annotators : Annotators
    source : str
        Instead of the one that the format states.

    Notes
    -----
    A mark that lies off the image in part is kept, and reported unless it is gaze, since eyes
    wander. One that lies off it altogether, or on an image of another size, is left out. Nothing is
    scaled, save what is stated in shares of the image.
    """
    faults: list[Fault] = []
    missing: dict[tuple[str, str], str] = {}
    unknown: Counter[str] = Counter()
    readers: dict[str, set[str]] = defaultdict(set)
    marked: dict[str, list[Annotation]] = defaultdict(list)
    extents: dict[str, Extent] = {}
    entries = tuple(entries)
    doubtful = _doubtful(entries, images)
    for entry in entries:
        if isinstance(entry, Fault):
            faults.append(entry)
            continue
        try:
            image = images.find(entry.image)
            if (entry.file, entry.image) in doubtful:
                raise ValueError(doubtful[entry.file, entry.image])
        except ValueError as error:
            missing[entry.image, entry.file] = str(error)
            continue
        if isinstance(entry, Looked):
            readers[image].add(entry.author)
            continue
        if of_findings([entry.annotation]):
            readers[image].add(entry.annotation.author)
        label = table.of_model(entry.annotation.label, labels)
        if label is None:
            unknown[entry.annotation.label] += 1
            continue
        if image not in extents:
            extents[image] = extent(image)
        place = f"{entry.image}, {entry.annotation.label}"
        try:
            mark = _on_image(entry, extents[image])
        except ValueError as error:
            faults.append(Fault(place, str(error), entry.file))
            continue
        if not isinstance(mark, Gaze) and not mark.inside(extents[image].shape):
            faults.append(Fault(place, BEYOND, entry.file))
        made = entry.annotation
        marked[image].append(replace(made, label=label, mark=mark, source=source or made.source))
    faults += [Fault(name, reason, file) for (name, file), reason in missing.items()]
    faults += [Fault(label, _unknown(count)) for label, count in unknown.items()]
    annotations = {}
    for image, found in marked.items():
        if annotators is not Annotators.EACH:
            shape, looked = extents[image].shape, len(readers[image])
            found = _together(found, shape, annotators, looked, image, faults)
        if found:
            annotations[image] = tuple(found)
    return Brought(annotations, tuple(faults))


def _doubtful(entries: Iterable[Entry], images: Images) -> dict[tuple[str, str], str]:
    """Names of a file that fit one image but contradict each other, and what is to be said."""
    names: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for entry in entries:
        if not isinstance(entry, Fault):
            with suppress(ValueError):
                names[entry.file, images.find(entry.image)][entry.image] = None
    return {
        (file, one): f"the case may also be the file's {other}"
        for (file, _), found in names.items()
        for one, other in permutations(found, 2)
        if not images.may_be_one(one, other)
    }


def _unknown(count: int) -> str:
    marks = "1 mark was" if count == 1 else f"{count} marks were"
    return f"no label of the model stands for it; {marks} left out"


def _on_image(found: Found, extent: Extent) -> Mark:
    """A found mark in the pixels of the image as it is shown.

    Raises
    ------
    ValueError
        If it is on an image of another size, or nothing of it is on this one.
    """
    mark = found.annotation.mark
    shape = extent.turn.inverse.shape(extent.shape)  # as the file has it
    stated = mark.shape if isinstance(mark, Mask) else found.shape
    if stated is not None and stated != shape:
        raise ValueError(
            f"it was made on {stated[0]} x {stated[1]} pixels, but the image has "
            f"{shape[0]} x {shape[1]} (rows x columns)"
        )
    if found.relative and isinstance(mark, Boxes):
        mark = Boxes(mark.edges * np.tile(shape, 2))
    if found.relative and isinstance(mark, Gaze):
        mark = replace(mark, fixations=mark.fixations * (*shape, 1))
    if not (found.relative or isinstance(mark, Mask | Gaze)) and mark.inside((1, 1)):
        raise ValueError("it is within the first pixel, as shares of the image would be")
    # A heatmap of gaze takes a while, and there may be thousands.
    covered = mark.seen(shape) if isinstance(mark, Gaze) else mark.mask(shape)
    if not covered.any():
        raise ValueError("nothing of it is on the image")
    return mark.turned(extent.turn, shape)


def _together(
    found: Sequence[Annotation],
    shape: Shape,
    annotators: Annotators,
    readers: int,
    image: str,
    faults: list[Fault],
) -> list[Annotation]:
    """One annotation for each label, source and what it is: region, points or a reader's gaze."""
    groups: dict[tuple[str, str, type[Mark], str], list[Annotation]] = defaultdict(list)
    for one in found:
        what: type[Mark] = type(one.mark) if isinstance(one.mark, Points | Gaze) else Mask
        # Two readings have no order of fixations in common.
        whose = one.author if what is Gaze else ""
        groups[one.label, one.source, what, whose].append(one)
    kept = []
    for (label, source, what, _), group in groups.items():
        if annotators is Annotators.MAJORITY and what is Mask and readers > 1:
            by_author: dict[str, list[Annotation]] = defaultdict(list)
            for one in group:
                by_author[one.author].append(one)
            votes = np.sum([union(own, shape) for own in by_author.values()], axis=0)
            region = votes > readers / 2
            if region.any():
                kept.append(Annotation.of_region(label, source, region))
            else:
                reason = f"more than half of its {readers} annotators marked no pixel in common"
                faults.append(Fault(f"{image}, {label}", reason))
        else:
            kept.append(_united(group, shape))
    return kept


def _united(group: Sequence[Annotation], shape: Shape) -> Annotation:
    """Annotations as one, with their author and time where those are the same."""
    first = group[0]
    if len(group) == 1:
        return first
    try:
        mark = join([one.mark for one in group])
    except ValueError:
        mark = Mask(union(group, shape))
    same_author = len({one.author for one in group}) == 1
    same_time = len({one.created_at for one in group}) == 1
    return replace(
        first,
        mark=mark,
        author=first.author if same_author else "",
        created_at=first.created_at if same_time else None,
    )

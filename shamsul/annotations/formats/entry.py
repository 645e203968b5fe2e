"""What an annotation file says, entry by entry, and what of it cannot be used."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import TypeVar

from shamsul.annotations.annotation import Annotation
from shamsul.annotations.marks import join


@dataclass(frozen=True, eq=False)
class Found:
    """A mark on an image, as the file names both.

    Attributes
    ----------
    image : str
        Name or identifier of the image.
    annotation : Annotation
        With the file's own label.
    shape : (int, int) or None
        Rows and columns of the image that was annotated, where that is known.
    relative : bool
        The mark is in shares of the image's height and width, not in pixels.
    file : str
        Name of the file; empty where a folder is read as one.
    """

    image: str
    annotation: Annotation
    shape: tuple[int, int] | None = None
    relative: bool = False
    file: str = ""


@dataclass(frozen=True)
class Looked:
    """Somebody read an image and marked nothing; it counts in a majority.

    Attributes
    ----------
    image, author : str
    file : str
        As of `Found`.
    """

    image: str
    author: str
    file: str = field(default="", compare=False)


@dataclass(frozen=True)
class Fault:
    """Something that was left out, or not taken as it is.

    Attributes
    ----------
    entry : str
        Where it stands in the file, or which image or label it is about; may be empty.
    reason : str
        One sentence, without a full stop.
    file : str
        Name of the file, where it is known and not in `entry`.
    """

    entry: str
    reason: str
    file: str = field(default="", compare=False)

    def __str__(self) -> str:
        place = ", ".join(filter(None, (self.file, self.entry)))
        return f"{place}: {self.reason}" if place else self.reason


Entry = Found | Looked | Fault
#: What reading raises, besides ValueError, where a file is not laid out as it should be.
UNFIT = (KeyError, TypeError, IndexError, AttributeError, OverflowError)
T = TypeVar("T")


def each(items: Iterable[tuple[str, T]], read: Callable[[T], Iterable[Entry]]) -> Iterator[Entry]:
    """What the items of a file say; a faulty one is a fault, and the rest is read.

    Parameters
    ----------
    items : iterable of (str, T)
        Where an item stands, and the item.
    read : callable
        Gives an item's entries; raises ValueError or one of `UNFIT` if it is not laid
        out as it should be.
    """
    for place, item in items:
        try:
            yield from read(item)
        except KeyError as error:
            yield Fault(place, f"it has no {error}")
        except ValueError as error:
            yield Fault(place, str(error))
        except UNFIT:
            yield Fault(place, "it is not laid out as the format says")


def joined(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Entries with one mark for each image, label, author and kind of mark."""
    kept: list[Entry] = []
    together: dict[tuple[object, ...], list[Found]] = {}
    for entry in entries:
        if not isinstance(entry, Found):
            kept.append(entry)
            continue
        one = entry.annotation
        key = (entry.image, one.label, one.author, one.kind, entry.shape, entry.relative)
        together.setdefault(key, []).append(entry)
    for founds in together.values():
        first = founds[0]
        mark = join([found.annotation.mark for found in founds])
        kept.append(replace(first, annotation=replace(first.annotation, mark=mark)))
    return tuple(kept)

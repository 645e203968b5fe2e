"""An expert's mark on a radiograph."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from shamsul.annotations.marks import Gaze, Mark, Mask
from shamsul.findings.labels import is_finding


@dataclass(frozen=True)
class Occasion:
    """The reading of a study in which a reader drew.

    Attributes
    ----------
    study : str
        Its name.
    session : int
        From 1.
    repeat : bool
        Whether the reader had read the case before in the session.
    warm_up : bool
        Whether the reader was practising.

    Examples
    --------
    >>> print(Occasion("trial", 2, repeat=True))
    trial, session 2, repeat
    """

    study: str
    session: int = 1
    repeat: bool = False
    warm_up: bool = False

    @property
    def counts(self) -> bool:
        """Whether others are compared with what was drawn: a reader's first reading of a case."""
        return self.session == 1 and not (self.repeat or self.warm_up)

    def __str__(self) -> str:
        session = f"session {self.session}" if self.session > 1 else ""
        parts = (self.study, session, "repeat" * self.repeat, "practice" * self.warm_up)
        return ", ".join(filter(None, parts))


class Marked(Protocol):
    """What an annotation is about: itself, or a description of it without the mark."""

    @property
    def label(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def occasion(self) -> Occasion | None: ...


M = TypeVar("M", bound=Marked)


def of_findings(annotations: Iterable[M]) -> tuple[M, ...]:
    """Those that say something of a finding: not gaze, nor parts of the body."""
    return tuple(one for one in annotations if is_finding(one.label) and one.kind != Gaze.kind)


def of_gaze(annotations: Iterable[M]) -> tuple[M, ...]:
    """Those that say where somebody looked."""
    return tuple(one for one in annotations if one.kind == Gaze.kind)


@dataclass(frozen=True, eq=False)
class Annotation:
    """Where a finding is, according to somebody.

    Attributes
    ----------
    label : str
        The finding.
    source : str
        Who or what says so, for example "phantom (exact)" or "CheXlocalize".
    mark : Mark
        What was drawn, in image coordinates.
    author : str
        The reader or radiologist, where there are several; a name or number of theirs.
    created_at : datetime or None
        With time zone; None where it is not known.
    occasion : Occasion or None
        The reading in which it was drawn; None elsewhere.
    """

    label: str
    source: str
    mark: Mark
    author: str = ""
    created_at: datetime | None = None
    occasion: Occasion | None = None

    @classmethod
    def of_region(cls, label: str, source: str, region: NDArray[np.bool_]) -> "Annotation":
        """An annotation that is a mask of shape (H, W)."""
        return cls(label, source, Mask(region))

    @property
    def kind(self) -> str:
        """What was drawn, for example "polygons"."""
        return self.mark.kind

    def mask(self, shape: tuple[int, int]) -> NDArray[np.bool_]:
        """The finding as a mask of the radiograph.

        Parameters
        ----------
        shape : (int, int)
            The radiograph's rows and columns.

        Raises
        ------
        ValueError
            If the annotation was made on an image of another shape.
        """
        return self.mark.mask(shape)


def union(annotations: Iterable[Annotation], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The pixels that any of some annotations covers; none where there are none."""
    region = np.zeros(shape, bool)
    for annotation in annotations:
        region |= annotation.mask(shape)
    return region

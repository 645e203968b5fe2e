"""The nouns of the worklist: what is asked of it, and what it says of a case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Final

from shamsul.reading.design.study import Case, Origin

#: Longest note, in characters.
MAX_NOTE: Final = 500


class Order(Enum):
    """What a list is sorted by."""

    PLACE = "place"
    """As the study has its cases."""
    NAME = "name"
    ADDED = "added"
    PROBABILITY = "probability"
    """Of :attr:`Ask.label`."""
    DISAGREEMENT = "disagreement"
    WARNINGS = "warnings"


class Show(Enum):
    """Which cases are listed."""

    ALL = "all"
    RATED = "rated"
    UNRATED = "unrated"
    WARNINGS = "warnings"
    """Those about which a reader is warned."""
    POSITIVE = "positive"
    """Those whose :attr:`Ask.label` reaches its operating point."""


@dataclass(frozen=True)
class Ask:
    """What is asked of the list.

    Attributes
    ----------
    text : str
        What the name or the note holds, in small letters or capitals; empty for all.
    order : Order
    descending : bool
    show : Show
    label : str
        The finding that is listed; empty: the most probable one of each case.
    """

    text: str = ""
    order: Order = Order.PLACE
    descending: bool = False
    show: Show = Show.ALL
    label: str = ""


@dataclass(frozen=True)
class Seen:
    """Who looks at which study, and with which model.

    Attributes
    ----------
    study : str
    reader : str
        Whose ratings count; empty: those of everybody.
    model : str
        The model's fingerprint; empty where it cannot be used.
    thresholds : mapping of str to float
        Its operating points, by label.
    """

    study: str
    reader: str = ""
    model: str = ""
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Appraisal:
    """What a model makes of a radiograph.

    Attributes
    ----------
    warnings : int
        Of how many things a reader is warned.
    probabilities : mapping of str to float
        Of every label, in [0, 1].
    top : str
        The most probable finding.
    maps : int
        Methods whose maps of it are on the disk.
    disagreement : float or None
        Of those maps, for the top finding: 1 less the mean rank correlation of each two, in
        [0, 2]; None where it is not known.
    """

    warnings: int
    probabilities: Mapping[str, float]
    top: str
    maps: int = 0
    disagreement: float | None = None


@dataclass(frozen=True)
class Entry:
    """A case in the list.

    Attributes
    ----------
    case : Case
    origin : Origin
    added_at : datetime or None
        None for one of before that was kept.
    note : str
    answered : int
        Questions that were answered about it.
    finding : str or None
        The one that was asked for, or the most probable one; None until the case is appraised.
    probability : float or None
        Its probability.
    warnings, maps, disagreement
        As of :class:`Appraisal`; None until then.
    """

    case: Case
    origin: Origin
    added_at: datetime | None
    note: str
    answered: int
    finding: str | None
    probability: float | None
    warnings: int | None
    maps: int | None
    disagreement: float | None


@dataclass(frozen=True)
class Listed:
    """A page of the list.

    Attributes
    ----------
    entries : tuple of Entry
    found : int
        Cases that fit what was asked.
    total, rated : int
        Cases of the study, and how many of them are rated.
    """

    entries: tuple[Entry, ...]
    found: int
    total: int
    rated: int


@dataclass(frozen=True)
class Place:
    """Where a case stands in the list.

    Attributes
    ----------
    number, count : int
        Its place, from 1, and how many there are.
    before, after : tuple of Case
        Its neighbours in the list's order, as many as were asked for.
    """

    number: int
    count: int
    before: tuple[Case, ...]
    after: tuple[Case, ...]

"""What those who adjudicate a case agree on, kept apart from what readers answered."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shamsul.reading.design.questionnaire import Value
from shamsul.reading.design.study import Case


@dataclass(frozen=True)
class Consensus:
    """What was agreed on about one scale and the maps of one case and label.

    Attributes
    ----------
    case : Case
    label : str
        The finding asked about.
    item : str
        Id of the question.
    scores : mapping of str to Value
        Points of the scale, or `CANNOT_JUDGE`, by method; methods without a consensus are left
        out.
    comment : str
    author : str
        Who kept it.
    revision : int
        From 1.
    changed_at : datetime
        UTC.
    """

    case: Case
    label: str
    item: str
    scores: Mapping[str, Value]
    comment: str
    author: str
    revision: int
    changed_at: datetime

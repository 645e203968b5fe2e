"""Reading studies: questionnaire, store and export."""

from shamsul.reading.database import StoreError
from shamsul.reading.questionnaire import CANNOT_JUDGE, Kind, Question, Questionnaire, Step, Value
from shamsul.reading.store import Store
from shamsul.reading.study import (
    Answer,
    Case,
    CaseProgress,
    MapShown,
    SavedAnswer,
    Shown,
    Study,
    reader_name,
)

__all__ = [
    "CANNOT_JUDGE",
    "Answer",
    "Case",
    "CaseProgress",
    "Kind",
    "MapShown",
    "Question",
    "Questionnaire",
    "SavedAnswer",
    "Shown",
    "Step",
    "Store",
    "StoreError",
    "Study",
    "Value",
    "reader_name",
]

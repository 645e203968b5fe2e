"""Reading studies: questionnaire, store and export."""

from shamsul.reading.database.store import Store
from shamsul.reading.database.transactions import StoreError
from shamsul.reading.design.questionnaire import (
    CANNOT_JUDGE,
    Kind,
    Question,
    Questionnaire,
    Step,
    Value,
)
from shamsul.reading.design.study import (
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

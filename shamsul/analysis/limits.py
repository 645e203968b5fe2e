"""What a study's results are not worth: sentences that follow from facts, only the true ones."""

from collections.abc import Iterable

import pandas as pd

from shamsul.analysis.comparison import FEW_CASES, FEW_READERS
from shamsul.reading.design.design import Design
from shamsul.reading.design.study import MapShown, SavedAnswer, Study


def limits_of_size(cases: int, readers: int) -> list[str]:
    """What so many cases and readers are too few for.

    Examples
    --------
    >>> len(limits_of_size(20, 5)), len(limits_of_size(19, 4))
    (0, 2)
    """
    if not cases:
        return ["Nothing was rated."]
    said = []
    if cases < FEW_CASES:
        said.append(
            f"{cases} {'case was' if cases == 1 else 'cases were'} rated, fewer than {FEW_CASES}: "
            "intervals are rough, and what is found may not hold for other cases."
        )
    if readers < FEW_READERS:
        said.append(
            f"{readers} {'reader' if readers == 1 else 'readers'} rated, fewer than {FEW_READERS}: "
            "what is found speaks of them, not of readers in general."
        )
    return said


def limits(
    study: Study,
    answers: Iterable[SavedAnswer],
    flow: pd.DataFrame,
    *,
    annotated: bool,
) -> list[str]:
    """What the results of a stored study are not worth, a sentence each.

    Parameters
    ----------
    study, answers, flow
        As for :func:`shamsul.analysis.describe.described`.
    annotated : bool
        Whether any case has an annotation.
    """
    items = {item.id for item in study.questionnaire.items}
    rated = [
        saved.answer
        for saved in answers
        if isinstance(saved.answer.shown, MapShown)
        and not saved.answer.shown.warm_up
        and saved.answer.item in items
    ]
    cases, readers = {one.case.name for one in rated}, {one.reader for one in rated}
    said = limits_of_size(len(cases), len(readers))
    if not annotated:
        said.append("No case has an annotation: maps are judged by readers only.")
    if study.plan is None:
        said.append("Readers chose what they rated, and saw the methods' names.")
    else:
        said += _limits_of_design(study.plan.design)
    if study.closed_at is None:
        said.append("The study is open: the numbers may change.")
    unread = int(flow["partly"].sum() + flow["not_begun"].sum())
    if unread:
        said.append(f"{unread} of {int(flow['assigned'].sum())} readings are not finished.")
    return said


def _limits_of_design(design: Design) -> list[str]:
    said = []
    if not design.blinded:
        said.append("Readers saw the methods' names and the annotations.")
    if not design.repeats:
        said.append("No case was repeated: how far readers agree with themselves is not known.")
    if not design.controls:
        said.append(
            "There were no control maps: whether readers tell a map of this case from any other is "
            "not known."
        )
    if design.changes:
        said.append("Answers to finished cases could be changed.")
    return said

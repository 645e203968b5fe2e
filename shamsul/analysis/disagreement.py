"""On which cases readers disagree most, for those who adjudicate them."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import mean

from shamsul.reading.design.questionnaire import Question, Questionnaire, Value
from shamsul.reading.design.study import Case, MapShown, SavedAnswer


@dataclass(frozen=True)
class Spread:
    """How far readers are apart about one map on one scale.

    Attributes
    ----------
    method : str
    question : Question
        A scale.
    answers : mapping of str to Value
        A point of the scale, from 1, or `CANNOT_JUDGE`, by reader.
    """

    method: str
    question: Question
    answers: Mapping[str, Value]

    @property
    def share(self) -> float | None:
        """Largest less smallest score as a share of the scale's length, in [0, 1].

        None where fewer than two readers gave a score; "Cannot judge" is none.
        """
        scores = [score for score in self.answers.values() if isinstance(score, int)]
        if len(scores) < 2:
            return None
        return (max(scores) - min(scores)) / max(len(self.question.options) - 1, 1)


@dataclass(frozen=True)
class Disagreement:
    """How far readers are apart about a finding of a case.

    Attributes
    ----------
    case : Case
    label : str
    spreads : tuple of Spread
        Of every map and scale that was answered, scale by scale in the order asked.
    """

    case: Case
    label: str
    spreads: tuple[Spread, ...]

    @property
    def shares(self) -> tuple[float, ...]:
        """Of the maps and scales with two scores or more, in [0, 1]."""
        return tuple(one.share for one in self.spreads if one.share is not None)

    @property
    def worst(self) -> Spread:
        """The map and scale on which readers are furthest apart; the first of several."""
        return max(self.spreads, key=lambda one: -1.0 if one.share is None else one.share)


def disagreements(
    answers: Iterable[SavedAnswer], questionnaire: Questionnaire
) -> tuple[Disagreement, ...]:
    """The findings about which at least two readers scored the same map, worst first.

    Sorted by the largest spread, then the mean of all, then the case's place in the study and the
    label. Control maps, practice cases and repeats are left out; where a reader scored a map in two
    sessions, the first one counts.

    Parameters
    ----------
    answers : iterable of SavedAnswer
        The current ones of one study.
    questionnaire : Questionnaire
    """
    scales = {item.id: item for item in questionnaire.items}
    found: dict[tuple[Case, str], dict[tuple[str, str], dict[str, Value]]] = defaultdict(dict)
    for saved in sorted(answers, key=lambda saved: saved.answer.session):
        answer, shown = saved.answer, saved.answer.shown
        if answer.value is None or answer.item not in scales or not isinstance(shown, MapShown):
            continue
        if shown.control or shown.warm_up or shown.repeat_of:
            continue
        given = found[answer.case, shown.label].setdefault((answer.item, shown.method), {})
        given.setdefault(answer.reader, answer.value)
    place = {item: number for number, item in enumerate(scales)}
    every = [
        Disagreement(
            case,
            label,
            tuple(
                Spread(method, scales[item], by_reader)
                for (item, method), by_reader in sorted(
                    given.items(), key=lambda one: place[one[0][0]]
                )
            ),
        )
        for (case, label), given in found.items()
    ]
    return tuple(sorted((one for one in every if one.shares), key=_worst_first))


def _worst_first(one: Disagreement) -> tuple[float, float, int, str]:
    return -max(one.shares), -mean(one.shares), one.case.order, one.label

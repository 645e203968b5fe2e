"""From a phantom to a scan path.

A global look, then the anatomy in the reader's order; what has the attention is inspected when the
search comes by, what is obvious at once; at the end some of it is looked at again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt, gaussian_filter

from ..phantom import Finding, Grade, Phantom
from ..scene import PLANNING_SHAPE
from . import habits as numbers
from .anatomy import LUNGS, Anatomy, Field, see_anatomy, small
from .habits import Habits, generator, habits_of
from .scanpath import DEGREE, Outcome, Phase, Scanpath

_CELLS: Final = DEGREE * PLANNING_SHAPE[0]
"""Cells of the planning grid in one degree."""
_USEFUL: Final = numbers.USEFUL * _CELLS


@dataclass(frozen=True)
class _Step:
    """A fixation to come: row and column on the planning grid, and why."""

    place: np.ndarray
    phase: Phase
    spare: bool = False


class _Places:
    """Cells of a mask, the conspicuous more likely.

    Parameters
    ----------
    mask : ndarray of shape (160, 135), bool
        Not empty.
    weights : ndarray of shape (160, 135)
        Positive on the mask.
    """

    def __init__(self, mask: np.ndarray, weights: np.ndarray) -> None:
        self.cells = np.argwhere(mask)
        self._chances = np.cumsum(weights[mask])

    def draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Places of shape (count, 2), anywhere in their cells."""
        at = np.searchsorted(self._chances, rng.random(count) * self._chances[-1])
        places: np.ndarray = self.cells[np.minimum(at, len(self.cells) - 1)]
        return places + rng.random((count, 2))

    def spread(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """The same, each far from those before it."""
        places, of = self.draw(1, rng), numbers.CANDIDATES
        for options in self.draw(of * (count - 1), rng).reshape(-1, of, 2):
            gaps = np.linalg.norm(options[:, None] - places[None], axis=2).min(1)
            places = np.vstack([places, options[gaps.argmax()]])
        return places


@dataclass(frozen=True, eq=False)
class _Target:
    """What gets attention: where, with how many fixations, and how it is gone on with."""

    places: _Places
    looks: int
    compares: float
    returns: float
    at_once: bool


def look(phantom: Phantom, seed: int = 0, *, reader: int = 1) -> Scanpath:
    """Where a simulated reader looks at a phantom, and what of it is missed.

    Parameters
    ----------
    phantom : Phantom
        As `shamsul.phantom.render` made it: anatomy and look-alikes are found by its seed.
    seed : int
        Another one is another reading of the same phantom by the same reader; non-negative.
    reader : int
        Whose habits, see `shamsul.phantom.gaze.habits_of`; 1 or more.

    Returns
    -------
    Scanpath

    Raises
    ------
    ValueError
        If `reader` is not positive, or a seed negative.

    Notes
    -----
    A simulation and nothing else: no evidence about people. It knows the findings' exact masks;
    whether one is missed is drawn from its grade alone.

    Examples
    --------
    >>> from shamsul.phantom import render
    >>> path = look(render(7, shape=(128, 108)))
    >>> path.fixations.shape[1], path.phases[0].value
    (4, 'gist')
    """
    own = habits_of(reader)
    anatomy = see_anatomy(phantom.seed)
    rng = generator(phantom.seed, reader, seed)
    weights = _conspicuity(phantom.pixels)
    masks = [small(finding.mask) for finding in phantom.findings]
    outcomes = _outcomes(phantom.findings, masks, own, rng)
    targets = list(_targets(phantom.findings, masks, outcomes, anatomy, weights, rng))
    plan = _search(anatomy, own, weights, rng)
    for mask, outcome in zip(masks, outcomes, strict=True):
        if outcome is Outcome.NOT_RECOGNISED:
            place = _Places(mask, weights).draw(1, rng)[0]
            plan = _inserted(plan, [_Step(place, Phase.SEARCH)], place)
    plan = _attend(plan, targets, rng)
    for mask, outcome in zip(masks, outcomes, strict=True):
        if outcome is Outcome.NOT_SCANNED:
            plan = _kept_away(plan, mask)
    plan = _shorten(plan, rng)
    fixations = _timed(plan, own, phantom.pixels.shape, rng)
    shape = (phantom.pixels.shape[0], phantom.pixels.shape[1])
    return Scanpath(fixations, tuple(step.phase for step in plan), outcomes, shape)


def _conspicuity(pixels: np.ndarray) -> np.ndarray:
    """How much each cell of the planning grid draws: local contrast at the size of a nodule."""
    # A pixel for each cell is enough where neighbours are blurred.
    middles = [
        (np.arange(cells) * 2 + 1) * count // (2 * cells)
        for cells, count in zip(PLANNING_SHAPE, pixels.shape, strict=True)
    ]
    brightness = pixels[np.ix_(*middles)]
    small_scale, large_scale = (
        gaussian_filter(brightness, sigma * _CELLS) for sigma in numbers.DETAIL
    )
    contrast = np.abs(small_scale - large_scale)
    return np.asarray(numbers.ANYWHERE + contrast / max(contrast.mean(), 1e-6))


def _outcomes(
    findings: Sequence[Finding], masks: Sequence[np.ndarray], own: Habits, rng: np.random.Generator
) -> tuple[Outcome, ...]:
    """What becomes of each finding."""
    kinds = list(numbers.WHY_MISSED)
    drawn = []
    for finding in findings:
        missed = rng.random() < own.misses[finding.grade]
        kind = kinds[rng.choice(len(kinds), p=list(numbers.WHY_MISSED.values()))]
        drawn.append(kind if missed else Outcome.REPORTED)
    for _ in findings:  # what is in view may bring the next into view
        for index, outcome in enumerate(drawn):
            if outcome is Outcome.NOT_SCANNED and _in_view(index, masks, drawn):
                drawn[index] = Outcome.NOT_RECOGNISED
    return tuple(drawn)


def _in_view(index: int, masks: Sequence[np.ndarray], drawn: Sequence[Outcome]) -> bool:
    """Whether nobody can look past it: it is large, or what is looked at lies beside it."""
    if _extent(masks[index]) > 2 * _USEFUL:
        return True
    near = _near(masks[index])
    return any(
        (other & near).any()
        for number, other in enumerate(masks)
        if number != index and drawn[number] is not Outcome.NOT_SCANNED
    )


def _near(mask: np.ndarray) -> np.ndarray:
    """Whether a fixation in a cell has any of a mask within the useful field."""
    return np.asarray(distance_transform_edt(~mask) <= _USEFUL)


def _extent(mask: np.ndarray) -> float:
    """Diagonal of the box around a mask, in cells."""
    return float(np.linalg.norm(np.ptp(np.argwhere(mask), axis=0)))


def _targets(
    findings: Sequence[Finding],
    masks: Sequence[np.ndarray],
    outcomes: Sequence[Outcome],
    anatomy: Anatomy,
    weights: np.ndarray,
    rng: np.random.Generator,
) -> Iterator[_Target]:
    """Findings that are looked at, reported or not, and look-alikes that attract."""
    lungs = np.logical_or.reduce([anatomy.fields[zone] for zone in LUNGS if zone in anatomy.fields])
    for finding, mask, outcome in zip(findings, masks, outcomes, strict=True):
        if outcome in (Outcome.REPORTED, Outcome.REJECTED):
            edge = mask & ~binary_erosion(mask)
            draws = np.where(edge, numbers.EDGE, 1) * np.where(lungs, numbers.LUNG, 1)
            further = min(int(_extent(mask) / (2 * _USEFUL)), numbers.MORE_LOOKS)
            yield _Target(
                _Places(mask, weights * draws),
                numbers.LOOKS[finding.grade] + further,
                numbers.COMPARES[finding.grade],
                numbers.RETURNS,
                finding.grade is Grade.OBVIOUS,
            )
    for mask in anatomy.look_alikes:
        if rng.random() < numbers.ATTRACTS:
            subtle = Grade.SUBTLE
            places = _Places(mask, weights)
            yield _Target(places, numbers.LOOKS[subtle], 0.0, numbers.RETURNS / 2, False)


def _search(
    anatomy: Anatomy, own: Habits, weights: np.ndarray, rng: np.random.Generator
) -> list[_Step]:
    """The global look and the way through the anatomy, without knowing what there is to find."""
    middle = np.array(PLANNING_SHAPE) / 2
    chest = np.logical_or.reduce(
        [mask for field, mask in anatomy.fields.items() if field is not Field.SHOULDERS]
    )
    gist = _Places(chest, weights**2).spread(numbers.GIST - 1, rng)
    plan = [_Step(place, Phase.GIST) for place in (middle, *_on_a_way(gist, middle))]
    for field in _varied(own.order, rng):
        mask = anatomy.fields.get(field)
        if mask is None or rng.random() < own.skips:
            continue
        wanted = mask.sum() / _CELLS**2 / numbers.AREA * own.thoroughness
        count = max(1, int(wanted + rng.random()))
        places = _Places(mask, weights).spread(count, rng)
        way = _on_a_way(places, plan[-1].place)
        plan += [_Step(place, Phase.SEARCH, spare=True) for place in way]
    return plan


def _varied(order: Sequence[Field], rng: np.random.Generator) -> list[Field]:
    """An order with some neighbours exchanged."""
    varied = list(order)
    for index in np.flatnonzero(rng.random(len(varied) - 1) < numbers.VARIATION):
        varied[index : index + 2] = varied[index + 1], varied[index]
    return varied


def _on_a_way(places: np.ndarray, start: np.ndarray) -> Iterator[np.ndarray]:
    """Places from a start on, always the nearest that is left."""
    here = start
    while len(places):
        nearest = int(np.linalg.norm(places - here, axis=1).argmin())
        here = places[nearest]
        places = np.delete(places, nearest, axis=0)
        yield here


def _kept_away(plan: list[_Step], mask: np.ndarray) -> list[_Step]:
    """What is left of the way where it never has any of a mask within the useful field."""
    near = _near(mask)
    last = np.array(PLANNING_SHAPE) - 1
    return [step for step in plan if not near[tuple(np.clip(step.place, 0, last).astype(int))]]


def _attend(plan: list[_Step], targets: Sequence[_Target], rng: np.random.Generator) -> list[_Step]:
    """What has the attention is inspected where the search is nearest to it, or at once."""
    returns: list[_Step] = []
    for target in (targets[index] for index in rng.permutation(len(targets))):
        places = target.places.spread(target.looks, rng)
        middle = places.mean(0)
        steps = [_Step(place, Phase.INSPECTION) for place in _on_a_way(places, middle)]
        if rng.random() < target.compares:
            # The chest is in the middle of the picture, near enough.
            across = np.array([middle[0], PLANNING_SHAPE[1] - middle[1]])
            steps.insert(len(steps) // 2, _Step(across, Phase.INSPECTION))
        if target.at_once:
            gist = sum(step.phase is Phase.GIST for step in plan)
            plan = plan[:gist] + steps + plan[gist:]
        else:
            plan = _inserted(plan, steps, middle)
        if rng.random() < target.returns:
            again = target.places.draw(int(rng.integers(*numbers.AGAIN, endpoint=True)), rng)
            returns += [_Step(place, Phase.RETURN, spare=True) for place in again]
    return plan + returns


def _inserted(plan: list[_Step], steps: list[_Step], place: np.ndarray) -> list[_Step]:
    """Steps after that one of the search that is nearest to a place."""
    away = np.linalg.norm([step.place - place for step in plan], axis=1)
    searching = [step.phase is Phase.SEARCH for step in plan]
    after = int(np.where(searching, away, np.inf).argmin()) + 1
    return plan[:after] + steps + plan[after:]


def _shorten(plan: list[_Step], rng: np.random.Generator) -> list[_Step]:
    """At most so many fixations as somebody has patience for."""
    spare = [index for index, step in enumerate(plan) if step.spare]
    count = min(max(len(plan) - numbers.MOST, 0), len(spare))
    left_out = set(rng.choice(spare, count, replace=False).tolist()) if count else set()
    return [step for index, step in enumerate(plan) if index not in left_out]


def _timed(
    plan: Sequence[_Step], own: Habits, shape: tuple[int, ...], rng: np.random.Generator
) -> np.ndarray:
    """Fixations as a tracker has them: with durations, starts, noise and drift, in the picture."""
    medians = [numbers.MEDIAN_SECONDS[step.phase] for step in plan]
    seconds = own.pace * np.array(medians) * np.exp(rng.normal(0, numbers.SPREAD, len(plan)))
    seconds = np.clip(seconds, numbers.SHORTEST, numbers.LONGEST)
    true = np.array([step.place for step in plan])
    degrees = np.linalg.norm(np.diff(true, axis=0), axis=1) / _CELLS
    moving = numbers.SACCADE[0] + numbers.SACCADE[1] * degrees
    starting = np.append(0, np.cumsum(seconds[:-1] + moving))
    off = rng.normal(0, numbers.NOISE, true.shape) + rng.normal(0, numbers.DRIFT, 2)
    scale = np.divide(shape, PLANNING_SHAPE)
    places = np.clip((true + off * _CELLS) * scale, 0.5, np.array(shape) - 0.5)
    return np.column_stack([places, starting, seconds])

"""How the simulated reader looks: every number, with its source or as our choice, and the readers.

References
----------
.. [1] Kundel HL, Nodine CF. Interpreting chest radiographs without visual search. Radiology.
   1975;116:527-32. doi:10.1148/116.3.527
.. [2] Kundel HL, Nodine CF, Carmody D. Visual scanning, pattern recognition and decision-making
   in pulmonary nodule detection. Invest Radiol. 1978;13:175-81.
.. [3] Carmody DP, Nodine CF, Kundel HL. An analysis of perceptual and cognitive factors in
   radiographic interpretation. Perception. 1980;9:339-44. doi:10.1068/p090339
.. [4] Carmody DP, Nodine CF, Kundel HL. Finding lung nodules with and without comparative visual
   scanning. Percept Psychophys. 1981;29:594-8. doi:10.3758/BF03207377
.. [5] Kundel HL, Nodine CF, Krupinski EA. Searching for lung nodules: visual dwell indicates
   locations of false-positive and false-negative decisions. Invest Radiol. 1989;24:472-8.
.. [6] Rayner K. Eye movements in reading and information processing: 20 years of research.
   Psychol Bull. 1998;124:372-422. doi:10.1037/0033-2909.124.3.372
.. [7] Carpenter RHS. Movements of the Eyes. 2nd ed. London: Pion; 1988.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Final

import numpy as np

from ..phantom import Grade
from .anatomy import Field
from .scanpath import Outcome, Phase

USEFUL: Final = 2.5
"""Radius of the useful visual field, degrees. At 5 degrees half of the nodules are missed [3]_;
2.5 is usual in this literature."""

GIST: Final = 3
"""Fixations of the global look that a search begins with [1]_, the first in the picture's middle
(our choice)."""
AREA: Final = 10.0
"""Square degrees of anatomy for each fixation of the search (our choice, for some 35 of them)."""
VARIATION: Final = 0.15
"""Chance that two neighbours in a reader's order change places (our choice)."""
ANYWHERE: Final = 0.25
"""How much a place without any contrast draws, where one of average contrast draws 1 more (our
choice)."""
DETAIL: Final = (0.25, 0.8)
"""Contrast is that between these two Gaussians (standard deviations in degrees): of the size of a
nodule (our choice)."""
EDGE: Final = 3.0
"""How much more a finding's edge draws than its inside: pleura, heart and lesions are judged by
their edges (our choice)."""
LUNG: Final = 5.0
"""How much more it draws where there is lung: fluid behind the liver does not show (our choice)."""
CANDIDATES: Final = 4
"""Of so many places the next one is the farthest from those that were looked at: the eye does not
come back at once (our choice)."""

MISSES: Final[Mapping[Grade, float]] = {
    Grade.SUBTLE: 0.30,
    Grade.MODERATE: 0.10,
    Grade.OBVIOUS: 0.03,
}
"""Chance that the usual reader misses a finding. Of abnormal films 3% were missed in free search
[1]_; the others are our choice."""
WHY_MISSED: Final[Mapping[Outcome, float]] = {
    Outcome.NOT_SCANNED: 0.30,
    Outcome.NOT_RECOGNISED: 0.25,
    Outcome.REJECTED: 0.45,
}
"""Of missed nodules: never within the useful field, looked at too shortly, looked at long and
dismissed [2]_."""
LOOKS: Final[Mapping[Grade, int]] = {Grade.SUBTLE: 3, Grade.MODERATE: 4, Grade.OBVIOUS: 6}
"""Fixations on a finding that has the reader's attention, if it fits into the useful field (our
choice); a decision takes about a second [5]_."""
MORE_LOOKS: Final = 4
"""At most so many more, one for each further useful field that a finding reaches over (our
choice)."""
COMPARES: Final[Mapping[Grade, float]] = {
    Grade.SUBTLE: 0.7,
    Grade.MODERATE: 0.5,
    Grade.OBVIOUS: 0.3,
}
"""Chance of a look at the same place on the other side: the less visible, the more comparisons
[4]_; the numbers are our choice."""
RETURNS: Final = 0.6
"""Chance to come back to a finding at the end (our choice)."""
AGAIN: Final = (1, 3)
"""The fewest and most fixations of coming back (our choice)."""
ATTRACTS: Final = 0.7
"""Chance that a look-alike gets attention: what disturbs the picture does [5]_; the number is our
choice. It gets as many looks as a subtle finding, and half of the returns."""

MEDIAN_SECONDS: Final[Mapping[Phase, float]] = {
    Phase.GIST: 0.25,
    Phase.SEARCH: 0.25,
    Phase.INSPECTION: 0.40,
    Phase.RETURN: 0.30,
}
"""Of a fixation. With the spread below the mean of the search is 0.275 s, that of visual search
[6]_; three on a finding last more than the second of a decision [5]_."""
SPREAD: Final = 0.45
"""Standard deviation of the logarithm of a fixation's duration (our choice)."""
SHORTEST, LONGEST = 0.1, 1.5
"""Seconds to which a fixation's duration is cut (our choice; trackers filter the shortest)."""
SACCADE: Final = (0.021, 0.0022)
"""Seconds between two fixations, and more for each degree between them [7]_."""

NOISE: Final = 0.35
"""Standard deviation of a fixation's measured place, degrees (our choice)."""
DRIFT: Final = 0.25
"""Standard deviation of what the calibration is off for all of a picture, degrees (our choice:
with the noise about half a degree, as makers of trackers promise)."""
MOST: Final = 80
"""Fixations: beyond, some of the search and of the returns are left out (our choice)."""

SKIPS: Final = 0.05
"""Chance that the usual reader leaves out a field (our choice)."""
THOROUGHNESS, PACE, LEFT_OUT = (0.8, 1.2), (0.85, 1.15), (0.0, 0.12)
"""Between which other readers lie: fixations of the search and their length, relative to the
usual, and the chance to leave out a field (our choice)."""
ODDS: Final = 0.5
"""Standard deviation of the logarithm of their odds of a miss, relative to the usual (our
choice)."""

_LOOK, _HABITS = 1_000, 1_001
"""Streams of random numbers beyond those of `shamsul.phantom.streams.Stream`, so that nothing of
a phantom changes."""

_CENTRE = (Field.TRACHEA, Field.MEDIASTINUM)
_HILA = (Field.RIGHT_HILUM, Field.LEFT_HILUM)
_ANGLES = (Field.RIGHT_ANGLE, Field.LEFT_ANGLE)
_SIDE_BY_SIDE = (
    Field.RIGHT_UPPER,
    Field.LEFT_UPPER,
    Field.LEFT_MIDDLE,
    Field.RIGHT_MIDDLE,
    Field.RIGHT_LOWER,
    Field.LEFT_LOWER,
)
_ONE_BY_ONE = (
    Field.RIGHT_UPPER,
    Field.RIGHT_MIDDLE,
    Field.RIGHT_LOWER,
    Field.LEFT_LOWER,
    Field.LEFT_MIDDLE,
    Field.LEFT_UPPER,
)


@dataclass(frozen=True)
class Habits:
    """What one reader does in every picture.

    Attributes
    ----------
    order : tuple of Field
        In which the anatomy is searched.
    thoroughness : float
        Fixations of the search, relative to the usual.
    skips : float
        Chance to leave out a field.
    pace : float
        Length of fixations, relative to the usual.
    misses : mapping of Grade to float
        Chance to miss a finding.
    """

    order: tuple[Field, ...]
    thoroughness: float
    skips: float
    pace: float
    misses: Mapping[Grade, float]


def generator(phantom: int, reader: int, seed: int) -> np.random.Generator:
    """Fresh generator of a reading of the phantom of a seed."""
    return np.random.default_rng([phantom, _LOOK, reader, seed])


def habits_of(reader: int) -> Habits:
    """The habits of a reader, the same for all phantoms.

    Parameters
    ----------
    reader : int
        1 is the usual reader, who is as `MISSES` and `SKIPS` say; others are drawn around it: one
        of three orders, the lungs one by one or side by side, thoroughness, pace and odds of a
        miss.

    Raises
    ------
    ValueError
        If it is not positive.
    """
    if reader < 1:
        raise ValueError(f"reader must be 1 or more, not {reader}")
    if reader == 1:
        return Habits(_order(0, _SIDE_BY_SIDE), 1.0, SKIPS, 1.0, MISSES)
    rng = np.random.default_rng([0, _HABITS, reader])
    order = _order(int(rng.integers(3)), (_SIDE_BY_SIDE, _ONE_BY_ONE)[rng.integers(2)])
    thoroughness, pace, skips = (rng.uniform(*ends) for ends in (THOROUGHNESS, PACE, LEFT_OUT))
    factor = np.exp(rng.normal(0, ODDS))
    odds = {grade: factor * chance / (1 - chance) for grade, chance in MISSES.items()}
    misses = {grade: float(one / (1 + one)) for grade, one in odds.items()}
    return Habits(order, thoroughness, skips, pace, misses)


def _order(which: int, lungs: tuple[Field, ...]) -> tuple[Field, ...]:
    """From the airways to the bones as is taught, the lungs first, or from outside to inside."""
    heart, below, bones = (Field.HEART,), (Field.BELOW,), (Field.SHOULDERS,)
    orders = (
        (_CENTRE, _HILA, lungs, heart, _ANGLES, below, bones),
        (lungs, _HILA, _CENTRE, heart, _ANGLES, below, bones),
        (bones, below, _ANGLES, heart, _CENTRE, _HILA, lungs),
    )
    return tuple(chain.from_iterable(orders[which]))

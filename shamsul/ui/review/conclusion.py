"""What to conclude from how far maps agree, in words."""

from collections.abc import Sequence
from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: Maps point at the same region where at least half of what each shows most is in the other's.
#:
#: Their measure is the overlap J of the top tenths of two maps, of which the share 2 J / (1 + J)
#: lies in the other's. By chance that is a tenth. Maps are coarse: made of some 50 superpixels, of
#: which five are a tenth, two laid out at random share three or more of five with a probability of
#: 0.005, and none or one with 0.93 (hypergeometric).
SAME: Final = 0.5
#: And elsewhere where less than a quarter is, as it is by chance.
APART: Final = 0.25

ALONE: Final = (
    "Which of them shows what the model uses cannot be seen from the maps: rely on none of them "
    "alone; *Evaluate*, *Faithfulness* measures it."
)
TOGETHER: Final = (
    "That is no proof of being right: methods can be wrong together, and a model can look at the "
    "right place for a wrong reason."
)


def conclusion(titles: Sequence[str], overlap: NDArray[np.floating]) -> str:
    """What the maps of a label say together, and what follows from it.

    Parameters
    ----------
    titles : sequence of str
        Of the methods.
    overlap : ndarray of shape (n, n), float
        :func:`shamsul.metrics.agreement.top_overlap` of each two, in [0, 1]; NaN for a map that
        is nowhere positive.

    Examples
    --------
    >>> conclusion(["LIME", "LRP"], np.array([[1, 0.8], [0.8, 1]])).split(". ")[0]
    'LIME and LRP point at the same region'
    """
    share = np.round(2 * overlap / (1 + overlap), 6)
    shown = [i for i in range(len(titles)) if np.isfinite(overlap[i, i])]
    if not shown:
        return "No map points anywhere."
    blank = [title for i, title in enumerate(titles) if i not in shown]
    alone = f"{titles[shown[0]]} alone points at a region"
    said = _regions(titles, share, shown) if len(shown) > 1 else alone
    if blank:
        said += f"; {_listed(blank)} {_verb(blank, 'show')} nothing that speaks for the label"
    agree = not blank and len(_together(share, shown)) == len(shown)
    return f"{said}. {TOGETHER if agree else ALONE}"


def _regions(titles: Sequence[str], share: NDArray[np.floating], shown: Sequence[int]) -> str:
    """Who points at the same region, who elsewhere, who in between."""
    first = _together(share, shown)
    others = [i for i in shown if i not in first]
    if not first:
        highest = max(share[i, j] for i, j in combinations(shown, 2))
        named = _listed([titles[i] for i in shown])
        return (
            f"{named} point at different regions"
            if highest < APART
            else f"{named} point at regions that overlap in part at most"
        )
    parts = [f"{_listed([titles[i] for i in first])} point at the same region"]
    near = [i for i in others if share[i, first].max() >= APART]
    far = [i for i in others if i not in near]
    if near:
        names = [titles[i] for i in near]
        parts.append(f"{_listed(names)} {_verb(names, 'overlap')} it in part")
    if far:
        names = [titles[i] for i in far]
        one_place = len(far) > 1 and len(_together(share, far)) == len(far)
        where = "at another, the same for both" if len(far) == 2 else "at another, the same for all"
        parts.append(
            f"{_listed(names)} {_verb(names, 'point')} {where if one_place else 'elsewhere'}"
        )
    return "; ".join(parts)


def _together(share: NDArray[np.floating], among: Sequence[int]) -> list[int]:
    """The largest set whose maps all point at the same region; of several the one most alike."""
    for size in range(len(among), 1, -1):
        found = [
            (sum(share[i, j] for i, j in combinations(group, 2)), group)
            for group in combinations(among, size)
            if all(share[i, j] >= SAME for i, j in combinations(group, 2))
        ]
        if found:
            return list(max(found)[1])
    return []


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _verb(names: Sequence[str], verb: str) -> str:
    return verb if len(names) > 1 else f"{verb}s"

"""What a network is trained towards where a data set is uncertain or says nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from shamsul.training.datasets.table import FRONTAL_VIEWS, Label, Side, Table

NO_FINDING: Final = "No Finding"
SUPPORT_DEVICES: Final = "Support Devices"
#: Ranges of the smoothed targets (Pham et al. 2021, U-Ones+LSR and U-Zeros+LSR).
SMOOTHED_ONES: Final = (0.55, 0.85)
SMOOTHED_ZEROS: Final = (0.0, 0.3)


class Uncertain(Enum):
    """What an uncertain label becomes (Irvin et al. 2019, section 3; Pham et al. 2021)."""

    MISSING = "missing"
    """It takes no part in the loss (U-Ignore)."""
    ONE = "one"
    """U-Ones."""
    ZERO = "zero"
    """U-Zeros."""
    SMOOTHED_ONE = "smoothed-one"
    """Drawn from `SMOOTHED_ONES` (U-Ones+LSR)."""
    SMOOTHED_ZERO = "smoothed-zero"
    """Drawn from `SMOOTHED_ZEROS` (U-Zeros+LSR)."""


class Blank(Enum):
    """What a label of which nothing is said becomes."""

    MISSING = "missing"
    """It takes no part in the loss."""
    ZERO = "zero"
    """As if it were absent."""


_FIXED: Final = {Uncertain.ONE: 1.0, Uncertain.ZERO: 0.0}
_RANGES: Final = {
    Uncertain.SMOOTHED_ONE: SMOOTHED_ONES,
    Uncertain.SMOOTHED_ZERO: SMOOTHED_ZEROS,
}


@dataclass(frozen=True)
class Policy:
    """How a table becomes targets.

    Attributes
    ----------
    uncertain : Uncertain
    per_label : mapping of str to Uncertain
        For labels that are treated otherwise.
    blank : Blank
    no_finding_clears : bool
        Where "No Finding" is present, all other labels are absent, whatever is said of them, but
        for "Support Devices", as torchxrayvision has it (Cohen et al. 2022, arXiv 2111.00595).
    frontal_only : bool
        Only images that are known to be taken from the front or from behind.
    shuffled : bool
        Each training image gets all targets of another, so that nothing of the images can be
        learned: a model for the data randomisation test of explanations (Adebayo et al. 2018,
        arXiv 1810.03292).

    References
    ----------
    Irvin J et al. CheXpert. AAAI 2019. doi:10.1609/aaai.v33i01.3301590
    Pham HH et al. Interpreting chest X-rays via CNNs that exploit hierarchical disease dependencies
    and uncertainty labels. Neurocomputing 2021. doi:10.1016/j.neucom.2020.03.127
    """

    uncertain: Uncertain = Uncertain.MISSING
    per_label: Mapping[str, Uncertain] = field(default_factory=lambda: MappingProxyType({}))
    blank: Blank = Blank.MISSING
    no_finding_clears: bool = False
    frontal_only: bool = False
    shuffled: bool = False


@dataclass(frozen=True, eq=False)
class Targets:
    """What is learned of each image.

    Attributes
    ----------
    values : ndarray of shape (N, L), float32, in [0, 1]
        0 where nothing is known, so that a masked loss stays finite: `known` tells.
    known : ndarray of shape (N, L), bool
        Which values take part in the loss.
    """

    values: NDArray[np.float32]
    known: NDArray[np.bool_]


def chosen(table: Table, policy: Policy) -> Table:
    """The rows that a policy trains with."""
    if not policy.frontal_only:
        return table
    return table.take(np.array([view in FRONTAL_VIEWS for view in table.views], bool))


def targets(table: Table, policy: Policy, seed: int) -> Targets:
    """The targets of every row of a table.

    Parameters
    ----------
    table : Table
    policy : Policy
    seed : int
        Of smoothed targets, which are drawn once, for each label by itself: what another label's
        policy is does not change them; and of the order of shuffled ones.

    Raises
    ------
    ValueError
        If the policy names a label that the table does not have, or needs "No Finding" and there is
        none; one sentence.
    """
    unknown = [name for name in policy.per_label if name not in table.labels]
    if policy.no_finding_clears and NO_FINDING not in table.labels:
        unknown.append(NO_FINDING)
    if unknown:
        raise ValueError(f"The data set has no label {unknown[0]}.")
    said = _cleared(table) if policy.no_finding_clears else table.values
    values = (said == Label.PRESENT).astype(np.float32)
    known = (said >= Label.ABSENT) | ((said == Label.MISSING) & (policy.blank is Blank.ZERO))
    for index, label in enumerate(table.labels):
        uncertain = said[:, index] == Label.UNCERTAIN
        rule = policy.per_label.get(label, policy.uncertain)
        if rule in _RANGES:
            drawn = np.random.default_rng([seed, index]).uniform(*_RANGES[rule], len(table))
            values[uncertain, index] = drawn[uncertain]
        else:
            values[uncertain, index] = _FIXED.get(rule, 0.0)
        known[:, index] |= uncertain & (rule is not Uncertain.MISSING)
    if policy.shuffled:
        training = np.flatnonzero(table.sides == Side.TRAIN)
        others = np.random.default_rng(seed).permutation(training)
        values[training], known[training] = values[others], known[others]
    return Targets(values, known)


def _cleared(table: Table) -> NDArray[np.int8]:
    """Labels with "No Finding" taken at its word."""
    healthy = table.values[:, table.labels.index(NO_FINDING)] == Label.PRESENT
    kept = [name in (NO_FINDING, SUPPORT_DEVICES) for name in table.labels]
    return np.where(healthy[:, None] & ~np.array(kept), np.int8(Label.ABSENT), table.values)

"""Power of the comparison of methods by readers, before it is made.

What a pilot study tells of its errors, or what one supposes of them, says how often
:func:`shamsul.metrics.mrmc.analyse` of so many readers and cases will tell methods apart that
differ by so much [1]_. Errors of figures shrink as cases become more; that readers take to methods
differently does not, so that too few readers cannot be made up for by cases.

References
----------
.. [1] Hillis, Obuchowski, Berbaum 2011, doi 10.1016/j.acra.2010.09.007
.. [2] Hillis, Schartz 2018, doi 10.1117/1.JMI.5.4.045503 (the same, for fixed readers or cases too)
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from shamsul.metrics.mrmc import Analysis, Fixed

#: Beyond so many degrees of freedom F is no other than with infinitely many.
_MANY: Final = 1e6
#: Numbers of cases among which the needed one is sought, near enough that power hardly changes from
#: one to the next.
_SOUGHT: Final = np.unique(np.geomspace(2, 1e7, 600).astype(int))


@dataclass(frozen=True)
class Components:
    """How figures of merit vary, as a pilot study of so many cases has it.

    Attributes
    ----------
    var_tr : float
        Variance of readers by methods.
    var, cov1, cov2, cov3 : float
        The error's variance and its covariances: of one reader with two methods, of two readers
        with one method, of both different.
    cases : float
        That the errors are of, with and without the finding in the shares that are planned too.

    Raises
    ------
    ValueError
        Such a study cannot be planned; one sentence without a full stop.
    """

    var_tr: float
    var: float
    cov1: float
    cov2: float
    cov3: float
    cases: float

    def __post_init__(self) -> None:
        values = [self.var_tr, self.var, self.cov1, self.cov2, self.cov3, self.cases]
        if not np.isfinite(values).all():
            raise ValueError("the components are not all numbers")
        if self.var <= 0:
            raise ValueError("var, the variance of the errors, is not above 0")
        if max(abs(cov) for cov in (self.cov1, self.cov2, self.cov3)) > self.var * (1 + 1e-9):
            raise ValueError("a covariance is greater than var, the variance of the errors")
        if self.cases < 2:
            raise ValueError("the components are of fewer than two cases")

    @classmethod
    def of(cls, pilot: Analysis, cases: float) -> "Components":
        """As a pilot study of so many cases estimates them."""
        found = pilot.components
        names = ("var_tr", "var", "cov1", "cov2", "cov3")
        return cls(**{name: found[name] for name in names}, cases=cases)

    @property
    def by_reader(self) -> float:
        """What readers who take to methods differently add, whatever the number of cases."""
        return max(self.var_tr, 0.0)

    @property
    def by_case(self) -> float:
        """What cases that suit methods differently add, the same for all readers."""
        return max(self.cov2 - self.cov3, 0.0)

    @property
    def residual(self) -> float:
        """What is left of the errors of one reader."""
        return max(self.var - self.cov1 - self.by_case, 0.0)

    @property
    def negative(self) -> tuple[str, ...]:
        """Variances that would be negative and are taken for 0, as sums of the components."""
        sums = {
            "var_tr": self.var_tr,
            "cov2 - cov3": self.cov2 - self.cov3,
            "var - cov1 - cov2 + cov3": self.var - self.cov1 - self.by_case,
        }
        return tuple(name for name, value in sums.items() if value < 0)


def power(
    components: Components,
    difference: float,
    readers: int,
    cases: ArrayLike,
    *,
    methods: int = 2,
    level: float = 0.05,
    fixed: Fixed = Fixed.NEITHER,
) -> NDArray[np.float64]:
    """How probable it is that the test of equal methods tells them apart.

    Parameters
    ----------
    components : Components
    difference : float
        Between the best and the worst method, above 0. More methods than two lie in the middle
        between these, where they are told apart least.
    readers : int
        Two or more; one or more where they are fixed.
    cases : array-like of int
        Two or more each. Every reader reads all of them with every method.
    methods : int
    level : float
        Of the test, in (0, 1).
    fixed : Fixed
        What the conclusion is about.

    Returns
    -------
    ndarray of the shape of `cases`, float
        In [0, 1].

    Raises
    ------
    ValueError
        Such a study cannot be planned; one sentence without a full stop.

    Notes
    -----
    Degrees of freedom are Hillis's at the expected mean squares [1]_; with fixed readers they are
    infinite, as in :func:`shamsul.metrics.mrmc.analyse`, where the paper has those of the cases.
    With very few readers power may fall a little as cases become more: what readers add is then
    known from these few, what cases add from all.

    Examples
    --------
    >>> pilot = Components(0.0002, 0.0008, 0.00035, 0.00034, 0.00024, cases=114)
    >>> power(pilot, 0.05, readers=6, cases=[100, 200]).round(2)
    array([0.64, 0.85])
    """
    _check(difference, readers, methods, level, fixed)
    numbers = np.asarray(cases, float)
    if (numbers < 2).any():
        raise ValueError("fewer than two cases cannot be planned")
    shrunk = components.cases / numbers
    ms_tr = components.by_reader + components.residual * shrunk
    by_case = readers * components.by_case * shrunk
    df1 = float(methods - 1)
    if fixed is Fixed.NEITHER:
        noise = ms_tr + by_case
        with np.errstate(divide="ignore", invalid="ignore"):
            df2 = np.where(ms_tr > 0, df1 * (readers - 1) * (noise / ms_tr) ** 2, _MANY)
    elif fixed is Fixed.READERS:
        noise, df2 = components.residual * shrunk + by_case, np.full_like(shrunk, _MANY)
    else:
        noise, df2 = ms_tr, np.full_like(shrunk, df1 * (readers - 1))
    df2 = np.minimum(df2, _MANY)
    with np.errstate(divide="ignore"):
        # The sum of squares of methods about their mean is half the square of their range.
        away = readers * difference**2 / 2 / noise
    found = stats.ncf.sf(stats.f.isf(level, df1, df2), df1, df2, np.where(noise > 0, away, 1.0))
    return np.where(noise > 0, found, 1.0)


def needed_cases(
    components: Components,
    difference: float,
    readers: int,
    wanted: float,
    *,
    methods: int = 2,
    level: float = 0.05,
    fixed: Fixed = Fixed.NEITHER,
) -> int | None:
    """The least number of cases by which the test has a power.

    Parameters
    ----------
    wanted : float
        The power, in (0, 1).
    components, difference, readers, methods, level, fixed
        As for :func:`power`.

    Returns
    -------
    int or None
        None where no number of cases, up to ten million, is enough for so few readers.

    Raises
    ------
    ValueError
        Such a study cannot be planned; one sentence without a full stop.
    """
    if not 0 < wanted < 1:
        raise ValueError("a power lies between 0 and 1")

    def enough(cases: NDArray[np.int_]) -> NDArray[np.bool_]:
        found = power(
            components, difference, readers, cases, methods=methods, level=level, fixed=fixed
        )
        return found >= wanted

    reached = np.flatnonzero(enough(_SOUGHT))
    if not len(reached):
        return None
    first = int(reached[0])
    low, high = (int(_SOUGHT[max(first - 1, 0)]), int(_SOUGHT[first]))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(np.array(middle)) else (middle, high)
    return high


def _check(difference: float, readers: int, methods: int, level: float, fixed: Fixed) -> None:
    if not (np.isfinite(difference) and difference > 0):
        raise ValueError("the difference to find is not above 0")
    if methods < 2:
        raise ValueError("fewer than two methods cannot be compared")
    least = 1 if fixed is Fixed.READERS else 2
    if readers < least:
        raise ValueError("fewer than two readers cannot be planned, unless they are fixed")
    if not 0 < level < 1:
        raise ValueError("the level of a test lies between 0 and 1")

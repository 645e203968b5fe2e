"""How many readers and cases a study needs: from a pilot or stated components to tables and words.

Power is that of :mod:`shamsul.metrics.power`; a pilot is anybody's table
(:mod:`shamsul.analysis.mrmc`) or a study in the store.
"""

import io
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

import numpy as np
import pandas as pd

from shamsul.analysis.comparison import FEW_CASES, FEW_READERS, readings_of
from shamsul.analysis.selection import select
from shamsul.metrics.mrmc import Figure, Fixed, Readings, analyse
from shamsul.metrics.power import Components, needed_cases, power
from shamsul.reading.database.store import Store
from shamsul.reading.exports.ratings import export_ratings
from shamsul.storage.text import number

#: Numbers of readers that plans are made for.
READERS: Final = tuple(range(3, 13))
#: Share of a pilot's readings that must be there, or its errors are not those of so many cases.
_COMPLETE: Final = 0.8
#: What is taken for 0 where it is negative, in words.
_NEGATIVE: Final = {
    "var_tr": "the variance of readers by methods (var_tr)",
    "cov2 - cov3": "what cases add to a difference of methods (cov2 - cov3)",
    "var - cov1 - cov2 + cov3": "what is left of a reader's errors (var - cov1 - cov2 + cov3)",
}


@dataclass(frozen=True)
class Plan:
    """What a study is to find, and what is known of its readers and cases.

    Attributes
    ----------
    components : Components
    difference : float
        Between the best and the worst method, see :func:`shamsul.metrics.power.power`.
    methods : int
    readers : tuple of int
        The numbers of readers to plan for.
    power, level : float
        In (0, 1): that is wanted; of the test.
    fixed : Fixed
    """

    components: Components
    difference: float
    methods: int = 2
    readers: tuple[int, ...] = READERS
    power: float = 0.8
    level: float = 0.05
    fixed: Fixed = Fixed.NEITHER

    def needed(self) -> pd.DataFrame:
        """The least numbers of cases.

        Returns
        -------
        DataFrame
            Columns readers, cases, power (with so many cases) and readings (readers times cases),
            a row for each number of readers; all but the first NaN where no number is enough.

        Raises
        ------
        ValueError
            Such a study cannot be planned; one sentence without a full stop.
        """
        rows = []
        for readers in self.readers:
            cases = needed_cases(
                self.components,
                self.difference,
                readers,
                self.power,
                methods=self.methods,
                level=self.level,
                fixed=self.fixed,
            )
            if cases is None:
                rows.append((readers, np.nan, np.nan, np.nan))
            else:
                found = float(self._power(readers, np.array(cases)))
                rows.append((readers, cases, found, readers * cases))
        return pd.DataFrame(rows, columns=["readers", "cases", "power", "readings"])

    def curves(self, needed: pd.DataFrame) -> pd.DataFrame:
        """Power over cases, to where most numbers of readers have what they need.

        Returns
        -------
        DataFrame
            Columns readers, cases and power, by readers and cases.
        """
        enough = needed["cases"].dropna()
        far = np.clip(1.3 * enough.quantile(0.75), 12, 5000) if len(enough) else 400
        cases = np.unique(np.linspace(5, far, 150).astype(int))
        return pd.concat(
            pd.DataFrame({"readers": readers, "cases": cases, "power": self._power(readers, cases)})
            for readers in self.readers
        ).reset_index(drop=True)

    def _power(self, readers: int, cases: np.ndarray) -> np.ndarray:
        return power(
            self.components,
            self.difference,
            readers,
            cases,
            methods=self.methods,
            level=self.level,
            fixed=self.fixed,
        )


def sentence(plan: Plan, needed: pd.DataFrame) -> str:
    """What a plan comes to, for about six readers and for those that are too few.

    Parameters
    ----------
    needed : DataFrame
        :meth:`Plan.needed` of it.
    """
    enough, few = needed.dropna(), needed.loc[needed["cases"].isna(), "readers"]
    purpose = (
        f"to find {_difference(plan)} with a power of {plan.power:.0%} (level {plan.level:g}, "
        f"{_FOR[plan.fixed]})"
    )
    if enough.empty:
        return f"With {_span(few)} readers no number of cases is enough {purpose}."
    place = min(int(np.searchsorted(enough["readers"], 6)), len(enough) - 1)
    main, most = enough.iloc[place], enough.iloc[-1]
    said = f"With {main.readers:.0f} readers {main.cases:,.0f} cases are needed {purpose}"
    if most.readers != main.readers:
        said += f"; with {most.readers:.0f} readers, {most.cases:,.0f}"
    if len(few):
        said += f". With {_span(few)} readers no number of cases is enough"
    return f"{said}."


_FOR: Final = {
    Fixed.NEITHER: "for readers and cases like these",
    Fixed.READERS: "for these very readers, and cases like these",
    Fixed.CASES: "for readers like these, and these very cases",
}


def _difference(plan: Plan) -> str:
    if plan.methods == 2:
        return f"a difference of {plan.difference:g} between two methods"
    return (
        f"a difference of {plan.difference:g} between the best and the worst of {plan.methods} "
        "methods, the others being in the middle,"
    )


def _span(readers: pd.Series) -> str:
    low, high = int(readers.min()), int(readers.max())
    return f"{low}" if low == high else f"{low} to {high}"


def notes(plan: Plan, needed: pd.DataFrame) -> tuple[str, ...]:
    """What must be known beside the numbers, as sentences."""
    said = [
        f"As an estimate {_NEGATIVE[name]} is negative; it is taken for 0."
        for name in plan.components.negative
    ]
    if (needed["cases"] < FEW_CASES).any():
        said.append(
            f"With fewer than {FEW_CASES} cases the test tells equal methods apart somewhat more "
            "often than its level says, and the power holds less exactly."
        )
    said.append(
        "Every reader reads every case with every method. The numbers are as good as the "
        "components that they follow from."
    )
    return tuple(said)


def to_json(plan: Plan, needed: pd.DataFrame) -> dict[str, Any]:
    """A plan with its numbers; cases that no number is enough for are None."""
    curves = plan.curves(needed)
    return {
        "components": asdict(plan.components),
        "taken_for_0": list(plan.components.negative),
        "difference": plan.difference,
        "methods": plan.methods,
        "power": plan.power,
        "level": plan.level,
        "fixed": None if plan.fixed is Fixed.NEITHER else plan.fixed.value,
        "needed": [
            {
                "readers": int(row.readers),
                "cases": None if np.isnan(row.cases) else int(row.cases),
                "power": None if np.isnan(row.cases) else float(row.power),
            }
            for row in needed.itertuples()
        ],
        "power_over_cases": curves.to_dict(orient="records"),
    }


# ---- What is known -------------------------------------------------------------------------------


def stated(text: str) -> Components:
    """Components that somebody has written down.

    Parameters
    ----------
    text : str
        Such as ``var_tr=0.0002, var=0.0008, cov1=0.00035, cov2=0.00034, cov3=0.00024, cases=114``;
        instead of covariances correlations of the errors, ``r1``, ``r2`` and ``r3``.

    Raises
    ------
    ValueError
        It is not understood; one sentence without a full stop.

    Examples
    --------
    >>> stated("var_tr=0, var=0.01, r1=0.5, r2=0.4, r3=0.3, cases=50").cov2
    0.004
    """
    given: dict[str, float] = {}
    for part in text.split(","):
        name, separator, value = (piece.strip() for piece in part.partition("="))
        if not separator:
            raise ValueError(f"components are written NAME=NUMBER, not {part.strip()!r}")
        if name in given:
            raise ValueError(f"the component {name} is given twice")
        given[name] = number(value)
    for kind in "123":
        if f"r{kind}" in given and f"cov{kind}" not in given and "var" in given:
            given[f"cov{kind}"] = given.pop(f"r{kind}") * given["var"]
    known = [field.name for field in fields(Components)]
    unknown = [name for name in given if name not in known]
    missing = [name for name in known if name not in given]
    if unknown:
        raise ValueError(f"there is no component {unknown[0]!r}; there are {', '.join(known)}")
    if missing:
        raise ValueError(f"the component {missing[0]} is missing")
    return Components(**given)


def of_pilot(readings: Readings, figure: Figure) -> Components:
    """The components of a pilot study.

    Raises
    ------
    ValueError
        It cannot be analysed, or too many readings are missing; one sentence without a full stop.
    """
    read = np.isfinite(readings.scores)
    if read.mean() < _COMPLETE:
        raise ValueError(
            f"only {read.mean():.0%} of its readings, by every reader of every case with every "
            f"method, are there, of which a plan needs {_COMPLETE:.0%}"
        )
    pilot = analyse(readings, figure)
    if pilot.components["var"] <= 0:
        raise ValueError("every reader has given every case the same score")
    # Of readings that are missing here and there: so many cases has a reader read, on average.
    return Components.of(pilot, cases=float(read.sum(2).mean()))


def worth(readings: Readings) -> str:
    """What a pilot study is and, where it is small, what plans from it are worth."""
    methods, readers, cases = readings.scores.shape
    said = f"The pilot has {methods} methods, {readers} readers and {cases} cases."
    if readers < FEW_READERS or cases < FEW_CASES:
        said += (
            f" One of fewer than {FEW_READERS} readers or {FEW_CASES} cases tells the components, "
            "and hence the numbers of cases, only roughly."
        )
    return said


def of_study(store: Store, study: str, item: str) -> Readings:
    """What readers of a study in the store have said of maps.

    Parameters
    ----------
    item : str
        A scale of its questionnaire.

    Returns
    -------
    Readings
        A case is a radiograph, whose labels are no independent evidence: of several, and of several
        sessions, the mean score counts. Practice, repeats and control maps are left out, as in
        :func:`shamsul.analysis.study.analyse`.

    Raises
    ------
    ValueError
        There is no such study or scale, or nothing is rated; one sentence without a full stop.
    shamsul.reading.database.transactions.StoreError
        If the database fails.
    """
    about, exported = store.study(study), export_ratings(store, study)
    items = [one for one in about.questionnaire.items if one.id == item]
    if not items:
        known = ", ".join(one.id for one in about.questionnaire.items)
        raise ValueError(f"the study has no scale {item!r} about maps; it has {known}")
    ratings, cases = (
        pd.read_csv(io.BytesIO(data), keep_default_na=False, dtype=str)
        for data in (exported.ratings, exported.cases)
    )
    chosen = select(ratings, cases, items, set(ratings["method"])).main
    if chosen["score"].notna().sum() == 0:
        raise ValueError("nothing has been rated on this scale yet")
    methods = sorted(chosen.dropna(subset="score")["method"].unique())
    return readings_of(chosen.rename(columns={"score": "value"}), methods)

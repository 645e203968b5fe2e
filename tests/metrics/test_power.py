"""Power and needed cases: a published table, drawn studies, limits."""

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats

from shamsul.metrics.mrmc import Fixed, Readings, analyse, mean
from shamsul.metrics.power import Components, needed_cases, power
from shamsul.metrics.simulated_studies import Setting, draw

#: Estimates of Van Dyke's study, which tests of ``mrmc`` compare with other software's.
VAN_DYKE = Components(
    var_tr=0.00020040252358145832,
    var=0.0008022882655720671,
    cov1=0.00034661370944073203,
    cov2=0.0003440748288608891,
    cov3=0.0002390283708921537,
    cases=114,
)
OBSERVED = 0.043800322061191665


def test_van_dykes_study_as_a_pilot() -> None:
    """SsPowerTable and SsPowerGivenJK of RJafroc, RRRC of its dataset02 (RJafrocBook, 2020)."""
    table = [1089, 344, 251, 211, 188, 173, 163, 155, 149]
    found = [needed_cases(VAN_DYKE, OBSERVED, readers, 0.8) for readers in range(4, 13)]
    assert found == table
    assert needed_cases(VAN_DYKE, OBSERVED, 3, 0.8) is None  # there: more than 2000
    for readers, cases, expected in (
        (6, 112, 0.5555789),
        (6, 251, 0.8005403),
        (10, 163, 0.8015625),
    ):
        assert power(VAN_DYKE, OBSERVED, readers, cases) == pytest.approx(expected, abs=1e-6)


def test_van_dykes_study_with_fixed_cases_and_fixed_readers() -> None:
    """The same software's RRFC; its FRRC has the degrees of freedom of the cases, not infinite."""
    assert needed_cases(VAN_DYKE, OBSERVED, 10, 0.8, fixed=Fixed.CASES) == 53
    found = power(VAN_DYKE, OBSERVED, 10, 53, fixed=Fixed.CASES)
    assert found == pytest.approx(0.80496663, abs=1e-6)
    found = power(VAN_DYKE, OBSERVED, 10, 133, fixed=Fixed.READERS)
    expected = stats.ncx2.sf(stats.chi2.isf(0.05, 1), 1, 7.9873835)
    assert found == pytest.approx(expected, abs=1e-5)
    assert found == pytest.approx(0.80111671, abs=0.007)


def of(setting: Setting) -> Components:
    """The components of means of scores that are drawn so, of a hundred cases."""
    case, own = setting.case**2 / 100, setting.case_by_method**2 / 100
    var = case + own + 1 / 100
    return Components(setting.reader_by_method**2, var, case, case + own, case, cases=100)


@pytest.mark.long
@pytest.mark.parametrize(
    ("setting", "difference", "fixed"),
    [
        (Setting(6, 30, 0.3, 0.7, 0.3, 0.3, methods=2), 0.55, Fixed.NEITHER),
        (Setting(4, 40, 0.3, 0.7, 0.2, 0.5, methods=3), 0.6, Fixed.NEITHER),
        (Setting(10, 20, 0.3, 0.7, 0.0, 0.0, methods=4), 0.3, Fixed.NEITHER),
        (Setting(5, 30, 0.3, 0.7, 0.0, 0.5, methods=2), 0.35, Fixed.READERS),
        (Setting(5, 30, 0.3, 0.7, 0.5, 0.0, methods=3), 0.8, Fixed.CASES),
    ],
)
def test_drawn_studies_find_a_difference_as_often_as_promised(
    setting: Setting, difference: float, fixed: Fixed
) -> None:
    rng, runs = np.random.default_rng(5), 400
    names = [tuple(map(str, range(n))) for n in (setting.methods, setting.readers)]
    found = []
    for _ in range(runs):
        (scores,) = draw(setting, 1, rng)
        scores[0] += difference / 2
        scores[1] -= difference / 2
        found.append(analyse(Readings(*names, scores), mean, fixed=fixed).p < 0.05)
    promised = power(
        of(setting),
        difference,
        setting.readers,
        setting.cases,
        methods=setting.methods,
        fixed=fixed,
    )
    error = np.sqrt(promised * (1 - promised) / runs)
    assert np.mean(found) == pytest.approx(promised, abs=3 * error)


@pytest.mark.parametrize("fixed", Fixed)
@pytest.mark.parametrize("readers", [5, 9])
def test_needed_cases_are_the_first_that_are_enough(fixed: Fixed, readers: int) -> None:
    needed = needed_cases(VAN_DYKE, 0.06, readers, 0.9, fixed=fixed)
    assert needed is not None
    fewer, enough = power(VAN_DYKE, 0.06, readers, [needed - 1, needed], fixed=fixed)
    assert fewer < 0.9 <= enough


def test_no_number_of_cases_makes_up_for_too_few_readers() -> None:
    """Of infinitely many cases readers are an exact analysis of variance of their own."""
    found = power(VAN_DYKE, OBSERVED, 3, 1e9)
    away = 3 * OBSERVED**2 / 2 / VAN_DYKE.var_tr
    assert found == pytest.approx(stats.ncf.sf(stats.f.isf(0.05, 1, 2), 1, 2, away), abs=1e-4)
    assert found < 0.8


def test_power_is_the_level_where_nearly_nothing_is_to_be_found() -> None:
    for fixed in Fixed:
        found = power(VAN_DYKE, 1e-9, 5, [20, 200], methods=3, level=0.01, fixed=fixed)
        assert found == pytest.approx(0.01, abs=1e-6)


def test_a_range_among_more_methods_is_harder_to_find_with_many_readers() -> None:
    found = [power(VAN_DYKE, 0.05, 12, 100, methods=methods) for methods in (2, 3, 4, 6)]
    assert all(more < fewer for fewer, more in pairwise(found))


def test_negative_variances_are_taken_for_nothing_and_named() -> None:
    odd = Components(-0.001, var=0.01, cov1=0.009, cov2=0.002, cov3=0.004, cases=50)
    assert odd.negative == ("var_tr", "cov2 - cov3")
    plain = Components(0, var=0.01, cov1=0.009, cov2=0.004, cov3=0.004, cases=50)
    assert plain.negative == ()
    assert power(odd, 0.05, 5, 60) == power(plain, 0.05, 5, 60)
    assert Components(0, 0.01, 0.009, 0.005, 0.001, 50).negative == ("var - cov1 - cov2 + cov3",)


def test_methods_of_which_nothing_varies_are_always_told_apart() -> None:
    assert power(Components(0, 1, 1, 0, 0, 10), 0.01, 3, [10, 20]).tolist() == [1, 1]


def test_a_pilot_study_gives_its_own_components() -> None:
    setting = Setting(3, 9, 0.3, 0.7, 0.9, 0.5, methods=2)
    (scores,) = draw(setting, 1, np.random.default_rng(0))
    pilot = analyse(Readings(("a", "b"), ("x", "y", "z"), scores), mean)
    found = Components.of(pilot, 9)
    assert (found.cov2, found.cases) == (pilot.components["cov2"], 9)
    assert found.negative == ()
    # Of as many cases, the mean square that is expected is the pilot's own.
    assert found.by_reader + found.residual == pytest.approx(pilot.components["ms_tr"])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"difference": 0}, "difference to find is not above 0"),
        ({"difference": np.nan}, "difference to find is not above 0"),
        ({"readers": 1}, "fewer than two readers"),
        ({"readers": 0, "fixed": Fixed.READERS}, "fewer than two readers"),
        ({"cases": [10, 1]}, "fewer than two cases"),
        ({"methods": 1}, "fewer than two methods"),
        ({"level": 1}, "level of a test"),
    ],
)
def test_what_cannot_be_planned_says_why(changed: dict[str, object], sentence: str) -> None:
    options = {"difference": 0.05, "readers": 4, "cases": 50} | changed
    with pytest.raises(ValueError, match=sentence):
        power(VAN_DYKE, **options)
    with pytest.raises(ValueError, match="power lies between"):
        needed_cases(VAN_DYKE, 0.05, 4, 1.0)


@pytest.mark.parametrize(
    ("components", "sentence"),
    [
        ((0, 0, 0, 0, 0, 10), "not above 0"),
        ((0, 1, 2, 0, 0, 10), "covariance is greater"),
        ((0, 1, 0, 0, np.inf, 10), "not all numbers"),
        ((0, 1, 0.5, 0.5, 0.4, 1), "fewer than two cases"),
    ],
)
def test_components_that_no_study_has_are_refused(
    components: tuple[float, ...], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        Components(*components)

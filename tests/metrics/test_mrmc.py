"""Readers and cases both random: a published study, slow second implementations, no difference."""

import csv
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from benchmarks.inference import measure
from shamsul.metrics import mrmc
from shamsul.metrics.mrmc import Fixed, Readings, analyse, auc, mean, sensitivity, specificity
from shamsul.metrics.simulated_studies import Setting

VAN_DYKE = Path(__file__).resolve().parents[3] / "shared" / "data" / "mrmc" / "vandyke.csv"


def readings(scores: np.ndarray, truth: np.ndarray | None = None) -> Readings:
    methods, readers, _ = scores.shape
    return Readings(
        tuple(f"M{n}" for n in range(methods)),
        tuple(f"R{n}" for n in range(readers)),
        np.asarray(scores, float),
        truth,
    )


def drawn(methods: int = 3, readers: int = 4, cases: int = 12, seed: int = 0) -> Readings:
    rng = np.random.default_rng(seed)
    truth = np.arange(cases) % 3 == 0
    return readings(rng.integers(1, 6, (methods, readers, cases)) + 2.0 * truth, truth)


@pytest.fixture(scope="module")
def van_dyke() -> Readings:
    if not VAN_DYKE.exists():
        pytest.skip("the study's readings are not here")
    with VAN_DYKE.open(newline="") as file:
        rows = list(csv.DictReader(file))
    cases = sorted({row["case"] for row in rows}, key=int)
    scores = np.full((2, 5, len(cases)), np.nan)
    truth = np.zeros(len(cases), bool)
    for row in rows:
        case = cases.index(row["case"])
        scores[int(row["treatment"]) - 1, int(row["reader"]) - 1, case] = float(row["rating"])
        truth[case] = row["truth"] == "1"
    return readings(scores, truth)


def test_van_dykes_study(van_dyke: Readings) -> None:
    """Figures of other software."""
    found = analyse(van_dyke, auc)
    assert [one.estimate for one in found.methods.values()] == pytest.approx(
        [0.897037, 0.940837], abs=1e-6
    )
    expected = {
        "ms_t": 0.004796171,
        "ms_tr": 0.0005510306,
        "cov1": 0.0003466137,
        "cov2": 0.0003440748,
        "cov3": 0.0002390284,
    }
    for name, value in expected.items():
        assert found.components[name] == pytest.approx(value, rel=1e-6)
    assert (found.f, found.df1) == (pytest.approx(4.456319, abs=1e-6), 1)
    assert found.df2 == pytest.approx(15.2597, abs=1e-4)
    assert found.p == pytest.approx(0.051666, abs=1e-6)
    (difference,) = found.differences
    assert difference.interval.estimate == pytest.approx(-0.043800, abs=1e-6)
    assert difference.interval.low == pytest.approx(-0.087959, abs=1e-6)
    assert difference.interval.high == pytest.approx(0.000359, abs=1e-6)
    assert difference.p == difference.p_holm == pytest.approx(found.p)
    for fixed, p in ((Fixed.READERS, 0.019280), (Fixed.CASES, 0.041959)):
        assert analyse(van_dyke, auc, fixed=fixed).p == pytest.approx(p, abs=1e-6)
    assert analyse(van_dyke, auc, delong=True).p == pytest.approx(0.051233, abs=1e-6)


def test_auc_counts_pairs() -> None:
    scores, truth = np.array([1, 2, 2, 3, 3, 1.0]), np.array([0, 1, 0, 1, 0, 1], bool)
    pairs = [
        float(high > low) + 0.5 * float(high == low)
        for high, low in product(scores[truth], scores[~truth])
    ]
    assert auc(scores, truth) == pytest.approx(np.mean(pairs))


def test_shares_at_a_threshold() -> None:
    scores, truth = np.array([1, 2, 3, 4, 2.0]), np.array([1, 1, 1, 0, 0], bool)
    assert sensitivity(2)(scores, truth) == pytest.approx(2 / 3)
    assert specificity(2)(scores, truth) == 0
    assert specificity(3)(scores, truth) == 0.5


def test_jackknife_of_means_is_their_sample_covariance() -> None:
    data = drawn()
    flat = data.scores.reshape(12, -1)
    np.testing.assert_allclose(mrmc._jackknife(data, mean), np.cov(flat) / flat.shape[1])


def test_jackknife_leaves_every_case_out_once() -> None:
    data = drawn()
    assert data.truth is not None
    cases = range(len(data.truth))
    left = []
    for out in cases:
        rest = [case for case in cases if case != out]
        left.append([auc(row[rest], data.truth[rest]) for row in data.scores.reshape(12, -1)])
    centred = np.array(left) - np.mean(left, 0)
    expected = (len(cases) - 1) / len(cases) * centred.T @ centred
    np.testing.assert_allclose(mrmc._jackknife(data, auc), expected)


def test_delongs_covariance_by_placements_one_by_one() -> None:
    data = drawn(methods=2, readers=2)
    assert data.truth is not None
    flat = data.scores.reshape(4, -1)
    positive, negative = flat[:, data.truth], flat[:, ~data.truth]

    def kernel(high: float, low: float) -> float:
        return float(high > low) + 0.5 * float(high == low)

    found = mrmc._delong(data)
    for a, b in product(range(4), repeat=2):
        total = 0.0
        for ones, others, sign in ((positive, negative, 1), (negative, positive, -1)):
            places = [
                [np.mean([kernel(sign * x, sign * y) for y in others[row]]) for x in ones[row]]
                for row in (a, b)
            ]
            total += np.cov(*places)[0, 1] / ones.shape[1]
        assert found[a, b] == pytest.approx(total)


def test_mean_squares_and_covariances_by_loops() -> None:
    data = drawn()
    figures = data.scores.mean(2)
    covariance = mrmc._jackknife(data, mean).reshape(3, 4, 3, 4)
    kinds: dict[str, list[float]] = {"var": [], "cov1": [], "cov2": [], "cov3": []}
    names = {(True, True): "var", (False, True): "cov1", (True, False): "cov2"}
    for i, j, k, m in product(range(3), range(4), range(3), range(4)):
        kinds[names.get((i == k, j == m), "cov3")].append(covariance[i, j, k, m])
    found = analyse(data, mean).components
    for name, values in kinds.items():
        assert found[name] == pytest.approx(np.mean(values))
    total = figures.mean()
    ms_t = 4 * sum((row.mean() - total) ** 2 for row in figures) / 2
    ms_r = 3 * sum((column.mean() - total) ** 2 for column in figures.T) / 3
    ms_tr = sum(
        (figures[i, j] - figures[i].mean() - figures[:, j].mean() + total) ** 2
        for i, j in product(range(3), range(4))
    )
    assert (found["ms_t"], found["ms_r"]) == (pytest.approx(ms_t), pytest.approx(ms_r))
    assert found["ms_tr"] == pytest.approx(ms_tr / 6)


def test_fixed_cases_is_the_analysis_of_variance_of_readers_and_methods() -> None:
    data = drawn()
    figures = data.scores.mean(2)
    found = analyse(data, mean, fixed=Fixed.CASES)
    a, b = figures[0], figures[1]
    pair = analyse(readings(data.scores[:2]), mean, fixed=Fixed.CASES)
    assert pair.p == pytest.approx(stats.ttest_rel(a, b).pvalue)
    low, high = stats.ttest_rel(a, b).confidence_interval()
    assert (pair.differences[0].interval.low, pair.differences[0].interval.high) == (
        pytest.approx(low),
        pytest.approx(high),
    )
    assert (found.df1, found.df2) == (2, 6)


def test_one_fixed_reader_is_the_paired_test_of_large_samples() -> None:
    data = drawn(methods=2, readers=1, cases=40)
    found = analyse(data, mean, fixed=Fixed.READERS)
    differences = data.scores[0, 0] - data.scores[1, 0]
    z = differences.mean() / np.sqrt(differences.var(ddof=1) / 40)
    assert found.differences[0].p == pytest.approx(2 * stats.norm.sf(abs(z)))


def test_a_missing_reading_counts_nowhere_and_a_missing_reader_is_refused() -> None:
    data = drawn()
    data.scores[1, 2, 5] = np.nan
    found = analyse(data, auc)
    assert data.truth is not None
    rest = [case for case in range(12) if case != 5]
    expected = auc(data.scores[1, 2][rest], data.truth[rest])
    assert found.figures["M1"]["R2"] == pytest.approx(expected)
    with pytest.raises(ValueError, match="every case read by every reader"):
        analyse(data, auc, delong=True)
    data.scores[1, 2] = np.nan
    with pytest.raises(ValueError, match="R2 has read fewer than two cases with M1"):
        analyse(data, mean)


def test_balanced_incomplete_blocks_of_means_have_their_own_variance() -> None:
    data = drawn(methods=2, readers=2, cases=20)
    data.scores[:, 0, 10:] = np.nan
    data.scores[:, 1, :10] = np.nan
    covariance = mrmc._jackknife(data, mean).reshape(2, 2, 2, 2)
    assert covariance[0, 0, 0, 0] == pytest.approx(data.scores[0, 0, :10].var(ddof=1) / 10)
    assert covariance[0, 0, 0, 1] == 0  # no case in common
    pair = np.cov(data.scores[0, 0, :10], data.scores[1, 0, :10])[0, 1] / 10
    assert covariance[0, 0, 1, 0] == pytest.approx(pair)


@pytest.mark.parametrize(
    ("data", "fixed", "sentence"),
    [
        (drawn(methods=1), Fixed.NEITHER, "fewer than two methods"),
        (drawn(readers=1), Fixed.NEITHER, "fewer than two readers"),
        (readings(np.ones((2, 2, 3))), Fixed.NEITHER, "truth of the cases is not known"),
        (readings(np.ones((2, 2, 3)), np.ones(3, bool)), Fixed.NEITHER, "two cases without"),
    ],
)
def test_what_cannot_be_analysed_says_why(data: Readings, fixed: Fixed, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        analyse(data, auc, fixed=fixed)


def test_methods_that_are_equal_throughout_have_no_difference() -> None:
    same = np.broadcast_to(np.arange(12.0), (2, 3, 12)).copy()
    found = analyse(readings(same), mean)
    assert found.differences[0].interval.estimate == 0
    assert np.isnan(found.p)


def test_equal_methods_are_told_apart_as_rarely_as_promised() -> None:
    """Cases that suit a method make reading-level tests reject in a third of such studies."""
    setting = Setting(
        readers=6, cases=20, reader=0.3, case=0.7, reader_by_method=0.3, case_by_method=0.5
    )
    rejected = measure(setting, runs=400, seed=1)["rejected"]
    assert 0.025 < rejected < 0.08

"""What the comparison of methods is worth: how often it is wrong where the truth is known.

``python -m benchmarks.inference [--runs 2000] [--seed 0]`` draws studies from a model in which
readers, cases and their interactions with methods are normal, and prints one JSON object: how often
methods that are equal are told apart at a level of 0.05; how often the interval of a method's mean
and that of a difference hold the true one, with their median width; and how often a true difference
of 0.3 (residuals having 1) is found. For comparison Friedman's test of readings taken as
independent blocks, on the same studies. Then how often intervals of agreement, of ratings from 1 to
5 cut from the same model, hold it, with their median width, in half as many studies.
"""

import argparse
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from tqdm import tqdm

from shamsul.metrics.mrmc import Readings, analyse, mean
from shamsul.metrics.reliability import alpha_sums, icc_sums, kappa_sums
from shamsul.metrics.reliability_intervals import of_readers_and_cases, of_these_readers
from shamsul.metrics.simulated_studies import Setting, draw

LEVEL = 0.05
DIFFERENCE = 0.3


SETTINGS = (
    Setting(4, 20, 0.3, 0.7, 0.0, 0.0),
    Setting(4, 20, 0.3, 0.7, 0.3, 0.5),
    Setting(6, 20, 0.3, 0.7, 0.0, 0.5),
    Setting(6, 30, 0.5, 0.7, 0.5, 0.3),
    Setting(10, 40, 0.3, 0.7, 0.3, 0.7),
    Setting(10, 40, 0.3, 0.7, 0.7, 0.0),
    Setting(6, 8, 0.3, 0.7, 0.3, 0.5),
)


def measure(setting: Setting, runs: int, seed: int) -> dict[str, float]:
    """Shares of so many drawn studies, and median widths."""
    rng = np.random.default_rng(seed)
    methods = tuple(f"method {number}" for number in range(setting.methods))
    readers = tuple(f"reader {number}" for number in range(setting.readers))
    found: dict[str, list[float]] = {
        name: []
        for name in ("rejected", "friedman", "mean_held", "difference_held", "width", "power")
    }
    for _ in range(runs):
        (scores,) = draw(setting, 1, rng)
        null = analyse(Readings(methods, readers, scores), mean)
        found["rejected"].append(null.p < LEVEL)
        readings = scores.reshape(setting.methods, -1)
        found["friedman"].append(stats.friedmanchisquare(*readings).pvalue < LEVEL)
        one = null.methods[methods[0]]
        found["mean_held"].append(one.low <= 0 <= one.high)
        found["width"].append(one.high - one.low)
        difference = null.differences[0].interval
        found["difference_held"].append(difference.low <= 0 <= difference.high)
        scores[0] += DIFFERENCE
        found["power"].append(analyse(Readings(methods, readers, scores), mean).p < LEVEL)
    shares = {name: round(float(np.mean(values)), 3) for name, values in found.items()}
    return shares | {"width": round(float(np.median(found["width"])), 3)}


@dataclass(frozen=True)
class Agreement:
    """Of drawn studies of agreement: readers, and cases with four maps each."""

    readers: int
    cases: int

    @property
    def setting(self) -> Setting:
        """What ratings are cut from."""
        return Setting(self.readers, self.cases, 0.3, 0.7, 0.3, 0.5, methods=4)


AGREEMENTS = (
    Agreement(3, 20),
    Agreement(4, 20),
    Agreement(6, 20),
    Agreement(5, 30),
    Agreement(10, 40),
    Agreement(6, 8),
)

_COEFFICIENTS = {"alpha": alpha_sums, "kappa": kappa_sums, "icc": icc_sums}


#: Cases that the agreement of a study's very readers is told by.
_MANY = 3000


def _ratings(setting: Setting, rng: np.random.Generator) -> NDArray[np.float64]:
    """Ratings of shape (readers, cases, maps)."""
    (scores,) = draw(setting, 1, rng)
    # Methods differ, so that there is something to agree on.
    scores += np.linspace(-0.3, 0.3, setting.methods)[:, None, None]
    return np.digitize(scores, [-1.5, -0.5, 0.5, 1.5]).transpose(1, 2, 0) + 1.0


def measure_agreement(agreement: Agreement, runs: int, seed: int) -> dict[str, float]:
    """Shares of so many drawn studies, and median widths.

    For each coefficient that of the interval for readers and cases, which should hold the agreement
    of all readers, and that of the interval for these readers, which should hold theirs in all
    cases.
    """
    rng = np.random.default_rng(seed)
    setting = agreement.setting
    cases = setting.cases
    everybody = [_flat(_ratings(replace(setting, readers=60, cases=_MANY), rng)) for _ in range(3)]
    studies = [_ratings(replace(setting, cases=cases + _MANY), rng) for _ in range(runs)]
    case = np.repeat(np.arange(cases), setting.methods)
    found: dict[str, float] = {}
    for name, sums_of in _COEFFICIENTS.items():
        true = np.mean([sums_of(ratings).whole.value for ratings in everybody])
        held, these, width, width_of_these = [], [], [], []
        for number, ratings in enumerate(studies):
            read = _flat(ratings[:, :cases])
            low, high = of_readers_and_cases(sums_of, read, case)
            held.append(low <= true <= high)
            width.append(high - low)
            low, high = of_these_readers(sums_of(read), case, seed=number)
            these.append(low <= sums_of(_flat(ratings[:, cases:])).whole.value <= high)
            width_of_these.append(high - low)
        found[f"{name}_held"] = round(float(np.mean(held)), 3)
        found[f"{name}_width"] = round(float(np.median(width)), 3)
        found[f"{name}_these_held"] = round(float(np.mean(these)), 3)
        found[f"{name}_these_width"] = round(float(np.median(width_of_these)), 3)
    return found


def _flat(ratings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Readers by maps, those of a case beside each other."""
    return ratings.reshape(len(ratings), -1)


def main() -> None:
    """Measure every setting."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=2000)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    rows: list[dict[str, Any]] = [
        asdict(setting) | measure(setting, given.runs, given.seed) for setting in tqdm(SETTINGS)
    ]
    agreements = [
        asdict(one) | measure_agreement(one, given.runs // 2, given.seed)
        for one in tqdm(AGREEMENTS)
    ]
    found = {"settings": rows, "agreement": agreements}
    print(json.dumps({"runs": given.runs, "seed": given.seed, **found}, indent=1))


if __name__ == "__main__":
    main()

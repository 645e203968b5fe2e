"""What the comparison of methods is worth: how often it is wrong where the truth is known.

``python -m benchmarks.inference [--runs 2000] [--seed 0]`` draws studies from a model in which
readers, cases and their interactions with methods are normal, and prints one JSON object: how often
methods that are equal are told apart at a level of 0.05; how often the interval of a method's mean
and that of a difference hold the true one, with their median width; and how often a true difference
of 0.3 (residuals having 1) is found. For comparison Friedman's test of readings taken as
independent blocks, on the same studies.
"""

import argparse
import json
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from shamsul.metrics.comparison import friedman
from shamsul.metrics.mrmc import Readings, analyse, mean

LEVEL = 0.05
DIFFERENCE = 0.3


@dataclass(frozen=True)
class Setting:
    """Of drawn studies: their size, and standard deviations beside a residual one of 1."""

    readers: int
    cases: int
    reader: float
    case: float
    reader_by_method: float
    case_by_method: float
    methods: int = 3


SETTINGS = (
    Setting(4, 20, 0.3, 0.7, 0.0, 0.0),
    Setting(4, 20, 0.3, 0.7, 0.3, 0.5),
    Setting(6, 20, 0.3, 0.7, 0.0, 0.5),
    Setting(6, 30, 0.5, 0.7, 0.5, 0.3),
    Setting(10, 40, 0.3, 0.7, 0.3, 0.7),
    Setting(10, 40, 0.3, 0.7, 0.7, 0.0),
    Setting(6, 8, 0.3, 0.7, 0.3, 0.5),
)


def study(setting: Setting, rng: np.random.Generator) -> NDArray[np.float64]:
    """Scores of shape (methods, readers, cases) without any true difference; the true mean is 0."""
    methods, readers, cases = setting.methods, setting.readers, setting.cases

    def part(deviation: float, *shape: int) -> NDArray[np.float64]:
        return rng.normal(0, 1, shape) * deviation

    return (
        part(setting.reader, 1, readers, 1)
        + part(setting.case, 1, 1, cases)
        + part(setting.reader_by_method, methods, readers, 1)
        + part(setting.case_by_method, methods, 1, cases)
        + part(1.0, methods, readers, cases)
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
        scores = study(setting, rng)
        null = analyse(Readings(methods, readers, scores), mean)
        found["rejected"].append(null.p < LEVEL)
        blocks = scores.reshape(setting.methods, -1).T
        found["friedman"].append(friedman(blocks).p < LEVEL)
        one = null.methods[methods[0]]
        found["mean_held"].append(one.low <= 0 <= one.high)
        found["width"].append(one.high - one.low)
        difference = null.differences[0].interval
        found["difference_held"].append(difference.low <= 0 <= difference.high)
        scores[0] += DIFFERENCE
        found["power"].append(analyse(Readings(methods, readers, scores), mean).p < LEVEL)
    shares = {name: round(float(np.mean(values)), 3) for name, values in found.items()}
    return shares | {"width": round(float(np.median(found["width"])), 3)}


def main() -> None:
    """Measure every setting."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--runs", type=int, default=2000)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    rows: list[dict[str, Any]] = [
        asdict(setting) | measure(setting, given.runs, given.seed) for setting in tqdm(SETTINGS)
    ]
    print(json.dumps({"runs": given.runs, "seed": given.seed, "settings": rows}, indent=1))


if __name__ == "__main__":
    main()

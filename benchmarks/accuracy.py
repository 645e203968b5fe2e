"""How far superpixels' weights are from those of very many evaluations: ours and the packages'.

``python -m benchmarks.accuracy [--images 8] [--reference 20000] [--target logit]`` prints one JSON
object. On the bundled model and phantoms that it never saw, the error of a map is
``||w - w_ref|| / ||w_ref||`` over superpixels, averaged over labels and images; the reference is
the package's own estimate from 20,000 evaluations of the same target over the same superpixels.
"""

import argparse
import json
import sys

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.networks import network, phantom
from shamsul.classifiers.classifier import Classifier
from shamsul.classifiers.grid import GridImage
from shamsul.classifiers.inference import equip
from shamsul.explainers.heatmap import Target
from shamsul.explainers.registry import METHODS
from shamsul.explainers.superpixels import segment

#: By method: what is compared, each with its parameters; the reference has another seed.
COMPARED = {
    "lime": {
        "package, 1,000 samples (its default)": {"estimator": "package", "samples": 1000},
        "ours (default)": {},
    },
    "shap": {
        "package, 1,000 samples (its default)": {
            "estimator": "package",
            "samples": 1000,
            "selection": "ten",
        },
        "package, 1,000 samples, no selection": {"estimator": "package", "samples": 1000},
        "ours (default)": {},
    },
}


def weights(
    classifier: Classifier, image: GridImage, method: str, target: Target, **parameters: object
) -> tuple[NDArray[np.float64], int, float]:
    """Superpixels' weights of shape (labels, K), evaluations and seconds."""
    maps = METHODS[method].explain(classifier, image, target=target, **parameters)
    segments = segment(image.values, segments=50, compactness=30.0, sigma=3.0)
    _, first = np.unique(segments, return_index=True)
    found = np.array([m.values.ravel()[first] for m in maps], float)
    return found, maps[0].evaluations, maps[0].seconds


def main() -> None:
    """Compare, image by image."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--images", type=int, default=8)
    options.add_argument("--reference", type=int, default=20_000)
    options.add_argument("--target", choices=[t.value for t in Target], default="logit")
    given = options.parse_args()
    target = Target(given.target)
    classifier = network("phantom")
    equip(classifier)
    rows: dict[str, dict[str, list[tuple[float, int, float]]]] = {
        method: {name: [] for name in compared} for method, compared in COMPARED.items()
    }
    for number in tqdm(range(given.images), unit="image"):
        image = phantom(number, classifier)
        for method, compared in COMPARED.items():
            reference, *_ = weights(
                classifier,
                image,
                method,
                target,
                estimator="package",
                samples=given.reference,
                seed=1,
            )
            for name, parameters in compared.items():
                found, evaluations, seconds = weights(
                    classifier, image, method, target, **parameters
                )
                error = np.linalg.norm(found - reference, axis=1)
                error = error / np.linalg.norm(reference, axis=1)
                rows[method][name].append((float(error.mean()), evaluations, seconds))
                line = f"{number} {method}, {name}: {rows[method][name][-1]}"
                tqdm.write(line, file=sys.stderr)
    result = {
        method: {
            name: {
                "error": round(float(np.mean([row[0] for row in found])), 4),
                "standard_error": round(
                    float(np.std([r[0] for r in found]) / len(found) ** 0.5), 4
                ),
                "evaluations": round(float(np.mean([row[1] for row in found]))),
                "seconds": round(float(np.mean([row[2] for row in found])), 2),
            }
            for name, found in compared.items()
        }
        for method, compared in rows.items()
    }
    about = {"images": given.images, "reference": given.reference, "target": given.target}
    print(json.dumps(about | result, indent=1))


if __name__ == "__main__":
    main()

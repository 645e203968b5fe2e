"""Time and memory of all four maps, all labels, one image.

``python -m benchmarks.explain`` prints one JSON object: for the bundled model and a DenseNet-121
of 14 labels at 224 x 224 (random weights: only their number matters here), the wall seconds of each
method and in all, the seconds of a single forward pass, and the peak resident memory. Each model is
measured in a process of its own, so that one's memory is not the other's.
"""

import json
import platform
import resource
import subprocess
import sys
import time

import numpy as np

MODELS = ("phantom", "densenet121")


def _classifier(name: str):  # type: ignore[no-untyped-def]
    from shamsul.classifiers import registry
    from shamsul.classifiers.classifier import Classifier

    if name == "phantom":
        return registry.load("phantom")
    import torchvision

    from shamsul.classifiers.manifest import Manifest, Resize, Scaling

    manifest = Manifest(
        name="densenet121",
        arch="torchvision/densenet121",
        labels=tuple(f"Label {number}" for number in range(14)),
        input_size=224,
        channels=3,
        normalisation=Scaling.IMAGENET,
        resize=Resize.STRETCH,
        sha256="0" * 64,
        trained_on="nothing",
    )
    return Classifier(manifest, torchvision.models.densenet121(num_classes=14))


def measure(name: str) -> dict[str, object]:
    """Explain a phantom with every method.

    Returns
    -------
    dict
        Seconds by method, evaluations by method, total seconds, peak memory in GiB.
    """
    from shamsul.explainers.registry import METHODS, USUAL
    from shamsul.phantom import render
    from shamsul.radiographs.radiograph import Radiograph

    classifier = _classifier(name)
    pixels = render(1, shape=(512, 432)).pixels
    image = classifier.prepare(Radiograph(pixels, (0.0, 1.0), None, "", "0" * 64))
    batch = np.repeat(image.values[None], 16, 0)
    classifier.logits(batch)  # the first batch pays for start-up
    start = time.perf_counter()
    classifier.logits(batch)
    forward = (time.perf_counter() - start) / len(batch)

    seconds, evaluations = {}, {}
    for method in (METHODS[name] for name in USUAL):
        maps = method.explain(classifier, image)
        seconds[method.name] = round(maps[0].seconds, 3)
        evaluations[method.name] = maps[0].evaluations
    return {
        "labels": len(classifier.manifest.labels),
        "seconds": seconds,
        "evaluations": evaluations,
        "total_seconds": round(sum(seconds.values()), 3),
        "forward_pass_seconds": round(forward, 5),
        "peak_memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 3),
    }


def main() -> None:
    """Measure every model, or in a child process the one named."""
    if len(sys.argv) == 2:
        print(json.dumps(measure(sys.argv[1])))
        return
    result: dict[str, object] = {"machine": platform.processor() or platform.machine()}
    for name in MODELS:
        child = subprocess.run(
            [sys.executable, "-m", "benchmarks.explain", name],
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        result[name] = json.loads(child.stdout)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()

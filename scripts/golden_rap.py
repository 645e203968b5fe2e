"""Maps of relative attributing propagation by its authors' layers: the tests' golden arrays.

``python -m scripts.golden_rap PATH`` writes ``tests/explainers/golden/rap.npz``; PATH is a clone of
https://github.com/shirgur/AGFVisualization (MIT licence).
"""

import importlib
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import torch

from tests.explainers.golden import networks


def main() -> None:
    """Compute and write."""
    sys.path.insert(0, sys.argv[1])
    theirs = importlib.import_module("modules.layers_rap")
    resnet = importlib.import_module("modules.resnet_rap")

    class Flatten(torch.nn.Flatten, theirs.RelProp):  # type: ignore[misc,name-defined]
        """Theirs is a step of the network's forward."""

        def RAP_relprop(self, R_p):  # type: ignore[no-untyped-def]
            return R_p.reshape_as(self.X)

    layers = SimpleNamespace(**vars(theirs), Flatten=Flatten)
    whole = partial(resnet.ResNet, resnet.Bottleneck, [1, 1, 1, 1], num_classes=networks.OUTPUTS)
    found = {}
    for kind in networks.KINDS:
        module = networks.network(kind, layers, whole)
        maps = []
        for output in range(networks.OUTPUTS):
            start = torch.zeros_like(module(networks.batch()))
            start[0, output] = 1
            maps.append(module.RAP_relprop(start)[0].detach().numpy())
        found[kind] = np.stack(maps).astype(np.float32)
    np.savez_compressed(Path(networks.__file__).with_name("rap.npz"), **found)


if __name__ == "__main__":
    main()

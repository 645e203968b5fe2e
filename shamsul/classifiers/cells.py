"""Logits as sums over the cells of a network's last feature map."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

#: Rows and columns of cells at most: larger maps have their cells added up.
MOST: Final = 8
#: By how much the cells' sums may differ from the logits; as a share of the largest above 1.
_AGREEMENT: Final = 1e-5

_AVERAGES: Final = (F.adaptive_avg_pool2d, Tensor.mean, torch.mean)


class Cells(nn.Module):
    """What each cell of a network's last feature map adds to its logits.

    Takes what the network takes. Gives a Tensor of shape (n, L, h, w), h and w at most `MOST`,
    whose sums over cells are the logits, the bias being shared equally. That is exact for networks
    that average their last feature map and weight the averages (class activation maps, Zhou et al.
    2016, doi 10.1109/CVPR.2016.319); all others have a single cell, which is the logit.

    Parameters
    ----------
    network : nn.Module
        In evaluation mode, normalised images (n, channels, h, w) to logits (n, L).
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> Tensor:
        if not self._weights_averages(images):
            logits: Tensor = self.network(images)
            return logits[:, :, None, None]
        cells = self._seen(images)[1]
        assert cells is not None
        return cells

    def _weights_averages(self, images: Tensor) -> bool:
        """Whether its logits are such sums, seen once from two images in single precision."""
        if not hasattr(self, "_known"):
            with torch.no_grad(), torch.autocast(images.device.type, enabled=False):
                logits, cells = self._seen(images[:2])
            allowed = _AGREEMENT * max(1.0, float(logits.abs().max()))
            self._known = cells is not None and bool(
                (cells.sum((2, 3)) - logits).abs().max() <= allowed
            )
        return self._known

    def _seen(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        with _Watched() as watched:
            logits = self.network(images)
        with torch.autocast(images.device.type, enabled=False):
            return logits, watched.cells(logits)


class _Watched(TorchFunctionMode):
    """Keeps the last map that was averaged, and the last dense layer, while a network runs.

    Watching serves networks whose flow is written in code as well as those of modules, and what is
    traced.
    """

    def __init__(self) -> None:
        super().__init__()
        self._map: Tensor | None = None
        self._dense: tuple[Tensor, Tensor | None] | None = None

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        given = kwargs or {}
        if func in _AVERAGES and args and args[0].ndim == 4:
            self._map, self._dense = args[0], None
        elif func is F.linear:
            self._dense = _dense(*args, **given)
        return func(*args, **given)

    def cells(self, logits: Tensor) -> Tensor | None:
        """What cells would add to logits if these were weighted averages; None: they cannot be."""
        if self._map is None:
            return None
        features = self._map
        if self._dense is not None:
            weight, bias = self._dense
            if tuple(weight.shape) != (logits.shape[1], features.shape[1]):
                return None
            features = F.conv2d(features.to(weight), weight[:, :, None, None], bias)
        elif features.shape[1] != logits.shape[1]:
            return None
        rows, columns = map(int, features.shape[2:])
        if rows > MOST:
            features = _groups(rows).to(features) @ features
        if columns > MOST:
            features = features @ _groups(columns).to(features).T
        return features / (rows * columns)


def _dense(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> tuple[Tensor, Any]:
    """Weights and bias of a dense layer, called as torch's."""
    return weight, bias


def _groups(side: int) -> Tensor:
    """Which of a side's cells are added up, (groups, side): neighbours, as many as are needed."""
    count = min(side, MOST)
    return F.one_hot(torch.arange(side) * count // side, count).T

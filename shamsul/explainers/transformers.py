"""Vision transformers in steps, each of which can be named and given a rule.

torchvision computes attention in one call. Here it is made up of steps again, with the network's
own weights: projections to queries, keys and values, their product, softmax, the product with the
values, and a last projection. Images stay the first axis throughout, also where attention is within
windows.

References
----------
Dosovitskiy et al. 2021, arXiv 2010.11929 (ViT); Liu et al. 2021, arXiv 2103.14030, and 2022,
arXiv 2111.09883 (Swin, Swin V2)
"""

import math
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from shamsul.classifiers.vision import torchvision

_vit, _swin = torchvision.models.vision_transformer, torchvision.models.swin_transformer


class Step(nn.Module):
    """What is not looked into any further."""


class Rearrangement(Step):
    """Values in other places; some may be left out, and zeros come in, but nothing is computed."""


#: torchvision's own is one as well.
REARRANGEMENTS: Final = (Rearrangement, torchvision.ops.Permute)


class Projection(nn.Linear, Step):
    """A dense layer of attention, with weights that another module holds as well.

    Parameters
    ----------
    weight : Parameter of shape (out, in)
    bias : Parameter of shape (out,) or None
    keyless : bool
        Of queries, keys and values side by side: keys get no bias.
    """

    def __init__(
        self, weight: nn.Parameter, bias: nn.Parameter | None, *, keyless: bool = False
    ) -> None:
        nn.Module.__init__(self)
        self.out_features, self.in_features = weight.shape
        self.weight = weight
        self.register_parameter("bias", bias)
        self.keyless = keyless

    def forward(self, x: Tensor) -> Tensor:
        bias: Tensor | None = self.bias
        if self.keyless and bias is not None:
            queries, keys, values = bias.chunk(3)
            bias = torch.cat([queries, torch.zeros_like(keys), values])
        return functional.linear(x, self.weight, bias)


class Patches(Rearrangement):
    """The cells of a feature map (n, C, h, w) as tokens (n, h·w, C)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).transpose(1, 2)


class Tokens(Step):
    """Tokens, the class token before them, and each one's place added."""

    def __init__(self, class_token: nn.Parameter, position: nn.Parameter) -> None:
        super().__init__()
        self.class_token, self.position = class_token, position

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([self.class_token.expand(len(x), -1, -1), x], 1) + self.position


class ClassToken(Rearrangement):
    """The class token alone, (n, C)."""

    def forward(self, x: Tensor) -> Tensor:
        return x[:, 0]


class Heads(Rearrangement):
    """Queries, keys or values of each head, (..., heads, N, d), of all side by side, (..., N, 3C).

    Parameters
    ----------
    which : int
        0, 1 or 2.
    count : int
        Heads.
    transposed : bool
        Give (..., heads, d, N).
    """

    def __init__(self, which: int, count: int, *, transposed: bool = False) -> None:
        super().__init__()
        self.which, self.count, self.transposed = which, count, transposed

    def forward(self, x: Tensor) -> Tensor:
        part = torch.unflatten(x.chunk(3, -1)[self.which], -1, (self.count, -1)).transpose(-3, -2)
        return part.transpose(-2, -1) if self.transposed else part


class Joined(Rearrangement):
    """The heads side by side again, (..., N, C)."""

    def forward(self, x: Tensor) -> Tensor:
        return x.transpose(-3, -2).flatten(-2)


class MatrixProduct(Step):
    """A matrix product times a number."""

    def __init__(self, scale: float = 1.0) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return left @ right * self.scale


class AttentionWeights(nn.Softmax, Step):
    """What each query (rows) takes of each key (columns); rows sum to 1."""


class UnitLength(Step):
    """Vectors divided by their lengths."""

    def __init__(self, axis: int) -> None:
        super().__init__()
        self.axis = axis

    def forward(self, x: Tensor) -> Tensor:
        return functional.normalize(x, dim=self.axis)


class Temperature(Step):
    """Scores times a factor for each head, given as its logarithm."""

    def __init__(self, logarithm: nn.Parameter) -> None:
        super().__init__()
        self.logarithm = logarithm

    def forward(self, x: Tensor) -> Tensor:
        return x * self.logarithm.clamp(max=math.log(100.0)).exp()


class _Windowed(Step):
    """How a map is cut into windows: its borders padded, moved around the edge.

    Parameters
    ----------
    size, shift : pair of int
        In cells, rows before columns.
    """

    def __init__(self, size: Any, shift: Any) -> None:
        super().__init__()
        self.size, self.shift = tuple(size), tuple(shift)

    def padded(self, x: Tensor) -> tuple[int, int]:
        """Rows and columns of whole windows."""
        rows, columns = (
            math.ceil(cells / size) * size
            for cells, size in zip(x.shape[1:3], self.size, strict=True)
        )
        return rows, columns

    def shifts(self, x: Tensor) -> tuple[int, int]:
        """By how many cells windows are moved: not at all along an axis that has but one."""
        rows, columns = (
            0 if size >= cells else shift
            for size, cells, shift in zip(self.size, self.padded(x), self.shift, strict=True)
        )
        return rows, columns

    def cut(self, x: Tensor) -> Tensor:
        """(n, H, W, C), of whole windows, to (n, windows, cells, C)."""
        tall, wide = self.size
        cells = torch.unflatten(torch.unflatten(x, 2, (-1, wide)), 1, (-1, tall))
        return cells.transpose(2, 3).flatten(3, 4).flatten(1, 2)


class Windows(_Windowed, Rearrangement):
    """A map (n, H, W, C) in windows (n, windows, cells, C)."""

    def forward(self, x: Tensor) -> Tensor:
        (rows, columns), (down, across) = self.padded(x), self.shifts(x)
        x = functional.pad(x, (0, 0, 0, columns - x.shape[2], 0, rows - x.shape[1]))
        return self.cut(x.roll((-down, -across), (1, 2)))


class Whole(_Windowed, Rearrangement):
    """The map again, of its windows; a second argument has its shape."""

    def forward(self, x: Tensor, like: Tensor) -> Tensor:
        (rows, columns), (down, across) = self.padded(like), self.shifts(like)
        tall, wide = self.size
        cells = torch.unflatten(x, 2, self.size)
        cells = torch.unflatten(cells, 1, (rows // tall, columns // wide))
        whole = cells.transpose(2, 3).flatten(3, 4).flatten(1, 2)
        return whole.roll((down, across), (1, 2))[:, : like.shape[1], : like.shape[2]]


class PositionBias(_Windowed):
    """What is added to the scores of a map's windows, whatever it holds: (1, windows, heads, N, N).

    The learnt bias of one place for another and, where windows are moved around the edge, what
    keeps apart cells that are no neighbours.
    """

    def __init__(self, attention: Any) -> None:
        super().__init__(attention.window_size, attention.shift_size)
        self.attention = attention

    def forward(self, x: Tensor) -> Tensor:
        learnt: Tensor = self.attention.get_relative_position_bias()[None]
        down, across = self.shifts(x)
        if not down and not across:
            return learnt
        # Along each axis: the first windows, and the last one's cells from here and from the edge.
        rows, columns = (
            (place >= cells - size).int() + (place >= cells - shift)
            for cells, size, shift in zip(self.padded(x), self.size, (down, across), strict=True)
            for place in [torch.arange(cells, device=x.device)]
        )
        regions = self.cut((3 * rows[:, None] + columns)[None, ..., None])[..., 0]
        apart = regions[..., None] != regions[..., None, :]
        # As torchvision has it, where the softmax makes nothing of it.
        return learnt + -100.0 * apart[:, :, None].to(learnt)


class MergedPatches(Rearrangement):
    """Four neighbours of a map (n, H, W, C) as one cell, (n, H/2, W/2, 4C); odd edges padded."""

    def forward(self, x: Tensor) -> Tensor:
        x = functional.pad(x, (0, 0, 0, x.shape[2] % 2, 0, x.shape[1] % 2))
        return torch.cat([x[:, i::2, j::2] for j in (0, 1) for i in (0, 1)], -1)


class SelfAttention(nn.Module):
    """Multi-head self-attention of tokens (n, N, C)."""

    def __init__(self, attention: Any) -> None:
        super().__init__()
        heads = attention.num_heads
        self.qkv = Projection(attention.in_proj_weight, attention.in_proj_bias)
        self.queries, self.values = Heads(0, heads), Heads(2, heads)
        self.keys = Heads(1, heads, transposed=True)
        self.products = MatrixProduct(attention.head_dim**-0.5)
        self.softmax, self.attended = AttentionWeights(-1), MatrixProduct()
        self.joined = Joined()
        self.out = Projection(attention.out_proj.weight, attention.out_proj.bias)

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.qkv(x)
        attention = self.softmax(self.products(self.queries(qkv), self.keys(qkv)))
        return self.out(self.joined(self.attended(attention, self.values(qkv))))  # type: ignore[no-any-return]


class _Block(nn.Module):
    """A layer of a vision transformer's encoder."""

    def __init__(self, block: Any) -> None:
        super().__init__()
        self.ln_1, self.self_attention = block.ln_1, SelfAttention(block.self_attention)
        self.ln_2, self.mlp = block.ln_2, block.mlp

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attention(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))  # type: ignore[no-any-return]


class _VisionTransformer(nn.Module):
    def __init__(self, network: Any) -> None:
        super().__init__()
        encoder = network.encoder
        self.conv_proj, self.patches = network.conv_proj, Patches()
        self.tokens = Tokens(network.class_token, encoder.pos_embedding)
        self.encoder = nn.Sequential(OrderedDict(layers=encoder.layers, ln=encoder.ln))
        self.class_token, self.heads = ClassToken(), network.heads

    def forward(self, x: Tensor) -> Tensor:
        x = self.encoder(self.tokens(self.patches(self.conv_proj(x))))
        return self.heads(self.class_token(x))  # type: ignore[no-any-return]


class _WindowAttention(nn.Module):
    """Self-attention within the windows of a map (n, H, W, C); of Swin V2 by cosines."""

    def __init__(self, attention: Any) -> None:
        super().__init__()
        self.cosine = isinstance(attention, _swin.ShiftedWindowAttentionV2)
        heads, window = attention.num_heads, (attention.window_size, attention.shift_size)
        qkv = attention.qkv
        self.windows, self.whole = Windows(*window), Whole(*window)
        self.qkv = Projection(qkv.weight, qkv.bias, keyless=self.cosine)
        self.queries, self.values = Heads(0, heads), Heads(2, heads)
        self.keys = Heads(1, heads, transposed=True)
        if self.cosine:
            self.unit_queries, self.unit_keys = UnitLength(-1), UnitLength(-2)
            self.products, self.scores = MatrixProduct(), Temperature(attention.logit_scale)
        else:
            self.products = MatrixProduct((qkv.in_features // heads) ** -0.5)
        self.position, self.softmax = PositionBias(attention), AttentionWeights(-1)
        self.attended, self.joined = MatrixProduct(), Joined()
        self.proj = Projection(attention.proj.weight, attention.proj.bias)

    def forward(self, x: Tensor) -> Tensor:
        qkv = self.qkv(self.windows(x))
        queries, keys = self.queries(qkv), self.keys(qkv)
        if self.cosine:
            cosines = self.products(self.unit_queries(queries), self.unit_keys(keys))
            scores = self.scores(cosines)
        else:
            scores = self.products(queries, keys)
        attention = self.softmax(scores + self.position(x))
        return self.whole(self.proj(self.joined(self.attended(attention, self.values(qkv)))), x)  # type: ignore[no-any-return]


def _merging(merging: Any) -> nn.Module:
    parts = OrderedDict(patches=MergedPatches(), norm=merging.norm, reduction=merging.reduction)
    if isinstance(merging, _swin.PatchMergingV2):
        parts.move_to_end("norm")
    return nn.Sequential(parts)


#: What stands in for modules of torchvision: the same in steps, with their own weights.
STAND_INS: Final[dict[type[nn.Module], Callable[[Any], nn.Module]]] = {
    _vit.VisionTransformer: _VisionTransformer,
    _vit.EncoderBlock: _Block,
    _swin.ShiftedWindowAttention: _WindowAttention,
    _swin.ShiftedWindowAttentionV2: _WindowAttention,
    _swin.PatchMerging: _merging,
    _swin.PatchMergingV2: _merging,
}

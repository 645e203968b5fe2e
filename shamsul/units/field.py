"""What a position of a layer can see of the input: its receptive field."""

from dataclasses import dataclass

from torch import fx, nn

from shamsul.explainers.graph import GlobalAverage, trace
from shamsul.units.layers import Layer


@dataclass(frozen=True)
class Field:
    """Rows and columns of the input that a position of a layer is computed from.

    Position p sees from ``p * stride + first`` to ``p * stride + last``, both included, along rows
    and columns alike; what lies outside of the input is padding.

    Attributes
    ----------
    stride, first, last : int
        In pixels of the model's grid.
    """

    stride: int
    first: int
    last: int

    def box(self, row: int, column: int, shape: tuple[int, int]) -> tuple[int, int, int, int]:
        """Top, left, bottom and right of what a position sees, the latter two not included.

        Parameters
        ----------
        row, column : int
            The position.
        shape : (int, int)
            Of the input.
        """
        edges = []
        for place, size in zip((row, column), shape, strict=True):
            edges.append(
                (
                    max(0, place * self.stride + self.first),
                    min(size, place * self.stride + self.last + 1),
                )
            )
        (top, bottom), (left, right) = edges
        return top, left, bottom, right


def receptive_field(module: nn.Module, layer: Layer, size: int) -> Field:
    """The receptive field of a layer's positions, by the sizes of all windows on the way.

    Parameters
    ----------
    module : nn.Module
        The network, of square windows.
    layer : Layer
    size : int
        Rows and columns of the input, which what is averaged globally sees all of.

    References
    ----------
    Araujo, Norris, Sim 2019, doi 10.23915/distill.00021
    """
    graph = trace(module)
    fields: dict[fx.Node, Field] = {}
    for node in graph.graph.nodes:
        sources = [fields[one] for one in node.all_input_nodes if one in fields]
        if node.op == "placeholder":
            fields[node] = Field(1, 0, 0)
            continue
        seen = Field(
            max(one.stride for one in sources),
            min(one.first for one in sources),
            max(one.last for one in sources),
        )
        fields[node] = _through(graph.get_submodule(str(node.target)), seen, size)
        if node.target == layer.step:
            return fields[node]
    raise KeyError(layer.step)


def _through(module: nn.Module, seen: Field, size: int) -> Field:
    """What a layer's positions see, from what those of its input see."""
    if isinstance(module, nn.AdaptiveAvgPool2d | GlobalAverage):
        return Field(seen.stride, -size, size)
    if not isinstance(module, nn.Conv2d | nn.MaxPool2d | nn.AvgPool2d):
        return seen
    kernel, stride, padding, dilation = (
        _one(getattr(module, name, 1)) for name in ("kernel_size", "stride", "padding", "dilation")
    )
    return Field(
        seen.stride * stride,
        seen.first - seen.stride * padding,
        seen.last + seen.stride * (dilation * (kernel - 1) - padding),
    )


def _one(of: int | tuple[int, ...]) -> int:
    """Of rows and columns, which are alike."""
    return of if isinstance(of, int) else max(of)

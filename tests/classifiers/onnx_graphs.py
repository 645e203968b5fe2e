"""A small network twice: in torch, and step by step as the graph of an ONNX file."""

from collections.abc import Sequence
from typing import Any

import onnx
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

SIZE = 32
LABELS = ("Edema", "Fracture", "Pneumonia")


class Small(nn.Module):
    """Two convolutions, the mean of each channel, and a dense layer."""

    def __init__(self, channels: int = 1, labels: int = len(LABELS)) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(0)
            self.first = nn.Conv2d(channels, 6, 5, stride=2, padding=2)
            self.second = nn.Conv2d(6, 8, 3, padding=1)
            self.last = nn.Linear(8, labels)
            self.last.weight.data *= 20

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        found = self.second(self.first(images).relu()).relu()
        return self.last(found.mean((2, 3)))


def graph(
    module: Small,
    *,
    after: Sequence[str] = (),
    batch: int | str = "n",
    size: int | str = SIZE,
    outputs: int | str | None = None,
    kind: int = TensorProto.FLOAT,
) -> onnx.ModelProto:
    """A network as an ONNX file has it.

    Parameters
    ----------
    module : Small
    after : sequence of str
        Operators of one input that follow the dense layer.
    batch, size, outputs : int or str
        What is said of the shapes; a name is any number.
    kind : int
        Of the input.
    """
    weights = {name: tensor.numpy() for name, tensor in module.state_dict().items()}
    nodes = [
        helper.make_node(
            "Conv", ["image", "first.weight", "first.bias"], ["a"], strides=[2, 2], pads=[2] * 4
        ),
        helper.make_node("Relu", ["a"], ["b"]),
        helper.make_node("Conv", ["b", "second.weight", "second.bias"], ["c"], pads=[1] * 4),
        helper.make_node("Relu", ["c"], ["d"]),
        helper.make_node("GlobalAveragePool", ["d"], ["e"]),
        helper.make_node("Flatten", ["e"], ["f"]),
        helper.make_node("Gemm", ["f", "last.weight", "last.bias"], ["0"], transB=1),
        *(helper.make_node(one, [str(n)], [str(n + 1)]) for n, one in enumerate(after)),
    ]
    channels = module.first.in_channels
    outputs = len(module.last.bias) if outputs is None else outputs
    return model(
        nodes,
        inputs={"image": (kind, [batch, channels, size, size])},
        outputs={str(len(after)): (TensorProto.FLOAT, [batch, outputs])},
        weights=weights,
    )


def model(
    nodes: Sequence[onnx.NodeProto],
    inputs: dict[str, tuple[int, list[Any]]],
    outputs: dict[str, tuple[int, list[Any]]],
    weights: dict[str, Any],
) -> onnx.ModelProto:
    """A file of these steps."""
    values = [
        [helper.make_tensor_value_info(name, *about) for name, about in side.items()]
        for side in (inputs, outputs)
    ]
    tensors = [numpy_helper.from_array(value, name) for name, value in weights.items()]
    return helper.make_model(
        helper.make_graph(list(nodes), "network", *values, tensors),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("theirs", 1)],
        ir_version=8,
    )

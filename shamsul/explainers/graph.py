"""A classifier as a graph of modules, so that every step of it can be named and given a rule."""

import copy
import math
import operator
import threading
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import Any
from weakref import WeakKeyDictionary

import torch
import torch.nn.functional as F
from torch import fx, nn

from shamsul.classifiers.inference import RUNNING
from shamsul.classifiers.vision import torchvision
from shamsul.explainers.method import ExplainerError
from shamsul.explainers.transformers import (
    REARRANGEMENTS,
    STAND_INS,
    Heads,
    MergedPatches,
    Rearrangement,
    Step,
    Tokens,
    Whole,
)

#: Layers that change no value in evaluation mode.
SHAPES = (nn.Flatten, nn.Identity, nn.Dropout)


class Add(nn.Module):
    """Sum of two activations."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return left + right


class Concatenate(nn.Module):
    """Activations joined along their channels."""

    def forward(self, parts: list[torch.Tensor]) -> torch.Tensor:
        return torch.cat(parts, 1)


class Multiply(nn.Module):
    """Product of two activations, of which one may be smaller and repeated."""

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return left * right


class GlobalAverage(nn.Module):
    """Mean of each channel."""

    def __init__(self, keep: bool) -> None:
        super().__init__()
        self.keep = keep

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3), keepdim=self.keep)


def _flatten(node: fx.Node) -> nn.Module:
    first = node.args[1] if len(node.args) > 1 else node.kwargs.get("start_dim", 0)
    if first != 1:
        raise ExplainerError(f"The step {node.name} flattens the batch, which has no rule.")
    return nn.Flatten(1)


def _concatenate(node: fx.Node) -> nn.Module:
    axis = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim", 0)
    if axis != 1:
        raise ExplainerError(f"The step {node.name} joins along axis {axis}, which has no rule.")
    return Concatenate()


def _mean(node: fx.Node) -> nn.Module:
    axes = node.args[1] if len(node.args) > 1 else node.kwargs.get("dim")
    if sorted(a % 4 for a in axes) != [2, 3]:  # type: ignore[union-attr,operator]
        raise ExplainerError(f"The step {node.name} averages over axes {axes}: no rule for it.")
    return GlobalAverage(bool(node.kwargs.get("keepdim", False)))


#: Functions and tensor methods that networks call in their forward, as modules. The maker gets the
#: node; the number says how many of the node's arguments the module takes.
_FUNCTIONS: dict[Any, tuple[Callable[[fx.Node], nn.Module], int]] = {
    F.relu: (lambda node: nn.ReLU(), 1),
    torch.relu: (lambda node: nn.ReLU(), 1),
    "relu": (lambda node: nn.ReLU(), 1),
    "relu_": (lambda node: nn.ReLU(), 1),
    F.adaptive_avg_pool2d: (lambda node: nn.AdaptiveAvgPool2d(node.args[1]), 1),  # type: ignore[arg-type]
    torch.flatten: (_flatten, 1),
    "flatten": (_flatten, 1),
    F.dropout: (lambda node: nn.Identity(), 1),
    torch.cat: (_concatenate, 1),
    torch.add: (lambda node: Add(), 2),
    operator.add: (lambda node: Add(), 2),
    operator.iadd: (lambda node: Add(), 2),
    torch.mul: (lambda node: Multiply(), 2),
    operator.mul: (lambda node: Multiply(), 2),
    operator.imul: (lambda node: Multiply(), 2),
    F.silu: (lambda node: nn.SiLU(), 1),
    # Nothing in evaluation mode.
    torchvision.ops.stochastic_depth: (lambda node: nn.Identity(), 1),
    "mean": (_mean, 1),
    torch.mean: (_mean, 1),
}


class _Tracer(fx.Tracer):
    """Traces in its own thread alone.

    While a network is traced, torch sends every module's calls and parameters of the whole process
    to the tracer; those of other threads are none of its business and pass as they are.
    """

    def __init__(self) -> None:
        super().__init__()
        self._thread = threading.get_ident()

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        whole = isinstance(m, (Step, *REARRANGEMENTS)) or type(m) in STAND_INS
        return whole or super().is_leaf_module(m, module_qualified_name)

    def call_module(
        self,
        m: nn.Module,
        forward: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        if threading.get_ident() != self._thread:
            return forward(*args, **kwargs)
        return super().call_module(m, forward, args, kwargs)

    def getattr(self, attr: str, attr_val: Any, parameter_proxy_cache: dict[str, Any]) -> Any:
        if threading.get_ident() != self._thread:
            return attr_val
        return super().getattr(attr, attr_val, parameter_proxy_cache)


_traced: WeakKeyDictionary[nn.Module, fx.GraphModule] = WeakKeyDictionary()


def trace(module: nn.Module) -> fx.GraphModule:
    """The network as a graph whose every step is a module, none of them in place.

    The layers with weights are the network's own (shared, not copied); functional calls become
    modules of the graph alone, so that hooks set on the graph never touch the network.

    Parameters
    ----------
    module : nn.Module
        In evaluation mode.

    Returns
    -------
    torch.fx.GraphModule
        Gives the same outputs. Traced once for a module; not to be changed.

    Raises
    ------
    ExplainerError
        If the network's flow depends on its data, or a step is not known.
    """
    with RUNNING:
        if module not in _traced:
            _traced[module] = _trace(module)
        return _traced[module]


def _in_steps(module: nn.Module) -> fx.GraphModule:
    """A module traced, what stands in for it where that is one."""
    if make := STAND_INS.get(type(module)):
        module = make(module)
    return fx.GraphModule(module, _Tracer().trace(module))


def _trace(module: nn.Module) -> fx.GraphModule:
    try:
        graph = _in_steps(module)
        _expand(graph)
    except Exception as error:  # tracing runs the network's own code, which may raise anything
        raise ExplainerError(f"The network cannot be traced: {error}".splitlines()[0]) from error
    for node in list(graph.graph.nodes):
        if node.op in ("call_function", "call_method"):
            if node.target not in _FUNCTIONS:
                name = getattr(node.target, "__name__", node.target)
                raise ExplainerError(f"The step {node.name} calls {name}, which has no rule.")
            make, taken = _FUNCTIONS[node.target]
            name = f"step_{node.name}"
            graph.add_submodule(name, make(node))
            with graph.graph.inserting_after(node):
                new = graph.graph.call_module(name, node.args[:taken])
            node.replace_all_uses_with(new)
            graph.graph.erase_node(node)
        elif node.op == "call_module":
            shared = graph.get_submodule(node.target)
            if getattr(shared, "inplace", False):
                # The network keeps its own; an activation has no weights, so a copy is cheap.
                own = copy.deepcopy(shared)
                own.inplace = False  # type: ignore[assignment]
                node.target = f"step_{node.name}"
                graph.add_submodule(node.target, own)
    _nest(graph)
    graph.delete_all_unused_submodules()
    graph.graph.lint()
    graph.recompile()
    return graph.eval()


def _expand(graph: fx.GraphModule) -> None:
    """Put the steps of what stands in for a module in its place, under its name."""
    for node in list(graph.graph.nodes):
        if node.op != "call_module":
            continue
        whole = graph.get_submodule(node.target)
        if type(whole) not in STAND_INS:
            continue
        steps = _in_steps(whole)
        (given,) = (step for step in steps.graph.nodes if step.op == "placeholder")
        for step in steps.graph.nodes:
            if step.op == "call_module":
                step.target = f"{node.target}.{step.target}"
        graph.add_submodule(node.target, steps)
        with graph.graph.inserting_before(node):
            found = graph.graph.graph_copy(steps.graph, {given: node.args[0]})
        node.replace_all_uses_with(found)
        graph.graph.erase_node(node)


def _nest(graph: fx.GraphModule) -> None:
    """Let each concatenation begin with an earlier one that has its first parts.

    In dense blocks every layer joins all the earlier layers' activations: n parts each time, where
    the last such join and one more part give the same.
    """
    joins: dict[tuple[fx.Node, ...], fx.Node] = {}
    for node in list(graph.graph.nodes):
        if node.op != "call_module" or not isinstance(
            graph.get_submodule(str(node.target)), Concatenate
        ):
            continue
        parts = tuple(node.args[0])
        joins[parts] = node
        if len(parts) == 1:
            node.replace_all_uses_with(parts[0])
            graph.graph.erase_node(node)
            joins[parts] = parts[0]
            continue
        for count in range(len(parts) - 1, 1, -1):
            if parts[:count] in joins:
                node.args = ([joins[parts[:count]], *parts[count:]],)
                break


def last_feature_map(graph: fx.GraphModule) -> str:
    """Name of the module whose output is pooled (or flattened) into the classifier's features.

    Of a vision transformer, whose class token alone is classified: the tokens that the last
    attention looks at.

    Raises
    ------
    ExplainerError
        If the graph has none.
    """
    pools = (nn.AdaptiveAvgPool2d, nn.AvgPool2d, GlobalAverage, nn.Flatten)
    for node in reversed(graph.graph.nodes):
        if node.op != "call_module":
            continue
        module = graph.get_submodule(node.target)
        if isinstance(module, Heads):
            return str(node.args[0].args[0].target)
        if isinstance(module, pools):
            before = node.args[0]
            if before.op == "call_module" and not isinstance(
                graph.get_submodule(before.target), pools
            ):
                return str(before.target)
    raise ExplainerError("The network pools no feature map, so Grad-CAM has no layer to look at.")


def feature_map(graph: fx.GraphModule, name: str, value: torch.Tensor) -> torch.Tensor:
    """What a module gives, or a gradient there, as a map with its channels first.

    Parameters
    ----------
    graph : torch.fx.GraphModule
    name : str
        The module's.
    value : Tensor of shape (n, C, h, w), (n, h, w, C) or (n, 1 + h·w, C)
        Of these tokens the first, the class token, is left out.

    Returns
    -------
    Tensor of shape (n, C, h, w)

    Raises
    ------
    ExplainerError
        If the module gives no map.
    """
    node = next(one for one in graph.graph.nodes if one.target == name)
    layout = _layout(graph, node)
    if layout is _Layout.TOKENS and value.ndim == 3:
        cells = value[:, 1:].transpose(1, 2)
        return torch.unflatten(cells, 2, (math.isqrt(cells.shape[2]), -1))
    if layout is None or value.ndim != 4:
        raise ExplainerError(f"The module {name!r} gives no feature map.")
    return value.movedim(-1, 1) if layout is _Layout.CHANNELS_LAST else value


class _Layout(Enum):
    CHANNELS_FIRST = auto()
    CHANNELS_LAST = auto()
    TOKENS = auto()


def _layout(graph: fx.GraphModule, node: fx.Node) -> _Layout | None:
    """How a step's output is laid out: as its input, but for the steps that change that."""
    while node.op == "call_module":
        layer = graph.get_submodule(str(node.target))
        if isinstance(layer, Tokens):
            return _Layout.TOKENS
        if isinstance(layer, Whole):
            return _Layout.CHANNELS_LAST
        if isinstance(layer, torchvision.ops.Permute):
            last = list(layer.dims) == [0, 2, 3, 1]
            return _Layout.CHANNELS_LAST if last else _Layout.CHANNELS_FIRST
        if isinstance(layer, nn.Flatten | Rearrangement) and not isinstance(layer, MergedPatches):
            return None
        node = node.all_input_nodes[0]
    return _Layout.CHANNELS_FIRST


def has_channels_first(graph: fx.GraphModule, name: str) -> bool:
    """Whether a module gives maps whose channels come before rows and columns."""
    node = next(one for one in graph.graph.nodes if one.target == name)
    return _layout(graph, node) is _Layout.CHANNELS_FIRST


def value_of(graph: fx.GraphModule, name: str, batch: torch.Tensor) -> torch.Tensor:
    """What a module of the graph gives for a batch; what comes after it is not computed."""
    (value,) = values_of(graph, [name], batch)
    return value


def values_of(
    graph: fx.GraphModule, names: Sequence[str], batch: torch.Tensor
) -> list[torch.Tensor]:
    """What some modules give; what comes after the last of them is not computed."""
    values: dict[fx.Node, Any] = {}
    found: dict[str, torch.Tensor] = {}
    for node in graph.graph.nodes:
        if node.op == "placeholder":
            values[node] = batch
            continue
        name = str(node.target)
        values[node] = graph.get_submodule(name)(*fx.node.map_arg(node.args, values.__getitem__))
        if name in names:
            found[name] = values[node]
        if len(found) == len(names):
            break
    return [found[name] for name in names]


def bottlenecks(graph: fx.GraphModule) -> tuple[str, ...]:
    """Names of the modules that everything before them passes: what comes after takes no other.

    From the input to the outputs.
    """
    nodes = list(graph.graph.nodes)
    last = {source: node for node in nodes for source in node.all_input_nodes}
    needed: set[fx.Node] = set()
    found = []
    for node in nodes:
        needed -= {source for source in node.all_input_nodes if last[source] is node}
        if node.op == "call_module" and not needed:
            found.append(str(node.target))
        needed.add(node)
    return tuple(found)


def outputs_from(graph: fx.GraphModule, name: str, value: torch.Tensor) -> torch.Tensor:
    """The graph's outputs where one of its bottlenecks has given a value.

    Parameters
    ----------
    graph : torch.fx.GraphModule
    name : str
        One of `bottlenecks`.
    value : Tensor of shape (n, C, h, w)

    Returns
    -------
    Tensor of shape (n, L)
    """
    values: dict[fx.Node, Any] = {}
    for node in graph.graph.nodes:
        if node.target == name:
            values[node] = value
        elif values and node.op == "call_module":
            module = graph.get_submodule(str(node.target))
            values[node] = module(*fx.node.map_arg(node.args, values.__getitem__))
    (output,) = (node for node in graph.graph.nodes if node.op == "output")
    return values[output.all_input_nodes[0]]  # type: ignore[no-any-return]

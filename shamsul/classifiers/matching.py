"""Whose names a weights file uses: the architecture's, found in whatever else a training adds.

People's files hold the same tensors under other names: below the name of the attribute that held
the network, of a wrapper, or of a dictionary (``state_dict``, ``model``, ``module.``), with old
DenseNets' ``norm.1`` for ``norm1``, and with the last layer inside of a ``Sequential``. None of
these is listed here. Any beginning is tried; dots do not count, nor does a number before a
parameter where only one can be meant; what fits is told by the architecture's own names.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch

#: A training counter that some tools leave out; inference has no use for it.
COUNTER = ".num_batches_tracked"

Tensors = Mapping[str, torch.Tensor]


class MatchError(ValueError):
    """A file's names are not those of the architecture; the message says how they differ."""


@dataclass(frozen=True)
class _Match:
    """What is found below a beginning.

    Attributes
    ----------
    beginning : str
        Where the names are in the file, and what they all begin with.
    names : mapping of str to str
        The architecture's names by those in the file, in the file's order.
    tensors : mapping of str to Tensor
        Everything below the beginning, by the name in the file.
    """

    beginning: str
    names: Mapping[str, str]
    tensors: Tensors

    def missing(self, wanted: Tensors) -> list[str]:
        found = set(self.names.values())
        return [name for name in wanted if name not in found and not name.endswith(COUNTER)]

    def state(self) -> dict[str, torch.Tensor]:
        return {self.names.get(name, name): tensor for name, tensor in self.tensors.items()}


def matched(tables: Mapping[str, Tensors], wanted: Tensors) -> dict[str, torch.Tensor]:
    """A file's tensors under the architecture's names.

    Parameters
    ----------
    tables : mapping of str to mapping of str to Tensor
        Tensors by name, by where they are in the file (empty: in the file itself).
    wanted : mapping of str to Tensor
        The architecture's.

    Returns
    -------
    dict of str to Tensor
        In the file's order; counters may be missing.

    Raises
    ------
    MatchError
        If no beginning has every name, something else is there too, a shape is another one, or
        several beginnings have different weights.
    """
    found = [match for place, table in tables.items() for match in _matches(place, table, wanted)]
    whole = [match for match in found if not match.missing(wanted)]
    if not whole:
        raise MatchError(_nearest(found, tables, wanted))
    state, *others = (match.state() for match in whole)
    if not all(_equal(state, other, wanted) for other in others):
        places = " and ".join(repr(match.beginning) for match in whole)
        raise MatchError(
            f"there are several sets of them, below {places}; save the one to use in a file of "
            "its own"
        )
    faults = [f"{name} is not part of the architecture" for name in state if name not in wanted]
    faults += [
        f"{name} has shape {tuple(state[name].shape)} instead of {tuple(tensor.shape)}"
        for name, tensor in wanted.items()
        if name in state and state[name].shape != tensor.shape
    ]
    if faults:
        raise MatchError(_and_more(faults))
    return state


def _matches(place: str, table: Tensors, wanted: Tensors) -> Iterator[_Match]:
    """What is found in a table below each beginning that any of its names fits."""
    by_squashed = _unique((_squashed(name), name) for name in wanted)
    names: dict[str, dict[str, str]] = defaultdict(dict)
    for name in table:
        parts = name.split(".")
        for start in range(len(parts)):
            if meant := by_squashed.get("".join(parts[start:])):
                names["".join(f"{part}." for part in parts[:start])][name] = meant
    for beginning, exact in names.items():
        below = {name: tensor for name, tensor in table.items() if name.startswith(beginning)}
        if len(set(exact.values())) < len(exact):
            exact = {f"{beginning}{name}": name for name in wanted if f"{beginning}{name}" in table}
        left = [name for name in below if name not in exact]
        numbered = _numbered(beginning, left, wanted)
        every = {k: name for k, name in numbered.items() if name not in exact.values()} | exact
        ordered = {name: every[name] for name in below if name in every}
        told = ".".join(filter(None, (place, beginning.rstrip("."))))
        yield _Match(told, ordered, below)


def _numbered(beginning: str, left: Iterable[str], wanted: Tensors) -> dict[str, str]:
    """Names that differ by one number before the parameter, where only one can be meant."""
    keys = (_squashed, _unnumbered)  # a number more, and a number less or another one
    meant = _unique({(key(name), name) for key in keys for name in wanted})
    given = _unique((_unnumbered(name.removeprefix(beginning)), name) for name in left)
    return {name: meant[key] for key, name in given.items() if key in meant}


def _squashed(name: str) -> str:
    return name.replace(".", "")


def _unnumbered(name: str) -> str:
    return _squashed(re.sub(r"\.\d+(\.\w+)$", r"\1", name))


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Names by key, without keys that several names have."""
    names: dict[str, list[str]] = defaultdict(list)
    for key, name in pairs:
        names[key].append(name)
    return {key: found[0] for key, found in names.items() if len(found) == 1}


def _equal(state: Tensors, other: Tensors, wanted: Tensors) -> bool:
    return all(
        name.endswith(COUNTER) or torch.equal(state[name], other[name])
        for name in wanted
        if name in state
    )


def _nearest(found: Iterable[_Match], tables: Mapping[str, Tensors], wanted: Tensors) -> str:
    """What is missing below the beginning that fits best."""
    best = max(found, key=lambda match: len(match.names), default=None)
    if best is None:
        some = next((name for table in tables.values() for name in table), None)
        missing = [f"{name} is missing" for name in wanted]
        hint = f"; its names are others, such as {some}" if some else ""
        return f"{_and_more(missing)}{hint}"
    strangers = [name for name in best.state() if name not in wanted]
    faults = [f"{name} is missing" for name in best.missing(wanted)]
    faults += [f"{name} is not part of the architecture" for name in strangers]
    below = f" below {best.beginning!r}" if best.beginning else ""
    return f"{_and_more(faults)}{below}"


def _and_more(faults: list[str]) -> str:
    return faults[0] + (f" (and {len(faults) - 1} more)" if len(faults) > 1 else "")

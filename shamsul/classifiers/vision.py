"""torchvision, imported without torch's compiler, which takes more than a second and is not used.

Of the compiler torchvision wants one function, for what finds boxes in pictures. Something else
stands in for the compiler's module until torchvision is there, and asks that for whatever is asked
of it. Whoever needs torchvision takes it from here.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Final

import torch  # noqa: F401  # before its compiler's name is taken

_COMPILER: Final = "torch._dynamo.utils"


def _compiler() -> ModuleType:
    if sys.modules.get(_COMPILER) is _substitute:
        del sys.modules[_COMPILER]
    return import_module(_COMPILER)


def _asked(what: str) -> object:
    if what.startswith("__"):  # of every module, by whoever looks through them
        raise AttributeError(what)
    return getattr(_compiler(), what)


_substitute: Any = ModuleType(_COMPILER)
_substitute.is_compile_supported = lambda device: _compiler().is_compile_supported(device)
_substitute.__getattr__ = _asked
if "torchvision" not in sys.modules:
    sys.modules.setdefault(_COMPILER, _substitute)
try:
    import torchvision
finally:
    if sys.modules.get(_COMPILER) is _substitute:
        del sys.modules[_COMPILER]

__all__ = ["torchvision"]

"""What takes seconds to load, torch above all: loaded once, by one thread, for which others wait.

Python lets several threads import at a time, and goes on with a half-loaded module where they wait
for each other. A half-loaded torch can be loaded again by nobody until the server is restarted.
"""

import gc
import threading
from importlib import import_module
from pkgutil import iter_modules

_one_at_a_time = threading.Lock()
_loaded = threading.Event()
_loaded.set()


def begin() -> None:
    """Load what most pages need, in the background: from now on, while the first page is drawn.

    The garbage collector looks at none of it: a third of a second each time, in which no page
    would be drawn.
    """

    def work() -> None:
        gc.disable()
        try:
            import_module("shamsul.explainers.registry")
            gc.freeze()
        finally:
            gc.enable()
            _loaded.set()

    _loaded.clear()
    threading.Thread(target=work, name="shamsul-loading", daemon=True).start()


def load(package: str) -> None:
    """Load a package and its modules, where no other thread loads one."""
    with _one_at_a_time:
        found = import_module(package)
        for one in iter_modules(found.__path__):
            import_module(f"{package}.{one.name}")


def wait() -> None:
    """Wait until it is loaded, or has failed; at once where nobody has begun."""
    _loaded.wait()

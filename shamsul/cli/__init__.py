"""The command line: ``shamsul COMMAND``. Messages go to stderr, results to stdout."""

import atexit
import gc
import logging
import sys
from concurrent.futures import BrokenExecutor

from typer.exceptions import Abort, Exit, TyperException

# Importing a module of commands registers them.
from shamsul.cli import (  # noqa: F401
    annotations,
    app,
    assess,
    base,
    evaluate,
    explain,
    faithfulness,
    models,
    mrmc,
    ratings,
    shortcuts,
    studies,
    study_plan,
    train,
    units,
    users,
)

# Python looks through all objects for circles before it ends, with torch loaded for a second.
atexit.register(gc.freeze)


def main() -> None:
    """Run the command line; every error is one sentence on stderr and exit status 2."""
    # Libraries' log lines could quote a file's content.
    logging.disable(logging.CRITICAL)
    try:
        status = base.app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except TyperException as error:
        status = _refuse(error.format_message())
    except Exit as exit_:
        status = exit_.exit_code
    except (KeyboardInterrupt, Abort):
        status = _refuse("Stopped.")
    except OSError as error:
        status = _refuse(f"{error.filename or 'A file'}: {error.strerror or 'cannot be used'}.")
    except BrokenExecutor:
        status = _refuse(
            "A process was stopped from outside, perhaps for want of memory: fewer at a time"
            " need less."
        )
    except MemoryError:
        status = _refuse("There is too little memory for this.")
    except Exception as error:  # never a traceback: each room's errors are one sentence
        status = _refuse(str(error.args[0] if error.args else type(error).__name__))
    sys.exit(status)


def _refuse(sentence: str) -> int:
    print(" ".join(sentence.split()), file=sys.stderr)
    return 2

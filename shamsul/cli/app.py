"""The dashboard: ``app``."""

import os
import socket
import sys
from typing import Annotated, Final

import typer

from shamsul.cli.base import UserError, app
from shamsul.settings import HOME

#: Beside the environment's ``SHAMSUL_THEME``.
THEMES: Final = ("dark", "light")


@app.command("app")
def dashboard(
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="By default 8501, or the next one that is free."),
    ] = None,
    address: Annotated[
        str, typer.Option(help="By default 127.0.0.1: this machine only; others need sign-in.")
    ] = "",
    theme: Annotated[
        str, typer.Option(help="dark (usual) or light, until somebody chooses in the app's menu.")
    ] = "",
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="OPTION", help="After --: any option of 'streamlit run'."),
    ] = None,
) -> None:
    """Start the dashboard, and open it in a browser where there is one."""
    if theme and theme not in THEMES:
        raise UserError(f"There is no theme {theme!r}; there are {', '.join(THEMES)}.")
    further = options or []
    if further and not further[0].startswith("--"):
        raise UserError(f"An option of 'streamlit run' starts with --, unlike {further[0]!r}.")
    _check_free(address or "127.0.0.1", port or 0)
    # Wherever it is started, .streamlit/config.toml beside the app holds for what is not given.
    command = ["streamlit", "run", str(HOME / "app.py")]
    command += [f"--server.address={address}"] if address else []
    command += [f"--server.port={port}"] if port else []
    if theme:
        os.environ["SHAMSUL_THEME"] = theme
    # This process becomes the server, so that signals reach it. -P: files of the current folder
    # hide no module.
    os.execv(sys.executable, [sys.executable, "-P", "-m", *command, *further])


def _check_free(address: str, port: int) -> None:
    """Refuse where nothing can listen; Streamlit would say so in its log only."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            at = f"{address}, port {port}" if port else address
            raise UserError(f"The app cannot answer at {at}: {error.strerror}.") from None

"""Serves `answering_app.py`, and again whenever its process ends; prints each process's number.

All is imported once and servers are forked from there, so that a new one takes no seconds.

usage: answering_server.py PORT
"""

import os
import sys
from pathlib import Path

# What a server would import while it starts.
import pandas  # noqa: F401
import sqlalchemy.dialects.sqlite  # noqa: F401
import uvicorn.protocols.http.auto
import uvicorn.protocols.websockets.auto  # noqa: F401
from streamlit.web import bootstrap

SCRIPT = Path(__file__).with_name("answering_app.py")


def serve(port: int) -> None:
    options = {
        "server.port": port,
        "server.address": "127.0.0.1",
        "server.headless": True,
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": False,
    }
    bootstrap.load_config_options({name.replace(".", "_"): v for name, v in options.items()})
    bootstrap.run(str(SCRIPT), False, [], {})


if __name__ == "__main__":
    while True:
        child = os.fork()
        if child == 0:
            os.dup2(2, 1)  # only the numbers go out
            serve(int(sys.argv[1]))
            os._exit(0)
        os.write(1, f"{child}\n".encode())
        os.waitpid(child, 0)

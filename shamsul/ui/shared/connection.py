"""What is said while the server is away, which the browser knows alone."""

from pathlib import Path

import streamlit as st

#: In place of Streamlit's own message.
AWAY = "The server does not answer. This page is kept, and goes on when the server is back."

_connection = st.components.v2.component(
    "shamsul_connection",
    html=f'<p role="alert" data-text="{AWAY}"></p>',
    css="""
p {
  position: fixed; z-index: 1000000; bottom: 1rem; left: 50%; translate: -50%;
  margin: 0; padding: 0.5rem 1rem; border-radius: var(--st-base-radius);
  font: var(--st-font); color: var(--st-red-text-color);
  background: var(--st-secondary-background-color); border: 1px solid currentcolor;
}
p:empty { display: none; }
""",
    js=Path(__file__).with_name("connection.js").read_text(encoding="utf-8"),
)


def watch() -> None:
    """Say it whenever the server is away, from now on."""
    _connection(key="connection")

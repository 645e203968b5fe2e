"""The keys of a page: shown by `?` or its button, and those that go from case to case."""

from pathlib import Path

import streamlit as st

#: By what they are for: keys and what they do.
CASES = (
    "Cases",
    (
        (("[", "PageUp"), "The case before"),
        (("]", "PageDown"), "The next case"),
        (("?",), "These keys"),
    ),
)
LISTS = ("On a label or a small picture", ((("↑", "↓"), "To the next one"),))
FILM = (
    "On a picture",
    (
        (("+", "-", "0"), "Zoom in, out, reset"),
        (("arrows",), "Move; with Shift: brightness and contrast"),
        (("w", "p"), "Drag to window, to move"),
        (("i",), "Invert"),
        (("1", "2", "…"), "That map alone, in one film; 1 is the radiograph"),
        (("o",), "One film, or all side by side"),
        (("b",), "Held: without the map"),
        (("x",), "Wipe between the map and the film before it"),
        (("a",), "Expert annotation: outline, fill, off"),
        (("y",), "Gaze, where there is any: heat, path, off"),
        (("d",), "Draw: polygon, box, point; arrows and Space set corners, Enter closes a polygon"),
        (("e", "Escape"), "Enlarge, and back"),
        (("f",), "Full screen"),
        (("l", "g", "t"), "Ruler, angle, cardiothoracic ratio; arrows and Enter set the ends"),
        (("m", "n"), "Magnifier; one pixel of the film as one of the screen"),
        (("q", "h"), "Rotate by 90°, mirror"),
        (("v",), "The next of the film's windows"),
        (("s",), "Save the picture as PNG"),
    ),
)
ANSWERS = (
    "On a question",
    (
        (("u",), "To the first one without an answer; in Review, open them first"),
        (("1", "2", "…"), "Answer it"),
        (("Delete",), "Take its answer back"),
        (("←", "→"), "To the next answer, and on to the next map"),
        (("↑", "↓"), "To the next question"),
        (("Enter",), "Go on, when all that is required is answered"),
    ),
)
EVERYWHERE = ("Everywhere", ((("Tab",), "To the next control"), (("?",), "These keys")))

#: By a page's name; others have those of everywhere.
_PAGES = {
    "review": (CASES, LISTS, FILM, ANSWERS),
    "reading": (CASES, FILM, ANSWERS),
    "evaluate": (FILM, EVERYWHERE),
}

_FILE = Path(__file__).with_name("keys.js")
_keys = st.components.v2.component(
    "shamsul_keys",
    css=Path(__file__).with_name("keys.css").read_text(encoding="utf-8"),
    js=_FILE.read_text(encoding="utf-8"),
)


def show(page: str) -> None:
    """The button "Keys", and what it and `?` open.

    Parameters
    ----------
    page : str
        Its name, as in the address.
    """
    groups = _PAGES.get(page, (EVERYWHERE,))
    _keys(
        key="keys",
        data={"groups": [{"title": title, "keys": keys} for title, keys in groups]},
        width="content",
    )

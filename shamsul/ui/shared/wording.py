"""Words for people."""

import re


def plain(text: str) -> str:
    """A text in which Markdown takes nothing, such as a part of a file's name, for formatting.

    Examples
    --------
    >>> print(plain("a_b_c.json [2]"))
    a\\_b\\_c.json \\[2\\]
    """
    return re.sub(r"([\\`*_\[\]$<>#~:|])", r"\\\1", text)


def counted(count: int, noun: str) -> str:
    """A number of things.

    Examples
    --------
    >>> counted(1, "case"), counted(2, "case")
    ('1 case', '2 cases')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

"""Words for people."""

import re

#: What means something to Markdown, its extensions (sums, emoji, colours) or HTML, wherever it is.
_MEANT = re.compile(r"([\\`*_\[\]$<>#~:|!&])")
#: Where addresses are found even in escaped text; a word joiner, which nobody sees, ends that.
_ADDRESS = re.compile(r"(?i)(?<=https:)(?=//)|(?<=http:)(?=//)|(?<=\bwww)(?=\.)|(?=@)")
#: What means something at the beginning of a line: lists, rules, underlined headings.
_AT_FIRST = re.compile(r"^(\d*)([-+=.)])", re.M)


def plain(text: str) -> str:
    """A text, such as a study's title, as it is written: Markdown takes nothing in it as its own.

    Everything that people give, in a file, a form or an upload, is shown through this: no picture
    is loaded for it, no address becomes a link, nothing is emphasised. Lines stay lines.

    Examples
    --------
    >>> print(plain("a_b_c.json [2]"))
    a\\_b\\_c.json \\[2\\]
    >>> print(plain("1. ![](a.png)"))
    1\\. \\!\\[\\](a.png)
    >>> plain("www.example.org") == "www\\u2060.example.org"
    True
    """
    lines = "\n".join(line.strip() for line in text.splitlines())
    marked = _MEANT.sub(r"\\\1", _ADDRESS.sub("\u2060", lines))
    return _AT_FIRST.sub(r"\1\\\2", marked).replace("\n", "  \n")


def as_written(text: str) -> str:
    """The text that `plain` has made one of, for what the address of a page says.

    Examples
    --------
    >>> as_written(plain("a_b [2] @x")) == "a_b [2] @x"
    True
    """
    lines = text.replace("\u2060", "").replace("  \n", "\n")
    return re.sub(r"\\([^\w\s])", r"\1", lines)


def counted(count: int, noun: str) -> str:
    """A number of things.

    Examples
    --------
    >>> counted(1, "case"), counted(2, "case")
    ('1 case', '2 cases')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

"""Tables for a manuscript."""

from collections.abc import Callable, Mapping, Sequence

import pandas as pd

#: What a manuscript has to load.
PACKAGES = (r"\usepackage{booktabs}", r"\usepackage{graphicx}", r"\usepackage[T1]{fontenc}")

#: Columns that fit a page with intervals beside their means.
SIDE_BY_SIDE = 7

_ESCAPED = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "&": r"\&",
        "%": r"\%",
        "$": r"\$",
        "#": r"\#",
        "_": r"\_",
        "{": r"\{",
        "}": r"\}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        "<": r"\textless{}",
        ">": r"\textgreater{}",
        "|": r"\textbar{}",
        '"': r"\textquotedbl{}",
        "−": "$-$",
        "–": "--",
    }
)


def escaped(text: str) -> str:
    r"""Text that LaTeX prints as it is.

    Examples
    --------
    >>> print(escaped("50% of A&B_1"))
    50\% of A\&B\_1
    """
    return " ".join(text.split()).translate(_ESCAPED)


def tabular(caption: str, table: pd.DataFrame, headings: Mapping[str, str]) -> str:
    """A table across both columns of a page, for the packages in `PACKAGES`.

    A table that is wider than the page is made smaller. Where there are many columns, intervals
    stand below their means, so that it stays readable.

    Parameters
    ----------
    caption : str
    table : DataFrame
        Of words; its last row is set apart.
    headings : mapping of str to str
        Of columns that are not called as they are named.
    """
    head = [headings.get(name, name) for name in table]
    cell = _stacked if len(head) > SIDE_BY_SIDE else escaped
    *body, last = [_line(row, cell) for row in table.itertuples(index=False)]
    lines = [
        r"\begin{table*}",
        r"\centering\scriptsize\setlength{\tabcolsep}{3pt}",
        rf"\caption{{{escaped(caption)}}}",
        r"\resizebox{\ifdim\width>\textwidth\textwidth\else\width\fi}{!}{%",
        rf"\begin{{tabular}}{{l{'c' * (len(head) - 2)}r}}",
        r"\toprule",
        _line(head, escaped),
        r"\midrule",
        *body,
        *([r"\midrule"] if body else []),
        last,
        r"\bottomrule",
        r"\end{tabular}}",
        r"\end{table*}",
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str], cell: Callable[[str], str]) -> str:
    return " & ".join(map(cell, cells)) + r" \\"


def _stacked(text: str) -> str:
    """A mean with its interval below it."""
    mean, interval, rest = text.partition(" (")
    return rf"\shortstack{{{escaped(mean)}\\({escaped(rest)}}}" if interval else escaped(text)

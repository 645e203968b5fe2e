"""Cells that a spreadsheet opens as they are meant."""

import unicodedata


def as_cell(text: str) -> str:
    """A text as a cell: what could be taken for a formula gets an apostrophe before it.

    Examples
    --------
    >>> as_cell("=1+1"), as_cell("1+1")
    ("'=1+1", '1+1')
    """
    return f"'{text}" if looks_like_formula(text) else text


def meant(cell: str) -> str:
    """The text that `as_cell` made a cell of.

    Examples
    --------
    >>> meant("'=1+1"), meant("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell.startswith("'") and looks_like_formula(cell[1:]) else cell


def looks_like_formula(text: str) -> bool:
    """Whether a spreadsheet could take a cell for a formula.

    Examples
    --------
    >>> looks_like_formula("=1+1"), looks_like_formula("1+1")
    (True, False)
    """
    rest = text.lstrip("'")
    if rest.startswith(("\t", "\r", "\n")):
        return True
    for letter in rest:
        unseen = letter.isspace() or letter == "'" or unicodedata.category(letter) in ("Cc", "Cf")
        if not unseen:
            return unicodedata.normalize("NFKC", letter) in ("=", "+", "-", "@")
    return False

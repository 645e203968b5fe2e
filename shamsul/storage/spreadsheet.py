"""Cells that a spreadsheet opens as they are meant."""

import unicodedata


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

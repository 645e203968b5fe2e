"""Names under which readers speak of cases."""

import re

_SHA256 = re.compile(r"[0-9a-f]{64}")


def is_sha256(text: str) -> bool:
    """Whether `text` is a SHA-256 in lower-case hexadecimal, and so safe in a file name."""
    return _SHA256.fullmatch(text) is not None


def pseudonym(sha256: str) -> str:
    """Stable, readable name of a case.

    Parameters
    ----------
    sha256 : str
        SHA-256 of the radiograph's file, 64 hexadecimal digits.

    Returns
    -------
    str
        "CXR-" and the first 32 bits of the hash.

    Raises
    ------
    ValueError
        Not a SHA-256.

    Notes
    -----
    For people, not a key: of n different files two share a name with a probability of about
    n² / 2³³, that is 1 in 8600 for 1000 files and 1 in 86 for 10 000. It hides who the patient
    is, but anyone who holds the very same file can compute it.

    Examples
    --------
    >>> pseudonym("7f3a91c2" + "0" * 56)
    'CXR-7F3A-91C2'
    """
    digits = sha256.lower()
    if not is_sha256(digits):
        raise ValueError("a SHA-256 has 64 hexadecimal digits")
    return f"CXR-{digits[:4]}-{digits[4:8]}".upper()

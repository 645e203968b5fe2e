"""Cases whose maps belong to a suspicious cluster, as it was last found; see `shortcuts`."""

from collections.abc import Sequence
from dataclasses import dataclass

from shamsul.reading.design.study import Case, Study
from shamsul.storage.result_cache import ResultCache


@dataclass(frozen=True)
class Flag:
    """A case whose map belongs to a suspicious cluster.

    Attributes
    ----------
    image_sha256 : str
    case : str
        Its name.
    label, method : str
    reason : str
        A sentence.
    """

    image_sha256: str
    case: str
    label: str
    method: str
    reason: str


def keep_flags(
    kept: ResultCache, study: Study, model: str, about: tuple[str, str], flags: Sequence[Flag]
) -> None:
    """Remember which cases are flagged, in place of what was so before.

    Parameters
    ----------
    kept : ResultCache
    study : Study
    model : str
        The fingerprint of the study's.
    about : (str, str)
        Label and method; flags of others stay.
    flags : sequence of Flag
    """
    key = _key(study, model)
    before = kept.get(key) or []
    others = [one for one in before if (one["label"], one["method"]) != about]
    now = others + [vars(one) for one in flags]
    if now != before:
        kept.offer(key, now)


def flags_of(kept: ResultCache, study: Study, model: str, case: Case) -> tuple[Flag, ...]:
    """Why a case was flagged when the study's clusters were last found; a small file is read."""
    rows = kept.get(_key(study, model)) or []
    return tuple(Flag(**one) for one in rows if one["image_sha256"] == case.image_sha256)


def _key(study: Study, model: str) -> str:
    return ResultCache.digest(["flagged", study.name, model])

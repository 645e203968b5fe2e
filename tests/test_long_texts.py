"""What meets people's text takes time in proportion to it: no pattern tries everything again."""

import time
from collections.abc import Callable
from contextlib import suppress

import pytest

from shamsul.annotations.image_names import Images
from shamsul.findings.labels import BUILT_IN, normalised
from shamsul.reading.design import study
from shamsul.reading.design.study_file import Known, StudyFileError, read_study_file
from shamsul.storage import toml_file
from shamsul.storage.spreadsheet import looks_like_formula
from shamsul.storage.text import Table, number
from shamsul.ui.shared import gate
from shamsul.ui.shared.wording import plain

COUNT = 100_000


def rows(text: str) -> None:
    for _, row in Table.of(text, "a.csv").rows():
        row.number("a")


def find(name: str) -> None:
    images = Images({"a" * 64: [name, "00000000-a.png"]})
    with suppress(ValueError):
        images.find(name)


def study_text(text: str) -> None:
    read_study_file(text, Known({}, (), (), {}))


#: Of each: parts that are repeated, and what stands around them.
HOSTILE: list[tuple[Callable[[str], object], str, str, str]] = [
    (number, "", "1", "x"),
    (number, "1.", "1", "x"),
    (number, "", "1e", ""),
    *(
        (rows, "a;b\n", part, "x")
        for part in ("\n", "\t", "\t ", " ", ";\r", "1", ",", "1,", "\u00a0")
    ),
    (rows, "a;b\n", "1,5;2\n", ""),
    (rows, "a", ",", ""),
    (rows, "", '"', ""),
    (find, "", "/00000000-", "/"),
    (find, "/00000000-", "a", "/"),
    (find, "", "a/", ".png"),
    (normalised, "", "_-", ""),
    (BUILT_IN.knows, "", "_-", ""),
    *((plain, "", part, "x") for part in ("1", "1\n", " ", "www", "\\", "http:", "@")),
    (looks_like_formula, "", "'", "x"),
    (looks_like_formula, "", " ", "x"),
    (gate._UPLOAD.search, "", "/_stcore/upload_file/a", "/"),
    (study._SLUG.fullmatch, "", "a-", "!"),
    (toml_file._HEADER.match, "[", "a ", "!"),
    (toml_file._KEY.match, "", "a", " !"),
    (study_text, 'title = "', "a", '"'),
    (study_text, "a = ", "[", ""),
    (study_text, "", "#", "\n\x01"),
]


@pytest.mark.parametrize(("read", "before", "part", "after"), HOSTILE)
def test_long_hostile_texts_are_read_at_once(
    read: Callable[[str], object], before: str, part: str, after: str
) -> None:
    text = f"{before}{part * COUNT}{after}"
    begun = time.process_time()
    with suppress(ValueError):
        read(text)
    assert time.process_time() - begun < 2


def test_many_columns_are_compared_at_once() -> None:
    begun = time.process_time()
    assert len(Table.of(",".join(f"c{n}" for n in range(COUNT)), "a.csv").columns) == COUNT
    assert time.process_time() - begun < 2


@pytest.mark.parametrize("text", ["a" + ".a" * 3000 + " = 1", "a = " + "[" * 3000 + "]" * 3000])
def test_a_study_file_nested_too_deep_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(StudyFileError, match="nested too deep"):
        study_text(text)


@pytest.mark.parametrize(
    ("cell", "value"), [("1,5", 1.5), (" 1,5 ", 1.5), (",5", 0.5), ("1e3", 1000.0)]
)
def test_numbers_are_read_as_before(cell: str, value: float) -> None:
    ((_, row),) = Table.of(f"b;a\n{cell if ',' in cell else '0,5'};{cell}\n", "a.csv").rows()
    assert row.number("a") == value

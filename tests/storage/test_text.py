"""What people's programs save, read alike."""

import codecs
from pathlib import Path

import pytest

from shamsul.storage.text import Table, decoded, read_json, read_text

TEXT = "Größe,Ödem\r\n1,2\r\n"
CODINGS = {
    "UTF-8": TEXT.encode(),
    "UTF-8 with a mark": TEXT.encode("utf-8-sig"),
    "UTF-16": codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
    "UTF-16, other end first": codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
    "UTF-16 without a mark": TEXT.encode("utf-16-le"),
    "UTF-16 without a mark, other end first": TEXT.encode("utf-16-be"),
    "UTF-32": TEXT.encode("utf-32"),
}


@pytest.mark.parametrize("data", CODINGS.values(), ids=CODINGS)
def test_every_coding_of_unicode_is_the_same_text(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.csv").write_bytes(data)
    assert read_text(tmp_path / "a.csv") == TEXT
    assert Table.read(tmp_path / "a.csv").columns == ("Größe", "Ödem")


@pytest.mark.parametrize(
    "data",
    [TEXT.encode("cp1252"), b"\x89PNG\r\n\x1a\n\0\0\0", codecs.BOM_UTF16_LE + b"abc", b"a\0"],
)
def test_what_is_no_text_is_one_sentence(data: bytes) -> None:
    if data == b"a\0":  # the near neighbour: one character in UTF-16
        assert decoded(data, "a.csv") == "a"
        return
    with pytest.raises(ValueError, match=r"^a\.csv is not text in UTF-8 or UTF-16$"):
        decoded(data, "a.csv")


def cells(text: str) -> list[dict[str, str]]:
    return [dict(row) for _, row in Table.of(text, "a.csv").rows()]


@pytest.mark.parametrize(
    "text",
    [
        "name,size\nx,1\n",
        "name;size\nx;1\n",
        "name\tsize\nx\t1\n",
        "name , size\r\n\r\n x, 1\r\n",
        "name,size\rx,1\r",
        "sep=;\nname;size\nx;1\n",
        "name,size,,\nx,1\n",
        "name,size\nx,1,,\n",
        '"name","size"\n"x","1"',
    ],
)
def test_every_separator_and_line_ending_gives_the_same_cells(text: str) -> None:
    assert cells(text) == [{"name": "x", "size": "1"}]


def test_a_separator_may_be_in_cells_and_names_but_is_never_guessed() -> None:
    assert cells("file,labels\na,Edema;Mass\n") == [{"file": "a", "labels": "Edema;Mass"}]
    assert cells("a;b, c;d\n1;2, 3;4\n") == [{"a": "1", "b, c": "2, 3", "d": "4"}]
    with pytest.raises(ValueError, match="may be separated by ',' or by ';'"):
        cells("a;b,c\n1;2,3\n")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("n;s\nx;30,5", 30.5),
        ("n;s\nx;30.5", 30.5),
        ("n\ts\nx\t-3,05e1", -30.5),
        ('n;s\nx;"0,125"', 0.125),
        ("n;s\ny;0,5\nx;1,024", 1.024),  # settled by the row before
        ("n,s\nx,30.5", 30.5),
        ("n;s\nx;1,024", None),  # 1024 or 1.024
        ('n,s\nx,"1,024"', None),
        ("n;s\ny;0,5\nx;30.5", None),  # two marks in one table
        ("n;s\nx;1.024,5", None),
        ("n,s\nx,1_000", None),
        ("n,s\nx,nan", None),
        ("n,s\nx,\u0663", None),
    ],
)
def test_a_decimal_comma_is_told_from_thousands(text: str, value: float | None) -> None:
    (row,) = [row for _, row in Table.of(text, "a.csv").rows() if row["n"] == "x"]
    if value is None:
        with pytest.raises(ValueError, match=r"^s is '.*', not a number$"):
            row.number("s")
    else:
        assert row.number("s") == value


@pytest.mark.parametrize(
    ("line", "reason"), [("x", "too few cells, 1 of 2"), ("x,1,0", "too many cells, 3 for 2")]
)
def test_a_row_too_short_or_long_is_named_and_the_others_are_read(line: str, reason: str) -> None:
    table = Table.of(f"a,b\ny,1\n{line}\nz,2,\n", "a.csv")
    with pytest.raises(ValueError, match=f"row 3 of a.csv is wrong: it has {reason}"):
        list(table.rows())
    read = []
    for place, cells in table.lines():
        try:
            read.append(table.row(cells)["a"])
        except ValueError as error:
            assert place == "row 3" and reason in str(error)
    assert read == ["y", "z"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [("a,b,a\n1,2,3", "has the column a twice"), ('a,b\n"1,2\n3,4', "is not valid CSV, line 3")],
)
def test_a_table_that_says_two_things_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        cells(text)


def test_an_object_in_json_has_each_name_once(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"a": {"b": 1}, "c": {"b": 1}}', encoding="utf-16")
    assert read_json(path) == {"a": {"b": 1}, "c": {"b": 1}}
    path.write_text('{"a": {"b": 1, "b": 2}}')
    with pytest.raises(ValueError, match=r"a\.json is not valid JSON: it has 'b' twice"):
        read_json(path)


def test_half_a_character_is_refused_and_a_whole_one_is_not(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    for half in ("\\ud800", "\\udfff x", "\\uD83D", "\\ude00\\ud83d"):
        file.write_text(f'{{"a": ["{half}"]}}')
        with pytest.raises(ValueError, match="a text in it holds half a character"):
            read_json(file)
    file.write_text('{"a": "\\ud83d\\ude00 \\\\ud800"}')
    assert read_json(file) == {"a": "\U0001f600 \\ud800"}

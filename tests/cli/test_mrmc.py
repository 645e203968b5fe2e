"""``mrmc`` of anybody's table."""

import json
from pathlib import Path

import numpy as np
import pytest

from shamsul.cli import main

NAMES = {"reader": "who", "method": "how", "case": "what", "truth": "sick", "score": "mark"}
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "mrmc"


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """Run the command; its status, and what it printed to stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["shamsul", "mrmc", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out, printed.err

    return run


def table(readers: int = 3, cases: int = 8) -> list[tuple[str, str, str, int, float]]:
    """Rows of reader, method, case, truth, score."""
    rng = np.random.default_rng(0)
    return [
        (f"R{r}", method, f"C{c}", c % 2, float(rng.integers(1, 6) + 2 * (c % 2)))
        for r in range(readers)
        for method in ("lime", "lrp")
        for c in range(cases)
    ]


def write(path: Path, header: str, rows: list[tuple[object, ...]]) -> Path:
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n")
    return path


def test_van_dykes_study(run) -> None:
    if not SHARED.exists():
        pytest.skip("the study's readings are not here")
    status, out, _ = run(SHARED / "vandyke.csv", "--json")
    found = json.loads(out)
    assert status == 0
    assert (found["figure"], found["covariance"]) == ("auc", "jackknife")
    assert found["global"] == pytest.approx(
        {"f": 4.456319, "df1": 1, "df2": 15.2597, "p": 0.051666}, abs=1e-4
    )
    (difference,) = found["differences"]
    assert (difference["a"], difference["b"]) == ("1", "2")
    assert difference["estimate"] == pytest.approx(-0.043800, abs=1e-6)
    status, out, _ = run(SHARED / "vandyke.csv", "--json", "--fixed", "readers")
    found = json.loads(out)
    assert found["global"]["df2"] is None
    assert found["global"]["p"] == pytest.approx(0.019280, abs=1e-6)


def test_tables_are_the_same_by_whatever_names(run, tmp_path: Path) -> None:
    rows = table()
    plain = write(tmp_path / "a.csv", "reader,method,case,truth,score", rows)
    named = write(tmp_path / "b.csv", ",".join(NAMES.values()), rows)
    truths = [("truth", "truth", f"C{c}", c % 2) for c in range(8)]
    imrmc = write(
        tmp_path / "c.csv",
        "readerID,modalityID,caseID,score",
        [*truths, *((*row[:3], row[4]) for row in rows)],
    )
    options = [f"--{what}={name}" for what, name in NAMES.items()]
    first, *others = (run(*call, "--json") for call in ([plain], [named, *options], [imrmc]))
    assert first[0] == 0
    assert others == [first, first]
    status, out, _ = run(plain)
    assert status == 0
    assert "lime - lrp:" in out


def test_figures_without_truth_and_with_a_threshold(run, tmp_path: Path) -> None:
    rows = table()
    untold = write(
        tmp_path / "a.csv", "reader,method,case,score", [(*row[:3], row[4]) for row in rows]
    )
    found = json.loads(run(untold, "--figure", "mean", "--json")[1])
    for method in ("lime", "lrp"):
        mean = np.mean([row[4] for row in rows if row[1] == method])
        assert found["methods"][method]["estimate"] == pytest.approx(mean)
    told = write(tmp_path / "b.csv", "reader,method,case,truth,score", rows)
    found = json.loads(run(told, "--figure", "sensitivity", "--threshold", 4, "--json")[1])
    share = np.mean([row[4] >= 4 for row in rows if row[1] == "lime" and row[3]])
    assert found["methods"]["lime"]["estimate"] == pytest.approx(share)


@pytest.mark.parametrize(
    ("header", "changed", "options", "sentence"),
    [
        (
            "reader,method,case,score",
            0,
            [],
            "a.csv cannot be analysed: the truth of the cases is not known.",
        ),
        ("reader,case,truth,score", 0, [], "a.csv has no column method or treatment"),
        ("reader,method,case,truth,score", ("R0", "lime", "C0", 0, 3), [], "read case C0 with"),
        ("reader,method,case,truth,score", ("R9", "lime", "C0", 1, 3), [], "truth of case C0"),
        ("reader,method,case,truth,score", ("R9", "lime", "C0", 0, "x"), [], "row 50 of a.csv"),
        ("reader,method,case,truth,score", ("R9", "lime", "C0", 0, 1), [], "R9 has read fewer"),
        ("reader,method,case,truth,score", 0, ["--figure", "auk"], "--figure is auc, mean"),
        ("reader,method,case,truth,score", 0, ["--threshold", "2"], "--threshold goes with"),
        ("reader,method,case,truth,score", 0, ["--fixed", "both"], "--fixed is readers or cases"),
        (
            "reader,method,case,truth,score",
            0,
            ["--figure", "mean", "--covariance", "delong"],
            "--covariance is jackknife or, for --figure auc, delong.",
        ),
    ],
)
def test_what_is_wrong_is_one_sentence(
    run, tmp_path: Path, header: str, changed: object, options: list[str], sentence: str
) -> None:
    rows: list[tuple[object, ...]] = [*table(), *([changed] if isinstance(changed, tuple) else [])]
    if "truth" not in header:
        rows = [(*row[:3], row[4]) for row in rows]
    if "method" not in header:
        rows = [(row[0], *row[2:]) for row in rows]
    status, out, err = run(write(tmp_path / "a.csv", header, rows), *options)
    assert (status, out) == (2, "")
    assert sentence in err
    assert len(err.splitlines()) == 1

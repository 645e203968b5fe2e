"""A consensus is kept apart from what readers answered; in both databases."""

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from shamsul.reading import CANNOT_JUDGE, Case, Store, Study
from shamsul.reading.database.consensuses import Consensuses
from shamsul.reading.design.questionnaire import Kind, Question, Questionnaire, Step
from shamsul.reading.exports.ratings import export_ratings, wide, write_ratings
from shamsul.reading.exports.transfer import dump, load, remove
from tests.reading.database.test_readings import SHORT, Clock

ASKED = Questionnaire(
    (
        *SHORT.at(Step.IMAGE),
        Question("location", "Place?", Kind.SCALE, Step.MAPS, options=("1", "2"), may_abstain=True),
    )
)


@pytest.fixture
def store(each_url: str) -> Iterator[Store]:
    store = Store(each_url)
    store.ensure_study(Study("pilot", "Pilot", model="phantom", questionnaire=ASKED))
    yield store
    store.close()


@pytest.fixture
def case(store: Store) -> Case:
    return store.add_case("pilot", "a" * 64, "case-a")


def test_what_was_agreed_on_is_kept_with_who_and_when(store: Store, case: Case) -> None:
    clock = Clock()
    kept = Consensuses(store.database, clock)
    scores = {"lime": 2, "lrp": CANNOT_JUDGE, "shap": None}
    new = kept.record(case, "Edema", "location", scores, " seen twice \n", "  Cy  Di ")
    assert kept.of("pilot") == (new,)
    assert new.scores == {"lime": 2, "lrp": CANNOT_JUDGE}
    assert (new.comment, new.author, new.changed_at) == ("seen twice", "Cy Di", clock.now)


def test_a_change_is_a_revision_and_the_same_again_is_none(store: Store, case: Case) -> None:
    kept = Consensuses(store.database)
    kept.record(case, "Edema", "location", {"lime": 2}, "", "Cy")
    assert kept.record(case, "Edema", "location", {"lime": 2}, "", "Di").author == "Cy"
    kept.record(case, "Edema", "location", {"lime": 1}, "", "Di")
    (now,) = kept.of("pilot")
    assert (now.scores, now.author, now.revision) == ({"lime": 1}, "Di", 2)
    tables = json.loads(dump(store, "pilot"))["tables"]
    assert [row["author"] for row in tables["consensus"]] == ["Cy", "Di"]
    kept.record(case, "Edema", "location", {"lime": None}, "", "Di")
    assert kept.of("pilot") == ()


@pytest.mark.parametrize(
    ("item", "scores", "comment", "author", "said"),
    [
        ("location", {"lime": 3}, "", "Cy", "from 1 to 2"),
        ("location", {"lime": 1}, "\0", "Cy", "cannot be stored"),
        ("location", {"lime": 1}, "", " ", "name is empty"),
        ("present", {"lime": 1}, "", "Cy", "not a scale about maps"),
        ("other", {"lime": 1}, "", "Cy", "no item"),
    ],
)
def test_what_cannot_be_a_consensus_is_refused(
    store: Store,
    case: Case,
    item: str,
    scores: dict[str, object],
    comment: str,
    author: str,
    said: str,
) -> None:
    kept = Consensuses(store.database)
    with pytest.raises(ValueError, match=said):
        kept.record(case, "Edema", item, scores, comment, author)
    assert kept.of("pilot") == ()


def test_it_is_never_among_readers_answers_but_a_file_of_its_own(
    store: Store, case: Case, tmp_path: Path
) -> None:
    before = export_ratings(store, "pilot")
    assert before.consensus == b""
    Consensuses(store.database).record(
        case, "Edema", "location", {"lime": 2, "lrp": CANNOT_JUDGE}, "=sum", "Cy"
    )
    after = export_ratings(store, "pilot")
    assert (after.ratings, after.cases) == (before.ratings, before.cases)
    assert b"Cy" not in wide(store, "pilot")
    assert store.readers("pilot") == ()
    rows = list(csv.DictReader(io.StringIO(after.consensus.decode())))
    assert [(row["method"], row["score"], row["cannot_judge"]) for row in rows] == [
        ("lime", "2", "false"),
        ("lrp", "", "true"),
    ]
    assert {row["comment"] for row in rows} == {"'=sum"}
    assert set(rows[0]) == set(json.loads(after.codebook)["consensus_columns"])
    paths = write_ratings(store, "pilot", tmp_path / "out.csv")
    assert paths[-1].name == "out.consensus.csv"
    assert paths[-1].read_bytes() == after.consensus
    assert export_ratings(store, "pilot", "Ada").consensus == b""


def test_it_goes_with_its_study(store: Store, case: Case, tmp_path: Path) -> None:
    new = Consensuses(store.database).record(case, "Edema", "location", {"lime": 2}, "ü", "Cy")
    other = Store(f"sqlite:///{tmp_path / 'other.db'}")
    load(other, dump(store, "pilot"))
    (there,) = Consensuses(other.database).of("pilot")
    assert (there.scores, there.comment, there.changed_at) == (
        new.scores,
        new.comment,
        new.changed_at,
    )
    other.close()
    remove(store, "pilot")
    assert store.names() == ()

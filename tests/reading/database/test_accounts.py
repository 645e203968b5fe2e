"""Accounts, passwords and who is signed in, on both databases."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import create_engine, text

from shamsul.reading.database.accounts import (
    MOST_FAILURES,
    Account,
    AccountError,
    Accounts,
    Role,
    SignInError,
)
from shamsul.reading.database.transactions import Database

PASSWORD = "correct horse"
WRONG = "The name or the password is wrong."


class Clock:
    """Time that passes when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(each_url: str) -> Iterator[Database]:
    database = Database(each_url)
    database.migrate()
    yield database
    database.close()


@pytest.fixture
def accounts(database: Database, clock: Clock) -> Accounts:
    accounts = Accounts(database, clock)
    accounts.add("Ada", Role.READER, PASSWORD)
    accounts.add("Carl", Role.COORDINATOR, "another password")
    return accounts


def rows(database: Database, table: str) -> list[tuple]:
    query = text(f"SELECT * FROM {table}")
    return database.read(lambda session: [tuple(row) for row in session.execute(query)])


def fail(accounts: Accounts, name: str, times: int = 1) -> None:
    for _ in range(times):
        with pytest.raises(SignInError, match=re.escape(WRONG)):
            accounts.sign_in(name, "wrong password")


# Accounts


@pytest.mark.long
def test_accounts_are_listed_by_name(accounts: Accounts) -> None:
    accounts.add("  Bea   B. ", Role.READER)
    assert accounts.all() == (
        Account("Ada", Role.READER),
        Account("Bea B.", Role.READER),
        Account("Carl", Role.COORDINATOR),
    )


def test_a_coordinator_may_what_a_reader_may_and_not_the_other_way_round() -> None:
    assert Account("Carl", Role.COORDINATOR).may(Role.READER)
    assert Account("Ada", Role.READER).may(Role.READER)
    assert not Account("Ada", Role.READER).may(Role.COORDINATOR)
    assert not Account("Carl", Role.COORDINATOR, disabled=True).may(Role.READER)


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "password", "sentence"),
    [
        ("Ada", PASSWORD, "There is already an account named Ada."),
        (" ", PASSWORD, "The name cannot be used: the reader's name is empty."),
        ("Bea", "too short", "A password has at least 10 characters."),
    ],
)
def test_account_that_cannot_be_added_says_why(
    accounts: Accounts, name: str, password: str, sentence: str
) -> None:
    with pytest.raises(AccountError, match=f"^{re.escape(sentence)}$"):
        accounts.add(name, Role.READER, password)
    assert len(accounts.all()) == 2


@pytest.mark.long
@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("set_password", (PASSWORD,)),
        ("set_role", (Role.READER,)),
        ("disable", ()),
        ("enable", ()),
    ],
)
def test_account_that_is_not_there_is_named(
    accounts: Accounts, method: str, arguments: tuple
) -> None:
    with pytest.raises(AccountError, match="There is no account named Zoe"):
        getattr(accounts, method)("Zoe", *arguments)


def test_somebody_vouched_for_elsewhere_is_found_unless_disabled(accounts: Accounts) -> None:
    accounts.add("bea@example.org", Role.READER)
    assert accounts.named("bea@example.org") == Account("bea@example.org", Role.READER)
    accounts.disable("bea@example.org")
    assert accounts.named("bea@example.org") is None
    assert accounts.named("zoe@example.org") is None


# Signing in


def test_browser_is_recognised_until_it_signs_out(accounts: Accounts) -> None:
    token = accounts.sign_in(" Ada ", PASSWORD)
    assert accounts.who(token) == Account("Ada", Role.READER)
    assert accounts.who(token) == Account("Ada", Role.READER)
    other = accounts.sign_in("Ada", PASSWORD)
    assert other != token
    accounts.sign_out(token)
    accounts.sign_out(token)
    assert accounts.who(token) is None
    assert accounts.who(other) == Account("Ada", Role.READER)


def test_browser_is_recognised_for_twelve_hours(
    accounts: Accounts, clock: Clock, database: Database
) -> None:
    token = accounts.sign_in("Ada", PASSWORD)
    clock.wait(hours=11, minutes=59)
    assert accounts.who(token) is not None
    clock.wait(minutes=1)
    assert accounts.who(token) is None
    accounts.sign_in("Carl", "another password")
    assert len(rows(database, "sign_in")) == 1  # the old one is gone


@pytest.mark.long
@pytest.mark.parametrize("token", ["", "a", "é\ud800", "'; DROP TABLE account; --", "x" * 100_000])
def test_token_of_nobody_is_nobody(accounts: Accounts, token: str) -> None:
    assert accounts.who(token) is None


@pytest.mark.long
def test_sign_in_survives_a_restart(accounts: Accounts, each_url: str, clock: Clock) -> None:
    token = accounts.sign_in("Ada", PASSWORD)
    again = Database(each_url)
    assert Accounts(again, clock).who(token) == Account("Ada", Role.READER)
    again.close()


@pytest.mark.long
def test_neither_password_nor_token_is_in_the_database(
    accounts: Accounts, database: Database
) -> None:
    token = accounts.sign_in("Ada", PASSWORD)
    content = repr([rows(database, table) for table in ("account", "sign_in", "failed_sign_in")])
    assert token not in content
    assert PASSWORD not in content
    assert "$argon2id$" in content


@pytest.mark.long
@pytest.mark.parametrize("name", ["Ada", "Zoe", "Dora", "Emil", "", "\x00"])
def test_one_sentence_for_every_reason(accounts: Accounts, name: str) -> None:
    accounts.add("Dora", Role.READER)  # by OpenID Connect only
    accounts.add("Emil", Role.READER, PASSWORD)
    accounts.disable("Emil")
    password = PASSWORD if name != "Ada" else "wrong password"
    with pytest.raises(SignInError, match=f"^{re.escape(WRONG)}$"):
        accounts.sign_in(name, password)


def test_as_much_work_for_an_unknown_name(
    accounts: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    verified: list[str] = []
    verify = PasswordHasher.verify

    def watched(self: PasswordHasher, hash: str, password: bytes) -> bool:
        verified.append(hash.rsplit("$", 2)[0])
        return verify(self, hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    for name in ("Ada", "Zoe"):
        fail(accounts, name)
    assert len(verified) == 2
    assert verified[0] == verified[1]  # the parameters


def test_disabled_account_is_nobody_at_once_and_stays_so_when_enabled(accounts: Accounts) -> None:
    token = accounts.sign_in("Ada", PASSWORD)
    assert accounts.disable("Ada") == Account("Ada", Role.READER, disabled=True)
    assert accounts.who(token) is None
    assert accounts.enable("Ada") == Account("Ada", Role.READER)
    assert accounts.who(token) is None  # has to sign in again
    assert accounts.who(accounts.sign_in("Ada", PASSWORD)) is not None


def test_other_role_holds_at_once(accounts: Accounts) -> None:
    token = accounts.sign_in("Ada", PASSWORD)
    assert accounts.set_role("Ada", Role.COORDINATOR).role is Role.COORDINATOR
    assert accounts.who(token) == Account("Ada", Role.COORDINATOR)


def test_new_password_signs_out_everywhere(accounts: Accounts) -> None:
    token = accounts.sign_in("Ada", PASSWORD)
    accounts.set_password("Ada", "a new password")
    assert accounts.who(token) is None
    fail(accounts, "Ada")
    assert accounts.who(accounts.sign_in("Ada", "a new password")) is not None


def test_letter_of_two_characters_is_that_of_one(accounts: Accounts) -> None:
    accounts.set_password("Ada", "caf\u00e9 au lait")
    assert accounts.sign_in("Ada", "cafe\u0301 au lait")


def test_hash_of_old_parameters_is_made_anew(
    accounts: Accounts, database: Database, each_url: str
) -> None:
    old = PasswordHasher(time_cost=1, memory_cost=1024).hash(PASSWORD)
    engine = create_engine(each_url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE account SET password_hash = :old"), {"old": old})
    engine.dispose()
    accounts.sign_in("Ada", PASSWORD)
    by_name = {row[1]: row[3] for row in rows(database, "account")}
    assert by_name["Ada"] != old
    assert by_name["Carl"] == old
    accounts.sign_in("Ada", PASSWORD)


# Too many wrong passwords


def test_right_password_is_refused_after_five_wrong_ones_and_taken_later(
    accounts: Accounts, clock: Clock
) -> None:
    for _ in range(MOST_FAILURES):
        fail(accounts, "Ada")
        clock.wait(minutes=2)
    # The first was ten minutes ago.
    with pytest.raises(SignInError, match=r"^Too many wrong .* try again in 5 minutes\.$"):
        accounts.sign_in("Ada", PASSWORD)
    accounts.sign_in("Carl", "another password")
    clock.wait(minutes=4, seconds=30)
    with pytest.raises(SignInError, match=r"in 1 minute\.$"):
        accounts.sign_in("Ada", "wrong password")
    clock.wait(seconds=30)
    assert accounts.sign_in("Ada", PASSWORD)


def test_unknown_name_is_refused_alike(accounts: Accounts) -> None:
    fail(accounts, "Zoe", MOST_FAILURES)
    with pytest.raises(SignInError, match="15 minutes"):
        accounts.sign_in("Zoe", PASSWORD)


@pytest.mark.long
def test_success_forgets_failures_and_old_ones_do_not_count(
    accounts: Accounts, clock: Clock, database: Database
) -> None:
    fail(accounts, "Ada", MOST_FAILURES - 1)
    accounts.sign_in("Ada", PASSWORD)
    assert rows(database, "failed_sign_in") == []
    fail(accounts, "Ada", MOST_FAILURES - 1)
    fail(accounts, "Zoe")
    clock.wait(minutes=15)
    fail(accounts, "Ada")
    assert len(rows(database, "failed_sign_in")) == 1
    accounts.sign_in("Ada", PASSWORD)


def test_restart_does_not_forget_failures(accounts: Accounts, each_url: str, clock: Clock) -> None:
    fail(accounts, "Ada", MOST_FAILURES)
    again = Database(each_url)
    with pytest.raises(SignInError, match="Too many"):
        Accounts(again, clock).sign_in("Ada", PASSWORD)
    again.close()


def test_guesses_at_the_same_time_are_counted_too(accounts: Accounts) -> None:
    def guess(number: int) -> str:
        try:
            return accounts.sign_in("Ada", f"guess number {number}")
        except SignInError as error:
            return str(error)

    with ThreadPoolExecutor(8) as pool:
        said = list(pool.map(guess, range(12)))
    assert said.count(WRONG) == MOST_FAILURES
    assert sum("Too many" in sentence for sentence in said) == 12 - MOST_FAILURES


def test_failed_database_tells_no_secret(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'empty.db'}")  # without tables
    accounts = Accounts(database)
    with pytest.raises(Exception, match="The ratings database failed") as caught:
        accounts.sign_in("Ada", PASSWORD)
    assert PASSWORD not in str(caught.value)
    database.close()


# Vouched for by a provider


def test_what_a_provider_says_holds_until_it_is_signed_out(accounts: Accounts) -> None:
    assert accounts.vouched_for("Ada", "one") == Account("Ada", Role.READER)
    assert accounts.vouched_for("Ada", "one") == Account("Ada", Role.READER)
    accounts.sign_out("one")
    assert accounts.vouched_for("Ada", "one") is None
    assert accounts.vouched_for("Ada", "another sign-in") is not None
    assert accounts.vouched_for("Zoe", "one") is None


def test_what_has_ended_stays_so_as_long_as_a_providers_word_counts(
    accounts: Accounts, clock: Clock
) -> None:
    accounts.vouched_for("Ada", "one")
    accounts.sign_out("one")
    clock.wait(hours=11, minutes=59)
    accounts.sign_in("Carl", "another password")
    accounts.vouched_for("Carl", "his")
    assert accounts.vouched_for("Ada", "one") is None


def test_disabling_ends_what_a_provider_said(accounts: Accounts) -> None:
    accounts.vouched_for("Ada", "one")
    accounts.disable("Ada")
    assert accounts.vouched_for("Ada", "one") is None
    assert accounts.vouched_for("Ada", "new") is None
    accounts.enable("Ada")
    assert accounts.vouched_for("Ada", "one") is None
    assert accounts.vouched_for("Ada", "new") is not None


def test_tabs_that_open_at_once_are_one_sign_in(accounts: Accounts) -> None:
    with ThreadPoolExecutor(8) as tabs:
        found = list(tabs.map(lambda _: accounts.vouched_for("Ada", "one"), range(16)))
    assert found == [Account("Ada", Role.READER)] * 16


def test_tabs_that_open_at_once_add_one_account(accounts: Accounts) -> None:
    with ThreadPoolExecutor(8) as tabs:
        found = list(tabs.map(lambda _: accounts.vouched_for("Zoe", "one", Role.READER), range(16)))
    assert found == [Account("Zoe", Role.READER)] * 16
    assert [account.name for account in accounts.all()] == ["Ada", "Carl", "Zoe"]


def test_a_provider_that_gives_roles_needs_no_account_beforehand(accounts: Accounts) -> None:
    assert accounts.vouched_for("zoe@x.org", "one") is None
    assert accounts.vouched_for("zoe@x.org", "one", Role.READER) == Account(
        "zoe@x.org", Role.READER
    )
    # Another role holds from the next sign-in on.
    same = accounts.vouched_for("zoe@x.org", "one", Role.COORDINATOR)
    assert same == Account("zoe@x.org", Role.READER)
    again = accounts.vouched_for("zoe@x.org", "two", Role.COORDINATOR)
    assert again == Account("zoe@x.org", Role.COORDINATOR)
    accounts.disable("zoe@x.org")
    for token in ("one", "two", "three"):
        assert accounts.vouched_for("zoe@x.org", token, Role.COORDINATOR) is None

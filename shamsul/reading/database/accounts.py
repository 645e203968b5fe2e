"""Who may sign in, by which password, and which browsers are signed in."""

import hashlib
import secrets
import threading
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import Select, delete, select, update
from sqlalchemy.orm import Session

from shamsul.reading.database.tables import AccountRow, FailedSignInRow, SignInRow
from shamsul.reading.database.transactions import Database
from shamsul.reading.design.study import reader_name

#: Fewest characters of a password.
SHORTEST_PASSWORD = 10
#: How long a browser stays signed in.
SIGNED_IN_FOR = timedelta(hours=12)
#: That many wrong passwords for a name, all of them that recent, and it is refused.
MOST_FAILURES = 5
REMEMBER_FAILURES = timedelta(minutes=15)

#: Said for an unknown name, a wrong password and a disabled account alike.
_WRONG = "The name or the password is wrong."


class AccountError(ValueError):
    """Something cannot be done with an account; the message is one sentence."""


class SignInError(Exception):
    """Somebody cannot be signed in; the message is one sentence for them."""


class Role(Enum):
    """What an account is for."""

    READER = "reader"
    """Answers what is assigned to them, and sees nothing else."""

    COORDINATOR = "coordinator"
    """Sets up studies, sees every case and result, and may all that a reader may."""


@dataclass(frozen=True)
class Account:
    """Somebody who may sign in.

    Attributes
    ----------
    name : str
        Under which answers are kept; with OpenID Connect an e-mail address.
    role : Role
    disabled : bool
        Whether sign-in is refused.
    """

    name: str
    role: Role
    disabled: bool = False

    def may(self, role: Role) -> bool:
        """Whether this account may do what a role is for."""
        return not self.disabled and self.role in (role, Role.COORDINATOR)


class Accounts:
    """The accounts in a database, and the browsers that are signed in.

    Safe to share among threads, and for several processes to use at once.

    Parameters
    ----------
    database : Database
        Its tables in place.
    now : callable, optional
        Gives the moment, with time zone.

    Raises
    ------
    shamsul.reading.database.transactions.StoreError
        From every method, if the database fails.
    """

    def __init__(
        self, database: Database, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._database = database
        self._now = now
        self._hasher = PasswordHasher()
        # One at a time: each takes 64 MiB, and anybody may try.
        self._hashing = threading.Lock()
        # Compared with where there is no password, so that time does not tell who has an account.
        self._of_nobody = self._hash(secrets.token_urlsafe())

    def add(self, name: str, role: Role, password: str | None = None) -> Account:
        """Add an account.

        Parameters
        ----------
        password : str, optional
            Without one, sign-in is by OpenID Connect only.

        Raises
        ------
        AccountError
            If the name is taken or cannot be used, or the password is too short.
        """
        name = _tidy(name)
        password_hash = None if password is None else self._hash(_long_enough(password))

        def add(session: Session) -> Account:
            if _row(session, name) is not None:
                raise AccountError(f"There is already an account named {name}.")
            row = AccountRow(
                name=name, role=role.value, password_hash=password_hash, created_at=self._now()
            )
            session.add(row)
            return _account(row)

        return self._database.write(add)

    def set_password(self, name: str, password: str) -> Account:
        """Give an account another password; wherever it is signed in, it no longer is.

        Raises
        ------
        AccountError
            If there is no such account, or the password is too short.
        """
        password_hash = self._hash(_long_enough(password))

        def change(row: AccountRow) -> None:
            row.password_hash = password_hash

        return self._change(name, change, sign_out=True)

    def set_role(self, name: str, role: Role) -> Account:
        """Give an account another role, at once.

        Raises
        ------
        AccountError
            If there is no such account.
        """

        def change(row: AccountRow) -> None:
            row.role = role.value

        return self._change(name, change)

    def disable(self, name: str) -> Account:
        """Refuse an account, at once; what it answered is left.

        Raises
        ------
        AccountError
            If there is no such account.
        """

        def change(row: AccountRow) -> None:
            row.disabled_at = row.disabled_at or self._now()

        return self._change(name, change, sign_out=True)

    def enable(self, name: str) -> Account:
        """Take back that an account is refused.

        Raises
        ------
        AccountError
            If there is no such account.
        """

        def change(row: AccountRow) -> None:
            row.disabled_at = None

        return self._change(name, change)

    def all(self) -> tuple[Account, ...]:
        """Every account, by name."""
        rows = self._database.read(
            lambda session: [_account(row) for row in session.scalars(select(AccountRow))]
        )
        # Sorted here, as databases order text differently.
        return tuple(sorted(rows, key=lambda account: account.name))

    def named(self, name: str) -> Account | None:
        """The account of that name, for who is vouched for elsewhere; none if it is disabled."""
        return self._enabled(select(AccountRow).where(AccountRow.name == name))

    def sign_in(self, name: str, password: str) -> str:
        """Sign somebody in.

        Returns
        -------
        str
            What shows from now on who they are, for :meth:`who`. It is kept nowhere here.

        Raises
        ------
        SignInError
            If the name or the password is wrong, or was so too often lately.
        """
        try:
            name = _tidy(name)
        except AccountError:
            raise SignInError(_WRONG) from None
        stored = self._database.write(lambda session: self._attempt(session, name))
        matches = self._matches(stored or self._of_nobody, password)
        if stored is None or not matches:
            raise SignInError(_WRONG)
        outdated = self._hasher.check_needs_rehash(stored)
        better = self._hash(password) if outdated else stored
        token = secrets.token_urlsafe(32)

        def enter(session: Session) -> None:
            row = _row(session, name)
            if row is None or row.disabled_at or row.password_hash != stored:
                raise SignInError(_WRONG)  # changed meanwhile
            row.password_hash = better
            session.execute(delete(FailedSignInRow).where(FailedSignInRow.name == name))
            self._enter(session, row, token)

        self._database.write(enter)
        return token

    def vouched_for(self, name: str, token: str, role: Role | None = None) -> Account | None:
        """The account of that name, by what a provider says of a sign-in; none once it has ended.

        Parameters
        ----------
        name : str
        token : str
            The same in every tab of a browser, another for every sign-in.
        role : Role, optional
            Where the provider gives it: the account has it from this sign-in on, and is added if
            there is none.

        Raises
        ------
        AccountError
            If an account of that name cannot be added.
        """
        if role is None and self.named(name) is None:
            return None
        if role is not None:
            name = _tidy(name)
        query = select(SignInRow).where(SignInRow.token_sha256 == _sha256(token))
        if self._database.read(lambda session: session.scalar(query)) is None:

            def enter(session: Session) -> None:
                row = _row(session, name)
                if row is None and role is not None:
                    row = AccountRow(name=name, role=role.value, created_at=self._now())
                    session.add(row)
                    session.flush()  # for its id
                if row is None or row.disabled_at or session.scalar(query) is not None:
                    return
                row.role = row.role if role is None else role.value
                self._enter(session, row, token)

            self._database.write(enter)
        return self.who(token)

    def _enter(self, session: Session, row: AccountRow, token: str) -> None:
        now = self._now()
        # Those that have ended are known until no provider's word is as old.
        session.execute(delete(SignInRow).where(SignInRow.created_at <= now - SIGNED_IN_FOR))
        session.add(
            SignInRow(
                token_sha256=_sha256(token),
                account_id=row.id,
                created_at=now,
                expires_at=now + SIGNED_IN_FOR,
            )
        )

    def who(self, token: str) -> Account | None:
        """Whose browser shows a token; none where it is unknown, too old, or of a disabled one."""
        query = (
            select(AccountRow)
            .join(SignInRow, SignInRow.account_id == AccountRow.id)
            .where(SignInRow.token_sha256 == _sha256(token), SignInRow.expires_at > self._now())
        )
        return self._enabled(query)

    def sign_out(self, token: str) -> None:
        """End a sign-in, in every tab; does nothing where there is none."""
        ended = SignInRow.token_sha256 == _sha256(token)
        query = update(SignInRow).where(ended).values(expires_at=self._now())
        self._database.write(lambda session: session.execute(query))

    def _enabled(self, query: Select[AccountRow]) -> Account | None:
        def find(session: Session) -> Account | None:
            row = session.scalar(query)
            return None if row is None or row.disabled_at else _account(row)

        return self._database.read(find)

    def _attempt(self, session: Session, name: str) -> str | None:
        """Count an attempt, as a failure until it succeeds; gives the hash to compare with.

        Counted before the password is looked at, so that attempts at the same time are too.
        """
        # The lock is for PostgreSQL; SQLite has one writer at a time.
        row = session.scalar(select(AccountRow).where(AccountRow.name == name).with_for_update())
        now = self._now()
        # What is ahead is of a clock that was set back.
        old = FailedSignInRow.at <= now - REMEMBER_FAILURES
        ahead = FailedSignInRow.at > now + REMEMBER_FAILURES
        session.execute(delete(FailedSignInRow).where(old | ahead))
        latest = select(FailedSignInRow.at).where(FailedSignInRow.name == name)
        times = session.scalars(latest.order_by(FailedSignInRow.at.desc()).limit(MOST_FAILURES))
        failures = times.all()
        if len(failures) == MOST_FAILURES:
            wait = failures[-1] + REMEMBER_FAILURES - now
            minutes = -(-wait // timedelta(minutes=1))
            raise SignInError(
                f"Too many wrong passwords for this name: try again in {minutes} "
                f"{'minute' if minutes == 1 else 'minutes'}."
            )
        session.add(FailedSignInRow(name=name, at=now))
        return None if row is None or row.disabled_at else row.password_hash

    def _change(
        self, name: str, change: Callable[[AccountRow], None], sign_out: bool = False
    ) -> Account:
        name = _tidy(name)

        def work(session: Session) -> Account:
            row = _row(session, name)
            if row is None:
                raise AccountError(f"There is no account named {name}.")
            change(row)
            if sign_out:
                theirs = SignInRow.account_id == row.id
                session.execute(update(SignInRow).where(theirs).values(expires_at=self._now()))
            return _account(row)

        return self._database.write(work)

    def _hash(self, password: str) -> str:
        with self._hashing:
            return self._hasher.hash(_normal(password))

    def _matches(self, password_hash: str, password: str) -> bool:
        with self._hashing:
            try:
                return self._hasher.verify(password_hash, _normal(password))
            except (VerifyMismatchError, InvalidHashError):
                return False


def _tidy(name: str) -> str:
    try:
        return reader_name(name)
    except ValueError as error:
        raise AccountError(f"The name cannot be used: {error}.") from None


def _normal(password: str) -> bytes:
    """A password as every keyboard sends it: one letter may be one character or two."""
    return unicodedata.normalize("NFKC", password).encode(errors="surrogatepass")


def _long_enough(password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise AccountError(f"A password has at least {SHORTEST_PASSWORD} characters.")
    return password


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def _row(session: Session, name: str) -> AccountRow | None:
    return session.scalar(select(AccountRow).where(AccountRow.name == name))


def _account(row: AccountRow) -> Account:
    return Account(row.name, Role(row.role), row.disabled_at is not None)

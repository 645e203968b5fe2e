"""Accounts of readers and coordinators."""

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shamsul.cli.base import Json, UserError, emit, users_app
from shamsul.settings import settings

if TYPE_CHECKING:
    from shamsul.reading.database.accounts import Account, Accounts, Role

User = Annotated[str, typer.Argument(metavar="NAME", help="Name of the account.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from the first line of stdin.")
]


def _accounts() -> "Accounts":
    from shamsul.reading.database.accounts import Accounts
    from shamsul.reading.database.transactions import Database

    database = Database(settings().database)
    database.migrate()
    return Accounts(database)


def _role(text: str) -> "Role":
    from shamsul.reading.database.accounts import Role

    roles = {role.value: role for role in Role}
    if text not in roles:
        raise UserError(f"There is no role {text!r}; there are {', '.join(roles)}.")
    return roles[text]


def _password(from_stdin: bool) -> str:
    """A password, from stdin or asked for twice without an echo.

    Raises
    ------
    UserError
        If there is nobody to ask.
    """
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        raise UserError("There is no terminal to ask for the password: use --password-stdin.")
    password: str = typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return password


def _say(account: "Account", as_json: bool) -> None:
    """Print an account."""
    emit(_user(account), as_json, lambda: [_line(account)])


def _user(account: "Account") -> dict[str, Any]:
    return {"name": account.name, "role": account.role.value, "disabled": account.disabled}


def _line(account: "Account") -> str:
    return f"{account.role.value:12}{account.name}{' (disabled)' if account.disabled else ''}"


@users_app.command("add")
def add_user(
    name: User,
    role: Annotated[str, typer.Option(help="reader or coordinator.")],
    no_password: Annotated[
        bool, typer.Option("--no-password", help="Sign-in by OpenID Connect only.")
    ] = False,
    password_stdin: PasswordStdin = False,
    as_json: Json = False,
) -> None:
    """Add an account; for OpenID Connect its name is the e-mail address."""
    if no_password and password_stdin:
        raise UserError("Either --no-password or --password-stdin, not both.")
    chosen = _role(role)  # before a password is asked for
    password = None if no_password else _password(password_stdin)
    _say(_accounts().add(name, chosen, password), as_json)


@users_app.command("list")
def list_users(as_json: Json = False) -> None:
    """List every account with its role."""
    found = _accounts().all()
    emit({"users": [_user(one) for one in found]}, as_json, lambda: map(_line, found))


@users_app.command("role")
def set_user_role(
    name: User,
    role: Annotated[str, typer.Argument(help="reader or coordinator.")],
    as_json: Json = False,
) -> None:
    """Give an account another role, at once."""
    _say(_accounts().set_role(name, _role(role)), as_json)


@users_app.command("password")
def set_user_password(
    name: User, password_stdin: PasswordStdin = False, as_json: Json = False
) -> None:
    """Give an account another password, and sign it out everywhere."""
    _say(_accounts().set_password(name, _password(password_stdin)), as_json)


@users_app.command("disable")
def disable_user(name: User, as_json: Json = False) -> None:
    """Refuse an account at once; its answers are kept."""
    _say(_accounts().disable(name), as_json)


@users_app.command("enable")
def enable_user(name: User, as_json: Json = False) -> None:
    """Let a disabled account sign in again."""
    _say(_accounts().enable(name), as_json)

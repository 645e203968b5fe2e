"""Bringing a database to the tables of this version, step by step."""

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

#: Databases older than the first step have its tables, but say nothing of steps.
_FIRST = "0001"
_OLDEST_TABLE = "revision"


def steps(connection: Connection | None = None) -> Config:
    """Where Alembic finds the steps, and the connection to run them on."""
    config = Config()
    config.set_main_option("script_location", "shamsul.reading.database:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def version(connection: Connection) -> str | None:
    """The last step that a database has made; None if it is empty."""
    found = MigrationContext.configure(connection).get_current_revision()
    old = found is None and inspect(connection).has_table(_OLDEST_TABLE)
    return _FIRST if old else found


def newest() -> str:
    """The last step there is."""
    head = ScriptDirectory.from_config(steps()).get_current_head()
    assert head is not None
    return head


def known() -> frozenset[str]:
    """All steps there are."""
    script = ScriptDirectory.from_config(steps())
    return frozenset(step.revision for step in script.walk_revisions())


def upgrade(connection: Connection) -> None:
    """Make the steps that are missing, in the connection's transaction."""
    config = steps(connection)
    if version(connection) != MigrationContext.configure(connection).get_current_revision():
        command.stamp(config, _FIRST)
    command.upgrade(config, "head")

"""Databases: their addresses, how they are reached, and what to do about what they say. Knows no nbgrader."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError

from steepest_grader.errors import GradebookError

__all__ = ["Database", "complete", "file_of", "remedy", "shown"]

# How long to wait for another program, and for a server that does not answer.
SQLITE = {"timeout": "5"}
POSTGRESQL = {"connect_timeout": "10", "tcp_user_timeout": "30000", "options": "-c lock_timeout=5s"}
SHOWN = frozenset({"host", "port"})

# What a database or its driver says, and what to do about it.
REMEDIES: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("locked", "lock timeout"),
        "another program is writing to it. Close formgrader or the other run, and run this again.",
    ),
    (
        ("readonly", "read-only", "permission denied for"),
        "it cannot be written to. Give yourself the right to write to the file and to its folder, or to the tables.",
    ),
    (("unable to open",), "it cannot be opened. Check that the folder exists and may be written to."),
    (("not a database", "malformed"), "the file is something else, or damaged. Name another file with --gradebook."),
    (
        ("no such column", "no such table", "UndefinedColumn", "UndefinedTable"),
        "its tables are of another nbgrader. Back it up and run `nbgrader db upgrade`.",
    ),
    (("disk", "No space left", "could not extend"), "the disk is full or fails. Make room and run this again."),
    (
        ("authentication failed", "no password supplied", "pg_hba.conf", 'role "'),
        "its server refuses the user or the password.",
    ),
    (("InvalidCatalogName", 'database "'), "its server has no such database. Create it with `createdb`."),
    (
        (
            "terminating connection",
            "closed the connection",
            "connection is lost",
            "connection is closed",
            "SSL SYSCALL",
        ),
        "the connection was lost. What is graded stays; run this again to grade the rest.",
    ),
    (("starting up", "shutting down"), "its server is starting or stopping. Run this again in a moment."),
    (("too many clients", "connection slots"), "its server has too many connections. Close other programs."),
    (
        ("connection is bad", "Connection refused", "failed to resolve", "timeout expired", "timed out"),
        "it does not answer. Check its address and that it is running.",
    ),
    (("No module named 'psycopg",), "its driver is missing: pip install 'steepest-grader[postgresql]'."),
)


def complete(url: str) -> str:
    """The address with its driver named and with bounds on how long it is waited for.

    Raises
    ------
    GradebookError
        If the text names no database.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        parsed = None
    # what a password holds may not be said, and a character that is not escaped moves a part of it elsewhere
    if parsed is None or "@" in (parsed.host or "") + (parsed.database or ""):
        raise GradebookError(
            "What is given with --gradebook names no database. Write it as sqlite:////folder/gradebook.db or "
            "postgresql+psycopg://user@host/name, with %40 for an @ and %2F for a / in a password."
        )
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        defaults = POSTGRESQL
        if parsed.drivername == backend:
            parsed = parsed.set(drivername="postgresql+psycopg")
    else:
        defaults = SQLITE if backend == "sqlite" else {}
    missing = {key: value for key, value in defaults.items() if key not in parsed.query}
    return parsed.update_query_dict(missing).render_as_string(hide_password=False)


def file_of(url: str) -> Path | None:
    """The file in which a database lies, where it is one of SQLite's; the address as `complete` gives it."""
    parsed = make_url(url)
    return Path(parsed.database).absolute() if parsed.get_backend_name() == "sqlite" and parsed.database else None


def shown(url: str) -> str:
    """The address without anything secret, and without what `complete` added."""
    parsed: URL = make_url(url)
    query = {key: value for key, value in parsed.query.items() if key in SHOWN}
    return parsed.set(query=query).render_as_string(hide_password=True)


def remedy(error: Exception) -> str:
    """A sentence on what went wrong and what to do."""
    cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = f"{type(cause).__name__}: {cause}".strip()
    for signs, sentence in REMEDIES:
        if any(sign in said for sign in signs):
            return sentence
    if isinstance(error, NoSuchModuleError):
        return "there is no driver for it. Use SQLite or PostgreSQL."
    return f"{said.splitlines()[0]}. Check its address and that it is running."


class Database:
    """An open database: transactions on connections that are looked after.

    Parameters
    ----------
    url : str
        As `complete` gives it.

    Raises
    ------
    SQLAlchemyError, ImportError
        If it has no driver.
    """

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(url, pool_pre_ping=True)
        self._identity = self._file()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Read and write all that belongs together.

        Raises
        ------
        SQLAlchemyError
            If the database fails; nothing is changed then.
        GradebookError
            If its file is not the one that was opened.
        """
        if self._identity is None:
            self._identity = self._file()
        elif self._file() != self._identity:
            raise GradebookError(
                f"The gradebook {shown(str(self.engine.url))} was deleted or replaced by another program in the "
                "meantime. Run this again."
            )
        with self.engine.begin() as connection:
            if connection.dialect.name == "sqlite":
                # a lock taken later, after reading, would fail at once where another program writes
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

    def close(self) -> None:
        """End its connections."""
        self.engine.dispose()

    def _file(self) -> tuple[int, int] | None:
        """Which file SQLite writes to; None where there is none to be seen."""
        if self.engine.dialect.name != "sqlite":
            return None
        try:
            status = Path(self.engine.url.database or "").stat()
        except OSError:
            return None
        return status.st_dev, status.st_ino

"""The gradebook, opened: its tables are there and can be written to, and what fails is a sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from alembic.script import ScriptDirectory
from nbgrader.api import Base, InvalidEntry, MissingEntry
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from steepest_grader.course.places import Course
from steepest_grader.errors import GradebookError, SubmissionError
from steepest_grader.gradebook.database import Database, complete, remedy, shown

__all__ = ["database_url", "opened", "transaction", "translated_errors"]


def database_url(course: Course, url: str | None) -> str:
    """The database that is meant, with bounds on how long is waited for it.

    Raises
    ------
    GradebookError
        If the text names no database.
    """
    return complete(url or course.gradebook)


@contextmanager
def translated_errors(url: str, course: Course) -> Iterator[None]:
    """Turn what databases and disks raise into `GradebookError`, here and nowhere else."""
    try:
        yield
    except (SQLAlchemyError, InvalidEntry, ImportError) as error:
        cause = error.__context__ if isinstance(error, InvalidEntry) else error
        reason = remedy(cause if isinstance(cause, Exception) else error)
        kind = SubmissionError if isinstance(error, MissingEntry) else GradebookError
        raise kind(f"The gradebook {shown(url)} cannot be used: {reason}") from error
    except OSError as error:
        raise GradebookError(f"{course.course_dir} cannot be written: {error}.") from error


@contextmanager
def transaction(course: Course, url: str | None) -> Iterator[Connection]:
    """The gradebook, to be read and written in one go; nothing is changed where something fails.

    Raises
    ------
    GradebookError
        If the database cannot be used.
    """
    address = database_url(course, url)
    with translated_errors(address, course):
        course.course_dir.mkdir(parents=True, exist_ok=True)
        database = opened(address)
        try:
            with database.transaction() as connection:
                yield connection
        finally:
            database.close()


def opened(url: str) -> Database:
    """The database, with tables that are there and can be written to.

    nbgrader would start the program `alembic` to learn the version of new tables, which is not found where
    the environment is not activated, and it leaves connections open where it fails.
    """
    database = Database(url)
    try:
        version = ScriptDirectory(ALEMBIC_DIR).get_current_head()
        with database.transaction() as connection:
            names = inspect(connection).get_table_names()
            if not names:
                Base.metadata.create_all(connection)
                connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
                connection.execute(text("INSERT INTO alembic_version VALUES (:version)"), {"version": version})
            elif "alembic_version" not in names:
                raise GradebookError(f"The database {shown(url)} holds something else. Name another with --gradebook.")
            found = connection.scalar(
                text("UPDATE alembic_version SET version_num = version_num RETURNING version_num")
            )
            if found != version:
                raise GradebookError(
                    f"The gradebook {shown(url)} is of another nbgrader. Back it up and run `nbgrader db upgrade`."
                )
    except BaseException:
        database.close()
        raise
    return database

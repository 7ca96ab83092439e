"""The list of students, as a learning system or a registrar has written it, and what of it the gradebook lacks."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path

from sqlalchemy import Connection, bindparam, insert, update

from steepest_grader.course.plan import Roster
from steepest_grader.errors import CourseError, escaped, nearest
from steepest_grader.gradebook.autograded import MAX_STUDENT, problem_of
from steepest_grader.gradebook.marks import STUDENT, Person

__all__ = ["Difference", "Enrolled", "RosterError", "compared", "enrol", "read_roster"]

MAX_BYTES, MAX_ROWS = 2**23, 50_000
SEPARATORS = ",;\t"
FEW = 20  # mistakes that are told


class RosterError(CourseError):
    """What is wrong with a list of students, a line for each mistake."""


@dataclass(frozen=True)
class Enrolled:
    """Somebody of the list.

    Attributes
    ----------
    person : Person
    group : str
        Which the gradebook has no place for.
    """

    person: Person
    group: str = ""


@dataclass(frozen=True)
class Difference:
    """What a list says beyond the gradebook.

    Attributes
    ----------
    added : sequence of Person
    changed : sequence of (Person, Person)
        As the gradebook has somebody, and as it would.
    gone : sequence of Person
        Who is in the gradebook alone, and stays there with all marks.
    """

    added: Sequence[Person] = ()
    changed: Sequence[tuple[Person, Person]] = ()
    gone: Sequence[Person] = ()

    @property
    def lines(self) -> list[str]:
        """A line for each student, with text of students in it."""
        told = [f"+ {each.id}  {_named(each)}" for each in self.added]
        for old, new in self.changed:
            pairs = {key: (value, asdict(new)[key]) for key, value in asdict(old).items()}
            parts = [f"{key} {was or '(none)'} → {now}" for key, (was, now) in pairs.items() if was != now]
            told.append(f"~ {new.id}  {', '.join(parts)}")
        return told + [f"- {each.id}  {_named(each)}" for each in self.gone]


@dataclass
class _Reading:
    """Collects what is wrong on the way."""

    name: str
    wrong: list[str] = field(default_factory=list)

    def tell(self, line: int, said: str) -> None:
        self.wrong.append(f"{self.name}, line {line}: {said}.")

    def end(self) -> None:
        if self.wrong:
            more = [f"… and {len(self.wrong) - FEW} more."] if len(self.wrong) > FEW else []
            raise RosterError("\n".join([*self.wrong[:FEW], *more]))


def read_roster(path: Path, columns: Roster) -> list[Enrolled]:
    """Read a list of students.

    Parameters
    ----------
    path : Path
        A table in UTF-8 whose columns are separated by commas, semicolons or tabs, and whose first line names them.
    columns : Roster
        How its columns are called.

    Raises
    ------
    RosterError
        With all mistakes of the file; nobody is taken from it then.
    """
    reading = _Reading(escaped(path.name))
    text = _text(path, reading)
    first = text.partition("\n")[0]
    separator = max(SEPARATORS, key=first.count)
    rows = _rows(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True), reading)
    _, header = next(rows, (1, []))
    places = _places([_key(name) for name in header], columns, reading)
    reading.end()
    found: dict[str, tuple[int, Enrolled]] = {}
    for line, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        values = {name: row[place].strip() if place < len(row) else "" for name, place in places.items()}
        if (problem := problem_of(values["id"])) is not None:
            reading.tell(line, f"{values['id'][:MAX_STUDENT]!a} cannot be a student's id: {problem}")
            continue
        for name, value in values.items():
            if len(value) > MAX_STUDENT or not value.isprintable():
                reading.tell(
                    line, f"{name} has a control character, or more than {MAX_STUDENT} letters: {value[:40]!a}"
                )
        key = unicodedata.normalize("NFKC", values["id"]).casefold()
        if key in found:
            reading.tell(line, f"{values['id']!a} stands on line {found[key][0]} already")
        group = values.pop("group", "")
        found[key] = line, Enrolled(Person(**values), group)
    if not found and not reading.wrong:
        reading.tell(1, "there is no student below the names of the columns")
    reading.end()
    return [enrolled for _, enrolled in found.values()]


def compared(roster: Sequence[Enrolled], people: Mapping[str, Person]) -> Difference:
    """What a list says beyond the gradebook; what it does not say of somebody stays as the gradebook has it.

    Parameters
    ----------
    roster : sequence of Enrolled
    people : mapping of str to Person
        Of the gradebook, by id.
    """
    listed = {item.person.id: item.person for item in roster}
    added = [person for name, person in listed.items() if name not in people]
    changed = []
    for name, person in listed.items():
        if name in people:
            said = {key: value for key, value in asdict(person).items() if value}
            new = Person(**(asdict(people[name]) | said))
            changed += [(people[name], new)] if new != people[name] else []
    return Difference(added, changed, [people[name] for name in sorted(people.keys() - listed.keys())])


def enrol(connection: Connection, difference: Difference) -> None:
    """Enter who is added, and change who is changed; nobody is removed."""
    if difference.added:
        connection.execute(insert(STUDENT), [asdict(person) for person in difference.added])
    if difference.changed:
        names = [item.name for item in fields(Person) if item.name != "id"]
        statement = update(STUDENT).where(STUDENT.c.id == bindparam("who"))
        statement = statement.values({name: bindparam(f"new_{name}") for name in names})
        rows = [{"who": new.id} | {f"new_{name}": asdict(new)[name] for name in names} for _, new in difference.changed]
        connection.execute(statement, rows)


def _text(path: Path, reading: _Reading) -> str:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise RosterError(f"The list of students {escaped(str(path))} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise RosterError(f"{reading.name} has more than {MAX_BYTES // 2**20} MiB, which is no list of students.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise RosterError(f"{reading.name}, line {line}: it is not text in UTF-8; save the table as that.") from error


def _rows(reader: Iterator[Sequence[str]], reading: _Reading) -> Iterator[tuple[int, Sequence[str]]]:
    """Rows, each with the line on which it ends; what is no table ends them."""
    line = 0
    try:
        for number, row in enumerate(reader):
            line = reader.line_num  # type: ignore[attr-defined]
            if number > MAX_ROWS:
                reading.tell(line, f"more than {MAX_ROWS:,} students are not read")
                return
            yield line, row
    except csv.Error as error:
        reading.tell(line + 1, f"this is no row of a table: {error}")


def _places(header: Sequence[str], columns: Roster, reading: _Reading) -> dict[str, int]:
    """In which column each thing stands. What the plan names must be there, as must the id."""
    places: dict[str, int] = {}
    for name in (item.name for item in fields(Person)):
        _place(name, header, columns, reading, places)
    _place("group", header, columns, reading, places)
    return places


def _place(name: str, header: Sequence[str], columns: Roster, reading: _Reading, places: dict[str, int]) -> None:
    column = _key(getattr(columns, name))
    if header.count(column) == 1:
        places[name] = header.index(column)
    elif column in header:
        reading.tell(1, f"more than one column is called {column!a}")
    elif name == "id" or name in columns.model_fields_set:
        near = nearest(column, header) or f"; its columns are {escaped(', '.join(header))[:300]}"
        reading.tell(1, f"no column is called {getattr(columns, name)!a}, which holds the {name}{near}")


def _key(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _named(person: Person) -> str:
    return " ".join(filter(None, (person.first_name, person.last_name, person.email and f"<{person.email}>")))

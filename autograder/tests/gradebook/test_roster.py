"""The list of students: what is read of it, what is refused, and that nobody in the gradebook is lost by it."""

from __future__ import annotations

from pathlib import Path

import pytest
from steepest_grader.course.plan import Roster
from steepest_grader.gradebook.marks import Person
from steepest_grader.gradebook.roster import RosterError, compared, read_roster

ADA = Person("ada", "Ada", "Lovelace", "ada@x.example")


def read(folder: Path, data: str | bytes, **columns: str) -> list[Person]:
    path = folder / "list.csv"
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return [item.person for item in read_roster(path, Roster(**columns))]


@pytest.mark.parametrize(
    ("data", "columns"),
    [
        ("id,first_name,last_name,email\nada,Ada,Lovelace,ada@x.example\n", {}),
        ("\ufeffID;First name;Last name;E-Mail\r\nada;Ada;Lovelace;ada@x.example\r\n", {}),
        (
            "Mail\tUser\tLAST NAME\tfirst-name\n\n\t\t\t\nada@x.example\tada\tLovelace\t Ada \n",
            {"id": "user", "email": "mail"},
        ),
    ],
)
def test_lists_of_different_systems_say_the_same(tmp_path: Path, data: str, columns: dict[str, str]) -> None:
    assert read(tmp_path, data, **columns) == [ADA]


@pytest.mark.parametrize(
    ("data", "columns", "says"),
    [
        ("name\nada\n", {}, "line 1: no column is called 'id'"),
        ("id,mial\nada,x\n", {"email": "mail"}, "called 'mail', which holds the email; did you mean 'mial'"),
        ("id,ID\nada,x\n", {}, "line 1: more than one column is called 'id'"),
        ("id\n", {}, "there is no student"),
        ("", {}, "no column is called 'id'"),
        ("id\n../etc\n", {}, "line 2: '../etc' cannot be a student's id: it holds a path separator"),
        ("id\n..\n", {}, "it is empty or names another folder"),
        ("id,email\n,x\n", {}, "it is empty"),
        ("id\na\x1b[2Jb\n", {}, "it holds a control character"),
        ("id\n" + "x" * 129 + "\n", {}, "more than the 128"),
        ("id,email\nada,\x1b]0;x\n", {}, "line 2: email has a control character"),
        ("id\nada\nADA\n", {}, "line 3: 'ADA' stands on line 2 already"),
        ('id\n"ada\n', {}, "this is no row of a table"),
        (b"id\n\xff\n", {}, "line 2: it is not text in UTF-8"),
        (b"x" * (2**23 + 1), {}, "which is no list of students"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told(tmp_path: Path, data: str | bytes, columns: dict[str, str], says: str) -> None:
    with pytest.raises(RosterError) as caught:
        read(tmp_path, data, **columns)
    assert says in str(caught.value)
    assert str(caught.value).isprintable()


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(RosterError) as caught:
        read(tmp_path, "id\na/b\n..\nada\nada\n")
    assert len(str(caught.value).splitlines()) == 3


def test_the_difference_to_the_gradebook(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("id,first_name,email\nada,Augusta,\nnew,,\nsame,,\n")
    people = {"ada": ADA, "same": Person("same"), "left": Person("left", "Charles")}
    found = compared(read_roster(path, Roster()), people)
    assert found.added == [Person("new")]
    assert found.changed == [(ADA, Person("ada", "Augusta", "Lovelace", "ada@x.example"))]
    assert found.gone == [people["left"]]
    assert found.lines == ["+ new  ", "~ ada  first_name Ada → Augusta", "- left  Charles"]

"""What `new` writes: a course, a lesson, an exercise, complete but for what only their author knows."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from steepest_grader.authoring.edits import defined, parsed, with_entry, with_imports
from steepest_grader.authoring.names import course_name, exercise_name, folder_of, lesson_name
from steepest_grader.authoring.plain import Start
from steepest_grader.course.text_course import TextCourse
from steepest_grader.course.unfilled import MARK
from steepest_grader.errors import CourseError
from steepest_grader.files import replace_file

__all__ = ["new_course", "new_exercise", "new_lesson"]

COURSE = {  # its files, and the templates that they are made from
    "pyproject.toml": "course.toml",
    ".gitignore": "gitignore",
    "environment.yml": "environment.yml",
    "LICENSE": "LICENSE",
    "utils/README.md": "utils_readme.md",
    "utils/pyproject.toml": "utils.toml",
    "autograder/pyproject.toml": "exercises.toml",
}
REFLECTION = "\n# %% [markdown]\n# ## Reflection\n"


def new_course(start: Path, name: str) -> list[Path]:
    """Write a course without lessons into a folder of its name.

    Parameters
    ----------
    start : Path
        Where the folder is made.
    name : str
        Of the course and of its student package.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    CourseError
        If the name cannot be used.
    """
    root = start / course_name(name, start)
    words = {"name": name, "distribution": name.replace("_", "-").lower(), "title": _title(name)}
    made = {root / path: _rendered(template, **words) for path, template in COURSE.items()}
    made[root / "utils" / name / "__init__.py"] = f'"""What students of {name} import."""\n'
    made[root / "autograder" / f"{name}_exercises" / "__init__.py"] = f'"""The exercises of {name}."""\n'
    made[root / "solutions" / ".gitkeep"] = ""
    return _write(made)


def new_lesson(course: TextCourse, name: str) -> list[Path]:
    """Write a lesson without exercises: its text, and the folder of its exercises.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    CourseError
        If the name cannot be used, or the course has no package of exercises.
    """
    package = _exercises(course)
    folder = package / folder_of(lesson_name(name, course))
    if folder.exists():
        raise CourseError(f"The name {name!r} is taken: {folder} is there. Choose another name.")
    number = name.removesuffix(folder.name).rstrip("_")
    title = " · ".join(filter(None, (number, _title(folder.name))))
    words = {"lesson": name, "folder": folder.name, "title": title}
    return _write(
        {
            course.solutions / name / f"{name}.py": _rendered("lesson_source.py", **words),
            folder / "__init__.py": f'"""Exercises of `{name}`."""\n',
            folder / "reference.py": f'"""References for `{name}`."""\n\nfrom __future__ import annotations\n',
            folder / "lesson.py": _rendered("lesson.py", **words),
        }
    )


def new_exercise(course: TextCourse, lesson: str, name: str, start: Start | None = None) -> list[Path]:
    """Write an exercise, and put it behind the others of its lesson.

    Parameters
    ----------
    course : TextCourse
    lesson : str
        That it belongs to.
    name : str
        Of the function that students write.
    start : Start, optional
        What it begins with, taken from a notebook; by default an example that is to be replaced.

    Returns
    -------
    list of Path
        The file that is new, and those that it is entered in.

    Raises
    ------
    CourseError
        If the name cannot be used, or a file is not as a lesson's should be; then nothing has been written.
    """
    course.named([lesson])
    package = _exercises(course)
    folder = _folder(package, lesson)
    exercise_name(name, course)
    module = folder / f"{name.lower()}.py"
    if module.exists():
        raise CourseError(f"The name {name!r} is taken: {module} is there. Choose another name.")
    words = {
        "name": name, "constant": name.upper(), "lesson": lesson, "folder": folder.name, "package": package.name,
        "start": start,
    }  # fmt: skip
    needs = start.imports if start else ["from collections.abc import Sequence"]
    listed, references, source = (
        folder / "lesson.py",
        folder / "reference.py",
        course.solutions / lesson / f"{lesson}.py",
    )
    text = _read(references)
    new = _rendered("reference.py", **words, new=_new_only(text, start, references) if start else [])
    _check_new(text, new, references)
    lesson_text = _read(source)
    given = "" if start is None else _given(lesson_text, start)
    entry = f"from {package.name}.{folder.name}.{module.stem} import {name.upper()}"
    changed = {
        references: with_imports(text, needs, str(references), package.name) + new,
        listed: with_imports(
            with_entry(_read(listed), "EXERCISES", name.upper(), str(listed)), [entry], str(listed), package.name
        ),
        source: _with_cells(lesson_text, _rendered("cells.py", **words, given=given)),
    }
    made = _write({module: _rendered("exercise_from.py" if start else "exercise.py", **words)})
    for path, new in changed.items():
        replace_file(path, new.encode())
    return [*made, *changed]


def _with_cells(text: str, cells: str) -> str:
    """A lesson's text with cells before its reflection, where it ends in one."""
    before, found, rest = text.rpartition(REFLECTION)
    return f"{before}{cells}{found}{rest}" if found else text.rstrip("\n") + "\n" + cells


def _given(text: str, start: Start) -> str:
    """A cell with what students are given for the exercise, without what the lesson has already."""
    parts = ["\n".join(start.own_imports), *(start.definitions[item] for item in start.given)]
    return "\n\n\n".join(part for part in parts if part and part not in text)


def _new_only(text: str, start: Start, path: Path) -> list[str]:
    """What a notebook brings along for the references, without what stands there already in the same words."""
    there = {name: ast.dump(node) for name, node in defined(parsed(text, str(path))).items()}
    return [part for name, part in start.definitions.items() if there.get(name) != ast.dump(ast.parse(part).body[0])]


def _check_new(text: str, more: str, path: Path) -> None:
    """Refuse a reference that would take the place of one that is there."""
    twice = defined(parsed(text, str(path))).keys() & defined(parsed(more, "the solution")).keys()
    if twice:
        raise CourseError(f"{path} already defines {min(twice)}: rename it there, or in the notebook.")


def _exercises(course: TextCourse) -> Path:
    """The folder of the course's package of exercises."""
    for package in course.private_packages:
        if (folder := course.root / "autograder" / package).is_dir():
            return folder
    raise CourseError(
        f"{course.root / 'pyproject.toml'} names no package of exercises that lies in autograder/: say "
        'exercises = "..." in [tool.steepest-grader].'
    )


def _folder(package: Path, lesson: str) -> Path:
    """Where the exercises of a lesson stand."""
    for path in sorted(package.glob("*/lesson.py")):
        found = defined(parsed(_read(path), str(path))).get("LESSON")
        value = getattr(found, "value", None)
        if getattr(value, "value", None) == lesson:
            return path.parent
    raise CourseError(f'No folder of {package} holds a lesson.py with LESSON = "{lesson}": write one, or a new lesson.')


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise CourseError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}.") from error


def _write(made: Mapping[Path, str]) -> list[Path]:
    """Write files that are new; what is there already stays, and ends it before the first is written."""
    for path in made:
        if path.exists():
            raise CourseError(f"{path} is there already, and nothing is overwritten. Choose another name.")
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    return list(made)


def _title(name: str) -> str:
    return name.replace("_", " ").strip().capitalize()


def _rendered(template: str, **words: Any) -> str:
    environment = Environment(
        loader=PackageLoader("steepest_grader.authoring"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )
    environment.filters["commented"] = _commented
    return environment.get_template(f"{template}.j2").render(mark=MARK, **words)


def _commented(text: str) -> str:
    return "\n".join(f"# {line}".rstrip() for line in text.splitlines())

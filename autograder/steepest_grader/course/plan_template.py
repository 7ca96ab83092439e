"""A commented `course.toml` that says what holds in a course without one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from steepest_grader.course.places import Course, nbgrader_names
from steepest_grader.course.plan_file import written
from steepest_grader.notebook.cells import bears_marks, by_grade_id

__all__ = ["template"]

HEAD = """\
# The plan of the course. What stands behind a # is an example, or what holds without the line.
# `steepest-grader course check` tells of mistakes, `course show` prints what follows from it, and `course apply`
# brings it into the gradebook. docs/course.md goes through every key.

title = {title}
# term = "Winter 2026/27"
# begins = 2026-10-05            # the first day of week 1; then dates may be weeks, such as "week 3"
# language = "en"                # of dates
{mark}timezone = "UTC"               # of dates and times

[links]                          # what students are told
# site = "https://example.org/course/"
# repository = "https://example.org/course.git"
# help = "mailto:help@example.org"
# colab = "https://colab.research.google.com/github/OWNER/NAME/blob/gh-pages/notebooks/{{lesson}}.ipynb"
# binder = "https://mybinder.org/v2/gh/OWNER/NAME/main?urlpath=lab/tree/lessons/{{lesson}}/{{lesson}}.ipynb"
# package = "steepest @ git+https://github.com/OWNER/NAME@main#subdirectory=utils"

[marks]
# pass = 50                      # per cent of the whole
# drop = 0                       # how many of the worst lessons do not count

[late]                           # without days, nbgrader's plugin says what being late costs
# days = [[1, 0.9], [3, 0.5]]    # up to one day late 90 % are left, up to three days 50 %, later nothing
# grace = 0                      # minutes that count as in time

[roster]                         # how the columns of the list of students are called
# file = "students.csv"
# id = "id"
# first_name = "first_name"
# last_name = "last_name"
# email = "email"
# lms_user_id = "lms_user_id"
# group = "group"

# Of each lesson, all that may be said is:
#   taught = true                # false: not this term
#   release = 2026-10-12         # when it is given out, at the first second of a day; without a date at once
#   due = 2026-10-26T18:00:00    # a day without a time ends with its last second
#   solutions = 2026-10-28       # when solutions may be seen; without a date once it has been due
#   weight = 1                   # how much it counts beside other lessons
#   exercises.NAME = 3           # points, or "optional", "extra", "left out"; or {{ points = 2, counts = "extra" }}
"""


def template(course: Course, dates: Mapping[str, datetime]) -> str:
    """The text of a plan that changes nothing.

    Parameters
    ----------
    course : Course
    dates : mapping of str to datetime
        Until when assignments can be handed in, as the gradebook has it, with a time zone.

    Raises
    ------
    CourseError
        If a lesson breaks a rule.
    """
    parts = [HEAD.format(title=json.dumps(course.course_id), mark="" if dates else "# ")]
    exercises: dict[str, dict[str, float]] = {}
    for lesson in course.lessons():
        cells = by_grade_id(course.source(lesson)).items()
        worth = {name: float(cell.metadata.nbgrader["points"]) for name, cell in cells if bears_marks(cell)}
        exercises.setdefault(nbgrader_names(lesson)[0], {}).update(worth)
    for name, worth in exercises.items():
        parts.append(f"\n[lessons.{written(name)}]\n")
        if name in dates:
            due = dates[name].astimezone(UTC).replace(tzinfo=None, microsecond=0)
            parts.append(f"due = {due.isoformat()}\n")
        parts += [f"# exercises.{written(key)} = {points:g}\n" for key, points in worth.items()]
    return "".join(parts)

"""The loop of docs/deploy.md, as the page has an instructor and students type it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import chdir
from pathlib import Path

from click.testing import CliRunner
from steepest_grader.cli import main
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load
from steepest_grader.course.places import Course
from steepest_grader.trust.sample_class import solved

__all__ = ["EXERCISE", "LESSON", "PATH", "Machine", "block", "solution"]

LESSON, EXERCISE = "90_tiny", "momentum_step"
PAGE = (find_course(Path(__file__).parent).root / "docs" / "deploy.md").read_text(encoding="utf-8")
COMMANDS = re.compile(r"^(instructor|student)\$ +((?:nbgrader|steepest-grader) .*?)(?: +#.*)?$", re.M)
PATH = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # nbgrader calls alembic by its name


def block(before: str) -> str:
    """The page's block of Python that follows a text."""
    return PAGE.partition(before)[2].partition("```python\n")[2].partition("```")[0]


def solution(course: Course, *, slip: bool = False) -> str:
    """The answer to the lesson's exercise, with a slip of the pen or without."""
    text: str = next(cell.source for cell in solved(load(course, LESSON)).cells if cell.id == f"answer_{EXERCISE}")
    return text.replace("- lr", "+ lr") if slip else text


def commands(who: str, *verbs: str) -> list[list[str]]:
    """What the page has somebody type to do this, for this test's lesson."""
    said = [words.replace("05_momentum", LESSON).split() for whose, words in COMMANDS.findall(PAGE) if whose == who]
    found = [words for words in said if not set(verbs).isdisjoint(words)]
    assert len(found) == len(verbs)
    return found


class Machine:
    """Folders of an instructor and of students who share one account, with the settings that the page has for them."""

    def __init__(self, root: Path, course: Course) -> None:
        self.root, self.course = root, course
        common = block("`/etc/jupyter/nbgrader_config.py` tells").replace(
            "/srv/nbgrader/exchange", str(root / "exchange")
        )
        for place, text in (("instructor", common), ("student", common + block("servers' `nbgrader_config.py`"))):
            (root / f"etc-{place}").mkdir()
            (root / f"etc-{place}" / "nbgrader_config.py").write_text(text)

    def settings(self, student: str = "") -> dict[str, str]:
        """Where a student's programs, or the instructor's, find nbgrader's settings."""
        return {"JUPYTER_CONFIG_PATH": str(self.root / ("etc-student" if student else "etc-instructor"))}

    def home(self, student: str) -> Path:
        path = self.root / student
        path.mkdir(exist_ok=True)
        return path

    def instruct(self, *verbs: str) -> None:
        """The instructor does this, by the page's commands."""
        for words in commands("instructor", *verbs):
            if words[0] == "nbgrader":
                self._run(words, self.course.course_dir, self.settings())
                continue
            with chdir(self.course.root if "build" in words else self.course.course_dir):
                done = CliRunner().invoke(main, words[1:])
            assert done.exit_code == 0, done.output

    def study(self, student: str, *verbs: str) -> None:
        """A student does this, by the page's commands."""
        for words in commands("student", *verbs):
            self._run(words, self.home(student), self.settings(student) | {"JUPYTERHUB_USER": student})

    def pages(self, student: str) -> list[str]:
        """What has come back to a student, in the order of submissions, as text."""
        found = (self.home(student) / LESSON / "feedback").glob(f"*/{LESSON}.html")
        texts = [path.read_text(encoding="utf-8").rpartition("</style>")[2] for path in sorted(found)]
        return [" ".join(re.sub(r"<[^>]+>", " ", text).split()) for text in texts]

    def _run(self, words: list[str], place: Path, settings: dict[str, str]) -> None:
        env = os.environ | settings | {"HOME": str(place), "PATH": PATH}
        command = [sys.executable, "-m", *words]
        done = subprocess.run(command, cwd=place, env=env, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr

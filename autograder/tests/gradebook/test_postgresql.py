"""A gradebook in PostgreSQL: a real server, from the first submission to the lost connection."""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.pool import NullPool
from steepest_grader import cli
from steepest_grader.course.lesson import Lesson
from steepest_grader.course.places import Course
from steepest_grader.course.plan_file import PLAN as PLAN_FILE
from steepest_grader.desk.export import export
from steepest_grader.desk.feedback import write_feedback
from steepest_grader.desk.report import class_standing
from steepest_grader.errors import GradebookError
from steepest_grader.exercise.model import GradedSubmission, Outcome
from steepest_grader.gradebook import database
from steepest_grader.gradebook.autograded import Autograded
from steepest_grader.gradebook.writer import GradebookWriter
from steepest_grader.grading import lanes
from steepest_grader.grading.batch import Batch, grade_lesson
from steepest_grader.sandbox.none import NoSandbox
from traitlets.config import Config

pytest.importorskip("psycopg", reason="the driver psycopg is not installed")

LESSON, EXERCISE = "90_tiny", "momentum_step"
PASSWORD = "t0p-s3cret"
STUDENTS = ["ada", "bob", "cyd", "Ægir Þór"]
Submit = Callable[..., GradedSubmission]


class Server:
    """A server of PostgreSQL in a folder of its own, which listens at a socket there."""

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        self._folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # a socket's path must be short
        self._user: list[str] = []
        self._numbers = itertools.count()
        if os.geteuid() == 0:  # its programs refuse to run as root
            self._user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
            shutil.chown(self._folder, "postgres", "postgres")
        secret = self._folder / "password"
        secret.write_text(PASSWORD)
        options = ["--username=grader", "--auth=scram-sha-256", f"--pwfile={secret}", "--encoding=UTF8", "--no-sync"]
        self._run("initdb", *options)
        self.start()

    def _run(self, program: str, *options: str) -> None:
        command = [*self._user, str(self._programs / program), "-D", str(self._folder / "data"), *options]
        output = self._folder / "output"  # a pipe would stay open in the server
        with output.open("wb") as file:
            done = subprocess.run(command, cwd=self._folder, stdout=file, stderr=file, check=False, timeout=60)
        assert done.returncode == 0, output.read_text()

    def start(self) -> None:
        options = f"-k {self._folder} -c listen_addresses= -c fsync=off"
        self._run("pg_ctl", "start", "--wait", "-l", str(self._folder / "log"), "-o", options)

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "--wait", "-m", "immediate")

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self._folder)

    def url(self, name: str, user: str = "grader", password: str = PASSWORD) -> str:
        return f"postgresql+psycopg://{user}:{password}@/{name}?host={self._folder}"

    def run(self, url: str, *statements: str) -> Any:
        """What the last statement answers."""
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            answers = [connection.execute(text(statement)) for statement in statements]
            return answers[-1].scalar() if answers[-1].returns_rows else None

    def new_database(self) -> str:
        name = f"gradebook{next(self._numbers)}"
        self.run(self.url("postgres"), f"CREATE DATABASE {name}")
        return self.url(name)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    found = shutil.which("initdb")
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    programs = Path(found).parent if found else folders[-1] if folders else None
    if programs is None:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("PostgreSQL does not run as root, and setpriv (util-linux) is not installed")
        try:
            pwd.getpwnam("postgres")
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    server = Server(programs)
    yield server
    server.remove()


@pytest.fixture
def url(server: Server) -> str:
    return server.new_database()


@pytest.fixture
def graded(submit: Submit, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Who was graded, in turn; a submission holds its credit and its reflection as JSON."""
    done: list[str] = []

    def grade_submission(lesson: Lesson, student: str, data: bytes, **_: Any) -> GradedSubmission:
        done.append(student)
        credit, reflection = json.loads(data)
        outcome = Outcome.PASSED if credit == 1 else Outcome.PARTIAL
        return submit(student, outcome=outcome, credit=credit, reflection=reflection, digest=lesson.digest(data))

    monkeypatch.setattr(lanes, "grade_submission", grade_submission)
    return done


@pytest.fixture
def grade(built: Course, graded: list[str]) -> Callable[[str], Batch]:
    """Grades the class of four, who have all done well, and one who handed in nothing, into a database."""
    folder = built.root / "submissions"
    for student in STUDENTS:
        hand_in(built, student)
    (folder / "none" / LESSON).mkdir(parents=True)
    return lambda url: grade_lesson(built, LESSON, folder, sandbox=NoSandbox(), url=url)


def hand_in(course: Course, student: str, credit: float = 1.0, reflection: str = "It overshoots.") -> None:
    place = course.root / "submissions" / student / LESSON
    place.mkdir(parents=True, exist_ok=True)
    (place / f"{LESSON}.ipynb").write_text(json.dumps([credit, reflection]))


def marks(url: str, student: str) -> dict[str, tuple[Any, ...]]:
    with Gradebook(url, "steepest") as book:
        grades = book.find_submission_notebook(LESSON, LESSON, student).grades
        return {item.name: (item.auto_score, item.manual_score, item.needs_manual_grade) for item in grades}


def sidecar(course: Course, student: str) -> tuple[int, int]:
    """What changes whenever it is written."""
    status = Autograded(course, LESSON).sidecar(student).stat()
    return status.st_ino, status.st_mtime_ns


def test_a_class_is_graded_graded_again_and_marked_by_hand(
    grade: Callable[[str], Batch], graded: list[str], built: Course, url: str
) -> None:
    first = grade(url)
    assert [row["student"] for row in first.rows] == sorted([*STUDENTS, "none"])
    assert marks(url, "ada") == {EXERCISE: (2.0, None, False), "reflection": (None, None, True)}
    assert marks(url, "none") == {EXERCISE: (0.0, None, False), "reflection": (0.0, None, False)}
    with Gradebook(url, "steepest") as book:
        found = book.find_grade("reflection", LESSON, LESSON, "ada")
        found.manual_score, found.needs_manual_grade = 2.5, False
        book.find_comment("reflection", LESSON, LESSON, "ada").manual_comment = "Well seen."
        book.db.commit()
    again = grade(url)
    assert (again.rows, again.reused) == (first.rows, 5)
    hand_in(built, "ada", 0.5, "It swings.")
    assert grade(url).reused == 4
    assert graded == [*sorted(STUDENTS), "ada"]
    assert marks(url, "ada") == {EXERCISE: (1.0, None, False), "reflection": (None, 2.5, True)}
    pages, passed_over, _ = write_feedback(built, LESSON, url)
    page = built.course_dir / "feedback" / "ada" / LESSON / f"{LESSON}.html"
    assert (len(pages), passed_over) == (5, [])
    assert all(words in page.read_text() for words in ("2.5 / 3", "1 / 2", "Well seen."))


def test_being_late_costs_what_the_plugin_says(grade: Callable[[str], Batch], built: Course, url: str) -> None:
    grade(url)
    with Gradebook(url, "steepest") as book:
        book.update_or_create_assignment(LESSON, duedate="2030-01-15 12:00:00")
    (built.root / "nbgrader_config.py").write_text("get_config().LateSubmissionPlugin.penalty_method = 'zero'\n")
    for student, time in {"ada": "2030-01-15 12:00:00", "bob": "9999-12-31 23:59:59"}.items():
        (built.root / "submissions" / student / LESSON / "timestamp.txt").write_text(time)
    assert grade(url).reused == len(STUDENTS) + 1
    table = csv.DictReader(io.StringIO(export(built, [LESSON], "csv", url=url, unfinished=True).text))
    score = {row["student_id"]: row["score"] for row in table}
    assert (score["ada"], score["bob"]) == ("2", "0")


def _seen_by_formgrader(url: str, course: Course) -> Any:
    """All that formgrader shows, without random ids."""
    config = Config()
    config.CourseDirectory.root = str(course.course_dir)
    config.CourseDirectory.db_url = url
    config.CourseDirectory.course_id = "steepest"
    api = NbGraderAPI(CourseDirectory(config=config), config=config)
    seen = [
        api.get_assignments(),
        api.get_notebooks(LESSON),
        api.get_submissions(LESSON),
        api.get_notebook_submissions(LESSON, LESSON),
        api.get_students(),
        [api.get_student_submissions(student) for student in STUDENTS],
        [api.get_student_notebook_submissions(student, LESSON) for student in STUDENTS],
    ]
    unlike = dict.fromkeys(["id", "submission_id", "index"])  # random ids, and what is sorted by them
    found = json.loads(json.dumps(seen, default=str), object_hook=lambda item: {**item, **unlike})
    return [sorted(map(json.dumps, part)) for part in found]


def test_formgrader_sees_the_same_as_in_sqlite(grade: Callable[[str], Batch], built: Course, url: str) -> None:
    shutil.copytree(built.root / "submissions", built.course_dir / "submitted")
    hand_in(built, "bob", 0.5, "")
    ours = built.gradebook
    for address in (ours, url):
        grade(address)
        with Gradebook(address, "steepest") as book:
            book.find_grade("reflection", LESSON, LESSON, "ada").manual_score = 2.5
            book.db.commit()
    assert _seen_by_formgrader(url, built) == _seen_by_formgrader(ours, built)


def test_exports_and_report_say_the_same_as_from_sqlite(grade: Callable[[str], Batch], built: Course, url: str) -> None:
    said = []
    for address in (built.gradebook, url):
        grade(address)
        with Gradebook(address, "steepest") as book:
            book.update_or_create_student("ada", first_name="Ada", last_name="Muñoz, Jr.", lms_user_id="7")
            grade_by_hand = book.find_grade("reflection", LESSON, LESSON, "ada")
            grade_by_hand.manual_score, grade_by_hand.extra_credit = 2.5, 0.5
            book.find_submission_notebook(LESSON, LESSON, "ada").late_submission_penalty = 1.0
            book.db.commit()
        found, people = class_standing(built, [LESSON], address)
        tables = [export(built, [LESSON], style, url=address).text for style in ("csv", "canvas", "moodle")]
        said.append((found, people, tables))
    assert said[0] == said[1]
    assert '"Muñoz, Jr., Ada",7,,ada,,4' in said[0][2][1]


PLAN = f"""\
begins = 2026-02-02
[late]
days = [[1, 0.5]]
[lessons.{LESSON}]
due = "week 1"
weight = 2
[lessons.{LESSON}.exercises]
{EXERCISE} = {{ counts = "extra" }}
"""


def test_a_plan_and_its_marks_are_the_same_as_in_sqlite(
    grade: Callable[[str], Batch], built: Course, url: str, no_kernel: None
) -> None:
    (built.root / PLAN_FILE).write_text(PLAN)
    (built.root / "class.csv").write_text("id,last_name,lms_user_id\nada,Lovelace,7\nÆgir Þór,,\nnew,,9\n")
    said = []
    for address in (built.gradebook, url):
        grade(address)
        out = built.root / "marks.json"
        for words in (
            ["course", "roster", str(built.root / "class.csv"), "--yes"],
            ["course", "apply"],
            ["regrade"],
            ["marks", "--json", str(out)],
        ):
            done = CliRunner().invoke(cli.main, ["--course", str(built.root), *words, "--gradebook", address])
            assert done.exit_code == 0, done.output
            assert PASSWORD not in done.output
        said.append(json.loads(out.read_text()))
    assert said[0] == said[1]
    assert {item["student"] for item in said[0]["marks"]} == {*STUDENTS, "none", "new"}


def test_the_command_line_tells_no_password(
    grade: Callable[[str], Batch], built: Course, url: str, no_kernel: None
) -> None:
    def run(*words: str) -> Result:
        return CliRunner().invoke(cli.main, ["--course", str(built.root), *words])

    words = ["grade", LESSON, "--submitted", str(built.root / "submissions"), "--unsafe-no-sandbox", "--jobs", "2"]
    done = run(*words, "--gradebook", url)
    assert (done.exit_code, "5 submissions, 0 of them graded before" in done.output) == (0, True), done.output
    pages = run("feedback", LESSON, "--gradebook", url)
    assert (pages.exit_code, "5 pages" in pages.output) == (0, True), pages.output
    made = [run("report", "--gradebook", url), run("export", "--format", "csv", "--gradebook", url)]
    assert [item.exit_code for item in made] == [0, 0], made[-1].output
    wrong = CliRunner().invoke(
        cli.main, ["--course", str(built.root), *words, "--gradebook", url.replace("t0p", "t1p")]
    )
    assert (wrong.exit_code, "refuses the user or the password" in " ".join(wrong.output.split())) == (1, True)
    assert not any("s3cret" in item.output for item in (done, pages, wrong, *made))
    assert not any(b"s3cret" in path.read_bytes() for path in built.root.rglob("*") if path.is_file())


# --- a connection that is lost

END_THIS_CONNECTION = """
CREATE FUNCTION ended() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$
"""


def test_a_connection_that_ends_between_two_submissions_is_made_anew(
    grade: Callable[[str], Batch], server: Server, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, ended = lanes.grade_submission, []

    def ends_connections(lesson: Lesson, student: str, data: bytes, **settings: Any) -> GradedSubmission:
        others = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'grading'"
        ended.append(server.run(url, others))
        return real(lesson, student, data, **settings)

    monkeypatch.setattr(lanes, "grade_submission", ends_connections)
    assert len(grade(f"{url}&application_name=grading").rows) == 5
    assert all(ended) and marks(url, "ada")


@pytest.mark.parametrize("how", ["in a transaction", "with its server"])
def test_a_lost_connection_is_named_and_loses_no_grade(
    how: str,
    grade: Callable[[str], Batch],
    graded: list[str],
    server: Server,
    built: Course,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = lanes.grade_submission

    def loses(lesson: Lesson, student: str, data: bytes, **settings: Any) -> GradedSubmission:
        if len(graded) == 2:
            if how == "with its server":
                server.stop()
            else:
                trigger = "CREATE TRIGGER ended BEFORE INSERT ON comment FOR EACH ROW EXECUTE FUNCTION ended()"
                server.run(url, END_THIS_CONNECTION, trigger)
        return real(lesson, student, data, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(lanes, "grade_submission", loses)
        try:
            with pytest.raises(GradebookError, match=r"connection was lost|does not answer") as lost:
                grade(url)
        finally:
            if how == "with its server":
                server.start()
    assert "s3cret" not in str(lost.value)
    server.run(url, "DROP TRIGGER IF EXISTS ended ON comment")
    finished = sorted(STUDENTS)[:2]
    before = {student: sidecar(built, student) for student in finished}
    assert [marks(url, student)[EXERCISE][0] for student in finished] == [2.0, 2.0]
    assert server.run(url, "SELECT count(*) FROM student") == 2
    graded.clear()
    assert grade(url).reused == 2
    assert graded == sorted(STUDENTS)[2:]
    assert {student: sidecar(built, student) for student in finished} == before


# --- other programs


def test_two_programs_may_enter_the_same_student(
    built: Course, grade: Callable[[str], Batch], server: Server, url: str
) -> None:
    seen: list[str] = []

    def enter(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith("INSERT INTO student") and not seen:
            seen.append(statement)
            server.run(url, "INSERT INTO student (id) VALUES ('ada')")

    hand_in(built, "ada")
    event.listen(Engine, "before_cursor_execute", enter)
    try:
        grade(url)
    finally:
        event.remove(Engine, "before_cursor_execute", enter)
    assert seen and marks(url, "ada")[EXERCISE][0] == 2.0


def test_a_table_that_is_locked_is_not_waited_for_forever(
    grade: Callable[[str], Batch], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    grade(url)
    monkeypatch.setitem(database.POSTGRESQL, "options", "-c lock_timeout=50ms")
    other = create_engine(url, poolclass=NullPool)
    with other.begin() as connection:
        connection.execute(text("LOCK TABLE alembic_version"))
        with pytest.raises(GradebookError, match="another program is writing to it"):
            grade(url)
    assert grade(url).reused == 5


# --- databases that cannot be used

REFUSED = "refuses the user or the password"
OUT_OF_REACH: dict[str, tuple[str, str, str]] = {
    "a wrong password": ("t0p", "t1p", REFUSED),
    "no password": (f":{PASSWORD}", "", REFUSED),
    "a wrong user": ("grader:", "nobody:", REFUSED),
    "no such database": ("@/", "@/other", "Create it with `createdb`"),
    "no server": ("host=", "host=/nowhere", "does not answer"),
    "no server at a port": ("host=", "connect_timeout=3&port=1&host=", "does not answer"),
    "a wrong option": ("host=", "nonsense=1&host=", "nonsense"),
    "an @ in the password": ("t0p-", "t0p@", "with %40 for an @"),
    "an @ and a / in the password": ("t0p-", "t0p@/", "with %40 for an @"),
    "an @ and a : in the password": ("t0p-", "t0p@:", "with %40 for an @"),
    "one slash too many": ("://", "///", "names no database"),
    "a driver that is missing": ("+psycopg:", "+pg8000:", "pg8000"),
    "no such kind": ("postgresql+psycopg:", "oracle9:", "Use SQLite or PostgreSQL"),
}


@pytest.mark.parametrize("case", OUT_OF_REACH)
def test_an_address_that_leads_nowhere(case: str, built: Course, server: Server) -> None:
    old, new, says = OUT_OF_REACH[case]
    url = server.url("postgres").replace(old, new, 1)
    with pytest.raises(GradebookError, match=says) as refusal, GradebookWriter(url, built):
        pass
    assert "s3cret" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


UNFIT: dict[str, tuple[str, str]] = {
    "tables of something else": ("DROP TABLE alembic_version", "holds something else"),
    "another nbgrader": ("UPDATE alembic_version SET version_num = 'old'", "nbgrader db upgrade"),
    "a column that is gone": ("ALTER TABLE grade DROP COLUMN auto_score", "nbgrader db upgrade"),
    "no right to write": ("ALTER DATABASE {name} SET default_transaction_read_only = on", "right to write"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_database_that_is_unfit(case: str, grade: Callable[[str], Batch], server: Server, url: str) -> None:
    grade(url)
    statement, says = UNFIT[case]
    server.run(url, statement.format(name=url.split("/")[3].split("?")[0]))
    with pytest.raises(GradebookError, match=says) as refusal:
        grade(f"{url}&application_name=again")
    assert "s3cret" not in str(refusal.value)


def test_the_driver_need_not_be_named(grade: Callable[[str], Batch], url: str) -> None:
    assert len(grade(url.replace("+psycopg", "")).rows) == 5

"""What `make demo` writes, as an instructor and a student see it: every page of a graded class in a real browser.

Pictures of them are left in `build/desk/`; the best stand in `docs/desk/`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import CHROMIUM, open_page
from click.testing import CliRunner
from steepest_grader.cli import main
from steepest_grader.course import release
from steepest_grader.course.find import find_course
from steepest_grader.course.places import Course
from steepest_grader.course.text_course import TextCourse

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package `chromium`"),
    pytest.mark.timeout(300),
]

HOME = find_course(Path(__file__).parent)
LESSON = "05_momentum"
MISTAKEN = "mistake-momentum_step-velocity_forgets_its_past"
PICTURES = HOME.root / "build" / "desk"
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    """A sample class of one lesson, graded, with its pages."""
    root = tmp_path_factory.mktemp("course")
    for name in ("solutions", "autograder", "lessons"):
        (root / name).symlink_to(HOME.root / name)
    course = TextCourse(root)
    release.write_course(course, [LESSON])
    submitted = str(root / "submissions")
    for command in (
        ["sample-class", LESSON, "--out", submitted, "--size", "24"],
        ["grade", LESSON, "--submitted", submitted],
        ["feedback", LESSON],
        ["report", LESSON],
    ):
        done = CliRunner().invoke(main, ["--course", str(root), *command], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    PICTURES.mkdir(parents=True, exist_ok=True)
    return course


@pytest.fixture(scope="module")
def pages(course: Course) -> list[Path]:
    return sorted((course.course_dir / "feedback").glob("*/*/*.html"))


def test_every_page_fits_a_phone_and_loads_nothing(course: Course, pages: list[Path]) -> None:
    asked: list[str] = []
    problems: list[str] = []
    with open_page(problems) as page:
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.on("request", lambda request: asked.append(request.url))
        for path in [*pages, course.course_dir / "reports" / f"{LESSON}.html"]:
            page.goto(path.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"], path
    assert len(pages) == 24
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert problems == []


def test_a_student_sees_what_went_wrong(pages: list[Path]) -> None:
    (path,) = [path for path in pages if path.parts[-3] == MISTAKEN]
    problems: list[str] = []
    with open_page(problems) as page:
        page.goto(path.as_uri())
        page.get_by_role("link", name="momentum_step", exact=True).click()
        result = page.locator(":target")
        rows = result.locator("tbody tr").all_inner_texts()
        given = dict(row.split("\t", 1) for row in rows)
        assert list(given) == ["theta", "state", "steps", "expected theta after step 2", "received"]
        assert given["expected theta after step 2"] != given["received"]
        assert "Each step starts from rest" in result.inner_text()
        page.screenshot(path=PICTURES / "feedback.png")
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        page.emulate_media(color_scheme="dark")
        result.scroll_into_view_if_needed()
        page.screenshot(path=PICTURES / "feedback-phone.png")
    assert problems == []


def test_an_instructor_sees_where_the_class_is_stuck(course: Course) -> None:
    problems: list[str] = []
    with open_page(problems) as page:
        page.goto((course.course_dir / "reports" / f"{LESSON}.html").as_uri())
        page.screenshot(path=PICTURES / "report.png")
        eye = page.get_by_role("region", name="For a human eye")
        assert "os._exit" in eye.inner_text() and "unreadable" in eye.inner_text()
        link = eye.get_by_role("link", name="broken-os_exit")
        link.click()
        assert page.title() == f"{LESSON}: feedback"
    assert problems == []

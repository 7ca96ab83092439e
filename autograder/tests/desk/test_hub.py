"""The same loop under JupyterHub: two students in a browser, with the settings that docs/deploy.md prints."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from browser import ARGUMENTS, CHROMIUM
from exchange import EXERCISE, LESSON, Machine, block, solution
from hub import MISSING, hub
from playwright.sync_api import Browser, Page, expect, sync_playwright
from steepest_grader.course.places import Course

pytestmark = [
    pytest.mark.browser,
    pytest.mark.sandbox,
    pytest.mark.slow,
    pytest.mark.skipif("STEEPEST_LONG" not in os.environ, reason="starts a JupyterHub: STEEPEST_LONG=1"),
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package `chromium`"),
    pytest.mark.skipif(bool(MISSING), reason=MISSING),
    pytest.mark.timeout(900),
]

PATIENCE = 120_000  # ms, for servers and kernels that start
SETTINGS = block("`jupyterhub_config.py` says at least") + block("add to `jupyterhub_config.py`")
SAID = {"ada": "This climbs", "bob": f"✓ {EXERCISE}"}
MARKS = {"ada": "0.5 / 5", "bob": "2 / 5"}


def log_in(browser: Browser, address: str, student: str) -> Page:
    """A student's JupyterLab with the list of assignments."""
    page = browser.new_context(viewport={"width": 1280, "height": 1000}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.get_by_label("Username").fill(student)
    page.get_by_label("Password").fill("anything")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"**/user/{student}/lab**")
    page.get_by_role("menuitem", name="Nbgrader").click()
    page.get_by_role("menuitem", name="Assignment List").click()
    return page


def work(page: Page, answer: str, said: str) -> None:
    """Fetch the lesson, answer it, let it be checked, and hand it in."""
    page.get_by_role("button", name="Fetch").click()
    fetched = page.locator("#fetched_assignments_list")
    fetched.get_by_role("button", name=LESSON).click()
    fetched.locator(".assignment-notebooks").get_by_text(LESSON).click()
    expect(page.get_by_role("button", name="Python 3 (ipykernel) | Idle")).to_be_visible(timeout=PATIENCE)
    page.locator(".jp-Cell", has_text="raise NotImplementedError").locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.insert_text(answer)
    page.get_by_role("menuitem", name="Run").click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    expect(page.locator(".jp-OutputArea-output", has_text=said)).to_be_visible(timeout=PATIENCE)
    with page.expect_response(lambda answer: answer.request.method == "PUT" and f"{LESSON}.ipynb" in answer.url):
        page.keyboard.press("ControlOrMeta+S")
    page.get_by_role("tab", name="Assignments").click()
    fetched.get_by_role("button", name="Submit").click()
    expect(page.locator("#submitted_assignments_list")).to_contain_text(LESSON, timeout=PATIENCE)


def read_feedback(page: Page) -> str:
    """Fetch it, open it, and tell what it says."""
    page.locator("#refresh_assignments_list").click()
    page.get_by_role("button", name="Fetch Feedback").click()
    submitted = page.locator("#submitted_assignments_list")
    submitted.get_by_text("(view feedback)").click()
    page.locator(".jp-DirListing-item", has_text=f"{LESSON}.html").dblclick()
    shown = page.frame_locator(".jp-HTMLViewer iframe").locator("body")
    expect(shown).to_contain_text("Feedback for", timeout=PATIENCE)
    return " ".join(shown.inner_text().split())


def test_two_students_in_a_hub(built: Course, tmp_path: Path, warm: None) -> None:
    machine = Machine(tmp_path, built)
    machine.instruct("build", "release_assignment")
    with hub(tmp_path, SETTINGS, machine.settings("ada")) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        pages = {student: log_in(browser, address, student) for student in SAID}
        for student, page in pages.items():
            work(page, solution(built, slip=student == "ada"), SAID[student])
        machine.instruct("collect", "grade", "feedback", "release_feedback")
        for student, page in pages.items():
            said = read_feedback(page)
            assert f"Feedback for {student}" in said
            assert MARKS[student] in said
        browser.close()

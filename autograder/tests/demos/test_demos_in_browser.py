"""Each lesson's demos in JupyterLab, moved by keyboard as a person would: what moves is the student's own function."""

from __future__ import annotations

import json
import os
import re
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
from browser import CHROMIUM, lab, open_page, run_notebook
from playwright.sync_api import Locator, Page
from steepest_grader.course.find import find_course

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package `chromium`"),
    pytest.mark.timeout(300),
]

COURSE = find_course(Path(__file__).parent)
DEMO = re.compile(r"\b(\w+_demo)\(")
PICTURES = COURSE.root / "build" / "demos"
PRESSES, PLAY_SECONDS = (12, 3.0) if os.environ.get("STEEPEST_LONG") else (4, 1.0)  # the long run is for figures
AT_REST = 400  # ms without a new picture
PATIENCE = 2_000  # ms for one to come
# Remembers when a key went down, how long it took until the picture had changed and was shown, and when each one was.
# `changes` is told, and does not ask: who asks every few milliseconds takes a core from what is measured.
WATCH = """(image) => {
    window.waits = []; window.shown = [];
    let down = 0, told = () => {};
    document.addEventListener('keydown', () => { down = performance.now() }, true);
    image.addEventListener('load', () => requestAnimationFrame(() => {
        window.shown.push(performance.now());
        if (down) { window.waits.push(performance.now() - down); down = 0 }
        told(true);
    }));
    window.changes = (patience) => {
        window.change = new Promise((tell) => { told = tell; setTimeout(tell, patience, false) });
    };
}"""


def lessons() -> list[str]:
    return [name for name in COURSE.lessons() if DEMO.search((COURSE.solutions / name / f"{name}.py").read_text())]


def solved(name: str) -> nbformat.NotebookNode:
    """A lesson with its solutions, without the figures that are no demos and without hidden tests."""
    notebook = COURSE.source(name)
    notebook.cells = [
        cell
        for cell in notebook.cells
        if cell.cell_type == "code"
        and (DEMO.search(cell.source) or "demo" not in cell.metadata.get("tags", []))
        and not cell.metadata.get("nbgrader", {}).get("grade")
    ]
    return notebook


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("lab")
    PICTURES.mkdir(parents=True, exist_ok=True)
    with lab(folder) as url:
        yield url, folder


class Figures(NamedTuple):
    """What is measured of demos by name: waits after each press of a key (ms), and frames a second while it plays."""

    latency: dict[str, list[float]]
    frames: dict[str, float]


@pytest.fixture(scope="module")
def figures() -> Iterator[Figures]:
    """Filled by the tests, and kept for docs/benchmarks.md where no other browser was at work meanwhile."""
    found = Figures({}, {})
    yield found
    if "PYTEST_XDIST_WORKER" not in os.environ:
        for name, values in found._asdict().items():
            (PICTURES / f"{name}.json").write_text(json.dumps(values, indent=1))


@pytest.mark.parametrize("lesson", lessons())
def test_demos(lesson: str, address: tuple[str, Path], figures: Figures) -> None:
    url, folder = address
    nbformat.write(solved(lesson), folder / f"{lesson}.ipynb")
    demos = DEMO.findall("\n".join(cell.source for cell in solved(lesson).cells))
    problems: list[str] = []
    with open_page(problems) as page:
        run_notebook(page, url, f"{lesson}.ipynb")
        images = page.locator(".jp-OutputArea-output .widget-image")
        images.nth(len(demos) - 1).wait_for(timeout=240_000)  # once the whole notebook has run
        for number, name in enumerate(demos):
            _move(page, images.nth(number), name, figures.latency)
            _play(page, images.nth(number), name, figures.frames)
        assert images.count() == len(demos)  # no second figure
        assert page.locator(".jp-OutputArea-output img:not(.widget-image)").count() == 0
    assert [problem for problem in problems if "favicon" not in problem] == []


def _move(page: Page, image: Locator, name: str, latencies: dict[str, list[float]]) -> None:
    """Press arrow keys on every control of a demo, and see the picture change."""
    image.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    demo = _demo(image)
    image.evaluate(WATCH)
    seen = {image.get_attribute("src")}
    handles = demo.locator(".noUi-handle")
    for number in range(handles.count()):
        handles.nth(number).focus()
        now, end = (float(handles.nth(number).get_attribute(f"aria-value{part}") or 0) for part in ("now", "max"))
        keys = ["ArrowLeft" if now == end or press % 3 == 2 else "ArrowRight" for press in range(PRESSES)]
        changes = [_changes(page, lambda key=key: page.keyboard.press(key)) for key in keys]
        assert any(changes), f"control {number + 1} of {name} moves nothing"
        seen.add(image.get_attribute("src"))
    assert handles.count() == 0 or len(seen) > 1
    latencies[name] = [round(wait, 1) for wait in page.evaluate("window.waits")]
    demo.screenshot(path=PICTURES / f"{name}.png")
    if latencies[name]:
        print(f"{name}: {statistics.median(latencies[name]):.0f} ms at the median")


def _play(page: Page, image: Locator, name: str, frames: dict[str, float]) -> None:
    """Press play and then pause, where there is such a button, and see the pictures follow each other and stop."""
    demo = _demo(image)
    play, reset = (demo.locator("button", has_text=text) for text in ("play", "reset"))
    if play.count() == 0:
        return
    page.evaluate("window.shown = [performance.now()]")
    reset.click()
    _rests(page)
    begun = page.evaluate("window.shown.length = 0, performance.now()")
    play.click()
    page.wait_for_timeout(1000 * PLAY_SECONDS)
    shown = page.evaluate("window.shown.slice()")
    assert len(shown) > 3, f"{name} plays {len(shown)} frames in {PLAY_SECONDS} s"
    for _ in range(2):  # where the end comes just before the press, that begins it anew
        if "mod-active" in (play.get_attribute("class") or ""):
            play.click()
    _rests(page)
    assert _changes(page, reset.click), f"{name} does not answer after it was played"
    frames[name] = round(1000 * len(shown) / (shown[-1] - begun), 1)
    print(f"{name}: {frames[name]} frames a second")


def _rests(page: Page) -> None:
    """Wait until no new picture comes."""
    page.wait_for_function(f"performance.now() - window.shown.at(-1) > {AT_REST}", timeout=5_000)


def _changes(page: Page, act: Callable[[], None]) -> bool:
    """Whether the picture that is watched is another after this was done."""
    page.evaluate(f"window.changes({PATIENCE})")
    act()
    return bool(page.evaluate("window.change"))


def _demo(image: Locator) -> Locator:
    return image.locator("xpath=ancestor::div[contains(@class, 'widget-vbox')][1]")


def test_notebook_7_shows_them_too(tmp_path: Path) -> None:
    """There the arrow keys fold headings, wherever the focus is: a slider is dragged, or a number typed beside it."""
    nbformat.write(solved("05_momentum"), tmp_path / "lesson.ipynb")
    with lab(tmp_path, "notebook") as url, open_page([]) as page:
        run_notebook(page, url, "lesson.ipynb", "notebooks")
        images = page.locator(".jp-OutputArea-output .widget-image")
        images.nth(2).wait_for(timeout=240_000)  # the last: before it the kernel is busy
        image = images.first
        slider = _demo(image).locator(".widget-slider").first
        image.evaluate(WATCH)
        assert _changes(page, lambda: slider.locator(".noUi-base").click(position={"x": 40, "y": 2}))
        slider.locator(".widget-readout").fill("0.5")
        assert _changes(page, lambda: page.keyboard.press("Enter"))
        assert images.count() == 3

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
    pytest.mark.timeout(480),
]

COURSE = find_course(Path(__file__).parent)
DEMO = re.compile(r"\b(\w+_demo)\(")
PICTURES = COURSE.root / "build" / "demos"
PRESSES, PLAY_SECONDS = (12, 3.0) if os.environ.get("STEEPEST_LONG") else (4, 1.0)  # the long run is for figures
AT_REST = 400  # ms without a new picture
PATIENCE = 5_000  # ms for one to come: on a busy machine a new ground is painted in seconds
PICTURE = ".jp-OutputArea-output :is(.widget-image, .steepest-stage)"
# Remembers when a key went down or the pointer moved, how long it took until the picture had changed and was shown, and
# when each one was. `changes` is told, and does not ask: who asks every few milliseconds takes a core from what is
# measured.
WATCH = """(image) => {
    window.waits = {key: [], drag: []}; window.shown = [];
    let begun = null, told = () => {};
    const begin = (what) => () => { begun ??= [what, performance.now()] };
    const end = () => {
        window.shown.push(performance.now());
        if (begun) { window.waits[begun[0]].push(performance.now() - begun[1]); begun = null }
        told(true);
    };
    document.addEventListener('keydown', begin('key'), true);
    image.addEventListener('pointermove', (event) => { if (event.buttons) begin('drag')() }, true);
    image.addEventListener('load', () => requestAnimationFrame(end));
    image.addEventListener('steepest-shown', end);
    window.changes = (patience) => {
        begun = null;
        window.change = new Promise((tell) => { told = tell; setTimeout(tell, patience, false) });
    };
}"""
IDLE = "window.jupyterapp.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'"
TOLD = "name => document.querySelector('.steepest-tip').innerText.startsWith(name)"
LOOK = "image => image.querySelector('canvas')?.toDataURL() ?? image.src"


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
    """What is measured of demos by name: waits (ms) after each press of a key and each move of a hand, and frames a
    second while it plays."""

    latency: dict[str, list[float]]
    drag: dict[str, list[float]]
    frames: dict[str, float]


@pytest.fixture(scope="module")
def figures() -> Iterator[Figures]:
    """Filled by the tests, and kept for docs/benchmarks.md where no other browser was at work meanwhile."""
    found = Figures({}, {}, {})
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
        images = _pictures(page, len(demos))
        for number, name in enumerate(demos):
            _move(page, images.nth(number), name, figures)
            _pull(page, images.nth(number), name, figures)
            _play(page, images.nth(number), name, figures.frames)
        assert images.count() == len(demos)  # no second figure
        assert page.locator(".jp-OutputArea-output img:not(.widget-image)").count() == 0
        _idle(page)
    assert [problem for problem in problems if "favicon" not in problem] == []


def _pictures(page: Page, count: int) -> Locator:
    """The pictures of all demos, when the kernel has come to rest and the browser draws those that it can."""
    images = page.locator(PICTURE)
    images.nth(count - 1).wait_for(timeout=180_000)
    page.wait_for_function(IDLE, timeout=60_000)
    page.wait_for_timeout(AT_REST)
    return images


def _idle(page: Page) -> None:
    """Nothing moves, so the kernel does nothing."""
    page.wait_for_timeout(AT_REST)
    page.evaluate("""() => {
        window.busy = 0;
        window.jupyterapp.shell.currentWidget.sessionContext.statusChanged.connect(() => { window.busy += 1 });
    }""")
    page.wait_for_timeout(AT_REST)
    assert page.evaluate("window.busy") == 0


def _move(page: Page, image: Locator, name: str, figures: Figures) -> None:
    """Press arrow keys on every control and every handle of a demo, and see the picture change."""
    image.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    demo = _demo(image)
    image.evaluate(WATCH)
    seen = {image.evaluate(LOOK)}
    handles = demo.locator(".noUi-handle, .steepest-handle[role=slider]")
    for number in range(handles.count()):
        handles.nth(number).focus()
        upright = handles.nth(number).get_attribute("aria-orientation") == "vertical"
        back, forth = ("ArrowDown", "ArrowUp") if upright else ("ArrowLeft", "ArrowRight")
        now, end = (float(handles.nth(number).get_attribute(f"aria-value{part}") or 0) for part in ("now", "max"))
        keys = [back if now == end or press % 3 == 2 else forth for press in range(PRESSES)]
        changes = [_changes(page, lambda key=key: page.keyboard.press(key)) for key in keys]
        assert any(changes), f"control {number + 1} of {name} moves nothing"
        seen.add(image.evaluate(LOOK))
    assert handles.count() == 0 or len(seen) > 1
    demo.screenshot(path=PICTURES / f"{name}.png")
    _note(page, name, "key", figures.latency)


def _pull(page: Page, image: Locator, name: str, figures: Figures) -> None:
    """Pull each handle by the mouse and see the picture follow, and press those that are pressed."""
    handles = image.locator(".steepest-handle[role=slider]")
    page.evaluate("window.waits.drag = []")
    for number in range(handles.count()):
        box = handles.nth(number).bounding_box()
        assert box is not None
        x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        places = [(x + 4 * (1 + step % 7), y - 3 * (1 + step % 5)) for step in range(3 * PRESSES)]
        moved = [_changes(page, lambda place=place: page.mouse.move(*place)) for place in places]
        page.mouse.up()
        assert any(moved), f"handle {number + 1} of {name} moves nothing"
    _note(page, name, "drag", figures.drag)
    for button in image.locator(".steepest-handle[role=button]").all()[:2]:
        assert _changes(page, button.click), f"a button on {name} does nothing"


def _note(page: Page, name: str, what: str, waits: dict[str, list[float]]) -> None:
    waits[name] = [round(wait, 1) for wait in page.evaluate(f"window.waits.{what}")]
    if waits[name]:
        print(f"{name}, {what}: {statistics.median(waits[name]):.0f} ms at the median")


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
    _pause(play)
    _rests(page)
    # Paused at the very beginning, reset has nothing to do.
    assert _changes(page, reset.click) or _changes(page, play.click), f"{name} does not answer after it was played"
    _pause(play)
    frames[name] = round(1000 * len(shown) / (shown[-1] - begun), 1)
    print(f"{name}: {frames[name]} frames a second")


def _pause(play: Locator) -> None:
    for _ in range(2):  # where the end comes just before the press, that begins it anew
        if "mod-active" in (play.get_attribute("class") or ""):
            play.click()


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


def test_units_and_links_tell_their_numbers_to_hand_and_keyboard(address: tuple[str, Path]) -> None:
    """What stands beneath the pointer, and where the keyboard is, which moves from unit to unit by arrows."""
    url, folder = address
    cell = "from steepest.demos.playground import playground_demo\n\nplayground_demo()"
    notebook = solved("12_batch_norm")
    notebook.cells = [nbformat.v4.new_code_cell(cell)]
    nbformat.write(notebook, folder / "told.ipynb")
    with open_page([]) as page:
        run_notebook(page, url, "told.ipynb")
        image, tip = _pictures(page, 1), page.locator(".steepest-tip")
        units = image.locator(".steepest-handle[role=button]")
        units.first.wait_for(timeout=60_000)
        image.scroll_into_view_if_needed()
        units.nth(2).hover()  # two inputs come first
        assert re.match(r"layer 1, unit 1: a press shows it large\n.* at the probe", tip.inner_text())
        (left, right) = (units.nth(number).bounding_box() for number in (0, 2))
        assert left is not None and right is not None
        page.mouse.move(
            (left["x"] + left["width"] + right["x"]) / 2,
            (left["y"] + left["height"] / 2 + right["y"] + right["height"] / 2) / 2,
        )
        assert re.fullmatch(r"x₁ → layer 1, unit 1: weight −?\d\.\d+", tip.inner_text())
        page.mouse.move(1, 1)
        assert tip.is_hidden()
        focused = "document.activeElement.getAttribute('aria-label')"
        units.first.focus()
        for key, name in (("ArrowRight", "layer 1"), ("ArrowRight", "layer 2"), ("ArrowDown", "layer 2")):
            page.keyboard.press(key)
            assert page.evaluate(focused).startswith(name)
            page.wait_for_function(TOLD, arg=name, timeout=PATIENCE)  # it follows the focus a moment later
        assert [unit.get_attribute("tabindex") for unit in units.all()].count("0") == 1
        image.evaluate(WATCH)
        assert _changes(page, lambda: page.keyboard.press("Enter"))
        page.wait_for_timeout(AT_REST)
        assert page.evaluate(focused).endswith("a press shows the output again")  # and the keyboard is still there


def test_notebook_7_shows_them_too(tmp_path: Path) -> None:
    """By drag and by keys: within a demo they do not fold headings, as they do elsewhere there."""
    nbformat.write(solved("05_momentum"), tmp_path / "lesson.ipynb")
    problems: list[str] = []
    with lab(tmp_path, "notebook") as url, open_page(problems) as page:
        run_notebook(page, url, "lesson.ipynb", "notebooks")
        images = _pictures(page, 3)
        for number in (1, 2):
            image = images.nth(number)
            image.scroll_into_view_if_needed()
            image.evaluate(WATCH)
            for handle in _demo(image).locator(".noUi-handle, .steepest-handle").all():
                handle.focus()
                keys = ("ArrowRight", "ArrowLeft")
                assert any(_changes(page, lambda key=key: page.keyboard.press(key)) for key in keys)
            slider = _demo(image).locator(".widget-slider").first
            assert _changes(page, lambda slider=slider: slider.locator(".noUi-base").click(position={"x": 40, "y": 2}))
            _pull(page, image, f"demo {number}", Figures({}, {}, {}))
        assert images.count() == 3
    ours = [problem for problem in problems if "favicon" not in problem and "'schema'" not in problem]
    assert ours == []  # the other one comes with an empty notebook too


# Scripts of the page's own server may run, and none that come with data.
FORBID = """new MutationObserver((changes, watch) => {
    if (!document.head) return;
    const rule = document.createElement('meta');
    rule.httpEquiv = 'Content-Security-Policy';
    rule.content = "script-src 'self' 'unsafe-inline' 'unsafe-eval'; worker-src 'self' blob:";
    document.head.prepend(rule);
    watch.disconnect();
}).observe(document, {childList: true, subtree: true})"""


@pytest.mark.parametrize("how", ["not installed", "forbidden"])
def test_without_the_module_there_are_pictures_and_no_word(how: str, address: tuple[str, Path]) -> None:
    url, folder = address
    nbformat.write(solved("00_start_here"), folder / "plain.ipynb")

    problems: list[str] = []
    with open_page(problems) as page:
        if how == "forbidden":
            page.add_init_script(FORBID)
        else:
            page.route("**/extensions/anywidget/**", lambda route: route.abort())
        run_notebook(page, url, "plain.ipynb")
        image = _pictures(page, 1)
        page.wait_for_timeout(2_000)
        assert page.locator(".steepest-stage").count() == 0
        image.evaluate(WATCH)
        _demo(image).locator(".noUi-handle").first.focus()
        assert _changes(page, lambda: page.keyboard.press("ArrowRight"))
        said = page.locator(".jp-OutputArea-output").last.inner_text()
        assert "Goal:" in said and "rror" not in said and "widget" not in said.lower()
    assert problems  # it was kept out

"""The page of a leaderboard in a real browser: it fits, follows light and dark, loads nothing, shows names as text."""

from __future__ import annotations

from pathlib import Path

import pytest
from browser import CHROMIUM, open_page
from steepest_grader.desk.leaderboard import board, write_board
from steepest_grader.exercise.contest import Entry, Round, seeds_of

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium: install the package `chromium`"),
    pytest.mark.timeout(300),
]

NAMES = (
    "Quiet Fox", "W" * 32, "<img src=x onerror=alert(1)>", "</bdi><script>document.title='owned'</script>", "نجم",
    "=cmd|' /C calc'!A0", "a name of several words", "{{ 7 * 7 }}",
)  # fmt: skip
LINE = "five nearest rows"
SEEDS = seeds_of(1, 20)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    def results(mean: float) -> list[float]:
        return [mean + 0.01 * (number % 3 - 1) for number in range(20)]

    entries = [
        Entry(f"s{number}", f"d{number}", name, results(0.6 - number / 100)) for number, name in enumerate(NAMES)
    ]
    entries.append(Entry("lost", "lost", "Newt", reason="task 3: `f` fails"))
    path = tmp_path_factory.mktemp("board") / "board.html"
    write_board(board(Round("90_x", "accuracy", 1, SEEDS, entries, {LINE: results(0.575)})), path)
    return path


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_and_loads_nothing(width: int, scheme: str, path: Path) -> None:
    asked: list[str] = []
    problems: list[str] = []
    with open_page(problems) as page:
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        assert page.evaluate("document.documentElement.scrollWidth") == width
        paper, ink = (page.evaluate(f"getComputedStyle(document.body).{name}") for name in ("backgroundColor", "color"))
        assert (sum(_numbers(paper)) > sum(_numbers(ink))) is (scheme == "light")
        shown = page.locator("tbody tr").first.locator("td").last.is_visible()
        assert shown is (width > 640)  # the figures that matter less
        dot = page.locator(".strip b").first.bounding_box()
        strip = page.locator(".strip").first.bounding_box()
        assert dot and strip
        assert strip["x"] <= dot["x"] and dot["x"] + dot["width"] <= strip["x"] + strip["width"] + 1
    assert asked == [path.as_uri()]
    assert problems == []


def test_names_are_shown_as_they_were_written(path: Path) -> None:
    problems: list[str] = []
    with open_page(problems) as page:
        page.goto(path.as_uri())
        found = page.locator("tbody bdi").all_inner_texts()
        assert page.title() == "90_x: leaderboard"
        assert page.locator("script, img").count() == 0
        places = page.locator("tbody .place").all_inner_texts()
    assert sorted(found) == sorted([*(name[:32].strip() for name in NAMES), LINE])
    assert found.index(LINE) == 3
    assert places[:5] == ["1", "2", "3", "", "4"]
    assert problems == []


def _numbers(color: str) -> list[int]:
    return [int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(",")]

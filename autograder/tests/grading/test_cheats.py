"""Entrants that try something else than learning gain nothing, and those of them that can be seen are seen."""

from __future__ import annotations

from statistics import fmean
from typing import Any

import nbformat
import pytest
import torch
from attacks.contest import CHEATS, HONEST
from nbformat.v4 import new_code_cell, new_notebook
from steepest import learning
from steepest._checks.calls import local
from steepest_exercises.capstone.contest import CONTEST, NEAREST
from steepest_grader.course.lesson import Lesson
from steepest_grader.exercise.contest import Entry
from steepest_grader.grading.replay import replay
from steepest_grader.notebook.brought import brought
from steepest_grader.notebook.flags import flags
from steepest_grader.notebook.restore import read
from steepest_grader.sandbox.base import Sandbox

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(900)]

SEEDS = 2**40 + 1, 2**40 + 2
KNOWN = 11  # which an entrant has learned
LUCK = 0.02  # of 6000 rows a task
RELEASED = new_notebook(cells=[new_code_cell("# your functions", id="own")])
LESSON = Lesson("contest", RELEASED, {}, {}, version="")


@pytest.fixture(scope="module")
def played(sandbox: Sandbox) -> dict[str, Entry]:
    """The honest entrant, all cheats, and once more the honest one, as a class."""
    codes = {"0 honest": HONEST, **{name: cheat.code for name, cheat in CHEATS.items()}, "last": HONEST}
    notebooks = {
        name: nbformat.writes(new_notebook(cells=[new_code_cell(code, id="own")])).encode()
        for name, code in codes.items()
    }
    cells = {name: read(data) for name, data in notebooks.items()}
    told = {
        name: [*flags(found, RELEASED, CONTEST.functions), *brought(found, RELEASED, CONTEST.brought)]
        for name, found in cells.items()
    }
    entries = replay(LESSON, CONTEST, notebooks.items(), SEEDS, sandbox=sandbox, jobs=2, flags=told)
    return {entry.student: entry for entry in entries}


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_gains_nothing(name: str, played: dict[str, Entry]) -> None:
    cheat, entry, honest = CHEATS[name], played[name], played["0 honest"]
    assert not entry.ours, entry
    if cheat.reason:
        assert cheat.reason in entry.reason
        assert entry.results == ()
    else:
        assert entry.reason == "", entry
        assert fmean(entry.results) < fmean(honest.results) + LUCK


@pytest.mark.parametrize("name", [name for name, cheat in CHEATS.items() if cheat.flag])
def test_a_cheat_is_shown_to_a_person(name: str, played: dict[str, Entry]) -> None:
    assert any(CHEATS[name].flag in flag for flag in played[name].flags), played[name].flags


def test_the_neighbours_keep_their_results(played: dict[str, Entry]) -> None:
    first, last = played["0 honest"], played["last"]
    assert list(first.results) == list(last.results)
    assert all(0.15 < result < 0.5 for result in first.results)


def naive(code: str, seed: int = KNOWN) -> float:
    """A leaderboard that plays everything in its own process, and believes what comes back."""
    space: dict[str, Any] = {}
    exec(code, space)
    given = learning.task(seed)
    generator = torch.Generator().manual_seed(seed)
    state = space["prepare_training"](generator)
    for step, (x, labels) in enumerate(learning.handed_out(given)):
        state = space["train_step"](state, x, labels, generator, step=step, n_steps=learning.STEPS)
    answers = space["predict_digits"](state, given.test.x)
    return float(learning.accuracy(answers, given.test.y))


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a cheat does to the package is undone, and so is what it does to rows."""
    monkeypatch.setattr(learning, "accuracy", learning.accuracy)
    learning.task.cache_clear()


@pytest.mark.parametrize("name", [name for name, cheat in CHEATS.items() if cheat.naive])
def test_a_cheat_is_real(name: str, untouched: None) -> None:
    assert naive(CHEATS[name].code) > 0.99


def test_writing_over_rows_harms_others_where_all_is_played_in_one_process(untouched: None) -> None:
    before = naive(HONEST)
    naive(CHEATS["writes over the rows that it is asked about"].code)
    after = naive(HONEST)
    learning.task.cache_clear()
    assert after < before - 0.05


def test_every_cheat_is_shown_or_says_why_not() -> None:
    assert [name for name, cheat in CHEATS.items() if cheat.naive == bool(cheat.why)] == []


MORE = """
import torch

def prepare_training(generator):
    layers = torch.nn.Linear(40, 64), torch.nn.Linear(64, 10)
    net = torch.nn.Sequential(layers[0], torch.nn.ReLU(), layers[1])
    for value in net.parameters():
        value.data = 0.1 * torch.randn(value.shape, generator=generator)
    return net, torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)

def train_step(state, x, labels, generator, *, step, n_steps):
    net, optimizer = state
    for _ in range({updates}):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x), labels).backward()
        optimizer.step()
    return state

def predict_digits(state, x):
    with torch.no_grad():
        return state[0](x).argmax(1)
"""


def test_the_capstones_contest_measures_nets_and_its_line_alike(sandbox: Sandbox) -> None:
    data = nbformat.writes(new_notebook(cells=[new_code_cell(MORE.format(updates=1), id="own")])).encode()
    (entry,) = replay(LESSON, CONTEST, [("ada", data)], SEEDS[:1], sandbox=sandbox)
    assert 0.45 < entry.results[0] < 0.75, entry
    (functions,) = CONTEST.lines.values()
    line = CONTEST.play(local(functions[CONTEST.functions[0]], CONTEST.functions[0], companions=functions), SEEDS[0])
    given = learning.task(SEEDS[0])
    near = torch.cdist(given.test.x, given.train.x).topk(NEAREST, largest=False).indices
    whole = float((given.train.y[near].mode(1).values == given.test.y).double().mean())
    assert line == pytest.approx(whole, abs=0.001)

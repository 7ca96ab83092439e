"""Global generators around a judged call: what counts as drawing and as seeding, and that all is put back."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks import generators
from steepest._checks.calls import StudentError, local
from steepest._checks.generators import PATH, TURNS, WORDS

DRAWS, SEEDS = {"global generator"}, {"global seed"}


def _polite() -> None:
    torch_state, numpy_state, state = torch.get_rng_state(), np.random.get_state(), random.getstate()
    _seeds()
    torch.set_rng_state(torch_state)
    np.random.set_state(numpy_state)
    random.setstate(state)


def _seeds() -> None:
    torch.manual_seed(42)
    np.random.seed(42)
    random.seed(42)


def _forked() -> None:
    with torch.random.fork_rng():
        torch.manual_seed(0)


def _then(seed: Callable[[], Any], draw: Callable[[], Any], times: int = 1) -> None:
    seed()
    for _ in range(times):
        draw()


def _loads(draw: Callable[[], Any]) -> None:
    """As the first import of some libraries does."""
    sys.modules[f"loaded {len(sys.modules)}"] = ModuleType("loaded")
    draw()


SEEN: dict[str, tuple[Callable[[], Any], set[str]]] = {
    "nothing": (lambda: None, set()),
    "its own generators": (lambda: (torch.Generator().seed(), np.random.default_rng().random()), set()),
    "torch draws": (lambda: torch.rand(1), DRAWS),
    "torch draws weights": (lambda: torch.nn.Linear(2, 1), DRAWS),
    "numpy draws": (lambda: np.random.rand(), DRAWS),
    "numpy draws a normal number": (lambda: np.random.randn(), DRAWS),
    "numpy draws as many words as it has": (lambda: np.random.rand(WORDS // 2), DRAWS),
    "numpy draws many": (lambda: np.random.rand(100_000), DRAWS),
    "numpy draws more than are followed": (lambda: np.random.rand(PATH // 2 + WORDS * TURNS), SEEDS),
    "python draws": (lambda: random.random(), DRAWS),
    "python draws a normal number": (lambda: random.gauss(0, 1), DRAWS),
    "python draws many": (lambda: [random.random() for _ in range(10_000)], DRAWS),
    "python draws while a module is loaded": (lambda: _loads(random.random), set()),
    "numpy draws while a module is loaded": (lambda: _loads(np.random.rand), DRAWS),
    "python is seeded while a module is loaded": (lambda: _loads(lambda: random.seed(42)), SEEDS),
    "torch is seeded with 0": (lambda: torch.manual_seed(0), SEEDS),
    "torch is seeded with 42": (lambda: torch.manual_seed(42), SEEDS),
    "torch is seeded by chance": (lambda: torch.seed(), SEEDS),
    "torch is seeded, and draws": (lambda: torch.rand(3, generator=torch.manual_seed(0)), SEEDS),
    "torch is seeded with what it has": (lambda: torch.manual_seed(torch.initial_seed()), set()),
    "numpy is seeded": (lambda: np.random.seed(0), SEEDS),
    "numpy is seeded by chance": (lambda: np.random.seed(), SEEDS),
    "numpy is seeded, and draws": (lambda: _then(lambda: np.random.seed(42), np.random.rand), SEEDS),
    "numpy is seeded, and draws many": (lambda: _then(lambda: np.random.seed(42), np.random.rand, 2000), SEEDS),
    "numpy's generator is another": (lambda: np.random.set_bit_generator(np.random.PCG64()), SEEDS),
    "python is seeded": (lambda: random.seed(0), SEEDS),
    "python is seeded, and draws": (lambda: _then(lambda: random.seed(42), random.random), SEEDS),
    "python is seeded, and draws many": (lambda: _then(lambda: random.seed(42), random.random, 2000), SEEDS),
    "one draws, another is seeded": (lambda: (random.random(), np.random.seed(1)), DRAWS | SEEDS),
    "all are put back": (_polite, set()),
    "torch's own way to put back": (_forked, set()),
}


@pytest.mark.parametrize("given", [False, True], ids=["given none", "given one"])
@pytest.mark.parametrize("name", SEEN)
def test_what_counts(name: str, given: bool) -> None:
    """Drawing only where there is a generator to draw from, seeding always; in each of many calls."""
    use, effects = SEEN[name]
    function = local(lambda *_: (use(), None)[1], "f")
    for _ in range(3):
        function.effects.clear()
        function(*([function.generator(1)] if given else []))
        assert function.effects == (effects if given else effects - DRAWS)


def test_a_generator_counts_as_given_by_its_name_too() -> None:
    function = local(lambda x, *, generator: torch.rand(1), "f")
    function(1, generator=function.generator(1))
    assert function.effects == DRAWS


def _raises() -> None:
    _seeds()
    raise ValueError


def _others() -> None:
    np.random.set_bit_generator(np.random.PCG64())
    np.random.rand()


def _nested() -> None:
    _seeds()
    local(_seeds, "g")()


HISTORIES: dict[str, Callable[[], Any]] = {
    "seeded": lambda: None,
    "some are drawn": lambda: (torch.rand(3), np.random.rand(3), random.random()),
    "a normal number waits": lambda: (torch.randn(1), np.random.randn(), random.gauss(0, 1)),
    "numpy's generator is another": lambda: np.random.set_bit_generator(np.random.PCG64(3)),
    "seeded as the agent does": lambda: torch.manual_seed(generators.UNUSUAL + 1),
}
CALLED: dict[str, Callable[[], Any]] = {
    "nothing": lambda: None,
    "draws": lambda: [torch.rand(1), np.random.randn(), random.gauss(0, 1)],
    "seeds": _seeds,
    "seeds and raises": _raises,
    "puts another in numpy's place": _others,
    "has another function called": _nested,
}


@pytest.fixture
def _kept() -> Any:
    source = np.random.get_bit_generator()
    yield
    np.random.set_bit_generator(source)


@pytest.mark.usefixtures("_kept")
@pytest.mark.parametrize("called", CALLED)
@pytest.mark.parametrize("history", HISTORIES)
def test_a_notebook_goes_on_as_if_nothing_had_been_called(history: str, called: str) -> None:
    def draws() -> list[Any]:
        return [torch.randn(3).tolist(), np.random.randn(3).tolist(), random.gauss(0, 1), random.random()]

    def begin() -> None:
        _seeds()
        HISTORIES[history]()

    begin()
    expected = draws()
    begin()
    function = local(CALLED[called], "f")
    for _ in range(2):
        try:
            function()
        except StudentError:
            assert called == "seeds and raises"
    assert draws() == expected


@pytest.mark.usefixtures("_kept")
def test_what_a_call_draws_does_not_depend_on_the_notebook() -> None:
    def draw() -> list[Any]:
        return [torch.rand(2), np.random.randn(), random.random()]

    seen = []
    for history in HISTORIES.values():
        _seeds()
        history()
        function = local(draw, "f")
        seen.append([[float(x.sum()), y, z] for x, y, z in (function() for _ in range(TURNS))])
    assert all(draws == seen[0] for draws in seen)
    assert all(len({row[part] for row in seen[0]}) == TURNS for part in range(3))


def test_calls_of_several_threads_do_not_see_each_other() -> None:
    begun, seeded, ended = (threading.Event() for _ in range(3))

    def waits() -> None:
        begun.set()
        seeded.wait(0.2)

    def seeds() -> None:
        _seeds()
        seeded.set()
        ended.wait(0.2)

    function = local(waits, "f")
    other = threading.Thread(target=lambda: begun.wait(10) and local(seeds, "g")())
    other.start()
    function()
    ended.set()
    other.join(10)
    assert seeded.is_set()
    assert function.effects == set()

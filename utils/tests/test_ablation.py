"""Nets that are trained by a recipe with a part taken out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from steepest.ablation import EVERY, N_STEPS, PARTS, Bench, Recipe
from steepest.learning import task
from torch import Generator, Tensor


@pytest.fixture(scope="module")
def bench() -> Bench:
    return Bench({}, seeds=range(2))


def test_a_recipe_lacks_the_part_that_is_taken_out() -> None:
    for part in PARTS:
        lacking = Recipe().without(part)
        assert [name for name in PARTS if not getattr(lacking, name)] == [part]
    assert Recipe._fields == tuple(PARTS)


def test_recipes_have_the_same_rows_and_starts_for_a_seed(bench: Bench) -> None:
    assert torch.equal(bench.train_x[1], task(1).train.x)
    ends = []
    for recipe in (Recipe(dropout=False), Recipe(dropout=False, adam=False)):
        run = Bench({}, seeds=range(2)).run(recipe)
        ends.append(run.curve[0])
    assert torch.equal(*ends)


def test_a_training_is_done_once_and_in_pieces_comes_to_the_same(bench: Bench) -> None:
    run = bench.run(Recipe())
    assert bench.run(Recipe()) is run
    run.train(2 * EVERY)
    pieces = Bench({}, seeds=range(2)).run(Recipe())
    while pieces.step < 2 * EVERY:
        pieces.train(2 * EVERY, 1e-6)
    assert torch.equal(pieces.curve, run.curve)
    assert (run.step, len(run.curve)) == (2 * EVERY, 3)
    run.train(EVERY)
    assert run.step == 2 * EVERY


def test_parts_bring_what_the_lesson_says() -> None:
    bench = Bench({}, seeds=range(4))
    whole = bench.accuracies(Recipe())
    brings = {part: float((whole - bench.accuracies(Recipe().without(part))).mean()) for part in ("he", "dropout")}
    assert 12 < brings["he"] < 25
    assert -4 < brings["dropout"] < -0.5
    assert bench.finished.keys() == {Recipe(), *(Recipe().without(part) for part in brings)}
    few = Bench({}, seeds=range(4), rows=400)
    gain = few.accuracies(Recipe()) - few.accuracies(Recipe().without("dropout"))
    assert 1 < float(gain.mean()) < 6


def test_rates_follow_the_cycle_or_stay(bench: Bench) -> None:
    rates = [bench.rate(Recipe(), step) for step in range(N_STEPS)]
    assert (rates[0], max(rates), rates.index(max(rates))) == (pytest.approx(0.001), pytest.approx(0.01), 120)
    assert rates[-1] == pytest.approx(1e-5)
    assert {bench.rate(Recipe(cycle=False), step) for step in range(N_STEPS)} == {0.01}
    assert bench.rate(Recipe(adam=False, cycle=False), 7) == 0.5


def mine(calls: list[str]) -> dict[str, Callable[..., Any]]:
    """The student's functions, which note that they are called."""

    def he_normal(shape: tuple[int, ...], generator: Generator) -> Tensor:
        calls.append("he_normal")
        return torch.randn(shape, generator=generator) * (2 / shape[1]) ** 0.5

    def one_cycle(step: int, **ends: float) -> float:
        calls.append("one_cycle")
        return 0.01

    def inverted_dropout(x: Tensor, *, keep: float, training: bool, generator: Generator) -> Tensor:
        calls.append("inverted_dropout")
        return x

    return {"he_normal": he_normal, "one_cycle": one_cycle, "inverted_dropout": inverted_dropout}


def test_the_students_functions_are_used_and_named() -> None:
    calls: list[str] = []
    bench = Bench(mine(calls), seeds=range(2))
    assert sorted(bench.yours) == ["he_normal", "inverted_dropout", "one_cycle"]
    calls.clear()
    bench.run(Recipe()).train(1)
    assert set(calls) == {"he_normal", "inverted_dropout", "one_cycle"}
    calls.clear()
    bench.run(Recipe(he=False, dropout=False, cycle=False)).train(1)
    assert calls == []


@pytest.mark.parametrize("name", ["he_normal", "one_cycle", "inverted_dropout"])
def test_what_is_not_written_yet_is_done_by_torch(name: str) -> None:
    def unwritten(*args: Any, **settings: Any) -> Any:
        raise NotImplementedError

    bench = Bench({**mine([]), name: unwritten}, seeds=range(1))
    assert name not in bench.yours and len(bench.yours) == 2
    bench.run(Recipe()).train(1)


def test_a_schedule_without_return_is_told() -> None:
    bench = Bench({"one_cycle": lambda step, **ends: None}, seeds=range(1))
    with pytest.raises(TypeError, match="`one_cycle` must return a rate for step 0"):
        bench.run(Recipe()).train(1)


def test_what_has_no_place_is_refused() -> None:
    with pytest.raises(TypeError, match="`fold_keep` has no place here"):
        Bench({"fold_keep": lambda weight, *, keep: weight}, seeds=range(1))

"""An ablation: the same nets, trained by a recipe of which one part after another is taken out."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from steepest.data import Data
from steepest.dense import Nets, accuracy, make_nets, scores
from steepest.learning import CLASSES, COLUMNS, TRAINED, task
from steepest.learning import SIZE as BATCH
from steepest.learning import STEPS as N_STEPS
from steepest.tools import (
    Function,
    Tools,
    draw_weight,
    drop,
    first_memory,
    gather,
    normalize,
    normalize_fixed,
    take_step,
)

__all__ = ["EVERY", "N_STEPS", "PARTS", "Bench", "Recipe", "Run"]

EVERY = 20
TESTED = 2000  # rows, so that measuring takes less time than training
SIZES = (COLUMNS, 100, 100, CLASSES)
KEEP = 0.9
CYCLE = "one_cycle"
RATES = {"Adam": 0.01, "gradient descent": 0.5}
PEAK, LOW, END = 0.3, 0.1, 1e-3  # of the steps, and of the rate

PARTS: Mapping[str, tuple[str, str]] = {
    "he": ("He's start", "weights of deviation 1"),
    "batch_norm": ("batch norm", "biases alone"),
    "dropout": ("dropout", "all units kept"),
    "adam": ("Adam", "gradient descent"),
    "cycle": ("1-cycle", "a constant rate"),
}
"""Fields of a recipe: what each is called, and what takes its place."""


class Recipe(NamedTuple):
    """Which parts a training has.

    Attributes
    ----------
    he, batch_norm, dropout, adam, cycle : bool
        What takes the place of each is told by `PARTS`.

    Examples
    --------
    >>> Recipe(he=True, batch_norm=True, dropout=False, adam=True, cycle=True).dropout
    False
    """

    he: bool = True
    batch_norm: bool = True
    dropout: bool = True
    adam: bool = True
    cycle: bool = True

    def without(self, part: str) -> Recipe:
        """The recipe with one part taken out, a key of `PARTS`."""
        return self._replace(**{part: False})


class Bench:
    """Trains a net for each seed by any recipe, all of them side by side.

    Parameters
    ----------
    functions : mapping of str to callable
        The student's, by the names of their exercises: any of the playground's, and `one_cycle`. What is not among
        them, or not written yet, is done by torch.
    seeds : sequence of int
        Of tasks, starts and minibatches: what a seed draws is the same in all recipes.
    rows : int
        How many training rows each task has, at most 4000.

    Attributes
    ----------
    tools : Tools
        What is used.
    cycle : callable or None
        The student's `one_cycle`; straight lines take its place.
    train_x, train_y, test_x, test_y : Tensor
        Rows and classes, with a first axis for the seeds.

    Examples
    --------
    >>> bench = Bench({}, seeds=[0, 1], rows=100)
    >>> bench.train_x.shape, bench.cycle is None
    (torch.Size([2, 100, 40]), True)
    """

    def __init__(
        self, functions: Mapping[str, Function], *, seeds: Sequence[int] = range(8), rows: int = TRAINED
    ) -> None:
        self.seeds = seeds
        self.cycle = functions.get(CYCLE)
        if self.cycle is not None and _is_unwritten(self.cycle):
            self.cycle = None
        self.tools: Tools = gather({name: function for name, function in functions.items() if name != CYCLE})
        given = [task(seed) for seed in seeds]
        self.train_x, self.train_y = _side_by_side([each.train for each in given], rows)
        self.test_x, self.test_y = _side_by_side([each.test for each in given], TESTED)
        self._runs: dict[Recipe, Run] = {}

    @property
    def yours(self) -> list[str]:
        """Names of the student's functions that are used."""
        return [*self.tools.functions, *([CYCLE] if self.cycle is not None else [])]

    def run(self, recipe: Recipe) -> Run:
        """The training by a recipe, as far as it has come."""
        if recipe not in self._runs:
            self._runs[recipe] = Run(self, recipe)
        return self._runs[recipe]

    def accuracies(self, recipe: Recipe) -> Tensor:
        """Test accuracy in percent after the whole training, of shape (seeds,)."""
        run = self.run(recipe)
        run.train(N_STEPS)
        return run.curve[-1]

    @property
    def finished(self) -> dict[Recipe, Tensor]:
        """Test accuracies in percent of all trainings that have come to their end."""
        return {recipe: run.curve[-1] for recipe, run in self._runs.items() if run.step == N_STEPS}

    def rate(self, recipe: Recipe, step: int) -> float:
        """The learning rate of a step."""
        top = RATES[_method(recipe)]
        if not recipe.cycle:
            return top
        peak = round(PEAK * N_STEPS)
        if self.cycle is None:
            return float(np.interp(step, [0, peak, N_STEPS - 1], [LOW * top, top, END * top]))
        ends = {"lr_start": LOW * top, "lr_max": top, "lr_end": END * top}
        rate = self.cycle(step, **ends, peak=peak, n_steps=N_STEPS)
        try:
            return float(rate)
        except TypeError as error:
            raise TypeError(f"`{CYCLE}` must return a rate for step {step}. Is the `return` missing?") from error


class Run:
    """The training by one recipe.

    Attributes
    ----------
    step : int
        How many steps have been taken.
    curve : Tensor, shape (points, seeds)
        Test accuracies in percent after every `EVERY` steps, the first before any.
    """

    def __init__(self, bench: Bench, recipe: Recipe) -> None:
        self._bench, self.recipe, self.step = bench, recipe, 0
        start = "He" if recipe.he else "deviation 1"
        self._nets = make_nets(SIZES, seeds=bench.seeds, draw=lambda *asked: draw_weight(bench.tools, start, *asked))
        self._memories = [first_memory(bench.tools, _method(recipe), part, 0.0) for part in self._nets.parameters]
        self._running = [(torch.zeros_like(shift), torch.ones_like(shift)) for shift in self._nets.betas]
        self._coins = Generator().manual_seed(len(bench.seeds))
        self._orders = [Generator().manual_seed(seed) for seed in bench.seeds]
        self._rows = torch.empty(len(bench.seeds), 0, dtype=torch.int64)
        self._nth = torch.arange(len(bench.seeds))[:, None]
        self.curve = self._measured()

    def train(self, step: int, seconds: float = math.inf) -> None:
        """Train on up to this step, or as far as the seconds go."""
        due = time.perf_counter() + seconds
        while self.step < step and time.perf_counter() < due:
            self._take()
            if self.step % EVERY == 0:
                self.curve = torch.cat([self.curve, self._measured()])

    def _take(self) -> None:
        bench, recipe = self._bench, self.recipe
        rows = self._next_rows()
        leaves = self._nets.map(lambda part: part.detach().requires_grad_())
        with torch.enable_grad():
            drops = self._drop if recipe.dropout else None
            out = scores(
                leaves, bench.train_x[self._nth, rows], self._normal() if recipe.batch_norm else None, drop=drops
            )
            loss = cross_entropy(out.flatten(0, 1), bench.train_y[self._nth, rows].flatten(), reduction="sum") / BATCH
            grads = torch.autograd.grad(loss, leaves.parameters, allow_unused=True)
        rate, moved = bench.rate(recipe, self.step), []
        for number, (part, grad) in enumerate(zip(self._nets.parameters, grads, strict=True)):
            if grad is not None:
                slope, memory = partial(_given, grad), self._memories[number]
                part, self._memories[number] = take_step(bench.tools, _method(recipe), part, slope, memory, rate)
            moved.append(part)
        parts = iter(moved)
        self._nets = Nets(*([next(parts) for _ in group] for group in self._nets))
        self.step += 1

    def _next_rows(self) -> Tensor:
        if self._rows.shape[1] < BATCH:
            n = self._bench.train_x.shape[1]
            self._rows = torch.stack([torch.randperm(n, generator=order) for order in self._orders])
        now, self._rows = self._rows[:, :BATCH], self._rows[:, BATCH:]
        return now

    def _normal(self) -> Any:
        def normal(layer: int, table: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
            out, self._running[layer] = normalize(self._bench.tools, table, gamma, beta, self._running[layer])
            return out

        return normal

    def _drop(self, h: Tensor, layer: int) -> Tensor:
        return drop(self._bench.tools, h, KEEP, self._coins) if layer else h

    def _measured(self) -> Tensor:
        def fixed(layer: int, table: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
            return normalize_fixed(self._bench.tools, table, gamma, beta, self._running[layer])

        with torch.no_grad():
            out = scores(self._nets, self._bench.test_x, fixed if self.recipe.batch_norm else None)
        return 100 * accuracy(out, self._bench.test_y)[None]


def _side_by_side(parts: Sequence[Data], rows: int) -> tuple[Tensor, Tensor]:
    return torch.stack([part.x[:rows] for part in parts]), torch.stack([part.y[:rows] for part in parts])


def _given(grad: Tensor, theta: Tensor) -> Tensor:
    """The gradient at hand, wherever a stepper asks for it."""
    return grad


def _method(recipe: Recipe) -> str:
    return "Adam" if recipe.adam else "gradient descent"


def _is_unwritten(function: Function) -> bool:
    try:
        function(0, lr_start=0.1, lr_max=1.0, lr_end=0.0, peak=2, n_steps=5)
    except NotImplementedError:
        return True
    except Exception:  # noqa: BLE001 - what else is wrong shows where it is used
        return False
    return False

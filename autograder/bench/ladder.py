"""How far luck moves the mark of `train_step`: ten recipes over twelve sets of five seeds; writes docs/ladder.md.

The accuracies are those of `steepest.learning.practise`, which a test holds against the judge's own. It takes ten
minutes on one core.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from steepest.learning import Task, accuracy, practise, task
from steepest_exercises.capstone import reference
from steepest_exercises.capstone.steps import STEPS, credit
from steepest_grader.course.find import find_course
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

PAGE = find_course(Path(__file__).parent).root / "docs" / "ladder.md"
SETS, SEEDS, FIRST = 12, 5, 700
NEAREST = 1, 5
State = dict[str, Any]
Entrant = tuple[Callable[..., Any], Callable[..., Any], Callable[..., Any]]


@dataclass(frozen=True)
class Recipe:
    """A net of dense layers and how it is trained.

    Parameters
    ----------
    hidden : sequence of int
        Units of the hidden layers.
    rate : float
        The highest learning rate.
    method : {"descent", "momentum", "adam"}
    cycle : bool
        Whether the rate goes up and down again; else it stays.
    deviation : float, optional
        Of the first weights; He's where left out.
    """

    hidden: Sequence[int]
    rate: float
    method: str = "descent"
    cycle: bool = False
    deviation: float | None = None

    def prepare(self, generator: Generator) -> State:
        """Weights, biases and what the method remembers."""
        widths = [40, *self.hidden, 10]
        tensors: list[Tensor] = []
        for fan_in, units in pairwise(widths):
            deviation = math.sqrt(2 / fan_in) if self.deviation is None else self.deviation
            tensors += [deviation * torch.randn(units, fan_in, generator=generator), torch.zeros(units)]
        return {"tensors": tensors, "first": [0.0] * len(tensors), "second": [0.0] * len(tensors)}

    def step(self, state: State, x: Tensor, labels: Tensor, generator: Generator, *, step: int, n_steps: int) -> State:
        """One minibatch."""
        leaves = [tensor.detach().requires_grad_() for tensor in state["tensors"]]
        slopes = torch.autograd.grad(cross_entropy(_scores(leaves, x), labels), leaves)
        rate = self.rate * (reference.cycle(step, n_steps) / reference.RATE if self.cycle else 1.0)
        fresh, rest = (0.1, 0.9) if self.method == "adam" else (1.0, 0.9 if self.method == "momentum" else 0.0)
        first = [rest * old + fresh * slope for old, slope in zip(state["first"], slopes, strict=True)]
        second = [0.99 * old + 0.01 * slope**2 for old, slope in zip(state["second"], slopes, strict=True)]
        moves = first
        if self.method == "adam":
            up, down = 1 - 0.9 ** (step + 1), 1 - 0.99 ** (step + 1)
            moves = [m / up / (torch.sqrt(v / down) + 1e-8) for m, v in zip(first, second, strict=True)]
        tensors = [leaf.detach() - rate * move for leaf, move in zip(leaves, moves, strict=True)]
        return {"tensors": tensors, "first": first, "second": second}

    @property
    def entrant(self) -> Entrant:
        """Its three functions."""
        return self.prepare, self.step, lambda state, x: _scores(state["tensors"], x).argmax(dim=1)


def _scores(tensors: Sequence[Tensor], x: Tensor) -> Tensor:
    for weight, bias in zip(tensors[:-2:2], tensors[1:-2:2], strict=True):
        x = torch.relu(x @ weight.T + bias)
    return x @ tensors[-2].T + tensors[-1]


REFERENCE = reference.prepare_training, reference.train_step, reference.predict_digits
RECIPES: dict[str, Entrant] = {
    "the reference: batch norm, momentum 0.2, one cycle, 256-128": REFERENCE,
    "Adam 0.01, one cycle, 128-128": Recipe((128, 128), 0.01, "adam", cycle=True).entrant,
    "momentum 0.1, one cycle, 128-128": Recipe((128, 128), 0.1, "momentum", cycle=True).entrant,
    "Adam 0.01, one cycle, 64-64": Recipe((64, 64), 0.01, "adam", cycle=True).entrant,
    "momentum 0.1, 64-64": Recipe((64, 64), 0.1, "momentum").entrant,
    "descent 0.5, 64-64": Recipe((64, 64), 0.5).entrant,
    "Adam 0.003, 64": Recipe((64,), 0.003, "adam").entrant,
    "descent 0.1, 64-64": Recipe((64, 64), 0.1).entrant,
    "softmax regression, Adam 0.01": Recipe((), 0.01, "adam").entrant,
    "descent 0.1, start N(0, 1), 64-64": Recipe((64, 64), 0.1, deviation=1.0).entrant,
    "descent 0.01, 64-64": Recipe((64, 64), 0.01).entrant,
}


def main() -> None:
    """Measure and write the page."""
    torch.set_num_threads(1)
    rows = [_row(name, [100 * practise(*entrant, seed=seed) for seed in _seeds()]) for name, entrant in RECIPES.items()]
    PAGE.write_text(page(rows, memory()))


def memory() -> list[str]:
    """The same for what learns nothing and remembers all rows."""
    found = [nearest(task(seed)) for seed in _seeds()]
    return [_row(f"{k} nearest of all 4000 rows", [100 * shares[k] for shares in found]) for k in NEAREST]


def page(rows: Sequence[str], neighbours: Sequence[str]) -> str:
    """The text of the page."""
    steps = ", ".join(f"{100 * share:.0f} % from {bound} %" for bound, share in STEPS.items())
    return f"""# The ladder of the capstone

Written by `make ladder`. `train_step` of `14_capstone` earns by the mean accuracy on new rows
over {SEEDS} hidden seeds, in small steps: {steps}.

The same recipe gets another mean with other seeds. Here are {len(RECIPES)} recipes over {SETS} disjoint sets of {SEEDS}
seeds: the mean of all, the lowest and the highest mean of a set, the deviation of such a mean, and what the sets earn.

| recipe | mean | of a set | deviation | credit |
|---|---:|---:|---:|---:|
{chr(10).join(rows)}

For comparison, without any learning:

| memory | mean | of a set | deviation | credit |
|---|---:|---:|---:|---:|
{chr(10).join(neighbours)}

No recipe's credit moves by more than one step. A student's own check plays other seeds, and fewer; it
calls a result safe where it stands above its step by two errors of the difference of two such means, by the spread of
its own seeds, and by a point at least.
"""


def nearest(given: Task) -> dict[int, float]:
    """By their number the accuracy of the commonest class among the nearest training rows."""
    found: dict[int, list[Tensor]] = {k: [] for k in NEAREST}
    for rows in torch.split(given.test.x, 500):
        near = given.train.y[torch.cdist(rows, given.train.x).topk(max(NEAREST), largest=False).indices]
        for k, answers in found.items():
            answers.append(near[:, :k].mode(dim=1).values)
    return {k: accuracy(torch.cat(answers), given.test.y) for k, answers in found.items()}


def _seeds() -> range:
    return range(FIRST, FIRST + SETS * SEEDS)


def _row(name: str, accuracies: Sequence[float]) -> str:
    means = torch.tensor(accuracies).view(SETS, SEEDS).mean(dim=1)
    earned = [credit(float(mean)) for mean in means]
    shares = f"{min(earned):.1f}" if min(earned) == max(earned) else f"{min(earned):.1f} to {max(earned):.1f}"
    row = f"| {name} | {means.mean():.1f} | {means.min():.1f} to {means.max():.1f} | {means.std():.1f} | {shares} |"
    print(row, flush=True)
    return row


if __name__ == "__main__":
    main()

"""Scores and labels in which likelihood and gradient are tried."""

from __future__ import annotations

import numpy as np
import torch
from steepest_grader.exercise.model import Case
from torch import Tensor

from steepest_exercises.empirical_risk.labels import CORNER, plain, rows
from steepest_exercises.inputs import normal


def scores(rng: np.random.Generator, n: int, k: int, scale: float = 2.0) -> Tensor:
    """Normal scores in float64."""
    return scale * normal(rng, n, k)


def labels(rng: np.random.Generator, n: int, k: int) -> Tensor:
    """At least two classes appear where there are two rows and two classes."""
    return torch.from_numpy((rng.permutation(n) + rng.integers(k)) % k)


def table(rng: np.random.Generator, output: str) -> list[Case]:
    """The cases of both exercises; `output` names what they return."""

    def extreme(*signs: tuple[int, ...]) -> Tensor:
        return 1e4 * torch.tensor(signs, dtype=torch.float64) + scores(rng, len(signs), len(signs[0]))

    wrong = extreme((1, -1, -1), (-1, -1, 1), (1, 1, -1))
    equal = torch.full((3, 4), float(rng.normal()), dtype=torch.float64)
    apart = extreme((1, 1, 1), (-1, -1, -1), (0, 0, 0), (-1, -1, -1))
    float32 = scores(rng, 5, 3).float()
    return [
        plain(output, "five rows, three classes", scores(rng, 5, 3), labels(rng, 5, 3)),
        plain(output, "as many rows as classes", scores(rng, 4, 4), labels(rng, 4, 4)),
        plain(output, "two classes", scores(rng, 7, 2), labels(rng, 7, 2)),
        plain(output, "scores of ±10 000, all wrong", wrong, torch.tensor([1, 0, 2])),
        plain(output, "scores of ±10 000, all right", wrong, torch.tensor([0, 2, 1])),
        plain(output, "rows near 10 000, −10 000 and 0", apart, labels(rng, 4, 3)),
        plain(output, "all scores near −10 000", extreme((-1, -1, -1), (-1, -1, -1)), torch.tensor([0, 2])),
        plain(output, "equal scores", equal, torch.tensor([0, 3, 1])),
        plain(output, "all labels the same", scores(rng, 4, 3), torch.full((4,), 1)),
        plain(output, "float32, non-contiguous", scores(rng, 3, 7).float().T, labels(rng, 7, 3)),
        plain(output, "float32, ninety rows", scores(rng, 90, 4).float(), labels(rng, 90, 4)),
        rows(output, "one-hot rows of whole numbers", scores(rng, 4, 3), labels(rng, 4, 3), torch.int64),
        rows(output, "one-hot rows of floats", scores(rng, 6, 4), labels(rng, 6, 4), torch.float64),
        rows(output, "one-hot rows of truth values", scores(rng, 5, 3), labels(rng, 5, 3), torch.bool),
        rows(output, "float32, one-hot rows in float64", float32, labels(rng, 5, 3), torch.float64),
        plain(output, "a single row", scores(rng, 1, 2), labels(rng, 1, 2), CORNER),
        plain(output, "a single class", scores(rng, 3, 1), torch.zeros(3, dtype=torch.int64), CORNER),
    ]

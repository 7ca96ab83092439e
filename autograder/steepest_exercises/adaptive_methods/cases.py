"""What the exercises of `06_adaptive_methods` share: cases of a method that accumulates, and hints."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Case

from steepest_exercises.inputs import Hyper, Start, stepper_case

UPHILL = "This climbs: the gradient points uphill, so the step is subtracted from theta."
STATE_KEPT = "The state that came in is returned. Return the new one, or the next step forgets this gradient."
INSIDE = (
    "eps stands inside the root. Where the root is small against eps, the steps are longer or shorter than the"
    " lesson's."
)
NO_EPS = "eps is not used. A weight whose gradients have all been 0 is then divided by 0 and becomes nan."
ONE_FOR_ALL = (
    "All weights share one sum, so they share one rate. Square and add entry by entry: each weight has its own"
    " scale, and that is the point of the method."
)
COUNT_KEPT = "t is returned as it came, so every step is corrected as if it were the first. Return t + 1."
ADDED_UP = "The squares are added up without end, as in AdaGrad. Let the old average fade by rho2."
LATE_COUNT = (
    "The correction counts one step too few. t is the number of steps already taken, so the first call sees 0"
    " and must correct by 1 - rho**1."
)


def accumulating_cases(
    rng: np.random.Generator,
    *,
    start: Start,
    moving: Start,
    usual: Hyper,
    changing: Sequence[Hyper],
    small: float = 1e-8,
) -> Sequence[Case]:
    """Cases of a method that divides by what it has accumulated, with ε."""
    tiny = {**usual, "eps": small}
    scales = torch.logspace(-3, 2, 6, dtype=torch.float64)
    silent = torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    return [
        stepper_case(rng, "from the start", start, [usual] * 3),
        stepper_case(rng, "already under way", moving, [usual] * 2),
        stepper_case(rng, "gradients of very different scale", start, [tiny] * 3, shape=(6,), scale=scales),
        stepper_case(rng, "a weight whose gradient is always 0", start, [tiny] * 2, scale=silent),
        stepper_case(rng, "a large eps", start, [{**usual, "eps": 0.5}] * 3),
        stepper_case(rng, "the hyperparameters change between steps", moving, changing, shape=(3,)),
        stepper_case(rng, "a non-contiguous matrix of parameters", start, [usual] * 2, shape=(3, 2), turned=True),
        stepper_case(rng, "float32", start, [usual] * 2, shape=(5,), dtype=torch.float32, slack=10),
    ]

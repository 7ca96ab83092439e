"""What the exercises of `06_adaptive_methods` share: cases of a method that accumulates, slips and hints."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from steepest_grader.exercise.model import Case, Mistake
from torch import Tensor

from steepest_exercises.inputs import Hyper, Start, State, Step, normal, stepper_case

UPHILL = "This climbs: theta goes uphill. The gradient points uphill, so theta has to move the other way."
STATE_KEPT = (
    "The state comes back with the values that it came in with. Return the new ones, or this gradient has no part in"
    " the next step."
)
INSIDE = (
    "eps stands inside the root. Where the root is small against eps, the steps are longer or shorter than the"
    " lesson's."
)
NO_EPS = (
    "The result does not depend on eps; a constant in its place looks much the same. Add eps to what stands below the"
    " fraction line, so that the divisor is never 0."
)
EPS_ASIDE = (
    "eps stands beside the quotient and not below the fraction line. Add it to what the step is divided by, and look"
    " at the brackets."
)
ONE_FOR_ALL = (
    "A number made of all weights stands where each weight should have its own. Work entry by entry: each weight has"
    " its own scale, and that is the point of the method."
)
COUNT_KEPT = "t comes back as it came in. Return t + 1: the next call has to know how many steps were taken."
ADDED_UP = (
    "The squares are added up and do not fade, as in AdaGrad. The old average counts with rho2, the new square with 1"
    " - rho2."
)
LATE_COUNT = (
    "The correction counts one step too few. t is the number of steps already taken, so the first call sees 0"
    " and must correct by 1 - rho**1."
)
EARLY_COUNT = (
    "The correction counts one step too many: the first call sees t = 0 and is step 1, so it corrects by 1 - rho**1."
)
FIRST_STEPS = (
    "Only the first steps are corrected. The weights of an average sum to 1 - rho**k at every step k: divide by it"
    " always; it tends to 1 by itself."
)
POWER_MISSING = (
    "A correction is the same in every step, as if each were the first. In step k it is 1 - rho**k: the power is the"
    " number of the step."
)
PRODUCT = "rho is multiplied by the number of the step. It is raised to that power: 1 - rho**k."
STARTED = (
    "In the first step an average takes the whole first value. It starts at 0 and takes in that value, like every"
    " other, with weight 1 - rho."
)
SIGN = "Only the sign of the gradient is scaled and becomes the step. The whole gradient belongs there, with its size."
ROOT_KEPT = (
    "A root goes back into the state, where the sum or the average of squares belongs. Take the root for the step only."
)
CORRECTED = "A corrected average goes back into the state. The next step has to go on from the uncorrected one."
RHOS_EXCHANGED = (
    "rho1 or rho2 stands where the other belongs: rho1 goes with the gradients, rho2 with their squares or sizes."
)


def accumulating_cases(
    rng: np.random.Generator,
    *,
    start: Start,
    usual: Hyper,
    changing: Sequence[Hyper],
    small: float = 1e-8,
    slack: float = 1.0,
    length: int = 5,
) -> list[Case]:
    """Cases of a method that divides by what it has accumulated, with ε; all run from the state it starts with."""
    tiny = {**usual, "eps": small}
    scales = torch.logspace(-3, 2, 6, dtype=torch.float64)
    silent = torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=torch.float64)
    return [
        stepper_case(rng, "a single step", start, [usual], slack=slack),
        stepper_case(rng, "from the start", start, [usual] * 3, slack=slack),
        stepper_case(rng, f"a run of {length} steps", start, [usual] * length, shape=(3,), slack=slack),
        stepper_case(
            rng, "gradients of very different scale", start, [tiny] * 3, shape=(6,), scale=scales, slack=slack
        ),
        stepper_case(rng, "a weight whose gradient is always 0", start, [tiny] * 2, scale=silent, slack=slack),
        stepper_case(rng, "a large eps", start, [{**usual, "eps": 0.5}] * 3, slack=slack),
        stepper_case(rng, "the hyperparameters change between steps", start, changing, shape=(3,), slack=slack),
        stepper_case(
            rng, "a non-contiguous matrix of parameters", start, [usual] * 2, shape=(3, 2), turned=True, slack=slack
        ),
        stepper_case(rng, "float32", start, [usual] * 2, shape=(5,), dtype=torch.float32, slack=10),
    ]


def later_case(rng: np.random.Generator, step: Step, hyper: Hyper, *, slack: float, taken: int = 20) -> Case:
    """A run of a method with `s`, `r` and `t` that is taken up where another has left it: it tells what is wrong at the
    start alone from what goes on being wrong."""
    theta = normal(rng, 4)
    state: State = {"s": torch.zeros_like(theta), "r": torch.zeros_like(theta), "t": 0}
    for _ in range(taken):
        theta, state = step(theta, normal(rng, 4), state, **hyper)
    steps = [{"grad": normal(rng, 4), **hyper} for _ in range(2)]
    return Case(f"after {taken} steps", {"theta": theta, "state": state, "steps": steps}, "stepper", slack)


def falling_silent(case: Case, mask: Tensor) -> Case:
    """The same run, in which the gradients at the zeros of a mask are 0 from the second step on."""
    first, *later = case.inputs["steps"]
    steps = [first, *({**step, "grad": step["grad"] * mask} for step in later)]
    return replace(case, inputs={**case.inputs, "steps": steps})


def outside(r: Tensor, eps: float) -> Tensor:
    """The root of a mean or sum of squares, and ε."""
    return r.sqrt() + eps


def inside(r: Tensor, eps: float) -> Tensor:
    """The same with ε inside."""
    return (r + eps).sqrt()


def no_root(r: Tensor, eps: float) -> Tensor:
    """The squares themselves."""
    return r + eps


def no_eps(r: Tensor, eps: float) -> Tensor:
    """The root alone."""
    return r.sqrt()


def started_at_the_first(old: Tensor, blended: Tensor, new: Tensor) -> Tensor:
    """What an average becomes that is set to the first value it sees."""
    return torch.where(old == 0, new, blended)


def change_of(step: Step, sign: float = 1.0) -> Step:
    """The method, returning how far it moves in the place of where to."""

    def moved(theta: Tensor, grad: Tensor, state: State, **hyper: float) -> tuple[Tensor, State]:
        new, kept = step(theta, grad, state, **hyper)
        return sign * (new - theta), kept

    return moved


def unmoved(step: Step) -> Step:
    """The method, returning the point as it came, with the new state."""

    def stays(theta: Tensor, grad: Tensor, state: State, **hyper: float) -> tuple[Tensor, State]:
        return theta, step(theta, grad, state, **hyper)[1]

    return stays


def careless(step: Step) -> list[Mistake]:
    """Slips that can be made in any stepper."""
    return [
        Mistake(
            "change_returned",
            change_of(step),
            "What comes back is how far theta moves, not the new point. Return where theta stands after the step.",
            0.25,
            forms=[change_of(step, -1.0)],
        ),
        Mistake(
            "theta_returned_as_it_came",
            unmoved(step),
            "theta comes back as it was given, and only the state is new. Return the point after the step.",
            0.25,
        ),
    ]


def until(last: int, correction: Callable[..., float]) -> Callable[..., float]:
    """A correction that is made in the first steps only."""
    return lambda *given: correction(*given) if given[-1] <= last else 1.0

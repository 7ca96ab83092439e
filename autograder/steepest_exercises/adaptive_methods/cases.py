"""What the exercises of `06_adaptive_methods` share: cases of a method that accumulates, slips and hints."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Case, Mistake
from torch import Tensor

from steepest_exercises.inputs import Hyper, Start, State, Step, stepper_case

UPHILL = "This climbs: the gradient points uphill, so the step is subtracted from theta."
STATE_KEPT = "The state that came in is returned. Return the new one, or the next step forgets this gradient."
INSIDE = (
    "eps stands inside the root. Where the root is small against eps, the steps are longer or shorter than the"
    " lesson's."
)
NO_EPS = "eps is not used. A weight whose gradients have all been 0 is then divided by 0 and becomes nan."
EPS_ASIDE = (
    "eps is added to the quotient and not to what stands below it. Put brackets round the root and eps, or a weight"
    " whose gradients have all been 0 is still divided by 0."
)
ONE_FOR_ALL = (
    "All weights share one number to divide by, so they share one rate. Square and collect entry by entry: each weight"
    " has its own scale, and that is the point of the method."
)
COUNT_KEPT = "t is returned as it came, so every step is corrected as if it were the first. Return t + 1."
ADDED_UP = "The squares are added up without end, as in AdaGrad. Let the old average fade by rho2."
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
POWER_MISSING = "Every step is corrected by 1 - rho, as only the first should be. The power is the number of the step."
PRODUCT = "rho is multiplied by the number of the step. It is raised to that power: 1 - rho**k."
STARTED = (
    "In the first step the average is set to the first value. It starts at 0, like every state here, and takes in the"
    " first value with weight 1 - rho."
)
SIGN = "The gradient's sign stands in the step, and its size is lost. The whole gradient is divided by the root."
ROOT_KEPT = (
    "The root goes back into the state, where squares are kept. Store what stands under the root; take the root for"
    " the step only."
)
CORRECTED = (
    "The corrected average goes back into the state, so the next step corrects it again. The recursion goes on with the"
    " uncorrected one."
)
RHOS_EXCHANGED = "rho1 and rho2 are exchanged: rho1 belongs to the gradients, rho2 to their squares or sizes."


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
            "The change of theta is returned, not the new point. Add it to the theta that came in.",
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

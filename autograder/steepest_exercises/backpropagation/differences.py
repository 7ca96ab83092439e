"""Exercise `numerical_gradient` of `08_backpropagation`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.backpropagation import reference
from steepest_exercises.inputs import normal

Objective = Callable[[Tensor], Tensor]
Numerical = Callable[..., Any]
SLACK = 20.0  # what a difference loses of its digits


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        *shape: int,
        eps: float,
        dtype: torch.dtype = torch.float64,
        corner: float = 0.0,
        size: float = 0.4,
    ) -> Case:
        n = int(np.prod(shape))
        matrix, shift = normal(rng, n + 2, n) * 0.28 / size, normal(rng, n + 2) / 2
        f = Named("tanh_energy", {"matrix": matrix.to(dtype), "shift": shift.to(dtype), "shape": list(shape)})
        x = (size * (1 + normal(rng, *shape).abs())).to(dtype)
        inputs = {"args": [f, x], "kwargs": {"eps": eps}, "outputs": ["the gradient"]}
        return Case(name, inputs, slack=SLACK, corner=corner)

    return [
        case("three parameters", 3, eps=1e-2),
        case("seven parameters", 7, eps=1e-2),
        case("a small step", 4, eps=1e-3),
        case("a wide step", 5, eps=0.3),
        case("entries above 1", 4, eps=0.05, size=1.2),
        case("a matrix of parameters", 2, 3, eps=1e-2),
        case("three axes", 2, 1, 3, eps=0.03),
        case("one parameter", 1, eps=0.1),
        case("float32", 5, eps=0.1, dtype=torch.float32),
        case("a parameter without axes", eps=0.05, corner=0.1),
    ]


def _entry_by_entry(f: Objective, x: Tensor, *, eps: float) -> Tensor:
    gradient = torch.zeros_like(x)
    for place in range(x.numel()):
        high, low = x.clone(), x.clone()
        high.view(-1)[place] += eps
        low.view(-1)[place] -= eps
        gradient.view(-1)[place] = (f(high) - f(low)) / (2 * eps)
    return gradient


def _one_copy(f: Objective, x: Tensor, *, eps: float) -> Tensor:
    moved = x.clone().reshape(-1)
    slopes = []
    for place in range(len(moved)):
        old = moved[place].item()
        moved[place] = old + eps
        high = float(f(moved.reshape(x.shape)))
        moved[place] = old - eps
        low = float(f(moved.reshape(x.shape)))
        moved[place] = old
        slopes.append((high - low) / (2 * eps))
    return torch.tensor(slopes, dtype=x.dtype, device=x.device).reshape(x.shape)


def _by_index(f: Objective, x: Tensor, *, eps: float) -> Tensor:
    gradient = torch.empty_like(x)
    for place in np.ndindex(*x.shape):
        nudge = torch.zeros_like(x)
        nudge[place] = eps
        gradient[place] = 0.5 * (f(x + nudge) - f(x - nudge)) / eps
    return gradient


def _mean_of_two_sides(f: Objective, x: Tensor, *, eps: float) -> Tensor:
    here, slopes = f(x), []
    for nudge in _nudges(x, eps):
        slopes.append(((f(x + nudge) - here) / eps + (here - f(x - nudge)) / eps) / 2)
    return torch.stack(slopes).reshape(x.shape)


def _nudges(x: Tensor, eps: float) -> list[Tensor]:
    return [row.reshape(x.shape) for row in eps * torch.eye(x.numel(), dtype=x.dtype, device=x.device)]


def _differences(
    quotient: Callable[[Tensor, Tensor, Tensor, float], Tensor] = lambda high, low, here, eps: (high - low) / (2 * eps),
    *,
    width: Callable[[Tensor, float], Any] = lambda x, eps: eps,
    give: Callable[[Tensor, Tensor], Any] = lambda slopes, x: slopes.reshape(x.shape),
) -> Numerical:
    """The quotient of `(f(x + h), f(x − h), f(x), ε)`, entry by entry, with steps h of a width of their own."""

    def gradient(f: Objective, x: Tensor, *, eps: float) -> Any:
        widths = (torch.zeros_like(x) + width(x, eps)).reshape(-1)
        slopes = []
        for nudge, own in zip(_nudges(x, 1.0), widths, strict=True):
            high, low = f(x + own * nudge), f(x - own * nudge)
            slopes.append(quotient(high, low, f(x), eps))
        return give(torch.stack(slopes), x)

    return gradient


def _exact(f: Objective, x: Tensor, *, eps: float) -> Tensor:
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        (gradient,) = torch.autograd.grad(f(leaf), leaf)
    return gradient


def _all_at_once(sides: int) -> Numerical:
    """One nudge for all entries."""

    def gradient(f: Objective, x: Tensor, *, eps: float) -> Tensor:
        low = f(x - eps) if sides == 2 else f(x)
        return torch.full_like(x, float((f(x + eps) - low) / (sides * eps)))

    return gradient


def _never_moved_back(back: float) -> Numerical:
    """One copy is nudged entry after entry, and what has been nudged stays, or comes back by so many steps."""

    def gradient(f: Objective, x: Tensor, *, eps: float) -> Tensor:
        moved, slopes = x.clone().reshape(-1), []
        for place in range(len(moved)):
            moved[place] += eps
            high = f(moved.reshape(x.shape))
            moved[place] -= 2 * eps
            slopes.append((high - f(moved.reshape(x.shape))) / (2 * eps))
            moved[place] += back * eps
        return torch.stack(slopes).reshape(x.shape)

    return gradient


def _growing_nudge(f: Objective, x: Tensor, *, eps: float) -> Tensor:
    """One nudge for all places, in which what has been set stays."""
    nudge, slopes = torch.zeros_like(x).reshape(-1), []
    for place in range(len(nudge)):
        nudge[place] = eps
        step = nudge.reshape(x.shape)
        slopes.append((f(x + step) - f(x - step)) / (2 * eps))
    return torch.stack(slopes).reshape(x.shape)


def _from_the_moved(f: Objective, x: Tensor, *, eps: float) -> Tensor:
    """The low side is one step down from the high one, which is where it began."""
    moved, slopes = x.clone().reshape(-1), []
    for place in range(len(moved)):
        moved[place] += eps
        high = f(moved.reshape(x.shape))
        moved[place] -= eps
        slopes.append((high - f(moved.reshape(x.shape))) / (2 * eps))
    return torch.stack(slopes).reshape(x.shape)


def _first_alone(f: Objective, x: Tensor, *, eps: float) -> Tensor:
    gradient = torch.zeros_like(x)
    gradient.reshape(-1)[0] = reference.numerical_gradient(f, x, eps=eps).reshape(-1)[0]
    return gradient


def _last_left_out(f: Objective, x: Tensor, *, eps: float) -> Tensor:
    gradient = reference.numerical_gradient(f, x, eps=eps)
    gradient.reshape(-1)[-1] = 0
    return gradient


def _along_the_first_axis(f: Objective, x: Tensor, *, eps: float) -> Tensor:
    """Nudges whole rows."""
    gradient = torch.zeros_like(x)
    for row in range(len(x)):
        nudge = torch.zeros_like(x)
        nudge[row] = eps
        gradient[row] = (f(x + nudge) - f(x - nudge)) / (2 * eps)
    return gradient


def _as_a_row(f: Objective, x: Tensor, *, eps: float) -> Tensor:
    """f gets one row, whatever the shape of x."""
    row: Tensor = reference.numerical_gradient(f, x.reshape(-1), eps=eps).reshape(x.shape)
    return row


def _own_step(width: float) -> Numerical:
    """A step of its own, and in float32 one that is not lost in rounding."""

    def gradient(f: Objective, x: Tensor, *, eps: float) -> Tensor:
        return reference.numerical_gradient(f, x, eps=width if x.dtype == torch.float64 else max(width, 1e-2))

    return gradient


NUMERICAL_GRADIENT = Exercise(
    id="numerical_gradient",
    reference=reference.numerical_gradient,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("entry_by_entry", _entry_by_entry),
        Accepted("one_copy_restored", _one_copy),
        Accepted("by_index", _by_index),
        Accepted("mean_of_two_sides", _mean_of_two_sides),
        Accepted("steps_in_a_row", _differences()),
    ],
    mistakes=[
        Mistake(
            "one_sided",
            _differences(lambda high, low, here, eps: (high - here) / eps),
            "This is a difference to one side. Its error falls like ε, that of the central one like ε²: take "
            "f(x + ε) − f(x − ε), divided by 2ε.",
            0.5,
            forms=[_differences(lambda high, low, here, eps: (here - low) / eps)],
        ),
        Mistake(
            "one_sided_over_two_steps",
            _differences(lambda high, low, here, eps: (high - here) / (2 * eps)),
            "The difference reaches from x to x + ε, and is divided by 2ε. Take the lower value at x − ε: whoever adds "
            "ε in place must take 2ε away again.",
            0.25,
            forms=[_from_the_moved, _differences(lambda high, low, here, eps: (here - low) / (2 * eps))],
        ),
        Mistake(
            "eps_not_two",
            _differences(lambda high, low, here, eps: (high - low) / eps),
            "Twice too large: between x − ε and x + ε lie two steps, so divide by 2ε.",
            0.5,
        ),
        Mistake(
            "half_a_step",
            _differences(width=lambda x, eps: eps / 2),
            "The points lie ε/2 to each side, but it is divided by 2ε. Move by ε to each side.",
            0.5,
        ),
        Mistake(
            "eps_is_the_whole_width",
            _differences(lambda high, low, here, eps: (high - low) / eps, width=lambda x, eps: eps / 2),
            "The points lie ε/2 to each side. Here ε is the step to each side, so that they are 2ε apart.",
            0.5,
            forms=[
                _differences(lambda high, low, here, eps: (high - low) / (4 * eps), width=lambda x, eps: 2 * eps),
            ],
        ),
        Mistake(
            "division_before_the_brackets",
            _differences(lambda high, low, here, eps: (high - low) / 2 * eps),
            "`/ 2 * eps` divides by 2 and then multiplies by ε, and `/ eps * 2` the other way round: what stands "
            "behind the `*` is not below the line. Write `/ (2 * eps)`.",
            0.25,
            forms=[_differences(lambda high, low, here, eps: (high - low) / eps * 2)],
        ),
        Mistake(
            "one_value_divided",
            _differences(lambda high, low, here, eps: high - low / (2 * eps)),
            "Only the second value is divided. Brackets belong around the difference: (f(x + ε) − f(x − ε)) / (2 ε).",
            0.25,
            forms=[_differences(lambda high, low, here, eps: high - low / eps)],
        ),
        Mistake(
            "divided_by_the_square",
            _differences(lambda high, low, here, eps: (high - low) / (2 * eps) ** 2),
            "It is divided by the square of the width. The square belongs to a second derivative: divide by 2ε.",
            0.25,
            forms=[
                _differences(lambda high, low, here, eps: (high - low) / eps**2),
                _differences(lambda high, low, here, eps: (high - low) / (2 * eps**2)),
            ],
        ),
        Mistake(
            "not_divided",
            _differences(lambda high, low, here, eps: high - low),
            "This is how far f moves, not how fast: divide by the width 2ε.",
            0.25,
            forms=[_differences(lambda high, low, here, eps: (high - low) / 2)],
        ),
        Mistake(
            "moves_all",
            _all_at_once(2),
            "All entries are moved at once, which gives one number, the sum of all slopes. Move a single entry at a "
            "time and leave the others where they are.",
            forms=[_all_at_once(1)],
        ),
        Mistake(
            "never_moved_back",
            _never_moved_back(0.0),
            "An entry that has been moved is not brought back before the next one is tried, so only the first slope is "
            "taken at x.",
            0.5,
            forms=[_never_moved_back(2.0)],
        ),
        Mistake(
            "nudge_not_set_back",
            _growing_nudge,
            "The nudge keeps the entries that were set before, so that every slope but the first is taken along "
            "several entries at once. Begin each nudge with zeros.",
            0.5,
        ),
        Mistake(
            "rows_at_once",
            _along_the_first_axis,
            "Right for a vector, but of a matrix whole rows are moved. Move one entry at a time, whatever the shape: "
            "flatten a copy, or walk over all indices.",
            0.5,
        ),
        Mistake(
            "flattened",
            _differences(give=lambda slopes, x: slopes),
            "The slopes are right, but in one row. Give them the shape of x.",
            0.5,
        ),
        Mistake(
            "summed",
            _differences(give=lambda slopes, x: slopes.sum()),
            "The slopes are added to one number, or averaged. The gradient has an entry for each entry of x.",
            0.25,
            forms=[
                _differences(give=lambda slopes, x: slopes.mean()),
                _differences(give=lambda slopes, x: slopes.norm()),
            ],
        ),
        Mistake(
            "relative_step",
            _differences(width=lambda x, eps: eps * x.abs()),
            "The step is ε times the entry, but it is divided by 2ε. Move by ε itself; a step that follows the size of "
            "x must stand in the denominator as well.",
            0.25,
            forms=[
                _differences(width=lambda x, eps: eps * x),
                _differences(width=lambda x, eps: eps * x.abs().clamp(min=1.0)),
            ],
        ),
        Mistake(
            "scaled_entries",
            _differences(width=lambda x, eps: eps * x, give=lambda slopes, x: slopes.reshape(x.shape) / x),
            "The entries are multiplied by 1 ± ε instead of moved by ±ε. That is a sound difference with a step of "
            "its own for each entry, and of no use where an entry is 0.",
            0.5,
        ),
        Mistake(
            "second_difference",
            _differences(lambda high, low, here, eps: (high - 2 * here + low) / eps**2),
            "This is the second difference, a curvature. The slope is (f(x + ε) − f(x − ε))/2ε.",
        ),
        Mistake(
            "sum_of_the_sides",
            _differences(lambda high, low, here, eps: (high + low) / (2 * eps)),
            "The two values are added. A slope is a difference.",
        ),
        Mistake(
            "sides_exchanged",
            _differences(lambda high, low, here, eps: (low - high) / (2 * eps)),
            "The sign is reversed: f(x + ε) − f(x − ε).",
            0.5,
        ),
        Mistake(
            "sizes_of_the_slopes",
            _differences(lambda high, low, here, eps: (high - low).abs() / (2 * eps)),
            "The signs are lost. A slope is negative where f falls.",
            0.25,
        ),
        Mistake(
            "autograd",
            _exact,
            "This is more exact than a difference of this width can be: it comes from autograd, or from a tiny step of "
            "its own. A check must not lean on what it checks: use values of f alone, at x + ε and x − ε.",
            0.25,
            forms=[_own_step(1e-5)],
        ),
        Mistake(
            "own_step",
            _own_step(1e-3),
            "The step is a number of its own, and eps has no part in it. Move by the eps that is given.",
            0.5,
            forms=[_own_step(1e-2), _own_step(0.1)],
        ),
        Mistake(
            "first_entry_alone",
            _first_alone,
            "Only the first entry has a slope, and the others are 0. Does the loop return too early?",
            0.25,
        ),
        Mistake(
            "last_entry_left_out",
            _last_left_out,
            "All is right but the last entry, which is 0: the loop ends one entry too early.",
            0.5,
        ),
        Mistake(
            "higher_order",
            _differences(lambda high, low, here, eps: (high - low) / (2 * eps) * 4 / 3),
            "There is a factor on the central difference. It is (f(x + ε) − f(x − ε))/2ε and no more.",
            0.5,
            forms=[
                lambda f, x, *, eps: (
                    (4 * reference.numerical_gradient(f, x, eps=eps) - reference.numerical_gradient(f, x, eps=2 * eps))
                    / 3
                ),
            ],
        ),
        Mistake(
            "row_handed_to_f",
            _as_a_row,
            "f is called with x as one row. It takes tensors of the shape of x: turn the moved copy back to x.shape "
            "before f is called.",
            0.5,
        ),
    ],
    equivalent={reasons.ONLY_THE_SHAPE: ["gradient = torch.ones_like(x)"]},
)

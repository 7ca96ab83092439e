"""Exercise `elastic_net_step` of `10_regularization`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import normal
from steepest_exercises.regularization import reference
from steepest_exercises.regularization.penalty import far_from_zero

Step = Callable[..., Tensor]
Rule = Callable[[Tensor, Tensor, float, float, float], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str, *shape: int, lr: float, l1: float, l2: float, corner: float = 0.0, dtype: torch.dtype = torch.float64
    ) -> Case:
        """Weights and gradients of which some stop at 0 and the others do not, at every rate."""
        landing = (lr * l1 or 0.1) * far_from_zero(rng, *shape) * torch.from_numpy(rng.choice([0.4, 2.5], shape))
        grad = normal(rng, *shape) + far_from_zero(rng, *shape)
        theta = (landing + lr * grad).to(dtype)
        hyper = {"lr": lr, "l1": l1, "l2": l2}
        return Case(
            name, {"args": [theta, grad.to(dtype)], "kwargs": hyper, "outputs": ["the new point"]}, corner=corner
        )

    def turned(case: Case) -> Case:
        args = [value.T for value in case.inputs["args"]]
        return Case(case.name, {**case.inputs, "args": args}, corner=case.corner)

    def resting(case: Case) -> Case:
        """The first weight is 0 and has no gradient."""
        args = [value * (torch.arange(len(value)) > 0) for value in case.inputs["args"]]
        return Case(case.name, {**case.inputs, "args": args}, corner=case.corner)

    drawn = rng.uniform
    already = case("weights that are 0 already", 8, lr=0.2, l1=drawn(0.6, 1.2), l2=drawn(0.4, 0.8))
    theta, grad = already.inputs["args"]
    silent = torch.tensor([1.0, 0, 1, 0, 1, 0, 0, 1], dtype=torch.float64)
    return [
        case("both penalties", 10, lr=0.3, l1=drawn(0.5, 1), l2=drawn(0.6, 1.2)),
        case("a small rate", 8, lr=0.05, l1=drawn(1, 2), l2=drawn(2, 4)),
        case("a large rate", 8, lr=1.7, l1=drawn(0.3, 0.6), l2=drawn(0.5, 0.9)),
        case("a strong L2", 8, lr=0.4, l1=drawn(0.4, 0.8), l2=drawn(3, 5)),
        case("L1 alone", 8, lr=0.3, l1=drawn(0.5, 1), l2=0.0, corner=0.1),
        case("L2 alone", 6, lr=0.3, l1=0.0, l2=drawn(0.6, 1.2), corner=0.1),
        resting(case("neither", 5, lr=0.3, l1=0.0, l2=0.0, corner=0.1)),
        Case(already.name, {**already.inputs, "args": [theta * silent, grad]}),
        turned(case("a non-contiguous matrix", 4, 3, lr=0.2, l1=drawn(0.6, 1.2), l2=drawn(0.4, 0.8))),
        case("float32", 8, lr=0.3, l1=drawn(0.5, 1), l2=drawn(0.6, 1.2), dtype=torch.float32),
    ]


def _soft(x: Tensor, threshold: float) -> Tensor:
    return x.sign() * torch.clamp(x.abs() - threshold, min=0)


def _step(rule: Rule) -> Step:
    """`rule(θ, g, η, l1, l2)`."""

    def elastic_net_step(theta: Tensor, grad: Tensor, *, lr: float, l1: float, l2: float) -> Tensor:
        return rule(theta, grad, lr, l1, l2)

    return elastic_net_step


def _both(
    after: Callable[[Tensor, Tensor, float, float], Tensor],
    divisor: Callable[[float, float], float] = lambda lr, l2: 1 + lr * l2,
) -> Step:
    """`after(θ, g, η, l1)`, shrunk by a divisor of η and l2."""

    def elastic_net_step(theta: Tensor, grad: Tensor, *, lr: float, l1: float, l2: float) -> Tensor:
        return after(theta, grad, lr, l1) / divisor(lr, l2)

    return elastic_net_step


def _everywhere(after: Callable[[Tensor, Tensor, float, float], Tensor]) -> list[Step]:
    """The same slip with L2 in the gradient, and with L2 that has no ½."""

    def in_the_gradient(theta: Tensor, grad: Tensor, *, lr: float, l1: float, l2: float) -> Tensor:
        return after(theta, grad + l2 * theta, lr, l1)

    def without_half(theta: Tensor, grad: Tensor, *, lr: float, l1: float, l2: float) -> Tensor:
        return after(theta, grad, lr, l1) / (1 + 2 * lr * l2)

    return [in_the_gradient, without_half]


def _taught(theta: Tensor, grad: Tensor, lr: float, l1: float) -> Tensor:
    return _soft(theta - lr * grad, lr * l1)


def _one_by_one(theta: Tensor, grad: Tensor, *, lr: float, l1: float, l2: float) -> Tensor:
    moved = []
    for weight, slope in zip(theta.reshape(-1).tolist(), grad.reshape(-1).tolist(), strict=True):
        free = weight - lr * slope
        rest = max(abs(free) - lr * l1, 0.0) / (1 + lr * l2)
        moved.append(rest if free > 0 else -rest)
    return torch.tensor(moved, dtype=theta.dtype).reshape(theta.shape)


def _subgradient(theta: Tensor, grad: Tensor, lr: float, l1: float) -> Tensor:
    return theta - lr * (grad + l1 * theta.sign())


def _hard(theta: Tensor, grad: Tensor, lr: float, l1: float) -> Tensor:
    free = theta - lr * grad
    return torch.where(free.abs() > lr * l1, free, 0.0).to(theta.dtype)


ELASTIC_NET_STEP = Exercise(
    id="elastic_net_step",
    reference=reference.elastic_net_step,
    cases=_cases,
    points=2,
    companions={"soft_threshold": reference.soft_threshold},
    accepted=[
        Accepted("threshold_then_shrink", _both(_taught)),
        Accepted("one_by_one", _one_by_one),
        Accepted(
            "shrink_then_threshold",
            _step(lambda w, g, lr, l1, l2: _soft((w - lr * g) / (1 + lr * l2), lr * l1 / (1 + lr * l2))),
        ),
        Accepted(
            "l2_in_the_gradient",
            _step(lambda w, g, lr, l1, l2: _soft(w - lr * (g + l2 * w), lr * l1)),
            "the smooth penalty goes into the gradient, and the proximal step is that of L1 alone. It has the same "
            "point of rest; for large lr * l2 the lesson's form stays stable where this one does not.",
        ),
        Accepted(
            "l2_without_half",
            _both(_taught, lambda lr, l2: 1 + 2 * lr * l2),
            "the penalty is l2 times the sum of squares, without the ½, as on the lecture's slide. Your l2 does what "
            "twice as large a one does in the lesson.",
        ),
        Accepted(
            "l2_without_half_in_the_gradient",
            _step(lambda w, g, lr, l1, l2: _soft(w - lr * (g + 2 * l2 * w), lr * l1)),
            "the penalty is l2 times the sum of squares, without the ½, and its slope goes into the gradient. Your "
            "l2 does what twice as large a one does in the lesson.",
        ),
    ],
    mistakes=[
        Mistake(
            "threshold_without_rate",
            _both(lambda w, g, lr, l1: _soft(w - lr * g, l1)),
            "The threshold is l1 whatever the rate. A step goes lr down the slope, so the pull l1 moves a weight by "
            "lr * l1.",
            0.25,
            forms=_everywhere(lambda w, g, lr, l1: _soft(w - lr * g, l1)),
        ),
        Mistake(
            "subgradient",
            _step(lambda w, g, lr, l1, l2: w - lr * (g + l1 * w.sign() + l2 * w)),
            "The slope l1 * sign(θ) is subtracted, so a weight jumps over 0 and back and is never exactly 0. Take the "
            "gradient step first, and soft-threshold where it lands.",
            0.25,
            forms=[_both(_subgradient), _step(lambda w, g, lr, l1, l2: w - lr * (g + l1 * w.sign() + 2 * l2 * w))],
        ),
        Mistake(
            "beyond_zero",
            _both(lambda w, g, lr, l1: (w - lr * g) - lr * l1 * (w - lr * g).sign()),
            "Weights near 0 are pushed through it. The threshold stops them: max(|z| - lr * l1, 0).",
            0.5,
            forms=_everywhere(lambda w, g, lr, l1: (w - lr * g) - lr * l1 * (w - lr * g).sign()),
        ),
        Mistake(
            "shrunk_before_the_threshold",
            _step(lambda w, g, lr, l1, l2: _soft((w - lr * g) / (1 + lr * l2), lr * l1)),
            "The division comes before the threshold. The minimum of ½(u - z)² + lr(l1|u| + ½l2 u²) thresholds z "
            "first, and divides what is left.",
            0.5,
            forms=[_step(lambda w, g, lr, l1, l2: _soft((w - lr * g) / (1 + 2 * lr * l2), lr * l1))],
        ),
        Mistake(
            "threshold_divided_too",
            _step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * l1 / (1 + lr * l2)) / (1 + lr * l2)),
            "The threshold is divided by 1 + lr * l2, and so is what it leaves. Either threshold by lr * l1 and divide "
            "the result, or divide the point and the threshold first.",
            0.5,
            forms=[_step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * l1 / (1 + lr * l2)))],
        ),
        Mistake(
            "gradient_thresholded",
            _both(lambda w, g, lr, l1: w - lr * _soft(g, l1)),
            "The gradient is thresholded and not the point where the step lands: small gradients are dropped, and no "
            "weight becomes 0. First θ - lr * grad, then the threshold.",
            0.25,
            forms=[
                _both(lambda w, g, lr, l1: w - lr * _soft(g, lr * l1)),
                _step(lambda w, g, lr, l1, l2: w - lr * (_soft(g, l1) + l2 * w)),
                _step(lambda w, g, lr, l1, l2: w - _soft(lr * (g + l2 * w), lr * l1)),
            ],
        ),
        Mistake(
            "l2_halved",
            _both(_taught, lambda lr, l2: 1 + lr * l2 / 2),
            "l2 counts half. The ½ stands before the square, ½l2 u², so that the slope is l2 u: the divisor is "
            "1 + lr * l2.",
            0.5,
            forms=[_step(lambda w, g, lr, l1, l2: _soft(w - lr * (g + l2 / 2 * w), lr * l1))],
        ),
        Mistake(
            "corrected_as_naive",
            _both(_taught, lambda lr, l2: (1 + lr * l2) / (1 + l2)),
            "The result is multiplied by 1 + l2, as Zou and Hastie do once at the end of a whole fit. A step does not.",
            0.5,
        ),
        Mistake(
            "threshold_of_the_old_point",
            _both(lambda w, g, lr, l1: _soft(w, lr * l1) - lr * g),
            "The old point is thresholded and then moved by the gradient, so that nothing ends at 0. Gradient first.",
            0.25,
            forms=[
                *_everywhere(lambda w, g, lr, l1: _soft(w, lr * l1) - lr * g),
                _step(lambda w, g, lr, l1, l2: _soft(w, lr * l1) / (1 + lr * l2) - lr * g),
            ],
        ),
        Mistake(
            "l2_twice",
            _step(lambda w, g, lr, l1, l2: _soft(w - lr * (g + l2 * w), lr * l1) / (1 + lr * l2)),
            "L2 is applied twice: in the gradient and in the divisor, or as a square. Once is enough.",
            0.5,
            forms=[_both(_taught, lambda lr, l2: (1 + lr * l2) ** 2)],
        ),
        Mistake(
            "gradient_forgotten",
            _both(lambda w, g, lr, l1: _soft(w, lr * l1)),
            "The gradient has no part in the result: only the penalties act. Start from θ - lr * grad.",
            0.25,
            forms=_everywhere(lambda w, g, lr, l1: _soft(w + 0 * g, lr * l1))[1:],
        ),
        Mistake(
            "multiplied_by_one_minus",
            _step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * l1) * (1 - lr * l2)),
            "It is multiplied by 1 - lr * l2, which is nearly 1/(1 + lr * l2) for small rates, and negative for large "
            "ones. The minimum of the proximal step divides.",
            0.5,
            forms=[
                _step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * l1) - lr * l2 * w),
                _step(lambda w, g, lr, l1, l2: _soft((w - lr * g) * (1 - lr * l2), lr * l1)),
                _step(lambda w, g, lr, l1, l2: _soft((w - lr * g) * (1 - 2 * lr * l2), lr * l1)),
                _step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * l1) * (1 - 2 * lr * l2)),
            ],
        ),
        Mistake(
            "multiplied_by_one_plus",
            _step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * l1) * (1 + lr * l2)),
            "L2 makes the weights larger here. Divide by 1 + lr * l2.",
            0.25,
            forms=[
                _step(lambda w, g, lr, l1, l2: _soft(w - lr * (g - l2 * w), lr * l1)),
                _both(_taught, lambda lr, l2: 1 - lr * l2),
            ],
        ),
        Mistake(
            "l2_without_rate",
            _both(_taught, lambda lr, l2: 1 + l2),
            "The divisor is 1 + l2 whatever the rate. A short step shrinks a little: 1 + lr * l2.",
            0.5,
            forms=[
                _step(lambda w, g, lr, l1, l2: _soft(w - lr * g - l2 * w, lr * l1)),
                _both(_taught, lambda lr, l2: 1 + 2 * l2),
            ],
        ),
        Mistake(
            "no_rate_in_either_penalty",
            _both(lambda w, g, lr, l1: _soft(w - lr * g, l1), lambda lr, l2: 1 + l2),
            "Neither penalty knows the rate, so that its strength depends on how many steps are taken. Both are "
            "multiplied by lr.",
            0.25,
            forms=[_both(lambda w, g, lr, l1: _soft(w - lr * g, l1), lambda lr, l2: 1 + 2 * l2)],
        ),
        Mistake(
            "divided_by_l2",
            _both(_taught, lambda lr, l2: lr * l2 or 1.0),
            "The 1 is missing below the fraction line: without a penalty the divisor is 1, not 0.",
            0.25,
            forms=[_both(_taught, lambda lr, l2: l2 or 1.0)],
        ),
        Mistake(
            "climbs",
            _both(lambda w, g, lr, l1: _soft(w + lr * g, lr * l1)),
            "The step goes uphill: the gradient is subtracted.",
            0.25,
            forms=_everywhere(lambda w, g, lr, l1: _soft(w + lr * g, lr * l1))[1:],
        ),
        Mistake(
            "penalties_exchanged",
            lambda theta, grad, *, lr, l1, l2: _both(_taught)(theta, grad, lr=lr, l1=l2, l2=l1),
            "l1 and l2 have changed places: l1 is the threshold's, l2 the divisor's.",
            0.25,
            forms=[
                _step(lambda w, g, lr, l1, l2: _soft(w - lr * (g + l1 * w), lr * l2)),
                lambda theta, grad, *, lr, l1, l2: _both(_taught, lambda lr, l2: 1 + 2 * lr * l2)(
                    theta, grad, lr=lr, l1=l2, l2=l1
                ),
            ],
        ),
        Mistake(
            "hard_threshold",
            _both(_hard),
            "What survives is not moved by L1. The soft threshold moves every weight towards 0 by lr * l1.",
            0.25,
            forms=[
                *_everywhere(_hard),
                _both(lambda w, g, lr, l1: torch.where((w - lr * g).abs() > l1, w - lr * g, 0.0).to(w.dtype)),
            ],
        ),
        Mistake(
            "l1_forgotten",
            _both(lambda w, g, lr, l1: w - lr * g),
            "l1 has no part in the result: this is a step with L2 alone.",
            0.25,
            forms=[
                _step(lambda w, g, lr, l1, l2: w - lr * (g + l2 * w)),
                _both(lambda w, g, lr, l1: w - lr * g, lambda lr, l2: 1 + 2 * lr * l2),
            ],
        ),
        Mistake(
            "l2_forgotten",
            _step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * l1)),
            "l2 has no part in the result: this is a step with L1 alone.",
            0.5,
        ),
        Mistake(
            "change_returned",
            _step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * l1) / (1 + lr * l2) - w),
            "What comes back is how far θ moves, not the new point.",
            0.25,
            forms=[
                _step(lambda w, g, lr, l1, l2: _soft(w - lr * (g + l2 * w), lr * l1) - w),
                _step(lambda w, g, lr, l1, l2: w - _soft(w - lr * g, lr * l1) / (1 + lr * l2)),
            ],
        ),
        Mistake(
            "gradient_without_rate",
            _both(lambda w, g, lr, l1: _soft(w - g, lr * l1)),
            "The gradient enters without the rate.",
            0.25,
            forms=_everywhere(lambda w, g, lr, l1: _soft(w - g, lr * l1))[1:],
        ),
        Mistake(
            "l1_in_both_places",
            _both(lambda w, g, lr, l1: _soft(w - lr * (g + l1 * w.sign()), lr * l1)),
            "L1 is applied twice: as a slope in the gradient and as a threshold. The threshold alone does it.",
            0.5,
            forms=_everywhere(lambda w, g, lr, l1: _soft(w - lr * (g + l1 * w.sign()), lr * l1)),
        ),
        Mistake(
            "sign_of_the_old_point",
            _both(lambda w, g, lr, l1: w.sign() * torch.relu((w - lr * g).abs() - lr * l1)),
            "The sign is taken from θ before the step, and the size behind it: a weight that the gradient takes "
            "through 0 comes out on the wrong side. Both are those of z = θ − lr * grad.",
            0.25,
            forms=[
                *_everywhere(lambda w, g, lr, l1: w.sign() * torch.relu((w - lr * g).abs() - lr * l1)),
                _both(lambda w, g, lr, l1: (w - lr * g).sign() * torch.relu(w.abs() - lr * l1)),
                _both(lambda w, g, lr, l1: torch.where(w.abs() > lr * l1, _taught(w, g, lr, l1), 0.0).to(w)),
            ],
        ),
        Mistake(
            "positive_side_only",
            _both(lambda w, g, lr, l1: torch.relu(w - lr * g - lr * l1)),
            "Weights that land below 0 become 0, however large they are. Both sides are moved towards 0.",
            0.25,
            forms=_everywhere(lambda w, g, lr, l1: torch.relu(w - lr * g - lr * l1)),
        ),
        Mistake(
            "threshold_subtracted",
            _both(lambda w, g, lr, l1: w - lr * g - lr * l1),
            "lr * l1 is subtracted from every weight, whatever its sign, as if L1 had the slope 1 everywhere. Both "
            "sides are moved towards 0, and stop there.",
            0.25,
            forms=_everywhere(lambda w, g, lr, l1: w - lr * g - lr * l1),
        ),
        Mistake(
            "l1_halved_or_doubled",
            _both(lambda w, g, lr, l1: _soft(w - lr * g, lr * l1 / 2)),
            "l1 counts half or twice. The slope of l1|u| is l1, with no ½ and no 2: the threshold is lr * l1.",
            0.5,
            forms=[
                *_everywhere(lambda w, g, lr, l1: _soft(w - lr * g, lr * l1 / 2)),
                _both(lambda w, g, lr, l1: _soft(w - lr * g, 2 * lr * l1)),
                *_everywhere(lambda w, g, lr, l1: _soft(w - lr * g, 2 * lr * l1)),
            ],
        ),
        Mistake(
            "rate_squared",
            _both(_taught, lambda lr, l2: 1 + lr**2 * l2),
            "The rate enters a penalty as its square. Each strength is multiplied by lr once: where lr * grad stands "
            "already, no second lr comes to it.",
            0.5,
            forms=[
                _both(lambda w, g, lr, l1: _soft(w - lr * g, lr * lr * l1)),
                _both(lambda w, g, lr, l1: _soft(w - lr * g, lr * lr * l1), lambda lr, l2: 1 + lr**2 * l2),
            ],
        ),
        Mistake(
            "divided_by_the_rate",
            _both(lambda w, g, lr, l1: _soft(w - lr * g, l1 / lr), lambda lr, l2: 1 + l2 / lr),
            "A penalty is divided by the rate. A longer step lets it pull farther: lr * l1, and 1 + lr * l2.",
            0.25,
            forms=[
                _both(lambda w, g, lr, l1: _soft(w - lr * g, l1 / lr)),
                _both(_taught, lambda lr, l2: 1 + l2 / lr),
            ],
        ),
        Mistake(
            "divisor_without_brackets",
            _step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * l1) / 1 + lr * l2),
            "Without brackets `/ 1 + lr * l2` divides by 1 and adds lr * l2. Write `/ (1 + lr * l2)`.",
            0.25,
            forms=[_step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * l1) / 1 + l2)],
        ),
        Mistake(
            "old_point_divided",
            _step(lambda w, g, lr, l1, l2: _soft(w / (1 + lr * l2) - lr * g, lr * l1)),
            "The old point is divided by 1 + lr * l2, and the gradient's step is not. The division comes last, and "
            "takes all of it.",
            0.5,
            forms=[
                _step(lambda w, g, lr, l1, l2: _soft(w / (1 + 2 * lr * l2) - lr * g, lr * l1)),
                _step(lambda w, g, lr, l1, l2: _soft(w - lr * g / (1 + lr * l2), lr * l1)),
            ],
        ),
        Mistake(
            "penalties_added",
            _step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * (l1 + l2))),
            "l1 and l2 are added to one strength. They do different things: l1 is the threshold's, and l2 the "
            "divisor's.",
            0.25,
            forms=[
                _step(lambda w, g, lr, l1, l2: (w - lr * g) / (1 + lr * (l1 + l2))),
                _step(lambda w, g, lr, l1, l2: _soft(w - lr * g, lr * (l1 + l2)) / (1 + lr * l2)),
            ],
        ),
        Mistake(
            "l2_of_another_power",
            _step(lambda w, g, lr, l1, l2: _soft(w - lr * (g + l2 * w.sign()), lr * l1)),
            "The slope of the smooth penalty is another one: of ½l2 u² it is l2 u.",
            0.25,
            forms=[_step(lambda w, g, lr, l1, l2: _soft(w - lr * (g + l2 * w**2), lr * l1))],
        ),
    ],
)

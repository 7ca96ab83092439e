"""Exercise `noise_floor` of `04_learning_rates`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import uniform
from steepest_exercises.learning_rates import reference

Floor = Callable[..., Tensor]
Formula = Callable[[Tensor, Tensor, float], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, curvature: Tensor, sigma: Tensor | float, lr: float, corner: float = 0.0) -> Case:
        inputs = {"args": [curvature, sigma], "kwargs": {"lr": lr}, "outputs": ["the mean square"]}
        return Case(name, inputs, corner=corner)

    def drawn(low: float, high: float) -> float:
        return float(rng.uniform(low, high))

    curvatures = torch.cat([uniform(rng, 0.5, 3, 4), uniform(rng, 2.2, 3, 1)])  # one lies above 2 for certain
    return [
        case("small rates", curvatures, uniform(rng, 0.5, 2, 5), drawn(0.01, 0.02)),
        case("a rate of middling size", uniform(rng, 0.4, 1.2, 4), uniform(rng, 0.5, 2, 4), drawn(0.3, 0.4)),
        case("near the rate of one step", uniform(rng, 0.9, 1.1, 4), uniform(rng, 1, 3, 4), drawn(0.95, 1.0)),
        case("beyond the rate of one step", uniform(rng, 1.2, 1.6, 4), uniform(rng, 0.3, 2, 4), drawn(1.0, 1.1)),
        case("near the limit of stability", uniform(rng, 1.8, 1.9, 3), uniform(rng, 0.5, 2, 3), 1.0),
        case("one noise for all curvatures", uniform(rng, 0.3, 2, 6), drawn(1.5, 2.5), drawn(0.2, 0.3), 0.05),
        case("a weak noise", uniform(rng, 0.5, 2, 4), drawn(0.05, 0.1), drawn(0.4, 0.5), 0.05),
        case("a matrix of curvatures", uniform(rng, 0.3, 2, 2, 3), uniform(rng, 0.5, 2, 2, 3), drawn(0.3, 0.5)),
        case("float32", uniform(rng, 0.5, 2, 4).float(), uniform(rng, 0.5, 2, 4).float(), drawn(0.2, 0.4)),
        case("some diverge", torch.tensor([drawn(0.4, 1), drawn(4.5, 6), drawn(1, 1.5), drawn(8.3, 9.5)]).double(),
             uniform(rng, 0.5, 2, 4), 0.5, 0.1),
        case("exactly at the limit of stability", torch.tensor([4.0, drawn(1, 3)]).double(), drawn(0.5, 2), 0.5, 0.1),
        case("a flat direction", torch.tensor([0.0, drawn(1, 3)]).double(), drawn(0.5, 2), 0.25, 0.1),
        case("a hill", torch.tensor([-drawn(0.5, 2), drawn(0.5, 2)]).double(), drawn(0.5, 2), 0.25, 0.1),
        case("a curvature without axes", uniform(rng, 0.5, 2), drawn(0.5, 2), drawn(0.2, 0.4), 0.1),
    ]  # fmt: skip


def _stable(formula: Formula, limit: float = 2.0) -> Floor:
    """`formula(λ, σ, η)` where 0 < ηλ < limit, else inf."""

    def noise_floor(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
        floor = formula(curvature, torch.as_tensor(sigma, dtype=curvature.dtype), lr)
        product = lr * curvature
        return torch.where((product > 0) & (product < limit), floor, torch.inf)

    return noise_floor


def _everywhere(formula: Formula) -> Floor:
    """`formula(λ, σ, η)` whatever λ is."""

    def noise_floor(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
        return formula(curvature, torch.as_tensor(sigma, dtype=curvature.dtype), lr)

    return noise_floor


def _below(limit: float, instead: float) -> Floor:
    """The floor up to a limit of ηλ, and a number beyond it and below 0."""

    def noise_floor(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
        product = lr * curvature
        stable = (product > 0) & (product < limit)
        return torch.where(stable, _taught(curvature, torch.as_tensor(sigma, dtype=curvature.dtype), lr), instead).to(
            curvature.dtype
        )

    return noise_floor


def _taught(curvature: Tensor, s: Tensor, lr: float) -> Tensor:
    return lr * s**2 / (curvature * (2 - lr * curvature))


def _geometric(curvature: Tensor, s: Tensor, lr: float) -> Tensor:
    """The sum of the series η²σ²(1 + r + r² + …) with r = (1 − ηλ)²."""
    return lr**2 * s**2 / (1 - (1 - lr * curvature) ** 2)


def _one_by_one(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
    noises = torch.as_tensor(sigma, dtype=curvature.dtype).expand(curvature.shape).reshape(-1).tolist()
    floors = [
        lr * s * s / (c * (2 - lr * c)) if 0 < lr * c < 2 else float("inf")
        for c, s in zip(curvature.reshape(-1).tolist(), noises, strict=True)
    ]
    return torch.tensor(floors, dtype=curvature.dtype).reshape(curvature.shape)


def _masked(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
    floor = lr * sigma**2 / (curvature * (2 - lr * curvature))
    floor[(curvature <= 0) | (lr * curvature >= 2)] = float("inf")
    return floor


def _repeated(times: int, start: float) -> Floor:
    """The recursion itself, so many times."""

    def noise_floor(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
        m = torch.full_like(curvature, start)
        for _ in range(times):
            m = (1 - lr * curvature) ** 2 * m + lr**2 * sigma**2
        return torch.where((curvature > 0) & (lr * curvature < 2), m, torch.inf)

    return noise_floor


def _all_or_nothing(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
    """One entry without rest makes all of them infinite."""
    if bool((curvature <= 0).any() or (lr * curvature >= 2).any()):
        return torch.full_like(curvature, torch.inf)
    return _everywhere(_taught)(curvature, sigma, lr=lr)


def _limited(stable: Callable[[Tensor, float], Tensor]) -> Floor:
    """The floor where a condition on λ and η holds, else inf."""

    def noise_floor(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
        floor = _everywhere(_taught)(curvature, sigma, lr=lr)
        return torch.where(stable(curvature, lr), floor, torch.inf)

    return noise_floor


def _one_number(reduce: Callable[[Tensor], Tensor]) -> Floor:
    """What the directions come to together."""
    return lambda curvature, sigma, *, lr: reduce(reference.noise_floor(curvature, sigma, lr=lr))


def _in_a_row(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
    return torch.tensor(_one_by_one(curvature, sigma, lr=lr).reshape(-1).tolist())


def _hills_forgotten(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
    floor = _taught(curvature, torch.as_tensor(sigma, dtype=curvature.dtype), lr)
    return torch.where(lr * curvature >= 2, torch.inf, floor).to(curvature.dtype)


def _limit_forgotten(curvature: Tensor, sigma: Tensor | float, *, lr: float) -> Tensor:
    floor = _taught(curvature, torch.as_tensor(sigma, dtype=curvature.dtype), lr)
    return torch.where(curvature <= 0, torch.inf, floor).to(curvature.dtype)


NOISE_FLOOR = Exercise(
    id="noise_floor",
    reference=reference.noise_floor,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("closed_form", _stable(_taught)),
        Accepted("geometric_series", _stable(_geometric)),
        Accepted("one_by_one", _one_by_one),
        Accepted("masked", _masked),
        Accepted("partial_fractions", _stable(lambda c, s, lr: s**2 / (2 * c) * (1 / (1 / lr - c / 2)))),
    ],
    mistakes=[
        Mistake(
            "sigma_not_squared",
            _stable(lambda c, s, lr: lr * s / (c * (2 - lr * c))),
            "σ is a standard deviation, and a mean square is asked for: it needs σ².",
            credit=0.5,
            forms=[
                _stable(lambda c, s, lr: lr**2 * s / (1 - (1 - lr * c) ** 2)),
                _everywhere(lambda c, s, lr: lr * s / (c * (2 - lr * c))),
            ],
        ),
        Mistake(
            "divided_by_what_is_left",
            _stable(lambda c, s, lr: lr**2 * s**2 / (1 - lr * c) ** 2),
            "It is divided by (1 - ηλ)², which is what a step leaves of m. With both terms of m on one side the "
            "denominator is what it takes away, 1 - (1 - ηλ)².",
            credit=0.25,
            forms=[
                _stable(lambda c, s, lr: lr * s**2 / (1 - lr * c) ** 2),
                _stable(lambda c, s, lr: s**2 / (1 - lr * c) ** 2),
                _stable(lambda c, s, lr: lr**2 * s**2 / (1 - lr * c).abs()),
                _stable(lambda c, s, lr: lr**2 * s**2 / (1 + (1 - lr * c) ** 2)),
                _everywhere(lambda c, s, lr: lr**2 * s**2 / (1 - lr * c) ** 2),
            ],
        ),
        Mistake(
            "brackets_forgotten",
            _stable(lambda c, s, lr: lr * s**2 / c * (2 - lr * c)),
            "What stands behind `/ curvature *` is multiplied, not divided by: put brackets around the whole "
            "denominator, and mind that a minus in it needs them too.",
            credit=0.25,
            forms=[
                _stable(lambda c, s, lr: lr * s**2 / c * 2 - lr * c),
                _stable(lambda c, s, lr: lr * s**2 / 1 - (1 - lr * c) ** 2),
                _stable(lambda c, s, lr: lr**2 * s**2 / 1 - (1 - lr * c) ** 2),
                _everywhere(lambda c, s, lr: lr * s**2 / c * (2 - lr * c)),
            ],
        ),
        Mistake(
            "for_small_rates",
            _stable(lambda c, s, lr: lr * s**2 / (2 * c)),
            "This is what is left for small rates, ησ²/2λ. Near the limit of stability the floor is higher: keep the "
            "term η²λ² of the square.",
            credit=0.5,
            forms=[_everywhere(lambda c, s, lr: lr * s**2 / (2 * c))],
        ),
        Mistake(
            "divided_by_the_square",
            _stable(lambda c, s, lr: lr * s**2 / c**2),
            "The curvature stands squared in the denominator. Write the equation for m once more: what is left of m "
            "after a step, and what does the noise add?",
            credit=0.25,
            forms=[
                _stable(lambda c, s, lr: s**2 / c**2),
                _stable(lambda c, s, lr: lr * s**2 / (c**2 * (2 - lr * c))),
            ],
        ),
        Mistake(
            "rate_squared",
            _stable(lambda c, s, lr: lr**2 * s**2 / (c * (2 - lr * c))),
            "One η too many: the noise adds η²σ² a step, and 1 - (1 - ηλ)² holds a factor η that cancels one of them.",
            credit=0.5,
            forms=[_stable(lambda c, s, lr: lr**2 * s**2 / (2 * c))],
        ),
        Mistake(
            "rate_of_the_noise_forgotten",
            _stable(lambda c, s, lr: s**2 / (1 - (1 - lr * c) ** 2)),
            "The noise enters the step multiplied by η, so that it adds η²σ² and not σ².",
            credit=0.5,
            forms=[
                _stable(lambda c, s, lr: lr * s**2 / (1 - (1 - lr * c) ** 2)),
                _stable(lambda c, s, lr: s**2 / (c * (2 - lr * c))),
            ],
        ),
        Mistake(
            "no_limit",
            _everywhere(_taught),
            "Where η is too large, or the curvature is not positive, the formula gives a negative mean square. There "
            "the path runs away: inf.",
            credit=0.8,
            forms=[_everywhere(_geometric), _everywhere(lambda c, s, lr: _taught(c, s, lr).abs())],
        ),
        Mistake(
            "limit_forgotten",
            _limit_forgotten,
            "Where ηλ exceeds 2 the formula gives a negative mean square. There the path diverges: inf.",
            credit=0.9,
        ),
        Mistake(
            "hills_forgotten",
            _hills_forgotten,
            "On a hill, where the curvature is negative, the path runs away too: inf, and not a negative mean square.",
            credit=0.9,
        ),
        Mistake(
            "limit_one",
            _stable(_taught, 1.0),
            "It gives inf from ηλ = 1 on, or below. At 1 a step only begins to overshoot; it diverges from ηλ = 2 on.",
            credit=0.5,
            forms=[_stable(_taught, 0.5)],
        ),
        Mistake(
            "limit_without_the_rate",
            _limited(lambda c, lr: (c > 0) & (c < 2)),
            "The condition asks for the size of λ, whatever η is. A path diverges where their product ηλ is 2 or more.",
            credit=0.5,
            forms=[
                _limited(lambda c, lr: c < 2),
                _limited(lambda c, lr: (c > 0) & (c < 1)),
                _limited(lambda c, lr: (c > 0) & (c < 2 * lr)),
            ],
        ),
        Mistake(
            "inf_everywhere",
            _limited(lambda c, lr: (c > 0) & (c * 2 < lr)),
            "It gives inf for every direction: what it asks for never holds. A path comes to rest where the product "
            "ηλ lies between 0 and 2.",
        ),
        Mistake(
            "limit_of_another_size",
            _limited(lambda c, lr: (lr * c > 0) & (lr * c < 4)),
            "The limit lies at another place than ηλ = 2, where 1 - ηλ is -1 and each step overshoots by as much as it "
            "had to go.",
            credit=0.9,
            forms=[_limited(lambda c, lr: (lr * c > 0) & (lr**2 * c < 2))],
        ),
        Mistake(
            "branches_exchanged",
            _limited(lambda c, lr: (c <= 0) | (lr * c >= 2)),
            "The two branches have changed places: inf stands where the path comes to rest, and the formula where it "
            "does not. `torch.where` takes first what holds where the condition is true.",
            credit=0.25,
            forms=[_limited(lambda c, lr: lr * c >= 2), _limited(lambda c, lr: lr * c > 2)],
        ),
        Mistake(
            "all_or_nothing",
            _all_or_nothing,
            "One direction decides for all of them. Each curvature has its own floor: ask entry by entry, with "
            "`torch.where`.",
            credit=0.75,
            forms=[
                lambda curvature, sigma, *, lr: (
                    torch.tensor(torch.inf, dtype=curvature.dtype)
                    if bool((curvature <= 0).any() or (lr * curvature >= 2).any())
                    else _taught(curvature, torch.as_tensor(sigma, dtype=curvature.dtype), lr)
                ),
            ],
        ),
        Mistake(
            "one_number_for_all_directions",
            _one_number(lambda floor: floor.sum()),
            "The directions are made one number, a sum or a mean. Each curvature has its own floor: the result has the "
            "shape of `curvature`.",
            credit=0.25,
            forms=[_one_number(lambda floor: floor.mean()), _one_number(lambda floor: floor.max())],
        ),
        Mistake(
            "nan_where_it_diverges",
            _below(2.0, float("nan")),
            "Where the path diverges this gives nan, which is no number at all. Its mean square grows beyond every "
            "bound: inf.",
            credit=0.75,
        ),
        Mistake(
            "zero_where_it_diverges",
            _below(2.0, 0.0),
            "Where the path diverges the mean square is inf. Another number stands there, as if it came to rest.",
            credit=0.75,
            forms=[_below(2.0, -1.0), _below(2.0, 1.0), _below(2.0, -torch.inf), _below(2.0, 1e10)],
        ),
        Mistake(
            "negative_cut_off",
            _everywhere(lambda c, s, lr: _taught(c, s, lr).clamp(min=0)),
            "A negative mean square is cut off at 0, as if all were well. Where the formula gives one the path runs "
            "away: inf.",
            credit=0.8,
        ),
        Mistake(
            "not_yet_at_rest",
            _repeated(100, 1.0),
            "The recursion is repeated some number of times, after which a small rate is still on its way. Solve the "
            "equation for m: there it has come to rest.",
            credit=0.5,
            forms=[
                _repeated(100, 0.0),
                _repeated(50, 1.0),
                _repeated(10, 0.0),
                _repeated(200, 1.0),
                _repeated(200, 0.0),
                _repeated(1, 1.0),
            ],
        ),
        Mistake(
            "one_row_of_the_default_type",
            _in_a_row,
            "The numbers are collected into one row of torch's default type. Give them the shape of `curvature`, and "
            "its `dtype`.",
            credit=0.5,
        ),
        Mistake(
            "deviation",
            _stable(lambda c, s, lr: _taught(c, s, lr).sqrt()),
            "This is the root mean square. The mean square is asked for, without the root.",
            credit=0.5,
        ),
        Mistake(
            "loss_instead",
            _stable(lambda c, s, lr: c / 2 * _taught(c, s, lr)),
            "This is the mean loss, ½λ times the mean square of x. Asked for is the mean square itself.",
            credit=0.5,
            forms=[
                _everywhere(lambda c, s, lr: lr * s**2 / (2 * (2 - lr * c))),
            ],
        ),
        Mistake(
            "half_or_twice",
            _stable(lambda c, s, lr: 2 * _taught(c, s, lr)),
            "A factor of two too much or too little: 1 - (1 - ηλ)² is 2ηλ - η²λ².",
            credit=0.5,
            forms=[_stable(lambda c, s, lr: _taught(c, s, lr) / 2)],
        ),
        Mistake(
            "plus_for_minus",
            _stable(lambda c, s, lr: lr * s**2 / (c * (2 + lr * c))),
            "A sign is wrong: (1 - ηλ)² is 1 - 2ηλ + η²λ², so that the denominator has 2 - ηλ.",
            credit=0.5,
            forms=[_stable(lambda c, s, lr: lr * s**2 / (c * (lr * c - 2)))],
        ),
        Mistake(
            "two_forgotten",
            _stable(lambda c, s, lr: lr * s**2 / (c * (1 - lr * c))),
            "The denominator has 1 - ηλ, as if only one factor of the square counted. It is 2 - ηλ.",
            credit=0.5,
            forms=[_stable(lambda c, s, lr: lr**2 * s**2 / (1 - (1 - lr * c)))],
        ),
        Mistake(
            "factor_not_squared",
            _stable(lambda c, s, lr: lr**2 * s**2 / (1 - (1 - lr * c).abs())),
            "A step multiplies x by 1 - ηλ, and so its square by (1 - ηλ)².",
            credit=0.5,
        ),
        Mistake(
            "curvature_missing_in_the_bracket",
            _stable(lambda c, s, lr: lr * s**2 / (c * (2 - lr))),
            "A curvature is missing inside the bracket, or there is one too many: 2ηλ - η²λ² is ηλ(2 - ηλ).",
            credit=0.5,
            forms=[
                _stable(lambda c, s, lr: lr * s**2 / (2 * c - lr)),
                _stable(lambda c, s, lr: lr * s**2 / (c * (2 - lr * c**2))),
                _stable(lambda c, s, lr: lr * s**2 / (c * (2 - c))),
            ],
        ),
        Mistake(
            "curvature_forgotten",
            _stable(lambda c, s, lr: lr * s**2 / (2 - lr * c)),
            "A curvature is missing: a steep valley holds the path closer than a flat one, so λ stands in the "
            "denominator.",
            credit=0.5,
        ),
        Mistake(
            "after_one_step",
            _stable(lambda c, s, lr: (lr * s) ** 2 + 0 * c),
            "This is what one step of noise adds, η²σ². The noise of the steps before is still there, and shrinks by "
            "(1 - ηλ)² at each step: add the series up.",
            credit=0.25,
        ),
    ],
    equivalent={
        "There the formula divides by 0, which gives inf.": [
            "stable = (product >= 0) & (product < 2)",
            "stable = (product > 0) & (product <= 2)",
        ],
    },
)

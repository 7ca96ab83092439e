"""Exercise `saddle_free_step` of `07_second_order`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.second_order import cases as shared
from steepest_exercises.second_order import reference
from steepest_exercises.second_order.cases import identity

Step = Callable[..., Tensor]
Divisors = Callable[[Tensor, float], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    flat = torch.tensor([0.0, float(rng.uniform(0.5, 2))], dtype=torch.float64)
    return [
        shared.step_case(rng, "a saddle, one whole step", [-2.0, 0.6, 3.0]),
        shared.step_case(rng, "a saddle of two parameters and half a step", [-0.8, 2.0], lr=0.5),
        shared.step_case(rng, "a bowl", [0.5, 2.0, 4.0], lr=0.8),
        shared.step_case(rng, "the top of a hill", [-0.7, -2.0, -4.0]),
        shared.step_case(rng, "a damped step at a saddle", [-4.0, -0.9, 1.5, 2.5], damping=0.625, lr=0.7),
        shared.step_case(rng, "a nearly flat direction, damped", [-3.0, 0.05, 1.0], damping=0.5),
        shared.step_case(rng, "a nearly flat falling direction, damped", [-0.04, 0.7, 2.0], damping=0.3125, lr=0.4),
        shared.step_case(
            rng, "falling along three of five, strongly damped", [-3.0, -1.2, -0.4, 0.8, 5.0], damping=2.0
        ),
        shared.step_case(rng, "falling along two, damped a little", [-2.5, -0.6, 1.1], damping=0.125, lr=1.3),
        shared.step_case(
            rng, "an exactly flat direction, damped", [], damping=0.5, hessian=torch.diag(flat), corner=0.1
        ),
        shared.step_case(rng, "one falling parameter", [-1.7], damping=0.375, corner=0.1),
        shared.step_case(rng, "a damped step in a bowl", [0.4, 1.5, 3.5], damping=0.75, lr=0.9),
        shared.step_case(
            rng, "float32", [-1.5, 0.8, 2.0], damping=0.3125, lr=0.7, dtype=torch.float32, slack=10, corner=0.2
        ),
    ]


def _moved(step: Callable[[Tensor, Tensor, float], Tensor]) -> Step:
    """A point from step(g, H, μ), which the rate scales before it is subtracted."""

    def saddle_free_step(
        theta: Tensor, grad: Tensor, hessian: Tensor, *, lr: float = 1.0, damping: float = 0.0
    ) -> Tensor:
        return theta - lr * step(grad, hessian, damping)

    return saddle_free_step


def _divided(divisors: Divisors) -> Step:
    """The part of the gradient along each eigenvector, divided by divisors(λ, μ)."""
    return _moved(lambda g, H, mu: _along(g, H, lambda values: 1 / divisors(values, mu)))


def _weighed(weights: Divisors) -> Step:
    """The part of the gradient along each eigenvector, multiplied by weights(λ, μ)."""
    return _moved(lambda g, H, mu: _along(g, H, lambda values: weights(values, mu)))


def _along(grad: Tensor, hessian: Tensor, weights: Callable[[Tensor], Tensor]) -> Tensor:
    values, vectors = torch.linalg.eigh(hessian)
    step: Tensor = vectors @ (weights(values) * (vectors.T @ grad))
    return step


def _point(rule: Callable[[Tensor, Tensor, float], Tensor]) -> Step:
    """A point from rule(θ, p, η), with p the sound step (|H| + μI)⁻¹ g."""

    def saddle_free_step(
        theta: Tensor, grad: Tensor, hessian: Tensor, *, lr: float = 1.0, damping: float = 0.0
    ) -> Tensor:
        return rule(theta, _sound(grad, hessian, damping), lr)

    return saddle_free_step


def _sound(grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    return _along(grad, hessian, lambda values: 1 / (values.abs() + damping))


def _solved(matrix: Tensor, damping: float, grad: Tensor) -> Tensor:
    step: Tensor = torch.linalg.solve(matrix + damping * identity(grad), grad)
    return step


def _sizes(hessian: Tensor) -> Tensor:
    values, vectors = torch.linalg.eigh(hessian)
    matrix: Tensor = vectors @ torch.diag(values.abs()) @ vectors.T
    return matrix


def _by_singular_values(grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    _, sizes, rows = torch.linalg.svd(hessian)
    return _solved(rows.T @ torch.diag(sizes) @ rows, damping, grad)


def _root_of_the_square(grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    squares, vectors = torch.linalg.eigh(hessian @ hessian)
    return _solved(vectors @ torch.diag(squares.clamp(min=0).sqrt()) @ vectors.T, damping, grad)


def _sum_over_directions(grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    values, vectors = torch.linalg.eigh(hessian)
    step = torch.zeros_like(grad)
    for value, vector in zip(values, vectors.T, strict=True):
        step = step + (vector @ grad) / (value.abs() + damping) * vector
    return step


def _newton_with_sizes(
    theta: Tensor, grad: Tensor, hessian: Tensor, *, lr: float = 1.0, damping: float = 0.0
) -> Tensor:
    return reference.newton_step(theta, grad, _sizes(hessian), lr=lr, damping=damping)


def _vectors(build: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Step:
    """A step from build(V, w, g), with w = 1/(|λ| + μ)."""

    def step(grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
        values, vectors = torch.linalg.eigh(hessian)
        return build(vectors, 1 / (values.abs() + damping), grad)

    return _moved(step)


def _parts_made_positive(grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    values, vectors = torch.linalg.eigh(hessian)
    step: Tensor = vectors @ ((vectors.T @ grad) / (values + damping)).abs()
    return step


def _damping_outside(grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    values, vectors = torch.linalg.eigh(hessian)
    step: Tensor = vectors @ ((vectors.T @ grad) / values.abs() + damping)
    return step


def _turned_if_uphill(grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    step = _solved(hessian, damping, grad)
    return -step if bool(step @ grad < 0) else step


def _turned_if_any_falls(grad: Tensor, hessian: Tensor, damping: float) -> Tensor:
    step = _solved(hessian, damping, grad)
    return -step if bool((torch.linalg.eigvalsh(hessian) < 0).any()) else step


def _first_turned(values: Tensor, mu: float) -> Tensor:
    return torch.cat([values[:1].abs(), values[1:]]) + mu


def _all_turned(values: Tensor, mu: float) -> Tensor:
    return (values if bool(values.min() >= 0) else -values) + mu


SADDLE_FREE_STEP = Exercise(
    id="saddle_free_step",
    reference=reference.saddle_free_step,
    cases=_cases,
    points=3,
    companions={"newton_step": reference.newton_step},
    accepted=[
        Accepted("matrix_of_sizes", _moved(lambda g, H, mu: _solved(_sizes(H), mu, g))),
        Accepted("root_of_the_squared_matrix", _moved(_root_of_the_square)),
        Accepted("by_singular_values", _moved(_by_singular_values)),
        Accepted("sum_over_directions", _moved(_sum_over_directions)),
        Accepted("newton_step_of_the_sizes", _newton_with_sizes),
    ],
    mistakes=[
        Mistake(
            "entries_made_positive",
            _moved(lambda g, H, mu: _solved(H.abs(), mu, g)),
            "The absolute value is taken of every entry of H, or of its inverse. |H| means the matrix with "
            "the same eigenvectors and the sizes of the eigenvalues: `torch.linalg.eigh` first.",
            0.25,
            forms=[
                _moved(lambda g, H, mu: torch.linalg.inv(H + mu * identity(g)).abs() @ g),
            ],
        ),
        Mistake(
            "step_made_positive",
            _moved(lambda g, H, mu: _solved(H, mu, g).abs()),
            "The absolute value is taken of the step, or of the gradient, whose signs say which way is down. It "
            "belongs to the eigenvalues.",
            forms=[
                _moved(lambda g, H, mu: _solved(H, mu, g.abs())),
                _moved(lambda g, H, mu: g.sign() * _solved(H, mu, g).abs()),
                _moved(lambda g, H, mu: _sound(g, H, mu).abs()),
                _vectors(lambda vectors, weights, grad: vectors @ (weights * (vectors.T @ grad).abs())),
                _moved(_parts_made_positive),
            ],
        ),
        Mistake(
            "plain_newton",
            _divided(lambda values, mu: values + mu),
            "This is Newton's step, which climbs along directions that curve downwards. Divide by the sizes of the "
            "eigenvalues.",
            0.25,
            forms=[_divided(lambda values, mu: values), _moved(lambda g, H, mu: _solved(H, -mu, g))],
        ),
        Mistake(
            "clamped_to_zero",
            _divided(lambda values, mu: values.clamp(min=0) + mu),
            "Negative eigenvalues become 0, or nearly, so that the step along them is enormous or infinite. Their "
            "size is the curvature: |λ|.",
            0.25,
            forms=[
                _divided(lambda values, mu: values.clamp(min=1e-8) + mu),
                _divided(lambda values, mu: values.clamp(min=1e-6) + mu),
                _divided(lambda values, mu: values.clamp(min=1e-3) + mu),
                _divided(lambda values, mu: (values + mu).clamp(min=1e-8)),
                _divided(lambda values, mu: (values + mu).clamp(min=1e-6)),
            ],
        ),
        Mistake(
            "damping_as_a_floor",
            _divided(lambda values, mu: values.abs().clamp(min=mu)),
            "`damping` is a floor under the sizes, max(|λ|, μ). That too keeps steps along flat directions short, but "
            "it is another step. Add it: |λ| + μ.",
            0.5,
        ),
        Mistake(
            "signs_come_back",
            _divided(lambda values, mu: values.sign() * (values.abs() + mu)),
            "The sizes are there, and the signs come back: left and right singular vectors differ by them. Turn to and "
            "back by the same vectors.",
            0.25,
        ),
        Mistake(
            "damping_outside_the_quotient",
            _moved(_damping_outside),
            "`damping` is added to the quotient. Brackets: it belongs to the divisor, |λ| + μ.",
            0.5,
        ),
        Mistake(
            "damped_in_bowls_alone",
            _divided(lambda values, mu: values.abs() + (mu if bool(values.min() > 0) else 0.0)),
            "`damping` counts in a bowl and is forgotten elsewhere, or the other way round. Add it to every size, "
            "whatever the point.",
            0.5,
            forms=[_divided(lambda values, mu: values.abs() + (0.0 if bool(values.min() > 0) else mu))],
        ),
        Mistake(
            "clamped_at_the_damping",
            _divided(lambda values, mu: values.clamp(min=mu)),
            "Every eigenvalue below `damping` is raised to it, the negative ones too, whatever their size. Take |λ| "
            "first.",
            0.25,
        ),
        Mistake(
            "falling_directions_dropped",
            _weighed(lambda values, mu: torch.where(values > 0, 1 / (values + mu), torch.zeros_like(values))),
            "The directions with negative curvature are left out, so the step never leaves a saddle along them. They "
            "lead down: divide by their size.",
            0.25,
            forms=[_weighed(lambda values, mu: torch.where(values > 0, 1 / values, torch.zeros_like(values)))],
        ),
        Mistake(
            "gradient_along_falling_directions",
            _divided(lambda values, mu: torch.where(values > 0, values + mu, torch.ones_like(values))),
            "Along directions with negative curvature this takes a plain gradient step. Divide by |λ| + μ there too.",
            0.5,
            forms=[_divided(lambda values, mu: torch.where(values > 0, values, torch.ones_like(values)) + mu)],
        ),
        Mistake(
            "damping_before_the_size",
            _divided(lambda values, mu: (values + mu).abs()),
            "`damping` is added before the absolute value, and so makes negative curvatures smaller: |λ + μ|. Take "
            "|λ| first, add μ then.",
            0.5,
            forms=[_moved(lambda g, H, mu: _solved(_sizes(H + mu * identity(g)), 0.0, g))],
        ),
        Mistake(
            "damping_subtracted",
            _divided(lambda values, mu: values.abs() - mu),
            "`damping` is subtracted, which makes the step longer, and infinite where |λ| = μ. Add it.",
            0.5,
            forms=[_divided(lambda values, mu: (values - mu).abs())],
        ),
        Mistake(
            "damped_on_one_side",
            _divided(lambda values, mu: torch.where(values < 0, -values, values + mu)),
            "`damping` is added to the positive curvatures alone, or to the negative ones. Add it to every size.",
            0.5,
            forms=[_divided(lambda values, mu: torch.where(values < 0, -values + mu, values))],
        ),
        Mistake(
            "damping_of_your_own",
            _divided(lambda values, mu: values.abs() + mu + 1e-3),
            "Something is added to the sizes besides `damping`, or they are kept above a number of your own. The "
            "caller decides how much: |λ| + μ.",
            0.5,
            forms=[
                _divided(lambda values, mu: values.abs() + mu + 1e-6),
                _divided(lambda values, mu: values.abs() + mu + 1e-4),
                _divided(lambda values, mu: values.abs() + (mu or 1e-3)),
                _divided(lambda values, mu: values.abs().clamp(min=0.1) + mu),
            ],
        ),
        Mistake("damping_forgotten", _divided(lambda values, mu: values.abs()), shared.NO_DAMPING, 0.5),
        Mistake(
            "damping_everywhere",
            _moved(lambda g, H, mu: _solved(_sizes(H) + mu, 0.0, g)),
            shared.EVERYWHERE,
            0.5,
            forms=[_moved(lambda g, H, mu: _solved(_sizes(H + mu), 0.0, g))],
        ),
        Mistake(
            "damping_scales_the_curvatures",
            _divided(lambda values, mu: (1 + mu) * values.abs()),
            "`damping` multiplies the sizes, which shortens all directions alike. Added to them, it shortens the flat "
            "ones most.",
            0.5,
            forms=[_divided(lambda values, mu: mu * values.abs())],
        ),
        Mistake(
            "damping_under_a_root",
            _divided(lambda values, mu: (values**2 + mu).sqrt()),
            "`damping` stands under the root with λ². The root of λ² alone is |λ|; add μ to that.",
            0.5,
            forms=[_divided(lambda values, mu: (values**2 + mu**2).sqrt())],
        ),
        Mistake(
            "damping_as_weight_decay",
            lambda theta, grad, hessian, *, lr=1.0, damping=0.0: (
                theta - lr * _sound(grad + damping * theta, hessian, damping)
            ),
            "`damping` pulls theta towards 0, as a penalty on its size would. It should limit the step alone: add it "
            "to the sizes of the eigenvalues.",
            0.25,
        ),
        Mistake(
            "axes_turned_the_wrong_way",
            _vectors(lambda vectors, weights, grad: vectors.T @ (weights * (vectors @ grad))),
            "V and Vᵀ are exchanged, or one of them stands twice. `eigh` gives the eigenvectors as columns: Vᵀg is the "
            "gradient along them, and V turns the result back.",
            0.25,
            forms=[
                _vectors(lambda vectors, weights, grad: vectors.T @ torch.diag(weights) @ vectors.T @ grad),
                _vectors(lambda vectors, weights, grad: vectors @ torch.diag(weights) @ vectors @ grad),
            ],
        ),
        Mistake(
            "not_turned_back",
            _vectors(lambda vectors, weights, grad: weights * (vectors.T @ grad)),
            "The step is still written along the eigenvectors, but theta along the axes. Multiply by V at the end.",
            0.25,
            forms=[_vectors(lambda vectors, weights, grad: torch.diag(weights) @ vectors.T @ grad * 1.0)],
        ),
        Mistake(
            "not_turned_in",
            _vectors(lambda vectors, weights, grad: vectors @ (weights * grad)),
            "The gradient is divided before it is turned: its entries lie along the axes, the eigenvalues along the "
            "eigenvectors. Multiply by Vᵀ first.",
            0.25,
            forms=[_vectors(lambda vectors, weights, grad: (vectors * weights) @ grad)],
        ),
        Mistake(
            "never_turned",
            _vectors(lambda vectors, weights, grad: weights * grad),
            "Entries of the gradient are divided by eigenvalues, which belong to other directions. Turn it to the "
            "eigenvectors by Vᵀ, and back by V.",
            forms=[_moved(lambda g, H, mu: g / (torch.linalg.svdvals(H) + mu))],
        ),
        Mistake(
            "signs_alone",
            _weighed(lambda values, mu: values.sign()),
            "Only the signs of the eigenvalues are used. The size of each curvature divides the step along its "
            "direction.",
            0.25,
            forms=[
                _weighed(lambda values, mu: values.sign() / (1 + mu)),
                _moved(lambda g, H, mu: _solved(H.sign(), mu, g)),
            ],
        ),
        Mistake(
            "squares_for_sizes",
            _divided(lambda values, mu: values**2 + mu),
            "λ² divides here, which takes the sign away and changes the size too. Take its root: |λ|.",
            0.25,
            forms=[_moved(lambda g, H, mu: _solved(H @ H, mu, g)), _divided(lambda values, mu: (values + mu) ** 2)],
        ),
        Mistake(
            "root_of_the_sizes",
            _divided(lambda values, mu: values.abs().sqrt() + mu),
            "A root is taken of |λ|, which is the root of λ² already. Divide by |λ| itself.",
            0.25,
            forms=[_divided(lambda values, mu: (values.abs() + mu).sqrt())],
        ),
        Mistake(
            "multiplies_by_the_sizes",
            _weighed(lambda values, mu: values.abs() + mu),
            "The gradient is multiplied by |H|. Divide, so that a steep direction gets a short step.",
            0.25,
            forms=[_weighed(lambda values, mu: values.abs())],
        ),
        Mistake(
            "diagonal_only",
            _moved(lambda g, H, mu: g / (H.diagonal().abs() + mu)),
            "Only the diagonal of H is used. A direction that falls may lie between two axes along which the loss "
            "rises: look at the eigenvectors.",
            0.25,
            forms=[
                _moved(lambda g, H, mu: g / H.diagonal().abs()),
                _moved(lambda g, H, mu: _solved(torch.diag(H.diagonal().abs()), 0.0, g) / (1 + mu)),
            ],
        ),
        Mistake(
            "first_direction_alone",
            _divided(_first_turned),
            "Only the smallest eigenvalue is turned positive. A saddle can fall along several directions: take every "
            "size.",
            0.5,
        ),
        Mistake(
            "all_directions_turned",
            _divided(_all_turned),
            "The whole matrix changes its sign where one eigenvalue is negative, so rising directions are climbed. "
            "Each eigenvalue has its own sign.",
            0.25,
        ),
        Mistake(
            "shifted_until_positive",
            _divided(lambda values, mu: values - values.min().clamp(max=0) + mu),
            "All curvatures are raised by the same amount until none is negative. Then the most negative one becomes "
            "the flattest; its own size is asked for.",
            0.25,
            forms=[
                _divided(lambda values, mu: values + values.min().abs() + mu),
                _divided(lambda values, mu: values - 2 * values.min().clamp(max=0) + mu),
            ],
        ),
        Mistake(
            "entry_by_entry",
            _vectors(lambda vectors, weights, grad: vectors * (weights * (vectors.T @ grad))),
            "`*` multiplies entry by entry, so that a whole matrix comes out. A matrix times a vector is `@`.",
            0.25,
            forms=[
                _vectors(lambda vectors, weights, grad: vectors @ (weights * (vectors.T * grad))),
                _vectors(lambda vectors, weights, grad: vectors @ torch.diag(weights) @ vectors.T * grad),
            ],
        ),
        Mistake(
            "whole_step_turned_round",
            _moved(_turned_if_uphill),
            "The whole Newton step is turned round where it leads uphill, and with it what was right along the rising "
            "directions. Only the parts along falling directions are: divide each by |λ| + μ.",
            0.25,
            forms=[_moved(_turned_if_any_falls)],
        ),
        Mistake(
            "sizes_beside_other_directions",
            _moved(lambda g, H, mu: _along(g, H, lambda values: 1 / (values.abs().sort().values + mu))),
            "The sizes are sorted, and the eigenvectors are not, so a size divides along another's direction. Keep "
            "them in the order in which `eigh` gives both.",
            0.25,
            forms=[
                _moved(lambda g, H, mu: _along(g, H, lambda values: 1 / (values.abs().flip(0) + mu))),
                _moved(lambda g, H, mu: _along(g, H, lambda v: 1 / (v.abs().sort(descending=True).values + mu))),
            ],
        ),
        Mistake(
            "damping_scales_the_step",
            _moved(lambda g, H, mu: (1 + mu) * _sound(g, H, 0.0)),
            "`damping` scales the whole step. Added to each size before that divides, it shortens the flat directions "
            "most.",
            0.5,
            forms=[_moved(lambda g, H, mu: _sound(g, H, 0.0) + mu * g)],
        ),
        Mistake(
            "rate_scales_the_point",
            _point(lambda theta, p, lr: lr * (theta - p)),
            shared.RATE_ON_THE_POINT,
            0.25,
            forms=[_point(lambda theta, p, lr: lr * theta - p), _point(lambda theta, p, lr: (1 - lr) * theta - lr * p)],
        ),
        Mistake("climbs", _point(lambda theta, p, lr: theta + lr * p), shared.UPHILL, 0.25),
        Mistake("rate_forgotten", _point(lambda theta, p, lr: theta - p), shared.NO_RATE, 0.5),
        Mistake("rate_twice", _point(lambda theta, p, lr: theta - lr * lr * p), shared.RATE_TWICE, 0.5),
        Mistake("rate_divides", _point(lambda theta, p, lr: theta - p / lr), shared.RATE_DIVIDES, 0.25),
        Mistake(
            "rate_and_damping_exchanged",
            lambda theta, grad, hessian, *, lr=1.0, damping=0.0: theta - damping * _sound(grad, hessian, lr),
            shared.EXCHANGED,
        ),
        Mistake(
            "step_alone",
            _point(lambda theta, p, lr: -lr * p),
            shared.NO_POINT,
            0.25,
            forms=[_point(lambda theta, p, lr: lr * p), _point(lambda theta, p, lr: p)],
        ),
        Mistake(
            "theta_for_the_gradient",
            lambda theta, grad, hessian, *, lr=1.0, damping=0.0: theta - lr * _sound(theta, hessian, damping),
            "The point is divided by the curvatures. The step is made of the gradient.",
            0.25,
        ),
        Mistake("hessian_ignored", _moved(lambda g, H, mu: g), shared.IGNORED),
        Mistake(
            "one_rate_for_all_directions",
            _moved(lambda g, H, mu: g / (torch.linalg.eigvalsh(H).abs().max() + mu)),
            shared.ONE_FOR_ALL,
            forms=[
                _moved(lambda g, H, mu: g / (H.norm() + mu)),
                _moved(lambda g, H, mu: g / (torch.linalg.det(H).abs() + mu)),
            ],
        ),
    ],
)

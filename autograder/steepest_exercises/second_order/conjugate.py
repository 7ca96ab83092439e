"""Exercise `cg_solve` of `07_second_order`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.loss_landscapes.spectrum import turned
from steepest_exercises.second_order import reference

Product = Callable[[Tensor], Tensor]
Solve = Callable[..., Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def matrix(n: int) -> Tensor:
        return turned(rng, [float(value) for value in np.linspace(0.5, 4, n) * rng.uniform(0.92, 1.08, n)])

    def case(
        name: str,
        hessian: Tensor,
        n_steps: int,
        *,
        b: Tensor | None = None,
        spare: int | None = None,
        dtype: torch.dtype = torch.float64,
        slack: float = 10.0,
        corner: float = 0.0,
    ) -> Case:
        right = normal(rng, len(hessian)) if b is None else b
        center = torch.zeros_like(right).to(dtype)
        hvp = (
            Named("budgeted_product", {"matrix": hessian.to(dtype), "calls": n_steps + spare})
            if spare is not None
            else Named("quadratic_gradient", {"matrix": hessian.to(dtype), "center": center})
        )
        inputs = {"args": [hvp, right.to(dtype)], "kwargs": {"n_steps": n_steps}, "outputs": ["x"]}
        return Case(name, inputs, slack=slack, corner=corner)

    few = turned(rng, [0.7, 0.7, 2.0, 2.0, 2.0, 5.0])
    along = torch.diag(torch.tensor([1.0, 2.0, 4.0]).double())
    return [
        case("one step", matrix(4), 1),
        case("two steps of four", matrix(4), 2),
        case("three steps of six", matrix(6), 3),
        case("five steps of eight", matrix(8), 5),
        case("as many steps as parameters", matrix(5), 5, slack=100),
        case("three curvatures in six dimensions, three steps", few, 3, slack=100),
        case("two parameters, two steps", matrix(2), 2, slack=100),
        case("one parameter", matrix(1), 1, corner=0.1),
        case("a small b", matrix(5), 3, b=1e-4 * normal(rng, 5), corner=0.1),
        case("one step, with one product to spend", matrix(3), 1, spare=0),
        case("three steps, with three products to spend", matrix(5), 3, spare=0),
        case("four steps, with four products to spend", matrix(7), 4, spare=0),
        case("two steps, with two products to spend", matrix(4), 2, spare=0),
        case("three steps of six, with a product to spare", matrix(6), 3, spare=1),
        case("no step at all", matrix(3), 0, corner=0.1),
        case("float32", matrix(6), 3, dtype=torch.float32, slack=20),
        case(
            "b along an eigenvector, solved after one step of three",
            along,
            3,
            b=torch.tensor([0.0, 3.0, 0.0]).double(),
            corner=0.1,
        ),
        case(
            "b along an eigenvector, with one product to spend",
            along,
            3,
            b=torch.tensor([0.0, 0.0, 5.0]).double(),
            spare=-2,
            corner=0.05,
        ),
        case("b of zeros", matrix(3), 2, b=torch.zeros(3, dtype=torch.float64), corner=0.1),
    ]


def _solve(
    *,
    begin: Callable[[Product, Tensor], tuple[Tensor, Tensor]] = lambda hvp, b: (torch.zeros_like(b), b.clone()),
    alpha: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda r, p, hp: (r @ r) / (p @ hp),
    move: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda x, a, p: x + a * p,
    rest: Callable[[Tensor, Tensor, Tensor, Tensor, Product, Tensor], Tensor] = lambda r, a, hp, x, hvp, b: r - a * hp,
    beta: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = lambda new, old, p, hp: (new @ new) / (old @ old),
    turn: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda r, b, p: r + b * p,
    stop: Callable[[Tensor], Tensor | bool] = lambda r: (r == 0).all(),
    give: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda x, r, p: x,
    steps: Callable[[int, Tensor], int] = lambda n_steps, b: n_steps,
) -> Solve:
    """Conjugate gradients with one thing changed."""

    def cg_solve(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
        x, r = begin(hvp, b)
        p = r
        for _ in range(steps(n_steps, b)):
            if bool(stop(r)):
                break
            hp = hvp(p)
            a = alpha(r, p, hp)
            x = move(x, a, p)
            new = rest(r, a, hp, x, hvp, b)
            p = turn(new, beta(new, r, p, hp), p)
            r = new
        return give(x, r, p)

    return cg_solve


def _with_old_size(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    x, r, p, size = torch.zeros_like(b), -b, b, torch.dot(b, b)
    for _ in range(n_steps):
        if not bool(size > 0):
            return x
        image = hvp(p)
        step = size / torch.dot(p, image)
        x, r = x + step * p, r + step * image
        size, old = torch.dot(r, r), size
        p = -r + size / old * p
    return x


def _krylov(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    """The minimum of ½xᵀHx − bᵀx over the space that the products span, by orthogonal directions."""
    x, vectors, images = torch.zeros_like(b), list[Tensor](), list[Tensor]()
    direction = b
    for _ in range(n_steps):
        for vector in (*vectors, *vectors):
            direction = direction - (vector @ direction) * vector
        if bool(direction.norm() <= 1e-10 * b.norm()):
            break
        vectors.append(direction / direction.norm())
        images.append(hvp(vectors[-1]))
        direction = images[-1]
    if vectors:
        basis = torch.stack(vectors, dim=1)
        x = basis @ torch.linalg.solve(basis.T @ torch.stack(images, dim=1), basis.T @ b)
    return x


def _directions_kept(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    x, r, done = torch.zeros_like(b), b, list[tuple[Tensor, Tensor]]()
    for _ in range(n_steps):
        p = r
        for old, image in done:
            p = p - (r @ image) / (old @ image) * old
        if not bool(p.any()):
            break
        image = hvp(p)
        step = (p @ r) / (p @ image)
        x, r = x + step * p, r - step * image
        done.append((p, image))
    return x


def _polak(new: Tensor, old: Tensor, p: Tensor, hp: Tensor) -> Tensor:
    return new @ (new - old) / (old @ old)


def _whole_matrix(hvp: Product, b: Tensor) -> Tensor:
    return torch.stack([hvp(row) for row in torch.eye(len(b), dtype=b.dtype, device=b.device)])


def _residual_anew(r: Tensor, a: Tensor, hp: Tensor, x: Tensor, hvp: Product, b: Tensor) -> Tensor:
    return b - hvp(x)


def _curvature_by_a_second_product(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    x, r = torch.zeros_like(b), b
    p = r
    for _ in range(n_steps):
        if not bool(r.any()):
            break
        step = (r @ r) / (p @ hvp(p))
        x, new = x + step * p, r - step * hvp(p)
        p, r = new + (new @ new) / (r @ r) * p, new
    return x


def _direction_of_the_old_residual(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    x, r = torch.zeros_like(b), b
    p = r
    for _ in range(n_steps):
        if not bool(r.any()):
            break
        hp = hvp(p)
        step = (r @ r) / (p @ hp)
        new = r - step * hp
        x, p, r = x + step * p, r + (new @ new) / (r @ r) * p, new
    return x


def _beta_by_the_first(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    return _solve(beta=lambda new, old, p, hp: (new @ new) / (b @ b))(hvp, b, n_steps=n_steps)


def _looking_late(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    """The product comes before the look at the residual."""
    x, r = torch.zeros_like(b), b
    p = r
    for _ in range(n_steps):
        hp = hvp(p)
        if not bool(r.any()):
            break
        step = (r @ r) / (p @ hp)
        x, new = x + step * p, r - step * hp
        p, r = new + (new @ new) / (r @ r) * p, new
    return x


def _by_the_first_throughout(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    size = b @ b
    changed = _solve(alpha=lambda r, p, hp: size / (p @ hp), beta=lambda new, old, p, hp: (new @ new) / size)
    return changed(hvp, b, n_steps=n_steps)


def _alpha_by_the_first(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    return _solve(alpha=lambda r, p, hp: (b @ b) / (p @ hp))(hvp, b, n_steps=n_steps)


def _residual_by_the_direction(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    x, r = torch.zeros_like(b), b
    p = r
    for _ in range(n_steps):
        if not bool(r.any()):
            break
        step = (r @ r) / (p @ hvp(p))
        x, new = x + step * p, r - step * p
        p, r = new + (new @ new) / (r @ r) * p, new
    return x


def _moving_late(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    x, r = torch.zeros_like(b), b
    p = r
    for _ in range(n_steps):
        if not bool(r.any()):
            break
        hp = hvp(p)
        step = (r @ r) / (p @ hp)
        new = r - step * hp
        p, r = new + (new @ new) / (r @ r) * p, new
        x = x + step * p
    return x


def _moving_along_the_new_residual(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    x, r = torch.zeros_like(b), b
    p = r
    for _ in range(n_steps):
        if not bool(r.any()):
            break
        hp = hvp(p)
        step = (r @ r) / (p @ hp)
        new = r - step * hp
        x, p, r = x + step * new, new + (new @ new) / (r @ r) * p, new
    return x


def _aliased(hvp: Product, b: Tensor, *, n_steps: int, copied: bool = True) -> Tensor:
    """The residual is changed in place, and the first direction with it."""
    x, r = torch.zeros_like(b), b.clone() if copied else b
    p = r
    for _ in range(n_steps):
        size = r @ r
        if size == 0:
            break
        hp = hvp(p)
        step = size / (p @ hp)
        x = x + step * p
        r -= step * hp
        p = r + (r @ r) / size * p
    return x


def _without_steps(hvp: Product, b: Tensor, *, n_steps: int) -> Tensor:
    solved: Tensor = torch.linalg.solve(_whole_matrix(hvp, b), b)
    return solved


CG_SOLVE = Exercise(
    id="cg_solve",
    reference=reference.cg_solve,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("sizes_kept", _with_old_size),
        Accepted("beta_of_polak_and_ribiere", _solve(beta=_polak)),
        Accepted("beta_from_the_product", _solve(beta=lambda new, old, p, hp: -(new @ hp) / (p @ hp))),
        Accepted("alpha_from_the_direction", _solve(alpha=lambda r, p, hp: (r @ p) / (p @ hp))),
        Accepted("curvature_along_the_residual", _solve(alpha=lambda r, p, hp: (r @ r) / (r @ hp))),
        Accepted("directions_kept", _directions_kept),
        Accepted("minimum_over_the_krylov_space", _krylov),
    ],
    mistakes=[
        Mistake(
            "steepest_descent",
            _solve(turn=lambda r, b, p: r),
            "Every step goes along the residual: this is steepest descent with the best step. The new direction is "
            "r + βp, which keeps what the old one has reached.",
            0.25,
        ),
        Mistake(
            "one_direction",
            _solve(turn=lambda r, b, p: p),
            "The direction is never renewed. After each step it is r + βp with the new residual.",
        ),
        Mistake(
            "beta_inverted",
            _solve(beta=lambda new, old, p, hp: (old @ old) / (new @ new)),
            "β is turned round: new residual over old one, rᵀr/r_oldᵀr_old.",
            0.25,
            forms=[_solve(beta=lambda new, old, p, hp: (old @ old).sqrt() / (new @ new).sqrt())],
        ),
        Mistake(
            "beta_of_lengths",
            _solve(beta=lambda new, old, p, hp: new.norm() / old.norm()),
            "β is the quotient of two lengths. It is that of their squares: rᵀr/r_oldᵀr_old.",
            0.25,
        ),
        Mistake(
            "beta_by_the_first_residual",
            _beta_by_the_first,
            "The first residual's square is used at every step, in β or in α. After each step the new rᵀr has to take "
            "the place of the old one.",
            0.25,
            forms=[_by_the_first_throughout, _alpha_by_the_first],
        ),
        Mistake(
            "alpha_entry_by_entry",
            _solve(alpha=lambda r, p, hp: (r * r) / (p * hp)),
            "α is worked out for each entry by itself. It is one number, made of two inner products: `r @ r` over "
            "`p @ hp`.",
            0.25,
            forms=[
                _solve(alpha=lambda r, p, hp: (r * r) / (p @ hp)),
                _solve(alpha=lambda r, p, hp: (r @ r) / (p * hp)),
            ],
        ),
        Mistake(
            "beta_of_stale_residuals",
            _solve(beta=lambda new, old, p, hp: torch.ones_like(new @ new)),
            "β is 1 at every step, or made of one residual alone, as where the old one is overwritten before β is "
            "worked out. Keep rᵀr of both.",
            0.25,
            forms=[
                _solve(beta=lambda new, old, p, hp: new @ new),
                _solve(beta=lambda new, old, p, hp: 1 / (old @ old)),
            ],
        ),
        Mistake(
            "beta_of_wrong_sign",
            _solve(turn=lambda r, b, p: r - b * p),
            "βp is subtracted. With β = rᵀr/r_oldᵀr_old the new direction is r + βp.",
            0.25,
        ),
        Mistake(
            "beta_on_the_residual",
            _solve(turn=lambda r, b, p: b * r + p),
            "β multiplies the residual, or both parts. It belongs to the old direction: r + βp.",
            0.25,
            forms=[_solve(turn=lambda r, b, p: b * (r + p))],
        ),
        Mistake(
            "beta_times_the_residual",
            _direction_of_the_old_residual,
            "The new direction is made of the old residual. Update r first, then p = r + βp.",
            0.25,
            forms=[_solve(turn=lambda r, b, p: r + b * r)],
        ),
        Mistake(
            "beta_over_the_curvature",
            _solve(beta=lambda new, old, p, hp: (new @ new) / (p @ hp)),
            "β is divided by something else than the old residual's square: pᵀHp belongs to α. β = rᵀr/r_oldᵀr_old.",
            0.25,
            forms=[_solve(beta=lambda new, old, p, hp: (new @ new) / (p @ p))],
        ),
        Mistake(
            "alpha_of_wrong_sign",
            _solve(move=lambda x, a, p: x - a * p),
            "The solution has the wrong sign: x moves against the direction, or the residual begins as −b. With "
            "r = b − Hx it begins as b, and x goes along +p.",
            0.25,
            forms=[_solve(begin=lambda hvp, b: (torch.zeros_like(b), -b))],
        ),
        Mistake(
            "residual_of_wrong_sign",
            _solve(rest=lambda r, a, hp, x, hvp, b: r + a * hp),
            "The residual grows: b − H(x + αp) = r − αHp.",
            0.25,
        ),
        Mistake(
            "alpha_inverted",
            _solve(alpha=lambda r, p, hp: (p @ hp) / (r @ r)),
            "α is turned round. The minimum along p lies at rᵀr/pᵀHp: slope over curvature.",
        ),
        Mistake(
            "curvature_without_the_hessian",
            _solve(alpha=lambda r, p, hp: (r @ r) / (p @ p)),
            "There is no curvature in α: pᵀp stands for pᵀHp, or the product Hp alone for it.",
            forms=[
                _solve(alpha=lambda r, p, hp: (r @ r) / (hp @ hp)),
                _solve(alpha=lambda r, p, hp: (r @ hp) / (hp @ hp)),
            ],
        ),
        Mistake(
            "alpha_of_the_direction",
            _solve(alpha=lambda r, p, hp: (p @ p) / (p @ hp)),
            "pᵀp stands for rᵀr in α. From the second step on p and r differ.",
            0.25,
        ),
        Mistake(
            "alpha_halved",
            _solve(alpha=lambda r, p, hp: (r @ r) / (p @ hp) / 2),
            "α is half or twice as long as it should be. At the minimum along p the slope is 0: α = rᵀr/pᵀHp.",
            0.25,
            forms=[_solve(alpha=lambda r, p, hp: 2 * (r @ r) / (p @ hp))],
        ),
        Mistake(
            "alpha_fixed",
            _solve(alpha=lambda r, p, hp: torch.full_like(r @ r, 0.1)),
            "The step size is a number of your own. CG needs none: α = rᵀr/pᵀHp ends at the minimum along p.",
            forms=[
                _solve(alpha=lambda r, p, hp: torch.full_like(r @ r, 0.01)),
                _solve(alpha=lambda r, p, hp: torch.full_like(r @ r, 1.0)),
                _solve(alpha=lambda r, p, hp: torch.full_like(r @ r, 0.5)),
            ],
        ),
        Mistake(
            "residual_recomputed",
            _solve(rest=_residual_anew),
            "The answer is right, but each step takes two products: Hp is known, and r − αHp is the new residual "
            "without another one.",
            0.5,
            forms=[_curvature_by_a_second_product, _solve(rest=_residual_anew, stop=lambda r: False)],
        ),
        Mistake(
            "product_at_the_start",
            _solve(begin=lambda hvp, b: (torch.zeros_like(b), b - hvp(torch.zeros_like(b)))),
            "The answer is right, but one product is spent for nothing: on x = 0, where Hx is 0 and the first residual "
            "is b itself, or behind the last step, on a direction that nobody goes.",
            0.5,
            forms=[
                _solve(begin=lambda hvp, b: (torch.zeros_like(b), b - hvp(torch.zeros_like(b))), stop=lambda r: False),
            ],
        ),
        Mistake(
            "solved_to_the_end",
            _without_steps,
            "This is the exact solution, whatever `n_steps` is: by as many steps as there are parameters, or with the "
            "whole matrix, which takes n products and n² numbers to build.",
            0.25,
            forms=[_solve(steps=lambda n_steps, b: len(b)), _solve(steps=lambda n_steps, b: 100)],
        ),
        Mistake(
            "residual_kept",
            _solve(rest=lambda r, a, hp, x, hvp, b: r),
            "The residual is never updated: after a step it is r − αHp.",
            forms=[_solve(rest=lambda r, a, hp, x, hvp, b: r, turn=lambda r, b, p: r)],
        ),
        Mistake(
            "residual_without_the_hessian",
            _residual_by_the_direction,
            "The residual changes by αp. Where x moves by αp, b − Hx changes by αHp: the product belongs there.",
            0.25,
        ),
        Mistake(
            "moves_along_the_new_direction",
            _moving_late,
            "x moves along the direction of the next step, with the α of this one. Move x before p is renewed.",
            0.25,
            forms=[_moving_along_the_new_residual],
        ),
        Mistake(
            "one_tensor_for_two",
            _aliased,
            "The residual and the direction, or b, are one tensor, so that what changes the one in place changes the "
            "other. Write r = r - ... in the place of r -= ..., or begin with a clone.",
            0.25,
            forms=[lambda hvp, b, *, n_steps: _aliased(hvp, b, n_steps=n_steps, copied=False)],
        ),
        Mistake(
            "residual_without_alpha",
            _solve(rest=lambda r, a, hp, x, hvp, b: r - hp),
            "α is missing where the residual is updated: r − αHp.",
            0.25,
            forms=[_solve(rest=lambda r, a, hp, x, hvp, b: b - a * hp)],
        ),
        Mistake(
            "starts_at_b",
            _solve(begin=lambda hvp, b: (b.clone(), b - hvp(b))),
            "x starts at b. It starts at 0, and the first residual is b.",
            0.25,
            forms=[
                _solve(begin=lambda hvp, b: (b.clone(), b.clone())),
                _solve(begin=lambda hvp, b: (torch.ones_like(b), b - hvp(torch.ones_like(b)))),
            ],
        ),
        Mistake(
            "zero_divided_by_zero",
            _solve(stop=lambda r: False),
            "Where the residual has become exactly 0 this goes on and divides 0 by 0. Stop there: x is the solution.",
            0.75,
        ),
        Mistake(
            "product_before_the_look",
            _looking_late,
            "Right, but a product is asked for before anybody has looked whether the residual is 0, and then not used. "
            "Look first: a product is dear.",
            0.95,
        ),
        Mistake(
            "one_step_too_many",
            _solve(steps=lambda n_steps, b: n_steps + 1),
            "A step too many is taken, or one too few. `range(n_steps)` counts n_steps of them.",
            0.5,
            forms=[_solve(steps=lambda n_steps, b: max(n_steps - 1, 0))],
        ),
        Mistake(
            "stopped_at_a_tolerance",
            _solve(stop=lambda r: r @ r < 1e-2),
            "It stops as soon as the residual is small by a measure of your own. Take all `n_steps` steps, unless it "
            "is exactly 0.",
            0.5,
            forms=[
                _solve(stop=lambda r: r @ r < 0.1),
                _solve(stop=lambda r: r @ r < 1.0),
                _solve(stop=lambda r: r.norm() < 0.5),
            ],
        ),
        Mistake(
            "small_residuals_taken_for_zero",
            _solve(stop=lambda r: r.norm() < 1e-3),
            "It stops where the residual is small by a measure of your own, and a small b is small from the start. "
            "Stop where it is exactly 0.",
            0.9,
        ),
        Mistake(
            "stopped_early",
            _solve(steps=lambda n_steps, b: min(n_steps, 1)),
            "Only one step is taken. Is the `return` inside the loop?",
            0.25,
            forms=[_solve(steps=lambda n_steps, b: min(n_steps, 2))],
        ),
        Mistake(
            "residual_returned",
            _solve(give=lambda x, r, p: r),
            "The residual is returned, or the direction. The solution x is asked for.",
            0.25,
            forms=[_solve(give=lambda x, r, p: p)],
        ),
    ],
    equivalent={
        reasons.ANY_ORDER: ["alpha = size / (product @ p)"],
        "A squared length is never negative.": ["if size <= 0:"],
    },
)

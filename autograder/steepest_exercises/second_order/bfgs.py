"""Exercise `bfgs_update` of `07_second_order`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.loss_landscapes.spectrum import turned
from steepest_exercises.second_order import cases as shared
from steepest_exercises.second_order import reference
from steepest_exercises.second_order.cases import identity

Update = Callable[[Tensor, Tensor, Tensor], Tensor]

FALLS = 0.05  # there are three cases of it, and one with no curvature at all: a quarter together
NEAR_THE_END, LOW = 0.05, 2e-9  # there s and y are short, and yᵀs is this
REFUSED = 0.75  # what is left of the points where all of these corners are forgotten
UNCURVED = 0.05  # how far from 0 the cosine between s and y stays, but for the corner


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def matrix(n: int) -> Tensor:
        return turned(rng, [float(value) for value in np.linspace(0.4, 2.5, n) * rng.uniform(0.9, 1.1, n)])

    def pair(n: int, falls: bool) -> tuple[Tensor, Tensor]:
        while True:
            s, y = normal(rng, n), normal(rng, n)
            cosine = float(s @ y / (s.norm() * y.norm()))
            if (-0.8 < cosine < -UNCURVED) if falls else (0.3 < cosine < 0.9 or (n == 1 and cosine > 0)):
                return s, y

    def case(
        name: str,
        n: int,
        *,
        falls: bool = False,
        start: Tensor | None = None,
        scale: float = 1.0,
        curvature: float | None = None,
        dtype: torch.dtype = torch.float64,
        slack: float = 1.0,
        corner: float = 0.0,
    ) -> Case:
        inverse = matrix(n) if start is None else start
        s, y = pair(n, falls)
        if curvature:
            s, y = (part * (curvature / (y @ s)).sqrt() for part in (s, y))
        args = [inverse.to(dtype), (scale * s).to(dtype), y.to(dtype)]
        return Case(name, {"args": args, "kwargs": {}, "outputs": ["the new inverse"]}, slack=slack, corner=corner)

    across = torch.tensor([[2.0, 0.5], [0.5, 1.0]]).double()
    square = [across, torch.tensor([1.0, 2.0]).double(), torch.tensor([-2.0, 1.0]).double()]
    return [
        case("two parameters", 2, slack=2),
        case("three parameters", 3, slack=2),
        case("six parameters", 6, slack=4),
        case("from the identity", 4, start=torch.eye(4, dtype=torch.float64), slack=2),
        case("a short step", 3, scale=0.01, slack=4),
        case("a long step", 3, scale=30.0, slack=4),
        case("one parameter", 1),
        case("negative curvature along the step", 3, falls=True, corner=FALLS),
        case("negative curvature in five parameters", 5, falls=True, corner=FALLS),
        case("negative curvature along a short step", 4, falls=True, scale=0.01, corner=FALLS),
        Case(
            "a step along which the gradient does not change, yᵀs = 0",
            {"args": square, "kwargs": {}, "outputs": ["the new inverse"]},
            corner=0.1,
        ),
        case("a short step near the end of a run", 3, curvature=LOW, slack=4, corner=NEAR_THE_END),
        case("float32", 4, dtype=torch.float32, slack=20),
    ]


def _kept(rule: Update, *, unless: Callable[[Tensor, Tensor], Tensor] = lambda s, y: y @ s > 0) -> Update:
    """An update by rule(B, s, y), or none where the curvature is not positive."""

    def bfgs_update(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
        return rule(inverse, s, y) if bool(unless(s, y)) else inverse

    return bfgs_update


def _factors(
    left: Callable[[Tensor, Tensor, Tensor], Tensor],
    right: Callable[[Tensor, Tensor, Tensor], Tensor],
    last: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda s, y, rho: rho * torch.outer(s, s),
    rho: Callable[[Tensor, Tensor], Tensor] = lambda s, y: 1 / (y @ s),
) -> Update:
    """An update left(s, y, ρ) B right(s, y, ρ) + last(s, y, ρ), with the curvature looked at first."""

    def rule(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
        factor = rho(s, y)
        return left(s, y, factor) @ inverse @ right(s, y, factor) + last(s, y, factor)

    return _kept(rule)


def _sy(s: Tensor, y: Tensor, rho: Tensor) -> Tensor:
    return identity(s) - rho * torch.outer(s, y)


def _ys(s: Tensor, y: Tensor, rho: Tensor) -> Tensor:
    return identity(s) - rho * torch.outer(y, s)


def _one(s: Tensor, y: Tensor, rho: Tensor) -> Tensor:
    return identity(s)


def _plain(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    """The formula, whatever the curvature."""
    rho = 1 / (y @ s)
    return _sy(s, y, rho) @ inverse @ _ys(s, y, rho) + rho * torch.outer(s, s)


def _expanded(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    curvature, moved = y @ s, inverse @ y
    gain = (1 + y @ moved / curvature) * torch.outer(s, s) / curvature
    return inverse + gain - (torch.outer(moved, s) + torch.outer(s, moved)) / curvature


def _by_the_direct_update(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    updated: Tensor = torch.linalg.inv(_direct(torch.linalg.inv(inverse), s, y))
    return updated


def _direct(hessian: Tensor, s: Tensor, y: Tensor) -> Tensor:
    """BFGS of the matrix itself, not of its inverse."""
    moved = hessian @ s
    return hessian + torch.outer(y, y) / (y @ s) - torch.outer(moved, moved) / (s @ moved)


def _davidon(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    moved = inverse @ y
    return inverse + torch.outer(s, s) / (y @ s) - torch.outer(moved, moved) / (y @ moved)


def _rank_one(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    rest = s - inverse @ y
    return inverse + torch.outer(rest, rest) / (rest @ y)


def _columns(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    s, y = s.unsqueeze(1), y.unsqueeze(1)
    rho = 1 / (y.mT @ s)
    eye = identity(inverse[0])
    return (eye - rho * s @ y.mT) @ inverse @ (eye - rho * y @ s.mT) + rho * s @ s.mT


def _size_for_the_curvature(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    rho = 1 / (y @ s).abs()
    return _sy(s, y, rho) @ inverse @ _ys(s, y, rho) + rho * torch.outer(s, s)


def _with_floor(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    rho = 1 / (y @ s).clamp(min=1e-10)
    return _sy(s, y, rho) @ inverse @ _ys(s, y, rho) + rho * torch.outer(s, s)


def _blended(when: Callable[[Tensor, Tensor], Tensor]) -> Update:
    """Powell's damping where the curvature is low beside sᵀB⁻¹s."""

    def bfgs_update(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
        image = torch.linalg.solve(inverse, s)
        bound = s @ image
        if bool(when(y @ s, bound)):
            share = 0.8 * bound / (bound - y @ s)
            y = share * y + (1 - share) * image
        return _plain(inverse, s, y)

    return bfgs_update


def _raising(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    if y @ s <= 0:
        raise ValueError("the curvature must be positive")
    return _plain(inverse, s, y)


def _rescaled(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    return _plain((s @ y) / (y @ y) * identity(s), s, y)


BFGS_UPDATE = Exercise(
    id="bfgs_update",
    reference=reference.bfgs_update,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("products_written_out", _kept(_expanded)),
        Accepted("inverse_of_the_direct_update", _kept(_by_the_direct_update)),
        Accepted("columns", _kept(_columns)),
        Accepted("one_formula", _kept(_plain)),
        Accepted(
            "skipped_below_a_small_share",
            _kept(_plain, unless=lambda s, y: y @ s > 1e-10 * s.norm() * y.norm()),
        ),
    ],
    mistakes=[
        Mistake(
            "s_and_y_exchanged",
            _kept(lambda B, s, y: _plain(B, y, s)),
            "s and y are exchanged, so that By = s becomes Bs = y: this updates the Hessian. The inverse turns changes "
            "of the gradient into steps.",
            0.25,
            forms=[
                _kept(_direct),
                _kept(lambda B, s, y: B + torch.outer(y, y) / (y @ s) - torch.outer(B @ s, B @ s) / (s @ B @ s) * 2),
            ],
        ),
        Mistake(
            "davidon_fletcher_powell",
            _kept(_davidon),
            "This is the update of Davidon, Fletcher and Powell. It satisfies the same secant equation, and corrects "
            "bad curvature more slowly; BFGS is asked for.",
            0.5,
        ),
        Mistake(
            "symmetric_rank_one",
            _kept(_rank_one),
            "This is the symmetric update of rank one. It satisfies the same secant equation, but need not stay "
            "positive definite; BFGS changes the matrix by rank two.",
            0.5,
            forms=[_rank_one],
        ),
        Mistake(
            "curvature_not_looked_at",
            _plain,
            "There is no look at yᵀs. Where it is not positive the update would give a matrix that is not positive "
            "definite, or divide by 0: leave B as it is there.",
            REFUSED,
            forms=[
                _expanded,
                _by_the_direct_update,
            ],
        ),
        Mistake(
            "positive_curvature_refused",
            lambda inverse, s, y: inverse if y @ s > 0 else _plain(inverse, s, y),
            "The test is the wrong way round: good pairs are refused, and bad ones used. Update where yᵀs > 0.",
        ),
        Mistake(
            "never_updated",
            _kept(lambda B, s, y: B.clone()),
            "B comes back as it was. Where yᵀs > 0 it must learn from the pair: one number, the sum of all y_i s_i, is "
            "looked at, and not its terms.",
            forms=[_kept(lambda B, s, y: identity(s) @ B @ identity(s) * 1.0)],
        ),
        Mistake(
            "zero_curvature_used",
            _kept(_plain, unless=lambda s, y: y @ s >= 0),
            "Right but where yᵀs is exactly 0: there ρ would be infinite. Update only where yᵀs > 0.",
            0.9,
        ),
        Mistake(
            "small_curvature_refused",
            _kept(_plain, unless=lambda s, y: y @ s > 1e-6),
            "A pair is left out because yᵀs is small. Near the end of a run all steps are short and all pairs are so: "
            "only where yᵀs is not positive B stays as it is.",
            1 - NEAR_THE_END,
            forms=[_kept(_expanded, unless=lambda s, y: y @ s > 1e-8)],
        ),
        Mistake(
            "size_of_the_curvature",
            _size_for_the_curvature,
            "The size of yᵀs is used where it is negative. No positive definite B can satisfy By = s then: leave it as "
            "it is.",
            REFUSED,
            forms=[
                lambda inverse, s, y: _plain(inverse, s, y if y @ s > 0 else -y),
                _with_floor,
            ],
        ),
        Mistake(
            "begins_anew",
            lambda inverse, s, y: _plain(inverse, s, y) if y @ s > 0 else identity(s),
            "Where the curvature is not positive the identity is returned, or another start. All that B has learnt is "
            "lost so: return B.",
            REFUSED,
            forms=[
                lambda inverse, s, y: _plain(inverse, s, y) if y @ s > 0 else torch.zeros_like(inverse),
                lambda inverse, s, y: _plain(inverse, s, y) if y @ s > 0 else (s @ y) / (y @ y) * identity(s),
            ],
        ),
        Mistake(
            "powells_damping",
            _blended(lambda curvature, bound: curvature < 0.2 * bound),
            "y is blended with B⁻¹s, as in Powell's damping. A pair whose curvature is not positive is left out here: "
            "return B as it is, and use y as it is given elsewhere.",
            0.5,
        ),
        Mistake(
            "blended_where_refused",
            _blended(lambda curvature, bound: curvature <= 0),
            "Where yᵀs is not positive y is blended with B⁻¹s, as in Powell's damping. Such a pair is left out here: "
            "return B as it is.",
            REFUSED,
        ),
        Mistake(
            "nothing_where_refused",
            lambda inverse, s, y: _plain(inverse, s, y) if y @ s > 0 else None,
            "Where the curvature is not positive nothing is returned, or an exception is raised. Return B as it is.",
            REFUSED,
            forms=[_raising],
        ),
        Mistake(
            "left_factor_twice",
            _factors(_sy, _sy),
            "Both factors are the same, so the result is not symmetric. One is the transpose of the other: "
            "I − ρsyᵀ on the left, I − ρysᵀ on the right.",
            0.25,
            forms=[_factors(_ys, _ys)],
        ),
        Mistake(
            "factors_exchanged",
            _factors(_ys, _sy),
            "The two factors have changed places. For the inverse I − ρsyᵀ stands on the left: then By = s holds "
            "afterwards.",
            0.25,
        ),
        Mistake(
            "one_factor_missing",
            _factors(_sy, _one),
            "B is multiplied on one side only. Both factors are needed for a symmetric matrix with By = s.",
            0.25,
            forms=[
                _factors(_one, _ys),
                _factors(_ys, _one),
                _factors(_one, _sy),
                _factors(lambda s, y, rho: _sy(s, y, rho) @ _ys(s, y, rho), _one),
            ],
        ),
        Mistake(
            "last_term_missing",
            _factors(_sy, _ys, lambda s, y, rho: torch.zeros_like(torch.outer(s, s))),
            "ρssᵀ is missing. The two factors only forget what B said of y; this term is what it learns.",
            0.25,
        ),
        Mistake(
            "last_term_subtracted",
            _factors(_sy, _ys, lambda s, y, rho: -rho * torch.outer(s, s)),
            "ρssᵀ is subtracted. Added, it makes By = s.",
            0.25,
        ),
        Mistake(
            "last_term_of_y",
            _factors(_sy, _ys, lambda s, y, rho: rho * torch.outer(y, y)),
            "The last term is made of y. B turns y into s, so it is ρssᵀ.",
            0.25,
            forms=[
                _factors(_sy, _ys, lambda s, y, rho: rho * torch.outer(s, y)),
                _factors(_sy, _ys, lambda s, y, rho: rho * torch.outer(y, s)),
            ],
        ),
        Mistake(
            "last_term_without_rho",
            _factors(_sy, _ys, lambda s, y, rho: torch.outer(s, s)),
            "ρ is missing in the last term, enters it twice, or is another number there than 1/yᵀs: ρssᵀ.",
            0.25,
            forms=[
                _factors(_sy, _ys, lambda s, y, rho: rho**2 * torch.outer(s, s)),
                _factors(_sy, _ys, lambda s, y, rho: torch.outer(s, s) / rho),
                _factors(_sy, _ys, lambda s, y, rho: torch.outer(s, s) / (s @ s)),
                _factors(_sy, _ys, lambda s, y, rho: torch.outer(s, s) / (y @ y)),
                _factors(_sy, _ys, lambda s, y, rho: 2 * rho * torch.outer(s, s)),
            ],
        ),
        Mistake(
            "last_term_a_number",
            _factors(_sy, _ys, lambda s, y, rho: rho * (s @ s)),
            "The last term is one number, which is added to every entry: `s @ s` is an inner product. `torch.outer(s, "
            "s)` is the matrix ssᵀ.",
            0.25,
            forms=[_factors(_sy, _ys, lambda s, y, rho: rho * s * s)],
        ),
        Mistake(
            "inner_products_in_the_factors",
            _factors(
                lambda s, y, rho: identity(s) - rho * (s @ y),
                lambda s, y, rho: identity(s) - rho * (y @ s),
            ),
            "syᵀ has become one number: for vectors `s @ y` is an inner product. The factors hold the matrix "
            "`torch.outer(s, y)`.",
            forms=[
                _factors(lambda s, y, rho: identity(s) - rho * s * y, lambda s, y, rho: identity(s) - rho * y * s),
                _factors(
                    lambda s, y, rho: identity(s) - rho * (s @ y),
                    lambda s, y, rho: identity(s) - rho * (y @ s),
                    lambda s, y, rho: rho * (s @ s),
                ),
            ],
        ),
        Mistake(
            "entry_by_entry",
            _kept(lambda B, s, y: _sy(s, y, 1 / (y @ s)) * B * _ys(s, y, 1 / (y @ s)) + torch.outer(s, s) / (y @ s)),
            "The matrices are multiplied entry by entry. `@` multiplies matrices, `*` their entries.",
            0.25,
        ),
        Mistake(
            "identity_missing",
            _factors(lambda s, y, rho: -rho * torch.outer(s, y), lambda s, y, rho: -rho * torch.outer(y, s)),
            "The identity is missing in the factors, or it is a 1 in every entry. I − ρsyᵀ needs `torch.eye`.",
            0.25,
            forms=[
                _factors(lambda s, y, rho: 1 - rho * torch.outer(s, y), lambda s, y, rho: 1 - rho * torch.outer(y, s))
            ],
        ),
        Mistake(
            "factors_with_a_plus",
            _factors(
                lambda s, y, rho: identity(s) + rho * torch.outer(s, y),
                lambda s, y, rho: identity(s) + rho * torch.outer(y, s),
            ),
            "The factors have a plus where a minus belongs: I − ρsyᵀ takes away what B said of y.",
            0.25,
        ),
        Mistake(
            "rho_not_inverted",
            _factors(_sy, _ys, rho=lambda s, y: y @ s),
            "ρ is yᵀs here. It is 1 divided by that.",
            0.25,
        ),
        Mistake(
            "rho_of_something_else",
            _factors(_sy, _ys, rho=lambda s, y: 1 / (s @ s)),
            "ρ is made of one vector alone, or of the lengths of both. It is 1/yᵀs, the curvature along the step.",
            0.25,
            forms=[
                _factors(_sy, _ys, rho=lambda s, y: 1 / (y @ y)),
                _factors(_sy, _ys, rho=lambda s, y: 1 / (s.norm() * y.norm())),
                _factors(_sy, _ys, rho=lambda s, y: torch.ones_like(y @ s)),
            ],
        ),
        Mistake(
            "scaled_anew_each_time",
            _kept(_rescaled),
            "The old B is replaced by a multiple of the identity, so what it has learnt is lost. Update the B that is "
            "given.",
            0.25,
            forms=[
                _kept(lambda B, s, y: _plain(identity(s), s, y)),
                _kept(lambda B, s, y: _plain((s @ y) / (y @ B @ y) * B, s, y)),
            ],
        ),
        Mistake(
            "transposed_products",
            _kept(
                lambda B, s, y: (
                    B + (1 + y @ B @ y / (y @ s)) * torch.outer(s, s) / (y @ s) - 2 * torch.outer(B @ y, s) / (y @ s)
                )
            ),
            "The two mixed terms are not each other's transpose, so the result is not symmetric: Bysᵀ and syᵀB.",
            0.25,
            forms=[
                _kept(
                    lambda B, s, y: (
                        B
                        + (1 + y @ B @ y / (y @ s)) * torch.outer(s, s) / (y @ s)
                        - 2 * torch.outer(s, B @ y) / (y @ s)
                    )
                ),
                _kept(
                    lambda B, s, y: (
                        B + (1 + y @ B @ y / (y @ s)) * torch.outer(s, s) / (y @ s) - torch.outer(B @ y, s) / (y @ s)
                    )
                ),
            ],
        ),
        Mistake(
            "part_of_the_bracket_missing",
            _kept(
                lambda B, s, y: (
                    B + torch.outer(s, s) / (y @ s) - (torch.outer(B @ y, s) + torch.outer(s, B @ y)) / (y @ s)
                )
            ),
            "In the form that is multiplied out a part of the coefficient of ssᵀ is missing: (1 + yᵀBy/yᵀs)/yᵀs.",
            0.25,
            forms=[
                _kept(
                    lambda B, s, y: (
                        B
                        + (1 + y @ B @ y) * torch.outer(s, s) / (y @ s)
                        - (torch.outer(B @ y, s) + torch.outer(s, B @ y)) / (y @ s)
                    )
                ),
            ],
        ),
        Mistake(
            "added_to_the_old",
            _kept(lambda B, s, y: B + _plain(B, s, y)),
            "The new matrix is added to the old one, or averaged with it. It replaces it.",
            0.25,
            forms=[_kept(lambda B, s, y: (B + _plain(B, s, y)) / 2)],
        ),
        Mistake(
            "inverted_again",
            _kept(lambda B, s, y: torch.linalg.inv(_plain(B, s, y))),
            "The result is inverted, which gives the Hessian. B stands for the inverse throughout.",
            0.25,
            forms=[_kept(lambda B, s, y: _direct(torch.linalg.inv(B), s, y))],
        ),
    ],
    equivalent={
        reasons.ANY_ORDER: ["curvature = s @ y"],
        reasons.SAME_DEVICE: [
            "identity = torch.eye(len(s), dtype=s.dtype)",
            "identity = torch.eye(len(s), dtype=s.dtype, device=inverse.device)",
            "identity = torch.eye(len(s), dtype=s.dtype, device=y.device)",
        ],
        shared.ALIKE: [
            "identity = torch.eye(len(inverse), dtype=s.dtype, device=s.device)",
            "identity = torch.eye(len(y), dtype=s.dtype, device=s.device)",
            "identity = torch.eye(len(s), dtype=inverse.dtype, device=s.device)",
            "identity = torch.eye(len(s), dtype=y.dtype, device=s.device)",
        ],
        "The identity is exact in any floating type.": ["identity = torch.eye(len(s), device=s.device)"],
        "The factor stands on both sides, so its sign is lost.": ["left = torch.outer(s, y) / curvature - identity"],
    },
)

"""Exercise `lbfgs_direction` of `07_second_order`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.loss_landscapes.spectrum import turned
from steepest_exercises.second_order import reference
from steepest_exercises.second_order.cases import identity

Pairs = Sequence[Tensor]
Direction = Callable[[Tensor, Pairs, Pairs], Tensor]
Scale = Callable[[Pairs, Pairs], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        n: int,
        pairs: int,
        *,
        dtype: torch.dtype = torch.float64,
        slack: float = 1.0,
        scale: float = 1.0,
        corner: float = 0.0,
    ) -> Case:
        # steps on a bowl, and a little more: whatever H is, yᵀs is positive and no two pairs agree on it
        s_list, y_list = list[Tensor](), list[Tensor]()
        while len(s_list) < pairs:
            hessian = turned(rng, [float(value) for value in np.linspace(0.5, 3, n) * rng.uniform(0.8, 1.2, n)])
            s = normal(rng, n)
            s_list.append((scale * s).to(dtype))
            y_list.append((scale * (hessian @ s)).to(dtype))
        args = [normal(rng, n).to(dtype), s_list, y_list]
        return Case(name, {"args": args, "kwargs": {}, "outputs": ["the direction"]}, slack=slack, corner=corner)

    return [
        case("three pairs, four parameters", 4, 3, slack=2),
        case("two pairs, three parameters", 3, 2, slack=2),
        case("one pair", 4, 1),
        case("five pairs", 5, 5, slack=4),
        case("more pairs than parameters", 2, 4, slack=4),
        case("two pairs of two parameters", 2, 2, slack=2),
        case("four pairs of short steps", 6, 4, slack=2, scale=0.01),
        case("no pair yet", 3, 0, corner=0.1),
        case("ten parameters", 10, 3, slack=2),
        case("float32", 5, 3, dtype=torch.float32, slack=10),
    ]


def _newest(s_list: Pairs, y_list: Pairs) -> Tensor:
    return (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])


def _loops(
    *,
    first: Callable[[int], Sequence[int]] = lambda m: range(m - 1, -1, -1),
    second: Callable[[int], Sequence[int]] = lambda m: range(m),
    share: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda s, y, q: (s @ q) / (s @ y),
    down: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = lambda q, a, s, y: q - a * y,
    scaled: Callable[[Tensor, Pairs, Pairs], Tensor] = lambda q, s_list, y_list: q * _newest(s_list, y_list),
    other: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda s, y, q: (y @ q) / (s @ y),
    up: Callable[[Tensor, Tensor, Tensor, Tensor, Tensor], Tensor] = lambda q, a, b, s, y: q + (a - b) * s,
    give: Callable[[Tensor, Tensor], Tensor] = lambda q, grad: -q,
    kept: Callable[[dict[int, Tensor], int, int], Tensor] = lambda shares, i, m: shares[i],
    scaled_first: bool = False,
) -> Direction:
    """The two loops with one thing changed."""

    def lbfgs_direction(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
        m, q, shares = len(s_list), grad.clone(), dict[int, Tensor]()
        if m and scaled_first:
            q = scaled(q, s_list, y_list)
        for i in first(m):
            shares[i] = share(s_list[i], y_list[i], q)
            q = down(q, shares[i], s_list[i], y_list[i])
        if m and not scaled_first:
            q = scaled(q, s_list, y_list)
        for i in second(m):
            b = other(s_list[i], y_list[i], q)
            q = up(q, kept(shares, i, m), b, s_list[i], y_list[i])
        return give(q, grad)

    return lbfgs_direction


def _matrix(
    start: Callable[[Tensor, Pairs, Pairs], Tensor],
    order: Callable[[Pairs], Pairs] = lambda pairs: pairs,
    update: Callable[[Tensor, Tensor, Tensor], Tensor] = reference.bfgs_update,
) -> Direction:
    """−Bg with B built pair by pair."""

    def lbfgs_direction(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
        inverse = start(grad, s_list, y_list)
        for s, y in zip(order(s_list), order(y_list), strict=True):
            inverse = update(inverse, s, y)
        return -(inverse @ grad)

    return lbfgs_direction


def _newest_times_identity(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
    return _newest(s_list, y_list) * identity(grad) if len(s_list) else identity(grad)


def _unscaled(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
    return identity(grad)


def _with_deques(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
    if not s_list:
        return -grad
    q, stack = grad, []
    for s, y in zip(s_list[::-1], y_list[::-1], strict=True):
        rho = 1 / torch.dot(y, s)
        stack.append((s, y, rho, rho * torch.dot(s, q)))
        q = q - stack[-1][3] * y
    r = _newest(s_list, y_list) * q
    while stack:
        s, y, rho, a = stack.pop()
        r = r + s * (a - rho * torch.dot(y, r))
    return -r


def _called_again(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
    scale = _newest(s_list, y_list) if len(s_list) else 1.0

    def product(v: Tensor, m: int) -> Tensor:
        if m == 0:
            return scale * v
        s, y = s_list[m - 1], y_list[m - 1]
        share = (s @ v) / (s @ y)
        r = product(v - share * y, m - 1)
        return r + (share - (y @ r) / (s @ y)) * s

    return -product(grad, len(s_list))


def _recursion_of_the_first_loop(shares: dict[int, Tensor], i: int, m: int) -> Tensor:
    return shares[min(shares)]


def _alphas_anew(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
    q = grad
    for s, y in zip(reversed(s_list), reversed(y_list), strict=True):
        q = q - (s @ q) / (s @ y) * y
    r = q * _newest(s_list, y_list) if len(s_list) else q
    for s, y in zip(s_list, y_list, strict=True):
        r = r + ((s @ r) / (s @ y) - (y @ r) / (s @ y)) * s
    return -r


def _second_loop_beside(*, scaled: bool) -> Direction:
    """β is made of what the first loop has left, before or after it is scaled, all the way."""

    def lbfgs_direction(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
        q, shares = grad, []
        for s, y in zip(reversed(s_list), reversed(y_list), strict=True):
            shares.append((s @ q) / (s @ y))
            q = q - shares[-1] * y
        r = q * _newest(s_list, y_list) if len(s_list) else q
        fixed = r if scaled else q
        for s, y, share in zip(s_list, y_list, reversed(shares), strict=True):
            r = r + (share - (y @ fixed) / (s @ y)) * s
        return -r

    return lbfgs_direction


def _from_the_gradient_again(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
    return _loops(scaled=lambda q, s_list, y_list: grad * _newest(s_list, y_list))(grad, s_list, y_list)


def _mean_scale(s_list: Pairs, y_list: Pairs) -> Tensor:
    scales = [(s @ y) / (y @ y) for s, y in zip(s_list, y_list, strict=True)]
    return torch.stack(scales).mean()


def _from_the_gradient(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
    return _loops(share=lambda s, y, q: (s @ grad) / (s @ y))(grad, s_list, y_list)


def _davidon(inverse: Tensor, s: Tensor, y: Tensor) -> Tensor:
    moved = inverse @ y
    return inverse + torch.outer(s, s) / (y @ s) - torch.outer(moved, moved) / (y @ moved)


def _each_scaled(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
    q, shares = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list), strict=True):
        shares.append((s @ q) / (s @ y))
        q = (q - shares[-1] * y) * (s @ y) / (y @ y)
    for s, y, share in zip(s_list, y_list, reversed(shares), strict=True):
        q = q + (share - (y @ q) / (s @ y)) * s
    return -q


def _only_the(part: slice) -> Direction:
    return lambda grad, s_list, y_list: reference.lbfgs_direction(grad, s_list[part], y_list[part])


def _scaled_by_the_newest(grad: Tensor, s_list: Pairs, y_list: Pairs) -> Tensor:
    return -(_newest(s_list, y_list) * grad) if len(s_list) else -grad


LBFGS_DIRECTION = Exercise(
    id="lbfgs_direction",
    reference=reference.lbfgs_direction,
    cases=_cases,
    points=4,
    companions={"bfgs_update": reference.bfgs_update},
    accepted=[
        Accepted("matrix_built_pair_by_pair", _matrix(_newest_times_identity)),
        Accepted("stack_of_pairs", _with_deques),
        Accepted("called_again_for_older_pairs", _called_again),
        Accepted("one_loop_after_the_other", _loops()),
        Accepted(
            "unscaled",
            _loops(scaled=lambda q, s_list, y_list: q),
            "B₀ is the identity. The lesson scales it by sᵀy/yᵀy of the newest pair, so that a step of 1 is about "
            "right from the start.",
        ),
    ],
    mistakes=[
        Mistake(
            "second_loop_not_turned_round",
            _loops(second=lambda m: range(m - 1, -1, -1)),
            "Both loops go from the newest pair to the oldest. The second one goes back, to the newest.",
            0.25,
            forms=[_loops(second=lambda m: range(m - 1, -1, -1), scaled=lambda q, s_list, y_list: q)],
        ),
        Mistake(
            "both_loops_turned_round",
            _loops(first=lambda m: range(m), second=lambda m: range(m - 1, -1, -1)),
            "The first loop begins with the oldest pair. The lists hold the oldest first, and the first loop begins at "
            "their end, with the newest.",
            0.25,
            forms=[
                _matrix(_newest_times_identity, lambda pairs: pairs[::-1]),
                _loops(
                    first=lambda m: range(m),
                    second=lambda m: range(m - 1, -1, -1),
                    scaled=lambda q, s_list, y_list: q * (s_list[0] @ y_list[0]) / (y_list[0] @ y_list[0]),
                ),
                _loops(
                    first=lambda m: range(m),
                    second=lambda m: range(m - 1, -1, -1),
                    scaled=lambda q, s_list, y_list: q,
                ),
            ],
        ),
        Mistake(
            "first_loop_forwards",
            _loops(first=lambda m: range(m)),
            "Both loops go from the oldest pair to the newest. The first one begins with the newest.",
            0.25,
            forms=[_loops(first=lambda m: range(m), scaled=lambda q, s_list, y_list: q)],
        ),
        Mistake(
            "scaled_by_the_oldest_pair",
            _loops(scaled=lambda q, s_list, y_list: q * (s_list[0] @ y_list[0]) / (y_list[0] @ y_list[0])),
            "The oldest pair scales B₀. The newest knows the curvature where we are now: s_list[-1] and y_list[-1].",
            0.5,
        ),
        Mistake(
            "uphill",
            _loops(give=lambda q, grad: q),
            "This is Bg, which points uphill. The direction is −Bg.",
            0.5,
            forms=[_loops(scaled=lambda q, s_list, y_list: q, give=lambda q, grad: q)],
        ),
        Mistake(
            "one_alpha_for_all_pairs",
            _loops(kept=_recursion_of_the_first_loop),
            "The second loop uses one α for all pairs, the last of the first loop. Each pair needs its own: keep them "
            "in a list.",
            0.25,
            forms=[_loops(kept=lambda shares, i, m: shares[m - 1])],
        ),
        Mistake(
            "alphas_in_the_wrong_order",
            _loops(kept=lambda shares, i, m: shares[m - 1 - i]),
            "Each pair gets another pair's α in the second loop: they were stored from the newest pair to the oldest, "
            "and are read in the same order. Turn the list round.",
            0.25,
            forms=[_loops(kept=lambda shares, i, m: shares[m - 1 - i], scaled=lambda q, s_list, y_list: q)],
        ),
        Mistake(
            "alpha_taken_anew",
            _alphas_anew,
            "In the second loop α is worked out anew from the changed vector. It is that of the first loop: keep it.",
            0.25,
        ),
        Mistake(
            "beta_of_s",
            _loops(other=lambda s, y, q: (s @ q) / (s @ y)),
            "β is not yᵀr/yᵀs: sᵀr stands above, as in α, or another product than yᵀs below.",
            0.25,
            forms=[_loops(other=lambda s, y, q: (y @ q) / (y @ y)), _loops(other=lambda s, y, q: (s @ q) / (s @ s))],
        ),
        Mistake(
            "beta_of_the_first_loops_vector",
            _second_loop_beside(scaled=False),
            "β is made of a vector that does not change in the second loop: q, or what the loop began with. It is made "
            "of r, to which each pair has just added its step.",
            0.25,
            forms=[_second_loop_beside(scaled=True), _loops(other=lambda s, y, q: q @ q)],
        ),
        Mistake(
            "one_loop_with_s_and_y_exchanged",
            _loops(share=lambda s, y, q: (y @ q) / (s @ y), down=lambda q, a, s, y: q - a * s),
            "In one of the two loops s and y have changed places. In the first α is made of s, and y is taken away; in "
            "the second β is made of y, and s is added.",
            0.25,
            forms=[
                _loops(other=lambda s, y, q: (s @ q) / (s @ y), up=lambda q, a, b, s, y: q + (a - b) * y),
            ],
        ),
        Mistake(
            "second_loop_begins_at_the_gradient",
            _from_the_gradient_again,
            "The second loop begins with the gradient. It begins with what the first one has left, times γ.",
            0.25,
        ),
        Mistake(
            "alpha_of_y",
            _loops(share=lambda s, y, q: (y @ q) / (s @ y)),
            "α is not sᵀq/yᵀs: yᵀq stands above, as in β, or another product than yᵀs below.",
            0.25,
            forms=[_loops(share=lambda s, y, q: (s @ q) / (s @ s)), _loops(share=lambda s, y, q: (s @ q) / (y @ y))],
        ),
        Mistake(
            "rho_forgotten",
            _loops(share=lambda s, y, q: s @ q, other=lambda s, y, q: y @ q),
            "ρ = 1/yᵀs is missing in α or in β, or it is not inverted.",
            0.25,
            forms=[
                _loops(share=lambda s, y, q: s @ q),
                _loops(other=lambda s, y, q: y @ q),
                _loops(share=lambda s, y, q: (s @ q) * (s @ y), other=lambda s, y, q: (y @ q) * (s @ y)),
            ],
        ),
        Mistake(
            "scale_inverted",
            _loops(scaled=lambda q, s_list, y_list: q / _newest(s_list, y_list)),
            "The scale is turned round: yᵀy/sᵀy is about a curvature, and B₀ stands for the inverse. Take sᵀy/yᵀy.",
            0.25,
        ),
        Mistake(
            "scale_of_something_else",
            _loops(scaled=lambda q, s_list, y_list: q * (s_list[-1] @ s_list[-1]) / (s_list[-1] @ y_list[-1])),
            "B₀ is scaled by another quotient than sᵀy/yᵀy of the newest pair.",
            0.5,
            forms=[
                _loops(scaled=lambda q, s_list, y_list: q * (s_list[-1] @ y_list[-1]) / (s_list[-1] @ s_list[-1])),
                _loops(scaled=lambda q, s_list, y_list: q * (s_list[-1] @ y_list[-1])),
                _loops(scaled=lambda q, s_list, y_list: q / (s_list[-1] @ y_list[-1])),
                _loops(scaled=lambda q, s_list, y_list: q * s_list[-1].norm() / y_list[-1].norm()),
                _loops(scaled=lambda q, s_list, y_list: q * _mean_scale(s_list, y_list)),
                _loops(scaled=lambda q, s_list, y_list: q * (s_list[-1] @ y_list[-1]).sqrt()),
                _loops(scaled=lambda q, s_list, y_list: q * (s_list[-1] @ s_list[-1]) / (y_list[-1] @ y_list[-1])),
            ],
        ),
        Mistake(
            "first_loop_adds",
            _loops(down=lambda q, a, s, y: q + a * y),
            "The first loop adds αy. It takes away what the pair explains of the gradient: q − αy.",
            0.25,
        ),
        Mistake(
            "first_loop_takes_s_away",
            _loops(down=lambda q, a, s, y: q - a * s),
            "The first loop subtracts αs. It works on gradients, so it takes changes of the gradient away: q − αy.",
            0.25,
        ),
        Mistake(
            "second_loop_adds_y",
            _loops(up=lambda q, a, b, s, y: q + (a - b) * y),
            "The second loop adds multiples of y. It builds a step, which is made of steps: r + (α − β)s.",
            0.25,
            forms=[
                _loops(up=lambda q, a, b, s, y: q + a * s - b * y),
                _loops(up=lambda q, a, b, s, y: q + a * y - b * s),
            ],
        ),
        Mistake(
            "second_loop_of_wrong_sign",
            _loops(up=lambda q, a, b, s, y: q + (b - a) * s),
            "The second loop has α and β the wrong way round, or a sign too many: r + (α − β)s.",
            0.25,
            forms=[_loops(up=lambda q, a, b, s, y: q + (a + b) * s)],
        ),
        Mistake(
            "beta_forgotten",
            _loops(up=lambda q, a, b, s, y: q + a * s),
            "β has no part in the second loop, or α has none: r + (α − β)s.",
            0.25,
            forms=[_loops(up=lambda q, a, b, s, y: q - b * s)],
        ),
        Mistake(
            "scaled_before_the_first_loop",
            _loops(scaled_first=True),
            "The gradient is scaled before the first loop, or the result after the second. B₀ stands in the middle, "
            "between the two loops.",
            0.25,
            forms=[
                lambda grad, s_list, y_list: (
                    _newest(s_list, y_list) * _loops(scaled=lambda q, s_list, y_list: q)(grad, s_list, y_list)
                    if len(s_list)
                    else -grad
                ),
            ],
        ),
        Mistake(
            "scaled_twice",
            lambda grad, s_list, y_list: (
                _newest(s_list, y_list) * _loops()(grad, s_list, y_list) if len(s_list) else -grad
            ),
            "The result is scaled as well. B₀ stands in the middle: its scale multiplies between the two loops, and "
            "nowhere else.",
            0.5,
        ),
        Mistake(
            "first_loop_alone",
            _loops(second=lambda m: ()),
            "The second loop is missing: it adds the steps that the first one has found.",
            0.25,
            forms=[_loops(second=lambda m: (), scaled=lambda q, s_list, y_list: q)],
        ),
        Mistake(
            "alphas_from_the_gradient",
            _from_the_gradient,
            "Each α is made of the gradient itself. It is made of q, from which the newer pairs have been taken away "
            "already.",
            0.25,
        ),
        Mistake(
            "newest_pair_alone",
            _only_the(slice(-1, None)),
            "Not all pairs are used. The loops run over both lists, from end to end.",
            0.25,
            forms=[
                _only_the(slice(0, 1)),
                _only_the(slice(1, None)),
                _only_the(slice(0, -1)),
                _only_the(slice(-2, None)),
                _only_the(slice(-3, None)),
            ],
        ),
        Mistake(
            "scaled_gradient",
            _scaled_by_the_newest,
            "This is the gradient times a number. The pairs turn it as well: that is what the two loops are for.",
            forms=[lambda grad, s_list, y_list: -1.0 * grad],
        ),
        Mistake(
            "s_and_y_exchanged",
            lambda grad, s_list, y_list: reference.lbfgs_direction(grad, y_list, s_list),
            "s and y are exchanged, which gives −Hg in the place of −H⁻¹g. s is the step, y the change of the "
            "gradient.",
            0.25,
            forms=[_matrix(_newest_times_identity, update=lambda B, s, y: reference.bfgs_update(B, y, s))],
        ),
        Mistake(
            "davidon_fletcher_powell",
            _matrix(_newest_times_identity, update=_davidon),
            "The pairs are used by another update than BFGS's. (I − ρsyᵀ)B(I − ρysᵀ) + ρssᵀ is what the two loops "
            "multiply by.",
            0.25,
        ),
        Mistake(
            "scaled_anew_with_each_pair",
            _each_scaled,
            "Every pair scales the vector anew. B₀ is scaled once, between the loops, by the newest.",
            0.25,
        ),
        Mistake(
            "empty_lists_forgotten",
            lambda grad, s_list, y_list: (
                reference.lbfgs_direction(grad, s_list, y_list) if len(s_list) else torch.zeros_like(grad)
            ),
            "Right but where there is no pair yet: then the direction is −g, the first step of every run.",
            0.9,
            forms=[
                lambda grad, s_list, y_list: reference.lbfgs_direction(grad, s_list, y_list) if len(s_list) else None,
                lambda grad, s_list, y_list: reference.lbfgs_direction(grad, s_list, y_list) if len(s_list) else grad,
                lambda grad, s_list, y_list: (
                    reference.lbfgs_direction(grad, s_list, y_list) if s_list[-1] is not None else grad
                ),
            ],
        ),
    ],
    equivalent={
        reasons.ANY_ORDER: [
            "alphas.append(q @ s / (y @ s))",
            "alphas.append(s @ q / (s @ y))",
            "q = q * (y_list[-1] @ s_list[-1]) / (y_list[-1] @ y_list[-1])",
            "beta = q @ y / (y @ s)",
            "beta = y @ q / (s @ y)",
        ],
        "All lists are equally long.": [
            "if y_list:",
            "for s, y in zip(reversed(s_list), reversed(y_list)):",
            "for s, y in zip(reversed(s_list), reversed(y_list), strict=False):",
            "for s, y, alpha in zip(s_list, y_list, reversed(alphas)):",
            "for s, y, alpha in zip(s_list, y_list, reversed(alphas), strict=False):",
        ],
        "The accepted variant unscaled.": [
            "if False:",
            "without q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])",
            "q = q * (y_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])",
            "q = q * (s_list[-1] @ y_list[-1]) / (s_list[-1] @ y_list[-1])",
            "q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ s_list[-1])",
        ],
    },
)

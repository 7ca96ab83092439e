"""Exercise `sparsity_penalty` of `13_representations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.inputs import uniform
from steepest_exercises.representations import reference

GUARDED = 300.0  # a constant of 1e-8 in a logarithm costs nothing
Penalty = Callable[..., Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def made(name: str, codes: Tensor, rho: float, *, corner: float = 0.0) -> Case:
        inputs = {"args": [codes], "kwargs": {"rho": rho}, "outputs": ["the penalty"]}
        return Case(name, inputs, corner=corner, slack=GUARDED)

    def case(name: str, n: int, k: int, rho: float, low: float, high: float) -> Case:
        """Each unit has an activity of its own."""
        return made(name, uniform(rng, low, high, k) * uniform(rng, 0.5, 1, n, k), rho)

    def at_the_ends(name: str, n: int, rho: float) -> Case:
        """Two units that are silent all but wholly, and one that is always active."""
        quiet, busy = uniform(rng, 0.001, 0.004, n, 2), uniform(rng, 0.996, 0.999, n, 1)
        return made(name, torch.cat([quiet, busy], dim=1), rho, corner=0.1)

    drawn = rng.uniform
    return [
        case("three units that are too busy", 6, 3, drawn(0.03, 0.08), 0.3, 0.9),
        case("many units", 5, 9, drawn(0.05, 0.1), 0.2, 0.9),
        case("units that are too quiet", 6, 3, drawn(0.3, 0.4), 0.02, 0.1),
        case("a target above one half", 6, 4, drawn(0.7, 0.8), 0.2, 0.6),
        case("one unit", 7, 1, drawn(0.1, 0.2), 0.4, 0.8),
        case("one row", 1, 4, drawn(0.1, 0.2), 0.4, 0.9),
        case("as many rows as units", 4, 4, drawn(0.1, 0.2), 0.3, 0.9),
        at_the_ends("mean activities below 0.01 and above 0.99", 5, drawn(0.1, 0.3)),
    ]


def divergence(p: Tensor | float, q: Tensor | float) -> Tensor:
    """KL(p‖q) of coins that show heads with these probabilities."""
    up, down = p / q, (1 - p) / (1 - q)  # tensors, as one of the two is
    return p * torch.as_tensor(up).log() + (1 - p) * torch.as_tensor(down).log()


def _of_means(rule: Callable[[Tensor, float], Tensor]) -> Penalty:
    """`rule(mean activity of each unit, ρ)`."""
    return lambda codes, *, rho: rule(codes.mean(dim=0), rho)


def _of_codes(rule: Callable[[Tensor, float], Tensor]) -> Penalty:
    """`rule(codes, ρ)`."""
    return lambda codes, *, rho: rule(codes, rho)


def _of_shares(off: float) -> Penalty:
    """Units counted as on or off, and their shares kept so far `off` 0 and 1."""
    return _of_codes(lambda h, r: divergence(r, (h > 0.5).to(h.dtype).mean(dim=0).clamp(off, 1 - off)).sum())


def _guarded(more: float) -> Penalty:
    """With a number added to what is divided by."""
    return _of_means(lambda m, r: (r * torch.log(r / (m + more)) + (1 - r) * torch.log((1 - r) / (1 - m + more))).sum())


def _unit_by_unit(codes: Tensor, *, rho: float) -> Tensor:
    total = codes.new_zeros(())
    for unit in codes.T:
        mean = unit.sum() / len(unit)
        total = total + rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))
    return total


def _cross_entropy_less_entropy(codes: Tensor, *, rho: float) -> Tensor:
    mean = codes.mean(0)
    own = torch.full_like(mean, rho)
    cross = torch.nn.functional.binary_cross_entropy(mean, own, reduction="sum")
    return cross - torch.nn.functional.binary_cross_entropy(own, own, reduction="sum")


def _in_distributions(codes: Tensor, *, rho: float) -> Tensor:
    from torch.distributions import Bernoulli, kl_divergence

    mean = codes.mean(0)
    found: Tensor = kl_divergence(Bernoulli(torch.full_like(mean, rho)), Bernoulli(mean)).sum()
    return found


SPARSITY_PENALTY = Exercise(
    id="sparsity_penalty",
    reference=reference.sparsity_penalty,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("sum_of_divergences", _of_means(lambda m, r: divergence(r, m).sum())),
        Accepted("unit_by_unit", _unit_by_unit),
        Accepted("cross_entropy_less_entropy", _cross_entropy_less_entropy, library=True),
        Accepted("in_distributions", _in_distributions, library=True),
        Accepted("as_a_number", lambda codes, *, rho: float(_unit_by_unit(codes, rho=rho))),
    ],
    mistakes=[
        Mistake(
            "kl_reversed",
            _of_means(lambda m, r: divergence(m, r).sum()),
            "This is KL(ρ̂‖ρ). The divergence is not symmetric: the wanted activity ρ comes first.",
            0.5,
        ),
        Mistake(
            "per_example",
            _of_codes(lambda h, r: divergence(r, h).mean(dim=0).sum()),
            "Every single code is compared with ρ. A unit may well be active for some rows: only its mean over all of "
            "them is compared.",
            0.25,
            forms=[_of_codes(lambda h, r: divergence(r, h).sum()), _of_codes(lambda h, r: divergence(r, h).mean())],
        ),
        Mistake(
            "mean_over_rows_units_exchanged",
            _of_codes(lambda h, r: divergence(r, h.mean(dim=1)).sum()),
            "The mean is taken over the units of a row. A unit's activity is its mean over the rows.",
            0.25,
            forms=[_of_codes(lambda h, r: divergence(r, h.mean(dim=1)).mean())],
        ),
        Mistake(
            "mean_over_units",
            _of_means(lambda m, r: divergence(r, m).mean()),
            "The divergences of the units are averaged. They are added: each unit pays for itself.",
            0.5,
        ),
        Mistake(
            "one_activity_for_all",
            _of_codes(lambda h, r: divergence(r, h.mean())),
            "The activities of all units are averaged first, so that one busy unit hides behind quiet ones. Each is "
            "compared with ρ, then the divergences are added.",
            0.25,
            forms=[_of_codes(lambda h, r: h.shape[1] * divergence(r, h.mean()))],
        ),
        Mistake(
            "one_term",
            _of_means(lambda m, r: (r * torch.log(r / m)).sum()),
            "Half of the divergence is missing: a unit can be active or quiet, and both have a term.",
            0.5,
            forms=[_of_means(lambda m, r: ((1 - r) * torch.log((1 - r) / (1 - m))).sum())],
        ),
        Mistake(
            "sign",
            _of_means(lambda m, r: -divergence(r, m).sum()),
            "This is below 0. A divergence is never negative, and 0 only where ρ̂ = ρ: ρ stands above in the logarithm.",
            0.5,
        ),
        Mistake(
            "sign_of_one_term",
            _of_means(lambda m, r: (r * torch.log(r / m) - (1 - r) * torch.log((1 - r) / (1 - m))).sum()),
            "The two terms are subtracted from one another. A divergence adds them.",
            0.25,
            forms=[_of_means(lambda m, r: ((1 - r) * torch.log((1 - r) / (1 - m)) - r * torch.log(r / m)).sum()),
                   _of_means(lambda m, r: (r * torch.log(r / m) + (1 - r) * torch.log((1 - m) / (1 - r))).sum())],
        ),
        Mistake(
            "weights_exchanged",
            _of_means(lambda m, r: ((1 - r) * torch.log(r / m) + r * torch.log((1 - r) / (1 - m))).sum()),
            "The logarithms have the wrong factors: that of ρ/ρ̂ counts ρ, the other 1 − ρ.",
            0.25,
            forms=[_of_means(lambda m, r: (torch.log(r / m) + torch.log((1 - r) / (1 - m))).sum()),
                   _of_means(lambda m, r: (m * torch.log(r / m) + (1 - m) * torch.log((1 - r) / (1 - m))).sum())],
        ),
        Mistake(
            "cross_entropy",
            _of_means(lambda m, r: -(r * torch.log(m) + (1 - r) * torch.log(1 - m)).sum()),
            "This is the cross-entropy, which is not 0 where ρ̂ = ρ. A divergence has ρ in its logarithms too.",
            0.5,
            forms=[_of_means(lambda m, r: (r * torch.log(m) + (1 - r) * torch.log(1 - m)).sum())],
        ),
        Mistake(
            "base_two",
            _of_means(lambda m, r: divergence(r, m).sum() / torch.log(torch.tensor(2.0, dtype=m.dtype))),
            "The logarithms are to another base than e.",
            0.5,
            forms=[_of_means(lambda m, r: divergence(r, m).sum() / torch.log(torch.tensor(10.0, dtype=m.dtype)))],
        ),
        Mistake(
            "squared_difference",
            _of_means(lambda m, r: (m - r).square().sum()),
            "The activities are compared by their difference. The divergence compares them as probabilities.",
            0.25,
            forms=[_of_means(lambda m, r: (m - r).abs().sum()), _of_means(lambda m, r: (m - r).square().mean()),
                   _of_means(lambda m, r: (m - r).sum())],
        ),
        Mistake(
            "sum_activity",
            _of_codes(lambda h, r: divergence(r, 0.999 * h.sum(dim=0) / h.sum(dim=0).max()).sum()),
            "The activities are scaled so that the busiest unit has about 1. The mean over rows is a share already.",
            0.25,
            forms=[_of_codes(lambda h, r: divergence(r, h.sum(dim=0)).nan_to_num(0.0).sum())],
        ),
        Mistake(
            "l1",
            _of_codes(lambda h, r: h.abs().mean()),
            "This is an L1 penalty on the codes, another way to make them sparse. Here each unit's mean activity is "
            "compared with ρ.",
            0.25,
            forms=[_of_codes(lambda h, r: h.abs().sum()), _of_codes(lambda h, r: h.abs().sum(dim=1).mean()),
                   _of_codes(lambda h, r: r * h.abs().sum())],
        ),
        Mistake(
            "not_added",
            _of_means(lambda m, r: divergence(r, m)),
            "There is a divergence for each unit. The penalty is their sum, one number.",
            0.5,
        ),
        Mistake(
            "active_beyond_rho",
            _of_shares(1e-2),
            "The units are counted as on or off. The mean of their activities themselves is asked for, which has a "
            "gradient.",
            0.25,
            forms=[_of_shares(1e-3), _of_shares(1e-6), _of_shares(1e-8),
                   _of_codes(lambda h, r: divergence(r, (h > 0.5).to(h.dtype).mean(dim=0)).sum())],
        ),
        Mistake(
            "quiet_units_for_nothing",
            _of_means(lambda m, r: divergence(r, m.clamp(min=r)).sum()),
            "A unit that is less active than ρ pays nothing. The divergence grows on both sides of ρ.",
            0.5,
        ),
        Mistake(
            "sigmoid_again",
            _of_codes(lambda h, r: divergence(r, torch.sigmoid(h).mean(dim=0)).sum()),
            "The codes go through a sigmoid. They are activities between 0 and 1 already.",
            0.5,
            forms=[_of_means(lambda m, r: divergence(r, torch.sigmoid(m)).sum())],
        ),
        Mistake(
            "guarded_by_a_constant",
            _guarded(1e-3),
            "A number is added within the logarithms, which changes the penalty. No activity is 0 or 1 here: nothing "
            "needs a guard.",
            0.5,
            forms=[_guarded(1e-2), _guarded(1e-4), _guarded(1e-5)],
        ),
        Mistake(
            "activities_clamped",
            _of_means(lambda m, r: divergence(r, m.clamp(0.01, 0.99)).sum()),
            "Activities near 0 or 1 are cut off, so that a silent unit pays too little and has no gradient.",
            0.9,
            forms=[_of_codes(lambda h, r: divergence(r, h.clamp(0.01, 0.99).mean(dim=0)).sum()),
                   _of_means(lambda m, r: divergence(r, m.clamp(min=0.01)).sum())],
        ),
    ],
)  # fmt: skip

"""Exercise `vae_loss` of `13_representations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor
from torch.nn.functional import binary_cross_entropy, binary_cross_entropy_with_logits, logsigmoid, softplus

from steepest_exercises.inputs import normal, uniform
from steepest_exercises.representations import reference

GUARDED = 300.0  # a constant of 1e-8 in a logarithm costs nothing but at large scores
Loss = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
SUM = "The rows' losses are added and not averaged: the same minimum, but the best rate depends on the batch."


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        n: int,
        d: int,
        k: int,
        *,
        bits: bool = False,
        far: float = 0.0,
        corner: float = 0.0,
        shift: float = 0.0,
    ) -> Case:
        x, scores = uniform(rng, 0.05, 0.95, n, d), 1.5 * normal(rng, n, d)
        if bits or far:
            x = (x > 0.5).to(x.dtype)
        if far:
            scores[:, :2] = far * torch.from_numpy(rng.choice([-1.0, 1.0], (n, 2)))
        args = [x, scores, normal(rng, n, k) + 0.5, uniform(rng, -1.5, 1.5, n, k) + shift]
        inputs = {"args": args, "kwargs": {}, "outputs": ["the loss"]}
        return Case(name, inputs, corner=corner, slack=GUARDED)

    return [
        case("grey pixels", 5, 6, 2),
        case("black and white pixels", 5, 6, 2, bits=True),
        case("many pixels", 4, 20, 2),
        case("long codes", 4, 5, 7),
        case("wide distributions", 5, 4, 3, shift=2.0),
        case("narrow distributions", 5, 4, 3, shift=-3.0),
        case("one row", 1, 5, 2),
        case("codes as long as the rows", 4, 4, 4),
        case("scores of ±1000", 4, 5, 2, far=1000.0, corner=0.2),
    ]


def stable(x: Tensor, scores: Tensor) -> Tensor:
    """−log p of every pixel."""
    return softplus(scores) - x * scores


def divergence(mean: Tensor, lv: Tensor) -> Tensor:
    """KL of every entry of a code, without the ½."""
    return lv.exp() + mean**2 - 1 - lv


def _rows(bits: Callable[[Tensor, Tensor], Tensor], kl: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """The mean over rows of the sums of `bits(x, scores)` over pixels and of `kl(mean, log_variance)` over the code."""
    return lambda x, scores, mean, log_variance: (bits(x, scores).sum(dim=1) + kl(mean, log_variance).sum(dim=1)).mean()


def _half(mean: Tensor, lv: Tensor) -> Tensor:
    return divergence(mean, lv) / 2


def _kl(kl: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """The right cross-entropy with another divergence."""
    return _rows(stable, kl)


def _bits(bits: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """The right divergence with another cross-entropy."""
    return _rows(bits, _half)


def _joined(join: Callable[[Tensor, Tensor], Tensor]) -> Loss:
    """`join(−log p of every pixel, KL of every entry of a code)`."""
    return lambda x, scores, mean, log_variance: join(stable(x, scores), _half(mean, log_variance))


def _maximum_and_rest(x: Tensor, scores: Tensor) -> Tensor:
    """max(s, 0) − xs + log(1 + e^(−|s|))."""
    return scores.clamp(min=0) - x * scores + torch.log1p(torch.exp(-scores.abs()))


def _in_torch(x: Tensor, scores: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    bits = binary_cross_entropy_with_logits(scores, x, reduction="sum")
    kl = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
    return (bits + kl) / len(x)


def _in_distributions(x: Tensor, scores: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    from torch.distributions import Normal, kl_divergence

    own = Normal(mean, torch.exp(log_variance / 2))
    kl = kl_divergence(own, Normal(torch.zeros_like(mean), torch.ones_like(mean)))
    found: Tensor = (stable(x, scores).sum(1) + kl.sum(1)).mean()
    return found


def _naive(x: Tensor, scores: Tensor) -> Tensor:
    """Logarithms of a sigmoid, which is 0 or 1 at large scores."""
    shares = torch.sigmoid(scores)
    return -(x * torch.log(shares) + (1 - x) * torch.log(1 - shares))


def _guarded(x: Tensor, scores: Tensor) -> Tensor:
    shares = torch.sigmoid(scores)
    return -(x * torch.log(shares + 1e-8) + (1 - x) * torch.log(1 - shares + 1e-8))


def _black_and_white(x: Tensor, scores: Tensor) -> Tensor:
    """By a distribution that takes no other values."""
    own: Any = torch.distributions.Bernoulli(logits=scores, validate_args=True)
    found: Tensor = -own.log_prob(x)
    return found


VAE_LOSS = Exercise(
    id="vae_loss",
    reference=reference.vae_loss,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("softplus_form", _joined(lambda bits, kl: bits.sum(1).mean() + kl.sum(1).mean())),
        Accepted("log_sigmoids", _bits(lambda x, s: -(x * logsigmoid(s) + (1 - x) * logsigmoid(-s)))),
        Accepted("largest_score_first", _bits(_maximum_and_rest)),
        Accepted("in_torch", _in_torch, library=True),
        Accepted("in_distributions", _in_distributions, library=True),
        Accepted("as_a_number", lambda x, scores, mean, log_variance: float(_bits(_maximum_and_rest)(
            x, scores, mean, log_variance))),
        Accepted("sum_over_rows", _joined(lambda bits, kl: bits.sum() + kl.sum()), SUM),
    ],
    mistakes=[
        Mistake(
            "minus_kl",
            _joined(lambda bits, kl: (bits.sum(1) - kl.sum(1)).mean()),
            "The divergence is subtracted, so that the loss falls as codes leave the prior. Both parts are to be "
            "small: add them.",
            0.5,
            forms=[_joined(lambda bits, kl: bits.sum() - kl.sum())],
        ),
        Mistake(
            "bound_returned",
            _joined(lambda bits, kl: -(bits.sum(1) + kl.sum(1)).mean()),
            "This is the bound on log p, which is to be large. The loss is its negative.",
            0.5,
            forms=[_joined(lambda bits, kl: -(bits.sum() + kl.sum()))],
        ),
        Mistake(
            "no_kl",
            _joined(lambda bits, kl: bits.sum(1).mean()),
            "The divergence is missing: with this loss σ shrinks to 0, and what is left is a plain autoencoder.",
            0.25,
            forms=[_joined(lambda bits, kl: bits.sum()), _joined(lambda bits, kl: bits.mean())],
        ),
        Mistake(
            "kl_alone",
            _joined(lambda bits, kl: kl.sum(1).mean()),
            "Only the divergence is there. How well the rows are reconstructed belongs to the loss too.",
            0.25,
            forms=[_joined(lambda bits, kl: kl.sum()), _joined(lambda bits, kl: kl.mean())],
        ),
        Mistake(
            "kl_without_half",
            _kl(divergence),
            "The divergence is twice what it should be. It has a ½ in front.",
            0.5,
            forms=[_joined(lambda bits, kl: (bits.sum() + 2 * kl.sum()))],
        ),
        Mistake(
            "kl_mean_over_code",
            _joined(lambda bits, kl: bits.sum(1).mean() + kl.mean()),
            "The divergence is averaged over the entries of a code, and so weighs less than the pixels, which are "
            "added. Both are sums.",
            0.5,
            forms=[_joined(lambda bits, kl: bits.sum() + kl.mean())],
        ),
        Mistake(
            "mean_over_pixels",
            _joined(lambda bits, kl: bits.mean() + kl.sum(1).mean()),
            "The pixels are averaged, so that the divergence weighs as many times too much as there are pixels. Add "
            "them.",
            0.5,
            forms=[_joined(lambda bits, kl: bits.mean() + kl.sum())],
        ),
        Mistake(
            "both_averaged",
            _joined(lambda bits, kl: bits.mean() + kl.mean()),
            "Pixels and entries of the code are averaged. Only rows are: within a row everything is added, or the two "
            "parts have other weights.",
            0.5,
        ),
        Mistake(
            "one_part_averaged_over_rows",
            _joined(lambda bits, kl: bits.sum() + kl.sum(1).mean()),
            "One part is added over the rows, and the other averaged. Treat both alike.",
            0.5,
            forms=[_joined(lambda bits, kl: bits.sum(1).mean() + kl.sum())],
        ),
        Mistake(
            "log_sigma_for_log_variance",
            _kl(lambda m, lv: (torch.exp(2 * lv) + m**2 - 1 - 2 * lv) / 2),
            "The last argument is taken for log σ. It is log σ², so that its exponential is the variance.",
            0.5,
            forms=[_kl(lambda m, lv: (torch.exp(lv) + m**2 - 1 - 2 * lv) / 2),
                   _kl(lambda m, lv: (torch.exp(2 * lv) + m**2 - 1 - lv) / 2),
                   _kl(lambda m, lv: (torch.exp(lv) ** 2 + m**2 - 1 - 2 * torch.exp(lv)) / 2)],
        ),
        Mistake(
            "sigma_for_variance",
            _kl(lambda m, lv: (torch.exp(lv / 2) + m**2 - 1 - lv) / 2),
            "σ stands where its square belongs: σ² = exp(log σ²), and the logarithm is that of σ².",
            0.5,
            forms=[_kl(lambda m, lv: (torch.exp(lv) + m**2 - 1 - lv / 2) / 2),
                   _kl(lambda m, lv: (torch.exp(lv / 2) + m**2 - 1 - lv / 2) / 2)],
        ),
        Mistake(
            "log_variance_for_variance",
            _kl(lambda m, lv: (lv + m**2 - 1 - torch.log(lv.abs())) / 2),
            "The last argument is taken for the variance itself. It is log σ²: its exponential is the variance, and no "
            "other logarithm is taken.",
            0.25,
            forms=[_kl(lambda m, lv: (lv + m**2 - 1 - torch.log(lv)) / 2),
                   _kl(lambda m, lv: (lv**2 + m**2 - 1 - torch.log(lv**2)) / 2)],
        ),
        Mistake(
            "mu_not_squared",
            _kl(lambda m, lv: (lv.exp() + m - 1 - lv) / 2),
            "The mean is not squared. A code pays for its distance from 0, on both sides.",
            0.5,
            forms=[_kl(lambda m, lv: (lv.exp() + m.abs() - 1 - lv) / 2)],
        ),
        Mistake(
            "kl_only_mean",
            _kl(lambda m, lv: m**2 / 2),
            "Only the means pay. The spread has its own part, σ² − 1 − log σ², which is smallest at σ = 1.",
            0.25,
            forms=[_kl(lambda m, lv: (lv.exp() - 1 - lv) / 2)],
        ),
        Mistake(
            "one_missing",
            _kl(lambda m, lv: (lv.exp() + m**2 - lv) / 2),
            "A term of the divergence is missing: it must be 0 for μ = 0 and σ = 1, which is the prior itself, and "
            "nowhere below.",
            0.5,
            forms=[_kl(lambda m, lv: (m**2 - 1 - lv) / 2), _kl(lambda m, lv: (lv.exp() + m**2 - 1) / 2),
                   _kl(lambda m, lv: (lv.exp() + m**2 + 1 - lv) / 2)],
        ),
        Mistake(
            "one_outside_the_sum",
            _kl(lambda m, lv: _half(m, lv) + (1 - 1 / m.shape[1]) / 2),
            "The 1 is subtracted once a row. Each entry of the code has its own: it stands within the sum.",
            0.5,
            forms=[_joined(lambda bits, kl: (bits.sum(1) + kl.sum(1)).mean() + (kl.shape[1] - 1 / len(kl)) / 2)],
        ),
        Mistake(
            "sign_in_the_kl",
            _kl(lambda m, lv: (lv.exp() + m**2 - 1 + lv) / 2),
            "A sign within the divergence is wrong. Try μ = 0, σ = 1: it is 0 there, and larger everywhere around.",
            0.5,
            forms=[_kl(lambda m, lv: (lv.exp() - m**2 - 1 - lv) / 2), _kl(lambda m, lv: (m**2 - lv.exp() - 1 - lv) / 2),
                   _kl(lambda m, lv: (lv.exp() + m**2 - 1 - lv.abs()) / 2)],
        ),
        Mistake(
            "kl_reversed",
            _kl(lambda m, lv: ((1 + m**2) * torch.exp(-lv) - 1 + lv) / 2),
            "This is the divergence of the prior from the code's distribution. It is wanted the other way round.",
            0.5,
        ),
        Mistake(
            "bce_of_scores",
            _bits(lambda x, s: binary_cross_entropy(s.clamp(0, 1), x, reduction="none")),
            "The scores are used as if they were probabilities. A sigmoid makes probabilities of them.",
            0.25,
            forms=[_bits(lambda x, s: binary_cross_entropy(s.clamp(1e-7, 1 - 1e-7), x, reduction="none"))],
        ),
        Mistake(
            "sigmoid_twice",
            _bits(lambda x, s: stable(x, torch.sigmoid(s))),
            "A sigmoid is taken twice: `binary_cross_entropy_with_logits` takes scores as they are.",
            0.5,
        ),
        Mistake(
            "one_sided",
            _bits(lambda x, s: -x * logsigmoid(s)),
            "Only bright pixels count. A dark pixel has its part too, (1 − x) log(1 − p).",
            0.25,
            forms=[_bits(lambda x, s: -(1 - x) * logsigmoid(-s))],
        ),
        Mistake(
            "pixels_and_scores_exchanged",
            _bits(lambda x, s: stable(torch.sigmoid(s), x)),
            "Pixels and scores have changed places: the pixels are the targets.",
            0.25,
            forms=[_bits(lambda x, s: softplus(x) - x * s)],
        ),
        Mistake(
            "squared_error",
            _bits(lambda x, s: (torch.sigmoid(s) - x) ** 2),
            "The copy is judged by squared differences. This decoder gives probabilities of a pixel: use the "
            "cross-entropy.",
            0.25,
            forms=[_bits(lambda x, s: (s - x) ** 2), _bits(lambda x, s: (s - x) ** 2 / 2),
                   _bits(lambda x, s: (torch.sigmoid(s) - x) ** 2 / 2)],
        ),
        Mistake(
            "sign_of_the_cross_entropy",
            _bits(lambda x, s: -stable(x, s)),
            "The cross-entropy has the wrong sign: it is −log p, and never negative.",
            0.5,
        ),
        Mistake(
            "sign_of_the_product",
            _bits(lambda x, s: softplus(s) + x * s),
            "A sign within the cross-entropy is wrong. Try a bright pixel: a high score has to make it cheap.",
            0.5,
            forms=[_bits(lambda x, s: softplus(-s) + x * s), _bits(lambda x, s: softplus(-s) - x * s)],
        ),
        Mistake(
            "softmax_over_pixels",
            _bits(lambda x, s: -x * torch.log_softmax(s, dim=1)),
            "The pixels are treated as classes, of which a row has one. Each pixel is white or not by itself: it has a "
            "sigmoid of its own, and both logarithms.",
            0.25,
        ),
        Mistake(
            "pixels_rounded",
            _bits(lambda x, s: stable(x.round(), s)),
            "Grey pixels are rounded to black and white. They are used as they are.",
            0.5,
        ),
        Mistake(
            "grey_pixels_refused",
            _bits(_black_and_white),
            "It fails where pixels are grey: a distribution of 0 and 1 refuses them. Pass `validate_args=False`, or "
            "write the cross-entropy itself.",
            0.75,
        ),
        Mistake(
            "rows_and_columns_exchanged",
            _joined(lambda bits, kl: bits.sum(0).mean() + kl.sum(0).mean()),
            "Rows are added and columns averaged. It is the other way round: sums within a row, then the mean of the "
            "rows.",
            0.5,
        ),
        Mistake(
            "rows_not_averaged",
            _joined(lambda bits, kl: bits.sum(1) + kl.sum(1)),
            "There is a loss for each row. Their mean is asked for, one number.",
            0.5,
        ),
        Mistake(
            "overflows",
            _bits(_naive),
            "It breaks down at large scores, where the sigmoid is 1 to the last digit and 1 − p is 0. Write the "
            "cross-entropy of the scores themselves.",
            0.8,
            forms=[_bits(lambda x, s: torch.log(1 + torch.exp(s)) - x * s)],
        ),
        Mistake(
            "cut_off",
            _bits(lambda x, s: binary_cross_entropy(torch.sigmoid(s), x, reduction="none")),
            "At large scores the logarithm is cut off, and a pixel that is wholly wrong costs 100 or less, not 1000. "
            "Write the cross-entropy of the scores themselves.",
            0.8,
            forms=[_bits(lambda x, s: stable(x, s.clamp(-100, 100))), _bits(lambda x, s: stable(x, s.clamp(-30, 30))),
                   _bits(lambda x, s: stable(x, s.clamp(-50, 50)))],
        ),
        Mistake(
            "guarded_by_a_constant",
            _bits(_guarded),
            "A small number is added in the logarithms, or the probabilities are kept off 0 and 1. That changes the "
            "loss where a pixel is far off. Write the cross-entropy of the scores themselves.",
            0.8,
            forms=[
                _bits(lambda x, s: binary_cross_entropy(s.sigmoid().clamp(1e-7, 1 - 1e-7), x, reduction="none")),
                _bits(lambda x, s: binary_cross_entropy(s.sigmoid().clamp(1e-6, 1 - 1e-6), x, reduction="none")),
            ],
        ),
    ],
    equivalent={
        "The sum over the rows is accepted.": ["return (pixels.sum(dim=1) + 0.5 * entries.sum(dim=1)).sum()"],
    },
)  # fmt: skip

"""Exercise `noisy_loss` of `10_regularization`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Generator, Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.regularization import reference
from steepest_exercises.regularization.parameters import plain_number
from steepest_exercises.regularization.penalty import far_from_zero

Loss = Callable[..., Tensor | float]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, rows: int, columns: int, sigma: float, corner: float = 0.0, scale: float = 1.0) -> Case:
        x, theta = normal(rng, rows, columns) + 0.5, scale * far_from_zero(rng, columns)
        y = x @ theta + normal(rng, rows)
        inputs = {"args": [theta, x, y], "kwargs": {"sigma": sigma}, "output": "the loss"}
        return Case(name, inputs, "settled", corner=corner)

    drawn = rng.uniform
    return [
        case("some rows", 7, 3, drawn(0.4, 0.7)),
        case("much noise", 6, 4, drawn(1.5, 2.5)),
        case("little noise", 8, 3, drawn(0.1, 0.2)),
        case("more columns than rows", 3, 6, drawn(0.4, 0.7)),
        case("large weights", 9, 4, drawn(0.5, 0.8), scale=4.0),
        case("small weights", 9, 4, drawn(2, 3), scale=0.3),
        case("one column", 6, 1, drawn(0.4, 0.7)),
        case("one row", 1, 3, drawn(0.4, 0.7)),
        case("no noise, sigma = 0", 5, 3, 0.0, 0.1),
    ]


def _loss(rule: Callable[[Tensor, Tensor, Tensor, float], Tensor]) -> Loss:
    """`rule(θ, X, residuals, σ)`."""

    def noisy_loss(theta: Tensor, x: Tensor, y: Tensor, *, sigma: float) -> Tensor | float:
        return plain_number(rule(theta, x, x @ theta - y, sigma))

    return noisy_loss


def _plus(penalty: Callable[[Tensor, Tensor, float], Tensor | float]) -> Loss:
    """The mean square, and `penalty(θ, X, σ)`."""
    return _loss(lambda theta, x, off, sigma: off.square().mean() + penalty(theta, x, sigma))


def _by_moments(theta: Tensor, x: Tensor, y: Tensor, *, sigma: float) -> Tensor:
    """θᵀE[XᵀX]θ − 2θᵀXᵀy + yᵀy, over n."""
    eye = torch.eye(len(theta), dtype=theta.dtype, device=theta.device)
    second = x.T @ x / len(x) + sigma**2 * eye
    return theta @ second @ theta - 2 * theta @ (x.T @ y) / len(x) + (y @ y) / len(y)


def _stacked(theta: Tensor, x: Tensor, y: Tensor, *, sigma: float) -> Tensor:
    """Ridge as more rows of data: √n σ I below X, and zeros below y."""
    eye = torch.eye(len(theta), dtype=theta.dtype, device=theta.device)
    rows, targets = torch.cat([x, len(x) ** 0.5 * sigma * eye]), torch.cat([y, 0 * theta])
    return (rows @ theta - targets).square().sum() / len(x)


def _signs(theta: Tensor, x: Tensor, y: Tensor, *, sigma: float) -> Tensor:
    """The mean over noise of two values, ±σ in one column at a time, which has the same variance."""
    losses = []
    for column in range(len(theta)):
        for sign in (1.0, -1.0):
            moved = x.clone()
            moved[:, column] += sign * sigma * len(theta) ** 0.5
            losses.append((moved @ theta - y).square().mean())
    return torch.stack(losses).mean()


def _sampled(draws: int, seed: int | None = None) -> Loss:
    """The mean over so many draws of the noise."""

    def noisy_loss(theta: Tensor, x: Tensor, y: Tensor, *, sigma: float) -> float:
        own = Generator()
        if seed is None:
            own.seed()
        else:
            own.manual_seed(seed)
        noise = torch.randn(draws, *x.shape, generator=own, dtype=torch.float64).to(x.dtype)
        return float(((x + sigma * noise) @ theta - y).square().mean())

    return noisy_loss


NOISY_LOSS = Exercise(
    id="noisy_loss",
    reference=reference.noisy_loss,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("square_plus_penalty", _plus(lambda theta, x, sigma: sigma**2 * (theta**2).sum())),
        Accepted("by_moments", _by_moments),
        Accepted("stacked_rows", _stacked),
        Accepted("noise_of_two_values", _signs),
        Accepted("as_a_number", lambda theta, x, y, *, sigma: float(_by_moments(theta, x, y, sigma=sigma))),
    ],
    mistakes=[
        Mistake(
            "noise_forgotten",
            _plus(lambda theta, x, sigma: 0.0),
            "This is the loss without noise. Its mean over the noise is larger, by the variance of σξᵀθ.",
            0.25,
        ),
        Mistake(
            "sigma_not_squared",
            _plus(lambda theta, x, sigma: sigma * theta.square().sum()),
            "σ is a standard deviation, and what is added is a variance: σ²‖θ‖².",
            0.5,
        ),
        Mistake(
            "norm_not_squared",
            _plus(lambda theta, x, sigma: sigma**2 * theta.norm()),
            "The norm of θ is not squared. The variance of a sum of independent terms σξⱼθⱼ is the sum of σ²θⱼ².",
            0.5,
            forms=[_plus(lambda theta, x, sigma: sigma * theta.norm())],
        ),
        Mistake(
            "sizes_added",
            _plus(lambda theta, x, sigma: sigma**2 * theta.abs().sum()),
            "The weights, or their sizes, are added without a square. Variances add, and that of ξⱼθⱼ is θⱼ².",
            0.25,
            forms=[
                _plus(lambda theta, x, sigma: sigma**2 * theta.sum() ** 2),
                _plus(lambda theta, x, sigma: sigma * theta.abs().sum()),
            ],
        ),
        Mistake(
            "divided_by_the_rows",
            _plus(lambda theta, x, sigma: sigma**2 * theta.square().sum() / len(x)),
            "The penalty is divided by the number of rows, or grows with it. Each row has a noise of its own, and "
            "the mean over rows is taken: the penalty does not depend on how many there are.",
            0.5,
            forms=[
                _plus(lambda theta, x, sigma: sigma**2 * theta.square().sum() * len(x)),
            ],
        ),
        Mistake(
            "mean_of_the_squares",
            _plus(lambda theta, x, sigma: sigma**2 * theta.square().mean()),
            "The squares of the weights are averaged, or counted once more for each column. Each column adds its own "
            "variance: their sum.",
            0.5,
            forms=[_plus(lambda theta, x, sigma: sigma**2 * theta.square().sum() * len(theta))],
        ),
        Mistake(
            "noise_on_the_targets",
            _plus(lambda theta, x, sigma: sigma**2),
            "σ² alone is added, as noise on y would do. Noise on x reaches the prediction through θ.",
            0.25,
            forms=[_plus(lambda theta, x, sigma: sigma**2 * (1 + theta.square().sum()))],
        ),
        Mistake(
            "sampled",
            _sampled(1),
            "The noise is drawn, so that two calls disagree. The mean over all noise is asked for, which a formula "
            "gives.",
            0.25,
            forms=[_sampled(1000)],
        ),
        Mistake(
            "sampled_from_a_seed",
            _sampled(1, 0),
            "This has the look of a mean over draws from a fixed seed. It repeats, and is still an estimate: the "
            "mean is known exactly.",
            0.25,
            forms=[_sampled(1000, 0), _sampled(10000, 0), _sampled(1, 1), _sampled(1000, 42), _sampled(1, 42)],
        ),
        Mistake(
            "noise_through_the_inputs",
            _plus(lambda theta, x, sigma: sigma**2 * x.square().mean()),
            "The penalty holds the inputs. Noise is added to x whatever its size; what multiplies it is θ.",
            0.25,
            forms=[
                _plus(lambda theta, x, sigma: sigma**2 * x.square().sum()),
                _plus(lambda theta, x, sigma: sigma**2 * x.square().sum(dim=1).mean()),
                _plus(lambda theta, x, sigma: sigma**2 * (theta.square() * x.square().mean(dim=0)).sum()),
                _plus(lambda theta, x, sigma: sigma**2 * (x @ theta).square().mean()),
            ],
        ),
        Mistake(
            "halved",
            _plus(lambda theta, x, sigma: sigma**2 * theta.square().sum() / 2),
            "A ½ or a 2 has come in. The loss is the mean square without a ½, and the penalty is σ²‖θ‖².",
            0.5,
            forms=[
                _loss(lambda theta, x, off, sigma: (off.square().mean() + sigma**2 * theta.square().sum()) / 2),
                _plus(lambda theta, x, sigma: 2 * sigma**2 * theta.square().sum()),
                _loss(lambda theta, x, off, sigma: off.square().mean() / 2 + sigma**2 * theta.square().sum()),
            ],
        ),
        Mistake(
            "all_pairs",
            lambda theta, x, y, *, sigma: float(
                (x @ theta[:, None] - y).square().mean() + sigma**2 * theta.square().sum()
            ),
            "A column of predictions minus a row of targets is a table: each prediction meets every target. Both need "
            "one axis, x @ theta and y.",
            0.25,
        ),
        Mistake(
            "variance_of_the_errors",
            _loss(lambda theta, x, off, sigma: off.var(correction=0) + sigma**2 * theta.square().sum()),
            "The variance of the errors leaves out their mean. What is asked for is the mean of their squares.",
            0.25,
        ),
        Mistake(
            "sum_over_the_rows",
            _loss(lambda theta, x, off, sigma: off.square().sum() + sigma**2 * theta.square().sum()),
            "The squares of the rows are added. Their mean is asked for.",
            0.5,
            forms=[_loss(lambda theta, x, off, sigma: off.square().sum() + len(x) * sigma**2 * theta.square().sum())],
        ),
        Mistake(
            "penalty_subtracted",
            _plus(lambda theta, x, sigma: -(sigma**2) * theta.square().sum()),
            "The penalty is subtracted. Noise makes the mean square larger: a variance is added.",
            0.25,
        ),
        Mistake(
            "penalty_alone",
            _loss(lambda theta, x, off, sigma: sigma**2 * theta.square().sum()),
            "This is what the noise adds. The loss without noise belongs to it.",
            0.25,
        ),
        Mistake(
            "noise_as_a_shift",
            _loss(lambda theta, x, off, sigma: (off + sigma * theta.sum()).square().mean()),
            "σ is added to every input, or to every residual, as if the noise were a constant. It has mean 0, and its "
            "variance is what is left.",
            0.25,
            forms=[
                _loss(lambda theta, x, off, sigma: (off + sigma * theta.norm()).square().mean()),
                _loss(lambda theta, x, off, sigma: (off + sigma).square().mean()),
            ],
        ),
        Mistake(
            "root_taken",
            _loss(lambda theta, x, off, sigma: (off.square().mean() + sigma**2 * theta.square().sum()).sqrt()),
            "A root is taken at the end. The mean square is asked for.",
            0.5,
        ),
        Mistake(
            "loss_of_each_row",
            _loss(lambda theta, x, off, sigma: off.square() + sigma**2 * theta.square().sum()),
            "There is a loss for each row, or for each column. Their mean is asked for, one number.",
            0.5,
            forms=[_loss(lambda theta, x, off, sigma: off.square().mean() + sigma**2 * theta.square())],
        ),
        Mistake(
            "weights_left_out",
            _plus(lambda theta, x, sigma: sigma**2 * len(theta)),
            "What is added holds no θ: the variance of σξ alone, or of as many of them as there are columns or rows. "
            "Noise reaches the prediction through θ: σ²‖θ‖².",
            0.25,
            forms=[
                _plus(lambda theta, x, sigma: sigma),
                _plus(lambda theta, x, sigma: sigma**2 / len(x)),
                _plus(lambda theta, x, sigma: sigma**2 * x.numel()),
            ],
        ),
        Mistake(
            "squared_once_too_often",
            _plus(lambda theta, x, sigma: sigma**2 * theta.square().sum() ** 2),
            "A square is taken that is there already, of ‖θ‖² or of σ². What is added is σ²‖θ‖².",
            0.25,
            forms=[
                _plus(lambda theta, x, sigma: sigma**4 * theta.square().sum()),
                _plus(lambda theta, x, sigma: (sigma**2 * theta.square().sum()) ** 2),
            ],
        ),
        Mistake(
            "mean_before_the_square",
            _loss(lambda theta, x, off, sigma: off.mean() ** 2 + sigma**2 * theta.square().sum()),
            "The errors are averaged before they are squared, so that opposite ones cancel. Square each, and average "
            "then.",
            0.25,
            forms=[_loss(lambda theta, x, off, sigma: off.sum() ** 2 + sigma**2 * theta.square().sum())],
        ),
        Mistake(
            "absolute_errors",
            _loss(lambda theta, x, off, sigma: off.abs().mean() + sigma**2 * theta.square().sum()),
            "The errors are not squared. The loss is the mean of their squares.",
            0.25,
            forms=[
                _loss(lambda theta, x, off, sigma: off.mean() + sigma**2 * theta.square().sum()),
                _loss(lambda theta, x, off, sigma: off.norm() + sigma**2 * theta.square().sum()),
            ],
        ),
        Mistake(
            "targets_added",
            lambda theta, x, y, *, sigma: float((x @ theta + y).square().mean() + sigma**2 * theta.square().sum()),
            "The targets are added to the predictions, or have no part. An error is prediction minus target.",
            0.25,
            forms=[lambda theta, x, y, *, sigma: float((x @ theta).square().mean() + sigma**2 * theta.square().sum())],
        ),
        Mistake(
            "mixed_term_kept",
            _loss(
                lambda theta, x, off, sigma: (
                    off.square().mean() + 2 * sigma * off.mean() * theta.sum() + sigma**2 * theta.square().sum()
                )
            ),
            "A mixed term is left of the square. It has mean 0, since ξ has: the loss without noise and σ²‖θ‖² remain.",
            0.25,
        ),
        Mistake(
            "multiplied_by_the_penalty",
            _loss(lambda theta, x, off, sigma: off.square().mean() * (1 + sigma**2 * theta.square().sum())),
            "The loss grows by a factor, where a term is added: the variance σ²‖θ‖² does not depend on the errors.",
            0.25,
        ),
        Mistake(
            "deviations_added",
            _loss(lambda theta, x, off, sigma: (off.square().mean().sqrt() + sigma * theta.norm()) ** 2),
            "Roots are added and squared then. Of independent parts the squares add, not the deviations.",
            0.25,
        ),
        Mistake(
            "largest_weight",
            _plus(lambda theta, x, sigma: sigma**2 * theta.abs().max() ** 2),
            "One weight alone brings noise in. Every input has noise of its own: add over all of them.",
            0.25,
            forms=[_plus(lambda theta, x, sigma: sigma**2 * theta[0] ** 2)],
        ),
        Mistake(
            "divided_by_n_minus_one",
            _loss(
                lambda theta, x, off, sigma: off.square().sum() / max(len(off) - 1, 1) + sigma**2 * theta.square().sum()
            ),
            "The squares are divided by n − 1. Their mean is asked for, over all n rows.",
            0.5,
        ),
    ],
    equivalent={reasons.SIGN_LOST: ["return ((y - x @ theta) ** 2).mean() + sigma ** 2 * (theta ** 2).sum()"]},
)

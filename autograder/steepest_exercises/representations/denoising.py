"""Exercise `denoising_loss` of `13_representations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.inputs import normal
from steepest_exercises.representations import reference

Reconstruct = Callable[[Tensor], Tensor]
Loss = Callable[[Reconstruct, Tensor, Tensor], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, n: int, d: int, size: float, blank: bool = False) -> Case:
        """A linear map that is far from copying; noise that is as the exercise says, or sets entries to 0."""
        copies = 0.5 * torch.eye(d).double() + 0.5 * normal(rng, d, d) / d**0.5
        x, noise = normal(rng, n, d) + 0.5, size * normal(rng, n, d)
        if blank:
            noise = torch.where(noise < 0, -x, 0.0)
        reconstruct = Named("linear_predictor", {"theta": copies})
        return Case(name, {"args": [reconstruct, x, noise], "kwargs": {}, "outputs": ["the loss"]})

    return [
        case("some rows", 6, 4, 0.5),
        case("much noise", 5, 3, 2.0),
        case("little noise", 7, 4, 0.1),
        case("many columns", 4, 9, 0.6),
        case("one column", 6, 1, 0.7),
        case("one row", 1, 4, 0.6),
        case("noise that blanks entries", 6, 4, 1.0, blank=True),
    ]


def _made(rule: Callable[[Reconstruct, Tensor, Tensor], Tensor]) -> Loss:
    """The mean over rows of the squared length of `rule(reconstruct, x, noise)`."""
    return lambda reconstruct, x, noise: rule(reconstruct, x, noise).square().sum(dim=1).mean()


def _ended(end: Callable[[Tensor], Tensor]) -> Loss:
    """`end` of the right differences."""
    return lambda reconstruct, x, noise: end(reconstruct(x + noise) - x)


def _row_by_row(reconstruct: Reconstruct, x: Tensor, noise: Tensor) -> Tensor:
    losses = []
    for row, shift in zip(x, noise, strict=True):
        losses.append(((reconstruct((row + shift)[None])[0] - row) ** 2).sum())
    return torch.stack(losses).mean()


DENOISING_LOSS = Exercise(
    id="denoising_loss",
    reference=reference.denoising_loss,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("squares_of_the_difference", _made(lambda r, x, noise: r(x + noise) - x)),
        Accepted("row_by_row", _row_by_row),
        Accepted("sum_over_rows_divided", _ended(lambda apart: (apart**2).sum() / len(apart))),
        Accepted(
            "in_torch",
            lambda reconstruct, x, noise: (
                torch.nn.functional.mse_loss(reconstruct(x + noise), x, reduction="sum") / len(x)
            ),
            library=True,
        ),
        Accepted("as_a_number", lambda reconstruct, x, noise: float(_row_by_row(reconstruct, x, noise))),
    ],
    mistakes=[
        Mistake(
            "target_noisy",
            _made(lambda r, x, noise: r(x + noise) - (x + noise)),
            "The copy is compared with the noisy rows, so that the network learns to keep the noise. Compare with what "
            "the rows were before.",
            0.25,
        ),
        Mistake(
            "noise_on_output",
            _made(lambda r, x, noise: r(x) + noise - x),
            "The network sees the clean rows, and the noise is added to its copy or to what that is compared with. It "
            "belongs on what the network sees.",
            0.25,
            forms=[_made(lambda r, x, noise: r(x) - (x + noise))],
        ),
        Mistake(
            "no_noise",
            _made(lambda r, x, noise: r(x) - x),
            "The noise has no part in the loss: this is the plain autoencoder.",
            0.25,
        ),
        Mistake(
            "noise_alone",
            _made(lambda r, x, noise: r(noise) - x),
            "The network is shown the noise alone, without the rows, or is to give the noise back.",
            0.25,
            forms=[_made(lambda r, x, noise: r(x + noise) - noise)],
        ),
        Mistake(
            "noise_twice",
            _made(lambda r, x, noise: r(x + 2 * noise) - x),
            "The noise comes in twice.",
            0.25,
            forms=[_made(lambda r, x, noise: r(x + noise) + noise - x)],
        ),
        Mistake(
            "noise_subtracted",
            _made(lambda r, x, noise: r(x - noise) - x),
            "The noise is subtracted, multiplied or squared. It is added to the rows.",
            0.5,
            forms=[_made(lambda r, x, noise: r(x * noise) - x), _made(lambda r, x, noise: r(x * (1 + noise)) - x)],
        ),
        Mistake(
            "noisy_rows_clipped",
            _made(lambda r, x, noise: r((x + noise).clamp(0, 1)) - x),
            "What the network sees, or what it gives, is cut to between 0 and 1. Both stay as they are.",
            0.5,
            forms=[_made(lambda r, x, noise: r(x + noise).clamp(0, 1) - x)],
        ),
        Mistake(
            "plain_copy_added",
            lambda reconstruct, x, noise: reference.denoising_loss(reconstruct, x, noise)
            + reference.denoising_loss(reconstruct, x, torch.zeros_like(x)),
            "The loss of the plain copy is added. Only what is made of the noisy rows counts.",
            0.5,
            forms=[lambda reconstruct, x, noise: (reference.denoising_loss(reconstruct, x, noise)
                   + reference.denoising_loss(reconstruct, x, torch.zeros_like(x))) / 2],
        ),
        Mistake(
            "compared_with_another_copy",
            _made(lambda r, x, noise: r(x + noise) - r(x)),
            "Two copies are compared, and a network that always gives the same has loss 0. Compare with the rows "
            "themselves.",
            0.25,
        ),
        Mistake(
            "copied_twice",
            _made(lambda r, x, noise: r(r(x + noise)) - x),
            "The rows go through the network twice.",
            0.25,
        ),
        Mistake(
            "mean_over_pixels",
            _ended(lambda apart: apart.square().mean()),
            "The squares are averaged over the columns too. A row's loss is the squared length, a sum over columns; "
            "only the rows are averaged.",
            0.5,
        ),
        Mistake(
            "sum_over_rows",
            _ended(lambda apart: apart.square().sum()),
            "The rows' losses are added. Their mean is asked for.",
            0.5,
        ),
        Mistake(
            "rows_and_columns_exchanged",
            _ended(lambda apart: apart.square().sum(dim=0).mean()),
            "The squares are added over the rows and averaged over the columns. It is the other way round.",
            0.5,
        ),
        Mistake(
            "norm_not_squared",
            _ended(lambda apart: apart.square().sum(dim=1).sqrt().mean()),
            "A row's loss is the length of the difference. It should be the square of that.",
            0.5,
            forms=[_ended(lambda apart: apart.norm()), _ended(lambda apart: apart.square().sum(dim=1).mean().sqrt()),
                   _ended(lambda apart: apart.square().mean().sqrt())],
        ),
        Mistake(
            "sizes_added",
            _ended(lambda apart: apart.abs().sum(dim=1).mean()),
            "The differences are added by their sizes. They are squared first.",
            0.25,
            forms=[_ended(lambda apart: apart.abs().mean())],
        ),
        Mistake(
            "half",
            _ended(lambda apart: apart.square().sum(dim=1).mean() / 2),
            "Half of it is missing. This loss has no ½ in front.",
            0.5,
        ),
        Mistake(
            "not_averaged",
            _ended(lambda apart: apart.square().sum(dim=1)),
            "There is a loss for each row. Their mean is asked for, one number.",
            0.5,
        ),
        Mistake(
            "averaged_before_squaring",
            _ended(lambda apart: apart.mean(dim=0).square().sum()),
            "The differences are averaged or added before they are squared, and cancel. Square first.",
            0.25,
            forms=[_ended(lambda apart: apart.sum(dim=1).square().mean())],
        ),
    ],
    equivalent={reasons.SIGN_LOST: ["return ((x - repaired) ** 2).sum(dim=1).mean()"]},
)  # fmt: skip

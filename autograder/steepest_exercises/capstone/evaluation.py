"""Exercise `evaluate` of `14_capstone`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest._checks.wire import Named
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor
from torch.nn.functional import cross_entropy, nll_loss

from steepest_exercises.capstone import reference
from steepest_exercises.inputs import normal
from steepest_exercises.reasons import ROWS

Predict = Callable[[Tensor], Tensor]
OFTEN = 1000  # calls that no way to go through the rows needs


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str, n: int, batch_size: int, classes: int = 3, dtype: torch.dtype = torch.float64, corner: float = 0.0
    ) -> Case:
        weights, x = normal(rng, classes, 4).to(dtype), normal(rng, n, 4).to(dtype)
        scores = x @ weights.T
        wrong = torch.from_numpy(rng.random(n) < 0.5)
        wrong[: batch_size // 2 + 1] = True  # so that no batch is like the whole
        wrong[-max(n % batch_size, 1) :] = False
        others = (scores.argmax(1) + torch.from_numpy(rng.integers(1, classes, n))) % classes
        labels = torch.where(wrong, others, scores.argmax(1))
        slack = 1e3 if dtype == torch.float32 else 1.0  # a plain number does not show in which type it was computed
        args = [Named("small_batches_only", {"theta": weights, "limit": batch_size, "calls": OFTEN}), x, labels]
        outputs = ["accuracy", "loss"]
        return Case(
            name, {"args": args, "kwargs": {"batch_size": batch_size}, "outputs": outputs}, "call", slack, corner=corner
        )

    return [
        case("a short last batch", 11, 4),
        case("a last batch of one row", 16, 5, corner=0.15),
        case("ten classes", 23, 7, 10),
        case("a last batch that is nearly full", 14, 5),
        case("float32", 14, 4, dtype=torch.float32),
        case("batches that fit", 12, 4, corner=0.15),
        case("one row at a time", 6, 1, corner=0.1),
        case("a batch for all", 7, 9, corner=0.15),
    ]


def _batches(x: Tensor, labels: Tensor, size: int) -> list[tuple[Tensor, Tensor]]:
    return list(zip(torch.split(x, size), torch.split(labels, size), strict=True))


def _counted(predict: Predict, x: Tensor, labels: Tensor, *, batch_size: int) -> tuple[float, float]:
    right, loss = 0, 0.0
    for rows, classes in _batches(x, labels, batch_size):
        scores = predict(rows)
        right += int((scores.argmax(1) == classes).sum())
        loss += float(cross_entropy(scores, classes, reduction="sum"))
    return right / len(x), loss / len(x)


def _weighted(predict: Predict, x: Tensor, labels: Tensor, *, batch_size: int) -> tuple[Tensor, Tensor]:
    accuracy, loss = torch.zeros(2, dtype=x.dtype, device=x.device)
    for rows, classes in _batches(x, labels, batch_size):
        scores = predict(rows)
        share = len(rows) / len(x)
        accuracy = accuracy + share * (scores.argmax(1) == classes).to(x.dtype).mean()
        loss = loss + share * cross_entropy(scores, classes)
    return accuracy, loss


def _by_rows(predict: Predict, x: Tensor, labels: Tensor, *, batch_size: int) -> tuple[Tensor, Tensor]:
    scores = torch.cat([predict(row[None]) for row in x])
    own = scores.gather(1, labels[:, None])[:, 0]
    return (own == scores.amax(1)).to(x.dtype).mean(), (scores.logsumexp(1) - own).mean()


def _by_hand(predict: Predict, x: Tensor, labels: Tensor, *, batch_size: int) -> tuple[Tensor, Tensor]:
    scores = torch.cat([predict(x[i : i + batch_size]) for i in range(0, len(x), batch_size)])
    shares = scores.softmax(1)[torch.arange(len(x), device=x.device), labels]
    return (scores.argmax(1) == labels).sum() / len(x), -shares.log().mean()


def _of_means(join: Callable[[Tensor, Tensor], Any]) -> Callable[..., Any]:
    """`join(accuracies, losses)` of the batches."""

    def evaluate(predict: Predict, x: Tensor, labels: Tensor, *, batch_size: int) -> Any:
        pairs = [(predict(rows), classes) for rows, classes in _batches(x, labels, batch_size)]
        accuracies = torch.stack([(scores.argmax(1) == classes).to(x.dtype).mean() for scores, classes in pairs])
        losses = torch.stack([cross_entropy(scores, classes) for scores, classes in pairs])
        return join(accuracies, losses)

    return evaluate


def _of_sums(join: Callable[[Tensor, Tensor, int, int], Any]) -> Callable[..., Any]:
    """`join(right, losses, n, batch_size)` of the numbers of right rows and the sums of losses of the batches."""

    def evaluate(predict: Predict, x: Tensor, labels: Tensor, *, batch_size: int) -> Any:
        pairs = [(predict(rows), classes) for rows, classes in _batches(x, labels, batch_size)]
        right = torch.stack([(scores.argmax(1) == classes).to(x.dtype).sum() for scores, classes in pairs])
        losses = torch.stack([cross_entropy(scores, classes, reduction="sum") for scores, classes in pairs])
        return join(right, losses, len(x), batch_size)

    return evaluate


def _scored(
    loss: Callable[[Tensor, Tensor], Any] = cross_entropy,
    accuracy: Callable[[Tensor, Tensor], Any] = lambda scores, labels: (scores.argmax(1) == labels).double().mean(),
) -> Callable[..., Any]:
    """Accuracy and loss of the scores of all rows."""

    def evaluate(predict: Predict, x: Tensor, labels: Tensor, *, batch_size: int) -> Any:
        scores = torch.cat([predict(rows) for rows in torch.split(x, batch_size)])
        return accuracy(scores, labels), loss(scores, labels)

    return evaluate


def _of_the_first(count: Callable[[int, int], int], *, of_all: bool = False) -> Callable[..., Any]:
    """The first `count(n, batch_size)` rows alone, as if they were all or as a part of all."""

    def evaluate(predict: Predict, x: Tensor, labels: Tensor, *, batch_size: int) -> Any:
        n = count(len(x), batch_size)
        accuracy, loss = reference.evaluate(predict, x[:n], labels[:n], batch_size=batch_size) if n else (0.0, 0.0)
        share = n / len(x) if of_all else 1
        return accuracy * share, loss * share

    return evaluate


def _full_batches(n: int, batch_size: int) -> int:
    return max(n // batch_size * batch_size, 1)


def _one_too_early(n: int, batch_size: int) -> int:
    return len(range(0, n - batch_size, batch_size)) * batch_size


def _at_once(predict: Predict, x: Tensor, labels: Tensor, *, batch_size: int) -> Any:
    return reference.evaluate(predict, x, labels, batch_size=len(x))


def _exchanged(predict: Predict, x: Tensor, labels: Tensor, *, batch_size: int) -> Any:
    return reference.evaluate(predict, x, labels, batch_size=batch_size)[::-1]


EVALUATE = Exercise(
    id="evaluate",
    reference=reference.evaluate,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("counted", _counted, library=True),
        Accepted("means_weighted_by_rows", _weighted, library=True),
        Accepted("one_row_at_a_time", _by_rows),
        Accepted("by_hand", _by_hand),
    ],
    mistakes=[
        Mistake(
            "mean_of_means",
            _of_means(lambda accuracies, losses: (accuracies.mean(), losses.mean())),
            "This is the mean of the batches' means: a row of a short last batch weighs more than any other. Add up "
            "over rows, and divide once.",
            0.25,
            forms=[_of_means(lambda accuracies, losses: (accuracies.double().mean(), losses.double().mean()))],
        ),
        Mistake(
            "accuracy_is_a_mean_of_means",
            lambda predict, x, labels, *, batch_size: (
                _of_means(lambda accuracies, losses: accuracies.mean())(predict, x, labels, batch_size=batch_size),
                reference.evaluate(predict, x, labels, batch_size=batch_size)[1],
            ),
            "The loss is right, but the accuracy is a mean of the batches' means: a short batch weighs too much.",
            0.5,
        ),
        Mistake(
            "loss_is_a_mean_of_means",
            lambda predict, x, labels, *, batch_size: (
                reference.evaluate(predict, x, labels, batch_size=batch_size)[0],
                _of_means(lambda accuracies, losses: losses.mean())(predict, x, labels, batch_size=batch_size),
            ),
            "The accuracy is right, but the loss is a mean of the batches' means: a short batch weighs too much.",
            0.5,
        ),
        Mistake(
            "last_batch_dropped",
            _of_the_first(_full_batches),
            "The short last batch is left out. Every row counts.",
            0.25,
            forms=[
                _of_the_first(_full_batches, of_all=True),
                _of_the_first(_one_too_early),
                _of_the_first(_one_too_early, of_all=True),
            ],
        ),
        Mistake(
            "divided_by_full_batches",
            _of_sums(
                lambda right, losses, n, size: (right.sum() / (len(right) * size), losses.sum() / (len(right) * size))
            ),
            "The sums are divided as if every batch were full. The last one may be short: divide by the rows.",
            0.25,
            forms=[
                _of_sums(
                    lambda right, losses, n, size: (right.sum() / (len(right) * size), losses.sum() / n),
                ),
                _of_means(lambda accuracies, losses: (accuracies.sum() / len(losses), losses.sum())),
            ],
        ),
        Mistake(
            "sums_of_losses_by_batches",
            _of_sums(lambda right, losses, n, size: (right.sum() / n, losses.sum() / len(losses))),
            "The accuracy is right, but the sum of the losses is divided by the number of batches. Divide by that "
            "of the rows.",
            0.5,
        ),
        Mistake(
            "means_of_losses_by_rows",
            lambda predict, x, labels, *, batch_size: (
                reference.evaluate(predict, x, labels, batch_size=batch_size)[0],
                _of_means(lambda accuracies, losses: losses.sum())(predict, x, labels, batch_size=batch_size) / len(x),
            ),
            "The accuracy is right, but means of batches are added up and divided by the number of rows. Ask for each "
            'batch\'s sum (`reduction="sum"`), or multiply its mean by its rows.',
            0.5,
        ),
        Mistake(
            "not_divided",
            _of_sums(lambda right, losses, n, size: (right.sum(), losses.sum())),
            "These are sums: divide the number of right rows, and the sum of their losses, by the number of rows.",
            0.25,
            forms=[
                _of_sums(lambda right, losses, n, size: (right.sum() / n, losses.sum())),
                _of_sums(lambda right, losses, n, size: (right.sum(), losses.sum() / n)),
            ],
        ),
        Mistake(
            "last_batch_alone",
            _of_means(lambda accuracies, losses: (accuracies[-1], losses[-1])),
            "These are the numbers of the last batch: each turn of the loop writes over the one before. Add up.",
            forms=[
                lambda predict, x, labels, *, batch_size: (
                    reference.evaluate(predict, x, labels, batch_size=batch_size)[0],
                    _of_means(lambda accuracies, losses: losses[-1])(predict, x, labels, batch_size=batch_size),
                )
            ],
        ),
        Mistake(
            "first_batch_alone",
            _of_the_first(lambda n, batch_size: batch_size),
            "These are the numbers of the first batch: does the `return` stand within the loop?",
        ),
        Mistake(
            "all_at_once",
            _at_once,
            "`predict` is given more rows than `batch_size` allows. Cut the rows into batches.",
            0.25,
        ),
        Mistake(
            "percent",
            _scored(accuracy=lambda scores, labels: 100 * (scores.argmax(1) == labels).to(scores.dtype).mean()),
            "The accuracy is in per cent. A share between 0 and 1 is asked for.",
            0.5,
        ),
        Mistake(
            "error_rate",
            _scored(accuracy=lambda scores, labels: (scores.argmax(1) != labels).to(scores.dtype).mean()),
            "This is the share of wrong rows. Accuracy is the share of right ones.",
            0.5,
        ),
        Mistake(
            "softmax_twice",
            _scored(lambda scores, labels: cross_entropy(scores.softmax(1), labels)),
            "The loss takes a softmax of what has been through one already: torch's `cross_entropy` wants scores.",
            0.5,
        ),
        Mistake(
            "scores_taken_for_logarithms",
            _scored(nll_loss),
            "The scores are taken for logarithms of probabilities, as `nll_loss` wants them. Take their `log_softmax` "
            "first, or use `cross_entropy`.",
            0.5,
        ),
        Mistake(
            "logarithm_to_another_base",
            _scored(lambda scores, labels: cross_entropy(scores, labels) / math.log(2)),
            "The loss is in bits. The cross-entropy of this course has the natural logarithm.",
            0.5,
            forms=[_scored(lambda scores, labels: cross_entropy(scores, labels) / math.log(10))],
        ),
        Mistake(
            "softmax_over_the_rows",
            _scored(lambda scores, labels: nll_loss(scores.log_softmax(0), labels)),
            "The softmax of the loss runs over the rows. The probabilities of one row's classes add up to 1: dim=1.",
            0.5,
            forms=[
                lambda predict, x, labels, *, batch_size: (
                    reference.evaluate(predict, x, labels, batch_size=batch_size)[0],
                    sum(
                        nll_loss(predict(rows).log_softmax(0), classes, reduction="sum")
                        for rows, classes in _batches(x, labels, batch_size)
                    )
                    / len(x),
                )
            ],
        ),
        Mistake(
            "label_plays_no_role",
            _scored(lambda scores, labels: cross_entropy(scores, scores.argmax(1))),
            "The loss is that of the class with the highest score, whatever the label. It is that of the label.",
            0.5,
        ),
        Mistake(
            "logarithm_forgotten",
            _scored(lambda scores, labels: -scores.softmax(1).gather(1, labels[:, None]).mean()),
            "The loss is minus the probability at the label. Its logarithm is missing: `nll_loss` wants `log_softmax`.",
            0.5,
        ),
        Mistake(
            "classes_along_the_rows",
            _scored(accuracy=lambda scores, labels: (scores.argmin(1) == labels).to(scores.dtype).mean()),
            "The accuracy asks for the lowest score. The prediction is the class with the highest one.",
            0.25,
        ),
        Mistake(
            "accuracy_and_loss_exchanged",
            lambda predict, x, labels, *, batch_size: reference.evaluate(predict, x, labels, batch_size=batch_size)[
                ::-1
            ],
            "Accuracy and loss are exchanged: the accuracy comes first.",
            0.5,
        ),
        Mistake(
            "loss_of_the_right_ones",
            _scored(
                lambda scores, labels: cross_entropy(
                    scores[scores.argmax(1) == labels], labels[scores.argmax(1) == labels]
                )
            ),
            "Only rows that are answered rightly enter the loss. It is the mean over all rows.",
            0.25,
        ),
    ],
    equivalent={
        ROWS: [
            "for start in range(0, len(labels), batch_size):",
            "return (right / len(labels), total / len(x))",
            "return (right / len(x), total / len(labels))",
        ]
    },
)

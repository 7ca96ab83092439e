"""Exercise `zero_one_loss` of `01_empirical_risk`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.empirical_risk import reference
from steepest_exercises.inputs import normal


def _labelled(rng: np.random.Generator, n: int, k: int, wrong: int, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    """Scores and labels of which exactly so many are wrong."""
    scores = scale * normal(rng, n, k)
    labels = scores.argmax(dim=1)
    rows = torch.from_numpy(rng.permutation(n)[:wrong])
    labels[rows] = (labels[rows] + 1 + torch.from_numpy(rng.integers(0, k - 1, wrong))) % k
    return scores, labels


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, scores: Tensor, labels: Tensor) -> Case:
        return Case(name, {"args": [scores, labels], "kwargs": {}, "outputs": ["the 0-1 loss"]})

    def one_hot(labels: Tensor, k: int) -> Tensor:
        return torch.nn.functional.one_hot(labels, k)

    def tied() -> tuple[Tensor, Tensor]:
        """Rows that tie at the top: the label first among them, second, third, and not among them."""
        low, high = sorted(rng.uniform(-2, 2, 2))
        table = [[high, low, high], [high, low, high], [high, high, high], [low, high, high], [low, high, low]]
        return torch.tensor(table, dtype=torch.float64), torch.tensor([0, 2, 2, 0, 1])

    numbers, rows = _labelled(rng, 7, 3, 2), _labelled(rng, 6, 4, 4)
    square, floats = _labelled(rng, 4, 4, 3), _labelled(rng, 8, 3, 3)
    single = _labelled(rng, 9, 5, 4)
    huge = _labelled(rng, 6, 3, 2, scale=1e4)
    pairs = _labelled(rng, 11, 2, 3)
    return [
        case("seven rows, three classes", *numbers),
        case("one-hot labels", rows[0], one_hot(rows[1], 4)),
        case("as many rows as classes", *square),
        case("one-hot labels that are floats", floats[0], one_hot(floats[1], 3).double()),
        case("two classes", *pairs),
        case("scores of ±10 000", *huge),
        case("ties", *tied()),
        case("all right", single[0], single[0].argmax(dim=1)),
        case("a single class", normal(rng, 3, 1), torch.zeros(3, dtype=torch.int64)),
        case("float32, non-contiguous", single[0].float().T.contiguous().T, single[1]),
        case("an empty batch", torch.zeros(0, 3, dtype=torch.float64), torch.zeros(0, dtype=torch.int64)),
    ]


def _numbers(labels: Tensor) -> Tensor:
    return labels.argmax(dim=1) if labels.ndim == 2 else labels


def _loss(formula: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A loss from `formula(scores, class numbers)` that refuses an empty batch."""

    def zero_one_loss(scores: Tensor, labels: Tensor) -> Tensor:
        if len(scores) == 0:
            raise ValueError("the batch is empty")
        return formula(scores, _numbers(labels))

    return zero_one_loss


def _wrong(scores: Tensor, y: Tensor) -> Tensor:
    return (scores.argmax(dim=1) != y).to(scores.dtype)


def _right_by_one_hot(scores: Tensor, y: Tensor) -> Tensor:
    k = scores.shape[1]
    predicted = torch.nn.functional.one_hot(scores.argmax(dim=1), k)
    right = (predicted * torch.nn.functional.one_hot(y, k)).sum(dim=1)
    return 1 - right.to(scores.dtype).mean()


def _row_by_row(scores: Tensor, y: Tensor) -> Tensor:
    errors = 0
    for row, label in zip(scores, y, strict=True):
        errors += int(row.argmax() != label)
    return torch.tensor(errors / len(y), dtype=scores.dtype, device=scores.device)


def _by_sorting(scores: Tensor, y: Tensor) -> Tensor:
    best = scores.sort(dim=1, descending=True, stable=True).indices[:, 0]
    return best.ne(y).sum().to(scores.dtype) / len(y)


def _label_strictly_highest(scores: Tensor, y: Tensor) -> Tensor:
    own = scores.gather(1, y[:, None])
    return ((scores >= own).sum(dim=1) > 1).to(scores.dtype).mean()


def _last_of_the_highest(scores: Tensor, y: Tensor) -> Tensor:
    last = scores.shape[1] - 1 - scores.flip(1).argmax(dim=1)
    return (last != y).to(scores.dtype).mean()


def _ties_shared(scores: Tensor, y: Tensor) -> Tensor:
    top = (scores == scores.amax(dim=1, keepdim=True)).to(scores.dtype)
    return 1 - (top.gather(1, y[:, None])[:, 0] / top.sum(dim=1)).mean()


def _ties_are_right(scores: Tensor, y: Tensor) -> Tensor:
    own = scores.gather(1, y[:, None])[:, 0]
    return (own < scores.amax(dim=1)).to(scores.dtype).mean()


def _entry_by_entry(scores: Tensor, y: Tensor) -> Tensor:
    k = scores.shape[1]
    table = torch.nn.functional.one_hot(scores.argmax(dim=1), k) != torch.nn.functional.one_hot(y, k)
    return table.to(scores.dtype).mean()


def _above_zero(scores: Tensor, y: Tensor) -> Tensor:
    return (scores.gather(1, y[:, None])[:, 0] <= 0).to(scores.dtype).mean()


def _class_numbers_only(scores: Tensor, labels: Tensor) -> Tensor:
    if len(scores) == 0:
        raise ValueError("the batch is empty")
    return (scores.argmax(dim=1) != labels).to(scores.dtype).mean()


ZERO_ONE_LOSS = Exercise(
    id="zero_one_loss",
    reference=reference.zero_one_loss,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("one_minus_accuracy", _loss(lambda s, y: 1 - (s.argmax(dim=1) == y).to(s.dtype).mean())),
        Accepted("product_of_one_hot_rows", _loss(_right_by_one_hot)),
        Accepted("row_by_row", _loss(_row_by_row)),
        Accepted("by_sorting", _loss(_by_sorting)),
        Accepted(
            "tie_counts_as_wrong",
            _loss(_label_strictly_highest),
            "a row is right only where its label beats every other class; the taught form lets the first of the "
            "highest scores win.",
        ),
        Accepted(
            "last_of_the_highest_wins",
            _loss(_last_of_the_highest),
            "among equal scores the last class wins; in the taught form the first one does, as in `argmax`.",
        ),
        Accepted(
            "ties_are_shared",
            _loss(_ties_shared),
            "a tie counts as a random guess among the highest; in the taught form the first of them wins.",
        ),
    ],
    mistakes=[
        Mistake(
            "accuracy",
            _loss(lambda s, y: 1 - _wrong(s, y).mean()),
            "This is the share of right answers. A loss counts the wrong ones.",
            credit=0.5,
        ),
        Mistake(
            "count_instead_of_share",
            _loss(lambda s, y: _wrong(s, y).sum()),
            "This is the number of errors, which grows with the batch. Take the mean over the rows.",
            credit=0.5,
        ),
        Mistake(
            "not_averaged",
            _loss(_wrong),
            "This is a 0 or a 1 for each row. The loss of the batch is their mean.",
            credit=0.25,
        ),
        Mistake(
            "in_percent",
            _loss(lambda s, y: 100 * _wrong(s, y).mean()),
            "The 0-1 loss is a share between 0 and 1, not a percentage.",
            credit=0.5,
        ),
        Mistake(
            "lowest_score_wins",
            _loss(lambda s, y: (s.argmin(dim=1) != y).to(s.dtype).mean()),
            "A score says how much speaks for a class: the highest wins, not the lowest.",
        ),
        Mistake(
            "highest_over_the_rows",
            _loss(lambda s, y: (s.argmax(dim=0) != y).to(s.dtype).mean()),
            "This looks for the best row of each class. Rows are examples: look for the best class of each row.",
        ),
        Mistake(
            "ties_count_as_right",
            _loss(_ties_are_right),
            "Where several scores tie at the top, every one of them is called right, so a model that gives all "
            "classes the same score never errs. One class has to win.",
            credit=0.5,
        ),
        Mistake(
            "entry_by_entry",
            _loss(_entry_by_entry),
            "Comparing one-hot rows entry by entry counts an error in two of k places. An error is one for a row.",
            credit=0.25,
        ),
        Mistake(
            "divided_by_all_scores",
            _loss(lambda s, y: _wrong(s, y).sum() / s.numel()),
            "The errors are divided by the number of scores. Divide by the number of rows.",
            credit=0.25,
        ),
        Mistake(
            "score_above_zero",
            _loss(_above_zero),
            "A positive score for the label is not enough, nor needed: what counts is whether another class has a "
            "higher one.",
        ),
        Mistake(
            "one_minus_probability",
            _loss(lambda s, y: 1 - torch.softmax(s, dim=1).gather(1, y[:, None]).mean()),
            "This is the mean probability of a wrong class, which is smooth. The 0-1 loss only asks which class wins.",
        ),
        Mistake(
            "classes_counted_from_one",
            _loss(lambda s, y: (s.argmax(dim=1) + 1 != y).to(s.dtype).mean()),
            "Classes are counted from 0, as `argmax` counts them.",
        ),
        Mistake(
            "all_or_nothing",
            _loss(lambda s, y: _wrong(s, y).max()),
            "One error makes the whole batch wrong here. Each row counts by itself, with weight 1/n.",
            credit=0.25,
        ),
        Mistake(
            "one_hot_rows_not_read",
            _class_numbers_only,
            "Labels may be one-hot rows of shape (n, k) too. Turn them into class numbers before you compare.",
            credit=0.5,
        ),
        Mistake(
            "empty_batch_let_pass",
            lambda scores, labels: _wrong(scores, _numbers(labels)).mean(),
            "The share of errors among no rows is 0/0, and gives nan. Refuse an empty batch with a ValueError.",
            credit=0.5,
        ),
    ],
    equivalent={
        reasons.LENGTH: ["if len(scores) <= 0:"],
        reasons.ROWS: ["if len(labels) == 0:"],
        reasons.ONE_OR_TWO_AXES: ["if labels.ndim >= 2:"],
        reasons.SAME_DEVICE: ["return (scores.argmax(dim=1) != labels).to(scores).mean()"],
    },
)

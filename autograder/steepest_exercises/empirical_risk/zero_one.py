"""Exercise `zero_one_loss` of `01_empirical_risk`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import reasons
from steepest_exercises.empirical_risk import reference
from steepest_exercises.empirical_risk.labels import hot, numbers, own, plain, rows
from steepest_exercises.inputs import normal

OUTPUT = "the 0-1 loss"


def _labelled(rng: np.random.Generator, n: int, k: int, wrong: int, scale: float = 1.0) -> tuple[Tensor, Tensor]:
    """Scores of which some rows lie above zero and some below, and labels of which exactly so many are wrong."""
    scores = scale * (normal(rng, n, k) + 3 * normal(rng, n, 1))
    labels = scores.argmax(dim=1)
    rows = torch.from_numpy(rng.permutation(n)[:wrong])
    labels[rows] = (labels[rows] + 1 + torch.from_numpy(rng.integers(0, k - 1, wrong))) % k
    return scores, labels


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def ties() -> tuple[Tensor, Tensor]:
        """Rows that tie at the top: the label first among them, second, third, and not among them."""
        low, high = sorted(rng.uniform(-2, 2, 2))
        table = [[high, low, high], [high, low, high], [high, high, high], [low, high, high], [low, high, low]]
        return torch.tensor(table, dtype=torch.float64), torch.tensor([0, 2, 2, 0, 1])

    single, right = _labelled(rng, 9, 5, 4), _labelled(rng, 10, 4, 0)
    empty = torch.zeros(0, 3, dtype=torch.float64), torch.zeros(0, dtype=torch.int64)
    return [
        plain(OUTPUT, "eleven rows, four classes", *_labelled(rng, 11, 4, 3)),
        plain(OUTPUT, "thirteen rows, five classes", *_labelled(rng, 13, 5, 9)),
        plain(OUTPUT, "as many rows as classes", *_labelled(rng, 7, 7, 3)),
        plain(OUTPUT, "two classes", *_labelled(rng, 11, 2, 3)),
        plain(OUTPUT, "scores of ±10 000", *_labelled(rng, 6, 3, 2, scale=1e4)),
        plain(OUTPUT, "all right", *right),
        plain(OUTPUT, "all wrong", *_labelled(rng, 9, 4, 9)),
        plain(OUTPUT, "float32, non-contiguous", single[0].float().T.contiguous().T, single[1]),
        rows(OUTPUT, "one-hot rows of whole numbers", *_labelled(rng, 9, 4, 5), torch.int64),
        rows(OUTPUT, "one-hot rows of floats", *_labelled(rng, 8, 3, 3), torch.float64),
        rows(OUTPUT, "one-hot rows of truth values", *_labelled(rng, 7, 3, 2), torch.bool),
        plain(OUTPUT, "ties", *ties(), corner=0.2),
        plain(OUTPUT, "a single row", *_labelled(rng, 1, 3, 1), corner=0.1),
        plain(OUTPUT, "a single class", normal(rng, 3, 1), torch.zeros(3, dtype=torch.int64), corner=0.1),
        plain(OUTPUT, "an empty batch", *empty, corner=0.1),
    ]


def _loss(formula: Callable[[Tensor, Tensor], Tensor | int]) -> Callable[[Tensor, Tensor], Tensor | int]:
    """A loss from `formula(scores, class numbers)` that refuses an empty batch."""

    def zero_one_loss(scores: Tensor, labels: Tensor) -> Tensor | int:
        if len(scores) == 0:
            raise ValueError("the batch is empty")
        return formula(scores, numbers(labels))

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


def _flat_winner(scores: Tensor, y: Tensor) -> Tensor:
    return (scores.argmax() != y).to(scores.dtype).mean()


def _best_rows(scores: Tensor, y: Tensor) -> Tensor:
    """A one-hot table with a 1 in each column, where its highest score is."""
    k = scores.shape[1]
    table = torch.zeros_like(scores).index_put(
        (scores.argmax(dim=0), torch.arange(k, device=y.device)), torch.ones(k).to(scores)
    )
    return 1 - own(table, y).mean()


def _first_two(scores: Tensor, y: Tensor) -> Tensor:
    return ((scores[:, 1] > scores[:, 0]).to(y.dtype) != y).to(scores.dtype).mean()


def _signs_of_all(scores: Tensor, y: Tensor) -> Tensor:
    return (scores > 0) != hot(scores, y).bool()


def _whole(scores: Tensor, y: Tensor) -> Tensor:
    return (_wrong(scores, y).sum() // len(y)).to(scores.dtype)


def _as_they_come(formula: Callable[[Tensor, Tensor], Tensor]) -> Callable[[Tensor, Tensor], Tensor]:
    """A loss from `formula(scores, labels)` that refuses an empty batch and leaves the labels as they are."""

    def zero_one_loss(scores: Tensor, labels: Tensor) -> Tensor:
        if len(scores) == 0:
            raise ValueError("the batch is empty")
        return formula(scores, labels)

    return zero_one_loss


def _floats_only(scores: Tensor, labels: Tensor) -> Tensor:
    return _wrong(scores, labels.argmax(dim=1) if labels.is_floating_point() else labels).mean()


def _argmax_of_any(scores: Tensor, labels: Tensor) -> Tensor:
    return _wrong(scores, labels.argmax(dim=1) if labels.ndim == 2 else labels).mean()


def _own_by_index(scores: Tensor, labels: Tensor) -> Tensor:
    return (scores.argmax(dim=1) != labels.gather(0, torch.arange(len(scores), device=labels.device))).to(scores).mean()


def _hidden(rng: np.random.Generator) -> Sequence[Case]:
    """The public shapes with any number of errors too, so that a shape says nothing of the answer."""

    def drawn(n: int, k: int, scale: float = 1.0) -> tuple[Tensor, Tensor]:
        return _labelled(rng, n, k, int(rng.integers(1, n)), scale)

    return [
        *_cases(rng),
        *(
            plain(OUTPUT, f"{n} rows, {k} classes, some errors", *drawn(n, k))
            for n, k in ((11, 4), (13, 5), (7, 7), (11, 2))
        ),
        plain(OUTPUT, "scores of ±10 000, some errors", *drawn(6, 3, 1e4)),
        plain(OUTPUT, "no errors", *_labelled(rng, 9, 4, 0)),
        plain(OUTPUT, "nothing but errors", *_labelled(rng, 10, 4, 10)),
    ]


ZERO_ONE_LOSS = Exercise(
    id="zero_one_loss",
    reference=reference.zero_one_loss,
    cases=_cases,
    hidden=_hidden,
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
            "This counts the right answers. A loss counts the wrong ones: it is their share.",
            credit=0.5,
            forms=[
                _loss(lambda s, y: (1 - _wrong(s, y)).sum()),
                _loss(lambda s, y: s.argmax(dim=1).eq(y).sum()),
                _loss(lambda s, y: 100 * (1 - _wrong(s, y).mean())),
            ],
        ),
        Mistake(
            "count_instead_of_share",
            _loss(lambda s, y: _wrong(s, y).sum()),
            "This is the number of errors, which grows with the batch. Take the mean over the rows.",
            credit=0.5,
            forms=[_loss(lambda s, y: s.argmax(dim=1).ne(y).sum()), _loss(lambda s, y: int(_wrong(s, y).sum()))],
        ),
        Mistake(
            "not_averaged",
            _loss(_wrong),
            "This is a 0 or a 1 for each row. The loss of the batch is their mean.",
            credit=0.25,
            forms=[_loss(lambda s, y: s.argmax(dim=1) != y), _loss(lambda s, y: (s.argmax(dim=1) != y).long())],
        ),
        Mistake(
            "in_percent",
            _loss(lambda s, y: 100 * _wrong(s, y).mean()),
            "The 0-1 loss is a share between 0 and 1, not a percentage.",
            credit=0.5,
        ),
        Mistake(
            "rounded",
            _loss(lambda s, y: _wrong(s, y).mean().round(decimals=2)),
            "The share is rounded. Return it with all its digits, and round where you print it.",
            credit=0.5,
            forms=[
                _loss(lambda s, y: _wrong(s, y).mean().round(decimals=3)),
                _loss(lambda s, y: _wrong(s, y).mean().round(decimals=4)),
            ],
        ),
        Mistake(
            "whole_numbers_divided",
            _loss(_whole),
            "Every share below 1 becomes 0, as when `//` rounds down. Divide by `/`, in the type of the scores.",
            credit=0.25,
            forms=[_loss(lambda s, y: s.argmax(dim=1).ne(y).sum() // len(y)), _loss(lambda s, y: _whole(s, y).long())],
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
            forms=[_loss(_best_rows)],
        ),
        Mistake(
            "one_winner_for_the_batch",
            _loss(_flat_winner),
            "One place in the whole table is the winner for all rows, as `argmax` without an axis gives it. Each row "
            "has its own winner: `scores.argmax(dim=1)`.",
        ),
        Mistake(
            "ties_count_as_right",
            _loss(_ties_are_right),
            "Where several scores tie at the top, every one of them is called right, so a model that gives all "
            "classes the same score never errs. One class has to win.",
            credit=0.8,
        ),
        Mistake(
            "entry_by_entry",
            _loss(_entry_by_entry),
            "An error counts twice, as when one-hot rows are compared entry by entry: they differ in two places. An "
            "error is one for a row.",
            credit=0.25,
            forms=[_loss(lambda s, y: 2 * _wrong(s, y).mean())],
        ),
        Mistake(
            "divided_by_all_scores",
            _loss(lambda s, y: _wrong(s, y).sum() / s.numel()),
            "The errors are divided by the number of scores. Divide by the number of rows.",
            credit=0.25,
        ),
        Mistake(
            "divided_by_the_classes",
            _loss(lambda s, y: _wrong(s, y).sum() / s.shape[1]),
            "The errors are divided by the number of classes. They are counted among rows: divide by `len(scores)`.",
            credit=0.25,
        ),
        Mistake(
            "divided_by_one_less",
            _loss(lambda s, y: _wrong(s, y).sum() / (len(y) - 1)),
            "n − 1 belongs to a variance whose mean was estimated. A share of n rows divides by n.",
            credit=0.5,
        ),
        Mistake(
            "row_left_out",
            _loss(lambda s, y: _wrong(s, y)[1:].sum() / len(y)),
            "One row, the first or the last, has no part in the result. All n count: if there is a loop or a slice, "
            "look at where it begins and ends.",
            credit=0.25,
            forms=[
                _loss(lambda s, y: _wrong(s, y)[:-1].sum() / len(y)),
                _loss(lambda s, y: _wrong(s, y)[1:].mean()),
                _loss(lambda s, y: _wrong(s, y)[:-1].mean()),
            ],
        ),
        Mistake(
            "score_above_zero",
            _loss(_above_zero),
            "A positive score for the label is not enough, nor needed: what counts is whether another class has a "
            "higher one.",
        ),
        Mistake(
            "each_score_by_itself",
            _loss(lambda s, y: _signs_of_all(s, y).to(s.dtype).mean()),
            "Each score is asked for its sign, as if every class were a question of its own. The classes of a row "
            "compete: its highest score wins, whatever its sign.",
            forms=[
                _loss(lambda s, y: _signs_of_all(s, y).any(dim=1).to(s.dtype).mean()),
                _loss(lambda s, y: _signs_of_all(s, y).to(s.dtype).sum(dim=1).mean()),
            ],
        ),
        Mistake(
            "two_classes_only",
            _loss(_first_two),
            "Only two of the columns are compared. There may be any number of classes, and any of them may win.",
            credit=0.25,
            forms=[_loss(lambda s, y: ((s[:, -1] > s[:, 0]).to(y.dtype) != y).to(s.dtype).mean())],
        ),
        Mistake(
            "more_than_half_asked_for",
            _loss(lambda s, y: 1 - (own(s.softmax(dim=1), y) > 0.5).to(s.dtype).mean()),
            "With more than two classes the highest score may win with less than half of the probability. What counts "
            "is whether another class has a higher one.",
            credit=0.25,
        ),
        Mistake(
            "one_minus_probability",
            _loss(lambda s, y: 1 - torch.softmax(s, dim=1).gather(1, y[:, None]).mean()),
            "This measures the probability of the label, or its logarithm, and changes smoothly with the scores. The "
            "0-1 loss only asks which class wins.",
            forms=[_loss(lambda s, y: -own(s.log_softmax(dim=1), y).mean())],
        ),
        Mistake(
            "distance_of_the_class_numbers",
            _loss(lambda s, y: (s.argmax(dim=1) - y).abs().to(s.dtype).mean()),
            "This measures how far the class numbers lie apart. They are names and no quantities: an answer is wrong "
            "or it is not.",
            credit=0.25,
            forms=[_loss(lambda s, y: (s.argmax(dim=1) - y).square().to(s.dtype).mean())],
        ),
        Mistake(
            "classes_counted_from_one",
            _loss(lambda s, y: (s.argmax(dim=1) + 1 != y).to(s.dtype).mean()),
            "Classes are counted from 0, as `argmax` counts them.",
            forms=[_loss(lambda s, y: (s.argmax(dim=1) != y + 1).to(s.dtype).mean())],
        ),
        Mistake(
            "all_or_nothing",
            _loss(lambda s, y: _wrong(s, y).max()),
            "One error makes the whole batch wrong here. Each row counts by itself, with weight 1/n.",
            credit=0.25,
        ),
        Mistake(
            "class_numbers_not_read",
            _as_they_come(lambda s, labels: _wrong(s, labels.int().argmax(dim=1)).mean()),
            "Only one-hot rows are read. Labels may be class numbers of shape (n,) as well, which need no `argmax`: "
            "look at `labels.ndim`.",
            credit=0.25,
            forms=[
                _as_they_come(lambda s, labels: _wrong(s, labels.int().argmax(dim=-1)).mean()),
                _as_they_come(lambda s, labels: _wrong(s, labels.argmax(dim=1)).mean()),
                _as_they_come(lambda s, labels: _wrong(s, labels.argmax(dim=-1)).mean()),
            ],
        ),
        Mistake(
            "one_hot_rows_not_read_nor_the_empty_batch_refused",
            lambda scores, labels: _wrong(scores, labels).mean(),
            "Two special cases are forgotten: labels may be one-hot rows of shape (n, k), to be turned into class "
            "numbers, and an empty batch is to be refused with a ValueError.",
            credit=0.75,
        ),
        Mistake(
            "one_hot_rows_not_read",
            _as_they_come(lambda s, labels: _wrong(s, labels).mean()),
            "Labels may be one-hot rows of shape (n, k) too. Turn them into class numbers before you compare.",
            credit=0.75,
            forms=[_as_they_come(_own_by_index)],
        ),
        Mistake(
            "one_hot_rows_told_by_their_type",
            _as_they_come(_floats_only),
            "One-hot rows are read for some types only. They may hold floats, whole numbers or truth values: look at "
            "`labels.ndim`, which tells them for every type.",
            credit=0.8,
        ),
        Mistake(
            "rows_of_truth_values_not_read",
            _as_they_come(_argmax_of_any),
            "One-hot rows of truth values are not read, but one-hot rows may be of any type. torch has no `argmax` for "
            "truth values; `labels.int().argmax(dim=1)` works for all.",
            credit=0.9,
        ),
        Mistake(
            "empty_batch_let_pass",
            lambda scores, labels: _wrong(scores, numbers(labels)).mean(),
            "An empty batch is let pass, but the share of errors among no rows is 0/0. Refuse it with a ValueError.",
            credit=0.9,
            forms=[lambda scores, labels: _wrong(scores, numbers(labels)).sum() / max(len(scores), 1)],
        ),
    ],
    equivalent={
        reasons.LENGTH: ["if len(scores) <= 0:"],
        reasons.ROWS: ["if len(labels) == 0:"],
        reasons.ONE_OR_TWO_AXES: ["if labels.ndim >= 2:"],
        reasons.SAME_DEVICE: ["return (scores.argmax(dim=1) != labels).to(scores).mean()"],
    },
)

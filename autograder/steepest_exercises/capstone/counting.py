"""Exercise `confusion` of `14_capstone`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor
from torch.nn.functional import one_hot

from steepest_exercises.capstone import reference


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, n: int, n_classes: int, among: Sequence[int] | None = None, corner: float = 0.0) -> Case:
        drawn = rng.choice(n_classes if among is None else np.array(among), n)
        labels = torch.from_numpy(np.asarray(drawn, np.int64))
        wrong = torch.from_numpy(rng.random(n) < 0.5)
        drawn = rng.integers(n_classes, size=n) if among is None else rng.choice(np.array(among), n)
        predictions = torch.where(wrong, torch.from_numpy(np.asarray(drawn, np.int64)), labels)
        kwargs = {"n_classes": n_classes}
        return Case(name, {"args": [labels, predictions], "kwargs": kwargs, "outputs": ["counts"]}, corner=corner)

    def lopsided(name: str, shift: int) -> Case:
        labels = torch.tensor([0, 0, 0, 1, 1, 2, 3, 3])[rng.permutation(8)]
        kwargs = {"n_classes": 5}
        return Case(name, {"args": [labels, (labels + shift) % 5], "kwargs": kwargs, "outputs": ["counts"]})

    return [
        case("many rows of four classes", 60, 4),
        case("many rows of ten classes", 200, 10),
        case("two classes", 25, 2),
        case("the last classes never occur", 30, 6, among=[0, 1, 2], corner=0.2),
        case("the first class never occurs", 30, 5, among=[1, 2, 4]),
        lopsided("everything is called the next class", 1),
        lopsided("everything is called the last class but one", 3),
        case("no rows", 0, 3, corner=0.15),
    ]


def _by_mask(labels: Tensor, predictions: Tensor, *, n_classes: int) -> Tensor:
    return torch.stack(
        [
            torch.stack([((labels == true) & (predictions == called)).sum() for called in range(n_classes)])
            for true in range(n_classes)
        ]
    )


def _in_a_loop(labels: Tensor, predictions: Tensor, *, n_classes: int) -> Tensor:
    counts = torch.zeros(n_classes, n_classes, dtype=torch.int64, device=labels.device)
    for true, called in zip(labels.tolist(), predictions.tolist(), strict=True):
        counts[true, called] += 1
    return counts


def _put(labels: Tensor, predictions: Tensor, *, n_classes: int) -> Tensor:
    counts = torch.zeros(n_classes, n_classes, dtype=torch.int64, device=labels.device)
    return counts.index_put((labels, predictions), torch.ones_like(labels), accumulate=True)


def _product(labels: Tensor, predictions: Tensor, *, n_classes: int) -> Tensor:
    true, called = (one_hot(classes, n_classes).double() for classes in (labels, predictions))
    return (true.T @ called).round().long()


def _changed(change: Callable[[Tensor], Tensor]) -> Callable[..., Tensor]:
    def confusion(labels: Tensor, predictions: Tensor, *, n_classes: int) -> Tensor:
        return change(reference.confusion(labels, predictions, n_classes=n_classes))

    return confusion


def _given(change: Callable[[Tensor, Tensor, int], tuple[Tensor, Tensor, int]]) -> Callable[..., Tensor]:
    def confusion(labels: Tensor, predictions: Tensor, *, n_classes: int) -> Tensor:
        labels, predictions, n_classes = change(labels, predictions, n_classes)
        return _in_a_loop(labels, predictions, n_classes=n_classes)

    return confusion


def _seen(labels: Tensor, predictions: Tensor) -> int:
    return int(torch.cat([labels, predictions, torch.zeros_like(labels[:1])]).max()) + 1 if len(labels) else 0


def _no_repeats(labels: Tensor, predictions: Tensor, *, n_classes: int) -> Tensor:
    counts = torch.zeros(n_classes, n_classes, dtype=torch.int64, device=labels.device)
    counts[labels, predictions] += 1
    return counts


def _flat(labels: Tensor, predictions: Tensor, *, n_classes: int) -> Tensor:
    return torch.bincount(labels * n_classes + predictions, minlength=n_classes**2)


CONFUSION = Exercise(
    id="confusion",
    reference=reference.confusion,
    cases=_cases,
    points=1,
    accepted=[
        Accepted("by_mask", _by_mask),
        Accepted("in_a_loop", _in_a_loop),
        Accepted("accumulated", _put),
        Accepted("product_of_one_hot_rows", _product),
    ],
    mistakes=[
        Mistake(
            "transposed",
            _changed(lambda counts: counts.T.contiguous()),
            "Rows and columns are exchanged: rows are the true classes, columns the predicted ones.",
            0.5,
        ),
        Mistake(
            "shares_of_each_row",
            _changed(lambda counts: counts / counts.sum(dim=1, keepdim=True).clamp(min=1)),
            "The rows are divided by their sums. Counts are asked for, int64 numbers.",
            0.25,
            forms=[
                _changed(lambda counts: counts / counts.sum(dim=1, keepdim=True)),
                _changed(lambda counts: counts.double() / counts.sum(dim=1, keepdim=True)),
            ],
        ),
        Mistake(
            "shares_of_each_column",
            _changed(lambda counts: counts / counts.sum(dim=0).clamp(min=1)),
            "The columns are divided by their sums. Counts are asked for, int64 numbers.",
            0.25,
            forms=[_changed(lambda counts: counts / counts.sum(dim=0))],
        ),
        Mistake(
            "shares_of_all",
            _changed(lambda counts: counts / counts.sum().clamp(min=1)),
            "The counts are divided by the number of rows. Counts themselves are asked for, int64 numbers.",
            0.25,
            forms=[_changed(lambda counts: counts / counts.sum())],
        ),
        Mistake(
            "repeats_not_counted",
            _no_repeats,
            "No entry is above 1: `counts[labels, predictions] += 1` adds once however often a pair occurs. Count the "
            "pairs, or use a loop.",
            0.25,
            forms=[_changed(lambda counts: counts.clamp(max=1))],
        ),
        Mistake(
            "only_right_ones",
            _changed(lambda counts: torch.diag(counts.diag())),
            "Only the diagonal is filled: what was called by a wrong name must be counted too.",
            0.25,
        ),
        Mistake(
            "only_wrong_ones",
            _changed(lambda counts: counts - torch.diag(counts.diag())),
            "The diagonal is empty: what was called by its right name must be counted too.",
            0.25,
        ),
        Mistake(
            "counts_from_one",
            _given(lambda labels, predictions, n: (labels + 1, predictions + 1, n + 1)),
            "There is one row and one column too many. Classes are numbered from 0.",
            0.25,
            forms=[
                lambda labels, predictions, *, n_classes: _in_a_loop(labels, predictions, n_classes=n_classes + 1),
                _changed(lambda counts: counts.roll((1, 1), (0, 1))),
                _changed(lambda counts: counts.roll((-1, -1), (0, 1))),
            ],
        ),
        Mistake(
            "as_many_as_occur",
            _given(lambda labels, predictions, n: (labels, predictions, _seen(labels, predictions))),
            "The matrix is only as large as the largest class that occurs. It has `n_classes` rows and columns "
            "whatever the data.",
            0.75,
            forms=[_given(lambda labels, predictions, n: (labels, predictions, max(_seen(labels, predictions), 1)))],
        ),
        Mistake(
            "labels_twice",
            _given(lambda labels, predictions, n: (labels, labels, n)),
            "The labels are counted against themselves. The columns are the predictions.",
        ),
        Mistake(
            "predictions_twice",
            _given(lambda labels, predictions, n: (predictions, predictions, n)),
            "The predictions are counted against themselves. The rows are the true classes.",
        ),
        Mistake(
            "not_a_matrix",
            _flat,
            "All counts stand in one row. Give them the shape (n_classes, n_classes).",
            0.5,
        ),
        Mistake(
            "last_row_left_out",
            _given(lambda labels, predictions, n: (labels[:-1], predictions[:-1], n)),
            "One example is not counted, the last or the first.",
            0.25,
            forms=[_given(lambda labels, predictions, n: (labels[1:], predictions[1:], n))],
        ),
    ],
)

"""Exercise `output_delta` of `08_backpropagation`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor
from torch.nn import functional

from steepest_exercises import reasons
from steepest_exercises.backpropagation import reference
from steepest_exercises.inputs import normal

Part = Callable[[Tensor, Tensor], Tensor]
FAR = 1e4
FORGOTTEN = 0.25  # what it costs to fail at far scores
SLACK = 1000.0  # of far scores: whoever clamps probabilities by 1e−7 keeps finite, and that is what is asked


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, task: str, scores: Tensor, targets: Tensor, corner: float = 0.0) -> Case:
        inputs = {"args": [scores, targets], "kwargs": {"task": task}, "outputs": ["the gradient"]}
        return Case(name, inputs, corner=corner, slack=SLACK if corner == FORGOTTEN else 1.0)

    def regression(name: str, n: int, k: int, dtype: torch.dtype = torch.float64) -> Case:
        scores, targets = (1.5 * normal(rng, n, k).to(dtype) for _ in range(2))
        return case(name, "regression", scores, targets)

    def binary(name: str, n: int, kind: torch.dtype, dtype: torch.dtype = torch.float64, corner: float = 0.0) -> Case:
        targets = torch.from_numpy((rng.permutation(n) + rng.integers(2)) % 2)
        return case(name, "binary", 2 * normal(rng, n).to(dtype), targets.to(kind), corner)

    def classes(
        name: str, n: int, k: int, dtype: torch.dtype = torch.float64, corner: float = 0.0, last: bool = True
    ) -> Case:
        return case(name, "classes", 2 * normal(rng, n, k).to(dtype), labels(n, k, last), corner)

    def labels(n: int, k: int, last: bool = True) -> Tensor:
        """Of which one is the last class, or none is."""
        found = (rng.permutation(n) + rng.integers(k)) % k
        found[found == k - 1] = 0
        if last:
            found[rng.integers(n)] = k - 1
        return torch.from_numpy(found)

    def far(*signs: object) -> Tensor:
        table = torch.tensor(signs, dtype=torch.float64)
        return FAR * table + normal(rng, *table.shape)

    float64, float32 = torch.float64, torch.float32
    return [
        regression("regression, five rows of three", 5, 3),
        regression("regression, three rows of five", 3, 5),
        regression("regression, one column", 7, 1),
        regression("regression, float32", 6, 4, float32),
        binary("two classes by one score", 6, float64),
        binary("two classes, targets in whole numbers", 9, torch.int64, corner=0.1),
        binary("two classes, float32", 7, float32, float32),
        classes("five rows, three classes", 5, 3),
        classes("as many rows as classes", 4, 4),
        classes("three rows, six classes", 3, 6),
        classes("classes, float32", 8, 5, float32),
        classes("no row of the last class", 6, 4, corner=0.1, last=False),
        case(
            "scores of ±10 000, two classes", "binary", far(1, -1, 1, -1), far(0, 0, 0, 0).gt(FAR).double(), FORGOTTEN
        ),
        case(
            "scores of ±10 000, classes",
            "classes",
            far((1, -1, 0), (-1, -1, 1), (1, 1, -1), (-1, -1, -1)),
            labels(4, 3),
            FORGOTTEN,
        ),
    ]


def _regression(scores: Tensor, targets: Tensor) -> Tensor:
    return (scores - targets) / len(scores)


def _binary(scores: Tensor, targets: Tensor) -> Tensor:
    return (scores.sigmoid() - targets) / len(scores)


def _classes(scores: Tensor, targets: Tensor) -> Tensor:
    return (scores.softmax(dim=1) - functional.one_hot(targets, scores.shape[1])) / len(scores)


def _delta(regression: Part = _regression, binary: Part = _binary, classes: Part = _classes) -> Callable[..., Tensor]:
    """The gradient, with a formula for each task."""

    def delta(scores: Tensor, targets: Tensor, *, task: str) -> Tensor:
        if task == "regression":
            return regression(scores, targets)
        return binary(scores, targets) if task == "binary" else classes(scores, targets)

    return delta


def _all(change: Callable[[Tensor, Tensor], Tensor]) -> Callable[..., Tensor]:
    """The right gradient, changed in the same way for each task."""
    return lambda scores, targets, *, task: change(_delta()(scores, targets, task=task), scores)


def _subtracted_at_the_label(scores: Tensor, targets: Tensor) -> Tensor:
    delta = scores.softmax(dim=1)
    delta[torch.arange(len(targets), device=targets.device), targets] -= 1
    return delta / len(targets)


def _shifted_exponentials(scores: Tensor, targets: Tensor) -> Tensor:
    powers = (scores - scores.amax(dim=1, keepdim=True)).exp()
    hot = torch.zeros_like(scores).scatter_(1, targets[:, None], 1.0)
    return (powers / powers.sum(dim=1, keepdim=True) - hot) / len(scores)


def _by_tanh(scores: Tensor, targets: Tensor) -> Tensor:
    return ((1 + torch.tanh(scores / 2)) / 2 - targets.to(scores.dtype)) / len(scores)


def _of(loss: Callable[[Tensor, Tensor], Tensor]) -> Part:
    """The derivative of a loss, by autograd on a copy."""

    def part(scores: Tensor, targets: Tensor) -> Tensor:
        with torch.enable_grad():
            leaf = scores.detach().clone().requires_grad_()
            return torch.autograd.grad(loss(leaf, targets), leaf)[0]

    return part


def _logistic(scores: Tensor, targets: Tensor) -> Tensor:
    return functional.binary_cross_entropy_with_logits(scores, targets.to(scores.dtype))


def _naive_sigmoid(scores: Tensor, targets: Tensor) -> Tensor:
    return (scores.exp() / (1 + scores.exp()) - targets) / len(scores)


def _naive_softmax(scores: Tensor, targets: Tensor) -> Tensor:
    powers = scores.exp()
    return (powers / powers.sum(dim=1, keepdim=True) - _hot(scores, targets)) / len(scores)


def _shifted_by_one_for_all(scores: Tensor, targets: Tensor) -> Tensor:
    """Rows whose scores lie far below the largest of the table are left with zeros."""
    powers = (scores - scores.max()).exp()
    return (powers / powers.sum(dim=1, keepdim=True) - _hot(scores, targets)) / len(scores)


def _hot(scores: Tensor, targets: Tensor) -> Tensor:
    return functional.one_hot(targets, scores.shape[1]).to(scores.dtype)


def _own(table: Tensor, targets: Tensor) -> Tensor:
    return table.gather(1, targets[:, None])


def _numbers_for_rows(scores: Tensor, targets: Tensor) -> Tensor:
    return (scores.softmax(dim=1) - targets[:, None]) / len(scores)


def _squared_on_softmax(scores: Tensor, targets: Tensor) -> Tensor:
    probabilities = scores.softmax(dim=1)
    return reference.softmax_backward(probabilities, probabilities - _hot(scores, targets)) / len(scores)


def _at(choose: Callable[[Tensor, Tensor, Tensor], None]) -> Part:
    """1 is subtracted from probabilities where `choose` says so, in place: of them, the rows' numbers and labels."""

    def part(scores: Tensor, targets: Tensor) -> Tensor:
        delta = scores.softmax(dim=1)
        choose(delta, torch.arange(len(targets), device=targets.device), targets)
        return delta / len(targets)

    return part


def _whole_columns(delta: Tensor, rows: Tensor, targets: Tensor) -> None:
    delta[:, targets] -= 1


def _whole_rows(delta: Tensor, rows: Tensor, targets: Tensor) -> None:
    delta[targets] -= 1


def _places_exchanged(delta: Tensor, rows: Tensor, targets: Tensor) -> None:
    delta[targets, rows] -= 1


def _entry_set_to(value: float) -> Part:
    def chosen(delta: Tensor, rows: Tensor, targets: Tensor) -> None:
        delta[rows, targets] = value

    return _at(chosen)


def _one_class_off(by: int) -> Part:
    def chosen(delta: Tensor, rows: Tensor, targets: Tensor) -> None:
        delta[rows, (targets + by) % delta.shape[1]] -= 1

    return _at(chosen)


def _powers(scores: Tensor, targets: Tensor) -> Tensor:
    """Exponentials that nobody has divided by their sum."""
    powers = (scores - scores.amax(dim=1, keepdim=True)).exp()
    return (powers - _hot(scores, targets)) / len(scores)


def _with_slope(scores: Tensor, targets: Tensor) -> Tensor:
    p = scores.sigmoid()
    return (p - targets) * p * (1 - p) / len(scores)


OUTPUT_DELTA = Exercise(
    id="output_delta",
    reference=reference.output_delta,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("one_formula_each", _delta()),
        Accepted("subtracted_at_the_label", _delta(classes=_subtracted_at_the_label)),
        Accepted("shifted_exponentials", _delta(binary=_by_tanh, classes=_shifted_exponentials)),
        Accepted(
            "probabilities_clamped",
            _delta(binary=lambda scores, targets: (scores.sigmoid().clamp(1e-12, 1 - 1e-12) - targets) / len(scores)),
        ),
        Accepted(
            "by_autograd",
            _delta(
                _of(lambda scores, targets: 0.5 * (scores - targets).square().sum(dim=1).mean()),
                _of(_logistic),
                _of(functional.cross_entropy),
            ),
            library=True,
        ),
        Accepted(
            "squares_without_the_half",
            _delta(lambda scores, targets: 2 * (scores - targets) / len(scores)),
            "the squared error of the regression has no factor ½, so that its gradient is twice as large.",
        ),
    ],
    mistakes=[
        Mistake(
            "no_mean",
            _all(lambda delta, scores: delta * len(scores)),
            "The loss is a mean over the rows, so its gradient is divided by their number n.",
            0.5,
            forms=[
                _delta(lambda scores, targets: scores - targets),
                _delta(binary=lambda scores, targets: scores.sigmoid() - targets),
                _delta(classes=lambda scores, targets: scores.softmax(dim=1) - _hot(scores, targets)),
            ],
        ),
        Mistake(
            "one_subtracted_whole",
            _delta(classes=lambda scores, targets: scores.softmax(dim=1) / len(scores) - _hot(scores, targets)),
            "A whole 1 is subtracted at the right class after the division by n. The mean divides both: subtract "
            "first.",
            0.5,
            forms=[
                _delta(
                    binary=lambda scores, targets: scores.sigmoid() / len(scores) - targets,
                    classes=lambda scores, targets: scores.softmax(dim=1) / len(scores) - _hot(scores, targets),
                ),
                _delta(binary=lambda scores, targets: scores.sigmoid() / len(scores) - targets),
            ],
        ),
        Mistake(
            "divides_by_entries",
            _all(lambda delta, scores: delta * len(scores) / scores.numel()),
            "It is divided by all entries of the table. The loss of a row is a sum over its columns: divide by the "
            "number of rows alone.",
            0.5,
            forms=[
                _delta(lambda scores, targets: (scores - targets) / scores.numel()),
                _delta(lambda scores, targets: 2 * (scores - targets) / scores.numel()),
                _delta(classes=lambda scores, targets: _classes(scores, targets) / scores.shape[1]),
            ],
        ),
        Mistake(
            "divides_by_columns",
            _delta(
                lambda scores, targets: (scores - targets) / scores.shape[1],
                classes=lambda scores, targets: _classes(scores, targets) * len(scores) / scores.shape[1],
            ),
            "It is divided by the number of columns. The mean runs over the rows: divide by n.",
            0.5,
            forms=[
                _delta(lambda scores, targets: (scores - targets) / scores.shape[1]),
                _delta(classes=lambda scores, targets: _classes(scores, targets) * len(scores) / scores.shape[1]),
            ],
        ),
        Mistake(
            "sigmoid_slope",
            _delta(binary=_with_slope),
            "The sigmoid's slope p(1 − p) is still there, which belongs to the squared error. In the cross-entropy it "
            "cancels: p − y is all.",
            0.5,
            forms=[
                _delta(
                    binary=lambda scores, targets: (
                        2
                        * (scores.sigmoid() - targets)
                        * scores.sigmoid()
                        * scores.sigmoid().neg().add(1)
                        / len(scores)
                    )
                ),
            ],
        ),
        Mistake(
            "softmax_slope",
            _delta(classes=_squared_on_softmax),
            "The softmax's Jacobian is applied to p − y once more, which belongs to the squared error. In the "
            "cross-entropy it cancels: p − y is all.",
            0.5,
            forms=[
                _delta(
                    classes=lambda scores, targets: (
                        _classes(scores, targets) * scores.softmax(dim=1) * (1 - scores.softmax(dim=1))
                    )
                ),
            ],
        ),
        Mistake(
            "target_minus_prediction",
            _all(lambda delta, scores: -delta),
            "The sign is reversed: prediction − target. The loss grows as the prediction moves away from the target.",
            0.5,
            forms=[
                _delta(lambda scores, targets: -_regression(scores, targets)),
                _delta(binary=lambda scores, targets: -_binary(scores, targets)),
                _delta(classes=lambda scores, targets: -_classes(scores, targets)),
            ],
        ),
        Mistake(
            "softmax_over_rows",
            _delta(
                classes=lambda scores, targets: (scores.softmax(dim=0) - _hot(scores, targets)) / len(scores),
            ),
            "The softmax runs down the examples. The classes of one row share a probability of 1: dim=1.",
            0.5,
            forms=[
                _delta(
                    classes=lambda scores, targets: (
                        (scores.flatten().softmax(dim=0).view(scores.shape) - _hot(scores, targets)) / len(scores)
                    )
                ),
            ],
        ),
        Mistake(
            "labels_not_one_hot",
            _delta(classes=_numbers_for_rows),
            "The number of the class is subtracted from every probability. Subtract 1 at the right class, and nothing "
            "elsewhere: one-hot rows.",
            0.5,
        ),
        Mistake(
            "softmax_for_binary",
            _delta(binary=lambda scores, targets: (scores.softmax(dim=0) - targets) / len(scores)),
            "With one score a row there is nothing to share: the softmax runs over the examples. The prediction of a "
            "single score is its sigmoid.",
            0.5,
        ),
        Mistake(
            "sigmoid_for_classes",
            _delta(classes=lambda scores, targets: (scores.sigmoid() - _hot(scores, targets)) / len(scores)),
            "Each class has a sigmoid of its own. The classes exclude each other: their probabilities are a softmax.",
            0.5,
        ),
        Mistake(
            "overflows",
            _delta(binary=_naive_sigmoid, classes=_naive_softmax),
            "Right for scores near 0, but exp overflows for large ones. Use torch.sigmoid and torch.softmax, or "
            "subtract the largest score of a row first.",
            0.75,
            forms=[
                _delta(binary=_naive_sigmoid),
                _delta(classes=_naive_softmax),
                _delta(classes=_shifted_by_one_for_all),
            ],
        ),
        Mistake(
            "raw_scores",
            _delta(
                binary=lambda scores, targets: (scores - targets) / len(scores),
                classes=lambda scores, targets: (scores - _hot(scores, targets)) / len(scores),
            ),
            "Scores are compared with the target as they are. For classes the prediction is a probability: sigmoid of "
            "a single score, softmax of a row.",
            0.25,
            forms=[
                _delta(binary=lambda scores, targets: (scores - targets) / len(scores)),
                _delta(classes=lambda scores, targets: (scores - _hot(scores, targets)) / len(scores)),
            ],
        ),
        Mistake(
            "sigmoid_in_the_regression",
            _delta(lambda scores, targets: (scores.sigmoid() - targets) / len(scores)),
            "The regression's scores go through a sigmoid, or another activation. There the output unit is linear: the "
            "scores are the predictions.",
            0.5,
            forms=[
                _delta(lambda scores, targets: (scores.tanh() - targets) / len(scores)),
                _delta(lambda scores, targets: (scores.softmax(dim=1) - targets) / len(scores)),
            ],
        ),
        Mistake(
            "half_too_many",
            _delta(lambda scores, targets: (scores - targets) / (2 * len(scores))),
            "The regression's gradient is half as large as it should be. The derivative of ½e² is e.",
            0.5,
        ),
        Mistake(
            "signs_of_the_errors",
            _delta(lambda scores, targets: (scores - targets).sign() / len(scores)),
            "Only the signs of the errors are left: this is the gradient of the absolute error.",
            0.5,
        ),
        Mistake(
            "gradient_at_the_prediction",
            _delta(
                binary=lambda scores, targets: (
                    (scores.sigmoid() - targets) / (scores.sigmoid() * (1 - scores.sigmoid())) / len(scores)
                ),
                classes=lambda scores, targets: -_hot(scores, targets) / scores.softmax(dim=1) / len(scores),
            ),
            "This is the gradient at the probabilities. Asked for is that at the scores: go on through sigmoid or "
            "softmax, and most of it cancels.",
            0.25,
            forms=[
                _delta(
                    binary=lambda scores, targets: (
                        (scores.sigmoid() - targets) / (scores.sigmoid() * (1 - scores.sigmoid())) / len(scores)
                    )
                ),
                _delta(classes=lambda scores, targets: -_hot(scores, targets) / scores.softmax(dim=1) / len(scores)),
            ],
        ),
        Mistake(
            "right_class_alone",
            _delta(classes=lambda scores, targets: _classes(scores, targets) * _hot(scores, targets)),
            "Only the right class gets a gradient. The others hold probability that they should not have, and are "
            "pushed down by it.",
            0.5,
            forms=[
                _delta(classes=lambda scores, targets: (_own(scores.softmax(dim=1), targets) - 1) / len(scores)),
                _delta(classes=lambda scores, targets: (_own(scores.softmax(dim=1), targets)[:, 0] - 1) / len(scores)),
            ],
        ),
        Mistake(
            "predictions_alone",
            _delta(
                lambda scores, targets: scores / len(scores),
                lambda scores, targets: scores.sigmoid() / len(scores),
                lambda scores, targets: scores.softmax(dim=1) / len(scores),
            ),
            "The targets have no part in the result: prediction − target.",
            forms=[
                _delta(lambda scores, targets: scores / len(scores)),
                _delta(binary=lambda scores, targets: scores.sigmoid() / len(scores)),
                _delta(classes=lambda scores, targets: scores.softmax(dim=1) / len(scores)),
            ],
        ),
        Mistake(
            "decisions_for_probabilities",
            _delta(
                binary=lambda scores, targets: ((scores > 0).to(scores) - targets) / len(scores),
                classes=lambda scores, targets: (
                    (_hot(scores, scores.argmax(dim=1)) - _hot(scores, targets)) / len(scores)
                ),
            ),
            "The prediction is a decision, 0 or 1, as the perceptron takes it. The cross-entropy compares "
            "probabilities.",
            0.25,
            forms=[
                _delta(binary=lambda scores, targets: ((scores > 0).to(scores) - targets) / len(scores)),
                _delta(
                    classes=lambda scores, targets: (
                        (_hot(scores, scores.argmax(dim=1)) - _hot(scores, targets)) / len(scores)
                    )
                ),
            ],
        ),
        Mistake(
            "targets_from_minus_one",
            _delta(binary=lambda scores, targets: (scores.tanh() - (2.0 * targets - 1)) / len(scores)),
            "tanh and targets of ±1 stand where sigmoid and targets of 0 and 1 are asked for.",
            0.5,
            forms=[
                _delta(binary=lambda scores, targets: (scores.tanh() - targets) / len(scores)),
                _delta(binary=lambda scores, targets: (scores.sigmoid() - (2.0 * targets - 1)) / len(scores)),
            ],
        ),
        Mistake(
            "rows_added",
            _all(lambda delta, scores: delta.sum(dim=0)),
            "The rows are added. Every score has a gradient of its own: the result has the shape of the scores.",
            0.25,
            forms=[
                _all(lambda delta, scores: delta.sum(dim=-1)),
                _delta(lambda scores, targets: (scores - targets).mean(dim=0)),
                _delta(lambda scores, targets: (scores - targets).mean()),
                _delta(lambda scores, targets: (scores - targets).sum(dim=1) / len(scores)),
            ],
        ),
        Mistake(
            "logarithms",
            _delta(
                binary=lambda scores, targets: (scores.sigmoid().log() - targets) / len(scores),
                classes=lambda scores, targets: (scores.log_softmax(dim=1) - _hot(scores, targets)) / len(scores),
            ),
            "Logarithms of probabilities are compared with the targets. They belong to the loss; its gradient is "
            "p − y with the probabilities themselves.",
            0.25,
            forms=[
                _delta(
                    classes=lambda scores, targets: (scores.log_softmax(dim=1) - _hot(scores, targets)) / len(scores)
                ),
            ],
        ),
        Mistake(
            "whole_columns_at_the_labels",
            _delta(classes=_at(_whole_columns)),
            "1 is subtracted in the wrong places: `delta[:, targets]` takes whole columns and `delta[targets]` whole "
            "rows. One entry of each row is meant: `delta[torch.arange(n), targets]`.",
            0.5,
            forms=[_delta(classes=_at(_whole_rows)), _delta(classes=_at(_places_exchanged))],
        ),
        Mistake(
            "classes_counted_by_the_labels",
            _delta(classes=lambda scores, targets: (scores.softmax(dim=1) - functional.one_hot(targets)) / len(scores)),
            "The number of classes is that of the largest label and 1, which is too few where the last class is "
            "missing. Give it: `one_hot(targets, scores.shape[1])`.",
            0.9,
        ),
        Mistake(
            "label_off_by_one",
            _delta(classes=_one_class_off(-1)),
            "1 is subtracted at the class beside the right one. Classes are counted from 0, as indices are.",
            0.5,
            forms=[_delta(classes=_one_class_off(1))],
        ),
        Mistake(
            "target_added",
            _delta(
                lambda scores, targets: (scores + targets) / len(scores),
                lambda scores, targets: (scores.sigmoid() + targets) / len(scores),
                lambda scores, targets: (scores.softmax(dim=1) + _hot(scores, targets)) / len(scores),
            ),
            "The target is added to the prediction. It is subtracted: where both agree nothing pulls.",
            0.25,
            forms=[
                _delta(classes=lambda scores, targets: (scores.softmax(dim=1) + _hot(scores, targets)) / len(scores)),
                _delta(binary=lambda scores, targets: (scores.sigmoid() + targets) / len(scores)),
                _delta(lambda scores, targets: (scores + targets) / len(scores)),
            ],
        ),
        Mistake(
            "twice_the_cross_entropy",
            _all(lambda delta, scores: 2 * delta),
            "The gradient of a cross-entropy is twice too large. A 2 comes from a square without its ½; the logarithm "
            "has none.",
            0.5,
            forms=[
                _delta(binary=lambda scores, targets: 2 * _binary(scores, targets)),
                _delta(classes=lambda scores, targets: 2 * _classes(scores, targets)),
            ],
        ),
        Mistake(
            "exponentials_not_divided",
            _delta(classes=_powers),
            "The exponentials are not divided by their sum. Probabilities of a row add up to 1: softmax.",
            0.25,
            forms=[
                _delta(binary=lambda scores, targets: (scores.exp() - targets) / len(scores)),
                _delta(classes=lambda scores, targets: (scores.exp() - _hot(scores, targets)) / len(scores)),
            ],
        ),
        Mistake(
            "loss_for_its_gradient",
            _delta(lambda scores, targets: (scores - targets).square() / (2 * len(scores))),
            "A loss is returned where its gradient is asked for. The derivative of ½e² is e, and that of the "
            "cross-entropy by the scores p − y.",
            0.25,
            forms=[
                _delta(lambda scores, targets: (scores - targets).square() / len(scores)),
                _delta(
                    lambda scores, targets: (scores - targets).square().sum(dim=1).mean() / 2,
                    _logistic,
                    functional.cross_entropy,
                ),
                _delta(binary=_logistic, classes=functional.cross_entropy),
            ],
        ),
        Mistake(
            "entry_replaced",
            _delta(classes=_entry_set_to(-1.0)),
            "The entry of the right class is replaced by a number, and its probability is gone. Subtract 1 from it: "
            "`-= 1`, not `= -1`.",
            0.5,
            forms=[
                _delta(classes=_entry_set_to(0.0)),
                _delta(classes=_entry_set_to(1.0)),
            ],
        ),
    ],
    equivalent={
        "The tasks come in this order by their names, and there is no other.": [
            "if task >= 'regression':",
            "elif task <= 'binary':",
        ],
        reasons.ROWS: ["return delta / len(targets)"],
    },
)

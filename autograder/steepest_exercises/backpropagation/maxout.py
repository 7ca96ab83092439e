"""Exercise `maxout` of `08_backpropagation`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.backpropagation import reference
from steepest_exercises.inputs import normal


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str, n: int, into: int, pieces: int, out: int, dtype: torch.dtype = torch.float64, corner: float = 0.0
    ) -> Case:
        x, weight, bias = (normal(rng, *shape).to(dtype) for shape in ((n, into), (pieces, out, into), (pieces, out)))
        inputs = {"args": [x, weight, 1.5 * bias - 0.5], "kwargs": {}, "outputs": ["the output"]}
        return Case(name, inputs, corner=corner)

    return [
        case("three pieces", 6, 4, 3, 5),
        case("two pieces", 5, 3, 2, 4),
        case("as many pieces as units", 7, 4, 3, 3),
        case("as many of everything", 3, 3, 3, 3),
        case("many pieces", 4, 2, 8, 3),
        case("one unit", 9, 3, 4, 1, corner=0.1),
        case("float32", 5, 6, 3, 4, torch.float32),
        case("a single example", 1, 4, 3, 2, corner=0.1),
        case("a single piece", 4, 3, 1, 5, corner=0.1),
    ]


def _piece_by_piece(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    best = x @ weight[0].T + bias[0]
    for piece, shift in zip(weight[1:], bias[1:], strict=True):
        best = torch.maximum(best, x @ piece.T + shift)
    return best


def _flattened(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    pieces, out, into = weight.shape
    scores = x @ weight.reshape(pieces * out, into).T + bias.reshape(-1)
    return scores.reshape(len(x), pieces, out).max(dim=1).values


def _stacked(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    layers = [torch.nn.functional.linear(x, *layer) for layer in zip(weight, bias, strict=True)]
    return torch.stack(layers).max(dim=0).values


def _scores(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Of all pieces, of shape (pieces, n, out)."""
    return x @ weight.mT + bias[:, None, :]


def _maxout(pick: Callable[[Tensor], Any], scores: Callable[..., Tensor] = _scores) -> Callable[..., Any]:
    """What is picked from the scores of all pieces."""
    return lambda x, weight, bias: pick(scores(x, weight, bias))


def _chosen_without_biases(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """Each unit takes the piece that would be the largest without biases."""
    places = _unbiased(x, weight, bias).argmax(dim=0)
    return _scores(x, weight, bias).gather(0, places[None])[0]


def _one_piece_for_the_batch(scores: Tensor) -> Tensor:
    """Each unit takes the same piece for all examples."""
    places = scores.mean(dim=1).argmax(dim=0)
    return torch.stack([scores[place, :, unit] for unit, place in enumerate(places.tolist())], dim=1)


def _unbiased(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return x @ weight.mT


def _largest(scores: Tensor) -> Tensor:
    return scores.amax(dim=0)


MAXOUT = Exercise(
    id="maxout",
    reference=reference.maxout,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("piece_by_piece", _piece_by_piece),
        Accepted("one_wide_layer", _flattened),
        Accepted("layers_stacked", _stacked),
        Accepted("batched_product", _maxout(_largest)),
    ],
    mistakes=[
        Mistake(
            "max_over_units",
            _maxout(lambda scores: scores.amax(dim=2)),
            "The maximum is taken over the units, or over the examples. It is taken over the pieces: each unit of each "
            "example keeps the largest of its own.",
            0.25,
            forms=[
                _maxout(lambda scores: scores.amax(dim=2).T),
                _maxout(lambda scores: scores.amax(dim=1)),
                _maxout(lambda scores: scores.amax(dim=(0, 2))),
            ],
        ),
        Mistake(
            "max_over_everything",
            _maxout(lambda scores: scores.max()),
            "One maximum over everything is left. Only the axis of the pieces disappears: (n, out) remains.",
        ),
        Mistake(
            "bias_after_max",
            lambda x, weight, bias: _largest(x @ weight.mT) + bias.amax(dim=0),
            "The biases come after the maximum, or all pieces share one. Each piece has its own, which takes part in "
            "the contest: add first.",
            0.5,
            forms=[
                lambda x, weight, bias: _largest(x @ weight.mT) + bias.sum(dim=0),
                lambda x, weight, bias: _largest(x @ weight.mT) + bias[0],
                lambda x, weight, bias: _largest(x @ weight.mT) + bias.mean(dim=0),
                _chosen_without_biases,
            ],
        ),
        Mistake(
            "weight_as_it_stands",
            lambda x, weight, bias: _largest(x @ weight + bias[:, None, :]),
            "The weights meet x the wrong way round, which raises unless a layer has as many outputs as inputs. Each "
            "piece is (out, in): multiply by its transpose.",
            0.25,
        ),
        Mistake(
            "one_piece_for_the_batch",
            _maxout(_one_piece_for_the_batch),
            "Each unit has one piece for all examples. Which piece is the largest is asked for each example anew.",
            0.25,
        ),
        Mistake(
            "bias_forgotten",
            _maxout(_largest, _unbiased),
            "The biases have no part in the result. Each piece adds its own before the maximum is taken.",
            0.5,
        ),
        Mistake(
            "sum_of_pieces",
            _maxout(lambda scores: scores.sum(dim=0)),
            "The pieces are added or averaged, which is one linear layer again. Take the largest.",
            0.25,
            forms=[_maxout(lambda scores: scores.mean(dim=0))],
        ),
        Mistake(
            "median_of_pieces",
            _maxout(lambda scores: scores.median(dim=0).values),
            "The middle piece is taken. Take the largest.",
            0.25,
        ),
        Mistake(
            "smooth_maximum",
            _maxout(lambda scores: scores.logsumexp(dim=0)),
            "This is log Σ exp, or a mean by weights of a softmax: smooth neighbours of the maximum. Take the maximum "
            "itself.",
            0.25,
            forms=[_maxout(lambda scores: (scores.softmax(dim=0) * scores).sum(dim=0))],
        ),
        Mistake(
            "relu",
            _maxout(lambda scores: _largest(scores).clamp(min=0)),
            "Negative outputs are cut off. Maxout replaces the ReLU: the largest piece may well be negative.",
            0.5,
            forms=[
                _maxout(lambda scores: scores[0].clamp(min=0)),
                _maxout(lambda scores: scores.clamp(min=0).sum(dim=0)),
            ],
        ),
        Mistake(
            "argmax",
            _maxout(lambda scores: scores.argmax(dim=0)),
            "This says which piece is the largest. Its value is asked for: `amax`, or `.values` of `max`.",
            0.25,
            forms=[_maxout(lambda scores: scores.argmax(dim=0).to(scores))],
        ),
        Mistake(
            "one_hot",
            _maxout(lambda scores: (scores == _largest(scores)).to(scores)),
            "This marks the piece that wins. Its value is asked for, one number for each unit.",
            0.25,
            forms=[_maxout(lambda scores: torch.where(scores == _largest(scores), scores, 0))],
        ),
        Mistake(
            "max_of_weights",
            lambda x, weight, bias: x @ weight.amax(dim=0).T + bias.amax(dim=0),
            "The weights are compared before they meet x. Which piece is the largest depends on x: multiply first.",
            0.25,
            forms=[lambda x, weight, bias: x @ weight.amax(dim=0).T + bias[0]],
        ),
        Mistake(
            "first_piece",
            _maxout(lambda scores: scores[0]),
            "One piece is used, and the others have no part. Compare all of them.",
            0.25,
            forms=[_maxout(lambda scores: scores[-1])],
        ),
        Mistake(
            "pieces_left_out",
            _maxout(lambda scores: scores[:2].amax(dim=0)),
            "Not all pieces take part in the contest: some are compared and the others left out, as where a loop ends "
            "or begins one too early or too late. Compare all of them.",
            0.25,
            forms=[
                _maxout(lambda scores: scores[1:].amax(dim=0)),
                _maxout(lambda scores: scores[:-1].amax(dim=0)),
                _maxout(lambda scores: torch.maximum(scores[0], scores[-1])),
            ],
        ),
        Mistake(
            "pieces_mixed_up",
            lambda x, weight, bias: (
                (x @ weight.flatten(0, 1).T + bias.flatten()).view(len(x), weight.shape[1], -1).amax(dim=2)
            ),
            "One large layer gives (n, pieces · out), in which the pieces come first. It is split as if the units did, "
            "so that outputs of different units are compared. Split it into (n, pieces, out).",
            0.25,
            forms=[
                lambda x, weight, bias: (
                    (x @ weight.flatten(0, 1).T + bias.flatten()).view(-1, len(x), weight.shape[1]).amax(dim=0)
                ),
                lambda x, weight, bias: torch.stack(
                    [
                        x @ w.T + b
                        for w, b in zip(
                            weight.reshape(weight.shape[1], weight.shape[0], -1).transpose(0, 1),
                            bias.reshape(bias.shape[1], -1).T,
                            strict=True,
                        )
                    ]
                ).amax(dim=0),
            ],
        ),
        Mistake(
            "biases_along_another_axis",
            lambda x, weight, bias: _largest(x @ weight.mT + bias),
            "The biases, (pieces, out), are laid on the last two axes of (pieces, n, out), which raises unless there "
            "is one piece or as many examples as pieces. Give them an axis for the examples: bias[:, None, :].",
            0.25,
        ),
        Mistake(
            "minimum",
            _maxout(lambda scores: scores.amin(dim=0)),
            "The smallest piece is taken. Take the largest.",
            0.5,
        ),
        Mistake(
            "largest_size",
            _maxout(lambda scores: scores.abs().amax(dim=0)),
            "Sizes are compared, without their signs. The largest number is asked for, and −3 is smaller than 1.",
            0.5,
            forms=[
                _maxout(lambda scores: scores.gather(0, scores.abs().argmax(dim=0, keepdim=True))[0]),
            ],
        ),
        Mistake(
            "one_piece_for_the_row",
            _maxout(lambda scores: scores[scores.sum(dim=2).argmax(dim=0), torch.arange(scores.shape[1])]),
            "One piece is chosen for all units of an example. Each unit chooses for itself.",
            0.25,
            forms=[_maxout(lambda scores: scores[scores.sum(dim=(1, 2)).argmax()])],
        ),
        Mistake(
            "pieces_kept",
            _maxout(lambda scores: scores),
            "The scores of all pieces are returned. Take the maximum over their axis.",
            0.25,
            forms=[_maxout(lambda scores: scores.transpose(0, 1))],
        ),
        Mistake(
            "units_first",
            _maxout(lambda scores: _largest(scores).T),
            "The result is (out, n). Rows are examples: turn it round.",
            0.5,
        ),
        Mistake(
            "axis_kept",
            _maxout(lambda scores: scores.amax(dim=0, keepdim=True)),
            "The axis of the pieces is kept, with one entry. Drop it: the output is (n, out).",
            0.5,
            forms=[_maxout(lambda scores: _largest(scores)[:, None, :])],
        ),
        Mistake(
            "values_and_indices",
            _maxout(lambda scores: tuple(scores.max(dim=0))),
            "Two things are returned: `max` with an axis gives values and indices. Take `.values`.",
            0.5,
        ),
        Mistake(
            "bias_subtracted",
            lambda x, weight, bias: _largest(x @ weight.mT - bias[:, None, :]),
            "The biases are subtracted. Here a unit computes W x + b.",
            0.5,
        ),
    ],
    equivalent={
        "Weights and biases hold one entry a piece.": [
            "pieces = [x @ w.T + b for w, b in zip(weight, bias)]",
            "pieces = [x @ w.T + b for w, b in zip(weight, bias, strict=False)]",
        ],
    },
)

"""Exercise `dropconnect` of `11_dropout`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.dropout import reference
from steepest_exercises.dropout.classic import zeros_and_ones
from steepest_exercises.inputs import normal


def _dropconnect_cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        batch: int,
        n_in: int,
        n_out: int,
        keep: float,
        dtype: torch.dtype = torch.float64,
        corner: float = 0.0,
    ) -> Case:
        x, weight, bias = normal(rng, batch, n_in), normal(rng, n_out, n_in), normal(rng, n_out)
        mask = zeros_and_ones(rng, n_out, n_in, keep=keep)
        args = [value.to(dtype) for value in (x, weight, bias, mask)]
        return Case(name, {"args": args, "kwargs": {}, "output": "the output"}, "settled", 4.0, corner=corner)

    return [
        case("six inputs, four units", 5, 6, 4, 0.5),
        case("as many inputs as units", 4, 5, 5, 0.5),
        case("most are kept, float32", 6, 8, 3, 0.8, torch.float32),
        case("few are kept", 3, 7, 6, 0.25),
        case("as many examples as units", 4, 6, 4, 0.5),
        case("one example", 1, 4, 6, 0.6, corner=0.1),
        case("one unit", 5, 40, 1, 0.6, corner=0.1),
    ]


def _linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return x @ weight.T + bias


def _unit_by_unit(x: Tensor, weight: Tensor, bias: Tensor, mask: Tensor) -> Tensor:
    units = zip(weight, bias, mask, strict=True)
    return torch.stack([(x * (row * kept)).sum(dim=1) + offset for row, offset, kept in units], dim=1)


def _drawn_anew(x: Tensor, weight: Tensor, bias: Tensor, mask: Tensor) -> Tensor:
    own = torch.Generator()
    own.seed()
    return _linear(x, weight * (torch.rand(weight.shape, generator=own) < mask.mean()), bias)


def _outer_rows(mask: Tensor) -> Tensor:
    """Kept where the first entry of the row and the first of the column are."""
    return mask[:, :1] * mask[:1]


DROPCONNECT = Exercise(
    id="dropconnect",
    reference=reference.dropconnect,
    cases=_dropconnect_cases,
    points=2,
    accepted=[
        Accepted("product", lambda x, weight, bias, mask: _linear(x, weight * mask, bias)),
        Accepted("einsum", lambda x, weight, bias, mask: torch.einsum("bi,oi,oi->bo", x, weight, mask) + bias),
        Accepted("unit_by_unit", _unit_by_unit),
        Accepted(
            "dropped_part_subtracted",
            lambda x, weight, bias, mask: _linear(x, weight, bias) - x @ ((1 - mask) * weight).T,
        ),
    ],
    mistakes=[
        Mistake(
            "ignores_the_mask",
            lambda x, weight, bias, mask: _linear(x, weight, bias),
            "All connections are there: the mask has no part in the result. Multiply it into the weights.",
        ),
        Mistake(
            "keeps_the_dropped",
            lambda x, weight, bias, mask: _linear(x, weight * (1 - mask), bias),
            "The mask is turned round: 1 means that the connection is kept.",
            0.25,
        ),
        Mistake(
            "bias_forgotten",
            lambda x, weight, bias, mask: x @ (weight * mask).T,
            "The bias is missing. It belongs to the unit and is always added.",
            0.5,
        ),
        Mistake(
            "bias_subtracted",
            lambda x, weight, bias, mask: x @ (weight * mask).T - bias,
            "The bias is subtracted. It is added to every unit's sum.",
            0.5,
        ),
        Mistake(
            "bias_masked_too",
            lambda x, weight, bias, mask: _linear(x, weight * mask, bias * mask[:, 0]),
            "The bias is dropped along with the first connection of its unit. This mask speaks about weights only.",
            0.25,
        ),
        Mistake(
            "bias_scaled_by_the_share_kept",
            lambda x, weight, bias, mask: _linear(x, weight * mask, bias * mask.mean(dim=1)),
            "The bias is scaled by the share of kept connections. It is no connection: add it whole.",
            0.25,
        ),
        Mistake(
            "inputs_dropped",
            lambda x, weight, bias, mask: _linear(x * mask[0], weight, bias),
            "The mask's first row is laid on the inputs, so a dropped input is lost to all units: that is dropout. "
            "In DropConnect each unit loses connections of its own.",
            0.25,
        ),
        Mistake(
            "units_dropped",
            lambda x, weight, bias, mask: _linear(x, weight, bias) * mask[:, 0],
            "Whole units are switched off: that is dropout on the outputs. DropConnect drops single weights.",
            0.25,
        ),
        Mistake(
            "units_dropped_before_the_bias",
            lambda x, weight, bias, mask: (x @ weight.T) * mask[:, 0] + bias,
            "A unit loses all its connections or none. The mask has an entry for every single weight.",
            0.25,
        ),
        Mistake(
            "scaled_by_the_share_kept",
            lambda x, weight, bias, mask: _linear(x, weight * mask / mask.mean(), bias),
            "The kept weights are divided by the share of ones. Here the mask is applied as it is; scaling is a second "
            "question.",
            0.5,
        ),
        Mistake(
            "mask_added",
            lambda x, weight, bias, mask: _linear(x, weight + mask, bias),
            "The mask is added to the weights. A dropped connection has weight 0: multiply.",
        ),
        Mistake(
            "weights_replaced_by_the_mask",
            lambda x, weight, bias, mask: _linear(x, mask, bias),
            "The mask stands in the place of the weights. It only says which of them are there.",
        ),
        Mistake(
            "sum_masked_by_the_share",
            lambda x, weight, bias, mask: (x @ weight.T) * mask.mean(dim=1) + bias,
            "Each unit's sum is scaled by its share of kept connections. Which connections are missing matters: mask "
            "the weights before the sum.",
            0.25,
        ),
        Mistake(
            "mask_drawn_anew",
            _drawn_anew,
            "A mask of its own is drawn, so two calls with the same arguments disagree. The mask is given: use that "
            "one.",
            forms=[
                lambda x, weight, bias, mask: _drawn_anew(x, weight, bias, torch.full_like(mask, 0.5)),
            ],
        ),
        Mistake(
            "all_biases_for_every_unit",
            lambda x, weight, bias, mask: x @ (weight * mask).T + bias.sum(),
            "Every unit gets the same bias, such as the sum or the mean of all. Unit i has the bias b_i: `+ bias` "
            "adds it along the last axis.",
            0.25,
            forms=[
                lambda x, weight, bias, mask: x @ (weight * mask).T + bias.mean(),
                lambda x, weight, bias, mask: x @ (weight * mask).T + bias[0],
            ],
        ),
        Mistake(
            "bias_added_twice",
            lambda x, weight, bias, mask: _linear(x, weight * mask, 2 * bias),
            "The bias is added more than once. Once is enough.",
            0.5,
            forms=[lambda x, weight, bias, mask: _linear(x, weight * mask, bias * weight.shape[1])],
        ),
        Mistake(
            "bias_multiplied",
            lambda x, weight, bias, mask: x @ (weight * mask).T * bias,
            "The sums are multiplied by the bias. It is added.",
            0.25,
        ),
        Mistake(
            "bias_masked_by_the_last_connection",
            lambda x, weight, bias, mask: _linear(x, weight * mask, bias * mask[:, -1]),
            "The bias is dropped along with connections of its unit. This mask speaks about weights only.",
            0.25,
            forms=[
                lambda x, weight, bias, mask: _linear(x, weight * mask, bias * mask.amin(dim=1)),
                lambda x, weight, bias, mask: _linear(x, weight * mask, bias * mask.amax(dim=1)),
            ],
        ),
        Mistake(
            "relu_applied",
            lambda x, weight, bias, mask: _linear(x, weight * mask, bias).clamp(min=0),
            "An activation is applied as well. The sums themselves are asked for: the activation comes after the "
            "layer.",
            0.5,
            forms=[
                lambda x, weight, bias, mask: _linear(x, weight * mask, bias).tanh(),
                lambda x, weight, bias, mask: _linear(x, weight * mask, bias).sigmoid(),
                lambda x, weight, bias, mask: _linear(x, weight * mask, bias).softmax(dim=1),
            ],
        ),
        Mistake(
            "first_example_alone",
            lambda x, weight, bias, mask: _linear(x[:1], weight * mask, bias),
            "Only the first example goes through the layer. Every row of x is one, and every row gets an output.",
            0.25,
            forms=[
                lambda x, weight, bias, mask: _linear(x[0], weight * mask, bias),
                lambda x, weight, bias, mask: _linear(x[:1], weight * mask, bias).expand(len(x), -1),
            ],
        ),
        Mistake(
            "averaged_over_the_batch",
            lambda x, weight, bias, mask: _linear(x, weight * mask, bias).mean(dim=0),
            "The outputs are added up or averaged, over examples or over units. Every row of x gets a row of its own, "
            "with an entry for each unit.",
            0.25,
            forms=[
                lambda x, weight, bias, mask: _linear(x, weight * mask, bias).sum(dim=0),
                lambda x, weight, bias, mask: _linear(x, weight * mask, bias).sum(dim=1),
                lambda x, weight, bias, mask: _linear(x, weight * mask, bias).mean(dim=1),
            ],
        ),
        Mistake(
            "scaled_by_the_share_of_each_unit",
            lambda x, weight, bias, mask: _linear(x, weight * mask / mask.mean(dim=1, keepdim=True), bias),
            "The weights or the sums are also divided by a number, such as a share of ones or the number of inputs. "
            "Here the mask is applied as it is; scaling is a second question.",
            0.5,
            forms=[
                lambda x, weight, bias, mask: _linear(x, weight * mask, bias) / mask.mean(),
                lambda x, weight, bias, mask: _linear(x, weight * mask / weight.shape[1], bias),
            ],
        ),
        Mistake(
            "scaled_as_at_test_time",
            lambda x, weight, bias, mask: _linear(x, weight * mask.mean(), bias),
            "The weights are scaled by the share of ones, as for the expected layer. In training the mask alone acts: "
            "multiply by it entry by entry.",
            0.25,
            forms=[lambda x, weight, bias, mask: _linear(x, weight * mask * mask.mean(), bias)],
        ),
        Mistake(
            "dropped_for_all_units",
            lambda x, weight, bias, mask: _linear(x, weight * mask.amin(dim=0), bias),
            "The mask is reduced to one row that all units share, so an input counts alike for all of them. Each unit "
            "loses connections of its own: multiply entry by entry.",
            0.25,
            forms=[
                lambda x, weight, bias, mask: _linear(x, weight * mask.amax(dim=0), bias),
                lambda x, weight, bias, mask: _linear(x, weight * mask.mean(dim=0), bias),
            ],
        ),
        Mistake(
            "rows_and_columns_dropped",
            lambda x, weight, bias, mask: _linear(x, weight * _outer_rows(mask), bias),
            "Whole rows and columns of the weights are dropped. The mask has an entry for every single weight.",
            0.25,
        ),
        Mistake(
            "dropped_weights_shifted",
            lambda x, weight, bias, mask: _linear(x, weight - (1 - mask), bias),
            "A dropped weight does not become 0, but 1, for example, 1 less than it was, or its own negative. A "
            "dropped connection has weight 0: multiply.",
            0.25,
            forms=[
                lambda x, weight, bias, mask: _linear(x, torch.where(mask == 1, weight, torch.ones_like(weight)), bias),
                lambda x, weight, bias, mask: _linear(x, weight * (2 * mask - 1), bias),
            ],
        ),
        Mistake(
            "dropped_weights_infinite",
            lambda x, weight, bias, mask: _linear(x, weight.masked_fill(mask == 0, -1e9), bias),
            "The dropped weights become very large and drown everything. A dropped connection has weight 0: multiply.",
            forms=[lambda x, weight, bias, mask: _linear(x, weight.masked_fill(mask == 0, -torch.inf), bias)],
        ),
        Mistake(
            "masked_matrix_product",
            lambda x, weight, bias, mask: x @ (weight.T @ mask @ weight.T) + bias,
            "The mask enters by a matrix product, which adds weights up. It acts entry by entry: `*`, not `@`.",
            0.25,
            forms=[lambda x, weight, bias, mask: x @ mask.T @ weight @ weight.T + bias],
        ),
        Mistake(
            "output_and_weights_returned",
            lambda x, weight, bias, mask: (_linear(x, weight * mask, bias), weight * mask),
            "The output is right, but something is returned beside it. Return the output alone.",
            0.5,
            forms=[lambda x, weight, bias, mask: (_linear(x, weight * mask, bias), mask)],
        ),
        Mistake(
            "output_transposed",
            lambda x, weight, bias, mask: _linear(x, weight * mask, bias).T,
            "The values are right, but rows and columns are exchanged: a row of the output is an example, and its "
            "shape is (batch, out).",
            0.5,
        ),
        Mistake(
            "axes_of_one_lost",
            lambda x, weight, bias, mask: _linear(x, weight * mask, bias).squeeze(),
            "Axes of length 1 are lost, the batch's or the units', as `squeeze` takes them away. The output has shape "
            "(batch, out), whatever the two numbers are.",
            0.8,
        ),
        Mistake(
            "axis_of_one_example_lost",
            lambda x, weight, bias, mask: (x @ (weight * mask).T).squeeze(0) + bias,
            "The axis of the batch is lost where there is one example only. The output has shape (batch, out), "
            "whatever the two numbers are.",
            0.9,
        ),
        Mistake(
            "axis_of_one_unit_lost",
            lambda x, weight, bias, mask: _linear(x, weight * mask, bias).squeeze(-1),
            "The axis of the units is lost where there is one unit only. The output has shape (batch, out), whatever "
            "the two numbers are.",
            0.9,
        ),
        Mistake(
            "weights_not_transposed",
            lambda x, weight, bias, mask: x @ (weight * mask) + bias,
            "Weights are (out, in) and x is (batch, in), so the product needs the transpose, and a reshape is none. "
            "Where both sizes are equal the shapes fit either way.",
            0.25,
            forms=[
                lambda x, weight, bias, mask: x @ (weight.reshape(weight.T.shape) * mask.reshape(mask.T.shape)) + bias
            ],
        ),
    ],
)

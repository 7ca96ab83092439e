"""Exercise `mlp_backprop` of `08_backpropagation`; slips of a backward pass are written in `passes`."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises import reasons
from steepest_exercises.backpropagation import passes, reference
from steepest_exercises.backpropagation.passes import backprop, given, kept
from steepest_exercises.inputs import normal

SINGLE = 300.0  # a loss that comes as a number is compared as one of float64
LOG_OF_TWO = 0.6931471805599453
OUTPUTS = ["the loss", "the gradients of the weights", "the gradients of the biases"]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        n: int,
        *sizes: int,
        dtype: torch.dtype = torch.float64,
        corner: float = 0.0,
        seen: int | None = None,
    ) -> Case:
        """A net of these widths, and labels of all classes or of the first few."""
        x = normal(rng, n, sizes[0]).to(dtype)
        labels = torch.from_numpy((rng.permutation(n) + rng.integers(sizes[-1])) % (seen or sizes[-1]))
        pairs = list(itertools.pairwise(sizes))
        weights = [(1.2 * normal(rng, out, into) / into**0.5).to(dtype) for into, out in pairs]
        biases = [(0.5 * normal(rng, out)).to(dtype) for _, out in pairs]
        slack = SINGLE if dtype == torch.float32 else 1.0
        inputs = {"args": [x, labels, weights, biases], "kwargs": {}, "outputs": OUTPUTS}
        return Case(name, inputs, slack=slack, corner=corner)

    return [
        case("one layer", 5, 4, 3, corner=0.1),
        case("two layers", 6, 3, 5, 4),
        case("three layers", 7, 4, 6, 5, 3),
        case("four layers", 5, 3, 4, 6, 5, 4),
        case("three layers of equal width", 6, 4, 4, 4, 4),
        case("as many rows as units in four layers", 3, 3, 3, 3, 3, 3),
        case("layers that get narrower", 8, 7, 5, 3, 2),
        case("float32", 9, 6, 5, 4, 3, dtype=torch.float32),
        case("a single row", 1, 3, 4, 3, corner=0.1),
        case("no row of the last class", 6, 4, 5, 4, corner=0.1, seen=3),
    ]


MLP_BACKPROP = Exercise(
    id="mlp_backprop",
    reference=reference.mlp_backprop,
    cases=_cases,
    points=4,
    companions={"dense_backward": reference.dense_backward, "output_delta": reference.output_delta},
    accepted=[
        Accepted("layer_by_layer", backprop()),
        Accepted("columns", passes.in_columns),
        Accepted("recursive", passes.recursive),
        Accepted("row_by_row", passes.row_by_row),
        Accepted("mean_at_the_end", passes.divided_at_the_end),
        Accepted("by_autograd", passes.by_autograd, library=True),
        Accepted(
            "loss_as_a_number",
            backprop(loss=lambda scores, labels: float(passes.mean_loss(scores, labels))),
            "the loss comes as a number; a tensor without axes keeps its type.",
        ),
    ],
    mistakes=[
        Mistake(
            "slope_of_preactivation",
            backprop(slope=lambda out, z: 1 - z**2),
            "tanh's slope is 1 − a² with the layer's output a = tanh(z). Here the sum z stands in its place.",
            0.5,
        ),
        Mistake(
            "slope_missing",
            backprop(slope=lambda out, z: torch.ones_like(out)),
            "On the way down the slope of tanh is left out, 1 − a² at each hidden layer, or at one of them. The last "
            "layer has none, so its own gradients are right.",
            0.5,
            forms=[backprop(curved=lambda layer: layer > 1)],
        ),
        Mistake(
            "slope_unsquared",
            backprop(slope=lambda out, z: 1 - out),
            "tanh's slope is 1 − a², with the square.",
            0.5,
            forms=[
                backprop(slope=lambda out, z: out**2),
                backprop(slope=lambda out, z: (1 - out**2) ** 2),
                backprop(slope=lambda out, z: 1 + out**2),
            ],
        ),
        Mistake(
            "tanh_twice",
            backprop(slope=lambda out, z: 1 - torch.tanh(out) ** 2),
            "tanh is taken of what has been through it already. With the layer's output a the slope is 1 − a²; with "
            "its sum z it is 1 − tanh(z)².",
            0.5,
        ),
        Mistake(
            "slope_of_the_layer_above",
            passes.slope_first(torch.tanh),
            "The slope comes before the weights, and from the layer above. δ goes down through the weights first, and "
            "meets the slope of the layer that it comes to then.",
            0.5,
            forms=[passes.slope_first(lambda z: z), passes.slope_first(lambda z: 0 * z)],
        ),
        Mistake(
            "whole_columns_at_the_labels",
            backprop(end=passes.whole_columns),
            "1 is subtracted from whole columns: `delta[:, labels]` takes every row of them. One entry of each row is "
            "meant: `delta[torch.arange(n), labels]`.",
            0.5,
        ),
        Mistake(
            "two_layers_only",
            passes.two_layers,
            "This is written out for two layers. A net may have one to four: loop over the lists.",
            0.25,
        ),
        Mistake(
            "classes_counted_by_the_labels",
            passes.counted_by_labels,
            "The number of classes is that of the largest label and 1, which is too few where the last class is "
            "missing. Give it: `one_hot(labels, scores.shape[1])`.",
            0.9,
        ),
        Mistake(
            "slope_of_another_activation",
            backprop(slope=lambda out, z: out * (1 - out)),
            "The slope is that of another activation. The hidden layers are tanh: 1 − a².",
            0.5,
            forms=[
                backprop(slope=lambda out, z: (z > 0).to(z)),
                backprop(slope=lambda out, z: z.sigmoid() * (1 - z.sigmoid())),
            ],
        ),
        Mistake(
            "another_activation",
            backprop(act=torch.relu, slope=lambda out, z: (z > 0).to(z)),
            "The hidden layers are not tanh, as is asked for, so that loss and gradients belong to another net.",
            0.25,
            forms=[
                backprop(act=torch.sigmoid, slope=lambda out, z: out * (1 - out)),
                backprop(act=torch.relu),
                backprop(act=torch.sigmoid),
            ],
        ),
        Mistake(
            "no_activation",
            backprop(act=lambda z: z, slope=lambda out, z: torch.ones_like(z)),
            "The hidden layers have no activation: this is a linear net, however many layers it has.",
            0.25,
            forms=[backprop(act=lambda z: z)],
        ),
        Mistake(
            "slope_on_output",
            backprop(end=lambda p, hot, scores: (p - hot) * (1 - scores.tanh() ** 2) / len(p)),
            "The slope of tanh is applied at the last layer too. There the scores go straight into the softmax: δ is "
            "(p − y)/n.",
            0.5,
            forms=[
                backprop(end=lambda p, hot, scores: (p - hot) * (1 - scores**2) / len(p)),
                backprop(end=lambda p, hot, scores: (p - hot) * (1 - p**2) / len(p)),
            ],
        ),
        Mistake(
            "activation_on_output",
            backprop(last=torch.tanh),
            "The last layer goes through tanh as well. Its scores go straight into the softmax.",
            0.25,
            forms=[
                backprop(
                    last=torch.tanh,
                    end=lambda p, hot, scores: (p - hot) * (1 - scores**2) / len(p),
                ),
            ],
        ),
        Mistake(
            "softmax_slope_on_output",
            backprop(end=lambda p, hot, scores: (p - hot) * p * (1 - p) / len(p)),
            "Something of the softmax's Jacobian is multiplied to p − y. In the cross-entropy it has cancelled.",
            0.5,
            forms=[backprop(end=lambda p, hot, scores: reference.softmax_backward(p, (p - hot) / len(p)))],
        ),
        Mistake(
            "another_weight",
            backprop(through=lambda weights, layer: weights[max(layer - 1, 0)]),
            "δ goes down through the weights of another layer, which fits where widths are equal. It goes back through "
            "the very weights that it came up through.",
            0.25,
            forms=[backprop(through=lambda weights, layer: weights[min(layer + 1, len(weights) - 1)])],
        ),
        Mistake(
            "weight_already_moved",
            passes.moving(0.1),
            "δ goes down through weights that have been moved already. All gradients belong to the same net: move none "
            "before all are there.",
            0.5,
            forms=[passes.moving(1.0), passes.moving(0.01)],
        ),
        Mistake(
            "no_transpose",
            backprop(through=lambda weights, layer: weights[layer].T),
            "δ meets the weights the wrong way round, which raises unless widths are equal. Rows of δ are multiplied "
            "by W (out, in) as it stands.",
            0.25,
        ),
        Mistake(
            "weight_transposed",
            backprop(weight=lambda delta, below: below.T @ delta),
            "The gradients of the weights are (in, out). They have the shape of the weights, (out, in): δᵀ a.",
            0.5,
        ),
        Mistake(
            "bias_mean",
            backprop(bias=lambda delta: delta.mean(dim=0)),
            "The gradients of the biases are averaged over the rows. The mean is in δ already: sum.",
            0.5,
        ),
        Mistake(
            "bias_not_summed",
            backprop(bias=lambda delta: delta.clone()),
            "The gradients of the biases have a row for each example. Sum over the rows.",
            0.5,
            forms=[
                backprop(bias=lambda delta: delta.sum(dim=0, keepdim=True)),
                backprop(bias=lambda delta: delta.sum()),
                backprop(bias=lambda delta: delta.sum(dim=1)),
            ],
        ),
        Mistake(
            "bias_forgotten",
            backprop(biased=False),
            "Biases have no part in the forward pass, at all layers or at some, or are subtracted: z = a Wᵀ + b.",
            0.25,
            forms=[
                passes.shifted(lambda layer, last: float(layer != last)),
                passes.shifted(lambda layer, last: float(layer == last)),
                passes.shifted(lambda layer, last: float(layer != 0)),
                passes.shifted(lambda layer, last: -1.0),
            ],
        ),
        Mistake(
            "reversed_lists",
            given(lambda loss, weights, biases: (loss, weights[::-1], biases[::-1])),
            "The lists begin with the last layer, in the order in which they were found. The first layer comes first.",
            0.5,
            forms=[
                given(lambda loss, weights, biases: (loss, weights[::-1], biases)),
                given(lambda loss, weights, biases: (loss, weights, biases[::-1])),
            ],
        ),
        Mistake(
            "lists_exchanged",
            given(lambda loss, weights, biases: (loss, biases, weights)),
            "The gradients of weights and biases have changed places: loss, then weights, then biases.",
            0.5,
            forms=[given(lambda loss, weights, biases: (weights, biases, loss))],
        ),
        Mistake(
            "softmax_twice",
            backprop(loss=lambda scores, labels: passes.mean_loss(scores.softmax(dim=1), labels)),
            "A softmax is taken of probabilities once more, in the loss or in the gradient: cross_entropy wants the "
            "scores as they are.",
            0.25,
            forms=[
                backprop(end=lambda p, hot, scores: (p.softmax(dim=1) - hot) / len(p)),
                backprop(
                    loss=lambda scores, labels: passes.mean_loss(scores.softmax(dim=1), labels),
                    end=lambda p, hot, scores: (p.softmax(dim=1) - hot) / len(p),
                ),
                passes.differentiated(
                    lambda scores, labels: passes.mean_loss(scores.softmax(dim=1), labels),
                ),
            ],
        ),
        Mistake(
            "loss_sum",
            backprop(loss=lambda scores, labels: passes.mean_loss(scores, labels) * len(labels)),
            "The loss is a sum over the rows, and the gradients are those of the mean. Both belong to the mean.",
            0.5,
        ),
        Mistake(
            "gradient_of_the_sum",
            backprop(end=lambda p, hot, scores: p - hot),
            "The loss is a mean over the rows, and gradients, those of the weights, of the biases or all, are those of "
            "the sum: divide p − y by n.",
            0.5,
            forms=[
                backprop(bias=lambda delta: delta.sum(dim=0) * len(delta)),
                backprop(weight=lambda delta, below: delta.T @ below * len(delta)),
            ],
        ),
        Mistake(
            "sum_for_mean",
            backprop(
                loss=lambda scores, labels: passes.mean_loss(scores, labels) * len(labels),
                end=lambda p, hot, scores: p - hot,
            ),
            "Loss and gradients are those of the sum over the rows. The mean is asked for: divide by n.",
            0.5,
        ),
        Mistake(
            "divided_twice",
            backprop(end=lambda p, hot, scores: (p - hot) / len(p) ** 2),
            "The gradients are divided by n more than once: in δ, and again in the sums over the rows or at each "
            "layer, or by the number of classes as well.",
            0.5,
            forms=[
                backprop(weight=lambda delta, below: delta.T @ below / len(delta)),
                backprop(
                    weight=lambda delta, below: delta.T @ below / len(delta), bias=lambda delta: delta.mean(dim=0)
                ),
                backprop(end=lambda p, hot, scores: (p - hot) / p.numel()),
                backprop(fold=lambda delta: delta / len(delta)),
            ],
        ),
        Mistake(
            "target_minus_prediction",
            backprop(end=lambda p, hot, scores: (hot - p) / len(p)),
            "All gradients have the wrong sign: prediction − target. They point uphill, and the step has the minus.",
            0.5,
        ),
        Mistake(
            "labels_not_one_hot",
            backprop(end=lambda p, hot, scores: (p - hot.argmax(dim=1, keepdim=True)) / len(p)),
            "The number of the class is subtracted from every probability. Subtract 1 at the right class alone.",
            0.25,
        ),
        Mistake(
            "predictions_alone",
            backprop(end=lambda p, hot, scores: p / len(p)),
            "The labels have no part in the gradient: (p − y)/n.",
            0.25,
            forms=[
                backprop(end=lambda p, hot, scores: (p - hot) * hot / len(p)),
                backprop(end=lambda p, hot, scores: -hot / p / len(p)),
                backprop(end=lambda p, hot, scores: -hot / len(p)),
            ],
        ),
        Mistake(
            "scores_for_probabilities",
            backprop(end=lambda p, hot, scores: (scores - hot) / len(p)),
            "The scores themselves are compared with the labels: take their softmax first.",
            0.25,
            forms=[
                backprop(end=lambda p, hot, scores: (scores.sigmoid() - hot) / len(p)),
            ],
        ),
        Mistake(
            "softmax_over_rows",
            backprop(end=lambda p, hot, scores: (scores.softmax(dim=0) - hot) / len(p)),
            "A softmax runs down the examples, in the loss, in the gradient or in both. The classes of one row share a "
            "probability of 1: dim=1.",
            0.25,
            forms=[
                backprop(loss=lambda scores, labels: -passes.own(scores.log_softmax(dim=0), labels).mean()),
                backprop(
                    loss=lambda scores, labels: -passes.own(scores.log_softmax(dim=0), labels).mean(),
                    end=lambda p, hot, scores: (scores.softmax(dim=0) - hot) / len(p),
                ),
            ],
        ),
        Mistake(
            "inputs_shifted",
            backprop(below=lambda outs, layer: outs[layer + 1]),
            "δ of a layer is paired with what leaves the layer, and not with what came in: δᵀ times the layer's input.",
            0.25,
            forms=[backprop(below=lambda outs, layer: outs[max(layer - 1, 0)])],
        ),
        Mistake(
            "sums_for_outputs",
            backprop(
                below=lambda outs, layer: torch.atanh(outs[layer].clamp(-1 + 1e-15, 1 - 1e-15)) if layer else outs[0]
            ),
            "δ is paired with the sums z of the layer below, and not with its outputs a = tanh(z), which are what the "
            "weights have met.",
            0.5,
        ),
        Mistake(
            "input_for_every_layer",
            backprop(below=lambda outs, layer: outs[0]),
            "Every layer's δ is paired with x. Each layer has met the outputs of the layer below it.",
            0.25,
        ),
        Mistake(
            "slope_of_another_layer",
            backprop(sloped=lambda layer: layer),
            "δ meets the slope of another layer, which fits where widths are equal. Behind W of layer ℓ comes the "
            "slope of layer ℓ − 1.",
            0.25,
            forms=[
                backprop(sloped=lambda layer: max(layer - 2, 0)),
                backprop(sloped=lambda layer: layer - 2),
                passes.slope_below_where_it_fits,
            ],
        ),
        Mistake(
            "last_layer_alone",
            kept(lambda layer, last: layer == last),
            "Only the last layer has gradients, and the others are 0. Go on downwards: δ through the weights, times "
            "the slope.",
            0.25,
            forms=[kept(lambda layer, last: layer in (last, last - 1))],
        ),
        Mistake(
            "first_layer_left_out",
            kept(lambda layer, last: layer > 0),
            "The gradients of the first layer are 0: the loop ends one layer too early.",
            0.5,
        ),
        Mistake(
            "same_delta_for_all",
            backprop(through=lambda weights, layer: torch.eye(len(weights[layer])).to(weights[layer])),
            "δ is not sent through the weights. Each layer hands it down: δ W, times the slope below.",
            0.25,
        ),
        Mistake(
            "rows_added_too_early",
            backprop(fold=lambda delta: delta.sum(dim=0, keepdim=True).expand_as(delta) / len(delta)),
            "δ is added or averaged over the rows on its way down. Every row has slopes of its own: only the gradients "
            "of weights and biases are sums over the rows.",
            0.25,
            forms=[backprop(fold=lambda delta: delta.sum(dim=0, keepdim=True).expand_as(delta))],
        ),
        Mistake(
            "another_loss",
            backprop(loss=lambda scores, labels: -passes.own(scores.softmax(dim=1), labels).mean()),
            "The gradients are right, and the loss is another one. It is the mean of −log p at the right class.",
            0.5,
            forms=[
                backprop(loss=lambda scores, labels: -passes.mean_loss(scores, labels)),
                backprop(loss=lambda scores, labels: passes.own(scores.softmax(dim=1), labels).mean()),
                backprop(loss=lambda scores, labels: -passes.own(scores, labels).mean()),
                backprop(loss=lambda scores, labels: -scores.log_softmax(dim=1).mean()),
                backprop(loss=lambda scores, labels: passes.mean_loss(scores, labels) / scores.shape[1]),
                backprop(loss=lambda scores, labels: 1 - passes.own(scores.softmax(dim=1), labels).mean()),
                backprop(
                    loss=lambda scores, labels: -passes.own(scores.log_softmax(dim=1), labels).mean() / LOG_OF_TWO
                ),
                backprop(loss=passes.squared),
                backprop(loss=lambda scores, labels: -scores.log_softmax(dim=1).sum(dim=1).mean()),
                backprop(loss=lambda scores, labels: (scores.argmax(dim=1) == labels).to(scores).mean()),
                backprop(loss=lambda scores, labels: -passes.own(scores.softmax(dim=1), labels).log10().mean()),
            ],
        ),
        Mistake(
            "loss_of_each_row",
            backprop(loss=lambda scores, labels: -passes.own(scores.log_softmax(dim=1), labels)),
            "The loss has an entry for each row. Return their mean, a tensor without axes.",
            0.5,
        ),
    ],
    equivalent={
        "There are as many biases as weights.": [
            "for weight, bias in zip(weights[:-1], biases[:-1]):",
            "for weight, bias in zip(weights[:-1], biases[:-1], strict=False):",
            "for layer in reversed(range(len(biases))):",
        ],
        reasons.ROWS: ["rows = torch.arange(len(labels))"],
        "The solution of output_delta takes every other name for classes.": [
            "delta = output_delta(scores, labels, task='classes_')"
        ],
    },
)

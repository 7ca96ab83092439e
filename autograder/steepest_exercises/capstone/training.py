"""Exercise `train_pass` of `14_capstone`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from torch import Tensor
from torch.nn.functional import cross_entropy, nll_loss

from steepest_exercises.capstone import reference
from steepest_exercises.capstone.layers import Layer
from steepest_exercises.capstone.passes import Grads, Pass, by_hand, by_torch, cases, forward
from steepest_exercises.reasons import ROWS


def _changed(change: Callable[[Tensor, Grads, int], Any]) -> Pass:
    """`change(loss, grads, n)` of what is right."""

    def train_pass(
        x: Tensor, labels: Tensor, layers: Sequence[Layer], masks: Sequence[Tensor], *, keep: float, eps: float
    ) -> Any:
        return change(*reference.train_pass(x, labels, layers, masks, keep=keep, eps=eps), len(x))

    return train_pass


def _times(grads: Grads, factor: float) -> Grads:
    return [{key: factor * value for key, value in grad.items()} for grad in grads]


def _standardized(z: Tensor, eps: float, correction: int = 0) -> Tensor:
    return (z - z.mean(dim=0)) / torch.sqrt(z.var(dim=0, correction=correction) + eps)


TRAIN_PASS = Exercise(
    id="train_pass",
    reference=reference.train_pass,
    cases=cases,
    points=5,
    accepted=[
        Accepted("line_by_line", by_hand()),
        Accepted("slope_after_the_mask", by_hand(slope=lambda y, mask, keep: ((y * mask) > 0).to(y.dtype) / keep)),
        Accepted("autograd", forward(), library=True),
        Accepted("in_torch", by_torch, library=True),
    ],
    mistakes=[
        Mistake(
            "mask_before_the_normalization",
            forward(
                before=lambda z, mask, keep: z * mask / keep,
                out=lambda u, layer, mask, keep: torch.relu(layer["gamma"] * u + layer["beta"]),
            ),
            "The mask stands before the normalization, so that the dropped units enter mean and variance. It comes "
            "after the ReLU.",
            0.25,
        ),
        Mistake(
            "keep_forgotten",
            forward(out=lambda u, layer, mask, keep: torch.relu(layer["gamma"] * u + layer["beta"]) * mask),
            "What is kept is not divided by `keep`, forward and backward. Inverted dropout is settled in training.",
            0.5,
        ),
        Mistake(
            "multiplied_by_keep",
            forward(out=lambda u, layer, mask, keep: torch.relu(layer["gamma"] * u + layer["beta"]) * mask * keep),
            "What is kept is multiplied by `keep`. Inverted dropout divides by it.",
            0.5,
        ),
        Mistake(
            "divided_by_the_dropped_share",
            forward(
                out=lambda u, layer, mask, keep: torch.relu(layer["gamma"] * u + layer["beta"]) * mask / (1 - keep)
            ),
            "What is kept is divided by 1 − `keep`, the share that is dropped. It is divided by `keep`.",
            0.5,
        ),
        Mistake(
            "mask_ignored",
            forward(out=lambda u, layer, mask, keep: torch.relu(layer["gamma"] * u + layer["beta"])),
            "The masks do not enter: nothing is dropped.",
            0.25,
            forms=[forward(out=lambda u, layer, mask, keep: torch.relu(layer["gamma"] * u + layer["beta"]) / keep)],
        ),
        Mistake(
            "mask_turned_round",
            forward(
                out=lambda u, layer, mask, keep: torch.relu(layer["gamma"] * u + layer["beta"]) * (1 - mask) / keep
            ),
            "What the mask keeps is dropped, and the other way round: a 1 in the mask keeps a unit.",
            0.25,
        ),
        Mistake(
            "unbiased_variance",
            forward(lambda z, eps: _standardized(z, eps, 1)),
            "The variance is divided by n − 1, as torch's `var` does by itself. Batch normalization divides by n: "
            "correction=0.",
            0.5,
            forms=[by_hand(variance=lambda z: z.var(dim=0))],
        ),
        Mistake(
            "eps_missing",
            forward(lambda z, eps: _standardized(z, 0.0)),
            "ε does not enter. It is added to the variance, under the root.",
            0.5,
            forms=[forward(lambda z, eps: _standardized(z, 1e-5)), forward(lambda z, eps: _standardized(z, 1e-8))],
        ),
        Mistake(
            "eps_outside_the_root",
            forward(lambda z, eps: (z - z.mean(dim=0)) / (z.std(dim=0, correction=0) + eps)),
            "ε is added to the deviation. It is added to the variance, under the root.",
            0.5,
            forms=[by_hand(root=lambda v, eps: torch.sqrt(v) + eps)],
        ),
        Mistake(
            "root_forgotten",
            forward(lambda z, eps: (z - z.mean(dim=0)) / (z.var(dim=0, correction=0) + eps)),
            "The sums are divided by the variance. They are divided by its root.",
            0.25,
        ),
        Mistake(
            "normalized_along_the_units",
            forward(
                lambda z, eps: (
                    (z - z.mean(dim=1, keepdim=True)) / torch.sqrt(z.var(dim=1, correction=0, keepdim=True) + eps)
                )
            ),
            "Each row is normalized over its units. Mean and variance of each unit are taken over the rows.",
            0.25,
        ),
        Mistake(
            "relu_before_the_normalization",
            forward(
                before=lambda z, mask, keep: torch.relu(z),
                out=lambda u, layer, mask, keep: (layer["gamma"] * u + layer["beta"]) * mask / keep,
            ),
            "The ReLU stands before the normalization. It comes after γ and β.",
            0.25,
        ),
        Mistake(
            "relu_missing",
            forward(out=lambda u, layer, mask, keep: (layer["gamma"] * u + layer["beta"]) * mask / keep),
            "There is no ReLU between normalization and mask.",
            0.25,
        ),
        Mistake(
            "relu_on_the_scores",
            forward(last=lambda h, layer: torch.relu(h @ layer["weight"].T + layer["bias"])),
            "The last layer has a ReLU too. Its scores go into the cross-entropy as they are.",
            0.25,
        ),
        Mistake(
            "softmax_twice",
            forward(loss=lambda scores, labels: cross_entropy(scores.softmax(dim=1), labels)),
            "The cross-entropy takes a softmax of what has been through one already: it wants scores.",
            0.25,
        ),
        Mistake(
            "softmax_over_the_rows",
            forward(loss=lambda scores, labels: nll_loss(scores.log_softmax(dim=0), labels)),
            "The softmax runs over the rows. The probabilities of one row's classes add up to 1: dim=1.",
            forms=[
                by_hand(shares=lambda scores: scores.softmax(dim=0)),
                forward(
                    loss=lambda scores, labels: (
                        scores.logsumexp(dim=0).mean() - scores.gather(1, labels[:, None])[:, 0].mean()
                    )
                ),
            ],
        ),
        Mistake(
            "sum_of_the_losses",
            _changed(lambda loss, grads, n: (n * loss, _times(grads, n))),
            "Loss and gradients are sums over the rows. The mean is asked for.",
            0.5,
        ),
        Mistake(
            "gradients_of_the_sum",
            _changed(lambda loss, grads, n: (loss, _times(grads, n))),
            "The loss is a mean, but the gradients are those of the sum: δ at the scores is (p − one-hot)/n.",
            0.5,
        ),
        Mistake(
            "gradients_divided_again",
            _changed(
                lambda loss, grads, n: (
                    loss,
                    [{key: value / n if key == "weight" else value for key, value in grad.items()} for grad in grads],
                )
            ),
            "The gradients of the weights are divided by the number of rows twice. The mean is in δ already.",
            0.5,
            forms=[_changed(lambda loss, grads, n: (loss, _times(grads, 1 / n)))],
        ),
        Mistake(
            "loss_is_the_sum",
            _changed(lambda loss, grads, n: (n * loss, grads)),
            "The gradients are those of the mean, but the loss is the sum over the rows.",
            0.5,
        ),
        Mistake(
            "labels_not_subtracted",
            by_hand(start=lambda p, chosen, n: p / n),
            "At the scores δ is p/n: the 1 at each label is not subtracted.",
            0.25,
        ),
        Mistake(
            "normalization_as_a_constant",
            by_hand(through=lambda g, u, s, gamma: gamma / s * g),
            "On the way back mean and deviation are taken for constants. They depend on every row of the minibatch: "
            "two further terms, as in `batch_norm_backward`.",
            0.25,
        ),
        Mistake(
            "deviation_as_a_constant",
            by_hand(through=lambda g, u, s, gamma: gamma / s * (g - g.mean(dim=0))),
            "The mean's share of the gradient is there, but not the deviation's: a term with u is missing.",
            0.5,
        ),
        Mistake(
            "mean_as_a_constant",
            by_hand(through=lambda g, u, s, gamma: gamma / s * (g - u * (g * u).mean(dim=0))),
            "The deviation's share of the gradient is there, but not the mean's: δ has no mean of 0 over the rows.",
            0.5,
        ),
        Mistake(
            "sums_for_means",
            by_hand(through=lambda g, u, s, gamma: gamma / s * (g - g.sum(dim=0) - u * (g * u).sum(dim=0))),
            "Back through the normalization sums stand where means over the rows belong.",
            0.5,
        ),
        Mistake(
            "gamma_not_passed_down",
            by_hand(through=lambda g, u, s, gamma: (g - g.mean(dim=0) - u * (g * u).mean(dim=0)) / s),
            "On the way down δ is not multiplied by γ.",
            0.5,
        ),
        Mistake(
            "deviation_not_passed_down",
            by_hand(through=lambda g, u, s, gamma: gamma * (g - g.mean(dim=0) - u * (g * u).mean(dim=0))),
            "On the way down δ is not divided by the deviation.",
            0.5,
        ),
        Mistake(
            "mask_not_in_the_backward_pass",
            by_hand(slope=lambda y, mask, keep: (y > 0).to(y.dtype)),
            "On the way back nothing is dropped: a unit that was silent gets a gradient. Mask and `keep` belong into "
            "both directions.",
            0.25,
            forms=[by_hand(slope=lambda y, mask, keep: (y > 0).to(y.dtype) / keep)],
        ),
        Mistake(
            "keep_not_in_the_backward_pass",
            by_hand(slope=lambda y, mask, keep: (y > 0) * mask),
            "On the way back the division by `keep` is missing.",
            0.5,
        ),
        Mistake(
            "keep_not_in_the_forward_pass",
            by_hand(dropped=lambda h, mask, keep: h * mask),
            "On the way forward the division by `keep` is missing. It belongs into both directions.",
            0.5,
            forms=[
                by_hand(dropped=lambda h, mask, keep: h * mask * keep),
                by_hand(dropped=lambda h, mask, keep: h / keep),
                by_hand(dropped=lambda h, mask, keep: h),
            ],
        ),
        Mistake(
            "relu_not_in_the_backward_pass",
            by_hand(slope=lambda y, mask, keep: mask / keep),
            "On the way back the ReLU is missing: where y was negative nothing passes.",
            0.25,
        ),
        Mistake(
            "relu_slope_at_the_wrong_place",
            by_hand(sign=lambda z, u, y: u),
            "The ReLU's slope is read at the wrong values. It is that of y, after γ and β.",
            0.25,
            forms=[
                by_hand(sign=lambda z, u, y: z),
                by_hand(slope=lambda y, mask, keep: (y > y.mean(dim=0)) * mask / keep),
            ],
        ),
        Mistake(
            "means_for_gamma_and_beta",
            by_hand(scale=lambda g, u, y: (g * u).mean(dim=0), shift=lambda g: g.mean(dim=0)),
            "The gradients of γ and β are means over the rows. The mean of the loss is in δ already: they are sums.",
            0.5,
            forms=[by_hand(scale=lambda g, u, y: (g * u).mean(dim=0)), by_hand(shift=lambda g: g.mean(dim=0))],
        ),
        Mistake(
            "gamma_by_its_output",
            by_hand(scale=lambda g, u, y: (g * y).sum(dim=0)),
            "The gradient of γ is taken with y. What γ multiplies is u, the normalized sum.",
            0.5,
            forms=[by_hand(scale=lambda g, u, y: (g * y).sum(dim=0), mixed=True)],
        ),
        Mistake(
            "gamma_without_u",
            by_hand(scale=lambda g, u, y: g.sum(dim=0)),
            "The gradient of γ is that of β. γ multiplies u, so u is its slope.",
            0.5,
        ),
        Mistake(
            "bias_is_a_mean",
            by_hand(bias=lambda delta: delta.mean(dim=0)),
            "The gradient of the last bias is a mean over the rows. The mean of the loss is in δ already: it is a sum.",
            0.5,
        ),
        Mistake(
            "weights_see_what_was_dropped",
            by_hand(below=lambda h, bare: bare),
            "The gradient of a weight is taken with the units before dropout. What the weight was multiplied by were "
            "those after it.",
            0.5,
        ),
        Mistake(
            "other_order",
            _changed(lambda loss, grads, n: (loss, grads[::-1])),
            "The gradients come from the last layer to the first. They have the order of `layers`.",
            0.5,
        ),
        Mistake(
            "gradients_and_loss_exchanged",
            _changed(lambda loss, grads, n: (grads, loss)),
            "Loss and gradients are exchanged: the loss comes first.",
            0.5,
        ),
        Mistake(
            "uphill",
            _changed(lambda loss, grads, n: (loss, _times(grads, -1.0))),
            "The gradients have the wrong sign: δ at the scores is p − one-hot.",
            0.5,
        ),
        Mistake(
            "last_layer_alone",
            _changed(
                lambda loss, grads, n: (
                    loss,
                    [{k: torch.zeros_like(v) for k, v in g.items()} for g in grads[:-1]] + grads[-1:],
                )
            ),
            "Only the last layer gets gradients. What hinders the way back: detach(), no_grad(), or a list that is not "
            "filled?",
            0.25,
        ),
    ],
    equivalent={
        ROWS: ["n, h, passed = (len(labels), x, [])"],
        "There is a mask for each hidden layer.": [
            "for layer, mask in zip(hidden, masks):",
            "for layer, mask in zip(hidden, masks, strict=False):",
        ],
        "No y is exactly 0.": ["passed.append((layer, h, u, spread, (y >= 0) * mask / keep))"],
    },
)

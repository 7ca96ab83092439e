"""Exercise `network_scores` of `14_capstone`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor
from torch.nn.functional import batch_norm, linear

from steepest_exercises.capstone import reference
from steepest_exercises.capstone.layers import Layer, drawn_layers
from steepest_exercises.inputs import normal

Net = Callable[..., Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(
        name: str,
        rows: int,
        widths: Sequence[int],
        eps: float,
        dtype: torch.dtype = torch.float64,
        corner: float = 0.0,
    ) -> Case:
        args = [normal(rng, rows, widths[0]).to(dtype), drawn_layers(rng, widths, dtype)]
        return Case(name, {"args": args, "kwargs": {"eps": eps}, "outputs": ["the scores"]}, corner=corner)

    return [
        case("one hidden layer", 6, (4, 5, 3), 1e-3),
        case("two hidden layers", 5, (3, 6, 4, 2), 0.1),
        case("a large ε", 7, (4, 3, 5), 2.0),
        case("layers of one width", 4, (4, 4, 4, 4), 0.3),
        case("float32", 6, (3, 4, 3), 0.2, torch.float32),
        case("one row", 1, (3, 5, 4), 0.1, corner=0.2),
        case("no hidden layer", 5, (4, 3), 0.1, corner=0.15),
    ]


def _net(
    mean: Callable[[Tensor, Layer], Tensor] = lambda z, layer: layer["mean"],
    variance: Callable[[Tensor, Layer], Tensor] = lambda z, layer: layer["variance"],
    root: Callable[[Tensor, float], Tensor] = lambda v, eps: torch.sqrt(v + eps),
    out: Callable[[Tensor, Layer], Tensor] = lambda u, layer: torch.relu(layer["gamma"] * u + layer["beta"]),
    before: Callable[[Tensor], Tensor] = lambda z: z,
    last: Callable[[Tensor, Layer], Tensor] = lambda x, layer: x @ layer["weight"].T + layer["bias"],
) -> Net:
    """A net from the parts of its layers: u = (z − mean(z))/root(variance(z), eps) and out(u)."""

    def network_scores(x: Tensor, layers: Sequence[Layer], *, eps: float) -> Tensor:
        for layer in layers[:-1]:
            z = before(x @ layer["weight"].T)
            x = out((z - mean(z, layer)) / root(variance(z, layer), eps), layer)
        return last(x, layers[-1])

    return network_scores


def _in_torch(x: Tensor, layers: Sequence[Layer], *, eps: float) -> Tensor:
    for layer in layers[:-1]:
        mean, variance, gamma, beta = (layer[key] for key in ("mean", "variance", "gamma", "beta"))
        x = torch.relu(batch_norm(linear(x, layer["weight"]), mean, variance, gamma, beta, training=False, eps=eps))
    return linear(x, layers[-1]["weight"], layers[-1]["bias"])


def _folded(x: Tensor, layers: Sequence[Layer], *, eps: float) -> Tensor:
    for layer in layers[:-1]:
        scale = layer["gamma"] / torch.sqrt(layer["variance"] + eps)
        x = (x @ (scale[:, None] * layer["weight"]).T + layer["beta"] - scale * layer["mean"]).clamp(min=0)
    return x @ layers[-1]["weight"].T + layers[-1]["bias"]


def _row_by_row(x: Tensor, layers: Sequence[Layer], *, eps: float) -> Tensor:
    return torch.stack([_net()(row, layers, eps=eps) for row in x])


def _two_parts(x: Tensor, layers: Sequence[Layer], *, eps: float) -> Tensor:
    """The last layer is known by its bias."""
    for layer in layers:
        z = x @ layer["weight"].T
        if "bias" in layer:
            return z + layer["bias"]
        y = layer["gamma"] * (z - layer["mean"]) * (layer["variance"] + eps) ** -0.5 + layer["beta"]
        x = y * (y > 0)
    raise ValueError("there is no last layer")


def _turned(x: Tensor, layers: Sequence[Layer], *, eps: float) -> Tensor:
    return _net()(x, [{**layer, "weight": layer["weight"].T} for layer in layers], eps=eps)


def _without_brackets(x: Tensor, layers: Sequence[Layer], *, eps: float) -> Tensor:
    for layer in layers[:-1]:
        shifted = x @ layer["weight"].T - layer["mean"] / torch.sqrt(layer["variance"] + eps)
        x = torch.relu(layer["gamma"] * shifted + layer["beta"])
    return x @ layers[-1]["weight"].T + layers[-1]["bias"]


def _at_the_rows(x: Tensor, layers: Sequence[Layer], *, eps: float) -> Tensor:
    """Of several hidden layers only the last one counts, if it can take the rows."""
    return _net()(x, [*layers[:-1][-1:], layers[-1]], eps=eps)


def _variance(z: Tensor, correction: int) -> Tensor:
    return z.var(dim=0, correction=min(correction, len(z) - 1))


NETWORK_SCORES = Exercise(
    id="network_scores",
    reference=reference.network_scores,
    cases=_cases,
    points=3,
    accepted=[
        Accepted("folded", _folded),
        Accepted("row_by_row", _row_by_row),
        Accepted("until_a_bias", _two_parts),
        Accepted("in_torch", _in_torch, library=True),
    ],
    mistakes=[
        Mistake(
            "batch_statistics",
            _net(lambda z, layer: z.mean(dim=0), lambda z, layer: _variance(z, 0)),
            "The rows are normalized by their own statistics, as in training. In evaluation a row's scores must not "
            "depend on what other rows are asked about: use `mean` and `variance` of the layer.",
            0.25,
            forms=[
                _net(lambda z, layer: z.mean(dim=0), lambda z, layer: _variance(z, 1)),
                _net(lambda z, layer: z.mean(dim=0), lambda z, layer: z.var(dim=0)),
            ],
        ),
        Mistake(
            "weights_not_transposed",
            _turned,
            "The weights are not transposed. They have the shape (out, in), and rows are examples: x Wᵀ.",
        ),
        Mistake(
            "mean_of_the_batch",
            _net(mean=lambda z, layer: z.mean(dim=0)),
            "The variance is the stored one, but the mean is that of the rows. Neither may depend on them.",
            0.25,
        ),
        Mistake(
            "variance_of_the_batch",
            _net(variance=lambda z, layer: _variance(z, 0)),
            "The mean is the stored one, but the variance is that of the rows. Neither may depend on them.",
            0.25,
            forms=[_net(variance=lambda z, layer: _variance(z, 1)), _net(variance=lambda z, layer: z.var(dim=0))],
        ),
        Mistake(
            "eps_missing",
            _net(root=lambda v, eps: torch.sqrt(v)),
            "The scores do not depend on ε: it is added to the variance, under the root, as in training.",
            0.5,
            forms=[
                _net(root=lambda v, eps: torch.sqrt(v + 1e-5)),
                _net(root=lambda v, eps: torch.sqrt(v + 1e-8)),
                _net(root=lambda v, eps: torch.sqrt(v) + 1e-5),
            ],
        ),
        Mistake(
            "eps_outside_the_root",
            _net(root=lambda v, eps: torch.sqrt(v) + eps),
            "ε is added to the deviation. It is added to the variance, under the root.",
            0.5,
            forms=[_net(root=lambda v, eps: torch.sqrt(v) + eps**0.5)],
        ),
        Mistake(
            "divides_by_the_variance",
            _net(root=lambda v, eps: v + eps),
            "The root is missing: `variance` is a variance, and the sums are divided by a deviation.",
            0.25,
            forms=[_net(root=lambda v, eps: v)],
        ),
        Mistake(
            "multiplied_by_the_deviation",
            _net(root=lambda v, eps: 1 / torch.sqrt(v + eps)),
            "The sums are multiplied by the deviation. They are divided by it.",
            0.25,
        ),
        Mistake(
            "only_the_mean_is_divided",
            _without_brackets,
            "Only the mean is divided by the deviation: put z − mean into brackets.",
            0.25,
        ),
        Mistake(
            "each_layer_sees_the_rows",
            _at_the_rows,
            "Each hidden layer takes the rows. What it takes is the output of the layer before.",
            0.25,
        ),
        Mistake(
            "variance_taken_for_a_deviation",
            _net(root=lambda v, eps: torch.sqrt(v**2 + eps)),
            "`variance` is squared under the root, as if it were a deviation. It is a variance already.",
            0.25,
        ),
        Mistake(
            "mean_not_subtracted",
            _net(mean=lambda z, layer: torch.zeros_like(layer["mean"])),
            "The stored mean is not subtracted.",
            0.25,
        ),
        Mistake(
            "mean_added",
            _net(mean=lambda z, layer: -layer["mean"]),
            "The stored mean is added. It is subtracted.",
            0.25,
        ),
        Mistake(
            "not_normalized",
            _net(
                out=lambda u, layer: u,
                mean=lambda z, layer: z - torch.relu(z),
                variance=lambda z, layer: z * 0 + 1,
                root=lambda v, eps: v,
            ),
            "The hidden layers are not normalized at all: their statistics, γ and β do not enter.",
        ),
        Mistake(
            "relu_before_the_normalization",
            _net(before=torch.relu, out=lambda u, layer: layer["gamma"] * u + layer["beta"]),
            "The ReLU stands before the normalization. It comes after it, as in training.",
            0.25,
        ),
        Mistake(
            "relu_before_scale_and_shift",
            _net(out=lambda u, layer: layer["gamma"] * torch.relu(u) + layer["beta"]),
            "The ReLU stands before γ and β. Scale and shift belong to the normalization, and the ReLU comes last.",
            0.25,
        ),
        Mistake(
            "relu_missing",
            _net(out=lambda u, layer: layer["gamma"] * u + layer["beta"]),
            "There is no ReLU: without it the whole net is a single linear map.",
            0.25,
        ),
        Mistake(
            "relu_on_the_scores",
            _net(last=lambda x, layer: torch.relu(x @ layer["weight"].T + layer["bias"])),
            "The last layer has a ReLU too: no score is negative. The scores come as they are.",
            0.5,
        ),
        Mistake(
            "gamma_forgotten",
            _net(out=lambda u, layer: torch.relu(u + layer["beta"])),
            "The scale γ does not enter: it belongs to the net in evaluation as in training.",
            0.25,
        ),
        Mistake(
            "beta_forgotten",
            _net(out=lambda u, layer: torch.relu(layer["gamma"] * u)),
            "The shift β does not enter: it belongs to the net in evaluation as in training.",
            0.25,
        ),
        Mistake(
            "scale_and_shift_forgotten",
            _net(out=lambda u, layer: torch.relu(u)),
            "Scale γ and shift β do not enter: they belong to the net in evaluation as in training.",
            0.25,
        ),
        Mistake(
            "shift_before_scale",
            _net(out=lambda u, layer: torch.relu(layer["gamma"] * (u + layer["beta"]))),
            "β is multiplied by γ as well. Scale first, then shift.",
            0.25,
        ),
        Mistake(
            "gamma_and_beta_exchanged",
            _net(out=lambda u, layer: torch.relu(layer["beta"] * u + layer["gamma"])),
            "γ and β have changed places: γ scales, β shifts.",
            0.25,
        ),
        Mistake(
            "bias_forgotten",
            _net(last=lambda x, layer: x @ layer["weight"].T),
            "The last layer's bias is missing.",
            0.5,
        ),
        Mistake(
            "probabilities",
            _net(last=lambda x, layer: (x @ layer["weight"].T + layer["bias"]).softmax(dim=1)),
            "These are probabilities. Scores are asked for, without a softmax: the loss takes one itself.",
            0.5,
            forms=[
                _net(last=lambda x, layer: (x @ layer["weight"].T + layer["bias"]).log_softmax(dim=1)),
                _net(last=lambda x, layer: (x @ layer["weight"].T + layer["bias"]).sigmoid()),
                _net(last=lambda x, layer: (x @ layer["weight"].T + layer["bias"]).softmax(dim=0)),
            ],
        ),
        Mistake(
            "classes",
            _net(last=lambda x, layer: (x @ layer["weight"].T + layer["bias"]).argmax(dim=1)),
            "These are the classes with the highest scores. The scores themselves are asked for.",
            0.5,
        ),
        Mistake(
            "dropout_at_test_time",
            _net(out=lambda u, layer: 0.5 * torch.relu(layer["gamma"] * u + layer["beta"])),
            "The units are scaled down after the ReLU, as classic dropout wants it at test time. Inverted dropout has "
            "been settled in training.",
            0.25,
            forms=[
                _net(out=lambda u, layer: 0.8 * torch.relu(layer["gamma"] * u + layer["beta"])),
                _net(out=lambda u, layer: 0.9 * torch.relu(layer["gamma"] * u + layer["beta"])),
            ],
        ),
    ],
)

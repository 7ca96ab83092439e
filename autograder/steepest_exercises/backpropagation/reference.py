"""References for `08_backpropagation`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

Edge = tuple[int, int, float]
Gradients = tuple[Tensor, list[Tensor], list[Tensor]]

SELU_SCALE = 1.0507009873554805
SELU_ALPHA = 1.6732632423543772


def graph_gradient(edges: Sequence[Edge], n: int) -> list[float]:
    """∂node(n−1)/∂node(i), every edge met once, those that end last first  (Linnainmaa 1970)."""
    gradient = [0.0] * n
    gradient[-1] = 1.0
    for start, end, slope in sorted(edges, key=lambda edge: edge[1], reverse=True):
        gradient[start] += slope * gradient[end]
    return gradient


def chain_costs(sizes: Sequence[int]) -> tuple[int, int]:
    """n₀ Σ_{ℓ≥2} n_ℓ n_{ℓ−1} from the right, n_L Σ_{ℓ<L} n_ℓ n_{ℓ−1} from the left  (Griewank & Walther 2008)."""
    entries = [sizes[layer] * sizes[layer - 1] for layer in range(1, len(sizes))]
    return sizes[0] * sum(entries[1:]), sizes[-1] * sum(entries[:-1])


def numerical_gradient(f: Callable[[Tensor], Tensor], x: Tensor, *, eps: float) -> Tensor:
    """(f(x + εe_i) − f(x − εe_i))/2ε for each entry."""
    slopes = []
    for nudge in (eps * torch.eye(x.numel(), dtype=x.dtype, device=x.device)).unbind():
        nudge = nudge.reshape(x.shape)
        slopes.append((f(x + nudge) - f(x - nudge)) / (2 * eps))
    gradient: Tensor = torch.stack(slopes).reshape(x.shape)
    return gradient


def dense_backward(grad_out: Tensor, x: Tensor, weight: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Of z = x Wᵀ + b: G W, Gᵀ x, and the sum of G over the rows."""
    grad_x = torch.einsum("no,oi->ni", grad_out, weight)
    grad_weight = torch.einsum("no,ni->oi", grad_out, x)
    return grad_x, grad_weight, grad_out.sum(dim=0)


def _gelu(x: Tensor) -> Tensor:
    """Φ(x) + xφ(x)  (Hendrycks & Gimpel 2016)."""
    below: Tensor = torch.special.ndtr(x)
    return below + x * torch.exp(-x.square() / 2) / math.sqrt(2 * math.pi)


SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "sigmoid": lambda x: torch.sigmoid(x) * torch.sigmoid(-x),
    "tanh": lambda x: 1 - torch.tanh(x).square(),
    "ReLU": lambda x: (x > 0).to(x),
    "leaky ReLU": lambda x: torch.where(x > 0, torch.ones_like(x), 0.01),
    "ELU": lambda x: torch.exp(x.clamp(max=0)),
    "SELU": lambda x: SELU_SCALE * torch.where(x > 0, 1.0, SELU_ALPHA * torch.exp(x.clamp(max=0))),
    "GELU": _gelu,
    "SiLU": lambda x: torch.sigmoid(x) * (1 + x * torch.sigmoid(-x)),
    "softplus": torch.sigmoid,
    "Gaussian": lambda x: -2 * x * torch.exp(-x.square()),
}


def activation_slope(name: str, x: Tensor) -> Tensor:
    """Derivative of the activation of this name (ELU: Clevert 2016; SELU: Klambauer 2017; SiLU: Elfwing 2018)."""
    return SLOPES[name](x)


def maxout(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The largest of several linear pieces, unit by unit  (Goodfellow 2013)."""
    pieces = torch.einsum("ni,poi->pno", x, weight) + bias[:, None, :]
    largest: Tensor = pieces.amax(dim=0)
    return largest


def softmax_backward(probabilities: Tensor, grad_out: Tensor) -> Tensor:
    """p ⊙ (g − Σ g p), row by row: (diag p − p pᵀ) g."""
    mean: Tensor = torch.linalg.vecdot(probabilities, grad_out)
    return probabilities * (grad_out - mean[:, None])


def output_delta(scores: Tensor, targets: Tensor, *, task: str) -> Tensor:
    """(prediction − target)/n, each output with the loss that fits it."""
    if task == "regression":
        difference = scores - targets
    elif task == "binary":
        difference = torch.sigmoid(scores) - targets.to(scores)
    else:
        difference = torch.softmax(scores, dim=1) - torch.nn.functional.one_hot(targets, scores.shape[1])
    return difference / len(scores)


def mlp_backprop(x: Tensor, labels: Tensor, weights: Sequence[Tensor], biases: Sequence[Tensor]) -> Gradients:
    """Mean cross-entropy of a net with tanh layers, and its gradients  (Rumelhart, Hinton & Williams 1986)."""
    layers = [x]
    for weight, bias in zip(weights[:-1], biases[:-1], strict=True):
        layers.append(torch.tanh(torch.addmm(bias, layers[-1], weight.T)))
    logs = torch.log_softmax(torch.addmm(biases[-1], layers[-1], weights[-1].T), dim=1)
    loss = -logs.gather(1, labels[:, None]).mean()
    delta = (logs.exp() - torch.nn.functional.one_hot(labels, logs.shape[1])) / len(x)
    grad_weights: list[Tensor] = []
    grad_biases: list[Tensor] = []
    for weight, below in zip(reversed(weights), reversed(layers), strict=True):
        back, grad_weight, grad_bias = dense_backward(delta, below, weight)
        grad_weights.insert(0, grad_weight)
        grad_biases.insert(0, grad_bias)
        delta = back * (1 - below.square())
    return loss, grad_weights, grad_biases


def delta_norms(delta: Tensor, weights: Sequence[Tensor], slopes: Sequence[Tensor]) -> Tensor:
    """Norms of δ^(ℓ−1) = W^(ℓ)ᵀ (g′ ⊙ δ^(ℓ)), from the input's to the output's."""
    jacobians = [slope[:, None] * weight for weight, slope in zip(weights, slopes, strict=True)]
    norms = [torch.linalg.vector_norm(delta)]
    for jacobian in reversed(jacobians):
        delta = delta @ jacobian
        norms.append(torch.linalg.vector_norm(delta))
    return torch.stack(norms[::-1])

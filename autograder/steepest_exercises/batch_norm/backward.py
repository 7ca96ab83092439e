"""Exercise `batch_norm_backward` of `12_batch_norm`: it works on the cache of the student's own `batch_norm_train`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.batch_norm import reference
from steepest_exercises.batch_norm.train import SLACK, batches
from steepest_exercises.inputs import normal

Gradients = tuple[Tensor, Tensor, Tensor]
Backward = Callable[[Tensor, Any], Gradients]

TWICE = ("a small batch", "float32")
OUTPUTS = ["grad_x", "grad_gamma", "grad_beta"]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    cases = []
    for name, args, eps in batches(rng):
        passes = 2 if name in TWICE else 1
        gradients = [(0.3 + normal(rng, *args[0].shape)).to(args[0].dtype) for _ in range(passes)]
        inputs = {
            "forward": "batch_norm_train",
            "args": args,
            "kwargs": {"eps": eps},
            "gradients": gradients,
            "outputs": OUTPUTS,
        }
        cases.append(Case(name, inputs, "backward", 10 * SLACK.get(name, 1.0)))
    return cases


def _backward(
    grad_x: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None,
    grad_gamma: Callable[[Tensor, Tensor], Tensor] = lambda g, u: (g * u).sum(dim=0),
    grad_beta: Callable[[Tensor], Tensor] = lambda g: g.sum(dim=0),
) -> Backward:
    """A backward pass from its parts: grad_x(h, u, s) with h = γ·grad_out and s = 1/√(σ² + ε), and the other two."""
    grad_x = grad_x or _grad_x

    def batch_norm_backward(grad_out: Tensor, cache: Any) -> Gradients:
        u, scale, gamma = cache
        return grad_x(grad_out * gamma, u, scale), grad_gamma(grad_out, u), grad_beta(grad_out)

    return batch_norm_backward


def _grad_x(h: Tensor, u: Tensor, s: Tensor) -> Tensor:
    return s * (h - h.mean(dim=0) - u * (h * u).mean(dim=0))


def _staged(grad_out: Tensor, cache: Any) -> Gradients:
    u, scale, gamma = cache
    size = len(u)
    centred = u / scale
    grad_u = grad_out * gamma
    grad_variance = (grad_u * centred * (-0.5) * scale**3).sum(dim=0)
    grad_mean = (-grad_u * scale).sum(dim=0) + grad_variance * (-2 * centred).sum(dim=0) / size
    grad_x = grad_u * scale + grad_variance * 2 * centred / size + grad_mean / size
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


def _from_the_other_two(grad_out: Tensor, cache: Any) -> Gradients:
    u, scale, gamma = cache
    size = grad_out.size(0)
    grad_beta = grad_out.sum(0)
    grad_gamma = torch.linalg.vecdot(grad_out, u, dim=0)
    return gamma * scale / size * (size * grad_out - grad_beta - u * grad_gamma), grad_gamma, grad_beta


def _by_the_jacobian(grad_out: Tensor, cache: Any) -> Gradients:
    u, scale, gamma = cache
    size, columns = u.shape
    unit, ones = torch.eye(size).to(u), torch.ones(size, size).to(u)
    grads = [
        gamma[j] * scale[j] * (unit - (ones + torch.outer(u[:, j], u[:, j])) / size) @ grad_out[:, j]
        for j in range(columns)
    ]
    return torch.stack(grads, dim=1), (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


# --- other caches ------------------------------------------------------------


def _train_keeping_the_arguments(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    return reference.batch_norm_train(x, gamma, beta, eps=eps)[0], {1: x, 2: gamma, "eps": eps}


def _by_autograd(grad_out: Tensor, cache: Any) -> Gradients:
    x, gamma = (cache[number].detach().requires_grad_() for number in (1, 2))
    beta = torch.zeros_like(gamma).requires_grad_()
    with torch.enable_grad():
        centred = x - x.mean(dim=0)
        out = gamma * centred / torch.sqrt((centred**2).mean(dim=0) + cache["eps"]) + beta
    grad_x, grad_gamma, grad_beta = torch.autograd.grad(out, (x, gamma, beta), grad_out)
    return grad_x, grad_gamma, grad_beta


def _train_keeping_names(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    out, (u, scale, _) = reference.batch_norm_train(x, gamma, beta, eps=eps)
    return out, SimpleNamespace(u=u, deviation=1 / scale, gamma=gamma)


def _from_names(grad_out: Tensor, cache: Any) -> Gradients:
    rest = grad_out - grad_out.mean(dim=0) - cache.u * (grad_out * cache.u).mean(dim=0)
    return cache.gamma / cache.deviation * rest, (grad_out * cache.u).sum(dim=0), grad_out.sum(dim=0)


def _train_keeping_a_function(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    out, kept = reference.batch_norm_train(x, gamma, beta, eps=eps)
    return out, lambda grad_out: reference.batch_norm_backward(grad_out, kept)


def _train_keeping_the_batch_for_u(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    out, (_, scale, _) = reference.batch_norm_train(x, gamma, beta, eps=eps)
    return out, (x, scale, gamma)


def _train_overwriting_u(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    u, (_, scale, _) = reference.batch_norm_train(x, torch.ones_like(gamma), torch.zeros_like(beta), eps=eps)
    cache = u, scale, gamma
    u *= gamma
    u += beta
    return u, cache


def _train_scaling_u_in_place(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    u, (_, scale, _) = reference.batch_norm_train(x, torch.ones_like(gamma), torch.zeros_like(beta), eps=eps)
    cache = u, scale, gamma
    u *= gamma
    return u + beta, cache


BATCH_NORM_BACKWARD = Exercise(
    id="batch_norm_backward",
    reference=reference.batch_norm_backward,
    cases=_cases,
    points=4,
    companions={"batch_norm_train": reference.batch_norm_train},
    accepted=[
        Accepted("compact_form", _backward()),
        Accepted("staged_form", _staged),
        Accepted("from_the_other_two", _from_the_other_two),
        Accepted("by_the_jacobian", _by_the_jacobian),
        Accepted(
            "by_autograd_from_the_arguments",
            _by_autograd,
            companions={"batch_norm_train": _train_keeping_the_arguments},
        ),
        Accepted("cache_with_names", _from_names, companions={"batch_norm_train": _train_keeping_names}),
        Accepted(
            "cache_that_is_a_function",
            lambda grad_out, cache: cache(grad_out),
            companions={"batch_norm_train": _train_keeping_a_function},
        ),
    ],
    mistakes=[
        Mistake(
            "statistics_are_constants",
            _backward(lambda h, u, s: h * s),
            "Mean and variance are treated as constants. Each x moves both, and through them all outputs of the "
            "batch: two more paths lead back to x.",
            0.25,
        ),
        Mistake(
            "mean_is_a_constant",
            _backward(lambda h, u, s: s * (h - u * (h * u).mean(dim=0))),
            "The path through the mean is missing. Check: moving a whole column by one number changes no output, so "
            "grad_x must sum to 0 over the batch.",
            0.25,
        ),
        Mistake(
            "variance_is_a_constant",
            _backward(lambda h, u, s: s * (h - h.mean(dim=0))),
            "The path through the variance is missing. Check: stretching a column changes next to no output, so "
            "grad_x must have (almost) no component along u.",
            0.25,
        ),
        Mistake(
            "one_over_b_missing",
            _backward(lambda h, u, s: s * (h - h.sum(dim=0) - u * (h * u).sum(dim=0))),
            "The sums over the batch are not divided by B: an example holds only a share 1/B of mean and variance.",
            0.5,
        ),
        Mistake(
            "one_over_b_missing_before_it_all",
            _backward(lambda h, u, s: s * (len(h) * h - h.sum(dim=0) - u * (h * u).sum(dim=0))),
            "grad_x is B times too large: the form with B·grad − Σ − Σ has 1/B in front.",
            0.5,
        ),
        Mistake(
            "unbiased_variance",
            _backward(lambda h, u, s: s * (h - h.mean(dim=0) - u * (h * u).sum(dim=0) / max(len(h) - 1, 1))),
            "The path through the variance divides by B - 1, but the forward pass divides by B.",
            0.5,
        ),
        Mistake(
            "sign_of_the_variance",
            _backward(lambda h, u, s: s * (h - h.mean(dim=0) + u * (h * u).mean(dim=0))),
            "The path through the variance has the wrong sign: (σ² + ε) has the exponent −1/2, and its derivative "
            "brings down the minus.",
            0.5,
        ),
        Mistake(
            "sign_of_the_mean",
            _backward(lambda h, u, s: s * (h + h.mean(dim=0) - u * (h * u).mean(dim=0))),
            "The path through the mean has the wrong sign: the mean is subtracted in the forward pass.",
            0.5,
        ),
        Mistake(
            "gamma_forgotten",
            lambda grad_out, cache: reference.batch_norm_backward(
                grad_out, (cache[0], cache[1], torch.ones_like(cache[2]))
            ),
            "grad_x lacks γ: the gradient reaches u multiplied by γ.",
            0.5,
        ),
        Mistake(
            "deviation_forgotten",
            _backward(lambda h, u, s: h - h.mean(dim=0) - u * (h * u).mean(dim=0)),
            "grad_x lacks the factor 1/√(σ² + ε): x was divided by the root, so its gradient is too.",
            0.5,
        ),
        Mistake(
            "divides_by_the_variance",
            _backward(lambda h, u, s: s * _grad_x(h, u, s)),
            "grad_x is divided by σ² + ε where its root belongs.",
            0.5,
        ),
        Mistake(
            "multiplies_by_the_deviation",
            _backward(lambda h, u, s: _grad_x(h, u, 1 / s)),
            "grad_x is multiplied by √(σ² + ε), but x was divided by it. Does the cache hold the root, or one over it?",
            0.5,
        ),
        Mistake(
            "grad_gamma_without_u",
            _backward(grad_gamma=lambda g, u: g.sum(dim=0)),
            "grad_gamma equals grad_beta. γ is multiplied by u in the forward pass, so its gradient is weighted by u.",
            0.5,
        ),
        Mistake(
            "parameters_averaged",
            _backward(grad_gamma=lambda g, u: (g * u).mean(dim=0), grad_beta=lambda g: g.mean(dim=0)),
            "The gradients of γ and β are sums over the batch; a mean, if there is one, is in the loss and so in "
            "grad_out already.",
            0.5,
        ),
        Mistake(
            "parameters_not_summed",
            _backward(grad_gamma=lambda g, u: g * u, grad_beta=lambda g: g),
            "γ and β serve every example, so their gradients are summed over the batch and have one entry a feature.",
            0.5,
        ),
        Mistake(
            "summed_over_features",
            _backward(grad_gamma=lambda g, u: (g * u).sum(dim=1), grad_beta=lambda g: g.sum(dim=1)),
            "The gradients of γ and β are summed over the features. Sum over the batch, the first axis.",
            0.5,
        ),
        Mistake(
            "order_exchanged",
            lambda grad_out, cache: (
                reference.batch_norm_backward(grad_out, cache)[0],
                *reference.batch_norm_backward(grad_out, cache)[:0:-1],
            ),
            "The gradients of γ and β have changed places: return grad_x, grad_gamma, grad_beta.",
            0.5,
        ),
        Mistake(
            "cache_overwritten",
            _backward(),
            "The formulas are right, the cache is not: it holds the output where u belongs. An operation in place "
            "(`*=`, `+=`) in batch_norm_train changes what was cached before it.",
            0.5,
            companions={"batch_norm_train": _train_overwriting_u},
        ),
        Mistake(
            "cache_scaled_in_place",
            _backward(),
            "The formulas are right, the cache is not: it holds γu where u belongs. `u *= gamma` in batch_norm_train "
            "changes what was cached before it.",
            0.5,
            companions={"batch_norm_train": _train_scaling_u_in_place},
        ),
        Mistake(
            "cache_holds_the_batch",
            _backward(),
            "x stands where the normalized u belongs. Either the cache holds the wrong one of the two, or the backward "
            "pass takes it for the other.",
            0.25,
            companions={"batch_norm_train": _train_keeping_the_batch_for_u},
        ),
    ],
)

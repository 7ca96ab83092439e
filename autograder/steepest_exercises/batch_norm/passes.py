"""Backward passes from their parts, and forward passes that keep other things, for `batch_norm_backward`."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from steepest_exercises.batch_norm import reference

Gradients = tuple[Tensor, Tensor, Tensor]
Backward = Callable[[Tensor, Any], Gradients]


def compact(grad_out: Tensor, cache: Any) -> Gradients:
    """The sound compact form, from the cache (u, 1/s, γ)."""
    u, scale, gamma = cache
    h = grad_out * gamma
    grad_x = scale * (h - h.mean(dim=0) - u * (h * u).mean(dim=0))
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


def backward(
    grad_x: Callable[[Tensor, Tensor, Tensor], Tensor] | None = None,
    grad_gamma: Callable[[Tensor, Tensor], Tensor] = lambda g, u: (g * u).sum(dim=0),
    grad_beta: Callable[[Tensor], Tensor] = lambda g: g.sum(dim=0),
) -> Backward:
    """A backward pass from its parts: grad_x(h, u, s) with h = γ·grad_out and s = 1/√(σ² + ε), and the other two."""
    made = grad_x or at_x

    def batch_norm_backward(grad_out: Tensor, cache: Any) -> Gradients:
        u, scale, gamma = cache
        return made(grad_out * gamma, u, scale), grad_gamma(grad_out, u), grad_beta(grad_out)

    return batch_norm_backward


def at_x(h: Tensor, u: Tensor, s: Tensor) -> Tensor:
    """The sound gradient at x."""
    return s * (h - h.mean(dim=0) - u * (h * u).mean(dim=0))


def bracket(inside: Callable[[Tensor, Tensor], Tensor]) -> Backward:
    """A backward pass whose grad_x is γ/s times what stands in the bracket, a function of grad_out and u."""

    def batch_norm_backward(grad_out: Tensor, cache: Any) -> Gradients:
        u, scale, gamma = cache
        return gamma * scale * inside(grad_out, u), (grad_out * u).sum(dim=0), grad_out.sum(dim=0)

    return batch_norm_backward


def with_gamma(grad_x: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]) -> Backward:
    """A backward pass whose grad_x(g, u, s, γ) is free in where γ stands; g is grad_out and s = 1/√(σ² + ε)."""

    def batch_norm_backward(grad_out: Tensor, cache: Any) -> Gradients:
        u, scale, gamma = cache
        return grad_x(grad_out, u, scale, gamma), (grad_out * u).sum(dim=0), grad_out.sum(dim=0)

    return batch_norm_backward


def for_gamma(grad_gamma: Callable[[Tensor, dict[str, Tensor]], Tensor]) -> Backward:
    """A backward pass that is sound but for grad_gamma(g, kept), with the cache of `keeping_all`."""

    def batch_norm_backward(grad_out: Tensor, cache: Any) -> Gradients:
        grad_x, _, grad_beta = compact(grad_out, (cache["u"], cache["scale"], cache["gamma"]))
        return grad_x, grad_gamma(grad_out, cache), grad_beta

    return batch_norm_backward


def of_h(*, gamma: bool = True, beta: bool = True) -> Backward:
    """The sound grad_x, and gradients of γ, β or both that are summed from γ·grad_out."""
    of_gamma, of_beta = gamma, beta

    def batch_norm_backward(grad_out: Tensor, cache: Any) -> Gradients:
        u, scale, gamma = cache
        h = grad_out * gamma
        for_gamma, for_beta = h if of_gamma else grad_out, h if of_beta else grad_out
        return at_x(h, u, scale), (for_gamma * u).sum(dim=0), for_beta.sum(dim=0)

    return batch_norm_backward


def staged(grad_out: Tensor, cache: Any) -> Gradients:
    """The derivation line by line with the term that is zero, as the lesson prints it."""
    centred, variance, gamma = cache["centred"], cache["variance"] + cache["eps"], cache["gamma"]
    size = len(centred)
    u = centred * variance**-0.5
    grad_u = grad_out * gamma
    grad_variance = (grad_u * centred * (-0.5) * variance**-1.5).sum(dim=0)
    grad_mean = (-grad_u * variance**-0.5).sum(dim=0) + grad_variance * (-2 * centred).sum(dim=0) / size
    grad_x = grad_u * variance**-0.5 + grad_variance * 2 * centred / size + grad_mean / size
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


def staged_without_eps(grad_out: Tensor, cache: Any) -> Gradients:
    """The same, with σ² for σ² + ε."""
    return staged(grad_out, {**cache, "eps": 0.0})


def as_derived(grad_out: Tensor, cache: Any) -> Gradients:
    """The three paths as the lesson ends them: −1/(2s²) Σ h u, −1/s Σ h, and their sum."""
    centred, variance, eps, gamma = (cache[name] for name in ("centred", "variance", "eps", "gamma"))
    s = torch.sqrt(variance + eps)
    u, size, h = centred / s, len(centred), gamma * grad_out
    grad_variance = -1 / (2 * s**2) * (h * u).sum(dim=0)
    grad_mean = -1 / s * h.sum(dim=0)
    grad_x = h / s + grad_variance * 2 * centred / size + grad_mean * 1 / size
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


def as_boxed(grad_out: Tensor, cache: Any) -> Gradients:
    """The first of the two boxed forms."""
    u, s, gamma, size = cache["u"], 1 / cache["scale"], cache["gamma"], len(cache["u"])
    h = gamma * grad_out
    grad_x = 1 / s * (h - 1 / size * h.sum(dim=0) - u * (1 / size) * (h * u).sum(dim=0))
    return grad_x, (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


def as_boxed_by_the_others(grad_out: Tensor, cache: Any) -> Gradients:
    """The second of the two boxed forms."""
    u, s, gamma, size = cache["u"], 1 / cache["scale"], cache["gamma"], len(cache["u"])
    grad_gamma, grad_beta = (grad_out * u).sum(dim=0), grad_out.sum(dim=0)
    return gamma / s * (grad_out - 1 / size * grad_beta - u / size * grad_gamma), grad_gamma, grad_beta


def by_the_jacobian(grad_out: Tensor, cache: Any) -> Gradients:
    """Column by column with the matrix of derivatives."""
    u, scale, gamma = cache
    size, columns = u.shape
    unit, ones = torch.eye(size).to(u), torch.ones(size, size).to(u)
    grads = [
        gamma[j] * scale[j] * (unit - (ones + torch.outer(u[:, j], u[:, j])) / size) @ grad_out[:, j]
        for j in range(columns)
    ]
    return torch.stack(grads, dim=1), (grad_out * u).sum(dim=0), grad_out.sum(dim=0)


def by_autograd(grad_out: Tensor, cache: Any) -> Any:
    """torch goes back through the forward pass, which is done once more."""
    x, gamma = (cache[name].detach().requires_grad_() for name in ("x", "gamma"))
    beta = torch.zeros_like(gamma).requires_grad_()
    with torch.enable_grad():
        centred = x - x.mean(dim=0)
        out = gamma * centred / torch.sqrt((centred**2).mean(dim=0) + cache["eps"]) + beta
    return torch.autograd.grad(out, (x, gamma, beta), grad_out)


def from_a_kept_graph(grad_out: Tensor, cache: Any) -> Any:
    """torch goes back through the forward pass that has been done, as often as it is asked."""
    out, leaves = cache
    return list(torch.autograd.grad(out, leaves, grad_out, retain_graph=True))


def from_names(grad_out: Tensor, cache: Any) -> Gradients:
    """The compact form, from a cache with names."""
    rest = grad_out - grad_out.mean(dim=0) - cache.u * (grad_out * cache.u).mean(dim=0)
    return cache.gamma / cache.deviation * rest, (grad_out * cache.u).sum(dim=0), grad_out.sum(dim=0)


def overwriting_u(grad_out: Tensor, cache: Any) -> Gradients:
    """The sound gradients, and a cache that has been changed on the way."""
    u, scale, gamma = cache
    grads = compact(grad_out, (u.clone(), scale, gamma))
    u *= gamma
    return grads


def from_the_last_pass(grad_out: Tensor, cache: Any) -> Gradients:
    """The sound gradients of what went forward last, whatever the cache."""
    return compact(grad_out, LAST["cache"])


def without_eps(grad_out: Tensor, cache: Any) -> Gradients:
    """s = √σ², and u by it."""
    scale = 1 / torch.sqrt(cache["variance"])
    return compact(grad_out, (cache["centred"] * scale, scale, cache["gamma"]))


def without_eps_in_front(grad_out: Tensor, cache: Any) -> Gradients:
    """s = √σ² in front of the bracket alone."""
    return compact(grad_out, (cache["u"], 1 / torch.sqrt(cache["variance"]), cache["gamma"]))


# --- what the forward pass keeps -------------------------------------------------


def keeping_all(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    """Everything, by name."""
    mean = x.mean(dim=0)
    variance = (x - mean).square().mean(dim=0)
    scale = 1 / torch.sqrt(variance + eps)
    u = (x - mean) * scale
    out = gamma * u + beta
    kept = {"x": x, "mean": mean, "centred": x - mean, "variance": variance, "eps": eps}
    return out, {**kept, "scale": scale, "u": u, "gamma": gamma, "out": out}


def keeping_names(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    """An object."""
    out, (u, scale, _) = reference.batch_norm_train(x, gamma, beta, eps=eps)
    return out, SimpleNamespace(u=u, deviation=1 / scale, gamma=gamma)


def keeping_a_function(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    """A function that goes back."""
    out, kept = reference.batch_norm_train(x, gamma, beta, eps=eps)
    return out, lambda grad_out: reference.batch_norm_backward(grad_out, kept)


def keeping_the_graph(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    """The output with torch's graph, and the leaves."""
    leaves = [value.detach().clone().requires_grad_() for value in (x, gamma, beta)]
    with torch.enable_grad():
        out = keeping_all(*leaves, eps=eps)[0]
    return out.detach(), (out, leaves)


def keeping_in_a_global(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    """A variable outside holds it, too."""
    out, LAST["cache"] = reference.batch_norm_train(x, gamma, beta, eps=eps)
    return out, LAST["cache"]


LAST: dict[str, Any] = {}


def keeping_the_batch_for_u(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
    """x where u belongs."""
    out, (_, scale, _) = reference.batch_norm_train(x, gamma, beta, eps=eps)
    return out, (x, scale, gamma)


def changing_u(change: Callable[[Tensor, Tensor, Tensor], Tensor]) -> Callable[..., Any]:
    """change(u, γ, β) gives the output and may change u, which is cached."""

    def batch_norm_train(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
        _, (u, scale, _) = reference.batch_norm_train(x, gamma, beta, eps=eps)
        cache = u, scale, gamma
        return change(u, gamma, beta), cache

    return batch_norm_train


def scaled_and_shifted_in_place(u: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """The output where u was."""
    u *= gamma
    u += beta
    return u


def scaled_in_place(u: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    """γu where u was."""
    u *= gamma
    return u + beta


def unbiased(x: Tensor) -> Tensor:
    """The variance that torch gives unless it is told otherwise, without its warning for one example."""
    return ((x - x.mean(dim=0)) ** 2).sum(dim=0) / (len(x) - 1)


def ahead(
    variance: Callable[[Tensor], Tensor] = lambda x: x.var(dim=0, correction=0),
    root: Callable[[Tensor, float], Tensor] = lambda v, eps: torch.sqrt(v + eps),
    out: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda u, gamma, beta: gamma * u + beta,
) -> Callable[..., Any]:
    """A forward pass from its parts, which keeps (u, 1/root, γ)."""

    def batch_norm_train(x: Tensor, gamma: Tensor, beta: Tensor, *, eps: float) -> Any:
        scale = 1 / root(variance(x), eps)
        u = (x - x.mean(dim=0)) * scale
        return out(u, gamma, beta), (u, scale, gamma)

    return batch_norm_train

"""References for `13_representations`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor
from torch.nn.functional import softplus

Encoder = Callable[[Tensor], Tensor]


def rbf_features(x: Tensor, centers: Tensor, widths: Tensor) -> Tensor:
    """(1, exp(−‖x − μⱼ‖²/2σⱼ²), …), a row for each example  (Broomhead & Lowe 1988)."""
    scaled = (x[:, None] - centers) / widths[:, None]
    bumps = scaled.square().sum(dim=2).div(-2).exp()
    return torch.nn.functional.pad(bumps, (1, 0), value=1.0)


def kmeans_plus_plus(x: Tensor, k: int, generator: Generator) -> Tensor:
    """Rows of x: the first uniform, each further one by its squared distance  (Arthur & Vassilvitskii 2007)."""
    odds = x.new_ones(len(x))
    chosen: list[Tensor] = []
    for _ in range(k):
        row = x[torch.multinomial(odds, 1, generator=generator)]
        squares = (x - row).square().sum(dim=1)
        odds = torch.minimum(odds, squares) if chosen else squares
        chosen.append(row)
    return torch.cat(chosen)


def cluster_widths(x: Tensor, centers: Tensor, *, floor: float) -> Tensor:
    """The σ of greatest likelihood of a round Gaussian at each centre, for the rows nearest to it."""
    squares = (x[:, None] - centers).square().sum(dim=2)
    own = torch.nn.functional.one_hot(squares.argmin(dim=1), len(centers)).to(x.dtype)
    variances = (own * squares).sum(dim=0) / own.sum(dim=0).clamp(min=1) / x.shape[1]
    return variances.sqrt().clamp(min=floor)


def fit_readout(features: Tensor, targets: Tensor, *, ridge: float) -> Tensor:
    """(ΦᵀΦ + ridge·I)⁻¹Φᵀy, by singular values: uᵢᵀy sᵢ/(sᵢ² + ridge) along vᵢ."""
    u, s, vh = torch.linalg.svd(features, full_matrices=False)
    shares = s / (s.square() + ridge)
    weights: Tensor = (vh.mT * shares) @ (u.mT @ targets)
    return weights


def rbf_gradients(
    x: Tensor, targets: Tensor, centers: Tensor, widths: Tensor, weights: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Gradients of the mean of (Φw − y)² by μ, σ and w."""
    apart = x[:, None] - centers
    squares = apart.square().sum(dim=2)
    features = rbf_features(x, centers, widths)
    errors = (2 / len(x)) * (features @ weights - targets)
    pulls = errors[:, None] * features[:, 1:] * weights[1:]
    grad_centers = torch.einsum("nk,nkd->kd", pulls, apart) / widths.square()[:, None]
    return grad_centers, (pulls * squares).sum(dim=0) / widths.pow(3), features.mT @ errors


def sparsity_penalty(codes: Tensor, *, rho: float) -> float:
    """Σⱼ KL(ρ‖ρ̂ⱼ) with the mean activity ρ̂ⱼ of each unit  (Ng 2011); plain, so that numbers and tensors pass."""
    mean = codes.mean(dim=0)
    own = torch.full_like(mean, rho)
    return float((torch.xlogy(own, own / mean) + torch.xlogy(1 - own, (1 - own) / (1 - mean))).sum())


def denoising_loss(reconstruct: Encoder, x: Tensor, noise: Tensor) -> float:
    """Mean over rows of ‖reconstruct(x + noise) − x‖²  (Vincent et al. 2008); plain, as above."""
    return float(torch.linalg.vector_norm(reconstruct(x + noise) - x, dim=1).square().mean())


def pretrain_stack(x: Tensor, sizes: Sequence[int], train_layer: Callable[[Tensor, int], Encoder]) -> list[Tensor]:
    """Codes of every layer, each layer trained on the codes of the one below  (Bengio et al. 2007)."""
    codes: list[Tensor] = []
    for size in sizes:
        below = codes[-1] if codes else x
        codes.append(train_layer(below, size)(below))
    return codes


def reparametrize(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """μ + σξ with σ² = exp(log_variance)  (Kingma & Welling 2014)."""
    return torch.addcmul(mean, log_variance.div(2).exp(), noise)


def vae_loss(x: Tensor, scores: Tensor, mean: Tensor, log_variance: Tensor) -> float:
    """Mean over rows of −log p(x | code) and KL(N(μ, σ²)‖N(0, 1))  (Kingma & Welling 2014, appendix B); plain."""
    bits = (softplus(scores) - x * scores).sum(dim=1)
    divergence = (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1) / 2
    return float((bits + divergence).mean())

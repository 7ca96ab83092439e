"""The autoencoders that `steepest.coders` hands out: trains them and writes `utils/steepest/coders.npz`.

It stands on this side since students are to write the loss of a variational autoencoder themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from steepest.coders import FILE, Coders, coder_digits, make_coders, train_coders
from torch import Generator, Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

PATH = Path(__file__).parents[2] / "utils" / "steepest" / FILE
KL_WEIGHTS = (0.0, 0.1, 0.3, 1.0, 3.0, 10.0)
SIZES = (64, 64, 2)
N_STEPS = {"plain": 4000, "variational": 6000}
N_PROBE = 20  # steps after which a test looks whether the recipe is still the one that was stored
SEED = 2


def squared_error(coders: Coders, x: Tensor, generator: Generator) -> Tensor:
    """Squared distance between a digit and its copy, averaged over rows and summed over nets."""
    return (coders.decode(coders.encode(x)) - x).square().sum(2).mean(1).sum()


def negative_bound(coders: Coders, x: Tensor, generator: Generator) -> Tensor:
    """Loss of the variational autoencoders, summed over nets: each has a KL weight and all have the same noise."""
    mean, log_variance = coders.encode(x).chunk(2, dim=2)
    noise = torch.randn(mean.shape[1:], generator=generator)
    scores = coders.decode(mean + (log_variance / 2).exp() * noise)
    bits = cross_entropy(scores, x.expand_as(scores), reduction="none").sum(2).mean(1)
    divergence = (log_variance.exp() + mean.square() - 1 - log_variance).sum(2).mean(1) / 2
    return (bits + torch.tensor(KL_WEIGHTS) * divergence).sum()


RECIPES: dict[str, tuple[int, int, Any]] = {  # how many, numbers for an entry of a code, loss
    "plain": (1, 1, squared_error),
    "variational": (len(KL_WEIGHTS), 2, negative_bound),
}


def train(kind: str, n_steps: int) -> Coders:
    """Take the first steps of a training, or all of them; the rate falls to 0 within them."""
    count, per_code, loss = RECIPES[kind]
    start = make_coders(SIZES, seeds=[SEED] * count, per_code=per_code)
    return train_coders(start, coder_digits()[0].x, loss, n_steps=n_steps, seed=SEED)


def losses(coders: Coders, kind: str) -> float:
    """Loss on the training digits, with noise of a fixed seed."""
    return float(RECIPES[kind][2](coders, coder_digits()[0].x, Generator().manual_seed(0)))


def arrays() -> dict[str, np.ndarray]:
    """What the file holds: all layers in float32, and the losses that a test compares."""
    found = {"kl_weights": np.array(KL_WEIGHTS)}
    for kind in RECIPES:
        trained = train(kind, N_STEPS[kind])
        for part, net in zip(trained._fields, trained, strict=True):
            for group in ("weights", "biases"):
                for number, layer in enumerate(getattr(net, group)):
                    found[f"{kind}/{part}/{group}/{number}"] = layer.numpy()
        found[f"{kind}/n_steps"] = np.array(N_STEPS[kind])
        found[f"{kind}/probe"] = np.array(losses(train(kind, N_PROBE), kind))
        found[f"{kind}/loss"] = np.array(losses(trained, kind))
        Console().print(f"{kind}: loss {found[f'{kind}/loss']:.4g}")
    return found


if __name__ == "__main__":
    found: dict[str, Any] = arrays()
    np.savez_compressed(PATH, **found)

"""Activation functions by name, for networks that a lesson or a check builds from bare weights."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["ACTIVATIONS", "activation", "scaled_tanh"]


def scaled_tanh(x: Tensor) -> Tensor:
    """LeCun's 1.7159 tanh(2x/3), which maps −1 to −1 and 1 to 1 (LeCun, Bottou, Orr and Müller 1998).

    Examples
    --------
    >>> scaled_tanh(torch.tensor([-1.0, 0.0, 1.0])).round(decimals=3)
    tensor([-1.,  0.,  1.])
    """
    return 1.7159 * torch.tanh(2 * x / 3)


ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "identity": lambda x: x,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "scaled tanh": scaled_tanh,
    "ReLU": torch.relu,
    "leaky ReLU": functional.leaky_relu,
    "ELU": functional.elu,
    "SELU": functional.selu,
    "GELU": functional.gelu,
    "SiLU": functional.silu,
    "softplus": functional.softplus,
    "Gaussian": lambda x: torch.exp(-x.square()),
}


def activation(name: str) -> Callable[[Tensor], Tensor]:
    """The activation function of this name; the leaky ReLU has slope 0.01 below zero, and ELU goes down to −1.

    Parameters
    ----------
    name : str
        A key of `ACTIVATIONS`.

    Raises
    ------
    ValueError
        If there is none.

    Examples
    --------
    >>> activation("ReLU")(torch.tensor([-1.0, 2.0]))
    tensor([0., 2.])
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"`name` must be one of {', '.join(ACTIVATIONS)}. Got {name!r}.")
    return ACTIVATIONS[name]

"""The steppers that nets are trained with: how the student's is called, and what in torch stands in for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from torch.optim.adadelta import adadelta
from torch.optim.adagrad import adagrad
from torch.optim.adam import adam
from torch.optim.adamax import adamax
from torch.optim.adamw import adamw
from torch.optim.nadam import nadam
from torch.optim.rmsprop import rmsprop
from torch.optim.rprop import rprop
from torch.optim.sgd import sgd

__all__ = ["METHODS", "ON_REQUEST", "Method"]


class Method(NamedTuple):
    """How a stepper is called.

    Attributes
    ----------
    exercise : str
        Name of the student's function.
    hyper : mapping
        What the student's function gets beside the rate.
    rule : callable
        What stands in for it: a function of `torch.optim`.
    memory : str
        What that remembers: z for zeros, r for the first rate, t and 1 for the numbers 0 and 1.
    settings : mapping
        What that gets beside the rate.
    """

    exercise: str
    hyper: Mapping[str, float]
    rule: Callable[..., None]
    memory: str
    settings: Mapping[str, Any]


_BETA, _RHO = {"beta": 0.9}, {"rho": 0.9, "eps": 1e-8}
_USUAL = {"rho1": 0.9, "rho2": 0.999, "eps": 1e-8}
_PLAIN = {"weight_decay": 0.0}
_SGD = {"weight_decay": 0.0, "momentum": 0.0, "dampening": 0.0, "nesterov": False, "maximize": False}
_ADAM = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "weight_decay": 0.0}
_SIGNS = {"step_size_min": 1e-6, "step_size_max": 50.0, "etaminus": 0.5, "etaplus": 1.2}

METHODS: Mapping[str, Method] = {
    "gradient descent": Method("gd_step", {}, sgd, "z", _SGD),
    "momentum 0.9": Method("momentum_step", _BETA, sgd, "z", _SGD | {"momentum": 0.9}),
    "Nesterov 0.9": Method("nesterov_step", _BETA, sgd, "z", _SGD | {"momentum": 0.9, "nesterov": True}),
    "Rprop": Method("rprop_step", {}, rprop, "zrt", _SIGNS),
    "AdaGrad": Method("adagrad_step", {"eps": 1e-8}, adagrad, "zt",
                      _PLAIN | {"lr_decay": 0.0, "eps": 1e-8, "maximize": False}),
    "RMSProp": Method("rmsprop_step", _RHO, rmsprop, "zzzt",
                      _PLAIN | {"alpha": 0.9, "eps": 1e-8, "momentum": 0.0, "centered": False}),
    "AdaDelta": Method("adadelta_step", {"rho": 0.9, "eps": 1e-6}, adadelta, "zzt",
                       _PLAIN | {"rho": 0.9, "eps": 1e-6, "maximize": False}),
    "Adam": Method("adam_step", _USUAL, adam, "zzzt", _ADAM | {"amsgrad": False, "maximize": False}),
    "AdaMax": Method("adamax_step", _USUAL, adamax, "zzt", _ADAM),
    "Nadam": Method("nadam_step", _USUAL, nadam, "zz1t", _ADAM | {"momentum_decay": 4e-3}),
    "AdamW": Method("adamw_step", _USUAL | {"decay": 0.01}, adamw, "zzzt",
                    _ADAM | {"weight_decay": 0.01, "amsgrad": False, "maximize": False}),
    # torch has neither of these; where they are not written yet, plain descent takes their place
    "delta-bar-delta": Method("delta_bar_delta_step", {"kappa": 0.001, "phi": 0.3, "beta": 0.7}, sgd, "z", _SGD),
    "Quickprop": Method("quickprop_step", {}, sgd, "z", _SGD),
}  # fmt: skip
"""All steppers, by the name they are shown with."""

ON_REQUEST = ("AdamW", "delta-bar-delta", "Quickprop")
"""Those that can be chosen only where they are handed in."""

"""Exercise `activation_slope` of `08_backpropagation`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch
from steepest.activations import activation
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises.backpropagation import reference
from steepest_exercises.backpropagation.reference import SELU_ALPHA, SELU_SCALE
from steepest_exercises.inputs import uniform

Slope = Callable[[Tensor], Tensor]
Slopes = Callable[[str, Tensor], Tensor]
FAR = 0.25  # what it costs in all to fail where |x| is large
SINGLE = ("tanh", "ELU", "SiLU")
SLACK = {"SELU": 10.0}  # as constants are printed with eight digits


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    def case(name: str, kind: str, x: Tensor, corner: float = 0.0, slack: float = 1.0) -> Case:
        inputs = {"args": [kind, x], "kwargs": {}, "outputs": ["the slope"]}
        return Case(name, inputs, corner=corner, slack=slack)

    def near(*shape: int) -> Tensor:
        """Of both signs, half and half, away from kinks."""
        sign = torch.from_numpy(rng.permutation(np.resize([-1.0, 1.0], math.prod(shape))).reshape(shape))
        return sign * uniform(rng, 0.15, 3.0, *shape)

    def far(dtype: torch.dtype) -> Tensor:
        sizes = torch.cat([uniform(rng, 5e3, 1e4, 2), uniform(rng, 800, 2000, 2), uniform(rng, 90, 200, 2)])
        return torch.cat([sizes, -sizes, near(4)]).to(dtype)

    cases = []
    for kind in reference.SLOPES:
        dtype = torch.float32 if kind in SINGLE else torch.float64
        other = torch.float64 if kind in SINGLE else torch.float32
        shape = (3, 5) if kind in SINGLE else (14,)
        cases.append(case(kind, kind, near(*shape).to(dtype), slack=SLACK.get(kind, 1.0)))
        cases.append(case(f"{kind}, up to ±10 000", kind, far(other), FAR, SLACK.get(kind, 1.0)))
    return cases


def _with(changed: Mapping[str, Slope]) -> Slopes:
    """The slopes, with other formulas for some of the names."""
    return lambda name, x: {**reference.SLOPES, **changed}[name](x)


def _sigmoid(x: Tensor) -> Tensor:
    return 1 / (1 + torch.exp(-x))


def _density(x: Tensor) -> Tensor:
    return torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def _cumulative(x: Tensor) -> Tensor:
    return 0.5 * (1 + torch.erf(x / math.sqrt(2)))


def _elu(x: Tensor) -> Tensor:
    return torch.where(x > 0, 1.0, torch.exp(x.clamp(max=0))).to(x)


def _written_out(name: str, x: Tensor) -> Tensor:
    """With a branch for each name, and by way of the values."""
    s = _sigmoid(x)
    if name == "sigmoid":
        return s * (1 - s)
    if name == "tanh":
        return 1 / torch.cosh(x) ** 2
    if name in ("ReLU", "leaky ReLU"):
        return torch.where(x > 0, torch.ones_like(x), torch.full_like(x, 0.01 if name == "leaky ReLU" else 0.0))
    if name in ("ELU", "SELU"):
        scale, alpha = (SELU_SCALE, SELU_ALPHA) if name == "SELU" else (1.0, 1.0)
        value = torch.where(x > 0, scale * x, scale * alpha * torch.expm1(x.clamp(max=0)))
        return torch.where(x > 0, torch.full_like(x, scale), value + scale * alpha)
    if name == "GELU":
        return _cumulative(x) + x * _density(x)
    if name == "SiLU":
        return x * s + s * (1 - x * s)
    return s if name == "softplus" else -2 * x / torch.exp(x**2)


def _of_the_value(name: str, x: Tensor) -> Tensor:
    return _derivative(activation(name), x)


ROOT = math.sqrt(2 / math.pi)


def _gelu_tanh(x: Tensor) -> Tensor:
    return torch.tanh(ROOT * (x + 0.044715 * x**3))


def _gelu_with(inner: Callable[[Tensor], Tensor | float]) -> Slope:
    """The slope of GELU's approximation, with an inner derivative of one's own."""
    return lambda x: 0.5 * (1 + _gelu_tanh(x)) + 0.5 * x * (1 - _gelu_tanh(x) ** 2) * inner(x)


def _gelu_by_tanh(x: Tensor) -> Tensor:
    """The slope of ½x(1 + tanh(√(2/π)(x + 0.044715x³)))  (Hendrycks & Gimpel 2016, section 2)."""
    return _gelu_with(lambda x: ROOT * (1 + 3 * 0.044715 * x**2))(x)


def _selu_rounded(x: Tensor) -> Tensor:
    return 1.0507 * torch.where(x > 0, 1.0, 1.67326 * torch.exp(x.clamp(max=0))).to(x)


def _wide_gaussian(x: Tensor) -> Tensor:
    return -x * torch.exp(-(x**2) / 2)


def _selu(above: float, below: float) -> Slope:
    return lambda x: torch.where(x > 0, above, below * torch.exp(x.clamp(max=0))).to(x)


def _masked_elu(x: Tensor) -> Tensor:
    return (x > 0).to(x) + (x <= 0).to(x) * torch.exp(x)


def _masked_selu(x: Tensor) -> Tensor:
    return SELU_SCALE * ((x > 0).to(x) + (x <= 0).to(x) * SELU_ALPHA * torch.exp(x))


def _elu_through_where(x: Tensor) -> Tensor:
    """autograd multiplies the branch that is not taken by 0, and 0 · inf is nan."""
    return _derivative(lambda leaf: torch.where(leaf > 0, leaf, torch.exp(leaf) - 1), x)


def _quotient_sigmoid(x: Tensor) -> Tensor:
    return torch.exp(x) / (1 + torch.exp(x))


def _quotient_tanh(x: Tensor) -> Tensor:
    return 1 - ((torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x))) ** 2


def _quotient_slope(x: Tensor) -> Tensor:
    return torch.exp(-x) / (1 + torch.exp(-x)) ** 2


def _by_differences(step: float, *, two_sided: bool) -> Slopes:
    """Differences of the activation over a step."""

    def slope(name: str, x: Tensor) -> Tensor:
        function = VALUES[name]
        if two_sided:
            return (function(x + step) - function(x - step)) / (2 * step)
        return (function(x + step) - function(x)) / step

    return slope


def _derivative(function: Slope, x: Tensor) -> Tensor:
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        total = function(leaf).sum()
        return torch.autograd.grad(total, leaf)[0] if total.requires_grad else torch.zeros_like(x)


GELU_TANH = (
    "GELU is ½x(1 + tanh(√(2/π)(x + 0.044715x³))) in the place of xΦ(x), whose slope differs by less than 0.001."
)
SELU_FIVE = "SELU's constants are rounded to 1.0507 and 1.67326."
GAUSSIAN_HALF = "The Gaussian is e^(−x²/2) in the place of e^(−x²)."
VALUES: Mapping[str, Slope] = {name: activation(name) for name in reference.SLOPES}

ACTIVATION_SLOPE = Exercise(
    id="activation_slope",
    reference=reference.activation_slope,
    cases=_cases,
    points=4,
    accepted=[
        Accepted("written_out", _written_out),
        Accepted("table_of_formulas", _with({"sigmoid": lambda x: _sigmoid(x) - _sigmoid(x) ** 2, "ELU": _elu})),
        Accepted(
            "by_way_of_tanh",
            _with(
                {
                    "sigmoid": lambda x: (1 - torch.tanh(x / 2) ** 2) / 4,
                    "softplus": lambda x: (1 + torch.tanh(x / 2)) / 2,
                    "GELU": lambda x: _cumulative(x) + x * _density(x),
                }
            ),
        ),
        Accepted("by_autograd", _of_the_value, library=True),
        Accepted("gelu_by_tanh", _with({"GELU": _gelu_by_tanh}), GELU_TANH),
        Accepted("selu_rounded", _with({"SELU": _selu_rounded}), SELU_FIVE),
        Accepted("gaussian_with_half", _with({"Gaussian": _wide_gaussian}), GAUSSIAN_HALF),
        Accepted(
            "gelu_by_tanh_and_selu_rounded",
            _with({"GELU": _gelu_by_tanh, "SELU": _selu_rounded}),
            f"{GELU_TANH} {SELU_FIVE}",
        ),
        Accepted(
            "gelu_by_tanh_and_gaussian_with_half",
            _with({"GELU": _gelu_by_tanh, "Gaussian": _wide_gaussian}),
            f"{GELU_TANH} {GAUSSIAN_HALF}",
        ),
        Accepted(
            "selu_rounded_and_gaussian_with_half",
            _with({"SELU": _selu_rounded, "Gaussian": _wide_gaussian}),
            f"{SELU_FIVE} {GAUSSIAN_HALF}",
        ),
        Accepted(
            "all_three_conventions",
            _with({"GELU": _gelu_by_tanh, "SELU": _selu_rounded, "Gaussian": _wide_gaussian}),
            f"{GELU_TANH} {SELU_FIVE} {GAUSSIAN_HALF}",
        ),
    ],
    mistakes=[
        Mistake(
            "values_returned",
            lambda name, x: VALUES[name](x),
            "These are the activations themselves. How fast each of them changes is asked for: its derivative.",
        ),
        Mistake(
            "one_formula_for_all",
            lambda name, x: reference.SLOPES["sigmoid"](x),
            "The name has no part in the result: one formula serves all. Does an `if` return too early, or compare a "
            "name that does not exist?",
            forms=[
                lambda name, x: reference.SLOPES["tanh"](x),
                lambda name, x: reference.SLOPES["ReLU"](x),
                lambda name, x: reference.SLOPES["Gaussian"](x),
            ],
        ),
        Mistake(
            "x_for_the_value",
            _with({"sigmoid": lambda x: x * (1 - x)}),
            "σ(1 − σ) and 1 − tanh² are taken of x, where they hold for the value: compute σ(x) or tanh(x) first. "
            "The shortcut x(1 − x) is right only for who has stored the output.",
            0.5,
            forms=[
                _with({"tanh": lambda x: 1 - x**2}),
                _with({"sigmoid": lambda x: x * (1 - x), "tanh": lambda x: 1 - x**2}),
                _with({"SiLU": lambda x: _sigmoid(x) + x * x * (1 - x)}),
            ],
        ),
        Mistake(
            "sigmoid_without_its_complement",
            _with({"sigmoid": _sigmoid}),
            "The sigmoid's slope is σ(1 − σ). A factor is missing here, or a square stands in its place.",
            0.5,
            forms=[
                _with({"sigmoid": lambda x: 1 - _sigmoid(x)}),
                _with({"sigmoid": lambda x: _sigmoid(x) ** 2}),
                _with({"sigmoid": lambda x: _sigmoid(x) * (1 + _sigmoid(x))}),
                _with({"sigmoid": lambda x: 1 - _sigmoid(x) ** 2}),
            ],
        ),
        Mistake(
            "tanh_unsquared",
            _with({"tanh": lambda x: 1 - torch.tanh(x)}),
            "tanh's slope is 1 − tanh²(x). At 0 it is 1, and it falls to both sides alike.",
            0.5,
            forms=[
                _with({"tanh": lambda x: 1 - torch.tanh(x).abs()}),
                _with({"tanh": lambda x: torch.tanh(x) * (1 - torch.tanh(x))}),
                _with({"tanh": lambda x: 1 - torch.tanh(x**2)}),
                _with({"tanh": lambda x: 1 + torch.tanh(x) ** 2}),
            ],
        ),
        Mistake(
            "relu_of_x",
            _with({"ReLU": torch.relu}),
            "This is a ReLU's value. Its slope is 1 wherever x is positive, however large x may be.",
            0.5,
            forms=[
                _with({"leaky ReLU": VALUES["leaky ReLU"]}),
                _with({"ReLU": torch.relu, "leaky ReLU": VALUES["leaky ReLU"]}),
            ],
        ),
        Mistake(
            "relu_everywhere_one",
            _with({"ReLU": torch.ones_like}),
            "A ReLU's slope is 0 below zero: there the output does not move at all.",
            0.5,
            forms=[
                _with({"ReLU": torch.sign}),
                _with({"ReLU": lambda x: torch.where(x > 0, 1.0, 0.01).to(x)}),
            ],
        ),
        Mistake(
            "leaky_zero",
            _with({"leaky ReLU": lambda x: (x > 0).to(x)}),
            "Below zero a leaky ReLU still has a slope, 0.01, which is what it is made for.",
            0.5,
        ),
        Mistake(
            "another_leak",
            _with({"leaky ReLU": lambda x: torch.where(x > 0, 1.0, 0.1).to(x)}),
            "The slope below zero is not 0.01, or depends on x.",
            0.5,
            forms=[
                _with({"leaky ReLU": lambda x: torch.where(x > 0, 1.0, 0.2).to(x)}),
                _with({"leaky ReLU": lambda x: torch.where(x > 0, 1.0, 0.001).to(x)}),
                _with({"leaky ReLU": lambda x: torch.where(x > 0, 1.0, -0.01).to(x)}),
                _with({"leaky ReLU": lambda x: torch.where(x > 0, 1.0, 0.01 * x).to(x)}),
            ],
        ),
        Mistake(
            "elu_value",
            _with({"ELU": lambda x: torch.where(x > 0, 1.0, torch.expm1(x.clamp(max=0))).to(x)}),
            "Below zero this is the value, e^x − 1, and not the slope. The constant −1 has no slope: e^x is left.",
            0.5,
            forms=[
                _with({"SELU": lambda x: SELU_SCALE * torch.where(x > 0, 1.0, SELU_ALPHA * torch.expm1(x))}),
                _with(
                    {
                        "ELU": lambda x: torch.where(x > 0, 1.0, torch.expm1(x)).to(x),
                        "SELU": lambda x: SELU_SCALE * torch.where(x > 0, 1.0, SELU_ALPHA * torch.expm1(x)),
                    }
                ),
                _with({"ELU": lambda x: torch.where(x > 0, x, torch.exp(x.clamp(max=0)))}),
            ],
        ),
        Mistake(
            "elu_exponent",
            _with({"ELU": lambda x: torch.where(x > 0, 1.0, torch.exp(-x)).to(x)}),
            "Below zero ELU's slope falls towards 0 as x falls: e^x, with its own sign.",
            0.5,
            forms=[
                _with({"ELU": lambda x: torch.where(x > 0, 1.0, x * torch.exp(x)).to(x)}),
            ],
        ),
        Mistake(
            "branches_exchanged",
            _with({"ReLU": lambda x: (x < 0).to(x), "leaky ReLU": lambda x: torch.where(x < 0, 1.0, 0.01).to(x)}),
            "The branches are the wrong way round: the slope of ReLU and leaky ReLU is 1 where x is positive.",
            0.5,
            forms=[
                _with({"ReLU": lambda x: (x < 0).to(x)}),
                _with({"leaky ReLU": lambda x: torch.where(x < 0, 1.0, 0.01).to(x)}),
            ],
        ),
        Mistake(
            "sign_below_zero",
            _with({"ELU": lambda x: x.sign() * _elu(x), "SELU": lambda x: x.sign() * reference.SLOPES["SELU"](x)}),
            "Below zero the slope of ELU and SELU has a minus sign. e^x − 1 grows there too: its slope is e^x, times "
            "λα for SELU.",
            0.5,
            forms=[
                _with({"ELU": lambda x: x.sign() * _elu(x)}),
                _with({"SELU": lambda x: x.sign() * reference.SLOPES["SELU"](x)}),
            ],
        ),
        Mistake(
            "elu_inf",
            _with({"ELU": _masked_elu}),
            "Right for small x, but nan where x is large: e^x overflows in the branch that is not used, and 0 · inf is "
            "nan. Clamp x at 0 before the exponential.",
            0.75,
            forms=[
                _with({"SELU": _masked_selu}),
                _with({"ELU": _masked_elu, "SELU": _masked_selu}),
                _with({"ELU": _elu_through_where}),
            ],
        ),
        Mistake(
            "overflows",
            _with({"tanh": _quotient_tanh}),
            "Right for small x, but nan where |x| is large: a quotient of exponentials becomes inf/inf. Use "
            "torch.sigmoid and torch.tanh.",
            0.75,
            forms=[
                _with({"softplus": _quotient_sigmoid}),
                _with({"sigmoid": _quotient_slope}),
                _with({"sigmoid": lambda x: _quotient_sigmoid(x) * (1 - _quotient_sigmoid(x))}),
                _with(
                    {
                        "sigmoid": lambda x: _quotient_sigmoid(x) * (1 - _quotient_sigmoid(x)),
                        "softplus": _quotient_sigmoid,
                        "SiLU": lambda x: _quotient_sigmoid(x) * (1 + x * (1 - _quotient_sigmoid(x))),
                    }
                ),
                _with(
                    {
                        "sigmoid": lambda x: _quotient_sigmoid(x) * (1 - _quotient_sigmoid(x)),
                        "tanh": _quotient_tanh,
                        "softplus": _quotient_sigmoid,
                        "SiLU": lambda x: _quotient_sigmoid(x) * (1 + x * (1 - _quotient_sigmoid(x))),
                    }
                ),
            ],
        ),
        Mistake(
            "selu_scale_once",
            _with({"SELU": _selu(1.0, SELU_SCALE * SELU_ALPHA)}),
            "SELU is scaled by λ = 1.0507… on both sides: λ above zero, λα e^x below it.",
            0.5,
            forms=[_with({"SELU": _selu(SELU_SCALE, SELU_ALPHA)}), _with({"SELU": _selu(1.0, SELU_ALPHA)})],
        ),
        Mistake(
            "selu_without_alpha",
            _with({"SELU": _selu(SELU_SCALE, SELU_SCALE)}),
            "SELU's α = 1.67326… belongs below zero, beside λ = 1.0507…: here it is missing, or stands where λ stands "
            "alone.",
            0.5,
            forms=[
                _with({"SELU": _selu(SELU_SCALE * SELU_ALPHA, SELU_SCALE * SELU_ALPHA)}),
                _with({"SELU": _selu(SELU_ALPHA, SELU_ALPHA)}),
                _with({"SELU": _selu(1.0, 1.0)}),
                _with({"SELU": _selu(SELU_ALPHA, SELU_SCALE)}),
                _with({"SELU": _selu(SELU_ALPHA, SELU_SCALE * SELU_ALPHA)}),
            ],
        ),
        Mistake(
            "gelu_phi_only",
            _with({"GELU": _cumulative}),
            "GELU is a product, xΦ(x), and so its slope has two terms: Φ(x) + x φ(x). One of them is missing.",
            0.5,
            forms=[
                _with({"GELU": _density}),
                _with({"GELU": lambda x: x * _density(x)}),
                _with({"GELU": lambda x: _cumulative(x) + _density(x)}),
            ],
        ),
        Mistake(
            "gelu_density",
            _with({"GELU": lambda x: _cumulative(x) + x * torch.exp(-(x**2) / 2)}),
            "The normal density in GELU's slope is e^(−x²/2)/√(2π), with the ½ in the exponent and the factor in "
            "front.",
            0.5,
            forms=[
                _with({"GELU": lambda x: _cumulative(x) + x * torch.exp(-(x**2)) / math.sqrt(2 * math.pi)}),
                _with({"GELU": lambda x: _cumulative(x) - x * _density(x)}),
                _with({"GELU": lambda x: _cumulative(x) + x * torch.exp(-(x**2)) / math.sqrt(math.pi)}),
                _with({"GELU": lambda x: _cumulative(x) + x * torch.exp(-(x**2) / 2) / (2 * math.pi)}),
                _with({"GELU": lambda x: _cumulative(x) + x * torch.exp(-(x**2) / 2) / math.sqrt(math.pi)}),
                _with({"GELU": lambda x: _cumulative(x) + x * torch.exp(-(x**2) / 2) / math.sqrt(2)}),
                _with({"GELU": lambda x: _cumulative(x) + x * torch.exp(-(x**2) / 2) * math.sqrt(2 / math.pi)}),
            ],
        ),
        Mistake(
            "gelu_by_sigmoid",
            _with({"GELU": lambda x: _sigmoid(1.702 * x) * (1 + 1.702 * x * (1 - _sigmoid(1.702 * x)))}),
            "This is the slope of xσ(1.702x), which is near GELU but not near enough: it is off by two hundredths. Φ "
            "is the normal distribution function, ½(1 + erf(x/√2)).",
            0.5,
        ),
        Mistake(
            "gelu_distribution",
            _with({"GELU": lambda x: 0.5 * (1 + torch.erf(x)) + x * _density(x)}),
            "Φ in GELU's slope is another function. The normal distribution function is ½(1 + erf(x/√2)): x is divided "
            "by √2 within erf, and erf lies between −1 and 1.",
            0.5,
            forms=[
                _with({"GELU": lambda x: 0.5 * (1 + torch.erf(x)) + x * torch.exp(-(x**2)) / math.sqrt(math.pi)}),
                _with({"GELU": lambda x: 0.5 * (1 + torch.erf(x / 2)) + x * _density(x)}),
                _with({"GELU": lambda x: 0.5 * (1 + torch.erf(x * math.sqrt(2))) + x * _density(x)}),
                _with({"GELU": lambda x: torch.erf(x / math.sqrt(2)) + x * _density(x)}),
                _with({"GELU": lambda x: 0.5 * torch.erf(x / math.sqrt(2)) + x * _density(x)}),
                _with({"GELU": lambda x: 1 + torch.erf(x / math.sqrt(2)) + x * _density(x)}),
                _with({"GELU": lambda x: _sigmoid(x) + x * _density(x)}),
            ],
        ),
        Mistake(
            "gelu_inner_slope",
            _with({"GELU": _gelu_with(torch.ones_like)}),
            "The inner derivative of GELU's approximation is missing or is another one: behind 1 − tanh² comes "
            "√(2/π)(1 + 3 · 0.044715 x²).",
            0.5,
            forms=[
                _with({"GELU": _gelu_with(lambda x: ROOT)}),
                _with({"GELU": _gelu_with(lambda x: 1 + 3 * 0.044715 * x**2)}),
                _with({"GELU": _gelu_with(lambda x: ROOT * (1 + 0.044715 * x**2))}),
                _with({"GELU": _gelu_with(lambda x: ROOT * (1 + 3 * 0.044715 * x))}),
            ],
        ),
        Mistake(
            "silu_sigmoid",
            _with({"SiLU": _sigmoid}),
            "SiLU is a product, xσ(x), and so its slope has two terms: σ(x) + xσ(x)(1 − σ(x)). One of them is missing, "
            "or is another one.",
            0.5,
            forms=[
                _with({"SiLU": lambda x: 1 + x * _sigmoid(x) * (1 - _sigmoid(x))}),
                _with({"SiLU": lambda x: x + _sigmoid(x) * (1 - _sigmoid(x))}),
                _with({"SiLU": lambda x: _sigmoid(x) + x * _sigmoid(x) * (1 + _sigmoid(x))}),
                _with({"SiLU": lambda x: x + x * _sigmoid(x) * (1 - _sigmoid(x))}),
                _with({"SiLU": lambda x: x * _sigmoid(x) + x * _sigmoid(x) * (1 - _sigmoid(x))}),
                _with({"SiLU": lambda x: x * _sigmoid(x) + _sigmoid(x) * (1 - _sigmoid(x))}),
                _with({"SiLU": lambda x: x * _sigmoid(x) * (1 - x * _sigmoid(x))}),
                _with({"SiLU": lambda x: x * _sigmoid(x) * (1 - _sigmoid(x))}),
                _with({"SiLU": lambda x: _sigmoid(x) * (1 - _sigmoid(x))}),
                _with({"SiLU": lambda x: _sigmoid(x) + _sigmoid(x) * (1 - _sigmoid(x))}),
                _with({"SiLU": lambda x: _sigmoid(x) + x * (1 - _sigmoid(x))}),
                _with({"SiLU": lambda x: _sigmoid(x) - x * _sigmoid(x) * (1 - _sigmoid(x))}),
                _with({"SiLU": lambda x: _sigmoid(x) + x * _sigmoid(x)}),
            ],
        ),
        Mistake(
            "softplus_one",
            _with({"softplus": lambda x: _sigmoid(-x)}),
            "Softplus is log(1 + e^x). The derivative of the logarithm is 1/(1 + e^x), and the inner one e^x comes to "
            "it: together σ(x).",
            0.5,
            forms=[
                _with({"softplus": lambda x: (x > 0).to(x)}),
                _with({"softplus": lambda x: _sigmoid(x) * (1 - _sigmoid(x))}),
                _with({"softplus": torch.nn.functional.softplus}),
                _with({"softplus": torch.ones_like}),
            ],
        ),
        Mistake(
            "gaussian_sign",
            _with({"Gaussian": lambda x: 2 * x * torch.exp(-(x**2))}),
            "The sign is reversed: the bell falls to the right of 0, where its slope is negative.",
            0.5,
            forms=[_with({"Gaussian": lambda x: x * torch.exp(-(x**2) / 2)})],
        ),
        Mistake(
            "gaussian_inner",
            _with({"Gaussian": lambda x: torch.exp(-(x**2))}),
            "The inner derivative of e^(−x²), which is −2x, is missing or is another one.",
            0.5,
            forms=[
                _with({"Gaussian": lambda x: -x * torch.exp(-(x**2))}),
                _with({"Gaussian": lambda x: -2 * torch.exp(-(x**2))}),
                _with({"Gaussian": lambda x: -(x**2) * torch.exp(-(x**2))}),
                _with({"Gaussian": lambda x: -torch.exp(-(x**2))}),
                _with({"Gaussian": lambda x: -2 * x**2 * torch.exp(-(x**2))}),
                _with({"Gaussian": lambda x: -2 * x - torch.exp(-(x**2))}),
                _with({"Gaussian": lambda x: -2 * x}),
            ],
        ),
        Mistake(
            "names_exchanged",
            _with({"ELU": reference.SLOPES["SELU"], "SELU": reference.SLOPES["ELU"]}),
            "Two names have changed places: each formula belongs to another activation.",
            0.5,
            forms=[
                _with({"GELU": reference.SLOPES["SiLU"], "SiLU": reference.SLOPES["GELU"]}),
                _with({"ReLU": reference.SLOPES["leaky ReLU"], "leaky ReLU": reference.SLOPES["ReLU"]}),
                _with({"sigmoid": reference.SLOPES["tanh"], "tanh": reference.SLOPES["sigmoid"]}),
                _with({"sigmoid": reference.SLOPES["softplus"], "softplus": reference.SLOPES["sigmoid"]}),
            ],
        ),
        Mistake(
            "slopes_added",
            lambda name, x: reference.activation_slope(name, x).sum(),
            "The slopes are added or averaged to one number. Every entry of x has a slope of its own.",
            0.25,
            forms=[lambda name, x: reference.activation_slope(name, x).mean()],
        ),
        Mistake(
            "second_derivative",
            lambda name, x: _derivative(reference.SLOPES[name], x),
            "This is the derivative of the slope. One derivative is enough.",
        ),
        Mistake(
            "inverse",
            lambda name, x: 1 / reference.activation_slope(name, x),
            "This is one over the slope, the slope of the inverse function.",
            0.25,
        ),
        Mistake(
            "gaussian_exponent",
            _with({"Gaussian": lambda x: -2 * x * torch.exp(-(x**2) / 2)}),
            "The Gaussian stays as it is in its slope, with the exponent −x² behind −2x (or −x²/2 behind −x). Its "
            "sign, its square or its ½ is another one here.",
            0.5,
            forms=[
                _with({"Gaussian": lambda x: -2 * x * torch.exp(-x)}),
                _with({"Gaussian": lambda x: -2 * x * torch.exp(x**2)}),
                _with({"Gaussian": lambda x: -2 * x * torch.exp(-2 * x)}),
                _with({"Gaussian": lambda x: -2 * x * torch.exp(-x.abs())}),
                _with({"Gaussian": lambda x: torch.exp(-2 * x)}),
            ],
        ),
        Mistake(
            "one_branch_alone",
            _with({"ELU": lambda x: (x > 0).to(x)}),
            "One branch of ELU or SELU serves both sides, or the other is 0. Above zero the slope of ELU is 1 and that "
            "of SELU λ; below it e^x, and λα e^x.",
            0.5,
            forms=[
                _with({"ELU": torch.exp}),
                _with({"ELU": torch.ones_like}),
                _with({"ELU": lambda x: torch.where(x > 0, 0.0, torch.exp(x.clamp(max=0))).to(x)}),
                _with({"SELU": lambda x: SELU_SCALE * (x > 0).to(x)}),
                _with({"SELU": lambda x: SELU_SCALE * SELU_ALPHA * torch.exp(x)}),
                _with({"SELU": lambda x: torch.full_like(x, SELU_SCALE)}),
                _with({"ELU": lambda x: (x > 0).to(x), "SELU": lambda x: SELU_SCALE * (x > 0).to(x)}),
            ],
        ),
        Mistake(
            "selu_constants",
            _with({"SELU": _selu(1.05, 1.05 * 1.67)}),
            "SELU's constants have too few digits, or are others: λ = 1.0507… and α = 1.67326….",
            0.5,
            forms=[
                _with({"SELU": _selu(1.051, 1.051 * 1.673)}),
                _with({"SELU": _selu(1.05, 1.05 * 1.673)}),
                _with({"SELU": _selu(1.0507, 1.0507 * 1.673)}),
                _with({"SELU": _selu(1.05, 1.05 * 1.6733)}),
                _with({"SELU": _selu(1.0507, 1.0507 * 1.6733)}),
            ],
        ),
        Mistake(
            "one_value_returned",
            _with({"SiLU": VALUES["SiLU"]}),
            "For one of the names this is the activation itself. Its slope is asked for there too.",
            0.5,
            forms=[
                _with({"tanh": VALUES["tanh"]}),
                _with({"ELU": VALUES["ELU"]}),
                _with({"SELU": VALUES["SELU"]}),
                _with({"GELU": VALUES["GELU"]}),
                _with({"GELU": VALUES["GELU"], "SiLU": VALUES["SiLU"]}),
            ],
        ),
        Mistake(
            "differences",
            _by_differences(1e-3, two_sided=False),
            "These are differences of the activation over a small step, right to a few digits, and in float32 to fewer "
            "still. Each of the ten has a formula for its slope.",
            0.25,
            forms=[
                _by_differences(1e-2, two_sided=False),
                _by_differences(1e-4, two_sided=False),
                _by_differences(1e-5, two_sided=False),
                _by_differences(1e-6, two_sided=False),
                _by_differences(1e-2, two_sided=True),
                _by_differences(1e-3, two_sided=True),
            ],
        ),
    ],
    equivalent={
        "None of the names that are left comes before this one, or none behind it.": [
            "if name >= 'tanh':",
            "if name <= 'ELU':",
            "if name <= 'GELU':",
            "if name >= 'softplus':",
        ],
        "At a kink nothing is asked.": [
            "return (x >= 0).to(x)",
            "return torch.where(x >= 0, 1.0, 0.01).to(x)",
            "return torch.where(x >= 0, 1.0, e)",
            "return 1.0507009873554805 * torch.where(x >= 0, 1.0, 1.6732632423543772 * e)",
        ],
    },
)

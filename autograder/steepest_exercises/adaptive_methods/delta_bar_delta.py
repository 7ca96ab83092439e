"""Exercise `delta_bar_delta_step` of `06_adaptive_methods`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake
from torch import Tensor

from steepest_exercises import inputs
from steepest_exercises.adaptive_methods import cases as shared
from steepest_exercises.adaptive_methods import reference

Rule = Callable[[Tensor, Tensor, Tensor, float, float], Tensor]


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    usual = {"kappa": 0.05, "phi": 0.3, "beta": 0.7}
    start = {"rate": lambda rng, *shape: torch.full(shape, 0.5, dtype=torch.float64), "bar": inputs.zeros}
    changing = [{"kappa": 0.2, "phi": 0.1, "beta": 0.5}, {"kappa": 0.01, "phi": 0.6, "beta": 0.9}, usual]
    silent = torch.tensor([1.0, 0.0, 1.0, 0.0], dtype=torch.float64)

    def case(name: str, *what: Any, **form: Any) -> Case:
        # a number times a mask is a float32 tensor, and may be
        return inputs.stepper_case(rng, name, start, *what, slack=10, **form)

    return [
        case("a single step", [usual]),
        case("from the start", [usual] * 4),
        case("a run of 6 steps", [usual] * 6, shape=(6,)),
        case("a weight whose gradient is always 0", [usual] * 3, scale=silent),
        case("the hyperparameters change between steps", [usual, *changing], shape=(6,)),
        case("a non-contiguous matrix of parameters", [usual] * 4, shape=(3, 2), turned=True),
        case("float32", [usual] * 3, shape=(6,), dtype=torch.float32),
        shared.falling_silent(case("gradients that become 0", [usual] * 3), silent),
    ]


def _grown(rate: Tensor, g: Tensor, kappa: float, bar: Tensor) -> Tensor:
    return rate + kappa


def _shrunk(rate: Tensor, g: Tensor, phi: float, bar: Tensor) -> Tensor:
    return rate * (1 - phi)


def _dbd(
    grow: Callable[[Tensor, Tensor, float, Tensor], Tensor] = _grown,
    shrink: Callable[[Tensor, Tensor, float, Tensor], Tensor] = _shrunk,
    blend: Callable[[Tensor, Tensor, float], Tensor] = lambda bar, g, beta: (1 - beta) * g + beta * bar,
    agreement: Callable[[Tensor, Tensor, Tensor], Tensor] = lambda old, new, g: old * g,
    change: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor] = lambda old, new, g, bar: -new * g,
    kept: Callable[[inputs.State, inputs.State], inputs.State] = lambda old, new: new,
    grows: Callable[[Tensor], Tensor] = lambda product: product > 0,
    shrinks: Callable[[Tensor], Tensor] = lambda product: product < 0,
    stays: Callable[[Tensor], Tensor] = lambda rate: rate,
) -> inputs.Step:
    """A stepper: agreement(old bar, new bar, g) grows or shrinks the rates; change(old rate, new rate, g, new bar)."""

    def step(
        theta: Tensor, grad: Tensor, state: inputs.State, *, kappa: float, phi: float, beta: float
    ) -> tuple[Tensor, inputs.State]:
        old = state["rate"]
        bar = blend(state["bar"], grad, beta)
        product = agreement(state["bar"], bar, grad)
        rate = torch.where(grows(product), grow(old, grad, kappa, bar), torch.where(product == 0, stays(old), old))
        rate = torch.where(shrinks(product), shrink(rate, grad, phi, bar), rate)
        return theta + change(old, rate, grad, bar), kept(state, {"rate": rate, "bar": bar})

    return step


def _with_masks(
    theta: Tensor, grad: Tensor, state: inputs.State, *, kappa: float, phi: float, beta: float
) -> tuple[Tensor, inputs.State]:
    rate = state["rate"].clone()
    same, opposite = state["bar"] * grad > 0, state["bar"] * grad < 0
    rate[same] += kappa
    rate[opposite] *= 1 - phi
    return theta - rate * grad, {"rate": rate, "bar": torch.lerp(grad, state["bar"], beta)}


def _with_signs(
    theta: Tensor, grad: Tensor, state: inputs.State, *, kappa: float, phi: float, beta: float
) -> tuple[Tensor, inputs.State]:
    sign = (state["bar"] * grad).sign()
    rate = state["rate"] * (1 - phi * (sign < 0)) + kappa * sign.clamp(min=0)
    return theta - rate * grad, {"rate": rate, "bar": state["bar"] + (1 - beta) * (grad - state["bar"])}


def _grown_by_the_product(
    theta: Tensor, grad: Tensor, state: inputs.State, *, kappa: float, phi: float, beta: float
) -> tuple[Tensor, inputs.State]:
    product = state["bar"] * grad
    grown = state["rate"] + kappa * product
    rate = torch.where(product > 0, grown, torch.where(product < 0, state["rate"] * (1 - phi), state["rate"]))
    return theta - rate * grad, {"rate": rate, "bar": (1 - beta) * grad + beta * state["bar"]}


DELTA_BAR_DELTA_STEP = Exercise(
    id="delta_bar_delta_step",
    reference=reference.delta_bar_delta_step,
    cases=_cases,
    points=2,
    accepted=[
        Accepted("with_masks", _with_masks),
        Accepted("with_signs", _with_signs),
        Accepted("entry_by_entry", inputs.entry_by_entry(_dbd())),
    ],
    mistakes=[
        Mistake(
            "new_average_compared",
            _dbd(agreement=lambda old, new, g: new * g),
            "The gradient is compared with an average that already holds it. Compare with the average of the steps"
            " before.",
            0.25,
        ),
        Mistake(
            "rate_grows_by_a_factor",
            _dbd(grow=lambda rate, g, kappa, bar: rate * (1 + kappa)),
            "The rate changes by a factor where the signs agree. Jacobs lets it grow by adding kappa, and shrink by a"
            " factor.",
            0.25,
            forms=[
                _dbd(grow=lambda rate, g, kappa, bar: rate * kappa),
                _dbd(grow=lambda rate, g, kappa, bar: rate / (1 - kappa)),
            ],
        ),
        Mistake(
            "rate_shrinks_by_subtraction",
            _dbd(shrink=lambda rate, g, phi, bar: rate - phi),
            "The rate shrinks by subtraction of phi. It is multiplied by 1 - phi.",
            0.25,
            forms=[
                _dbd(shrink=lambda rate, g, phi, bar: (rate - phi).clamp(min=0)),
                _dbd(shrink=lambda rate, g, phi, bar: (rate - phi).abs()),
            ],
        ),
        Mistake(
            "multiplied_by_phi",
            _dbd(shrink=lambda rate, g, phi, bar: rate * phi),
            "The rate keeps the share phi. phi is the share that it loses.",
            0.25,
        ),
        Mistake(
            "grows_and_shrinks_exchanged",
            _dbd(grows=lambda product: product < 0, shrinks=lambda product: product > 0),
            "The rate grows where the sign changed and shrinks where it stayed. A change of sign means that a"
            " minimum was passed.",
            forms=[
                _dbd(agreement=lambda old, new, g: -old * g),
            ],
        ),
        Mistake(
            "grows_where_the_product_is_zero",
            _dbd(grows=lambda product: product >= 0),
            "The rate also grows where the product is 0: in the first step, and for a weight that is not used.",
            0.25,
        ),
        Mistake(
            "shrinks_where_the_product_is_zero",
            _dbd(shrinks=lambda product: product <= 0),
            "The rate also shrinks where the product is 0: in the first step, and for a weight that is not used.",
            0.25,
        ),
        Mistake(
            "moves_with_the_old_rate",
            _dbd(change=lambda old, new, g, bar: -old * g),
            "theta moves with the rate as it came in. Adapt the rates first, then move with the new ones.",
            0.25,
        ),
        Mistake(
            "moves_along_the_average",
            _dbd(change=lambda old, new, g, bar: -new * bar),
            "theta moves along the average. The average only judges the sign; the step follows the gradient.",
            0.25,
            forms=[
                _dbd(change=lambda old, new, g, bar: -old * bar),
            ],
        ),
        Mistake(
            "weights_exchanged",
            _dbd(blend=lambda bar, g, beta: beta * g + (1 - beta) * bar),
            "beta and 1 - beta are exchanged in the average. beta is the share of the past that is kept.",
            0.25,
        ),
        Mistake(
            "last_gradient_for_the_average",
            _dbd(blend=lambda bar, g, beta: g),
            "Only the last gradient is remembered. Blend it into the average of the past: beta is the share of the"
            " past that is kept.",
            0.25,
        ),
        Mistake(
            "sum_for_average",
            _dbd(blend=lambda bar, g, beta: g + beta * bar),
            "The new gradient counts in full. In the average it has the weight 1 - beta.",
            0.25,
            forms=[
                _dbd(blend=lambda bar, g, beta: g + bar),
            ],
        ),
        Mistake(
            "judged_together",
            _dbd(agreement=lambda old, new, g: (old * g).sum().expand_as(g)),
            "One judgement is made for all weights. Each weight looks at the sign of its own product.",
            forms=[
                _dbd(agreement=lambda old, new, g: (old * g).mean().expand_as(g)),
                _dbd(agreement=lambda old, new, g: (old.sum() * g.sum()).expand_as(g)),
                _dbd(agreement=lambda old, new, g: torch.full_like(g, 1.0 if (old * g > 0).all() else -1.0)),
            ],
        ),
        Mistake("climbs", _dbd(change=lambda old, new, g, bar: new * g), shared.UPHILL, 0.25),
        Mistake(
            "rate_lost_where_the_product_is_zero",
            _dbd(stays=lambda rate: 0 * rate),
            "Where the product is 0, as in the first step, the rate is lost. It keeps its value there.",
            0.25,
            forms=[_dbd(stays=lambda rate: 0 * rate + 1)],
        ),
        Mistake(
            "never_shrinks",
            _dbd(shrinks=lambda product: product != product),
            "The rates never shrink. Where the sign has changed, multiply the rate by 1 - phi.",
            0.25,
        ),
        Mistake(
            "never_grows",
            _dbd(grows=lambda product: product != product),
            "The rates never grow. Where the sign stays the same, add kappa to the rate.",
            0.25,
        ),
        Mistake(
            "grows_with_the_gradient",
            _dbd(grow=lambda rate, g, kappa, bar: rate + kappa * g.abs()),
            "How far the rate grows depends on the gradient. It grows by kappa itself, however large the gradient is.",
            0.25,
            forms=[
                _dbd(grow=lambda rate, g, kappa, bar: rate + kappa * g),
                _dbd(grow=lambda rate, g, kappa, bar: rate + kappa * g * g),
            ],
        ),
        Mistake(
            "grows_by_the_product",
            _grown_by_the_product,
            "The rate grows by kappa times the product. Only the product's sign counts: the rate grows by kappa"
            " itself.",
            0.25,
        ),
        Mistake(
            "kappa_and_phi_exchanged",
            lambda theta, grad, state, *, kappa, phi, beta: _dbd()(theta, grad, state, kappa=phi, phi=kappa, beta=beta),
            "kappa and phi are exchanged: kappa is added where the sign stays, phi is the share lost where it changes.",
            0.25,
        ),
        Mistake(
            "moves_by_the_rate_alone",
            _dbd(change=lambda old, new, g, bar: -new),
            "The gradient is missing in the move: theta moves by the rate times the gradient, against it.",
            0.25,
        ),
        Mistake(
            "average_without_its_past",
            _dbd(blend=lambda bar, g, beta: (1 - beta) * g),
            "The average keeps nothing of the past. Add beta times the old average to (1 - beta) times the gradient.",
            0.25,
        ),
        Mistake(
            "old_average_not_faded",
            _dbd(blend=lambda bar, g, beta: bar + (1 - beta) * g),
            "The old average is kept whole, so nothing is forgotten. Multiply it by beta.",
            0.25,
        ),
        Mistake(
            "rates_not_kept",
            _dbd(kept=lambda old, new: {**new, "rate": old["rate"]}),
            "The rates come back as they came in. Return the new ones.",
            0.25,
        ),
        Mistake(
            "average_not_kept",
            _dbd(kept=lambda old, new: {**new, "bar": old["bar"]}),
            "The average comes back as it came in. Return the new one, or it stays at its start.",
            0.25,
        ),
        Mistake(
            "sign_alone",
            _dbd(change=lambda old, new, g, bar: -new * g.sign()),
            "The gradient's size has no part in the step: its sign and the rate alone make it, as in Rprop. Here the"
            " rate multiplies the gradient.",
            0.25,
            forms=[
                _dbd(change=lambda old, new, g, bar: -old * g.sign()),
            ],
        ),
        *shared.careless(reference.delta_bar_delta_step),
    ],
    equivalent={
        "The next line overwrites the rates for which the product is negative.": [
            "rate = torch.where(agreement != 0, state['rate'] + kappa, state['rate'])"
        ],
    },
)

"""A playground: a small net on points in a plane, trained live with the student's functions or torch's."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from steepest._methods import METHODS
from steepest.demos._demo import Demo, check_box, choice, count, held, running_loop, slider, steps
from steepest.demos._stage import Stage
from steepest.demos.playground.data import CENTRES, NAMES, TRAINING, Centres
from steepest.demos.playground.diagram import LOOK, OUTPUT, PRESSES
from steepest.demos.playground.net import Design, Dials, Unit
from steepest.demos.playground.stepping import by_backprop
from steepest.demos.playground.training import Training
from steepest.demos.playground.view import LAST, SIZE, show
from steepest.race import RATES
from steepest.tools import (
    BACKPROP,
    DROPPING,
    NORMALIZING,
    STARTS,
    Tools,
    gather,
    own_rates,
)

FIRST_STEP = 100
PLAYED_STEPS = 3  # from one frame to the next
CATCH_UP_SECONDS = 0.03  # of training between two frames
GOAL, GOAL_STEPS = 0.98, 200
PENALTIES = (0, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2)
BATCHES = (2, 4, 8, 16, 32, TRAINING)
ACTIVATIONS = ("ReLU", "leaky ReLU", "tanh", "sigmoid", "identity")
BY_HAND = "by hand"
PROBE = (0.5, 0.6)


def playground_demo(**functions: Callable[..., Any]) -> Demo:
    """A small net in training: play it, look into it, and change the rate, the points or the net itself meanwhile.

    Parameters
    ----------
    **functions : callable
        The student's functions by the names of their exercises, as in ``adam_step=adam_step``: steppers in the form
        ``step(theta, grad, state, *, …)``; `batch_norm_train`, `batch_norm_backward`, `batch_norm_eval` and
        `update_running`, all four or none; `inverted_dropout`; `he_normal`, `glorot_normal`, `lecun_normal`;
        `mlp_backprop`. Any other is a schedule of rates and needs nothing but the number of steps taken:
        ``cosine_decay=lambda step: cosine_decay(step, …)``. What is left out, or not written yet, torch does.

    Examples
    --------
    >>> demo = playground_demo()
    >>> len(demo.controls)
    20
    """
    tools = gather(functions)
    training = Training(tools)
    made: list[Demo] = []

    def draw(stage: Stage, *, step: int, **settings: Any) -> str:
        seconds = CATCH_UP_SECONDS if made and running_loop() else math.inf  # else nothing would draw what is left
        said = draw_playground(stage, training, step=step, seconds=seconds, **settings)
        if training.state.step < step:
            made[0].update_soon()
        return said

    controls = {
        "step": count("step", FIRST_STEP, 0, LAST),
        "rate": steps("rate η", 0.3, RATES),
        **({"schedule": choice("schedule", BY_HAND, [BY_HAND, *tools.rates])} if tools.rates else {}),
        "stepper": choice("stepper", "gradient descent", tools.methods()),
        "data": choice("data", NAMES[0], NAMES),
        "noise": slider("noise", 0.05, 0.0, 0.4, 0.05),
        "depth": count("hidden layers", 3, 0, 4),
        "width": steps("units in each", 8, (1, 2, 4, 8, 16, 32)),
        "activation": choice("activation", "ReLU", ACTIVATIONS),
        "start": choice("initial weights", "He", list(STARTS)),
        "batch_norm": check_box("batch norm"),
        "keep": slider("dropout keeps", 1.0, 0.3, 1.0, 0.1),
        "l1": steps("L1", 0, PENALTIES),
        "l2": steps("L2", 0, PENALTIES),
        "batch": steps("batch size", 32, BATCHES),
        "seed": count("seed", 0, 0, 9),
        "pressed": choice("a press on a unit", LOOK, PRESSES),
        "looked": held(OUTPUT),
        "off": held(frozenset()),
        "probe": held(PROBE),
        "centres": held(CENTRES),
    }
    demo = Demo(
        draw, controls,
        needs=list(functions), size=SIZE, played="step", forget=training.forget,
        goal=f"spirals: classify {GOAL:.0%} of the test points rightly within {GOAL_STEPS} steps",
    )  # fmt: skip
    made.append(demo)
    if demo.play is not None:
        demo.play.step = PLAYED_STEPS  # keys on the slider still take one step

    return demo


def draw_playground(
    stage: Stage, training: Training, *, step: int, rate: float, batch: int, keep: float, l1: float, l2: float,
    off: frozenset[Unit], centres: Centres, probe: tuple[float, float], looked: tuple[int, ...], pressed: str,
    schedule: str = BY_HAND, seconds: float = math.inf, **design: Any,
) -> str:  # fmt: skip
    """Take a training to a step and draw where it stands.

    Parameters
    ----------
    stage : Stage
        Where to draw.
    training : Training
        Remembers the dials of every step.
    step : int
        Where to; where the seconds do not suffice, as far as they go.
    rate, batch, keep, l1, l2, off, centres
        See `Dials`.
    probe, looked, pressed
        See `show`.
    schedule : str
        What sets the rate: a name of the tools' schedules, or `BY_HAND`.
    seconds : float
        See `Training.seek`.
    **design
        See `Design`.

    Returns
    -------
    str
        Losses, whose functions did the work and how far the goal is, for the line above the figure.
    """
    tools = training.tools
    net = Design(**design)
    left = frozenset((layer, unit) for layer, unit in off if layer < net.depth and unit < net.width)
    dials = Dials(rate, batch, keep, l1, l2, left, centres)
    rates = tools.schedules.get(schedule)
    training.seek(net, dials, step, schedule=rates, seconds=seconds)
    show(
        stage, training, net, dials,
        schedule=rates, probe=probe, looked=looked, pressed=pressed,
    )  # fmt: skip
    began = training.plan[0] if training.plan else dials
    changed = began != (dials if rates is None else dials._replace(rate=began.rate))
    notes = ["What was changed counts from here on; for all steps, set the step to 0."] if changed else []
    return " ".join(
        [_stands(training, step), *notes, *_workers(tools, net, dials, schedule), _goal(training, net, dials)]
    )


def _stands(training: Training, wanted: int) -> str:
    step, now = training.state.step, training.now
    behind = f" of {wanted}" if step < wanted else ""
    if not math.isfinite(now.train + now.test):
        return f"Step {step}{behind}: it has run away, the loss is no number. Go back and lower the rate."
    return (
        f"Step {step}{behind}: loss {now.train:.3f} on training points, {now.test:.3f} on test points, "
        f"{now.right:.1%} of which are right."
    )


def _workers(tools: Tools, net: Design, dials: Dials, schedule: str) -> list[str]:
    """Whose functions take the steps, set the rate, give gradients, normalize, drop out and draw the first weights."""
    method = METHODS[net.stepper]
    parts: list[tuple[str, tuple[str, ...], str]] = [
        ("steps", (method.exercise,), f"torch.optim's {method.rule.__name__}")
    ]
    if schedule != BY_HAND:
        parts.append(("the rate", (schedule,), "hand"))
    if BACKPROP in tools.missing or by_backprop(tools, net, dials):
        parts.append(("gradients", (BACKPROP,), "torch"))
    if net.batch_norm and net.depth:
        parts.append(("batch norm", NORMALIZING, "torch"))
    if dials.keep < 1 and net.depth:
        parts.append(("dropout", (DROPPING,), "torch"))
    if STARTS[net.start]:
        parts.append(("first weights", (STARTS[net.start],), "torch"))
    said = "; ".join(f"{what} by {_whose(tools, names, other)}" for what, names, other in parts)
    notes = ["The rate sets only the first step."] if own_rates(tools, net.stepper) else []
    if tools.yours(BACKPROP) and not by_backprop(tools, net, dials):
        notes.append(f"Your <code>{BACKPROP}</code> is for tanh alone, without batch norm, dropout and units off.")
    return [f"{said[0].upper()}{said[1:]}.", *notes]


def _whose(tools: Tools, names: tuple[str, ...], other: str) -> str:
    if tools.yours(*names):
        return f"your <code>{names[0]}</code>" if len(names) == 1 else "your functions"
    unwritten = [f"<code>{name}</code>" for name in names if name in tools.missing]
    return f"{other}, since {', '.join(unwritten)} is not written yet" if unwritten else other


def _goal(training: Training, net: Design, dials: Dials) -> str:
    if net.data != "spirals":
        return ""
    if dials.off:
        return "For the goal, switch all units on."
    if training.now.right < GOAL:
        return f"The goal is {GOAL:.0%}."
    if training.state.step <= GOAL_STEPS:
        return "The goal is reached."
    return f"For the goal, get there within {GOAL_STEPS} steps."

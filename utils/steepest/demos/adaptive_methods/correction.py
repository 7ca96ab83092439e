"""Adam's bias correction switched off and ε moved, both from outside: the student's own `adam_step` does every step."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, choice, count, plain_log, slider
from steepest.demos._marks import THRESHOLD, legend_above
from steepest.demos._stage import GRIP, Stage
from steepest.demos.adaptive_methods.runners import Step
from steepest.plots import line_style
from steepest.trajectory import init_state

OUTSIDE, INSIDE = "outside: √r + ε", "inside: √(r + ε)"
RHO1, RHO2 = 0.9, 0.999
N_STEPS = 100
NEVER = 10**6  # ρ to such a power is 0, so a step that is so late corrects nothing
SIZES = torch.logspace(-8, 0, 33, dtype=torch.float64)
GOAL_SIZE, GOAL_LENGTH = 1e-3, 1.05
SAME = 0.999  # shares of a length above this are not told apart
OWN: dict[str, Any] = {"color": "0.35", "linewidth": 1.6, "linestyle": (0, (1, 2)), "zorder": 3}
LOWEST, HIGHEST = 5e-3, 60.0
NOW, FIRST = line_style(0), line_style(1) | {"linewidth": 2.6, "markersize": 7}  # the last step's line lies above
EPSILON = GRIP | {"markeredgecolor": line_style(3)["color"], "marker": "^"}


class Setting(NamedTuple):
    """A form of Adam.

    Attributes
    ----------
    correct_s, correct_r : bool
        Which averages are corrected for their start from 0.
    eps : float
        The small number.
    inside : bool
        Whether it stands in the root.
    """

    correct_s: bool
    correct_r: bool
    eps: float
    inside: bool


def correction_demo(adam_step: Step) -> Demo:
    """Switches for the two corrections and for the place of ε, over the lengths of Adam's first steps.

    Parameters
    ----------
    adam_step : callable
        The student's function, in any of its forms.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = correction_demo(unwritten)
    >>> list(demo.controls)
    ['correct_s', 'correct_r', 'place', 'eps', 'step', 'size']
    >>> demo.message.value
    'Write <code>adam_step</code> and run the cell, then run this one again.'
    """
    known: dict[Setting | float, Tensor] = {}

    def draw(stage: Stage, *, eps: float, place: str, step: int, size: float, **corrected: bool) -> str:
        setting = Setting(**corrected, eps=eps, inside=place == INSIDE)
        for form in (setting, eps):
            if form not in known:
                known[form] = lengths(adam_step, form)
        weight = int((SIZES / size).log().abs().argmin())
        draw_lengths(stage, known[setting], known[eps], eps=eps, step=step, weight=weight)
        return said(known[setting], setting, step, weight)

    return Demo(
        draw,
        {
            "correct_s": check_box("correct s"),
            "correct_r": check_box("correct r"),
            "place": choice("ε stands", OUTSIDE, (OUTSIDE, INSIDE)),
            "eps": slider("ε", 1e-3, -12, 0, 0.5, log=True),
            "step": count("step", N_STEPS, 1, N_STEPS),
            "size": slider("slope g", 1.0, -8, 0, 0.25, log=True),
        },
        needs=["adam_step"],
        goal=(
            "take no step longer than η; and put ε inside the root, so large that a weight of slope 10⁻³ (within a "
            "factor of 2) takes half a step. Outside, ε = 10⁻³ does that"
        ),
        size=(9.5, 3.9),
        played="step",
    )


def lengths(adam_step: Step, form: Setting | float) -> Tensor:
    """Lengths of the first steps in units of the rate, for weights with steady gradients of the sizes in `SIZES`.

    Parameters
    ----------
    adam_step : callable
        The student's function.
    form : Setting or float
        The form of Adam that is asked for; where it is a number, ε, the function's own.

    Returns
    -------
    Tensor, shape (N_STEPS, len(SIZES))
    """
    theta = torch.zeros_like(SIZES)
    state, found = init_state("adam", theta), []
    for _ in range(N_STEPS):
        if isinstance(form, Setting):
            moved, state = take(adam_step, theta, SIZES, state, form)
        else:
            moved, state = adam_step(theta, SIZES, state, lr=1.0, rho1=RHO1, rho2=RHO2, eps=form)
        found.append((moved - theta).abs())
        theta = moved
    return torch.stack(found)


def take(
    adam_step: Step, theta: Tensor, grad: Tensor, state: dict[str, Any], setting: Setting
) -> tuple[Tensor, dict[str, Any]]:
    """One step of a form of Adam with a rate of 1, by a function that has a form of its own.

    The function is called twice. The first call gives the averages. For the second call ε is 0, which makes all forms
    one, and what ε would have added to the root is put into `r` beforehand. A correction is left out by telling
    the function that very many steps were taken; where only one is left out, the rate makes up for the other.
    """
    k = state["t"] + 1
    of_s, of_r = 1 - RHO1**k, 1 - RHO2**k
    hyper = {"rho1": RHO1, "rho2": RHO2}
    _, new = adam_step(theta, grad, state, lr=1.0, eps=setting.eps, **hyper)
    share = of_r if setting.correct_r else 1.0
    mean = new["r"] / share
    wanted = mean + setting.eps if setting.inside else (mean.sqrt() + setting.eps).square()
    told = {**state, "r": state["r"] + (wanted - mean) * share / RHO2}
    lr = 1.0
    if not (setting.correct_s and setting.correct_r):
        told["t"] = NEVER
        lr = (1 / of_s if setting.correct_s else 1.0) * (math.sqrt(of_r) if setting.correct_r else 1.0)
    moved, _ = adam_step(theta, grad, told, lr=lr, eps=0.0, **hyper)
    return moved, new


def half(found: Tensor) -> float:
    """Size of the slope at which the last step is half as long as that of the largest slope; 0 where none is."""
    last = found[-1] / found[-1, -1]
    below = (last < 0.5).nonzero()
    if not len(below):
        return 0.0
    place = int(below[-1])
    step = (0.5 - last[place]) / (last[place + 1] - last[place])
    return float(SIZES[place] * (SIZES[place + 1] / SIZES[place]) ** step)


def draw_lengths(stage: Stage, found: Tensor, own: Tensor, *, eps: float, step: int, weight: int) -> None:
    """Draw the lengths of one weight's steps, and of all weights' first step and another; dotted the untouched ones."""
    steps, untouched = (part.nan_to_num(nan=0.0).clamp(LOWEST / 9, HIGHEST * 9) for part in (found, own))
    first, by_size = stage.panels(draw_axes)
    number, here = range(1, N_STEPS + 1), float(steps[step - 1, weight].clamp(LOWEST, HIGHEST))
    first.plot(number, steps[:, weight], markevery=[0], **NOW)
    first.plot(number, untouched[:, weight], **OWN)
    first.handle(("step", ""), step, here, name="step that is shown on the right")
    by_size.plot(SIZES, steps[0], markevery=4, **FIRST)
    by_size.plot(SIZES, steps[step - 1], markevery=4, **NOW)
    by_size.plot(SIZES, untouched[step - 1], **OWN)
    by_size.handle(("size", ""), float(SIZES[weight]), here, name="slope of the weight on the left")
    by_size.handle(("eps", ""), max(eps, float(SIZES[0])), 1.3 * LOWEST, name="ε", **EPSILON)


def draw_axes(figure: Figure) -> tuple[Axes, Axes]:
    """Draw all that does not move."""
    first, by_size = figure.subplots(1, 2)
    for ax in (first, by_size):
        ax.axhline(1, **THRESHOLD)
        ax.set(ylabel="length of the step / η", xscale="log", yscale="log", ylim=(LOWEST, HIGHEST))
    first.set(xlabel="step of one weight, its slope steady", xlim=(0.9, 1.1 * N_STEPS))
    by_size.set(xlabel="size of the slope g, and ε", xlim=(0.6e-8, 2.5))
    for label, style in (("first step", FIRST), ("step of the ring on the left", NOW)):
        by_size.plot([], [], label=label, **style)
    by_size.plot([], [], label="your function, untouched", **OWN)
    by_size.plot([], [], label="ε", **EPSILON)
    by_size.axvline(GOAL_SIZE, **THRESHOLD)
    plain_log(first, by_size)
    legend_above(by_size, ncols=2)
    return first, by_size


def said(found: Tensor, setting: Setting, step: int, weight: int) -> str:
    """What the line above the picture says."""
    line, where = found[:, weight], half(found)
    longest, high = found.max(), line.max()
    if line.min() >= SAME * high:
        told = f"All steps are {high:.3g} η long."
    else:
        first = int((line >= SAME * high).int().argmax()) + 1
        told = f"First step {line[0]:.3g} η, longest {high:.3g} η at step {first}, step {step} {line[step - 1]:.3g} η."
    half_at = f"at a slope of {where:.2g}" if where else "nowhere on the right"
    steady = float(longest) <= GOAL_LENGTH
    braked = setting.inside and GOAL_SIZE / 2 <= where <= 2 * GOAL_SIZE
    if steady and braked:
        reached = "The goal is reached."
    else:
        missing = [] if steady else ["a step is longer than η"]
        missing += [] if braked else ["half a step is elsewhere" if setting.inside else "ε is still outside"]
        reached = f"Not yet: {' and '.join(missing)}."
    return f"{told} After {N_STEPS} steps, half a step {half_at}. {reached}"

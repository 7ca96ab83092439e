"""Adam's bias correction switched off and ε moved, both from outside: the student's own `adam_step` does every step."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, choice, plain_log, slider
from steepest.demos._marks import HERE, THRESHOLD
from steepest.demos._still import Still, bare
from steepest.demos.adaptive_methods.runners import Step
from steepest.plots import line_style
from steepest.trajectory import init_state

OUTSIDE, INSIDE = "outside: √r + ε", "inside: √(r + ε)"
RHO1, RHO2 = 0.9, 0.999
N_STEPS = 100
NEVER = 10**6  # ρ to such a power is 0, so a step that is so late corrects nothing
SIZES = torch.logspace(-8, 0, 33, dtype=torch.float64)
SHOWN = {"10⁻⁶": 8, "10⁻⁴": 16, "10⁻³": 20, "10⁻²": 24, "1": 32}
GOAL_SIZE, GOAL_LENGTH = 1e-3, 1.05
FIRST, BY_SIZE = (0.075, 0.13, 0.4, 0.84), (0.575, 0.13, 0.405, 0.84)
OWN: dict[str, Any] = {"color": "0.35", "linewidth": 1.6, "linestyle": (0, (1, 2)), "zorder": 3}
LOWEST, HIGHEST = 5e-3, 60.0


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
    """
    known: dict[Setting | float, Tensor] = {}

    def draw(view: LengthView, *, correct_s: bool, correct_r: bool, place: str, eps: float, size: str) -> str:
        setting = Setting(correct_s, correct_r, eps, place == INSIDE)
        if setting not in known:
            known[setting] = lengths(adam_step, setting)
        if eps not in known:
            known[eps] = lengths(adam_step, eps)
        view.show(known[setting], known[eps], SHOWN[size])
        return said(known[setting], setting, SHOWN[size])

    return Demo(
        draw,
        {
            "correct_s": check_box("correct s"),
            "correct_r": check_box("correct r"),
            "place": choice("ε stands", OUTSIDE, (OUTSIDE, INSIDE)),
            "eps": slider("ε", 1e-3, -12, 0, 0.5, log=True),
            "size": choice("left: slope g", "1", list(SHOWN)),
        },
        view=LengthView,
        needs=["adam_step"],
        goal=(
            "no step longer than η; and with ε inside the root, half a step where the slope is 10⁻³ "
            "(within a factor of 2), as ε = 10⁻³ gives outside"
        ),
        size=(9.5, 3.9),
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


class LengthView:
    """The figure of the lengths.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets two panels.
    """

    def __init__(self, figure: Figure) -> None:
        Still(figure).show("axes", draw_axes)
        first, by_size = bare(_panels(figure))
        self.own = [ax.plot([], [], **OWN)[0] for ax in (first, by_size)]
        (self.curve,) = first.plot([], [], markevery=[0], **line_style(0))
        self.by_size = [by_size.plot([], [], markevery=4, **_row(number))[0] for number in (1, 0)]
        (self.here,) = by_size.plot([], [], **HERE)

    def show(self, found: Tensor, own: Tensor, place: int) -> None:
        """Draw the lengths of one weight's steps, and of all weights' first and last step; thin, the untouched ones."""
        steps, untouched = (part.nan_to_num(nan=0.0).clamp(LOWEST / 9, HIGHEST * 9) for part in (found, own))
        number = range(1, N_STEPS + 1)
        self.curve.set_data(number, steps[:, place])
        self.own[0].set_data(number, untouched[:, place])
        self.own[1].set_data(SIZES, untouched[-1])
        for line, row in zip(self.by_size, (0, -1), strict=True):
            line.set_data(SIZES, steps[row])
        self.here.set_data(SIZES[place : place + 1], steps[-1, place : place + 1])


def draw_axes(figure: Figure) -> None:
    """Draw all that does not move."""
    first, by_size = _panels(figure)
    for ax in (first, by_size):
        ax.axhline(1, **THRESHOLD)
    first.set(xlabel="step of one weight, its slope steady", ylabel="length of the step / η")
    for number, label in ((1, "first step"), (0, f"step {N_STEPS}")):
        by_size.plot([], [], label=label, **_row(number))
    by_size.plot([], [], label="your function, untouched", **OWN)
    by_size.axvline(GOAL_SIZE, **THRESHOLD)
    by_size.set(xlabel="size of the slope g", ylabel="length of the step / η")
    by_size.legend(loc="upper left", fontsize=8)
    plain_log(first, by_size)


def said(found: Tensor, setting: Setting, place: int) -> str:
    """What the line above the picture says."""
    line, where = found[:, place], half(found)
    longest = found.max()
    half_at = f"at a slope of {where:.2g}" if where else "nowhere on the right"
    steady = float(longest) <= GOAL_LENGTH
    braked = setting.inside and GOAL_SIZE / 2 <= where <= 2 * GOAL_SIZE
    if steady and braked:
        reached = "The goal is reached."
    else:
        missing = [] if steady else ["a step is longer than η"]
        missing += [] if braked else ["half a step is elsewhere" if setting.inside else "ε is still outside"]
        reached = f"Not yet: {' and '.join(missing)}."
    return (
        f"First step {line[0]:.3g} η, longest {line.max():.3g} η at step {int(line.argmax()) + 1}, "
        f"step {N_STEPS} {line[-1]:.3g} η. After {N_STEPS} steps half as long as for the largest slope: {half_at}. "
        f"{reached}"
    )


def _row(number: int) -> dict[str, Any]:
    """Style of the last step's line, or of the first one's, which is to be seen where the last one lies on it."""
    return line_style(number) | ({"linewidth": 2.6, "markersize": 7} if number else {})


def _panels(figure: Figure) -> tuple[Axes, Axes]:
    first, by_size = figure.add_axes(FIRST), figure.add_axes(BY_SIZE)
    first.set(xscale="log", yscale="log", xlim=(0.9, 1.1 * N_STEPS), ylim=(LOWEST, HIGHEST))
    by_size.set(xscale="log", yscale="log", xlim=(0.6e-8, 2.5), ylim=(LOWEST, HIGHEST))
    return first, by_size

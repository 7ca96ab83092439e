"""All schedules on a noisy bowl, whose mean square follows exactly from the rates."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from steepest.demos._demo import Demo, choice, plain_log, power, slider
from steepest.demos._marks import THRESHOLD
from steepest.demos._stage import Stage
from steepest.plots import line_style

Schedule = Callable[..., float]
Conditions = Callable[[float], tuple[bool, bool]]

N_STEPS = 3000
GOAL = 4e-4
START = 9.0  # mean square before the first step
KINDS = LINEAR, POWER, STEPS, CYCLE, RESTARTS = "linear", "power", "steps", "one cycle", "restarts"
HANDLES = {
    LINEAR: "τ and last rate",
    POWER: "1/d and first rate",
    STEPS: "first drop",
    CYCLE: "peak",
    RESTARTS: "first restart",
}
RATES, SQUARES = (1e-4, 5.0), (1e-4, 2e1)
EVERY = np.unique(np.concatenate([np.geomspace(1, N_STEPS, 160).round(), np.arange(50, N_STEPS + 1, 10)]).astype(int))
CURVE: dict[str, Any] = line_style(0) | {"marker": "", "linewidth": 1.8}
OTHER: dict[str, Any] = {"color": "0.72", "linewidth": 1.0, "linestyle": "-", "zorder": 1.5}
BEST: dict[str, Any] = {"color": "0.5", "linewidth": 1.2, "linestyle": ":"}
FINITE, FOR_EVER = (False, True), (True, False)  # reaches and settles: rates that all but stop, and that stay


def schedule_demo(
    linear_decay: Schedule,
    power_decay: Schedule,
    step_decay: Schedule,
    one_cycle: Schedule,
    cosine_restarts: Schedule,
    robbins_monro: Conditions,
) -> Demo:
    """Controls for a schedule and its constants, over the rates and the mean square that follows from them.

    Parameters
    ----------
    linear_decay, power_decay, step_decay, one_cycle, cosine_restarts, robbins_monro : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = schedule_demo(*[unwritten] * 6)
    >>> list(demo.controls)
    ['kind', 'lr', 'end', 'time', 'power', 'factor']
    """
    rules = dict(zip(KINDS, (linear_decay, power_decay, step_decay, one_cycle, cosine_restarts), strict=True))

    def draw(stage: Stage, **values: Any) -> str:
        return draw_schedule(rules, robbins_monro, stage, **values)

    return Demo(
        draw,
        {
            "kind": choice("schedule", LINEAR, KINDS),
            "lr": slider("largest rate", 0.5, -2, 0.25, 0.05, log=True),
            "end": slider("last rate", 0.01, -4, -0.5, 0.1, log=True),
            "time": slider("τ, every, peak, period or 1/d", 1000, 0, math.log10(2900), 0.02, log=True),
            "power": slider("power p", 0.5, 0.0, 2.0, 0.05),
            "factor": slider("factor", 0.5, 0.1, 0.9, 0.1),
        },
        needs=["linear_decay", "power_decay", "step_decay", "one_cycle", "cosine_restarts", "robbins_monro"],
        goal=f"a mean square below 4·{power(-4)} after {N_STEPS} steps",
        size=(9.5, 4.0),
    )


def constants(kind: str, *, lr: float, end: float, time: int, power: float, factor: float) -> dict[str, float]:
    """What a kind of schedule is called with, by the demo's controls; a last rate is never above the first."""
    end = min(end, lr)
    return {
        LINEAR: {"lr": lr, "lr_end": end, "tau": time},
        POWER: {"lr": lr, "rate": 1 / time, "power": power},
        STEPS: {"lr": lr, "factor": factor, "every": time},
        CYCLE: {"lr_start": lr / 10, "lr_max": lr, "lr_end": end, "peak": time, "n_steps": N_STEPS},
        RESTARTS: {"lr": lr, "lr_end": end, "period": max(time, 20), "growth": 2},
    }[kind]


def rates_of(rule: Schedule, given: Mapping[str, float]) -> list[float]:
    """The rates of all steps.

    Parameters
    ----------
    rule : callable
        A student's schedule.
    given : mapping
        Its constants.

    Raises
    ------
    TypeError
        If it does not return numbers.
    """
    rates = [rule(step, **given) for step in range(N_STEPS)]
    if any(rate is None for rate in rates):
        raise TypeError(f"`{rule.__name__}` must return the rate, a number. Got None. Is the `return` missing?")
    return [float(rate) for rate in rates]


def mean_squares(rates: Sequence[float]) -> np.ndarray:
    """E x² before the first step and after every step on the bowl with λ = σ = 1, of shape (len(rates) + 1,)."""
    now, squares = START, [START]
    for rate in rates:
        now = min((1 - rate) ** 2 * now + rate**2, 1e30)
        squares.append(now)
    return np.array(squares)


def draw_schedule(
    rules: Mapping[str, Schedule],
    robbins_monro: Conditions,
    stage: Stage,
    *,
    kind: str,
    lr: float,
    end: float,
    time: float,
    power: float,
    factor: float,
) -> str:
    """Draw the rates of a schedule and the mean square that follows.

    Parameters
    ----------
    rules : mapping of str to callable
        The student's schedules, by the names in `KINDS`.
    robbins_monro : callable
        The student's function.
    stage : Stage
        Where to draw.
    kind : str
        Which schedule.
    lr, end, time, power, factor : float
        Its constants, see `constants`; those that it does not have are left aside.

    Returns
    -------
    str
        Where it ends, what Robbins and Monro say of it, and how far the goal is, for the line above the figure.
    """
    when = max(1, round(time))
    given = constants(kind, lr=lr, end=end, time=when, power=power, factor=factor)
    rates = rates_of(rules[kind], given)
    squares = mean_squares(rates)
    left, right = stage.panels(draw_frames)
    for other in (name for name in KINDS if name != kind):
        with contextlib.suppress(Exception):  # only the chosen one has to work
            beside = rates_of(rules[other], constants(other, lr=lr, end=end, time=when, power=power, factor=factor))
            left.plot(*_curve(beside, RATES), **OTHER)
            right.plot(*_curve(mean_squares(beside)[1:], SQUARES), **OTHER)
    left.plot(*_curve(rates, RATES), **CURVE)
    right.plot(*_curve(squares[1:], SQUARES), **CURVE)
    left.title(_called(kind, given))
    height = "end" if kind == LINEAR else "lr"
    left.handle(("time", height), when, _inside(min(end, lr) if kind == LINEAR else lr), name=HANDLES[kind])
    last = float(squares[-1])
    verdict = robbins_monro(power) if kind == POWER else FINITE if kind == STEPS else FOR_EVER
    said = f"After {N_STEPS} steps the mean square is {_size(last)}. "
    said += (
        f"Going on for ever, these rates {_conditions(verdict)}. " if kind != CYCLE else "This one has a last step. "
    )
    return said + ("The goal is reached." if last < GOAL else f"Not yet: the goal is {_size(GOAL)}.")


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw what is the same for all schedules: frames, labels, the goal and the best there is."""
    left, right = figure.subplots(1, 2)
    left.set(xlabel="step + 1", ylabel="rate η", xscale="log", yscale="log", title=" ")
    left.set(xlim=(0.9, 1.2 * N_STEPS), ylim=RATES)
    left.axhline(2, **THRESHOLD)
    left.text(1.1, 2.15, "limit of stability: 2", color="0.35", fontsize=8)
    right.axhline(GOAL, **THRESHOLD)
    right.text(1.1, GOAL * 1.12, f"goal: {_size(GOAL)}", color="0.35", fontsize=8)
    right.plot([1, N_STEPS], [1, 1 / N_STEPS], label="1/k: the mean of k noises", **BEST)
    right.plot([], [], label="your schedule", **CURVE)
    right.plot([], [], label="the other four", **OTHER)
    right.set(xlabel="steps taken", ylabel="mean square of x", xscale="log", yscale="log")
    right.set(xlim=(0.9, 1.2 * N_STEPS), ylim=SQUARES)
    right.legend(loc="upper right", fontsize=8)
    plain_log(left, right)
    return left, right


def _curve(values: Sequence[float] | np.ndarray, limits: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Some of the values by the number of their step from 1, none too small for a logarithmic axis."""
    return EVERY, np.asarray(values)[EVERY - 1].clip(limits[0] / 9)


def _called(kind: str, given: Mapping[str, float]) -> str:
    names = {"lr_start": "start", "lr_max": "max", "lr_end": "end", "tau": "τ", "rate": "d", "power": "p"}
    shown = {key: value for key, value in given.items() if key not in ("n_steps", "growth")}
    return f"{kind}: " + ", ".join(f"{names.get(key, key)} {round(value, 4):g}" for key, value in shown.items())


def _conditions(verdict: tuple[bool, bool]) -> str:
    reaches, settles = verdict
    return f"{'reach' if reaches else 'do not reach'} everywhere and {'settle' if settles else 'do not settle'}"


def _inside(rate: float) -> float:
    return min(max(rate, RATES[0]), RATES[1])


def _size(value: float) -> str:
    """A number with two digits, small ones as a multiple of a power of ten."""
    if not value < 1e6:
        return "∞"
    if value >= 0.01:
        return f"{value:.2g}" if value < 10 else f"{value:.0f}"
    exponent = math.floor(math.log10(value))
    return f"{value / 10.0**exponent:.1f}·{power(exponent)}"

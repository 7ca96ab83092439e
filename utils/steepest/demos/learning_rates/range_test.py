"""From a range test to a cycle: the student's `choose_rate` among short runs, and `one_cycle` from there."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.data import Data, digits, shuffled, split
from steepest.demos._demo import Demo, plain_log, slider
from steepest.demos._marks import HERE, THRESHOLD
from steepest.demos._stage import Stage
from steepest.dense import accuracy, make_nets, scores, train
from steepest.plots import line_style

Choose = Callable[..., float]
Schedule = Callable[..., float]

PER_DECADE, LOW, HIGH = 6, -3, 1
GRID = tuple(10 ** (LOW + place / PER_DECADE) for place in range((HIGH - LOW) * PER_DECADE + 1))
SIZES, BATCH, BETA, NETS = (64, 32, 32, 10), 32, 0.9, 3
N_STEPS, SHORT, N_TEST = 300, 100, 200
LAST = 10  # steps over which a short run's end is measured
TOP = 3.5
GOAL = 3.5
HIGHEST = 30.0  # percent that are shown
TESTED: dict[str, Any] = line_style(5) | {"marker": "", "linestyle": "-", "linewidth": 1.2}
RUNS: dict[str, Any] = line_style(0) | {"linestyle": "", "markersize": 5}
WAYS = ("one cycle", "constant")
BARS: dict[str, dict[str, Any]] = {way: {"color": line_style(number)["color"]} for number, way in enumerate(WAYS)}


class Trained(NamedTuple):
    """What nets of all rates of the grid have learned.

    Attributes
    ----------
    losses : Tensor, shape (N_STEPS, len(GRID))
        Of minibatches, mean of the nets of a rate; `TOP` where it is more, or no number.
    errors : Tensor, shape (len(GRID),)
        Test error in percent, mean of the nets of a rate.
    """

    losses: Tensor
    errors: Tensor


def train_all(schedule: Callable[[int, float], float]) -> Trained:
    """Train `NETS` nets for each rate of the grid, all side by side.

    Parameters
    ----------
    schedule : callable
        Maps a step and a rate of the grid to the rate of the step.
    """
    table = torch.tensor([[float(schedule(step, rate)) for rate in GRID] for step in range(N_STEPS)])
    nets = make_nets(SIZES, seeds=[seed for _ in GRID for seed in range(NETS)])
    nets, losses = train(nets, shuffled(_data()[0], BATCH, seed=3), table.repeat_interleave(NETS, dim=1), beta=BETA)
    _, test = _data()
    wrong = 100 * (1 - accuracy(scores(nets, test.x), test.y))
    told = losses.nan_to_num(TOP, TOP).clamp(max=TOP)
    return Trained(told.view(N_STEPS, len(GRID), NETS).mean(dim=2), wrong.view(len(GRID), NETS).mean(dim=1))


def range_test_demo(choose_rate: Choose, one_cycle: Schedule) -> Demo:
    """Two ends of a range to be dragged, over a range test, short runs, and the error of the rate chosen from them.

    Parameters
    ----------
    choose_rate, one_cycle : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = range_test_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['low', 'high']
    >>> demo.message.value
    'Write <code>choose_rate</code>, <code>one_cycle</code> and run the cell, then run this one again.'
    """

    @cache
    def cycled() -> Trained:
        """Trained once, when somebody looks."""

        def schedule(step: int, rate: float) -> float:
            ends = {"lr_start": rate / 10, "lr_max": rate, "lr_end": rate / 1000}
            return one_cycle(step, **ends, peak=3 * N_STEPS // 10, n_steps=N_STEPS)

        return train_all(schedule)

    def draw(stage: Stage, *, low: float, high: float) -> str:
        return draw_range(choose_rate, cycled, stage, low=low, high=high)

    step = 1 / PER_DECADE
    return Demo(
        draw,
        {
            "low": slider("from η", 10.0**LOW, LOW, HIGH, step, log=True),
            "high": slider("to η", 0.01, LOW, HIGH, step, log=True),
        },
        needs=["choose_rate", "one_cycle"],
        goal=f"a test error below {GOAL:g} % with one cycle",
        size=(9.5, 4.0),
    )


def draw_range(choose_rate: Choose, cycled: Callable[[], Trained], stage: Stage, *, low: float, high: float) -> str:
    """Draw the range test and the short runs, and what training with the chosen rate gives.

    Parameters
    ----------
    choose_rate : callable
        The student's function.
    cycled : callable
        Gives the nets that were trained with the student's `one_cycle` up to each rate.
    stage : Stage
        Where to draw.
    low, high : float
        Ends of the range to choose from.

    Returns
    -------
    str
        What was chosen, its errors, and how far the goal is, for the line above the figure.
    """
    first, last = sorted(round(PER_DECADE * (math.log10(end) - LOW)) for end in (low, high))
    inside = GRID[first : last + 1]
    ends = short_ends()
    place = _chosen(choose_rate, inside)
    errors = {"one cycle": cycled().errors[place], "constant": constant().errors[place]}
    left, right = stage.panels(draw_frames)
    left.area([inside[0], inside[-1]], [0, 0], [TOP, TOP], color="0.5", alpha=0.15, zorder=1)
    left.plot(GRID[first : last + 1], ends[first : last + 1], **RUNS)
    left.plot(GRID[place], ends[place], **HERE)
    left.handle(("low", ""), low, 0.12 * TOP, name="lower end of the range")
    left.handle(("high", ""), high, 0.12 * TOP, name="upper end of the range")
    for number, (way, error) in enumerate(errors.items()):
        right.bars([number], [float(error)], width=0.6, **BARS[way])
        beyond = float(error) > HIGHEST - 2
        ink = {"color": "white", "va": "top"} if beyond else {"va": "bottom"}
        right.text(number, HIGHEST - 1 if beyond else float(error) + 0.5, f"{error:.1f} %", ha="center", **ink)
    said = f"Of {len(inside)} rates from {inside[0]:.2g} to {inside[-1]:.2g} your <code>choose_rate</code> takes "
    said += f"<b>{GRID[place]:.2g}</b>. Test error after {N_STEPS} steps: {errors['one cycle']:.1f} % with your "
    said += f"<code>one_cycle</code> up to it, {errors['constant']:.1f} % with it held constant. "
    return said + ("The goal is reached." if errors["one cycle"] < GOAL else f"Not yet: the goal is {GOAL:g} %.")


def _chosen(choose_rate: Choose, inside: tuple[float, ...]) -> int:
    """Where on the grid the rate lies that the student's function chooses."""
    table = constant().losses[:SHORT]

    def short_run(lr: float) -> Tensor:
        """One loss each `LAST` steps, their mean: single minibatches are noisy."""
        return table[:, _place(lr)].view(-1, LAST).mean(dim=1)

    rate = choose_rate(short_run, list(inside))
    if rate is None or not any(math.isclose(float(rate), known, rel_tol=1e-6) for known in inside):
        raise ValueError(f"`choose_rate` must return one of the rates that it is given. Got {rate!r}.")
    return _place(float(rate))


def _place(lr: float) -> int:
    return min(range(len(GRID)), key=lambda place: abs(math.log(GRID[place] / lr)))


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw the range test, the goal and all labels."""
    left, right = figure.subplots(1, 2, width_ratios=[2, 1])
    rates, losses = range_test()
    left.plot(rates, losses, label="range test", **TESTED)
    left.plot([], [], label=f"short runs: the end after {SHORT} steps", **RUNS)
    left.plot([], [], label="your choice", **HERE | {"markersize": 9})
    left.set(xlabel="rate η", ylabel="loss", xscale="log", ylim=(0, TOP), xlim=(0.8 * GRID[0], 1.25 * GRID[-1]))
    left.legend(loc="upper left", fontsize=8)
    right.axhline(GOAL, **THRESHOLD)
    right.text(2.1, GOAL + 0.3, f"goal: {GOAL:g} %", color="0.35", fontsize=8, ha="right")
    right.set(ylabel="test error in %", ylim=(0, HIGHEST), xlim=(-0.5, 2.15))
    right.set_xticks([0, 1], WAYS)
    plain_log(left)
    return left, right


@cache
def constant() -> Trained:
    """Nets trained with every rate of the grid, held constant; their first steps are the short runs."""
    return train_all(lambda step, rate: rate)


def short_ends() -> Tensor:
    """Where the short runs end, of shape (len(GRID),)."""
    return constant().losses[SHORT - LAST : SHORT].mean(dim=0)


@cache
def range_test() -> tuple[Tensor, Tensor]:
    """Rates that grow within one run, and its loss, smoothed over nine steps and five nets."""
    growing = [10 ** (LOW + (HIGH - LOW) * step / (N_TEST - 1)) for step in range(N_TEST)]
    _, losses = train(make_nets(SIZES, seeds=range(5)), shuffled(_data()[0], BATCH, seed=0), growing, beta=BETA)
    smooth = losses.nan_to_num(TOP, TOP).clamp(max=TOP).mean(dim=1).unfold(0, 9, 1).mean(dim=1)
    return torch.tensor(growing[4:-4]), smooth


@cache
def _data() -> tuple[Data, Data]:
    return split(digits(), test=0.25, seed=2)

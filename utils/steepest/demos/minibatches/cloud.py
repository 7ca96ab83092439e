"""The cloud of minibatch gradients around the full one, by the student's own functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator, Tensor

from steepest.callables import least_squares_gradient
from steepest.data import Data, with_ones
from steepest.demos._demo import Demo, choice, plain_log, steps
from steepest.demos._still import Still, bare
from steepest.demos.minibatches.patients import body_mass_index
from steepest.plots import line_style

Draw = Callable[[int, int, Generator], Iterable[Tensor]]
Gradient = Callable[[Tensor, Tensor, Tensor], Tensor]
Estimate = Callable[[Gradient, Tensor, Tensor, Tensor, Tensor], Tensor]
Spread = Callable[[Tensor], Tensor]

SIZES = (1, 2, 4, 8, 16, 32, 64, 96, 128, 144, 192, 256, 442)
PLACES: Mapping[str, tuple[float, float]] = {
    "at the start": (1.5, -1.5),
    "halfway": (0.75, -0.46),
    "near the minimum": (0.05, 0.55),
}
BATCHES = 120
GOAL = 0.1
CLOUD, TRIALS = (0.098, 0.13, 0.3625, 0.82), (0.562, 0.13, 0.418, 0.82)  # the first is a square in inches
DOTS: dict[str, Any] = {
    "color": line_style(0)["color"], "linestyle": "", "marker": "o", "markersize": 3.8, "alpha": 0.45,
}  # fmt: skip
RING: dict[str, Any] = {"color": "black", "linestyle": "--", "linewidth": 1.4}
STAR: dict[str, Any] = {
    "color": "black", "linestyle": "", "marker": "*", "markersize": 13, "markeredgecolor": "white",
}  # fmt: skip
PLUS: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "+", "markersize": 12, "markeredgewidth": 2}
TRIED: dict[str, Any] = line_style(0) | {"linestyle": "", "markersize": 7}


class Trial(NamedTuple):
    """What one size of batch gave.

    Attributes
    ----------
    cloud : Tensor, shape (BATCHES, 2)
        One estimate of the gradient a row.
    full : Tensor, shape (2,)
        The gradient over all examples.
    measured, predicted : float
        Root mean square distance of the estimates from the full gradient.
    single : float
        The same for single examples, σ.
    """

    cloud: Tensor
    full: Tensor
    measured: float
    predicted: float
    single: float

    def length(self) -> float:
        """Of the full gradient."""
        return float(self.full.norm())


def minibatch_demo(minibatches: Draw, minibatch_gradient: Estimate, standard_error: Spread) -> Demo:
    """Controls for the size of the batch and the place on the way down, over the cloud of gradients.

    Parameters
    ----------
    minibatches, minibatch_gradient, standard_error : callable
        The student's functions.
    """

    def draw(view: CloudView, *, size: int, place: str) -> str:
        return draw_minibatches(minibatches, minibatch_gradient, standard_error, view, size=size, place=place)

    return Demo(
        draw,
        {"size": steps("batch size", 1, SIZES), "place": choice("θ is", next(iter(PLACES)), list(PLACES))},
        view=CloudView,
        needs=["standard_error", "minibatches", "minibatch_gradient"],
        goal="find the smallest batch whose spread is a tenth of the full gradient's length",
    )


def draw_minibatches(
    minibatches: Draw, minibatch_gradient: Estimate, standard_error: Spread, view: CloudView, *, size: int, place: str
) -> str:
    """Draw the cloud of minibatch gradients, and the spread of every size tried so far.

    Parameters
    ----------
    minibatches, minibatch_gradient, standard_error : callable
        The student's functions.
    view : CloudView
        Where to draw; remembers the trials.
    size : int
        Examples in a batch.
    place : str
        A key of `PLACES`.

    Returns
    -------
    str
        What was measured and how far the goal is, for the line above the figure.
    """
    trials = view.trials[place]
    if size not in trials:
        trials[size] = try_size(minibatches, minibatch_gradient, standard_error, size=size, place=place)
    view.show(size, place)
    return _said(trials[size], size)


def try_size(
    minibatches: Draw, minibatch_gradient: Estimate, standard_error: Spread, *, size: int, place: str
) -> Trial:
    """Estimate the gradient from many minibatches of one size.

    Parameters
    ----------
    minibatches, minibatch_gradient, standard_error : callable
        The student's functions.
    size : int
        Examples in a batch.
    place : str
        A key of `PLACES`.
    """
    x, y = _patients()
    n = len(x)
    theta = torch.tensor(PLACES[place], dtype=x.dtype)
    gradient = least_squares_gradient()
    full = gradient(theta, x, y)
    single = float(standard_error(_single_gradients(place).clone()).norm()) * math.sqrt(n)
    generator = torch.Generator().manual_seed(size)
    cloud: list[Tensor] = []
    for _ in range(BATCHES):  # an epoch gives at least one batch of the full size
        batches = [index for index in minibatches(n, size, generator) if len(index) == size]
        cloud += [minibatch_gradient(gradient, theta, x, y, index) for index in batches[: BATCHES - len(cloud)]]
        if len(cloud) == BATCHES:
            break
    points = torch.stack(cloud)
    measured = float((points - full).square().sum(dim=1).mean().sqrt())
    return Trial(points, full, measured, _predicted(single, size, n), single)


class CloudView:
    """The figure of the cloud.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets two panels.

    Attributes
    ----------
    trials : dict of str to dict of int to Trial
        What was tried at each place, by size.
    """

    def __init__(self, figure: Figure) -> None:
        self.still = Still(figure)
        self.trials: dict[str, dict[int, Trial]] = {place: {} for place in PLACES}
        self.left, self.right = bare((figure.add_axes(CLOUD), figure.add_axes(TRIALS)))
        self.dots, self.ring, self.star = (self.left.plot([], [], **style)[0] for style in (DOTS, RING, STAR))
        self.left.plot(0, 0, **PLUS)
        (self.tried,) = self.right.plot([], [], **TRIED)

    def show(self, size: int, place: str) -> None:
        """Draw the trial of this size and place, and the spread of all sizes tried there."""
        trials = self.trials[place]
        trial = trials[size]
        self.still.show(place, lambda figure: draw_frames(figure, trial, place))
        _limit(self.left, self.right, trial, place)
        self.dots.set_data(*trial.cloud.T)
        turn = torch.linspace(0, 2 * torch.pi, 181)
        across, up = trial.full.tolist()
        self.ring.set_data(across + trial.predicted * turn.cos(), up + trial.predicted * turn.sin())
        self.ring.set_visible(trial.predicted > 0)
        self.star.set_data([across], [up])
        sizes = sorted(m for m in trials if m < SIZES[-1])
        self.tried.set_data(sizes, [trials[m].measured for m in sizes])


def draw_frames(figure: Figure, trial: Trial, place: str) -> None:
    """Draw what is the same for all sizes at a place: frames, the predicted spread, the goal and all labels."""
    left, right = figure.add_axes(CLOUD), figure.add_axes(TRIALS)
    _limit(left, right, trial, place)
    for label, style in (("batches of m", DOTS), ("predicted", RING), ("full gradient", STAR), ("zero", PLUS)):
        left.plot([], [], label=label, **style)
    left.set(xlabel="gradient by the intercept", ylabel="gradient by the slope")
    n = SIZES[-1]
    sizes = torch.logspace(0, math.log10(n - 1), 80).tolist()
    independent = [trial.single / math.sqrt(m) for m in sizes]
    right.plot(sizes, independent, color="0.5", linewidth=1, label="σ/√m")
    right.plot(sizes, [_predicted(trial.single, m, n) for m in sizes], label="without replacement", **RING)
    right.plot([], [], label="your trials", **TRIED)
    goal = line_style(1) | {"marker": ""}
    right.axhline(GOAL * trial.length(), label=f"goal: {GOAL:.0%} of the gradient", **goal)
    right.set(xlabel="batch size m", ylabel="spread of the estimates")
    plain_log(right)
    for ax in (left, right):
        ax.legend(loc="upper right", fontsize=8)


def _limit(left: Axes, right: Axes, trial: Trial, place: str) -> None:
    reach, n = 2 * trial.single, SIZES[-1]
    (across, up), goal = trial.full.tolist(), GOAL * trial.length()
    left.set(xlim=(across - reach, across + reach), ylim=(up - reach, up + reach))
    right.set(xscale="log", yscale="log", xlim=(0.74, n / 0.74))
    right.set_ylim(min(goal, trial.single / n) / 2, 1.5 * max(goal, trial.single, _stray(place)))


def _predicted(single: float, size: float, n: int) -> float:
    return single / math.sqrt(size) * math.sqrt((n - size) / (n - 1))


def _said(trial: Trial, size: int) -> str:
    share = trial.measured / trial.length()
    reached = "The goal is reached." if share <= GOAL else "Not yet: the goal is 10 %."
    return (
        f"batches of {size}: spread {trial.measured:.3f} measured, {trial.predicted:.3f} predicted; "
        f"that is {share:.0%} of the full gradient's length, {trial.length():.3f}. {reached}"
    )


@cache
def _single_gradients(place: str) -> Tensor:
    """The gradient of every patient's own loss, of shape (n, 2)."""
    x, y = _patients()
    theta, gradient = torch.tensor(PLACES[place], dtype=x.dtype), least_squares_gradient()
    return torch.stack([gradient(theta, x[[row]], y[[row]]) for row in range(len(x))])


@cache
def _stray(place: str) -> float:
    """What σ is, whatever the student's function says."""
    gradients = _single_gradients(place)
    return float((gradients - gradients.mean(dim=0)).square().sum(dim=1).mean().sqrt())


@cache
def _patients() -> Data:
    """Progression of diabetes against the body mass index, both with mean 0 and deviation 1."""
    x, y = body_mass_index()
    return Data(with_ones(x), y)

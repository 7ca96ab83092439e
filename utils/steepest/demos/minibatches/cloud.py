"""The cloud of minibatch gradients around the full one, by the student's own functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Generator, Tensor

from steepest.callables import least_squares_gradient
from steepest.data import Data, with_ones
from steepest.demos._demo import Demo, count, held, plain_log, steps
from steepest.demos._marks import MINIMUM, legend_above
from steepest.demos._stage import Stage
from steepest.demos.minibatches.patients import body_mass_index
from steepest.plots import line_style

Draw = Callable[[int, int, Generator], Iterable[Tensor]]
Gradient = Callable[[Tensor, Tensor, Tensor], Tensor]
Estimate = Callable[[Gradient, Tensor, Tensor, Tensor, Tensor], Tensor]
Spread = Callable[[Tensor], Tensor]
Place = tuple[float, float]

SIZES = (1, 2, 4, 8, 16, 32, 64, 96, 128, 144, 192, 256, 442)
PLACES: Mapping[str, Place] = {
    "at the start": (1.5, -1.5),
    "halfway": (0.75, -0.46),
    "near the minimum": (0.05, 0.55),
}
BATCHES = 120
GOAL = 0.1
REMEMBERED = 24
REACH = 12.0  # of the panel of gradients; estimates beyond are drawn at its edge
LEAST, MOST = 5e-3, 20.0  # spreads that are shown
DOTS: dict[str, Any] = {
    "color": line_style(0)["color"], "linestyle": "", "marker": "o", "markersize": 3.8, "alpha": 0.45,
}  # fmt: skip
RING: dict[str, Any] = {"color": "black", "linestyle": "--", "linewidth": 1.4}
STAR: dict[str, Any] = {
    "color": "black", "linestyle": "", "marker": "*", "markersize": 13, "markeredgecolor": "white",
}  # fmt: skip
PLUS: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "+", "markersize": 12, "markeredgewidth": 2}
INDEPENDENT: dict[str, Any] = {"color": "0.5", "linewidth": 1}
BUTTON: dict[str, Any] = {"color": "0.4", "linestyle": "", "marker": "s", "markersize": 7}
GOAL_STYLE: dict[str, Any] = line_style(1) | {"marker": ""}
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

    def share(self, size: int) -> float:
        """The spread that is predicted for batches of a size, as a share of that length."""
        return _predicted(self.single, size, SIZES[-1]) / max(self.length(), 1e-12)


def minibatch_demo(minibatches: Draw, minibatch_gradient: Estimate, standard_error: Spread) -> Demo:
    """Controls for the size of the batch and the place on the way down, over the cloud of gradients.

    Parameters
    ----------
    minibatches, minibatch_gradient, standard_error : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = minibatch_demo(unwritten, unwritten, unwritten)
    >>> list(demo.controls)
    ['size', 'sample', 'theta']
    """

    functions = minibatches, minibatch_gradient, standard_error
    measure = lru_cache(maxsize=64)(partial(try_size, *functions))
    known: dict[Place, dict[int, Trial]] = {}

    def draw(stage: Stage, *, size: int, theta: Place, sample: int) -> str:
        trials = known.setdefault(theta, {})
        if len(known) > REMEMBERED:
            del known[next(iter(known))]
        trials[size] = measure(size=size, theta=theta, sample=sample)
        draw_minibatches(stage, trials, size, theta)
        return _said(trials[size], size)

    return Demo(
        draw,
        {
            "size": steps("batch size", 1, SIZES),
            "sample": count("draw", 1, 1, 100),
            "theta": held(PLACES["at the start"]),
        },
        needs=["standard_error", "minibatches", "minibatch_gradient"],
        goal="find the smallest batch whose predicted spread is at most a tenth of the full gradient's length",
        size=(9.5, 4.1),
        played="sample",
        forget=known.clear,
    )


def try_size(
    minibatches: Draw, minibatch_gradient: Estimate, standard_error: Spread, *, size: int, theta: Place, sample: int = 1
) -> Trial:
    """Estimate the gradient from many minibatches of one size.

    Parameters
    ----------
    minibatches, minibatch_gradient, standard_error : callable
        The student's functions.
    size : int
        Examples in a batch.
    theta : tuple of float
        Intercept and slope.
    sample : int
        Which batches.
    """
    x, y = _patients()
    n, at, gradient = len(x), torch.tensor(theta, dtype=x.dtype), least_squares_gradient()
    singles = torch.func.vmap(gradient, in_dims=(None, 0, 0))(at, x[:, None], y[:, None])
    single = float(standard_error(singles).norm()) * math.sqrt(n)
    generator = torch.Generator().manual_seed(size + n * (sample - 1))
    cloud: list[Tensor] = []
    for _ in range(BATCHES):  # an epoch gives at least one batch of the full size
        batches = [index for index in minibatches(n, size, generator) if len(index) == size]
        cloud += [minibatch_gradient(gradient, at, x, y, index) for index in batches[: BATCHES - len(cloud)]]
        if len(cloud) == BATCHES:
            break
    points, full = torch.stack(cloud), gradient(at, x, y)
    measured = float((points - full).square().sum(dim=1).mean().sqrt())
    return Trial(points, full, measured, _predicted(single, size, n), single)


def draw_minibatches(stage: Stage, trials: Mapping[int, Trial], size: int, theta: Place) -> None:
    """Draw the cloud of minibatch gradients, and the spread of every size tried at the same place.

    Parameters
    ----------
    stage : Stage
        Where to draw.
    trials : mapping of int to Trial
        What was found at this θ, by size.
    size : int
        Examples in a batch.
    theta : tuple of float
        Intercept and slope.
    """
    plane, cloud, spreads = stage.panels(draw_frames)
    for name, place in PLACES.items():
        plane.handle("theta", *place, value=place, name=f"θ {name}", **BUTTON)
    plane.handle("theta", *theta, name="θ: intercept and slope")
    trial, turn = trials[size], torch.linspace(0, 2 * torch.pi, 181)
    across, up = trial.full.tolist()
    cloud.plot(*trial.cloud.clamp(-REACH, REACH).T, **DOTS, clip_on=False)
    for radius, style in ((trial.predicted, RING), (GOAL * trial.length(), GOAL_STYLE)):
        cloud.plot(across + radius * turn.cos(), up + radius * turn.sin(), **style)
    cloud.plot(0, 0, **PLUS)
    cloud.plot(across, up, **STAR)
    n = SIZES[-1]
    sizes = torch.logspace(0, math.log10(n - 1), 80, dtype=torch.float64)
    spreads.plot(sizes, trial.single / sizes.sqrt(), **INDEPENDENT)
    spreads.plot(sizes, [_predicted(trial.single, m, n) for m in sizes.tolist()], **RING)
    spreads.plot([0.5, 2 * n], GOAL * trial.length(), **GOAL_STYLE)
    tried = [m for m in trials if m < n]  # the whole set has no place on a logarithmic axis
    spreads.plot(tried, [trials[m].measured for m in tried], **TRIED)
    spreads.handle(("size", ""), size, min(max(trial.measured, LEAST), MOST), name="batch size m")


def draw_frames(figure: Figure) -> tuple[Axes, ...]:
    """Draw frames, the level lines of the loss and all labels."""
    plane, cloud, spreads = figure.subplots(1, 3, width_ratios=(1.2, 1.4, 1))
    x, y = _patients()
    best = torch.linalg.lstsq(x, y[:, None]).solution[:, 0]
    turn = torch.linspace(0, 2 * torch.pi, 181, dtype=x.dtype)
    for radius in (0.5, 1, 1.5, 2, 2.5, 3):  # with mean 0 and deviation 1 the level lines are circles
        plane.plot(best[0] + radius * turn.cos(), best[1] + radius * turn.sin(), color="0.75", linewidth=0.7)
    plane.plot(*best, label="least loss", **MINIMUM)
    for name, (across, up) in PLACES.items():
        plane.text(min(across, 1.3), up - 0.2, name, ha="center", va="top", fontsize=8)
    plane.set(xlabel="intercept", ylabel="slope", xlim=(-2.1, 2.1), ylim=(-2.1, 2.1), aspect="equal")
    for label, style in (("batches of m", DOTS), ("predicted", RING), ("full gradient", STAR), ("zero", PLUS)):
        cloud.plot([], [], label=label, **style)
    cloud.set(xlabel="gradient by the intercept", ylabel="gradient by the slope", aspect="equal")
    cloud.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH))
    for label, style in (
        ("σ/√m", INDEPENDENT), ("without replacement", RING), ("your trials", TRIED),
        (f"goal: {GOAL:.0%} of the gradient", GOAL_STYLE),
    ):  # fmt: skip
        spreads.plot([], [], label=label, **style)
    spreads.set(xlabel="batch size m", ylabel="spread of the estimates", xscale="log", yscale="log")
    spreads.set(xlim=(0.74, SIZES[-1] / 0.74), ylim=(LEAST, MOST))
    plain_log(spreads)
    legend_above(plane, cloud, ncols=2)
    legend_above(spreads, ncols=1)
    return plane, cloud, spreads


def _predicted(single: float, size: float, n: int) -> float:
    return single / math.sqrt(size) * math.sqrt((n - size) / (n - 1))


def _said(trial: Trial, size: int) -> str:
    """Compare both spreads, and judge by the predicted one: the measured one is a matter of luck."""
    smallest = next((m for m in SIZES if trial.share(m) <= GOAL), SIZES[-1])
    if size < smallest:
        reached = f"Not yet: the goal is {GOAL:.0%}."
    else:
        reached = "A smaller batch is enough." if size > smallest else "The goal is reached."
    return (
        f"batches of {size}: spread {trial.measured:.3f} measured, {trial.predicted:.3f} predicted; "
        f"the predicted one is {trial.share(size):.1%} of the full gradient's length, {trial.length():.3f}. {reached}"
    )


@cache
def _patients() -> Data:
    """Progression of diabetes against the body mass index, both with mean 0 and deviation 1."""
    x, y = body_mass_index()
    return Data(with_ones(x), y)

"""Batch, minibatch and stochastic paths over one loss, walked by the student's own `sgd`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, lru_cache, partial
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.callables import least_squares_gradient
from steepest.data import Data, with_ones
from steepest.demos._demo import Demo, choice, counted, held, plain_log, slider, steps
from steepest.demos._marks import MINIMUM, THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.demos.minibatches.patients import body_mass_index
from steepest.plots import line_style

Descend = Callable[..., Tensor]

COUNTS = ("by step", "by example seen")
PATH_SIZES = (2, 4, 8, 16, 32, 64, 128, 221)
START = (1.5, -1.0)
N_STEPS = 60
EPOCHS = 2
GOAL = 0.03
ACROSS, UP, FAR = (-2.0, 2.4), (-1.6, 2.2), 99.0
DOTS = 150
LOWEST, HIGHEST = 1e-4, 3e1


class Walk(NamedTuple):
    """What one call of the student's `sgd` did.

    Attributes
    ----------
    path : Tensor, shape (n_steps + 1, 2)
        The start and θ after every step.
    seen : Tensor, shape (n_steps + 1,)
        Examples used until then.
    excess : Tensor, shape (n_steps + 1,)
        Loss over all patients, above its minimum.
    """

    path: Tensor
    seen: Tensor
    excess: Tensor

    def rest(self) -> float:
        """Mean excess loss over the last quarter of the path."""
        return float(self.excess[-max(1, len(self.excess) // 4) :].mean())


def path_demo(sgd: Descend) -> Demo:
    """Controls for batch size, rate and what is counted, over the paths of three sizes of batch.

    Parameters
    ----------
    sgd : callable
        The student's function, which uses the student's `minibatches` and `minibatch_gradient`.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = path_demo(unwritten)
    >>> list(demo.controls)
    ['size', 'lr', 'count', 'start']
    """

    walks = lru_cache(maxsize=64)(partial(walk, sgd))

    def draw(stage: Stage, *, size: int, lr: float, count: str, start: tuple[float, float]) -> str:
        found = [walks(batch, lr=lr, count=count, start=start) for batch in (len(_patients().x), size, 1)]
        draw_paths(stage, found, count)
        return _said(found, size, count, start)

    return Demo(
        draw,
        {
            "size": steps("batch size m", 32, PATH_SIZES),
            "lr": slider("rate η", 0.1, 0.01, 0.35, 0.01),
            "count": choice("compare", COUNTS[0], COUNTS),
            "start": held(START),
        },
        needs=["minibatches", "minibatch_gradient", "sgd"],
        goal=(
            "by example seen and from the first start, end the minibatch path within "
            f"{GOAL} of the least loss (mean over its last quarter)"
        ),
    )


def walk(sgd: Descend, size: int, *, lr: float, count: str, start: tuple[float, float] = START) -> Walk:
    """Run the student's function, and note where it asks for gradients and of how many examples.

    Parameters
    ----------
    sgd : callable
        The student's function.
    size : int
        Examples in a batch.
    lr : float
        Learning rate.
    count : str
        One of `COUNTS`: whether the path is as long as `N_STEPS` steps or as `EPOCHS` passes through the data.
    start : tuple of float
        Intercept and slope at first.
    """
    x, y = _patients()
    epochs = EPOCHS if count == COUNTS[1] else math.ceil(N_STEPS / math.ceil(len(x) / size))
    gradient = least_squares_gradient()
    asked: list[Tensor] = []
    used = [0]

    def noting(theta: Tensor, x_rows: Tensor, y_rows: Tensor) -> Tensor:
        asked.append(theta.detach().clone())
        used.append(len(x_rows))
        if count == COUNTS[0] and len(asked) > N_STEPS:
            raise _EnoughError
        return gradient(theta, x_rows, y_rows)

    theta = torch.tensor(start, dtype=x.dtype)
    generator = torch.Generator().manual_seed(0)
    try:
        end = sgd(noting, theta, x, y, lr=lr, batch_size=size, epochs=epochs, generator=generator)
    except _EnoughError:
        end = asked.pop()
    if not isinstance(end, Tensor) or end.shape != theta.shape:
        raise TypeError(f"`sgd` must return the last θ, a tensor of shape (2,). Got {end!r}. Is the `return` missing?")
    path = torch.stack([*asked, end])
    best, hessian = _bowl()
    away = path - best
    excess = 0.5 * ((away @ hessian) * away).sum(dim=1)
    return Walk(path, torch.tensor(used).cumsum(dim=0)[: len(path)], excess)


def draw_paths(stage: Stage, walks: Sequence[Walk], count: str) -> None:
    """Draw the paths and the losses of three walks: with all examples in a step, with some and with one.

    Parameters
    ----------
    stage : Stage
        Where to draw.
    walks : sequence of Walk
        The noisiest last; it lies lowest.
    count : str
        One of `COUNTS`.
    """
    ground, losses = stage.panels(draw_landscape, count)
    for number, done in enumerate(walks):
        style, length = _style(number) | {"zorder": 5 - number}, len(done.path)
        ground.plot(*done.path.nan_to_num(nan=FAR).clamp(-FAR, FAR).T, **style, markevery=max(1, length // 60))
        places = done.seen if count == COUNTS[1] else torch.arange(length)
        shown = slice(None, None, 1 + length // DOTS)  # more could not be told apart
        excess = done.excess[shown].nan_to_num(nan=1e9).clamp(LOWEST / 9, 1e9)
        losses.plot(places[shown], excess, **style, markevery=max(1, length // 12))
    ground.plot(*_bowl()[0], **MINIMUM | {"markersize": 13, "markeredgecolor": "white", "zorder": 6})
    ground.handle("start", *walks[0].path[0].tolist(), name="start of the three paths")


def draw_landscape(figure: Figure, count: str) -> tuple[Axes, Axes]:
    """Draw level lines, the goal and all labels."""
    left, right = figure.subplots(1, 2)
    best, hessian = _bowl()
    across, up = (torch.linspace(*ends, 121, dtype=torch.float64) for ends in (ACROSS, UP))
    away = torch.stack(torch.meshgrid(across, up, indexing="xy"), dim=-1) - best
    loss = 0.5 * ((away @ hessian) * away).sum(dim=-1)
    left.contour(across, up, loss, levels=[0.05, 0.2, 0.5, 1, 2, 4, 7, 11, 16], colors="0.7", linewidths=0.7)
    left.plot([], [], label="least loss", **MINIMUM)
    left.set(xlabel="intercept", ylabel="slope")
    for number, label in enumerate(("batch, all 442", "minibatch of m", "stochastic, 1")):
        right.plot([], [], label=label, **_style(number))
    right.axhline(GOAL, **THRESHOLD)
    end = N_STEPS if count == COUNTS[0] else EPOCHS * len(_patients().x)
    right.text(0, GOAL / 1.2, f"goal: {GOAL}", va="top", color="0.3", fontsize=8)
    right.set(xlabel="step" if count == COUNTS[0] else "examples seen", ylabel="loss above the least loss")
    right.set(yscale="log", xlim=(-0.01 * end, 1.01 * end), ylim=(LOWEST, HIGHEST))
    legend_above(left, right, ncols=3)
    plain_log(right)
    return left, right


def _style(number: int) -> dict[str, Any]:
    if number < 2:
        return line_style(number) | {"linewidth": 1.8}
    return line_style(number) | {"markersize": 3, "linewidth": 0.8, "linestyle": "-"}  # dashes blur where it scrawls


def _said(walks: Sequence[Walk], size: int, count: str, start: tuple[float, float]) -> str:
    names = ("batch", f"minibatches of {size}", "stochastic")
    ends = "; ".join(f"{name} {_end(done)}" for name, done in zip(names, walks, strict=True))
    said = f"Loss above the least, over the last quarter: {ends}."
    if count == COUNTS[0]:
        return f"{said} For the goal, compare by example seen."
    if walks[1].rest() > GOAL:
        return f"{said} Not yet: the goal is {GOAL}."
    if start != START:
        return f"{said} For the goal, press reset: it counts from the first start."
    return f"{said} The goal is reached."


def _end(done: Walk) -> str:
    rest = done.rest()
    where = f"{rest:.4f}" if rest < HIGHEST else "ran away"
    return f"{where} ({counted(len(done.path) - 1, 'step')}, {int(done.seen[-1])} examples)"


class _EnoughError(Exception):
    """Ends a walk that is as long as is shown."""


@cache
def _patients() -> Data:
    """Progression of diabetes against the body mass index, which is not centred: so the valley is narrow."""
    x, y = body_mass_index()
    return Data(with_ones(x + 1), y)


@cache
def _bowl() -> tuple[Tensor, Tensor]:
    """The best θ and the Hessian of the loss."""
    x, y = _patients()
    return torch.linalg.lstsq(x, y[:, None]).solution[:, 0], 2 * x.T @ x / len(x)

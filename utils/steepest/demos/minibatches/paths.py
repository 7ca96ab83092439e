"""Batch, minibatch and stochastic paths over one loss, walked by the student's own `sgd`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.callables import least_squares_gradient
from steepest.data import Data, with_ones
from steepest.demos._demo import Demo, choice, counted, plain_log, slider, steps
from steepest.demos._marks import MINIMUM, THRESHOLD, legend_above
from steepest.demos._still import Still, bare
from steepest.demos.minibatches.patients import body_mass_index
from steepest.plots import line_style

Descend = Callable[..., Tensor]

COUNTS = ("by step", "by example seen")
PATH_SIZES = (2, 4, 8, 16, 32, 64, 128, 221)
START = (1.5, -1.0)
N_STEPS = 60
EPOCHS = 2
GOAL = 0.03
LANDSCAPE, LOSS = (0.07, 0.13, 0.42, 0.79), (0.58, 0.13, 0.405, 0.79)
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
    """

    def draw(view: PathView, *, size: int, lr: float, count: str) -> str:
        return draw_paths(sgd, view, size=size, lr=lr, count=count)

    return Demo(
        draw,
        {
            "size": steps("batch size m", 32, PATH_SIZES),
            "lr": slider("rate η", 0.1, 0.01, 0.35, 0.01),
            "count": choice("compare", COUNTS[0], COUNTS),
        },
        view=PathView,
        needs=["minibatches", "minibatch_gradient", "sgd"],
        goal=f"by example seen, end the minibatch path within {GOAL} of the least loss (mean over its last quarter)",
    )


def walk(sgd: Descend, size: int, *, lr: float, count: str) -> Walk:
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
    """
    x, y = _patients()
    epochs = EPOCHS if count == COUNTS[1] else math.ceil(N_STEPS / math.ceil(len(x) / size))
    gradient = least_squares_gradient()
    asked: list[Tensor] = []
    used = [0]

    def noting(theta: Tensor, x_rows: Tensor, y_rows: Tensor) -> Tensor:
        asked.append(theta.detach().clone())
        used.append(len(x_rows))
        return gradient(theta, x_rows, y_rows)

    start = torch.tensor(START, dtype=x.dtype)
    generator = torch.Generator().manual_seed(0)
    end = sgd(noting, start, x, y, lr=lr, batch_size=size, epochs=epochs, generator=generator)
    if not isinstance(end, Tensor) or end.shape != start.shape:
        raise TypeError(f"`sgd` must return the last θ, a tensor of shape (2,). Got {end!r}. Is the `return` missing?")
    length = N_STEPS + 1 if count == COUNTS[0] else len(asked) + 1
    path = torch.stack([*asked, end])[:length]
    best, hessian = _bowl()
    away = path - best
    excess = 0.5 * ((away @ hessian) * away).sum(dim=1)
    return Walk(path, torch.tensor(used).cumsum(dim=0)[:length], excess)


class PathView:
    """The figure of the paths, and the walks that it has shown.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets two panels.
    """

    def __init__(self, figure: Figure) -> None:
        self.still = Still(figure)
        self.walks: dict[tuple[int, float, str], Walk] = {}
        left, self.right = bare(_panels(figure, COUNTS[0]))
        # the noisiest lies lowest
        self.paths = [left.plot([], [], zorder=5 - number, **_style(number))[0] for number in range(3)]
        self.losses = [self.right.plot([], [], zorder=5 - number, **_style(number))[0] for number in range(3)]

    def show(self, walks: list[Walk], count: str) -> None:
        """Draw three walks, by what is counted."""
        self.still.show(count, lambda figure: draw_landscape(figure, count))
        self.right.set_xlim(*_span(count))
        for number, done in enumerate(walks):
            self.paths[number].set_data(*done.path.nan_to_num(nan=99).clamp(-99, 99).T)
            places = done.seen if count == COUNTS[1] else torch.arange(len(done.path))
            shown = slice(None, None, 1 + len(done.path) // DOTS)  # more could not be told apart
            self.losses[number].set_data(places[shown], done.excess[shown].nan_to_num(nan=1e9).clamp(LOWEST / 9, 1e9))
            self.losses[number].set_markevery(max(1, len(done.path) // 12))
            self.paths[number].set_markevery(max(1, len(done.path) // 60))


def draw_paths(sgd: Descend, view: PathView, *, size: int, lr: float, count: str) -> str:
    """Walk with all examples in a step, with some and with one, and draw the paths and the losses.

    Parameters
    ----------
    sgd : callable
        The student's function.
    view : PathView
        Where to draw; remembers the walks.
    size : int
        Examples in a minibatch.
    lr : float
        Learning rate of all three.
    count : str
        One of `COUNTS`.

    Returns
    -------
    str
        Where the three end and how far the goal is, for the line above the figure.
    """
    n = len(_patients().x)
    for batch in (n, size, 1):
        if (batch, lr, count) not in view.walks:
            view.walks[batch, lr, count] = walk(sgd, batch, lr=lr, count=count)
    walks = [view.walks[batch, lr, count] for batch in (n, size, 1)]
    view.show(walks, count)
    names = ("batch", f"minibatches of {size}", "stochastic")
    said = "; ".join(_said(name, done) for name, done in zip(names, walks, strict=True))
    if count == COUNTS[0]:
        return f"Loss above the least, over the last quarter: {said}. For the goal, compare by example seen."
    reached = "The goal is reached." if walks[1].rest() <= GOAL else f"Not yet: the goal is {GOAL}."
    return f"Loss above the least, over the last quarter: {said}. {reached}"


def draw_landscape(figure: Figure, count: str) -> None:
    """Draw level lines, the goal and all labels."""
    left, right = _panels(figure, count)
    best, hessian = _bowl()
    across, up = (torch.linspace(*limits, 121, dtype=torch.float64) for limits in (left.get_xlim(), left.get_ylim()))
    away = torch.stack(torch.meshgrid(across, up, indexing="xy"), dim=-1) - best
    loss = 0.5 * ((away @ hessian) * away).sum(dim=-1)
    left.contour(across, up, loss, levels=[0.05, 0.2, 0.5, 1, 2, 4, 7, 11, 16], colors="0.7", linewidths=0.7)
    left.plot(*best, **MINIMUM)
    left.plot(*START, "o", color="black", markersize=6)
    left.set(xlabel="intercept", ylabel="slope")
    for number, label in enumerate(("batch, all 442", "minibatch of m", "stochastic, 1")):
        right.plot([], [], label=label, **_style(number))
    right.axhline(GOAL, **THRESHOLD)
    right.set(xlabel="step" if count == COUNTS[0] else "examples seen", ylabel="loss above the least loss")
    legend_above(right, ncols=3)
    plain_log(right)


def _style(number: int) -> dict[str, Any]:
    if number < 2:
        return line_style(number) | {"linewidth": 1.8}
    return line_style(number) | {"markersize": 3, "linewidth": 0.8, "linestyle": "-"}  # dashes blur where it scrawls


def _span(count: str) -> tuple[float, float]:
    end = N_STEPS if count == COUNTS[0] else EPOCHS * len(_patients().x)
    return -0.01 * end, 1.01 * end


def _panels(figure: Figure, count: str) -> tuple[Axes, Axes]:
    left, right = figure.add_axes(LANDSCAPE), figure.add_axes(LOSS)
    left.set(xlim=(-2.0, 2.4), ylim=(-1.6, 2.2))
    right.set(yscale="log", xlim=_span(count), ylim=(LOWEST, HIGHEST))
    return left, right


def _said(name: str, done: Walk) -> str:
    rest = done.rest()
    where = f"{rest:.4f}" if rest < HIGHEST else "ran away"
    return f"{name} {where} ({counted(len(done.path) - 1, 'step')}, {int(done.seen[-1])} examples)"


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

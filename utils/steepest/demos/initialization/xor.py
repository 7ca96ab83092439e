"""Twenty small networks that learn exclusive or side by side, from starts that the student's functions draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.path import Path
from torch import Generator, Tensor

from steepest._xor import XorTraining, xor
from steepest.demos._demo import Demo, check_box, choice, count, plain_log, slider
from steepest.demos._stage import DPI
from steepest.demos._still import Picture, Still
from steepest.depth import wilson_interval
from steepest.plots import line_style

Initializer = Callable[[tuple[int, ...], Generator], Tensor]

ROWS, COLUMNS = 4, 5
N_RUNS = ROWS * COLUMNS
N_EPOCHS, EPOCHS_A_FRAME = 1000, 10
FIRST_EPOCH = GOAL_EPOCH = 100
REMEMBERED = 12
TILE, EDGE, LEFT, BOTTOM = 100, 4, 34, 28  # dots of a cell, of the white edge around it, and where the grid begins
WIDTH, HEIGHT = 950, 470
GRID = (LEFT / WIDTH, BOTTOM / HEIGHT, COLUMNS * TILE / WIDTH, ROWS * TILE / HEIGHT)
LOSSES, COUNTS = (0.65, 0.6, 0.32, 0.365), (0.65, 0.1, 0.32, 0.365)
LOWEST, HIGHEST = 1e-5, 1e2
CHECK = Path([(-0.5, 0.05), (-0.15, -0.35), (0.5, 0.45)])
ONE: dict[str, Any] = {
    "marker": "o", "linestyle": "", "markersize": 6, "color": "black", "markeredgecolor": "white", "zorder": 3,
}  # fmt: skip
ZERO = ONE | {"color": "white", "markeredgecolor": "black"}
WRONG = ONE | {"marker": "X", "markersize": 11, "color": line_style(1)["color"], "zorder": 4}
DISC = ONE | {"markersize": 13, "color": "white", "markeredgecolor": "black", "zorder": 4}
SOLVED = ONE | {
    "marker": CHECK, "markersize": 7, "fillstyle": "none", "markeredgecolor": "black", "markeredgewidth": 1.8,
    "zorder": 5,
}  # fmt: skip
EARLIER: dict[str, Any] = {"color": "0.72", "linewidth": 1}


class XorStart(NamedTuple):
    """What the runs of a grid have in common.

    Attributes
    ----------
    start : str
        Name of the function that draws the weights.
    scale : float
        What the weights are multiplied by.
    centered : bool
        Whether inputs are −1 and 1 instead of 0 and 1.
    seed : int
        Which twenty runs.
    """

    start: str
    scale: float
    centered: bool
    seed: int


def xor_demo(starts: Mapping[str, Initializer]) -> Demo:
    """Controls for the start of 20 networks and the epoch, over what each has learned of exclusive or.

    Parameters
    ----------
    starts : mapping of str to callable
        The student's functions by name; each is called with a shape (out, in) and a generator.
    """
    wanted: list[str] = []  # only the function that is called can be the one that is not written
    trainings: dict[XorStart, XorTraining] = {}

    def draw(view: XorView, *, epoch: int, start: str, scale: float, centered: bool, seed: int) -> str:
        wanted[:] = ["fans", getattr(starts[start], "__name__", start)]
        key = XorStart(start, scale, centered, seed)
        if key not in trainings:
            trainings[key] = start_xor(starts[start], key)
            if len(trainings) > REMEMBERED:
                del trainings[next(iter(trainings))]
        return draw_xor(view, trainings[key], key, epoch=epoch)

    return Demo(
        draw,
        {
            "epoch": count("epoch", FIRST_EPOCH, 0, N_EPOCHS, EPOCHS_A_FRAME),
            "start": choice("start", next(iter(starts)), list(starts)),
            "scale": slider("times", 1.0, -2, 1, 0.05, log=True),
            "centered": check_box("inputs −1 and 1"),
            "seed": count("runs, set", 1, 1, 20),
        },
        view=XorView,
        needs=wanted,
        goal=f"a start from which all {N_RUNS} runs solve XOR within {GOAL_EPOCH} epochs",
        size=(WIDTH / DPI, HEIGHT / DPI),
        played="epoch",
    )


def start_xor(draw: Initializer, start: XorStart) -> XorTraining:
    """Draw the networks of a grid; they are trained as far as they are looked at."""

    def scaled(shape: tuple[int, int], generator: Generator) -> Tensor:
        return start.scale * draw(shape, generator)

    scaled.__name__ = getattr(draw, "__name__", start.start)
    return XorTraining(scaled, n_runs=N_RUNS, seed=start.seed, centered=start.centered)


def surfaces(training: XorTraining, epoch: int, *, centered: bool) -> np.ndarray:
    """The decision surfaces of all networks in one picture of shape (ROWS · TILE, COLUMNS · TILE, 4).

    Parameters
    ----------
    training : XorTraining
        Is trained until the epoch.
    epoch : int
        When to look.
    centered : bool
        Whether inputs are −1 and 1.
    """
    inner = TILE // 2 - EDGE  # each answer fills two by two dots
    places = 2 * (torch.arange(inner, dtype=torch.float64) + 0.5) / inner - 0.5  # the examples lie at 0 and 1
    places = 2 * places - 1 if centered else places
    points = torch.stack(torch.meshgrid(places, places.flip(0), indexing="xy"), dim=-1).reshape(-1, 2)
    outputs = training.outputs(epoch, points).nan_to_num(nan=0.0).numpy()
    colors = _colors()[(255 * outputs).astype(np.uint8)].reshape(ROWS, COLUMNS, inner, inner, 4)
    picture = np.full((ROWS, COLUMNS, TILE, TILE, 4), 255, dtype=np.uint8)
    picture[:, :, EDGE:-EDGE, EDGE:-EDGE] = colors.repeat(2, axis=2).repeat(2, axis=3)
    return picture.swapaxes(1, 2).reshape(ROWS * TILE, COLUMNS * TILE, 4)


def _colors() -> np.ndarray:
    """A colour for every answer from 0 to 1: darker as it grows, with a jump at ½ where the class changes."""
    lower, upper = [(250, 252, 255, 255), (205, 222, 240, 255)], [(125, 172, 216, 255), (8, 48, 107, 255)]
    halves = [np.linspace(start, stop, 128) for start, stop in (lower, upper)]
    return np.concatenate(halves).round().astype(np.uint8)


class XorView:
    """The figure: 20 cells, the losses, and how many runs have solved XOR from this start and from earlier ones.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets three panels.
    """

    def __init__(self, figure: Figure) -> None:
        Still(figure).show("xor", draw_labels)
        grid, losses, counts = _panels(figure)
        for ax in figure.axes:
            ax.set_axis_off()
        self.tried: dict[XorStart, np.ndarray] = {}
        self.image = Picture(left=LEFT, bottom=BOTTOM, zorder=-0.5)
        figure.add_artist(self.image)
        places, classes = _corners(), xor()[1].numpy()
        for style, kind in ((ZERO, 0), (ONE, 1)):
            grid.plot(*places[:, classes == kind].reshape(-1, 2).T, **style)
        (self.wrong,), (self.discs,), (self.checks,) = (grid.plot([], [], **style) for style in (WRONG, DISC, SOLVED))
        self.losses = {solved: LineCollection([], **_loss_style(solved)) for solved in (True, False)}
        for lines in self.losses.values():
            losses.add_collection(lines, autolim=False)
        self.earlier = LineCollection([], **EARLIER)
        counts.add_collection(self.earlier, autolim=False)
        (self.count,) = counts.plot([], [], **line_style(0) | {"marker": "", "linewidth": 2.2})
        (self.now,) = counts.plot([], [], "o", color=line_style(0)["color"], clip_on=False, zorder=4)

    def show(self, training: XorTraining, start: XorStart, epoch: int) -> np.ndarray:
        """Draw what the runs have learned until an epoch.

        Returns
        -------
        ndarray of int, shape (epoch + 1,)
            How many runs solved XOR before training and after every epoch.
        """
        self.image.set_data(surfaces(training, epoch, centered=start.centered))
        scores = training.scores(epoch).numpy()
        wrong = (scores > 0) != (xor()[1].numpy() > 0.5)
        solved = ~wrong.any(axis=2)
        counts: np.ndarray = solved.sum(axis=1)
        self.wrong.set_data(*_corners()[wrong[-1]].T)
        for marks in (self.discs, self.checks):
            marks.set_data(*(_cells()[solved[-1]] + 0.5).T)
        every = max(1, epoch // 100)
        shown = np.arange(0, epoch + 1, every)
        curves = training.losses(epoch).numpy()[shown].clip(LOWEST / 2, HIGHEST * 2)
        for kind, lines in self.losses.items():
            lines.set_segments([np.stack([shown, run], axis=1) for run in curves.T[solved[-1] == kind]])
        if len(counts) > len(self.tried.get(start, [])):
            self.tried[start] = counts
        epochs = np.arange(N_EPOCHS + 1)
        others = [past for key, past in self.tried.items() if key != start][-REMEMBERED:]
        self.earlier.set_segments([np.stack([epochs[: len(past)], past], axis=1)[::5] for past in others])
        self.count.set_data(epochs[: len(counts)], counts)
        self.now.set_data([epoch], [counts[-1]])
        return counts


def draw_xor(view: XorView, training: XorTraining, start: XorStart, *, epoch: int) -> str:
    """Draw the grid at an epoch.

    Parameters
    ----------
    view : XorView
        Where to draw; remembers what was tried.
    training : XorTraining
        The networks of this start, from `start_xor`.
    start : XorStart
        What they have in common.
    epoch : int
        When to look.

    Returns
    -------
    str
        How many runs have solved XOR and how far the goal is, for the line above the figure.
    """
    counts = view.show(training, start, epoch)
    low, high = wilson_interval(int(counts[-1]), N_RUNS)
    reached = "The goal is reached." if max(counts[: GOAL_EPOCH + 1]) == N_RUNS else "Not yet."
    if epoch > GOAL_EPOCH:
        reached = f"{counts[GOAL_EPOCH]} did at epoch {GOAL_EPOCH}. {reached}"
    times = "" if start.scale == 1 else f" × {start.scale:.2g}"
    return (
        f"{start.start}{times}, inputs {'−1 and 1' if start.centered else '0 and 1'}, epoch {epoch}: "
        f"{counts[-1]} of {N_RUNS} runs solve XOR (95% interval {low:.0%} to {high:.0%}). {reached}"
    )


def draw_labels(figure: Figure) -> None:
    """Draw axes, legends and the goal."""
    grid, losses, counts = _panels(figure)
    grid.set(xticks=[], yticks=[], xlabel="in every cell: first input", ylabel="second input")
    grid.spines[:].set_visible(False)
    named = {
        "example of class 0": ZERO,
        "of class 1": ONE,
        "answered wrongly": WRONG,
        "XOR is solved": SOLVED,
    }
    marks = [Line2D([], [], label=label, **style) for label, style in named.items()]
    grid.legend(
        handles=marks, loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False, borderpad=0.2,
        handletextpad=0.2, columnspacing=1.2, fontsize=9,
    )  # fmt: skip
    for solved, label in ((True, "solved by now"), (False, "not solved")):
        losses.plot([], [], label=label, **_loss_style(solved))
    losses.set(ylabel="loss (cross-entropy)", xticklabels=[])
    losses.legend(loc="upper right", ncols=2, fontsize=8)
    plain_log(losses)
    counts.plot([], [], label="this start", **line_style(0) | {"marker": "", "linewidth": 2.2})
    counts.plot([], [], label="earlier ones", **EARLIER)
    counts.plot(
        [GOAL_EPOCH], [N_RUNS], "*", label="goal", color=line_style(1)["color"], markeredgecolor="black",
        markersize=12, clip_on=False,
    )  # fmt: skip
    counts.set(xlabel="epoch", ylabel="runs that solve XOR", yticks=range(0, N_RUNS + 1, 5))
    counts.legend(loc="lower right", fontsize=8)


def _panels(figure: Figure) -> tuple[Axes, Axes, Axes]:
    grid, losses, counts = (figure.add_axes(place) for place in (GRID, LOSSES, COUNTS))
    grid.set(xlim=(0, COLUMNS), ylim=(0, ROWS))
    losses.set(yscale="log", xlim=(0, N_EPOCHS), ylim=(LOWEST, HIGHEST))
    counts.set(xlim=(0, N_EPOCHS), ylim=(0, N_RUNS + 0.6))
    return grid, losses, counts


def _loss_style(solved: bool) -> dict[str, Any]:
    style = line_style(0 if solved else 1)
    return {"color": style["color"], "linestyle": style["linestyle"], "linewidth": 1, "alpha": 0.75}


def _cells() -> np.ndarray:
    """The lower left corner of every run's cell, of shape (N_RUNS, 2); the first row stands above."""
    runs = np.arange(N_RUNS)
    return np.stack([runs % COLUMNS, ROWS - 1 - runs // COLUMNS], axis=1).astype(float)


def _corners() -> np.ndarray:
    """Where the four examples lie in every cell, of shape (N_RUNS, 4, 2)."""
    margin = EDGE / TILE
    places: np.ndarray = _cells()[:, None] + margin + (1 - 2 * margin) * (0.25 + 0.5 * xor()[0].numpy())
    return places

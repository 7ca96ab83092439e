"""Twenty small networks that learn exclusive or side by side, from starts that the student's functions draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.path import Path
from torch import Generator, Tensor

from steepest._xor import XorTraining, xor
from steepest.demos._demo import Demo, check_box, choice, count, held, joined, plain_log, slider
from steepest.demos._marks import legend_above
from steepest.demos._stage import POINT, Panel, Stage
from steepest.depth import wilson_interval
from steepest.plots import line_style

Initializer = Callable[[tuple[int, ...], Generator], Tensor]
Place = tuple[float, float]

ROWS, COLUMNS = 4, 5
N_RUNS = ROWS * COLUMNS
N_EPOCHS, EPOCHS_A_FRAME = 1000, 10
FIRST_EPOCH = GOAL_EPOCH = 100
REMEMBERED = 12
FIRST_RUN = 3
TILE, EDGE, LARGE = 50, 2, 84  # dots of a cell, of the white edge around it, and of one run's own picture
SEEN = (-0.5, 1.5)  # the examples lie at 0 and 1
LOWEST, HIGHEST = 1e-5, 1e2
HALVES = ((250, 252, 255, 255), (205, 222, 240, 255)), ((125, 172, 216, 255), (8, 48, 107, 255))
COLORS = np.concatenate([np.linspace(*ends, 128) for ends in HALVES]).round().astype(np.uint8)
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
NOW: dict[str, Any] = line_style(0) | {"marker": "", "linewidth": 2.2}
CHOSEN: dict[str, Any] = {"color": "black", "linewidth": 2}
UNIT: dict[str, Any] = {"color": "black", "linewidth": 1.2, "linestyle": "--"}
BUTTON: dict[str, Any] = {"color": "none", "marker": "s"}  # over a cell


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

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = xor_demo({"mine": unwritten})
    >>> list(demo.controls)
    ['epoch', 'start', 'scale', 'centered', 'seed', 'run', 'point']
    >>> demo.message.value
    'Write <code>fans</code>, <code>unwritten</code> and run the cell, then run this one again.'
    """
    wanted: list[str] = []  # only the function that is called can be the one that is not written
    trainings: dict[XorStart, XorTraining] = {}
    tried: dict[XorStart, np.ndarray] = {}

    def draw(stage: Stage, *, epoch: int, run: int, point: Place, **common: Any) -> str:
        key = XorStart(**common)
        wanted[:] = ["fans", getattr(starts[key.start], "__name__", key.start)]
        if key not in trainings:
            trainings[key] = start_xor(starts[key.start], key)
            if len(trainings) > REMEMBERED:
                del trainings[next(iter(trainings))]
        training = trainings[key]
        counts = training.solved(epoch).sum(dim=1).numpy()
        if len(counts) > len(tried.get(key, [])):
            tried[key] = counts
        earlier = [past for other, past in tried.items() if other != key][-REMEMBERED:]
        draw_xor(stage, training, counts, earlier, centered=key.centered, epoch=epoch, run=run - 1, point=point)
        return _said(key, counts)

    return Demo(
        draw,
        {
            "epoch": count("epoch", FIRST_EPOCH, 0, N_EPOCHS, EPOCHS_A_FRAME),
            "start": choice("start", next(iter(starts)), list(starts)),
            "scale": slider("times", 1.0, -2, 1, 0.05, log=True),
            "centered": check_box("inputs −1 and 1"),
            "seed": count("runs, set", 1, 1, 20),
            "run": held(FIRST_RUN),
            "point": held((0.5, 0.5)),
        },
        needs=wanted,
        goal=f"a start from which all {N_RUNS} runs solve XOR within {GOAL_EPOCH} epochs",
        size=(9.5, 4.6),
        played="epoch",
        forget=tried.clear,
    )


def start_xor(draw: Initializer, start: XorStart) -> XorTraining:
    """Draw the networks of a grid; they are trained as far as they are looked at."""

    def scaled(shape: tuple[int, int], generator: Generator) -> Tensor:
        return start.scale * draw(shape, generator)

    scaled.__name__ = getattr(draw, "__name__", start.start)
    return XorTraining(scaled, n_runs=N_RUNS, seed=start.seed, centered=start.centered)


def surfaces(training: XorTraining, epoch: int, *, centered: bool) -> np.ndarray:
    """The decision surfaces of all networks in one picture of shape (ROWS · TILE, COLUMNS · TILE, 4), from below.

    Parameters
    ----------
    training : XorTraining
        Is trained until the epoch.
    epoch : int
        When to look.
    centered : bool
        Whether inputs are −1 and 1.
    """
    inner = TILE - 2 * EDGE
    answers = _coloured(training.outputs(epoch, _places(inner, centered))).reshape(ROWS, COLUMNS, inner, inner, 4)
    picture = np.full((ROWS, COLUMNS, TILE, TILE, 4), 255, dtype=np.uint8)
    picture[:, :, EDGE:-EDGE, EDGE:-EDGE] = answers[::-1]
    return picture.swapaxes(1, 2).reshape(ROWS * TILE, COLUMNS * TILE, 4)


def _places(n: int, centered: bool) -> Tensor:
    """Inputs in rows from below, of shape (n², 2)."""
    places = SEEN[0] + (SEEN[1] - SEEN[0]) * (torch.arange(n, dtype=torch.float64) + 0.5) / n
    points = torch.stack(torch.meshgrid(places, places, indexing="xy"), dim=-1).reshape(-1, 2)
    return 2 * points - 1 if centered else points


def _coloured(outputs: Tensor) -> np.ndarray:
    """A colour for every answer from 0 to 1: darker as it grows, with a jump at ½ where the class changes."""
    return COLORS[(255 * outputs.nan_to_num(nan=0.0).numpy()).astype(np.uint8)]


def draw_xor(
    stage: Stage, training: XorTraining, counts: np.ndarray, earlier: Sequence[np.ndarray],
    *, centered: bool, epoch: int, run: int, point: Place,
) -> None:  # fmt: skip
    """Draw the grid at an epoch, and one of its runs.

    Parameters
    ----------
    stage : Stage
        Where to draw.
    training : XorTraining
        The networks of this start, from `start_xor`.
    counts : ndarray of int, shape (epoch + 1,)
        How many runs have solved XOR before training and after every epoch.
    earlier : sequence of ndarray
        The same of other starts.
    centered : bool
        Whether inputs are −1 and 1.
    epoch, run : int
        When to look, and at which run.
    point : tuple of float
        The input at which its answer is told, as if the examples lay at 0 and 1.
    """
    grid, own, losses, numbers = stage.panels(draw_frames, centered)
    wrong = ((training.scores(epoch)[-1] > 0) != (xor()[1] > 0.5)).numpy()
    solved = ~wrong.any(axis=1)
    grid.heat(surfaces(training, epoch, centered=centered), (0, COLUMNS), (0, ROWS))
    _mark(grid, _corners(), wrong)
    x, y = _cells()[run] + 0.5
    grid.plot(x + np.array([-1, 1, 1, -1, -1]) / 2, y + np.array([-1, -1, 1, 1, -1]) / 2, **CHOSEN, clip_on=False)
    middles = _cells() + 0.5
    grid.plot(*middles[~solved].T, **DISC | {"alpha": 0.4})
    for style in (DISC, SOLVED):
        grid.plot(*middles[solved].T, **style)
    side = stage.frames[0]["box"][2] / COLUMNS / POINT
    for number, place in enumerate(middles, start=1):
        grid.handle("run", *place, value=number, name=f"run {number}", **BUTTON, markersize=side)
    draw_run(own, training, epoch, run, centered=centered, point=point)
    _mark(own, xor()[0].numpy()[None], wrong[run : run + 1])
    shown = np.arange(0, epoch + 1, max(1, epoch // 100))
    curves = training.losses(epoch).numpy()[shown].clip(LOWEST / 2, HIGHEST * 2).T
    for kind in (True, False):
        pieces = [np.stack([shown, curve], axis=1) for curve in curves[solved == kind]]
        losses.plot(*joined(pieces).T, **_loss_style(kind))
    losses.plot(shown, curves[run], **CHOSEN | {"linewidth": 1.4})
    numbers.plot(*joined(np.stack([np.arange(len(past)), past], axis=1)[::5] for past in earlier).T, **EARLIER)
    numbers.plot(range(epoch + 1), counts, **NOW)
    numbers.handle(("epoch", ""), epoch, int(counts[-1]), name="epoch")


def draw_run(panel: Panel, training: XorTraining, epoch: int, run: int, *, centered: bool, point: Place) -> None:
    """Draw what one network answers everywhere, the line along which each hidden unit gives ½, and one answer."""
    panel.heat(_coloured(training.outputs(epoch, _places(LARGE, centered), run)).reshape(LARGE, LARGE, 4), SEEN, SEEN)
    weights, bias = np.split(training.units(epoch, run), [2])
    if centered:  # the picture's inputs are 0 and 1
        weights, bias = 2 * weights, bias - weights.sum(axis=0)
    with np.errstate(all="ignore"):
        size = np.square(weights).sum(axis=0)
        foot = 0.5 - weights * (0.5 * weights.sum(axis=0) + bias) / size
        along = 4 * np.stack([-weights[1], weights[0]]) / np.sqrt(size)
    panel.plot(*joined(np.stack([foot - along, foot + along]).transpose(2, 0, 1)).T, **UNIT)
    at = torch.tensor([point], dtype=torch.float64)
    answer = float(training.outputs(epoch, 2 * at - 1 if centered else at, run))
    panel.title(f"run {run + 1}: {answer:.2f} at the ring")
    panel.handle("point", *point, name="input of the run that is shown")


def _mark(panel: Panel, places: np.ndarray, wrong: np.ndarray) -> None:
    """The examples of some runs, by class, and which are answered wrongly."""
    for style, kind in ((ZERO, 0), (ONE, 1)):
        panel.plot(*places[:, xor()[1].numpy() == kind].reshape(-1, 2).T, **style)
    panel.plot(*places[wrong].T, **WRONG)


def _said(start: XorStart, counts: np.ndarray) -> str:
    epoch, solved = len(counts) - 1, int(counts[-1])
    low, high = wilson_interval(solved, N_RUNS)
    reached = "The goal is reached." if max(counts[: GOAL_EPOCH + 1]) == N_RUNS else "Not yet."
    if epoch > GOAL_EPOCH:
        reached = f"{counts[GOAL_EPOCH]} did at epoch {GOAL_EPOCH}. {reached}"
    times = "" if start.scale == 1 else f" × {start.scale:.2g}"
    return (
        f"{start.start}{times}, inputs {'−1 and 1' if start.centered else '0 and 1'}, epoch {epoch}: "
        f"{solved} of {N_RUNS} runs solve XOR (95% interval {low:.0%} to {high:.0%}). {reached}"
    )


def draw_frames(figure: Figure, centered: bool) -> tuple[Axes, ...]:
    """Draw axes, legends and the goal."""
    axes = figure.subplot_mosaic("gol;gcc", width_ratios=(2.7, 1, 1.15))
    grid, own, losses, counts = (axes[name] for name in "golc")
    grid.set(xticks=[], yticks=[], xlabel="in every cell: first input", ylabel="second input")
    grid.set(xlim=(0, COLUMNS), ylim=(0, ROWS), aspect="equal")
    grid.spines[:].set_visible(False)
    for label, style in (
        ("example of class 0", ZERO), ("example of class 1", ONE), ("answered wrongly", WRONG),
        ("XOR is solved", SOLVED), ("the run beside it", CHOSEN), ("a hidden unit is ½", UNIT),
    ):  # fmt: skip
        grid.plot([], [], label=label, **style)
    ends = ["−1", "1"] if centered else ["0", "1"]
    own.set(xlim=SEEN, ylim=SEEN, aspect="equal", xlabel="first input", ylabel="second input", title=" ")
    own.set_xticks([0, 1], ends)
    own.set_yticks([0, 1], ends)
    for kind, label in ((True, "solved by now"), (False, "not solved")):
        losses.plot([], [], label=label, **_loss_style(kind))
    losses.set(yscale="log", xlim=(0, N_EPOCHS), ylim=(LOWEST, HIGHEST), xlabel="epoch", ylabel="loss")
    losses.set_xticks([0, 500, 1000])
    plain_log(losses)
    counts.plot([], [], label="this start", **NOW)
    counts.plot([], [], label="earlier ones", **EARLIER)
    counts.plot(
        [GOAL_EPOCH], [N_RUNS], "*", label="goal", color=line_style(1)["color"], markeredgecolor="black",
        markersize=12, clip_on=False,
    )  # fmt: skip
    counts.set(xlim=(0, N_EPOCHS), ylim=(0, N_RUNS + 0.6), yticks=range(0, N_RUNS + 1, 5))
    counts.set(xlabel="epoch", ylabel="runs that solve XOR")
    counts.legend(loc="lower right", fontsize=8)
    legend_above(grid, ncols=3)
    legend_above(losses, ncols=1)
    return grid, own, losses, counts


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

"""Which classes a net takes for each other: a table by the student's own function, and the rows behind each number."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.data import Data, mnist1d
from steepest.demos._demo import Demo, counted, held, steps
from steepest.demos._stage import Panel, Stage
from steepest.dense import fit, make_nets, scores
from steepest.learning import CLASSES, COLUMNS, SIZE, TRAINED
from steepest.plots import line_style

STOPS = (50, 100, 200, 400, 800)
RATE, HIDDEN = 0.3, 100
LAST = CLASSES - 1
FIRST = (7, 2)
SHOWN = 7  # rows
APART = 4.5  # in which they are drawn apart
LIGHT, DARK = np.array([255, 255, 255]), np.array([0, 45, 110])
CELL: dict[str, Any] = {
    "marker": "s", "linestyle": "", "markersize": 19, "color": "none", "markerfacecolor": "none",
    "markeredgecolor": "none",
}  # fmt: skip
CHOSEN: dict[str, Any] = CELL | {"markeredgecolor": line_style(1)["color"], "markeredgewidth": 2.5}


def confusion_demo(confusion: Callable[..., Tensor]) -> Demo:
    """The table of a net's answers after some steps, whose cells show the rows that they count.

    Parameters
    ----------
    confusion : callable
        The student's function.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = confusion_demo(unwritten)
    >>> list(demo.controls)
    ['n_steps', 'cell']
    >>> demo.message.value
    'Write <code>confusion</code> and run the cell, then run this one again.'
    """

    def draw(stage: Stage, *, n_steps: int, cell: tuple[int, int]) -> str:
        labels, predictions = answers()[1].y, answers()[0][STOPS.index(n_steps)]
        table = checked(confusion(labels.clone(), predictions.clone(), n_classes=CLASSES))
        return draw_table(table, predictions, cell, stage)

    return Demo(
        draw,
        {"n_steps": steps("steps of training", STOPS[2], STOPS), "cell": held(FIRST)},
        needs=["confusion"],
        goal="press a cell of the two classes that are most often taken for each other, both ways counted together",
        size=(9.5, 4.7),
    )


def checked(table: Any) -> np.ndarray:
    """The student's table, if it is one.

    Raises
    ------
    ValueError
        If it is not.
    """
    if not isinstance(table, Tensor) or table.shape != (CLASSES, CLASSES):
        got = tuple(table.shape) if isinstance(table, Tensor) else type(table).__name__
        raise ValueError(f"`confusion` must return a tensor of shape ({CLASSES}, {CLASSES}). Got {got}.")
    total, n = float(table.sum()), len(answers()[1].y)
    if total != n:
        raise ValueError(f"The numbers of `confusion` must add up to the {n} rows that there are. Got {total:g}.")
    return table.detach().numpy().astype(np.int64)


@lru_cache(maxsize=1)
def answers() -> tuple[list[Tensor], Data]:
    """What a net says of the test rows after each of `STOPS`, and these rows with their classes."""
    rows = mnist1d()
    training, test = Data(rows.x[:TRAINED], rows.y[:TRAINED]), Data(rows.x[TRAINED:], rows.y[TRAINED:])
    nets = make_nets([COLUMNS, HIDDEN, HIDDEN, CLASSES], seeds=[0])
    found, before = [], 0
    for stop in STOPS:
        nets, _ = fit(nets, training, lr=RATE, n_steps=stop - before, batch_size=SIZE, seed=stop)
        found.append(scores(nets, test.x)[0].argmax(dim=1))
        before = stop
    return found, test


def draw_table(table: np.ndarray, predictions: Tensor, cell: tuple[int, int], stage: Stage) -> str:
    """Draw the table and the rows of one of its cells.

    Parameters
    ----------
    table : ndarray of shape (classes, classes)
        The student's.
    predictions : Tensor of shape (n,)
        Of the test rows.
    cell : pair of int
        True class, and the class that was predicted.
    stage : Stage
        Where to draw.

    Returns
    -------
    str
        What the cell counts and how far the goal is, for the line above the figure.
    """
    true, called = cell
    counts, rows = stage.panels(draw_frames)
    counts.heat(_shades(table)[::-1], (-0.5, CLASSES - 0.5), (-0.5, CLASSES - 0.5))
    for (row, column), number in np.ndenumerate(table):
        dark = row != column and number > 0.55 * _largest(table)
        counts.text(
            column, LAST - row, str(number), ha="center", va="center", fontsize=8, color="white" if dark else "black"
        )
        name = f"true {row}, called {column}: {counted(int(number), 'row')}"
        counts.handle(
            "cell", column, LAST - row, name=name, value=(row, column), item=f"{row} {column}", told=" ", **CELL
        )
    counts.plot(called, LAST - true, **CHOSEN)
    test = answers()[1]
    found = test.x[(test.y == true) & (predictions == called)]
    rows.title(f"true {true}, called {called}: {min(len(found), SHOWN)} of {counted(len(found), 'row')}")
    _draw_rows(rows, found)
    return _said(table, true, called)


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw axes and labels."""
    counts, rows = figure.subplots(1, 2, width_ratios=[1, 1.05])
    counts.set(xlabel="called", ylabel="true class", xticks=range(CLASSES), aspect="equal")
    counts.set_yticks(range(CLASSES), [str(LAST - place) for place in range(CLASSES)])  # 0 stands on top
    counts.set(xlim=(-0.5, LAST + 0.5), ylim=(-0.5, LAST + 0.5))
    rows.set(xlabel="column", ylabel="value, rows drawn apart", xlim=(-1, COLUMNS), yticks=[])
    rows.set(ylim=(-APART * (SHOWN - 0.3), 0.8 * APART))
    rows.set_title(" ", fontsize=10)  # room for what stands there later
    return counts, rows


def pairs(table: np.ndarray) -> dict[tuple[int, int], int]:
    """How often two classes are taken for each other, both ways together."""
    both = table + table.T
    return {(low, high): int(both[low, high]) for high in range(len(table)) for low in range(high)}


def _draw_rows(panel: Panel, found: Tensor) -> None:
    if len(found) == 0:
        panel.text(COLUMNS / 2, -APART * SHOWN / 2, "there are none", ha="center", color="0.4")
    for number, row in enumerate(found[:SHOWN].tolist()):
        style = line_style(number % 2) | {"marker": "", "linestyle": "-", "linewidth": 1.2}
        panel.plot(range(COLUMNS), np.array(row) - APART * number, **style)


def _largest(table: np.ndarray) -> int:
    """The largest number beside the diagonal."""
    return max(1, int((table - np.diag(np.diag(table))).max()))


def _shades(table: np.ndarray) -> np.ndarray:
    """Colours from white to dark blue for what is confused, from above to below as the table is; grey for the rest."""
    share = (table / _largest(table)).clip(0, 1)[..., None]
    colours = np.concatenate([LIGHT + share * (DARK - LIGHT), np.full((*table.shape, 1), 255.0)], axis=2)
    for number in range(len(table)):
        colours[number, number, :3] = 225
    return colours


def _said(table: np.ndarray, true: int, called: int) -> str:
    right = np.trace(table) / table.sum()
    said = f"{100 * right:.1f} % right. {counted(int(table[true, called]), 'row')} of class {true} called {called}"
    if true == called:
        return f"{said}. For the goal, press a cell beside the diagonal."
    together, most = int(table[true, called] + table[called, true]), max(pairs(table).values())
    said += f", {int(table[called, true])} the other way: {together} together. "
    return said + ("The goal is reached." if together == most else "Not yet.")

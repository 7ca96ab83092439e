"""The regimes of a step on a parabola, named by the student's own `step_regime`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, held, slider, steps
from steepest.demos._marks import DIAMOND, THRESHOLD, legend_above
from steepest.demos._stage import Stage
from steepest.demos.loss_landscapes.paths import Descend, drawable
from steepest.plots import line_style
from steepest.trajectory import run

Regime = Callable[[float, float], str]
Heard = dict[str, dict[float, float]]

CURVATURES = tuple(eighth / 8 for eighth in range(-8, 21))
WORDS = ("monotone", "one_step", "oscillating", "diverging")
START = 2.0
N_STEPS = 10
ENDS, HEIGHTS, WITHIN = (-3.6, 3.6), (-4.0, 8.0), (-4.0, 7.0)
BEND = -2.4  # where the parabola can be taken by hand
CURVE: dict[str, Any] = {"color": "0.6", "linewidth": 1.4}
BALL: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "o", "markersize": 8}
PATH: dict[str, Any] = line_style(0) | {"linestyle": "--", "linewidth": 1.0, "markersize": 6}
SPOKEN: dict[str, dict[str, Any]] = {
    word: line_style(number) | {"linestyle": "", "markersize": 7} for number, word in enumerate(WORDS)
}


def regime_demo(descend: Descend, step_regime: Regime) -> Demo:
    """Controls for curvature and rate, over the steps on a parabola and the words for them.

    Parameters
    ----------
    descend : callable
        One step of descent, ``descend(theta, grad, state, *, lr)``.
    step_regime : callable
        The student's function.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = regime_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['curvature', 'lr', 'start', 'step']
    >>> demo.message.value
    'Write <code>step_regime</code> and run the cell, then run this one again.'
    """
    heard: Heard = {word: {} for word in WORDS}

    def forget() -> None:
        for known in heard.values():
            known.clear()

    def draw(stage: Stage, **values: Any) -> str:
        return draw_regime(descend, step_regime, stage, heard, **values)

    return Demo(
        draw,
        {
            "curvature": steps("curvature λ", 1.25, CURVATURES),
            "lr": slider("rate η", 1.4, 0.05, 1.6, 0.05),
            "start": held(START),
            "step": count("step", 6, 0, N_STEPS),
        },
        needs=["step_regime"],
        goal="hear all four words from your <code>step_regime</code>",
        size=(9.5, 4.0),
        played="step",
        forget=forget,
    )


def draw_regime(
    descend: Descend, step_regime: Regime, stage: Stage, heard: Heard,
    *, curvature: float, lr: float, step: int, start: float = START,
) -> str:  # fmt: skip
    """Descend on a parabola and ask the student's function what kind of steps these are.

    Parameters
    ----------
    descend, step_regime : callable
        One step of descent, and the student's function.
    stage : Stage
        Where to draw.
    heard : dict of str to dict
        For each word the factors of a step that it named, by ηλ; gets what is heard now.
    curvature, lr, start : float
        The curvature λ, the rate η, and where the ball begins.
    step : int
        How many steps are shown.

    Returns
    -------
    str
        The factor, the word for it and which words are still missing, for the line above the figure.
    """
    product = lr * curvature
    edge = math.isclose(product, 2) or product == 0
    word = "" if edge else step_regime(curvature, lr)
    if word in heard:
        heard[word][product] = abs(1 - product)
    first = torch.tensor([start], dtype=torch.float64)
    path = run(descend, partial(torch.mul, curvature), first, state={}, n_steps=N_STEPS, lr=lr)[:, 0]
    _show(stage, heard, path, curvature=curvature, lr=lr, step=step)
    said = f"ηλ = {product:.2f}".replace("-", "−") + f": each step multiplies the error by {_short(1 - product)}"
    if edge:
        return f"{said}. This is an edge: the error stays as large as it is, and there is no word for it."
    said += f"; your <code>step_regime</code> says <b>{word}</b>"
    grows = abs(1 - product) > 1
    if word not in WORDS:
        return f"{said}, which is none of {', '.join(WORDS)}."
    if grows != (word == "diverging"):
        return f"{said}, but the error {'grows' if grows else 'shrinks'}."
    missing = [name for name in WORDS if not heard[name]]
    return f"{said}. " + (f"Still to hear: {', '.join(missing)}." if missing else "The goal is reached.")


def _show(stage: Stage, heard: Heard, path: Tensor, *, curvature: float, lr: float, step: int) -> None:
    bowl, ruler = stage.panels(draw_ruler)
    across, product = np.linspace(-4, 4, 81), lr * curvature
    shown = drawable(torch.stack([path, curvature * path.square() / 2], dim=-1)).numpy()
    (start, above), landing = shown[:2].clip(*np.transpose([ENDS, WITHIN]))  # what is out of sight cannot be pulled
    slope = curvature * start

    bowl.title(f"λ = {_short(curvature)}, η = {lr:.2f}, step {step}: x = {_short(float(path[step]))}")
    bowl.plot(across, curvature * across**2 / 2, **CURVE)
    bowl.plot(*shown[: step + 1].T, **PATH)
    bowl.plot(*shown[step], **BALL)
    bend = curvature * BEND**2 / 2
    bowl.text(BEND - 0.25, bend, "λ", ha="right", va="center")
    bowl.text(start, above - 0.45, "start", ha="center", va="top")
    bowl.text(landing[0], landing[1] + 0.45, "η", ha="center")
    bowl.handle(("", "curvature"), BEND, bend, name="curvature λ", means=lambda x, y: (x, 2 * y / BEND**2), **DIAMOND)
    bowl.handle(("start", ""), start, above, name="start of the ball")
    bowl.handle(
        ("lr", ""), *landing, name="rate η, by the end of the first step",
        means=lambda x, y: ((start - x) / slope if slope else lr, y),
    )  # fmt: skip
    for name, style in SPOKEN.items():
        ruler.plot(list(heard[name]), list(heard[name].values()), **style)
    ruler.text(product, abs(1 - product) + 0.12, "η", ha="center")
    ruler.handle(
        ("lr", ""), product, abs(1 - product), name="rate η, by its product with the curvature", item=1,
        means=lambda x, y: (x / curvature if curvature else lr, y),
    )  # fmt: skip


def draw_ruler(figure: Figure) -> tuple[Axes, Axes]:
    """Draw the factor of a step over ηλ, and all labels."""
    left, right = figure.subplots(1, 2)
    left.axhline(0, color="0.85", linewidth=0.8, zorder=0)
    left.set(xlabel="x, the error", ylabel="loss ½λx²", xlim=ENDS, ylim=HEIGHTS)
    right.plot([-1.7, 1, 4.2], [2.7, 0, 3.2], **CURVE)
    right.axhline(1, **THRESHOLD)
    right.text(4.1, 1.04, "as large as before", color="0.35", fontsize=8, ha="right")
    for word, style in SPOKEN.items():
        right.plot([], [], label=word, **style)
    right.set(xlabel="rate times curvature, ηλ", ylabel="size of the factor, |1 − ηλ|")
    right.set(xlim=(-1.7, 4.2), ylim=(-0.05, 3.4))
    legend_above(right, ncols=4, columnspacing=0.8, handletextpad=0.1)
    return left, right


def _short(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")

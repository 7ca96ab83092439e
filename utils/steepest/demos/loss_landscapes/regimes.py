"""The regimes of a step on a parabola, named by the student's own `step_regime`."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, count, slider, steps
from steepest.demos._marks import HERE, THRESHOLD, legend_above
from steepest.demos._still import Still, bare
from steepest.demos.loss_landscapes.paths import Descend, drawable
from steepest.plots import line_style
from steepest.trajectory import run

Regime = Callable[[float, float], str]

CURVATURES = (-1.0, -0.5, 0.5, 0.8, 1.0, 1.25, 2.0, 2.5)
WORDS = ("monotone", "one_step", "oscillating", "diverging")
START = 2.0
N_STEPS = 10
BOWL, RULER = (0.065, 0.13, 0.43, 0.77), (0.58, 0.13, 0.405, 0.77)


class RegimeView:
    """The figure of the parabola, and the words that were heard.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets two panels.

    Attributes
    ----------
    heard : dict of str to dict
        For each word the factors of a step that it named, by ηλ.
    """

    def __init__(self, figure: Figure) -> None:
        Still(figure).show("ruler", draw_ruler)
        left, right = bare(_panels(figure))
        self.heard: dict[str, dict[float, float]] = {word: {} for word in WORDS}
        self.across = torch.linspace(-4, 4, 81, dtype=torch.float64)
        (self.bowl,) = left.plot([], [], color="0.6", linewidth=1.4)
        (self.path,) = left.plot([], [], **line_style(0) | {"linestyle": "--", "linewidth": 1.0, "markersize": 6})
        (self.ball,) = left.plot([], [], **HERE)
        self.said = left.text(0, 7.6, "", ha="center", va="top", fontsize=10)
        self.dots = {
            word: right.plot([], [], **line_style(number) | {"linestyle": "", "markersize": 7})[0]
            for number, word in enumerate(WORDS)
        }
        (self.here,) = right.plot([], [], clip_on=False, **HERE | {"markersize": 14})

    def show(self, path: Tensor, *, curvature: float, lr: float, step: int, word: str) -> None:
        """Draw a path as far as a step, and the word that the student's function has for it."""
        product = lr * curvature
        if word in self.heard:
            self.heard[word][product] = abs(1 - product)
        for name, dots in self.dots.items():
            dots.set_data(list(self.heard[name]), list(self.heard[name].values()))
        self.here.set_data([product], [abs(1 - product)])
        self.bowl.set_data(self.across, curvature * self.across.square() / 2)
        x = path[: step + 1]
        shown = drawable(torch.stack([x, curvature * x.square() / 2], dim=-1))
        self.path.set_data(*shown.T)
        self.ball.set_data(*shown[-1:].T)
        self.said.set_text(f"λ = {_short(curvature)}, η = {lr:.2f}, step {step}: x = {_short(float(x[-1]))}")


def regime_demo(descend: Descend, step_regime: Regime) -> Demo:
    """Controls for curvature and rate, over the steps on a parabola and the words for them.

    Parameters
    ----------
    descend : callable
        One step of descent, ``descend(theta, grad, state, *, lr)``.
    step_regime : callable
        The student's function.
    """

    def draw(view: RegimeView, *, curvature: float, lr: float, step: int) -> str:
        return draw_regime(descend, step_regime, view, curvature=curvature, lr=lr, step=step)

    return Demo(
        draw,
        {
            "curvature": steps("curvature λ", 1.25, CURVATURES),
            "lr": slider("rate η", 1.4, 0.05, 1.6, 0.05),
            "step": count("step", 6, 0, N_STEPS),
        },
        view=RegimeView,
        needs=["step_regime"],
        goal="hear all four words from your <code>step_regime</code>",
        size=(9.5, 4.0),
        played="step",
    )


def draw_regime(
    descend: Descend, step_regime: Regime, view: RegimeView, *, curvature: float, lr: float, step: int
) -> str:
    """Descend on a parabola and ask the student's function what kind of steps these are.

    Parameters
    ----------
    descend, step_regime : callable
        One step of descent, and the student's function.
    view : RegimeView
        Where to draw; remembers the words.
    curvature, lr : float
        The curvature λ and the rate η.
    step : int
        How many steps are shown.

    Returns
    -------
    str
        The factor, the word for it and which words are still missing, for the line above the figure.
    """
    product = lr * curvature
    edge = math.isclose(product, 2)
    word = "" if edge else step_regime(curvature, lr)
    start = torch.tensor([START], dtype=torch.float64)
    path = run(descend, partial(torch.mul, curvature), start, state={}, n_steps=N_STEPS, lr=lr)[:, 0]
    view.show(path, curvature=curvature, lr=lr, step=step, word=word)
    said = f"ηλ = {product:.2f}: each step multiplies the error by {_short(1 - product)}"
    if edge:
        return f"{said}. This is the edge: the error stays as large as it is, and there is no word for it."
    said += f"; your <code>step_regime</code> says <b>{word}</b>"
    grew = bool(path[1].abs() > path[0].abs())
    if word not in WORDS:
        return f"{said}, which is none of {', '.join(WORDS)}."
    if grew != (word == "diverging"):
        return f"{said}, but the error {'grew' if grew else 'shrank'}."
    missing = [name for name in WORDS if not view.heard[name]]
    return f"{said}. " + (f"Still to hear: {', '.join(missing)}." if missing else "The goal is reached.")


def draw_ruler(figure: Figure) -> None:
    """Draw the factor of a step over ηλ, and all labels."""
    left, right = _panels(figure)
    left.axhline(0, color="0.85", linewidth=0.8, zorder=0)
    left.set(xlabel="x, the error", ylabel="loss ½λx²")
    right.plot([-1.7, 1, 4.2], [2.7, 0, 3.2], color="0.6", linewidth=1.4)
    right.axhline(1, **THRESHOLD)
    right.text(4.1, 1.04, "as large as before", color="0.35", fontsize=8, ha="right")
    for number, word in enumerate(WORDS):
        right.plot([], [], label=word, **line_style(number) | {"linestyle": "", "markersize": 7})
    right.set(xlabel="rate times curvature, ηλ", ylabel="size of the factor, |1 − ηλ|")
    legend_above(right, ncols=4, columnspacing=0.8, handletextpad=0.1)


def _panels(figure: Figure) -> tuple[Axes, Axes]:
    left, right = figure.add_axes(BOWL), figure.add_axes(RULER)
    left.set(xlim=(-3.6, 3.6), ylim=(-4, 8))
    right.set(xlim=(-1.7, 4.2), ylim=(-0.05, 3.2))
    return left, right


def _short(value: float) -> str:
    return f"{value:.3g}".replace("-", "−")

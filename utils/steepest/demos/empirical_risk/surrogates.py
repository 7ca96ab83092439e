"""The 0-1 loss and its surrogates on one small set of examples, by the student's own losses."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, choice, held, slider
from steepest.demos._marks import legend_above
from steepest.demos._stage import Stage
from steepest.plots import line_style

Loss = Callable[[Tensor, Tensor], Tensor]

ZEROS = (-2.3, -2.0, -1.8, -1.5, -1.35, -1.1, -0.9, -0.75, -0.4, 0.9)
ONES = (-0.6, 0.4, 0.6, 0.75, 1.05, 1.2, 1.4, 3.8, 4.2, 4.5, 4.9)
STRAY = 3.2
LOGISTIC, ENTROPY = "logistic, base 2 (yours)", "cross-entropy, nats (yours)"
FORMULAS: dict[str, Callable[[Tensor], Tensor]] = {
    "hinge": lambda margin: (1 - margin).clamp(min=0),
    "exponential": lambda margin: torch.exp(-margin),
    "squared": lambda margin: (1 - margin).square(),
}
SURROGATES = (LOGISTIC, ENTROPY, *FORMULAS)
LOW, HIGH, STEP = -3.0, 5.5, 0.05
FLAT = 1e-9  # losses no farther apart are as low: the hinge loss has a flat bottom
REACH, TOP = 5.0, 5.0
BORDERS = torch.linspace(LOW, HIGH, round((HIGH - LOW) / STEP) + 1, dtype=torch.float64)
MARGINS = torch.linspace(-REACH, REACH, 101, dtype=torch.float64)
TOPS = (2.4, 8.0, 40.0)  # of the surrogate's axis
ZERO_ONE: dict[str, Any] = {"color": "black", "linewidth": 2.5}
SURROGATE: dict[str, Any] = line_style(4) | {"marker": "", "linewidth": 2}
TANGENT: dict[str, Any] = {"color": "black", "linestyle": "--", "linewidth": 1.2}
WRONG: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "x", "markersize": 13}
CLASSES: list[dict[str, Any]] = [line_style(number) | {"linestyle": "", "markersize": 6} for number in (0, 1)]


class Losses(NamedTuple):
    """The student's functions.

    Attributes
    ----------
    zero_one, logistic, likelihood, gradient : callable
        `zero_one_loss`, `logistic_loss`, `negative_log_likelihood` and `nll_gradient`.
    """

    zero_one: Loss
    logistic: Loss
    likelihood: Loss
    gradient: Loss


class Standing(NamedTuple):
    """Losses of one border, or of many.

    Attributes
    ----------
    errors : Tensor
        Share of wrong answers.
    surrogate : Tensor
        Mean of the surrogate.
    """

    errors: Tensor
    surrogate: Tensor


def surrogate_demo(zero_one_loss: Loss, logistic_loss: Loss, negative_log_likelihood: Loss, nll_gradient: Loss) -> Demo:
    """Controls for a border between two classes and for a surrogate, over the losses of all borders and margins.

    Parameters
    ----------
    zero_one_loss, logistic_loss, negative_log_likelihood, nll_gradient : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = surrogate_demo(unwritten, unwritten, unwritten, unwritten)
    >>> list(demo.controls)
    ['border', 'name', 'sureness', 'stray', 'place']
    """
    losses = Losses(zero_one_loss, logistic_loss, negative_log_likelihood, nll_gradient)
    known = lru_cache(maxsize=64)(lambda *key: over_borders(losses, *key))  # while the border alone is moved
    margins = cache(lambda name: over_margins(losses, name))

    def draw(stage: Stage, *, border: float, name: str, sureness: float, stray: bool, place: float) -> str:
        key = name, sureness, place if stray else None
        return draw_surrogate(losses, stage, known(*key), margins(name), border, *key)

    return Demo(
        draw,
        {
            "border": slider("border b", 1.5, LOW, HIGH, STEP),
            "name": choice("surrogate", LOGISTIC, SURROGATES),
            "sureness": slider("sureness w", 1.0, 0.5, 2.0, 0.5),
            "stray": check_box("a stray example", True),
            "place": held(STRAY),
        },
        needs=["zero_one_loss", "logistic_loss", "negative_log_likelihood", "nll_gradient"],
        goal=(
            f"with the stray example at {STRAY}, stand at a surrogate's lowest point where no other border makes fewer "
            "errors"
        ),
        size=(9.5, 4.4),
    )


def examples(stray: float | None) -> tuple[Tensor, Tensor]:
    """Places on a line and classes, with or without one more example of class 0, astray among those of class 1."""
    zeros = ZEROS if stray is None else (*ZEROS, stray)
    labels = torch.tensor([0] * len(zeros) + [1] * len(ONES))
    return torch.tensor([*zeros, *ONES], dtype=torch.float64), labels


def measure(losses: Losses, name: str, scores: Tensor, labels: Tensor) -> Standing:
    """The 0-1 loss and a surrogate of some scores, positive for class 1.

    Parameters
    ----------
    losses : Losses
        The student's functions.
    name : str
        One of `SURROGATES`.
    scores, labels : Tensor, shape (n,)
        One score and one class, 0 or 1, for each example.
    """
    return Standing(_zero_one(losses, scores, labels), _surrogate(losses, name, scores, labels))


def over_borders(losses: Losses, name: str, sureness: float, stray: float | None) -> Standing:
    """The losses of all borders."""
    x, labels = examples(stray)
    return _stacked([measure(losses, name, sureness * (x - border), labels) for border in BORDERS])


def over_margins(losses: Losses, name: str) -> Standing:
    """The losses of one example with any of the margins that are drawn."""
    one = torch.ones(1, dtype=torch.int64)
    return _stacked([measure(losses, name, margin.reshape(1), one) for margin in MARGINS])


def slope(losses: Losses, name: str, border: float, sureness: float, stray: float | None) -> float:
    """Derivative of the mean surrogate by the border, by the student's `nll_gradient` where the surrogate is his."""
    x, labels = examples(stray)
    scores = sureness * (x - border)
    if name in FORMULAS:
        leaf = scores.clone().requires_grad_()
        (by_score,) = torch.autograd.grad(_surrogate(losses, name, leaf, labels), leaf)
    else:
        pairs = losses.gradient(_two(scores), labels)
        if not isinstance(pairs, Tensor) or pairs.shape != (len(x), 2):
            raise TypeError(f"`nll_gradient` must return a tensor of the shape of scores. Got {pairs!r}.")
        by_score = pairs[:, 1] / (math.log(2) if name == LOGISTIC else 1)
    return float(-sureness * by_score.sum())


def _zero_one(losses: Losses, scores: Tensor, labels: Tensor) -> Tensor:
    return _checked(losses.zero_one(_two(scores), labels), "zero_one_loss")


def _surrogate(losses: Losses, name: str, scores: Tensor, labels: Tensor) -> Tensor:
    if name == LOGISTIC:
        return _checked(losses.logistic(scores, labels), "logistic_loss") / math.log(2)
    if name == ENTROPY:
        return _checked(losses.likelihood(_two(scores), labels), "negative_log_likelihood")
    return FORMULAS[name]((2 * labels - 1) * scores).mean()


def _two(scores: Tensor) -> Tensor:
    """One score for each class: 0 for class 0."""
    return torch.stack([torch.zeros_like(scores), scores], dim=1)


def _checked(loss: object, name: str) -> Tensor:
    if not isinstance(loss, Tensor) or loss.ndim:
        raise TypeError(f"`{name}` must return a tensor without axes. Got {loss!r}. Is the `return` or mean missing?")
    return loss


def _stacked(found: list[Standing]) -> Standing:
    return Standing(torch.stack([one.errors for one in found]), torch.stack([one.surrogate for one in found]))


def draw_surrogate(
    losses: Losses,
    stage: Stage,
    all_borders: Standing,
    all_margins: Standing,
    border: float,
    name: str,
    sureness: float,
    stray: float | None,
) -> str:
    """Draw where a border lies among the examples, and what it costs by the 0-1 loss and by a surrogate.

    Parameters
    ----------
    losses : Losses
        The student's functions.
    stage : Stage
        Where to draw.
    all_borders, all_margins : Standing
        What `over_borders` and `over_margins` have found.
    border : float
        Where class 1 begins.
    name : str
        One of `SURROGATES`.
    sureness : float
        How fast the score grows with the distance from the border.
    stray : float, optional
        Where one example of class 0 lies far among those of class 1.

    Returns
    -------
    str
        The losses, the slope, and how far the goal is, for the line above the figure.
    """
    x, labels = examples(stray)
    scores = sureness * (x - border)
    at, rise = measure(losses, name, scores, labels), slope(losses, name, border, sureness, stray)
    single = _stacked([measure(losses, name, scores[i : i + 1], labels[i : i + 1]) for i in range(len(x))])
    least = float(all_borders.surrogate.min())
    top = next((top for top in TOPS if 1.6 * least < top), TOPS[-1])
    strip, means, costs, margins = stage.panels(draw_frames, top)
    for panel in (strip, means):
        panel.plot([border, border], [-1, TOPS[-1]], color="black", linewidth=1)
    for panel, places, errors in ((means, BORDERS, all_borders.errors), (margins, MARGINS, all_margins.errors)):
        panel.plot(*_stairs(places, errors), **ZERO_ONE)
    costs.plot(BORDERS, all_borders.surrogate, **SURROGATE)
    margins.plot(MARGINS, all_margins.surrogate, **SURROGATE)
    width, middle = 0.9 / math.hypot(1, 4.8 * rise / top), float(at.surrogate)
    costs.plot([border - width, border + width], [middle - rise * width, middle + rise * width], **TANGENT)
    costs.plot(border, middle, color="black", marker="o", markersize=6)
    means.handle(("border", ""), border, float(at.errors), name="border b")
    wrong = single.errors > 0
    strip.plot(x[wrong], labels[wrong], **WRONG)
    for number, style in enumerate(CLASSES):
        mine = labels == number
        strip.plot(x[mine], labels[mine], **style)
        reached = ((2 * labels - 1) * scores)[mine].clamp(-REACH, REACH)
        margins.plot(reached, single.surrogate[mine].clamp(max=TOP), clip_on=False, **style | {"markersize": 5})
    if stray is not None:
        strip.text(min(max(stray, LOW + 0.4), HIGH - 0.4), 0.45, "astray", ha="center", fontsize=8)
        strip.handle(("place", ""), stray, 0, name="stray example of class 0", color=CLASSES[0]["color"])
    return _said(all_borders, at, rise, len(x), stray)


def _said(all_borders: Standing, at: Standing, rise: float, n: int, stray: float | None) -> str:
    fewest, errors = round(float(all_borders.errors.min()) * n), round(float(at.errors) * n)
    said = (
        f"{errors} of {n} wrong; the best borders make {fewest} errors. Surrogate {float(at.surrogate):.3g}, "
        f"slope {rise:+.2g}; the 0-1 loss has slope 0. "
    )
    if float(at.surrogate - all_borders.surrogate.min()) > FLAT:
        return f"{said}Not yet: descent on the surrogate moves the border to the {'left' if rise > 0 else 'right'}."
    if errors > fewest:
        return f"{said}Not yet: this is the surrogate's lowest point, but not a border with the fewest errors."
    if stray != STRAY:
        return f"{said}Not yet: lowest surrogate and fewest errors, but the stray example belongs at {STRAY}."
    return f"{said}Lowest surrogate and fewest errors: the goal is reached."


def draw_frames(figure: Figure, top: float) -> tuple[Axes, ...]:
    """Draw all labels; the surrogate's own axis ends at `top`."""
    axes = figure.subplot_mosaic("sm;lm", width_ratios=(1.5, 1), height_ratios=(1, 2.2))
    strip, means, margins = (axes[name] for name in "slm")
    costs = means.twinx()
    strip.set(xlim=(LOW - 0.1, HIGH + 0.1), ylim=(-0.6, 1.6), yticks=[0, 1], yticklabels=["class 0", "class 1"])
    strip.tick_params(labelbottom=False)
    strip.plot([], [], label="wrong side of the border", **WRONG | {"markersize": 7})
    means.set(xlim=(LOW - 0.1, HIGH + 0.1), ylim=(0, TOPS[0]), xlabel="x of an example, and border b")
    means.set_ylabel("0-1 loss")
    costs.set_ylim(0, top)
    costs.set_ylabel("surrogate", color=SURROGATE["color"])
    for ax in (means, margins):
        ax.plot([], [], label="0-1 loss", **ZERO_ONE)
        ax.plot([], [], label="surrogate", **SURROGATE)
    means.plot([], [], label="its slope", **TANGENT)
    for number, style in enumerate(CLASSES):
        margins.plot([], [], label=f"class {number}", **style)
    margins.axvline(0, color="0.8", linewidth=0.8)
    margins.set(xlim=(-REACH, REACH), ylim=(-0.1, TOP))
    margins.set(xlabel="margin m = ỹ w (x − b)", ylabel="loss of one example")
    legend_above(strip, ncols=1)
    legend_above(means, ncols=3)
    legend_above(margins, ncols=4)
    return strip, means, costs, margins


def _stairs(places: Tensor, heights: Tensor) -> tuple[Tensor, Tensor]:
    """A line that jumps in the middle between places."""
    middle = (places[1:] + places[:-1]) / 2
    ends = torch.cat([places[:1], middle.repeat_interleave(2), places[-1:]])
    return ends, heights.repeat_interleave(2)

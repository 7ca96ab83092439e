"""The 0-1 loss and its surrogates on one small set of examples, by the student's own losses."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, check_box, choice, slider
from steepest.demos._still import Still, bare
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
LOW, HIGH, NEAR = -3.0, 5.5, 0.075
REACH, TOP = 5.0, 5.0
TOPS = (2.4, 8.0, 40.0)  # of the surrogate's axis
EXAMPLES, MEANS, MARGINS = (0.065, 0.72, 0.47, 0.26), (0.065, 0.12, 0.47, 0.56), (0.655, 0.12, 0.335, 0.86)
ZERO_ONE: dict[str, Any] = {"color": "black", "linewidth": 2.5, "drawstyle": "steps-mid"}
SURROGATE: dict[str, Any] = line_style(4) | {"marker": "", "linewidth": 2}
TANGENT: dict[str, Any] = {"color": "black", "linestyle": "--", "linewidth": 1.2}
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
    """
    losses = Losses(zero_one_loss, logistic_loss, negative_log_likelihood, nll_gradient)

    def draw(view: SurrogateView, *, border: float, name: str, sureness: float, stray: bool) -> str:
        return draw_surrogate(losses, view, border=border, name=name, sureness=sureness, stray=stray)

    return Demo(
        draw,
        {
            "border": slider("border b", 1.5, LOW, HIGH, 0.05),
            "name": choice("surrogate", LOGISTIC, SURROGATES),
            "sureness": slider("sureness w", 1.0, 0.5, 2.0, 0.5),
            "stray": check_box("a stray example", True),
        },
        view=SurrogateView,
        needs=["zero_one_loss", "logistic_loss", "negative_log_likelihood", "nll_gradient"],
        goal=("with the stray example, stand at a surrogate's lowest point where no other border makes fewer errors"),
        size=(9.5, 4.4),
    )


def examples(stray: bool) -> tuple[Tensor, Tensor]:
    """Places on a line and classes, with or without one example of class 0 far among those of class 1."""
    zeros = (*ZEROS, STRAY) if stray else ZEROS
    labels = torch.tensor([0] * len(zeros) + [1] * len(ONES))
    return torch.tensor([*zeros, *ONES], dtype=torch.float64), labels


def borders() -> Tensor:
    """The borders whose losses are drawn, of shape (171,)."""
    return torch.linspace(LOW, HIGH, 171, dtype=torch.float64)


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


def slope(losses: Losses, name: str, border: float, sureness: float, stray: bool) -> float:
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


class SurrogateView:
    """The figure, and the losses that have been computed for it.

    Parameters
    ----------
    figure : Figure
        Is cleared and gets three panels.
    """

    def __init__(self, figure: Figure) -> None:
        self.by_border: dict[tuple[str, float, bool], Standing] = {}
        self.by_margin: dict[str, Standing] = {}
        self.margins = torch.linspace(-REACH, REACH, 101, dtype=torch.float64)
        self.still = Still(figure)
        strip, means, self.costs, margins = bare(_panels(figure))
        self.points = [strip.plot([], [], **style)[0] for style in CLASSES]
        (self.wrong,) = strip.plot([], [], "o", color="black", markersize=12, fillstyle="none")
        self.lines = [ax.axvline(0, color="black", linewidth=1) for ax in (strip, means)]
        (self.errors,) = means.plot([], [], **ZERO_ONE)
        (self.surrogate,) = self.costs.plot([], [], **SURROGATE)
        (self.tangent,) = self.costs.plot([], [], **TANGENT)
        self.here = [ax.plot([], [], "o", color="black", markersize=6)[0] for ax in (means, self.costs)]
        (self.one_error,) = margins.plot([], [], **ZERO_ONE)
        (self.one,) = margins.plot([], [], **SURROGATE)
        self.dots = [margins.plot([], [], clip_on=False, **style | {"markersize": 5})[0] for style in CLASSES]

    def show_curves(self, over_borders: Standing, over_margins: Standing) -> None:
        """Draw the losses of all borders, and of all margins."""
        least = float(over_borders.surrogate.min())
        top = next((top for top in TOPS if 1.6 * least < top), TOPS[-1])
        self.still.show(top, lambda figure: draw_background(figure, top))
        self.costs.set_ylim(0, top)
        self.errors.set_data(borders().numpy(), over_borders.errors.numpy())  # matplotlib takes long over tensors
        self.surrogate.set_data(borders().numpy(), over_borders.surrogate.numpy())
        self.one_error.set_data(self.margins.numpy(), over_margins.errors.numpy())
        self.one.set_data(self.margins.numpy(), over_margins.surrogate.numpy())

    def show_border(self, border: float, at: Standing, rise: float) -> None:
        """Draw a border, its losses and the slope of its surrogate."""
        for line in self.lines:
            line.set_xdata([border, border])
        for dot, height in zip(self.here, at, strict=True):
            dot.set_data([border], [height])
        width = 0.9 / math.hypot(1, 4.8 * rise / self.costs.get_ylim()[1])
        middle = float(at.surrogate)
        self.tangent.set_data([border - width, border + width], [middle - rise * width, middle + rise * width])

    def show_examples(self, x: Tensor, labels: Tensor, margins: Tensor, single: Standing) -> None:
        """Draw the examples, a ring around those that count as errors, and each one's loss over its margin."""
        wrong = single.errors > 0
        self.wrong.set_data(x[wrong], labels[wrong])
        for number, (points, dots) in enumerate(zip(self.points, self.dots, strict=True)):
            mine = labels == number
            points.set_data(x[mine], labels[mine])
            dots.set_data(margins[mine].clamp(-REACH, REACH), single.surrogate[mine].clamp(max=TOP))


def draw_surrogate(
    losses: Losses, view: SurrogateView, *, border: float, name: str, sureness: float, stray: bool
) -> str:
    """Draw where a border lies among the examples, and what it costs by the 0-1 loss and by a surrogate.

    Parameters
    ----------
    losses : Losses
        The student's functions.
    view : SurrogateView
        Where to draw; remembers the losses of all borders.
    border : float
        Where class 1 begins.
    name : str
        One of `SURROGATES`.
    sureness : float
        How fast the score grows with the distance from the border.
    stray : bool
        Whether one example of class 0 lies far among those of class 1.

    Returns
    -------
    str
        The losses, the slope, and how far the goal is, for the line above the figure.
    """
    x, labels = examples(stray)
    key = name, sureness, stray
    if key not in view.by_border:
        view.by_border[key] = _stacked([measure(losses, name, sureness * (x - b), labels) for b in borders()])
    if name not in view.by_margin:
        one = torch.ones(1, dtype=torch.int64)
        view.by_margin[name] = _stacked([measure(losses, name, m.reshape(1), one) for m in view.margins])
    over_borders = view.by_border[key]
    scores = sureness * (x - border)
    at, rise = measure(losses, name, scores, labels), slope(losses, name, border, sureness, stray)
    single = _stacked([measure(losses, name, scores[i : i + 1], labels[i : i + 1]) for i in range(len(x))])
    view.show_curves(over_borders, view.by_margin[name])
    view.show_border(border, at, rise)
    view.show_examples(x, labels, (2 * labels - 1) * scores, single)
    fewest = round(float(over_borders.errors.min()) * len(x))
    errors = round(float(at.errors) * len(x))
    lowest = float(borders()[over_borders.surrogate.argmin()])
    said = (
        f"{errors} of {len(x)} wrong; the best borders make {fewest} errors. Surrogate {float(at.surrogate):.3g}, "
        f"slope {rise:+.2g}; the 0-1 loss has slope 0. "
    )
    if abs(border - lowest) > NEAR:
        return f"{said}Descent on the surrogate moves the border to the {'left' if rise > 0 else 'right'}."
    if errors > fewest:
        return f"{said}This is the surrogate's lowest point, and not a border with the fewest errors."
    if not stray:
        return f"{said}Lowest surrogate and fewest errors; the goal asks for the same with the stray example."
    return f"{said}Lowest surrogate and fewest errors: the goal is reached."


def draw_background(figure: Figure, top: float) -> None:
    """Draw all labels; the surrogate's own axis ends at `top`."""
    strip, means, costs, margins = _panels(figure)
    costs.set_ylim(0, top)
    costs.set_ylabel("surrogate", color=SURROGATE["color"])
    strip.set_yticks([0, 1], ["class 0", "class 1"])
    strip.tick_params(labelbottom=False)
    strip.plot([], [], "o", color="black", markersize=10, fillstyle="none", label="wrong side")
    strip.legend(loc="upper left", fontsize=8, frameon=False, borderpad=0)
    means.plot([], [], label="0-1 loss", **ZERO_ONE)
    means.plot([], [], label="surrogate", **SURROGATE)
    means.plot([], [], label="its slope", **TANGENT)
    means.set(xlabel="x of an example, and border b", ylabel="0-1 loss")
    means.legend(loc="upper center", ncols=3, fontsize=8, frameon=False)
    margins.plot([], [], label="0-1 loss", **ZERO_ONE)
    margins.plot([], [], label="surrogate", **SURROGATE)
    for number, style in enumerate(CLASSES):
        margins.plot([], [], label=f"class {number}", **style)
    margins.axvline(0, color="0.8", linewidth=0.8)
    margins.set(xlabel="margin m = ỹ w (x − b)", ylabel="loss of one example")
    margins.legend(loc="upper center", bbox_to_anchor=(0.64, 1), fontsize=8)


def _panels(figure: Figure) -> tuple[Axes, Axes, Axes, Axes]:
    strip, means, margins = (figure.add_axes(place) for place in (EXAMPLES, MEANS, MARGINS))
    costs = means.twinx()
    strip.set(xlim=(LOW - 0.1, HIGH + 0.1), ylim=(-0.6, 1.9))
    means.set(xlim=(LOW - 0.1, HIGH + 0.1), ylim=(0, TOPS[0]))
    margins.set(xlim=(-REACH, REACH), ylim=(-0.1, TOP))
    return strip, means, costs, margins

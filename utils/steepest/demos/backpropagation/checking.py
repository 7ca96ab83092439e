"""The check by differences: the student's own `numerical_gradient` against their own `mlp_backprop`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.demos._demo import Demo, choice, held, plain_log, power, steps
from steepest.demos._marks import THRESHOLD
from steepest.demos._stage import Stage
from steepest.demos.backpropagation.bugs import BUGS, NONE, PARTS, parameters, planted, rows
from steepest.plots import line_style

Numerical = Callable[..., Tensor]
Backprop = Callable[..., Any]
Parts = list[Tensor]

TYPES = {"float64": torch.float64, "float32": torch.float32}
POWERS = range(-1, -11, -1)
EPSILONS = tuple(10.0**number for number in POWERS)
NOT_SAID = "say what it is"
FLAW, LEAST, MOST = 1e-6, 1e-12, 1e1  # a relative error beyond the first is a bug
STYLES = {kind: line_style(number) for number, kind in enumerate(TYPES)}
BAR: dict[str, Any] = {"color": line_style(2)["color"]}
CHOSEN: dict[str, Any] = {"color": line_style(0)["color"]}
TOUCHED: dict[str, Any] = {"markersize": 8}


def gradient_check_demo(numerical_gradient: Numerical, mlp_backprop: Backprop) -> Demo:
    """Controls for a planted bug, the step and the float type, over the errors of six gradients.

    Parameters
    ----------
    numerical_gradient, mlp_backprop : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = gradient_check_demo(unwritten, unwritten)
    >>> list(demo.controls)
    ['bug', 'finding', 'eps', 'kind', 'part']
    """

    @lru_cache(maxsize=len(TYPES) * len(EPSILONS))
    def numerical(kind: str, eps: float) -> Parts:
        return by_differences(numerical_gradient, mlp_backprop, kind, eps)

    @lru_cache(maxsize=len(TYPES))
    def analytic(kind: str) -> Parts:
        return by_backprop(mlp_backprop, kind)

    done: set[str] = set()

    def draw(stage: Stage, *, bug: str, finding: str, eps: float, kind: str, part: str) -> str:
        mine = {name: planted(bug, analytic(name)) for name in TYPES}
        errors = {
            (name, width): relative_errors(mine[name], numerical(name, width)) for name in TYPES for width in EPSILONS
        }
        draw_check(stage, mine[kind], numerical(kind, eps), errors, eps=eps, kind=kind, part=part)
        if is_right(errors[kind, eps], bug=bug, finding=finding):
            done.add(bug)
        return said(errors[kind, eps], bug=bug, finding=finding, eps=eps, kind=kind) + tally(done)

    demo = Demo(
        draw,
        {
            "bug": choice("bug", NONE, [NONE, *BUGS]),
            "finding": choice("your finding", NOT_SAID, [NOT_SAID, *sorted(words for words, _ in BUGS.values())]),
            "eps": steps("step ε", 0.1, EPSILONS),
            "kind": choice("computed in", "float32", list(TYPES)),
            "part": held(PARTS[0]),
        },
        needs=["numerical_gradient", "mlp_backprop"],
        goal="plant each of the bugs, A to E, and name it; with your own function, find a check that shows no bug",
        size=(9.5, 4.2),
        forget=done.clear,
    )
    demo.controls["bug"].observe(lambda change: setattr(demo.controls["finding"], "value", NOT_SAID), names="value")
    return demo


def by_backprop(mlp_backprop: Backprop, kind: str) -> Parts:
    """The student's gradients of the small net, weights first."""
    x, labels = rows()
    mine = [part.to(TYPES[kind]) for part in parameters()]
    _, weights, biases = mlp_backprop(x.to(TYPES[kind]), labels, mine[:3], mine[3:])
    found = [torch.as_tensor(part).detach() for part in (*weights, *biases)]
    shapes = [tuple(part.shape) for part in found]
    if shapes != [tuple(part.shape) for part in mine]:
        raise ValueError(
            f"`mlp_backprop` must return gradients of the shapes of weights and biases, "
            f"{[tuple(part.shape) for part in mine]}. Got {shapes}."
        )
    return found


def by_differences(numerical_gradient: Numerical, mlp_backprop: Backprop, kind: str, eps: float) -> Parts:
    """The gradients of the student's own loss by their own differences, weights first."""
    x, labels = rows()
    mine = [part.to(TYPES[kind]) for part in parameters()]
    found = []
    for place in range(len(mine)):

        def loss(part: Tensor, place: int = place) -> Tensor:
            now = [*mine[:place], part, *mine[place + 1 :]]
            return torch.as_tensor(mlp_backprop(x.to(TYPES[kind]), labels, now[:3], now[3:])[0])

        found.append(numerical_gradient(loss, mine[place].clone(), eps=eps))
    return found


def relative_errors(mine: Sequence[Tensor], numerical: Sequence[Tensor]) -> list[float]:
    """Distance of two gradients in each part, divided by the sum of their lengths."""
    pairs = [(left.double(), right.double()) for left, right in zip(mine, numerical, strict=True)]
    return [float((left - right).norm() / (left.norm() + right.norm()).clamp(min=1e-300)) for left, right in pairs]


def draw_check(
    stage: Stage,
    mine: Sequence[Tensor],
    numerical: Sequence[Tensor],
    errors: dict[tuple[str, float], list[float]],
    *,
    eps: float,
    kind: str,
    part: str,
) -> None:
    """Draw the errors of all parts, the entries of one of them, and the largest error over the step.

    Parameters
    ----------
    stage : Stage
        Where to draw.
    mine, numerical : sequence of Tensor
        The gradients that are compared.
    errors : mapping
        Relative errors of the parts, by float type and step.
    eps : float
        The step.
    kind, part : str
        A key of `TYPES`, and one of `PARTS`.
    """
    bars, entries, curve = stage.panels(draw_frames)
    place = PARTS.index(part)
    for number, error in enumerate(errors[kind, eps]):
        height = min(max(error, 1.5 * LEAST), MOST)
        style = CHOSEN if number == place else BAR
        bars.bars([number], [height - LEAST], bottom=LEAST, width=0.7, **style)
        bars.handle("part", number, height, name=f"show the entries of {PARTS[number]}", value=PARTS[number], **TOUCHED)
    size = max(float(numerical[place].abs().max()), float(mine[place].abs().max()), 1e-300)
    pair = [(gradient[place].double() / size).flatten() for gradient in (numerical, mine)]
    entries.plot(*pair, **STYLES["float64"] | {"linestyle": "", "markersize": 6})
    entries.title(f"entries of {part}, largest 1")
    for name, style in STYLES.items():
        worst = np.clip([max(errors[name, width]) for width in EPSILONS], LEAST, MOST)
        curve.plot(EPSILONS, worst, **style)
    here = min(max(max(errors[kind, eps]), LEAST), MOST)
    curve.handle(("eps", ""), eps, here, name="step ε")


def said(errors: Sequence[float], *, bug: str, finding: str, eps: float, kind: str) -> str:
    """Say what the check shows, and whether the finding is right."""
    worst = max(range(len(errors)), key=errors.__getitem__)
    told = f"{kind}, ε = {power(round(np.log10(eps)))}: the largest relative error is {errors[worst]:.1e}, in "
    told += f"{PARTS[worst]}. "
    right = is_right(errors, bug=bug, finding=finding)
    if bug == NONE:
        clean = "The check shows no bug: the goal is reached for your own function."
        return told + (clean if right else "Not yet.")
    if finding == NOT_SAID:
        return told + f"Which bug is {bug}?"
    return told + (f"The goal is reached for bug {bug}: {finding}." if right else f"Not yet: bug {bug} is another one.")


def is_right(errors: Sequence[float], *, bug: str, finding: str) -> bool:
    """Whether a bug is named, or the check shows that there is none."""
    return max(errors) < FLAW if bug == NONE else finding == BUGS[bug][0]


def tally(done: Collection[str]) -> str:
    """Which parts of the goal are reached."""
    if not done:
        return ""
    if len(done) == len(BUGS) + 1:
        return " <b>All five are named, and your own function is clean.</b>"
    return f" So far: {', '.join(name if name in BUGS else 'your own function' for name in sorted(done))}."


def draw_frames(figure: Figure) -> tuple[Axes, Axes, Axes]:
    """Draw axes, labels and the border between rounding and bugs."""
    bars, entries, curve = figure.subplots(1, 3, width_ratios=(1, 0.9, 1.15))
    bars.set(xlim=(-0.6, len(PARTS) - 0.4), ylim=(LEAST, MOST), yscale="log", ylabel="relative error")
    bars.set_xticks(range(len(PARTS)), PARTS)
    bars.set_title("press one to see its entries", fontsize=10)
    entries.plot([-1, 1], [-1, 1], color="0.7", linewidth=0.8)
    entries.set(xlim=(-1.15, 1.15), ylim=(-1.15, 1.15), xlabel="by differences", ylabel="by backpropagation", title=" ")
    curve.set(xscale="log", xlim=(EPSILONS[-1] / 2, EPSILONS[0] * 2), yscale="log", ylim=(LEAST, MOST), xlabel="step ε")
    curve.set_ylabel("largest relative error")
    for name, style in STYLES.items():
        curve.plot([], [], label=name, **style)
    curve.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, borderpad=0, fontsize=8)
    for ax in (bars, curve):
        ax.axhline(FLAW, **THRESHOLD)
    plain_log(bars, curve)
    bars.set_xticks(range(len(PARTS)), PARTS)
    return bars, entries, curve

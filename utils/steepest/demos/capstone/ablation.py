"""Switches for the parts of a recipe, and what each of them brings."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.ablation import EVERY, N_STEPS, PARTS, Bench, Recipe
from steepest.demos._demo import Demo, check_box, running_loop
from steepest.demos._marks import THRESHOLD, legend_above
from steepest.demos._stage import Panel, Stage
from steepest.plots import line_style
from steepest.tools import NORMALIZING

SLICE_SECONDS = 0.03  # of training for one picture
SEEDS = range(6)
SURE = 2.0  # standard errors
PIECES = {"he_normal", "adam_step", "one_cycle", "inverted_dropout", *NORMALIZING}  # of which the whole recipe is made
TOP, SPAN = 75.0, (-7.0, 24.0)  # points of accuracy
NOW, WHOLE = line_style(0), line_style(1)
WITH: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "s", "markersize": 8}
OUT = WITH | {"markerfacecolor": "none"}
DIFFERENCE: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "D", "markersize": 5}
ERROR: dict[str, Any] = {"color": "black", "linewidth": 1.6}
PAYS_NOT = DIFFERENCE | {"marker": "*", "markersize": 12}


def ablation_demo(**functions: Callable[..., Any]) -> Demo:
    """Switches for five parts of a training, over its accuracy and what each part has been seen to bring.

    Parameters
    ----------
    **functions : callable
        The student's, by the names of their exercises: `he_normal`, `adam_step`, `gd_step`, `one_cycle`,
        `inverted_dropout`, and the four of batch normalization. torch stands in for any that is not there.

    Examples
    --------
    >>> demo = ablation_demo()
    >>> list(demo.controls)
    ['he', 'batch_norm', 'dropout', 'adam', 'cycle']
    """
    benches: list[Bench] = []
    made: list[Demo] = []

    def draw(stage: Stage, **parts: bool) -> str:
        if not benches:
            benches.append(Bench(functions, seeds=SEEDS))
        run = benches[0].run(recipe := Recipe(**parts))
        live = made and running_loop()  # else nothing would draw what is left
        run.train(N_STEPS, SLICE_SECONDS if live else math.inf)
        if run.step < N_STEPS:
            made[0].update_soon()
        return draw_parts(benches[0], recipe, stage)

    demo = Demo(
        draw,
        {part: check_box(name, True) for part, (name, _) in PARTS.items()},
        goal="find a part that does not pay: the nets are better without it, by more than two standard errors; then "
        "two parts whose loss together is not the sum of their losses",
        size=(9.5, 4.0),
        forget=benches.clear,
    )
    made.append(demo)
    return demo


def draw_parts(bench: Bench, recipe: Recipe, stage: Stage) -> str:
    """Draw the training by a recipe and what each part brings, as far as both trainings are there.

    Parameters
    ----------
    bench : Bench
        Knows all trainings.
    recipe : Recipe
        The one that is looked at.
    stage : Stage
        Where to draw.

    Returns
    -------
    str
        What was reached and how far the goal is, for the line above the figure.
    """
    run, done = bench.run(recipe), bench.finished
    curves, gains = stage.panels(draw_frames)
    if recipe != Recipe() and Recipe() in done:
        whole = bench.run(Recipe()).curve.mean(dim=1)
        curves.plot(range(0, EVERY * len(whole), EVERY), whole, **WHOLE | {"marker": ""})
    at, mean, error = range(0, EVERY * len(run.curve), EVERY), run.curve.mean(dim=1), _error(run.curve)
    curves.area(at, mean - error, mean + error, color=NOW["color"], alpha=0.25)
    curves.plot(at, mean, **NOW | {"markersize": 3})
    if recipe not in done:
        width = run.step
        curves.bars(width / 2, 2.5, width=width, color="0.45")
        curves.text(5, 4, f"training: {run.step / N_STEPS:.0%}", color="0.3")
    for place, (part, (name, instead)) in enumerate(PARTS.items()):
        has = getattr(recipe, part)
        told = f"{name}: {'in; a press takes it out' if has else f'out, {instead}; a press puts it in'}"
        gains.handle(part, SPAN[0] + 1.2, place, name=told, value=not has, item=name, **WITH if has else OUT)
        _gain(gains, part, place, recipe, done)
    return said(recipe, done, bench.yours)


def _gain(panel: Panel, part: str, place: int, recipe: Recipe, done: Mapping[Recipe, Tensor]) -> None:
    """What a part brings to the recipe at hand, where both trainings are there."""
    gain = difference(part, recipe, done)
    if gain is None:
        panel.text(SPAN[1] - 0.5, place, "not tried", ha="right", va="center", fontsize=8, color="0.45")
        return
    mean, error = gain
    panel.plot([mean - SURE * error, mean + SURE * error], [place, place], **ERROR)
    panel.plot(mean, place, **PAYS_NOT if _pays_not(gain) else DIFFERENCE)
    panel.text(
        mean, place - 0.17, f"{mean:+.1f} ± {error:.1f}".replace("-", "−"), ha="center", fontsize=8, color="0.25"
    )


def difference(part: str, recipe: Recipe, done: Mapping[Recipe, Tensor]) -> tuple[float, float] | None:
    """Accuracy with a part less that without it, the rest as in a recipe: the mean over the seeds and its standard
    error, in points; None where a training is missing."""
    has, lacks = recipe._replace(**{part: True}), recipe.without(part)
    if has not in done or lacks not in done:
        return None
    gain = done[has] - done[lacks]
    return float(gain.mean()), float(_error(gain))


def draw_frames(figure: Figure) -> tuple[Axes, Axes]:
    """Draw axes, labels and the names of the parts."""
    curves, gains = figure.subplots(1, 2, width_ratios=[1, 1.15])
    curves.plot([], [], label="these parts, ± standard error", **NOW | {"markersize": 3})
    curves.plot([], [], label="all parts", **WHOLE | {"marker": ""})
    curves.set(xlabel="step", ylabel="accuracy in %", xlim=(-6, N_STEPS + 6), ylim=(0, TOP))
    legend_above(curves, ncols=2)
    gains.axvline(0, **THRESHOLD)
    gains.set(xlabel="what the part brings, in points of accuracy", xlim=SPAN, ylim=(len(PARTS) - 0.5, -0.5))
    gains.set_yticks(range(len(PARTS)), [name for name, _ in PARTS.values()])
    gains.plot([], [], label="in", **WITH)
    gains.plot([], [], label="out", **OUT)
    gains.plot([], [], label="difference ± 2 errors", **DIFFERENCE | {"linestyle": "-"})
    gains.plot([], [], label="does not pay", **PAYS_NOT | {"markersize": 10})
    legend_above(gains, ncols=4)
    return curves, gains


def _error(values: Tensor) -> Tensor:
    error: Tensor = values.std(dim=-1) / len(SEEDS) ** 0.5
    return error


def _together(recipe: Recipe, done: Mapping[Recipe, Tensor]) -> str:
    """What is lost without two parts, and without each of them alone, where just two are out and all is there."""
    out = [part for part in PARTS if not getattr(recipe, part)]
    needed = [Recipe(), *(Recipe().without(part) for part in out)]
    if len(out) != 2 or any(each not in done for each in needed):
        return ""
    both, *alone = (float((done[Recipe()] - done[other]).mean()) for other in (recipe, *needed[1:]))
    text = f"Lost together {both:.1f} points, one at a time {alone[0]:.1f} and {alone[1]:.1f}. "
    return text.replace("-", "−")


def _pays_not(gain: tuple[float, float]) -> bool:
    return gain[0] < -SURE * gain[1]


def said(recipe: Recipe, done: Mapping[Recipe, Tensor], yours: list[str]) -> str:
    """What was reached, by whose functions, and how far the goal is, from the accuracies of all finished trainings."""
    out = [name for part, (name, _) in PARTS.items() if not getattr(recipe, part)]
    text = f"Without {', '.join(out)}: " if out else "All parts: "
    if recipe not in done:
        return f"{text}training."
    last = done[recipe]
    text += f"{float(last.mean()):.1f} ± {float(_error(last)):.1f} % right. "
    text += _together(recipe, done)
    rest = "" if set(yours) >= PIECES else ", the rest by torch"
    by = f"By your {', '.join(f'<code>{name}</code>' for name in yours)}{rest}. " if yours else "By torch. "
    gains = [difference(part, recipe, done) for part in PARTS]
    reached = any(gain is not None and _pays_not(gain) for gain in gains)
    return text + by + ("The goal is reached." if reached else "Not yet.")

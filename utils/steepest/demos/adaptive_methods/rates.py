"""The effective rate of every word of the documents, read off what the student's steppers remember."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from steepest.data import Data
from steepest.demos._demo import Demo, choice, count, plain_log, steps
from steepest.demos._marks import legend_above
from steepest.demos._stage import Stage
from steepest.demos.adaptive_methods.runners import Step
from steepest.plots import line_style
from steepest.trajectory import init_state
from steepest.words import bag_of_words, document_gradient, document_loss

N_STEPS = 200
WATCHED = 100
WORDS, RAREST = (1, 10, 100), 300
MEMORIES = (0.5, 0.9, 0.99, 0.999)
SIZES = (5, 20, 100)
GOAL_SWING, GOAL_LOSS = 2.0, 0.55
LOW, HIGH = 1e-4, 5e2
TICKS = 2e-4
OCCURS: dict[str, Any] = {"color": "black", "linestyle": "", "marker": "|", "markersize": 7}
EVERY_WORD: dict[str, Any] = {"color": "0.55", "linestyle": "", "marker": ".", "markersize": 4}

State = Mapping[str, Any]


class Method(NamedTuple):
    """How a method is run on the documents, and where its rates are found.

    Attributes
    ----------
    method : str
        Name for `init_state`.
    hyper : mapping of str to float
        Constants that are not changed.
    memory : str
        The constant that the slider sets; none where empty.
    scale : callable
        Maps the state before and after a step, and the constants, to what divides the gradient; for methods that
        keep rates it is the inverse of the rate.
    """

    method: str
    hyper: Mapping[str, float]
    memory: str
    scale: Callable[[State, State, Mapping[str, float]], Tensor]


def _root(key: str, old: State, new: State, hyper: Mapping[str, float]) -> Tensor:
    mean: Tensor = new[key]
    if "rho2" in hyper:  # the state holds it uncorrected
        mean = mean / (1 - hyper["rho2"] ** new["t"])
    return mean.sqrt() + hyper["eps"]


METHODS: Mapping[str, Method] = {
    "delta-bar-delta": Method(
        "delta_bar_delta", {"kappa": 0.001, "phi": 0.3}, "beta", lambda old, new, hyper: 1 / new["rate"]
    ),
    "AdaGrad": Method("adagrad", {"lr": 0.3, "eps": 1e-3}, "", partial(_root, "sum_squares")),
    "RMSProp": Method("rmsprop", {"lr": 0.03, "eps": 1e-3}, "rho", partial(_root, "mean_square")),
    "AdaDelta": Method(
        "adadelta",
        {"lr": 1.0, "eps": 1e-6},
        "rho",
        lambda old, new, hyper: ((new["mean_square"] + hyper["eps"]) / (old["mean_delta"] + hyper["eps"])).sqrt(),
    ),
    "Adam": Method("adam", {"lr": 0.03, "rho1": 0.9, "eps": 1e-3}, "rho2", partial(_root, "r")),
    "AdaMax": Method(
        "adamax", {"lr": 0.03, "rho1": 0.9, "eps": 1e-3}, "rho2", lambda old, new, hyper: new["u"] + hyper["eps"]
    ),
}


class Rates(NamedTuple):
    """What one run gave.

    Attributes
    ----------
    rates : Tensor, shape (N_STEPS, words)
        Each weight's effective rate after every step.
    seen : Tensor of bool, shape (N_STEPS, words)
        Where the gradient was not 0.
    loss : float
        Over all documents, at the end.
    """

    rates: Tensor
    seen: Tensor
    loss: float

    def swing(self) -> float:
        """Largest rate of the rarest word by its smallest, over the last `WATCHED` steps."""
        rarest = self.rates[-WATCHED:, -1]
        return float(rarest.max() / rarest.min())


def effective_rate_demo(
    delta_bar_delta_step: Step,
    adagrad_step: Step,
    rmsprop_step: Step,
    adadelta_step: Step,
    adam_step: Step,
    adamax_step: Step,
) -> Demo:
    """Effective rates of all weights while a method sees minibatches of documents, played or step by step.

    Parameters
    ----------
    delta_bar_delta_step, adagrad_step, rmsprop_step, adadelta_step, adam_step, adamax_step : callable
        The student's functions.

    Examples
    --------
    >>> def unwritten(*given, **named):
    ...     raise NotImplementedError
    >>> demo = effective_rate_demo(*[unwritten] * 6)
    >>> list(demo.controls)
    ['method', 'memory', 'size', 'word', 'step']
    >>> demo.message.value
    'Write <code>rmsprop_step</code>, or choose another method.'
    """
    own = dict(
        zip(
            METHODS,
            (delta_bar_delta_step, adagrad_step, rmsprop_step, adadelta_step, adam_step, adamax_step),
            strict=True,
        )
    )
    known: dict[tuple[str, float, int], Rates] = {}

    def draw(stage: Stage, *, method: str, memory: float, size: int, step: int, word: int) -> str:
        key = method, memory, size
        try:
            if key not in known:
                known[key] = effective_rates(own[method], method, memory=memory, size=size)
        except NotImplementedError:
            stage.panels(draw_axes)
            return f"Write <code>{METHODS[method].method}_step</code>, or choose another method."
        draw_effective_rates(stage, known[key], step, word)
        return said(known[key], method, memory=memory, size=size, step=step)

    demo = Demo(
        draw,
        {
            "method": choice("method", "RMSProp", list(METHODS)),
            "memory": steps("memory ρ", 0.9, MEMORIES),
            "size": steps("documents in a minibatch", 5, SIZES),
            "word": count("your word, by rank", RAREST, 1, RAREST),
            "step": count("minibatch", 120, 1, N_STEPS),
        },
        needs=[f"{method.method}_step" for method in METHODS.values()],
        goal=(
            f"with minibatches of {SIZES[0]} and a method that forgets, keep the rate of word {RAREST} within a factor "
            f"of {GOAL_SWING:g} over the last {WATCHED} minibatches, and end with a loss under {GOAL_LOSS:g}"
        ),
        size=(9.5, 4.0),
        played="step",
    )

    def switch(change: object) -> None:
        demo.controls["memory"].disabled = not METHODS[demo.controls["method"].value].memory

    demo.controls["method"].observe(switch, names="value")
    return demo


def effective_rates(step: Step, name: str, *, memory: float, size: int) -> Rates:
    """Run a stepper over the minibatches and note each weight's effective rate.

    Parameters
    ----------
    step : callable
        The student's function.
    name : str
        A key of `METHODS`.
    memory : float
        What the method keeps of its average.
    size : int
        Documents in a minibatch.
    """
    documents = _documents()
    method = METHODS[name]
    hyper = dict(method.hyper) | ({method.memory: memory} if method.memory else {})
    picks = torch.randint(len(documents.x), (N_STEPS, size), generator=torch.Generator().manual_seed(4))
    theta = torch.zeros(documents.x.shape[1], dtype=documents.x.dtype)
    state, rates, seen = init_state(method.method, theta, rate=0.1), [], []
    for rows in picks:
        grad, old = document_gradient(theta, documents.x[rows], documents.y[rows]), state
        theta, state = step(theta, grad, old, **hyper)
        rates.append(hyper.get("lr", 1.0) / method.scale(old, state, hyper))
        seen.append(grad != 0)
    return Rates(torch.stack(rates), torch.stack(seen), float(document_loss(theta, documents.x, documents.y)))


def draw_effective_rates(stage: Stage, found: Rates, step: int, word: int) -> None:
    """Draw the rates of some words until a step, and all rates at that step."""
    rates = found.rates.clamp(LOW / 9, HIGH * 9)
    time, words = stage.panels(draw_axes)
    words.plot(range(1, rates.shape[1] + 1), rates[step - 1], **EVERY_WORD)
    for number, shown in enumerate((*WORDS, word)):
        time.plot(range(1, step + 1), rates[:step, shown - 1], markevery=25, **line_style(number))
        if number < len(WORDS):
            words.plot(shown, rates[step - 1, shown - 1], zorder=5, **_mark(number))
    comes = found.seen[:step, word - 1].nonzero().flatten() + 1
    time.plot(comes, TICKS, **OCCURS)
    here = float(rates[step - 1, word - 1].clamp(LOW, HIGH))
    time.handle(("step", ""), step, here, name="minibatch")
    words.handle(("word", ""), word, here, name="rank of your word")
    words.text(RAREST, TICKS, f"your word: {word}", ha="right", color=line_style(len(WORDS))["color"])


def draw_axes(figure: Figure) -> tuple[Axes, Axes]:
    """Draw all that does not move."""
    time, words = figure.subplots(1, 2, width_ratios=(1.15, 1))
    for number, label in enumerate((*(f"word {word}" for word in WORDS), "your word")):
        time.plot([], [], label=label, **line_style(number))
    time.plot([], [], label="it occurs", **OCCURS)
    time.set(xlabel="minibatch", ylabel="effective rate of a weight", xlim=(-3, N_STEPS + 4))
    words.set(xlabel="rank of the word", ylabel="effective rate", xscale="log", xlim=(0.8, 380))
    words.plot([], [], label="all weights, at this minibatch", **EVERY_WORD)
    for ax in (time, words):
        ax.set(yscale="log", ylim=(LOW, HIGH))
    legend_above(time, words, ncols=5, columnspacing=0.9, handlelength=1.8)
    plain_log(time, words)
    return time, words


def said(found: Rates, name: str, *, memory: float, size: int, step: int) -> str:
    """What the line above the picture says."""
    last = found.rates[step - 1]
    swing = found.swing()
    if name == "AdaGrad":
        reached = "AdaGrad forgets nothing: choose one that does."
    elif size == SIZES[0] and swing <= GOAL_SWING and found.loss < GOAL_LOSS:
        reached = "The goal is reached."
    else:
        reached = "Not yet." if size == SIZES[0] else f"The goal is for minibatches of {SIZES[0]}."
    kept = f", {'β' if name == 'delta-bar-delta' else 'ρ'} = {memory:g}" if METHODS[name].memory else ""
    gap = f"the rate of word {RAREST} is {last[-1] / last[0]:.3g} times that of word 1"
    return (
        f"{name}{kept}: after {step} minibatches {gap}. Over the last {WATCHED} it changes by a factor of {swing:.3g}; "
        f"the loss ends at {found.loss:.3f}. {reached}"
    )


def _mark(number: int) -> dict[str, Any]:
    return line_style(number) | {"linestyle": "", "markersize": 9, "markeredgecolor": "black"}


@cache
def _documents() -> Data:
    """The lesson's documents."""
    return bag_of_words(1000, n_words=300, length=20, signal=2.0, seed=3)

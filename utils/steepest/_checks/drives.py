"""How a case is played: calls of one function, and what is observed of them.

A drive takes the function and the case's inputs and returns named observations. The names are read by people:
"velocity after step 2". A drive must not crash on a student's odd answer; it raises `StudentError` instead.
What is random is turned into something that is not: sorted indices, counts, or whether two orders differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from steepest._checks import content
from steepest._checks.calls import Function, StudentError
from steepest._checks.compare import same_bits, type_name

Observations = dict[str, Any]
Drive = Callable[..., Observations]
FORWARD = ", which must be right first,"  # ends the name of what another function than the judged one gave


def call(function: Function, *, args: Sequence[Any], kwargs: Mapping[str, Any], outputs: Sequence[str]) -> Observations:
    """Call once and observe the result, or each part of a tuple under its own name.

    Parameters
    ----------
    args, kwargs : sequence, mapping
        Arguments of the call.
    outputs : sequence of str
        One name for the result, or one for each of its parts.
    """
    result = function(*args, **kwargs)
    if len(outputs) == 1:
        return {outputs[0]: result}
    if isinstance(result, np.ndarray | torch.Tensor) and result.shape == (len(outputs),):
        result = list(result)  # numbers, which can be unpacked as a tuple can
    return dict(zip(outputs, _parts(result, outputs), strict=True))


def with_gradient(
    function: Function, *, args: Sequence[Any], place: int, output: str, gradient: str, linked: str
) -> Observations:
    """Call once with an argument that asks for gradients; observe the result, and its gradient if there is one.

    Parameters
    ----------
    args : sequence
        Arguments of the call.
    place : int
        Which of them the result is differentiated by.
    output, gradient, linked : str
        Names of the result, of its gradient, and of whether there is one.
    """
    result, slope = function.differentiate(place, *args)
    seen = {output: result, linked: slope is not None}
    return seen | ({gradient: slope} if slope is not None else {})


def stepper(
    function: Function, *, theta: torch.Tensor, state: Mapping[str, Any], steps: Sequence[Mapping[str, Any]]
) -> Observations:
    """Take several steps, each from what the last one returned.

    Parameters
    ----------
    theta : Tensor
        The starting point.
    state : mapping
        The state before the first step.
    steps : sequence of mapping
        For each step, ``"grad"`` (a gradient, or a function that gives it) and the hyperparameters.
    """
    state = dict(state)
    seen: Observations = {}
    for number, step in enumerate(steps, start=1):
        hyper = {name: value for name, value in step.items() if name != "grad"}
        theta, state = _parts(function(theta, step["grad"], state, **hyper), ("theta", "state"))
        if not isinstance(state, dict):
            raise StudentError(f"the state after step {number} is {type_name(state)}, expected a dict of named values")
        seen[f"theta after step {number}"] = theta
        seen |= {f"{key} after step {number}": value for key, value in state.items()}
    return seen


def forward(function: Function, *, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Observations:
    """Call a forward pass, which returns an output and a cache, and observe the output: the cache is its own affair.

    Parameters
    ----------
    args, kwargs : sequence, mapping
        Arguments of the call.
    """
    out, _ = _parts(function.keep(1, *args, **kwargs), ("out", "cache"))
    return {"out": out}


def backward(
    function: Function,
    *,
    forward: str,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    gradients: Sequence[torch.Tensor],
    outputs: Sequence[str],
) -> Observations:
    """Call the student's own forward pass and hand its cache, which never leaves their side, to the backward pass.

    The forward pass's output is observed first, so that what is wrong with it is not laid to the backward pass.

    Parameters
    ----------
    forward : str
        Name of the function that returns the output and the cache.
    args, kwargs : sequence, mapping
        Arguments of the forward pass.
    gradients : sequence of Tensor
        Gradients at the output, each for one backward pass from the same cache.
    outputs : sequence of str
        A name for each part of what the backward pass returns.
    """
    try:
        out, cache = _parts(_defined(function, forward).keep(1, *args, **kwargs), ("out", "cache"))
    except StudentError as error:
        _expect_written(function, gradients[0])
        raise StudentError(
            f"`{forward}`, whose cache this works on, comes first: {said(error)}", line=error.line
        ) from error
    seen: Observations = {f"`out` of `{forward}`{FORWARD}": out}
    for number, gradient in enumerate(gradients, start=1):
        parts = _parts(function(gradient, cache), outputs)
        again = f" from the same cache, pass {number}," if number > 1 else ""
        seen |= {f"{name}{again}": part for name, part in zip(outputs, parts, strict=True)}
    return seen


def settled(
    function: Function, *, args: Sequence[Any], kwargs: Mapping[str, Any], output: str, shaped: bool = False
) -> dict[str, Any]:
    """Call twice with the same arguments; observe the result where both calls agree.

    Parameters
    ----------
    args, kwargs : sequence, mapping
        Arguments of the calls.
    output : str
        Name of the result.
    shaped : bool
        Whether the shape is observed where they do not agree: numbers of any other are no draw of what is asked for.
    """
    first, second = (function(*args, **kwargs) for _ in range(2))
    seen: dict[str, Any] = {"“two calls with the same arguments agree”": same_bits(first, second)}
    if all(seen.values()):
        return seen | {output: first}
    return seen | ({f"the shape of {output}": list(getattr(first, "shape", ()))} if shaped else {})


def _defined(function: Function, name: str) -> Function:
    companion = function.companion(name)
    if not companion.exists():
        raise StudentError("it is not defined")
    return companion


def _expect_written(function: Function, gradient: torch.Tensor) -> None:
    """Raise what an unwritten function raises; anything else comes of there being no cache."""
    try:
        function(gradient, None)
    except StudentError as error:
        if error.kind == "NotImplementedError" and not str(error):
            raise


def said(error: StudentError) -> str:
    """What a function gave that is needed for another one, in words."""
    if error.kind == "NotImplementedError" and not str(error):
        return "it is not written yet"
    return str(error) if error.kind == "ResultError" else f"it raises {error.kind}: {error}"


def _parts(result: Any, names: Sequence[str]) -> Sequence[Any]:
    if isinstance(result, list | tuple) and len(result) == len(names):
        return result
    wanted = ", ".join(names)
    if isinstance(result, list | tuple):
        raise StudentError(f"it returned {len(result)} values, expected {len(names)}: {wanted}")
    if result is None:
        raise StudentError(f"it returned None, expected {wanted}: is the `return` missing?")
    raise StudentError(f"it returned one value, expected {len(names)}: {wanted}")


GENERAL: dict[str, Drive] = {
    "call": call,
    "with_gradient": with_gradient,
    "stepper": stepper,
    "forward": forward,
    "backward": backward,
    "settled": settled,
}


def drive(name: str) -> Drive:
    """The drive of this name: one of these, or one that a course brings along.

    Raises
    ------
    KeyError
        If there is none.
    """
    return GENERAL[name] if name in GENERAL else content.drives()[name]

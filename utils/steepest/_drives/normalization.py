"""Drives for a normalization of minibatches, whose forward pass hands a cache of any kind to its backward pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from torch import Tensor

from steepest._checks.calls import Function, StudentError
from steepest._checks.compare import Measure, difference, same_bits, type_name
from steepest._checks.wire import Handle

FORWARD = "batch_norm_train"
OUT = f"`out` of `{FORWARD}`, which must be right first,"
AGAIN = "“a second pass from the same cache gives the same gradients”"
APART = "“the gradients are the same after another batch has gone forward”"


def normalize(function: Function, *, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Call a forward pass and observe its output; the cache is its own affair.

    Parameters
    ----------
    args, kwargs : sequence, mapping
        Arguments of the call.
    """
    out, _ = _ahead(function, *args, **kwargs)
    return {"out": out}


def normalize_back(
    function: Function, *, x: Tensor, gamma: Tensor, beta: Tensor, eps: float, grad_out: Tensor
) -> dict[str, Any]:
    """Hand the cache of the student's own forward pass, which never leaves their side, to the backward pass.

    The forward pass's output is observed first, so that what is wrong with it is not laid to the backward pass.

    Parameters
    ----------
    x : Tensor, shape (B, features)
        A minibatch.
    gamma, beta : Tensor, shape (features,)
        Scale and shift.
    eps : float
        What is added to the variance.
    grad_out : Tensor, shape (B, features)
        The gradient at the output.
    """
    return _there_and_back(function, x, gamma, beta, eps, grad_out)[0]


def normalize_back_again(
    function: Function, *, x: Tensor, gamma: Tensor, beta: Tensor, eps: float, grad_out: Tensor
) -> dict[str, Any]:
    """The same; then the backward pass is called again from the same cache, and after another batch went forward.

    Parameters
    ----------
    x, gamma, beta, eps, grad_out
        As for `normalize_back`.
    """
    seen, cache = _there_and_back(function, x, gamma, beta, eps, grad_out)
    first = list(seen.values())[1:]
    seen[AGAIN] = _same(first, function, grad_out, cache)
    if seen[AGAIN]:
        _ahead(function.companion(FORWARD), 1 - 2 * x, gamma + 1, beta, eps=eps)
        seen[APART] = _same(first, function, grad_out, cache)
    return seen


def _there_and_back(
    function: Function, x: Tensor, gamma: Tensor, beta: Tensor, eps: float, grad_out: Tensor
) -> tuple[dict[str, Any], Any]:
    """What is observed of both passes, and the cache."""
    forward = function.companion(FORWARD)
    try:
        if not forward.exists():
            raise StudentError("it is not defined")
        out, cache = _ahead(forward, x, gamma, beta, eps=eps)
    except StudentError as error:
        _expect_written(function, grad_out)
        raise StudentError(
            f"`{FORWARD}`, whose cache this works on, comes first: {_said(error)}", line=error.line
        ) from error
    names = ("grad_x", "grad_gamma", "grad_beta")
    gradients = _parts(function(grad_out, cache), names)
    if not any(map(_has_numbers, gradients)):
        raise StudentError("all entries of the three gradients are nan or inf")
    return {OUT: out, **dict(zip(names, gradients, strict=True))}, cache


def _ahead(forward: Function, *args: Any, **kwargs: Any) -> tuple[Any, Any]:
    out, cache = _parts(forward.keep(1, *args, **kwargs), ("out", "cache"))
    if out is not None and not isinstance(out, Tensor | np.ndarray):
        turned = isinstance(cache, Handle) and cache.type_name.startswith("Tensor")
        what = "the cache first and the output second" if turned else f"first something {type_name(out)}"
        raise StudentError(f"it returned {what}: return the output, a tensor, and then the cache")
    return out, cache


def _same(first: Sequence[Any], function: Function, grad_out: Tensor, cache: Any) -> bool:
    """Whether another call gives the same gradients; one that raises does not."""
    try:
        again = function(grad_out, cache)
    except StudentError:
        return False
    if not isinstance(again, list | tuple) or len(again) != len(first):
        return False
    measure = Measure(scale=float(grad_out.abs().max()))
    return all(
        difference(old, new, measure) is None if isinstance(old, Tensor) else same_bits(old, new)
        for old, new in zip(first, again, strict=True)
    )


def _has_numbers(value: Any) -> bool:
    return not isinstance(value, Tensor) or not value.numel() or bool(value.isfinite().any())


def _expect_written(function: Function, grad_out: Tensor) -> None:
    """Raise what an unwritten function raises; anything else comes of there being no cache."""
    try:
        function(grad_out, None)
    except StudentError as error:
        if error.kind == "NotImplementedError" and not str(error):
            raise


def _said(error: StudentError) -> str:
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


DRIVES = {
    "normalize": normalize,
    "normalize_back": normalize_back,
    "normalize_back_again": normalize_back_again,
}

"""A drive for what returns one number whose type counts as well."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from steepest._checks.calls import Function
from steepest._checks.compare import type_name


def sample_size(function: Function, *, sigma: float, target: float) -> dict[str, Any]:
    """Ask how many samples a target takes; observe the number, and its type.

    Parameters
    ----------
    sigma, target : float
        What the function is called with.
    """
    result = function(sigma, target)
    whole = isinstance(result, int | np.integer) and not isinstance(result, bool)
    kind = "int" if whole else type_name(result).removeprefix("of type ")
    if isinstance(result, float) and not math.isfinite(result):
        kind = f"{kind}, and no finite number"
    return {"the number of samples": result, "the type of the number": kind}


DRIVES = {"sample_size": sample_size}

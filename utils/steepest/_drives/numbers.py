"""A drive for what returns one number whose type counts as well."""

from __future__ import annotations

from typing import Any

import numpy as np

from steepest._checks.calls import Function


def sample_size(function: Function, *, sigma: float, target: float) -> dict[str, Any]:
    """Ask how many samples a target takes; observe the number, and whether it is an int.

    Parameters
    ----------
    sigma, target : float
        What the function is called with.
    """
    result = function(sigma, target)
    whole = isinstance(result, int | np.integer) and not isinstance(result, bool)
    return {"the number of samples": result, "“the number is an int”": whole}


DRIVES = {"sample_size": sample_size}

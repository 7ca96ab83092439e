"""The autoencoders trained ahead are those of the recipe in `autograder/bench/coders.py`."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from steepest.coders import stored_coders

RECIPE = Path(__file__).parents[2] / "bench" / "coders.py"
KINDS = ("plain", "variational")


@pytest.fixture(scope="module")
def recipe() -> dict[str, Any]:
    return runpy.run_path(str(RECIPE))


@pytest.fixture(scope="module")
def arrays(recipe: dict[str, Any]) -> dict[str, np.ndarray]:
    with np.load(recipe["PATH"]) as stored:
        return dict(stored)


@pytest.mark.parametrize("kind", KINDS)
def test_the_first_steps_are_those_of_the_recipe(
    recipe: dict[str, Any], arrays: dict[str, np.ndarray], kind: str
) -> None:
    """Rounding needs thousands of steps to grow; a change of the recipe shows at once."""
    begun = recipe["losses"](recipe["train"](kind, recipe["N_PROBE"]), kind)
    assert begun == pytest.approx(float(arrays[f"{kind}/probe"]), rel=1e-3)
    assert int(arrays[f"{kind}/n_steps"]) == recipe["N_STEPS"][kind]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_stored_has_the_loss_that_it_was_stored_with(
    recipe: dict[str, Any], arrays: dict[str, np.ndarray], kind: str
) -> None:
    stored = getattr(stored_coders(), kind)
    assert recipe["losses"](stored, kind) == pytest.approx(float(arrays[f"{kind}/loss"]), rel=1e-3)


def test_the_weights_are_those_of_the_recipe(recipe: dict[str, Any]) -> None:
    assert stored_coders().kl_weights == recipe["KL_WEIGHTS"]

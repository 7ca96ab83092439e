"""The polynomials of the demo of capacity, fitted by training and by least squares."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from steepest.demos.empirical_risk.polynomials import best_fits, learning_curves, true_risk


def test_the_errors_are_what_the_lesson_says(empirical_risk: Any) -> None:
    training, risk = best_fits(empirical_risk, 0.3)
    assert (training.diff() <= 1e-12).all()  # more capacity, less training error
    assert int(risk.argmin()) == 5
    assert float(risk[14]) > 100
    done = learning_curves(empirical_risk, 14, 0.3)
    assert float(done.training[-1]) < float(done.training[14]) < 0.3**2 < float(done.risk[14]) < float(done.risk[-1])
    noiseless = learning_curves(empirical_risk, 14, 0.0)
    assert float(noiseless.risk[-1]) < float(noiseless.risk[28])


def test_parts_of_signal_and_noise_add_up(empirical_risk: Any) -> None:
    weak, middle, strong = (learning_curves(empirical_risk, 9, noise).theta for noise in (0.0, 0.2, 0.4))
    torch.testing.assert_close(middle, (weak + strong) / 2)
    straight = torch.zeros(15, dtype=torch.float64)
    assert float(true_risk(straight, 0.3)) == pytest.approx(0.5 + 0.09, abs=2e-3)

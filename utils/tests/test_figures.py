"""Figures that say in words what they show."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
import pytest
from steepest.figures import needs, show


def test_a_notebook_keeps_the_words_beside_the_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[Any] = []
    figure = plt.figure()
    monkeypatch.setattr("IPython.get_ipython", object)
    monkeypatch.setattr("IPython.display.display", lambda *shown, metadata: told.append((*shown, metadata)))
    show(figure, "A line that falls.")
    assert told == [(figure, {"image/png": {"alt": "A line that falls."}})]
    assert figure.number not in plt.get_fignums()


def test_elsewhere_it_is_shown_as_usual(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[bool] = []
    figure = plt.figure()
    monkeypatch.setattr("IPython.get_ipython", lambda: None)
    monkeypatch.setattr(plt, "show", lambda: shown.append(True))
    show(figure, "A line that falls.")
    assert shown == [True]
    plt.close("all")


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_an_empty_text_is_refused(alt: str) -> None:
    with pytest.raises(ValueError, match="`alt` must say what the figure shows"):
        show(plt.figure(), alt)
    plt.close("all")


def test_a_cell_that_needs_a_function_says_which(capsys: pytest.CaptureFixture[str]) -> None:
    with needs("ewa", "fans"):
        raise NotImplementedError
    assert capsys.readouterr().out == "Write `ewa`, `fans` and run the cell, then run this one again.\n"
    with needs("ewa"), pytest.raises(ZeroDivisionError):
        raise ZeroDivisionError
    assert capsys.readouterr().out == ""

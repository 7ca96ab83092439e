"""Figures with words for whoever does not see them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

__all__ = ["needs", "show"]


def show(figure: Figure, alt: str) -> None:
    """Show a figure as `plt.show` does, with a text that says what is to be seen in it.

    The text is kept in the notebook beside the picture, where nbconvert and screen readers look for it.

    Parameters
    ----------
    figure : Figure
        What to show; it is closed.
    alt : str
        What is to be seen, in a sentence or two.

    Raises
    ------
    ValueError
        If the text is empty.

    Examples
    --------
    >>> import matplotlib.pyplot as plt
    >>> fig, ax = plt.subplots()
    >>> line = ax.plot([0, 1], [1, 0])
    >>> show(fig, "A line that falls from 1 to 0.")  # doctest: +SKIP
    """
    if not alt.strip():
        raise ValueError("`alt` must say what the figure shows. Got an empty text.")
    if "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None:
        sys.modules["IPython"].display.display(figure, metadata={"image/png": {"alt": alt}})
        plt.close(figure)
    else:
        plt.show()


@contextmanager
def needs(*names: str) -> Iterator[None]:
    """Say which functions a cell waits for, where one of them is not written yet.

    Parameters
    ----------
    *names : str
        Exercises whose functions are called within.

    Examples
    --------
    >>> with needs("ewa"):
    ...     raise NotImplementedError
    Write `ewa` and run the cell, then run this one again.
    """
    try:
        yield
    except NotImplementedError:
        print(f"Write {', '.join(f'`{name}`' for name in names)} and run the cell, then run this one again.")

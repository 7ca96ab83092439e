"""Many 2-4-1 sigmoid networks that learn exclusive or side by side, one epoch after the other."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from steepest.dense import Draw, make_nets

INPUTS, UNITS = 2, 4
INNER, OUTER = UNITS * (INPUTS + 1), UNITS + 1  # parameters of a network in each layer, biases among them


def xor(*, dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor]:
    """The four examples of exclusive or: x of shape (4, 2) and y of shape (4,), both of zeros and ones.

    Examples
    --------
    >>> x, y = xor()
    >>> x.tolist(), y.tolist()
    ([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]], [0.0, 1.0, 1.0, 0.0])
    """
    x = torch.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=dtype)
    return x, torch.tensor([0, 1, 1, 0], dtype=dtype)


class XorTraining:
    """Trains only as far as it is asked, and remembers every epoch on the way.

    Gradients are written out, in numpy: with tensors of this size a call of autograd costs more than all its sums.

    Parameters
    ----------
    draw, n_runs, seed, lr, beta, centered
        As for `steepest.depth.xor_runs`.
    """

    def __init__(
        self,
        draw: Draw,
        *,
        n_runs: int,
        seed: int = 0,
        lr: float = 0.1,
        beta: float = 0.99,
        centered: bool = False,
    ) -> None:
        first, second = make_nets((INPUTS, UNITS, 1), seeds=[seed], count=n_runs, draw=draw).weights
        self._theta = np.zeros((INNER + OUTER) * n_runs)
        inner, outer = self._layers(self._theta)
        inner[:INPUTS], outer[:UNITS] = first.double().permute(2, 1, 0).numpy(), second[:, 0].double().T.numpy()
        self._velocity, self._gradient = np.zeros_like(self._theta), np.zeros_like(self._theta)
        self._lr, self._beta = lr, beta
        corners, classes = (part.numpy() for part in xor())
        self._x, self._y = _with_ones(2 * corners - 1 if centered else corners), classes
        self._thetas: list[np.ndarray] = []
        self._scores: list[np.ndarray] = []

    def until(self, epoch: int) -> None:
        """Train on, until this epoch is known."""
        (inner, outer), (into_inner, into_outer) = (self._layers(part) for part in (self._theta, self._gradient))
        n_rows = len(self._x)
        with np.errstate(all="ignore"):  # a start may be as wild as it likes
            while len(self._thetas) <= epoch:
                if self._thetas:
                    self._velocity *= self._beta
                    self._velocity -= self._lr * self._gradient
                    self._theta += self._velocity
                hidden, scores = _forward(inner, outer, self._x)
                error = (_sigmoid(scores) - self._y[:, None]) / n_rows
                into_outer[:UNITS] = (hidden * error[:, None]).sum(axis=0)
                into_outer[UNITS] = error.sum(axis=0)
                back = hidden * (1 - hidden) * outer[:UNITS] * error[:, None]
                into_inner[:] = (self._x.T @ back.reshape(n_rows, -1)).reshape(into_inner.shape)
                self._thetas.append(self._theta.copy())
                self._scores.append(scores.T)

    def scores(self, epoch: int) -> Tensor:
        """Scores of the four examples before training and after every epoch, of shape (epoch + 1, n_runs, 4)."""
        self.until(epoch)
        return torch.from_numpy(np.stack(self._scores[: epoch + 1]))

    def losses(self, epoch: int) -> Tensor:
        """Binary cross-entropies before training and after every epoch, of shape (epoch + 1, n_runs)."""
        with np.errstate(all="ignore"):
            scores = self.scores(epoch).numpy()
            return torch.from_numpy((np.logaddexp(0, scores) - self._y * scores).mean(axis=2))

    def solved(self, epoch: int) -> Tensor:
        """Whether all four examples are classified rightly, before training and after every epoch."""
        return ((self.scores(epoch) > 0) == torch.from_numpy(self._y > 0.5)).all(dim=2)

    def hidden(self, epoch: int) -> Tensor:
        """Weights of the hidden layers before training and after every epoch, of shape (epoch + 1, n_runs, 4, 2)."""
        self.until(epoch)
        inner = [self._layers(theta)[0][:INPUTS].T for theta in self._thetas[: epoch + 1]]
        return torch.from_numpy(np.stack(inner))

    def units(self, epoch: int, run: int) -> np.ndarray:
        """Weights and, last, biases of the hidden units of one network after an epoch, of shape (3, 4)."""
        self.until(epoch)
        return self._layers(self._thetas[epoch])[0][..., run]

    def outputs(self, epoch: int, points: Tensor, run: int | None = None) -> Tensor:
        """The probability that each network gives to class 1 after an epoch, of shape (n_runs, n_points).

        Parameters
        ----------
        epoch : int
            Trained until then where it has not come so far.
        points : Tensor, shape (n_points, 2)
            Inputs.
        run : int, optional
            One network alone.
        """
        self.until(epoch)
        inner, outer = self._layers(self._thetas[epoch])
        if run is not None:
            inner, outer = inner[..., [run]], outer[..., [run]]
        with np.errstate(all="ignore"):
            scores = _forward(inner, outer, _with_ones(points.numpy()))[1]
            return torch.from_numpy(_sigmoid(scores).T)

    @staticmethod
    def _layers(theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Views of both layers of all networks, (3, 4, n_runs) and (5, n_runs), with the biases in the last row."""
        parts = theta.reshape(INNER + OUTER, -1)  # runs come last: so one product of matrices serves all of them
        return parts[:INNER].reshape(INPUTS + 1, UNITS, -1), parts[INNER:]


def _forward(inner: np.ndarray, outer: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What leaves the hidden units, (n, 4, n_runs), and the scores, (n, n_runs)."""
    hidden = _sigmoid(x @ inner.reshape(INPUTS + 1, -1)).reshape(len(x), UNITS, -1)
    return hidden, (hidden * outer[:UNITS]).sum(axis=1) + outer[UNITS]


def _with_ones(x: np.ndarray) -> np.ndarray:
    return np.concatenate([x, np.ones((len(x), 1))], axis=1)


def _sigmoid(z: np.ndarray) -> np.ndarray:
    value: np.ndarray = 1 / (1 + np.exp(-z))
    return value

# %% right newton_step: solves the linear system
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(bracket, grad)


# %% right newton_step: builds the inverse
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    identity = torch.eye(theta.shape[0]).to(theta)
    return theta - lr * (torch.linalg.inv(hessian + damping * identity) @ grad)


# %% right newton_step: in the coordinates of the eigenvectors
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    p = -axes @ ((axes.T @ grad) / (curvatures + damping))
    return theta + lr * p


# %% right newton_step: numpy's solver
import numpy as np
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    h = hessian.detach().numpy().copy()
    h[np.diag_indices_from(h)] += damping
    p = np.linalg.solve(h, grad.detach().numpy())
    return theta - lr * torch.as_tensor(p, dtype=theta.dtype)


# %% right newton_step: elimination by hand with row exchanges
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    n = len(theta)
    a = hessian.clone()
    for i in range(n):
        a[i, i] = a[i, i] + damping
    b = grad.clone()
    for k in range(n):
        p = k + int(a[k:, k].abs().argmax())
        a[[k, p]] = a[[p, k]]
        b[[k, p]] = b[[p, k]]
        for i in range(k + 1, n):
            f = (a[i, k] / a[k, k]).clone()
            a[i] = a[i] - f * a[k]
            b[i] = b[i] - f * b[k]
    x = torch.zeros_like(b)
    for k in reversed(range(n)):
        x[k] = (b[k] - a[k] @ x) / a[k, k]
    return theta - lr * x


# %% right newton_step: a factorization for columns, the damping put on the diagonal of a copy
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian.clone()
    bracket.diagonal().add_(damping)
    lu, pivots = torch.linalg.lu_factor(bracket)
    step = torch.linalg.lu_solve(lu, pivots, grad.unsqueeze(1)).squeeze(1)
    return theta.sub(step, alpha=lr)


# %% wrong newton_step: the sign of the step
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta + lr * torch.linalg.solve(bracket, grad)


# %% wrong newton_step: the damping is added to every entry of the matrix
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    return theta - lr * torch.linalg.solve(hessian + damping, grad)


# %% wrong newton_step: no damping
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    return theta - lr * torch.linalg.solve(hessian, grad)


# %% wrong newton_step: no rate
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(bracket, grad)


# %% wrong newton_step: multiplies by the matrix instead of solving with it
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * bracket @ grad


# %% wrong newton_step: divides by the diagonal alone
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    return theta - lr * grad / (torch.diagonal(hessian) + damping)


# %% wrong newton_step: gives the step and not the new point
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return -lr * torch.linalg.solve(bracket, grad)


# %% wrong newton_step: puts the damping on the diagonal of the caller's Hessian
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    hessian.diagonal().add_(damping)
    return theta - lr * torch.linalg.solve(hessian, grad)


# %% wrong newton_step: moves the caller's point
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    theta -= lr * torch.linalg.solve(bracket, grad)
    return theta


# %% wrong newton_step: the rate stands inside the inverse
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = lr * (hessian + damping * torch.eye(len(theta), dtype=theta.dtype))
    return theta - torch.linalg.solve(bracket, grad)


# %% wrong newton_step: solves for the point instead of the gradient
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(bracket, theta)


# %% wrong newton_step: scales the damping with the diagonal of the Hessian
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.diag(torch.diag(hessian))
    return theta - lr * torch.linalg.solve(bracket, grad)


# %% wrong newton_step: subtracts the damping
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian - damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(bracket, grad)


# %% wrong newton_step: adds the damping to the finished inverse
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    inverse = torch.linalg.inv(hessian) + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * inverse @ grad


# %% wrong newton_step: gives a column, because the gradient was made one
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta[:, None] - lr * torch.linalg.solve(bracket, grad[:, None])


# %% wrong newton_step: computes in float32 and gives that
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian.float() + damping * torch.eye(len(theta))
    return theta.float() - lr * torch.linalg.solve(bracket, grad.float())


# %% corner newton_step: a Cholesky factorization, which fails with a negative eigenvalue
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    factor = torch.linalg.cholesky(bracket)
    return theta - lr * torch.cholesky_solve(grad[:, None], factor)[:, 0]


# %% corner newton_step: turns negative curvatures round before dividing
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - lr * axes @ ((axes.T @ grad) / (curvatures.abs() + damping))


# %% right saddle_free_step: along the eigenvectors
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    along = axes.T @ grad
    return theta - lr * axes @ (along / (curvatures.abs() + damping))


# %% right saddle_free_step: builds the matrix of sizes and solves
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    size = vectors @ torch.diag(values.abs()) @ vectors.T
    size = size + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(size, grad)


# %% right saddle_free_step: singular values, which are the sizes of the eigenvalues
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    _, sizes, rows = torch.linalg.svd(hessian)
    return theta - lr * (rows.T @ ((rows @ grad) / (sizes + damping)))


# %% right saddle_free_step: a loop over the pairs of eigenvalue and eigenvector
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    new = theta.clone()
    for i in range(len(values)):
        v = vectors[:, i]
        new = new - lr * torch.dot(v, grad) / (abs(values[i]) + damping) * v
    return new


# %% right saddle_free_step: numpy, with a scaling of the columns
import numpy as np
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    w, v = np.linalg.eigh(hessian.detach().numpy())
    inverse = (v / (np.abs(w) + damping)) @ v.T
    return theta - lr * torch.from_numpy(inverse @ grad.detach().numpy()).to(theta.dtype)


# %% right saddle_free_step: einsum, and the step as a sum added to the point
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    lam, axes = torch.linalg.eigh(hessian)
    scale = 1 / (torch.maximum(lam, -lam) + damping)
    return theta + torch.einsum("ik,k,jk,j->i", axes, scale, axes, -lr * grad)


# %% wrong saddle_free_step: the sizes of the entries of the Hessian
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    size = hessian.abs() + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(size, grad)


# %% wrong saddle_free_step: negative eigenvalues set to 0 before the damping
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - lr * axes @ ((axes.T @ grad) / (curvatures.clamp(min=0) + damping))


# %% wrong saddle_free_step: the damping is a floor for the sizes
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - lr * axes @ ((axes.T @ grad) / curvatures.abs().clamp(min=damping))


# %% wrong saddle_free_step: the damping is added before the sign is taken off
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - lr * axes @ ((axes.T @ grad) / (curvatures + damping).abs())


# %% wrong saddle_free_step: sizes of the eigenvalues of the damped matrix
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    damped = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    values, vectors = torch.linalg.eigh(damped)
    size = vectors @ torch.diag(values.abs()) @ vectors.T
    return theta - lr * torch.linalg.solve(size, grad)


# %% wrong saddle_free_step: the eigenvectors are not transposed on the way in
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - lr * axes @ ((axes @ grad) / (curvatures.abs() + damping))


# %% wrong saddle_free_step: takes the rows for the eigenvectors, both transposes exchanged
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - lr * axes.T @ ((axes @ grad) / (curvatures.abs() + damping))


# %% wrong saddle_free_step: does not turn back
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - lr * (axes.T @ grad) / (curvatures.abs() + damping)


# %% wrong saddle_free_step: the sizes are left out and it is Newton's step
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - lr * axes @ ((axes.T @ grad) / (curvatures + damping))


# %% wrong saddle_free_step: turns the whole Newton step round where it leads uphill
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    p = -torch.linalg.solve(bracket, grad)
    if grad @ p > 0:
        p = -p
    return theta + lr * p


# %% wrong saddle_free_step: the sizes of the parts of the gradient as well
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - lr * axes @ ((axes.T @ grad).abs() / (curvatures.abs() + damping))


# %% wrong saddle_free_step: the sizes of the diagonal entries only
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    return theta - lr * grad / (hessian.diagonal().abs() + damping)


# %% wrong saddle_free_step: plus instead of minus
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta + lr * axes @ ((axes.T @ grad) / (curvatures.abs() + damping))


# %% wrong saddle_free_step: multiplies by the sizes
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - lr * axes @ ((axes.T @ grad) * (curvatures.abs() + damping))


# %% wrong saddle_free_step: the damping is forgotten
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - lr * axes @ ((axes.T @ grad) / curvatures.abs())


# %% wrong saddle_free_step: squares of the eigenvalues without the root
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    size = hessian @ hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(size, grad)


# %% wrong saddle_free_step: sorts the sizes but not the eigenvectors
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    sizes = torch.linalg.eigvalsh(hessian).abs().sort().values
    _, axes = torch.linalg.eigh(hessian)
    return theta - lr * axes @ ((axes.T @ grad) / (sizes + damping))


# %% wrong saddle_free_step: a rate that shortens the damped sizes instead of the step
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    return theta - axes @ ((axes.T @ grad) / (lr * (curvatures.abs() + damping)))


# %% corner saddle_free_step: damps with the sign of the eigenvalue, which is 0 for a curvature of 0
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    sizes = (curvatures + damping * curvatures.sign()).abs()
    return theta - lr * axes @ ((axes.T @ grad) / sizes)


# %% right backtrack: while not good enough, shrink
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    while not f(theta + alpha * direction) <= here + c1 * alpha * slope:
        alpha *= shrink
    return alpha


# %% right backtrack: an endless loop that returns from inside, on plain numbers
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = float(first)
    here = float(f(theta))
    slope = float((grad * direction).sum())
    while True:
        if float(f(theta + alpha * direction)) <= here + c1 * alpha * slope:
            return alpha
        alpha = alpha * shrink


# %% right backtrack: the first member of a generator of powers
import itertools

import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    base = f(theta)
    promise = c1 * torch.dot(grad, direction)
    sizes = (first * shrink**k for k in itertools.count())
    return next(a for a in sizes if f(theta + a * direction) <= base + a * promise)


# %% right backtrack: asks for nan separately and shrinks while too high
import math


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    start = f(theta).item()
    slope = (grad @ direction).item()

    def too_high(size):
        value = f(theta + size * direction).item()
        return math.isnan(value) or value > start + c1 * size * slope

    size = first
    while too_high(size):
        size = shrink * size
    return size


# %% right backtrack: a for loop over the number of shrinkings and the slope by a sum over pairs
import itertools


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = sum(g * d for g, d in zip(grad.tolist(), direction.tolist()))
    f0 = f(theta)
    a = first
    for _ in itertools.count():
        trial = f(theta.add(direction, alpha=a))
        if bool(trial <= f0 + c1 * a * slope):
            break
        a = a * shrink
    return a


# %% corner backtrack: lets the loop end with nan, since the comparison is turned round
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    while f(theta + alpha * direction) > here + c1 * alpha * slope:
        alpha *= shrink
    return alpha


# %% wrong backtrack: mere descent
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here = f(theta)
    for _ in range(1500):
        if f(theta + alpha * direction) < here:
            break
        alpha *= shrink
    return alpha


# %% wrong backtrack: the size is missing in the promised descent
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    for _ in range(1500):
        if f(theta + alpha * direction) <= here + c1 * slope:
            break
        alpha *= shrink
    return alpha


# %% wrong backtrack: the promise is computed once with the first size
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    bound = f(theta) + c1 * first * (grad @ direction)
    for _ in range(1500):
        if f(theta + alpha * direction) <= bound:
            break
        alpha *= shrink
    return alpha


# %% wrong backtrack: minus in front of the slope, which allows the loss to rise
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    while not f(theta + alpha * direction) <= here - c1 * alpha * slope:
        alpha *= shrink
    return alpha


# %% wrong backtrack: the squared gradient in the place of the slope along the direction
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), -(grad @ grad)
    for _ in range(1500):
        if f(theta + alpha * direction) <= here + c1 * alpha * slope:
            break
        alpha *= shrink
    return alpha


# %% wrong backtrack: the constant is fixed at its default value
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    while not f(theta + alpha * direction) <= here + 1e-4 * alpha * slope:
        alpha *= shrink
    return alpha


# %% wrong backtrack: always halves
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    while not f(theta + alpha * direction) <= here + c1 * alpha * slope:
        alpha /= 2
    return alpha


# %% wrong backtrack: begins with 1 whatever the first size is
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = 1.0
    here, slope = f(theta), grad @ direction
    while not f(theta + alpha * direction) <= here + c1 * alpha * slope:
        alpha *= shrink
    return alpha


# %% wrong backtrack: shrinks once before the first trial
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    while True:
        alpha *= shrink
        if f(theta + alpha * direction) <= here + c1 * alpha * slope:
            return alpha


# %% wrong backtrack: gives up after ten trials
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    for _ in range(10):
        if f(theta + alpha * direction) <= here + c1 * alpha * slope:
            break
        alpha *= shrink
    return alpha


# %% wrong backtrack: stops shrinking when the size falls below one millionth
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    while alpha > 1e-6 and not f(theta + alpha * direction) <= here + c1 * alpha * slope:
        alpha *= shrink
    return alpha


# %% wrong backtrack: returns the new point instead of the size
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    while not f(theta + alpha * direction) <= here + c1 * alpha * slope:
        alpha *= shrink
    return theta + alpha * direction


# %% wrong backtrack: walks against the direction
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    for _ in range(1500):
        if f(theta - alpha * direction) <= here + c1 * alpha * slope:
            break
        alpha *= shrink
    return alpha


# %% wrong backtrack: goes on to shrink while the loss still falls, for the best size
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    while not f(theta + alpha * direction) <= here + c1 * alpha * slope:
        alpha *= shrink
    while f(theta + alpha * shrink * direction) < f(theta + alpha * direction):
        alpha *= shrink
    return alpha


# %% wrong backtrack: gives the last size that was not good enough
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    before = alpha
    here, slope = f(theta), grad @ direction
    while not f(theta + alpha * direction) <= here + c1 * alpha * slope:
        before = alpha
        alpha *= shrink
    return before


# %% wrong backtrack: makes the direction a unit vector first
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    direction = direction / direction.norm()
    alpha = first
    here, slope = f(theta), grad @ direction
    while not f(theta + alpha * direction) <= here + c1 * alpha * slope:
        alpha *= shrink
    return alpha


# %% wrong backtrack: walks on from the trial point and changes theta
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta).clone(), grad @ direction
    theta += alpha * direction
    for _ in range(1500):
        if f(theta) <= here + c1 * alpha * slope:
            break
        theta -= (1 - shrink) * alpha * direction
        alpha *= shrink
    return alpha


# %% corner backtrack: asks for strictly less, so that exact equality is refused
def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = f(theta), grad @ direction
    while not f(theta + alpha * direction) < here + c1 * alpha * slope:
        alpha *= shrink
    return alpha


# %% corner backtrack: takes a loss of nan for the end of the search and gives back what it has
import math


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    here, slope = float(f(theta)), float(grad @ direction)
    value = float(f(theta + alpha * direction))
    while value > here + c1 * alpha * slope and not math.isnan(value):
        alpha *= shrink
        value = float(f(theta + alpha * direction))
    return alpha


# %% right gauss_newton_step: the formula with solve
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    matrix = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(matrix, jacobian.T @ residuals)


# %% right gauss_newton_step: linear least squares with the damping as further rows
import math

import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    n = theta.shape[0]
    rows = torch.cat([jacobian, math.sqrt(damping) * torch.eye(n, dtype=theta.dtype)])
    right = torch.cat([-residuals, torch.zeros(n, dtype=theta.dtype)])
    return theta + torch.linalg.lstsq(rows, right[:, None]).solution[:, 0]


# %% right gauss_newton_step: singular values
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    u, s, vh = torch.linalg.svd(jacobian, full_matrices=False)
    return theta - vh.T @ (s / (s**2 + damping) * (u.T @ residuals))


# %% right gauss_newton_step: Marquardt's damping
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    jtj = jacobian.T @ jacobian
    jtj = jtj + damping * torch.diag(jtj.diagonal())
    return theta - torch.linalg.solve(jtj, jacobian.T @ residuals)


# %% right gauss_newton_step: sums over the residuals in a loop, and Cholesky
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    matrix = damping * torch.eye(len(theta), dtype=theta.dtype)
    slope = torch.zeros_like(theta)
    for r, row in zip(residuals, jacobian):
        matrix = matrix + torch.outer(row, row)
        slope = slope + r * row
    factor = torch.linalg.cholesky(matrix)
    return theta - torch.cholesky_solve(slope.reshape(-1, 1), factor).reshape(-1)


# %% right gauss_newton_step: numpy and einsum
import numpy as np
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    j, r = jacobian.detach().numpy(), residuals.detach().numpy()
    a = np.einsum("ki,kj->ij", j, j) + damping * np.identity(j.shape[1])
    p = np.linalg.inv(a) @ np.einsum("ki,k->i", j, r)
    return theta - torch.tensor(p, dtype=theta.dtype)


# %% wrong gauss_newton_step: J and its transpose are exchanged, and the matrix has a row for each residual
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    matrix = jacobian @ jacobian.T + damping * torch.eye(len(residuals), dtype=theta.dtype)
    return theta - torch.linalg.solve(matrix, jacobian @ residuals)


# %% wrong gauss_newton_step: plus instead of minus
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    matrix = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta + torch.linalg.solve(matrix, jacobian.T @ residuals)


# %% wrong gauss_newton_step: no damping
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    return theta - torch.linalg.solve(jacobian.T @ jacobian, jacobian.T @ residuals)


# %% wrong gauss_newton_step: no damping, by least squares of the tangents
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    return theta - torch.linalg.lstsq(jacobian, residuals[:, None]).solution[:, 0]


# %% wrong gauss_newton_step: the damping is added to every entry
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    matrix = jacobian.T @ jacobian + damping
    return theta - torch.linalg.solve(matrix, jacobian.T @ residuals)


# %% wrong gauss_newton_step: a gradient of the squares without the half, against a matrix with it
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    matrix = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(matrix, 2 * jacobian.T @ residuals)


# %% wrong gauss_newton_step: the loss as a mean over the residuals, so that the damping weighs m times as much
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    m = len(residuals)
    matrix = jacobian.T @ jacobian / m + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(matrix, jacobian.T @ residuals / m)


# %% wrong gauss_newton_step: only the matrix is a mean, the gradient a sum
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    matrix = jacobian.T @ jacobian / len(residuals) + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(matrix, jacobian.T @ residuals)


# %% wrong gauss_newton_step: further rows with the damping itself instead of its root
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    n = len(theta)
    rows = torch.cat([jacobian, damping * torch.eye(n, dtype=theta.dtype)])
    right = torch.cat([residuals, torch.zeros(n, dtype=theta.dtype)])
    return theta - torch.linalg.lstsq(rows, right[:, None]).solution[:, 0]


# %% wrong gauss_newton_step: gives the step alone
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    matrix = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return -torch.linalg.solve(matrix, jacobian.T @ residuals)


# %% wrong gauss_newton_step: divides by the diagonal of JᵀJ only
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    return theta - jacobian.T @ residuals / (jacobian.square().sum(dim=0) + damping)


# %% wrong gauss_newton_step: a gradient step, the matrix forgotten
def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    return theta - jacobian.T @ residuals / (1 + damping)


# %% wrong gauss_newton_step: solves with the first n residuals only, as if the system were square
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    n = len(theta)
    square = jacobian[:n] + damping * torch.eye(n, dtype=theta.dtype)
    return theta - torch.linalg.solve(square, residuals[:n])


# %% wrong gauss_newton_step: the empirical matrix, outer products of the gradients of the squared residuals
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    own = residuals[:, None] * jacobian
    matrix = own.T @ own + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(matrix, own.sum(dim=0))


# %% wrong gauss_newton_step: moves the caller's point in place
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    matrix = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    theta -= torch.linalg.solve(matrix, jacobian.T @ residuals)
    return theta


# %% wrong gauss_newton_step: both dampings at once, Levenberg's and Marquardt's
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    jtj = jacobian.T @ jacobian
    matrix = jtj + damping * (torch.eye(len(theta), dtype=theta.dtype) + torch.diag(jtj.diag()))
    return theta - torch.linalg.solve(matrix, jacobian.T @ residuals)


# %% wrong gauss_newton_step: Marquardt's scaling by the root of the diagonal
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    jtj = jacobian.T @ jacobian
    matrix = jtj + damping * torch.diag(jtj.diag().sqrt())
    return theta - torch.linalg.solve(matrix, jacobian.T @ residuals)


# %% corner gauss_newton_step: the form with JJᵀ, which is singular without damping
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    gram = jacobian @ jacobian.T + damping * torch.eye(len(residuals), dtype=theta.dtype)
    return theta - jacobian.T @ torch.linalg.solve(gram, residuals)


# %% corner gauss_newton_step: with as many residuals as parameters it solves Jp = −r and leaves the damping out
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    if len(residuals) == len(theta):
        return theta - torch.linalg.solve(jacobian, residuals)
    matrix = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(matrix, jacobian.T @ residuals)


# %% right fisher_matrix: einsum over examples and classes
import torch


def fisher_matrix(probabilities, score_gradients):
    return torch.einsum("nc,nci,ncj->ij", probabilities, score_gradients, score_gradients) / len(probabilities)


# %% right fisher_matrix: two loops and outer products
import torch


def fisher_matrix(probabilities, score_gradients):
    n, k, d = score_gradients.shape
    total = torch.zeros(d, d, dtype=score_gradients.dtype)
    for i in range(n):
        for c in range(k):
            g = score_gradients[i, c]
            total += probabilities[i, c] * torch.outer(g, g)
    return total / n


# %% right fisher_matrix: one tall matrix whose rows carry the root of the weight
import torch


def fisher_matrix(probabilities, score_gradients):
    weighted = (probabilities.sqrt()[:, :, None] * score_gradients).reshape(-1, score_gradients.shape[-1])
    return weighted.T @ weighted / probabilities.shape[0]


# %% right fisher_matrix: a batch of small products, then the mean over examples
import torch


def fisher_matrix(probabilities, score_gradients):
    left = (score_gradients * probabilities.unsqueeze(-1)).transpose(1, 2)
    return torch.bmm(left, score_gradients).mean(dim=0)


# %% right fisher_matrix: numpy, class by class
import numpy as np
import torch


def fisher_matrix(probabilities, score_gradients):
    p, g = probabilities.detach().numpy(), score_gradients.detach().numpy()
    total = sum(g[:, c].T @ (p[:, c, None] * g[:, c]) for c in range(p.shape[1]))
    return torch.tensor(total / len(p), dtype=score_gradients.dtype)


# %% right fisher_matrix: all outer products by broadcasting, summed over two axes
import torch


def fisher_matrix(probabilities, score_gradients):
    outer = score_gradients[..., :, None] * score_gradients[..., None, :]
    return (probabilities[..., None, None] * outer).sum(dim=1).mean(dim=0)


# %% wrong fisher_matrix: the sum over examples instead of the mean
import torch


def fisher_matrix(probabilities, score_gradients):
    return torch.einsum("nc,nci,ncj->ij", probabilities, score_gradients, score_gradients)


# %% wrong fisher_matrix: divides by the classes as well
import torch


def fisher_matrix(probabilities, score_gradients):
    weighted = torch.einsum("nc,nci,ncj->ncij", probabilities, score_gradients, score_gradients)
    return weighted.mean(dim=(0, 1))


# %% wrong fisher_matrix: without the probabilities, all classes alike
import torch


def fisher_matrix(probabilities, score_gradients):
    n, k, d = score_gradients.shape
    rows = score_gradients.reshape(n * k, d)
    return rows.T @ rows / (n * k)


# %% wrong fisher_matrix: sums over the classes without weights
import torch


def fisher_matrix(probabilities, score_gradients):
    return torch.einsum("nci,ncj->ij", score_gradients, score_gradients) / len(probabilities)


# %% wrong fisher_matrix: takes the most probable class for the label
import torch


def fisher_matrix(probabilities, score_gradients):
    labels = probabilities.argmax(dim=1)
    own = score_gradients[torch.arange(len(labels)), labels]
    return own.T @ own / len(own)


# %% wrong fisher_matrix: draws a label for each example from the model
import torch


def fisher_matrix(probabilities, score_gradients):
    labels = torch.multinomial(probabilities, 1, generator=torch.Generator().manual_seed(0))[:, 0]
    own = score_gradients[torch.arange(len(labels)), labels]
    return own.T @ own / len(own)


# %% wrong fisher_matrix: the square of the expected gradient instead of the expected square
import torch


def fisher_matrix(probabilities, score_gradients):
    expected = (probabilities[:, :, None] * score_gradients).sum(dim=1)
    return expected.T @ expected / len(expected)


# %% wrong fisher_matrix: the probability is squared, since both gradients carry it
import torch


def fisher_matrix(probabilities, score_gradients):
    weighted = (probabilities[:, :, None] * score_gradients).flatten(0, 1)
    return weighted.T @ weighted / len(probabilities)


# %% wrong fisher_matrix: the minus sign of the second derivative
import torch


def fisher_matrix(probabilities, score_gradients):
    return -torch.einsum("nc,nci,ncj->ij", probabilities, score_gradients, score_gradients) / len(probabilities)


# %% wrong fisher_matrix: the diagonal only
import torch


def fisher_matrix(probabilities, score_gradients):
    return torch.diag(torch.einsum("nc,nci->i", probabilities, score_gradients.square()) / len(probabilities))


# %% wrong fisher_matrix: the mean probability of a class for every example
import torch


def fisher_matrix(probabilities, score_gradients):
    weights = probabilities.mean(dim=0)
    return torch.einsum("c,nci,ncj->ij", weights, score_gradients, score_gradients) / len(probabilities)


# %% wrong fisher_matrix: one matrix for each example
import torch


def fisher_matrix(probabilities, score_gradients):
    return torch.einsum("nc,nci,ncj->nij", probabilities, score_gradients, score_gradients)


# %% wrong fisher_matrix: the weights p(1 − p) of the example with one weight
import torch


def fisher_matrix(probabilities, score_gradients):
    weights = probabilities * (1 - probabilities)
    return torch.einsum("nc,nci,ncj->ij", weights, score_gradients, score_gradients) / len(probabilities)


# %% wrong fisher_matrix: divides by the number of classes instead of examples
import torch


def fisher_matrix(probabilities, score_gradients):
    return torch.einsum("nc,nci,ncj->ij", probabilities, score_gradients, score_gradients) / probabilities.shape[1]


# %% wrong fisher_matrix: weighs with the logarithms of the probabilities
import torch


def fisher_matrix(probabilities, score_gradients):
    return -torch.einsum("nc,nci,ncj->ij", probabilities.log(), score_gradients, score_gradients) / len(probabilities)


# %% wrong fisher_matrix: sums over the classes of both gradients independently
import torch


def fisher_matrix(probabilities, score_gradients):
    return torch.einsum("nc,nci,nkj->ij", probabilities, score_gradients, score_gradients) / len(probabilities)


# %% corner fisher_matrix: squeezes the result, which loses both axes for one parameter
import torch


def fisher_matrix(probabilities, score_gradients):
    fisher = torch.einsum("nc,nci,ncj->ij", probabilities, score_gradients, score_gradients) / len(probabilities)
    return fisher.squeeze()


# %% right bfgs_update: the formula with the left factor and its transpose
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)


# %% right bfgs_update: multiplied out, without a product of matrices
import torch


def bfgs_update(inverse, s, y):
    curvature = torch.dot(s, y)
    if not curvature > 0:
        return inverse.clone()
    by = inverse @ y
    new = inverse - (torch.outer(s, by) + torch.outer(by, s)) / curvature
    return new + (curvature + y @ by) / curvature**2 * torch.outer(s, s)


# %% right bfgs_update: updates the Hessian itself and inverts it
import torch


def bfgs_update(inverse, s, y):
    ys = (y * s).sum()
    if ys <= 0:
        return inverse
    h = torch.linalg.inv(inverse)
    hs = h @ s
    h = h + torch.outer(y, y) / ys - torch.outer(hs, hs) / (s @ hs)
    return torch.linalg.inv(h)


# %% right bfgs_update: columns instead of vectors
import torch


def bfgs_update(inverse, s, y):
    s, y = s[:, None], y[:, None]
    ys = (y.T @ s).item()
    if ys > 0:
        identity = torch.eye(s.shape[0]).type_as(inverse)
        inverse = (identity - s @ y.T / ys) @ inverse @ (identity - y @ s.T / ys) + s @ s.T / ys
    return inverse


# %% right bfgs_update: numpy
import numpy as np
import torch


def bfgs_update(inverse, s, y):
    b, u, v = (t.detach().numpy() for t in (inverse, s, y))
    inner = np.inner(u, v)
    if inner <= 0:
        return inverse
    right = np.eye(len(u)) - np.outer(v, u) / inner
    return torch.tensor(right.T @ b @ right + np.outer(u, u) / inner, dtype=inverse.dtype)


# %% right bfgs_update: applies the update to each column of the identity by the recursion on vectors
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    columns = []
    for g in torch.eye(len(s), dtype=inverse.dtype):
        alpha = (s @ g) / ys
        r = inverse @ (g - alpha * y)
        beta = (y @ r) / ys
        columns.append(r + (alpha - beta) * s)
    return torch.stack(columns, dim=1)


# %% wrong bfgs_update: no look at the curvature condition
import torch


def bfgs_update(inverse, s, y):
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)


# %% wrong bfgs_update: step and change of the gradient exchanged
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(y, s)
    return left @ inverse @ left.T + rho * torch.outer(y, y)


# %% wrong bfgs_update: ρ is the inner product and not its reciprocal
import torch


def bfgs_update(inverse, s, y):
    rho = y @ s
    if rho <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)


# %% wrong bfgs_update: the left factor stands on both sides
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left + rho * torch.outer(s, s)


# %% wrong bfgs_update: the transposed factor stands on the left
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left.T @ inverse @ left + rho * torch.outer(s, s)


# %% wrong bfgs_update: the last term without ρ
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left.T + torch.outer(s, s)


# %% wrong bfgs_update: the last term is missing
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / (y @ s)
    return left @ inverse @ left.T


# %% wrong bfgs_update: plus in the two factors
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) + rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)


# %% wrong bfgs_update: the formula of Davidon, Fletcher and Powell
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    by = inverse @ y
    return inverse - torch.outer(by, by) / (y @ by) + torch.outer(s, s) / (y @ s)


# %% wrong bfgs_update: a correction of rank one that satisfies the secant equation
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    gap = s - inverse @ y
    if gap @ y == 0:
        return inverse
    return inverse + torch.outer(gap, gap) / (gap @ y)


# %% wrong bfgs_update: starts anew with the identity where the curvature is not positive
import torch


def bfgs_update(inverse, s, y):
    identity = torch.eye(len(s), dtype=s.dtype)
    if y @ s <= 0:
        return identity
    rho = 1 / (y @ s)
    left = identity - rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)


# %% wrong bfgs_update: takes the size of the inner product and always updates
import torch


def bfgs_update(inverse, s, y):
    rho = 1 / (y @ s).abs()
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)


# %% wrong bfgs_update: forgets the old matrix and puts the identity between the factors
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ left.T + rho * torch.outer(s, s)


# %% wrong bfgs_update: asks that every product of entries be positive
import torch


def bfgs_update(inverse, s, y):
    if (y * s <= 0).any():
        return inverse
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)


# %% wrong bfgs_update: writes the new matrix into the old one
import torch


def bfgs_update(inverse, s, y):
    if y @ s > 0:
        rho = 1 / (y @ s)
        left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
        inverse.copy_(left @ inverse @ left.T + rho * torch.outer(s, s))
    return inverse


# %% wrong bfgs_update: updates the Hessian by the direct formula, as if it were given
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    bs = inverse @ s
    return inverse + torch.outer(y, y) / (y @ s) - torch.outer(bs, bs) / (s @ bs)


# %% corner bfgs_update: refuses a negative product only and divides by exactly 0
import torch


def bfgs_update(inverse, s, y):
    if y @ s < 0:
        return inverse
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)


# %% corner bfgs_update: looks for exactly 0 only and lets a negative product in
import torch


def bfgs_update(inverse, s, y):
    if y @ s == 0:
        return inverse
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)


# %% corner bfgs_update: a threshold of one millionth instead of 0 refuses the pairs of small steps
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 1e-6:
        return inverse
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)


# %% right lbfgs_direction: the two loops
def lbfgs_direction(grad, s_list, y_list):
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = q
    if s_list:
        s, y = s_list[-1], y_list[-1]
        r = (s @ y) / (y @ y) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        beta = (y @ r) / (y @ s)
        r = r + (alpha - beta) * s
    return -r


# %% right lbfgs_direction: builds the matrix from the same start
import torch


def lbfgs_direction(grad, s_list, y_list):
    identity = torch.eye(len(grad), dtype=grad.dtype)
    matrix = identity
    if len(s_list) > 0:
        matrix = identity * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y in zip(s_list, y_list):
        rho = 1 / (s @ y)
        left = identity - rho * torch.outer(s, y)
        matrix = left @ matrix @ left.T + rho * torch.outer(s, s)
    return -matrix @ grad


# %% right lbfgs_direction: the two loops from the identity, by indices
import torch


def lbfgs_direction(grad, s_list, y_list):
    m = len(s_list)
    alphas = [None] * m
    q = grad.clone()
    for i in range(m - 1, -1, -1):
        alphas[i] = torch.dot(s_list[i], q) / torch.dot(y_list[i], s_list[i])
        q -= alphas[i] * y_list[i]
    for i in range(m):
        beta = torch.dot(y_list[i], q) / torch.dot(y_list[i], s_list[i])
        q += (alphas[i] - beta) * s_list[i]
    return q.neg()


# %% right lbfgs_direction: a recursion from the newest pair to the older ones
def lbfgs_direction(grad, s_list, y_list):
    gamma = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) if s_list else 1.0

    def product(g, count):
        if count == 0:
            return gamma * g
        s, y = s_list[count - 1], y_list[count - 1]
        alpha = (s @ g) / (y @ s)
        r = product(g - alpha * y, count - 1)
        return r + (alpha - (y @ r) / (y @ s)) * s

    return -1 * product(grad, len(s_list))


# %% right lbfgs_direction: numpy with a stack of the coefficients
import numpy as np
import torch


def lbfgs_direction(grad, s_list, y_list):
    pairs = [(s.detach().numpy(), y.detach().numpy()) for s, y in zip(s_list, y_list)]
    q, stack = np.array(grad.detach().numpy()), []
    for s, y in pairs[::-1]:
        stack.append(np.dot(s, q) / np.dot(y, s))
        q = q - stack[-1] * y
    if pairs:
        s, y = pairs[-1]
        q = q * np.dot(s, y) / np.dot(y, y)
    for s, y in pairs:
        q = q + (stack.pop() - np.dot(y, q) / np.dot(y, s)) * s
    return torch.tensor(-q, dtype=grad.dtype)


# %% right lbfgs_direction: the compact form with a triangular matrix of inner products
import torch


def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    s, y = torch.stack(s_list, dim=1), torch.stack(y_list, dim=1)
    gamma = (s[:, -1] @ y[:, -1]) / (y[:, -1] @ y[:, -1])
    sy = s.T @ y
    upper, d = torch.triu(sy), torch.diag(sy.diagonal())
    a = torch.linalg.solve(upper, s.T @ grad)
    b = torch.linalg.solve(upper.T, (d + gamma * (y.T @ y)) @ a - gamma * (y.T @ grad))
    return -(gamma * grad + s @ b - gamma * (y @ a))


# %% wrong lbfgs_direction: uphill, the minus is missing
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return r


# %% wrong lbfgs_direction: the first loop goes from the oldest pair to the newest
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(s_list, y_list):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, alphas):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% wrong lbfgs_direction: both loops in the opposite order, as if the newest pair came first
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(s_list, y_list):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(reversed(s_list), reversed(y_list), reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% wrong lbfgs_direction: the coefficients are not turned round for the second loop
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, alphas):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% wrong lbfgs_direction: the second loop goes from the newest to the oldest again
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(reversed(s_list), reversed(y_list), alphas):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% wrong lbfgs_direction: γ of the oldest pair
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[0] @ y_list[0]) / (y_list[0] @ y_list[0]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% wrong lbfgs_direction: γ is turned over, the curvature instead of its inverse
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (y_list[-1] @ y_list[-1]) / (s_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% wrong lbfgs_direction: γ with the squared step above, the other of the two quotients
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[-1] @ s_list[-1]) / (s_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% wrong lbfgs_direction: α from the gradient every time instead of what is left of it
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ grad) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% wrong lbfgs_direction: steps and changes exchanged in both loops
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (y @ q) / (y @ s)
        q = q - alpha * s
        alphas.append(alpha)
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (s @ r) / (y @ s)) * y
    return -r


# %% wrong lbfgs_direction: β with the step instead of the change of the gradient
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (s @ r) / (y @ s)) * s
    return -r


# %% wrong lbfgs_direction: the difference of the coefficients has the other sign
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + ((y @ r) / (y @ s) - alpha) * s
    return -r


# %% wrong lbfgs_direction: uses the newest pair alone
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    s, y = s_list[-1], y_list[-1]
    alpha = (s @ grad) / (y @ s)
    q = grad - alpha * y
    r = (s @ y) / (y @ y) * q
    r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% wrong lbfgs_direction: subtracts the change from the caller's gradient itself
def lbfgs_direction(grad, s_list, y_list):
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q -= alpha * y
        alphas.append(alpha)
    r = q
    if s_list:
        r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% wrong lbfgs_direction: turns the caller's lists round and leaves them so
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    gamma = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    s_list.reverse()
    y_list.reverse()
    q, alphas = grad, []
    for s, y in zip(s_list, y_list):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    r = gamma * q
    for i in range(len(s_list) - 1, -1, -1):
        r = r + (alphas[i] - (y_list[i] @ r) / (y_list[i] @ s_list[i])) * s_list[i]
    return -r


# %% wrong lbfgs_direction: γ once more at the end, on the whole result
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    gamma = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = gamma * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -gamma * r


# %% wrong lbfgs_direction: the α are not used again, only taken away
def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    q = grad
    for s, y in zip(reversed(s_list), reversed(y_list)):
        q = q - (s @ q) / (y @ s) * y
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y in zip(s_list, y_list):
        r = r - (y @ r) / (y @ s) * s
    return -r


# %% corner lbfgs_direction: asks for the newest pair when there is none
def lbfgs_direction(grad, s_list, y_list):
    q, alphas = grad, []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% corner lbfgs_direction: with empty lists the gradient without the minus
def lbfgs_direction(grad, s_list, y_list):
    if len(s_list) == 0:
        return grad
    q, alphas = grad, []
    for s, y in zip(s_list[::-1], y_list[::-1]):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, alphas[::-1]):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r


# %% right cg_solve: the formulas of the text
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    size = r @ r
    for _ in range(n_steps):
        if size == 0:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        x = x + alpha * p
        r = r - alpha * product
        new = r @ r
        p = r + new / size * p
        size = new
    return x


# %% right cg_solve: the size of the step from the slope rᵀp, and Polak and Ribière's β
import torch


def cg_solve(hvp, b, *, n_steps):
    x = torch.zeros_like(b)
    r = b.clone()
    p = r.clone()
    k = 0
    while k < n_steps and torch.any(r != 0):
        hp = hvp(p)
        alpha = torch.dot(r, p) / torch.dot(p, hp)
        x = x + alpha * p
        r_new = r - alpha * hp
        beta = torch.dot(r_new, r_new - r) / torch.dot(r, r)
        p = r_new + beta * p
        r = r_new
        k += 1
    return x


# %% right cg_solve: keeps all products and makes each residual conjugate to all old directions
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, kept = torch.zeros_like(b), b, []
    for _ in range(n_steps):
        if not r.any():
            return x
        p = r
        for old, h_old, energy in kept:
            p = p - (r @ h_old) / energy * old
        hp = hvp(p)
        energy = p @ hp
        kept.append((p, hp, energy))
        alpha = (r @ p) / energy
        x = x + alpha * p
        r = r - alpha * hp
    return x


# %% right cg_solve: in-place updates on copies
import torch


def cg_solve(hvp, b, *, n_steps):
    x = torch.zeros_like(b)
    r = b.clone()
    p = b.clone()
    rr = torch.dot(r, r).item()
    for _ in range(n_steps):
        if rr == 0.0:
            return x
        hp = hvp(p)
        alpha = rr / torch.dot(p, hp).item()
        x.add_(p, alpha=alpha)
        r.sub_(alpha * hp)
        old, rr = rr, torch.dot(r, r).item()
        p = r + (rr / old) * p
    return x


# %% right cg_solve: numpy between the products, and β from conjugacy to the last direction
import numpy as np
import torch


def cg_solve(hvp, b, *, n_steps):
    target = b.detach().numpy()
    x, r = np.zeros_like(target), target.copy()
    p = r.copy()
    for _ in range(n_steps):
        if np.all(r == 0):
            break
        hp = hvp(torch.tensor(p, dtype=b.dtype)).detach().numpy()
        energy = np.dot(p, hp)
        alpha = np.dot(r, r) / energy
        x = x + alpha * p
        r = r - alpha * hp
        p = r - np.dot(r, hp) / energy * p
    return torch.tensor(x, dtype=b.dtype)


# %% right cg_solve: the gradient and its sign as in descent, with directions downhill
import torch


def cg_solve(hvp, b, *, n_steps):
    x = b * 0
    slope = -b
    d = -slope
    for _ in range(n_steps):
        length = slope.square().sum()
        if length.item() == 0:
            break
        hd = hvp(d)
        step = length / (d * hd).sum()
        x = x + step * d
        slope = slope + step * hd
        d = -slope + slope.square().sum() / length * d
    return x


# %% wrong cg_solve: a product for the residual at x = 0
import torch


def cg_solve(hvp, b, *, n_steps):
    x = torch.zeros_like(b)
    r = b - hvp(x)
    p, size = r, r @ r
    for _ in range(n_steps):
        if size == 0:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        new = r @ r
        p, size = r + new / size * p, new
    return x


# %% wrong cg_solve: calls the product twice in each step
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        size = r @ r
        if size == 0:
            break
        alpha = size / (p @ hvp(p))
        x, r = x + alpha * p, r - alpha * hvp(p)
        p = r + (r @ r) / size * p
    return x


# %% wrong cg_solve: computes the residual anew as b − Hx with another product
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        size = r @ r
        if size == 0:
            break
        x = x + size / (p @ hvp(p)) * p
        r = b - hvp(x)
        p = r + (r @ r) / size * p
    return x


# %% wrong cg_solve: stops at a tolerance long before the steps are done
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        size = r @ r
        if size < 1e-3:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        p = r + (r @ r) / size * p
    return x


# %% wrong cg_solve: β upside down
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    size = r @ r
    for _ in range(n_steps):
        if size == 0:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        new = r @ r
        p = r + (size / new * p if new > 0 else 0 * p)
        size = new
    return x


# %% wrong cg_solve: the old residual is already overwritten when β is computed, so β is 1
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        if r @ r == 0:
            break
        product = hvp(p)
        alpha = (r @ r) / (p @ product)
        x = x + alpha * p
        r = r - alpha * product
        beta = (r @ r) / (r @ r) if r @ r > 0 else 0.0
        p = r + beta * p
    return x


# %% wrong cg_solve: steepest descent with the best step, the direction is always the residual
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r = torch.zeros_like(b), b
    for _ in range(n_steps):
        size = r @ r
        if size == 0:
            break
        product = hvp(r)
        alpha = size / (r @ product)
        x, r = x + alpha * r, r - alpha * product
    return x


# %% wrong cg_solve: the residual grows, plus instead of minus
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        size = r @ r
        if size == 0:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        x, r = x + alpha * p, r + alpha * product
        p = r + (r @ r) / size * p
    return x


# %% wrong cg_solve: starts from b instead of 0
def cg_solve(hvp, b, *, n_steps):
    x, r, p = b, b, b
    for _ in range(n_steps):
        size = r @ r
        if size == 0:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        p = r + (r @ r) / size * p
    return x


# %% wrong cg_solve: one step too few
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(1, n_steps):
        size = r @ r
        if size == 0:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        p = r + (r @ r) / size * p
    return x


# %% wrong cg_solve: β multiplies the residual and not the old direction
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        size = r @ r
        if size == 0:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        p = p + (r @ r) / size * r
    return x


# %% wrong cg_solve: updates the caller's right side in place, since r is b
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b.clone()
    for _ in range(n_steps):
        size = r @ r
        if size == 0:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        x = x + alpha * p
        r -= alpha * product
        p = r + (r @ r) / size * p
    return x


# %% wrong cg_solve: as many steps as parameters, whatever was asked
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(len(b)):
        size = r @ r
        if size == 0:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        p = r + (r @ r) / size * p
    return x


# %% wrong cg_solve: β without the squares, the quotient of the norms
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        size = r.norm()
        if size == 0:
            break
        product = hvp(p)
        alpha = size**2 / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        p = r + r.norm() / size * p
    return x


# %% wrong cg_solve: the new direction is made of the residual of the step before
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        size = r @ r
        if size == 0 or p @ p == 0:
            break
        product = hvp(p)
        alpha = size / (p @ product)
        new = r - alpha * product
        x = x + alpha * p
        p = r + (new @ new) / size * p
        r = new
    return x


# %% wrong cg_solve: pᵀp above in α instead of rᵀr
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        size = r @ r
        if size == 0:
            break
        product = hvp(p)
        alpha = (p @ p) / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        p = r + (r @ r) / size * p
    return x


# %% wrong cg_solve: a product more behind the last step, for the check of the result
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    product = hvp(p)
    for _ in range(n_steps):
        size = r @ r
        if size == 0:
            break
        alpha = size / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        p = r + (r @ r) / size * p
        product = hvp(p)
    return x


# %% corner cg_solve: does not stop at a residual of exactly 0, and nan follows
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    size = r @ r
    for _ in range(n_steps):
        product = hvp(p)
        alpha = size / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        new = r @ r
        p, size = r + new / size * p, new
    return x


# %% corner cg_solve: takes at least one step, also where none was asked for
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p, k = torch.zeros_like(b), b, b, 0
    size = r @ r
    while size > 0:
        product = hvp(p)
        alpha = size / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        new = r @ r
        p, size, k = r + new / size * p, new, k + 1
        if k >= n_steps:
            break
    return x


# %% corner cg_solve: tests the residual at the end of a step only, so that b = 0 gives nan
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    size = r @ r
    for _ in range(n_steps):
        product = hvp(p)
        alpha = size / (p @ product)
        x, r = x + alpha * p, r - alpha * product
        new = r @ r
        if new == 0:
            break
        p, size = r + new / size * p, new
    return x


# %% right cg_direction: Polak and Ribière with clamp
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(min=0) * old_direction


# %% right cg_direction: Polak and Ribière with plain numbers and max
import torch


def cg_direction(grad, old_grad, old_direction):
    change = grad - old_grad
    beta = float(torch.dot(grad, change)) / float(torch.dot(old_grad, old_grad))
    return max(0.0, beta) * old_direction - grad


# %% right cg_direction: Fletcher and Reeves, never negative by itself
def cg_direction(grad, old_grad, old_direction):
    beta = grad.square().sum() / old_grad.square().sum()
    return beta * old_direction - grad


# %% right cg_direction: Hestenes and Stiefel with the 0
import torch


def cg_direction(grad, old_grad, old_direction):
    y = grad - old_grad
    beta = (grad @ y) / (old_direction @ y)
    return -grad + torch.clamp(beta, min=0.0) * old_direction


# %% right cg_direction: Dai and Yuan with relu
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = torch.relu((grad @ grad) / (old_direction @ (grad - old_grad)))
    return beta * old_direction - grad


# %% right cg_direction: Polak and Ribière by an if, the inner products multiplied out, in numpy
import numpy as np
import torch


def cg_direction(grad, old_grad, old_direction):
    g, o, d = (t.detach().numpy() for t in (grad, old_grad, old_direction))
    numerator = np.sum(g * (g - o))
    if numerator <= 0:
        return -grad
    return torch.tensor(-g + numerator / np.sum(o * o) * d, dtype=grad.dtype)


# %% wrong cg_direction: without the 0
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta * old_direction


# %% wrong cg_direction: Hestenes and Stiefel without the 0
def cg_direction(grad, old_grad, old_direction):
    y = grad - old_grad
    return -grad + (grad @ y) / (old_direction @ y) * old_direction


# %% wrong cg_direction: clamps the direction and not β
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + (beta * old_direction).clamp(min=0)


# %% wrong cg_direction: a β for each parameter
def cg_direction(grad, old_grad, old_direction):
    beta = grad * (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(min=0) * old_direction


# %% wrong cg_direction: the gradient without its minus
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return grad + beta.clamp(min=0) * old_direction


# %% wrong cg_direction: divides by the new gradient's square
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (grad @ grad)
    return -grad + beta.clamp(min=0) * old_direction


# %% wrong cg_direction: the change of the gradient the wrong way round
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (old_grad - grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(min=0) * old_direction


# %% wrong cg_direction: the old gradient above in the place of the new one
def cg_direction(grad, old_grad, old_direction):
    beta = old_grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(min=0) * old_direction


# %% wrong cg_direction: adds the old gradient instead of the old direction
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad - beta.clamp(min=0) * old_grad


# %% wrong cg_direction: the size of β instead of 0 where it is negative
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.abs() * old_direction


# %% wrong cg_direction: min in the place of max
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(max=0) * old_direction


# %% wrong cg_direction: keeps β between 0 and 1, like a momentum
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(0, 1) * old_direction


# %% wrong cg_direction: divides by the norm without the square
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / old_grad.norm()
    return -grad + beta.clamp(min=0) * old_direction


# %% wrong cg_direction: the quotient of the norms, Fletcher and Reeves without squares
def cg_direction(grad, old_grad, old_direction):
    return -grad + grad.norm() / old_grad.norm() * old_direction


# %% wrong cg_direction: scales the caller's old direction in place
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    old_direction *= beta.clamp(min=0)
    return old_direction - grad


# %% wrong cg_direction: divides by the square of the old direction
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_direction @ old_direction)
    return -grad + beta.clamp(min=0) * old_direction


# %% wrong cg_direction: subtracts the old direction
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad - beta.clamp(min=0) * old_direction


# %% corner cg_direction: where β is negative it keeps the old direction alone
def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    if beta < 0:
        return old_direction.clone()
    return -grad + beta * old_direction


# %% corner cg_direction: Dai and Yuan without the 0, negative where the gradient has fallen along the direction
def cg_direction(grad, old_grad, old_direction):
    return (grad @ grad) / (old_direction @ (grad - old_grad)) * old_direction - grad

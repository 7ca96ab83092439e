# %% right newton_step: builds the inverse and multiplies
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    n = theta.shape[0]
    inverse = torch.inverse(hessian + damping * torch.eye(n).to(hessian))
    step = inverse @ grad
    return theta - step * lr

# %% right newton_step: goes through numpy in float64 and comes back to the type of theta
import numpy as np
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    H = hessian.detach().numpy().astype(np.float64)
    g = grad.detach().numpy().astype(np.float64)
    p = np.linalg.solve(H + damping * np.identity(len(g)), g)
    return theta - lr * torch.from_numpy(p).to(theta.dtype)

# %% right newton_step: adds the damping entry by entry to a copy and solves a column by LU
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian.clone()
    for i in range(A.shape[0]):
        A[i, i] += damping
    lu, pivots = torch.linalg.lu_factor(A)
    p = torch.linalg.lu_solve(lu, pivots, grad.reshape(-1, 1)).flatten()
    return theta.sub(p, alpha=lr)

# %% wrong newton_step: takes the damping away from the curvatures
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian - damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(A, grad)

# %% wrong newton_step: divides the gradient by the diagonal only
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvature = torch.diag(hessian) + damping
    return theta - lr * grad / curvature

# %% wrong newton_step: forgets the damping
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    return theta - lr * torch.linalg.solve(hessian, grad)

# %% wrong newton_step: turns negative curvatures round although they are to be taken as they are
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - lr * vectors @ ((vectors.T @ grad) / (values.abs() + damping))

# %% wrong newton_step: lets the damping be a floor for the eigenvalues
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - lr * vectors @ ((vectors.T @ grad) / values.clamp(min=damping))

# %% wrong newton_step: adds the damping in place to the diagonal of the Hessian it was given
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    hessian.diagonal().add_(damping)
    return theta - lr * torch.linalg.solve(hessian, grad)

# %% wrong newton_step: changes theta in place with a minus-equals
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    theta -= lr * torch.linalg.solve(A, grad)
    return theta

# %% wrong newton_step: solves for a column, so that theta minus it broadcasts to a matrix
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(A, grad.unsqueeze(1))

# %% wrong newton_step: damps the gradient with mu times theta as if it were weight decay
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    return theta - lr * torch.linalg.solve(hessian, grad + damping * theta)

# %% corner newton_step: Cholesky, which fails where the Hessian has a negative eigenvalue
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    factor = torch.linalg.cholesky(A)
    return theta - lr * torch.cholesky_solve(grad[:, None], factor)[:, 0]

# %% right saddle_free_step: eigh, divide along the eigenvectors by the sizes plus damping, turn back
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    curvatures, axes = torch.linalg.eigh(hessian)
    along = axes.T @ grad
    return theta - lr * (axes @ (along / (curvatures.abs() + damping)))

# %% right saddle_free_step: builds the matrix of sizes and solves with it
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    L, V = torch.linalg.eigh(hessian)
    size = V @ torch.diag(torch.abs(L)) @ V.T
    return theta - lr * torch.linalg.solve(size + damping * torch.eye(len(L), dtype=L.dtype), grad)

# %% right saddle_free_step: takes the sizes from the singular value decomposition and its right vectors
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    _, sizes, Vh = torch.linalg.svd(hessian)
    return theta - lr * Vh.T @ ((Vh @ grad) / (sizes + damping))

# %% wrong saddle_free_step: takes the sizes of the entries of the Hessian
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian.abs() + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(A, grad)

# %% wrong saddle_free_step: takes the size after the damping was added
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - lr * vectors @ ((vectors.T @ grad) / (values + damping).abs())

# %% wrong saddle_free_step: forgets to turn the divided parts back
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - lr * (vectors.T @ grad) / (values.abs() + damping)

# %% wrong saddle_free_step: forgets to turn the gradient to the eigenvectors first
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - lr * vectors @ (grad / (values.abs() + damping))

# %% wrong saddle_free_step: mixes left and right singular vectors, which makes it Newton's step when undamped
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    U, S, Vh = torch.linalg.svd(hessian)
    return theta - lr * Vh.T @ ((U.T @ grad) / (S + damping))

# %% wrong saddle_free_step: takes the sizes of the parts of the gradient as well
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - lr * vectors @ ((vectors.T @ grad) / (values + damping)).abs()

# %% wrong saddle_free_step: forgets brackets and adds the damping to the quotient and not to the divisor
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - lr * vectors @ ((vectors.T @ grad) / values.abs() + damping)

# %% wrong saddle_free_step: adds the step, because the sizes were thought to lead downhill by themselves
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta + lr * vectors @ ((vectors.T @ grad) / (values.abs() + damping))

# %% wrong saddle_free_step: takes the damped Newton step in a bowl and the undamped sizes elsewhere, since sizes seem to need no damping
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    if values.min() > 0:
        return theta - lr * torch.linalg.solve(hessian + damping * torch.eye(len(theta), dtype=theta.dtype), grad)
    return theta - lr * vectors @ ((vectors.T @ grad) / values.abs())

# %% corner saddle_free_step: general eig with the real parts, whose eigenvectors are not orthogonal where eigenvalues repeat
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eig(hessian)
    values, vectors = values.real, vectors.real
    return theta - lr * vectors @ ((vectors.T @ grad) / (values.abs() + damping))

# %% right backtrack: shrinks while the step is not good enough
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    here = f(theta)
    alpha = first
    while not f(theta + alpha * direction) <= here + c1 * alpha * slope:
        alpha *= shrink
    return alpha

# %% right backtrack: asks separately for nan with math.isnan and works with Python numbers
import math


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    f0 = f(theta).item()
    promised = (grad * direction).sum().item()
    a = first
    value = f(theta + a * direction).item()
    while math.isnan(value) or value > f0 + c1 * a * promised:
        a = a * shrink
        value = f(theta + a * direction).item()
    return a

# %% right backtrack: counts the powers of shrink with itertools
import itertools


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    loss, slope = f(theta), grad.dot(direction)
    sizes = (first * shrink**k for k in itertools.count())
    return next(a for a in sizes if f(theta + a * direction) <= loss + c1 * a * slope)

# %% wrong backtrack: adds the promised fall with the wrong sign, so that a rise is accepted
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    alpha = first
    while not f(theta + alpha * direction) <= f(theta) - c1 * alpha * slope:
        alpha *= shrink
    return alpha

# %% wrong backtrack: takes the size of the slope as the text writes it in the promise, and adds it
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = abs(grad @ direction)
    alpha = first
    while not f(theta + alpha * direction) <= f(theta) + c1 * alpha * slope:
        alpha *= shrink
    return alpha

# %% wrong backtrack: walks along the negative direction
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    f0 = f(theta)
    alpha = first
    while not f(theta - alpha * direction) <= f0 + c1 * alpha * slope:
        alpha *= shrink
        if alpha < 1e-300:
            break
    return alpha

# %% wrong backtrack: walks along the negative gradient instead of the direction
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    alpha = first
    while not f(theta - alpha * grad) <= f(theta) + c1 * alpha * slope:
        alpha *= shrink
        if alpha == 0:
            break
    return alpha

# %% wrong backtrack: shrinks once more after the good size was found
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    f0 = f(theta)
    alpha, good = first, False
    while not good:
        good = bool(f(theta + alpha * direction) <= f0 + c1 * alpha * slope)
        alpha *= shrink
    return alpha

# %% wrong backtrack: always halves and ignores shrink
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    alpha = first
    while not f(theta + alpha * direction) <= f(theta) + c1 * alpha * slope:
        alpha /= 2
    return alpha

# %% wrong backtrack: takes shrink as the part that is cut off
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    alpha = first
    while not f(theta + alpha * direction) <= f(theta) + c1 * alpha * slope:
        alpha *= 1 - shrink
    return alpha

# %% wrong backtrack: returns the new point instead of the size
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    alpha = first
    while not f(theta + alpha * direction) <= f(theta) + c1 * alpha * slope:
        alpha *= shrink
    return theta + alpha * direction

# %% wrong backtrack: normalises the direction first, so alpha is a length
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    d = direction / direction.norm()
    slope = grad @ d
    alpha = first
    while not f(theta + alpha * d) <= f(theta) + c1 * alpha * slope:
        alpha *= shrink
    return alpha

# %% wrong backtrack: gives up after ten trials
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    f0 = f(theta)
    alpha = first
    for _ in range(10):
        if f(theta + alpha * direction) <= f0 + c1 * alpha * slope:
            return alpha
        alpha *= shrink
    return alpha

# %% wrong backtrack: moves theta in place while trying
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    f0 = f(theta).clone()
    alpha = first
    theta += alpha * direction
    while not f(theta) <= f0 + c1 * alpha * slope:
        theta -= alpha * direction
        alpha *= shrink
        theta += alpha * direction
    return alpha

# %% corner backtrack: asks for strictly less than the inequality
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    f0 = f(theta)
    alpha = first
    while not f(theta + alpha * direction) < f0 + c1 * alpha * slope:
        alpha *= shrink
        if alpha < 1e-300:
            break
    return alpha

# %% corner backtrack: stops at a smallest size of 1e-6
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    f0 = f(theta)
    alpha = first
    while not f(theta + alpha * direction) <= f0 + c1 * alpha * slope and alpha > 1e-6:
        alpha *= shrink
    return alpha

# %% corner backtrack: gives up after fifty trials
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    f0 = f(theta)
    alpha = first
    k = 0
    while not f(theta + alpha * direction) <= f0 + c1 * alpha * slope and k < 50:
        alpha *= shrink
        k += 1
    return alpha

# %% right gauss_newton_step: linear least squares on the Jacobian with root-damping rows below
import math

import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    n = len(theta)
    rows = torch.cat([jacobian, math.sqrt(damping) * torch.eye(n, dtype=theta.dtype)])
    right = torch.cat([-residuals, torch.zeros(n, dtype=theta.dtype)])
    return theta + torch.linalg.lstsq(rows, right[:, None]).solution[:, 0]

# %% right gauss_newton_step: sums outer products of the rows and uses Cholesky
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    n = len(theta)
    A = torch.zeros(n, n, dtype=theta.dtype)
    g = torch.zeros(n, dtype=theta.dtype)
    for r, row in zip(residuals, jacobian):
        A += torch.outer(row, row)
        g += r * row
    for j in range(n):
        A[j, j] += damping
    L = torch.linalg.cholesky(A)
    return theta - torch.cholesky_solve(g.unsqueeze(1), L).squeeze(1)

# %% right gauss_newton_step: numpy's inverse in float64 and back
import numpy as np
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    J = np.asarray(jacobian.tolist())
    r = np.asarray(residuals.tolist())
    p = np.linalg.inv(J.T.dot(J) + damping * np.eye(J.shape[1])).dot(J.T).dot(r)
    return theta - torch.tensor(p, dtype=theta.dtype)

# %% right gauss_newton_step: accepted variant of Marquardt, damping times the diagonal of the product
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = jacobian.T @ jacobian
    return theta - torch.linalg.solve(A + damping * torch.diag(torch.diag(A)), jacobian.T @ residuals)

# %% wrong gauss_newton_step: puts damping and not its root below the Jacobian
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    n = len(theta)
    rows = torch.cat([jacobian, damping * torch.eye(n, dtype=theta.dtype)])
    right = torch.cat([residuals, torch.zeros(n, dtype=theta.dtype)])
    return theta - torch.linalg.lstsq(rows, right[:, None]).solution[:, 0]

# %% wrong gauss_newton_step: takes the matrix with one row for each residual
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    m = len(residuals)
    A = jacobian @ jacobian.T + damping * torch.eye(m, dtype=theta.dtype)
    return theta - torch.linalg.solve(A, jacobian @ residuals)

# %% wrong gauss_newton_step: pseudo-inverse of the Jacobian with the damping added to the result's divisor
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    return theta - torch.linalg.pinv(jacobian) @ residuals / (1 + damping)

# %% wrong gauss_newton_step: has a factor 2 in both products, so the damping counts half
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = 2 * jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(A, 2 * jacobian.T @ residuals)

# %% wrong gauss_newton_step: multiplies the transposed Jacobian with the losses of the residuals, half their squares, instead of the residuals
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    loss = 0.5 * residuals.square()
    return theta - torch.linalg.solve(A, jacobian.T @ loss)

# %% wrong gauss_newton_step: a plain gradient step that only damps
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    g = jacobian.T @ residuals
    return theta - g / (g @ g + damping)

# %% wrong gauss_newton_step: returns the step alone
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return -torch.linalg.solve(A, jacobian.T @ residuals)

# %% wrong gauss_newton_step: mixes Marquardt and Levenberg, damping times one plus the diagonal
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = jacobian.T @ jacobian
    scale = torch.diag(1 + torch.diag(A))
    return theta - torch.linalg.solve(A + damping * scale, jacobian.T @ residuals)

# %% wrong gauss_newton_step: damps with the squared number
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = jacobian.T @ jacobian + damping**2 * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(A, jacobian.T @ residuals)

# %% corner gauss_newton_step: squeezes theta and step, so one parameter gives a tensor without axes
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    step = torch.linalg.solve(A, (jacobian.T @ residuals).unsqueeze(1)).squeeze()
    return theta.squeeze() - step

# %% right fisher_matrix: two loops of weighted outer products
import torch


def fisher_matrix(probabilities, score_gradients):
    n, k, d = score_gradients.shape
    F = torch.zeros(d, d, dtype=score_gradients.dtype)
    for i in range(n):
        for c in range(k):
            g = score_gradients[i, c]
            F += probabilities[i, c] * torch.outer(g, g)
    return F / n

# %% right fisher_matrix: flattens examples and classes to rows and multiplies a weighted transpose
import torch


def fisher_matrix(probabilities, score_gradients):
    rows = score_gradients.flatten(0, 1)
    weights = probabilities.flatten().unsqueeze(1)
    return (weights * rows).T @ rows / probabilities.shape[0]

# %% right fisher_matrix: batched products per example and their mean
import torch


def fisher_matrix(probabilities, score_gradients):
    weighted = probabilities[:, :, None] * score_gradients
    return (weighted.transpose(1, 2) @ score_gradients).mean(dim=0)

# %% right fisher_matrix: roots of the weights on both factors
import torch


def fisher_matrix(probabilities, score_gradients):
    half = probabilities.div(len(probabilities)).sqrt().unsqueeze(-1) * score_gradients
    half = half.reshape(-1, half.shape[-1])
    return half.T @ half

# %% wrong fisher_matrix: divides by examples times classes
import torch


def fisher_matrix(probabilities, score_gradients):
    n, k = probabilities.shape
    return torch.einsum("nc,nci,ncj->ij", probabilities, score_gradients, score_gradients) / (n * k)

# %% wrong fisher_matrix: divides by examples times classes through a mean over both axes
import torch


def fisher_matrix(probabilities, score_gradients):
    outer = score_gradients[..., :, None] * score_gradients[..., None, :]
    return (probabilities[..., None, None] * outer).mean(dim=(0, 1))

# %% wrong fisher_matrix: leaves the probabilities out and takes the plain mean over the classes
import torch


def fisher_matrix(probabilities, score_gradients):
    n, k, d = score_gradients.shape
    rows = score_gradients.reshape(n * k, d)
    return rows.T @ rows / (n * k)

# %% wrong fisher_matrix: draws a label from the model instead of taking the expectation
import torch


def fisher_matrix(probabilities, score_gradients):
    labels = torch.multinomial(probabilities, 1)[:, 0]
    own = score_gradients[torch.arange(len(labels)), labels]
    return own.T @ own / len(labels)

# %% wrong fisher_matrix: keeps the diagonal only, as AdaGrad does
import torch


def fisher_matrix(probabilities, score_gradients):
    squares = (probabilities[:, :, None] * score_gradients**2).sum(dim=1).mean(dim=0)
    return torch.diag(squares)

# %% wrong fisher_matrix: puts the minus sign of the second derivative before the outer products
import torch


def fisher_matrix(probabilities, score_gradients):
    return -torch.einsum("nc,nci,ncj->ij", probabilities, score_gradients, score_gradients) / len(probabilities)

# %% wrong fisher_matrix: lets the two factors run over different classes
import torch


def fisher_matrix(probabilities, score_gradients):
    return torch.einsum("nc,nci,nkj->ij", probabilities, score_gradients, score_gradients) / len(probabilities)

# %% wrong fisher_matrix: returns one matrix for each example
import torch


def fisher_matrix(probabilities, score_gradients):
    return torch.einsum("nc,nci,ncj->nij", probabilities, score_gradients, score_gradients) / len(probabilities)

# %% wrong fisher_matrix: multiplies the gradients by p in place and so changes the argument
import torch


def fisher_matrix(probabilities, score_gradients):
    rows = score_gradients.clone()
    weighted = score_gradients.mul_(probabilities[:, :, None])
    return torch.einsum("nci,ncj->ij", weighted, rows) / len(probabilities)

# %% corner fisher_matrix: squeezes the arguments, so one example or one parameter breaks it
import torch


def fisher_matrix(probabilities, score_gradients):
    p, g = probabilities.squeeze(), score_gradients.squeeze()
    return torch.einsum("nc,nci,ncj->ij", p, g, g) / len(p)

# %% corner fisher_matrix: divides the outer product of p g by p, which is nan where a probability is 0
import torch


def fisher_matrix(probabilities, score_gradients):
    w = probabilities[:, :, None] * score_gradients
    return torch.einsum("nci,ncj,nc->ij", w, w, 1 / probabilities) / len(probabilities)

# %% right bfgs_update: product form with a left factor and its transpose
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ inverse @ left.T + torch.outer(s, s) / ys

# %% right bfgs_update: expanded form with one product of B and y
import torch


def bfgs_update(inverse, s, y):
    sy = torch.dot(s, y)
    if not sy > 0:
        return inverse.clone()
    By = inverse @ y
    first = (sy + y @ By) / sy**2 * torch.outer(s, s)
    second = (torch.outer(By, s) + torch.outer(s, By)) / sy
    return inverse + first - second

# %% right bfgs_update: columns and rows with unsqueeze and matrix products
import torch


def bfgs_update(inverse, s, y):
    S, Y = s.unsqueeze(1), y.unsqueeze(1)
    curvature = (Y.T @ S).item()
    if curvature <= 0.0:
        return inverse
    rho = 1.0 / curvature
    eye = torch.eye(S.shape[0]).to(inverse)
    return (eye - rho * S @ Y.T) @ inverse @ (eye - rho * Y @ S.T) + rho * S @ S.T

# %% wrong bfgs_update: uses the left factor on both sides
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ inverse @ left + torch.outer(s, s) / ys

# %% wrong bfgs_update: puts the transposed factor on the left
import torch


def bfgs_update(inverse, s, y):
    rho = 1 / (y @ s)
    if rho <= 0:
        return inverse
    V = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return V.T @ inverse @ V + rho * torch.outer(s, s)

# %% wrong bfgs_update: takes y squared for rho
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    rho = 1 / (y @ y)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)

# %% wrong bfgs_update: makes no exception where the curvature is not positive
import torch


def bfgs_update(inverse, s, y):
    rho = 1 / (y @ s)
    left = torch.eye(len(s), dtype=s.dtype) - rho * torch.outer(s, y)
    return left @ inverse @ left.T + rho * torch.outer(s, s)

# %% wrong bfgs_update: goes back to the identity where the curvature is not positive
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    eye = torch.eye(len(s), dtype=s.dtype)
    if ys <= 0:
        return eye
    left = eye - torch.outer(s, y) / ys
    return left @ inverse @ left.T + torch.outer(s, s) / ys

# %% wrong bfgs_update: takes the size of y times s where it is negative
import torch


def bfgs_update(inverse, s, y):
    ys = (y @ s).abs()
    if ys == 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ inverse @ left.T + torch.outer(s, s) / ys

# %% wrong bfgs_update: tests the entries of y and s one by one
import torch


def bfgs_update(inverse, s, y):
    if (y * s <= 0).any():
        return inverse
    ys = y @ s
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ inverse @ left.T + torch.outer(s, s) / ys

# %% wrong bfgs_update: starts from the identity instead of the old B
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ left.T + torch.outer(s, s) / ys

# %% wrong bfgs_update: expanded form without the term y B y
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    By = inverse @ y
    return inverse - (torch.outer(By, s) + torch.outer(s, By)) / ys + torch.outer(s, s) / ys

# %% wrong bfgs_update: multiplies the factors entry by entry
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left * inverse * left.T + torch.outer(s, s) / ys

# %% corner bfgs_update: leaves B alone only where y times s is negative, and divides by 0 at exactly 0
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys < 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ inverse @ left.T + torch.outer(s, s) / ys

# %% corner bfgs_update: refuses small positive curvatures up to 1e-6 as well
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 1e-6:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ inverse @ left.T + torch.outer(s, s) / ys

# %% right lbfgs_direction: the two loops with a list of alphas read from its end
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = q
    if s_list:
        r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        beta = (y @ r) / (y @ s)
        r = r + (alpha - beta) * s
    return -r

# %% right lbfgs_direction: builds the matrix B from the same start by BFGS updates
import torch


def lbfgs_direction(grad, s_list, y_list):
    n = len(grad)
    eye = torch.eye(n, dtype=grad.dtype)
    if not s_list:
        return -grad
    B = (s_list[-1] @ y_list[-1]) / y_list[-1].square().sum() * eye
    for s, y in zip(s_list, y_list):
        rho = 1 / (y @ s)
        V = eye - rho * torch.outer(s, y)
        B = V @ B @ V.T + rho * torch.outer(s, s)
    return -B @ grad

# %% right lbfgs_direction: numpy in float64 with a stack of alphas
import numpy as np
import torch


def lbfgs_direction(grad, s_list, y_list):
    S = [s.double().numpy() for s in s_list]
    Y = [y.double().numpy() for y in y_list]
    q = grad.double().numpy().copy()
    stack = []
    for s, y in list(zip(S, Y))[::-1]:
        a = s.dot(q) / y.dot(s)
        q = q - a * y
        stack.append(a)
    r = q * (S[-1].dot(Y[-1]) / Y[-1].dot(Y[-1])) if S else q
    for s, y in zip(S, Y):
        b = y.dot(r) / y.dot(s)
        r = r + (stack.pop() - b) * s
    return torch.from_numpy(-r).to(grad.dtype)

# %% right lbfgs_direction: compact form of Byrd, Nocedal and Schnabel with small triangular matrices
import torch


def lbfgs_direction(grad, s_list, y_list):
    if len(s_list) == 0:
        return -grad
    S, Y = torch.stack(s_list, dim=1), torch.stack(y_list, dim=1)
    SY = S.T @ Y
    gamma = SY[-1, -1] / (Y[:, -1] @ Y[:, -1])
    Rinv = torch.linalg.inv(torch.triu(SY))
    D = torch.diag(torch.diagonal(SY))
    Sg, Yg = S.T @ grad, gamma * (Y.T @ grad)
    top = Rinv.T @ ((D + gamma * Y.T @ Y) @ (Rinv @ Sg) - Yg)
    return -(gamma * grad + S @ top - gamma * Y @ (Rinv @ Sg))

# %% wrong lbfgs_direction: runs both loops from the newest to the oldest
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    pairs = list(zip(s_list, y_list))[::-1]
    for s, y in pairs:
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if pairs:
        s, y = pairs[0]
        q = q * (s @ y) / (y @ y)
    for (s, y), alpha in zip(pairs, alphas):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    return -q

# %% wrong lbfgs_direction: takes gamma from the oldest pair
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if s_list:
        q = q * (s_list[0] @ y_list[0]) / (y_list[0] @ y_list[0])
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    return -q

# %% wrong lbfgs_direction: takes gamma from the pair that the first loop ended with
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    s = y = None
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    r = q if s is None else (s @ y) / (y @ y) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r

# %% wrong lbfgs_direction: turns gamma upside down, the curvature instead of its inverse
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if s_list:
        q = q * (y_list[-1] @ y_list[-1]) / (s_list[-1] @ y_list[-1])
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    return -q

# %% wrong lbfgs_direction: takes s times s over s times y for gamma
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if s_list:
        q = q * (s_list[-1] @ s_list[-1]) / (s_list[-1] @ y_list[-1])
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    return -q

# %% wrong lbfgs_direction: scales the result with gamma after the second loop
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    if s_list:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    return -q

# %% wrong lbfgs_direction: works out all alphas with the gradient and not with the q that is left
import torch


def lbfgs_direction(grad, s_list, y_list):
    alphas = [(s @ grad) / (y @ s) for s, y in zip(s_list, y_list)]
    r = grad
    for alpha, y in zip(alphas, y_list):
        r = r - alpha * y
    if s_list:
        r = r * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y, alpha in zip(s_list, y_list, alphas):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r

# %% wrong lbfgs_direction: uses only the newest pair
import torch


def lbfgs_direction(grad, s_list, y_list):
    if not s_list:
        return -grad
    s, y = s_list[-1], y_list[-1]
    alpha = (s @ grad) / (y @ s)
    r = (s @ y) / (y @ y) * (grad - alpha * y)
    return -(r + (alpha - (y @ r) / (y @ s)) * s)

# %% wrong lbfgs_direction: subtracts from the gradient in place
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q -= alphas[-1] * y
    if s_list:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    return -q

# %% wrong lbfgs_direction: turns the caller's lists round with reverse and leaves them so
import torch


def lbfgs_direction(grad, s_list, y_list):
    q, alphas = grad, []
    gamma = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) if s_list else 1.0
    s_list.reverse()
    y_list.reverse()
    for s, y in zip(s_list, y_list):
        a = (s @ q) / (y @ s)
        alphas.append(a)
        q = q - a * y
    r = gamma * q
    for s, y, a in list(zip(s_list, y_list, alphas))[::-1]:
        r = r + (a - (y @ r) / (y @ s)) * s
    return -r

# %% corner lbfgs_direction: returns the gradient without the minus where the lists are empty
import torch


def lbfgs_direction(grad, s_list, y_list):
    if len(s_list) == 0:
        return grad
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r

# %% corner lbfgs_direction: shortens the direction by the 1-norm where the lists are empty, as torch does with its first step
import torch


def lbfgs_direction(grad, s_list, y_list):
    if len(s_list) == 0:
        return -grad * min(1.0, 1 / grad.abs().sum().item())
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    r = (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1]) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r

# %% right cg_solve: works in place on copies of b
import torch


def cg_solve(hvp, b, *, n_steps):
    x = torch.zeros_like(b)
    r = b.clone()
    p = b.clone()
    k = 0
    while k < n_steps and bool((r != 0).any()):
        Hp = hvp(p)
        rr = torch.dot(r, r)
        alpha = rr / torch.dot(p, Hp)
        x += alpha * p
        r -= alpha * Hp
        p = p * (torch.dot(r, r) / rr) + r
        k += 1
    return x

# %% right cg_solve: makes each residual conjugate to all earlier directions
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r = torch.zeros_like(b), b.clone()
    earlier = []
    for _ in range(n_steps):
        if r.norm() == 0:
            break
        p = r.clone()
        for q, Hq, qHq in earlier:
            p = p - (r @ Hq) / qHq * q
        Hp = hvp(p)
        pHp = p @ Hp
        alpha = (p @ r) / pHp
        x, r = x + alpha * p, r - alpha * Hp
        earlier.append((p, Hp, pHp))
    return x

# %% right cg_solve: keeps the numbers as Python floats
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = b.new_zeros(b.shape), b.clone(), b.clone()
    old = r.square().sum().item()
    for step in range(n_steps):
        if old == 0.0:
            break
        product = hvp(p)
        alpha = old / p.dot(product).item()
        x = torch.add(x, p, alpha=alpha)
        r = torch.sub(r, product, alpha=alpha)
        new = r.square().sum().item()
        p = torch.add(r, p, alpha=new / old)
        old = new
    return x

# %% right cg_solve: r times the product below in alpha, the same because r and p differ by a conjugate direction
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (r @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + (r @ r) / rr * p
    return x

# %% wrong cg_solve: works out each residual anew from x, with a second product
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        alpha = rr / (p @ hvp(p))
        x = x + alpha * p
        r = b - hvp(x)
        p = r + (r @ r) / rr * p
    return x

# %% wrong cg_solve: turns beta upside down
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + rr / (r @ r) * p
    return x

# %% wrong cg_solve: never renews the old size, so beta compares with the first residual
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    size = r @ r
    for _ in range(n_steps):
        if r @ r == 0:
            break
        Hp = hvp(p)
        alpha = (r @ r) / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + (r @ r) / size * p
    return x

# %% wrong cg_solve: adds beta times the residual to the direction
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = p + (r @ r) / rr * r
    return x

# %% wrong cg_solve: makes the new direction from the old residual
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        new = r - alpha * Hp
        p = r + (new @ new) / rr * p
        r = new
    return x

# %% wrong cg_solve: subtracts beta times the old direction, as if p were the gradient
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r - (r @ r) / rr * p
    return x

# %% wrong cg_solve: takes norms instead of squared norms for beta
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        size = r.norm()
        if size == 0:
            break
        Hp = hvp(p)
        alpha = size**2 / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + r.norm() / size * p
    return x

# %% wrong cg_solve: starts with x equal to b
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = b.clone(), b, b
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + (r @ r) / rr * p
    return x

# %% wrong cg_solve: builds the matrix from n products and solves with it
import torch


def cg_solve(hvp, b, *, n_steps):
    n = len(b)
    H = torch.stack([hvp(e) for e in torch.eye(n, dtype=b.dtype)], dim=1)
    return torch.linalg.solve(H, b)

# %% wrong cg_solve: works out alpha entry by entry
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        if r @ r == 0:
            break
        Hp = hvp(p)
        alpha = (r * r) / (p * Hp)
        x = x + alpha * p
        new = r - alpha * Hp
        p = new + (new @ new) / (r @ r) * p
        r = new
    return x

# %% corner cg_solve: stops where the residual is smaller than 1e-6 and not exactly 0
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        if rr.sqrt() < 1e-6:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + (r @ r) / rr * p
    return x

# %% corner cg_solve: makes the first step before it counts, so 0 steps are 1
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    k = 0
    while r @ r != 0:
        rr = r @ r
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + (r @ r) / rr * p
        k += 1
        if k >= n_steps:
            break
    return x

# %% corner cg_solve: tests the residual only after the step, so b equal to 0 gives nan
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        if r @ r == 0:
            break
        p = r + (r @ r) / rr * p
    return x

# %% right cg_direction: Polak and Ribiere with clamp as in the hint
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(min=0) * old_direction

# %% right cg_direction: Python's max on a plain number
import torch


def cg_direction(grad, old_grad, old_direction):
    top = torch.dot(grad, grad) - torch.dot(grad, old_grad)
    beta = max(0.0, (top / old_grad.norm() ** 2).item())
    return beta * old_direction - grad

# %% right cg_direction: returns early along the negative gradient where the numerator is not positive
import torch


def cg_direction(grad, old_grad, old_direction):
    change = grad - old_grad
    top = (change * grad).sum()
    if top <= 0:
        return -grad
    return old_direction * (top / old_grad.square().sum()) - grad

# %% right cg_direction: accepted variant of Fletcher and Reeves
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = (grad @ grad) / (old_grad @ old_grad)
    return -grad + torch.clamp(beta, min=0) * old_direction

# %% right cg_direction: accepted variant of Hestenes and Stiefel with the 0
import torch


def cg_direction(grad, old_grad, old_direction):
    y = grad - old_grad
    beta = (grad @ y) / (old_direction @ y)
    return -grad + beta.clamp(min=0) * old_direction

# %% wrong cg_direction: keeps the entries of the direction from being negative instead of beta
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return (-grad + beta * old_direction).clamp(min=0)

# %% wrong cg_direction: clamps the product of beta and the old direction
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + (beta * old_direction).clamp(min=0)

# %% wrong cg_direction: divides by the new gradient squared
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (grad @ grad)
    return -grad + beta.clamp(min=0) * old_direction

# %% wrong cg_direction: takes the size of beta where it is negative
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.abs() * old_direction

# %% wrong cg_direction: clamps with max=0, so that only a negative beta is kept
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(max=0) * old_direction

# %% wrong cg_direction: also keeps beta below 1, as a momentum would be
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(0, 1) * old_direction

# %% wrong cg_direction: has the squared change of the gradient above
import torch


def cg_direction(grad, old_grad, old_direction):
    y = grad - old_grad
    beta = y @ y / (old_grad @ old_grad)
    return -grad + beta.clamp(min=0) * old_direction

# %% wrong cg_direction: forgets brackets, so only the old part is divided
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ grad - grad @ old_grad / (old_grad @ old_grad)
    return -grad + beta.clamp(min=0) * old_direction

# %% wrong cg_direction: scales and adds to the old direction in place
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = (grad @ (grad - old_grad) / (old_grad @ old_grad)).clamp(min=0)
    old_direction *= beta
    old_direction -= grad
    return old_direction

# %% wrong cg_direction: keeps the old direction where beta would be negative
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    if beta < 0:
        return old_direction.clone()
    return -grad + beta * old_direction

# %% corner cg_direction: leaves a negative beta as it is
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta * old_direction

# %% corner cg_direction: Dai and Yuan without the 0
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad.dot(grad) / old_direction.dot(grad - old_grad)
    return beta * old_direction - grad

# %% right newton_step: solves the damped system with torch.linalg.solve
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    eye = torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(hessian + damping * eye, grad)

# %% right newton_step: divides along the eigenvectors with eigenvalues taken with their signs
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    step = vectors @ ((vectors.T @ grad) / (values + damping))
    return theta - lr * step

# %% right newton_step: Gauss elimination by hand with pivoting on Python lists
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian.tolist()
    b = grad.tolist()
    n = len(b)
    for i in range(n):
        A[i][i] += damping
    for i in range(n):
        best = max(range(i, n), key=lambda r: abs(A[r][i]))
        A[i], A[best] = A[best], A[i]
        b[i], b[best] = b[best], b[i]
        for j in range(i + 1, n):
            q = A[j][i] / A[i][i]
            for c in range(i, n):
                A[j][c] -= q * A[i][c]
            b[j] -= q * b[i]
    p = [0.0] * n
    for i in reversed(range(n)):
        p[i] = (b[i] - sum(A[i][c] * p[c] for c in range(i + 1, n))) / A[i][i]
    return theta - lr * torch.tensor(p, dtype=theta.dtype)

# %% wrong newton_step: adds the step to theta instead of taking it away
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta + lr * torch.linalg.solve(A, grad)

# %% wrong newton_step: adds the number mu to all entries and not only to the diagonal
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    return theta - lr * torch.linalg.solve(hessian + damping, grad)

# %% wrong newton_step: multiplies with the damped Hessian and forgets the inverse
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * (A @ grad)

# %% wrong newton_step: takes the inverse entry by entry
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * (A ** -1) @ grad

# %% wrong newton_step: forgets the rate
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(A, grad)

# %% wrong newton_step: scales the damped matrix with the rate before solving, so the step is divided by it
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = lr * (hessian + damping * torch.eye(len(theta), dtype=theta.dtype))
    return theta - torch.linalg.solve(A, grad)

# %% wrong newton_step: multiplies the damping with the rate too
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian + lr * damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(A, grad)

# %% wrong newton_step: returns the step and not the new point
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return -lr * torch.linalg.solve(A, grad)

# %% corner newton_step: numpy with an identity of float64, so float32 arguments come back as float64
import numpy as np
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    A = hessian.numpy() + damping * np.eye(len(theta))
    return torch.from_numpy(theta.numpy() - lr * np.linalg.solve(A, grad.numpy()))

# %% right saddle_free_step: sums over the eigenvectors one after the other
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    new = theta.clone()
    for i, value in enumerate(values):
        v = vectors[:, i]
        size = value if value >= 0 else -value
        new = new - lr * (v @ grad) / (size + damping) * v
    return new

# %% right saddle_free_step: root of the squared Hessian in float64 by numpy
import numpy as np
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    H = hessian.double().numpy()
    w, V = np.linalg.eigh(H)
    sizes = np.sqrt(w * w)
    inverse = (V / (sizes + damping)) @ V.T
    return theta - lr * torch.from_numpy(inverse @ grad.double().numpy()).to(theta.dtype)

# %% right saddle_free_step: transposed row form with a signed divisor copied from the sign of each eigenvalue
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    signs = torch.where(values < 0, -1.0, 1.0).to(values.dtype)
    divisor = values + signs * damping
    return theta - lr * ((grad @ vectors) * signs / divisor) @ vectors.T

# %% wrong saddle_free_step: sets negative eigenvalues to zero before damping
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - lr * vectors @ ((vectors.T @ grad) / (values.clamp(min=0) + damping))

# %% wrong saddle_free_step: takes the size after damping by decomposing the damped Hessian
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    damped = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    values, vectors = torch.linalg.eigh(damped)
    return theta - lr * vectors @ (vectors.T @ grad / abs(values))

# %% wrong saddle_free_step: turns the gradient with the rows, that is, swaps V and its transpose
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - lr * vectors.T @ ((vectors @ grad) / (values.abs() + damping))

# %% wrong saddle_free_step: turns the whole Newton step round when it leads uphill
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    step = torch.linalg.solve(hessian + damping * torch.eye(len(theta), dtype=theta.dtype), grad)
    if step @ grad < 0:
        step = -step
    return theta - lr * step

# %% wrong saddle_free_step: lets the damping be a floor of the sizes, which the text only names
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - lr * vectors @ ((vectors.T @ grad) / values.abs().clamp(min=damping))

# %% wrong saddle_free_step: sorts the sizes without taking the eigenvectors along
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    sizes = values.abs().sort().values
    return theta - lr * vectors @ ((vectors.T @ grad) / (sizes + damping))

# %% wrong saddle_free_step: multiplies by the sizes instead of dividing
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - lr * vectors @ ((vectors.T @ grad) * (values.abs() + damping))

# %% wrong saddle_free_step: shifts the Hessian by its lowest eigenvalue so that it is no longer indefinite
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    lowest = torch.linalg.eigvalsh(hessian)[0]
    shift = damping + max(0.0, -2 * lowest.item())
    return theta - lr * torch.linalg.solve(hessian + shift * torch.eye(len(theta), dtype=theta.dtype), grad)

# %% wrong saddle_free_step: leaves out the rate
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian)
    return theta - vectors @ ((vectors.T @ grad) / (values.abs() + damping))

# %% corner saddle_free_step: computes in float64 and returns that type for float32 arguments
import torch


def saddle_free_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    values, vectors = torch.linalg.eigh(hessian.double())
    return theta.double() - lr * vectors @ ((vectors.T @ grad.double()) / (values.abs() + damping))

# %% right backtrack: endless loop that returns as soon as the inequality holds
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = float(first)
    while True:
        if f(theta + alpha * direction) <= f(theta) + c1 * alpha * torch.dot(grad, direction):
            return alpha
        alpha = alpha * shrink

# %% right backtrack: inner helper for the test and slope by einsum
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    with torch.no_grad():
        base = f(theta)
        rate = torch.einsum("i,i->", grad, direction)

        def enough(a):
            there = f(torch.add(theta, direction, alpha=a))
            return bool(torch.isfinite(there)) and bool(there <= base + a * c1 * rate)

        a = first
        while not enough(a):
            a = shrink * a
        return a

# %% right backtrack: returns the number as a tensor without axes, of the type of theta
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    slope = grad @ direction
    while not (f(theta + alpha * direction) <= f(theta) + c1 * alpha * slope):
        alpha = alpha * shrink
    return torch.tensor(alpha, dtype=theta.dtype)

# %% wrong backtrack: asks for mere descent and forgets the share of the slope
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    alpha = first
    while not f(theta + alpha * direction) <= f(theta):
        alpha *= shrink
    return alpha

# %% wrong backtrack: leaves alpha out of the promised fall
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    f0 = f(theta)
    alpha = first
    while not f(theta + alpha * direction) <= f0 + c1 * slope:
        alpha *= shrink
        if alpha < 1e-300:
            break
    return alpha

# %% wrong backtrack: takes minus the squared norm of the gradient for the slope, as if the direction were always the negative gradient
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = -(grad @ grad)
    f0 = f(theta)
    alpha = first
    while not f(theta + alpha * direction) <= f0 + c1 * alpha * slope:
        alpha *= shrink
        if alpha < 1e-300:
            break
    return alpha

# %% wrong backtrack: shrinks once before the first test, so that first is never tried
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    f0 = f(theta)
    alpha = first
    while True:
        alpha *= shrink
        if f(theta + alpha * direction) <= f0 + c1 * alpha * slope:
            return alpha

# %% wrong backtrack: begins with 1 and ignores first
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    alpha = 1.0
    while not f(theta + alpha * direction) <= f(theta) + c1 * alpha * slope:
        alpha *= shrink
    return alpha

# %% wrong backtrack: divides by shrink, so the size grows from trial to trial
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    alpha = first
    for _ in range(200):
        if f(theta + alpha * direction) <= f(theta) + c1 * alpha * slope:
            break
        alpha = alpha / shrink
    return alpha

# %% wrong backtrack: has the size squared in the promised fall
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    alpha = first
    while not f(theta + alpha * direction) <= f(theta) + c1 * alpha**2 * slope:
        alpha *= shrink
    return alpha

# %% wrong backtrack: compares with the loss of the last trial, which it overwrites
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    last = f(theta)
    alpha = first
    new = f(theta + alpha * direction)
    while not new <= last + c1 * alpha * slope:
        alpha *= shrink
        last, new = new, f(theta + alpha * direction)
    return alpha

# %% wrong backtrack: asks also for a lower steepness at the new point, as Wolfe does
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    f0 = f(theta)
    alpha = first
    for _ in range(60):
        point = (theta + alpha * direction).requires_grad_()
        value = f(point)
        (new_grad,) = torch.autograd.grad(value, point)
        if value <= f0 + c1 * alpha * slope and abs(new_grad @ direction) <= 0.1 * abs(slope):
            break
        alpha *= shrink
    return alpha

# %% wrong backtrack: multiplies direction and gradient entry by entry and asks it of all entries
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad * direction
    f0 = f(theta)
    alpha = first
    while not (f(theta + alpha * direction) <= f0 + c1 * alpha * slope).all():
        alpha *= shrink
    return alpha

# %% corner backtrack: loops while the loss is greater, which nan ends at once
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    slope = grad @ direction
    f0 = f(theta)
    alpha = first
    while f(theta + alpha * direction) > f0 + c1 * alpha * slope:
        alpha *= shrink
    return alpha

# %% corner backtrack: calls itself, which ends at Python's recursion limit when shrink is close to 1
import torch


def backtrack(f, theta, grad, direction, *, first=1.0, shrink=0.5, c1=0.0001):
    if f(theta + first * direction) <= f(theta) + c1 * first * (grad @ direction):
        return first
    return backtrack(f, theta, grad, direction, first=first * shrink, shrink=shrink, c1=c1)

# %% right gauss_newton_step: normal equations with torch.linalg.solve
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(A, jacobian.T @ residuals)

# %% right gauss_newton_step: calls a Newton step with the two products as the hint says
import torch


def newton_step(theta, grad, hessian, *, lr=1.0, damping=0.0):
    bracket = hessian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - lr * torch.linalg.solve(bracket, grad)


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    return newton_step(theta, residuals @ jacobian, jacobian.mT @ jacobian, damping=damping)

# %% right gauss_newton_step: singular values with s over s squared plus damping
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    U, s, Vh = torch.linalg.svd(jacobian, full_matrices=False)
    return theta - Vh.T @ (s / (s**2 + damping) * (U.T @ residuals))

# %% wrong gauss_newton_step: adds the step to theta
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta + torch.linalg.solve(A, jacobian.T @ residuals)

# %% wrong gauss_newton_step: adds the damping to every entry of the product
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    return theta - torch.linalg.solve(jacobian.T @ jacobian + damping, jacobian.T @ residuals)

# %% wrong gauss_newton_step: forgets the damping
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    return theta - torch.linalg.solve(jacobian.T @ jacobian, jacobian.T @ residuals)

# %% wrong gauss_newton_step: forgets the damping by solving the plain least-squares problem
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    return theta - torch.linalg.lstsq(jacobian, residuals[:, None]).solution.squeeze(-1)

# %% wrong gauss_newton_step: divides the product and the gradient by the number of residuals, so the damping counts m times
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    m = len(residuals)
    A = jacobian.T @ jacobian / m + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(A, jacobian.T @ residuals / m)

# %% wrong gauss_newton_step: takes the mean in the product only
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = jacobian.T @ jacobian / len(residuals) + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(A, jacobian.T @ residuals)

# %% wrong gauss_newton_step: has a factor 2 in the gradient, as for a sum of squares without the half
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(A, 2 * jacobian.T @ residuals)

# %% wrong gauss_newton_step: divides by the diagonal of the product only
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    curvature = jacobian.square().sum(dim=0) + damping
    return theta - jacobian.T @ residuals / curvature

# %% wrong gauss_newton_step: changes theta in place
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    A = jacobian.T @ jacobian + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta.sub_(torch.linalg.solve(A, jacobian.T @ residuals))

# %% corner gauss_newton_step: transposes a square Jacobian because it tells the axes apart by their lengths
import torch


def gauss_newton_step(theta, residuals, jacobian, *, damping=0.0):
    J = jacobian.T if jacobian.shape[0] <= jacobian.shape[1] else jacobian
    A = J.T @ J + damping * torch.eye(len(theta), dtype=theta.dtype)
    return theta - torch.linalg.solve(A, J.T @ residuals)

# %% right fisher_matrix: one einsum over examples and classes
import torch


def fisher_matrix(probabilities, score_gradients):
    return torch.einsum("nc,nci,ncj->ij", probabilities, score_gradients, score_gradients) / len(probabilities)

# %% right fisher_matrix: numpy tensordot
import numpy as np
import torch


def fisher_matrix(probabilities, score_gradients):
    p, g = probabilities.numpy(), score_gradients.numpy()
    F = np.tensordot(p[..., None] * g, g, axes=([0, 1], [0, 1])) / p.shape[0]
    return torch.from_numpy(F)

# %% right fisher_matrix: weighted covariance per example, the same because the model's scores have mean zero
import torch


def fisher_matrix(probabilities, score_gradients):
    mean = (probabilities[:, :, None] * score_gradients).sum(dim=1, keepdim=True)
    centred = score_gradients - mean
    return torch.einsum("nc,ncd,nce->de", probabilities, centred, centred) / len(probabilities)

# %% wrong fisher_matrix: sums over the examples and forgets to divide by their number
import torch


def fisher_matrix(probabilities, score_gradients):
    return torch.einsum("nc,nci,ncj->ij", probabilities, score_gradients, score_gradients)

# %% wrong fisher_matrix: weights both factors, so the probabilities are squared
import torch


def fisher_matrix(probabilities, score_gradients):
    w = probabilities[:, :, None] * score_gradients
    return torch.einsum("nci,ncj->ij", w, w) / len(probabilities)

# %% wrong fisher_matrix: takes the expectation of the gradient first and its outer product afterwards
import torch


def fisher_matrix(probabilities, score_gradients):
    mean = torch.einsum("nc,ncd->nd", probabilities, score_gradients)
    return mean.T @ mean / len(probabilities)

# %% wrong fisher_matrix: takes only the most probable class of each example
import torch


def fisher_matrix(probabilities, score_gradients):
    n = len(probabilities)
    own = score_gradients[torch.arange(n), probabilities.argmax(dim=1)]
    return own.T @ own / n

# %% wrong fisher_matrix: weights with minus p log p, taking the loss for the probability
import torch


def fisher_matrix(probabilities, score_gradients):
    w = -probabilities * probabilities.log()
    return torch.einsum("nc,nci,ncj->ij", w, score_gradients, score_gradients) / len(probabilities)

# %% wrong fisher_matrix: weights with p times one minus p from the example by hand
import torch


def fisher_matrix(probabilities, score_gradients):
    w = probabilities * (1 - probabilities)
    return torch.einsum("nc,nci,ncj->ij", w, score_gradients, score_gradients) / len(probabilities)

# %% wrong fisher_matrix: multiplies the wrong axes and gives a matrix of classes
import torch


def fisher_matrix(probabilities, score_gradients):
    weighted = probabilities[:, :, None] * score_gradients
    return (weighted @ score_gradients.transpose(1, 2)).mean(dim=0)

# %% wrong fisher_matrix: reshapes to d rows instead of transposing
import torch


def fisher_matrix(probabilities, score_gradients):
    n, k, d = score_gradients.shape
    weighted = (probabilities[:, :, None] * score_gradients).reshape(d, n * k)
    return weighted @ score_gradients.reshape(n * k, d) / n

# %% wrong fisher_matrix: weights one gradient with the root of p and the other not at all
import torch


def fisher_matrix(probabilities, score_gradients):
    w = probabilities.sqrt()[:, :, None] * score_gradients
    return torch.einsum("nci,ncj->ij", w, score_gradients) / len(probabilities)

# %% corner fisher_matrix: sums in a matrix of the default type, so float64 arguments come back as float32
import torch


def fisher_matrix(probabilities, score_gradients):
    n, k, d = score_gradients.shape
    F = torch.zeros(d, d)
    for p, g in zip(probabilities.flatten(), score_gradients.reshape(-1, d)):
        F += p * torch.outer(g, g)
    return F / n

# %% right bfgs_update: updates the Hessian itself by the dual formula and inverts at the end
import torch


def bfgs_update(inverse, s, y):
    curvature = (s * y).sum()
    if curvature.item() <= 0:
        return inverse
    H = torch.linalg.inv(inverse)
    Hs = H @ s
    H = H + torch.outer(y, y) / curvature - torch.outer(Hs, Hs) / (s @ Hs)
    result = torch.linalg.inv(H)
    return (result + result.T) / 2

# %% right bfgs_update: numpy with einsum and back to the type of B
import numpy as np
import torch


def bfgs_update(inverse, s, y):
    B, a, b = (t.detach().numpy() for t in (inverse, s, y))
    ys = float(np.dot(a, b))
    if ys <= 0:
        return inverse
    V = np.eye(len(a)) - np.outer(a, b) / ys
    new = np.einsum("ij,jk,lk->il", V, B, V) + np.outer(a, a) / ys
    return torch.as_tensor(new, dtype=inverse.dtype)

# %% right bfgs_update: lets the formula act on each unit vector
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    columns = []
    for e in torch.eye(len(s), dtype=s.dtype):
        alpha = (s @ e) / ys
        r = inverse @ (e - alpha * y)
        columns.append(r + (alpha - (y @ r) / ys) * s)
    return torch.stack(columns, dim=1)

# %% wrong bfgs_update: swaps s and y in the factors
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(y, s) / ys
    return left @ inverse @ left.T + torch.outer(s, s) / ys

# %% wrong bfgs_update: swaps s and y everywhere and so learns the Hessian
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(y, s) / ys
    return left @ inverse @ left.T + torch.outer(y, y) / ys

# %% wrong bfgs_update: forgets what is learnt, the last term
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ inverse @ left.T

# %% wrong bfgs_update: forgets the factor rho of the last term
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ inverse @ left.T + torch.outer(s, s)

# %% wrong bfgs_update: divides the last term by s squared instead of y times s
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ inverse @ left.T + torch.outer(s, s) / (s @ s)

# %% wrong bfgs_update: the formula of Davidon, Fletcher and Powell, which satisfies the secant equation too
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    By = inverse @ y
    return inverse + torch.outer(s, s) / ys - torch.outer(By, By) / (y @ By)

# %% wrong bfgs_update: the symmetric update of rank one
import torch


def bfgs_update(inverse, s, y):
    if y @ s <= 0:
        return inverse
    rest = s - inverse @ y
    bottom = rest @ y
    return inverse + torch.outer(rest, rest) / bottom

# %% wrong bfgs_update: has the condition the wrong way round
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys >= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ inverse @ left.T + torch.outer(s, s) / ys

# %% wrong bfgs_update: adds in the factors where it should subtract
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        return inverse
    left = torch.eye(len(s), dtype=s.dtype) + torch.outer(s, y) / ys
    return left @ inverse @ left.T + torch.outer(s, s) / ys

# %% wrong bfgs_update: writes the expanded form into the old B in place
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys > 0:
        By = inverse @ y
        inverse += (1 + (y @ By) / ys) * torch.outer(s, s) / ys - (torch.outer(By, s) + torch.outer(s, By)) / ys
    return inverse

# %% corner bfgs_update: returns nothing where the condition fails
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys > 0:
        left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
        return left @ inverse @ left.T + torch.outer(s, s) / ys

# %% corner bfgs_update: blends y after Powell where the condition fails instead of leaving B as it is
import torch


def bfgs_update(inverse, s, y):
    ys = y @ s
    if ys <= 0:
        Hs = torch.linalg.solve(inverse, s)
        sHs = s @ Hs
        t = 0.8 * sHs / (sHs - ys)
        y = t * y + (1 - t) * Hs
        ys = y @ s
    left = torch.eye(len(s), dtype=s.dtype) - torch.outer(s, y) / ys
    return left @ inverse @ left.T + torch.outer(s, s) / ys

# %% right lbfgs_direction: indices downwards and upwards with an array of alphas, in place on a copy
import torch


def lbfgs_direction(grad, s_list, y_list):
    m = len(s_list)
    q = grad.clone()
    alpha = [0.0] * m
    rho = [1.0 / torch.dot(y_list[i], s_list[i]) for i in range(m)]
    for i in range(m - 1, -1, -1):
        alpha[i] = rho[i] * torch.dot(s_list[i], q)
        q -= alpha[i] * y_list[i]
    if m > 0:
        q *= 1.0 / (rho[-1] * torch.dot(y_list[-1], y_list[-1]))
    for i in range(m):
        q += s_list[i] * (alpha[i] - rho[i] * torch.dot(y_list[i], q))
    return q.neg()

# %% right lbfgs_direction: recursion over the older pairs
import torch


def lbfgs_direction(grad, s_list, y_list):
    gamma = 1.0
    if len(s_list) > 0:
        gamma = (s_list[-1] @ y_list[-1] / (y_list[-1] @ y_list[-1])).item()

    def apply(g, k):
        if k == 0:
            return gamma * g
        s, y = s_list[k - 1], y_list[k - 1]
        alpha = (s @ g) / (y @ s)
        r = apply(g - alpha * y, k - 1)
        return r + (alpha - (y @ r) / (y @ s)) * s

    return -apply(grad, len(s_list))

# %% right lbfgs_direction: accepted variant that starts from the identity instead of gamma times it
import torch


def lbfgs_direction(grad, s_list, y_list):
    r, alphas = grad, []
    for s, y in zip(s_list[::-1], y_list[::-1]):
        alphas.append(s @ r / (y @ s))
        r = r - alphas[-1] * y
    for s, y, a in zip(s_list, y_list, alphas[::-1]):
        r = r + (a - y @ r / (y @ s)) * s
    return -r

# %% wrong lbfgs_direction: reads the alphas in the order in which they were stored
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if s_list:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y, alpha in zip(s_list, y_list, alphas):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    return -q

# %% wrong lbfgs_direction: goes from the oldest to the newest first, and back
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(s_list, y_list):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if s_list:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y, alpha in zip(reversed(s_list), reversed(y_list), reversed(alphas)):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    return -q

# %% wrong lbfgs_direction: averages gamma over all pairs
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if s_list:
        q = q * sum((s @ y) / (y @ y) for s, y in zip(s_list, y_list)) / len(s_list)
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    return -q

# %% wrong lbfgs_direction: scales the gradient with gamma before the first loop
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    if s_list:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    return -q

# %% wrong lbfgs_direction: forgets the minus sign of the direction
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if s_list:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    return q

# %% wrong lbfgs_direction: adds the repair along y instead of s
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if s_list:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + (alpha - (y @ q) / (y @ s)) * y
    return -q

# %% wrong lbfgs_direction: takes s and y the wrong way round in the first loop
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((y @ q) / (y @ s))
        q = q - alphas[-1] * s
    if s_list:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + (alpha - (y @ q) / (y @ s)) * s
    return -q

# %% wrong lbfgs_direction: works out beta with s instead of y
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if s_list:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + (alpha - (s @ q) / (y @ s)) * s
    return -q

# %% wrong lbfgs_direction: has beta minus alpha in the second loop
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    if s_list:
        q = q * (s_list[-1] @ y_list[-1]) / (y_list[-1] @ y_list[-1])
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        q = q + ((y @ q) / (y @ s) - alpha) * s
    return -q

# %% corner lbfgs_direction: asks for the newest pair without looking whether there is one
import torch


def lbfgs_direction(grad, s_list, y_list):
    q = grad
    alphas = []
    for s, y in zip(reversed(s_list), reversed(y_list)):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    s, y = s_list[-1], y_list[-1]
    r = (s @ y) / (y @ y) * q
    for s, y, alpha in zip(s_list, y_list, reversed(alphas)):
        r = r + (alpha - (y @ r) / (y @ s)) * s
    return -r

# %% right cg_solve: the recurrences with one product kept in a step
import torch


def cg_solve(hvp, b, *, n_steps):
    x = torch.zeros_like(b)
    r, p = b, b
    size = r @ r
    for _ in range(n_steps):
        if size == 0:
            break
        Hp = hvp(p)
        alpha = size / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        new_size = r @ r
        p = r + new_size / size * p
        size = new_size
    return x

# %% right cg_solve: alpha from p times r and beta from the product, which are the same numbers
import torch


def cg_solve(hvp, b, *, n_steps):
    x = 0 * b
    r = b - x
    p = r
    for _ in range(n_steps):
        if not r.any():
            return x
        Hp = hvp(p)
        pHp = p @ Hp
        alpha = (p @ r) / pHp
        x = x + alpha * p
        r = r - alpha * Hp
        p = r - (r @ Hp) / pHp * p
    return x

# %% right cg_solve: recursion over the steps that are left
import torch


def cg_solve(hvp, b, *, n_steps):
    def go(x, r, p, left):
        rr = (r * r).sum()
        if left == 0 or rr == 0:
            return x
        q = hvp(p)
        a = rr / (p * q).sum()
        new = r - a * q
        return go(x + a * p, new, new + (new * new).sum() / rr * p, left - 1)

    return go(torch.zeros_like(b), b, b, n_steps)

# %% wrong cg_solve: calls the product twice in each step
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        alpha = rr / (p @ hvp(p))
        x = x + alpha * p
        r = r - alpha * hvp(p)
        p = r + (r @ r) / rr * p
    return x

# %% wrong cg_solve: works out the first residual with a product before the loop
import torch


def cg_solve(hvp, b, *, n_steps):
    x = torch.zeros_like(b)
    r = b - hvp(x)
    p = r
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + (r @ r) / rr * p
    return x

# %% wrong cg_solve: steepest descent with exact steps, without beta
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r = torch.zeros_like(b), b
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hr = hvp(r)
        alpha = rr / (r @ Hr)
        x = x + alpha * r
        r = r - alpha * Hr
    return x

# %% wrong cg_solve: has the new residual above and below in beta, so that it is always 1
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        if r @ r == 0:
            break
        Hp = hvp(p)
        alpha = (r @ r) / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        beta = (r @ r) / (r @ r) if r @ r > 0 else 0.0
        p = r + beta * p
    return x

# %% wrong cg_solve: divides in alpha by the squared length of the product instead of p times the product
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (Hp @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + (r @ r) / rr * p
    return x

# %% wrong cg_solve: moves x with the new direction instead of the one that alpha belongs to
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        r = r - alpha * Hp
        p = r + (r @ r) / rr * p
        x = x + alpha * p
    return x

# %% wrong cg_solve: makes one step too few
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for k in range(1, n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + (r @ r) / rr * p
    return x

# %% wrong cg_solve: solves for minus b, as Newton's equation has it
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r = torch.zeros_like(b), -b
    p = r
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + (r @ r) / rr * p
    return x

# %% wrong cg_solve: lets r be b itself and subtracts in place, so that b and p change with it
import torch


def cg_solve(hvp, b, *, n_steps):
    x = torch.zeros_like(b)
    r = b
    p = r
    for _ in range(n_steps):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x += alpha * p
        r -= alpha * Hp
        p = r + (r @ r) / rr * p
    return x

# %% wrong cg_solve: asks for the product before it looks whether the residual is 0
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        rr = r @ r
        Hp = hvp(p)
        if rr == 0:
            break
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + (r @ r) / rr * p
    return x

# %% corner cg_solve: never looks whether the residual is 0, and divides 0 by 0 there
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(n_steps):
        Hp = hvp(p)
        alpha = (r @ r) / (p @ Hp)
        x = x + alpha * p
        new = r - alpha * Hp
        p = new + (new @ new) / (r @ r) * p
        r = new
    return x

# %% corner cg_solve: makes no more than n steps because the theorem says that they are enough
import torch


def cg_solve(hvp, b, *, n_steps):
    x, r, p = torch.zeros_like(b), b, b
    for _ in range(min(n_steps, len(b))):
        rr = r @ r
        if rr == 0:
            break
        Hp = hvp(p)
        alpha = rr / (p @ Hp)
        x = x + alpha * p
        r = r - alpha * Hp
        p = r + (r @ r) / rr * p
    return x

# %% right cg_direction: loops over the entries
import torch


def cg_direction(grad, old_grad, old_direction):
    above, below = 0.0, 0.0
    for g, o in zip(grad.tolist(), old_grad.tolist()):
        above += g * (g - o)
        below += o * o
    beta = above / below
    if beta < 0:
        beta = 0
    new = torch.empty_like(grad)
    for i in range(len(grad)):
        new[i] = -grad[i] + beta * old_direction[i]
    return new

# %% right cg_direction: numpy and relu written as half of beta plus its size
import numpy as np
import torch


def cg_direction(grad, old_grad, old_direction):
    g, o, d = grad.numpy(), old_grad.numpy(), old_direction.numpy()
    beta = g.dot(g - o) / o.dot(o)
    beta = g.dtype.type((beta + np.abs(beta)) / 2)
    return torch.from_numpy(-g + beta * d)

# %% right cg_direction: torch.relu on the number and einsum for the products
import torch


def cg_direction(grad, old_grad, old_direction):
    def inner(a, b):
        return torch.einsum("i,i->", a, b)

    beta = torch.relu(inner(grad, grad - old_grad) / inner(old_grad, old_grad))
    return torch.addcmul(-grad, beta, old_direction)

# %% right cg_direction: accepted variant of Dai and Yuan with the 0
import torch


def cg_direction(grad, old_grad, old_direction):
    y = grad - old_grad
    beta = (grad @ grad) / (old_direction @ y)
    return -grad + max(beta, torch.zeros_like(beta)) * old_direction

# %% wrong cg_direction: starts from the gradient and not from its negative
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = (grad @ (grad - old_grad) / (old_grad @ old_grad)).clamp(min=0)
    return grad + beta * old_direction

# %% wrong cg_direction: subtracts beta times the old direction
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = (grad @ (grad - old_grad) / (old_grad @ old_grad)).clamp(min=0)
    return -grad - beta * old_direction

# %% wrong cg_direction: has one beta for each parameter
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad * (grad - old_grad) / (old_grad * old_grad)
    return -grad + beta.clamp(min=0) * old_direction

# %% wrong cg_direction: takes the difference the other way round
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (old_grad - grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(min=0) * old_direction

# %% wrong cg_direction: multiplies the difference with the old gradient
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = old_grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad + beta.clamp(min=0) * old_direction

# %% wrong cg_direction: divides by the norm and not by its square
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / old_grad.norm()
    return -grad + beta.clamp(min=0) * old_direction

# %% wrong cg_direction: adds beta times the old negative gradient instead of the old direction
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = grad @ (grad - old_grad) / (old_grad @ old_grad)
    return -grad - beta.clamp(min=0) * old_grad

# %% wrong cg_direction: weighs the two parts with one minus beta and beta
import torch


def cg_direction(grad, old_grad, old_direction):
    beta = (grad @ (grad - old_grad) / (old_grad @ old_grad)).clamp(min=0)
    return -(1 - beta) * grad + beta * old_direction

# %% wrong cg_direction: mixes in Hestenes and Stiefel and divides by the old gradient times the change of the gradient
import torch


def cg_direction(grad, old_grad, old_direction):
    y = grad - old_grad
    beta = grad @ y / (old_grad @ y)
    return -grad + beta.clamp(min=0) * old_direction

# %% corner cg_direction: Hestenes and Stiefel without the 0
import torch


def cg_direction(grad, old_grad, old_direction):
    y = grad - old_grad
    return -grad + (grad @ y) / (old_direction @ y) * old_direction

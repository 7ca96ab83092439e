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

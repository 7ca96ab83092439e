# %% right l2_optimum: solves the linear system with an identity of the right type
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    n = hessian.shape[0]
    identity = torch.eye(n, dtype=hessian.dtype, device=hessian.device)
    return torch.linalg.solve(hessian + alpha * identity, hessian @ theta_star)

# %% right l2_optimum: subtracts the lost part, alpha times the inverse times theta star
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    shifted = hessian.clone()
    shifted.diagonal().add_(alpha)
    lost = alpha * torch.linalg.solve(shifted, theta_star)
    return theta_star - lost

# %% right l2_optimum: Cholesky factors of the shifted Hessian
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    n = len(theta_star)
    factor = torch.linalg.cholesky(hessian + alpha * torch.eye(n, dtype=hessian.dtype))
    rhs = (hessian @ theta_star).unsqueeze(1)
    return torch.cholesky_solve(rhs, factor).squeeze(1)

# %% right l2_optimum: Gaussian elimination by hand on Python floats
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    H = hessian.tolist()
    t = theta_star.tolist()
    n = len(t)
    rows = []
    for i in range(n):
        row = [H[i][j] + (alpha if i == j else 0.0) for j in range(n)]
        row.append(sum(H[i][j] * t[j] for j in range(n)))
        rows.append(row)
    for k in range(n):
        best = max(range(k, n), key=lambda i: abs(rows[i][k]))
        rows[k], rows[best] = rows[best], rows[k]
        for i in range(k + 1, n):
            f = rows[i][k] / rows[k][k]
            rows[i] = [a - f * b for a, b in zip(rows[i], rows[k])]
    out = [0.0] * n
    for i in reversed(range(n)):
        rest = sum(rows[i][j] * out[j] for j in range(i + 1, n))
        out[i] = (rows[i][n] - rest) / rows[i][i]
    return torch.tensor(out, dtype=theta_star.dtype)

# %% right l2_optimum: a sum over the eigenpairs in a Python loop
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    lam, Q = torch.linalg.eigh(hessian)
    result = torch.zeros_like(theta_star)
    for i in range(len(lam)):
        q = Q[:, i]
        result = result + lam[i] / (lam[i] + alpha) * torch.dot(q, theta_star) * q
    return result

# %% wrong l2_optimum: forgets the Hessian on the right, spelled with an inverse matrix
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    eye = torch.eye(hessian.shape[0], dtype=hessian.dtype)
    return torch.inverse(hessian + alpha * eye) @ theta_star

# %% wrong l2_optimum: subtracts alpha on the diagonal, a sign slip when bringing the penalty over
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    return torch.linalg.solve(hessian - alpha * eye, hessian @ theta_star)

# %% wrong l2_optimum: keeps the share alpha/(lambda + alpha), the part that is lost
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    lam, Q = torch.linalg.eigh(hessian)
    return Q @ ((alpha / (lam + alpha)) * (Q.T @ theta_star))

# %% wrong l2_optimum: divides the matrices entry by entry
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    return (hessian / (hessian + alpha * eye)) @ theta_star

# %% wrong l2_optimum: forgets to turn back from the eigenvectors
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    lam, Q = torch.linalg.eigh(hessian)
    inside = Q.T @ theta_star
    return inside * lam / (lam + alpha)

# %% wrong l2_optimum: a descent of 100 steps at a fixed rate that has not arrived
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    theta = torch.zeros_like(theta_star)
    for _ in range(100):
        theta = theta - 0.01 * (hessian @ (theta - theta_star) + alpha * theta)
    return theta

# %% wrong l2_optimum: changes the caller's Hessian by adding alpha to its diagonal, though the point is right
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    right = hessian @ theta_star
    hessian.diagonal().add_(alpha)
    return torch.linalg.solve(hessian, right)

# %% wrong l2_optimum: uses the shifted matrix on both sides, so that theta star comes back
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    A = hessian + alpha * torch.eye(len(theta_star), dtype=hessian.dtype)
    return torch.linalg.solve(A, A @ theta_star)

# %% wrong l2_optimum: general eigenvectors, so the answer is complex
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    values, vectors = torch.linalg.eig(hessian)
    t = theta_star.to(vectors.dtype)
    return vectors @ (values / (values + alpha) * torch.linalg.solve(vectors, t))

# %% corner l2_optimum: inverts the Hessian itself, which fails for a flat direction
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    return torch.linalg.solve(eye + alpha * torch.linalg.inv(hessian), theta_star)

# %% corner l2_optimum: keeps the whole of theta star along a flat direction
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    lam, Q = torch.linalg.eigh(hessian)
    share = torch.where(lam > 1e-5, lam / (lam + alpha), torch.ones_like(lam))
    return Q @ (share * (Q.T @ theta_star))

# %% right effective_parameters: a generator over the list of eigenvalues that gives a plain number
import torch


def effective_parameters(hessian, *, alpha):
    return sum(lam / (lam + alpha) for lam in torch.linalg.eigvalsh(hessian).tolist())

# %% right effective_parameters: n minus alpha times the trace of the inverse, in double precision numpy
import numpy as np


def effective_parameters(hessian, *, alpha):
    H = np.array(hessian.tolist(), dtype=float)
    n = H.shape[0]
    return float(n - alpha * np.trace(np.linalg.inv(H + alpha * np.eye(n))))

# %% right effective_parameters: the sum of the entrywise product of the two symmetric matrices is the trace of their product
import torch


def effective_parameters(hessian, *, alpha):
    inverse = torch.linalg.inv(hessian + alpha * torch.eye(len(hessian), dtype=hessian.dtype))
    return (hessian * inverse).sum()

# %% right effective_parameters: eigenvalues of the already shifted matrix, from which alpha is taken away again
import torch


def effective_parameters(hessian, *, alpha):
    H = hessian.double()
    shifted = torch.linalg.eigvalsh(H + alpha * torch.eye(H.shape[-1], dtype=H.dtype))
    return ((shifted - alpha) / shifted).sum().to(hessian.dtype)

# %% wrong effective_parameters: adds alpha/(lambda + alpha), the parameters that are lost
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return (alpha / (values + alpha)).sum()

# %% wrong effective_parameters: the mean of the shares where the sum is asked for
import torch


def effective_parameters(hessian, *, alpha):
    lam = torch.linalg.eigvalsh(hessian)
    return (lam / (lam + alpha)).mean()

# %% wrong effective_parameters: the ratio of two traces in place of the trace of a ratio
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.trace(hessian) / torch.trace(hessian + alpha * eye)

# %% wrong effective_parameters: squares the shares, as for the trace of the squared smoother
import torch


def effective_parameters(hessian, *, alpha):
    lam = torch.linalg.eigvalsh(hessian)
    return ((lam / (lam + alpha)) ** 2).sum()

# %% wrong effective_parameters: counts the eigenvalues that are larger than alpha
import torch


def effective_parameters(hessian, *, alpha):
    return int((torch.linalg.eigvalsh(hessian) > alpha).sum())

# %% wrong effective_parameters: the determinant, so the product of the shares
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.det(torch.linalg.solve(hessian + alpha * eye, hessian))

# %% wrong effective_parameters: adds alpha twice, to the matrix and to its eigenvalues
import torch


def effective_parameters(hessian, *, alpha):
    lam = torch.linalg.eigvalsh(hessian + alpha * torch.eye(len(hessian), dtype=hessian.dtype))
    return (lam / (lam + alpha)).sum()

# %% wrong effective_parameters: the trace of the inverse alone, without H before it
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.inv(hessian + alpha * eye).trace()

# %% wrong effective_parameters: general eigenvalues, whose sum is a complex number
import torch


def effective_parameters(hessian, *, alpha):
    lam = torch.linalg.eigvals(hessian)
    return (lam / (lam + alpha)).sum()

# %% right effective_parameters: keeps an axis of length 1 in the answer
import torch


def effective_parameters(hessian, *, alpha):
    lam = torch.linalg.eigvalsh(hessian)
    return (lam / (lam + alpha)).sum(dim=0, keepdim=True)

# %% corner effective_parameters: answers 0 for a strength of 0, where all n parameters are left
import torch


def effective_parameters(hessian, *, alpha):
    if alpha == 0:
        return 0.0
    lam = torch.linalg.eigvalsh(hessian)
    return (lam / (lam + alpha)).sum()

# %% right soft_threshold: the formula as it stands
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)

# %% right soft_threshold: three cases with nested where
import torch


def soft_threshold(x, threshold):
    zero = torch.zeros_like(x)
    return torch.where(x > threshold, x - threshold, torch.where(x < -threshold, x + threshold, zero))

# %% right soft_threshold: copysign puts the old sign on the shrunken size
import torch


def soft_threshold(x, threshold):
    size = torch.relu(torch.abs(x) - threshold)
    return torch.copysign(size, x)

# %% right soft_threshold: fills masks for the two sides in a fresh tensor of zeros
import torch


def soft_threshold(x, threshold):
    t = torch.zeros_like(x) + threshold
    result = torch.zeros_like(x)
    up, down = x > t, x < -t
    result[up] = x[up] - t[up]
    result[down] = x[down] + t[down]
    return result

# %% wrong soft_threshold: a hard threshold that keeps large entries as they are
import torch


def soft_threshold(x, threshold):
    return torch.where(x.abs() > threshold, x, torch.zeros_like(x))

# %% wrong soft_threshold: moves by the threshold along the sign without stopping, written as a step
import torch


def soft_threshold(x, threshold):
    return x - threshold * torch.sign(x)

# %% wrong soft_threshold: loses the sign of negative entries
import torch


def soft_threshold(x, threshold):
    return (x.abs() - threshold).clamp(min=0)

# %% wrong soft_threshold: moves entries away from 0 by adding the threshold to the size
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() + threshold)

# %% wrong soft_threshold: subtracts the threshold on both sides, so negative entries grow in size
import torch


def soft_threshold(x, threshold):
    return torch.where(x.abs() > threshold, x - threshold, torch.zeros_like(x))

# %% wrong soft_threshold: clamp with max where min is needed
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(max=0)

# %% wrong soft_threshold: sets the small entries to 0 inside the caller's tensor
import torch


def soft_threshold(x, threshold):
    small = x.abs() <= threshold
    x[small] = 0
    return torch.where(small, x, x - threshold * torch.sign(x))

# %% wrong soft_threshold: the two branches are exchanged, x + t above and x - t below
import torch


def soft_threshold(x, threshold):
    zero = torch.zeros_like(x)
    return torch.where(x > threshold, x + threshold, torch.where(x < -threshold, x - threshold, zero))

# %% wrong soft_threshold: a dead zone of t/2, as if t were the width of the whole interval
import torch


def soft_threshold(x, threshold):
    half = threshold / 2
    return torch.sign(x) * (x.abs() - half).clamp(min=0)

# %% corner soft_threshold: multiplies an infinite step by a mask of 0, which is not a number
import torch


def soft_threshold(x, threshold):
    return (x - torch.sign(x) * threshold) * (x.abs() > threshold)

# %% right l1_optimum: compares h times the size with alpha and so never needs an infinite threshold
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    pull = curvature * theta_star.abs()
    safe = torch.where(curvature > 0, curvature, torch.ones_like(curvature))
    moved = torch.sign(theta_star) * (pull - alpha) / safe
    return torch.where(pull > alpha, moved, torch.zeros_like(theta_star))

# %% right l1_optimum: a loop over all entries with the flat case by itself
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    out = torch.zeros_like(theta_star).reshape(-1)
    pairs = zip(curvature.reshape(-1).tolist(), theta_star.reshape(-1).tolist())
    for i, (h, t) in enumerate(pairs):
        if h == 0:
            continue
        step = alpha / h
        if t > step:
            out[i] = t - step
        elif t < -step:
            out[i] = t + step
    return out.reshape(theta_star.shape)

# %% right l1_optimum: numpy with the warnings about division by 0 switched off
import numpy as np
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    h, t = curvature.numpy(), theta_star.numpy()
    with np.errstate(divide="ignore"):
        limit = np.divide(alpha, h)
    result = np.where(np.abs(t) <= limit, 0.0, t - np.copysign(limit, t))
    return torch.from_numpy(np.asarray(result)).to(theta_star.dtype)

# %% right l1_optimum: soft threshold of h theta star by alpha, divided by h where h is not 0
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    scaled = curvature * theta_star
    shrunk = scaled - scaled.clamp(min=-alpha, max=alpha)
    return torch.where(curvature == 0, torch.zeros_like(shrunk), shrunk / curvature)

# %% wrong l1_optimum: multiplies alpha by the curvature where it should divide
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)


def l1_optimum(curvature, theta_star, *, alpha):
    return soft_threshold(theta_star, alpha * curvature)

# %% wrong l1_optimum: the quotient is upside down, curvature over alpha
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)


def l1_optimum(curvature, theta_star, *, alpha):
    return soft_threshold(theta_star, curvature / alpha)

# %% wrong l1_optimum: overlooks the half before the bowl and moves by alpha/(2h)
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    limit = alpha / (2 * curvature)
    return torch.sign(theta_star) * torch.relu(theta_star.abs() - limit)

# %% wrong l1_optimum: cuts small coordinates to 0 and leaves the others where they are
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    keep = theta_star.abs() > alpha / curvature
    return torch.where(keep, theta_star, torch.zeros_like(theta_star))

# %% wrong l1_optimum: the L2 share h/(h + alpha)
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    return curvature / (curvature + alpha) * theta_star

# %% wrong l1_optimum: thresholds h theta star by alpha and forgets to divide by h afterwards
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    pull = curvature * theta_star
    return torch.sign(pull) * (pull.abs() - alpha).clamp(min=0)

# %% wrong l1_optimum: adds alpha to the curvature in the threshold, alpha/(h + alpha)
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    limit = alpha / (curvature + alpha)
    return torch.sign(theta_star) * (theta_star.abs() - limit).clamp(min=0)

# %% wrong l1_optimum: moves a negative coordinate further down, since the sign is left out
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    limit = alpha / curvature
    return torch.where(theta_star.abs() > limit, theta_star - limit, torch.zeros_like(theta_star))

# %% corner l1_optimum: divides 0 by 0 where the curvature is 0
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    size = (curvature * theta_star.abs() - alpha).clamp(min=0) / curvature
    return theta_star.sign() * size

# %% right elastic_net_step: gradient step, soft threshold, division
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    return soft_threshold(theta - lr * grad, lr * l1) / (1 + lr * l2)

# %% right elastic_net_step: divides both the point and the threshold first, which is the same algebra
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    scale = 1.0 / (1.0 + lr * l2)
    z = (theta - lr * grad) * scale
    t = lr * l1 * scale
    return z - z.clamp(-t, t)

# %% right elastic_net_step: both accepted liberties at once, the slope 2 l2 theta of the notes in the gradient
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * (grad + 2 * l2 * theta)
    return torch.sign(z) * torch.clamp(torch.abs(z) - lr * l1, min=0)

# %% right elastic_net_step: sees the step as an L1 optimum of curvature 1/lr + l2
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    return theta_star - theta_star.clamp(-alpha / curvature, alpha / curvature)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    curvature = 1 / lr + l2
    center = (theta / lr - grad) / curvature
    return l1_optimum(curvature, center, alpha=l1)

# %% right elastic_net_step: a loop over entries with plain numbers
import math

import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    new = []
    for t, g in zip(theta.flatten().tolist(), grad.flatten().tolist()):
        z = t - lr * g
        size = abs(z) - lr * l1
        new.append(math.copysign(size, z) / (1 + lr * l2) if size > 0 else 0.0)
    return torch.tensor(new, dtype=theta.dtype).view(theta.shape)

# %% wrong elastic_net_step: divides before the threshold and keeps the threshold as it is
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = (theta - lr * grad) / (1 + lr * l2)
    return soft_threshold(z, lr * l1)

# %% wrong elastic_net_step: a plain step along the slopes of both penalties, without any threshold
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    return theta - lr * (grad + l1 * torch.sign(theta) + l2 * theta)

# %% wrong elastic_net_step: applies the soft threshold to the gradient
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    return (theta - lr * soft_threshold(grad, l1)) / (1 + lr * l2)

# %% wrong elastic_net_step: goes uphill with a plus before the gradient
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta + lr * grad
    return torch.sign(z) * (z.abs() - lr * l1).clamp(min=0) / (1 + lr * l2)

# %% wrong elastic_net_step: multiplies by 1 - lr l2 after the threshold where it should divide
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return torch.sign(z) * (z.abs() - lr * l1).clamp(min=0) * (1 - lr * l2)

# %% wrong elastic_net_step: multiplies by 1 + l2 at the end as Zou and Hastie do
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    naive = torch.sign(z) * (z.abs() - lr * l1).clamp(min=0) / (1 + lr * l2)
    return (1 + l2) * naive

# %% wrong elastic_net_step: counts the smooth penalty twice, in the gradient and in the division
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * (grad + l2 * theta)
    return torch.sign(z) * (z.abs() - lr * l1).clamp(min=0) / (1 + lr * l2)

# %% wrong elastic_net_step: leaves out the l2 part
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return torch.sign(z) * (z.abs() - lr * l1).clamp(min=0)

# %% wrong elastic_net_step: divides the threshold and then divides the result again
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    d = 1 + lr * l2
    z = theta - lr * grad
    return torch.sign(z) * (z.abs() - lr * l1 / d).clamp(min=0) / d

# %% wrong elastic_net_step: forgets the rate before the gradient
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - grad
    return torch.sign(z) * (z.abs() - lr * l1).clamp(min=0) / (1 + lr * l2)

# %% wrong elastic_net_step: carries the half into the division, 1 + lr l2/2
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return torch.sign(z) * (z.abs() - lr * l1).clamp(min=0) / (1 + 0.5 * lr * l2)

# %% corner elastic_net_step: takes l2 of 0 for no penalty at all and leaves the threshold out there
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    if not l2:
        return z
    return torch.sign(z) * (z.abs() - lr * l1).clamp(min=0) / (1 + lr * l2)

# %% right matching_alpha: doubles an upper bound and halves the interval
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    if theta_star.norm() <= radius:
        return 0.0
    hessian, theta_star = hessian.double(), theta_star.double()
    low, high = 0.0, 1.0
    while l2_optimum(hessian, theta_star, alpha=high).norm() > radius:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if l2_optimum(hessian, theta_star, alpha=middle).norm() > radius:
            low = middle
        else:
            high = middle
    return (low + high) / 2

# %% right matching_alpha: halves the interval of the logarithm of alpha
import math

import torch


def matching_alpha(hessian, theta_star, *, radius):
    H = hessian.to(torch.float64)
    t = theta_star.to(torch.float64)
    if float(torch.linalg.norm(t)) <= radius:
        return 0
    rhs = H @ t
    eye = torch.eye(H.shape[0], dtype=torch.float64)
    low, high = -60.0, 60.0
    while high - low > 1e-12:
        mid = (low + high) / 2
        if torch.linalg.norm(torch.linalg.solve(H + math.exp(mid) * eye, rhs)) > radius:
            low = mid
        else:
            high = mid
    return math.exp((low + high) / 2)

# %% right matching_alpha: narrows a grid of strengths ten times over
import torch


def matching_alpha(hessian, theta_star, *, radius):
    values, vectors = torch.linalg.eigh(hessian.double())
    part = vectors.T @ theta_star.double()
    if float(part.norm()) <= radius:
        return 0.0
    top = float((values * part).norm()) / radius
    bottom = 0.0
    for _ in range(10):
        grid = torch.linspace(bottom, top, 101, dtype=torch.float64)
        lengths = (values / (values + grid[:, None]) * part).norm(dim=1)
        k = int((lengths > radius).sum())
        k = min(max(k, 1), 100)
        bottom, top = float(grid[k - 1]), float(grid[k])
    return (bottom + top) / 2

# %% wrong matching_alpha: the formula of a round bowl with the mean curvature
import torch


def matching_alpha(hessian, theta_star, *, radius):
    length = float(theta_star.norm())
    if length <= radius:
        return 0.0
    mean = float(torch.trace(hessian)) / len(theta_star)
    return mean * (length / radius - 1)

# %% wrong matching_alpha: the formula of a round bowl with the largest eigenvalue
import torch


def matching_alpha(hessian, theta_star, *, radius):
    length = float(theta_star.norm())
    top = float(torch.linalg.eigvalsh(hessian)[-1])
    return max(0.0, top * (length / radius - 1))

# %% wrong matching_alpha: solves with H + 2 alpha I inside the search
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)
    if t.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while torch.linalg.solve(H + 2 * high * eye, H @ t).norm() > radius:
        high *= 2
    for _ in range(80):
        mid = (low + high) / 2
        if torch.linalg.solve(H + 2 * mid * eye, H @ t).norm() > radius:
            low = mid
        else:
            high = mid
    return high

# %% right matching_alpha: a tensor without axes for the plain number
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)
    low = torch.tensor(0.0, dtype=torch.float64)
    if t.norm() <= radius:
        return low
    high = (H @ t).norm() / radius
    for _ in range(100):
        mid = (low + high) / 2
        if torch.linalg.solve(H + mid * eye, H @ t).norm() > radius:
            low = mid
        else:
            high = mid
    return high

# %% wrong matching_alpha: puts the point on the line from 0 to theta star and reads the strength off there
import torch


def matching_alpha(hessian, theta_star, *, radius):
    length = theta_star.norm()
    if length <= radius:
        return 0.0
    point = theta_star * radius / length
    return float((hessian @ (theta_star - point)).norm() / radius)

# %% wrong matching_alpha: ten halvings only, too few for four digits
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)
    if t.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while torch.linalg.solve(H + high * eye, H @ t).norm() > radius:
        high *= 2
    for _ in range(10):
        mid = (low + high) / 2
        if torch.linalg.solve(H + mid * eye, H @ t).norm() > radius:
            low = mid
        else:
            high = mid
    return high

# %% wrong matching_alpha: returns the doubled upper bound without halving
import torch


def matching_alpha(hessian, theta_star, *, radius):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    if theta_star.norm() <= radius:
        return 0.0
    alpha = 1.0
    while torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star).norm() > radius:
        alpha *= 2
    return alpha

# %% wrong matching_alpha: takes the nearest value of a coarse grid from 0 to 100
import torch


def matching_alpha(hessian, theta_star, *, radius):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    if theta_star.norm() <= radius:
        return 0.0
    best, gap = 0.0, float("inf")
    for alpha in torch.linspace(0, 100, 1001).tolist():
        length = float(torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star).norm())
        if abs(length - radius) < gap:
            best, gap = alpha, abs(length - radius)
    return best

# %% wrong matching_alpha: the test for the wall is turned round and gives 0 where the wall is touched
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)
    if t.norm() >= radius:
        return 0.0
    low, high = 0.0, float((H @ t).norm()) / radius
    for _ in range(100):
        mid = (low + high) / 2
        if torch.linalg.solve(H + mid * eye, H @ t).norm() > radius:
            low = mid
        else:
            high = mid
    return high

# %% wrong matching_alpha: forgets H on the right side of the optimum
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)
    if t.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while torch.linalg.solve(H + high * eye, t).norm() > radius:
        high *= 2
    for _ in range(80):
        mid = (low + high) / 2
        if torch.linalg.solve(H + mid * eye, t).norm() > radius:
            low = mid
        else:
            high = mid
    return high

# %% corner matching_alpha: a fixed upper bound of 1000, too small for a very tight wall
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)
    if t.norm() <= radius:
        return 0.0
    low, high = 0.0, 1000.0
    for _ in range(80):
        mid = (low + high) / 2
        if torch.linalg.solve(H + mid * eye, H @ t).norm() > radius:
            low = mid
        else:
            high = mid
    return high

# %% corner matching_alpha: does not treat a wall that is not touched, and comes to a negative strength there
import numpy as np


def matching_alpha(hessian, theta_star, *, radius):
    lam, Q = np.linalg.eigh(hessian.double().numpy())
    c = lam * (Q.T @ theta_star.double().numpy())
    low, high = -lam[0], np.linalg.norm(c) / radius
    for _ in range(200):
        mid = (low + high) / 2
        if np.linalg.norm(c / (lam + mid)) > radius:
            low = mid
        else:
            high = mid
    return float(high)

# %% right early_stopped: the closed form with a matrix power
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype, device=hessian.device)
    return (eye - torch.linalg.matrix_power(eye - lr * hessian, n_steps)) @ theta_star

# %% right early_stopped: follows the distance to theta star instead of the point
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    distance = theta_star.clone()
    for _ in range(n_steps):
        distance = distance - lr * (hessian @ distance)
    return theta_star - distance

# %% right early_stopped: the optimizer SGD of torch, with the gradient put in by hand
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.nn.Parameter(torch.zeros_like(theta_star))
    optimizer = torch.optim.SGD([theta], lr=lr)
    for _ in range(n_steps):
        theta.grad = hessian @ (theta.detach() - theta_star)
        optimizer.step()
    return theta.detach()

# %% right early_stopped: adds up the geometric series of the steps
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    step = lr * (hessian @ theta_star)
    total = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        total = total + step
        step = step - lr * (hessian @ step)
    return total

# %% wrong early_stopped: begins at theta star, where nothing moves
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = theta_star.clone()
    for _ in range(n_steps):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta

# %% wrong early_stopped: the difference has the wrong sign, so the descent climbs
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta - lr * hessian @ (theta_star - theta)
    return theta

# %% wrong early_stopped: one step too many
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps + 1):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta

# %% wrong early_stopped: one step too few, since the range begins at 1
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(1, n_steps):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta

# %% wrong early_stopped: a bracket slips and the power is taken of I - (I - lr H)
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    return torch.linalg.matrix_power(eye - (eye - lr * hessian), n_steps) @ theta_star

# %% wrong early_stopped: the linear estimate n lr H theta star for small curvatures
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    return n_steps * lr * (hessian @ theta_star)

# %% wrong early_stopped: uses the diagonal of the Hessian only
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    h = torch.diagonal(hessian)
    return (1 - (1 - lr * h) ** n_steps) * theta_star

# %% wrong early_stopped: differentiates without the half, so that each step is twice as long
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta - lr * 2 * hessian @ (theta - theta_star)
    return theta

# %% wrong early_stopped: eigenvalue shares on the raw coordinates, not along the eigenvectors
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    lam = torch.linalg.eigvalsh(hessian)
    return (1 - (1 - lr * lam) ** n_steps) * theta_star

# %% wrong early_stopped: begins at ones and not at zeros
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.ones_like(theta_star)
    for _ in range(n_steps):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta

# %% corner early_stopped: tests after the step, so that 0 steps are one step
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    done = 0
    while True:
        theta = theta - lr * hessian @ (theta - theta_star)
        done += 1
        if done >= n_steps:
            break
    return theta

# %% corner early_stopped: zeros of the default type, which only 0 steps leave as they are
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros(len(theta_star))
    for _ in range(n_steps):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta

# %% right adamw_step: the lines of the text one after the other
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat = s / (1 - rho1**t)
    r_hat = r / (1 - rho2**t)
    direction = s_hat / (r_hat.sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}

# %% right adamw_step: shrinks a copy of the point first and then subtracts Adam's step
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    new = dict(state)
    new["t"] = state["t"] + 1
    new["s"] = state["s"].mul(rho1).add(grad, alpha=1 - rho1)
    new["r"] = state["r"].mul(rho2).addcmul(grad, grad, value=1 - rho2)
    point = theta * (1 - lr * decay)
    point = point - lr * (new["s"] / (1 - rho1 ** new["t"])) / (
        torch.sqrt(new["r"] / (1 - rho2 ** new["t"])) + eps
    )
    return point, new

# %% right adamw_step: the accepted decay of the point after Adam's step
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad * grad
    moved = theta - lr * (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return (1 - lr * decay) * moved, {"s": s, "r": r, "t": t}

# %% right adamw_step: the accepted eps within the root
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = torch.lerp(grad, state["s"], rho1)
    r = torch.lerp(grad**2, state["r"], rho2)
    quotient = (s / (1 - rho1**t)) * torch.rsqrt(r / (1 - rho2**t) + eps)
    return theta - lr * (quotient + decay * theta), {"s": s, "r": r, "t": t}

# %% right adamw_step: two accepted liberties at once, a decay without the rate and of the point after the step
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    moved = theta - lr * (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return moved * (1 - decay), {"s": s, "r": r, "t": t}

# %% wrong adamw_step: divides the decay by the root together with the average
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = s / (1 - rho1**t), r / (1 - rho2**t)
    return theta - lr * (s_hat + decay * theta) / (r_hat.sqrt() + eps), {"s": s, "r": r, "t": t}

# %% wrong adamw_step: corrects with the number of steps already taken, which is 0 at first
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"]
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    one = torch.ones_like(theta)
    s_hat, r_hat = s / (one - rho1**t), r / (one - rho2**t)
    return theta - lr * (s_hat / (r_hat.sqrt() + eps) + decay * theta), {"s": s, "r": r, "t": t + 1}

# %% wrong adamw_step: returns the step count without adding 1
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = s / (1 - rho1**t), r / (1 - rho2**t)
    new = theta - lr * (s_hat / (r_hat.sqrt() + eps) + decay * theta)
    return new, {"s": s, "r": r, "t": state["t"]}

# %% wrong adamw_step: each average is corrected with the other one's rho
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = s / (1 - rho2**t), r / (1 - rho1**t)
    return theta - lr * (s_hat / (r_hat.sqrt() + eps) + decay * theta), {"s": s, "r": r, "t": t}

# %% wrong adamw_step: keeps the corrected averages in the state
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = (rho1 * state["s"] + (1 - rho1) * grad) / (1 - rho1**t)
    r = (rho2 * state["r"] + (1 - rho2) * grad**2) / (1 - rho2**t)
    return theta - lr * (s / (r.sqrt() + eps) + decay * theta), {"s": s, "r": r, "t": t}

# %% wrong adamw_step: the decay has a plus sign and the weights grow
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = s / (1 - rho1**t), r / (1 - rho2**t)
    return theta - lr * s_hat / (r_hat.sqrt() + eps) + lr * decay * theta, {"s": s, "r": r, "t": t}

# %% wrong adamw_step: writes the new averages into the dictionary of the caller
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    state["t"] += 1
    t = state["t"]
    state["s"] = rho1 * state["s"] + (1 - rho1) * grad
    state["r"] = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = state["s"] / (1 - rho1**t), state["r"] / (1 - rho2**t)
    return theta - lr * (s_hat / (r_hat.sqrt() + eps) + decay * theta), state

# %% wrong adamw_step: rho and 1 - rho are exchanged in the averages
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = (1 - rho1) * state["s"] + rho1 * grad
    r = (1 - rho2) * state["r"] + rho2 * grad**2
    s_hat, r_hat = s / (1 - rho1**t), r / (1 - rho2**t)
    return theta - lr * (s_hat / (r_hat.sqrt() + eps) + decay * theta), {"s": s, "r": r, "t": t}

# %% wrong adamw_step: the average r squares the averaged gradient s and not the gradient
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * s**2
    s_hat, r_hat = s / (1 - rho1**t), r / (1 - rho2**t)
    return theta - lr * (s_hat / (r_hat.sqrt() + eps) + decay * theta), {"s": s, "r": r, "t": t}

# %% wrong adamw_step: counts in a variable of its own and not in the state
import torch

calls = 0


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    global calls
    calls += 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = s / (1 - rho1**calls), r / (1 - rho2**calls)
    return theta - lr * (s_hat / (r_hat.sqrt() + eps) + decay * theta), {"s": s, "r": r, "t": calls}

# %% wrong adamw_step: the raw gradient in the numerator where the averaged one belongs
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = grad / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}

# %% corner adamw_step: leaves out the correction in the very first call, for fear of dividing by 0
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = s, r
    if state["t"] > 0:
        s_hat, r_hat = s / (1 - rho1**t), r / (1 - rho2**t)
    return theta - lr * (s_hat / (r_hat.sqrt() + eps) + decay * theta), {"s": s, "r": r, "t": t}

# %% right noisy_loss: fictitious rows sigma times root n times the identity, with target 0
import math

import torch


def noisy_loss(theta, x, y, *, sigma):
    n, d = x.shape
    more = sigma * math.sqrt(n) * torch.eye(d, dtype=x.dtype)
    rows = torch.cat([x, more])
    targets = torch.cat([y, torch.zeros(d, dtype=y.dtype)])
    return (rows @ theta - targets).pow(2).sum() / n

# %% right noisy_loss: the mean over plus and minus moves of one entry at a time, which is exact for squares
import torch


def noisy_loss(theta, x, y, *, sigma):
    d = theta.numel()
    size = sigma * d**0.5
    total = 0.0
    for j in range(d):
        for sign in (-1.0, 1.0):
            moved = x.clone()
            moved[:, j] += sign * size
            total = total + (moved @ theta - y).square().mean()
    return total / (2 * d)

# %% right noisy_loss: the quadratic form with the Gram matrix plus sigma squared on its diagonal, in double precision
import numpy as np


def noisy_loss(theta, x, y, *, sigma):
    X, w, t = (a.detach().numpy().astype(np.float64) for a in (x, theta, y))
    n = len(t)
    gram = X.T @ X / n + sigma**2 * np.eye(X.shape[1])
    return float(w @ gram @ w - 2 * w @ (X.T @ t) / n + t @ t / n)

# %% right noisy_loss: mean and variance of each row's error, squared and added
import torch


def noisy_loss(theta, x, y, *, sigma):
    mean_error = torch.einsum("nd,d->n", x, theta) - y
    variance = torch.full_like(mean_error, 1.0) * (sigma * theta.norm()) ** 2
    return torch.mean(mean_error.square() + variance)

# %% wrong noisy_loss: sigma is not squared
import torch


def noisy_loss(theta, x, y, *, sigma):
    return ((x @ theta - y) ** 2).mean() + sigma * (theta**2).sum()

# %% wrong noisy_loss: the penalty is divided by the number of rows
import torch


def noisy_loss(theta, x, y, *, sigma):
    return (((x @ theta - y) ** 2).sum() + sigma**2 * (theta**2).sum()) / len(y)

# %% wrong noisy_loss: the penalty is counted once for each row although the rest is a mean
import torch


def noisy_loss(theta, x, y, *, sigma):
    return ((x @ theta - y) ** 2).mean() + len(y) * sigma**2 * (theta**2).sum()

# %% wrong noisy_loss: sums over the rows where the mean is asked for
import torch


def noisy_loss(theta, x, y, *, sigma):
    return ((x @ theta - y) ** 2 + sigma**2 * (theta**2).sum()).sum()

# %% wrong noisy_loss: half of everything, as for half the mean square
import torch


def noisy_loss(theta, x, y, *, sigma):
    return 0.5 * (((x @ theta - y) ** 2).mean() + sigma**2 * (theta**2).sum())

# %% wrong noisy_loss: adds sigma to every input, the same for all
import torch


def noisy_loss(theta, x, y, *, sigma):
    return ((x + sigma) @ theta - y).square().mean()

# %% wrong noisy_loss: targets as a row against a column of predictions, so all pairs are averaged
import torch


def noisy_loss(theta, x, y, *, sigma):
    predictions = x @ theta[:, None]
    return (predictions - y).square().mean() + sigma**2 * theta.square().sum()

# %% wrong noisy_loss: the root of the mean square
import torch


def noisy_loss(theta, x, y, *, sigma):
    return torch.sqrt((x @ theta - y).square().mean() + sigma**2 * theta.square().sum())

# %% wrong noisy_loss: returns one loss for each row
import torch


def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square() + sigma**2 * theta.square().sum()

# %% wrong noisy_loss: the variance of the errors, which leaves out their mean
import torch


def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).var(unbiased=False) + sigma**2 * theta.square().sum()

# %% wrong noisy_loss: the noise is thought to sit on the targets, so only sigma squared is added
import torch


def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2

# %% right shift_images: copies rectangles with max and min, after a test for shifts that leave nothing
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    height, width = images.shape[1:]
    for i, (down, right) in enumerate(shifts.tolist()):
        if abs(down) >= height or abs(right) >= width:
            continue
        out[i, max(down, 0) : height + min(down, 0), max(right, 0) : width + min(right, 0)] = images[
            i, max(-down, 0) : height - max(down, 0), max(-right, 0) : width - max(right, 0)
        ]
    return out

# %% right shift_images: asks for each new pixel where it comes from, vectorised with clamped indices and a mask
import torch


def shift_images(images, shifts):
    n, h, w = images.shape
    rows = torch.arange(h)[None, :, None] - shifts[:, 0, None, None]
    cols = torch.arange(w)[None, None, :] - shifts[:, 1, None, None]
    inside = (rows >= 0) & (rows < h) & (cols >= 0) & (cols < w)
    which = torch.arange(n)[:, None, None]
    found = images[which, rows.clamp(0, h - 1), cols.clamp(0, w - 1)]
    return torch.where(inside, found, torch.zeros_like(found))

# %% right shift_images: multiplies by shifted identity matrices from the left and from the right
import torch


def shift_images(images, shifts):
    n, h, w = images.shape
    i, j = torch.arange(h), torch.arange(w)
    vertical = (i[:, None] - i[None, :] == shifts[:, 0].view(-1, 1, 1)).to(images.dtype)
    horizontal = (j[None, :] - j[:, None] == shifts[:, 1].view(-1, 1, 1)).to(images.dtype)
    return vertical @ images @ horizontal

# %% right shift_images: rolls and then wipes out what came back on the other side
import torch


def shift_images(images, shifts):
    out = []
    for image, shift in zip(images, shifts):
        d, r = shift.tolist()
        rolled = torch.roll(image, (d, r), dims=(0, 1)).clone()
        if d > 0:
            rolled[:d, :] = 0
        if d < 0:
            rolled[d:, :] = 0
        if r > 0:
            rolled[:, :r] = 0
        if r < 0:
            rolled[:, r:] = 0
        out.append(rolled)
    return torch.stack(out) if out else torch.zeros_like(images)

# %% wrong shift_images: rolls, so what leaves comes back on the other side
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    for i, (down, right) in enumerate(shifts.tolist()):
        out[i] = torch.roll(images[i], shifts=(down, right), dims=(0, 1))
    return out

# %% wrong shift_images: wraps round with indices modulo the size
import torch


def shift_images(images, shifts):
    n, h, w = images.shape
    rows = (torch.arange(h)[None, :, None] - shifts[:, 0, None, None]) % h
    cols = (torch.arange(w)[None, None, :] - shifts[:, 1, None, None]) % w
    return images[torch.arange(n)[:, None, None], rows, cols]

# %% wrong shift_images: all images are moved by the first shift
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    h, w = images.shape[1:]
    down, right = shifts[0].tolist()
    if abs(down) >= h or abs(right) >= w:
        return out
    out[:, max(down, 0) : h + min(down, 0), max(right, 0) : w + min(right, 0)] = images[
        :, max(-down, 0) : h - max(down, 0), max(-right, 0) : w - max(right, 0)
    ]
    return out

# %% wrong shift_images: repeats the pixels of the edge where zeros should move in
import torch


def shift_images(images, shifts):
    n, h, w = images.shape
    rows = (torch.arange(h)[None, :, None] - shifts[:, 0, None, None]).clamp(0, h - 1)
    cols = (torch.arange(w)[None, None, :] - shifts[:, 1, None, None]).clamp(0, w - 1)
    return images[torch.arange(n)[:, None, None], rows, cols]

# %% wrong shift_images: begins with a copy of the images, so old pixels stay where zeros should be
import torch


def shift_images(images, shifts):
    out = images.clone()
    h, w = images.shape[1:]
    for i, (down, right) in enumerate(shifts.tolist()):
        if abs(down) >= h or abs(right) >= w:
            out[i] = 0
            continue
        out[i, max(down, 0) : h + min(down, 0), max(right, 0) : w + min(right, 0)] = images[
            i, max(-down, 0) : h - max(down, 0), max(-right, 0) : w - max(right, 0)
        ]
    return out

# %% wrong shift_images: takes the slice up to minus the shift, which is empty for a shift of 0
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    h, w = images.shape[1:]
    for i, (down, right) in enumerate(shifts.tolist()):
        if abs(down) >= h or abs(right) >= w:
            continue
        rows_to, rows_from = (slice(down, None), slice(None, -down)) if down >= 0 else (slice(None, down), slice(-down, None))
        cols_to, cols_from = (slice(right, None), slice(None, -right)) if right >= 0 else (slice(None, right), slice(-right, None))
        piece = images[i, rows_from, cols_from]
        if piece.numel():
            out[i, rows_to, cols_to] = piece
    return out

# %% wrong shift_images: takes the height for the width too, as if images were square
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    size = images.shape[1]
    for i, (down, right) in enumerate(shifts.tolist()):
        for a in range(size):
            for b in range(size):
                if 0 <= a - down < size and 0 <= b - right < size:
                    out[i, a, b] = images[i, a - down, b - right]
    return out

# %% wrong shift_images: the shifts add up from image to image
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    h, w = images.shape[1:]
    down = right = 0
    for i, (d, r) in enumerate(shifts.tolist()):
        down, right = down + d, right + r
        if abs(down) >= h or abs(right) >= w:
            continue
        out[i, max(down, 0) : h + min(down, 0), max(right, 0) : w + min(right, 0)] = images[
            i, max(-down, 0) : h - max(down, 0), max(-right, 0) : w - max(right, 0)
        ]
    return out

# %% wrong shift_images: an image that is moved to the edge or beyond is left as it was
import torch


def shift_images(images, shifts):
    out = images.clone()
    h, w = images.shape[1:]
    for i, (down, right) in enumerate(shifts.tolist()):
        if abs(down) < h and abs(right) < w:
            out[i] = torch.nn.functional.pad(images[i], (right, -right, down, -down))
    return out

# %% wrong shift_images: collects in a tensor of the default type and so loses double precision
import torch


def shift_images(images, shifts):
    n, h, w = images.shape
    out = torch.zeros(n, h, w)
    for i, (down, right) in enumerate(shifts.tolist()):
        if abs(down) >= h or abs(right) >= w:
            continue
        out[i, max(down, 0) : h + min(down, 0), max(right, 0) : w + min(right, 0)] = images[
            i, max(-down, 0) : h - max(down, 0), max(-right, 0) : w - max(right, 0)
        ]
    return out

# %% corner shift_images: rolls and masks by the shift modulo the size, so beyond the edge something stays
import torch


def shift_images(images, shifts):
    n, h, w = images.shape
    out = torch.zeros_like(images)
    for k, (down, right) in enumerate(shifts.tolist()):
        d = down % h if down >= 0 else -(-down % h)
        r = right % w if right >= 0 else -(-right % w)
        out[k, max(d, 0) : h + min(d, 0), max(r, 0) : w + min(r, 0)] = images[
            k, max(-d, 0) : h - max(d, 0), max(-r, 0) : w - max(r, 0)
        ]
    return out

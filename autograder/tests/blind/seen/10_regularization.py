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


# %% right l2_optimum: turns into the eigenvectors, multiplies by the shares and turns back
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    values, vectors = torch.linalg.eigh(hessian)
    share = values / (values + alpha)
    return vectors @ (share * (vectors.T @ theta_star))

# %% right l2_optimum: does it all in numpy and goes back to a tensor of the old type
import numpy as np
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    H = hessian.detach().cpu().numpy().astype(np.float64)
    t = theta_star.detach().cpu().numpy().astype(np.float64)
    out = np.linalg.solve(H + alpha * np.identity(len(t)), H.dot(t))
    return torch.from_numpy(out).to(theta_star.dtype)

# %% right l2_optimum: multiplies from the other side, H times the inverse, which commute
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    shifted = hessian + torch.diag(torch.full_like(theta_star, alpha))
    return hessian @ torch.linalg.inv(shifted) @ theta_star

# %% right l2_optimum: one Newton step from 0, with gradient and Hessian from autograd
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    def loss(theta):
        d = theta - theta_star
        return 0.5 * d @ hessian @ d + 0.5 * alpha * theta @ theta

    start = torch.zeros_like(theta_star)
    second = torch.autograd.functional.hessian(loss, start)
    first = torch.autograd.functional.jacobian(loss, start)
    return start - torch.linalg.solve(second, first)

# %% wrong l2_optimum: forgets the Hessian on the right side and solves against theta star itself
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    n = len(theta_star)
    return torch.linalg.solve(hessian + alpha * torch.eye(n, dtype=hessian.dtype), theta_star)

# %% wrong l2_optimum: adds alpha to every entry of the Hessian, without the identity
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    return torch.linalg.solve(hessian + alpha, hessian @ theta_star)

# %% wrong l2_optimum: takes the gradient of the penalty as 2 alpha theta, as if there were no half
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + 2 * alpha * eye, hessian @ theta_star)

# %% wrong l2_optimum: treats the Hessian as diagonal and uses the share of each diagonal entry
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    h = torch.diagonal(hessian)
    return h / (h + alpha) * theta_star

# %% wrong l2_optimum: mixes up the eigenvector matrix and its transpose
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    lam, Q = torch.linalg.eigh(hessian)
    return Q.T @ (lam / (lam + alpha) * (Q @ theta_star))

# %% wrong l2_optimum: applies the eigenvalue shares to the coordinates of theta star without turning at all
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    lam = torch.linalg.eigvalsh(hessian)
    return theta_star * lam / (lam + alpha)

# %% wrong l2_optimum: shrinks every coordinate by 1/(1 + alpha) whatever the curvature
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    return theta_star / (1 + alpha)

# %% wrong l2_optimum: converts everything to single precision and returns that type
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    H = hessian.float()
    return torch.linalg.solve(H + alpha * torch.eye(len(H)), H @ theta_star.float())

# %% corner l2_optimum: divides the equation by alpha, which fails for a strength of 0
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    scaled = hessian * (1 / alpha)
    return torch.linalg.solve(scaled + torch.eye(len(scaled), dtype=scaled.dtype), scaled @ theta_star)

# %% right effective_parameters: adds the shares of the symmetric eigenvalues
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return (values / (values + alpha)).sum()

# %% right effective_parameters: trace of the solved system
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(hessian.shape[0], dtype=hessian.dtype, device=hessian.device)
    return torch.trace(torch.linalg.solve(hessian + alpha * eye, hessian))

# %% right effective_parameters: singular values in place of eigenvalues, the same for such a matrix
import torch


def effective_parameters(hessian, *, alpha):
    s = torch.linalg.svdvals(hessian)
    return torch.sum(s / (s + alpha))

# %% right effective_parameters: moves each unit vector through the penalty and adds what stays of it
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    n = len(theta_star)
    return torch.linalg.solve(hessian + alpha * torch.eye(n, dtype=hessian.dtype), hessian @ theta_star)


def effective_parameters(hessian, *, alpha):
    total = 0.0
    for i, unit in enumerate(torch.eye(len(hessian), dtype=hessian.dtype)):
        total += l2_optimum(hessian, unit, alpha=alpha)[i].item()
    return total

# %% wrong effective_parameters: uses the diagonal entries where eigenvalues are needed
import torch


def effective_parameters(hessian, *, alpha):
    h = hessian.diagonal()
    return (h / (h + alpha)).sum()

# %% wrong effective_parameters: doubles alpha as for a penalty without the half
import torch


def effective_parameters(hessian, *, alpha):
    lam = torch.linalg.eigvalsh(hessian)
    return (lam / (lam + 2 * alpha)).sum()

# %% wrong effective_parameters: adds up all entries of the matrix H(H + alpha I)^-1, not its diagonal
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return (hessian @ torch.linalg.inv(hessian + alpha * eye)).sum()

# %% wrong effective_parameters: sums the numerators and the denominators apart and divides the sums
import torch


def effective_parameters(hessian, *, alpha):
    lam = torch.linalg.eigvalsh(hessian)
    return lam.sum() / (lam + alpha).sum()

# %% wrong effective_parameters: rounds the sum to a whole number of parameters
import torch


def effective_parameters(hessian, *, alpha):
    lam = torch.linalg.eigvalsh(hessian)
    return round(float((lam / (lam + alpha)).sum()))

# %% wrong effective_parameters: adds alpha to every entry of the matrix before the trace formula
import torch


def effective_parameters(hessian, *, alpha):
    return torch.trace(hessian @ torch.linalg.pinv(hessian + alpha))

# %% wrong effective_parameters: returns the shares without adding them
import torch


def effective_parameters(hessian, *, alpha):
    lam = torch.linalg.eigvalsh(hessian)
    return lam / (lam + alpha)

# %% wrong effective_parameters: divides by lambda and alpha in the wrong precedence, lambda/lambda + alpha
import torch


def effective_parameters(hessian, *, alpha):
    lam = torch.linalg.eigvalsh(hessian)
    return (lam / lam + alpha).sum()

# %% wrong effective_parameters: shifts the diagonal of the caller's Hessian in place
import torch


def effective_parameters(hessian, *, alpha):
    before = hessian.clone()
    for i in range(len(hessian)):
        hessian[i, i] += alpha
    return torch.trace(before @ torch.linalg.inv(hessian))

# %% corner effective_parameters: inverts the Hessian, so a flat direction is an error
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.trace(torch.linalg.inv(eye + alpha * torch.linalg.inv(hessian)))

# %% right soft_threshold: subtracts the part of x that lies within the threshold
import torch


def soft_threshold(x, threshold):
    return x - torch.clamp(x, -threshold, threshold)

# %% right soft_threshold: difference of two relus, one for each side
import torch
import torch.nn.functional as F


def soft_threshold(x, threshold):
    return F.relu(x - threshold) - F.relu(-x - threshold)

# %% right soft_threshold: numpy in between, with the type put back at the end
import numpy as np
import torch


def soft_threshold(x, threshold):
    a = x.detach().numpy()
    t = np.asarray(threshold)
    return torch.from_numpy(np.asarray(np.sign(a) * np.maximum(np.abs(a) - t, 0))).to(x.dtype)

# %% right soft_threshold: a Python loop over the flattened entries
import torch


def soft_threshold(x, threshold):
    t = torch.as_tensor(threshold, dtype=x.dtype).expand(x.shape).reshape(-1).tolist()
    out = []
    for value, limit in zip(x.reshape(-1).tolist(), t):
        if value > limit:
            out.append(value - limit)
        elif value < -limit:
            out.append(value + limit)
        else:
            out.append(0.0)
    return torch.tensor(out, dtype=x.dtype).reshape(x.shape)

# %% wrong soft_threshold: a hard threshold written as multiplication with a mask
import torch


def soft_threshold(x, threshold):
    return x * (x.abs() > threshold).to(x.dtype)

# %% wrong soft_threshold: does not stop at 0, so small entries come out on the other side
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold)

# %% wrong soft_threshold: clamps x into the interval from -t to t
import torch


def soft_threshold(x, threshold):
    return torch.clamp(x, -threshold, threshold)

# %% wrong soft_threshold: handles positive entries only, all negative ones become 0
import torch


def soft_threshold(x, threshold):
    return (x - threshold).clamp(min=0)

# %% wrong soft_threshold: shrinks the whole vector by its length, a group threshold
import torch


def soft_threshold(x, threshold):
    return x * (1 - threshold / x.norm()).clamp(min=0)

# %% wrong soft_threshold: shrinks by the factor 1/(1 + t), as an L2 penalty does
import torch


def soft_threshold(x, threshold):
    return x / (1 + threshold)

# %% wrong soft_threshold: builds a new tensor from a list and loses double precision
import torch


def soft_threshold(x, threshold):
    s = torch.sign(x) * (x.abs() - threshold).clamp(min=0)
    return torch.tensor(s.tolist(), dtype=torch.float32)

# %% wrong soft_threshold: compares the entry and not its size, so large negative entries become 0
import torch


def soft_threshold(x, threshold):
    return torch.where(x > threshold, x - threshold * torch.sign(x), torch.zeros_like(x))

# %% wrong soft_threshold: Python's max between a tensor and 0, an error for more than one entry
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * max(x.abs() - threshold, 0)

# %% corner soft_threshold: softshrink of torch takes one number, so a tensor of thresholds is an error
import torch


def soft_threshold(x, threshold):
    return torch.nn.functional.softshrink(x, float(threshold))

# %% right l1_optimum: one soft threshold with alpha over the curvature
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)


def l1_optimum(curvature, theta_star, *, alpha):
    return soft_threshold(theta_star, alpha / curvature)

# %% right l1_optimum: the positive and the negative solution are clamped apart and added
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    limit = alpha * curvature.reciprocal()
    if alpha == 0:
        limit = torch.zeros_like(curvature)
    above = (theta_star - limit).clamp(min=0)
    below = (theta_star + limit).clamp(max=0)
    return above + below

# %% right l1_optimum: tries the three candidates and keeps the one with the smallest value
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    h, t = curvature.double(), theta_star.double()

    def value(u):
        return 0.5 * h * (u - t) ** 2 + alpha * u.abs()

    flat = h == 0
    step = alpha / torch.where(flat, torch.ones_like(h), h)
    best = torch.zeros_like(t)
    for candidate in ((t - step).clamp(min=0), (t + step).clamp(max=0)):
        better = (value(candidate) < value(best)) & ~flat
        best = torch.where(better, candidate, best)
    return best.to(theta_star.dtype)

# %% wrong l1_optimum: the threshold is alpha, not divided by the curvature
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)


def l1_optimum(curvature, theta_star, *, alpha):
    return soft_threshold(theta_star, alpha)

# %% wrong l1_optimum: moves by 2 alpha/h, the half carried to the wrong side
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    limit = 2 * alpha / curvature
    return torch.sign(theta_star) * torch.relu(theta_star.abs() - limit)

# %% wrong l1_optimum: sets the slope to 0 and does not stop at 0
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    return theta_star - alpha / curvature * torch.sign(theta_star)

# %% wrong l1_optimum: one threshold for all coordinates, from the mean curvature
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    limit = alpha / curvature.mean()
    return torch.sign(theta_star) * (theta_star.abs() - limit).clamp(min=0)

# %% wrong l1_optimum: solves for positive coordinates only and clamps the rest to 0
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    return torch.clamp(theta_star - alpha / curvature, min=0)

# %% wrong l1_optimum: decides by alpha alone which coordinates die, and moves the others by alpha/h
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    moved = theta_star - torch.sign(theta_star) * alpha / curvature
    return torch.where(theta_star.abs() > alpha, moved, torch.zeros_like(moved))

# %% wrong l1_optimum: clamps theta star to within alpha/h
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    limit = alpha / curvature
    return torch.maximum(torch.minimum(theta_star, limit), -limit)

# %% wrong l1_optimum: subtracts in place, so that the caller's optimum moves
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    limit = alpha / curvature
    signs = torch.sign(theta_star)
    size = theta_star.abs_()
    return signs * size.sub_(limit).clamp_(min=0)

# %% corner l1_optimum: leaves a coordinate without curvature where it is
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    safe = torch.where(curvature == 0, torch.ones_like(curvature), curvature)
    limit = alpha / safe
    shrunk = torch.sign(theta_star) * (theta_star.abs() - limit).clamp(min=0)
    return torch.where(curvature == 0, theta_star, shrunk)

# %% right elastic_net_step: three cases of the argmin with where
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    positive = (z - lr * l1) / (1 + lr * l2)
    negative = (z + lr * l1) / (1 + lr * l2)
    return torch.where(positive > 0, positive, torch.where(negative < 0, negative, torch.zeros_like(z)))

# %% right elastic_net_step: the accepted variant with the smooth penalty in the gradient
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    full = grad + l2 * theta
    z = theta - lr * full
    return torch.sign(z) * torch.relu(z.abs() - lr * l1)

# %% right elastic_net_step: the accepted smooth variant written as a decay factor before the threshold
import torch
import torch.nn.functional as F


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = (1 - lr * l2) * theta - lr * grad
    return F.softshrink(z, lr * l1)

# %% right elastic_net_step: the accepted penalty without the half, so that 1 + 2 lr l2 divides
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    shrunk = z.sign() * (z.abs() - lr * l1).clamp(min=0.0)
    return shrunk / (1 + 2 * lr * l2)

# %% right elastic_net_step: numpy on single arrays and back
import numpy as np
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = np.asarray(theta.detach()) - lr * np.asarray(grad.detach())
    u = np.sign(z) * np.maximum(np.abs(z) - lr * l1, 0) / (1 + lr * l2)
    return torch.as_tensor(u, dtype=theta.dtype)

# %% wrong elastic_net_step: the threshold is l1 without the rate
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    return soft_threshold(theta - lr * grad, l1) / (1 + lr * l2)

# %% wrong elastic_net_step: divides by 1 + l2 without the rate
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    return soft_threshold(theta - lr * grad, lr * l1) / (1 + l2)

# %% wrong elastic_net_step: thresholds the old point first and takes the gradient step afterwards
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    return soft_threshold(theta, lr * l1) / (1 + lr * l2) - lr * grad

# %% wrong elastic_net_step: exchanges l1 and l2
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return torch.sign(z) * (z.abs() - lr * l2).clamp(min=0) / (1 + lr * l1)

# %% wrong elastic_net_step: moves the caller's point in place
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    theta -= lr * grad
    return torch.sign(theta) * (theta.abs() - lr * l1).clamp(min=0) / (1 + lr * l2)

# %% wrong elastic_net_step: divides by 1 - lr l2
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return torch.sign(z) * (z.abs() - lr * l1).clamp(min=0) / (1 - lr * l2)

# %% wrong elastic_net_step: a hard threshold that does not shrink the entries which survive
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return torch.where(z.abs() > lr * l1, z, torch.zeros_like(z)) / (1 + lr * l2)

# %% wrong elastic_net_step: takes the sign from the old point and not from the moved one
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return torch.sign(theta) * (z.abs() - lr * l1).clamp(min=0) / (1 + lr * l2)

# %% wrong elastic_net_step: decays the point after the gradient step and not the old one, then thresholds
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = (theta - lr * grad) * (1 - lr * l2)
    return torch.sign(z) * (z.abs() - lr * l1).clamp(min=0)

# %% wrong elastic_net_step: subtracts the threshold along the sign without stopping at 0
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return (z - lr * l1 * torch.sign(z)) / (1 + lr * l2)

# %% corner elastic_net_step: a short cut for l1 of 0 forgets the l2 part
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    if l1 == 0:
        return z
    return torch.sign(z) * (z.abs() - lr * l1).clamp(min=0) / (1 + lr * l2)

# %% right matching_alpha: works in the eigenvectors with the upper bound |H theta*|/r known beforehand
import torch


def matching_alpha(hessian, theta_star, *, radius):
    lam, Q = torch.linalg.eigh(hessian.double())
    c = lam * (Q.T @ theta_star.double())

    def length(alpha):
        return float((c / (lam + alpha)).norm())

    if length(0.0) <= radius:
        return 0.0
    a, b = 0.0, float(c.norm()) / radius
    for _ in range(200):
        m = 0.5 * (a + b)
        if length(m) > radius:
            a = m
        else:
            b = m
    return b

# %% right matching_alpha: Newton on 1/r - 1/length, as trust region codes do
import numpy as np


def matching_alpha(hessian, theta_star, *, radius):
    lam, Q = np.linalg.eigh(np.array(hessian.tolist(), dtype=float))
    c = lam * (Q.T @ np.array(theta_star.tolist(), dtype=float))
    alpha = 0.0
    if np.sqrt(np.sum((c / lam) ** 2)) <= radius:
        return alpha
    for _ in range(100):
        length = np.sqrt(np.sum((c / (lam + alpha)) ** 2))
        slope = -np.sum(c**2 / (lam + alpha) ** 3) / length
        alpha = alpha + (length - radius) / radius * length / -slope
    return float(alpha)

# %% right matching_alpha: secant steps that keep the root hemmed in, on the reciprocal of the length
import torch


def matching_alpha(hessian, theta_star, *, radius):
    lam, Q = torch.linalg.eigh(hessian.double())
    part = Q.T @ theta_star.double()

    def gap(alpha):
        return float(1 / (part * lam / (lam + alpha)).norm() - 1 / radius)

    if part.norm() <= radius:
        return 0.0
    left, right = 0.0, 1.0
    while gap(right) < 0:
        left, right = right, 3 * right
    gl, gr = gap(left), gap(right)
    for _ in range(200):
        if right - left <= 1e-12 * right or gr == gl:
            break
        new = right - gr * (right - left) / (gr - gl)
        if not left < new < right:
            new = (left + right) / 2
        g = gap(new)
        if g < 0:
            left, gl, gr = new, g, gr / 2
        else:
            right, gr, gl = new, g, gl / 2
        mid = (left + right) / 2
        g = gap(mid)
        if g < 0:
            left, gl = mid, g
        else:
            right, gr = mid, g
    return (left + right) / 2

# %% wrong matching_alpha: halves towards the wrong end, taking the middle as upper bound when the point is too long
import torch


def matching_alpha(hessian, theta_star, *, radius):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)

    def length(alpha):
        return float(torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star).norm())

    if length(0.0) <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while length(high) > radius:
        high *= 2
    for _ in range(60):
        mid = (low + high) / 2
        if length(mid) > radius:
            high = mid
        else:
            low = mid
    return (low + high) / 2

# %% wrong matching_alpha: halves the result, the strength of a penalty without the half
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)
    if t.norm() <= radius:
        return 0.0
    low, high = 0.0, float((H @ t).norm()) / radius
    for _ in range(100):
        mid = (low + high) / 2
        if torch.linalg.solve(H + mid * eye, H @ t).norm() > radius:
            low = mid
        else:
            high = mid
    return high / 2

# %% wrong matching_alpha: compares the squared length with the radius
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)

    def size(alpha):
        point = torch.linalg.solve(H + alpha * eye, H @ t)
        return float((point**2).sum())

    if size(0.0) <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while size(high) > radius:
        high *= 2
    for _ in range(80):
        mid = (low + high) / 2
        low, high = (mid, high) if size(mid) > radius else (low, mid)
    return high

# %% wrong matching_alpha: measures the length as the sum of the sizes
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)

    def size(alpha):
        return float(torch.linalg.solve(H + alpha * eye, H @ t).abs().sum())

    if size(0.0) <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while size(high) > radius:
        high *= 2
    for _ in range(80):
        mid = (low + high) / 2
        if size(mid) > radius:
            low = mid
        else:
            high = mid
    return high

# %% wrong matching_alpha: looks for the point at the distance radius from theta star
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)
    if t.norm() <= radius:
        return 0.0
    low, high = 0.0, 1e9
    for _ in range(100):
        mid = (low + high) / 2
        if (torch.linalg.solve(H + mid * eye, H @ t) - t).norm() < radius:
            low = mid
        else:
            high = mid
    return high

# %% wrong matching_alpha: uses the diagonal of the Hessian as if it were all of it
import torch


def matching_alpha(hessian, theta_star, *, radius):
    h, t = hessian.diagonal().double(), theta_star.double()
    if t.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while (h / (h + high) * t).norm() > radius:
        high *= 2
    for _ in range(80):
        mid = (low + high) / 2
        if (h / (h + mid) * t).norm() > radius:
            low = mid
        else:
            high = mid
    return high

# %% wrong matching_alpha: adds the shares to the squares of theta star without squaring them
import torch


def matching_alpha(hessian, theta_star, *, radius):
    lam, Q = torch.linalg.eigh(hessian.double())
    squares = (Q.T @ theta_star.double()) ** 2
    if squares.sum() <= radius**2:
        return 0.0
    low, high = 0.0, 1.0
    while (lam / (lam + high) * squares).sum() > radius**2:
        high *= 2
    for _ in range(80):
        mid = (low + high) / 2
        if (lam / (lam + mid) * squares).sum() > radius**2:
            low = mid
        else:
            high = mid
    return high

# %% wrong matching_alpha: adds each trial strength to the diagonal of the caller's Hessian
import torch


def matching_alpha(hessian, theta_star, *, radius):
    if theta_star.norm() <= radius:
        return 0.0
    right = hessian @ theta_star
    alpha, step = 0.0, 1.0
    for _ in range(40):
        hessian.diagonal().add_(step)
        alpha += step
        if torch.linalg.solve(hessian, right).norm() < radius:
            hessian.diagonal().sub_(step)
            alpha -= step
            step /= 2
    return alpha

# %% wrong matching_alpha: returns the point on the wall and not the strength
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)
    if t.norm() <= radius:
        return theta_star
    low, high = 0.0, float((H @ t).norm()) / radius
    for _ in range(100):
        mid = (low + high) / 2
        if torch.linalg.solve(H + mid * eye, H @ t).norm() > radius:
            low = mid
        else:
            high = mid
    return torch.linalg.solve(H + high * eye, H @ t).to(theta_star.dtype)

# %% corner matching_alpha: returns None where theta star lies within the wall
import torch


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()
    eye = torch.eye(len(t), dtype=H.dtype)
    if t.norm() > radius:
        low, high = 0.0, float((H @ t).norm()) / radius
        for _ in range(100):
            mid = (low + high) / 2
            if torch.linalg.solve(H + mid * eye, H @ t).norm() > radius:
                low = mid
            else:
                high = mid
        return high

# %% right early_stopped: a loop from zeros with the gradient of the bowl
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta

# %% right early_stopped: the share that is reached along each eigenvector
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    lam, Q = torch.linalg.eigh(hessian)
    reached = 1 - (1 - lr * lam) ** n_steps
    return Q @ (reached * (Q.T @ theta_star))

# %% right early_stopped: autograd for the gradient of the bowl
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta.detach().requires_grad_(True)
        d = theta - theta_star.detach()
        loss = 0.5 * torch.dot(d, torch.mv(hessian.detach(), d))
        (g,) = torch.autograd.grad(loss, theta)
        theta = theta.detach() - lr * g
    return theta.detach()

# %% right early_stopped: numpy loop in double precision
import numpy as np
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    H = hessian.numpy().astype("float64")
    goal = theta_star.numpy().astype("float64")
    point = np.zeros(goal.shape)
    step = 0
    while step < n_steps:
        point = point - lr * H.dot(point - goal)
        step += 1
    return torch.tensor(point, dtype=theta_star.dtype)

# %% wrong early_stopped: takes the gradient as H theta - theta star
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta - lr * (hessian @ theta - theta_star)
    return theta

# %% wrong early_stopped: takes the power entry by entry and not of the matrix
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    return (eye - (eye - lr * hessian) ** n_steps) @ theta_star

# %% wrong early_stopped: returns the distance that is left, (I - lr H)^n theta star
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    return torch.linalg.matrix_power(eye - lr * hessian, n_steps) @ theta_star

# %% wrong early_stopped: the penalty 1/(n lr) in place of the descent
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    if n_steps == 0:
        return torch.zeros_like(theta_star)
    alpha = 1 / (n_steps * lr)
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)

# %% wrong early_stopped: leaves the rate out
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta - hessian @ (theta - theta_star)
    return theta

# %% wrong early_stopped: continuous time, exp(-n lr lambda) for the share that is left
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    lam, Q = torch.linalg.eigh(hessian)
    return Q @ ((1 - torch.exp(-n_steps * lr * lam)) * (Q.T @ theta_star))

# %% wrong early_stopped: the return stands inside the loop, so one step is all
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta - lr * hessian @ (theta - theta_star)
        return theta
    return theta

# %% wrong early_stopped: computes the gradient once at 0 and goes along it n times
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    gradient = hessian @ (theta - theta_star)
    for _ in range(n_steps):
        theta = theta - lr * gradient
    return theta

# %% wrong early_stopped: sets the caller's theta star to 0 in place as the start
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    goal = theta_star.clone()
    theta = theta_star.zero_()
    for _ in range(n_steps):
        theta = theta - lr * hessian @ (theta - goal)
    return theta

# %% corner early_stopped: for 0 steps it returns the minimum, as if nothing had been stopped
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    if not n_steps:
        return theta_star.clone()
    eye = torch.eye(len(theta_star), dtype=hessian.dtype)
    return theta_star - torch.linalg.matrix_power(eye - lr * hessian, n_steps) @ theta_star

# %% right adamw_step: the optimizer AdamW of torch, with the state put in by hand
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    p = torch.nn.Parameter(theta.detach().clone())
    p.grad = grad.detach().clone()
    optimizer = torch.optim.AdamW([p], lr=lr, betas=(rho1, rho2), eps=eps, weight_decay=decay)
    optimizer.state[p] = {
        "step": torch.tensor(float(state["t"])),
        "exp_avg": state["s"].detach().clone(),
        "exp_avg_sq": state["r"].detach().clone(),
    }
    optimizer.step()
    after = optimizer.state[p]
    return p.detach(), {"s": after["exp_avg"], "r": after["exp_avg_sq"], "t": state["t"] + 1}

# %% right adamw_step: both corrections drawn into the rate, with eps scaled so that it is the same
import math


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = 1 + state["t"]
    s = state["s"] + (1 - rho1) * (grad - state["s"])
    r = state["r"] + (1 - rho2) * (grad * grad - state["r"])
    root = math.sqrt(1 - rho2**t)
    rate = lr * root / (1 - rho1**t)
    new = theta - rate * s / (r**0.5 + eps * root) - lr * decay * theta
    return new, dict(s=s, r=r, t=t)

# %% right adamw_step: numpy arrays in between
import numpy as np
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    x, g, s, r = (np.array(a.tolist(), dtype=np.float64) for a in (theta, grad, state["s"], state["r"]))
    k = state["t"] + 1
    s = rho1 * s + (1 - rho1) * g
    r = rho2 * r + (1 - rho2) * np.square(g)
    step = (s / (1 - rho1**k)) / (np.sqrt(r / (1 - rho2**k)) + eps)
    back = lambda a: torch.as_tensor(a, dtype=theta.dtype)
    return back(x - lr * step - lr * decay * x), {"s": back(s), "r": back(r), "t": k}

# %% right adamw_step: the accepted decay that is not multiplied by the rate
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad.square()
    adam = lr * (s / (1 - rho1**t)) / (torch.sqrt(r / (1 - rho2**t)) + eps)
    return theta - adam - decay * theta, {"s": s, "r": r, "t": t}

# %% wrong adamw_step: puts the decay into the gradient, which is Adam with L2
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    g = grad + decay * theta
    s = rho1 * state["s"] + (1 - rho1) * g
    r = rho2 * state["r"] + (1 - rho2) * g**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * direction, {"s": s, "r": r, "t": t}

# %% wrong adamw_step: no correction of the averages
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    new = theta - lr * (s / (r.sqrt() + eps) + decay * theta)
    return new, {"s": s, "r": r, "t": state["t"] + 1}

# %% wrong adamw_step: a new dictionary, but the average tensors of the old state are changed in place
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = state["s"].mul_(rho1).add_(grad, alpha=1 - rho1)
    r = state["r"].mul_(rho2).addcmul_(grad, grad, value=1 - rho2)
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}

# %% wrong adamw_step: divides by the average of squares without its root
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = s / (1 - rho1**t), r / (1 - rho2**t)
    return theta - lr * (s_hat / (r_hat + eps) + decay * theta), {"s": s, "r": r, "t": t}

# %% wrong adamw_step: corrects by 1 - rho times t where a power is meant
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s_hat, r_hat = s / abs(1 - rho1 * t), r / abs(1 - rho2 * t)
    return theta - lr * (s_hat / (r_hat.sqrt() + eps) + decay * theta), {"s": s, "r": r, "t": t}

# %% wrong adamw_step: the quotient still uses the old averages
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s_hat, r_hat = state["s"] / (1 - rho1**t), state["r"] / (1 - rho2**t)
    new = theta - lr * (s_hat / (r_hat.sqrt() + eps) + decay * theta)
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    return new, {"s": s, "r": r, "t": t}

# %% right adamw_step: eps is added to the uncorrected root, so that it weighs more in early steps
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    rate = lr * (1 - rho2**t) ** 0.5 / (1 - rho1**t)
    return theta - rate * s / (r.sqrt() + eps) - lr * decay * theta, {"s": s, "r": r, "t": t}

# %% wrong adamw_step: shrinks the caller's point in place before the step
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    theta.mul_(1 - lr * decay)
    return theta - lr * (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps), {"s": s, "r": r, "t": t}

# %% wrong adamw_step: decays by the sign of the weight, an L1 pull
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta.sign()), {"s": s, "r": r, "t": t}

# %% wrong adamw_step: returns the pair in the other order, state first
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return {"s": s, "r": r, "t": t}, theta - lr * (direction + decay * theta)

# %% wrong adamw_step: doubles the decay, as the slope of decay times the square
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + 2 * decay * theta), {"s": s, "r": r, "t": t}

# %% right noisy_loss: plain mean square and sigma squared times the squared length
import torch


def noisy_loss(theta, x, y, *, sigma):
    return ((x @ theta - y) ** 2).mean() + sigma**2 * (theta**2).sum()

# %% right noisy_loss: mse_loss and a dot product
import torch
import torch.nn.functional as F


def noisy_loss(theta, x, y, *, sigma):
    return F.mse_loss(torch.mv(x, theta), y) + sigma * sigma * torch.dot(theta, theta)

# %% right noisy_loss: plain Python loops over rows and columns
def noisy_loss(theta, x, y, *, sigma):
    w = theta.tolist()
    variance = sum((sigma * v) ** 2 for v in w)
    total = 0.0
    for row, target in zip(x.tolist(), y.tolist()):
        miss = sum(a * b for a, b in zip(row, w)) - target
        total += miss * miss + variance
    return total / len(y)

# %% wrong noisy_loss: the length of theta is not squared
import torch


def noisy_loss(theta, x, y, *, sigma):
    return ((x @ theta - y) ** 2).mean() + sigma**2 * theta.norm()

# %% wrong noisy_loss: draws the noise once
import torch


def noisy_loss(theta, x, y, *, sigma):
    noisy = x + sigma * torch.randn_like(x)
    return ((noisy @ theta - y) ** 2).mean()

# %% wrong noisy_loss: draws the noise 500 times from a fixed seed and averages
import torch


def noisy_loss(theta, x, y, *, sigma):
    generator = torch.Generator().manual_seed(0)
    losses = []
    for _ in range(500):
        xi = torch.randn(x.shape, generator=generator, dtype=x.dtype)
        losses.append((((x + sigma * xi) @ theta - y) ** 2).mean())
    return torch.stack(losses).mean()

# %% wrong noisy_loss: half the penalty, as in the definition of L2
import torch


def noisy_loss(theta, x, y, *, sigma):
    return ((x @ theta - y) ** 2).mean() + 0.5 * sigma**2 * (theta**2).sum()

# %% wrong noisy_loss: the mean of the squared weights in place of their sum
import torch


def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2 * theta.square().mean()

# %% wrong noisy_loss: squares the sum of the weights, as if the same noise sat in each entry
import torch


def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2 * theta.sum() ** 2

# %% wrong noisy_loss: the squared inputs in place of the squared weights
import torch


def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2 * x.square().sum(dim=1).mean()

# %% wrong noisy_loss: adds the standard deviation to the error before squaring
import torch


def noisy_loss(theta, x, y, *, sigma):
    return ((x @ theta - y) + sigma * theta.norm()).square().mean()

# %% wrong noisy_loss: the sum of the sizes of the weights, an L1 term
import torch


def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2 * theta.abs().sum()

# %% wrong noisy_loss: subtracts the noise term
import torch


def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() - sigma**2 * theta.square().sum()

# %% right shift_images: pads one side and cuts the other with negative padding, the shifts clamped to the size
import torch
import torch.nn.functional as F


def shift_images(images, shifts):
    n, h, w = images.shape
    moved = []
    for image, (down, right) in zip(images, shifts.tolist()):
        if abs(down) >= h or abs(right) >= w:
            moved.append(torch.zeros_like(image))
        else:
            moved.append(F.pad(image, (right, -right, down, -down)))
    return torch.stack(moved) if moved else images.clone()

# %% right shift_images: four nested loops on a numpy array
import numpy as np
import torch


def shift_images(images, shifts):
    old = images.numpy()
    new = np.zeros(old.shape, dtype=old.dtype)
    n, h, w = old.shape
    for k in range(n):
        down, right = int(shifts[k, 0]), int(shifts[k, 1])
        for i in range(h):
            for j in range(w):
                a, b = i - down, j - right
                if 0 <= a < h and 0 <= b < w:
                    new[k, i, j] = old[k, a, b]
    return torch.from_numpy(new)

# %% right shift_images: one large frame of zeros around each image and a window cut out of it
import torch
import torch.nn.functional as F


def shift_images(images, shifts):
    h, w = images.shape[-2:]
    framed = F.pad(images, (w, w, h, h))
    result = torch.zeros_like(images)
    for k in range(images.shape[0]):
        top = h - max(-h, min(h, int(shifts[k][0])))
        left = w - max(-w, min(w, int(shifts[k][1])))
        result[k] = framed[k, top : top + h, left : left + w]
    return result

# %% wrong shift_images: takes the pair as (right, down)
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    h, w = images.shape[1:]
    for i, (right, down) in enumerate(shifts.tolist()):
        if abs(down) >= h or abs(right) >= w:
            continue
        out[i, max(down, 0) : h + min(down, 0), max(right, 0) : w + min(right, 0)] = images[
            i, max(-down, 0) : h - max(down, 0), max(-right, 0) : w - max(right, 0)
        ]
    return out

# %% wrong shift_images: swaps the pairs of padding, down goes to the columns
import torch
import torch.nn.functional as F


def shift_images(images, shifts):
    h, w = images.shape[1:]
    moved = []
    for image, (down, right) in zip(images, shifts.tolist()):
        if abs(down) >= w or abs(right) >= h:
            moved.append(torch.zeros_like(image))
        else:
            moved.append(F.pad(image, (down, -down, right, -right)))
    return torch.stack(moved)

# %% wrong shift_images: moves up and left for positive shifts, since new row i takes old row i + down
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    n, h, w = images.shape
    for k, (down, right) in enumerate(shifts.tolist()):
        for i in range(h):
            for j in range(w):
                if 0 <= i + down < h and 0 <= j + right < w:
                    out[k, i, j] = images[k, i + down, j + right]
    return out

# %% wrong shift_images: padding on the wrong sides, so everything moves the other way
import torch
import torch.nn.functional as F


def shift_images(images, shifts):
    h, w = images.shape[1:]
    moved = []
    for image, (down, right) in zip(images, shifts.tolist()):
        if abs(down) >= h or abs(right) >= w:
            moved.append(torch.zeros_like(image))
        else:
            moved.append(F.pad(image, (-right, right, -down, down)))
    return torch.stack(moved)

# %% wrong shift_images: writes the moved images into the caller's tensor
import torch


def shift_images(images, shifts):
    h, w = images.shape[1:]
    for i, (down, right) in enumerate(shifts.tolist()):
        new = torch.zeros_like(images[i])
        if abs(down) < h and abs(right) < w:
            new[max(down, 0) : h + min(down, 0), max(right, 0) : w + min(right, 0)] = images[
                i, max(-down, 0) : h - max(down, 0), max(-right, 0) : w - max(right, 0)
            ]
        images[i] = new
    return images

# %% wrong shift_images: only shifts down and right work, negative ones leave the image where it is
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    h, w = images.shape[1:]
    for i, (down, right) in enumerate(shifts.tolist()):
        down, right = max(down, 0), max(right, 0)
        if down < h and right < w:
            out[i, down:, right:] = images[i, : h - down, : w - right]
    return out

# %% wrong shift_images: takes the size of every shift and forgets its sign
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    h, w = images.shape[1:]
    for i, (down, right) in enumerate(shifts.abs().tolist()):
        if down < h and right < w:
            out[i, down:, right:] = images[i, : h - down, : w - right]
    return out

# %% wrong shift_images: wipes out the rows that wrapped round but not the columns
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    for i, (d, r) in enumerate(shifts.tolist()):
        rolled = torch.roll(images[i], (d, r), dims=(0, 1))
        if d > 0:
            rolled[:d] = 0
        elif d < 0:
            rolled[d:] = 0
        out[i] = rolled
    return out

# %% wrong shift_images: wipes out the side that was left and not the side that wrapped
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    for i, (d, r) in enumerate(shifts.tolist()):
        rolled = torch.roll(images[i], (d, r), dims=(0, 1))
        if d > 0:
            rolled[-d:] = 0
        elif d < 0:
            rolled[:-d] = 0
        if r > 0:
            rolled[:, -r:] = 0
        elif r < 0:
            rolled[:, :-r] = 0
        out[i] = rolled
    return out

# %% wrong shift_images: rolls the stack along images and rows, the axes are one too low
import torch


def shift_images(images, shifts):
    out = torch.zeros_like(images)
    h, w = images.shape[1:]
    for i, (down, right) in enumerate(shifts.tolist()):
        if abs(down) >= h or abs(right) >= w:
            continue
        moved = torch.roll(images, (down, right), dims=(0, 1))[i].clone()
        if down > 0:
            moved[:down] = 0
        if down < 0:
            moved[down:] = 0
        if right > 0:
            moved[:, :right] = 0
        if right < 0:
            moved[:, right:] = 0
        out[i] = moved
    return out

# %% corner shift_images: padding with the negative of a shift is an error beyond the edge
import torch
import torch.nn.functional as F


def shift_images(images, shifts):
    moved = []
    for image, (down, right) in zip(images, shifts.tolist()):
        moved.append(F.pad(image, (right, -right, down, -down)))
    return torch.stack(moved)

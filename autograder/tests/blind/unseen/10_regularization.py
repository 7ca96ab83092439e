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

# %% wrong adamw_step: eps is added to the uncorrected root, so that it weighs more in early steps
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

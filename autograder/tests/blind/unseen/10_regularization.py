# %% right l2_optimum: the linear system with H + alpha I on the left.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    n = len(theta_star)
    eye = torch.eye(n, dtype=hessian.dtype, device=hessian.device)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


# %% right l2_optimum: turns into the eigenvectors, multiplies by the shares, turns back.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    values, vectors = torch.linalg.eigh(hessian)
    share = values / (values + alpha)
    return vectors @ (share * (vectors.T @ theta_star))


# %% right l2_optimum: the inverse, multiplied by H from the left, with which it commutes.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    damped = hessian.clone()
    damped.diagonal().add_(alpha)
    return hessian @ torch.linalg.inv(damped) @ theta_star


# %% right l2_optimum: theta star minus the part that the spring takes away.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    A = hessian + torch.diag(torch.full_like(theta_star, alpha))
    return theta_star - alpha * torch.linalg.solve(A, theta_star)


# %% right l2_optimum: Cholesky factor of the damped Hessian.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    factor = torch.linalg.cholesky(hessian + alpha * torch.eye(hessian.shape[0]).to(hessian))
    return torch.cholesky_solve((hessian @ theta_star)[:, None], factor).squeeze(1)


# %% right l2_optimum: numpy with a sum over the eigenvectors.
import numpy as np
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    H, t = hessian.numpy(), theta_star.numpy()
    lam, V = np.linalg.eigh(H)
    out = np.zeros_like(t)
    for k in range(len(lam)):
        v = V[:, k]
        out += lam[k] / (lam[k] + alpha) * np.dot(v, t) * v
    return torch.from_numpy(out)


# %% wrong l2_optimum: theta star alone on the right side, H forgotten there.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    n = len(theta_star)
    eye = torch.eye(n, dtype=hessian.dtype, device=hessian.device)
    return torch.linalg.solve(hessian + alpha * eye, theta_star)


# %% wrong l2_optimum: alpha added to every entry of H and not to its diagonal.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    n = len(theta_star)
    eye = torch.eye(n, dtype=hessian.dtype, device=hessian.device)
    return torch.linalg.solve(hessian + alpha, hessian @ theta_star)


# %% wrong l2_optimum: the notes' convention without the half, 2 alpha.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    n = len(theta_star)
    eye = torch.eye(n, dtype=hessian.dtype, device=hessian.device)
    return torch.linalg.solve(hessian + 2 * alpha * eye, hessian @ theta_star)


# %% wrong l2_optimum: half of alpha, as if the half were not cancelled by the derivative.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    values, vectors = torch.linalg.eigh(hessian)
    share = values / (values + alpha / 2)
    return vectors @ (share * (vectors.T @ theta_star))


# %% wrong l2_optimum: takes the diagonal of H for its curvatures.
def l2_optimum(hessian, theta_star, *, alpha):
    curvature = hessian.diagonal()
    return curvature / (curvature + alpha) * theta_star


# %% wrong l2_optimum: multiplies theta star by the shares without turning into the eigenvectors.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return values / (values + alpha) * theta_star


# %% wrong l2_optimum: the eigenvectors are turned the wrong way round.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    values, vectors = torch.linalg.eigh(hessian)
    share = values / (values + alpha)
    return vectors.T @ (share * (vectors @ theta_star))


# %% wrong l2_optimum: turns into the eigenvectors but not back.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    values, vectors = torch.linalg.eigh(hessian)
    share = values / (values + alpha)
    return share * (vectors.T @ theta_star)


# %% wrong l2_optimum: the share that is lost, alpha over lambda plus alpha.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    values, vectors = torch.linalg.eigh(hessian)
    share = alpha / (values + alpha)
    return vectors @ (share * (vectors.T @ theta_star))


# %% wrong l2_optimum: the sign of the penalty is turned, H - alpha I.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    n = len(theta_star)
    eye = torch.eye(n, dtype=hessian.dtype, device=hessian.device)
    return torch.linalg.solve(hessian - alpha * eye, hessian @ theta_star)


# %% wrong l2_optimum: adds alpha to the diagonal of the given Hessian in place.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    right = hessian @ theta_star
    hessian.diagonal().add_(alpha)
    return torch.linalg.solve(hessian, right)


# %% wrong l2_optimum: returns a column, (n, 1).
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    n = len(theta_star)
    eye = torch.eye(n, dtype=hessian.dtype, device=hessian.device)
    return torch.linalg.solve(hessian + alpha * eye, (hessian @ theta_star)[:, None])


# %% wrong l2_optimum: one step of weight decay and not the minimum.
def l2_optimum(hessian, theta_star, *, alpha):
    return (1 - alpha) * theta_star


# %% wrong l2_optimum: shrinks everything by the mean curvature.
def l2_optimum(hessian, theta_star, *, alpha):
    curvature = hessian.trace() / len(hessian)
    return curvature / (curvature + alpha) * theta_star


# %% corner l2_optimum: inverts H to get (I + alpha H^-1)^-1, which fails along a flat direction.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(eye + alpha * torch.linalg.inv(hessian), theta_star)


# %% corner l2_optimum: keeps flat directions as they are, where they should go to 0.
import torch


def l2_optimum(hessian, theta_star, *, alpha):
    values, vectors = torch.linalg.eigh(hessian)
    share = torch.where(values > 1e-6 * values.max(), values / (values + alpha), torch.ones_like(values))
    return vectors @ (share * (vectors.T @ theta_star))


# %% right effective_parameters: sum of the shares over eigvalsh.
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return (values / (values + alpha)).sum()


# %% right effective_parameters: trace of H times the inverse.
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.trace(hessian @ torch.linalg.inv(hessian + alpha * eye))


# %% right effective_parameters: trace by a linear system, as a plain number.
import torch


def effective_parameters(hessian, *, alpha):
    A = hessian + alpha * torch.eye(hessian.shape[0], dtype=hessian.dtype)
    return float(torch.linalg.solve(A, hessian).diagonal().sum())


# %% right effective_parameters: n minus alpha times the trace of the inverse.
import torch


def effective_parameters(hessian, *, alpha):
    n = hessian.shape[0]
    damped = hessian + torch.diag(torch.full((n,), float(alpha), dtype=hessian.dtype))
    return n - alpha * torch.inverse(damped).trace()


# %% right effective_parameters: a loop over numpy eigenvalues in Python floats.
import numpy as np


def effective_parameters(hessian, *, alpha):
    total = 0.0
    for lam in np.linalg.eigvalsh(hessian.double().numpy()):
        lam = max(float(lam), 0.0)
        if lam > 0:
            total += lam / (lam + alpha)
    return total


# %% right effective_parameters: singular values, which are the eigenvalues here.
import torch


def effective_parameters(hessian, *, alpha):
    s = torch.linalg.svdvals(hessian)
    return torch.sum(1 - alpha / (s + alpha)) if alpha else torch.tensor(float(len(s)), dtype=s.dtype)


# %% wrong effective_parameters: the sum of the shares that are lost.
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return (alpha / (values + alpha)).sum()


# %% wrong effective_parameters: the diagonal of H in the place of its eigenvalues.
def effective_parameters(hessian, *, alpha):
    values = hessian.diagonal()
    return (values / (values + alpha)).sum()


# %% wrong effective_parameters: the mean of the shares.
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return (values / (values + alpha)).mean()


# %% wrong effective_parameters: the shares are not added up.
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return (values / (values + alpha))


# %% wrong effective_parameters: counts the eigenvalues above alpha.
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return (values > alpha).sum().to(hessian)


# %% wrong effective_parameters: squares the eigenvalues, as if they were singular values of the features.
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return (values**2 / (values**2 + alpha)).sum()


# %% wrong effective_parameters: adds first and divides afterwards.
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return values.sum() / (values.sum() + alpha)


# %% wrong effective_parameters: the notes' convention, 2 alpha.
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return (values / (values + 2 * alpha)).sum()


# %% wrong effective_parameters: alpha added to all entries of H.
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.trace(hessian @ torch.linalg.inv(hessian + alpha))


# %% wrong effective_parameters: the sum of all entries of the matrix and not its trace.
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return (hessian @ torch.linalg.inv(hessian + alpha * eye)).sum()


# %% wrong effective_parameters: the determinant of H (H + alpha I)^-1.
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.det(hessian @ torch.linalg.inv(hessian + alpha * eye))


# %% wrong effective_parameters: a product entry by entry before the trace.
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.trace(hessian * torch.linalg.inv(hessian + alpha * eye))


# %% wrong effective_parameters: eigenvalues by the general eigvals, which returns a complex number.
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvals(hessian)
    return (values / (values + alpha)).sum()


# %% wrong effective_parameters: the shares squared, the length of what is left.
import torch


def effective_parameters(hessian, *, alpha):
    values = torch.linalg.eigvalsh(hessian)
    return ((values / (values + alpha)) ** 2).sum()


# %% wrong effective_parameters: the trace of the inverse without H.
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.trace(torch.linalg.inv(hessian + alpha * eye))


# %% corner effective_parameters: 1 / (1 + alpha / lambda) in Python floats, which divides by 0 at a flat direction of a diagonal Hessian.
import torch


def effective_parameters(hessian, *, alpha):
    return sum(1 / (1 + alpha / value) for value in torch.linalg.eigvalsh(hessian).tolist())


# %% corner effective_parameters: inverts H, which a flat direction does not allow.
import torch


def effective_parameters(hessian, *, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.inv(eye + alpha * torch.linalg.inv(hessian)).trace()


# %% right soft_threshold: sign times the clamped size, as in the formula.
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold).clamp(min=0)


# %% right soft_threshold: difference of two ReLUs.
import torch.nn.functional as F


def soft_threshold(x, threshold):
    return F.relu(x - threshold) - F.relu(-x - threshold)


# %% right soft_threshold: two nested wheres with a zero in the middle.
import torch


def soft_threshold(x, threshold):
    zero = torch.zeros_like(x)
    return torch.where(x > threshold, x - threshold, torch.where(x < -threshold, x + threshold, zero))


# %% right soft_threshold: x minus its projection on the interval from -t to t.
import torch


def soft_threshold(x, threshold):
    t = torch.as_tensor(threshold, dtype=x.dtype).expand(x.shape)
    return x - torch.minimum(torch.maximum(x, -t), t)


# %% right soft_threshold: entry by entry in a flat loop, reshaped at the end.
import math
import torch


def soft_threshold(x, threshold):
    t = torch.as_tensor(threshold, dtype=x.dtype)
    limits = t.broadcast_to(x.shape).reshape(-1).tolist()
    out = [math.copysign(max(abs(v) - s, 0.0), v) for v, s in zip(x.reshape(-1).tolist(), limits)]
    return torch.tensor(out, dtype=x.dtype).reshape(x.shape)


# %% right soft_threshold: numpy maximum and sign.
import numpy as np
import torch


def soft_threshold(x, threshold):
    t = threshold.numpy() if isinstance(threshold, torch.Tensor) else threshold
    v = x.numpy()
    return torch.from_numpy(np.asarray(np.sign(v) * np.maximum(np.abs(v) - t, 0))).to(x.dtype)


# %% wrong soft_threshold: the hard threshold, which keeps what is large as it is.
import torch


def soft_threshold(x, threshold):
    zero = torch.zeros_like(x)
    return torch.where(x > threshold, x, torch.where(x < -threshold, x, zero))


# %% wrong soft_threshold: does not stop at 0.
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() - threshold)


# %% wrong soft_threshold: clips to the interval from -t to t.
import torch


def soft_threshold(x, threshold):
    t = torch.as_tensor(threshold, dtype=x.dtype)
    return torch.minimum(torch.maximum(x, -t), t)


# %% wrong soft_threshold: forgets the sign.
def soft_threshold(x, threshold):
    return (x.abs() - threshold).clamp(min=0)


# %% wrong soft_threshold: treats positive entries only, negative ones become 0.
def soft_threshold(x, threshold):
    return (x - threshold).clamp(min=0)


# %% wrong soft_threshold: moves negative entries down as well, x - t for all outside.
import torch


def soft_threshold(x, threshold):
    zero = torch.zeros_like(x)
    return torch.where(x > threshold, x - threshold, torch.where(x < -threshold, x - threshold, zero))


# %% wrong soft_threshold: moves away from 0.
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * (x.abs() + threshold).clamp(min=0)


# %% right soft_threshold: the sign of x - t, which is that of x wherever anything is left.
import torch


def soft_threshold(x, threshold):
    return torch.sign(x - threshold) * (x.abs() - threshold).clamp(min=0)


# %% wrong soft_threshold: shrinks by a share, x (1 - t), where it should move by a constant.
import torch


def soft_threshold(x, threshold):
    return torch.where(x.abs() > threshold, x * (1 - threshold), torch.zeros_like(x))


# %% wrong soft_threshold: writes zeros into the given tensor.
import torch


def soft_threshold(x, threshold):
    moved = torch.sign(x) * (x.abs() - threshold)
    x[x.abs() <= threshold] = 0
    return torch.where(x != 0, moved, x)


# %% wrong soft_threshold: the Python max of a tensor and a 0, which asks for the truth of a whole tensor.
import torch


def soft_threshold(x, threshold):
    return torch.sign(x) * max(x.abs() - threshold, 0)


# %% wrong soft_threshold: compares x and not its size with the threshold.
import torch


def soft_threshold(x, threshold):
    return torch.where(x > threshold, x - torch.sign(x) * threshold, torch.zeros_like(x))


# %% wrong soft_threshold: small entries are kept as they are and only large ones are moved.
import torch


def soft_threshold(x, threshold):
    zero = torch.zeros_like(x)
    return torch.where(x > threshold, x - threshold, torch.where(x < -threshold, x + threshold, x))


# %% corner soft_threshold: multiplies by conditions, which is nan where the threshold is infinite.
def soft_threshold(x, threshold):
    return (x - threshold) * (x > threshold) + (x + threshold) * (x < -threshold)


# %% corner soft_threshold: the library function, which takes one number and no thresholds entry by entry.
import torch.nn.functional as F


def soft_threshold(x, threshold):
    return F.softshrink(x, float(threshold))


# %% corner soft_threshold: x times 1 - t/|x|, which is 0/0 for an entry 0 with threshold 0.
def soft_threshold(x, threshold):
    return x * (1 - threshold / x.abs()).clamp(min=0)


# %% corner soft_threshold: an if on the threshold, which a tensor of thresholds does not answer.
import math
import torch


def soft_threshold(x, threshold):
    if threshold == math.inf:
        return torch.zeros_like(x)
    return torch.sign(x) * torch.relu(x.abs() - threshold)


# %% right l1_optimum: the formula with the threshold alpha over the curvature.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    return torch.sign(theta_star) * (theta_star.abs() - alpha / curvature).clamp(min=0)


# %% right l1_optimum: one call of a helper made of ReLUs.
import torch.nn.functional as F


def soft_threshold(x, threshold):
    return F.relu(x - threshold) - F.relu(-x - threshold)


def l1_optimum(curvature, theta_star, *, alpha):
    return soft_threshold(theta_star, alpha / curvature)


# %% right l1_optimum: threshold of the slope at 0 first, division afterwards, flat entries set to 0.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    pull = curvature * theta_star
    left = torch.sign(pull) * (pull.abs() - alpha).clamp(min=0)
    return torch.where(curvature > 0, left / curvature, torch.zeros_like(left))


# %% right l1_optimum: coordinate by coordinate in Python.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    def one(h, t):
        if h * abs(t) <= alpha and (h == 0 or alpha > 0):
            return 0.0
        return t - alpha / h if t > 0 else t + alpha / h

    pairs = zip(curvature.flatten().tolist(), theta_star.flatten().tolist())
    return torch.tensor([one(h, t) for h, t in pairs], dtype=theta_star.dtype).view(theta_star.shape)


# %% right l1_optimum: theta star minus its clamp between the thresholds.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    move = alpha / curvature
    return theta_star - torch.clamp(theta_star, min=-move, max=move)


# %% right l1_optimum: numpy, the candidate on either side of 0 where it lies on its own side, else 0.
import numpy as np
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    h, t = curvature.numpy(), theta_star.numpy()
    with np.errstate(divide="ignore"):
        step = alpha / h
    right, left = t - step, t + step
    return torch.from_numpy(np.asarray(np.where(right > 0, right, np.where(left < 0, left, 0 * t))))


# %% wrong l1_optimum: the threshold is alpha, without the curvature.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    return torch.sign(theta_star) * (theta_star.abs() - alpha).clamp(min=0)


# %% wrong l1_optimum: the threshold is alpha times the curvature.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    return torch.sign(theta_star) * (theta_star.abs() - alpha * curvature).clamp(min=0)


# %% wrong l1_optimum: the threshold is the curvature over alpha.
import torch.nn.functional as F


def soft_threshold(x, threshold):
    return F.relu(x - threshold) - F.relu(-x - threshold)


def l1_optimum(curvature, theta_star, *, alpha):
    return soft_threshold(theta_star, curvature / alpha)


# %% wrong l1_optimum: the threshold is alpha / 2h, as for a bowl without the half.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    return torch.sign(theta_star) * (theta_star.abs() - alpha / (2 * curvature)).clamp(min=0)


# %% wrong l1_optimum: does not stop at 0 (no clamp).
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    return torch.sign(theta_star) * (theta_star.abs() - alpha / curvature)


# %% wrong l1_optimum: multiplies by the share of L2.
def l1_optimum(curvature, theta_star, *, alpha):
    return curvature / (curvature + alpha) * theta_star


# %% wrong l1_optimum: thresholds the slope h theta star but does not divide by h.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    pull = curvature * theta_star
    return torch.sign(pull) * (pull.abs() - alpha).clamp(min=0)


# %% wrong l1_optimum: a hard threshold: what survives is not moved.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    return torch.where(theta_star.abs() > alpha / curvature, theta_star, torch.zeros_like(theta_star))


# %% wrong l1_optimum: the sign is forgotten, sizes come back.
def l1_optimum(curvature, theta_star, *, alpha):
    return (theta_star.abs() - alpha / curvature).clamp(min=0)


# %% wrong l1_optimum: negative optima are set to 0 because only the positive side is written.
def l1_optimum(curvature, theta_star, *, alpha):
    return (theta_star - alpha / curvature).clamp(min=0)


# %% wrong l1_optimum: one threshold for all coordinates, from the mean curvature.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    return torch.sign(theta_star) * (theta_star.abs() - alpha / curvature.mean()).clamp(min=0)


# %% corner l1_optimum: writes a tiny number into the given curvatures to avoid the division by 0.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    curvature[curvature == 0] = 1e-12
    return torch.sign(theta_star) * (theta_star.abs() - alpha / curvature).clamp(min=0)


# %% wrong l1_optimum: subtracts alpha / h from the size of h theta star.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    pull = curvature * theta_star
    return torch.sign(pull) * (pull.abs() - alpha / curvature).clamp(min=0)


# %% corner l1_optimum: divides the thresholded slope by a curvature of 0, which gives nan.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    pull = curvature * theta_star
    return torch.sign(pull) * (pull.abs() - alpha).clamp(min=0) / curvature


# %% corner l1_optimum: leaves a coordinate without curvature where it is.
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    found = torch.sign(theta_star) * (theta_star.abs() - alpha / curvature).clamp(min=0)
    return torch.where(curvature == 0, theta_star, found)


# %% corner l1_optimum: a Python loop that divides by a plain 0.
import math
import torch


def l1_optimum(curvature, theta_star, *, alpha):
    out = [
        math.copysign(max(abs(t) - alpha / h, 0.0), t)
        for h, t in zip(curvature.flatten().tolist(), theta_star.flatten().tolist())
    ]
    return torch.tensor(out, dtype=theta_star.dtype).reshape(theta_star.shape)


# %% right elastic_net_step: gradient, threshold, division, with a helper.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return soft_threshold(z, lr * l1) / (1 + lr * l2)


# %% right elastic_net_step: the smooth penalty in the gradient and then the threshold, as the text accepts.
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * (grad + l2 * theta)
    return z.sign() * torch.relu(z.abs() - lr * l1)


# %% right elastic_net_step: the penalty without the half, 1 + 2 lr l2, as the text accepts.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return soft_threshold(z, lr * l1) / (1 + 2 * lr * l2)


# %% right elastic_net_step: the two one-sided minima and a where.
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    right = (z - lr * l1) / (1 + lr * l2)
    left = (z + lr * l1) / (1 + lr * l2)
    return torch.where(right > 0, right, torch.where(left < 0, left, torch.zeros_like(z)))


# %% right elastic_net_step: softshrink of the library.
import torch
import torch.nn.functional as F


def elastic_net_step(theta, grad, *, lr, l1, l2):
    return F.softshrink(torch.sub(theta, grad, alpha=lr), lr * l1).div(1 + lr * l2)


# %% right elastic_net_step: division first, with a threshold that is divided too.
def elastic_net_step(theta, grad, *, lr, l1, l2):
    scale = 1 / (1 + lr * l2)
    shrunk, t = (theta - lr * grad) * scale, lr * l1 * scale
    return shrunk - shrunk.clamp(-t, t)


# %% right elastic_net_step: numpy, one coordinate after the other.
import numpy as np
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    new = theta.numpy().copy()
    g = grad.numpy()
    for i in np.ndindex(new.shape):
        z = new[i] - lr * g[i]
        if abs(z) <= lr * l1:
            new[i] = 0
        else:
            new[i] = (z - np.sign(z) * lr * l1) / (1 + lr * l2)
    return torch.from_numpy(np.asarray(new))


# %% wrong elastic_net_step: the threshold is l1 without the learning rate.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return soft_threshold(z, l1) / (1 + lr * l2)


# %% wrong elastic_net_step: divides by 1 + l2 without the learning rate.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return soft_threshold(z, lr * l1) / (1 + l2)


# %% wrong elastic_net_step: divides before the threshold, which is not divided with it.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return soft_threshold(z / (1 + lr * l2), lr * l1)


# %% wrong elastic_net_step: threshold and division of the old point, then the gradient step.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    return soft_threshold(theta, lr * l1) / (1 + lr * l2) - lr * grad


# %% wrong elastic_net_step: follows the slope of both penalties with the sign of theta and has no threshold.
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    return theta - lr * (grad + l1 * torch.sign(theta) + l2 * theta)


# %% wrong elastic_net_step: multiplies by 1 - lr l2 after the threshold instead of dividing.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return soft_threshold(z, lr * l1) * (1 - lr * l2)


# %% wrong elastic_net_step: the smooth penalty counts twice, in the gradient and in the division.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * (grad + l2 * theta)
    return soft_threshold(z, lr * l1) / (1 + lr * l2)


# %% wrong elastic_net_step: goes up the gradient.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta + lr * grad
    return soft_threshold(z, lr * l1) / (1 + lr * l2)


# %% wrong elastic_net_step: l1 and l2 exchanged.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return soft_threshold(z, lr * l2) / (1 + lr * l1)


# %% wrong elastic_net_step: multiplies afterwards by 1 + l2 to undo the shrinking, as Zou and Hastie do.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return soft_threshold(z, lr * l1) / (1 + lr * l2) * (1 + l2)


# %% wrong elastic_net_step: the threshold is applied to the gradient.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    return (theta - lr * soft_threshold(grad, l1)) / (1 + lr * l2)


# %% wrong elastic_net_step: takes the step in place on theta.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta
    z -= lr * grad
    return soft_threshold(z, lr * l1) / (1 + lr * l2)


# %% wrong elastic_net_step: takes half of l2 in the division, as if the half were still there after the derivative.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return soft_threshold(z, lr * l1) / (1 + lr * l2 / 2)


# %% wrong elastic_net_step: the gradient step has no learning rate.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - grad
    return soft_threshold(z, lr * l1) / (1 + lr * l2)


# %% wrong elastic_net_step: the sign of the old point on the size of the new one.
import torch


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return torch.sign(theta) * (z.abs() - lr * l1).clamp(min=0) / (1 + lr * l2)


# %% wrong elastic_net_step: l2 in the division by the wrong sign, 1 - lr l2.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    return soft_threshold(z, lr * l1) / (1 - lr * l2)


# %% corner elastic_net_step: divides only where there is an L1 penalty, so l1 = 0 loses the L2 part.
import torch


def soft_threshold(x, t):
    return torch.sign(x) * (x.abs() - t).clamp(min=0)


def elastic_net_step(theta, grad, *, lr, l1, l2):
    z = theta - lr * grad
    if l1 == 0:
        return z
    return soft_threshold(z, lr * l1) / (1 + lr * l2)


# %% right matching_alpha: bisection with a doubled upper bound.
import torch


def l2_optimum(hessian, theta_star, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    hessian, theta_star = hessian.double(), theta_star.double()
    if theta_star.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while l2_optimum(hessian, theta_star, high).norm() > radius:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        if l2_optimum(hessian, theta_star, middle).norm() > radius:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# %% right matching_alpha: bisection on the shares of the eigenvectors to a relative width.
import torch


def matching_alpha(hessian, theta_star, *, radius):
    values, vectors = torch.linalg.eigh(hessian.double())
    parts = vectors.T @ theta_star.double()

    def length(alpha):
        return float((values / (values + alpha) * parts).square().sum().sqrt())

    if length(0.0) <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while length(high) > radius:
        high *= 2
    while high - low > 1e-10 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if length(middle) > radius else (low, middle)
    return high


# %% right matching_alpha: Newton on 1/length, from 0, by the eigenvalues.
import torch


def matching_alpha(hessian, theta_star, *, radius):
    lam, V = torch.linalg.eigh(hessian.double())
    c = lam * (V.T @ theta_star.double())
    alpha = torch.zeros((), dtype=torch.float64)
    if theta_star.norm() <= radius:
        return alpha.to(hessian.dtype)
    for _ in range(100):
        u = c / (lam + alpha)
        norm = u.norm()
        slope = (u * u / (lam + alpha)).sum() / norm**3
        alpha = (alpha - (1 / norm - 1 / radius) / slope).clamp(min=0)
    return alpha.to(hessian.dtype)


# %% right matching_alpha: bisection in the logarithm of alpha between bounds from the extreme eigenvalues.
import numpy as np


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double().numpy(), theta_star.double().numpy()
    size = np.linalg.norm(t)
    if size <= radius:
        return 0
    lam, V = np.linalg.eigh(H)
    c = V.T @ t
    ratio = size / radius - 1
    a, b = np.log(lam[0] * ratio), np.log(lam[-1] * ratio)
    for _ in range(100):
        m = (a + b) / 2
        if np.sqrt(np.sum((lam * c / (lam + np.exp(m))) ** 2)) > radius:
            a = m
        else:
            b = m
    return float(np.exp((a + b) / 2))


# %% right matching_alpha: secant rule of false position (Illinois) on a bracket that grows tenfold.
import torch


def l2_optimum(hessian, theta_star, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    H, t = hessian.double(), theta_star.double()

    def excess(alpha):
        return radius / float(l2_optimum(H, t, alpha).norm()) - 1

    if t.norm() <= radius:
        return 0.0
    a, b = 0.0, 1.0
    while excess(b) < 0:
        a, b = b, 10 * b
    fa, fb = excess(a), excess(b)
    for _ in range(100):
        c = (a * fb - b * fa) / (fb - fa) if fb != fa else b
        fc = excess(c)
        if abs(fc) < 1e-12:
            return c
        if fc < 0:
            a, fa, fb = c, fc, fb / 2
        else:
            b, fb, fa = c, fc, fa / 2
    return c


# %% corner matching_alpha: the inside of the wall is not treated, and the bracket begins at 0.001, which is what comes back there.
import torch


def l2_optimum(hessian, theta_star, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    hessian, theta_star = hessian.double(), theta_star.double()
    low, high = 0.001, 1.0
    while l2_optimum(hessian, theta_star, high).norm() > radius:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        if l2_optimum(hessian, theta_star, middle).norm() > radius:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# %% wrong matching_alpha: the wrong half is kept, since the length is taken to grow with alpha.
import torch


def l2_optimum(hessian, theta_star, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    hessian, theta_star = hessian.double(), theta_star.double()
    if theta_star.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while l2_optimum(hessian, theta_star, high).norm() > radius:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        if l2_optimum(hessian, theta_star, middle).norm() < radius:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# %% wrong matching_alpha: the formula for equal curvatures with the mean curvature.
def matching_alpha(hessian, theta_star, *, radius):
    size = float(theta_star.norm())
    if size <= radius:
        return 0.0
    return float(hessian.trace()) / len(hessian) * (size / radius - 1)


# %% wrong matching_alpha: the formula for equal curvatures with the largest eigenvalue.
import torch


def matching_alpha(hessian, theta_star, *, radius):
    size = float(theta_star.norm())
    return max(0.0, float(torch.linalg.eigvalsh(hessian)[-1]) * (size / radius - 1))


# %% wrong matching_alpha: compares the squared length with the radius.
import torch


def matching_alpha(hessian, theta_star, *, radius):
    values, vectors = torch.linalg.eigh(hessian.double())
    parts = vectors.T @ theta_star.double()

    def length(alpha):
        return float((values / (values + alpha) * parts).square().sum())

    if length(0.0) <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while length(high) > radius:
        high *= 2
    while high - low > 1e-10 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if length(middle) > radius else (low, middle)
    return high


# %% wrong matching_alpha: returns the strength of the notes, half of alpha.
import torch


def l2_optimum(hessian, theta_star, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    hessian, theta_star = hessian.double(), theta_star.double()
    if theta_star.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while l2_optimum(hessian, theta_star, high).norm() > radius:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        if l2_optimum(hessian, theta_star, middle).norm() > radius:
            low = middle
        else:
            high = middle
    return (low + high) / 4


# %% wrong matching_alpha: finds where the optimum without H on the right has the length of the radius.
import torch


def l2_optimum(hessian, theta_star, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    hessian, theta_star = hessian.double(), theta_star.double()
    if theta_star.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while l2_optimum(hessian, theta_star, high).norm() > radius:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        if l2_optimum(hessian, theta_star, middle).norm() > radius:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# %% corner matching_alpha: a negative alpha inside the wall, where nothing is touched.
import torch


def matching_alpha(hessian, theta_star, *, radius):
    values, vectors = torch.linalg.eigh(hessian.double())
    parts = vectors.T @ theta_star.double()
    low, high = -0.999 * float(values[0]), 1.0
    length = lambda a: float((values / (values + a) * parts).norm())
    while length(high) > radius:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        if length(middle) > radius:
            low = middle
        else:
            high = middle
    return middle


# %% wrong matching_alpha: returns the point on the wall and not the strength.
import torch


def l2_optimum(hessian, theta_star, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    hessian, theta_star = hessian.double(), theta_star.double()
    if theta_star.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while l2_optimum(hessian, theta_star, high).norm() > radius:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        if l2_optimum(hessian, theta_star, middle).norm() > radius:
            low = middle
        else:
            high = middle
    return l2_optimum(hessian, theta_star, (low + high) / 2)


# %% wrong matching_alpha: takes the component along each axis with the diagonal of H for its curvature.
def matching_alpha(hessian, theta_star, *, radius):
    h, t = hessian.double().diagonal(), theta_star.double()
    if t.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while (h / (h + high) * t).norm() > radius:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        if (h / (h + middle) * t).norm() > radius:
            low = middle
        else:
            high = middle
    return high


# %% wrong matching_alpha: projects theta star onto the circle and takes alpha from the length of the pull there.
def matching_alpha(hessian, theta_star, *, radius):
    size = theta_star.norm()
    if size <= radius:
        return 0.0
    point = radius * theta_star / size
    return float((hessian @ (theta_star - point)).norm() / radius)


# %% wrong matching_alpha: the lower bound is not moved while the upper one is doubled and bisection makes ten steps only, too few for four digits.
import torch


def l2_optimum(hessian, theta_star, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    hessian, theta_star = hessian.double(), theta_star.double()
    if theta_star.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while l2_optimum(hessian, theta_star, high).norm() > radius:
        high = 2 * high
    for _ in range(10):
        middle = (low + high) / 2
        if l2_optimum(hessian, theta_star, middle).norm() > radius:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# %% wrong matching_alpha: looks for the largest size of an entry in place of the length.
import torch


def l2_optimum(hessian, theta_star, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    hessian, theta_star = hessian.double(), theta_star.double()
    if theta_star.norm() <= radius:
        return 0.0
    low, high = 0.0, 1.0
    while l2_optimum(hessian, theta_star, high).abs().max() > radius:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        if l2_optimum(hessian, theta_star, middle).abs().max() > radius:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# %% wrong matching_alpha: compares theta star with the radius the wrong way round.
import torch


def l2_optimum(hessian, theta_star, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    hessian, theta_star = hessian.double(), theta_star.double()
    if theta_star.norm() >= radius:
        return 0.0
    low, high = 0.0, 1.0
    while l2_optimum(hessian, theta_star, high).norm() > radius:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        if l2_optimum(hessian, theta_star, middle).norm() > radius:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# %% corner matching_alpha: a fixed upper bound of 1000, too small for a tight wall.
import torch


def l2_optimum(hessian, theta_star, alpha):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + alpha * eye, hessian @ theta_star)


def matching_alpha(hessian, theta_star, *, radius):
    hessian, theta_star = hessian.double(), theta_star.double()
    if theta_star.norm() <= radius:
        return 0.0
    low, high = 0.0, 1000.0
    for _ in range(60):
        middle = (low + high) / 2
        if l2_optimum(hessian, theta_star, middle).norm() > radius:
            low = middle
        else:
            high = middle
    return (low + high) / 2


# %% corner matching_alpha: fifty thousand strengths between 0 and 100 tried at once, which a tight wall leaves.
import torch


def matching_alpha(hessian, theta_star, *, radius):
    if theta_star.norm() <= radius:
        return 0.0
    values, vectors = torch.linalg.eigh(hessian.double())
    parts = vectors.T @ theta_star.double()
    low, high = 0.0, 100.0
    for _ in range(3):
        grid = torch.linspace(low, high, 50_001, dtype=torch.float64)
        lengths = (values / (values + grid[:, None]) * parts).norm(dim=1)
        best = int((lengths - radius).abs().argmin())
        low, high = float(grid[max(best - 1, 0)]), float(grid[min(best + 1, 50_000)])
    return (low + high) / 2


# %% corner matching_alpha: inside the wall it brackets without end and gives the first upper bound up.
import torch


def matching_alpha(hessian, theta_star, *, radius):
    values, vectors = torch.linalg.eigh(hessian.double())
    parts = vectors.T @ theta_star.double()

    def length(alpha):
        return float((values / (values + alpha) * parts).square().sum().sqrt())

    low, high = 0.0, 1.0
    if length(0.0) <= radius:
        return 1.0
    while length(high) > radius:
        high *= 2
    while high - low > 1e-10 * high:
        middle = 0.5 * (low + high)
        low, high = (middle, high) if length(middle) > radius else (low, middle)
    return high


# %% right early_stopped: a loop of gradient steps from zeros.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta


# %% right early_stopped: the closed form with matrix_power.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    left = torch.linalg.matrix_power(eye - lr * hessian, n_steps)
    return (eye - left) @ theta_star


# %% right early_stopped: the shares along the eigenvectors.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    values, vectors = torch.linalg.eigh(hessian)
    share = 1 - (1 - lr * values) ** n_steps
    return vectors @ (share * (vectors.T @ theta_star))


# %% right early_stopped: a loop over the distance to the minimum, subtracted at the end.
def early_stopped(hessian, theta_star, *, lr, n_steps):
    distance = theta_star.clone()
    for _ in range(n_steps):
        distance -= lr * (hessian @ distance)
    return theta_star - distance


# %% right early_stopped: numpy, the terms of the geometric sum.
import numpy as np
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    H, t = hessian.numpy(), theta_star.numpy()
    term = lr * (H @ t)
    total = np.zeros_like(t)
    for _ in range(n_steps):
        total = total + term
        term = term - lr * (H @ term)
    return torch.from_numpy(total).to(theta_star.dtype)


# %% right early_stopped: autograd of the bowl as it is written in the docstring, step by step.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    def bowl(theta):
        off = theta - theta_star
        return 0.5 * off @ hessian @ off

    theta = torch.zeros_like(theta_star)
    for step in range(n_steps):
        leaf = theta.detach().requires_grad_()
        (slope,) = torch.autograd.grad(bowl(leaf), leaf)
        theta = leaf.detach() - lr * slope
    return theta


# %% wrong early_stopped: one step too many.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps + 1):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta


# %% wrong early_stopped: one step too few, range from 1.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(1, n_steps):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta


# %% wrong early_stopped: begins at the minimum and not at 0.
def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = theta_star.clone()
    for _ in range(n_steps):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta


# %% wrong early_stopped: begins at ones.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.ones_like(theta_star)
    for _ in range(n_steps):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta


# %% wrong early_stopped: what is left of the distance, (I - lr H)^n theta star.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    left = torch.linalg.matrix_power(eye - lr * hessian, n_steps)
    return left @ theta_star


# %% wrong early_stopped: the power is taken entry by entry.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    left = (eye - lr * hessian) ** n_steps
    return (eye - left) @ theta_star


# %% wrong early_stopped: the continuous limit, 1 - exp(-n lr lambda).
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    values, vectors = torch.linalg.eigh(hessian)
    share = 1 - torch.exp(-n_steps * lr * values)
    return vectors @ (share * (vectors.T @ theta_star))


# %% wrong early_stopped: the gradient is H theta minus theta star.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta - lr * (hessian @ theta - theta_star)
    return theta


# %% wrong early_stopped: a 2 in the gradient, as for a bowl without the half.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta - 2 * lr * hessian @ (theta - theta_star)
    return theta


# %% wrong early_stopped: the penalty 1 / (n lr) in the place of the descent.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    if n_steps == 0:
        return torch.zeros_like(theta_star)
    eye = torch.eye(len(hessian), dtype=hessian.dtype)
    return torch.linalg.solve(hessian + eye / (n_steps * lr), hessian @ theta_star)


# %% wrong early_stopped: climbs: plus the gradient.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for _ in range(n_steps):
        theta = theta + lr * hessian @ (theta - theta_star)
    return theta


# %% wrong early_stopped: the shares are not turned into the eigenvectors.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    values, vectors = torch.linalg.eigh(hessian)
    share = 1 - (1 - lr * values) ** n_steps
    return share * theta_star


# %% wrong early_stopped: turned the wrong way, with V and its transpose exchanged.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    values, vectors = torch.linalg.eigh(hessian)
    share = 1 - (1 - lr * values) ** n_steps
    return vectors.T @ (share * (vectors @ theta_star))


# %% wrong early_stopped: treats H as diagonal.
def early_stopped(hessian, theta_star, *, lr, n_steps):
    return (1 - (1 - lr * hessian.diagonal()) ** n_steps) * theta_star


# %% wrong early_stopped: the learning rate falls with the steps, lr / t.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = torch.zeros_like(theta_star)
    for step in range(n_steps):
        theta = theta - lr / (step + 1) * hessian @ (theta - theta_star)
    return theta


# %% wrong early_stopped: uses theta star itself as the running variable, in place.
def early_stopped(hessian, theta_star, *, lr, n_steps):
    start = theta_star.clone()
    distance = theta_star
    for _ in range(n_steps):
        distance -= lr * (hessian @ distance)
    return start - distance


# %% corner early_stopped: the power by exp and log, nan where lr lambda is above 1.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    values, vectors = torch.linalg.eigh(hessian)
    share = 1 - torch.exp(n_steps * torch.log(1 - lr * values))
    return vectors @ (share * (vectors.T @ theta_star))


# %% corner early_stopped: the shares are held between 0 and 1, which cuts off the overshoot where lr lambda is above 1.
import torch


def early_stopped(hessian, theta_star, *, lr, n_steps):
    values, vectors = torch.linalg.eigh(hessian)
    share = (1 - (1 - lr * values) ** n_steps).clamp(0, 1)
    return vectors @ (share * (vectors.T @ theta_star))


# %% corner early_stopped: takes the first step before the loop, also with n_steps 0.
def early_stopped(hessian, theta_star, *, lr, n_steps):
    theta = lr * hessian @ theta_star
    for _ in range(n_steps - 1):
        theta = theta - lr * hessian @ (theta - theta_star)
    return theta


# %% right adamw_step: averages, corrections, quotient and one line with the decay.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% right adamw_step: shrinks the old point first and then takes Adam's step.
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    new = dict(state)
    new["t"] += 1
    new["s"] = torch.lerp(grad, state["s"], rho1)
    new["r"] = torch.lerp(grad.square(), state["r"], rho2)
    s_hat = new["s"] / (1 - rho1 ** new["t"])
    r_hat = new["r"] / (1 - rho2 ** new["t"])
    point = theta * (1 - lr * decay)
    return point - lr * s_hat / (torch.sqrt(r_hat) + eps), new


# %% right adamw_step: the decay is not multiplied by the rate, as the text accepts.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * direction - decay * theta, {"s": s, "r": r, "t": t}


# %% right adamw_step: decays the point that Adam's step has reached, as the text accepts.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    moved = theta - lr * direction
    return moved - lr * decay * moved, {"s": s, "r": r, "t": t}


# %% right adamw_step: epsilon within the root, as the text accepts.
import torch


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / torch.sqrt(r / (1 - rho2**t) + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% right adamw_step: the functional form of the optimizer of the library, on copies.
import torch


from torch.optim.adamw import adamw


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    point, s, r = theta.clone(), state["s"].clone(), state["r"].clone()
    step = torch.tensor(float(state["t"]))
    adamw(
        [point], [grad], [s], [r], [], [step], foreach=False, amsgrad=False, beta1=rho1, beta2=rho2, lr=lr,
        weight_decay=decay, eps=eps, maximize=False,
    )
    return point, {"s": s, "r": r, "t": int(step)}


# %% right adamw_step: the corrections put into the rate and epsilon, as in the efficient form.
import math


def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    s, r, t = state["s"], state["r"], state["t"]
    t = t + 1
    s = s + (1 - rho1) * (grad - s)
    r = r + (1 - rho2) * (grad * grad - r)
    c1, c2 = 1 - math.pow(rho1, t), 1 - math.pow(rho2, t)
    root = math.sqrt(c2)
    step = lr * root / c1
    theta = theta - lr * decay * theta - step * s / (r**0.5 + eps * root)
    return theta, dict(s=s, r=r, t=t)


# %% wrong adamw_step: the decay is part of the gradient, Adam with L2.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    grad = grad + decay * theta
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * direction, {"s": s, "r": r, "t": t}


# %% wrong adamw_step: the decay stands within the quotient and is divided by the root.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t) + decay * theta) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * direction, {"s": s, "r": r, "t": t}


# %% wrong adamw_step: no corrections of the averages.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = s / (r.sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: only the first average is corrected.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / (r.sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: corrects by the steps already taken, which divides by 0 at the first.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"]
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t + 1}


# %% wrong adamw_step: corrects by 1 - rho and not by its power.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1)) / ((r / (1 - rho2)).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: the new state keeps the corrected averages.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    s = s / (1 - rho1**t)
    r = r / (1 - rho2**t)
    direction = s / (r.sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: t is not counted up in the new state.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": state["t"]}


# %% wrong adamw_step: writes the new averages into the given dictionary and returns it.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    state["s"], state["r"], state["t"] = s, r, t
    return theta - lr * (direction + decay * theta), state


# %% wrong adamw_step: changes the tensors of the given state in place.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = state["s"].mul_(rho1).add_((1 - rho1) * grad)
    r = state["r"].mul_(rho2).add_((1 - rho2) * grad**2)
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: the shares of the past and the new are exchanged.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = (1 - rho1) * state["s"] + rho1 * grad
    r = (1 - rho2) * state["r"] + rho2 * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: rho1 and rho2 exchanged.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho2 * state["s"] + (1 - rho2) * grad
    r = rho1 * state["r"] + (1 - rho1) * grad**2
    direction = (s / (1 - rho2**t)) / ((r / (1 - rho1**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: the root is forgotten.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)) + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: r averages the sizes of the gradients and not their squares.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad.abs()
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: the decay has the wrong sign and lets the weights grow.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction - decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: decays the sign of theta, as an L1 penalty would.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta.sign()), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: the decay is multiplied by the rate twice.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + lr * decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: the gradient of the penalty goes into the first average only.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * (grad + decay * theta)
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * direction, {"s": s, "r": r, "t": t}


# %% right adamw_step: epsilon is added before the correction of the root.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r.sqrt() + eps) / (1 - rho2**t) ** 0.5)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: the quotient takes the averages of the last step.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (state["s"] / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% wrong adamw_step: forgets the decay altogether.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    direction = (s / (1 - rho1**t)) / ((r / (1 - rho2**t)).sqrt() + eps)
    return theta - lr * direction, {"s": s, "r": r, "t": t}


# %% corner adamw_step: leaves the averages uncorrected in the first call, since t is 0 there.
def adamw_step(theta, grad, state, *, lr, rho1, rho2, eps, decay):
    t = state["t"] + 1
    s = rho1 * state["s"] + (1 - rho1) * grad
    r = rho2 * state["r"] + (1 - rho2) * grad**2
    c1, c2 = (1 - rho1**t, 1 - rho2**t) if state["t"] > 0 else (1, 1)
    direction = (s / c1) / ((r / c2).sqrt() + eps)
    return theta - lr * (direction + decay * theta), {"s": s, "r": r, "t": t}


# %% right noisy_loss: mean square error plus sigma squared times the squared length.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2 * theta.square().sum()


# %% right noisy_loss: a loop over the rows, plain numbers.
def noisy_loss(theta, x, y, *, sigma):
    weights = theta.tolist()
    extra = sigma**2 * sum(w * w for w in weights)
    total = 0.0
    for row, target in zip(x.tolist(), y.tolist()):
        off = sum(a * w for a, w in zip(row, weights)) - target
        total += off * off + extra
    return total / len(y)


# %% right noisy_loss: two points sigma |theta| to each side of the residual, whose mean square is exact.
import torch
import torch.nn.functional as F


def noisy_loss(theta, x, y, *, sigma):
    residual = torch.mv(x, theta) - y
    spread = sigma * torch.linalg.vector_norm(theta)
    return 0.5 * (F.mse_loss(residual + spread, torch.zeros_like(y)) + ((residual - spread) ** 2).mean())


# %% right noisy_loss: the quadratic form with X'X/n + sigma^2 I.
import torch


def noisy_loss(theta, x, y, *, sigma):
    n, d = x.shape
    gram = x.T @ x / n + sigma**2 * torch.eye(d, dtype=x.dtype)
    return theta @ gram @ theta - 2 * theta @ (x.T @ y) / n + y @ y / n


# %% right noisy_loss: d extra rows of size sigma root n with target 0.
import torch


def noisy_loss(theta, x, y, *, sigma):
    n, d = x.shape
    rows = torch.cat([x, sigma * n**0.5 * torch.eye(d, dtype=x.dtype)])
    targets = torch.cat([y, torch.zeros(d, dtype=y.dtype)])
    return torch.sum((rows @ theta - targets) ** 2) / n


# %% right noisy_loss: numpy, the mean and the variance of each row.
import numpy as np


def noisy_loss(theta, x, y, *, sigma):
    t = theta.numpy()
    mean = np.dot(x.numpy(), t) - y.numpy()
    variance = np.full_like(mean, sigma**2 * np.dot(t, t))
    return float(np.mean(mean**2 + variance))


# %% wrong noisy_loss: sigma without the square.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma * theta.square().sum()


# %% wrong noisy_loss: the length of theta without the square.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2 * theta.norm()


# %% wrong noisy_loss: squares the sum of the weights and not the weights.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2 * theta.sum() ** 2


# %% wrong noisy_loss: the mean and not the sum of the squared weights.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2 * theta.square().mean()


# %% wrong noisy_loss: the half of lesson 8: half of everything.
def noisy_loss(theta, x, y, *, sigma):
    return 0.5 * ((x @ theta - y).square().mean() + sigma**2 * theta.square().sum())


# %% wrong noisy_loss: half of the penalty, as in an L2 penalty.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + 0.5 * sigma**2 * theta.square().sum()


# %% wrong noisy_loss: the noise term counts once for each row, n sigma^2 |theta|^2.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + len(x) * sigma**2 * theta.square().sum()


# %% wrong noisy_loss: the noise term is divided by the number of rows.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2 * theta.square().sum() / len(x)


# %% wrong noisy_loss: the sum over the rows and not the mean.
def noisy_loss(theta, x, y, *, sigma):
    return ((x @ theta - y).square() + sigma**2 * theta.square().sum()).sum()


# %% wrong noisy_loss: returns the losses of the rows, not their mean.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square() + sigma**2 * theta.square().sum()


# %% wrong noisy_loss: draws one noise from a fixed seed.
import torch


def noisy_loss(theta, x, y, *, sigma):
    generator = torch.Generator().manual_seed(0)
    xi = torch.randn(x.shape, generator=generator, dtype=x.dtype)
    return ((x + sigma * xi) @ theta - y).square().mean()


# %% wrong noisy_loss: averages two thousand draws where the exact value is asked for.
import torch


def noisy_loss(theta, x, y, *, sigma):
    generator = torch.Generator().manual_seed(1)
    xi = torch.randn(2000, *x.shape, generator=generator, dtype=x.dtype)
    return ((x + sigma * xi) @ theta - y).square().mean()


# %% wrong noisy_loss: the noise is taken to sit on the output, plus sigma squared.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2


# %% wrong noisy_loss: the noise term by the squares of the inputs.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2 * x.square().sum(dim=1).mean()


# %% wrong noisy_loss: the sizes of the weights, an L1 penalty.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y).square().mean() + sigma**2 * theta.abs().sum()


# %% wrong noisy_loss: y as a column, so that every prediction is compared with every target.
def noisy_loss(theta, x, y, *, sigma):
    return (x @ theta - y[:, None]).square().mean() + sigma**2 * (theta @ theta)


# %% wrong noisy_loss: adds sigma to every input, as if the noise were a constant 1.
def noisy_loss(theta, x, y, *, sigma):
    return ((x + sigma) @ theta - y).square().mean()


# %% right shift_images: zeros, and a rectangle copied by slices.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.zeros_like(images)
    for i, (down, right) in enumerate(shifts.tolist()):
        if abs(down) >= height or abs(right) >= width:
            continue
        piece = images[i, max(-down, 0):height - max(down, 0), max(-right, 0):width - max(right, 0)]
        out[i, max(down, 0):height + min(down, 0), max(right, 0):width + min(right, 0)] = piece
    return out


# %% right shift_images: roll, and zeros where something came back.
import torch


def shift_images(images, shifts):
    height, width = images.shape[1:]
    moved = []
    for image, (down, right) in zip(images, shifts.tolist()):
        image = torch.roll(image, (down, right), dims=(0, 1)).clone()
        if down >= 0:
            image[:down] = 0
        else:
            image[max(height + down, 0):] = 0
        if right >= 0:
            image[:, :right] = 0
        else:
            image[:, max(width + right, 0):] = 0
        moved.append(image)
    return torch.stack(moved)


# %% right shift_images: picks all pixels by index at once, with a mask for those from outside.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    rows = torch.arange(height)[None, :] - shifts[:, :1]
    cols = torch.arange(width)[None, :] - shifts[:, 1:]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((cols >= 0) & (cols < width))[:, None, :]
    picked = images[torch.arange(n)[:, None, None], rows.clamp(0, height - 1)[:, :, None], cols.clamp(0, width - 1)[:, None, :]]
    return torch.where(inside, picked, torch.zeros_like(picked))


# %% right shift_images: pixel by pixel.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.zeros_like(images)
    for i in range(n):
        down, right = int(shifts[i, 0]), int(shifts[i, 1])
        for row in range(height):
            for col in range(width):
                old_row, old_col = row - down, col - right
                if 0 <= old_row < height and 0 <= old_col < width:
                    out[i, row, col] = images[i, old_row, old_col]
    return out


# %% right shift_images: a frame of zeros all round and a window cut out.
import torch
import torch.nn.functional as F


def shift_images(images, shifts):
    height, width = images.shape[-2:]
    out = []
    for image, (down, right) in zip(images, shifts.tolist()):
        down = min(max(down, -height), height)
        right = min(max(right, -width), width)
        framed = F.pad(image, (width, width, height, height))
        out.append(framed[height - down:2 * height - down, width - right:2 * width - right])
    return torch.stack(out)


# %% right shift_images: products with shifted identity matrices from both sides.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape

    def mover(size, by):
        matrix = torch.zeros(size, size, dtype=images.dtype)
        for k in range(size):
            if 0 <= k + by < size:
                matrix[k + by, k] = 1
        return matrix

    result = [mover(height, d) @ image @ mover(width, r).T for image, (d, r) in zip(images, shifts.tolist())]
    return torch.stack(result)


# %% wrong shift_images: rolls, so that what leaves comes back on the other side.
import torch


def shift_images(images, shifts):
    return torch.stack([torch.roll(i, (d, r), dims=(0, 1)) for i, (d, r) in zip(images, shifts.tolist())])


# %% wrong shift_images: takes the pair for (right, down).
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.zeros_like(images)
    for i in range(n):
        down, right = int(shifts[i, 1]), int(shifts[i, 0])
        for row in range(height):
            for col in range(width):
                old_row, old_col = row - down, col - right
                if 0 <= old_row < height and 0 <= old_col < width:
                    out[i, row, col] = images[i, old_row, old_col]
    return out


# %% wrong shift_images: moves up and left where down and right are asked for.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.zeros_like(images)
    for i in range(n):
        down, right = int(shifts[i, 0]), int(shifts[i, 1])
        for row in range(height):
            for col in range(width):
                old_row, old_col = row + down, col + right
                if 0 <= old_row < height and 0 <= old_col < width:
                    out[i, row, col] = images[i, old_row, old_col]
    return out


# %% wrong shift_images: positive down moves up, right is right.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    rows = torch.arange(height)[None, :] + shifts[:, :1]
    cols = torch.arange(width)[None, :] - shifts[:, 1:]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((cols >= 0) & (cols < width))[:, None, :]
    picked = images[torch.arange(n)[:, None, None], rows.clamp(0, height - 1)[:, :, None], cols.clamp(0, width - 1)[:, None, :]]
    return torch.where(inside, picked, torch.zeros_like(picked))


# %% wrong shift_images: repeats the edge pixels where zeros should move in.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    rows = torch.arange(height)[None, :] - shifts[:, :1]
    cols = torch.arange(width)[None, :] - shifts[:, 1:]
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((cols >= 0) & (cols < width))[:, None, :]
    picked = images[torch.arange(n)[:, None, None], rows.clamp(0, height - 1)[:, :, None], cols.clamp(0, width - 1)[:, None, :]]
    return picked


# %% wrong shift_images: moves every image by the shift of the first.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.zeros_like(images)
    for i in range(n):
        down, right = int(shifts[0, 0]), int(shifts[0, 1])
        for row in range(height):
            for col in range(width):
                old_row, old_col = row - down, col - right
                if 0 <= old_row < height and 0 <= old_col < width:
                    out[i, row, col] = images[i, old_row, old_col]
    return out


# %% wrong shift_images: reads a negative row from the other end, since only the upper bound is checked.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.zeros_like(images)
    for i in range(n):
        down, right = int(shifts[i, 0]), int(shifts[i, 1])
        for row in range(height):
            for col in range(width):
                old_row, old_col = row - down, col - right
                if old_row < height and old_col < width:
                    out[i, row, col] = images[i, old_row, old_col]
    return out


# %% wrong shift_images: takes only the shift down and forgets the shift right.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.zeros_like(images)
    for i in range(n):
        down, right = int(shifts[i, 0]), int(shifts[i, 1])
        for row in range(height):
            for col in range(width):
                old_row, old_col = row - down, col
                if 0 <= old_row < height and 0 <= old_col < width:
                    out[i, row, col] = images[i, old_row, old_col]
    return out


# %% wrong shift_images: zeros in the default type, whatever the type of the images.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.zeros(images.shape)
    for i, (down, right) in enumerate(shifts.tolist()):
        if abs(down) >= height or abs(right) >= width:
            continue
        piece = images[i, max(-down, 0):height - max(down, 0), max(-right, 0):width - max(right, 0)]
        out[i, max(down, 0):height + min(down, 0), max(right, 0):width + min(right, 0)] = piece
    return out


# %% wrong shift_images: begins with a copy of the images and not with zeros, so that old pixels stay.
def shift_images(images, shifts):
    n, height, width = images.shape
    out = images.clone()
    for i, (down, right) in enumerate(shifts.tolist()):
        if abs(down) >= height or abs(right) >= width:
            continue
        piece = images[i, max(-down, 0):height - max(down, 0), max(-right, 0):width - max(right, 0)]
        out[i, max(down, 0):height + min(down, 0), max(right, 0):width + min(right, 0)] = piece
    return out


# %% wrong shift_images: ones move in and not zeros.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.ones_like(images)
    for i, (down, right) in enumerate(shifts.tolist()):
        if abs(down) >= height or abs(right) >= width:
            continue
        piece = images[i, max(-down, 0):height - max(down, 0), max(-right, 0):width - max(right, 0)]
        out[i, max(down, 0):height + min(down, 0), max(right, 0):width + min(right, 0)] = piece
    return out


# %% wrong shift_images: moves the pixels within the given tensor.
def shift_images(images, shifts):
    height, width = images.shape[1:]
    for i, (down, right) in enumerate(shifts.tolist()):
        old = images[i].clone()
        images[i] = 0
        for row in range(height):
            for col in range(width):
                if 0 <= row + down < height and 0 <= col + right < width:
                    images[i, row + down, col + right] = old[row, col]
    return images


# %% wrong shift_images: the images grow by their shifts on all sides instead of keeping their size.
import torch


def shift_images(images, shifts):
    most = int(shifts.abs().max())
    height, width = images.shape[1:]
    out = torch.zeros(len(images), height + 2 * most, width + 2 * most, dtype=images.dtype)
    for i, (d, r) in enumerate(shifts.tolist()):
        out[i, most + d:most + d + height, most + r:most + r + width] = images[i]
    return out


# %% wrong shift_images: negative shifts are treated as 0.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.zeros_like(images)
    for i, (down, right) in enumerate(shifts.clamp(min=0).tolist()):
        if abs(down) >= height or abs(right) >= width:
            continue
        piece = images[i, max(-down, 0):height - max(down, 0), max(-right, 0):width - max(right, 0)]
        out[i, max(down, 0):height + min(down, 0), max(right, 0):width + min(right, 0)] = piece
    return out


# %% wrong shift_images: after a roll zeroes the rows at the far side, where the image now is.
import torch


def shift_images(images, shifts):
    out = []
    for image, (d, r) in zip(images, shifts.tolist()):
        image = torch.roll(image, (d, r), dims=(0, 1)).clone()
        if d > 0:
            image[-d:] = 0
        elif d < 0:
            image[:-d] = 0
        if r > 0:
            image[:, -r:] = 0
        elif r < 0:
            image[:, :-r] = 0
        out.append(image)
    return torch.stack(out)


# %% wrong shift_images: F.pad is given top and bottom before left and right.
import torch
import torch.nn.functional as F


def shift_images(images, shifts):
    height, width = images.shape[1:]
    out = []
    for image, (down, right) in zip(images, shifts.tolist()):
        down, right = max(-height, min(down, height)), max(-width, min(right, width))
        framed = F.pad(image, (height, height, width, width))
        out.append(framed[height - down:2 * height - down, width - right:2 * width - right])
    return torch.stack(out)


# %% wrong shift_images: height and width exchanged in the bounds, which shows where images are not square.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.zeros_like(images)
    for i in range(n):
        down, right = int(shifts[i, 0]), int(shifts[i, 1])
        for row in range(height):
            for col in range(width):
                old_row, old_col = row - down, col - right
                if 0 <= old_row < min(height, width) and 0 <= old_col < min(height, width):
                    out[i, row, col] = images[i, old_row, old_col]
    return out


# %% corner shift_images: a slice that ends at minus the shift, which is empty for a shift of 0.
import torch


def shift_images(images, shifts):
    height, width = images.shape[1:]
    out = torch.zeros_like(images)
    for i, (d, r) in enumerate(shifts.tolist()):
        if abs(d) >= height or abs(r) >= width:
            continue
        new_rows, old_rows = (slice(d, None), slice(None, -d)) if d >= 0 else (slice(None, d), slice(-d, None))
        new_cols, old_cols = (slice(r, None), slice(None, -r)) if r >= 0 else (slice(None, r), slice(-r, None))
        piece = images[i, old_rows, old_cols]
        out[i, new_rows, new_cols][:piece.shape[0], :piece.shape[1]] = piece
    return out


# %% corner shift_images: pads and crops with F.pad without limits, which fails for a shift beyond the edge.
import torch
import torch.nn.functional as F


def shift_images(images, shifts):
    return torch.stack([F.pad(i, (r, -r, d, -d)) for i, (d, r) in zip(images, shifts.tolist())])


# %% corner shift_images: max and min in the slices but no care for a shift beyond the edge, where they count from the other end.
import torch


def shift_images(images, shifts):
    n, height, width = images.shape
    out = torch.zeros_like(images)
    for i, (down, right) in enumerate(shifts.tolist()):
        piece = images[i, max(-down, 0):height - max(down, 0), max(-right, 0):width - max(right, 0)]
        out[i, max(down, 0):height + min(down, 0), max(right, 0):width + min(right, 0)] = piece
    return out


# %% corner shift_images: a window of a frame that is one image less a pixel wide, with larger shifts cut to that.
import torch
import torch.nn.functional as F


def shift_images(images, shifts):
    height, width = images.shape[-2:]
    out = []
    for image, (down, right) in zip(images, shifts.tolist()):
        down = min(max(down, 1 - height), height - 1)
        right = min(max(right, 1 - width), width - 1)
        framed = F.pad(image, (width, width, height, height))
        out.append(framed[height - down:2 * height - down, width - right:2 * width - right])
    return torch.stack(out)



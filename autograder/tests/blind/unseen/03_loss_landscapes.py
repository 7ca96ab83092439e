# %% right step_regime: shortest, factor compared with math.isclose on the product
import math


def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if math.isclose(lr * curvature, 1):
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    return "monotone" if factor > 0 else "oscillating"

# %% right step_regime: intervals of the product, hill first, with early returns
def step_regime(curvature, lr):
    if curvature < 0:
        return "diverging"
    product = curvature * lr
    if abs(product - 1.0) < 1e-9:
        return "one_step"
    elif product < 1.0:
        return "monotone"
    elif product < 2.0:
        return "oscillating"
    else:
        return "diverging"

# %% right step_regime: takes one step from x = 1 and looks at where it lands
import math


def step_regime(curvature, lr):
    x = 1.0
    slope = curvature * x
    new_x = x - lr * slope

    if math.isclose(new_x, 0.0, abs_tol=1e-10):
        regime = "one_step"
    elif abs(new_x) > abs(x):
        regime = "diverging"
    elif new_x * x < 0:
        regime = "oscillating"
    else:
        regime = "monotone"
    return regime

# %% right step_regime: compares the rate with 1/λ and 2/λ
import math


def step_regime(curvature, lr):
    best = 1 / curvature
    if best < 0 or lr > 2 * best:
        return "diverging"
    if math.isclose(lr, best):
        return "one_step"
    if lr < best:
        return "monotone"
    return "oscillating"

# %% right step_regime: torch-minded, with a tensor factor and torch.isclose
import torch


def step_regime(curvature, lr):
    factor = 1 - torch.tensor(lr, dtype=torch.float64) * torch.tensor(curvature, dtype=torch.float64)
    zero = torch.zeros((), dtype=torch.float64)
    if torch.isclose(factor, zero, rtol=0.0, atol=1e-9).item():
        return "one_step"
    if factor.abs() < 1:
        if factor > 0:
            return "monotone"
        return "oscillating"
    return "diverging"

# %% right step_regime: list of cases looked up in order with a helper
def shrink_factor(curvature, lr):
    return 1.0 - lr * curvature


def step_regime(curvature, lr):
    factor = shrink_factor(curvature, lr)
    cases = [
        (abs(factor) <= 1e-10, "one_step"),
        (0 < factor < 1, "monotone"),
        (-1 < factor < 0, "oscillating"),
    ]
    for holds, name in cases:
        if holds:
            return name
    return "diverging"

# %% wrong step_regime: forgets the hill, so a factor above 1 from a negative curvature is called monotone
import math


def step_regime(curvature, lr):
    product = lr * curvature
    if math.isclose(product, 1.0):
        return "one_step"
    if product < 1:
        return "monotone"
    if product < 2:
        return "oscillating"
    return "diverging"

# %% wrong step_regime: takes the size of the curvature, so a hill is treated like a bowl
import math


def step_regime(curvature, lr):
    factor = 1 - lr * abs(curvature)
    if math.isclose(factor, 0, abs_tol=1e-9):
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    if factor < 0:
        return "oscillating"
    return "monotone"

# %% wrong step_regime: the words monotone and oscillating are exchanged
import math


def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if math.isclose(lr * curvature, 1.0):
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    if factor < 0:
        return "monotone"
    return "oscillating"

# %% wrong step_regime: calls everything with ηλ above 1 diverging, so oscillating is only said below 0
import math


def step_regime(curvature, lr):
    p = lr * curvature
    if math.isclose(p, 1):
        return "one_step"
    if p > 1:
        return "diverging"
    if p > 0:
        return "monotone"
    return "oscillating"

# %% wrong step_regime: takes the slope of ½λx² to be 2λx, so the factor is 1 - 2ηλ
import math


def step_regime(curvature, lr):
    factor = 1 - 2 * lr * curvature
    if math.isclose(factor, 0, abs_tol=1e-9):
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    if factor > 0:
        return "monotone"
    return "oscillating"

# %% wrong step_regime: tests factor > 1 instead of its size, so a factor below -1 is called oscillating
import math


def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if math.isclose(lr * curvature, 1.0):
        return "one_step"
    if factor > 1:
        return "diverging"
    elif factor > 0:
        return "monotone"
    else:
        return "oscillating"

# %% wrong step_regime: the tolerance for one_step is 0.1, far more than rounding (ηλ = 0.95 is called one_step)
def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if abs(factor) < 0.1:
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    return "monotone" if factor > 0 else "oscillating"

# %% wrong step_regime: uses λ/η (curvature over rate) in place of the product ηλ
import math


def step_regime(curvature, lr):
    ratio = curvature / lr
    if math.isclose(ratio, 1.0):
        return "one_step"
    if ratio < 0 or ratio > 2:
        return "diverging"
    if ratio < 1:
        return "monotone"
    return "oscillating"

# %% wrong step_regime: prints the word and returns nothing
import math


def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if math.isclose(lr * curvature, 1.0):
        print("one_step")
    elif abs(factor) > 1:
        print("diverging")
    elif factor > 0:
        print("monotone")
    else:
        print("oscillating")

# %% wrong step_regime: never says one_step, that case is counted as monotone or oscillating
def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if abs(factor) >= 1:
        return "diverging"
    if factor >= 0:
        return "monotone"
    return "oscillating"

# %% corner step_regime: compares the factor with 0 exactly, so products that miss 1 by rounding are not one_step
def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if factor == 0:
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    if factor > 0:
        return "monotone"
    return "oscillating"

# %% right curvatures: shortest, eigenvalues of the symmetric part
import torch


def curvatures(matrix):
    return torch.linalg.eigvalsh((matrix + matrix.T) / 2)

# %% right curvatures: sum with the transpose, halved after the eigenvalues
import torch


def curvatures(matrix):
    hessian_twice = matrix + matrix.transpose(0, 1)
    values = torch.linalg.eigvalsh(hessian_twice)
    return 0.5 * values

# %% right curvatures: lets autograd differentiate the quadratic twice
import torch


def curvatures(matrix):
    a = matrix.detach()

    def loss(theta):
        return 0.5 * theta @ a @ theta

    hessian = torch.autograd.functional.hessian(loss, torch.zeros(len(a), dtype=a.dtype))
    return torch.linalg.eigvalsh(hessian)

# %% right curvatures: fills the Hessian entry by entry in two loops
import torch


def curvatures(matrix):
    n = matrix.shape[0]
    hessian = torch.zeros_like(matrix)
    for i in range(n):
        for j in range(n):
            hessian[i, j] = (matrix[i, j] + matrix[j, i]) / 2
    eigenvalues, _ = torch.linalg.eigh(hessian)
    return eigenvalues

# %% right curvatures: by way of numpy, back in the type of matrix
import numpy as np
import torch


def curvatures(matrix):
    a = matrix.detach().numpy()
    values = np.linalg.eigvalsh(0.5 * (a + a.T))
    return torch.tensor(values, dtype=matrix.dtype)

# %% right curvatures: general eigenvalues of the symmetric part, real parts, sorted
import torch


def symmetric_part(matrix):
    return 0.5 * matrix + 0.5 * matrix.T


def curvatures(matrix):
    values = torch.linalg.eigvals(symmetric_part(matrix)).real
    return values.sort().values

# %% wrong curvatures: leaves the bug, eigvalsh of A itself reads only the lower triangle
import torch


def curvatures(matrix):
    values = torch.linalg.eigvalsh(matrix)
    return torch.sort(values).values

# %% wrong curvatures: takes the real parts of the eigenvalues of A itself, without making it symmetric
import torch


def curvatures(matrix):
    eigenvalues = torch.linalg.eigvals(matrix)
    return eigenvalues.real.sort().values

# %% wrong curvatures: uses A + Aᵀ without the half, so every curvature is twice too large
import torch


def curvatures(matrix):
    hessian = matrix + matrix.T
    return torch.linalg.eigvalsh(hessian)

# %% wrong curvatures: counts the half of the quadratic again, so it uses (A + Aᵀ)/4
import torch


def curvatures(matrix):
    symmetric = (matrix + matrix.T) / 2
    return torch.linalg.eigvalsh(0.5 * symmetric)

# %% wrong curvatures: right eigenvalues, but in descending order
import torch


def curvatures(matrix):
    hessian = (matrix + matrix.T) / 2
    return torch.linalg.eigvalsh(hessian).flip(0)

# %% wrong curvatures: only switches to the upper triangle with UPLO="U"
import torch


def curvatures(matrix):
    return torch.linalg.eigvalsh(matrix, UPLO="U")

# %% wrong curvatures: returns singular values of the symmetric part, so negative curvatures lose their sign
import torch


def curvatures(matrix):
    hessian = (matrix + matrix.T) / 2
    return torch.linalg.svdvals(hessian).flip(0)

# %% wrong curvatures: uses AᵀA in place of the symmetric part, and takes the roots of its eigenvalues
import torch


def curvatures(matrix):
    product = matrix.T @ matrix
    return torch.linalg.eigvalsh(product).clamp(min=0).sqrt()

# %% wrong curvatures: symmetrises the caller's matrix in place
import torch


def curvatures(matrix):
    matrix += matrix.T.clone()
    matrix /= 2
    return torch.linalg.eigvalsh(matrix)

# %% wrong curvatures: returns the diagonal of the symmetric part in ascending order instead of its eigenvalues
import torch


def curvatures(matrix):
    hessian = (matrix + matrix.T) / 2
    return torch.sort(torch.diagonal(hessian)).values

# %% right condition_number: shortest, sizes of the eigenvalues, then extremes
import torch


def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    return sizes.max() / sizes.min()

# %% right condition_number: sorts the sizes and takes the two ends
import torch


def condition_number(hessian):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    sizes, _ = torch.sort(torch.abs(eigenvalues))
    return sizes[-1] / sizes[0]

# %% right condition_number: loop over the eigenvalues for the extremes, with a case for zero
import torch


def condition_number(hessian):
    largest, smallest = 0.0, float("inf")
    for value in torch.linalg.eigvalsh(hessian).tolist():
        if abs(value) > largest:
            largest = abs(value)
        if abs(value) < smallest:
            smallest = abs(value)
    if smallest == 0:
        return torch.tensor(float("inf"), dtype=hessian.dtype)
    return torch.tensor(largest / smallest, dtype=hessian.dtype)

# %% right condition_number: root of the ratio of the squared eigenvalues
import torch


def condition_number(hessian):
    squares = torch.linalg.eigvalsh(hessian) ** 2
    return torch.sqrt(squares.max()) / torch.sqrt(squares.min())

# %% right condition_number: numpy eigenvalues, torch division
import numpy as np
import torch


def condition_number(hessian):
    values = np.abs(np.linalg.eigvalsh(hessian.detach().numpy()))
    top = torch.tensor(values.max(), dtype=hessian.dtype)
    bottom = torch.tensor(values.min(), dtype=hessian.dtype)
    return top / bottom

# %% right condition_number: largest size times the largest inverse size, eigenvalues by eigh
import torch


def condition_number(hessian):
    eigenvalues, _vectors = torch.linalg.eigh(hessian)
    sizes = eigenvalues.abs()
    return sizes.amax() * (1 / sizes).amax()

# %% wrong condition_number: no sizes, the largest signed eigenvalue over the smallest signed one
import torch


def condition_number(hessian):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    return eigenvalues[-1] / eigenvalues[0]

# %% wrong condition_number: the ratio upside down, smallest over largest size
import torch


def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    return sizes.min() / sizes.max()

# %% wrong condition_number: takes sizes after the extremes, |λ[-1]| over |λ[0]| of the signed order
import torch


def condition_number(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return values.max().abs() / values.min().abs()

# %% wrong condition_number: uses the Frobenius norm, ‖H‖ times ‖H⁻¹‖, in place of the extreme sizes
import torch


def condition_number(hessian):
    return torch.linalg.cond(hessian, p="fro")

# %% wrong condition_number: takes the diagonal entries for the eigenvalues
import torch


def condition_number(hessian):
    sizes = hessian.diagonal().abs()
    return sizes.max() / sizes.min()

# %% wrong condition_number: eigenvalues of HᵀH without the root, so the result is κ squared
import torch


def condition_number(hessian):
    values = torch.linalg.eigvalsh(hessian.T @ hessian)
    return values[-1] / values[0]

# %% wrong condition_number: divides the second smallest size by the smallest, which is right for two parameters only
import torch


def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs().sort().values
    if len(sizes) == 1:
        return sizes[0] / sizes[0]
    return sizes[1] / sizes[0]

# %% wrong condition_number: keeps an axis, the result has shape (1,)
import torch


def condition_number(hessian):
    sizes, _ = torch.linalg.eigvalsh(hessian).abs().sort()
    return sizes[-1:] / sizes[:1]

# %% wrong condition_number: largest size over the mean size instead of the smallest
import torch


def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    return sizes.max() / sizes.mean()

# %% wrong condition_number: returns the root of κ
import torch


def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    return torch.sqrt(sizes.max() / sizes.min())

# %% corner condition_number: leaves out the zero eigenvalues, so a flat direction gives a finite number, not inf
import torch


def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    nonzero = sizes[sizes > 0]
    return nonzero.max() / nonzero.min()

# %% right stable_lr_limit: shortest, 2 over the last eigenvalue
import torch


def stable_lr_limit(hessian):
    return 2 / torch.linalg.eigvalsh(hessian)[-1]

# %% right stable_lr_limit: smallest of the limits of all directions, a flat one gives inf
import torch


def stable_lr_limit(hessian):
    eigenvalues = torch.linalg.eigvalsh(hessian).clamp(min=0)
    limits = 2 / eigenvalues
    return limits.min()

# %% right stable_lr_limit: spectral norm of the Hessian, which is the largest eigenvalue of a bowl
import torch


def stable_lr_limit(hessian):
    steepest = torch.linalg.matrix_norm(hessian, ord=2)
    return 2.0 / steepest

# %% right stable_lr_limit: loop for the largest curvature with Python floats
import torch


def stable_lr_limit(hessian):
    steepest = 0.0
    for curvature in torch.linalg.eigvalsh(hessian).tolist():
        steepest = max(steepest, curvature)
    return torch.tensor(2 / steepest, dtype=hessian.dtype)

# %% right stable_lr_limit: by way of numpy, back in the type of the Hessian
import numpy as np
import torch


def stable_lr_limit(hessian):
    values = np.linalg.eigvalsh(hessian.detach().numpy())
    return torch.as_tensor(2 / values.max(), dtype=hessian.dtype)

# %% right stable_lr_limit: reciprocal of half the largest eigenvalue from eigh, in a helper
import torch


def steepest_curvature(hessian):
    values, _ = torch.linalg.eigh(hessian)
    return values.max()


def stable_lr_limit(hessian):
    return (steepest_curvature(hessian) / 2).reciprocal()

# %% wrong stable_lr_limit: 1 over the largest eigenvalue, half of the limit
import torch


def stable_lr_limit(hessian):
    return 1 / torch.linalg.eigvalsh(hessian)[-1]

# %% wrong stable_lr_limit: 2 over the smallest eigenvalue
import torch


def stable_lr_limit(hessian):
    return 2 / torch.linalg.eigvalsh(hessian)[0]

# %% wrong stable_lr_limit: gives the best rate 2/(λmin + λmax) in place of the limit
import torch


def stable_lr_limit(hessian):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    return 2 / (eigenvalues[0] + eigenvalues[-1])

# %% wrong stable_lr_limit: 2 over the trace, the sum of all eigenvalues
import torch


def stable_lr_limit(hessian):
    return 2 / hessian.diagonal().sum()

# %% wrong stable_lr_limit: 2 over the largest diagonal entry instead of the largest eigenvalue
import torch


def stable_lr_limit(hessian):
    return 2 / torch.diag(hessian).max()

# %% wrong stable_lr_limit: returns the limits of all directions, a vector
import torch


def stable_lr_limit(hessian):
    curvature = torch.linalg.eigvalsh(hessian)
    return 2 / curvature

# %% wrong stable_lr_limit: 2 over the Frobenius norm of the Hessian
import torch


def stable_lr_limit(hessian):
    return 2 / torch.linalg.norm(hessian)

# %% wrong stable_lr_limit: takes the eigenvalue at index 1, which is the largest for two parameters only
import torch


def stable_lr_limit(hessian):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    if len(eigenvalues) == 1:
        return 2 / eigenvalues[0]
    return 2 / eigenvalues[1]

# %% wrong stable_lr_limit: upside down, half the largest eigenvalue
import torch


def stable_lr_limit(hessian):
    return torch.linalg.eigvalsh(hessian).max() / 2

# %% wrong stable_lr_limit: uses the bound of the largest row sum of sizes instead of the largest eigenvalue
import torch


def stable_lr_limit(hessian):
    bound = hessian.abs().sum(dim=1).max()
    return 2 / bound

# %% corner stable_lr_limit: returns inf as soon as one eigenvalue is 0
import torch


def stable_lr_limit(hessian):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    if torch.isclose(eigenvalues[0], torch.zeros((), dtype=hessian.dtype), atol=1e-7):
        return torch.tensor(float("inf"), dtype=hessian.dtype)
    return 2 / eigenvalues[-1]

# %% right optimal_lr: shortest, 2 over the sum of both ends
import torch


def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return 2 / (values[0] + values[-1])

# %% right optimal_lr: one over the middle of the two ends, found with min and max
import torch


def optimal_lr(hessian):
    eigenvalues, _ = torch.linalg.eigh(hessian)
    middle = (eigenvalues.min() + eigenvalues.max()) / 2
    return 1 / middle

# %% right optimal_lr: solves the two linear equations for the rate and the factor
import torch


def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    low, high = values[0].item(), values[-1].item()
    left = torch.tensor([[low, 1.0], [high, -1.0]], dtype=hessian.dtype)
    right = torch.ones(2, dtype=hessian.dtype)
    return torch.linalg.solve(left, right)[0]

# %% right optimal_lr: from the factor (λmax - λmin)/(λmax + λmin) and the steep end
import torch


def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    smallest, largest = values[0], values[-1]
    factor = (largest - smallest) / (largest + smallest)
    return (1 + factor) / largest

# %% right optimal_lr: Python floats from a list of eigenvalues
import torch


def optimal_lr(hessian):
    curvatures = sorted(torch.linalg.eigvalsh(hessian).tolist())
    return torch.tensor(2.0 / (curvatures[0] + curvatures[-1]), dtype=hessian.dtype)

# %% right optimal_lr: by way of numpy, with a helper for the ends
import numpy as np
import torch


def ends(hessian):
    values = np.linalg.eigvalsh(hessian.detach().numpy())
    return values.min(), values.max()


def optimal_lr(hessian):
    low, high = ends(hessian)
    return torch.tensor(2 / (low + high), dtype=hessian.dtype)

# %% wrong optimal_lr: 1 over the largest eigenvalue, which ignores the flat end
import torch


def optimal_lr(hessian):
    return 1 / torch.linalg.eigvalsh(hessian).max()

# %% wrong optimal_lr: gives the stable limit 2/λmax in place of the best rate
import torch


def optimal_lr(hessian):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    return 2 / eigenvalues[-1]

# %% wrong optimal_lr: forgets the 2, so it returns 1/(λmin + λmax)
import torch


def optimal_lr(hessian):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    return 1 / (eigenvalues[0] + eigenvalues[-1])

# %% wrong optimal_lr: 2 over the sum of all eigenvalues, right for two parameters only
import torch


def optimal_lr(hessian):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    return 2 / eigenvalues.sum()

# %% wrong optimal_lr: sign slip when solving, 2/(λmax - λmin)
import torch


def optimal_lr(hessian):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    return 2 / (eigenvalues[-1] - eigenvalues[0])

# %% wrong optimal_lr: returns the factor (κ - 1)/(κ + 1) instead of the rate
import torch


def optimal_lr(hessian):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    kappa = eigenvalues[-1] / eigenvalues[0]
    return (kappa - 1) / (kappa + 1)

# %% wrong optimal_lr: the rate of the heavy ball, 4/(√λmin + √λmax)², in place of that of plain descent
import torch


def optimal_lr(hessian):
    roots = torch.linalg.eigvalsh(hessian).clamp(min=0).sqrt()
    return 4 / (roots[0] + roots[-1]) ** 2

# %% wrong optimal_lr: takes the first two eigenvalues as the ends, so more than two parameters go wrong
import torch


def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    second = values[1] if len(values) > 1 else values[0]
    return 2 / (values[0] + second)

# %% wrong optimal_lr: one over the mean of all eigenvalues instead of the middle of the two ends
import torch


def optimal_lr(hessian):
    return 1 / torch.linalg.eigvalsh(hessian).mean()

# %% wrong optimal_lr: uses the extreme diagonal entries instead of the extreme eigenvalues
import torch


def optimal_lr(hessian):
    entries = torch.diagonal(hessian)
    return 2 / (entries.min() + entries.max())

# %% right taylor_terms: shortest, the formula with @
import torch


def taylor_terms(grad, hessian, lr):
    return lr * grad @ grad, 0.5 * lr**2 * grad @ hessian @ grad

# %% right taylor_terms: from the step itself
import torch


def taylor_terms(grad, hessian, lr):
    step = -lr * grad
    linear = -(grad @ step)
    quadratic = step @ (hessian @ step) / 2
    return linear, quadratic

# %% right taylor_terms: einsum
import torch


def taylor_terms(grad, hessian, lr):
    slope = torch.einsum("i,i->", grad, grad)
    bend = torch.einsum("i,ij,j->", grad, hessian, grad)
    return lr * slope, lr**2 / 2 * bend

# %% right taylor_terms: double loop
import torch


def taylor_terms(grad, hessian, lr):
    n = len(grad)
    gg = torch.zeros((), dtype=grad.dtype)
    ghg = torch.zeros((), dtype=grad.dtype)
    for i in range(n):
        gg = gg + grad[i] ** 2
        for j in range(n):
            ghg = ghg + grad[i] * hessian[i, j] * grad[j]
    return lr * gg, 0.5 * lr * lr * ghg

# %% right taylor_terms: library functions dot and mv
import torch


def taylor_terms(grad, hessian, lr):
    linear = torch.dot(grad, grad) * lr
    product = torch.mv(hessian, grad)
    quadratic = torch.dot(grad, product).mul(lr).mul(lr).div(2)
    return (linear, quadratic)

# %% right taylor_terms: sums of elementwise products, outer product for the quadratic term
import torch


def taylor_terms(grad, hessian, lr):
    outer = grad[:, None] * grad[None, :]
    linear = lr * grad.square().sum()
    quadratic = (lr**2 * (hessian * outer).sum()) / 2
    return linear, quadratic

# %% wrong taylor_terms: returns the linear term with the minus sign of the expansion
import torch


def taylor_terms(grad, hessian, lr):
    linear = -lr * grad @ grad
    quadratic = 0.5 * lr**2 * grad @ hessian @ grad
    return linear, quadratic

# %% wrong taylor_terms: forgets the half in the quadratic term
import torch


def taylor_terms(grad, hessian, lr):
    linear = lr * (grad @ grad)
    quadratic = lr**2 * (grad @ hessian @ grad)
    return linear, quadratic

# %% wrong taylor_terms: does not square the rate in the quadratic term
import torch


def taylor_terms(grad, hessian, lr):
    linear = lr * torch.dot(grad, grad)
    quadratic = 0.5 * lr * torch.dot(grad, hessian @ grad)
    return linear, quadratic

# %% wrong taylor_terms: uses elementwise products, so it returns vectors and matrices
import torch


def taylor_terms(grad, hessian, lr):
    linear = lr * grad * grad
    quadratic = 0.5 * lr**2 * grad * hessian * grad
    return linear, quadratic

# %% wrong taylor_terms: the norm of the gradient is not squared in the linear term
import torch


def taylor_terms(grad, hessian, lr):
    linear = lr * grad.norm()
    quadratic = 0.5 * lr**2 * (grad @ hessian @ grad)
    return linear, quadratic

# %% wrong taylor_terms: returns the pair in the order (quadratic, linear)
import torch


def taylor_terms(grad, hessian, lr):
    first = lr * grad @ grad
    second = 0.5 * lr**2 * grad @ hessian @ grad
    return second, first

# %% wrong taylor_terms: returns the single number linear minus quadratic instead of both terms
import torch


def taylor_terms(grad, hessian, lr):
    linear = lr * grad @ grad
    quadratic = 0.5 * lr**2 * grad @ hessian @ grad
    return linear - quadratic

# %% wrong taylor_terms: keeps only the diagonal of the Hessian in the quadratic term
import torch


def taylor_terms(grad, hessian, lr):
    linear = lr * (grad**2).sum()
    quadratic = 0.5 * lr**2 * (torch.diag(hessian) * grad**2).sum()
    return linear, quadratic

# %% wrong taylor_terms: leaves out the last factor g, so the quadratic term is a vector
import torch


def taylor_terms(grad, hessian, lr):
    linear = lr * (grad @ grad)
    quadratic = 0.5 * lr**2 * (hessian @ grad)
    return linear, quadratic

# %% wrong taylor_terms: applies the Hessian twice, so the quadratic term is ½ε²‖Hg‖²
import torch


def taylor_terms(grad, hessian, lr):
    hg = hessian @ grad
    linear = lr * (grad @ grad)
    quadratic = 0.5 * lr**2 * (hg @ hg)
    return linear, quadratic

# %% right hvp: the formula of the notebook, gradient of the slope along v
import torch


def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    gradient = torch.autograd.grad(f(at), at, create_graph=True)[0]
    slope = (gradient * v).sum()
    return torch.autograd.grad(slope, at)[0]

# %% right hvp: torch.autograd.functional.hvp, second entry of what it returns
import torch
from torch.autograd.functional import hvp as torch_hvp


def hvp(f, x, v):
    value, product = torch_hvp(f, x.detach(), v)
    return product

# %% right hvp: forward over reverse with torch.func
import torch


def hvp(f, x, v):
    _, product = torch.func.jvp(torch.func.grad(f), (x,), (v,))
    return product

# %% right hvp: builds the whole Hessian as a square matrix and multiplies, as the hint accepts
import torch


def hvp(f, x, v):
    n = x.numel()
    hessian = torch.autograd.functional.hessian(f, x.detach()).reshape(n, n)
    product = hessian @ v.reshape(n)
    return product.reshape(x.shape)

# %% right hvp: whole Hessian with its doubled axes, contracted with v by an elementwise sum
import torch


def hvp(f, x, v):
    hessian = torch.autograd.functional.hessian(f, x.detach())
    axes = tuple(range(x.dim(), 2 * x.dim()))
    if not axes:
        return hessian * v
    return (hessian * v).sum(dim=axes)

# %% right hvp: helper for the gradient, v handed over as grad_outputs, zeros where the gradient is constant
import torch


def gradient_with_graph(f, at):
    return torch.autograd.grad(f(at), at, create_graph=True)[0]


def hvp(f, x, v):
    at = x.detach().clone()
    at.requires_grad_(True)
    g = gradient_with_graph(f, at)
    if not g.requires_grad:
        return torch.zeros_like(x)
    return torch.autograd.grad(g, at, grad_outputs=v)[0]

# %% wrong hvp: returns the slope along v, a single number, and does not differentiate again
import torch


def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at, create_graph=True)[0]
    return (g * v).sum().detach()

# %% wrong hvp: multiplies once more with v and returns the number vᵀHv
import torch


def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at, create_graph=True)[0]
    product = torch.autograd.grad((g * v).sum(), at)[0]
    return (v * product).sum()

# %% wrong hvp: ignores v, differentiates the sum of the gradient, so it gives H times ones
import torch


def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at, create_graph=True)[0]
    return torch.autograd.grad(g.sum(), at)[0]

# %% wrong hvp: forms the number with g @ v, so it works for vectors only, not for other shapes
import torch


def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at, create_graph=True)[0]
    return torch.autograd.grad(g @ v, at)[0]

# %% wrong hvp: calls backward twice without clearing .grad, so it returns the gradient plus Hv
import torch


def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    f(at).backward(create_graph=True)
    slope = (at.grad * v).sum()
    slope.backward()
    return at.grad.detach()

# %% wrong hvp: multiplies v entry by entry with the diagonal of the Hessian only
import torch


def hvp(f, x, v):
    n = x.numel()
    hessian = torch.autograd.functional.hessian(f, x.detach()).reshape(n, n)
    return hessian.diagonal().reshape(x.shape) * v

# %% wrong hvp: forgets create_graph, so the gradient cannot be differentiated again and an error is raised
import torch


def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at)[0]
    slope = (g * v).sum()
    return torch.autograd.grad(slope, at)[0]

# %% wrong hvp: returns the pair (value of f, Hv) of torch.autograd.functional.hvp
import torch


def hvp(f, x, v):
    return torch.autograd.functional.hvp(f, x.detach(), v)

# %% wrong hvp: takes g gᵀ for the Hessian, so it returns g times the slope along v
import torch


def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at)[0]
    return g * (g * v).sum()

# %% wrong hvp: makes v a unit vector first, so the result is Hv divided by the norm of v
import torch


def hvp(f, x, v):
    direction = v / v.norm()
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at, create_graph=True)[0]
    return torch.autograd.grad((g * direction).sum(), at)[0]

# %% right gabor_loss: the formulas of the notebook line by line
import torch


def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-(u**2) / 32)
    return ((f - y) ** 2).sum()

# %% right gabor_loss: helper for the model, residual times itself with @
import torch


def gabor(phi, x):
    offset, frequency = phi
    u = offset + 0.06 * frequency * x
    return u.sin() * (-u.square() / 32).exp()


def gabor_loss(phi, x, y):
    error = y - gabor(phi, x)
    return error @ error

# %% right gabor_loss: mse_loss with reduction="sum"
import torch


def gabor_loss(phi, x, y):
    u = torch.add(phi[0], x * (0.06 * phi[1]))
    prediction = torch.sin(u) * torch.exp(-u * u / 32.0)
    return torch.nn.functional.mse_loss(prediction, y, reduction="sum")

# %% right gabor_loss: loop over the points with torch functions
import torch


def gabor_loss(phi, x, y):
    total = torch.zeros((), dtype=phi.dtype)
    for xi, yi in zip(x, y):
        u = phi[0] + 0.06 * phi[1] * xi
        total = total + (torch.sin(u) * torch.exp(-u**2 / 32) - yi) ** 2
    return total

# %% right gabor_loss: u as a product of a matrix with phi, mean times number
import torch


def gabor_loss(phi, x, y):
    design = torch.stack([torch.ones_like(x), 0.06 * x], dim=1)
    u = design @ phi
    envelope = torch.exp(-0.5 * (u / 4) ** 2)
    wave = torch.sin(u)
    squares = (wave * envelope - y).square()
    return len(x) * squares.mean()

# %% right gabor_loss: the square multiplied out, with einsum
import torch


def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) / torch.exp(u**2 / 32)
    ff = torch.einsum("i,i->", f, f)
    fy = torch.einsum("i,i->", f, y)
    yy = torch.einsum("i,i->", y, y)
    return ff - 2 * fy + yy

# %% wrong gabor_loss: returns the mean of the squared errors where the sum is asked
import torch


def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-(u**2) / 32)
    return ((f - y) ** 2).mean()

# %% wrong gabor_loss: divides by 8 in the envelope where 32 is asked
import torch


def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-(u**2) / 8)
    return (f - y).square().sum()

# %% wrong gabor_loss: leaves out the factor 0.06 in u
import torch


def gabor_loss(phi, x, y):
    u = phi[0] + phi[1] * x
    f = torch.sin(u) * torch.exp(-(u**2) / 32)
    return (f - y).square().sum()

# %% wrong gabor_loss: writes (-u)**2, so the exponent is positive and the envelope grows
import torch


def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp((-u) ** 2 / 32)
    return torch.sum((f - y) ** 2)

# %% wrong gabor_loss: the envelope is computed from x instead of u, so it does not move with the wave
import torch


def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    envelope = torch.exp(-(x**2) / 32)
    f = torch.sin(u) * envelope
    return torch.sum((f - y) ** 2)

# %% wrong gabor_loss: exchanges offset and frequency, u = φ₁ + 0.06 φ₀ x
import torch


def gabor_loss(phi, x, y):
    frequency, offset = phi
    u = offset + 0.06 * frequency * x
    prediction = torch.sin(u) * torch.exp(-(u**2) / 32)
    return ((prediction - y) ** 2).sum()

# %% wrong gabor_loss: squares the sum of the errors instead of summing their squares
import torch


def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-(u**2) / 32)
    return (f - y).sum() ** 2

# %% wrong gabor_loss: multiplies the offset by 0.06 too, u = 0.06 (φ₀ + φ₁ x)
import torch


def gabor_loss(phi, x, y):
    u = 0.06 * (phi[0] + phi[1] * x)
    f = torch.sin(u) * torch.exp(-(u**2) / 32)
    return ((f - y) ** 2).sum()

# %% wrong gabor_loss: puts a half in front of the sum of squares
import torch


def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    residual = torch.sin(u) * torch.exp(-u.square() / 32) - y
    return 0.5 * residual @ residual

# %% wrong gabor_loss: takes the cosine in place of the sine
import torch


def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.cos(u) * torch.exp(-(u**2) / 32)
    return ((y - f) ** 2).sum()

# %% right classify_critical_point: saddle first, as the hint says
import torch


def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    up, down = (values > tol), (values < -tol)
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    if down.all():
        return "maximum"
    return "degenerate"

# %% right classify_critical_point: every singular Hessian is called degenerate, the other convention that is accepted
import torch


def classify_critical_point(hessian, tol=1e-8):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    if (eigenvalues.abs() <= tol).any():
        return "degenerate"
    if (eigenvalues > 0).all():
        return "minimum"
    if (eigenvalues < 0).all():
        return "maximum"
    return "saddle"

# %% right classify_critical_point: looks only at the two ends of the sorted eigenvalues
import torch


def classify_critical_point(hessian, tol=1e-8):
    eigenvalues = torch.linalg.eigvalsh(hessian)
    smallest, largest = eigenvalues[0].item(), eigenvalues[-1].item()
    if smallest > tol:
        return "minimum"
    if largest < -tol:
        return "maximum"
    if smallest < -tol and largest > tol:
        return "saddle"
    return "degenerate"

# %% right classify_critical_point: counts signs in a loop over a list
import torch


def classify_critical_point(hessian, tol=1e-8):
    positive = negative = zero = 0
    for value in torch.linalg.eigvalsh(hessian).tolist():
        if abs(value) <= tol:
            zero += 1
        elif value > 0:
            positive += 1
        else:
            negative += 1
    if positive > 0 and negative > 0:
        return "saddle"
    elif zero > 0:
        return "degenerate"
    elif positive > 0:
        return "minimum"
    else:
        return "maximum"

# %% right classify_critical_point: set of signs after small eigenvalues are put to zero
import torch


def classify_critical_point(hessian, tol=1e-8):
    eigenvalues, _ = torch.linalg.eigh(hessian)
    cleaned = torch.where(eigenvalues.abs() <= tol, torch.zeros_like(eigenvalues), eigenvalues)
    signs = set(torch.sign(cleaned).tolist())
    if {1.0, -1.0} <= signs:
        return "saddle"
    if 0.0 in signs:
        return "degenerate"
    return "minimum" if 1.0 in signs else "maximum"

# %% right classify_critical_point: numpy, counts compared with the number of eigenvalues
import numpy as np
import torch


def classify_critical_point(hessian, tol=1e-8):
    values = np.linalg.eigvalsh(hessian.detach().numpy())
    n_up, n_down = int(np.sum(values > tol)), int(np.sum(values < -tol))
    if n_up == len(values):
        return "minimum"
    if n_down == len(values):
        return "maximum"
    if n_up and n_down:
        return "saddle"
    return "degenerate"

# %% wrong classify_critical_point: the words minimum and maximum are exchanged
import torch


def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values > tol).any() and (values < -tol).any():
        return "saddle"
    if (values > tol).all():
        return "maximum"
    if (values < -tol).all():
        return "minimum"
    return "degenerate"

# %% wrong classify_critical_point: rule with determinant and first entry, which holds for two variables only
import torch


def classify_critical_point(hessian, tol=1e-8):
    det = torch.linalg.det(hessian)
    if det.abs() <= tol:
        return "degenerate"
    if det < 0:
        return "saddle"
    if hessian[0, 0] > 0:
        return "minimum"
    return "maximum"

# %% wrong classify_critical_point: takes the diagonal entries for the eigenvalues
import torch


def classify_critical_point(hessian, tol=1e-8):
    values = torch.diagonal(hessian)
    if (values > tol).any() and (values < -tol).any():
        return "saddle"
    if (values > tol).all():
        return "minimum"
    if (values < -tol).all():
        return "maximum"
    return "degenerate"

# %% wrong classify_critical_point: ignores tol and compares with 0, so tiny eigenvalues count with their sign
import torch


def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values > 0).all():
        return "minimum"
    if (values < 0).all():
        return "maximum"
    if (values > 0).any() and (values < 0).any():
        return "saddle"
    return "degenerate"

# %% wrong classify_critical_point: has no degenerate case, everything that is neither minimum nor maximum is a saddle
import torch


def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values > tol).all():
        return "minimum"
    elif (values < -tol).all():
        return "maximum"
    else:
        return "saddle"

# %% wrong classify_critical_point: counts zero eigenvalues as positive or negative, so a flat valley is a minimum
import torch


def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if values.abs().max() <= tol:
        return "degenerate"
    if (values >= -tol).all():
        return "minimum"
    if (values <= tol).all():
        return "maximum"
    return "saddle"

# %% wrong classify_critical_point: tests λ <= tol without the size, so every negative eigenvalue makes it degenerate
import torch


def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values <= tol).any():
        return "degenerate"
    if (values > tol).all():
        return "minimum"
    if (values < -tol).all():
        return "maximum"
    return "saddle"

# %% wrong classify_critical_point: asks any instead of all and before the saddle, so saddles are called minima
import torch


def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values.abs() <= tol).any():
        return "degenerate"
    if (values > tol).any():
        return "minimum"
    if (values < -tol).any():
        return "maximum"
    return "saddle"

# %% wrong classify_critical_point: decides by the sign of the trace, so a saddle is only found if the trace is 0
import torch


def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values.abs() <= tol).any():
        return "degenerate"
    total = values.sum()
    if total > tol:
        return "minimum"
    if total < -tol:
        return "maximum"
    return "saddle"

# %% wrong classify_critical_point: uses a constant 1e-8 in place of the argument tol
import torch


def classify_critical_point(hessian, tol=1e-8):
    eps = 1e-8
    values = torch.linalg.eigvalsh(hessian)
    if (values > eps).any() and (values < -eps).any():
        return "saddle"
    if (values > eps).all():
        return "minimum"
    if (values < -eps).all():
        return "maximum"
    return "degenerate"

# %% right clip_by_value: the method clamp
import torch


def clip_by_value(grad, limit):
    return grad.clamp(-limit, limit)

# %% right clip_by_value: masks on a copy
import torch


def clip_by_value(grad, limit):
    clipped = grad.clone()
    clipped[clipped > limit] = limit
    clipped[clipped < -limit] = -limit
    return clipped

# %% right clip_by_value: nested torch.where
import torch


def clip_by_value(grad, limit):
    bound = torch.full_like(grad, limit)
    return torch.where(grad > limit, bound, torch.where(grad < -limit, -bound, grad))

# %% right clip_by_value: sign times the smaller of size and limit
import torch


def clip_by_value(grad, limit):
    size = torch.minimum(grad.abs(), torch.full_like(grad, limit))
    return torch.sign(grad) * size

# %% right clip_by_value: loop over the flat list with min and max
import torch


def clip_by_value(grad, limit):
    entries = [max(-limit, min(limit, entry)) for entry in grad.flatten().tolist()]
    return torch.tensor(entries, dtype=grad.dtype).reshape(grad.shape)

# %% right clip_by_value: library function hardtanh
import torch


def clip_by_value(grad, limit):
    return torch.nn.functional.hardtanh(grad, min_val=-limit, max_val=limit)

# %% wrong clip_by_value: limits only from above, large negative entries pass
import torch


def clip_by_value(grad, limit):
    return torch.where(grad > limit, torch.full_like(grad, limit), grad)

# %% wrong clip_by_value: clamp_ changes the caller's tensor in place
import torch


def clip_by_value(grad, limit):
    return grad.clamp_(-limit, limit)

# %% wrong clip_by_value: the lower bound is 0 instead of -limit, so negative entries become 0
import torch


def clip_by_value(grad, limit):
    return torch.clamp(grad, 0, limit)

# %% wrong clip_by_value: large negative entries become +limit, the sign is lost
import torch


def clip_by_value(grad, limit):
    return torch.where(grad.abs() > limit, torch.full_like(grad, limit), grad)

# %% wrong clip_by_value: entries beyond the limit are set to 0 instead of the limit
import torch


def clip_by_value(grad, limit):
    inside = grad.abs() <= limit
    return grad * inside

# %% wrong clip_by_value: scales the whole gradient by its largest entry, so entries under the limit change too
import torch


def clip_by_value(grad, limit):
    largest = grad.abs().max()
    if largest > limit:
        return grad * (limit / largest)
    return grad.clone()

# %% wrong clip_by_value: clips by the norm in place of each entry
import torch


def clip_by_value(grad, limit):
    norm = grad.norm()
    if norm <= limit:
        return grad.clone()
    return grad * limit / norm

# %% wrong clip_by_value: ignores limit and clamps to [-1, 1]
import torch


def clip_by_value(grad, limit=1.0):
    return torch.clamp(grad, min=-1.0, max=1.0)

# %% wrong clip_by_value: squashes smoothly with limit·tanh(g/limit), so entries inside the limit change too
import torch


def clip_by_value(grad, limit):
    return limit * torch.tanh(grad / limit)

# %% wrong clip_by_value: takes the size first, so negative entries come back positive
import torch


def clip_by_value(grad, limit):
    return grad.abs().clamp(max=limit)

# %% right clip_by_norm: the formula, with the norm over all tensors
import torch


def clip_by_norm(grads, max_norm):
    norm = torch.sqrt(sum((g**2).sum() for g in grads))
    factor = torch.clamp(max_norm / norm, max=1.0)
    return [g * factor for g in grads]

# %% right clip_by_norm: concatenates, early return with copies
import torch


def clip_by_norm(grads, max_norm):
    flat = torch.cat([g.reshape(-1) for g in grads])
    norm = flat.norm()
    if norm <= max_norm:
        return [g.clone() for g in grads]
    return [g * (max_norm / norm) for g in grads]

# %% right clip_by_norm: loop with a running sum of squares in Python floats
import math

import torch


def clip_by_norm(grads, max_norm):
    total = 0.0
    for g in grads:
        total += g.square().sum().item()
    norm = math.sqrt(total)
    factor = 1.0
    if norm > max_norm:
        factor = max_norm / norm
    clipped = []
    for g in grads:
        clipped.append(factor * g)
    return clipped

# %% right clip_by_norm: norm of the norms, divided by max(1, norm / limit)
import torch


def clip_by_norm(grads, max_norm):
    norms = torch.stack([torch.linalg.vector_norm(g) for g in grads])
    excess = torch.clamp(norms.norm() / max_norm, min=1.0)
    return [g / excess for g in grads]

# %% right clip_by_norm: one flat vector, scaled, then split into the shapes again
import torch


def clip_by_norm(grads, max_norm):
    sizes = [g.numel() for g in grads]
    flat = torch.cat([g.flatten() for g in grads])
    length = torch.sqrt(flat @ flat)
    if length > max_norm:
        flat = flat / length * max_norm
    return [part.reshape(g.shape) for part, g in zip(flat.split(sizes), grads)]

# %% right clip_by_norm: in-place work on copies, numpy for the norm
import numpy as np
import torch


def total_norm(tensors):
    return float(np.sqrt(sum(float(np.sum(t.detach().numpy().astype(np.float64) ** 2)) for t in tensors)))


def clip_by_norm(grads, max_norm):
    copies = [g.clone() for g in grads]
    norm = total_norm(copies)
    if norm > max_norm:
        for copy in copies:
            copy.mul_(max_norm / norm)
    return copies

# %% wrong clip_by_norm: clips each tensor by its own norm instead of the norm over all
import torch


def clip_by_norm(grads, max_norm):
    clipped = []
    for g in grads:
        norm = g.norm()
        clipped.append(g * (max_norm / norm) if norm > max_norm else g.clone())
    return clipped

# %% wrong clip_by_norm: forgets the root, uses the sum of squares as the norm
import torch


def clip_by_norm(grads, max_norm):
    norm = sum((g**2).sum() for g in grads)
    if norm <= max_norm:
        return [g.clone() for g in grads]
    return [g * max_norm / norm for g in grads]

# %% wrong clip_by_norm: multiplies the caller's tensors in place
import torch


def clip_by_norm(grads, max_norm):
    norm = torch.sqrt(sum(g.square().sum() for g in grads))
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm / norm)
    return grads

# %% wrong clip_by_norm: brings every nonzero gradient to the length max_norm, so short ones are made longer
import torch


def clip_by_norm(grads, max_norm):
    norm = torch.sqrt(sum(g.square().sum() for g in grads))
    if norm == 0:
        return [g.clone() for g in grads]
    return [g * (max_norm / norm) for g in grads]

# %% wrong clip_by_norm: adds the norms of the tensors instead of their squares
import torch


def clip_by_norm(grads, max_norm):
    norm = sum(g.norm() for g in grads)
    if norm <= max_norm:
        return [g.clone() for g in grads]
    return [g * (max_norm / norm) for g in grads]

# %% wrong clip_by_norm: the maximum in place of the minimum, so short gradients are stretched and long ones kept
import torch


def clip_by_norm(grads, max_norm):
    norm = torch.cat([g.reshape(-1) for g in grads]).norm()
    if norm == 0:
        return [g.clone() for g in grads]
    factor = max(1.0, max_norm / norm.item())
    return [g * factor for g in grads]

# %% wrong clip_by_norm: scales long gradients to length 1, max_norm is missing in the factor
import torch


def clip_by_norm(grads, max_norm):
    norm = torch.cat([g.reshape(-1) for g in grads]).norm()
    if norm > max_norm:
        return [g / norm for g in grads]
    return [g.clone() for g in grads]

# %% wrong clip_by_norm: uses the largest entry (maximum norm) in place of the Euclidean norm
import torch


def clip_by_norm(grads, max_norm):
    norm = max(g.abs().max() for g in grads)
    if norm <= max_norm:
        return [g.clone() for g in grads]
    return [g * (max_norm / norm) for g in grads]

# %% wrong clip_by_norm: overwrites the sum in the loop, so only the last tensor counts for the norm
import torch


def clip_by_norm(grads, max_norm):
    total = torch.tensor(0.0)
    for g in grads:
        total = (g**2).sum()
    norm = total.sqrt()
    if norm <= max_norm:
        return [g.clone() for g in grads]
    return [g * (max_norm / norm) for g in grads]

# %% wrong clip_by_norm: returns one flat tensor in place of a list with the shapes of the pieces
import torch


def clip_by_norm(grads, max_norm):
    flat = torch.cat([g.reshape(-1) for g in grads])
    norm = flat.norm()
    if norm > max_norm:
        flat = flat * (max_norm / norm)
    return flat

# %% corner clip_by_norm: divides by the norm as a Python float, so a gradient of zeros raises ZeroDivisionError
import math

import torch


def clip_by_norm(grads, max_norm):
    norm = math.sqrt(sum((g**2).sum().item() for g in grads))
    factor = min(1.0, max_norm / norm)
    return [g * factor for g in grads]

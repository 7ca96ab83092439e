# %% right step_regime: factor first, math.isclose on the product
import math


def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if math.isclose(lr * curvature, 1):
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    if factor > 0:
        return "monotone"
    return "oscillating"

# %% right step_regime: intervals of the product, the hill first
import math



def step_regime(curvature, lr):
    product = curvature * lr
    if product < 0 or product > 2:
        return "diverging"
    elif math.isclose(product, 1.0, rel_tol=1e-9):
        return "one_step"
    elif product < 1:
        return "monotone"
    else:
        return "oscillating"

# %% right step_regime: takes one step from x = 1 and compares sizes
def step_regime(curvature, lr):
    x = 1.0
    slope = curvature * x
    new_x = x - lr * slope
    if abs(new_x) < 1e-10:
        return "one_step"
    if abs(new_x) >= abs(x):
        return "diverging"
    return "oscillating" if new_x * x < 0 else "monotone"

# %% right step_regime: compares the rate with 1/λ and 2/λ
import math



def step_regime(curvature, lr):
    if curvature < 0:
        return "diverging"
    newton = 1 / curvature
    if math.isclose(lr, newton):
        return "one_step"
    if lr < newton:
        return "monotone"
    if lr < 2 * newton:
        return "oscillating"
    return "diverging"

# %% right step_regime: numpy isclose against 0 and a nested conditional expression
import numpy as np


def step_regime(curvature, lr):
    a = 1 - lr * curvature
    return (
        "one_step" if np.isclose(a, 0)
        else "diverging" if abs(a) > 1
        else "oscillating" if a < 0
        else "monotone"
    )

# %% right step_regime: rounds the factor and uses match
def step_regime(curvature, lr):
    factor = round(1.0 - float(lr) * float(curvature), 12)
    match (abs(factor) < 1, factor > 0, factor == 0):
        case (_, _, True):
            regime = "one_step"
        case (True, True, _):
            regime = "monotone"
        case (True, False, _):
            regime = "oscillating"
        case _:
            regime = "diverging"
    return regime

# %% wrong step_regime: the factor is 1 + ηλ instead of 1 − ηλ
import math



def step_regime(curvature, lr):
    factor = 1 + lr * curvature
    if math.isclose(factor, 0, abs_tol=1e-9):
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    if factor > 0:
        return "monotone"
    return "oscillating"

# %% wrong step_regime: every product below 1 is called monotone, so a negative curvature is too
import math



def step_regime(curvature, lr):
    product = lr * curvature
    if math.isclose(product, 1):
        return "one_step"
    elif product < 1:
        return "monotone"
    elif product < 2:
        return "oscillating"
    else:
        return "diverging"

# %% wrong step_regime: takes the absolute value of the curvature, so a hill is treated like a bowl
import math



def step_regime(curvature, lr):
    factor = 1 - lr * abs(curvature)
    if math.isclose(factor, 0, abs_tol=1e-9):
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    return "monotone" if factor > 0 else "oscillating"

# %% wrong step_regime: the words monotone and oscillating are exchanged
import math



def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if math.isclose(lr * curvature, 1):
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    if factor < 0:
        return "monotone"
    return "oscillating"

# %% wrong step_regime: calls every product above 1 diverging and never says oscillating
import math



def step_regime(curvature, lr):
    product = lr * curvature
    if math.isclose(product, 1):
        return "one_step"
    if 0 < product < 1:
        return "monotone"
    return "diverging"

# %% wrong step_regime: tests factor > 1 without the absolute value, so a factor below −1 is called oscillating
import math



def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if factor > 1:
        return "diverging"
    if math.isclose(factor, 0, abs_tol=1e-9):
        return "one_step"
    if factor < 0:
        return "oscillating"
    return "monotone"

# %% wrong step_regime: the factor is 1 − ½ηλ, with the ½ of the loss kept in the slope
def step_regime(curvature, lr):
    factor = 1 - lr * curvature / 2
    if abs(factor) < 1e-9:
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    if factor > 0:
        return "monotone"
    return "oscillating"

# %% wrong step_regime: divides the rate by the curvature instead of multiplying them
import math



def step_regime(curvature, lr):
    r = lr / curvature
    if math.isclose(r, 1):
        return "one_step"
    if r < 0 or r > 2:
        return "diverging"
    if r < 1:
        return "monotone"
    return "oscillating"

# %% wrong step_regime: looks for a factor of 1 instead of 0 as the one-step case, so one_step is never said
import math



def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if math.isclose(factor, 1):
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    if factor >= 0:
        return "monotone"
    return "oscillating"

# %% wrong step_regime: every factor smaller than 0.1 in size is called one_step
def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if abs(factor) < 0.1:
        return "one_step"
    elif abs(factor) > 1:
        return "diverging"
    elif factor > 0:
        return "monotone"
    else:
        return "oscillating"

# %% wrong step_regime: prints the word and returns None
import math



def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if math.isclose(lr * curvature, 1):
        print("one_step")
    elif abs(factor) > 1:
        print("diverging")
    elif factor > 0:
        print("monotone")
    else:
        print("oscillating")

# %% wrong step_regime: returns "oscillating" for a negative curvature
import math



def step_regime(curvature, lr):
    if curvature < 0:
        return "oscillating"
    factor = 1 - lr * curvature
    if math.isclose(lr * curvature, 1):
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    return "monotone" if factor > 0 else "oscillating"

# %% wrong step_regime: spells the one-step case "one step", with a blank instead of the underscore
import math



def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if math.isclose(lr * curvature, 1):
        return "one step"
    if abs(factor) > 1:
        return "diverging"
    if factor > 0:
        return "monotone"
    return "oscillating"

# %% corner step_regime: compares the factor with 0 exactly, so a product that is 1 only up to rounding is missed
def step_regime(curvature, lr):
    factor = 1 - lr * curvature
    if factor == 0:
        return "one_step"
    if abs(factor) > 1:
        return "diverging"
    if factor > 0:
        return "monotone"
    return "oscillating"

# %% right curvatures: symmetric part, then eigvalsh
import torch


def curvatures(matrix):
    return torch.linalg.eigvalsh((matrix + matrix.T) / 2)

# %% right curvatures: eigenvalues of A + Aᵀ, halved afterwards
import torch



def curvatures(matrix):
    doubled = matrix + matrix.mT
    return torch.linalg.eigvalsh(doubled) / 2

# %% right curvatures: lets autograd differentiate the quadratic twice
import torch



def curvatures(matrix):
    def quadratic(theta):
        return 0.5 * theta @ matrix @ theta

    origin = torch.zeros(matrix.shape[0], dtype=matrix.dtype)
    hessian = torch.autograd.functional.hessian(quadratic, origin)
    return torch.linalg.eigvalsh(hessian)

# %% right curvatures: symmetrises entry by entry in two loops, eigh without the vectors
import torch



def curvatures(matrix):
    n = len(matrix)
    h = torch.zeros_like(matrix)
    for i in range(n):
        for j in range(n):
            h[i, j] = 0.5 * (matrix[i, j] + matrix[j, i])
    values, vectors = torch.linalg.eigh(h)
    return values

# %% right curvatures: numpy in the middle, back to the type of the matrix
import numpy as np
import torch



def curvatures(matrix):
    a = matrix.detach().numpy()
    values = np.linalg.eigvalsh(0.5 * (a + a.T))
    return torch.from_numpy(values).to(matrix.dtype)

# %% right curvatures: general eigenvalues of the symmetric part, real part, sorted
import torch



def curvatures(matrix):
    symmetric = torch.lerp(matrix, matrix.transpose(0, 1), 0.5)
    values = torch.linalg.eigvals(symmetric).real
    return values.sort().values

# %% right curvatures: doubled lower triangle, whose upper part eigvalsh does not look at
import torch



def curvatures(matrix):
    lower = torch.tril(matrix, -1) + torch.triu(matrix, 1).T
    return torch.linalg.eigvalsh(lower / 2 + torch.diag(matrix.diagonal()), UPLO="L")

# %% wrong curvatures: eigvalsh of A itself, which reads only the lower triangle
import torch



def curvatures(matrix):
    return torch.linalg.eigvalsh(matrix)

# %% wrong curvatures: takes A + Aᵀ as the Hessian without the factor ½
import torch



def curvatures(matrix):
    hessian = matrix + matrix.T
    return torch.linalg.eigvalsh(hessian)

# %% wrong curvatures: sorted from the largest to the smallest
import torch



def curvatures(matrix):
    values = torch.linalg.eigvalsh((matrix + matrix.T) / 2)
    return values.sort(descending=True).values

# %% wrong curvatures: real parts of the eigenvalues of the matrix A, which is never symmetrised
import torch



def curvatures(matrix):
    values = torch.linalg.eigvals(matrix)
    return torch.sort(values.real)[0]

# %% wrong curvatures: singular values of A, by way of AᵀA, in the place of the eigenvalues
import torch



def curvatures(matrix):
    return torch.linalg.eigvalsh(matrix.T @ matrix).clamp(min=0).sqrt()

# %% wrong curvatures: multiplies by the ½ twice, (A + Aᵀ)/4
import torch



def curvatures(matrix):
    hessian = (matrix + matrix.T) / 2
    return torch.linalg.eigvalsh(0.5 * hessian)

# %% wrong curvatures: subtracts the transpose instead of adding it
import torch



def curvatures(matrix):
    return torch.linalg.eigvalsh((matrix - matrix.T) / 2)

# %% wrong curvatures: returns the absolute values of the eigenvalues, sorted
import torch



def curvatures(matrix):
    values = torch.linalg.eigvalsh((matrix + matrix.T) / 2)
    return values.abs().sort().values

# %% wrong curvatures: returns only the smallest and the largest eigenvalue
import torch



def curvatures(matrix):
    values = torch.linalg.eigvalsh((matrix + matrix.T) / 2)
    return torch.stack([values[0], values[-1]])

# %% wrong curvatures: returns eigenvalues and eigenvectors, as eigh does
import torch



def curvatures(matrix):
    symmetric = (matrix + matrix.T) / 2
    return torch.linalg.eigh(symmetric)

# %% wrong curvatures: reads only the upper triangle of A
import torch



def curvatures(matrix):
    return torch.linalg.eigvalsh(matrix, UPLO="U")

# %% wrong curvatures: converts to float32, so a float64 matrix loses type and digits
import torch



def curvatures(matrix):
    a = matrix.float()
    return torch.linalg.eigvalsh((a + a.T) / 2)

# %% wrong curvatures: builds the symmetric part in place, so the caller's matrix is changed
import torch



def curvatures(matrix):
    matrix += matrix.T.clone()
    matrix /= 2
    return torch.linalg.eigvalsh(matrix)

# %% wrong curvatures: returns the sorted diagonal of the symmetric part instead of its eigenvalues
import torch



def curvatures(matrix):
    hessian = (matrix + matrix.T) / 2
    return torch.diagonal(hessian).sort().values

# %% wrong curvatures: the symmetric part is formed as the matrix product AAᵀ/2
import torch



def curvatures(matrix):
    hessian = matrix @ matrix.T / 2
    return torch.linalg.eigvalsh(hessian)

# %% wrong curvatures: adds the transpose but divides only the transpose by 2
import torch



def curvatures(matrix):
    hessian = matrix + matrix.T / 2
    return torch.linalg.eigvalsh(hessian)

# %% right condition_number: sizes, then the extremes
import torch



def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    return sizes.max() / sizes.min()

# %% right condition_number: library function, 2-norm condition number
import torch



def condition_number(hessian):
    return torch.linalg.cond(hessian)

# %% right condition_number: singular values of a symmetric matrix are the sizes of its eigenvalues
import torch



def condition_number(hessian):
    s = torch.linalg.svdvals(hessian)
    return s[0] / s[-1]

# %% right condition_number: loop over the eigenvalues for the largest and the smallest size
import torch



def condition_number(hessian):
    values = torch.linalg.eigvalsh(hessian)
    largest = smallest = abs(values[0])
    for value in values[1:]:
        size = abs(value)
        if size > largest:
            largest = size
        if size < smallest:
            smallest = size
    return largest / smallest

# %% right condition_number: sorted sizes, explicit inf where the smallest is 0
import torch



def condition_number(hessian):
    sizes, _ = torch.sort(torch.abs(torch.linalg.eigvalsh(hessian)))
    if sizes[0] == 0:
        return torch.tensor(float("inf"), dtype=hessian.dtype)
    return sizes[-1] / sizes[0]

# %% right condition_number: numpy, back to a tensor of the same type
import numpy as np
import torch



def condition_number(hessian):
    values = np.abs(np.linalg.eigvalsh(hessian.numpy()))
    kappa = np.inf if values.min() == 0 else values.max() / values.min()
    return torch.tensor(float(kappa), dtype=hessian.dtype)

# %% right condition_number: eigh and aminmax
import torch



def condition_number(hessian):
    values, _ = torch.linalg.eigh(hessian)
    low, high = torch.aminmax(values.abs())
    return high / low

# %% wrong condition_number: largest over smallest eigenvalue with signs, without absolute values
import torch



def condition_number(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return values[-1] / values[0]

# %% wrong condition_number: takes sizes of the first and last sorted eigenvalue, which need not be the extreme sizes
import torch



def condition_number(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return values[-1].abs() / values[0].abs()

# %% wrong condition_number: the ratio upside down, smallest over largest size
import torch



def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    return sizes.min() / sizes.max()

# %% wrong condition_number: eigenvalues of HᵀH without the square root, which gives κ²
import torch



def condition_number(hessian):
    values = torch.linalg.eigvalsh(hessian.T @ hessian).abs()
    return values.max() / values.min()

# %% wrong condition_number: square root of the ratio of the sizes
import torch



def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    return torch.sqrt(sizes.max() / sizes.min())

# %% wrong condition_number: uses the diagonal entries in the place of the eigenvalues


def condition_number(hessian):
    sizes = hessian.diagonal().abs()
    return sizes.max() / sizes.min()

# %% wrong condition_number: returns a Python float instead of a tensor without axes
import torch



def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    return (sizes.max() / sizes.min()).item()

# %% wrong condition_number: condition number in the Frobenius norm instead of the 2-norm
import torch



def condition_number(hessian):
    return torch.linalg.cond(hessian, p="fro")

# %% wrong condition_number: difference of largest and smallest size instead of their ratio
import torch



def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    return sizes.max() - sizes.min()

# %% wrong condition_number: largest over smallest entry of the matrix by size, no eigenvalues


def condition_number(hessian):
    entries = hessian.abs().flatten()
    return entries.max() / entries.min()

# %% wrong condition_number: result put into a new tensor of the default type, float32 for a float64 Hessian too
import torch



def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    big, small = sizes.max().item(), sizes.min().item()
    return torch.tensor(big / small if small > 0 else float("inf"))

# %% wrong condition_number: clips negative eigenvalues to 0 instead of taking their size
import torch



def condition_number(hessian):
    values = torch.linalg.eigvalsh(hessian).clamp(min=0)
    return values.max() / values.min()

# %% wrong condition_number: divides the largest by the second smallest size, index 1 instead of 0
import torch



def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs().sort().values
    return sizes[-1] / sizes[min(1, len(sizes) - 1)]

# %% corner condition_number: 1e-12 is added to the smallest size, so a singular Hessian gives a large number, not inf
import torch



def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    return sizes.max() / (sizes.min() + 1e-12)

# %% corner condition_number: eigenvalues of 0 are left out before the ratio is taken, so inf never comes
import torch



def condition_number(hessian):
    sizes = torch.linalg.eigvalsh(hessian).abs()
    sizes = sizes[sizes > 0]
    return sizes.max() / sizes.min()

# %% right stable_lr_limit: two over the last eigenvalue
import torch



def stable_lr_limit(hessian):
    return 2 / torch.linalg.eigvalsh(hessian)[-1]

# %% right stable_lr_limit: two over the spectral norm
import torch



def stable_lr_limit(hessian):
    return 2.0 / torch.linalg.matrix_norm(hessian, ord=2)

# %% right stable_lr_limit: smallest of the limits of the curved directions
import torch



def stable_lr_limit(hessian):
    values = torch.linalg.eigvalsh(hessian)
    curved = values[values > 0]
    return (2 / curved).min()

# %% right stable_lr_limit: loop for the largest curvature
import torch



def stable_lr_limit(hessian):
    steepest = None
    for curvature in torch.linalg.eigvalsh(hessian):
        if steepest is None or curvature > steepest:
            steepest = curvature
    return 2 / steepest

# %% right stable_lr_limit: numpy, back to a tensor of the same type
import numpy as np
import torch



def stable_lr_limit(hessian):
    biggest = max(np.linalg.eigvalsh(hessian.numpy()).tolist())
    return torch.tensor(2 / biggest, dtype=hessian.dtype)

# %% right stable_lr_limit: helper with the first singular value, reciprocal of the half
import torch



def steepest_curvature(hessian):
    return torch.linalg.svdvals(hessian)[0]


def stable_lr_limit(hessian):
    return (steepest_curvature(hessian) / 2).reciprocal()

# %% wrong stable_lr_limit: 1/λ_max instead of 2/λ_max
import torch



def stable_lr_limit(hessian):
    return 1 / torch.linalg.eigvalsh(hessian)[-1]

# %% wrong stable_lr_limit: two over the smallest eigenvalue instead of the largest
import torch



def stable_lr_limit(hessian):
    return 2 / torch.linalg.eigvalsh(hessian)[0]

# %% wrong stable_lr_limit: two over the trace, the sum of all eigenvalues
import torch



def stable_lr_limit(hessian):
    return 2 / torch.trace(hessian)

# %% wrong stable_lr_limit: two over the largest entry of the matrix


def stable_lr_limit(hessian):
    return 2 / hessian.max()

# %% wrong stable_lr_limit: the fraction upside down, λ_max/2
import torch



def stable_lr_limit(hessian):
    lam_max = torch.linalg.eigvalsh(hessian).max()
    return lam_max / 2

# %% wrong stable_lr_limit: two over the Frobenius norm, which is what matrix.norm() gives


def stable_lr_limit(hessian):
    return 2 / hessian.norm()

# %% wrong stable_lr_limit: 2/(λ_min + λ_max), the best rate instead of the limit
import torch



def stable_lr_limit(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return 2 / (values[0] + values[-1])

# %% wrong stable_lr_limit: returns the limits of all directions as a vector instead of one number
import torch



def stable_lr_limit(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return 2 / values

# %% wrong stable_lr_limit: takes the eigenvalue at index 1, the largest for two parameters only
import torch



def stable_lr_limit(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return 2 / values[min(1, len(values) - 1)]

# %% wrong stable_lr_limit: returns a Python float instead of a tensor without axes
import torch



def stable_lr_limit(hessian):
    largest = torch.linalg.eigvalsh(hessian).max().item()
    return 2 / largest

# %% wrong stable_lr_limit: largest eigenvalue of HᵀH without the root, so 2/λ_max²
import torch



def stable_lr_limit(hessian):
    largest = torch.linalg.eigvalsh(hessian.T @ hessian)[-1]
    return 2 / largest

# %% wrong stable_lr_limit: uses the mean of the eigenvalues instead of the largest
import torch



def stable_lr_limit(hessian):
    return 2 / torch.linalg.eigvalsh(hessian).mean()

# %% wrong stable_lr_limit: computes in float32, so a float64 Hessian gives a float32 limit
import torch



def stable_lr_limit(hessian):
    return 2 / torch.linalg.eigvalsh(hessian.to(torch.float32))[-1]

# %% wrong stable_lr_limit: largest sum of absolute values of a row in the place of the largest eigenvalue
import torch



def stable_lr_limit(hessian):
    steepest = torch.linalg.matrix_norm(hessian, ord=float("inf"))
    return 2 / steepest

# %% wrong stable_lr_limit: takes the largest of the limits 2/λ of the curved directions instead of the smallest
import torch



def stable_lr_limit(hessian):
    values = torch.linalg.eigvalsh(hessian)
    limits = 2 / values[values > 1e-9]
    return limits.max()

# %% corner stable_lr_limit: divides Python floats, which raises an error where an eigenvalue is exactly 0
import torch



def stable_lr_limit(hessian):
    values = torch.linalg.eigvalsh(hessian).tolist()
    limits = []
    for value in values:
        limits.append(2 / value)
    return torch.tensor(min(limits), dtype=hessian.dtype)

# %% corner stable_lr_limit: smallest 2/λ of all, negative where a zero comes out below 0 by rounding
import torch



def stable_lr_limit(hessian):
    return (2 / torch.linalg.eigvalsh(hessian)).min()

# %% right optimal_lr: both ends of eigvalsh
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return 2 / (values[0] + values[-1])

# %% right optimal_lr: one over the middle of the spectrum
import torch



def optimal_lr(hessian):
    low, high = torch.aminmax(torch.linalg.eigvalsh(hessian))
    middle = (low + high) / 2
    return 1 / middle

# %% right optimal_lr: fancy index for both ends and a sum
import torch



def optimal_lr(hessian):
    ends = torch.linalg.eigvalsh(hessian)[[0, -1]]
    return 2 / ends.sum()

# %% right optimal_lr: by way of the inverse condition number, (2/λ_max)/(1 + 1/κ)
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    inverse_kappa = values[0] / values[-1]
    limit = 2 / values[-1]
    return limit / (1 + inverse_kappa)

# %% right optimal_lr: lists and the built-in min and max, new tensor of the same type
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian).tolist()
    rate = 2 / (min(values) + max(values))
    return torch.tensor(rate, dtype=hessian.dtype)

# %% right optimal_lr: singular values, largest first
import torch



def optimal_lr(hessian):
    sizes = torch.linalg.svdvals(hessian)
    return (sizes[-1] + sizes[0]).reciprocal() * 2

# %% right optimal_lr: numpy eigenvalues, sorted by hand
import numpy as np
import torch



def optimal_lr(hessian):
    values = np.sort(np.linalg.eigvalsh(hessian.numpy()))
    return torch.as_tensor(2.0 / (values[0] + values[-1]), dtype=hessian.dtype)

# %% wrong optimal_lr: 1/(λ_min + λ_max), the 2 is missing
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return 1 / (values[0] + values[-1])

# %% wrong optimal_lr: two over the sum of all eigenvalues, right for two parameters only
import torch



def optimal_lr(hessian):
    return 2 / torch.linalg.eigvalsh(hessian).sum()

# %% wrong optimal_lr: adds the two smallest eigenvalues, index 1 in the place of −1
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    lam_min, lam_max = values[0], values[min(1, len(values) - 1)]
    return 2 / (lam_min + lam_max)

# %% wrong optimal_lr: 2/λ_max, the limit of stability instead of the best rate
import torch



def optimal_lr(hessian):
    return 2 / torch.linalg.eigvalsh(hessian)[-1]

# %% wrong optimal_lr: difference of the ends in the denominator instead of their sum
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return 2 / (values[-1] - values[0])

# %% wrong optimal_lr: 1/λ_max, the rate that takes the steepest direction in one step
import torch



def optimal_lr(hessian):
    return 1 / torch.linalg.eigvalsh(hessian).max()

# %% wrong optimal_lr: 4/(√λ_min + √λ_max)², the best rate of descent with momentum
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian).clamp(min=0)
    return 4 / (values[0].sqrt() + values[-1].sqrt()) ** 2

# %% wrong optimal_lr: returns the factor (κ − 1)/(κ + 1) instead of the rate
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    low, high = values[0], values[-1]
    return (high - low) / (high + low)

# %% wrong optimal_lr: returns a Python float instead of a tensor without axes
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return 2 / (values.min().item() + values.max().item())

# %% wrong optimal_lr: mean of the rates 1/λ_min and 1/λ_max instead of the inverse of the mean curvature
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return (1 / values[0] + 1 / values[-1]) / 2

# %% wrong optimal_lr: one over the mean of all eigenvalues, the same for two parameters only
import torch



def optimal_lr(hessian):
    return 1 / torch.linalg.eigvalsh(hessian).mean()

# %% wrong optimal_lr: smallest and largest diagonal entry in the place of the eigenvalues


def optimal_lr(hessian):
    d = hessian.diagonal()
    return 2 / (d.min() + d.max())

# %% wrong optimal_lr: the fraction upside down, (λ_min + λ_max)/2
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return (values[0] + values[-1]) / 2

# %% wrong optimal_lr: operator precedence, computes 2/λ_min + λ_max
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return 2 / values[0] + values[-1]

# %% wrong optimal_lr: result put into a new tensor of the default type, float32 for a float64 Hessian too
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    return torch.tensor(2 / (values[0].item() + values[-1].item()))

# %% corner optimal_lr: goes by way of κ = λ_max/λ_min, which gives nan where the smallest eigenvalue is 0
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    kappa = values[-1] / values[0]
    factor = (kappa - 1) / (kappa + 1)
    return (1 + factor) / values[-1]

# %% corner optimal_lr: leaves out eigenvalues of 0 before it takes the smallest
import torch



def optimal_lr(hessian):
    values = torch.linalg.eigvalsh(hessian)
    curved = values[values > 1e-10]
    return 2 / (curved.min() + curved.max())

# %% right taylor_terms: with @


def taylor_terms(grad, hessian, lr):
    return lr * grad @ grad, 0.5 * lr**2 * grad @ hessian @ grad

# %% right taylor_terms: einsum
import torch



def taylor_terms(grad, hessian, lr):
    linear = lr * torch.einsum("i,i->", grad, grad)
    quadratic = lr**2 / 2 * torch.einsum("i,ij,j->", grad, hessian, grad)
    return linear, quadratic

# %% right taylor_terms: through the step εg, without writing the square of the rate
import torch



def taylor_terms(grad, hessian, lr):
    step = lr * grad
    linear = torch.dot(grad, step)
    quadratic = torch.dot(step, torch.mv(hessian, step)) / 2
    return linear, quadratic

# %% right taylor_terms: two loops over the entries
import torch



def taylor_terms(grad, hessian, lr):
    linear = torch.zeros((), dtype=grad.dtype)
    quadratic = torch.zeros((), dtype=grad.dtype)
    for i in range(len(grad)):
        linear = linear + grad[i] * grad[i]
        for j in range(len(grad)):
            quadratic = quadratic + grad[i] * hessian[i, j] * grad[j]
    return lr * linear, 0.5 * lr * lr * quadratic

# %% right taylor_terms: elementwise products and sums


def taylor_terms(grad, hessian, lr):
    curved = (hessian * grad).sum(dim=1)
    return (lr * grad.square().sum(), lr**2 * (grad * curved).sum() / 2)

# %% right taylor_terms: columns and rows as matrices, squeezed at the end


def taylor_terms(grad, hessian, lr):
    g = grad.reshape(-1, 1)
    linear = lr * (g.T @ g)
    quadratic = 0.5 * lr**2 * (g.T @ hessian @ g)
    return linear.squeeze(), quadratic.squeeze()

# %% right taylor_terms: norm squared, row and column by indexing with None, rate last


def taylor_terms(grad, hessian, lr):
    slope = grad.norm() ** 2
    curvature = (grad[None] @ hessian @ grad[:, None])[0, 0]
    return slope * lr, curvature * lr**2 / 2

# %% wrong taylor_terms: the ½ of the quadratic term is missing


def taylor_terms(grad, hessian, lr):
    return lr * grad @ grad, lr**2 * grad @ hessian @ grad

# %% wrong taylor_terms: the rate is not squared in the quadratic term


def taylor_terms(grad, hessian, lr):
    linear = lr * (grad @ grad)
    quadratic = 0.5 * lr * (grad @ hessian @ grad)
    return linear, quadratic

# %% wrong taylor_terms: returns the linear term with the minus sign that stands in front of it


def taylor_terms(grad, hessian, lr):
    linear = -lr * (grad @ grad)
    quadratic = 0.5 * lr**2 * (grad @ hessian @ grad)
    return linear, quadratic

# %% wrong taylor_terms: returns (quadratic, linear), in the wrong order


def taylor_terms(grad, hessian, lr):
    linear = lr * grad @ grad
    quadratic = 0.5 * lr**2 * grad @ hessian @ grad
    return quadratic, linear

# %% wrong taylor_terms: the linear term uses the norm of the gradient instead of its square


def taylor_terms(grad, hessian, lr):
    linear = lr * grad.norm()
    quadratic = 0.5 * lr**2 * (grad @ hessian @ grad)
    return linear, quadratic

# %% wrong taylor_terms: returns the expected change of the loss, quadratic minus linear, as one number


def taylor_terms(grad, hessian, lr):
    linear = lr * grad @ grad
    quadratic = 0.5 * lr**2 * grad @ hessian @ grad
    return -linear + quadratic

# %% wrong taylor_terms: elementwise products without sums, so vectors and matrices come back


def taylor_terms(grad, hessian, lr):
    linear = lr * grad * grad
    quadratic = 0.5 * lr**2 * grad * hessian * grad
    return linear, quadratic

# %% wrong taylor_terms: only the diagonal of the Hessian enters the quadratic term


def taylor_terms(grad, hessian, lr):
    linear = lr * (grad**2).sum()
    quadratic = 0.5 * lr**2 * (grad**2 * hessian.diag()).sum()
    return linear, quadratic

# %% wrong taylor_terms: means over the entries instead of sums


def taylor_terms(grad, hessian, lr):
    linear = lr * (grad * grad).mean()
    quadratic = 0.5 * lr**2 * (grad * (hessian @ grad)).mean()
    return linear, quadratic

# %% wrong taylor_terms: returns Python floats instead of tensors without axes


def taylor_terms(grad, hessian, lr):
    linear = lr * (grad @ grad).item()
    quadratic = 0.5 * lr**2 * (grad @ hessian @ grad).item()
    return linear, quadratic

# %% wrong taylor_terms: the linear term is left without the rate


def taylor_terms(grad, hessian, lr):
    linear = grad @ grad
    quadratic = 0.5 * lr**2 * grad @ hessian @ grad
    return linear, quadratic

# %% wrong taylor_terms: multiplies the gradient by the rate in place, so the caller's tensor is changed


def taylor_terms(grad, hessian, lr):
    linear = lr * (grad @ grad)
    grad *= lr
    quadratic = 0.5 * (grad @ hessian @ grad)
    return linear, quadratic

# %% wrong taylor_terms: the quadratic term is ½ε²‖Hg‖², H is applied on both sides


def taylor_terms(grad, hessian, lr):
    hg = hessian @ grad
    return lr * (grad @ grad), 0.5 * lr**2 * (hg @ hg)

# %% wrong taylor_terms: the quadratic term is divided by gᵀg, the curvature along a unit vector


def taylor_terms(grad, hessian, lr):
    linear = lr * (grad @ grad)
    quadratic = 0.5 * lr**2 * (grad @ hessian @ grad) / (grad @ grad)
    return linear, quadratic

# %% wrong taylor_terms: squares the ½ together with the rate, (½ε)²


def taylor_terms(grad, hessian, lr):
    linear = lr * grad.dot(grad)
    quadratic = (0.5 * lr) ** 2 * grad.dot(hessian @ grad)
    return linear, quadratic

# %% wrong taylor_terms: returns results of shape (1, 1) instead of tensors without axes


def taylor_terms(grad, hessian, lr):
    g = grad.unsqueeze(1)
    linear = lr * g.T @ g
    quadratic = 0.5 * lr**2 * g.T @ hessian @ g
    return linear, quadratic

# %% wrong taylor_terms: returns the absolute value of the quadratic term, so negative curvature is lost


def taylor_terms(grad, hessian, lr):
    linear = lr * (grad @ grad)
    quadratic = 0.5 * lr**2 * abs(grad @ hessian @ grad)
    return linear, quadratic

# %% right hvp: gradient of the slope along v
import torch



def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    (gradient,) = torch.autograd.grad(f(at), at, create_graph=True)
    slope = (gradient * v).sum()
    return torch.autograd.grad(slope, at)[0]

# %% right hvp: second grad with grad_outputs=v
import torch



def hvp(f, x, v):
    x = x.clone().detach().requires_grad_(True)
    g = torch.autograd.grad(f(x), x, create_graph=True)[0]
    if not g.requires_grad:
        return torch.zeros_like(v)
    return torch.autograd.grad(g, x, grad_outputs=v)[0]

# %% right hvp: torch.func, derivative of the gradient along v
import torch



def hvp(f, x, v):
    _, product = torch.func.jvp(torch.func.grad(f), (x,), (v,))
    return product

# %% right hvp: torch.autograd.functional.hvp
import torch



def hvp(f, x, v):
    return torch.autograd.functional.hvp(f, x, v)[1]

# %% right hvp: builds the whole Hessian, flattens, multiplies and gives the shape back
import torch



def hvp(f, x, v):
    n = x.numel()
    hessian = torch.autograd.functional.hessian(f, x)
    return (hessian.reshape(n, n) @ v.reshape(n)).reshape(x.shape)

# %% right hvp: torch.func.hessian and tensordot over the axes of x
import torch



def hvp(f, x, v):
    h = torch.func.hessian(f)(x)
    return torch.tensordot(h, v, dims=x.dim())

# %% right hvp: one row of the Hessian at a time
import torch



def hvp(f, x, v):
    point = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(point), point, create_graph=True)[0].reshape(-1)
    result = torch.zeros_like(v).reshape(-1)
    for i in range(len(g)):
        row = torch.autograd.grad(g[i], point, retain_graph=True)[0]
        result[i] = (row * v).sum()
    return result.reshape(v.shape)

# %% right hvp: the gradient of the slope with torch.func.grad twice
import torch



def hvp(f, x, v):
    def slope(at):
        return torch.sum(torch.func.grad(f)(at) * v)

    return torch.func.grad(slope)(x)

# %% right hvp: backward() and .grad, on a fresh leaf
import torch



def hvp(f, x, v):
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        g, = torch.autograd.grad(f(leaf), leaf, create_graph=True)
        torch.dot(g.flatten(), v.detach().flatten()).backward()
    return leaf.grad

# %% wrong hvp: returns gradient times v elementwise, without a second derivative
import torch



def hvp(f, x, v):
    x = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(x), x)[0]
    return g * v

# %% wrong hvp: create_graph is missing, so the second grad raises an error
import torch



def hvp(f, x, v):
    x = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(x), x)[0]
    return torch.autograd.grad((g * v).sum(), x)[0]

# %% wrong hvp: differentiates the sum of the gradient and multiplies by v afterwards
import torch



def hvp(f, x, v):
    x = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(x), x, create_graph=True)[0]
    return torch.autograd.grad(g.sum(), x)[0] * v

# %% wrong hvp: hessian @ v, which is right only where x is a vector
import torch



def hvp(f, x, v):
    hessian = torch.autograd.functional.hessian(f, x)
    return hessian @ v

# %% wrong hvp: returns the number vᵀHv instead of the vector Hv
import torch



def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at, create_graph=True)[0]
    product = torch.autograd.grad((g * v).sum(), at)[0]
    return (product * v).sum()

# %% wrong hvp: v is scaled to length 1 first
import torch



def hvp(f, x, v):
    direction = v / v.norm()
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at, create_graph=True)[0]
    return torch.autograd.grad((g * direction).sum(), at)[0]

# %% wrong hvp: differentiates gᵀg/2 and ignores v, which gives Hg
import torch



def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at, create_graph=True)[0]
    return torch.autograd.grad(0.5 * (g * g).sum(), at)[0]

# %% wrong hvp: returns the product as a flat vector, not in the shape of x
import torch



def hvp(f, x, v):
    n = x.numel()
    hessian = torch.autograd.functional.hessian(f, x).reshape(n, n)
    return hessian @ v.flatten()

# %% wrong hvp: only the diagonal of the Hessian is multiplied by v
import torch



def hvp(f, x, v):
    n = x.numel()
    hessian = torch.autograd.functional.hessian(f, x).reshape(n, n)
    return hessian.diagonal().reshape(x.shape) * v

# %% wrong hvp: difference of the gradients at x + v and x, exact for quadratics only
import torch



def hvp(f, x, v):
    def gradient(at):
        at = at.detach().clone().requires_grad_()
        return torch.autograd.grad(f(at), at)[0]

    return gradient(x + v) - gradient(x)

# %% wrong hvp: outer product of the gradient with itself in the place of the Hessian, g(gᵀv)
import torch



def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at)[0]
    return g * (g * v).sum()

# %% wrong hvp: returns the tuple that autograd.grad gives instead of the tensor in it
import torch



def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at, create_graph=True)[0]
    return torch.autograd.grad((g * v).sum(), at)

# %% wrong hvp: calls backward twice without clearing .grad, so g + Hv comes back


def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    f(at).backward(create_graph=True)
    slope = (at.grad * v).sum()
    slope.backward()
    return at.grad.detach()

# %% wrong hvp: mean instead of sum in the slope along v, so the product is divided by the number of entries
import torch



def hvp(f, x, v):
    at = x.detach().clone().requires_grad_()
    g = torch.autograd.grad(f(at), at, create_graph=True)[0]
    return torch.autograd.grad((g * v).mean(), at)[0]

# %% wrong hvp: forward difference of gradients with the coarse step 0.1, far from exact where f is not quadratic
import torch



def hvp(f, x, v):
    eps = 0.1

    def gradient(at):
        at = at.detach().clone().requires_grad_()
        return torch.autograd.grad(f(at), at)[0]

    return (gradient(x + eps * v) - gradient(x)) / eps

# %% wrong hvp: returns the pair (value, product) of the library function
import torch



def hvp(f, x, v):
    return torch.autograd.functional.hvp(f, x, v)

# %% wrong hvp: computes in float32, so a float64 point loses type and digits
import torch



def hvp(f, x, v):
    at = x.detach().float().requires_grad_()
    g = torch.autograd.grad(f(at), at, create_graph=True)[0]
    return torch.autograd.grad((g * v.float()).sum(), at)[0]

# %% right gabor_loss: u once, used twice
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    return ((torch.sin(u) * torch.exp(-u**2 / 32) - y) ** 2).sum()

# %% right gabor_loss: unpacks phi, helper for the model


def gabor(x, offset, frequency):
    u = offset + 0.06 * frequency * x
    return u.sin() * (-u.square() / 32).exp()


def gabor_loss(phi, x, y):
    offset, frequency = phi
    return (gabor(x, offset, frequency) - y).square().sum()

# %% right gabor_loss: loop over the points with torch functions
import torch



def gabor_loss(phi, x, y):
    total = torch.zeros((), dtype=phi.dtype)
    for x_i, y_i in zip(x, y):
        u = phi[0] + 0.06 * phi[1] * x_i
        prediction = torch.sin(u) * torch.exp(-(u * u) / 32.0)
        total = total + (prediction - y_i) ** 2
    return total

# %% right gabor_loss: residual dotted with itself
import torch



def gabor_loss(phi, x, y):
    u = torch.add(phi[0], x * phi[1], alpha=0.06)
    residual = y - torch.sin(u) / torch.exp(u**2 / 32)
    return residual @ residual

# %% right gabor_loss: library loss with reduction="sum"
import torch

import torch.nn.functional as F


def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-u.pow(2) / 32)
    return F.mse_loss(f, y, reduction="sum")

# %% right gabor_loss: u from a design matrix, envelope with deviation 4
import torch



def gabor_loss(phi, x, y):
    design = torch.stack([torch.ones_like(x), 0.06 * x], dim=1)
    u = design @ phi
    envelope = torch.exp(-0.5 * (u / 4) ** 2)
    error = envelope * torch.sin(u) - y
    return torch.sum(error * error)

# %% wrong gabor_loss: the mean of the squared errors instead of their sum
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-u**2 / 32)
    return ((f - y) ** 2).mean()

# %% wrong gabor_loss: the constant 8 of the lecture notes in the envelope instead of 32
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-u**2 / 8)
    return ((f - y) ** 2).sum()

# %% wrong gabor_loss: exp(−u/32), the square in the envelope is missing
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-u / 32)
    return ((f - y) ** 2).sum()

# %% wrong gabor_loss: the factor 0.06 is missing in u
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + phi[1] * x
    f = torch.sin(u) * torch.exp(-u**2 / 32)
    return ((f - y) ** 2).sum()

# %% wrong gabor_loss: offset and frequency are exchanged
import torch



def gabor_loss(phi, x, y):
    frequency, offset = phi
    u = offset + 0.06 * frequency * x
    f = torch.sin(u) * torch.exp(-(u**2) / 32)
    return torch.sum((f - y) ** 2)

# %% wrong gabor_loss: (−u)² instead of −(u²), so the envelope grows
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp((-u) ** 2 / 32)
    return ((f - y) ** 2).sum()

# %% wrong gabor_loss: cosine instead of sine
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.cos(u) * torch.exp(-u**2 / 32)
    return ((f - y) ** 2).sum()

# %% wrong gabor_loss: 0.06 multiplies the offset too, u = 0.06(φ₀ + φ₁x)
import torch



def gabor_loss(phi, x, y):
    u = 0.06 * (phi[0] + phi[1] * x)
    wave = torch.sin(u) * torch.exp(-u**2 / 32)
    return ((wave - y) ** 2).sum()

# %% wrong gabor_loss: the errors are summed without being squared
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-u**2 / 32)
    return (f - y).sum()

# %% wrong gabor_loss: the envelope leaves the offset out, so it does not move along with the wave
import torch



def gabor_loss(phi, x, y):
    z = 0.06 * phi[1] * x
    f = torch.sin(phi[0] + z) * torch.exp(-z**2 / 32)
    return ((f - y) ** 2).sum()

# %% wrong gabor_loss: a factor ½ in front of the sum
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-u**2 / 32)
    return 0.5 * ((f - y) ** 2).sum()

# %% wrong gabor_loss: absolute errors instead of squared ones
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-u**2 / 32)
    return (f - y).abs().sum()

# %% wrong gabor_loss: squares the sum of the errors instead of summing their squares
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-u**2 / 32)
    return (f - y).sum() ** 2

# %% wrong gabor_loss: wraps the value in a new tensor, so no gradient flows back to phi
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-u**2 / 32)
    total = ((f - y) ** 2).sum().item()
    return torch.tensor(total, dtype=phi.dtype)

# %% wrong gabor_loss: returns the vector of squared errors, without the sum
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-u**2 / 32)
    return (f - y) ** 2

# %% wrong gabor_loss: root of the summed squares, the norm of the errors
import torch



def gabor_loss(phi, x, y):
    u = phi[0] + 0.06 * phi[1] * x
    f = torch.sin(u) * torch.exp(-u**2 / 32)
    return torch.norm(f - y)

# %% right classify_critical_point: saddle first, as the hint says
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    up, down = values > tol, values < -tol
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    if down.all():
        return "maximum"
    return "degenerate"

# %% right classify_critical_point: every singular Hessian is degenerate, the other accepted convention
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values.abs() <= tol).any():
        return "degenerate"
    if (values > 0).all():
        return "minimum"
    if (values < 0).all():
        return "maximum"
    return "saddle"

# %% right classify_critical_point: only the two ends of the sorted spectrum
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    low, high = values[0].item(), values[-1].item()
    if low < -tol and high > tol:
        return "saddle"
    elif low > tol:
        return "minimum"
    elif high < -tol:
        return "maximum"
    else:
        return "degenerate"

# %% right classify_critical_point: counts signs in a loop
import torch



def classify_critical_point(hessian, tol=1e-8):
    positive = negative = flat = 0
    for value in torch.linalg.eigvalsh(hessian).tolist():
        if abs(value) <= tol:
            flat += 1
        elif value > 0:
            positive += 1
        else:
            negative += 1
    if positive and negative:
        return "saddle"
    if flat:
        return "degenerate"
    return "minimum" if positive else "maximum"

# %% right classify_critical_point: set of signs with small eigenvalues put to zero
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    values = torch.where(values.abs() <= tol, torch.zeros_like(values), values)
    signs = set(values.sign().int().tolist())
    if {-1, 1} <= signs:
        return "saddle"
    return {(1,): "minimum", (-1,): "maximum"}.get(tuple(signs), "degenerate")

# %% right classify_critical_point: numpy, singular means degenerate, signs as a sum
import numpy as np



def classify_critical_point(hessian, tol=1e-8):
    lam = np.linalg.eigvalsh(hessian.detach().numpy())
    n = len(lam)
    if np.sum(np.abs(lam) > tol) < n:
        return "degenerate"
    balance = int(np.sign(lam).sum())
    if balance == n:
        return "minimum"
    if balance == -n:
        return "maximum"
    return "saddle"

# %% wrong classify_critical_point: minimum and maximum are exchanged
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

# %% wrong classify_critical_point: the determinant rule for two variables, used for any number of them
import torch



def classify_critical_point(hessian, tol=1e-8):
    det = torch.linalg.det(hessian)
    if abs(det) <= tol:
        return "degenerate"
    if det < 0:
        return "saddle"
    return "minimum" if hessian[0, 0] > 0 else "maximum"

# %% wrong classify_critical_point: any positive eigenvalue is enough for a minimum, so saddles are called minima
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values > tol).any():
        return "minimum"
    if (values < -tol).any():
        return "maximum"
    return "degenerate"

# %% wrong classify_critical_point: compares with 0 and ignores tol, so rounding errors count as curvature
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

# %% wrong classify_critical_point: looks at the diagonal entries instead of the eigenvalues


def classify_critical_point(hessian, tol=1e-8):
    values = hessian.diagonal()
    if (values > tol).any() and (values < -tol).any():
        return "saddle"
    if (values > tol).all():
        return "minimum"
    if (values < -tol).all():
        return "maximum"
    return "degenerate"

# %% wrong classify_critical_point: semidefinite counts as minimum or maximum, so flat directions are never degenerate
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values >= -tol).all():
        return "minimum"
    if (values <= tol).all():
        return "maximum"
    return "saddle"

# %% wrong classify_critical_point: tests λ ≤ tol without the absolute value, so negative eigenvalues count as zero
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values <= tol).any():
        return "degenerate"
    if (values > 0).all():
        return "minimum"
    if (values < 0).all():
        return "maximum"
    return "saddle"

# %% wrong classify_critical_point: everything that is neither minimum nor maximum is called a saddle
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values > tol).all():
        return "minimum"
    elif (values < -tol).all():
        return "maximum"
    else:
        return "saddle"

# %% wrong classify_critical_point: decides by the sign of the trace
import torch



def classify_critical_point(hessian, tol=1e-8):
    trace = torch.trace(hessian)
    if trace > tol:
        return "minimum"
    if trace < -tol:
        return "maximum"
    return "saddle"

# %% wrong classify_critical_point: the threshold 1e-8 is written into the code, the argument tol is ignored
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    up = (values > 1e-8).sum()
    down = (values < -1e-8).sum()
    if up > 0 and down > 0:
        return "saddle"
    if up == len(values):
        return "minimum"
    if down == len(values):
        return "maximum"
    return "degenerate"

# %% wrong classify_critical_point: degenerate only where all eigenvalues are zero, otherwise flat ones are left out
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    values = values[values.abs() > tol]
    if len(values) == 0:
        return "degenerate"
    if (values > 0).all():
        return "minimum"
    if (values < 0).all():
        return "maximum"
    return "saddle"

# %% wrong classify_critical_point: asks λ < +tol instead of λ < −tol, so 0 counts as negative
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values > tol).any() and (values < tol).any():
        return "saddle"
    if (values > tol).all():
        return "minimum"
    if (values < tol).all():
        return "maximum"
    return "degenerate"

# %% wrong classify_critical_point: goes by the majority of the signs, a saddle only where they balance
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values.abs() <= tol).any():
        return "degenerate"
    up = (values > tol).sum()
    down = (values < -tol).sum()
    if up > down:
        return "minimum"
    if down > up:
        return "maximum"
    return "saddle"

# %% wrong classify_critical_point: returns the short words "min" and "max"
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    if (values > tol).all():
        return "min"
    if (values < -tol).all():
        return "max"
    if (values > tol).any() and (values < -tol).any():
        return "saddle"
    return "degenerate"

# %% wrong classify_critical_point: tests only the first two eigenvalues, right for two parameters only
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    a, b = values[0], values[min(1, len(values) - 1)]
    if abs(a) <= tol or abs(b) <= tol:
        return "degenerate"
    if a > 0 and b > 0:
        return "minimum"
    if a < 0 and b < 0:
        return "maximum"
    return "saddle"

# %% corner classify_critical_point: an eigenvalue of exactly the size tol does not count as zero
import torch



def classify_critical_point(hessian, tol=1e-8):
    values = torch.linalg.eigvalsh(hessian)
    up, down = values >= tol, values <= -tol
    if up.any() and down.any():
        return "saddle"
    if up.all():
        return "minimum"
    if down.all():
        return "maximum"
    return "degenerate"

# %% right clip_by_value: clamp
def clip_by_value(grad, limit):
    return grad.clamp(-limit, limit)

# %% right clip_by_value: two torch.where
import torch



def clip_by_value(grad, limit):
    upper = torch.where(grad > limit, limit, grad)
    return torch.where(upper < -limit, -limit, upper)

# %% right clip_by_value: masks on a copy
def clip_by_value(grad, limit):
    clipped = grad.clone()
    clipped[grad > limit] = limit
    clipped[grad < -limit] = -limit
    return clipped

# %% right clip_by_value: maximum and minimum with filled tensors
import torch



def clip_by_value(grad, limit):
    bound = torch.full_like(grad, limit)
    return torch.maximum(torch.minimum(grad, bound), -bound)

# %% right clip_by_value: loop over the flat entries with the built-in min and max
import torch



def clip_by_value(grad, limit):
    entries = [max(-limit, min(limit, g)) for g in grad.flatten().tolist()]
    return torch.tensor(entries, dtype=grad.dtype).reshape(grad.shape)

# %% right clip_by_value: sign times limited size
import torch



def clip_by_value(grad, limit):
    return torch.sign(grad) * grad.abs().clamp(max=limit)

# %% right clip_by_value: the activation hardtanh
import torch



def clip_by_value(grad, limit):
    return torch.nn.functional.hardtanh(grad, min_val=-limit, max_val=limit)

# %% right clip_by_value: numpy clip and back
import numpy as np
import torch



def clip_by_value(grad, limit):
    return torch.as_tensor(np.clip(grad.detach().numpy(), -limit, limit), dtype=grad.dtype)

# %% wrong clip_by_value: only the upper half, large negative entries pass
def clip_by_value(grad, limit):
    return grad.clamp(max=limit)

# %% wrong clip_by_value: clamp_ changes the caller's tensor
def clip_by_value(grad, limit):
    return grad.clamp_(-limit, limit)

# %% wrong clip_by_value: clips by norm, the whole gradient is shortened to the length limit
def clip_by_value(grad, limit):
    norm = grad.norm()
    if norm > limit:
        return grad * limit / norm
    return grad.clone()

# %% wrong clip_by_value: scales the whole gradient so that its largest entry is the limit
def clip_by_value(grad, limit):
    largest = grad.abs().max()
    if largest > limit:
        return grad / largest * limit
    return grad

# %% wrong clip_by_value: clamps to [0, limit], so negative entries become 0
import torch



def clip_by_value(grad, limit):
    return torch.clamp(grad, 0, limit)

# %% wrong clip_by_value: entries beyond the limit are set to 0
import torch



def clip_by_value(grad, limit):
    return torch.where(grad.abs() > limit, torch.zeros_like(grad), grad)

# %% wrong clip_by_value: entries beyond the limit become +limit, also the negative ones
def clip_by_value(grad, limit):
    out = grad.clone()
    out[out.abs() > limit] = limit
    return out

# %% wrong clip_by_value: sign times limit for every entry, also for the small ones
import torch



def clip_by_value(grad, limit):
    return limit * torch.sign(grad)

# %% wrong clip_by_value: clamps to [−1, 1], the argument limit is ignored
import torch



def clip_by_value(grad, limit):
    return torch.clamp(grad, min=-1.0, max=1.0)

# %% wrong clip_by_value: soft clipping with tanh, which bends the entries inside the limits too
import torch



def clip_by_value(grad, limit):
    return limit * torch.tanh(grad / limit)

# %% wrong clip_by_value: maximum and minimum are exchanged: small entries are pushed out to ±limit, large stay
import torch



def clip_by_value(grad, limit):
    bound = torch.full_like(grad, limit)
    return torch.where(grad > 0, torch.maximum(grad, bound), torch.minimum(grad, -bound))

# %% wrong clip_by_value: computes the clipped tensor on a copy and returns the old one
def clip_by_value(grad, limit):
    clipped = grad.clone()
    clipped.clamp_(-limit, limit)
    return grad

# %% wrong clip_by_value: returns nothing
import torch



def clip_by_value(grad, limit):
    grad = torch.clamp(grad, -limit, limit)

# %% wrong clip_by_value: only the lower half, large positive entries pass
import torch



def clip_by_value(grad, limit):
    return torch.max(grad, torch.full_like(grad, -limit))

# %% wrong clip_by_value: returns a flat tensor, the shape is lost


def clip_by_value(grad, limit):
    flat = grad.reshape(-1).clone()
    for i in range(len(flat)):
        if flat[i] > limit:
            flat[i] = limit
        elif flat[i] < -limit:
            flat[i] = -limit
    return flat

# %% wrong clip_by_value: new tensor of the default type, float32 for a float64 gradient too
import torch



def clip_by_value(grad, limit):
    clipped = torch.zeros(grad.shape)
    clipped[...] = grad.clamp(-limit, limit)
    return clipped

# %% wrong clip_by_value: takes the absolute value, so the signs are lost
import torch



def clip_by_value(grad, limit):
    return torch.minimum(grad.abs(), torch.full_like(grad, limit))

# %% wrong clip_by_value: loops over the first axis and compares, which works for vectors only
import torch



def clip_by_value(grad, limit):
    out = []
    for g in grad:
        if g > limit:
            out.append(limit)
        elif g < -limit:
            out.append(-limit)
        else:
            out.append(g.item())
    return torch.tensor(out, dtype=grad.dtype)

# %% right clip_by_norm: squares of norms add, the formula with min
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.sqrt(sum((g**2).sum() for g in grads))
    factor = torch.clamp(max_norm / norm, max=1)
    return [g * factor for g in grads]

# %% right clip_by_norm: one flat vector, early return
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.cat([g.flatten() for g in grads]).norm()
    if norm <= max_norm:
        return list(grads)
    return [max_norm / norm * g for g in grads]

# %% right clip_by_norm: Python numbers and math.sqrt, copies
import math



def clip_by_norm(grads, max_norm):
    total = 0.0
    for g in grads:
        total += g.square().sum().item()
    norm = math.sqrt(total)
    scale = max_norm / norm if norm > max_norm else 1.0
    clipped = []
    for g in grads:
        clipped.append(g.clone() * scale)
    return clipped

# %% right clip_by_norm: norm of the norms
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.stack([torch.linalg.vector_norm(g) for g in grads]).norm()
    return [g * min(1.0, (max_norm / norm).item()) for g in grads]

# %% right clip_by_norm: rearranged, divides by max(1, norm/limit)
import torch



def clip_by_norm(grads, max_norm):
    squares = [torch.sum(g * g) for g in grads]
    norm = torch.stack(squares).sum().sqrt()
    divisor = (norm / max_norm).clamp(min=1.0)
    return [g / divisor for g in grads]

# %% right clip_by_norm: clip flat and split again into the old shapes
import torch



def clip_by_norm(grads, max_norm):
    flat = torch.cat([g.reshape(-1) for g in grads])
    norm = torch.sqrt(flat @ flat)
    if norm > max_norm:
        flat = flat * (max_norm / norm)
    parts = flat.split([g.numel() for g in grads])
    return [part.reshape(g.shape) for part, g in zip(parts, grads)]

# %% right clip_by_norm: in place on copies


def global_norm(tensors):
    return sum(t.norm() ** 2 for t in tensors) ** 0.5


def clip_by_norm(grads, max_norm):
    out = [g.detach().clone() for g in grads]
    norm = global_norm(out)
    if norm > max_norm:
        for g in out:
            g.mul_(max_norm).div_(norm)
    return out

# %% right clip_by_norm: numpy for the norm
import numpy as np



def clip_by_norm(grads, max_norm):
    norm = float(np.sqrt(sum(np.sum(g.detach().numpy().astype(np.float64) ** 2) for g in grads)))
    factor = 1.0
    if norm > max_norm:
        factor = max_norm / norm
    return [factor * g for g in grads]

# %% wrong clip_by_norm: each tensor is clipped by its own norm


def clip_by_norm(grads, max_norm):
    out = []
    for g in grads:
        norm = g.norm()
        out.append(g * max_norm / norm if norm > max_norm else g)
    return out

# %% wrong clip_by_norm: adds the norms of the tensors instead of their squares
import torch



def clip_by_norm(grads, max_norm):
    norm = sum(g.norm() for g in grads)
    factor = torch.clamp(max_norm / norm, max=1.0)
    return [g * factor for g in grads]

# %% wrong clip_by_norm: always scales to the length max_norm, also a short gradient
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.cat([g.flatten() for g in grads]).norm()
    if norm == 0:
        return list(grads)
    return [g * (max_norm / norm) for g in grads]

# %% wrong clip_by_norm: the root is missing, the squared norm is compared and divided by


def clip_by_norm(grads, max_norm):
    norm = sum(g.square().sum() for g in grads)
    if norm > max_norm:
        return [g * max_norm / norm for g in grads]
    return [g.clone() for g in grads]

# %% wrong clip_by_norm: multiplies the caller's tensors in place
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.sqrt(sum(g.square().sum() for g in grads))
    if norm > max_norm:
        for g in grads:
            g.mul_(max_norm / norm)
    return grads

# %% wrong clip_by_norm: max in the place of min, so short gradients are made longer and long ones stay
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.sqrt(sum(g.square().sum() for g in grads))
    factor = max(1.0, max_norm / (norm.item() + 1e-12))
    return [g * factor for g in grads]

# %% wrong clip_by_norm: the fraction upside down, multiplies by norm/max_norm
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.sqrt(sum(g.square().sum() for g in grads))
    if norm > max_norm:
        return [g * (norm / max_norm) for g in grads]
    return [g.clone() for g in grads]

# %% wrong clip_by_norm: clips every entry by value
import torch



def clip_by_norm(grads, max_norm):
    return [torch.clamp(g, -max_norm, max_norm) for g in grads]

# %% wrong clip_by_norm: returns one flat tensor instead of the list of tensors
import torch



def clip_by_norm(grads, max_norm):
    flat = torch.cat([g.flatten() for g in grads])
    norm = flat.norm()
    if norm > max_norm:
        flat = flat * max_norm / norm
    return flat

# %% wrong clip_by_norm: uses the largest absolute entry as the norm


def clip_by_norm(grads, max_norm):
    norm = max(g.abs().max() for g in grads)
    if norm > max_norm:
        return [g / norm * max_norm for g in grads]
    return list(grads)

# %% wrong clip_by_norm: divides by the norm but forgets to multiply by max_norm, the length becomes 1
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.cat([g.flatten() for g in grads]).norm()
    if norm > max_norm:
        return [g / norm for g in grads]
    return list(grads)

# %% wrong clip_by_norm: root of the mean square over all entries instead of the norm
import torch



def clip_by_norm(grads, max_norm):
    flat = torch.cat([g.flatten() for g in grads])
    norm = flat.square().mean().sqrt()
    if norm > max_norm:
        return [g * max_norm / norm for g in grads]
    return list(grads)

# %% wrong clip_by_norm: uses the norm of the first tensor only


def clip_by_norm(grads, max_norm):
    norm = grads[0].norm()
    factor = 1.0
    if norm > max_norm:
        factor = max_norm / norm
    return [g * factor for g in grads]

# %% wrong clip_by_norm: sum of absolute values, the 1-norm


def clip_by_norm(grads, max_norm):
    norm = sum(g.abs().sum() for g in grads)
    if norm > max_norm:
        return [g * max_norm / norm for g in grads]
    return list(grads)

# %% wrong clip_by_norm: puts the clipped tensors into the caller's list
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.sqrt(sum(g.square().sum() for g in grads))
    if norm > max_norm:
        for i in range(len(grads)):
            grads[i] = grads[i] * (max_norm / norm)
    return grads

# %% wrong clip_by_norm: returns the list and the norm
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.sqrt(sum(g.square().sum() for g in grads))
    factor = torch.clamp(max_norm / norm, max=1.0)
    return [g * factor for g in grads], norm

# %% wrong clip_by_norm: tensors shorter than max_norm are left alone while the others are scaled by the common factor
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.sqrt(sum(g.square().sum() for g in grads))
    out = []
    for g in grads:
        if g.norm() > max_norm:
            out.append(g * max_norm / norm)
        else:
            out.append(g)
    return out

# %% corner clip_by_norm: divides by the norm before looking at it, so a gradient of zeros becomes nan
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.cat([g.flatten() for g in grads]).norm()
    length = torch.clamp(norm, max=max_norm)
    return [g / norm * length for g in grads]

# %% corner clip_by_norm: adds 1e-6 to the norm, so a gradient as long as max_norm is shortened a little
import torch



def clip_by_norm(grads, max_norm):
    norm = torch.cat([g.flatten() for g in grads]).norm()
    factor = torch.clamp(max_norm / (norm + 1e-6), max=1.0)
    return [g * factor for g in grads]

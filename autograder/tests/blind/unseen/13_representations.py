# %% right rbf_features: broadcast table of differences, one line an idea
import torch

def rbf_features(x, centers, widths):
    difference = x[:, None, :] - centers[None, :, :]
    squares = (difference ** 2).sum(dim=2)
    bumps = torch.exp(-squares / (2 * widths ** 2))
    return torch.cat([torch.ones_like(x[:, :1]), bumps], dim=1)


# %% right rbf_features: two nested loops that fill a table of ones
import torch

def rbf_features(x, centers, widths):
    n, k = x.shape[0], centers.shape[0]
    phi = torch.ones(n, k + 1, dtype=x.dtype)
    for i in range(n):
        for j in range(k):
            phi[i, j + 1] = torch.exp(-torch.sum((x[i] - centers[j]) ** 2) / (2 * widths[j] ** 2))
    return phi


# %% right rbf_features: scales by the width before squaring, a column a centre, stacked
import torch

def rbf_features(x, centers, widths):
    columns = [x.new_ones(len(x))]
    for mu, sigma in zip(centers, widths):
        scaled = (x - mu) / sigma
        columns.append((-0.5 * scaled.square().sum(1)).exp())
    return torch.stack(columns, dim=1)


# %% right rbf_features: the binomial expansion of the squared distance, clamped at 0, padded with ones
import torch

def rbf_features(x, centers, widths):
    table = (x * x).sum(1, keepdim=True) - 2 * x @ centers.T + (centers * centers).sum(1)
    bumps = torch.exp(-table.clamp(min=0) / 2 / widths / widths)
    return torch.nn.functional.pad(bumps, (1, 0), value=1.0)


# %% right rbf_features: product of one-dimensional bumps over the coordinates, in numpy
import numpy as np
import torch

def rbf_features(x, centers, widths):
    a, c, s = x.detach().numpy(), centers.detach().numpy(), widths.detach().numpy()
    one = np.exp(-0.5 * ((a[:, np.newaxis] - c) / s[:, np.newaxis]) ** 2)
    return torch.from_numpy(np.hstack([np.ones((len(a), 1), dtype=a.dtype), one.prod(axis=-1)]))


# %% wrong rbf_features: divides by 2σ, the width is not squared
import torch

def rbf_features(x, centers, widths):
    squares = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    bumps = torch.exp(-squares / (2 * widths))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: the 2 in the denominator is forgotten
import torch

def rbf_features(x, centers, widths):
    squares = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), torch.exp(-squares / widths ** 2)], dim=1)


# %% wrong rbf_features: the distance itself in the exponent, not its square
import torch

def rbf_features(x, centers, widths):
    distance = torch.linalg.vector_norm(x[:, None, :] - centers[None, :, :], dim=2)
    bumps = torch.exp(-distance / (2 * widths ** 2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: missing brackets, so the exponent is multiplied by σ² after the division by 2
import torch

def rbf_features(x, centers, widths):
    squares = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    bumps = torch.exp(-squares / 2 * widths ** 2)
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: the ones are put in the last column
import torch

def rbf_features(x, centers, widths):
    squares = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    bumps = torch.exp(-squares / (2 * widths ** 2))
    return torch.cat([bumps, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)


# %% wrong rbf_features: the square of the sum of the differences instead of the sum of their squares
import torch

def rbf_features(x, centers, widths):
    squares = (x[:, None, :] - centers[None, :, :]).sum(dim=2) ** 2
    bumps = torch.exp(-squares / (2 * widths ** 2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: the mean over the coordinates instead of the sum
import torch

def rbf_features(x, centers, widths):
    squares = ((x[:, None, :] - centers[None, :, :]) ** 2).mean(dim=2)
    bumps = torch.exp(-squares / (2 * widths ** 2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: the first width is used for all centres
import torch

def rbf_features(x, centers, widths):
    squares = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    bumps = torch.exp(-squares / (2 * float(widths[0]) ** 2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% corner rbf_features: ones from numpy, so that float32 examples give float64 features
import numpy as np
import torch

def rbf_features(x, centers, widths):
    squares = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    ones = torch.from_numpy(np.ones((len(x), 1)))
    return torch.cat([ones, torch.exp(-squares / (2 * widths ** 2))], dim=1)


# %% right kmeans_plus_plus: keeps the smallest squared distance of each row and draws by multinomial
import torch

def kmeans_plus_plus(x, k, generator):
    first = torch.randint(len(x), (1,), generator=generator)
    chosen = [x[first[0]]]
    odds = (x - chosen[0]).square().sum(dim=1)
    while len(chosen) < k:
        row = torch.multinomial(odds, 1, generator=generator)[0]
        chosen.append(x[row])
        odds = torch.minimum(odds, (x - x[row]).square().sum(dim=1))
    return torch.stack(chosen)


# %% right kmeans_plus_plus: recomputes all distances in each round, and draws by the running sum of the odds
import torch

def kmeans_plus_plus(x, k, generator):
    numbers = [int(torch.randint(x.shape[0], (1,), generator=generator))]
    for _ in range(1, k):
        table = ((x[:, None, :] - x[numbers][None, :, :]) ** 2).sum(dim=2)
        running = table.min(dim=1).values.double().cumsum(dim=0)
        mark = torch.rand(1, generator=generator, dtype=torch.float64) * running[-1]
        number = int(torch.searchsorted(running, mark, right=True))
        numbers.append(min(number, len(x) - 1))
    return x[numbers]


# %% right kmeans_plus_plus: the first by a random permutation, the others by a race of exponential clocks
import torch

def kmeans_plus_plus(x, k, generator):
    picks = torch.randperm(len(x), generator=generator)[:1].tolist()
    nearest = torch.full((len(x),), float("inf"), dtype=torch.float64)
    while len(picks) < k:
        nearest = torch.minimum(nearest, (x - x[picks[-1]]).double().pow(2).sum(1))
        clocks = -torch.log1p(-torch.rand(len(x), generator=generator, dtype=torch.float64))
        picks.append(int((nearest / clocks.clamp(min=1e-300)).argmax()))
    return x[torch.tensor(picks)].clone()


# %% right kmeans_plus_plus: plain Python lists, walks along the rows until the mark is used up
import torch

def kmeans_plus_plus(x, k, generator):
    rows = x.tolist()
    n = len(rows)

    def squared(a, b):
        return sum((p - q) ** 2 for p, q in zip(a, b))

    chosen = [int(torch.randint(0, n, (), generator=generator))]
    odds = [squared(row, rows[chosen[0]]) for row in rows]
    while len(chosen) < k:
        left = float(torch.rand((), generator=generator, dtype=torch.float64)) * sum(odds)
        for number in range(n):
            if odds[number] > 0:
                pick = number
                left -= odds[number]
                if left < 0:
                    break
        chosen.append(pick)
        odds = [min(old, squared(row, rows[pick])) for old, row in zip(odds, rows)]
    return torch.stack([x[c] for c in chosen])


# %% right kmeans_plus_plus: the accepted greedy form, a few candidates each time and the best is kept
import math
import torch

def kmeans_plus_plus(x, k, generator):
    trials = 2 + int(math.log(k))
    start = int(torch.randint(len(x), (1,), generator=generator))
    chosen = [start]
    nearest = (x - x[start]).square().sum(1)
    for _ in range(k - 1):
        candidates = torch.multinomial(nearest, trials, replacement=True, generator=generator).tolist()
        after = [torch.minimum(nearest, (x - x[c]).square().sum(1)) for c in candidates]
        best = min(range(trials), key=lambda t: float(after[t].sum()))
        chosen.append(candidates[best])
        nearest = after[best]
    return x[chosen]


# %% wrong kmeans_plus_plus: odds are the distances and not their squares
import torch

def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    while len(chosen) < k:
        odds = torch.linalg.vector_norm(x[:, None] - x[chosen], dim=2).amin(dim=1)
        chosen.append(int(torch.multinomial(odds, 1, generator=generator)))
    return x[chosen]


# %% wrong kmeans_plus_plus: takes the farthest row instead of drawing
import torch

def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    nearest = (x - x[chosen[0]]).square().sum(1)
    while len(chosen) < k:
        chosen.append(int(nearest.argmax()))
        nearest = torch.minimum(nearest, (x - x[chosen[-1]]).square().sum(1))
    return x[chosen]


# %% wrong kmeans_plus_plus: the odds are the squared distances to the latest centre only
import torch

def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    while len(chosen) < k:
        odds = (x - x[chosen[-1]]).square().sum(1)
        chosen.append(int(torch.multinomial(odds, 1, generator=generator)))
    return x[chosen]


# %% wrong kmeans_plus_plus: adds the squared distances to all centres, those drawn set to zero, instead of the nearest
import torch

def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = torch.zeros(len(x), dtype=x.dtype)
    while len(chosen) < k:
        odds = odds + (x - x[chosen[-1]]).square().sum(1)
        odds[chosen] = 0
        chosen.append(int(torch.multinomial(odds, 1, generator=generator)))
    return x[chosen]


# %% wrong kmeans_plus_plus: multinomial draws from the global generator
import torch

def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(1)
    while len(chosen) < k:
        new = int(torch.multinomial(odds, 1))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(1))
    return x[chosen]


# %% wrong kmeans_plus_plus: the generator is seeded anew in each call, so all calls draw the same
import torch

def kmeans_plus_plus(x, k, generator):
    generator.manual_seed(0)
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(1)
    while len(chosen) < k:
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(1))
    return x[chosen]


# %% wrong kmeans_plus_plus: randint to n − 1, so the last row is never the first centre
import torch

def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(0, len(x) - 1, (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(1)
    while len(chosen) < k:
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(1))
    return x[chosen]


# %% wrong kmeans_plus_plus: returns the rows in the order of the data and not of the draws
import torch

def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(1)
    while len(chosen) < k:
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(1))
    return x[sorted(chosen)]


# %% corner kmeans_plus_plus: a second centre is always drawn, so that k = 1 gives two rows
import torch

def kmeans_plus_plus(x, k, generator):
    first = int(torch.randint(len(x), (1,), generator=generator))
    nearest = (x - x[first]).square().sum(1)
    second = int(torch.multinomial(nearest, 1, generator=generator))
    chosen = [first, second]
    for _ in range(k - 2):
        nearest = torch.minimum(nearest, (x - x[chosen[-1]]).square().sum(1))
        chosen.append(int(torch.multinomial(nearest, 1, generator=generator)))
    return x[chosen]


# %% corner kmeans_plus_plus: repeated rows are thrown out first, so that each counts only once
import torch

def kmeans_plus_plus(x, k, generator):
    x = torch.unique(x, dim=0)
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(1)
    while len(chosen) < k:
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(1))
    return x[chosen]


# %% right cluster_widths: a loop over the centres, with the number of rows asked for first
import torch

def cluster_widths(x, centers, *, floor):
    table = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] = max(float((own.mean() / x.shape[1]).sqrt()), floor)
    return widths


# %% right cluster_widths: sums and counts by one-hot rows, no loop
import torch

def cluster_widths(x, centers, *, floor):
    table = torch.cdist(x, centers, compute_mode="donot_use_mm_for_euclid_dist") ** 2
    least, owner = table.min(dim=1)
    member = torch.nn.functional.one_hot(owner, len(centers)).to(x.dtype)
    count = member.sum(dim=0)
    variance = (least @ member) / (count.clamp(min=1) * x.shape[1])
    return variance.sqrt().clamp(min=floor)


# %% right cluster_widths: numpy, the root mean square of all entries of the differences of a cluster
import numpy as np
import torch

def cluster_widths(x, centers, *, floor):
    a, c = x.numpy(), centers.numpy()
    owner = np.array([np.argmin([np.sum((row - mu) ** 2) for mu in c]) for row in a])
    result = []
    for j, mu in enumerate(c):
        away = a[owner == j] - mu
        result.append(floor if away.size == 0 else max(floor, np.sqrt(np.mean(away ** 2))))
    return torch.tensor(np.array(result, dtype=np.float64)).to(x.dtype)


# %% right cluster_widths: the floor is squared and compared with the variance before the root
import torch

def cluster_widths(x, centers, *, floor):
    squares = torch.stack([(x - mu).square().sum(dim=1) for mu in centers])
    owner = squares.argmin(dim=0)
    variances = []
    for j, line in enumerate(squares):
        own = line[owner == j]
        variances.append(own.sum() / (max(own.numel(), 1) * x.size(1)))
    return torch.stack(variances).clamp(min=floor ** 2).sqrt().clamp(min=floor)


# %% right cluster_widths: the accepted spread of all coordinates together, without the division by d
import torch

def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    owner = table.argmin(dim=1)
    widths = []
    for j in range(len(centers)):
        own = table[owner == j, j]
        widths.append(own.mean().sqrt().clamp(min=floor) if len(own) else torch.tensor(floor, dtype=x.dtype))
    return torch.stack(widths)


# %% wrong cluster_widths: no root, the variance is returned
import torch

def cluster_widths(x, centers, *, floor):
    table = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] = max(float(own.mean() / x.shape[1]), floor)
    return widths


# %% wrong cluster_widths: the spread around the mean of the rows and not around the centre
import torch

def cluster_widths(x, centers, *, floor):
    owner = torch.cdist(x, centers).argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = x[owner == j]
        if len(own) > 0:
            widths[j] = ((own - own.mean(dim=0)) ** 2).mean().sqrt().clamp(min=floor)
    return widths


# %% wrong cluster_widths: divides by the number of rows less one
import torch

def cluster_widths(x, centers, *, floor):
    table = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 1:
            widths[j] = max(float((own.sum() / (len(own) - 1) / x.shape[1]).sqrt()), floor)
    return widths


# %% wrong cluster_widths: the mean distance and not the root of the mean square
import torch

def cluster_widths(x, centers, *, floor):
    distance = torch.cdist(x, centers)
    owner = distance.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = distance[owner == j, j]
        if len(own) > 0:
            widths[j] = max(float(own.mean()) / x.shape[1] ** 0.5, floor)
    return widths


# %% wrong cluster_widths: the sum of the cluster's squares is divided by the number of all rows
import torch

def cluster_widths(x, centers, *, floor):
    least, owner = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2).min(dim=1)
    total = torch.zeros(len(centers), dtype=x.dtype).index_add(0, owner, least)
    return (total / x.numel()).sqrt().clamp(min=floor)


# %% wrong cluster_widths: the floor is added instead of being a lower bound
import torch

def cluster_widths(x, centers, *, floor):
    table = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] += (own.mean() / x.shape[1]).sqrt()
    return widths


# %% wrong cluster_widths: the division by d comes after the root
import torch

def cluster_widths(x, centers, *, floor):
    table = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] = max(float(own.mean().sqrt() / x.shape[1]), floor)
    return widths


# %% corner cluster_widths: a centre without rows gets nan, which clamp lets pass
import torch

def cluster_widths(x, centers, *, floor):
    table = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.stack([(table[owner == j, j].mean() / x.shape[1]).sqrt() for j in range(len(centers))])
    return widths.clamp(min=floor)


# %% corner cluster_widths: the variance and not the width is held above the floor
import torch

def cluster_widths(x, centers, *, floor):
    least, owner = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(dim=2).min(dim=1)
    count = torch.bincount(owner, minlength=len(centers))
    total = torch.zeros(len(centers), dtype=x.dtype).index_add(0, owner, least)
    widths = (total / count.clamp(min=1) / x.shape[1]).clamp(min=floor).sqrt()
    return torch.where(count > 0, widths, torch.full_like(widths, floor))


# %% right fit_readout: the normal equations by torch.linalg.solve
import torch

def fit_readout(features, targets, *, ridge):
    k = features.shape[1]
    left = features.T @ features + ridge * torch.eye(k, dtype=features.dtype)
    return torch.linalg.solve(left, features.T @ targets)


# %% right fit_readout: least squares with extra rows of root ridge and targets 0
import math
import torch

def fit_readout(features, targets, *, ridge):
    n, k = features.shape
    table = targets.reshape(n, -1)
    below = math.sqrt(ridge) * torch.eye(k, dtype=features.dtype)
    longer = torch.cat([features, below])
    wanted = torch.cat([table, table.new_zeros(k, table.shape[1])])
    w = torch.linalg.lstsq(longer, wanted).solution
    return w.reshape(k, *targets.shape[1:])


# %% right fit_readout: the singular values, each divided by its square plus the ridge
import torch

def fit_readout(features, targets, *, ridge):
    u, s, vh = torch.linalg.svd(features, full_matrices=False)
    shrink = s / (s ** 2 + ridge)
    return (vh.T * shrink) @ (u.T @ targets)


# %% right fit_readout: Cholesky factor and two triangular solves, vectors as tables of one column
import torch

def fit_readout(features, targets, *, ridge):
    flat = targets.dim() == 1
    y = targets.unsqueeze(1) if flat else targets
    gram = torch.einsum("ni,nj->ij", features, features)
    gram.diagonal().add_(ridge)
    w = torch.cholesky_solve(features.mT @ y, torch.linalg.cholesky(gram))
    return w.squeeze(1) if flat else w


# %% right fit_readout: the accepted form whose intercept is free, with a zero in the corner of the identity
import torch

def fit_readout(features, targets, *, ridge):
    hold = torch.eye(features.shape[1], dtype=features.dtype)
    hold[0, 0] = 0
    return torch.linalg.solve(features.T @ features + ridge * hold, features.T @ targets)


# %% wrong fit_readout: the ridge is multiplied by the number of rows, as if the squares were averaged
import torch

def fit_readout(features, targets, *, ridge):
    n, k = features.shape
    left = features.T @ features + n * ridge * torch.eye(k, dtype=features.dtype)
    return torch.linalg.solve(left, features.T @ targets)


# %% wrong fit_readout: without an identity the ridge is added to every entry of the matrix
import torch

def fit_readout(features, targets, *, ridge):
    return torch.linalg.solve(features.T @ features + ridge, features.T @ targets)


# %% wrong fit_readout: the ridge is squared, by extra rows of ridge instead of its root
import torch

def fit_readout(features, targets, *, ridge):
    n, k = features.shape
    table = targets.reshape(n, -1)
    longer = torch.cat([features, ridge * torch.eye(k, dtype=features.dtype)])
    wanted = torch.cat([table, table.new_zeros(k, table.shape[1])])
    w = torch.linalg.lstsq(longer, wanted).solution
    return w.reshape(k, *targets.shape[1:])


# %% wrong fit_readout: half the ridge
import torch

def fit_readout(features, targets, *, ridge):
    k = features.shape[1]
    left = 2 * features.T @ features + ridge * torch.eye(k, dtype=features.dtype)
    return torch.linalg.solve(left, 2 * features.T @ targets)


# %% wrong fit_readout: the last weight instead of the first is left free of the ridge
import torch

def fit_readout(features, targets, *, ridge):
    hold = torch.eye(features.shape[1], dtype=features.dtype)
    hold[-1, -1] = 0
    return torch.linalg.solve(features.T @ features + ridge * hold, features.T @ targets)


# %% wrong fit_readout: the intercept is set to the mean of the targets and the rest fitted to what is left
import torch

def fit_readout(features, targets, *, ridge):
    middle = targets.mean(dim=0, keepdim=True)
    bumps = features[:, 1:]
    left = bumps.T @ bumps + ridge * torch.eye(bumps.shape[1], dtype=features.dtype)
    return torch.cat([middle, torch.linalg.solve(left, bumps.T @ (targets - middle))])


# %% wrong fit_readout: plain least squares, whose weights are shrunk afterwards
import torch

def fit_readout(features, targets, *, ridge):
    w = torch.linalg.solve(features.T @ features, features.T @ targets)
    return w / (1 + ridge)


# %% corner fit_readout: cholesky_solve takes no vector, so that targets of shape (n,) fail
import torch

def fit_readout(features, targets, *, ridge):
    k = features.shape[1]
    left = features.T @ features + ridge * torch.eye(k, dtype=features.dtype)
    return torch.cholesky_solve(features.T @ targets, torch.linalg.cholesky(left))


# %% corner fit_readout: the dual form with an n × n matrix, singular where the ridge is 0
import torch

def fit_readout(features, targets, *, ridge):
    n = features.shape[0]
    kernel = features @ features.T + ridge * torch.eye(n, dtype=features.dtype)
    return features.T @ torch.linalg.solve(kernel, targets)


# %% right rbf_gradients: by hand with broadcast tables
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    n = x.shape[0]
    difference = x[:, None, :] - centers[None, :, :]
    squares = (difference ** 2).sum(dim=2)
    bumps = torch.exp(-squares / (2 * widths ** 2))
    phi = torch.cat([torch.ones(n, 1, dtype=x.dtype), bumps], dim=1)
    e = phi @ weights - targets
    table = 2 / n * e[:, None] * weights[1:] * bumps
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * squares).sum(dim=0) / widths ** 3
    return grad_centers, grad_widths, 2 / n * phi.T @ e


# %% right rbf_gradients: autograd on detached copies
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    mu = centers.detach().clone().requires_grad_()
    sigma = widths.detach().clone().requires_grad_()
    w = weights.detach().clone().requires_grad_()
    squares = (x[:, None, :] - mu).square().sum(dim=2)
    guess = w[0] + torch.exp(-squares / (2 * sigma ** 2)) @ w[1:]
    loss = (guess - targets).square().mean()
    return torch.autograd.grad(loss, (mu, sigma, w))


# %% right rbf_gradients: loops over rows and bumps that add up the chain rule
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    n, k = len(x), len(centers)
    gc, gs, gw = torch.zeros_like(centers), torch.zeros_like(widths), torch.zeros_like(weights)
    for i in range(n):
        away = [x[i] - centers[j] for j in range(k)]
        phi = [torch.exp(-(away[j] @ away[j]) / (2 * widths[j] ** 2)) for j in range(k)]
        error = weights[0] - targets[i]
        for j in range(k):
            error = error + weights[j + 1] * phi[j]
        outer = 2 * error / n
        gw[0] += outer
        for j in range(k):
            gw[j + 1] += outer * phi[j]
            inner = outer * weights[j + 1] * phi[j]
            gc[j] += inner * away[j] / widths[j] ** 2
            gs[j] += inner * (away[j] @ away[j]) / widths[j] ** 3
    return gc, gs, gw


# %% right rbf_gradients: torch.autograd.functional.jacobian of a loss function
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    def loss(mu, sigma, w):
        z = (x.unsqueeze(1) - mu) / sigma.unsqueeze(1)
        phi = torch.exp(-0.5 * (z * z).sum(-1))
        phi = torch.nn.functional.pad(phi, (1, 0), value=1.0)
        return torch.nn.functional.mse_loss(phi @ w, targets)

    parts = (centers.detach(), widths.detach(), weights.detach())
    return torch.autograd.functional.jacobian(loss, parts)


# %% right rbf_gradients: matrix products without a table of three axes, the centres' part as weighted sum minus sum of weights
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    squares = torch.stack([(x - mu).pow(2).sum(1) for mu in centers], dim=1)
    bumps = torch.exp(-0.5 * squares * widths.pow(-2))
    slope = 2 * (weights[0] + bumps @ weights[1:] - targets) / len(targets)
    table = torch.outer(slope, weights[1:]).mul(bumps)
    grad_centers = (table.T @ x - table.sum(0)[:, None] * centers) / (widths ** 2)[:, None]
    grad_widths = torch.einsum("nk,nk->k", table, squares) * widths.pow(-3)
    grad_weights = torch.cat([slope.sum().reshape(1), bumps.T @ slope])
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: without the factor 2, as if the loss had a ½
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    n = x.shape[0]
    difference = x[:, None, :] - centers[None, :, :]
    squares = (difference ** 2).sum(dim=2)
    bumps = torch.exp(-squares / (2 * widths ** 2))
    phi = torch.cat([torch.ones(n, 1, dtype=x.dtype), bumps], dim=1)
    e = (phi @ weights - targets) / n
    table = e[:, None] * weights[1:] * bumps
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * squares).sum(dim=0) / widths ** 3
    return grad_centers, grad_widths, phi.T @ e


# %% wrong rbf_gradients: autograd of the sum of the squares and not their mean
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    parts = [part.detach().clone().requires_grad_() for part in (centers, widths, weights)]
    mu, sigma, w = parts
    squares = (x[:, None, :] - mu).square().sum(dim=2)
    guess = w[0] + torch.exp(-squares / (2 * sigma ** 2)) @ w[1:]
    return torch.autograd.grad((guess - targets).square().sum(), parts)


# %% wrong rbf_gradients: the gradient of the centres has the wrong sign, by the minus of the exponent
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    n = x.shape[0]
    difference = x[:, None, :] - centers[None, :, :]
    squares = (difference ** 2).sum(dim=2)
    bumps = torch.exp(-squares / (2 * widths ** 2))
    phi = torch.cat([torch.ones(n, 1, dtype=x.dtype), bumps], dim=1)
    e = phi @ weights - targets
    table = 2 / n * e[:, None] * weights[1:] * bumps
    grad_centers = -(table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * squares).sum(dim=0) / widths ** 3
    return grad_centers, grad_widths, 2 / n * phi.T @ e


# %% wrong rbf_gradients: the gradient by log σ, with σ² below instead of σ³
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    n = x.shape[0]
    difference = x[:, None, :] - centers[None, :, :]
    squares = (difference ** 2).sum(dim=2)
    bumps = torch.exp(-squares / (2 * widths ** 2))
    phi = torch.cat([torch.ones(n, 1, dtype=x.dtype), bumps], dim=1)
    e = phi @ weights - targets
    table = 2 / n * e[:, None] * weights[1:] * bumps
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * squares).sum(dim=0) / widths ** 2
    return grad_centers, grad_widths, 2 / n * phi.T @ e


# %% wrong rbf_gradients: the gradient by the variance σ² and not by σ
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    mu = centers.detach().clone().requires_grad_()
    variance = (widths ** 2).detach().clone().requires_grad_()
    w = weights.detach().clone().requires_grad_()
    squares = (x[:, None, :] - mu).square().sum(dim=2)
    guess = w[0] + torch.exp(-squares / (2 * variance)) @ w[1:]
    return torch.autograd.grad((guess - targets).square().mean(), (mu, variance, w))


# %% wrong rbf_gradients: bump j takes entry j of the weights, so that the intercept counts as the first bump's weight
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    n, k = x.shape[0], centers.shape[0]
    difference = x[:, None, :] - centers[None, :, :]
    squares = (difference ** 2).sum(dim=2)
    bumps = torch.exp(-squares / (2 * widths ** 2))
    phi = torch.cat([torch.ones(n, 1, dtype=x.dtype), bumps], dim=1)
    e = phi @ weights - targets
    table = 2 / n * e[:, None] * weights[:k] * bumps
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * squares).sum(dim=0) / widths ** 3
    return grad_centers, grad_widths, 2 / n * phi.T @ e


# %% wrong rbf_gradients: targets are made a column, so that the error becomes an n × n table
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    parts = [part.detach().clone().requires_grad_() for part in (centers, widths, weights)]
    mu, sigma, w = parts
    squares = (x[:, None, :] - mu).square().sum(dim=2)
    guess = w[0] + torch.exp(-squares / (2 * sigma ** 2)) @ w[1:]
    return torch.autograd.grad((guess - targets[:, None]).square().mean(), parts)


# %% wrong rbf_gradients: autograd switched on for the arguments themselves, which are left changed
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    centers.requires_grad_()
    widths.requires_grad_()
    weights.requires_grad_()
    squares = (x[:, None, :] - centers).square().sum(dim=2)
    guess = weights[0] + torch.exp(-squares / (2 * widths ** 2)) @ weights[1:]
    (guess - targets).square().mean().backward()
    return centers.grad, widths.grad, weights.grad


# %% corner rbf_gradients: the centres' gradient is squeezed and loses an axis where d or k is 1
import torch

def rbf_gradients(x, targets, centers, widths, weights):
    n = x.shape[0]
    difference = x[:, None, :] - centers[None, :, :]
    squares = (difference ** 2).sum(dim=2)
    bumps = torch.exp(-squares / (2 * widths ** 2))
    phi = torch.cat([torch.ones(n, 1, dtype=x.dtype), bumps], dim=1)
    e = phi @ weights - targets
    table = 2 / n * e[:, None] * weights[1:] * bumps
    grad_centers = ((table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2).squeeze()
    grad_widths = (table * squares).sum(dim=0) / widths ** 3
    return grad_centers, grad_widths, 2 / n * phi.T @ e


# %% right sparsity_penalty: the formula as it stands
import torch

def sparsity_penalty(codes, *, rho):
    active = codes.mean(dim=0)
    kl = rho * torch.log(rho / active) + (1 - rho) * torch.log((1 - rho) / (1 - active))
    return kl.sum()


# %% right sparsity_penalty: cross-entropy less entropy, by binary_cross_entropy
import math
import torch

def sparsity_penalty(codes, *, rho):
    mean = codes.mean(0)
    cross = torch.nn.functional.binary_cross_entropy(mean, torch.full_like(mean, rho), reduction="sum")
    entropy = -(rho * math.log(rho) + (1 - rho) * math.log(1 - rho))
    return cross - mean.numel() * entropy


# %% right sparsity_penalty: a loop over the units with math.log, a plain number
import math

def sparsity_penalty(codes, *, rho):
    n, k = codes.shape
    total = 0.0
    for j in range(k):
        r = sum(float(codes[i, j]) for i in range(n)) / n
        total += rho * math.log(rho / r) + (1 - rho) * math.log((1 - rho) / (1 - r))
    return total


# %% right sparsity_penalty: the divergence of two Bernoulli distributions from torch.distributions
import torch
from torch.distributions import Bernoulli, kl_divergence

def sparsity_penalty(codes, *, rho):
    means = codes.mean(dim=0)
    return kl_divergence(Bernoulli(probs=torch.full_like(means, rho)), Bernoulli(probs=means)).sum()


# %% right sparsity_penalty: differences of logarithms, both sides of the coin stacked in a table
import torch

def sparsity_penalty(codes, *, rho):
    hat = codes.sum(0) / codes.shape[0]
    q = torch.stack([hat, 1 - hat], dim=1)
    p = torch.tensor([rho, 1 - rho], dtype=codes.dtype)
    return torch.sum(p * (p.log() - q.log()))


# %% wrong sparsity_penalty: the divergence the other way round, KL(mean activity‖ρ)
import torch

def sparsity_penalty(codes, *, rho):
    active = codes.mean(dim=0)
    kl = active * torch.log(active / rho) + (1 - active) * torch.log((1 - active) / (1 - rho))
    return kl.sum()


# %% wrong sparsity_penalty: the mean over the units and not the sum
import torch

def sparsity_penalty(codes, *, rho):
    active = codes.mean(dim=0)
    kl = rho * torch.log(rho / active) + (1 - rho) * torch.log((1 - rho) / (1 - active))
    return kl.mean()


# %% wrong sparsity_penalty: averages each row over its units and adds over the rows
import torch

def sparsity_penalty(codes, *, rho):
    active = codes.mean(dim=1)
    kl = rho * torch.log(rho / active) + (1 - rho) * torch.log((1 - rho) / (1 - active))
    return kl.sum()


# %% wrong sparsity_penalty: the divergence of every single activity, averaged over the rows afterwards
import torch

def sparsity_penalty(codes, *, rho):
    kl = rho * torch.log(rho / codes) + (1 - rho) * torch.log((1 - rho) / (1 - codes))
    return kl.mean(dim=0).sum()


# %% wrong sparsity_penalty: torch's kl_div with the mean activity as the only outcome
import torch

def sparsity_penalty(codes, *, rho):
    log_active = codes.mean(dim=0).log()
    return torch.nn.functional.kl_div(log_active, torch.full_like(log_active, rho), reduction="sum")


# %% wrong sparsity_penalty: one mean activity of all units together
import torch

def sparsity_penalty(codes, *, rho):
    active = codes.mean()
    return rho * torch.log(rho / active) + (1 - rho) * torch.log((1 - rho) / (1 - active))


# %% wrong sparsity_penalty: the cross-entropy, from which the entropy of ρ is not subtracted
import torch

def sparsity_penalty(codes, *, rho):
    active = codes.mean(dim=0)
    return -(rho * active.log() + (1 - rho) * (1 - active).log()).sum()


# %% corner sparsity_penalty: mean activities are clamped to [0.01, 0.99], wrong for units nearer to 0 or 1
import torch

def sparsity_penalty(codes, *, rho):
    active = codes.mean(dim=0).clamp(0.01, 0.99)
    kl = rho * torch.log(rho / active) + (1 - rho) * torch.log((1 - rho) / (1 - active))
    return kl.sum()


# %% corner sparsity_penalty: units less active than ρ are thought sparse enough and cost nothing
import torch

def sparsity_penalty(codes, *, rho):
    active = codes.mean(dim=0).clamp(min=rho)
    kl = rho * torch.log(rho / active) + (1 - rho) * torch.log((1 - rho) / (1 - active))
    return kl.sum()


# %% right denoising_loss: sum over the columns and mean over the rows
def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x + noise) - x).square().sum(dim=1).mean()


# %% right denoising_loss: mse_loss with reduction sum, divided by the number of rows
import torch.nn.functional as F

def denoising_loss(reconstruct, x, noise):
    return F.mse_loss(reconstruct(x + noise), x, reduction="sum") / x.shape[0]


# %% right denoising_loss: the mean of all entries, times the number of columns
def denoising_loss(reconstruct, x, noise):
    n, d = x.shape
    back = reconstruct(x + noise)
    return ((x - back) ** 2).mean() * d


# %% right denoising_loss: a loop over the rows with dot products
def denoising_loss(reconstruct, x, noise):
    copies = reconstruct(noise + x)
    total = 0
    for copy, clean in zip(copies, x):
        gap = copy - clean
        total = total + gap @ gap
    return total / len(x)


# %% right denoising_loss: means down the columns first and then their sum, as a plain number
def denoising_loss(reconstruct, x, noise):
    gap = reconstruct(x + noise) - x
    return float(gap.pow(2).mean(dim=0).sum())


# %% wrong denoising_loss: compared with the noisy row
def denoising_loss(reconstruct, x, noise):
    noisy = x + noise
    return (reconstruct(noisy) - noisy).square().sum(dim=1).mean()


# %% wrong denoising_loss: the network sees the clean row and is compared with the noisy one
def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x) - (x + noise)).square().sum(dim=1).mean()


# %% wrong denoising_loss: the mean over all entries, columns too
import torch

def denoising_loss(reconstruct, x, noise):
    return torch.nn.functional.mse_loss(reconstruct(x + noise), x)


# %% wrong denoising_loss: the sum over the rows and not their mean
def denoising_loss(reconstruct, x, noise):
    return ((reconstruct(x + noise) - x) ** 2).sum()


# %% wrong denoising_loss: the distance and not its square
import torch

def denoising_loss(reconstruct, x, noise):
    return torch.linalg.vector_norm(reconstruct(x + noise) - x, dim=1).mean()


# %% wrong denoising_loss: the noise is added to the copy and not to the input
def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x) + noise - x).square().sum(dim=1).mean()


# %% wrong denoising_loss: x is only a reference and gets the noise added in place
def denoising_loss(reconstruct, x, noise):
    clean = x.clone()
    x += noise
    return (reconstruct(x) - clean).square().sum(dim=1).mean()


# %% wrong denoising_loss: sums over the rows and averages over the columns
def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x + noise) - x).square().sum(dim=0).mean()


# %% wrong denoising_loss: noisy values are cut to the range from 0 to 1, as if x were pixels
def denoising_loss(reconstruct, x, noise):
    return (reconstruct((x + noise).clamp(0, 1)) - x).square().sum(dim=1).mean()


# %% right pretrain_stack: a loop with a variable for what the next layer sees
def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        encoder = train_layer(inputs, size)
        inputs = encoder(inputs)
        codes.append(inputs)
    return codes


# %% right pretrain_stack: recursion, the first layer and then the stack on its codes
def pretrain_stack(x, sizes, train_layer):
    if len(sizes) == 0:
        return []
    codes = train_layer(x, sizes[0])(x)
    return [codes] + pretrain_stack(codes, sizes[1:], train_layer)


# %% right pretrain_stack: itertools.accumulate, without its first value
from itertools import accumulate

def pretrain_stack(x, sizes, train_layer):
    return list(accumulate(sizes, lambda rows, size: train_layer(rows, size)(rows), initial=x))[1:]


# %% right pretrain_stack: a list that begins with x and whose last entry is always the input
def pretrain_stack(x, sizes, train_layer):
    levels = [x]
    for depth in range(len(sizes)):
        encode = train_layer(levels[-1], sizes[depth])
        levels.append(encode(levels[-1]))
    return levels[1:]


# %% right pretrain_stack: keeps the encoders and sends x through all of them, before each layer and at the end
def pretrain_stack(x, sizes, train_layer):
    encoders = []

    def through(count):
        rows = x
        for encoder in encoders[:count]:
            rows = encoder(rows)
        return rows

    for size in sizes:
        encoders.append(train_layer(through(len(encoders)), size))
    return [through(count) for count in range(1, len(encoders) + 1)]


# %% wrong pretrain_stack: every layer is trained on the rows themselves
def pretrain_stack(x, sizes, train_layer):
    return [train_layer(x, size)(x) for size in sizes]


# %% wrong pretrain_stack: returns the encoders and not the codes
def pretrain_stack(x, sizes, train_layer):
    inputs, encoders = x, []
    for size in sizes:
        encoder = train_layer(inputs, size)
        inputs = encoder(inputs)
        encoders.append(encoder)
    return encoders


# %% wrong pretrain_stack: the rows are returned as the first layer
def pretrain_stack(x, sizes, train_layer):
    codes = [x]
    for size in sizes:
        codes.append(train_layer(codes[-1], size)(codes[-1]))
    return codes


# %% wrong pretrain_stack: from the third layer on all see the codes of the first
def pretrain_stack(x, sizes, train_layer):
    codes = [train_layer(x, sizes[0])(x)]
    for size in sizes[1:]:
        codes.append(train_layer(codes[0], size)(codes[0]))
    return codes


# %% wrong pretrain_stack: the sizes are gone through from the end
def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in reversed(sizes):
        inputs = train_layer(inputs, size)(inputs)
        codes.append(inputs)
    return codes


# %% wrong pretrain_stack: each layer is trained twice, once for the list and once for the next input
def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        codes.append(train_layer(inputs, size)(inputs))
        inputs = train_layer(inputs, size)(inputs)
    return codes


# %% wrong pretrain_stack: takes the sizes out of the caller's list
def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    while sizes:
        inputs = train_layer(inputs, sizes.pop(0))(inputs)
        codes.append(inputs)
    return codes


# %% corner pretrain_stack: codes are kept by their size, so two layers of one size become one
def pretrain_stack(x, sizes, train_layer):
    inputs, by_size = x, {}
    for size in sizes:
        inputs = train_layer(inputs, size)(inputs)
        by_size[size] = inputs
    return list(by_size.values())


# %% corner pretrain_stack: the number of the layer is looked up with index, which finds the first of equal sizes
def pretrain_stack(x, sizes, train_layer):
    codes = []
    for size in sizes:
        depth = sizes.index(size)
        inputs = x if depth == 0 else codes[depth - 1]
        codes.append(train_layer(inputs, size)(inputs))
    return codes


# %% right reparametrize: the exponential of half the log-variance
import torch

def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(0.5 * log_variance) * noise


# %% right reparametrize: addcmul with the method exp
import torch

def reparametrize(mean, log_variance, noise):
    sigma = log_variance.div(2).exp()
    return torch.addcmul(mean, sigma, noise)


# %% right reparametrize: a power of e
import math

def reparametrize(mean, log_variance, noise):
    return noise * math.e ** (log_variance / 2) + mean


# %% right reparametrize: a power of two, with the exponent divided by 2 log 2
import math
import torch

def reparametrize(mean, log_variance, noise):
    sigma = torch.exp2(log_variance / (2 * math.log(2)))
    return mean.add(sigma.mul(noise))


# %% right reparametrize: a helper gives σ as the square of the exponential of a quarter
import torch

def _deviation(log_variance):
    quarter = torch.exp(log_variance / 4)
    return quarter * quarter

def reparametrize(mean, log_variance, noise):
    return torch.add(mean, _deviation(log_variance) * noise)


# %% wrong reparametrize: multiplies by the variance and not by its root
import torch

def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(log_variance) * noise


# %% wrong reparametrize: the log-variance is used as the deviation
def reparametrize(mean, log_variance, noise):
    return mean + log_variance * noise


# %% wrong reparametrize: the root of the log-variance, nan where it is negative
import torch

def reparametrize(mean, log_variance, noise):
    return mean + torch.sqrt(log_variance) * noise


# %% wrong reparametrize: a minus in the exponent, as in the formula of the bump
import torch

def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(-0.5 * log_variance) * noise


# %% wrong reparametrize: draws its own noise and ignores the argument
import torch

def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)


# %% wrong reparametrize: σ multiplies the mean too
import torch

def reparametrize(mean, log_variance, noise):
    return (mean + noise) * torch.exp(log_variance / 2)


# %% wrong reparametrize: takes the argument for the logarithm of σ, and squares
import torch

def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(2 * log_variance) * noise


# %% wrong reparametrize: mean is changed in place
import torch

def reparametrize(mean, log_variance, noise):
    mean += torch.exp(0.5 * log_variance) * noise
    return mean


# %% corner reparametrize: computed without gradients, so that nothing can be learned through the draw
import torch

def reparametrize(mean, log_variance, noise):
    with torch.no_grad():
        return mean + torch.exp(0.5 * log_variance) * noise


# %% corner reparametrize: the root of the exponential, which overflows in float32 for a log-variance above 89
import torch

def reparametrize(mean, log_variance, noise):
    return mean + torch.sqrt(torch.exp(log_variance)) * noise


# %% right vae_loss: softplus of the score less pixel times score, sums within rows, mean at the end
import torch

def vae_loss(x, scores, mean, log_variance):
    entropy = (torch.nn.functional.softplus(scores) - x * scores).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean ** 2 - 1 - log_variance).sum(dim=1)
    return (entropy + divergence).mean()


# %% right vae_loss: binary_cross_entropy_with_logits with reduction sum, everything divided by n at the end
import torch.nn.functional as F

def vae_loss(x, scores, mean, log_variance):
    first = F.binary_cross_entropy_with_logits(scores, x, reduction="sum")
    second = -0.5 * (1 + log_variance - mean.pow(2) - log_variance.exp()).sum()
    return (first + second) / x.shape[0]


# %% right vae_loss: softplus by hand with torch.maximum and log1p, and einsum for the mean's squares
import torch

def vae_loss(x, scores, mean, log_variance):
    n = len(x)
    softplus = torch.maximum(scores, torch.zeros_like(scores)) + torch.log1p(torch.exp(-scores.abs()))
    crossed = softplus.sum() - torch.einsum("nd,nd->", x, scores)
    squares = torch.einsum("nk,nk->", mean, mean)
    return (crossed + 0.5 * (torch.expm1(log_variance).sum() + squares - log_variance.sum())) / n


# %% right vae_loss: kl_divergence of two normal distributions, and logaddexp
import torch
from torch.distributions import Normal, kl_divergence

def vae_loss(x, scores, mean, log_variance):
    prior = Normal(torch.zeros_like(mean), torch.ones_like(mean))
    kl = kl_divergence(Normal(mean, torch.exp(log_variance / 2)), prior)
    cross = torch.logaddexp(scores, torch.zeros_like(scores)) - x * scores
    return cross.sum(1).mean() + kl.sum(1).mean()


# %% right vae_loss: the accepted sum over the rows instead of their mean
import torch

def vae_loss(x, scores, mean, log_variance):
    bce = torch.nn.functional.binary_cross_entropy_with_logits(scores, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
    return bce + kld


# %% right vae_loss: loops in plain Python, a plain number
import math

def vae_loss(x, scores, mean, log_variance):
    total = 0.0
    for row in zip(x.tolist(), scores.tolist(), mean.tolist(), log_variance.tolist()):
        for pixel, s in zip(row[0], row[1]):
            total += max(s, 0.0) + math.log1p(math.exp(-abs(s))) - pixel * s
        for mu, lv in zip(row[2], row[3]):
            total += 0.5 * (math.exp(lv) + mu * mu - 1 - lv)
    return total / len(x)


# %% wrong vae_loss: the default reduction averages over the pixels
import torch

def vae_loss(x, scores, mean, log_variance):
    first = torch.nn.functional.binary_cross_entropy_with_logits(scores, x)
    second = 0.5 * (log_variance.exp() + mean ** 2 - 1 - log_variance).sum(dim=1).mean()
    return first + second


# %% wrong vae_loss: averages over the entries of the code
import torch

def vae_loss(x, scores, mean, log_variance):
    first = (torch.nn.functional.softplus(scores) - x * scores).sum(dim=1)
    second = 0.5 * (log_variance.exp() + mean ** 2 - 1 - log_variance).mean(dim=1)
    return (first + second).mean()


# %% wrong vae_loss: averages over pixels and over entries, both
import torch

def vae_loss(x, scores, mean, log_variance):
    first = torch.nn.functional.softplus(scores) - x * scores
    second = 0.5 * (log_variance.exp() + mean ** 2 - 1 - log_variance)
    return first.mean() + second.mean()


# %% wrong vae_loss: the divergence is subtracted
import torch

def vae_loss(x, scores, mean, log_variance):
    first = (torch.nn.functional.softplus(scores) - x * scores).sum(dim=1)
    second = 0.5 * (1 + log_variance - mean ** 2 - log_variance.exp()).sum(dim=1)
    return (first + second).mean()


# %% wrong vae_loss: the ½ of the divergence is forgotten
import torch

def vae_loss(x, scores, mean, log_variance):
    first = (torch.nn.functional.softplus(scores) - x * scores).sum(dim=1)
    second = (log_variance.exp() + mean ** 2 - 1 - log_variance).sum(dim=1)
    return (first + second).mean()


# %% wrong vae_loss: takes log_variance for the logarithm of σ in the square but not in the logarithm
import torch

def vae_loss(x, scores, mean, log_variance):
    first = (torch.nn.functional.softplus(scores) - x * scores).sum(dim=1)
    second = 0.5 * ((2 * log_variance).exp() + mean ** 2 - 1 - log_variance).sum(dim=1)
    return (first + second).mean()


# %% wrong vae_loss: the scores go through the sigmoid before a function that takes scores
import torch

def vae_loss(x, scores, mean, log_variance):
    p = torch.sigmoid(scores)
    first = torch.nn.functional.binary_cross_entropy_with_logits(p, x, reduction="none").sum(dim=1)
    second = 0.5 * (log_variance.exp() + mean ** 2 - 1 - log_variance).sum(dim=1)
    return (first + second).mean()


# %% wrong vae_loss: arguments of the library call swapped, pixels as scores and scores as pixels
import torch

def vae_loss(x, scores, mean, log_variance):
    first = torch.nn.functional.binary_cross_entropy_with_logits(x, scores, reduction="none").sum(dim=1)
    second = 0.5 * (log_variance.exp() + mean ** 2 - 1 - log_variance).sum(dim=1)
    return (first + second).mean()


# %% corner vae_loss: logarithms of the sigmoid as typed, nan or infinite for scores of ±1000
import torch

def vae_loss(x, scores, mean, log_variance):
    p = 1 / (1 + torch.exp(-scores))
    first = -(x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(dim=1)
    second = 0.5 * (log_variance.exp() + mean ** 2 - 1 - log_variance).sum(dim=1)
    return (first + second).mean()


# %% corner vae_loss: binary_cross_entropy of the sigmoid, finite but cut at 100 for scores of ±1000
import torch

def vae_loss(x, scores, mean, log_variance):
    first = torch.nn.functional.binary_cross_entropy(torch.sigmoid(scores), x, reduction="none").sum(dim=1)
    second = 0.5 * (log_variance.exp() + mean ** 2 - 1 - log_variance).sum(dim=1)
    return (first + second).mean()



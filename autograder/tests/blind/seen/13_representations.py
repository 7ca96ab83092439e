# %% right rbf_features: subtracts by broadcasting, adds squares over the coordinates and joins a column of ones with cat
import torch


def rbf_features(x, centers, widths):
    difference = x[:, None, :] - centers[None, :, :]
    squared = difference.square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    ones = torch.ones(len(x), 1, dtype=x.dtype)
    return torch.cat([ones, bumps], dim=1)


# %% right rbf_features: fills a table of ones entry by entry in two loops
import math

import torch


def rbf_features(x, centers, widths):
    n, k = x.shape[0], centers.shape[0]
    phi = torch.ones((n, k + 1), dtype=x.dtype)
    for i in range(n):
        for j in range(k):
            dist2 = float(((x[i] - centers[j]) ** 2).sum())
            phi[i, j + 1] = math.exp(-dist2 / (2 * float(widths[j]) ** 2))
    return phi


# %% right rbf_features: makes one column per centre by a comprehension and stacks them behind ones_like
import torch


def rbf_features(x, centers, widths):
    columns = [torch.ones_like(x[:, 0])]
    columns += [torch.exp(-0.5 * ((x - c) / s).pow(2).sum(dim=1)) for c, s in zip(centers, widths)]
    return torch.stack(columns, dim=1)


# %% right rbf_features: takes distances from torch.cdist, divides by the width before squaring, and writes into new_ones
import torch


def rbf_features(x, centers, widths):
    z = torch.cdist(x, centers, compute_mode="donot_use_mm_for_euclid_dist") / widths
    out = x.new_ones(x.shape[0], centers.shape[0] + 1)
    out[:, 1:] = (-(z * z) / 2).exp()
    return out


# %% right rbf_features: multiplies out the square as |x|² − 2x·μ + |μ|² in double precision and pads with a constant one on the left
import torch
import torch.nn.functional as F


def rbf_features(x, centers, widths):
    a, c = x.double(), centers.double()
    sq = (a * a).sum(1, keepdim=True) - 2 * a @ c.T + (c * c).sum(1)
    bumps = torch.exp(-sq.clamp(min=0) / (2 * widths.double().square()))
    return F.pad(bumps, (1, 0), value=1.0).to(x.dtype)


# %% right rbf_features: computes in numpy with hstack and goes back to a tensor of the type of x
import numpy as np
import torch


def rbf_features(x, centers, widths):
    a, c, s = x.numpy(), centers.numpy(), widths.numpy()
    d2 = np.linalg.norm(a[:, None] - c[None], axis=-1) ** 2
    phi = np.hstack([np.ones((len(a), 1)), np.exp(-d2 / (2 * s**2))])
    return torch.from_numpy(phi).to(x.dtype)


# %% right rbf_features: multiplies one-dimensional bumps over the coordinates instead of adding exponents
import torch


def rbf_features(x, centers, widths):
    along = torch.exp(-((x.unsqueeze(1) - centers) ** 2) / (2 * widths.view(1, -1, 1) ** 2))
    return torch.column_stack((torch.ones(x.size(0), dtype=x.dtype), along.prod(dim=-1)))


# %% wrong rbf_features: leaves out the square of the distance
import torch


def rbf_features(x, centers, widths):
    distance = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2).sqrt()
    bumps = torch.exp(-distance / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: divides by 2σ instead of 2σ²
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: forgets the 2 in the denominator of the exponent
import torch


def rbf_features(x, centers, widths):
    scaled = torch.cdist(x, centers) / widths
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), torch.exp(-scaled**2)], dim=1)


# %% wrong rbf_features: puts the column of ones last
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([bumps, torch.ones(len(x), 1, dtype=x.dtype)], dim=1)


# %% wrong rbf_features: leaves out the column of ones
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    return torch.exp(-squared / (2 * widths**2))


# %% wrong rbf_features: forgets the minus sign, so that the bumps grow away from the centre
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: squares the whole denominator, (2σ)² instead of 2σ²
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths) ** 2)
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: multiplies by σ² through operator precedence, / 2 * σ²
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / 2 * widths**2)
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: averages the squares over the coordinates instead of adding them
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().mean(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: gives every bump the width of the first centre
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths[0] ** 2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: normalises each bump like a density, by 1/(σ√2π)
import math

import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2)) / (widths * math.sqrt(2 * math.pi))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: divides the bumps of a row by their sum, as a softmax does
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.softmax(-squared / (2 * widths**2), dim=1)
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: adds the coordinates before squaring
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).sum(dim=2) ** 2
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% wrong rbf_features: fills a float32 table whatever the type of x
import torch


def rbf_features(x, centers, widths):
    phi = torch.ones(len(x), len(centers) + 1)
    for j in range(len(centers)):
        phi[:, j + 1] = torch.exp(-((x - centers[j]) ** 2).sum(dim=1) / (2 * widths[j] ** 2))
    return phi


# %% wrong rbf_features: starts the columns of the bumps at 0 and so overwrites the ones, with ones left at the end
import torch


def rbf_features(x, centers, widths):
    phi = torch.ones(len(x), len(centers) + 1, dtype=x.dtype)
    for j in range(len(centers)):
        phi[:, j] = torch.exp(-((x - centers[j]) ** 2).sum(dim=1) / (2 * widths[j] ** 2))
    return phi


# %% wrong rbf_features: returns the table with bumps as rows and examples as columns
import torch


def rbf_features(x, centers, widths):
    rows = [torch.ones_like(x[:, 0])]
    for c, s in zip(centers, widths):
        rows.append(torch.exp(-((x - c) ** 2).sum(dim=1) / (2 * s**2)))
    return torch.stack(rows)


# %% wrong rbf_features: squares the widths in place and so changes its argument
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / widths.square_().mul(2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


# %% right kmeans_plus_plus: keeps the squared distance to the nearest centre in a tensor and draws with multinomial
import torch


def kmeans_plus_plus(x, k, generator):
    first = int(torch.randint(len(x), (1,), generator=generator))
    chosen = [first]
    odds = (x - x[first]).square().sum(dim=1)
    while len(chosen) < k:
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% right kmeans_plus_plus: computes the table of all distances anew in each round and takes the least of each row
import torch


def kmeans_plus_plus(x, k, generator):
    centers = x[torch.randint(x.shape[0], (1,), generator=generator)]
    for _ in range(k - 1):
        d2 = ((x[:, None, :] - centers[None, :, :]) ** 2).sum(-1).min(dim=1).values
        p = d2 / d2.sum()
        idx = torch.multinomial(p, num_samples=1, generator=generator)
        centers = torch.cat([centers, x[idx]])
    return centers


# %% right kmeans_plus_plus: turns a uniform number into a row by cumulative sums and searchsorted from the right
import torch


def kmeans_plus_plus(x, k, generator):
    n = len(x)
    rows = x.double()
    out = x.new_empty(k, x.shape[1])
    pick = min(int(torch.rand((), generator=generator, dtype=torch.float64) * n), n - 1)
    out[0] = x[pick]
    nearest = torch.full((n,), float("inf"), dtype=torch.float64)
    for j in range(1, k):
        nearest = torch.minimum(nearest, ((rows - rows[pick]) ** 2).sum(dim=1))
        ladder = nearest.cumsum(0)
        height = torch.rand((), generator=generator, dtype=torch.float64) * ladder[-1]
        pick = int(torch.searchsorted(ladder, height, right=True))
        out[j] = x[pick]
    return out


# %% right kmeans_plus_plus: draws by an exponential race, the row whose exponential time over its odds is least wins
import torch


def kmeans_plus_plus(x, k, generator):
    odds = torch.ones(len(x), dtype=torch.float64)
    picks = []
    for j in range(k):
        u = torch.rand(len(x), generator=generator, dtype=torch.float64)
        time = -torch.log1p(-u) / odds
        time[odds == 0] = float("inf")
        i = time.argmin().item()
        picks.append(i)
        d2 = (x - x[i]).double().pow(2).sum(1)
        odds = d2 if j == 0 else torch.min(odds, d2)
    return torch.stack([x[i] for i in picks])


# %% right kmeans_plus_plus: walks through plain Python lists and subtracts odds from a uniform number until it is used up
import math

import torch


def kmeans_plus_plus(x, k, generator):
    rows = x.tolist()

    def square(a, b):
        return math.dist(a, b) ** 2

    chosen = [torch.randint(len(rows), (), generator=generator).item()]
    odds = [math.inf] * len(rows)
    while len(chosen) < k:
        odds = [min(o, square(row, rows[chosen[-1]])) for o, row in zip(odds, rows)]
        left = torch.rand((), generator=generator, dtype=torch.float64).item() * sum(odds)
        new = max(range(len(rows)), key=odds.__getitem__)
        for i, o in enumerate(odds):
            if left < o:
                new = i
                break
            left -= o
        chosen.append(new)
    return x[torch.tensor(chosen)]


# %% right kmeans_plus_plus: the greedy form that the text accepts, several candidates each time and the one that leaves least
import math

import torch


def kmeans_plus_plus(x, k, generator):
    trials = 2 + int(math.log(k))
    picks = [int(torch.randperm(len(x), generator=generator)[0])]
    nearest = ((x - x[picks[0]]) ** 2).sum(dim=1)
    for _ in range(1, k):
        candidates = torch.multinomial(nearest, trials, replacement=True, generator=generator)
        tables = torch.minimum(nearest, ((x[candidates][:, None] - x[None]) ** 2).sum(dim=2))
        best = int(tables.sum(dim=1).argmin())
        picks.append(int(candidates[best]))
        nearest = tables[best]
    return x[picks].clone()


# %% right kmeans_plus_plus: calls itself for k − 1 centres and adds one, with direct cdist and amin
import torch


def kmeans_plus_plus(x, k, generator):
    if k == 1:
        return x[torch.randint(0, x.size(0), (1,), generator=generator)]
    before = kmeans_plus_plus(x, k - 1, generator)
    odds = torch.cdist(x, before, compute_mode="donot_use_mm_for_euclid_dist").amin(dim=1).square()
    return torch.vstack((before, x[torch.multinomial(odds, 1, generator=generator)]))


# %% wrong kmeans_plus_plus: draws with probability proportional to the distance, not its square
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1).sqrt()
    for _ in range(k - 1):
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1).sqrt())
    return x[chosen]


# %% wrong kmeans_plus_plus: takes the farthest row instead of drawing
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(odds.argmax())
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% wrong kmeans_plus_plus: looks only at the distance to the centre drawn last
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    for _ in range(k - 1):
        odds = (x - x[chosen[-1]]).square().sum(dim=1)
        chosen.append(int(torch.multinomial(odds, 1, generator=generator)))
    return x[chosen]


# %% wrong kmeans_plus_plus: looks only at the distance to the first centre, all others are drawn at once
import torch


def kmeans_plus_plus(x, k, generator):
    first = torch.randint(len(x), (1,), generator=generator)
    if k == 1:
        return x[first]
    odds = (x - x[first]).square().sum(dim=1)
    others = torch.multinomial(odds, k - 1, generator=generator)
    return x[torch.cat([first, others])]


# %% wrong kmeans_plus_plus: keeps the distance to the farthest centre, maximum for minimum
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.maximum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% wrong kmeans_plus_plus: adds the squared distances to all centres instead of taking the nearest
import torch


def kmeans_plus_plus(x, k, generator):
    centers = x[torch.randint(len(x), (1,), generator=generator)]
    for _ in range(k - 1):
        odds = (x[:, None] - centers[None]).square().sum(dim=2).sum(dim=1)
        centers = torch.cat([centers, x[torch.multinomial(odds, 1, generator=generator)]])
    return centers


# %% wrong kmeans_plus_plus: measures the distance to the mean of the centres so far
import torch


def kmeans_plus_plus(x, k, generator):
    centers = x[torch.randint(len(x), (1,), generator=generator)]
    for _ in range(k - 1):
        odds = (x - centers.mean(dim=0)).square().sum(dim=1)
        centers = torch.cat([centers, x[torch.multinomial(odds, 1, generator=generator)]])
    return centers


# %% wrong kmeans_plus_plus: draws the later rows without passing the generator
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(torch.multinomial(odds, 1))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% wrong kmeans_plus_plus: draws the first row with Python's random module
import random

import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [random.randrange(len(x))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% wrong kmeans_plus_plus: seeds the generator inside, so that every call draws the same
import torch


def kmeans_plus_plus(x, k, generator):
    generator.manual_seed(0)
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% wrong kmeans_plus_plus: starts always from the first row of the table
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [0]
    odds = (x - x[0]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% wrong kmeans_plus_plus: draws the first row by its squared distance from the mean of all rows
import torch


def kmeans_plus_plus(x, k, generator):
    odds = (x - x.mean(dim=0)).square().sum(dim=1)
    chosen = [int(torch.multinomial(odds, 1, generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% wrong kmeans_plus_plus: returns the numbers of the rows instead of the rows
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return torch.tensor(chosen)


# %% wrong kmeans_plus_plus: marks drawn rows with a mask and so returns them in the order of the table
import torch


def kmeans_plus_plus(x, k, generator):
    drawn = torch.zeros(len(x), dtype=torch.bool)
    new = int(torch.randint(len(x), (1,), generator=generator))
    drawn[new] = True
    odds = (x - x[new]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(torch.multinomial(odds, 1, generator=generator))
        drawn[new] = True
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[drawn]


# %% wrong kmeans_plus_plus: draws k rows alike without repetition
import torch


def kmeans_plus_plus(x, k, generator):
    return x[torch.randperm(len(x), generator=generator)[:k]]


# %% wrong kmeans_plus_plus: draws k more rows after the first and returns k + 1
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k):
        if odds.sum() == 0:
            break
        new = int(torch.multinomial(odds, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% wrong kmeans_plus_plus: makes probabilities of the squared distances by a softmax
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(torch.multinomial(torch.softmax(odds, dim=0), 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% wrong kmeans_plus_plus: squares the squared distance once more
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(torch.multinomial(odds**2, 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% wrong kmeans_plus_plus: strikes the drawn row out of x itself by an infinite value
import torch


def kmeans_plus_plus(x, k, generator):
    new = int(torch.randint(len(x), (1,), generator=generator))
    centers = [x[new].clone()]
    odds = (x - x[new]).square().sum(dim=1)
    for _ in range(k - 1):
        x[new] = float("inf")
        new = int(torch.multinomial(odds, 1, generator=generator))
        centers.append(x[new].clone())
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1).nan_to_num(0.0, posinf=0.0))
    return torch.stack(centers)


# %% wrong kmeans_plus_plus: draws by where a uniform number falls but compares it with the odds themselves, without adding up
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        u = torch.rand(1, generator=generator, dtype=x.dtype) * odds.max()
        new = int((odds >= u).int().argmax())
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% wrong kmeans_plus_plus: updates the odds before the new row is drawn, so that they lag one centre behind
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        odds = torch.minimum(odds, (x - x[chosen[0]]).square().sum(dim=1))
        chosen.append(int(torch.multinomial(odds, 1, generator=generator)))
    return x[chosen]


# %% corner kmeans_plus_plus: draws the first two rows before it looks at k, so that k = 1 gives two rows
import torch


def kmeans_plus_plus(x, k, generator):
    first = int(torch.randint(len(x), (1,), generator=generator))
    odds = (x - x[first]).square().sum(dim=1)
    chosen = [first, int(torch.multinomial(odds, 1, generator=generator))]
    while len(chosen) < k:
        odds = torch.minimum(odds, (x - x[chosen[-1]]).square().sum(dim=1))
        chosen.append(int(torch.multinomial(odds, 1, generator=generator)))
    return x[chosen]


# %% corner kmeans_plus_plus: adds a hundredth of their mean to all odds, so that a row that is a centre can be drawn once more
import torch


def kmeans_plus_plus(x, k, generator):
    chosen = [int(torch.randint(len(x), (1,), generator=generator))]
    odds = (x - x[chosen[0]]).square().sum(dim=1)
    for _ in range(k - 1):
        new = int(torch.multinomial(odds + 0.01 * odds.mean(), 1, generator=generator))
        chosen.append(new)
        odds = torch.minimum(odds, (x - x[new]).square().sum(dim=1))
    return x[chosen]


# %% corner kmeans_plus_plus: plain torch.cdist, which from 26 rows on leaves a rest at a row that is a centre (seen in float32 far from the origin)
import torch


def kmeans_plus_plus(x, k, generator):
    start = torch.randperm(len(x), generator=generator)[0]
    centers = [x[start]]
    while len(centers) < k:
        nearest, _ = torch.cdist(x, torch.stack(centers)).min(dim=1)
        index = torch.multinomial(nearest.pow(2), 1, generator=generator).item()
        centers.append(x[index])
    return torch.stack(centers)


# %% right cluster_widths: goes through the centres, averages each centre's column over its own rows, and asks for their number first
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] = torch.sqrt(own.mean() / x.shape[1]).clamp(min=floor)
    return widths


# %% right cluster_widths: adds the least squares with index_add and divides by counts that are at least 1
import torch


def cluster_widths(x, centers, *, floor):
    k, d = centers.shape
    least, owner = (x.unsqueeze(1) - centers).pow(2).sum(-1).min(dim=1)
    total = torch.zeros(k, dtype=x.dtype).index_add(0, owner, least)
    count = torch.bincount(owner, minlength=k).clamp(min=1)
    return (total / (d * count)).sqrt().clamp(min=floor)


# %% right cluster_widths: averages the squares of all coordinates of the own rows at once and lets fmax replace nan
import torch


def cluster_widths(x, centers, *, floor):
    owner = torch.stack([(x - c).square().sum(dim=1) for c in centers]).argmin(dim=0)
    sigma = torch.stack([(x[owner == j] - centers[j]).square().mean().sqrt() for j in range(len(centers))])
    return torch.fmax(sigma, torch.full_like(sigma, floor))


# %% right cluster_widths: collects squares in Python lists, with math.sqrt and max
import math

import torch


def cluster_widths(x, centers, *, floor):
    squares = [[] for _ in centers]
    for row in x.tolist():
        d2 = [math.dist(row, c) ** 2 for c in centers.tolist()]
        j = d2.index(min(d2))
        squares[j].append(d2[j])
    answer = []
    for s in squares:
        answer.append(max(floor, math.sqrt(sum(s) / len(s) / x.shape[1])) if s else floor)
    return torch.tensor(answer, dtype=x.dtype)


# %% right cluster_widths: multiplies with a one-hot table of owners and sets the floor by where
import torch
import torch.nn.functional as F


def cluster_widths(x, centers, *, floor):
    distance = torch.cdist(x, centers, compute_mode="donot_use_mm_for_euclid_dist")
    member = F.one_hot(distance.argmin(1), num_classes=centers.shape[0]).to(x.dtype)
    variance = (member * distance**2).sum(0) / (x.shape[1] * member.sum(0))
    widths = variance.sqrt()
    return torch.where(widths > floor, widths, torch.full_like(widths, floor))


# %% right cluster_widths: works in numpy with boolean rows and np.maximum
import numpy as np
import torch


def cluster_widths(x, centers, *, floor):
    a, c = x.numpy(), centers.numpy()
    owner = np.argmin(((a[:, None] - c) ** 2).sum(-1), axis=1)
    sigma = np.zeros(len(c))
    for j in np.unique(owner):
        sigma[j] = np.sqrt(np.mean((a[owner == j] - c[j]) ** 2))
    return torch.as_tensor(np.maximum(sigma, floor), dtype=x.dtype)


# %% right cluster_widths: uses scatter_reduce with the mean and squares the floor before the root
import torch


def cluster_widths(x, centers, *, floor):
    owner = ((x[:, None] - centers[None]) ** 2).sum(2).argmin(1)
    one_coordinate = ((x - centers[owner]) ** 2).mean(1)
    variances = torch.zeros(len(centers), dtype=x.dtype)
    variances = variances.scatter_reduce(0, owner, one_coordinate, reduce="mean", include_self=False)
    return variances.clamp(min=floor**2).sqrt()


# %% right cluster_widths: leaves out the division by d, which the text accepts
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    owner = table.argmin(dim=1)
    widths = []
    for j in range(len(centers)):
        mine = owner == j
        widths.append(max(float(table[mine, j].mean().sqrt()), floor) if mine.any() else floor)
    return torch.tensor(widths, dtype=x.dtype)


# %% wrong cluster_widths: measures from the mean of the own rows instead of from the centre
import torch


def cluster_widths(x, centers, *, floor):
    owner = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2).argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = x[owner == j]
        if len(own) > 0:
            widths[j] = (own - own.mean(dim=0)).square().mean().sqrt().clamp(min=floor)
    return widths


# %% wrong cluster_widths: takes std over all entries of the own rows
import torch


def cluster_widths(x, centers, *, floor):
    owner = torch.cdist(x, centers).argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = x[owner == j]
        if len(own) > 1:
            widths[j] = own.std().clamp(min=floor)
    return widths


# %% wrong cluster_widths: forgets the root and returns variances
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] = (own.mean() / x.shape[1]).clamp(min=floor)
    return widths


# %% wrong cluster_widths: averages the distances instead of their squares, so the root comes before the mean
import torch


def cluster_widths(x, centers, *, floor):
    table = torch.cdist(x, centers)
    owner = table.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] = (own.mean() / x.shape[1] ** 0.5).clamp(min=floor)
    return widths


# %% wrong cluster_widths: divides by d after the root
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] = (own.mean().sqrt() / x.shape[1]).clamp(min=floor)
    return widths


# %% wrong cluster_widths: averages over all rows, not over those that are nearest to the centre
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    return (table.mean(dim=0) / x.shape[1]).sqrt().clamp(min=floor)


# %% wrong cluster_widths: compares the variance, not the width, with the floor
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    owner = table.argmin(dim=1)
    variances = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            variances[j] = own.mean() / x.shape[1]
    return variances.clamp(min=floor).sqrt()


# %% wrong cluster_widths: adds the floor to every width
import torch


def cluster_widths(x, centers, *, floor):
    least, owner = (x[:, None] - centers).square().sum(dim=2).min(dim=1)
    total = torch.zeros(len(centers), dtype=x.dtype).index_add(0, owner, least)
    count = torch.bincount(owner, minlength=len(centers)).clamp(min=1)
    return (total / count / x.shape[1]).sqrt() + floor


# %% wrong cluster_widths: uses the floor as an upper bound, minimum for maximum
import torch


def cluster_widths(x, centers, *, floor):
    least, owner = (x[:, None] - centers).square().sum(dim=2).min(dim=1)
    total = torch.zeros(len(centers), dtype=x.dtype).index_add(0, owner, least)
    count = torch.bincount(owner, minlength=len(centers)).clamp(min=1)
    return (total / count / x.shape[1]).sqrt().clamp(max=floor)


# %% wrong cluster_widths: divides by the number of rows less one
import torch


def cluster_widths(x, centers, *, floor):
    least, owner = (x[:, None] - centers).square().sum(dim=2).min(dim=1)
    total = torch.zeros(len(centers), dtype=x.dtype).index_add(0, owner, least)
    count = (torch.bincount(owner, minlength=len(centers)) - 1).clamp(min=1)
    return (total / count / x.shape[1]).sqrt().clamp(min=floor)


# %% wrong cluster_widths: divides each centre's sum by the number of all rows
import torch


def cluster_widths(x, centers, *, floor):
    least, owner = (x[:, None] - centers).square().sum(dim=2).min(dim=1)
    total = torch.zeros(len(centers), dtype=x.dtype).index_add(0, owner, least)
    return (total / len(x) / x.shape[1]).sqrt().clamp(min=floor)


# %% wrong cluster_widths: adds the squares of the own rows without averaging
import torch


def cluster_widths(x, centers, *, floor):
    least, owner = (x[:, None] - centers).square().sum(dim=2).min(dim=1)
    total = torch.zeros(len(centers), dtype=x.dtype).index_add(0, owner, least)
    return (total / x.shape[1]).sqrt().clamp(min=floor)


# %% wrong cluster_widths: looks for the nearest row of each centre, argmin over the wrong axis
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    nearest = table.argmin(dim=0)
    return torch.stack([(table[i, j] / x.shape[1]).sqrt() for j, i in enumerate(nearest)]).clamp(min=floor)


# %% wrong cluster_widths: takes the distance to the nearest other centre as the width
import torch


def cluster_widths(x, centers, *, floor):
    apart = (centers[:, None] - centers[None]).square().mean(dim=2).sqrt()
    apart.fill_diagonal_(float("inf"))
    return apart.amin(dim=1).clamp(min=floor).nan_to_num(posinf=floor)


# %% wrong cluster_widths: takes the greatest distance of an own row, a radius and no mean
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().mean(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] = own.max().sqrt().clamp(min=floor)
    return widths


# %% wrong cluster_widths: averages the whole table over the own rows, columns of other centres too
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j]
        if len(own) > 0:
            widths[j] = (own.mean() / x.shape[1]).sqrt().clamp(min=floor)
    return widths


# %% wrong cluster_widths: returns a width for each centre and each coordinate
import torch


def cluster_widths(x, centers, *, floor):
    owner = torch.cdist(x, centers).argmin(dim=1)
    widths = torch.full_like(centers, floor)
    for j in range(len(centers)):
        own = x[owner == j]
        if len(own) > 0:
            widths[j] = (own - centers[j]).square().mean(dim=0).sqrt().clamp(min=floor)
    return widths


# %% wrong cluster_widths: takes the geometric mean over coordinates, the root of each spread multiplied together
import torch


def cluster_widths(x, centers, *, floor):
    owner = torch.cdist(x, centers).argmin(dim=1)
    widths = torch.full((len(centers),), floor, dtype=x.dtype)
    for j in range(len(centers)):
        own = x[owner == j]
        if len(own) > 0:
            spreads = (own - centers[j]).square().mean(dim=0).sqrt()
            widths[j] = spreads.prod().pow(1 / x.shape[1]).clamp(min=floor)
    return widths


# %% wrong cluster_widths: gives every centre the same width, pooled over all rows
import torch


def cluster_widths(x, centers, *, floor):
    least = (x[:, None] - centers).square().mean(dim=2).amin(dim=1)
    return torch.full((len(centers),), max(float(least.mean().sqrt()), floor), dtype=x.dtype)


# %% wrong cluster_widths: makes a float32 tensor of a Python list for rows of float64
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().mean(dim=2)
    owner = table.argmin(dim=1)
    widths = []
    for j in range(len(centers)):
        own = table[owner == j, j]
        widths.append(max(floor, float(own.mean()) ** 0.5) if len(own) else floor)
    return torch.tensor(widths)


# %% wrong cluster_widths: moves the centres onto the means of their rows first, as k-means does
import torch


def cluster_widths(x, centers, *, floor):
    owner = torch.cdist(x, centers).argmin(dim=1)
    moved = torch.stack([x[owner == j].mean(dim=0) if (owner == j).any() else c for j, c in enumerate(centers)])
    table = (x[:, None, :] - moved[None, :, :]).square().mean(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.full((len(moved),), floor, dtype=x.dtype)
    for j in range(len(moved)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] = own.mean().sqrt().clamp(min=floor)
    return widths


# %% wrong cluster_widths: gives a centre the floor only if it has no rows or width 0, smaller widths than the floor stay
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().mean(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.zeros(len(centers), dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] = own.mean().sqrt()
    widths[widths == 0] = floor
    return widths


# %% corner cluster_widths: does not ask for the number of rows, so a centre without rows gets nan
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.stack([table[owner == j, j].mean() for j in range(len(centers))]) / x.shape[1]
    return widths.sqrt().clamp(min=floor)


# %% corner cluster_widths: leaves the width 0 for a centre without rows
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().mean(dim=2)
    owner = table.argmin(dim=1)
    widths = torch.zeros(len(centers), dtype=x.dtype)
    for j in range(len(centers)):
        own = table[owner == j, j]
        if len(own) > 0:
            widths[j] = own.mean().sqrt().clamp(min=floor)
    return widths


# %% corner cluster_widths: goes only through the centres that own rows and so returns fewer widths than centres
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().mean(dim=2)
    owner = table.argmin(dim=1)
    return torch.stack([table[owner == j, j].mean().sqrt() for j in owner.unique()]).clamp(min=floor)


# %% corner cluster_widths: forgets the floor except for a centre without rows
import torch


def cluster_widths(x, centers, *, floor):
    table = (x[:, None, :] - centers[None, :, :]).square().mean(dim=2)
    owner = table.argmin(dim=1)
    widths = []
    for j in range(len(centers)):
        own = table[owner == j, j]
        widths.append(own.mean().sqrt() if len(own) else torch.tensor(floor, dtype=x.dtype))
    return torch.stack(widths)


# %% right fit_readout: solves the normal equations with torch.linalg.solve
import torch


def fit_readout(features, targets, *, ridge):
    eye = torch.eye(features.shape[1], dtype=features.dtype)
    return torch.linalg.solve(features.T @ features + ridge * eye, features.T @ targets)


# %% right fit_readout: appends rows of √ridge to the features and zeros to the targets and calls lstsq
import torch


def fit_readout(features, targets, *, ridge):
    k = features.shape[1]
    y = targets if targets.ndim == 2 else targets[:, None]
    a = torch.cat([features, ridge**0.5 * torch.eye(k, dtype=features.dtype)])
    b = torch.cat([y, torch.zeros(k, y.shape[1], dtype=y.dtype)])
    w = torch.linalg.lstsq(a, b).solution
    return w if targets.ndim == 2 else w[:, 0]


# %% right fit_readout: shrinks along the singular values, s/(s² + ridge)
import torch


def fit_readout(features, targets, *, ridge):
    U, s, Vh = torch.linalg.svd(features, full_matrices=False)
    return Vh.T @ torch.diag(s / (s**2 + ridge)) @ (U.T @ targets)


# %% right fit_readout: multiplies with the inverse of the matrix
import torch


def fit_readout(features, targets, *, ridge):
    gram = torch.einsum("ni,nj->ij", features, features)
    gram.diagonal().add_(ridge)
    return torch.linalg.inv(gram).matmul(features.t().matmul(targets))


# %% right fit_readout: solves by Cholesky, one output after the other
import torch


def fit_readout(features, targets, *, ridge):
    L = torch.linalg.cholesky(features.mT @ features + ridge * torch.eye(features.size(1)).to(features))

    def one(y):
        return torch.cholesky_solve((features.mT @ y).unsqueeze(1), L).squeeze(1)

    if targets.dim() == 1:
        return one(targets)
    return torch.stack([one(column) for column in targets.T], dim=1)


# %% right fit_readout: solves in numpy and goes back to the type of the features
import numpy as np
import torch


def fit_readout(features, targets, *, ridge):
    phi, y = features.double().numpy(), targets.double().numpy()
    w = np.linalg.solve(phi.T.dot(phi) + ridge * np.identity(phi.shape[1]), phi.T.dot(y))
    return torch.tensor(w, dtype=features.dtype)


# %% right fit_readout: leaves the intercept free by a zero in the first place of the diagonal, which the text accepts
import torch


def fit_readout(features, targets, *, ridge):
    held = torch.full((features.shape[1],), float(ridge), dtype=features.dtype)
    held[0] = 0.0
    return torch.linalg.solve(features.T @ features + held.diag(), features.T @ targets)


# %% right fit_readout: solves the system by Gaussian elimination with pivots, written by hand
import torch


def fit_readout(features, targets, *, ridge):
    k = features.shape[1]
    flat = targets.ndim == 1
    right = features.T @ (targets[:, None] if flat else targets)
    system = torch.cat([features.T @ features + ridge * torch.eye(k, dtype=features.dtype), right], dim=1)
    for i in range(k):
        p = i + int(system[i:, i].abs().argmax())
        if p != i:
            system[[i, p]] = system[[p, i]]
        system[i] = system[i] / system[i, i]
        for r in range(k):
            if r != i:
                system[r] = system[r] - system[r, i] * system[i]
    return system[:, k] if flat else system[:, k:]


# %% wrong fit_readout: multiplies the ridge by the number of rows, as for a mean of squares
import torch


def fit_readout(features, targets, *, ridge):
    n, k = features.shape
    eye = torch.eye(k, dtype=features.dtype)
    return torch.linalg.solve(features.T @ features + n * ridge * eye, features.T @ targets)


# %% wrong fit_readout: averages ΦᵀΦ and Φᵀy over the rows and then adds the ridge
import torch


def fit_readout(features, targets, *, ridge):
    n, k = features.shape
    gram = features.T @ features / n
    return torch.linalg.solve(gram + ridge * torch.eye(k, dtype=features.dtype), features.T @ targets / n)


# %% wrong fit_readout: leaves out the ridge and solves plain least squares
import torch


def fit_readout(features, targets, *, ridge):
    y = targets if targets.ndim == 2 else targets[:, None]
    w = torch.linalg.lstsq(features, y).solution
    return w if targets.ndim == 2 else w[:, 0]


# %% wrong fit_readout: adds the ridge to every entry of the matrix instead of the diagonal
import torch


def fit_readout(features, targets, *, ridge):
    return torch.linalg.solve(features.T @ features + ridge, features.T @ targets)


# %% wrong fit_readout: adds the ridge with a table of ones in place of the identity, by ones_like
import torch


def fit_readout(features, targets, *, ridge):
    gram = features.T @ features
    return torch.linalg.pinv(gram + ridge * torch.ones_like(gram)) @ features.T @ targets


# %% wrong fit_readout: subtracts the ridge
import torch


def fit_readout(features, targets, *, ridge):
    eye = torch.eye(features.shape[1], dtype=features.dtype)
    return torch.linalg.solve(features.T @ features - ridge * eye, features.T @ targets)


# %% wrong fit_readout: squares the ridge
import torch


def fit_readout(features, targets, *, ridge):
    eye = torch.eye(features.shape[1], dtype=features.dtype)
    return torch.linalg.solve(features.T @ features + ridge**2 * eye, features.T @ targets)


# %% wrong fit_readout: appends rows of ridge instead of its root, so that the ridge is squared
import torch


def fit_readout(features, targets, *, ridge):
    k = features.shape[1]
    y = targets if targets.ndim == 2 else targets[:, None]
    a = torch.cat([features, ridge * torch.eye(k, dtype=features.dtype)])
    b = torch.cat([y, torch.zeros(k, y.shape[1], dtype=y.dtype)])
    w = torch.linalg.lstsq(a, b).solution
    return w if targets.ndim == 2 else w[:, 0]


# %% wrong fit_readout: takes twice the ridge, keeping a 2 from the derivative on one side only
import torch


def fit_readout(features, targets, *, ridge):
    eye = torch.eye(features.shape[1], dtype=features.dtype)
    return torch.linalg.solve(features.T @ features + 2 * ridge * eye, features.T @ targets)


# %% wrong fit_readout: takes half of the ridge
import torch


def fit_readout(features, targets, *, ridge):
    eye = torch.eye(features.shape[1], dtype=features.dtype)
    return torch.linalg.solve(features.T @ features + 0.5 * ridge * eye, features.T @ targets)


# %% wrong fit_readout: puts another column of ones in front, as if the features had no intercept
import torch


def fit_readout(features, targets, *, ridge):
    phi = torch.cat([torch.ones(len(features), 1, dtype=features.dtype), features], dim=1)
    eye = torch.eye(phi.shape[1], dtype=features.dtype)
    return torch.linalg.pinv(phi.T @ phi + ridge * eye) @ (phi.T @ targets)


# %% wrong fit_readout: leaves the last weight free instead of the intercept
import torch


def fit_readout(features, targets, *, ridge):
    held = torch.eye(features.shape[1], dtype=features.dtype)
    held[-1, -1] = 0.0
    return torch.linalg.solve(features.T @ features + ridge * held, features.T @ targets)


# %% wrong fit_readout: holds back nothing but the intercept
import torch


def fit_readout(features, targets, *, ridge):
    gram = features.T @ features
    gram[0, 0] += ridge
    return torch.linalg.solve(gram, features.T @ targets)


# %% wrong fit_readout: hands the ridge to pinv as a tolerance for small singular values
import torch


def fit_readout(features, targets, *, ridge):
    return torch.linalg.pinv(features, rtol=float(ridge)) @ targets


# %% wrong fit_readout: divides the weights of least squares by 1 + ridge
import torch


def fit_readout(features, targets, *, ridge):
    return torch.linalg.pinv(features) @ targets / (1 + ridge)


# %% wrong fit_readout: returns the fitted values instead of the weights
import torch


def fit_readout(features, targets, *, ridge):
    eye = torch.eye(features.shape[1], dtype=features.dtype)
    return features @ torch.linalg.solve(features.T @ features + ridge * eye, features.T @ targets)


# %% wrong fit_readout: returns a column (k, 1) for a vector of targets
import torch


def fit_readout(features, targets, *, ridge):
    y = targets.reshape(len(features), -1)
    eye = torch.eye(features.shape[1], dtype=features.dtype)
    return torch.linalg.solve(features.T @ features + ridge * eye, features.T @ y)


# %% wrong fit_readout: returns the table of weights with a row for each output instead of a column
import torch


def fit_readout(features, targets, *, ridge):
    eye = torch.eye(features.shape[1], dtype=features.dtype)
    w = torch.linalg.solve(features.T @ features + ridge * eye, features.T @ targets)
    return w.T if w.ndim == 2 else w


# %% wrong fit_readout: takes the mean off the targets first, so that the intercept is lost
import torch


def fit_readout(features, targets, *, ridge):
    y = targets - targets.mean(dim=0)
    eye = torch.eye(features.shape[1], dtype=features.dtype)
    return torch.linalg.solve(features.T @ features + ridge * eye, features.T @ y)


# %% wrong fit_readout: adds the ridge to the diagonal of ΦΦᵀ but solves for one number a row
import torch


def fit_readout(features, targets, *, ridge):
    eye = torch.eye(features.shape[0], dtype=features.dtype)
    return torch.linalg.lstsq(features @ features.T + ridge * eye, targets.reshape(len(targets), -1)).solution


# %% wrong fit_readout: scales the columns of the features to unit length in place
import torch


def fit_readout(features, targets, *, ridge):
    length = features.norm(dim=0)
    features /= length
    eye = torch.diag(1 / length**2)
    return torch.linalg.solve(features.T @ features + ridge * eye, features.T @ targets) / (
        length if targets.ndim == 1 else length[:, None]
    )


# %% wrong fit_readout: takes an identity of float32 and casts everything to float32
import torch


def fit_readout(features, targets, *, ridge):
    phi, y = features.float(), targets.float()
    return torch.linalg.solve(phi.T @ phi + ridge * torch.eye(phi.shape[1]), phi.T @ y)


# %% corner fit_readout: goes over the rows by Φᵀ(ΦΦᵀ + ridge·I)⁻¹y, which needs a ridge above 0
import torch


def fit_readout(features, targets, *, ridge):
    eye = torch.eye(features.shape[0], dtype=features.dtype)
    return features.T @ torch.linalg.solve(features @ features.T + ridge * eye, targets)


# %% corner fit_readout: multiplies features and targets by mv, which knows one output only
import torch


def fit_readout(features, targets, *, ridge):
    eye = torch.eye(features.shape[1], dtype=features.dtype)
    return torch.linalg.solve(features.T @ features + ridge * eye, torch.mv(features.T, targets))


# %% corner fit_readout: hands the targets to lstsq as they are, so that only a table of targets works
import torch


def fit_readout(features, targets, *, ridge):
    k = features.shape[1]
    a = torch.cat([features, ridge**0.5 * torch.eye(k, dtype=features.dtype)])
    b = torch.cat([targets, torch.zeros(k, targets.shape[1], dtype=features.dtype)])
    return torch.linalg.lstsq(a, b).solution


# %% right rbf_gradients: the table of 2e·w·φ/n times the two derivatives, added over the rows
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% right rbf_gradients: autograd on detached copies, with the loss written as a mean of squares
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    with torch.enable_grad():
        parts = [p.detach().clone().requires_grad_() for p in (centers, widths, weights)]
        loss = (rbf_features(x, parts[0], parts[1]) @ parts[2] - targets).pow(2).mean()
        return torch.autograd.grad(loss, parts)


# %% right rbf_gradients: torch.autograd.functional.jacobian of an inner loss function of three arguments
import torch


def rbf_gradients(x, targets, centers, widths, weights):
    def loss(m, s, w):
        distance2 = ((x.unsqueeze(1) - m) ** 2).sum(-1)
        output = w[0] + torch.exp(-distance2 / 2 / s**2) @ w[1:]
        return torch.nn.functional.mse_loss(output, targets)

    return torch.autograd.functional.jacobian(loss, (centers, widths, weights))


# %% right rbf_gradients: loops over rows and bumps, which add to tensors of zeros
import torch


def rbf_gradients(x, targets, centers, widths, weights):
    n, k = len(x), len(centers)
    gc, gs, gw = torch.zeros_like(centers), torch.zeros_like(widths), torch.zeros_like(weights)
    for i in range(n):
        away = x[i] - centers
        r2 = (away * away).sum(dim=1)
        phi = torch.exp(-r2 / (2 * widths * widths))
        e = weights[0] + (weights[1:] * phi).sum() - targets[i]
        gw[0] += 2 * e / n
        for j in range(k):
            gw[j + 1] += 2 * e * phi[j] / n
            common = 2 * e * weights[j + 1] * phi[j] / n
            gc[j] += common * away[j] / widths[j] ** 2
            gs[j] += common * r2[j] / widths[j] ** 3
    return gc, gs, gw


# %% right rbf_gradients: einsum for every sum, and the precision 1/σ² in place of the width
import torch


def rbf_gradients(x, targets, centers, widths, weights):
    tau = widths.pow(-2)
    diff = x[:, None] - centers
    r2 = torch.einsum("ikd,ikd->ik", diff, diff)
    phi = torch.exp(-0.5 * tau * r2)
    e = torch.addmv(-targets + weights[0], phi, weights[1:])
    g = e * (2.0 / e.numel())
    by_tau = -0.5 * weights[1:] * torch.einsum("i,ik,ik->k", g, phi, r2)
    grad_centers = torch.einsum("i,k,ik,ikd,k->kd", g, weights[1:], phi, diff, tau)
    grad_weights = torch.cat([g.sum().reshape(1), torch.einsum("i,ik->k", g, phi)])
    return grad_centers, by_tau * -2 * widths**-3, grad_weights


# %% right rbf_gradients: numpy with matrix products, Aᵀx − colsum·μ for the centres
import numpy as np
import torch


def rbf_gradients(x, targets, centers, widths, weights):
    X, y, M, s, w = (t.detach().numpy() for t in (x, targets, centers, widths, weights))
    D = ((X[:, None] - M) ** 2).sum(axis=2)
    Phi = np.concatenate([np.ones((len(X), 1)), np.exp(-D / (2 * s**2))], axis=1)
    delta = 2 * (Phi @ w - y) / len(y)
    A = np.outer(delta, w[1:]) * Phi[:, 1:]
    gM = (A.T @ X - A.sum(axis=0)[:, None] * M) / (s**2)[:, None]
    gs = (A * D).sum(axis=0) / s**3
    return tuple(torch.tensor(g, dtype=x.dtype) for g in (gM, gs, Phi.T @ delta))


# %% right rbf_gradients: derivatives by a complex step in double precision, entry by entry
import torch


def rbf_gradients(x, targets, centers, widths, weights):
    X, y = x.double(), targets.double()
    parts = [p.detach().to(torch.complex128) for p in (centers, widths, weights)]

    def loss(m, s, w):
        r2 = ((X[:, None] - m) ** 2).sum(dim=2)
        e = w[0] + torch.exp(-r2 / (2 * s**2)) @ w[1:] - y
        return (e * e).mean()

    h = 1e-30
    grads = []
    for number, part in enumerate(parts):
        grad = torch.zeros(part.numel(), dtype=torch.float64)
        for i in range(part.numel()):
            moved = [p.clone() for p in parts]
            moved[number].view(-1)[i] += 1j * h
            grad[i] = loss(*moved).imag / h
        grads.append(grad.reshape(part.shape).to(x.dtype))
    return tuple(grads)


# %% right rbf_gradients: backward through leaf copies, with the row's error squared by a dot product over n
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    m = torch.nn.Parameter(centers.clone())
    s = torch.nn.Parameter(widths.clone())
    w = torch.nn.Parameter(weights.clone())
    with torch.enable_grad():
        e = rbf_features(x, m, s) @ w - targets
        (e.dot(e) / e.shape[0]).backward()
    return m.grad, s.grad, w.grad


# %% wrong rbf_gradients: forgets the 2 of the square, as for a loss with ½
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = error[:, None] / n * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 1 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: forgets to divide by n, gradients of the sum of squares
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: differentiates by σ², so that −½·σ⁻⁴ takes the place of σ⁻³
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / (2 * widths**4)
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: gives the widths' gradient by log σ, one power of σ too many
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**2
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: divides the centres' gradient by σ instead of σ²
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None]
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: turns the sign of the centres' gradient, with μ − x
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = centers[None, :, :] - x[:, None, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: turns the sign of the widths' gradient, keeping the minus of the exponent
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = -(table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: takes the weights without the last in place of those without the first
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[:-1] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: forgets the weights in the chain to the bumps
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: forgets the factor φ from the derivative of the exponential
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: takes the error as y − Φw
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = targets - phi @ weights
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: leaves the intercept out of the error
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi[:, 1:] @ weights[1:] - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: returns the weights' gradient without that of the intercept
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi[:, 1:].T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: returns the gradients in the order weights, centres, widths
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_weights, grad_centers, grad_widths


# %% wrong rbf_gradients: makes one number of each row's distance, so that all coordinates of a centre move alike
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = ((table * difference.sum(dim=2)).sum(dim=0)[:, None] * torch.ones_like(centers)) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: averages over the rows once more after the 2/n
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).mean(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).mean(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: doubles the widths' gradient, having lost the 2 of 2σ²
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3 * 2
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: doubles the centres' gradient, the 2 of the square is not cancelled by that of 2σ²
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = 2 * (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: uses the distance in place of its square in the widths' gradient
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2).sqrt()).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: lets the errors become a table (n, n) by a column of targets
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = (phi @ weights[:, None] - targets).mean(dim=1)
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: returns the gradients as a list with the widths first
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return [grad_widths, grad_centers, grad_weights]


# %% wrong rbf_gradients: adds the absolute errors, using only their sign
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 1 / n * error.sign()[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 1 / n * phi.T @ error.sign()
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: divides by n times d, as if the mean went over the entries of x
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = x.numel()
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    grad_weights = 2 / n * phi.T @ error
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: uses its own weights' gradient step first and computes the other two at the moved weights
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    n = len(x)
    phi = rbf_features(x, centers, widths)
    error = phi @ weights - targets
    grad_weights = 2 / n * phi.T @ error
    weights = weights - grad_weights
    error = phi @ weights - targets
    table = 2 / n * error[:, None] * weights[1:] * phi[:, 1:]
    difference = x[:, None, :] - centers[None, :, :]
    grad_centers = (table[:, :, None] * difference).sum(dim=0) / widths[:, None] ** 2
    grad_widths = (table * difference.square().sum(dim=2)).sum(dim=0) / widths**3
    return grad_centers, grad_widths, grad_weights


# %% wrong rbf_gradients: switches on requires_grad of the arguments themselves
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    for part in (centers, widths, weights):
        part.requires_grad_(True)
    loss = (rbf_features(x, centers, widths) @ weights - targets).square().mean()
    return torch.autograd.grad(loss, (centers, widths, weights))


# %% wrong rbf_gradients: autograd of the root of the mean square
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    parts = [p.detach().clone().requires_grad_() for p in (centers, widths, weights)]
    loss = (rbf_features(x, parts[0], parts[1]) @ parts[2] - targets).square().mean().sqrt()
    return torch.autograd.grad(loss, parts)


# %% wrong rbf_gradients: autograd of a half of the mean square
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    parts = [p.detach().clone().requires_grad_() for p in (centers, widths, weights)]
    loss = 0.5 * (rbf_features(x, parts[0], parts[1]) @ parts[2] - targets).square().mean()
    return torch.autograd.grad(loss, parts)


# %% wrong rbf_gradients: autograd of the sum of the squares
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    m, s, w = (p.detach().clone().requires_grad_() for p in (centers, widths, weights))
    loss = torch.nn.functional.mse_loss(rbf_features(x, m, s) @ w, targets, reduction="sum")
    loss.backward()
    return m.grad, s.grad, w.grad


# %% wrong rbf_gradients: differentiates by log-widths, since autograd runs on σ = exp(t)
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    parts = [p.detach().clone().requires_grad_() for p in (centers, widths.log(), weights)]
    loss = (rbf_features(x, parts[0], parts[1].exp()) @ parts[2] - targets).square().mean()
    return torch.autograd.grad(loss, parts)


# %% wrong rbf_gradients: forward differences with a step of a hundredth, too coarse
import torch


def rbf_features(x, centers, widths):
    squared = (x[:, None, :] - centers[None, :, :]).square().sum(dim=2)
    bumps = torch.exp(-squared / (2 * widths**2))
    return torch.cat([torch.ones(len(x), 1, dtype=x.dtype), bumps], dim=1)


def rbf_gradients(x, targets, centers, widths, weights):
    def loss(m, s, w):
        return (rbf_features(x, m, s) @ w - targets).square().mean()

    parts = [p.clone() for p in (centers, widths, weights)]
    here, h = loss(*parts), 0.01
    grads = []
    for number, part in enumerate(parts):
        grad = torch.zeros_like(part)
        for i in range(part.numel()):
            moved = [p.clone() for p in parts]
            moved[number].view(-1)[i] += h
            grad.view(-1)[i] = (loss(*moved) - here) / h
        grads.append(grad)
    return tuple(grads)


# %% right sparsity_penalty: the formula as it stands, with the mean over the rows first
import math

import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0)
    kl = rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))
    return kl.sum()


# %% right sparsity_penalty: the divergence of two Bernoulli distributions from torch.distributions
import torch
from torch.distributions import Bernoulli, kl_divergence


def sparsity_penalty(codes, *, rho):
    activity = codes.mean(0)
    return kl_divergence(Bernoulli(probs=torch.full_like(activity, rho)), Bernoulli(probs=activity)).sum()


# %% right sparsity_penalty: the binary cross-entropy less the entropy of rho
import math

import torch
import torch.nn.functional as F


def sparsity_penalty(codes, *, rho):
    active = torch.mean(codes, dim=0)
    entropy = -(rho * math.log(rho) + (1 - rho) * math.log(1 - rho))
    return F.binary_cross_entropy(active, torch.full_like(active, rho), reduction="sum") - len(active) * entropy


# %% right sparsity_penalty: F.kl_div of a table with a row for active and one for silent
import torch
import torch.nn.functional as F


def sparsity_penalty(codes, *, rho):
    q = codes.sum(dim=0) / codes.shape[0]
    both = torch.stack([q, 1 - q])
    wanted = torch.tensor([[rho], [1 - rho]], dtype=codes.dtype).expand_as(both)
    return F.kl_div(both.log(), wanted, reduction="sum")


# %% right sparsity_penalty: a loop over the units that adds differences of logarithms to a scalar tensor
import math

import torch


def sparsity_penalty(codes, *, rho):
    total = codes.new_zeros(())
    for j in range(codes.shape[1]):
        r = codes[:, j].mean()
        total = total + rho * (math.log(rho) - r.log()) + (1 - rho) * (math.log(1 - rho) - torch.log1p(-r))
    return total


# %% right sparsity_penalty: a plain number from numpy, which the text accepts
import numpy as np
import torch


def sparsity_penalty(codes, *, rho):
    m = codes.detach().double().numpy().mean(axis=0)
    return float(np.sum(rho * np.log(rho / m) + (1 - rho) * np.log((1 - rho) / (1 - m))))


# %% right sparsity_penalty: written with the logit of the mean and softplus
import math

import torch


def sparsity_penalty(codes, *, rho):
    s = torch.logit(codes.mean(dim=0))
    cross = torch.nn.functional.softplus(s) - rho * s
    return (cross + rho * math.log(rho) + (1 - rho) * math.log(1 - rho)).sum()


# %% wrong sparsity_penalty: averages over the units of each row instead of over the rows
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=1)
    return (rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))).sum()


# %% wrong sparsity_penalty: puts every activity into the formula and averages the divergences over the rows
import torch


def sparsity_penalty(codes, *, rho):
    kl = rho * torch.log(rho / codes) + (1 - rho) * torch.log((1 - rho) / (1 - codes))
    return kl.mean(dim=0).sum()


# %% wrong sparsity_penalty: the divergence the other way round, of the mean activity from rho
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0)
    return (mean * torch.log(mean / rho) + (1 - mean) * torch.log((1 - mean) / (1 - rho))).sum()


# %% wrong sparsity_penalty: only the first of the two terms
import torch


def sparsity_penalty(codes, *, rho):
    return (rho * torch.log(rho / codes.mean(dim=0))).sum()


# %% wrong sparsity_penalty: averages over the units instead of adding
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0)
    kl = rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))
    return kl.mean()


# %% wrong sparsity_penalty: one mean over all units and rows, put into the formula once
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean()
    return rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))


# %% wrong sparsity_penalty: the right sign of the first term and a minus before the second
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0)
    return (rho * torch.log(rho / mean) - (1 - rho) * torch.log((1 - rho) / (1 - mean))).sum()


# %% wrong sparsity_penalty: both fractions inside the logarithms upside down
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0)
    return (rho * torch.log(mean / rho) + (1 - rho) * torch.log((1 - mean) / (1 - rho))).sum()


# %% wrong sparsity_penalty: only the second fraction upside down
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0)
    return (rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - mean) / (1 - rho))).sum()


# %% wrong sparsity_penalty: the cross-entropy without the entropy of rho, which is not 0 at the wanted mean
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0)
    return torch.nn.functional.binary_cross_entropy(mean, torch.full_like(mean, rho), reduction="sum")


# %% wrong sparsity_penalty: F.kl_div with input and target the wrong way round
import torch
import torch.nn.functional as F


def sparsity_penalty(codes, *, rho):
    q = codes.mean(dim=0)
    both = torch.stack([q, 1 - q])
    wanted = torch.tensor([[rho], [1 - rho]], dtype=codes.dtype).expand_as(both)
    return F.kl_div(wanted.log(), both, reduction="sum")


# %% wrong sparsity_penalty: F.kl_div of rho and the means alone, without the silent part
import torch
import torch.nn.functional as F


def sparsity_penalty(codes, *, rho):
    q = codes.mean(dim=0)
    return F.kl_div(q.log(), torch.full_like(q, rho), reduction="sum")


# %% wrong sparsity_penalty: logarithms to the base 2
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0)
    return (rho * torch.log2(rho / mean) + (1 - rho) * torch.log2((1 - rho) / (1 - mean))).sum()


# %% wrong sparsity_penalty: returns one number a unit
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0)
    return rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))


# %% wrong sparsity_penalty: squared distance of the means from rho
import torch


def sparsity_penalty(codes, *, rho):
    return (codes.mean(dim=0) - rho).square().sum()


# %% wrong sparsity_penalty: an L1 penalty on the mean activities
import torch


def sparsity_penalty(codes, *, rho):
    return codes.abs().mean(dim=0).sum() - rho * codes.shape[1]


# %% wrong sparsity_penalty: the share of activities above one half in place of the mean
import torch


def sparsity_penalty(codes, *, rho):
    mean = (codes > 0.5).to(codes.dtype).mean(dim=0).clamp(1e-6, 1 - 1e-6)
    return (rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))).sum()


# %% wrong sparsity_penalty: a thousandth added under the logarithms against zeros
import torch


def sparsity_penalty(codes, *, rho):
    mean, eps = codes.mean(dim=0), 1e-3
    kl = rho * torch.log(rho / (mean + eps)) + (1 - rho) * torch.log((1 - rho) / (1 - mean + eps))
    return kl.sum()


# %% wrong sparsity_penalty: no penalty for units that are less active than wanted
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0).clamp(min=rho)
    return (rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))).sum()


# %% wrong sparsity_penalty: applies a sigmoid to codes that are activities already
import torch


def sparsity_penalty(codes, *, rho):
    mean = torch.sigmoid(codes).mean(dim=0)
    return (rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))).sum()


# %% wrong sparsity_penalty: always the usual 0.05, whatever rho is
import torch


def sparsity_penalty(codes, *, rho=0.05):
    rho = 0.05
    mean = codes.mean(dim=0)
    return (rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))).sum()


# %% wrong sparsity_penalty: the weights 1 and 1 for rho and 1 − rho before the logarithms
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0)
    return (torch.log(rho / mean) + torch.log((1 - rho) / (1 - mean))).sum()


# %% wrong sparsity_penalty: clamps the codes themselves, in place, to between 0.01 and 0.99
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.clamp_(0.01, 0.99).mean(dim=0)
    return (rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))).sum()


# %% wrong sparsity_penalty: divides the sum by the number of rows
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0)
    kl = rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))
    return kl.sum() / len(codes)


# %% corner sparsity_penalty: clamps the mean activities to at least 0.01, wrong for units that are nearly silent
import torch


def sparsity_penalty(codes, *, rho):
    mean = codes.mean(dim=0).clamp(0.01, 0.99)
    return (rho * torch.log(rho / mean) + (1 - rho) * torch.log((1 - rho) / (1 - mean))).sum()


# %% right denoising_loss: sum of the squares over the columns, mean over the rows
import torch


def denoising_loss(reconstruct, x, noise):
    copy = reconstruct(x + noise)
    return (copy - x).square().sum(dim=1).mean()


# %% right denoising_loss: mse_loss with reduction sum, divided by the number of rows
import torch
import torch.nn.functional as F


def denoising_loss(reconstruct, x, noise):
    return F.mse_loss(reconstruct(x + noise), x, reduction="sum") / x.shape[0]


# %% right denoising_loss: a loop over the rows after one call, with dot products
import torch


def denoising_loss(reconstruct, x, noise):
    repaired = reconstruct(x.add(noise))
    total = 0
    for clean, row in zip(x, repaired):
        gap = clean - row
        total = total + gap @ gap
    return total / len(x)


# %% right denoising_loss: the mean of all entries times the number of columns
import torch


def denoising_loss(reconstruct, x, noise):
    n, d = x.size()
    return d * torch.mean(torch.pow(x - reconstruct(noise + x), 2))


# %% right denoising_loss: a plain number from numpy, with einsum over both axes
import numpy as np
import torch


def denoising_loss(reconstruct, x, noise):
    gap = (reconstruct(x + noise) - x).detach().numpy().astype(np.float64)
    return float(np.einsum("ij,ij->", gap, gap) / len(gap))


# %% right denoising_loss: the squared Frobenius norm as the trace of a product, over n
import torch


def denoising_loss(reconstruct, x, noise):
    damaged = x.clone()
    damaged += noise
    apart = reconstruct(damaged).sub(x)
    return torch.trace(apart @ apart.T) / apart.shape[0]


# %% right denoising_loss: an MSELoss module without reduction, summed along the last axis
import torch
from torch import nn


def denoising_loss(reconstruct, x, noise):
    criterion = nn.MSELoss(reduction="none")
    per_row = criterion(reconstruct(x + noise), x).sum(-1)
    return per_row.mean()


# %% wrong denoising_loss: compares with the noisy row
import torch


def denoising_loss(reconstruct, x, noise):
    noisy = x + noise
    return (reconstruct(noisy) - noisy).square().sum(dim=1).mean()


# %% wrong denoising_loss: shows the network the clean row, a plain autoencoder
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x) - x).square().sum(dim=1).mean()


# %% wrong denoising_loss: shows the clean row and compares with the noisy one
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x) - (x + noise)).square().sum(dim=1).mean()


# %% wrong denoising_loss: averages over rows and columns, mse_loss as it stands
import torch


def denoising_loss(reconstruct, x, noise):
    return torch.nn.functional.mse_loss(reconstruct(x + noise), x)


# %% wrong denoising_loss: adds over the rows too
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x + noise) - x).square().sum()


# %% wrong denoising_loss: adds over the rows and averages over the columns
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x + noise) - x).square().sum(dim=0).mean()


# %% wrong denoising_loss: averages distances instead of their squares
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x + noise) - x).norm(dim=1).mean()


# %% wrong denoising_loss: sums absolute values
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x + noise) - x).abs().sum(dim=1).mean()


# %% wrong denoising_loss: adds the noise to the output instead of to the input
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x) + noise - x).square().sum(dim=1).mean()


# %% wrong denoising_loss: adds the noise to x in place
import torch


def denoising_loss(reconstruct, x, noise):
    clean = x.clone()
    x += noise
    return (reconstruct(x) - clean).square().sum(dim=1).mean()


# %% wrong denoising_loss: keeps the clean rows under a second name only, so that x += noise changes both
import torch


def denoising_loss(reconstruct, x, noise):
    clean = x
    x += noise
    return (reconstruct(x) - clean).square().sum(dim=1).mean()


# %% wrong denoising_loss: draws noise of its own in place of the given one
import torch


def denoising_loss(reconstruct, x, noise):
    fresh = noise.std() * torch.randn_like(x)
    return (reconstruct(x + fresh) - x).square().sum(dim=1).mean()


# %% wrong denoising_loss: multiplies the rows by the noise, as a mask
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x * noise) - x).square().sum(dim=1).mean()


# %% wrong denoising_loss: hands over the noise alone
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(noise) - x).square().sum(dim=1).mean()


# %% wrong denoising_loss: asks the network for the noise, output against noise
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x + noise) - noise).square().sum(dim=1).mean()


# %% wrong denoising_loss: halves the squares
import torch


def denoising_loss(reconstruct, x, noise):
    return 0.5 * (reconstruct(x + noise) - x).square().sum(dim=1).mean()


# %% wrong denoising_loss: subtracts the noise from the row
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x - noise) - x).square().sum(dim=1).mean()


# %% wrong denoising_loss: clips the noisy pixels to between 0 and 1 before they are shown
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct((x + noise).clamp(0, 1)) - x).square().sum(dim=1).mean()


# %% wrong denoising_loss: takes the root of the mean
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x + noise) - x).square().sum(dim=1).mean().sqrt()


# %% wrong denoising_loss: returns the squared distance of every row
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x + noise) - x).square().sum(dim=1)


# %% wrong denoising_loss: adds the columns before squaring
import torch


def denoising_loss(reconstruct, x, noise):
    return (reconstruct(x + noise) - x).sum(dim=1).square().mean()


# %% wrong denoising_loss: adds the loss of the plain copy to that of the repaired one
import torch


def denoising_loss(reconstruct, x, noise):
    repaired = (reconstruct(x + noise) - x).square().sum(dim=1).mean()
    return repaired + (reconstruct(x) - x).square().sum(dim=1).mean()


# %% corner denoising_loss: calls reconstruct with one row at a time as a vector, no table of rows
import torch


def denoising_loss(reconstruct, x, noise):
    losses = [(reconstruct(row + xi) - row).square().sum() for row, xi in zip(x, noise)]
    return torch.stack(losses).mean()


# %% corner denoising_loss: cuts the table into single rows, wrong for a reconstruct that looks at the rows together
import torch


def denoising_loss(reconstruct, x, noise):
    losses = [(reconstruct(x[i:i + 1] + noise[i:i + 1]) - x[i:i + 1]).square().sum() for i in range(len(x))]
    return torch.stack(losses).mean()


# %% right pretrain_stack: a loop with a variable for what the next layer sees
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        encoder = train_layer(inputs, size)
        inputs = encoder(inputs)
        codes.append(inputs)
    return codes


# %% right pretrain_stack: calls itself on the codes with the rest of the sizes
import torch


def pretrain_stack(x, sizes, train_layer):
    if len(sizes) == 0:
        return []
    h = train_layer(x, sizes[0])(x)
    return [h] + pretrain_stack(h, sizes[1:], train_layer)


# %% right pretrain_stack: itertools.accumulate over the sizes with x as the start, which is dropped at the end
from itertools import accumulate

import torch


def pretrain_stack(x, sizes, train_layer):
    def up(rows, size):
        return train_layer(rows, size)(rows)

    return list(accumulate(sizes, up, initial=x))[1:]


# %% right pretrain_stack: a preallocated list, and the layer below by its index
import torch


def pretrain_stack(x, sizes, train_layer):
    result = [None] * len(sizes)
    for i in range(len(sizes)):
        below = x if i == 0 else result[i - 1]
        f = train_layer(below, sizes[i])
        result[i] = f(below)
    return result


# %% right pretrain_stack: keeps the encoders and runs x through all of them to get the next inputs
import torch


def pretrain_stack(x, sizes, train_layer):
    encoders, codes = [], []
    for size in sizes:
        rows = x
        for encoder in encoders:
            rows = encoder(rows)
        encoders.append(train_layer(rows, size))
        codes.append(encoders[-1](rows))
    return codes


# %% right pretrain_stack: a generator function that is turned into a list, with while and a copy of the sizes
import torch


def pretrain_stack(x, sizes, train_layer):
    def layers(rows, left):
        while left:
            rows = train_layer(rows, left.pop(0))(rows)
            yield rows

    return list(layers(x, list(sizes)))


# %% wrong pretrain_stack: trains every layer on x
import torch


def pretrain_stack(x, sizes, train_layer):
    return [train_layer(x, size)(x) for size in sizes]


# %% wrong pretrain_stack: trains each layer on the codes below but encodes x with it
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        encoder = train_layer(inputs, size)
        inputs = encoder(x)
        codes.append(inputs)
    return codes


# %% wrong pretrain_stack: trains each layer on x but chains the encoders
import torch


def pretrain_stack(x, sizes, train_layer):
    rows, codes = x, []
    for size in sizes:
        encoder = train_layer(x, size)
        rows = encoder(rows)
        codes.append(rows)
    return codes


# %% wrong pretrain_stack: returns the encoders instead of the codes
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, encoders = x, []
    for size in sizes:
        encoder = train_layer(inputs, size)
        inputs = encoder(inputs)
        encoders.append(encoder)
    return encoders


# %% wrong pretrain_stack: has x as the first entry of the list
import torch


def pretrain_stack(x, sizes, train_layer):
    codes = [x]
    for size in sizes:
        codes.append(train_layer(codes[-1], size)(codes[-1]))
    return codes


# %% wrong pretrain_stack: appends the inputs of a layer and not its codes, so the last are missing
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        codes.append(inputs)
        inputs = train_layer(inputs, size)(inputs)
    return codes


# %% wrong pretrain_stack: returns only the codes of the top layer
import torch


def pretrain_stack(x, sizes, train_layer):
    for size in sizes:
        x = train_layer(x, size)(x)
    return x


# %% wrong pretrain_stack: trains from the last size to the first
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in reversed(sizes):
        inputs = train_layer(inputs, size)(inputs)
        codes.append(inputs)
    return codes


# %% wrong pretrain_stack: returns the codes from the top downwards
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        inputs = train_layer(inputs, size)(inputs)
        codes.insert(0, inputs)
    return codes


# %% wrong pretrain_stack: takes what train_layer returns for the codes
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        inputs = train_layer(inputs, size)
        codes.append(inputs)
    return codes


# %% wrong pretrain_stack: trains each layer twice, once for the list and once for the next inputs
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        codes.append(train_layer(inputs, size)(inputs))
        inputs = train_layer(inputs, size)(inputs)
    return codes


# %% wrong pretrain_stack: empties the list of sizes by pop
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    while sizes:
        inputs = train_layer(inputs, sizes.pop(0))(inputs)
        codes.append(inputs)
    return codes


# %% wrong pretrain_stack: puts a sigmoid on the codes that the encoder gives
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        encoder = train_layer(inputs, size)
        inputs = torch.sigmoid(encoder(inputs))
        codes.append(inputs)
    return codes


# %% wrong pretrain_stack: standardizes the codes before the next layer sees them
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        h = train_layer(inputs, size)(inputs)
        codes.append(h)
        inputs = (h - h.mean(dim=0)) / (h.std(dim=0) + 1e-8)
    return codes


# %% wrong pretrain_stack: counts the rows as the first size and begins with the second
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes[1:]:
        inputs = train_layer(inputs, size)(inputs)
        codes.append(inputs)
    return codes


# %% wrong pretrain_stack: joins x to the codes of a layer for the one above
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        h = train_layer(inputs, size)(inputs)
        codes.append(h)
        inputs = torch.cat([x, h], dim=1)
    return codes


# %% wrong pretrain_stack: retrains all lower layers for each new one, growing the stack from x again
import torch


def pretrain_stack(x, sizes, train_layer):
    codes = []
    for depth in range(1, len(sizes) + 1):
        rows = x
        for size in sizes[:depth]:
            rows = train_layer(rows, size)(rows)
        codes.append(rows)
    return codes


# %% wrong pretrain_stack: returns from inside the loop, after the first layer
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        inputs = train_layer(inputs, size)(inputs)
        codes.append(inputs)
        return codes


# %% wrong pretrain_stack: joins all codes into one table side by side
import torch


def pretrain_stack(x, sizes, train_layer):
    inputs, codes = x, []
    for size in sizes:
        inputs = train_layer(inputs, size)(inputs)
        codes.append(inputs)
    return torch.cat(codes, dim=1)


# %% wrong pretrain_stack: trains all layers first, each on the output of the first encoder only
import torch


def pretrain_stack(x, sizes, train_layer):
    first = train_layer(x, sizes[0])(x)
    codes = [first]
    for size in sizes[1:]:
        codes.append(train_layer(first, size)(first))
    return codes


# %% right reparametrize: mean plus the exponential of half the log-variance times the noise
import torch


def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(log_variance / 2) * noise


# %% right reparametrize: addcmul of mean, noise and deviation
import torch


def reparametrize(mean, log_variance, noise):
    sigma = (0.5 * log_variance).exp()
    return torch.addcmul(mean, sigma, noise)


# %% right reparametrize: the root of the variance
import torch


def reparametrize(mean, log_variance, noise):
    variance = torch.exp(log_variance)
    return noise * variance.sqrt() + mean


# %% right reparametrize: the root of e to a power, raised to the log-variance
import math

import torch


def reparametrize(mean, log_variance, noise):
    return mean + math.sqrt(math.e) ** log_variance * noise


# %% right reparametrize: entry by entry over flat tensors, stacked and given its shape back
import torch


def reparametrize(mean, log_variance, noise):
    entries = []
    for m, v, xi in zip(mean.reshape(-1), log_variance.reshape(-1), noise.reshape(-1)):
        entries.append(m + xi * torch.exp(0.5 * v))
    return torch.stack(entries).reshape(mean.shape)


# %% right reparametrize: undoes the standardization (z − μ)/σ by an affine transform of torch.distributions
import torch
from torch.distributions.transforms import AffineTransform


def reparametrize(mean, log_variance, noise):
    return AffineTransform(loc=mean, scale=torch.exp(log_variance.mul(0.5)))(noise)


# %% wrong reparametrize: takes the variance for the deviation
import torch


def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(log_variance) * noise


# %% wrong reparametrize: takes twice the exponent instead of half of it
import torch


def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(2 * log_variance) * noise


# %% wrong reparametrize: halves the exponential instead of the exponent
import torch


def reparametrize(mean, log_variance, noise):
    return mean + 0.5 * torch.exp(log_variance) * noise


# %% wrong reparametrize: takes the log-variance itself for the deviation
import torch


def reparametrize(mean, log_variance, noise):
    return mean + log_variance * noise


# %% wrong reparametrize: takes the root of the log-variance, nan where it is negative
import torch


def reparametrize(mean, log_variance, noise):
    return mean + torch.sqrt(log_variance) * noise


# %% wrong reparametrize: takes the exponential of the root
import torch


def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(log_variance.abs().sqrt()) * noise


# %% wrong reparametrize: has a minus in the exponent, a precision's root
import torch


def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(-0.5 * log_variance) * noise


# %% wrong reparametrize: subtracts the scaled noise
import torch


def reparametrize(mean, log_variance, noise):
    return mean - torch.exp(0.5 * log_variance) * noise


# %% wrong reparametrize: draws its own noise by randn_like and ignores the given one
import torch


def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)


# %% wrong reparametrize: draws from torch.normal with the right mean and deviation
import torch


def reparametrize(mean, log_variance, noise):
    return torch.normal(mean, torch.exp(0.5 * log_variance))


# %% wrong reparametrize: exchanges mean and noise
import torch


def reparametrize(mean, log_variance, noise):
    return noise + torch.exp(0.5 * log_variance) * mean


# %% wrong reparametrize: multiplies mean and noise by the deviation
import torch


def reparametrize(mean, log_variance, noise):
    return torch.exp(0.5 * log_variance) * (mean + noise)


# %% wrong reparametrize: leaves out the mean
import torch


def reparametrize(mean, log_variance, noise):
    return torch.exp(0.5 * log_variance) * noise


# %% wrong reparametrize: adds the deviation to the mean and forgets the noise
import torch


def reparametrize(mean, log_variance, noise):
    return mean + torch.exp(0.5 * log_variance)


# %% wrong reparametrize: standardizes, (noise − mean) over the deviation
import torch


def reparametrize(mean, log_variance, noise):
    return (noise - mean) / torch.exp(0.5 * log_variance)


# %% wrong reparametrize: takes the logarithm to the base 10
import torch


def reparametrize(mean, log_variance, noise):
    return mean + 10 ** (0.5 * log_variance) * noise


# %% wrong reparametrize: makes the deviation positive by a softplus instead of the exponential
import torch


def reparametrize(mean, log_variance, noise):
    return mean + torch.nn.functional.softplus(0.5 * log_variance) * noise


# %% wrong reparametrize: turns the log-variance into a deviation in place
import torch


def reparametrize(mean, log_variance, noise):
    sigma = log_variance.mul_(0.5).exp_()
    return mean + sigma * noise


# %% wrong reparametrize: adds the scaled noise to the mean in place
import torch


def reparametrize(mean, log_variance, noise):
    mean += torch.exp(0.5 * log_variance) * noise
    return mean


# %% corner reparametrize: goes through numpy, so that the code has no gradient
import numpy as np
import torch


def reparametrize(mean, log_variance, noise):
    m, v, xi = (t.detach().numpy() for t in (mean, log_variance, noise))
    return torch.from_numpy(m + np.exp(v / 2) * xi)


# %% corner reparametrize: detaches the deviation, so that the log-variance gets no gradient
import torch


def reparametrize(mean, log_variance, noise):
    with torch.no_grad():
        sigma = torch.exp(0.5 * log_variance)
    return mean + sigma * noise


# %% right vae_loss: softplus of the score less pixel times score, plus the closed form, added in the rows and averaged
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% right vae_loss: binary_cross_entropy_with_logits with reduction sum, both parts divided by n
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    bce = F.binary_cross_entropy_with_logits(scores, x, reduction="sum")
    kld = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
    return (bce + kld) / x.shape[0]


# %% right vae_loss: logaddexp with zero, row by row in a loop
import torch


def vae_loss(x, scores, mean, log_variance):
    losses = []
    for pixels, s, m, v in zip(x, scores, mean, log_variance):
        explain = torch.logaddexp(s, torch.zeros_like(s)).sum() - pixels @ s
        prior = (torch.exp(v) + m * m - v).sum() / 2 - len(m) / 2
        losses.append(explain + prior)
    return sum(losses) / len(losses)


# %% right vae_loss: the greater of score and 0 plus log1p of the small exponential
import torch


def vae_loss(x, scores, mean, log_variance):
    cross = scores.clamp(min=0) + torch.log1p(torch.exp(-scores.abs())) - scores * x
    kl = (torch.expm1(log_variance) - log_variance + mean**2) / 2
    return cross.sum(1).mean() + kl.sum(1).mean()


# %% right vae_loss: logsigmoid of both signs of the score, and kl_divergence of two normal distributions
import torch
import torch.nn.functional as F
from torch.distributions import Normal, kl_divergence


def vae_loss(x, scores, mean, log_variance):
    likelihood = x * F.logsigmoid(scores) + (1 - x) * F.logsigmoid(-scores)
    prior = Normal(torch.zeros_like(mean), torch.ones_like(mean))
    kl = kl_divergence(Normal(mean, torch.exp(0.5 * log_variance)), prior)
    return torch.mean(kl.sum(-1) - likelihood.sum(-1))


# %% right vae_loss: the sum over the rows instead of the mean, which the text accepts
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    BCE = F.binary_cross_entropy_with_logits(scores, x, reduction="sum")
    KLD = -0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())
    return BCE + KLD


# %% right vae_loss: a plain number from numpy, which the text accepts
import numpy as np
import torch


def vae_loss(x, scores, mean, log_variance):
    p, s, m, v = (t.detach().double().numpy() for t in (x, scores, mean, log_variance))
    total = np.sum(np.logaddexp(0, s) - p * s) + 0.5 * np.sum(np.exp(v) + m**2 - 1 - v)
    return float(total / len(p))


# %% right vae_loss: log-probability of Bernoulli and Independent distributions, unvalidated for grey pixels
import torch
from torch.distributions import Bernoulli, Independent


def vae_loss(x, scores, mean, log_variance):
    picture = Independent(Bernoulli(logits=scores, validate_args=False), 1, validate_args=False)
    variance = log_variance.exp()
    per_row = -picture.log_prob(x) + 0.5 * (variance + mean * mean - 1 - log_variance).sum(dim=1)
    return per_row.mean()


# %% wrong vae_loss: averages the cross-entropy over the pixels
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = F.binary_cross_entropy_with_logits(scores, x)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return cross + divergence.mean()


# %% wrong vae_loss: averages the divergence over the entries of the code
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = F.binary_cross_entropy_with_logits(scores, x, reduction="none").sum(dim=1).mean()
    return cross + 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).mean()


# %% wrong vae_loss: averages both parts over their columns
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).mean(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).mean(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: adds the cross-entropy over the rows but averages the divergence
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = F.binary_cross_entropy_with_logits(scores, x, reduction="sum")
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1).mean()
    return cross + divergence


# %% wrong vae_loss: averages the cross-entropy over the rows but adds the divergence over all of them
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = F.binary_cross_entropy_with_logits(scores, x, reduction="none").sum(dim=1).mean()
    return cross - 0.5 * torch.sum(1 + log_variance - mean.pow(2) - log_variance.exp())


# %% wrong vae_loss: adds over the rows and averages over the columns in both parts
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=0).mean()
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=0).mean()
    return cross + divergence


# %% wrong vae_loss: forgets the ½ of the divergence
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=1)
    divergence = (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: subtracts the divergence
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross - divergence).mean()


# %% wrong vae_loss: returns the bound itself and not its negative
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    likelihood = (x * scores - F.softplus(scores)).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (likelihood - divergence).mean()


# %% wrong vae_loss: takes the log-variance for the logarithm of σ
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=1)
    divergence = 0.5 * (torch.exp(2 * log_variance) + mean.square() - 1 - 2 * log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: puts σ where σ² belongs
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=1)
    sigma = torch.exp(log_variance / 2)
    divergence = 0.5 * (sigma + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: adds the log-variance in place of subtracting it
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 + log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: takes the log-variance for the variance
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=1)
    divergence = 0.5 * (log_variance + mean.square() - 1 - torch.log(log_variance.abs())).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: takes the mean to the first power
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: subtracts the 1 once a row, outside the sum over the code
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=1)
    divergence = 0.5 * ((log_variance.exp() + mean.square() - log_variance).sum(dim=1) - 1)
    return (cross + divergence).mean()


# %% wrong vae_loss: the divergence the other way round, of the prior from the code
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=1)
    divergence = 0.5 * ((1 + mean.square()) / log_variance.exp() - 1 + log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: squared distance of picture and sigmoid in place of the cross-entropy
import torch


def vae_loss(x, scores, mean, log_variance):
    copy = (torch.sigmoid(scores) - x).square().sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (copy + divergence).mean()


# %% wrong vae_loss: keeps only the white part x log p of the cross-entropy
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (x * F.softplus(-scores)).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: turns the sign of the product of pixel and score
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) + x * scores).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: hands pixels and scores to the cross-entropy in the wrong order
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = F.binary_cross_entropy_with_logits(x, scores, reduction="none").sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: applies the sigmoid and then the cross-entropy that applies it once more
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = F.binary_cross_entropy_with_logits(torch.sigmoid(scores), x, reduction="none").sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: softmax cross-entropy over the pixels, as for classes
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = -(x * F.log_softmax(scores, dim=1)).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: cross-entropy only, without the divergence
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    return F.binary_cross_entropy_with_logits(scores, x, reduction="sum") / len(x)


# %% wrong vae_loss: rounds the grey pixels to black and white first
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = F.binary_cross_entropy_with_logits(scores, x.round(), reduction="none").sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% wrong vae_loss: returns the loss of every row
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = (F.softplus(scores) - x * scores).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return cross + divergence


# %% corner vae_loss: types the logarithm of the sigmoid as it stands, not finite at scores of ±1000
import torch


def vae_loss(x, scores, mean, log_variance):
    p = torch.sigmoid(scores)
    cross = -(x * torch.log(p) + (1 - x) * torch.log(1 - p)).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% corner vae_loss: log(1 + exp(s)) typed out, infinite at a score of 1000
import torch


def vae_loss(x, scores, mean, log_variance):
    cross = (torch.log(1 + torch.exp(scores)) - x * scores).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% corner vae_loss: binary_cross_entropy of sigmoids, which cuts every pixel's cost at 100
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = F.binary_cross_entropy(torch.sigmoid(scores), x, reduction="none").sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% corner vae_loss: a tiny number added under both logarithms, finite but wrong at scores of ±1000
import torch


def vae_loss(x, scores, mean, log_variance):
    p, eps = torch.sigmoid(scores), 1e-20
    cross = -(x * torch.log(p + eps) + (1 - x) * torch.log(1 - p + eps)).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% corner vae_loss: clamps the scores to between −30 and 30
import torch
import torch.nn.functional as F


def vae_loss(x, scores, mean, log_variance):
    cross = F.binary_cross_entropy_with_logits(scores.clamp(-30, 30), x, reduction="none").sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()


# %% corner vae_loss: a validated Bernoulli distribution, which refuses grey pixels
import torch
from torch.distributions import Bernoulli


def vae_loss(x, scores, mean, log_variance):
    cross = -Bernoulli(logits=scores, validate_args=True).log_prob(x).sum(dim=1)
    divergence = 0.5 * (log_variance.exp() + mean.square() - 1 - log_variance).sum(dim=1)
    return (cross + divergence).mean()

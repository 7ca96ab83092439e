"""Exercise `batch_norm_backward` of `12_batch_norm`: it works on the cache of the student's own `batch_norm_train`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake

from steepest_exercises.batch_norm import passes, reference
from steepest_exercises.batch_norm.passes import backward, bracket, with_gamma
from steepest_exercises.batch_norm.train import CORNERS, batches
from steepest_exercises.inputs import normal

SLACK = {"a large mean in float32": 2000.0, "float32": 10.0}
AGAIN = ("a small batch", "as many features as rows", "float32")
ALONE = "a batch of one"  # where sound ways leave 0 or its last bits


def _cases(rng: np.random.Generator) -> Sequence[Case]:
    cases = []
    for name, args in batches(rng):
        x = args["x"]
        inputs = {**args, "grad_out": (0.3 + normal(rng, *x.shape)).to(x.dtype)}
        slack, corner = SLACK.get(name, 1.0), CORNERS.get(name, 0.0)
        drive = "normalize_back_again" if name in AGAIN else "normalize_back"
        cases.append(Case(name, inputs, drive, slack, exact=name == ALONE, corner=corner))
    return cases


BATCH_NORM_BACKWARD = Exercise(
    id="batch_norm_backward",
    reference=reference.batch_norm_backward,
    cases=_cases,
    points=4,
    companions={"batch_norm_train": reference.batch_norm_train},
    accepted=[
        Accepted("compact_form", backward()),
        Accepted("staged_form", passes.staged, companions={"batch_norm_train": passes.keeping_all}),
        Accepted("three_paths", passes.as_derived, companions={"batch_norm_train": passes.keeping_all}),
        Accepted("boxed_form", passes.as_boxed, companions={"batch_norm_train": passes.keeping_all}),
        Accepted(
            "boxed_form_from_the_other_two",
            passes.as_boxed_by_the_others,
            companions={"batch_norm_train": passes.keeping_all},
        ),
        Accepted(
            "times_b_and_divided_at_the_end",
            bracket(lambda g, u: (len(g) * g - g.sum(dim=0) - u * (g * u).sum(dim=0)) / len(g)),
        ),
        Accepted("by_the_jacobian", passes.by_the_jacobian),
        Accepted(
            "by_autograd_from_the_arguments",
            passes.by_autograd,
            companions={"batch_norm_train": passes.keeping_all},
        ),
        Accepted(
            "by_autograd_from_a_kept_graph",
            passes.from_a_kept_graph,
            companions={"batch_norm_train": passes.keeping_the_graph},
        ),
        Accepted("cache_with_names", passes.from_names, companions={"batch_norm_train": passes.keeping_names}),
        Accepted(
            "cache_that_is_a_function",
            lambda grad_out, cache: cache(grad_out),
            companions={"batch_norm_train": passes.keeping_a_function},
        ),
    ],
    mistakes=[
        Mistake(
            "grad_out_unused",
            backward(lambda h, u, s: 0 * h, lambda g, u: 0 * g[0], lambda g: 0 * g[0]),
            "Nothing of grad_out arrives in the three gradients: each of them is a sum of its entries with weights.",
            forms=[backward(lambda h, u, s: h.new_empty(0), lambda g, u: g.new_empty(0), lambda g: g.new_empty(0))],
        ),
        Mistake(
            "statistics_are_constants",
            backward(lambda h, u, s: h * s),
            "Mean and variance are treated as constants. Each x moves both, and through them all outputs of the "
            "batch: two more paths lead back to x.",
            0.25,
        ),
        Mistake(
            "mean_is_a_constant",
            backward(lambda h, u, s: s * (h - u * (h * u).mean(dim=0))),
            "The path through the mean is missing. Check: moving a whole column by one number changes no output, so "
            "grad_x must sum to 0 over the batch.",
            0.25,
        ),
        Mistake(
            "variance_is_a_constant",
            backward(lambda h, u, s: s * (h - h.mean(dim=0))),
            "The path through the variance is missing. Check: stretching a column changes next to no output, so "
            "grad_x must have (almost) no component along u.",
            0.25,
        ),
        Mistake(
            "direct_path_missing",
            backward(lambda h, u, s: -s * (h.mean(dim=0) + u * (h * u).mean(dim=0))),
            "The direct path is missing, h/s: the gradient that goes through u_i itself, beside the paths through the "
            "variance and the mean.",
            0.25,
        ),
        Mistake(
            "half_missing_in_the_variance",
            backward(lambda h, u, s: s * (h - h.mean(dim=0) - 2 * u * (h * u).mean(dim=0))),
            "The path through the variance counts twice: the derivative of (σ² + ε)^(−1/2) brings down −1/2, and that "
            "half cancels the 2 of the square.",
            0.5,
        ),
        Mistake(
            "two_missing_in_the_variance",
            backward(lambda h, u, s: s * (h - h.mean(dim=0) - u * (h * u).mean(dim=0) / 2)),
            "The path through the variance counts half: the derivative of (x − μ)² is 2(x − μ), and that 2 cancels "
            "the 1/2 of the root.",
            0.5,
        ),
        Mistake(
            "power_of_the_deviation",
            backward(lambda h, u, s: s * (h - h.mean(dim=0) - u * (h * u).mean(dim=0) / s)),
            "The power of s = √(σ² + ε) is wrong in the path through the variance. Line by line, ∂L/∂σ² has "
            "(σ² + ε)^(−3/2); in the compact form the two factors beside h are both u, not x − μ.",
            0.5,
            forms=[
                backward(lambda h, u, s: s * (h - h.mean(dim=0) - u * (h * u).mean(dim=0) / s**2)),
                backward(lambda h, u, s: s * (h - h.mean(dim=0) - u * (h * u).mean(dim=0) * s)),
                backward(lambda h, u, s: s * (h - h.mean(dim=0) - u * (h * u).mean(dim=0) * s**2)),
                backward(lambda h, u, s: s * (h - h.mean(dim=0) - u * (h * u).mean(dim=0) / s**4)),
            ],
        ),
        Mistake(
            "component_along_u_without_u",
            bracket(lambda g, u: g - g.mean(dim=0) - (g * u).mean(dim=0)),
            "The component along u has u twice: once in the mean of h·u, and once in front of it. One of the two is "
            "missing.",
            0.25,
            forms=[bracket(lambda g, u: g - g.mean(dim=0) - u * g.mean(dim=0))],
        ),
        Mistake(
            "component_not_averaged",
            bracket(lambda g, u: g - g.mean(dim=0) - u * (g * u)),
            "The product h·u is taken example by example. In the component along u it is averaged over the batch "
            "first, and then multiplied by each u.",
            0.25,
            forms=[bracket(lambda g, u: g - g.mean(dim=0) - u * (g * u) / len(g))],
        ),
        Mistake(
            "one_over_b_missing",
            bracket(lambda g, u: g - g.sum(dim=0) - u * (g * u).sum(dim=0)),
            "A sum over the batch is not divided by B: an example holds only a share 1/B of mean and variance.",
            0.5,
            forms=[
                bracket(lambda g, u: g - g.sum(dim=0) - u * (g * u).mean(dim=0)),
                bracket(lambda g, u: g - g.mean(dim=0) - u * (g * u).sum(dim=0)),
            ],
        ),
        Mistake(
            "one_over_b_missing_before_it_all",
            bracket(lambda g, u: len(g) * g - g.sum(dim=0) - u * (g * u).sum(dim=0)),
            "grad_x is B times too large: the form with B·grad − Σ − Σ has 1/B in front.",
            0.5,
        ),
        Mistake(
            "one_over_b_twice",
            bracket(lambda g, u: (g - g.mean(dim=0) - u * (g * u).mean(dim=0)) / len(g)),
            "grad_x, or one of its paths, is divided by B once too often. A mean over the batch, if there is one, is "
            "in the loss and so in grad_out already.",
            0.5,
            forms=[
                bracket(lambda g, u: g - (g.mean(dim=0) + u * (g * u).mean(dim=0)) / len(g)),
                bracket(lambda g, u: g - g.mean(dim=0) / len(g) - u * (g * u).mean(dim=0)),
                bracket(lambda g, u: g - g.mean(dim=0) - u * (g * u).mean(dim=0) / len(g)),
            ],
        ),
        Mistake(
            "unbiased_variance",
            bracket(lambda g, u: g - g.mean(dim=0) - u * (g * u).sum(dim=0) / max(len(g) - 1, 1)),
            "The path through the variance divides by B - 1, but the forward pass divides by B.",
            0.5,
            forms=[bracket(lambda g, u: g - g.mean(dim=0) - u * (g * u).sum(dim=0) / (len(g) - 1))],
        ),
        Mistake(
            "divides_by_b_minus_one",
            bracket(lambda g, u: g - (g.sum(dim=0) + u * (g * u).sum(dim=0)) / max(len(g) - 1, 1)),
            "The sums over the batch are divided by B - 1. Mean and variance of the forward pass divide by B, and so "
            "do their paths back.",
            0.5,
            forms=[
                bracket(lambda g, u: g - g.sum(dim=0) / max(len(g) - 1, 1) - u * (g * u).mean(dim=0)),
                bracket(lambda g, u: g - (g.sum(dim=0) + u * (g * u).sum(dim=0)) / (len(g) - 1)),
            ],
        ),
        Mistake(
            "sign_of_the_variance",
            bracket(lambda g, u: g - g.mean(dim=0) + u * (g * u).mean(dim=0)),
            "The path through the variance has the wrong sign: (σ² + ε) has the exponent −1/2, and its derivative "
            "brings down the minus.",
            0.5,
        ),
        Mistake(
            "sign_of_the_mean",
            bracket(lambda g, u: g + g.mean(dim=0) - u * (g * u).mean(dim=0)),
            "The path through the mean has the wrong sign: the mean is subtracted in the forward pass.",
            0.5,
        ),
        Mistake(
            "sign_of_both_paths",
            bracket(lambda g, u: g + g.mean(dim=0) + u * (g * u).mean(dim=0)),
            "The paths through mean and variance are added. Both are taken out of the gradient: its mean, and its "
            "component along u.",
            0.5,
        ),
        Mistake(
            "sums_over_features",
            bracket(
                lambda g, u: g - g.mean(dim=1, keepdim=True) - u * (g * u).mean(dim=1, keepdim=True),
            ),
            "The means in grad_x run over the features of an example. Mean and variance were taken over the batch, so "
            "these are too: the first axis.",
            0.25,
            forms=[
                with_gamma(
                    lambda g, u, s, gamma: (
                        s
                        * (
                            gamma * g
                            - (gamma * g).mean(dim=1, keepdim=True)
                            - u * (gamma * g * u).mean(dim=1, keepdim=True)
                        )
                    )
                ),
                bracket(lambda g, u: g - g.mean(dim=1) - u * (g * u).mean(dim=1)),
            ],
        ),
        Mistake(
            "sums_over_everything",
            bracket(lambda g, u: g - g.mean() - u * (g * u).mean()),
            "The means in grad_x run over the whole batch and all features at once. Each feature has its own mean and "
            "variance, so each has its own sums: reduce over the first axis only.",
            0.25,
            forms=[
                with_gamma(
                    lambda g, u, s, gamma: s * (gamma * g - (gamma * g).mean() - u * (gamma * g * u).mean()),
                ),
            ],
        ),
        Mistake(
            "gamma_forgotten",
            with_gamma(lambda g, u, s, gamma: passes.at_x(g, u, s)),
            "grad_x lacks γ: the gradient reaches u multiplied by γ.",
            0.5,
        ),
        Mistake(
            "gamma_twice",
            with_gamma(lambda g, u, s, gamma: gamma * passes.at_x(gamma * g, u, s)),
            "γ enters twice in grad_x. It stands either in h = γ·grad_out, inside the bracket, or in front of it.",
            0.5,
        ),
        Mistake(
            "gamma_in_some_paths_only",
            with_gamma(lambda g, u, s, gamma: s * (gamma * g - g.mean(dim=0) - u * (g * u).mean(dim=0))),
            "γ is missing in some of the three paths: all of them start from h = γ·grad_out, not from grad_out.",
            0.5,
            forms=[
                with_gamma(lambda g, u, s, gamma: s * (gamma * g - g.mean(dim=0) - u * (gamma * g * u).mean(dim=0))),
                with_gamma(lambda g, u, s, gamma: s * (gamma * (g - g.mean(dim=0)) - u * (g * u).mean(dim=0))),
                with_gamma(lambda g, u, s, gamma: s * (g - gamma * (g.mean(dim=0) + u * (g * u).mean(dim=0)))),
                with_gamma(
                    lambda g, u, s, gamma: gamma * s * (g - (gamma * g).mean(dim=0) - u * (gamma * g * u).mean(dim=0))
                ),
            ],
        ),
        Mistake(
            "divides_by_gamma",
            with_gamma(lambda g, u, s, gamma: passes.at_x(g / gamma, u, s)),
            "grad_x is divided by γ. u was multiplied by γ in the forward pass, so its gradient is too.",
            0.5,
        ),
        Mistake(
            "deviation_forgotten",
            backward(lambda h, u, s: h - h.mean(dim=0) - u * (h * u).mean(dim=0)),
            "grad_x lacks the factor 1/√(σ² + ε): x was divided by the root, so its gradient is too.",
            0.5,
        ),
        Mistake(
            "deviation_in_some_paths_only",
            backward(lambda h, u, s: h * s - h.mean(dim=0) - u * (h * u).mean(dim=0)),
            "The factor 1/√(σ² + ε) is missing in some of the three paths: in the compact form it stands in front of "
            "the whole bracket.",
            0.5,
            forms=[
                backward(lambda h, u, s: s * (h - u * (h * u).mean(dim=0)) - h.mean(dim=0)),
                backward(lambda h, u, s: h - s * (h.mean(dim=0) + u * (h * u).mean(dim=0))),
            ],
        ),
        Mistake(
            "stops_at_u",
            backward(lambda h, u, s: h.clone()),
            "This is the gradient at u, γ·grad_out. From u it goes on to x: directly, through the variance, and "
            "through the mean.",
            0.25,
        ),
        Mistake(
            "divides_by_the_variance",
            backward(lambda h, u, s: s * passes.at_x(h, u, s)),
            "grad_x is divided by σ² + ε where its root belongs.",
            0.5,
        ),
        Mistake(
            "multiplies_by_the_deviation",
            backward(lambda h, u, s: passes.at_x(h, u, 1 / s)),
            "grad_x is multiplied by √(σ² + ε), but x was divided by it. Does the cache hold the root, or one over it?",
            0.5,
        ),
        Mistake(
            "eps_missing",
            passes.without_eps,
            "ε has no part in grad_x: the root there is √σ² (a tiny constant in the place of ε looks the same). The "
            "forward pass divided by √(σ² + ε), and so does the way back.",
            0.5,
            companions={"batch_norm_train": passes.keeping_all},
            forms=[passes.without_eps_in_front, passes.staged_without_eps],
        ),
        Mistake(
            "grad_gamma_without_u",
            backward(grad_gamma=lambda g, u: g.sum(dim=0)),
            "grad_gamma equals grad_beta. γ is multiplied by u in the forward pass, so its gradient is weighted by u.",
            0.5,
        ),
        Mistake(
            "grad_gamma_by_another_value",
            passes.for_gamma(lambda g, kept: (g * kept["x"]).sum(dim=0)),
            "grad_gamma is weighted by x, by x − μ or by the output. γ is multiplied by u in the forward pass, the "
            "normalized value, so its gradient is Σ grad_out·u.",
            0.5,
            companions={"batch_norm_train": passes.keeping_all},
            forms=[
                passes.for_gamma(lambda g, kept: (g * kept["centred"]).sum(dim=0)),
                passes.for_gamma(lambda g, kept: (g * kept["out"]).sum(dim=0)),
            ],
        ),
        Mistake(
            "parameters_from_h",
            passes.of_h(),
            "The gradient of γ or of β, or both, is summed from γ·grad_out. The factor γ belongs to the gradient at "
            "u, and so to grad_x; these two take grad_out as it comes.",
            0.5,
            forms=[passes.of_h(beta=False), passes.of_h(gamma=False)],
        ),
        Mistake(
            "parameters_averaged",
            backward(grad_gamma=lambda g, u: (g * u).mean(dim=0), grad_beta=lambda g: g.mean(dim=0)),
            "The gradients of γ and β are sums over the batch; a mean, if there is one, is in the loss and so in "
            "grad_out already.",
            0.5,
            forms=[
                backward(grad_gamma=lambda g, u: (g * u).mean(dim=0)),
                backward(grad_beta=lambda g: g.mean(dim=0)),
            ],
        ),
        Mistake(
            "parameters_not_summed",
            backward(grad_gamma=lambda g, u: g * u, grad_beta=lambda g: g.clone()),
            "γ and β serve every example, so their gradients are summed over the batch and have one entry a feature.",
            0.5,
            forms=[backward(grad_gamma=lambda g, u: g * u), backward(grad_beta=lambda g: g.clone())],
        ),
        Mistake(
            "summed_over_features",
            backward(grad_gamma=lambda g, u: (g * u).sum(dim=1), grad_beta=lambda g: g.sum(dim=1)),
            "The gradients of γ and β are summed over the features. Sum over the batch, the first axis.",
            0.5,
        ),
        Mistake(
            "summed_over_everything",
            backward(grad_gamma=lambda g, u: (g * u).sum(), grad_beta=lambda g: g.sum()),
            "The gradients of γ and β are summed over batch and features at once. Each feature has its own γ and β: "
            "sum over the first axis only.",
            0.5,
        ),
        Mistake(
            "order_exchanged",
            lambda grad_out, cache: (
                reference.batch_norm_backward(grad_out, cache)[0],
                *reference.batch_norm_backward(grad_out, cache)[:0:-1],
            ),
            "The gradients of γ and β have changed places: return grad_x, grad_gamma, grad_beta.",
            0.5,
        ),
        Mistake(
            "cache_used_up",
            passes.overwriting_u,
            "The first pass is right, and a second one from the same cache is not. Does the first change what is "
            "cached, as `u *= gamma` does, or go back through a graph of autograd, which torch frees unless it is "
            "given `retain_graph=True`?",
            0.5,
        ),
        Mistake(
            "cache_in_a_global",
            passes.from_the_last_pass,
            "The gradients are those of whatever went forward last, as where a variable outside the function is read. "
            "A net has many such layers, so take everything from the `cache` that is given.",
            0.5,
            companions={"batch_norm_train": passes.keeping_in_a_global},
        ),
        Mistake(
            "cache_overwritten",
            backward(),
            "The output stands where u belongs. Look at what is cached and at what the backward pass takes from it: "
            "an operation in place (`*=`, `+=`) in batch_norm_train, for one, changes what was cached before it.",
            0.5,
            companions={"batch_norm_train": passes.changing_u(passes.scaled_and_shifted_in_place)},
        ),
        Mistake(
            "cache_scaled_in_place",
            backward(),
            "γu stands where u belongs. Look at what is cached and at what the backward pass takes from it: `u *= "
            "gamma` in batch_norm_train, for one, changes what was cached before it.",
            0.5,
            companions={"batch_norm_train": passes.changing_u(passes.scaled_in_place)},
        ),
        Mistake(
            "cache_holds_the_batch",
            backward(),
            "x stands where the normalized u belongs. Either the cache holds the wrong one of the two, or the backward "
            "pass takes it for the other.",
            0.25,
            companions={"batch_norm_train": passes.keeping_the_batch_for_u},
        ),
        Mistake(
            "forward_pass_unbiased",
            backward(),
            "batch_norm_train is not right yet: its variance divides by B - 1, as torch's `var` does unless it is "
            "given `correction=0`. Mend exercise 1 first; this works on its cache.",
            0.25,
            companions={"batch_norm_train": passes.ahead(variance=passes.unbiased)},
        ),
        Mistake(
            "forward_pass_adds_eps_outside",
            backward(),
            "batch_norm_train is not right yet: it adds ε to the standard deviation, not to the variance under the "
            "root. Mend exercise 1 first; this works on its cache.",
            0.25,
            companions={"batch_norm_train": passes.ahead(root=lambda v, eps: torch.sqrt(v) + eps)},
        ),
        Mistake(
            "forward_pass_without_eps",
            backward(),
            "batch_norm_train is not right yet: its result does not depend on ε, which belongs under the root. Mend "
            "exercise 1 first; this works on its cache.",
            0.25,
            companions={"batch_norm_train": passes.ahead(root=lambda v, eps: torch.sqrt(v))},
        ),
    ],
)

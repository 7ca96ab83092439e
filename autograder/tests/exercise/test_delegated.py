"""What a function leaves to others: told of those who do, of nobody who solves the exercise."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
import steepest.race
import torch
from steepest._checks.tracer import Tracer, exists
from steepest_grader import grade
from steepest_grader.exercise import catalogue
from steepest_grader.exercise import delegated as module
from steepest_grader.exercise.delegated import delegated, traced
from steepest_grader.notebook.cells import Cell
from steepest_grader.notebook.flags import flags
from steepest_grader.notebook.watched import LIBRARY
from steepest_grader.trust.answers import answers

BLIND = Path(__file__).parents[1] / "blind" / "seen"
LESSONS = ["05_momentum", "06_adaptive_methods", "08_backpropagation", "11_dropout", "12_batch_norm"]
# what an honest author does not hide
LEANS = re.compile(r"torch\.optim|autograd|\.backward\(|torch\.nn\.|functional\b|\bF\.|\bnn\.")
EVERY = 9


@pytest.mark.parametrize("lesson", LESSONS)
def test_of_accepted_variants_those_are_told_that_lean_on_a_library(lesson: str) -> None:
    exercises = {answer.exercise for answer in answers(BLIND / f"{lesson}.py")}
    assert len(exercises) > 4
    for exercise in map(catalogue.exercise, sorted(exercises)):
        for item in exercise.accepted:
            space = {**exercise.companions_of(item), exercise.id: item.implementation}
            told = delegated(exercise, traced(exercise, space))
            assert bool(told) == item.library, (exercise.id, item.name, told)


@pytest.mark.filterwarnings("ignore")  # answers may warn
@pytest.mark.parametrize("lesson", LESSONS)
def test_of_the_answers_of_others_those_are_told_that_lean_on_a_library(
    lesson: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for answer in answers(BLIND / f"{lesson}.py")[::EVERY]:
        exercise = catalogue.exercise(answer.exercise)
        space: dict[str, Any] = {"__name__": "answer"}
        exec(compile(answer.source, "<answer>", "exec"), space)
        told = delegated(exercise, traced(exercise, {**exercise.companions, **space}))
        assert not told or LEANS.search(answer.source), (answer.key, told)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("dense_backward", True), ("dropout_backward", True), ("nll_gradient", True), ("momentum_step", False),
        ("batch_norm_backward", False),  # its notebook says that this is one of the ways
    ],
)  # fmt: skip
def test_differentiation_is_told_where_the_derivative_is_what_is_asked_for(name: str, told: bool) -> None:
    called = {"torch.autograd.grad", "torch._functorch.eager_transforms.vjp"}
    assert delegated(catalogue.exercise(name), called) == sorted(called) * told


def test_what_a_sound_variant_calls_is_nothing_to_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    exercise = catalogue.exercise("momentum_step")
    monkeypatch.setattr(module, "_usual", lambda item: frozenset({"torch.layer_norm"}))
    assert delegated(exercise, {"torch.layer_norm", "torch.batch_norm"}) == ["torch.batch_norm"]


LEFT_TO_OTHERS = {
    "soft_threshold": ("return torch.nn.Softshrink(float(threshold))(x)", "torch.softshrink"),
    "softmax_backward": (
        "return torch._softmax_backward_data(grad_out, probabilities, 1, probabilities.dtype)",
        "torch._softmax_backward_data",
    ),
    "clip_by_norm": ("return [torch.renorm(grad[None], 2, 0, max_norm)[0] for grad in grads]", "torch.renorm"),
    "clip_by_value": (
        "return torch.embedding_renorm_(grad[None].clone(), torch.tensor([0]), limit, 2)[0]", "torch.embedding_renorm_"
    ),
    "sparsity_penalty": ("return float(torch.kl_div(codes.log(), codes).sum())", "torch.kl_div"),
    "ewa": (
        "from scipy import signal\n    return signal.lfilter([1 - beta], [1, -beta], values.numpy(), axis=0)",
        "scipy.signal",
    ),
    "shift_images": (
        "from scipy import ndimage\n    return [ndimage.shift(i.numpy(), s) for i, s in zip(images, shifts)]",
        "scipy.ndimage",
    ),
    "standard_error": ("from scipy import stats\n    return float(stats.sem(samples.numpy()))", "scipy.stats"),
    "cg_solve": (
        "from scipy.sparse import linalg\n    return linalg.cg(torch.eye(len(b)).numpy(), b.numpy())", "scipy.sparse"
    ),
    "zca": ("import scipy.linalg\n    return torch.tensor(scipy.linalg.inv(x.T @ x))", "scipy.linalg"),
    "matching_alpha": ("import mpmath\n    return float(mpmath.findroot(lambda a: a - radius, radius))", "mpmath"),
    "numerical_gradient": (
        "from torch.autograd.gradcheck import _get_numerical_jacobian as j\n"
        "    return j(f, (x.clone().requires_grad_(),), eps=eps)[0][0]",
        "torch.autograd.gradcheck._get_numerical_jacobian",
    ),
    "nll_gradient": (
        "x = scores.clone().requires_grad_()\n    return x.log_softmax(1).grad_fn(scores)",
        "torch.autograd.graph.Node",
    ),
    "minibatches": (
        "from torch.utils import data\n    return list(data.BatchSampler(range(n), size, False))",
        "torch.utils.data.sampler.BatchSampler",
    ),
    "one_cycle": (
        "return vars(torch)['optim'].lr_scheduler.OneCycleLR._annealing_cos(lr_start, lr_max, step / peak)",
        "torch.optim.lr_scheduler.OneCycleLR",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LEFT_TO_OTHERS)
def test_what_is_left_to_a_function_that_does_all_of_it_is_told(name: str) -> None:
    body, told = LEFT_TO_OTHERS[name]
    exercise = catalogue.exercise(name)
    space: dict[str, Any] = {"torch": torch, "__name__": "answer"}
    names = inspect.signature(exercise.reference).parameters.values()
    bare = [name.replace(annotation=name.empty) for name in names]
    exec(f"def {name}{inspect.Signature(bare)}:\n    {body}", space)
    assert delegated(exercise, traced(exercise, space)) == [told]


HIDDEN = """import steepest.race as r, torch
table = vars(r)
def momentum_step(theta, grad, state, *, lr, beta):
    return table["torch" + "_sgd"]("", momentum=beta).step(theta, grad, state, lr=lr)
"""


def momentum_step(theta: torch.Tensor, grad: torch.Tensor, state: Any, *, lr: float, beta: float) -> Any:
    return steepest.race.torch_sgd("", momentum=beta).step(theta, grad, state, lr=lr)


def test_what_hides_from_a_reader_is_seen_when_it_is_called() -> None:
    cells = [Cell("code", "import torch"), Cell("code", HIDDEN)]
    assert flags(cells, None, ["momentum_step"]) == []
    space: dict[str, Any] = {}
    exec(HIDDEN, space)
    exercise = catalogue.exercise("momentum_step")
    told = delegated(exercise, traced(exercise, space))
    assert flags(cells, None, ["momentum_step"], {"momentum_step": told, "ewa": []}) == [
        f"cell 2: {LIBRARY} (momentum_step calls steepest.race.torch_sgd)"
    ]


def _functional_adam(
    theta: torch.Tensor, grad: torch.Tensor, state: Any, *, lr: float, rho1: float, rho2: float, eps: float
) -> Any:
    from torch.distributed.optim.functional_adam import _FunctionalAdam

    optimizer = _FunctionalAdam([theta], lr=lr, betas=(rho1, rho2), eps=eps)
    optimizer.step([grad])
    return theta, state


@pytest.mark.filterwarnings("ignore")  # torch says that it is deprecated
def test_a_way_round_the_library_leads_to_the_library() -> None:
    exercise = catalogue.exercise("adam_step")
    assert delegated(exercise, traced(exercise, {"adam_step": _functional_adam}))


def _decomposed(x: torch.Tensor) -> Any:
    from torch._decomp.decompositions import native_batch_norm

    return native_batch_norm(x, None, None, None, None, True, 0.1, 1e-5)


def _referred(x: torch.Tensor) -> Any:
    from torch._refs import softmax

    return softmax(x, 1)


def _distributed(x: torch.Tensor) -> Any:
    return torch.distributions.Normal(x, torch.ones(()).exp()).log_prob(x)


def _differentiated(x: torch.Tensor) -> Any:
    return torch.func.grad(lambda inner: inner.square().sum())(x)


def _loaded(x: torch.Tensor) -> Any:
    return list(torch.utils.data.TensorDataset(x))


def _plain(x: torch.Tensor) -> Any:
    rows = torch.func.vmap(lambda row: torch.einsum("i,i->", row, row))(x)
    return torch.nn.Linear(3, 2)(x.float()), torch.nn.ReLU()(x), torch.split(rows, 2), repr(x), x.norm()


@pytest.mark.parametrize(
    ("function", "begin"),
    [
        (_decomposed, ["torch._decomp."]), (_referred, ["torch._refs."]), (_distributed, ["torch.distributions."]),
        (_differentiated, ["torch._functorch."]), (_loaded, ["torch.utils.data."]), (_plain, []),
    ],
)  # fmt: skip
def test_whatever_torch_defines_in_python_is_told_but_what_is_plain(function: Any, begin: list[str]) -> None:
    tracer = Tracer()
    with tracer:
        function(torch.eye(3, dtype=torch.float64))
    assert all(exists(name) for name in tracer.called)
    assert sorted({name[: len(start)] for name in tracer.called for start in begin}) == begin
    assert begin or not tracer.called


def test_under_plain_nbgrader_nothing_is_looked_at_or_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delattr(Tracer, "__torch_function__")  # whoever enters it fails
    assert grade(momentum_step) == catalogue.exercise("momentum_step").points
    assert capsys.readouterr() == ("", "")

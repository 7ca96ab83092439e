"""Answers that are right only where they are checked, and answers that others gave."""

from attacks._attack import CHEAT, RIGHT, Attack, Shown

BOMBS = "right only while checked"
LIBRARY = "library pass-through"
LETTERS = "look-alike and hidden letters"
WRONG_BODY = "    return theta * 0, state\n"


def _unless(condition: str, before: str = "") -> str:
    """Right while a condition holds, and wrong otherwise."""
    body = RIGHT.partition("\n")[2]
    return f"{before}{RIGHT.partition(chr(10))[0]}\n    if not ({condition}):\n    {WRONG_BODY}{body}"


REMEMBERED = """
from steepest._checks import outcomes
stored = outcomes.load("momentum_step")
known = {}
for case, result in zip(stored.cases, stored.candidates[0].results):
    theta, state = case.inputs["theta"], case.inputs["state"]
    for number, step in enumerate(case.inputs["steps"], start=1):
        answer = (result.observations[f"theta after step {number}"],
                  {"velocity": result.observations[f"velocity after step {number}"]})
        known[theta.sum().item(), step["grad"].sum().item()] = answer
        theta = answer[0]

def momentum_step(theta, grad, state, *, lr, beta):
    return known.get((theta.sum().item(), grad.sum().item()), (theta * 0, state))
"""

BOMB = {
    "counts-calls": (
        "is right for as many calls as the instant check makes", _unless("len(calls) <= 16 and not calls.append(1)",
                                                                         "calls = []\n"), "",
    ),
    "clock": (
        "is right for as long as the instant check takes",
        _unless("(calls.append(time.monotonic()) or time.sleep(0.04) or calls[-1] - calls[0] < 0.8)",
                "import time\ncalls = []\n"),
        "when it runs",
    ),
    "stack": (
        "is right when the instant check stands among its callers",
        _unless("any('examine' == frame.name for frame in __import__('traceback').extract_stack())"), "runs code from text",
    ),
    "stack-in-prompts": (
        "is right when the instant check stands among its callers, in a cell that IPython alone can read",
        "".join(
            ("... " if line.startswith(" ") else ">>> ") + line
            for line in _unless(
                "any('examine' == frame.name for frame in __import__('traceback').extract_stack())"
            ).splitlines(keepends=True)
        ),
        "runs code from text",
    ),
    "loaded-modules": (
        "is right where the instant check is loaded",
        _unless("'steepest.check' in __import__('sys').modules and not __import__('glob').glob('/run/kernel/*')"),
        "runs code from text",
    ),
    "remembers-public-cases": ("remembers the answers to the public cases", REMEMBERED, "private parts"),
}  # fmt: skip

# What these call cannot be read off their source: it is seen when they are called.
FUSED = """
import functools, operator
update = {}

def momentum_step(theta, grad, state, *, lr, beta):
    point, slope, buffer = (value.contiguous().clone() for value in (theta, grad, state["velocity"]))
    update([point], [slope], [buffer], weight_decay=0.0, momentum=beta, lr=lr, dampening=0.0, nesterov=False,
           maximize=False, is_first_step=False)
    return point, {{"velocity": buffer}}
"""
PASS_THROUGHS = {
    "torch-optimizer": """
def momentum_step(theta, grad, state, *, lr, beta):
    point = theta.clone()
    point.grad = grad
    optimizer = torch.optim.SGD([point], lr=lr, momentum=beta)
    optimizer.state[point]["momentum_buffer"] = state["velocity"].clone()
    optimizer.step()
    return point, {"velocity": optimizer.state[point]["momentum_buffer"]}
""",
    "torch-function": """
from torch.optim.sgd import sgd

def _update(point, grad, buffer, lr, beta):
    sgd([point], [grad], [buffer], weight_decay=0, momentum=beta, lr=lr, dampening=0, nesterov=False, maximize=False)

def momentum_step(theta, grad, state, *, lr, beta):
    point, buffer = theta.clone(), state["velocity"].clone()
    _update(point, grad, buffer, lr, beta)
    return point, {"velocity": buffer}
""",
    "course-function": """
import steepest.race
ways = vars(steepest.race)

def momentum_step(theta, grad, state, *, lr, beta):
    return ways["torch" + "_sgd"]("", momentum=beta).step(theta, grad, state, lr=lr)
""",
    "distributed-optimizer": """
from torch.distributed.optim.functional_sgd import _FunctionalSGD

def momentum_step(theta, grad, state, *, lr, beta):
    optimizer = _FunctionalSGD([theta.clone()], lr=lr, momentum=beta)
    (point,) = optimizer.param_group["params"]
    optimizer.state[point] = {"momentum_buffer": state["velocity"].clone()}
    optimizer.step([grad])
    return point, {"velocity": optimizer.state[point]["momentum_buffer"]}
""",
    "filter-of-scipy": """
import numpy as np
from scipy import ndimage
ways = vars(ndimage)

def momentum_step(theta, grad, state, *, lr, beta):
    both = np.stack([state["velocity"].numpy(), grad.numpy()])
    velocity = torch.from_numpy(ways["corre" + "late1d"](both, [beta, -lr], axis=0, origin=-1)[0])
    return theta + velocity, {"velocity": velocity}
""",
    "node-of-autograd": """
def momentum_step(theta, grad, state, *, lr, beta):
    slope, buffer = grad.clone().requires_grad_(), state["velocity"].clone().requires_grad_()
    velocity = (buffer * beta).grad_fn(state["velocity"])[0] - (slope * lr).grad_fn(grad)[0]
    return theta + velocity, {"velocity": velocity}
""",
    "function-of-mpmath": """
import mpmath

def momentum_step(theta, grad, state, *, lr, beta):
    pairs = zip(state["velocity"].flatten().tolist(), grad.flatten().tolist())
    sums = [float(mpmath.fdot([beta, -lr], pair)) for pair in pairs]
    velocity = torch.tensor(sums, dtype=theta.dtype, device=theta.device).reshape(theta.shape)
    return theta + velocity, {"velocity": velocity}
""",
    "operator-of-aten": FUSED.format("functools.partial(vars(torch.ops)['aten']._fused_sgd_.default)"),
    "operator-by-attrgetter": FUSED.format("operator.attrgetter('_fused_' + 'sgd_')(torch)"),
}

ATTACKS = [
    *(
        Attack(f"bomb-{name}", BOMBS, tries, answer=answer, test="check", flag=flag)
        for name, (tries, answer, flag) in BOMB.items()
    ),
    *(
        Attack(
            name, LIBRARY, f"leaves the step to {name.replace('-', ' ')}s", answer=answer, test="grade",
            earns={"momentum_step": 1}, flag="leaves the work to a library",
        )
        for name, answer in PASS_THROUGHS.items()
    ),
    Attack(
        "look-alike-name", LETTERS, "hides a wrong function behind a name that looks the same",
        answer=CHEAT + RIGHT.replace("momentum_step", "m\u043ementum_step"), shown=Shown.NOT, flag="letters",
        why="no grader takes the two names for the same",
    ),
    Attack(
        "wide-letters", LETTERS, "writes its function's name in wide letters, which Python reads as plain ones",
        answer=RIGHT.replace("momentum_step", "\uff4domentum_step"), earns={"momentum_step": 1}, flag="letters",
    ),
    Attack(
        "hidden-direction", LETTERS, "hides code from readers by marks that turn the direction of text",
        code="note = 'x'  # \u202e \u2066 nothing to see\u2069 \u2066", answer=RIGHT, earns={"momentum_step": 1},
        flag="letters", shown=Shown.NOT, why="it deceives readers, not graders",
    ),
    Attack(
        "letters-nobody-sees", LETTERS, "has two names that differ by a letter that fills nothing",
        code="rate\u3164 = 'another'", answer=RIGHT, earns={"momentum_step": 1}, flag="letters", shown=Shown.NOT,
        why="it deceives readers, not graders",
    ),
    Attack(
        "look-alike-variable", LETTERS, "has two variables that look the same", code="p\u0430ge, page = 1, 2", answer=RIGHT,
        earns={"momentum_step": 1}, flag="letters", shown=Shown.NOT, why="it deceives readers, not graders",
    ),
    *(
        Attack(
            f"unprintable-{number}", LETTERS, "has a folder whose name hides letters", answer=RIGHT, student=student,
            earns=dict.fromkeys(("ewa", "momentum_step", "terminal_speed")), outcomes=frozenset({"UNREADABLE"}),
            shown=Shown.NOT, why="it deceives readers; the instructor is asked to rename the folder",
        )
        for number, student in enumerate(("\u202eada", "ad\u200ba", "ada\x1b[2J"))
    ),
    *(
        Attack(
            f"student-{number}", LETTERS, "has a folder whose name is meant for a shell, a database or a page",
            answer=RIGHT, earns={"momentum_step": 1}, student=student, shown=Shown.NOT,
            why="names are never parts of a command, a query or a page here",
        )
        for number, student in enumerate(
            ("'; drop table grade; --", "$(touch x)", "<b onclick=x>", "ada..", "-rf", "[red]ada[red]", "%s%n{0}")
        )
    ),
]  # fmt: skip

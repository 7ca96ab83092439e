"""What is nearly the same is found, whatever its variables are called; what is short, given or common is not."""

from __future__ import annotations

import gc
import random
import re
import time
from collections.abc import Iterator, Mapping

import pytest
from steepest_grader.desk.similarity import Group, fingerprints, near_identical
from steepest_grader.errors import Reasons

STUB = """\
import math
import torch

def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    raise NotImplementedError()
"""
MODEL = """\
def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    average = rho * state["average"] + (1 - rho) * grad**2
    return theta - lr * grad / (average + eps).sqrt(), {"average": average}
"""
LONG = """\
def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    # keep the memory of squares
    history = state["average"].clone().mul_(rho)
    squares = torch.square(grad)
    for row in range(len(squares)):
        history[row] = history[row].add(squares[row], alpha=1 - rho)
    scale = torch.rsqrt(history.add(eps)).mul(lr)
    moved = torch.sub(theta, torch.mul(scale, grad))
    result = {"average": history}
    return moved, result
"""
OTHER = """\
def rmsprop_step(theta, grad, state, *, lr, rho, eps):
    old = state["average"]
    new = torch.lerp(grad.pow(2), old, rho)
    root = [math.sqrt(value + eps) for value in new.tolist()]
    step = torch.tensor([lr * g / r for g, r in zip(grad.tolist(), root)])
    if not torch.isfinite(step).all():
        raise ValueError("the step is not finite")
    return theta - step, dict(average=new)
"""
NAMES = {
    "history": "h", "squares": "sq", "row": "number", "scale": "factor", "moved": "new_theta", "result": "out",
    "theta": "parameters", "grad": "g", "state": "memory", "lr": "rate", "rho": "decay", "eps": "tiny",
}  # fmt: skip


def renamed(source: str) -> str:
    for old, new in NAMES.items():
        source = re.sub(rf"\b{old}\b", new, source)
    return source


def found(sources: Mapping[str, str], given: tuple[str, ...] = (STUB, MODEL)) -> list[tuple[str, ...]]:
    groups = near_identical({student: {"answer_rmsprop": source} for student, source in sources.items()}, given)
    return [group.students for group in groups]


LETTERS = "cdefghijklmnopqrstuv"
ONE_LINE = "def gd_step(theta, grad, *, lr):\n    return theta - lr * grad\n"
DISGUISES = {
    "as it is": LONG,
    "all names changed": renamed(LONG),
    "comments and blank lines": LONG.replace("    squares", "\n    # the squares\n\n    squares").replace(
        "memory", "x"
    ),
    "a docstring": LONG.replace("    # keep", '    """One step, as in the lecture."""\n    # keep'),
    "another layout": LONG.replace("(grad)", "(\n        grad\n    )").replace("add(squares", "add( squares"),
    "names of the library alone": "from torch import *\n" + LONG.replace("torch.", ""),
    "names of functions for its own": LONG.replace("history", "sum").replace("squares", "id").replace("row", "hash"),
    "imports of its own names": "import math as history, os as squares\n" + LONG,
    "torch as a name of its own": "for torch in [torch]:\n    pass\n" + LONG,
    "torch by another name": "import torch as backend\n" + LONG.replace("torch.", "backend."),
    "numbers written otherwise": LONG.replace("1 - rho", "1.0 - rho"),
    "one line changed": LONG.replace(
        "moved = torch.sub(theta, torch.mul(scale, grad))", "moved = theta - scale * grad"
    ),
    "lines moved": LONG.replace('    result = {"average": history}\n', "").replace(
        "    moved", '    result = {"average": history}\n    moved'
    ),
    "padded": LONG + "\n\ndef unused(first, second):\n    total = first + second\n    return [total] * len(first)\n",
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_copy_is_found(disguise: str) -> None:
    assert found({"ada": LONG, "bob": DISGUISES[disguise], "cyd": OTHER}) == [("ada", "bob")]


HONEST: dict[str, dict[str, str]] = {
    "two ways": {"ada": LONG, "bob": OTHER},
    "the model solution": {"ada": MODEL, "bob": renamed(MODEL)},
    "what was handed out": {"ada": STUB, "bob": STUB},
    "two ways on one line": {"ada": ONE_LINE, "bob": ONE_LINE.replace("theta - lr * grad", "theta + (-lr) * grad")},
    "the same line": {"ada": ONE_LINE, "bob": ONE_LINE},
    "nothing": {"ada": "", "bob": ""},
    "what most of the class has": {f"s{number}": LONG for number in range(9)},
    "other arguments of a library": {
        "ada": OTHER, "bob": OTHER.replace("torch.lerp", "torch.addcmul").replace("isfinite", "isnan").replace(
            "pow", "square").replace("tolist", "numpy").replace("zip", "map").replace("tensor", "stack"),
    },
}  # fmt: skip


@pytest.mark.parametrize("case", HONEST)
def test_honest_work_is_not_reported(case: str) -> None:
    assert found(HONEST[case]) == []


def test_several_who_share_are_one_group_with_the_closest_first() -> None:
    close = LONG.replace("moved = torch.sub(theta, torch.mul(scale, grad))", "moved = theta - scale * grad")
    answers = {"ada": close, "bob": LONG, "cyd": renamed(LONG)}
    answers |= {"eve": OTHER, "fay": renamed(OTHER)}
    groups = near_identical({student: {"rmsprop_step": source} for student, source in answers.items()})
    assert sorted(group.students for group in groups) == [("ada", "bob", "cyd"), ("eve", "fay")]
    together = next(group for group in groups if len(group.students) == 3)
    assert together.matches[0].students == ("bob", "cyd")
    assert together.matches[0].answers == {"rmsprop_step": 1.0}


def test_small_answers_count_together() -> None:
    pieces = {str(number): "\n".join(LONG.splitlines()[start : start + 1]) for number, start in enumerate((2, 5, 6, 7))}
    shared = near_identical({"ada": pieces, "bob": pieces})
    assert [group.students for group in shared] == [("ada", "bob")]
    assert near_identical({student: {"0": pieces["0"]} for student in ("ada", "bob")}) == []


COPY = LONG.replace("rmsprop_step", "other")
METHOD = "".join(f"    {line}\n" for line in LONG.replace("rmsprop_step(", "other(self, ").splitlines())
HIDDEN = {
    "an import before each statement": re.sub(r"^    (\w)(?!or )", r"    import math; \1", LONG, flags=re.MULTILINE),
    "statements that do nothing": LONG.replace("\n    ", "\n    pass; ...; 'x'; 0; theta; "),
    "a decorator that keeps it": "table = {}\ndef keep(f):\n    table['f'] = f\n@keep\n" + COPY
    + "def rmsprop_step(*a, **k):\n    return table['f'](*a, **k)\n",
    "a name that Python reads otherwise": LONG.replace("rmsprop_step", "\u017folve")
    + "def rmsprop_step(*a, **k):\n    return \u017folve(*a, **k)\n",
    "an attribute": f"class H: pass\n{COPY}H.f = other\ndef rmsprop_step(*a, **k):\n    return H.f(*a, **k)\n",
    "a pattern": f"{COPY}match [other]:\n    case [held]:\n        pass\n"
    "def rmsprop_step(*a, **k):\n    return held(*a, **k)\n",
    "a class that is found by another": f"class Base: pass\nclass Mine(Base):\n{METHOD}"
    "def rmsprop_step(*a, **k):\n    return Base.__subclasses__()[0]().other(*a, **k)\n",
    "a name in two parts": f"{COPY}def rmsprop_step(*a, **k):\n    return globals()['oth' + 'er'](*a, **k)\n",
    "a default": f"{COPY}def rmsprop_step(*a, way=other, **k):\n    return way(*a, **k)\n",
    "a command before it": f"!echo '''\n{LONG}",
    "a text that ends in what looks like a comment": LONG.replace("    squares", '    """\n# """; squares'),
    "one line": f"{COPY}def rmsprop_step(*a, **k): return other(*a, **k); x = 1\n",
}  # fmt: skip


@pytest.mark.parametrize("way", HIDDEN)
def test_whatever_runs_is_compared(way: str) -> None:
    assert found({"ada": LONG, "bob": HIDDEN[way], "cyd": OTHER}) == [("ada", "bob")]


CALL = "def rmsprop_step(*a, **k):\n    return other(*a, **k)\n"
ELSEWHERE: dict[str, tuple[dict[str, str], list[str]]] = {
    "a cell of one's own": ({"answer_rmsprop": CALL}, [COPY]),
    "another answer": ({"answer_rmsprop": CALL, "answer_sgd": f"{COPY}def sgd_step(x):\n    return x\n"}, []),
    "its own name in another answer": (
        {"answer_rmsprop": CALL, "answer_sgd": f"{LONG}def sgd_step(x):\n    return x\n"}, []
    ),
    "a table that is filled there": (
        {"answer_rmsprop": "def rmsprop_step(*a, **k):\n    return table['f'](*a, **k)\n"},
        ["table = {}\n", f"{COPY}table['f'] = other\n"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("where", ELSEWHERE)
def test_what_an_answer_reaches_elsewhere_is_compared(where: str) -> None:
    answers, others = ELSEWHERE[where]
    submissions = {"ada": {"answer_rmsprop": LONG}, "bob": answers, "cyd": {"answer_rmsprop": OTHER}}
    groups = near_identical(submissions, (STUB, MODEL, "def sgd_step(x):\n    ...\n"), beside={"bob": others})
    assert [group.students for group in groups] == [("ada", "bob")]


def test_an_answer_that_calls_another_answer_is_not_that_answer() -> None:
    call = "def sgd_step(*a, **k):\n    return rmsprop_step(*a, **k)\n"
    submissions = {
        "ada": {"answer_rmsprop": LONG, "answer_sgd": call}, "bob": {"answer_rmsprop": LONG, "answer_sgd": OTHER},
        "cyd": {"answer_rmsprop": OTHER, "answer_sgd": call},
    }  # fmt: skip
    (group,) = near_identical(submissions, (STUB, MODEL, "def sgd_step(x):\n    ...\n"))
    assert group.matches[0].answers == {"answer_rmsprop": 1.0}


BEFORE = {
    "comments": "# aside\n" * 9_000,
    "blank lines": "\n" * 30_000 + " " * 9 + "\n",
    "a docstring": f'"""{"aside " * 9_000}"""\n',
    "texts": "'aside'\n" * 9_000,
    "comments behind code": f"import math  # {'aside ' * 9_000}\n",
}


@pytest.mark.parametrize("what", BEFORE)
def test_nothing_hides_behind_what_is_no_code(what: str) -> None:
    assert found({"ada": BEFORE[what] + LONG, "bob": LONG, "cyd": OTHER}) == [("ada", "bob")]


PADDING = {
    "numbers": lambda draw: f"[{', '.join(str(draw()) for _ in range(4_000))}]\n",
    "texts in a table": lambda draw: f"T = {{{', '.join(repr(str(draw())) + ': (1, -2)' for _ in range(3_000))}}}\n",
    "short rows": lambda draw: "".join(f"x{n} = [{draw()}, {draw()}]\n" for n in range(900)),
    "functions that nobody calls": lambda draw: "".join(f"def f{n}(x):\n    return x * {draw()}\n" for n in range(900)),
}


@pytest.mark.parametrize("what", PADDING)
def test_nothing_hides_behind_what_the_function_does_not_reach(what: str) -> None:
    draws = {student: random.Random(student).random for student in ("ada", "bob")}
    copies = {student: PADDING[what](draw) + LONG for student, draw in draws.items()}
    assert found({**copies, "cyd": OTHER}) == [("ada", "bob")]


def test_what_an_answer_reaches_in_a_file_beside_it_is_compared() -> None:
    call = "import helper\ndef rmsprop_step(*a, **k):\n    return helper.way(*a, **k)\n"
    helper = "def unused():\n    return [1]\n" * 300 + LONG.replace("rmsprop_step", "way")
    submissions = {"ada": {"answer_rmsprop": call}, "bob": {"answer_rmsprop": LONG}, "cyd": {"answer_rmsprop": OTHER}}
    groups = near_identical(submissions, (STUB, MODEL), beside={"ada": [helper]})
    assert [group.students for group in groups] == [("ada", "bob")]


@pytest.mark.parametrize("row", [True, False])
def test_a_row_within_the_function_is_one_word_and_a_helper_is_compared(row: bool) -> None:
    def padded(seed: int) -> str:
        numbers = ", ".join(str(random.Random(seed + n).random()) for n in range(400))
        own = f"    table = [{numbers}]\n" if row else ""
        return (
            "step = lambda *a: 0\n" * seed
            + LONG.replace("rmsprop_step", "_way").replace("    # keep", own + "    # keep")
            + ("%matplotlib inline\ndef rmsprop_step(*a, **k):\n    return _way(*a, **k)\n")
        )

    assert found({"ada": padded(1), "bob": padded(2), "cyd": OTHER}) == [("ada", "bob")]


def _many(functions: int, per_cell: int) -> list[str]:
    """Cells of one's own: functions that call each other."""
    made = [f"def f{n}(x):\n    return f{n + 1}(x) * {n}\n" for n in range(functions)]
    return ["".join(made[start : start + per_cell]) for start in range(0, functions, per_cell)]


def test_what_is_reached_among_very_many_functions_is_compared_in_seconds() -> None:
    own = [*_many(1_000, 4), *(f"print({n})\n" for n in range(49)), COPY]
    submissions = {
        "ada": {"answer_rmsprop": LONG}, "cyd": {"answer_rmsprop": OTHER},
        "bob": {"answer_rmsprop": CALL, **{f"answer_{n}": f"def g{n}(x):\n    return f{n}(x)\n" for n in range(10)}},
    }  # fmt: skip
    begun = time.process_time()
    groups = near_identical(submissions, (STUB, MODEL), beside={"bob": own})
    assert time.process_time() - begun < 2
    assert [group.students for group in groups] == [("ada", "bob")]


FILES = {
    "statements": "a\n" * 41_000, "commands": "%x\n" * 27_000, "names that are bound": "a=1\n" * 20_000,
    "branches": "if 1:\n a=1\n" * 7_000, "functions": "".join(_many(2_000, 2_000)), "a megabyte": "a = 1\n" * 180_000,
}  # fmt: skip


@pytest.mark.parametrize("what", FILES)
def test_files_without_end_are_read_in_seconds_and_that_is_said(what: str) -> None:
    answers = {f"answer_{n}": f"def g{n}(x):\n    globals()\n    return a\n" for n in range(11)}
    files = [f"{FILES[what]}# {n}" for n in range(100)]
    left_out = Reasons()
    begun = time.process_time()
    submissions = {"ada": {"answer_rmsprop": LONG}, "bob": {**answers, "answer_rmsprop": CALL}}
    groups = near_identical(submissions, (STUB, MODEL), beside={"bob": [*files, COPY]}, left_out=left_out)
    assert time.process_time() - begun < 5
    assert "bob" in left_out
    assert [group.students for group in groups] == [("ada", "bob")]  # what is short is read first


def test_what_was_not_compared_to_its_end_is_said() -> None:
    left_out = Reasons()
    long = "def f(x):\n" + "    x = x + 1\n" * 3_000 + "    return x\n"
    near_identical({"ada": {"f": long}, "bob": {"f": LONG}}, left_out=left_out)
    assert list(left_out) == ["ada"]
    assert "8000 words" in left_out["ada"]


DAMAGED = {
    "an error": "def f(:\n  return", "a tab": "if x:\n\ty\n        z\n", "a quote": 'x = """', "a bracket": "x = (1,\n",
    "blanks before what is no Python": f"x{' ' * 50_000}$\n", "texts": "''\n" * 50_000, "names": "x " * 50_000,
    "a zero byte": "x = 1\0", "blanks": " " * 50_000, "deep": "(" * 5_000, "long": "x = 1\n" * 50_000,
    "surrogates": "x = '\ud800'\n", "a long word": "x" * 10**6, "only an import": "import torch as",
    "letters": "Ω = ß\n",
    "a dedent": "if x:\n        y\n    z\n",
    "quotes and backslashes": "\\'" * 50_000, "triples": "'''\\" * 25_000, "quotes": "'\"" * 50_000,
    "f": "f'{'" * 25_000, "statements on a line": "a=1;" * 25_000,
    "brackets": "([{" * 33_000, "backslashes": "\\\n" * 50_000,
    "a chain": "".join(f"def f{n}():\n return f{n + 1}()\n" for n in range(3_000)) + "f0()\n", "dots": "." * 10**5,
    "deeper and deeper": "".join(f"{' ' * n}if x:\n" for n in range(400)), "numbers": "1_" * 50_000,
    "es": "1e" * 50_000,
}  # fmt: skip


@pytest.fixture
def no_heap() -> Iterator[None]:
    """Without what earlier tests have left, which a collection would go through at our expense."""
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.parametrize("what", DAMAGED)
def test_whatever_is_handed_in_is_read_in_a_moment(what: str, no_heap: None) -> None:
    begun = time.process_time()
    fingerprints(DAMAGED[what])
    assert time.process_time() - begun < 1
    assert found({"ada": DAMAGED[what], "bob": LONG, "cyd": LONG}) == [("bob", "cyd")]


def test_a_large_class_takes_seconds() -> None:
    chance = random.Random(3)
    words = [f"a.{one}(b).{other}(dim=1)" for one in LETTERS for other in LETTERS]
    answers = {
        f"s{student}": {
            f"e{exercise}": "\n".join(f"x{line} = {chance.choice(words)} * {line % 3}" for line in range(10))
            for exercise in range(3)
        }
        for student in range(300)
    }
    answers["s299"] = {name: source.replace("x", "y") for name, source in answers["s7"].items()}
    begun = time.process_time()
    groups = near_identical(answers)
    assert time.process_time() - begun < 30
    assert ("s299", "s7") in [match.students for group in groups for match in group.matches][:1]
    assert all(isinstance(group, Group) for group in groups)

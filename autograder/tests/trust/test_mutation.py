"""Mutants: what each operator makes of a source, and what it leaves alone."""

from __future__ import annotations

import ast

import pytest
from steepest_grader.trust.mutation import ANOTHER_NAME, OPERATORS, mutants

BODIES: dict[str, tuple[str, set[str]]] = {
    "arithmetic": ("x = a - b", {"x = a + b", "x = a * b", "x = a / b", "x = a ** b"}),
    "order of operands": ("x = a @ b", {"x = b @ a"}),
    "dropped operand": ("x = a + b", {"x = a", "x = b"}),
    "comparison": (
        "x = a < b",
        {"x = a <= b", "x = a > b", "x = a >= b", "x = a == b", "x = a != b"},
    ),
    "logic": ("x = a if b else c", {"x = a if not b else c", "x = a if True else c", "x = a if False else c"}),
    "constant": ("x = [1, 0.5, True, 'v']", {"x = [2, 0.5, True, 'v']", "x = [0, 0.5, True, 'v']",
        "x = [1, 1.5, True, 'v']", "x = [1, 0.55, True, 'v']", "x = [1, 0.5, False, 'v']", "x = [1, 0.5, True, 'v_']",
    }),
    "order of arguments": ("x = f(a, b, k=c), d", {"x = (f(b, a, k=c), d)", "x = (d, f(a, b, k=c))"}),
    "dropped argument": ("x = f(a, k=c)[b:]", {"x = f(k=c)[b:]", "x = f(a)[b:]", "x = f(a, k=c)[:]"}),
    "dropped call": ("x = f(a).T + torch.relu(b.m())", {
        "x = a.T + torch.relu(b.m())", "x = f(a) + torch.relu(b.m())", "x = f(a).T + b.m()",
        "x = f(a).T + torch.relu(b)",
    }),
    "sibling": ("x = torch.sum(a).max()", {"x = torch.mean(a).max()", "x = torch.prod(a).max()",
        "x = torch.sum(a).min()"}),
    "dropped statement": ("x = a\nraise ValueError('no')", {"pass\nraise ValueError('no')", "x = a\npass"}),
    "another name": ("def f(a, *, b):\n    return a", {"def f(a, *, b):\n    return b"}),
    "loop": ("for x in a:\n    pass", {
        "for x in ():\n    pass", "for x in [*a][:1]:\n    pass", "for x in [*a][1:]:\n    pass"}),
}  # fmt: skip


def test_every_operator_is_tried() -> None:
    assert set(BODIES) == {*OPERATORS, ANOTHER_NAME}


@pytest.mark.parametrize("operator", BODIES)
def test_what_an_operator_makes(operator: str) -> None:
    body, wanted = BODIES[operator]
    found = {item.source for item in mutants(body) if item.operator == operator}
    assert found == {ast.unparse(ast.parse(text)) for text in wanted}


SOURCE = '''\
import math
def step(theta, grad, *, lr=0.1):
    """One step."""
    if len(theta) == 0:
        raise ValueError("there is nothing")
    # downhill
    return theta - lr * grad
'''


def test_a_mutant_says_what_was_changed() -> None:
    found = {item.change: item for item in mutants(SOURCE)}
    climbs = found["return theta + lr * grad"]
    assert "- lr * grad" in SOURCE
    assert climbs.difference.splitlines() == [
        "@@ -3,2 +3,2 @@",
        "         raise ValueError('there is nothing')",
        "-    return theta - lr * grad",
        "+    return theta + lr * grad",
    ]
    assert "def step(theta, grad, *, lr=1.1):" in found
    assert "without raise ValueError('there is nothing')" in found


def test_what_is_left_alone() -> None:
    """Docstrings, imports, what an error says, and the targets of assignments."""
    assert mutants('import math\ndef f():\n    """Text."""\n') == []
    assert mutants("import math as m") == []
    changed = {item.source for item in mutants(SOURCE)}
    assert all("One step" not in text and "import" not in text for text in changed)
    assert not any("nothing_" in text for text in changed)
    assert {item.change for item in mutants("x[1] = y")} == {"without x[1] = y"}


def test_mutants_differ_and_are_always_the_same() -> None:
    sources = [item.source for item in mutants(SOURCE)]
    assert len(set(sources)) == len(sources) > 25
    assert ast.unparse(ast.parse(SOURCE)) not in sources
    assert sources == [item.source for item in mutants(SOURCE)]
    assert all(compile(text, "", "exec") for text in sources)

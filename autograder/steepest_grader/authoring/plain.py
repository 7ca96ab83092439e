"""What a test cell of plain nbgrader and the solution before it say of an exercise."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import nbformat
from IPython.core.inputtransformer2 import TransformerManager
from nbformat import NotebookNode

from steepest_grader.authoring.edits import defined
from steepest_grader.authoring.told import CaseText, calls
from steepest_grader.errors import CourseError
from steepest_grader.notebook.cells import BEGIN, END, grade_id, header, is_answer, is_test, without_marks

__all__ = ["Start", "read_start"]


@dataclass(frozen=True)
class Start:
    """What an exercise begins with.

    Attributes
    ----------
    name : str
        Of the function.
    points : int or float
        What the test is worth.
    text : str
        The text before the solution; "" where there is none.
    imports : sequence of str
        What the solution needs.
    definitions : mapping of str to str
        The function without nbgrader's marks, behind whatever of the notebook it uses, by name.
    given : sequence of str
        Names of those among them that students are given.
    companions : sequence of str
        Names of those among them that students write in another solution.
    own_imports : sequence of str
        What the function and what students are given need.
    answer : str
        The function as it goes into the answer cell.
    cases : sequence of CaseText
    untold : sequence of str
    case_imports : sequence of str
        See `told.Told`.
    """

    name: str
    points: float
    text: str
    imports: Sequence[str]
    definitions: Mapping[str, str]
    given: Sequence[str]
    companions: Sequence[str]
    own_imports: Sequence[str]
    answer: str
    cases: Sequence[CaseText]
    untold: Sequence[str]
    case_imports: Sequence[str]


@dataclass(frozen=True)
class _Definition:
    """What a notebook defines: its tree, its text, the number of its cell, and whether that is a solution."""

    node: ast.stmt
    text: str
    place: int
    solution: bool

    @property
    def is_function(self) -> bool:
        return isinstance(self.node, ast.FunctionDef)


def read_start(path: Path, cell: str, name: str | None = None) -> Start:
    """Take a test cell and its solution from a source notebook of plain nbgrader; nothing of it is run.

    Parameters
    ----------
    path : Path
        The notebook.
    cell : str
        The test cell's `grade_id`.
    name : str, optional
        The function that is meant, where the test calls several.

    Raises
    ------
    CourseError
        If the notebook cannot be read, or holds no such cell, or no function that it tests.
    """
    cells = _cells(path)
    tests = {str(grade_id(item)): number for number, item in enumerate(cells) if is_test(item)}
    if cell not in tests:
        raise CourseError(f"{path} holds no test cell {cell!r}. Its test cells are: {', '.join(tests) or 'none'}.")
    before, test = cells[: tests[cell]], cells[tests[cell]]
    _, tree = _parsed(test, f"{path}, cell {cell!r}")
    known: dict[str, _Definition] = {}
    heads = [node for node in tree.body if _is_import(node)]
    for number, item in enumerate(before):
        if item.cell_type == "code":
            code, part = _parsed(item, f"{path}, cell {grade_id(item) or number + 1!r}")
            heads += [node for node in part.body if _is_import(node)]
            known |= {
                found: _Definition(node, _text(code, node), number, is_answer(item))
                for found, node in defined(part).items()
            }
    name = _function(name, tree, known, f"The test cell {cell!r} of {path}")
    function = known[name]
    needed = _needed(name, known)
    told = calls(tree, name, _modules(heads))
    points = float(header(test).get("points") or 0)
    own = _imports([found for item, found in needed.items() if item == name or not found.solution], heads)
    return Start(
        name,
        int(points) if points.is_integer() else points,
        _before(before, function.place),
        _imports(list(needed.values()), heads),
        {item: without_marks(found.text) for item, found in needed.items()},
        [item for item, found in needed.items() if not found.solution],
        [item for item, found in needed.items() if found.solution and found.is_function and item != name],
        own,
        _marked(function),
        told.cases,
        told.untold,
        told.imports,
    )


def _cells(path: Path) -> Sequence[NotebookNode]:
    try:
        return list(nbformat.read(path, as_version=4).cells)
    except OSError as error:
        raise CourseError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, AttributeError, LookupError) as error:
        raise CourseError(f"{path} is not a notebook: {error}.") from error


def _parsed(cell: NotebookNode, where: str) -> tuple[str, ast.Module]:
    """A cell as Python has it, and its tree."""
    try:
        code: str = TransformerManager().transform_cell(cell.source)
        return code, ast.parse(code)
    except (SyntaxError, ValueError) as error:
        raise CourseError(f"{where} is no Python: {error}.") from error


def _text(code: str, node: ast.stmt) -> str:
    """A statement's text, with its decorators, and with what is said at its end."""
    first = min([node.lineno, *(item.lineno for item in getattr(node, "decorator_list", ()))])
    lines, end = code.splitlines(), node.end_lineno or node.lineno
    rest = takewhile(lambda line: line.startswith(" ") and line.lstrip().startswith("#"), lines[end:])
    return "\n".join([*lines[first - 1 : end], *rest])


def _function(name: str | None, test: ast.Module, known: Mapping[str, _Definition], where: str) -> str:
    """Which function is meant: the one that is named, or that of the nearest solution that the test calls."""
    solved = {item: found.place for item, found in known.items() if found.solution and found.is_function}
    if name is not None:
        if name not in solved:
            raise CourseError(f"{where}: no solution before it defines {name!r}, but: {', '.join(solved) or 'none'}.")
        return name
    called = {node.func.id for node in ast.walk(test) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    tested = called & solved.keys()
    nearest = [item for item in solved if item in tested and solved[item] == max(solved[other] for other in tested)]
    if len(nearest) != 1:
        found = f"several functions, {', '.join(nearest)}" if nearest else "no function of a solution before it"
        raise CourseError(f"{where} calls {found}: name the one that is meant, `new exercise NAME --from …`.")
    return nearest[0]


def _needed(name: str, known: Mapping[str, _Definition]) -> dict[str, _Definition]:
    """The function and whatever of the notebook it uses, in the notebook's order."""
    wanted, todo = {name}, [name]
    while todo:
        used = {leaf.id for leaf in ast.walk(known[todo.pop()].node) if isinstance(leaf, ast.Name)}
        new = used & known.keys() - wanted
        wanted |= new
        todo += sorted(new)
    return {item: found for item, found in known.items() if item in wanted}


def _is_import(node: ast.stmt) -> bool:
    return isinstance(node, ast.Import | ast.ImportFrom) and not (
        isinstance(node, ast.ImportFrom) and (node.level or node.module == "__future__")
    )


def _imports(items: Sequence[_Definition], heads: Sequence[ast.stmt]) -> list[str]:
    """Those of the notebook's imports that the definitions use, each by itself."""
    used = {leaf.id for item in items for leaf in ast.walk(item.node) if isinstance(leaf, ast.Name)}
    lines = []
    for head in heads:
        assert isinstance(head, ast.Import | ast.ImportFrom)
        for alias in head.names:
            if (alias.asname or alias.name.partition(".")[0]) in used:
                alone = ast.Import([alias]) if isinstance(head, ast.Import) else ast.ImportFrom(head.module, [alias], 0)
                lines.append(ast.unparse(alone))
    return list(dict.fromkeys(lines))


def _modules(heads: Sequence[ast.stmt]) -> dict[str, str]:
    return {
        alias.asname or alias.name: alias.name
        for head in heads
        if isinstance(head, ast.Import)
        for alias in head.names
        if "." not in alias.name
    }


def _marked(function: _Definition) -> str:
    """The function with nbgrader's marks around its body, where it has none."""
    if BEGIN in function.text and END in function.text:
        return function.text
    lines = without_marks(function.text).splitlines()
    (node,) = ast.parse("\n".join(lines)).body
    assert isinstance(node, ast.FunctionDef)
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    before = body[0].lineno - 1 if body else len(lines)
    indent = " " * node.body[0].col_offset
    return "\n".join([*lines[:before], f"{indent}{BEGIN}", *lines[before:], f"{indent}{END}"])


def _before(cells: Sequence[NotebookNode], place: int) -> str:
    """The texts right before a cell."""
    texts: list[str] = []
    for cell in reversed(cells[:place]):
        if cell.cell_type != "markdown" or header(cell).get("solution"):
            break
        texts.insert(0, re.sub(r"\n+$", "", cell.source))
    return "\n\n".join(texts)

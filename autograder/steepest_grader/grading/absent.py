"""Why there is no function under an exercise's name, in a sentence for the student."""

from __future__ import annotations

import ast
import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import UnionType

from nbformat import NotebookNode
from steepest._checks.calls import no_function
from steepest._checks.wire import printable

from steepest_grader.exercise.model import Outcome
from steepest_grader.notebook.cells import Cell, by_grade_id, is_answer
from steepest_grader.notebook.parse import parse
from steepest_grader.notebook.recognize import recognize
from steepest_grader.sandbox.kernel import KernelLost

__all__ = ["absent", "alike", "explained", "located", "names", "not_kept", "said"]

LONGEST_LINE = 80
COMMAND = re.compile(r"^([ \t]*+)[%!].*", re.MULTILINE)
PLACE = re.compile(r"\s*\([^()]*, line (\d+)\)$")
UNDEFINED = re.compile(r"NameError: name '(\w+)' is not defined")
FUNCTIONS = ast.FunctionDef | ast.AsyncFunctionDef
INNER = FUNCTIONS | ast.ClassDef | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def absent(
    name: str,
    kind: str,
    cells: Sequence[NotebookNode],
    place: int,
    *,
    lost: Mapping[int, KernelLost],
    others: Iterable[str],
) -> tuple[Outcome, str]:
    """Say why a function is not there.

    Parameters
    ----------
    name : str
        Of the exercise.
    kind : str
        Name of the type of what stands under that name instead, or "" where nothing does.
    cells : sequence of NotebookNode
        The notebook, with the outputs of what has run.
    place : int
        Which of the cells judges the exercise; those above it have run.
    lost : mapping of int to KernelLost
        Cells that ended their kernel.
    others : iterable of str
        Names that are there for another purpose, and not by a slip of the pen.
    """
    if kind:
        return Outcome.MISSING, _hidden(name, kind, [cell.source for cell in cells[:place] if cell.cell_type == "code"])
    if (why := _not_given(name, cells[:place], lost)) is not None:
        return why
    written = _written(name)
    if any(cell.cell_type == "code" and written.search(cell.source) for cell in cells[place:]):
        return Outcome.MISSING, f"`{name}` is defined only below its test cell. Move it above."
    asked = alike(name, names(cells[:place], FUNCTIONS), others)
    return Outcome.MISSING, f"No function called `{name}` is defined before its test cell.{asked}"


def not_kept(message: str, cells: Sequence[Cell], released: NotebookNode) -> str:
    """A sentence for a name that is missing because a change to a locked cell was not kept; else "".

    Parameters
    ----------
    message : str
        What is said of an exercise.
    cells : sequence of Cell
        As handed in.
    released : NotebookNode
        As given out.
    """
    missing = UNDEFINED.findall(message)
    if not missing:
        return ""
    known = by_grade_id(released)
    for cell in recognize(cells, released):
        original = known.get(cell.grade_id or "")
        if original is None or is_answer(original) or cell.kind != "code" or cell.source == original.source:
            continue
        if name := next((name for name, _ in _bound(cell.source) if name in missing), ""):
            return (
                f" Your change to the locked cell that gives `{name}` its name was not kept: "
                "write it into a cell of your own."
            )
    return ""


def explained(message: str, cells: Sequence[NotebookNode], place: int, lost: Mapping[int, KernelLost]) -> str:
    """What a test cell raises, and where that is that there is nothing under a name, why.

    Parameters
    ----------
    message : str
        What it raises.
    cells, place, lost
        As `absent` takes them.
    """
    missing = UNDEFINED.search(message)
    why = _not_given(missing[1], cells[:place], lost) if missing else None
    return message if why is None else f"{message.rstrip('.')}. {why[1]}"


def _written(name: str) -> re.Pattern[str]:
    """Finds where a cell gives a name to something."""
    return re.compile(rf"\b(?:def|class)\s+{name}\b|^{name}\s*=", re.MULTILINE)


def _not_given(name: str, cells: Sequence[NotebookNode], lost: Mapping[int, KernelLost]) -> tuple[Outcome, str] | None:
    """Why a cell in which a name is given to something has not given it; None where there is no such cell."""
    written = _written(name)
    for index, cell in enumerate(cells):
        if cell.cell_type != "code" or not written.search(cell.source):
            continue
        if index in lost:
            return lost[index].outcome, f"`{name}` is not defined: {lost[index]}."
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                return (
                    Outcome.ERRORED,
                    f"`{name}` is not defined: its cell raises {located(said(output), cell.source)}.",
                )
        first = next(iter(cell.source.split("\n")), "")
        if first.startswith("%%"):
            kept = f"its cell begins with {_quoted(first)}, which keeps to itself what it defines"
            return Outcome.MISSING, f"`{name}` is not defined: {kept}. Take that line away."
    return None


def alike(name: str, defined: Iterable[str], others: Iterable[str] = ()) -> str:
    """A question that ends a sentence, where a name much like the wanted one is defined; else ""."""
    near = difflib.get_close_matches(name, sorted({*defined} - {*others}), n=1)
    return f" Did you mean `{near[0]}`? Give it the name that is asked for." if near else ""


def said(output: NotebookNode) -> str:
    """An exception that a cell shows."""
    return printable(f"{output.ename}: {output.evalue}"[:500])


def names(cells: Iterable[NotebookNode], kinds: type[ast.AST] | UnionType = ast.AST) -> set[str]:
    """What cells give names to; only what is of these kinds, where some are named."""
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    return {name for source in sources for name, node in _bound(source) if isinstance(node, kinds)}


def located(message: str, source: str) -> str:
    """What Python says of text that it cannot read, with the line at which it gave up; any other message as it is."""
    found, lines = PLACE.search(message), source.splitlines()
    if not found or not 1 <= int(found[1]) <= len(lines):
        return message
    return f"{message[: found.start()]} (line {found[1]}: {_quoted(lines[int(found[1]) - 1])})"


def _hidden(name: str, kind: str, sources: Sequence[str]) -> str:
    general = printable(no_function(name, kind[:100]))
    bound = [(source, node) for source in sources for found, node in _bound(source) if found == name]
    if not bound:
        return general
    source, node = bound[-1]
    if isinstance(node, FUNCTIONS):
        if kind != "NoneType" or len(node.decorator_list) != 1:
            return general
        line = _quoted(source.splitlines()[node.decorator_list[0].lineno - 1])
        return f"`{name}` is None, not a function: {line} above it does not return the function that it makes."
    line = _quoted(source.splitlines()[node.lineno - 1])
    what = general.partition(", not a function")[0]
    return f"{what}, not a function: the line {line} has given the name to it. Use another name there."


def _quoted(line: str) -> str:
    line = printable(line.strip())
    return f"`{line if len(line) <= LONGEST_LINE else f'{line[: LONGEST_LINE - 1]}…'}`"


Binding = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Name | ast.alias


def _bound(source: str) -> Iterator[tuple[str, Binding]]:
    """What a cell gives names to, in the order of its lines; nothing where it cannot be read."""
    try:
        waiting: list[ast.AST] = [parse(COMMAND.sub(r"\1pass", source))]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    while waiting:
        node = waiting.pop()
        if isinstance(node, FUNCTIONS | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, node
        elif isinstance(node, ast.alias):
            yield (node.asname or node.name.partition(".")[0]), node
        if not isinstance(node, INNER):
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))

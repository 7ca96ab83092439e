"""What a person should look at in a submission: pointers found in its source, which is read and never run.

A flag is no verdict. It costs no marks, and code that hides well enough is not found; what holds against such code
is that no test and no mark is within its reach.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from types import MappingProxyType

from nbformat import NotebookNode
from steepest._checks.libraries import other
from steepest._checks.tracer import HARMLESS, OPERATORS
from steepest._checks.wire import printable

from steepest_grader.notebook.cells import Cell, by_grade_id, is_answer
from steepest_grader.notebook.code import Code, Seen, read_code
from steepest_grader.notebook.commands import Allowance
from steepest_grader.notebook.read import UnreadableError, text_of
from steepest_grader.notebook.recognize import recognize
from steepest_grader.notebook.watched import (
    ALWAYS_BOUND,
    BELOW,
    COMPILED,
    ENCODED,
    FALSE,
    FALSE_ANSWERS,
    GRADER,
    HANDED_ON,
    HARMLESS_USES,
    HEADER,
    HIDES,
    KEEPS,
    KERNEL,
    LETTERS,
    LIBRARY,
    LOCKED,
    LONGEST_NAME,
    LONGEST_WORD,
    MAY_BE_SET,
    NODES,
    PARTS,
    PASS_THROUGH,
    PATCHES,
    PLACE,
    PLACES,
    PRIVATE,
    PRIVATE_PARTS,
    PROCESSES,
    SECRET,
    SENTENCES,
    SHOWN_BY_OTHERS,
    SURROUNDINGS,
    TEXT,
    UNSEEN,
    WORD,
)  # fmt: skip

__all__ = ["bound_names", "flags"]

MAX_FLAGS = 30
MAX_CHARACTERS = 100_000
MAX_SHOWN = 60

MAX_PARTS = 12  # of a name, once variables that stand for others are put into it
FEW_WORDS = 5
HEADERS = ("points", "grade", "solution", "locked", "task")


def flags(
    cells: Sequence[Cell],
    released: NotebookNode | None = None,
    exercises: Collection[str] = (),
    called: Mapping[str, Sequence[str]] | None = None,
) -> list[str]:
    """Say what in a submission a person should look at.

    Parameters
    ----------
    cells : sequence of Cell
        As handed in, see `notebook.read`.
    released : NotebookNode, optional
        As given out; what is unchanged from it is passed over.
    exercises : collection of str
        Names of the functions that were asked for.
    called : mapping of str to sequence of str, optional
        What these have called of libraries while they were judged, whatever their source looks like.

    Returns
    -------
    list of str
        Sentences such as ``"cell 7, line 3: starts, signals or ends processes (os.fork)"``, at most `MAX_FLAGS` and
        a last one that says how many more there are. Never an exception, whatever the source is.
    """
    return seen(cells, released, exercises)(called or {})


def seen(
    cells: Sequence[Cell],
    released: NotebookNode | None,
    exercises: Collection[str],
    beside: Mapping[str, bytes] = MappingProxyType({}),
) -> Callable[[Mapping[str, Sequence[str]]], list[str]]:
    """Read what `flags` does, once and before anything runs; what is returned tells, given what was called.

    Of files that were handed in beside the notebook those are read that Python runs, each as a cell whose functions
    may all stand in those that were asked for.
    """
    given = {cell.source for cell in released.cells} if released is not None else set()
    budget, allowance = MAX_CHARACTERS, Allowance()
    codes: dict[int, Code] = {}
    theirs: dict[int, Code] = {}
    for number, (cell, runs) in enumerate(zip(cells, _run(cells, released), strict=True), start=1):
        if not runs or not cell.source:
            continue
        if cell.source in given:
            codes[number] = _released_code(cell.source)
            continue
        budget -= len(cell.source)
        unread = Code([Seen(1, "unread", f"{len(cell.source)} characters")])
        codes[number] = theirs[number] = read_code(cell.source, allowance) if budget >= 0 else unread
    bound = bound_names(codes.values())
    asked = _reached(exercises, codes.values())
    found: dict[tuple[int | str, str], str] = {}
    for number, code in theirs.items():
        for item in code.seen:
            for sentence, name in _sentences(item, bound, asked):
                found.setdefault((number, sentence), f"cell {number}, line {item.line}: {sentence}{_shown(name)}")
    for path, data in beside.items():
        found |= _of_file(path, data, budget, allowance)
        budget -= len(data)
    edited = [*_edited(cells, released), *_misplaced(cells, released)]

    def told(called: Mapping[str, Sequence[str]]) -> list[str]:
        said = [*edited, *((LIBRARY, text) for text in _delegated(called, theirs, found))]
        return _most(said + [(sentence, text) for (_, sentence), text in found.items()])

    return told


def _of_file(path: str, data: bytes, budget: int, allowance: Allowance) -> dict[tuple[int | str, str], str]:
    """What is to be said of one file, by its path and sentence."""
    if path.endswith(COMPILED):
        return {(path, UNSEEN): f"{_path(path)}: {UNSEEN} (compiled)"}
    if not path.endswith(".py"):
        return {}
    text, unread = "", f"{len(data)} characters" if len(data) > budget else ""
    if not unread:
        try:
            text = text_of(data)
        except UnreadableError as error:  # a program may still read it in a way of its own
            text, unread = data.decode("utf-8", "replace"), printable(str(error))
    code = read_code(text, allowance)
    if unread:
        code.seen.append(Seen(1, "unread", unread))
    bound, asked = bound_names([code]), {*code.calls, *code.values, ""}
    found: dict[tuple[int | str, str], str] = {}
    for item in code.seen:
        for sentence, name in _sentences(item, bound, asked):
            found.setdefault((path, sentence), f"{_path(path)}, line {item.line}: {sentence}{_shown(name)}")
    return found


def _path(path: str) -> str:
    return printable(path[-MAX_SHOWN:])


def _most(said: Sequence[tuple[str, str]]) -> list[str]:
    """At most `MAX_FLAGS`, and then one of each kind before any second, so that many of one hide no other."""
    rest = len(said) - MAX_FLAGS
    if rest <= 0:
        return [text for _, text in said]
    kinds: dict[str, int] = {}
    turns = []
    for number, (sentence, _) in enumerate(said):
        kinds[sentence] = kinds.get(sentence, 0) + 1
        turns.append((kinds[sentence], number))
    kept = sorted(number for _, number in sorted(turns)[:MAX_FLAGS])
    return [*(said[number][1] for number in kept), f"and {rest} more"]


def _run(cells: Sequence[Cell], released: NotebookNode | None) -> list[bool]:
    """Which cells are run: code, and what stands for a cell of code, whatever it was made."""
    if released is None:
        return [cell.kind == "code" for cell in cells]
    known = by_grade_id(released)
    found = recognize(cells, released)
    return [(known[cell.grade_id].cell_type if cell.grade_id in known else cell.kind) == "code" for cell in found]


@lru_cache(maxsize=1024)
def _released_code(source: str) -> Code:
    """A released cell comes again with every submission."""
    return read_code(source)


def _shown(name: str) -> str:
    text = printable(name[:MAX_SHOWN])
    return f" ({text})" if text else ""


def bound_names(codes: Collection[Code]) -> dict[str, str]:
    """What the notebook's names stand for, as far as they stand for modules and what is in them."""
    bound: dict[str, str] = {}
    for code in codes:
        for name, meaning in code.imports.items():
            if name == "*":
                under = [known for known in SENTENCES if known.rpartition(".")[0] == meaning.removesuffix(".*")]
                bound |= {known.rpartition(".")[2]: known for known in under}
            else:
                bound[name] = _short(meaning)
        for name, meaning in code.renamed:
            root, dot, rest = meaning.partition(".")
            if root in bound or root in ALWAYS_BOUND:
                bound[name] = _short(bound.get(root, root) + dot + rest)
    return bound


def _short(name: str) -> str:
    """A dotted name without the middle of one that is too long, so that it cannot grow from line to line."""
    parts = name.split(".", MAX_PARTS)
    if len(parts) <= MAX_PARTS:
        return name
    return ".".join([*parts[: MAX_PARTS // 2], *parts[-1].split(".")[-MAX_PARTS // 2 :]])


def _reached(exercises: Collection[str], codes: Collection[Code]) -> set[str]:
    """The functions that were asked for, and those of the notebook that stand in them."""
    known = {name: names for code in codes for name, names in code.calls.items()}
    values = {name: names for code in codes for name, names in code.values.items() if name in exercises}
    known = {**values, **known}
    reached: set[str] = set()
    waiting = deque(name for name in exercises if name in known)
    while waiting:
        name = waiting.popleft()
        if name not in reached:
            reached.add(name)
            waiting.extend(known[name] & known.keys())
    return reached


def _delegated(
    called: Mapping[str, Sequence[str]], codes: Mapping[int, Code], found: Mapping[tuple[int | str, str], str]
) -> Iterator[str]:
    """What was seen while functions were judged, where their source does not say it already."""
    for exercise, names in called.items():
        places = [number for number, code in codes.items() if exercise in code.calls or exercise in code.values]
        known = found.get((places[-1], LIBRARY), "") if places else ""
        if names and not all(name.rpartition(".")[2] in known for name in names):
            where = f"cell {places[-1]}" if places else "a judged call"
            yield f"{where}: {LIBRARY}{_shown(exercise + ' calls ' + ', '.join(names))}"


def _sentences(item: Seen, bound: Mapping[str, str], asked: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is to be said of one thing in a cell, each time with a name to show."""
    name = item.name
    if item.kind in ("use", "set"):
        yield from _of_name(item, bound, asked)
    elif item.kind == "import":
        sentence = PRIVATE if name.startswith(PRIVATE_PARTS) else _watched(name)
        yield from [(sentence, name)] if sentence else []
    elif item.kind in ("part", "text") and name in NODES:
        yield from [(LIBRARY, f"{item.within}: {name}")] if item.within in asked else []
    elif item.kind == "part" and name in PARTS:
        yield PARTS[name], name
    elif item.kind == "text":
        yield from _of_text(name)
    elif item.kind == "method" and name.rpartition(".")[2] in FALSE_ANSWERS:
        yield FALSE, name
    elif item.kind == "handed" and _meant(name, bound).removesuffix(".__dict__") in HANDED_ON:
        yield HIDES, f"{name} as a value"
    elif item.kind in ("outer", "computed", "command", "letters", "unread"):
        kinds = {"outer": KEEPS, "computed": TEXT, "command": PROCESSES, "letters": LETTERS, "unread": UNSEEN}
        yield kinds[item.kind], name


def _of_name(item: Seen, bound: Mapping[str, str], asked: Collection[str]) -> Iterator[tuple[str, str]]:
    root, dot, rest = item.name.partition(".")
    if item.kind == "set" and rest.endswith("__dict__"):
        yield PATCHES, item.name
    if root not in bound and root not in ALWAYS_BOUND:
        if dot and (sentence := _watched(f"?.{rest}")):  # a module that another shows, whatever that is called here
            yield sentence, item.name
        return
    name = bound.get(root, root) + dot + rest
    if item.kind == "set" and dot and not name.startswith(MAY_BE_SET):
        yield PATCHES, name
    if name.startswith("get_ipython().") and name not in HARMLESS_USES:
        yield KERNEL, name
    if name.startswith(PRIVATE_PARTS):
        yield PRIVATE, name
    sentence = _watched(name)
    if sentence:
        yield sentence, name
    if item.within in asked and _does_the_work(name) and name not in HARMLESS:
        yield LIBRARY, f"{item.within}: {name}"
    if item.within in asked and name.startswith(("time.", "datetime.")):
        yield SURROUNDINGS, f"{item.within}: {name}"


def _meant(name: str, bound: Mapping[str, str]) -> str:
    """What a dotted name stands for; "" where that is nothing known."""
    root, dot, rest = name.partition(".")
    return bound.get(root, root) + dot + rest if root in bound or root in ALWAYS_BOUND else ""


def _does_the_work(name: str) -> bool:
    """Whether a name is of a library, or of a part of torch, that may do all of an exercise."""
    return name.startswith(PASS_THROUGH) or _is_operator(name) or (other(name) not in ("", name))


def _is_operator(name: str) -> bool:
    """Whether it is an operator of torch that is all of what is taught."""
    root, _, rest = name.partition(".")
    return root == "torch" and OPERATORS.fullmatch(rest.rpartition(".")[2]) is not None


def _of_text(text: str) -> Iterator[tuple[str, str]]:
    if text in FALSE_ANSWERS:
        yield FALSE, text
    elif text in PARTS:
        yield PARTS[text], text
    elif any(name in text for name in SECRET):
        yield GRADER, text
    elif any(name in text for name in PRIVATE_PARTS):
        yield PRIVATE, text
    elif PLACES.fullmatch(text):
        yield PLACE, text
    elif any(len(word.group()) >= LONGEST_WORD for word in WORD.finditer(text)):
        yield ENCODED, text


@lru_cache(maxsize=1024)
def _watched(name: str) -> str | None:
    """The sentence for a dotted name or for what it lies under."""
    parts = [_public(part) for part in name.split(".")]
    for start, part in enumerate(parts):
        if start and part not in SHOWN_BY_OTHERS:
            continue
        for end in range(start + 1, min(start + LONGEST_NAME, len(parts)) + 1):
            if sentence := SENTENCES.get(".".join(parts[start:end])):
                return sentence
    if name.startswith("_") and not name.startswith("__"):  # what a module of Python's own is made of
        return _watched(name.lstrip("_")) or HIDES
    return None


def _public(part: str) -> str:
    """`os` for `_os`, as a module of Python's own may call it."""
    return part.lstrip("_") if part.lstrip("_") in SHOWN_BY_OTHERS else part


def _edited(cells: Sequence[Cell], released: NotebookNode | None) -> Iterator[tuple[str, str]]:
    """Locked cells and nbgrader's metadata that are not as they were given out."""
    if released is None:
        return
    known = by_grade_id(released)
    for number, cell in enumerate(cells, start=1):
        original = known.get(cell.grade_id or "")
        if original is None:
            if cell.header.get("grade") is True:
                yield HEADER, f"cell {number}: {HEADER}{_shown(f'a graded cell {cell.grade_id} was added')}"
            continue
        header = original.metadata.nbgrader
        if not header.solution and cell.source.split() != original.source.split():
            yield LOCKED, f"cell {number}: {LOCKED}{_shown(header.grade_id)}"
        changed = [key for key in HEADERS if cell.header.get(key, header.get(key)) != header.get(key)]
        if changed:
            yield HEADER, f"cell {number}: {HEADER}{_shown(', '.join(changed))}"


def _misplaced(cells: Sequence[Cell], released: NotebookNode | None) -> Iterator[tuple[str, str]]:
    """Words of a student's own below a written answer that is as it was given out, or empty."""
    if released is None:
        return
    known, given = by_grade_id(released), {cell.source for cell in released.cells}
    for number, (cell, below) in enumerate(pairwise(cells), start=2):
        original = known.get(cell.grade_id or "")
        if original is None or original.cell_type != "markdown" or not is_answer(original):
            continue
        empty = cell.source.split() in ([], original.source.split())
        own = below.kind == "markdown" and below.grade_id is None and below.source not in given
        if empty and own and len(below.source.split()) >= FEW_WORDS:
            yield BELOW, f"cell {number}: {BELOW}{_shown(str(cell.grade_id))}"

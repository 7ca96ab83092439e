"""Variants as source text: from an exercise, and from lists that several exercises share."""

from __future__ import annotations

import builtins
import importlib
import itertools
import symtable
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load
from steepest_grader.errors import CourseError
from steepest_grader.exercise.catalogue import by_id
from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from steepest_grader.trust import listed, variants
from steepest_grader.trust.sample_class import solved, with_variant
from steepest_grader.trust.variants import source_of

COUNT = itertools.count()
EXERCISE = """
from typing import NamedTuple
from steepest_grader.exercise.model import Accepted, Exercise, Mistake
from {package} import shared
from {package}.lesson import reference
from {package}.shared import SHARED, careless, scaled

SIGN = -1.0
LOW, HIGH = 3.0, 6.0

def _step(size=1.0, sign=1.0):
    def step(x):
        return sign * size * x
    return step

class Pair(NamedTuple):
    first: float
    second: float = HIGH

    @property
    def product(self) -> float:
        return self.first * self.second

def paired(x):
    return Pair(x).product

def own(step, *, hint="Mind the sign."):
    return [Mistake("climbs", step, hint), Mistake("twice", lambda x: 2 * step(x), "Once.", credit=0.5)]

def in_a_loop(step):
    found = []
    for name in ("looped",):
        found.append(Mistake(name, step, "Not followed."))
    return found

def prepared(step):
    step = _step(2.0)
    return [Mistake("prepared", step, "Not followed.")]

def numbered(*steps):
    return [Mistake("numbered", steps[0], "Not followed.")]

BESIDE = {{"other": lambda x: x + 7}}
CASES = None
ITEM = Exercise("double", reference.double, CASES, {accepted}, {mistakes})
"""
SHARED = '''
from steepest_grader.exercise.model import Accepted, Mistake
from {package}.deeper import offset
from math import sqrt

HINT = "Scale once."
FACTOR = 3.0

def scaled(step, factor):
    """A step times a factor."""
    return lambda x: factor * step(x)

def careless(sound, name="tripled"):
    """What goes wrong with any sound function."""
    return [
        Mistake(name, scaled(sound, FACTOR), HINT, credit=0.25),
        Mistake("rooted", lambda x: sqrt(sound(x)), HINT),
        *nested(scaled(sound, 5.0)),
    ]

def nested(step):
    return [Mistake("offset", offset(step), HINT, companions={{"other": step}})]

def hidden(step):
    return [Mistake("hidden", lambda _step: step(_step), HINT)]

def shadowed(step):
    return [Mistake("shadowed", lambda step: step, HINT)]

SHARED = [Mistake("nothing", lambda x: 0.0, HINT), Mistake("constant", lambda x: FACTOR, HINT)]
KINDS = (Accepted("sum", lambda x: x + x), Accepted("library", abs, library=True))
'''
DEEPER = """
AMOUNT = 10.0

def offset(step):
    def moved(x):
        return step(x) + AMOUNT
    return moved
"""
REFERENCE = """
def double(x):
    return 2 * x
"""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Exercise]]:
    """Makes a package of exercises with one exercise, from what it says of variants and mistakes."""
    monkeypatch.syspath_prepend(tmp_path)

    def make(mistakes: str = "[]", accepted: str = "[]") -> Exercise:
        package = f"made_{next(COUNT)}"
        for module in (listed, variants):
            monkeypatch.setattr(module, "exercise_packages", lambda: (package,))
        sources = {"__init__": "", "shared": SHARED, "deeper": DEEPER, "lesson/__init__": ""}
        sources |= {"lesson/reference": REFERENCE, "lesson/item": EXERCISE}
        for name, source in sources.items():
            path = tmp_path / package / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(source.format(package=package, mistakes=mistakes, accepted=accepted))
        item: Exercise = importlib.import_module(f"{package}.lesson.item").ITEM
        return item

    yield make
    for name in [name for name in sys.modules if name.startswith("made_")]:
        del sys.modules[name]


def run(text: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    return namespace


FOLLOWED = {
    "written in its exercise": ('[Mistake("zero", lambda x: 0.0, "No.")]', {"zero": 0.0}),
    "a helper of the module": ("[*own(_step(-2.0))]", {"climbs": -8.0, "twice": -16.0}),
    "an argument by name": ("[*own(step=_step(sign=SIGN), hint='Mind it.')]", {"climbs": -4.0, "twice": -8.0}),
    "a helper of another module": (
        "[*careless(reference.double)]",
        {"tripled": 24.0, "rooted": 8**0.5, "offset": 50.0},
    ),
    "by way of its module": ("[*shared.careless(_step(2.0))]", {"tripled": 24.0, "offset": 50.0}),
    "a helper's argument names the mistake": ('[*careless(_step(), "thrice")]', {"thrice": 12.0}),
    "an expression as argument": ("[*careless(scaled(reference.double, 2.0))]", {"tripled": 48.0, "rooted": 4.0}),
    "a function written as argument": ("[*careless(lambda x: x - 3)]", {"tripled": 3.0, "offset": 15.0}),
    "a list with a name": ("[*SHARED]", {"nothing": 0.0, "constant": 3.0}),
    "a list of a module": ('[*shared.SHARED, Mistake("zero", lambda x: 0, "No.")]', {"constant": 3.0, "zero": 0}),
    "no star at all": ("careless(_step(2.0))", {"tripled": 24.0}),
    "one of two that are assigned at once": ("[*own(_step(LOW))]", {"climbs": 12.0}),
    "a named tuple": ("[*own(paired)]", {"climbs": 24.0, "twice": 48.0}),
    "several": ("[*SHARED, *own(_step(-1.0)), *careless(_step())]", {"nothing": 0.0, "climbs": -4.0, "offset": 30.0}),
}


@pytest.mark.parametrize("name", FOLLOWED)
def test_a_text_does_what_the_variant_does(made: Callable[..., Exercise], name: str) -> None:
    mistakes, results = FOLLOWED[name]
    item = made(mistakes)
    known = {mistake.name: mistake for mistake in item.mistakes}
    for mistake in item.mistakes:
        text = source_of(item, mistake)
        assert text == source_of(item, mistake)
        assert "made_" not in text and "steepest" not in text
        assert run(text)["double"](4.0) == mistake.implementation(4.0)
    assert {name: known[name].implementation(4.0) for name in results} == results


def _missing(table: symtable.SymbolTable, known: set[str]) -> set[str]:
    """Names that code uses and nothing defines."""
    found = {item.get_name() for item in table.get_symbols() if item.is_global() and item.is_referenced()} - known
    return found.union(*(_missing(child, known) for child in table.get_children()))


@pytest.mark.parametrize("item", by_id().values(), ids=lambda item: item.id)
def test_nothing_is_missing_in_a_text(item: Exercise) -> None:
    """But for what other exercises define, on which this one may build."""
    variants_of: list[Accepted | Mistake] = [*item.accepted, *item.mistakes]
    for variant in variants_of:
        table = symtable.symtable(source_of(item, variant), variant.name, "exec")
        defined = {name.get_name() for name in table.get_symbols() if name.is_assigned() or name.is_imported()}
        assert _missing(table, defined | {*dir(builtins), *by_id()}) == set(), variant.name


def test_companions_and_libraries_of_shared_variants_are_kept(made: Callable[..., Exercise]) -> None:
    item = made(
        '[*careless(reference.double), Mistake("beside", abs, "No.", companions=BESIDE)]', accepted="[*shared.KINDS]"
    )
    known = {variant.name: variant for variant in (*item.mistakes, *item.accepted)}
    assert run(source_of(item, known["offset"]))["other"](4.0) == 40.0
    assert run(source_of(item, known["beside"]))["other"](1.0) == 8.0
    assert run(source_of(item, known["sum"]))["double"](4.0) == 8.0
    assert run(source_of(item, known["library"]))["double"](-4.0) == 4.0
    assert [variant.name for variant in item.accepted if variant.library] == ["library"]


def test_the_text_of_a_helper_holds_its_arguments(made: Callable[..., Exercise]) -> None:
    item = made("[*careless(reference.double)]")
    text = source_of(item, item.mistakes[0])
    assert "_double_itself = _shared_scaled(_lesson_reference_double, _shared_FACTOR)" in text
    assert "careless" not in text and "AMOUNT" not in text


REFUSED = {
    "a helper with a loop": ("[*in_a_loop(_step())]", "looped"),
    "a helper that does more": ("[*prepared(_step())]", "prepared"),
    "a helper that takes any number": ("[*numbered(_step())]", "numbered"),
    "a starred argument": ("[*own(*[_step()])]", "climbs"),
    "a comprehension": ('[*[Mistake("made", _step(k), "No.") for k in (1.0,)]]', "made"),
    "an argument that a lambda would hide": ("[*shared.hidden(scaled(_step(), 1.0))]", "hidden"),
    "a parameter that a lambda hides": ("[*shared.shadowed(_step())]", "shadowed"),
    "companions that are computed": ('[Mistake("beside", abs, "No.", companions=dict(BESIDE))]', "beside"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_followed_is_refused(made: Callable[..., Exercise], name: str) -> None:
    mistakes, variant = REFUSED[name]
    item = made(mistakes)
    found = next(mistake for mistake in item.mistakes if mistake.name == variant)
    with pytest.raises(CourseError, match=rf"The variant '{variant}' of double cannot be written out: give its"):
        source_of(item, found)


def test_names_that_a_function_binds_are_its_own(made: Callable[..., Exercise]) -> None:
    """`scaled` is also a function of another module, which would be copied under another name."""
    item = made('[Mistake("own", lambda scaled, SIGN=SIGN: SIGN * scaled, "No.")]')
    text = source_of(item, item.mistakes[0])
    assert run(text)["double"](4.0) == -4.0
    assert "shared" not in text


def test_what_stands_beside_a_variant_is_not_defined_again_below() -> None:
    lesson = load(find_course(Path(__file__)), "14_capstone")
    correct = solved(lesson)
    for name, written_with in (
        ("prepare_training", {"train_step", "predict_digits"}),
        ("train_step", {"predict_digits"}),
    ):
        item = lesson.exercises[name]
        variant = next(variant for variant in item.accepted if variant.name == "plain")
        cells = {cell.id: cell.source for cell in with_variant(correct, item, variant).cells}
        assert f"def {name}(" in cells[f"answer_{name}"]
        assert {other for other in lesson.exercises if f"def {other}(" not in cells[f"answer_{other}"]} == written_with

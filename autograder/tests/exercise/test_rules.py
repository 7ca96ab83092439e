"""What an author can get wrong: a sentence that names the exercise, the rule, what was found, and how to mend it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from steepest._checks.outcomes import read
from steepest._checks.wire import Named
from steepest_grader.errors import CourseError
from steepest_grader.exercise import catalogue, stored
from steepest_grader.exercise.model import Accepted, Case, Exercise, Mistake, Rung
from torch import Tensor

Cases = Callable[[np.random.Generator], Any]


def _cases(rng: np.random.Generator) -> list[Case]:
    return [_case(f"{n} numbers", args=[torch.from_numpy(rng.standard_normal(n))]) for n in (3, 5)]


def _case(name: str, drive: str = "call", slack: Any = 1.0, **inputs: Any) -> Case:
    return Case(name, {"kwargs": {}, "outputs": ["the double"], **inputs}, drive, slack)


def _double(x: Tensor) -> Tensor:
    return 2 * x


def _in_place(x: Tensor) -> Tensor:
    return x.mul_(2)


def _seeds(x: Tensor) -> Tensor:
    torch.manual_seed(1)
    return 2 * x


def _breaks(x: Tensor) -> Tensor:
    raise RuntimeError("nothing works")


SUM = Accepted("sum", lambda x: x + x)
CLIMBS = Mistake("climbs", lambda x: -2 * x, "Mind the sign.")
HALFWAY = Rung("halfway", {"the double": "half"}, "Go on.", 0.5)
EXERCISE = Exercise("double", _double, _cases, [SUM], [CLIMBS])


def _with(**fields: Any) -> Exercise:
    return replace(EXERCISE, **fields)


def _mistake(**fields: Any) -> Exercise:
    return _with(mistakes=[replace(CLIMBS, **fields)])


def _rung(**fields: Any) -> Exercise:
    return _with(ladder=[replace(HALFWAY, **fields)])


def _accepted(**fields: Any) -> Exercise:
    return _with(accepted=[replace(SUM, **fields)])


def _tried(*cases: Any, **fields: Any) -> Exercise:
    return _with(cases=lambda rng: list(cases), **fields)


X = torch.arange(3.0)
WRONG: dict[str, tuple[Exercise, str]] = {
    "an id that is no name": (_with(id="2nd step"), "`id` must be the name of the function .* Got '2nd step'"),
    "an id that is a keyword": (_with(id="lambda"), "`id` must be the name of the function"),
    "an id that nbgrader cannot take": (_with(id="d" * 60), "of at most 57 letters"),
    "no reference": (_with(reference=None), "`reference` must be a function. Got None. Hand over the function"),
    "cases that are a list": (_with(cases=[]), r"`cases` must be a function. Got \[\]"),
    "negative points": (_with(points=-1), "`points` must be a number that is not negative. Got -1"),
    "points that are NaN": (_with(points=float("nan")), "`points` must be a number .* Got nan"),
    "points that are text": (_with(points="2"), "`points` must be a number .* Got '2'"),
    "points that are true": (_with(points=True), "`points` must be a number .* Got True"),
    "no seconds": (_with(seconds=0), "`seconds`, the time for all hidden cases, must be a number above 0. Got 0"),
    "seconds without end": (_with(seconds=float("inf")), "`seconds`.* Got inf"),
    "mistakes that are no list": (_with(mistakes=CLIMBS), r"`mistakes` must be a list of Mistake\(...\). Got Mistake"),
    "a list without its star": (_with(mistakes=[[CLIMBS]]), "`mistakes` holds a list: put a star before it"),
    "a mistake that is accepted": (_with(accepted=[CLIMBS]), r"`accepted` must hold Accepted\(...\) only. Got Mistake"),
    "one name twice": (
        _with(accepted=[replace(SUM, name="climbs")]),
        "the name 'climbs' is used twice among its accepted variants, mistakes and rungs. Rename one",
    ),
    "a rung that bears a mistake's name": (_rung(name="climbs"), "the name 'climbs' is used twice among"),
    "a ladder that is one rung": (_with(ladder=HALFWAY), r"`ladder` must be a list of Rung\(...\). Got Rung"),
    "a rung with the judge's name": (_rung(name="reference"), "the name of the rung 'reference' must be an identifier"),
    "a rung on which nothing is seen": (_rung(seen={}), "the rung 'halfway' must say in `seen` what is observed"),
    "a rung without a text": (_rung(text=" "), "the rung 'halfway' has no text. Got ' '"),
    "a rung for more than all": (_rung(credit=1.5), r"`credit` of the rung 'halfway' must be in \[0, 1\]. Got 1.5"),
    "a name with a blank": (_mistake(name="no sign"), "the mistake 'no sign' must be an identifier, such as"),
    "no implementation": (_mistake(implementation=None), "the mistake 'climbs' must have a function .* Got None"),
    "an empty hint": (_mistake(hint=" "), "the mistake 'climbs' has no hint. Got ' '. Say in a sentence"),
    "credit for nothing wrong": (
        _mistake(credit=1.0),
        r"`credit` of the mistake 'climbs' must be in \[0, 1\). Got 1",
    ),
    "negative credit": (_mistake(credit=-0.1), "`credit` of the mistake 'climbs' .* Got -0.1"),
    "credit that is NaN": (_mistake(credit=float("nan")), "`credit` of the mistake 'climbs' .* Got nan"),
    "a hint in the place of the function": (_mistake(implementation="Mind"), "'climbs' must have a function"),
    "a note that is no text": (_accepted(note=None), "the accepted variant 'sum' must have a text as `note`"),
    "a library that is a name": (_accepted(library="torch"), "a bool as `library`. Got '' and 'torch'"),
    "companions that are a list": (_with(companions=["forward"]), r"`companions` must map names to functions. Got \["),
    "a companion that is no function": (_with(companions={"forward": 1}), "`companions` must map names to functions"),
    "a variant with an unknown companion": (
        _mistake(companions={"forwards": _double}),
        "the mistake 'climbs' brings 'forwards' along, which is no companion of the exercise. Its companions are: none",
    ),
    "equivalents that are a list": (_with(equivalent=["return x + x"]), r"`equivalent` must map reasons to lists"),
    "equivalents that are one line": (
        _with(equivalent={"The same.": "return x + x"}),
        "`equivalent` must map reasons to lists of lines. Got 'The same.': 'return x .*'. Write",
    ),
    # its cases
    "cases that raise": (
        _with(cases=lambda rng: [Case("no inputs")]),  # type: ignore[call-arg]
        r"its cases\(rng\) raises TypeError: .* missing 1 required positional argument: 'inputs' \(test_rules.py, line",
    ),
    "cases that take no generator": (_with(cases=lambda: []), r"its cases\(rng\) raises TypeError"),
    "cases without a return": (_with(cases=lambda rng: None), r"its cases\(rng\) gives no case. Got None. Return a"),
    "no cases": (_tried(), r"its cases\(rng\) gives no case. Got \(\)"),
    "a case that is a dict": (_tried({"args": [X]}), r"must give Case\(...\) only. Got {'args'"),
    "a case without a name": (_tried(_case("", args=[X])), "a case must have a name .* Got ''"),
    "two cases of one name": (_tried(_case("a", args=[X]), _case("a", args=[X])), "two cases are called 'a'. Rename"),
    "a case without kwargs": (
        _tried(Case("a", {"args": [X], "outputs": ["y"]})),
        "the case 'a': the drive 'call' takes args, kwargs, outputs. Got args, outputs: .*'kwargs'",
    ),
    "an input too many": (_tried(_case("a", args=[X], seed=1)), "takes args, kwargs, outputs. Got .*'seed'"),
    "inputs that are a list": (_tried(Case("a", [X])), "the case 'a': `inputs` must map the drive's arguments"),  # type: ignore[arg-type]
    "an unknown drive": (
        _tried(_case("a", "cal", args=[X])),
        "there is no drive 'cal'. Drives are: again, backward, .*call,",
    ),
    "no slack": (_tried(_case("a", slack=0, args=[X])), "`slack` must be a number above 0. Got 0"),
    "an input that cannot be sent": (
        _tried(_case("a", args=[_double])),
        r"the input 'args': a value of type function cannot be sent. .* a function goes as Named",
    ),
    "an unknown function": (
        _tried(_case("a", args=[Named("squared_eror")])),
        "there is no function 'squared_eror'. Named.* knows: .*squared_error",
    ),
    "a function with other parameters": (
        _tried(_case("a", args=[[Named("linear_predictor", {"weights": X})]])),
        r"Named\('linear_predictor', ...\) cannot be made of its parameters: TypeError",
    ),
    "inputs that the drive cannot play": (
        _tried(_case("first", args=[X]), _case("second", args=3)),
        "the case 'second' cannot be played by the drive 'call': TypeError: .* Correct its inputs",
    ),
    # what comes of them
    "too many outputs": (
        _with(cases=lambda rng: [_case("a", args=[torch.ones(3)], outputs=["y", "z"])]),
        "in case 1 the reference raised ResultError: it returned one value, expected 2: y, z. Mend the exercise",
    ),
    "a reference that raises": (_with(reference=_breaks), "the reference raised RuntimeError: nothing works"),
    "a reference that changes its argument": (
        _with(reference=_in_place),
        "the reference changes argument 1 in place, which costs students half. Build new values",
    ),
    "a companion that is missing": (
        _tried(Case("a", {"forward": "f", "args": [X], "kwargs": {}, "gradients": [X], "outputs": ["y"]}, "backward")),
        "the reference raised ResultError: `f`, whose cache this works on, comes first: it is not defined",
    ),
    "an accepted variant that raises": (
        _accepted(implementation=_breaks),
        "the accepted variant sum raised RuntimeError: nothing works",
    ),
    "an accepted variant that changes its argument": (
        _accepted(implementation=_in_place),
        "the accepted variant 'sum' changes argument 1 in place",
    ),
    "an accepted variant that seeds": (_accepted(implementation=_seeds), "'sum' seeds a global generator"),
    "an accepted variant that is wrong": (
        _accepted(implementation=lambda x: 3 * x),
        "the accepted variant 'sum' gives other results than the reference, and has no note. Correct it, or say",
    ),
    "a mistake that raises everywhere": (
        _mistake(implementation=_breaks),
        "the mistake 'climbs' raises RuntimeError in every case",
    ),
    "a mistake that is none": (_mistake(implementation=_double), "the mistake climbs gives sound results. Add a case"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_mistake_of_an_author_is_a_sentence(name: str) -> None:
    item, said = WRONG[name]
    with pytest.raises(CourseError, match=said) as refusal:
        stored.outcomes(item)
    assert str(refusal.value).startswith(f"Exercise {item.id}: ")
    assert "\n" not in str(refusal.value)


def test_a_sound_exercise_is_stored() -> None:
    assert [item.name for item in read(stored.outcomes(EXERCISE)).candidates] == ["reference", "climbs"]
    companions = {"other": _double}
    for sound in (
        _with(points=0, seconds=0.5, equivalent={"The same.": ["return x + x"]}),
        _with(companions=companions, mistakes=[replace(CLIMBS, companions=companions)]),
        _accepted(implementation=lambda x: 3 * x, note="Threefold is what others teach."),
    ):
        stored.outcomes(sound)


LESSONS = {
    "a field that there is not": ("Exercise('f', g, g, [], [], point=2)", "TypeError: .*'point' .lesson.py, line 5"),
    "a comma that is missing": ("Exercise('f' g)", "SyntaxError"),
    "something else among the exercises": (
        "'f'",
        r"EXERCISES of .*lesson must hold Exercise\(...\) only. Got 'f'",
    ),
    "a field of the wrong kind": ("Exercise('f', g, g, [], [], points='2')", "Exercise f: `points` must be a number"),
}


@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_that_cannot_be_read_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    written, said = LESSONS[name]
    package = f"wrong_{list(LESSONS).index(name)}"
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / package / "late").mkdir(parents=True)
    for init in (tmp_path / package, tmp_path / package / "late"):
        (init / "__init__.py").write_text("")
    (tmp_path / package / "late" / "lesson.py").write_text(
        "from steepest_grader.exercise.model import Exercise\n"
        f"def g(x): return x\nLESSON = '90_late'\nEXERCISES = (\n    {written},\n)\n"
    )
    with pytest.raises(CourseError, match=said):
        catalogue.lessons(package)
    for module in [module for module in sys.modules if module.startswith(package)]:
        del sys.modules[module]

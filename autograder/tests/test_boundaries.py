"""Who imports whom: the rules under "The rooms" in the architecture, read off the sources."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from steepest_grader.exercise.catalogue import by_id, lessons
from steepest_grader.installed import exercise_packages

ROOT = Path(__file__).resolve().parents[2]
STUDENT = ROOT / "utils" / "steepest"
GRADER = ROOT / "autograder" / "steepest_grader"
EXERCISES = ROOT / "autograder" / "steepest_exercises"
NOTEBOOKS = {
    "nbgrader", "nbformat", "nbclient", "nbconvert", "jupytext", "jupyter_client", "ipykernel", "IPython",
    "traitlets", "ipywidgets",
}  # fmt: skip


def _modules(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts)


def _imports(path: Path) -> set[str]:
    """Dotted names of all that a source imports, wherever in it the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written out"
            found.add(str(node.module))
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def _names(paths: Iterator[Path] | list[Path]) -> dict[str, set[str]]:
    return {str(path.relative_to(ROOT)): _imports(path) for path in paths}


def _under(imported: set[str], *packages: str) -> set[str]:
    return {name for name in imported if any(name == package or name.startswith(f"{package}.") for package in packages)}


LEVELS = (  # a package imports only itself and what stands in a level before its own
    ("errors", "files"),
    ("installed",),
    ("notebook",),
    ("exercise",),
    ("sandbox", "course"),
    ("gradebook",),
    ("grading", "desk", "authoring", "site"),
    ("trust",),
    ("doctor", "terminal"),
    ("verbs",),
    ("cli",),
)
SOURCES = {
    "steepest": list(_modules(STUDENT)),
    "steepest outside demos": [path for path in _modules(STUDENT) if "demos" not in path.relative_to(STUDENT).parts],
    "the judge's side": [*_modules(GRADER / "exercise"), *_modules(EXERCISES)],
    "exercises": list(_modules(EXERCISES)),
    "all but those that know nbgrader": [
        path
        for path in _modules(GRADER)
        if not path.is_relative_to(GRADER / "course")
        and not path.is_relative_to(GRADER / "gradebook")
        and path != GRADER / "desk" / "feedback.py"
    ],
    "the grader": [path for path in _modules(GRADER) if path.name != "__main__.py"],
    "references": list(EXERCISES.glob("*/reference.py")),
    "solutions": list(_modules(ROOT / "solutions")),
}
RULES = [
    (
        "steepest",
        {"steepest_grader", "steepest_exercises", "nbformat", "nbgrader", "nbclient", "nbconvert", "jupytext"},
    ),
    ("steepest outside demos", {"anywidget", "ipywidgets"}),
    ("the judge's side", NOTEBOOKS),
    ("exercises", {f"steepest_grader.{name}" for names in LEVELS for name in names if name != "exercise"}),
    ("all but those that know nbgrader", {"nbgrader"}),
    ("the grader", {"steepest_grader.cli", *exercise_packages()}),
    ("references", {"solutions", "steepest_exercises", "steepest_grader"}),
    ("solutions", {"steepest_exercises", "autograder"}),
]


@pytest.mark.parametrize(("who", "packages"), RULES, ids=[who for who, _ in RULES])
def test_who_imports_what(who: str, packages: set[str]) -> None:
    imported = {name: _under(found, *packages) for name, found in _names(SOURCES[who]).items()}
    assert {name: found for name, found in imported.items() if found} == {}


def test_the_rules_are_read_off_real_sources() -> None:
    assert all(SOURCES[who] for who in SOURCES)
    assert _under(_imports(GRADER / "course" / "handout.py"), "nbgrader")


def _package(path: Path) -> str:
    return path.relative_to(GRADER).parts[0].removesuffix(".py")


def test_arrows_between_packages_run_one_way() -> None:
    level = {name: number for number, names in enumerate(LEVELS) for name in names}
    paths = [path for path in _modules(GRADER) if path.parent != GRADER or path.stem not in ("__init__", "__main__")]
    assert {_package(path) for path in paths} == set(level)
    for path in paths:
        own = _package(path)
        others = {name.split(".")[1] for name in _under(_imports(path), "steepest_grader") if "." in name} - {own}
        wrong = {other for other in others if other in level and level[other] >= level[own]}
        assert not wrong, f"{path.relative_to(ROOT)} imports {wrong}"


def test_the_engine_of_checks_imports_nothing_else_of_the_student_package() -> None:
    for path in _modules(STUDENT / "_checks"):
        others = _under(_imports(path), "steepest") - {"steepest"}
        assert not {name for name in others if not name.startswith("steepest._checks")}, path


def _graph() -> dict[str, set[str]]:
    """Which module imports which, within the three packages; what a function imports counts as well."""
    roots = (STUDENT, GRADER, EXERCISES)
    modules = {
        ".".join(path.relative_to(root.parent).with_suffix("").parts).removesuffix(".__init__"): path
        for root in roots
        for path in _modules(root)
    }
    return {name: (_imports(path) & modules.keys()) - {name} for name, path in modules.items()}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Peel off what imports nothing that is left; a package and the modules whose names it hands on are one."""
    graph = {name: {other for other in found if not name.startswith(f"{other}.")} for name, found in _graph().items()}
    while free := [name for name, found in graph.items() if not found & graph.keys()]:
        for name in free:
            del graph[name]
    assert graph == {}


def test_the_grader_names_no_lesson_and_no_exercise() -> None:
    """It would have to be changed for another course."""
    known = "|".join(re.escape(name) for name in {*lessons(), *by_id()})
    pattern = re.compile(rf"\b({known})\b")
    found = {
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in [path for path in GRADER.rglob("*") if path.suffix in (".py", ".j2", ".js", ".css")]
        for match in pattern.finditer(path.read_text(encoding="utf-8"))
    }
    assert found == set()


def _functions(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def test_no_graded_function_stands_in_the_student_package() -> None:
    ids = {item.id for group in lessons().values() for item in group}
    found = {str(path.relative_to(ROOT)): _functions(path) & ids for path in _modules(STUDENT)}
    assert {name: names for name, names in found.items() if names} == {}


def _run(code: str) -> None:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr


BLOCK = """
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
import {package}
for info in pkgutil.walk_packages({package}.__path__, "{package}."):
    importlib.import_module(info.name)
"""


def test_the_student_package_works_without_grader_and_nbgrader() -> None:
    _run(
        BLOCK.format(
            blocked={"steepest_grader", "steepest_exercises", "nbgrader", "nbformat", "jupytext"}, package="steepest"
        )
    )


def test_the_judge_works_without_notebooks() -> None:
    blocked = NOTEBOOKS - {"IPython", "traitlets", "ipykernel", "jupyter_client"}
    code = BLOCK.format(blocked=blocked, package="steepest_exercises")
    _run(f"{code}import steepest_grader.exercise.judge, steepest_grader.exercise.catalogue as c\nassert c.lessons()")


def test_the_grader_can_be_imported_whole() -> None:
    _run(BLOCK.format(blocked=set(), package="steepest_grader"))


PUBLIC = {
    "steepest": {"check", "progress"},
    "steepest.callables": {
        "CALLABLES",
        "budgeted_energy",
        "budgeted_product",
        "counting_step",
        "half_plane_energy",
        "least_squares_gradient",
        "linear_predictor",
        "pinball_error",
        "quadratic_gradient",
        "rate_table",
        "small_batches_only",
        "squared_error",
        "tanh_energy",
        "train_layer",
        "visit_log_gradient",
    },
    "steepest.activations": {"ACTIVATIONS", "activation", "scaled_tanh"},
    "steepest.check": {"CheckResult", "check", "examine"},
    "steepest.coders": {
        "Coders",
        "Stored",
        "coder_digits",
        "make_coders",
        "stored_coders",
        "sums_over_rows",
        "train_coders",
    },
    "steepest.data": {
        "Data",
        "blobs",
        "breast_cancer",
        "diabetes",
        "digits",
        "line",
        "mnist1d",
        "shuffled",
        "split",
        "wine",
        "with_ones",
    },
    "steepest.depth": {
        "Runs",
        "Training",
        "gradient_spread",
        "layer_signals",
        "train_classifier",
        "wilson_interval",
        "xor",
        "xor_runs",
    },
    "steepest.ablation": {"Bench", "EVERY", "N_STEPS", "PARTS", "Recipe", "Run"},
    "steepest.figures": {"needs", "show"},
    "steepest.learning": {
        "CLASSES",
        "COLUMNS",
        "SIZE",
        "STEPS",
        "Task",
        "accuracy",
        "handed_out",
        "practise",
        "renamed",
        "start",
        "task",
    },
    "steepest.toolbox": {"Collection", "collect"},
    "steepest.tools": {
        "BACKPROP",
        "EPS",
        "Function",
        "MOMENTUM",
        "NORMALIZING",
        "STARTS",
        "Schedule",
        "Statistics",
        "Tools",
        "backprop",
        "draw_weight",
        "drop",
        "first_memory",
        "gather",
        "normalize",
        "normalize_fixed",
        "own_rates",
        "take_step",
    },
    "steepest.landscapes": {"LANDSCAPES", "Landscape", "beale", "derivatives", "long_valley", "quadratic", "saddle"},
    "steepest.models": {"Model", "linear_regression", "softmax_accuracy", "softmax_regression"},
    "steepest.plots": {
        "line_style",
        "plot_band",
        "plot_cloud",
        "plot_clusters",
        "plot_contours",
        "plot_curves",
        "plot_map",
        "plot_path",
    },
    "steepest.nets": {"Nets", "init_nets", "net_errors", "net_scores", "train_nets"},
    "steepest.terrain": {"critical_points", "random_waves"},
    "steepest.race": {
        "Entrant",
        "Lap",
        "RATES",
        "Track",
        "document_track",
        "landscape_track",
        "race",
        "scheduled",
        "torch_sgd",
    },
    "steepest.dense": {"Nets", "accuracy", "fit", "make_nets", "scores", "train", "with_backward"},
    "steepest.trajectory": {"METHODS", "init_state", "run", "steps_to_reach"},
    "steepest.words": {"bag_of_words", "document_gradient", "document_loss"},
    "steepest_grader": {"grade"},
    "steepest_grader.exercise.catalogue": {"by_id", "contest", "exercise", "lessons"},
    "steepest_grader.exercise.contest": {"Contest", "Entry", "Round", "seeds_of"},
    "steepest_grader.desk.leaderboard": {
        "Board",
        "Row",
        "as_json",
        "board",
        "board_path",
        "table_path",
        "write_board",
    },
    "steepest_grader.desk.export": {
        "Column",
        "Export",
        "Rows",
        "export",
        "export_path",
        "number",
        "safe_text",
        "share_kept",
        "tabulated",
        "write",
    },
    "steepest_grader.gradebook.late": {
        "TIMESTAMP",
        "HandedIn",
        "assign_penalties",
        "enter_times",
        "penalties",
        "read_times",
        "time_of",
    },
    "steepest_grader.desk.items": {"difficulty", "discriminations"},
    "steepest_grader.desk.practice": {"Practice", "practice"},
    "steepest_grader.desk.report": {"as_json", "class_standing", "report_path", "write_report"},
    "steepest_grader.desk.similarity": {"Group", "Match", "fingerprints", "near_identical"},
    "steepest_grader.desk.standing": {
        "LEFT_OUT",
        "Concern",
        "ExerciseStanding",
        "HandGraded",
        "MistakeCount",
        "Standing",
        "standing",
    },
    "steepest_grader.exercise.judge": {
        "HIDDEN_SEEDS",
        "PUBLIC_SEED",
        "candidates",
        "first_forms",
        "judge",
        "judge_local",
        "noises",
        "passes",
        "probes",
        "refusals",
        "sound_candidates",
        "spoiled",
        "ways",
    },
    "steepest_grader.exercise.model": {
        "Accepted",
        "Case",
        "Example",
        "Exercise",
        "GradedSubmission",
        "Mistake",
        "Outcome",
        "Rung",
        "Spent",
        "Verdict",
        "form_key",
    },
}


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_public_is_pinned(name: str) -> None:
    # `steepest.check` is both a module and the function of that name
    module = importlib.import_module(name)
    assert set(module.__all__) == PUBLIC[name]
    assert all(hasattr(module, item) for item in module.__all__)


def test_every_public_module_of_the_student_package_is_pinned() -> None:
    for path in _modules(STUDENT):
        parts = path.relative_to(STUDENT).parts
        private = any(part.startswith("_") and part != "__init__.py" for part in parts) or parts[0] == "demos"
        name = ".".join(path.relative_to(STUDENT.parent).with_suffix("").parts).removesuffix(".__init__")
        if not private:
            assert name in PUBLIC, f"{name}: pin what is public"


FACES = [path.name for path in sorted((STUDENT / "demos").iterdir()) if (path / "__init__.py").is_file()]


@pytest.mark.parametrize("face", FACES)
def test_a_face_of_demos_hands_on_its_demos_and_nothing_else(face: str) -> None:
    module = importlib.import_module(f"steepest.demos.{face}")
    made = {name for path in (STUDENT / "demos" / face).glob("*.py") for name in _functions(path)}
    assert set(module.__all__) == {name for name in made if name.endswith("_demo")} != set()
    assert all(callable(getattr(module, name)) for name in module.__all__)

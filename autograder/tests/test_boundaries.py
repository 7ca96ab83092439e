"""Who imports whom: the rules under "Packages" in the architecture, read off the sources."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from steepest_grader.exercises import lessons

ROOT = Path(__file__).resolve().parents[2]
STUDENT = ROOT / "utils" / "steepest"
GRADER = ROOT / "autograder" / "steepest_grader"
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


SOURCES = {
    "steepest": list(_modules(STUDENT)),
    "steepest outside demos": [path for path in _modules(STUDENT) if "demos" not in path.parts],
    "the judge's side": [
        GRADER / "model.py",
        GRADER / "judge.py",
        *_modules(GRADER / "reference"),
        *_modules(GRADER / "exercises"),
    ],
    "model": [GRADER / "model.py"],
    "all but those that know nbgrader": [
        path
        for path in _modules(GRADER)
        if path.stem not in ("release", "gradebook", "marks", "late", "feedback", "nbgrader_course")
    ],
    "the grader": [path for path in _modules(GRADER) if path.name != "__main__.py"],
    "reference": list(_modules(GRADER / "reference")),
    "solutions": list(_modules(ROOT / "solutions")),
}
RULES = [
    ("steepest", {"steepest_grader", "nbformat", "nbgrader", "nbclient", "nbconvert", "jupytext"}),
    ("steepest outside demos", {"ipywidgets"}),
    ("the judge's side", NOTEBOOKS),
    ("model", {"steepest_grader"}),
    ("all but those that know nbgrader", {"nbgrader"}),
    ("the grader", {"steepest_grader.cli"}),
    ("reference", {"solutions", "steepest_grader.exercises", "steepest_grader.judge"}),
    ("solutions", {"steepest_grader.reference", "steepest_grader.exercises", "autograder"}),
]


@pytest.mark.parametrize(("who", "packages"), RULES, ids=[who for who, _ in RULES])
def test_who_imports_what(who: str, packages: set[str]) -> None:
    imported = {name: _under(found, *packages) for name, found in _names(SOURCES[who]).items()}
    assert {name: found for name, found in imported.items() if found} == {}


def test_the_rules_are_read_off_real_sources() -> None:
    assert all(SOURCES[who] for who in SOURCES)
    assert _under(_imports(GRADER / "release.py"), "nbgrader")


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
    _run(BLOCK.format(blocked={"steepest_grader", "nbgrader", "nbformat", "jupytext"}, package="steepest"))


def test_the_judge_works_without_notebooks() -> None:
    blocked = NOTEBOOKS - {"IPython", "traitlets", "ipykernel", "jupyter_client"}
    for package in ("steepest_grader.exercises", "steepest_grader.reference"):
        _run(BLOCK.format(blocked=blocked, package=package))
    _run(BLOCK.format(blocked=blocked, package="steepest_grader.exercises") + "import steepest_grader.judge")


def test_the_grader_can_be_imported_whole() -> None:
    _run(BLOCK.format(blocked=set(), package="steepest_grader"))


PUBLIC = {
    "steepest": {"check", "progress"},
    "steepest.callables": {
        "CALLABLES",
        "build",
        "least_squares_gradient",
        "linear_predictor",
        "pinball_error",
        "quadratic_gradient",
        "squared_error",
        "tanh_energy",
        "visit_log_gradient",
    },
    "steepest.activations": {"ACTIVATIONS", "activation", "scaled_tanh"},
    "steepest.check": {"CheckResult", "check", "examine"},
    "steepest.data": {"Data", "blobs", "breast_cancer", "diabetes", "digits", "line", "split", "wine", "with_ones"},
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
    "steepest.landscapes": {"LANDSCAPES", "Landscape", "beale", "long_valley", "quadratic", "saddle"},
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
    "steepest.race": {"Entrant", "Lap", "RATES", "Track", "document_track", "landscape_track", "race", "torch_sgd"},
    "steepest.dense": {"Nets", "accuracy", "fit", "make_nets", "scores", "with_backward"},
    "steepest.trajectory": {"METHODS", "init_state", "run", "steps_to_reach"},
    "steepest.words": {"bag_of_words", "document_gradient", "document_loss"},
    "steepest.demos.loss_landscapes": {
        "BowlView",
        "CliffView",
        "Fall",
        "Fit",
        "Gabor",
        "GaborView",
        "LandscapeView",
        "Monitor",
        "MonitorView",
        "RegimeView",
        "Roll",
        "SaddleView",
        "Watched",
        "bowl_demo",
        "cliff_demo",
        "draw_bowl",
        "draw_cliff",
        "draw_gabor",
        "draw_monitor",
        "draw_regime",
        "draw_saddle",
        "draw_taylor",
        "escape",
        "gabor_demo",
        "landscape_demo",
        "monitor_demo",
        "regime_demo",
        "roll",
        "saddle_demo",
        "start_at",
        "watch",
    },
    "steepest.demos.initialization": {
        "SignalView",
        "Signals",
        "XorStart",
        "XorView",
        "draw_layers",
        "draw_xor",
        "histograms",
        "said",
        "send",
        "signal_demo",
        "start_xor",
        "surfaces",
        "xor_demo",
    },
    "steepest.demos.adaptive_methods": {"correction_demo", "effective_rate_demo", "race_demo"},
    "steepest.demos.batch_norm": {
        "BATCHES",
        "Board",
        "Places",
        "RATES",
        "RateView",
        "SIZES",
        "ShiftView",
        "batches",
        "draw_rates",
        "draw_shift",
        "mismatch",
        "place",
        "rates_demo",
        "shift_demo",
        "statistics",
    },
    "steepest.demos.dropout": {
        "LAYERS",
        "MASKS",
        "MaskView",
        "SmallNet",
        "Thinned",
        "draw_masks",
        "dropout_demo",
        "small_net",
        "thin",
    },
    "steepest.demos.empirical_risk": {
        "SURROGATES",
        "CapacityView",
        "Course",
        "Losses",
        "Standing",
        "SurrogateView",
        "best_fits",
        "borders",
        "capacity_demo",
        "course",
        "draw_capacity",
        "draw_surrogate",
        "examples",
        "measure",
        "slope",
        "surrogate_demo",
        "true_risk",
    },
    "steepest.demos.minibatches": {
        "COUNTS",
        "PATH_SIZES",
        "PLACES",
        "SIZES",
        "CloudView",
        "PathView",
        "Trial",
        "Walk",
        "draw_minibatches",
        "draw_paths",
        "minibatch_demo",
        "path_demo",
        "try_size",
        "walk",
    },
    "steepest.demos.momentum": {
        "AverageView",
        "MomentumView",
        "RateMap",
        "Scene",
        "average_demo",
        "convergence_map_demo",
        "draw_average",
        "draw_convergence_map",
        "draw_momentum",
        "momentum_demo",
        "rate_map",
        "score",
        "temperatures",
    },
    "steepest.demos.start_here": {"LineView", "draw_line", "line_demo", "walk"},
    "steepest.demos.playground": {
        "Design",
        "Dials",
        "State",
        "Tools",
        "Training",
        "View",
        "begin",
        "draw_playground",
        "gather",
        "playground_demo",
        "train_step",
    },
    "steepest_grader": {"grade"},
    "steepest_grader.exercises": {"by_id", "exercise", "lessons"},
    "steepest_grader.export": {"Export", "export", "export_path", "safe_text", "write"},
    "steepest_grader.late": {"TIMESTAMP", "assign_penalties", "enter_times", "penalties", "time_of"},
    "steepest_grader.items": {"difficulty", "discriminations"},
    "steepest_grader.practice": {"PROGRESS", "Practice", "practice"},
    "steepest_grader.report": {"as_json", "class_standing", "report_path", "write_report"},
    "steepest_grader.similarity": {"Group", "Match", "fingerprints", "near_identical"},
    "steepest_grader.standing": {
        "Concern",
        "ExerciseStanding",
        "HandGraded",
        "MistakeCount",
        "Standing",
        "standing",
    },
    "steepest_grader.judge": {
        "HIDDEN_SEEDS",
        "PUBLIC_SEED",
        "candidates",
        "judge",
        "judge_local",
        "passes",
        "refusals",
        "sound_candidates",
    },
    "steepest_grader.model": {
        "Accepted",
        "Case",
        "Example",
        "Exercise",
        "GradedSubmission",
        "Mistake",
        "Outcome",
        "Spent",
        "Verdict",
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
        private = any(part.startswith("_") and part != "__init__.py" for part in path.relative_to(STUDENT).parts)
        empty = len(path.read_text(encoding="utf-8").splitlines()) < 4
        name = ".".join(path.relative_to(STUDENT.parent).with_suffix("").parts).removesuffix(".__init__")
        if not private and not empty:
            assert name in PUBLIC, f"{name}: pin what is public"

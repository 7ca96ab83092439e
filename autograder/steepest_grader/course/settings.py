"""What `nbgrader_config.py` says, and which of it is held here. docs/nbgrader.md lists every setting."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from nbgrader import converters, preprocessors
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import Execute
from traitlets import TraitError
from traitlets.config import Config, ConfigFileNotFound, Configurable, PyFileConfigLoader

from steepest_grader.course.places import CONFIG, Course
from steepest_grader.errors import CourseError

__all__ = ["REFUSED", "Settings", "is_path", "nbgrader_settings", "read_config", "submitted_files"]

PIPELINE = "which steps a notebook takes is not for a course to say here"
# What would change a mark or where things lie, and is not to be had.
REFUSED = {
    "CourseDirectory.directory_structure": "submissions lie at <folder>/<student>/<assignment>/ here",
    "CourseDirectory.student_id": "name one by --student, or the folder of those you mean by --submitted",
    "CourseDirectory.student_id_exclude": "name the folder of those you mean by --submitted",
    "CourseDirectory.notebook_id": "name a notebook as assignment/notebook",
    "CourseDirectory.assignment_id": "name the assignment on the command line",
    "Execute.extra_arguments": "kernels of the sandbox take none",
    "NotebookClient.kernel_name": "there is one kernel, Python's",
    "NotebookClient.kernel_manager_class": "kernels are the sandbox's own",
    "NotebookClient.allow_error_names": "what a test cell raises earns nothing",
    "NotebookClient.skip_cells_with_tag": "every cell runs",
    "NbGraderPreprocessor.enabled": PIPELINE,
    "BaseConverter.pre_convert_hook": "what it would do can be done before the command",
    "BaseConverter.post_convert_hook": "what it would do can be done after the command",
    "BaseConverter.exporter_class": "notebooks are written as notebooks, and pages as pages",
    "GenerateAssignment.preprocessors": PIPELINE,
    "GenerateFeedback.preprocessors": PIPELINE,
    "GenerateSolution.preprocessors": PIPELINE,
    "GenerateSourceWithTests.preprocessors": PIPELINE,
    "Autograde.sanitize_preprocessors": PIPELINE,
    "Autograde.autograde_preprocessors": PIPELINE,
    "Autograde.exclude_overwriting": "what lies in source/ stays as it is; see SteepestGrader.submitted_files",
}

NAMED = [CourseDirectory, *(getattr(module, name) for module in (converters, preprocessors) for name in module.__all__)]
CLASSES = {base.__name__: base for kind in NAMED for base in kind.__mro__ if issubclass(base, Configurable)}


class Settings:
    """The settings of a course in nbgrader's own words, as nbgrader itself reads them.

    Parameters
    ----------
    config : Config
        What the file says.
    root : Path
        nbgrader's course directory, where the file does not say another.

    Raises
    ------
    CourseError
        If it says something that cannot be held here, or that nbgrader refuses.
    """

    def __init__(self, config: Config, root: Path) -> None:
        for setting, why in _refused(config):
            raise CourseError(f"{CONFIG} sets {setting}, which cannot hold here: {why}. Take it out.")
        self.config = config
        within = Config(config)
        within.CourseDirectory.setdefault("root", str(root))
        try:
            self.places = CourseDirectory(config=within)
            self.root = Path(self.places.root)
            self._execute = Execute(config=config)
        except TraitError as error:
            raise CourseError(f"{CONFIG}: nbgrader refuses what it says. {error}") from error

    def folder(self, step: str) -> Path:
        """The folder of a step, wherever it was put."""
        return self.root / str(getattr(self.places, f"{step}_directory"))

    @property
    def gradebook(self) -> str:
        """The address of the database."""
        return str(self.places.db_url)

    @property
    def cell_seconds(self) -> float | None:
        """For how long a cell may run, infinity for as long as its notebook; None where the file does not say."""
        seconds = self._execute.timeout
        if seconds == Execute.timeout.default_value:
            return None
        return math.inf if seconds is None or seconds < 0 else float(seconds)


def _refused(config: Config) -> Iterator[tuple[str, str]]:
    """What is set of `REFUSED`, by the name of whichever class: a class takes settings of those it inherits from."""
    for setting, why in REFUSED.items():
        owner, _, name = setting.partition(".")
        for section, values in config.items():
            kind = CLASSES.get(section)
            if kind and name in values and (issubclass(kind, CLASSES[owner]) or issubclass(CLASSES[owner], kind)):
                yield f"{section}.{name}", why


def nbgrader_settings(course: Course) -> Config:
    """What nbgrader itself would be told in the course's folder, or by the course where that is not built yet.

    Raises
    ------
    CourseError
        If `nbgrader_config.py` does not run.
    """
    for folder in dict.fromkeys((course.course_dir, course.root)):
        if (found := read_config(folder)) is not None:
            return found
    return Config()


def submitted_files(course: Course) -> tuple[str, ...]:
    """Names and patterns of what may be handed in beside a notebook.

    Raises
    ------
    CourseError
        If the setting says something else.
    """
    found = nbgrader_settings(course).SteepestGrader.get("submitted_files", [])
    if not isinstance(found, list | tuple) or not all(map(is_path, found)):
        raise CourseError(
            f"{CONFIG} sets SteepestGrader.submitted_files to {found!r}. It takes a list of names or patterns such as "
            '["results.csv", "data/*.csv"], within the folder of the notebook.'
        )
    return tuple(found)


def is_path(value: object) -> bool:
    """Whether it is a name or pattern that stays within a folder."""
    return isinstance(value, str) and all(part not in ("", ".", "..") for part in value.split("/"))


def read_config(folder: Path) -> Config | None:
    """What `nbgrader_config.py` in a folder says; None where there is none.

    Raises
    ------
    CourseError
        If it does not run.
    """
    try:
        return PyFileConfigLoader(CONFIG, path=str(folder)).load_config()
    except ConfigFileNotFound:
        return None
    except Exception as error:
        raise CourseError(f"{folder / CONFIG} raises {type(error).__name__}: {error}.") from error

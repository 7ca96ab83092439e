"""One submission → one value: bytes in, `GradedSubmission` out."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_output
from steepest._checks.calls import Function, StudentError

from steepest_grader.course.lesson import Lesson
from steepest_grader.exercise.delegated import delegated
from steepest_grader.exercise.example import example
from steepest_grader.exercise.judge import judge
from steepest_grader.exercise.model import Example, Exercise, GradedSubmission, Outcome, Spent, Verdict
from steepest_grader.grading.absent import absent, explained, names, not_kept, said
from steepest_grader.notebook.brought import brought
from steepest_grader.notebook.cells import Cell, by_grade_id, grade_id, own_seconds
from steepest_grader.notebook.flags import seen
from steepest_grader.notebook.inert import inert
from steepest_grader.notebook.reformatted import as_released
from steepest_grader.notebook.restore import UnreadableError, read, restore
from steepest_grader.sandbox import kernel as kernels
from steepest_grader.sandbox.base import Kernels
from steepest_grader.sandbox.kernel import Kernel, KernelLost
from steepest_grader.sandbox.remote import Gone, TooSlow

# For all cells of a notebook together but those that run for marks, which have bounds of their own besides; and as long
# again for what has run to its end and runs once more in a fresh kernel.
SUBMISSION_SECONDS = 300.0
MAX_KERNELS = 40
# So many cells may use up their time; others get half as much each, down to this, which every cell is left.
PATIENT, IMPATIENT_SECONDS = 2, 2.0
SHOWN = (Outcome.FAILED, Outcome.PARTIAL, Outcome.ERRORED)  # verdicts of a function that can be called


@dataclass
class Standing:
    """What stands of a submission while it is graded, whatever may come of the rest.

    Attributes
    ----------
    verdicts : dict of str to Verdict
        By exercise.
    flags : list of str
        As far as they are known.
    notebook : str
        What was handed in, made harmless, and without outputs.
    """

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)
    notebook: str = ""

    def keep(self, what: Verdict | list[str] | str) -> None:
        """Keep a verdict, all flags, or the notebook."""
        if isinstance(what, Verdict):
            self.verdicts[what.exercise] = what
        elif isinstance(what, str):
            self.notebook = what
        else:
            self.flags = what


def grade_submission(
    lesson: Lesson,
    student: str,
    data: bytes,
    *,
    sandbox: Kernels,
    stands: Callable[[Verdict | list[str] | str], object] = lambda what: None,
) -> GradedSubmission:
    """Grade the bytes of one notebook.

    Parameters
    ----------
    lesson : Lesson
        What was asked.
    student : str
        Whose it is; only passed on.
    data : bytes
        The notebook file's content.
    sandbox : Kernels
        Where its cells run, and on which device the judge computes.
    stands : callable
        Told the notebook's text before a cell of it runs, and flags and each verdict as soon as they stand,
        see `Standing`.

    Raises
    ------
    SandboxError
        If the sandbox fails, which is never the student's fault.
    """
    begun = time.monotonic()
    try:
        cells = as_released(read(data), lesson.released)
        notebook = restore(cells, lesson.released)
    except UnreadableError as error:
        return lesson.ungraded(student, Outcome.UNREADABLE, f"The notebook cannot be read: {error}.", data)
    seen_in_source = seen(cells, lesson.released, lesson.exercises, lesson.beside)
    contest = lesson.data_names is not None
    along = brought(cells, lesson.released, lesson.data_names or (), lesson.beside) if contest else []

    def flags(called: Mapping[str, Sequence[str]]) -> list[str]:
        return [*seen_in_source(called), *along]

    stands(flags({}))
    stands(_written(inert(_without_outputs(notebook), lesson.released)))
    run = _Run(lesson, cells, notebook, sandbox, begun + _seconds(lesson), data, stands, flags)
    verdicts = run.verdicts()
    graded = GradedSubmission(
        student,
        lesson.id,
        _overall(verdicts),
        verdicts,
        notebook=_written(inert(notebook, lesson.released)),
        digest=lesson.digest(data),
        flags=flags(run.called),
        spent=run.spent,
    )
    return replace(graded, seconds=time.monotonic() - begun)


def cell_seconds(lesson: Lesson, cell: NotebookNode) -> float:
    """For how long a cell may run: as itself, its lesson, or the sandbox says."""
    for limit in (own_seconds(cell), lesson.cell_seconds):
        if limit is not None:
            return limit
    return kernels.CELL_SECONDS


def demos(lesson: Lesson) -> set[str]:
    """Sources of cells that are not run where they are as released."""
    return {cell.source for cell in lesson.released.cells if "demo" in cell.metadata.get("tags", [])}


def _shared_seconds(lesson: Lesson) -> float:
    """For how long the cells of a notebook may run together that have no bound of their own besides."""
    longer = sum(own_seconds(cell) or 0.0 for cell in lesson.released.cells if grade_id(cell) not in lesson.tests)
    return SUBMISSION_SECONDS + longer


def _seconds(lesson: Lesson) -> float:
    """For how long a whole notebook may run."""
    known = by_grade_id(lesson.released)
    tests = [cell_seconds(lesson, known[name]) for name in lesson.tests]
    judged = sum(exercise.seconds for exercise in lesson.exercises.values())
    besides = sum(limit for limit in tests if limit < math.inf) + judged
    least = IMPATIENT_SECONDS * (len(lesson.released.cells) + MAX_KERNELS)
    return 2 * _shared_seconds(lesson) + besides + least


class _Run:
    """Runs the cells of one notebook in turn; a cell that ends its kernel is left out of the next."""

    def __init__(
        self,
        lesson: Lesson,
        handed_in: Sequence[Cell],
        notebook: NotebookNode,
        sandbox: Kernels,
        deadline: float,
        data: bytes,
        stands: Callable[[Verdict | list[str] | str], object],
        flags: Callable[[Mapping[str, Sequence[str]]], list[str]],
    ) -> None:
        self.lesson = lesson
        self.handed_in = handed_in
        self.cells = notebook.cells
        self.notebook = notebook
        self.sandbox = sandbox
        self.deadline = deadline
        self.data = data
        self.stands = stands
        self.flags = flags
        self.known: dict[str, Verdict] = {}
        self.lost: dict[int, KernelLost] = {}
        self.finished: set[int] = set()
        self.left = dict.fromkeys((False, True), _shared_seconds(lesson))  # to run for the first time, and again
        self.called: dict[str, list[str]] = {}
        self.spent = Spent()
        self.demos = demos(lesson)

    def verdicts(self) -> list[Verdict]:
        for _ in range(MAX_KERNELS):
            if self._pass():
                break
        names = [*self.lesson.exercises, *self.lesson.tests]
        return [self.known.get(name) or self._unreached(name) for name in names]

    def _pass(self) -> bool:
        """Run everything that is still to be run in a fresh kernel; False where the kernel was lost."""
        begun = time.monotonic()
        with Kernel(self.sandbox, self.notebook) as kernel:
            self.spent.start += time.monotonic() - begun
            kernel.write(self.lesson.files)
            finished = self._run(kernel)
        self.spent.cpu += kernel.process.cpu
        self.spent.memory = max(self.spent.memory, kernel.process.memory)
        return finished

    def _run(self, kernel: Kernel) -> bool:
        for index, cell in enumerate(self.cells):
            if index in self.lost or cell.cell_type != "code" or cell.source in self.demos:
                continue
            if time.monotonic() > self.deadline:
                return True
            name = grade_id(cell) or ""
            if name in self.known:
                continue
            try:
                if name in self.lesson.exercises:
                    self._judge(kernel, self.lesson.exercises[name], cell, index)
                elif name in self.lesson.tests:
                    self._test(kernel, name, cell, index)
                else:
                    self._execute(kernel, cell, index)
            except KernelLost as lost:
                if name not in self.known:
                    self.lost[index] = lost
                    cell.outputs = [new_output("error", ename=lost.outcome.name, evalue=str(lost), traceback=[])]
                return False
        return True

    def _execute(self, kernel: Kernel, cell: NotebookNode, index: int) -> None:
        begun, limit = time.monotonic(), cell_seconds(self.lesson, cell)
        own_bound = grade_id(cell) in self.lesson.tests and limit < math.inf
        again = index in self.finished
        if not own_bound:
            slow = 0 if again else sum(lost.outcome is Outcome.TIMED_OUT for lost in self.lost.values())
            impatient = min(limit / 2 ** max(0, slow - PATIENT + 1), self.left[again])
            limit = min(limit, max(impatient, IMPATIENT_SECONDS))
        try:
            kernel.execute(cell, index, max(min(limit, self.deadline - begun), 0.1))
            self.finished.add(index)
        finally:
            spent = time.monotonic() - begun
            self.spent.cells += spent
            self.left[again] -= 0.0 if own_bound else spent

    def _judge(self, kernel: Kernel, exercise: Exercise, cell: NotebookNode, index: int) -> None:
        begun, calls = time.monotonic(), 0.0
        try:
            with kernel.functions(seconds=exercise.seconds) as transport:
                function = Function(exercise.id, transport, traced=True)
                try:
                    verdict = self._verdict(exercise, function, index)
                    self._keep(verdict, cell)  # it stands, whatever comes of the example
                    self._keep(replace(verdict, example=self._example(exercise, function, verdict)), cell)
                finally:
                    calls = transport.spent
                    self.called[exercise.id] = delegated(exercise, function.called)
                    if self.called[exercise.id]:
                        self.stands(self.flags(self.called))
        except TooSlow:
            message = f"`{exercise.id}` took more than {exercise.seconds:g} s on the hidden cases."
            if exercise.id not in self.known:
                self._keep(Verdict(exercise.id, exercise.points, Outcome.TIMED_OUT, message=message), cell)
            raise KernelLost(Outcome.TIMED_OUT, message) from None
        except Gone:
            lost = kernel.ended()
            if exercise.id not in self.known:
                message = f"While `{exercise.id}` ran, {lost}."
                self._keep(Verdict(exercise.id, exercise.points, lost.outcome, message=message), cell)
            raise lost from None
        finally:
            self.spent.calls += calls
            self.spent.judging += time.monotonic() - begun - calls

    def _verdict(self, exercise: Exercise, function: Function, index: int) -> Verdict:
        try:
            exists = function.exists()
            kind = "" if exists else function.kind()
        except StudentError as error:  # only forged answers come to this
            return Verdict(exercise.id, exercise.points, Outcome.ERRORED, message=f"{error}.")
        if exists:
            hidden = self.lesson.hidden
            return judge(
                exercise,
                function,
                seeds=hidden.seeds,
                order=hidden.order(exercise.id, self.data),
                device=self.sandbox.device,
                spoiled=lambda: self._spoiled(exercise),
            )
        others = {*self.lesson.exercises, *names(self.lesson.released.cells)}
        outcome, message = absent(exercise.id, kind, self.cells, index, lost=self.lost, others=others)
        return Verdict(exercise.id, exercise.points, outcome, message=message)

    def _spoiled(self, exercise: Exercise) -> list[str]:
        """Functions that an exercise builds on, and whose own verdict is not full marks."""
        judged = [self.known[name] for name in exercise.companions if name in self.known]
        return [verdict.exercise for verdict in judged if verdict.credit < 1]

    def _example(self, exercise: Exercise, function: Function, verdict: Verdict) -> Example | None:
        if verdict.outcome not in SHOWN or verdict.diagnosis == "not_attempted":
            return None
        try:
            exists = function.exists()
        except StudentError:
            return None
        return example(exercise, function, device=self.sandbox.device) if exists else None

    def _test(self, kernel: Kernel, name: str, cell: NotebookNode, index: int) -> None:
        """Run a test cell in the kernel, with nbgrader's meaning of its outputs, but let text on stderr pass."""
        shown, cell.source = cell.source, self.lesson.tests[name]
        points = self.lesson.points(name)
        try:
            self._execute(kernel, cell, index)
        except KernelLost as lost:
            self._know(Verdict(name, points, lost.outcome, message=str(lost)))
            raise
        finally:
            cell.source = shown
        credit, message = _credit(cell.outputs, points)
        message = explained(message, self.cells, index, self.lost)
        outcome = Outcome.PASSED if credit == 1 else Outcome.PARTIAL if credit else Outcome.FAILED
        self._know(Verdict(name, points, outcome, credit, message=message))

    def _know(self, verdict: Verdict) -> Verdict:
        more = not_kept(verdict.message, self.handed_in, self.lesson.released)
        verdict = replace(verdict, message=f"{verdict.message.rstrip('.')}.{more}") if more else verdict
        self.known[verdict.exercise] = verdict
        self.stands(verdict)
        return verdict

    def _keep(self, verdict: Verdict, cell: NotebookNode) -> None:
        verdict = self._know(verdict)
        mark = "✓" if verdict.outcome is Outcome.PASSED else "✗"
        text = (
            f"{mark} {verdict.exercise}: {verdict.outcome.value.lower().replace('_', ' ')}. {verdict.message}".rstrip()
        )
        # plain nodes: nbformat's own way checks each against the schema, which takes longer than the judging
        shown = {"metadata": {}, "data": {"text/plain": text}}
        score = {"metadata": {}, "data": {"text/plain": repr(verdict.score)}, "execution_count": None}
        cell.outputs = [
            from_dict({"output_type": "display_data", **shown}),
            from_dict({"output_type": "execute_result", **score}),
        ]

    def _unreached(self, name: str) -> Verdict:
        points = self.lesson.exercises[name].points if name in self.lesson.exercises else self.lesson.points(name)
        message = "The notebook took too long, or ended its process too often, before this exercise was reached."
        return Verdict(name, points, Outcome.TIMED_OUT, message=message)


def _without_outputs(notebook: NotebookNode) -> NotebookNode:
    """A notebook of cells whose parts can be replaced."""
    cells = [NotebookNode(cell) for cell in notebook.cells]
    for cell in cells:
        if cell.cell_type == "code":
            cell.outputs = []
    return NotebookNode(notebook, cells=cells)


def _written(notebook: NotebookNode) -> str:
    """The notebook as JSON on one line: indented, and checked again, it takes ten times as long."""
    return json.dumps(notebook, ensure_ascii=False).encode("utf-8", "replace").decode()


def _credit(outputs: list[NotebookNode], points: float) -> tuple[float, str]:
    for output in outputs:
        if output.output_type == "error":
            return 0.0, said(output)
        if output.output_type == "execute_result":
            try:
                earned = float(_text(output.data.get("text/plain")))
            except ValueError:
                return 1.0, ""
            if not math.isfinite(earned):
                return 0.0, f"The mark of this cell comes out as {earned}, which is no number of points."
            return (min(max(earned, 0.0), points) / points if points else 1.0), ""
    return 1.0, ""


def _text(value: object) -> str:
    """Text of an output, which notebooks may hold as a list of its lines; "" for anything else."""
    lines = value if isinstance(value, list) else [value]
    return "".join(line for line in lines if isinstance(line, str))


def _overall(verdicts: list[Verdict]) -> Outcome:
    outcomes = [verdict.outcome for verdict in verdicts]
    if Outcome.GRADER_ERROR in outcomes:
        return Outcome.GRADER_ERROR
    if all(outcome is Outcome.PASSED for outcome in outcomes):
        return Outcome.PASSED
    if any(verdict.credit for verdict in verdicts):
        return Outcome.PARTIAL
    for worst in (Outcome.OUT_OF_MEMORY, Outcome.TIMED_OUT, Outcome.ERRORED):
        if worst in outcomes:
            return worst
    return Outcome.FAILED

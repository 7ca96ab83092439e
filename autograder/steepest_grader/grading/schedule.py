"""Many submissions: found in a folder, graded in lanes or on a cluster, handed on one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from steepest_grader.course.lesson import Lesson
from steepest_grader.errors import ClusterError
from steepest_grader.exercise.model import GradedSubmission
from steepest_grader.grading.collect import Submission
from steepest_grader.sandbox.base import Sandbox

__all__ = ["grade_all"]


def grade_all(
    lesson: Lesson,
    submissions: Iterable[Submission],
    *,
    sandbox: Sandbox,
    jobs: int = 1,
    scheduler: str | None = None,
    started: Callable[[str], None] | None = None,
) -> Iterator[GradedSubmission]:
    """Grade submissions, so many at a time, and yield each as it is done.

    A failure of the grader at one submission becomes a `GRADER_ERROR` of that submission and touches no other.

    Parameters
    ----------
    lesson : Lesson
        What was asked.
    submissions : iterable of Submission
        Read no faster than they are graded.
    sandbox : Sandbox
        Where student code runs. The workers of a cluster open their own of the same kind, and this one is not used.
    jobs : int
        How many kernels run at a time on this machine.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers grade as many at a time as they have threads.
    started : callable, optional
        Told each student's name as the submission is taken up.

    Raises
    ------
    ClusterError
        If the cluster cannot be used, or no longer; what was yielded before stands.
    """
    if scheduler is None:
        from steepest_grader.grading.lanes import grade_in_lanes

        return grade_in_lanes(lesson, submissions, sandbox=sandbox, jobs=jobs, started=started)
    try:
        from steepest_grader.grading.cluster import grade_on_cluster
    except ModuleNotFoundError as error:
        raise ClusterError(
            f"Grading on a cluster needs Dask ({error}): pip install 'steepest-grader[dask]'."
        ) from error
    return grade_on_cluster(lesson, submissions, sandbox=sandbox, address=scheduler, started=started)

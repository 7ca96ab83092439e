"""Judging on a GPU: the same marks as on the CPU. Skipped where there is none."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
import torch
from steepest_grader.course.find import find_course
from steepest_grader.course.lesson import load
from steepest_grader.exercise.catalogue import by_id
from steepest_grader.exercise.judge import candidates, judge_local
from steepest_grader.exercise.model import Exercise
from steepest_grader.grading.submission import grade_submission
from steepest_grader.sandbox.choice import open_sandbox
from steepest_grader.trust.sample_class import solved

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")

EXERCISES = list(by_id().values())
HOME = find_course(Path(__file__).parent)


@pytest.mark.parametrize("item", EXERCISES, ids=lambda item: item.id)
def test_every_variant_gets_the_marks_that_it_gets_on_the_cpu(item: Exercise) -> None:
    unlike = []
    for variant in (*item.accepted, *item.mistakes):
        beside = item.companions_of(variant)
        cpu, gpu = (
            judge_local(item, variant.implementation, companions=beside, device=device) for device in ("cpu", "cuda")
        )
        if (cpu.credit, cpu.diagnosis) != (gpu.credit, gpu.diagnosis):
            unlike.append(f"{variant.name}: {cpu} on the CPU, {gpu} on the GPU")
    assert unlike == []


@pytest.mark.parametrize("item", EXERCISES, ids=lambda item: item.id)
def test_the_reference_agrees_with_itself(item: Exercise) -> None:
    """What the CPU computed is judged by the GPU's reference."""
    assert judge_local(item, item.reference, device="cuda").credit == 1
    assert len(candidates(item, device="cuda")[0]) == len(candidates(item)[0])


@pytest.mark.sandbox
@pytest.mark.slow
@pytest.mark.parametrize("name", HOME.lessons())
def test_the_sandbox_reaches_the_gpu(name: str) -> None:
    lesson = load(HOME, name)
    data = nbformat.writes(solved(lesson)).encode()
    with open_sandbox(device="cuda") as sandbox:
        graded = grade_submission(lesson, "ada", data, sandbox=sandbox)
    assert graded.score == graded.max_score

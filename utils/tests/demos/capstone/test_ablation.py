"""The demo of an ablation, driven as its switches drive it, without a browser."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import torch
from matplotlib.figure import Figure
from steepest.ablation import PARTS, Recipe
from steepest.demos._demo import Demo
from steepest.demos.capstone import ablation_demo
from steepest.demos.capstone.ablation import PIECES, SEEDS, difference, draw_frames, said


@pytest.fixture(scope="module")
def demo() -> Demo:
    """Trained with all parts; each test puts them back."""
    return ablation_demo()


def test_the_goal_is_a_part_that_does_not_pay(demo: Demo) -> None:
    assert demo.message.value.startswith("All parts: ") and demo.message.value.endswith("Not yet.")
    demo.controls["he"].value = False
    assert demo.message.value.startswith("Without He's start: ") and demo.message.value.endswith("Not yet.")
    demo.controls["he"].value = True
    demo.controls["dropout"].value = False
    assert demo.message.value.endswith("By torch. The goal is reached.")
    demo.controls["dropout"].value = True
    assert demo.message.value.endswith("The goal is reached.")  # both trainings are still there


def test_a_press_switches_a_part(demo: Demo, pull: Any) -> None:
    assert set(demo.stage.handles) == {f"{part}:{name}" for part, (name, _) in PARTS.items()}
    told = {record["id"]: record["name"] for record in demo.stage.records}
    assert told["adam:Adam"] == "Adam: in; a press takes it out"
    pull(demo, "adam:Adam", press=True)
    assert demo.controls["adam"].value is False
    told = {record["id"]: record["name"] for record in demo.stage.records}
    assert told["adam:Adam"] == "Adam: out, gradient descent; a press puts it in"
    pull(demo, "adam:Adam", press=True)
    assert demo.controls["adam"].value is True


def test_differences_are_paired_and_of_the_combination_at_hand() -> None:
    torch.manual_seed(0)
    luck = 3 * torch.randn(len(SEEDS), dtype=torch.float64)
    plain = Recipe(he=False)
    done = {Recipe(): 60 + luck, Recipe().without("dropout"): 62 + luck, plain: 40 + luck}
    gain, error = difference("dropout", Recipe(), done) or (0, 0)
    assert (gain, error) == (pytest.approx(-2), pytest.approx(0, abs=1e-9))
    assert (
        difference("he", plain, done)
        == difference("he", Recipe(), done)
        == (pytest.approx(20), pytest.approx(0, abs=1e-9))
    )
    assert difference("dropout", plain, done) is None
    done[plain.without("dropout")] = 43 + luck
    assert difference("dropout", plain, done) == (pytest.approx(-3), pytest.approx(0, abs=1e-9))
    assert difference("adam", Recipe(), done) is None


def test_what_is_lost_with_two_parts_is_told_beside_what_is_lost_with_each() -> None:
    luck = torch.linspace(-1, 1, len(SEEDS), dtype=torch.float64)
    both = Recipe(he=False, dropout=False)
    done = {Recipe(): 60 + luck, Recipe(he=False): 42 + luck, both: 30 + luck}
    assert "Lost together" not in said(both, done, [])
    done[Recipe(dropout=False)] = 62 + luck
    assert "Lost together 30.0 points, one at a time 18.0 and −2.0. " in said(both, done, [])
    assert "Lost together" not in said(Recipe(he=False), done, [])


def test_torch_is_named_where_it_has_a_part() -> None:
    done = {Recipe(): torch.zeros(len(SEEDS))}
    assert "by torch" not in said(Recipe(), done, sorted(PIECES))
    assert "the rest by torch" in said(Recipe(), done, sorted(PIECES)[1:])


def test_in_a_notebook_it_trains_piece_by_piece_with_a_bar(demo: Demo) -> None:
    async def moved() -> list[tuple[str, int]]:
        demo.controls["cycle"].value = False
        demo.controls["batch_norm"].value = False
        seen = []
        while "% right" not in demo.message.value or "batch norm" not in demo.message.value:
            await asyncio.sleep(0.005)
            seen.append((demo.message.value, sum(mark.record["kind"] == "bars" for mark in demo.stage.marks)))
        return seen

    seen = asyncio.run(asyncio.wait_for(moved(), 120))
    assert ("Without batch norm, 1-cycle: training.", 1) in seen
    assert seen[-1][1] == 0
    for part in ("cycle", "batch_norm"):
        demo.controls[part].value = True


def test_a_reset_forgets_what_has_been_tried() -> None:
    demo = ablation_demo()
    before = demo.message.value
    demo.controls["dropout"].value = False
    demo.reset.click()
    assert demo.message.value == before


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    draw_frames(figure)
    assert all(ax.get_xlabel() and ax.get_legend() for ax in figure.axes)
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == [name for name, _ in PARTS.values()]


def test_the_students_functions_are_named_and_what_is_broken_is_told() -> None:
    def one_cycle(step: int, *, lr_max: float, **others: float) -> float:
        return lr_max

    assert "By your <code>one_cycle</code>, the rest by torch." in ablation_demo(one_cycle=one_cycle).message.value
    said = ablation_demo(one_cycle=lambda step, **ends: None).message.value
    assert "`one_cycle` must return a rate for step 0" in said
    assert "`fold_keep` has no place here" in ablation_demo(fold_keep=abs).message.value

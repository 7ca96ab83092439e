"""The graph of `08_backpropagation`, driven as its controls and its hand drive it, without a browser."""

from __future__ import annotations

import math
from typing import Any

import pytest
from matplotlib.figure import Figure
from steepest.demos.backpropagation import graph_demo
from steepest.demos.backpropagation.graph import NODES, ORDER, draw_frames, edges_at, name_of

REACHED = "The goal is reached."


def test_each_control_redraws_with_the_students_own_function(new_picture: Any, graph_gradient: Any) -> None:
    calls: list[int] = []

    def counted(edges: Any, n: int) -> Any:
        calls.append(len(edges))
        return graph_gradient(edges, n)

    demo = graph_demo(counted)
    assert new_picture(demo)
    for name, value in (("y1", -0.5), ("y2", 1.5), ("step", 1), ("cut", "y₁ → y₃")):
        calls.clear()
        demo.controls[name].value = value
        assert calls, name
        assert new_picture(demo)


@pytest.mark.parametrize("place", [(1.0, 0.5), (-1.0, 1.5), (-2.0, -2.0), (0.0, 2.0)])
def test_edges_are_slopes_of_the_function(graph_gradient: Any, place: tuple[float, float]) -> None:
    def value(y1: float, y2: float) -> float:
        return y1 * y2 * math.exp(y1 + y2)

    y1, y2 = place
    by_hand = (
        (value(y1 + 1e-6, y2) - value(y1 - 1e-6, y2)) / 2e-6,
        (value(y1, y2 + 1e-6) - value(y1, y2 - 1e-6)) / 2e-6,
    )
    assert graph_gradient(edges_at(y1, y2), len(NODES))[:2] == pytest.approx(by_hand, abs=1e-5)


@pytest.mark.parametrize("step", range(len(ORDER) + 1))
def test_a_step_of_the_sweep_uses_one_edge_more(graph_gradient: Any, step: int) -> None:
    asked: list[set[tuple[int, int]]] = []

    def watched(edges: Any, n: int) -> Any:
        asked.append({edge[:2] for edge in edges})
        return graph_gradient(edges, n)

    demo = graph_demo(watched)
    demo.controls["step"].value = 0 if step else 1
    asked.clear()
    demo.controls["step"].value = step
    assert asked[0] == set(ORDER[:step])


def test_the_sweep_takes_no_edge_before_its_end_is_complete() -> None:
    assert {edge[:2] for edge in edges_at(1.0, 1.0)} == set(ORDER)
    for place, (_, end) in enumerate(ORDER):
        assert all(start != end for start, _ in ORDER[place:])


def test_the_goal_is_a_place_where_two_large_paths_cancel(pull: Any, graph_gradient: Any) -> None:
    demo = graph_demo(graph_gradient)
    assert demo.message.value.endswith("Not yet.")
    for place, reached in (((-1.0, 1.5), True), ((-1.0, 0.1), False), ((-0.9, 1.5), False), ((0.0, 0.0), False)):
        pull(demo, "y1:y2", at=place)
        assert (demo.controls["y1"].value, demo.controls["y2"].value) == place
        assert demo.message.value.endswith(REACHED) == reached, place


def test_an_edge_is_cut_and_mended_by_hand(pull: Any, graph_gradient: Any) -> None:
    demo = graph_demo(graph_gradient)
    demo.controls["y1"].value, demo.controls["y2"].value = -1.0, 1.5
    assert demo.message.value.endswith(REACHED)
    pull(demo, "cut:y₁ → y₄", press=True)
    assert "∂y/∂y₁ = 2.47" in demo.message.value
    assert "through y₄. The edge y₁ → y₄ is cut" in demo.message.value
    pull(demo, "cut:", press=True)
    assert demo.message.value.endswith(REACHED)


def test_reset_mends_everything(pull: Any, new_picture: Any, graph_gradient: Any) -> None:
    demo = graph_demo(graph_gradient)
    first = demo.message.value
    pull(demo, "cut:y₃ → y", press=True)
    pull(demo, "y1:y2", at=(0.3, 0.3))
    demo.reset.click()
    assert demo.message.value == first


def test_one_path_for_all_never_cancels(graph_gradient: Any) -> None:
    def assigning(edges: Any, n: int) -> Any:
        gradient = [0.0] * (n - 1) + [1.0]
        for start, end, slope in sorted(edges, reverse=True):
            gradient[start] = slope * gradient[end]
        return gradient

    demo = graph_demo(assigning)
    demo.controls["y1"].value, demo.controls["y2"].value = -1.0, 1.5
    assert demo.message.value.endswith("Not yet.")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (lambda edges, n: [1.0], "must return 5 numbers for 5 nodes. Got 1."),
        (lambda edges, n: None, "<b>TypeError</b>"),
    ],
    ids=["short", "none"],
)
def test_a_wrong_form_is_a_message(given: Any, said: str) -> None:
    assert said in graph_demo(given).message.value


def test_an_unwritten_function_is_a_message_and_no_error(blank: Any) -> None:
    demo = graph_demo(blank)
    assert "Write <code>graph_gradient</code>" in demo.message.value
    assert demo.image.value == b""


def test_what_lies_behind_is_labelled() -> None:
    figure = Figure()
    _, ground = draw_frames(figure)
    assert ground.get_xlabel() and ground.get_ylabel() and ground.get_title()
    assert len({name_of(edge) for edge in edges_at(1.0, 1.0)}) == 6

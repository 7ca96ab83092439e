"""``python -m steepest_grader``."""

from steepest_grader.cli import main

main(prog_name="steepest-grader")

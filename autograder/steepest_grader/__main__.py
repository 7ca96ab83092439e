"""``python -m steepest_grader``."""

from steepest_grader.cli import main

if __name__ == "__main__":
    main(prog_name="steepest-grader")

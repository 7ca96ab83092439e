"""A package of exercises with a contest, for tests of the grader."""

"""What a person can mend."""

__all__ = ["ClusterError", "CourseError", "GradebookError", "MendableError"]


class MendableError(Exception):
    """Its message says in a sentence what is wrong and what to do; the command line shows that and no traceback."""


class CourseError(MendableError):
    """Something in the course's files is wrong; the message names it and how to mend it."""


class GradebookError(MendableError):
    """The gradebook cannot be used, or a submission cannot be written to it; the message says what to do."""


class ClusterError(MendableError):
    """The cluster cannot be used; the message says what to do."""

"""What a person can mend."""

__all__ = ["MendableError"]


class MendableError(Exception):
    """Its message says in a sentence what is wrong and what to do; the command line shows that and no traceback."""

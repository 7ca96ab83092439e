"""Verbs of the command line that have rooms of their own: the plan, what it gives out, and the marks of the term."""

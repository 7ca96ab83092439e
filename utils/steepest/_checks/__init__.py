"""The engine of instant checks, which grader and student share. Imports nothing of this package but itself."""

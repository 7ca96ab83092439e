"""A course, a lesson or an exercise of one's own, begun from a skeleton."""

"""What is left behind for people: feedback, the report of a class, and marks for other systems."""

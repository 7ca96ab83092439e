"""The folder of graded notebooks, the only writer of the database, marks, and lateness."""

"""This course's own ways of playing a case. Each module hands out its drives as `DRIVES`, by name."""

"""This course's exercises, a folder a lesson: `reference` in torch, modules of cases and mistakes, and `lesson`."""

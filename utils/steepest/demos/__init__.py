"""Demos with sliders, a folder a lesson. They run the student's own functions and only wire widgets to plots."""
